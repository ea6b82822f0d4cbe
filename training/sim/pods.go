package sim

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Remote is another array this one replicates to.
type Remote struct {
	Name, ID string
	Address  string // of its management
	Sync     bool   // holds the other half of stretched pods
}

// pod is the fixed part of a pod.
type pod struct {
	name, id  string
	stretched bool // both arrays hold it and every write
	linkID    string
	remotePod string // where it is replicated to; empty when it is not
	remoteID  string
	volumes   []int
}

// volumeGroup is the fixed part of a volume group.
type volumeGroup struct {
	name, id string
	volumes  []int
}

// Pod is one pod.
type Pod struct {
	Name, ID  string
	Stretched bool
	Mediator  string // online or unreachable, as this array sees it
	Links     int    // replica links that leave it
	Space     Space
}

// ReplicaLink is the way by which a pod is replicated to another array.
type ReplicaLink struct {
	ID                   string
	LocalPod, LocalPodID string
	RemotePod, RemoteID  string
	Remote               Remote
	Status               string // replicating or unhealthy
	Lag                  time.Duration
	RecoveryPoint        time.Time
	BytesToRemote        int64 // a second
}

// Replication is what one pod sends and receives, in bytes a second.
type Replication struct {
	Pod, ID          string
	Continuous       int64 // by a replica link
	SyncFrom, SyncTo int64 // between the halves of a stretched pod
}

// Total is everything a pod sends and receives.
func (r Replication) Total() int64 {
	return r.Continuous + r.SyncFrom + r.SyncTo
}

// VolumeGroup is one volume group.
type VolumeGroup struct {
	Name, ID string
	Volumes  int
	Space    Space
}

var podNames = []string{"prod", "dr-apps", "metro-sql", "k8s-dr", "stretch-vdi", "archive-dr"}

// buildPods puts some volumes into pods and volume groups, one of the busy
// ones among them. A stretched pod and a replicated one take turns.
func (inv *inventory) buildPods(k uint64, d dimensions) {
	inv.remotes = []Remote{
		{Name: "metro-peer", ID: uuidOf(key(k, "remote sync")), Address: inv.networkID + ".201", Sync: true},
		{Name: "dr-peer", ID: uuidOf(key(k, "remote async")), Address: inv.networkID + ".202"},
	}
	for i := range d.pods {
		name := numbered(podNames, i)
		p := pod{name: name, id: uuidOf(key(k, "pod "+name)), stretched: i%2 == 0}
		if i%2 == 1 && i/2 < d.links {
			p.remotePod, p.remoteID = name+"-copy", uuidOf(key(k, "remote pod "+name))
			p.linkID = uuidOf(key(k, "link "+name))
		}
		inv.pods = append(inv.pods, p)
	}
	for i := range d.volumeGroups {
		name := fmt.Sprintf("vvol-%s-%s-vg", clusterNames[i%len(clusterNames)], hexOf(key(k, fmt.Sprint("vg ", i)), 8))
		inv.volumeGroups = append(inv.volumeGroups, volumeGroup{name: name, id: uuidOf(key(k, "vg "+name))})
	}
	busy := 0
	for i := range inv.volumes {
		v := &inv.volumes[i]
		if v.weight > 0 {
			busy++
		}
		switch {
		case v.protocolEndpoint:
		case v.weight > 0 && busy == 2:
			inv.intoPod(i, 0)
		case v.weight > 0 && busy == 3:
			inv.intoPod(i, 1)
		case i%7 == 3:
			inv.intoPod(i, i/7%len(inv.pods))
		case i%9 == 5:
			g := i / 9 % len(inv.volumeGroups)
			inv.volumeGroups[g].volumes = append(inv.volumeGroups[g].volumes, i)
			v.volumeGroup, v.name = g, inv.volumeGroups[g].name+"/"+v.name
		}
	}
}

// numbered takes a name from a list, with a number once the list is used up.
func numbered(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("%s-%d", names[i%len(names)], i/len(names)+1)
}

func (inv *inventory) intoPod(volume, n int) {
	v, p := &inv.volumes[volume], &inv.pods[n]
	p.volumes = append(p.volumes, volume)
	v.pod, v.name, v.mirrored = n, p.name+"::"+v.name, p.stretched
}

func (inv *inventory) podsThat(are func(pod) bool) []string {
	var names []string
	for _, p := range inv.pods {
		if are(p) {
			names = append(names, p.name)
		}
	}
	return names
}

func (inv *inventory) linkedPods() []string {
	return inv.podsThat(func(p pod) bool { return p.remotePod != "" })
}

func (inv *inventory) stretchedPods() []string {
	return inv.podsThat(func(p pod) bool { return p.stretched })
}

// Remotes lists the arrays this one replicates to.
func (v View) Remotes() []Remote { return slices.Clone(v.inv.remotes) }

// Pods lists the pods.
func (v View) Pods() []Pod {
	spaces := v.volumeSpaces()
	var all []Pod
	for _, p := range v.inv.pods {
		pod := Pod{Name: p.name, ID: p.id, Stretched: p.stretched, Mediator: "online", Space: sumSpaces(spaces, p.volumes)}
		if p.remotePod != "" {
			pod.Links = 1
		}
		for _, e := range v.entries {
			if e.Kind == MediatorDown && e.Target == p.name && e.active(v.at) {
				pod.Mediator = "unreachable"
			}
		}
		all = append(all, pod)
	}
	return all
}

// VolumeGroups lists the volume groups.
func (v View) VolumeGroups() []VolumeGroup {
	spaces := v.volumeSpaces()
	var all []VolumeGroup
	for _, g := range v.inv.volumeGroups {
		all = append(all, VolumeGroup{g.name, g.id, len(g.volumes), sumSpaces(spaces, g.volumes)})
	}
	return all
}

func sumSpaces(spaces []Space, of []int) Space {
	var sum Space
	for _, i := range of {
		sum.Provisioned += spaces[i].Provisioned
		sum.Virtual += spaces[i].Virtual
		sum.Unique += spaces[i].Unique
		sum.Snapshots += spaces[i].Snapshots
	}
	return sum
}

// Pod is the work of pod i of the view's list: the sum of its volumes.
func (w *Window) Pod(i int) Performance { return w.sum(w.view.inv.pods[i].volumes) }

// VolumeGroup is the work of volume group i of the view's list.
func (w *Window) VolumeGroup(i int) Performance { return w.sum(w.view.inv.volumeGroups[i].volumes) }

func (w *Window) sum(of []int) Performance {
	w.mu.Lock()
	defer w.mu.Unlock()
	var sum Performance
	for _, i := range of {
		sum.add(w.volume(i))
	}
	sum.settle()
	return sum
}

// Links lists the replica links with what goes over them.
func (w *Window) Links() []ReplicaLink {
	v := w.view
	var all []ReplicaLink
	for i, p := range v.inv.pods {
		if p.remotePod == "" {
			continue
		}
		l := ReplicaLink{
			ID: p.linkID, LocalPod: p.name, LocalPodID: p.id, RemotePod: p.remotePod, RemoteID: p.remoteID,
			Remote: v.inv.remotes[1], Status: "replicating", Lag: v.usualLag(p.name),
		}
		work := w.Pod(i)
		l.BytesToRemote = 253 + int64(float64(work.WriteBytes)/1.6) // reduced on its way
		v.delay(&l)
		l.RecoveryPoint = v.at.Add(-l.Lag)
		all = append(all, l)
	}
	return all
}

// usualLag is how far a healthy link is behind.
func (v View) usualLag(pod string) time.Duration {
	k := key(v.options.Seed, "lag "+pod)
	return time.Duration(1200+1800*smooth(k, v.at, 40*time.Second)) * time.Millisecond
}

// unhealthyLag is the lag from which a link no longer says it replicates.
const unhealthyLag = time.Minute

// delay is what the faults do to a link: its recovery point stands still, and
// after the repair the link sends what it did not.
func (v View) delay(l *ReplicaLink) {
	for _, e := range v.entries {
		if e.Kind != ReplicationLag || e.Target != l.LocalPod || !e.begun(v.at) {
			continue
		}
		if !e.repaired(v.at) {
			l.Lag += v.at.Sub(e.At)
			l.BytesToRemote = 0
			if l.Lag > unhealthyLag {
				l.Status = "unhealthy"
			}
			continue
		}
		reached, left := e.Until.Sub(e.At), 1-v.at.Sub(e.Until).Seconds()/e.param("catch_up")
		if left > 0 {
			l.Lag += time.Duration(float64(reached) * left).Truncate(time.Millisecond)
			l.BytesToRemote *= 3
		}
	}
}

// lagCourses: the alert ends when the link has caught up below the limit.
func (v View) lagCourses(e Entry) []course {
	limit := e.duration("limit")
	c := raise(e, limit, 0, Alert{
		Code: codeLag, Severity: "warning", ComponentType: "pod_replica_link", Component: e.Target,
		Issue: "replication lag", Expected: "< " + limit.String(), Actual: "> " + limit.String(),
	})
	if reached := e.Until.Sub(e.At); !e.Until.IsZero() && reached > limit {
		part := 1 - limit.Seconds()/reached.Seconds()
		c.ends = e.Until.Add(time.Duration(part * e.param("catch_up") * float64(time.Second)).Truncate(time.Millisecond))
	}
	return []course{c}
}

// Replication lists what each pod sends and receives.
func (w *Window) Replication() []Replication {
	v := w.view
	links := w.Links()
	var all []Replication
	for i, p := range v.inv.pods {
		r := Replication{Pod: p.name, ID: p.id}
		work := w.Pod(i)
		if p.stretched {
			// Each half sends the other what its own hosts wrote.
			r.SyncTo = int64(math.Round(float64(work.MirroredBytes) / 1.5))
			r.SyncFrom = r.SyncTo / 3
		}
		if n := slices.IndexFunc(links, func(l ReplicaLink) bool { return l.LocalPod == p.name }); n >= 0 {
			r.Continuous = links[n].BytesToRemote
		}
		all = append(all, r)
	}
	return all
}
