package arrayapi

import (
	"time"

	"darksite/training/sim"
)

// podSpace is the space of what holds volumes and may be replicated.
type podSpace struct {
	space
	Replication int64 `json:"replication"`
}

func podSpaceOf(s sim.Space) podSpace {
	f := podSpace{space: hostSpace(s)}
	f.Shared = &s.Shared
	return f
}

type podItem struct {
	Source                  fullReference   `json:"source"`
	Name                    *string         `json:"name"`
	ID                      *string         `json:"id"`
	Space                   podSpace        `json:"space"`
	Destroyed               *bool           `json:"destroyed"`
	RequestedPromotionState *string         `json:"requested_promotion_state"`
	PromotionStatus         *string         `json:"promotion_status"`
	Mediator                *string         `json:"mediator"`
	FailoverPreferences     []fullReference `json:"failover_preferences"`
	Arrays                  []podArray      `json:"arrays"`
	MediatorVersion         *string         `json:"mediator_version"`
	TimeRemaining           *int64          `json:"time_remaining"`
	ArrayCount              *int            `json:"array_count"`
	EradicationConfig       manual          `json:"eradication_config"`
	LinkSourceCount         *int            `json:"link_source_count"`
	LinkTargetCount         *int            `json:"link_target_count"`
	Footprint               int64           `json:"footprint"`
}

type manual struct {
	ManualEradication *string `json:"manual_eradication"`
}

// podArray is one of the arrays that hold a pod.
type podArray struct {
	Name           string `json:"name"`
	ID             string `json:"id"`
	Status         string `json:"status"`
	MediatorStatus string `json:"mediator_status"`
	PreElected     bool   `json:"pre_elected"`
	FrozenAt       *int64 `json:"frozen_at"`
	Progress       *int64 `json:"progress"`
}

func pods(c *call) resource {
	all := c.view.Pods()
	r := of(all, func(p sim.Pod) string { return p.Name }, func(p sim.Pod) any { return c.pod(p) })
	r.id = func(i int) string { return all[i].ID }
	r.total = func(sel []int) any { return podTotal(sumOfSpaces(sel, func(i int) sim.Space { return all[i].Space })) }
	return r
}

func (c *call) pod(p sim.Pod) podItem {
	id := c.view.Identity()
	item := podItem{
		Name: &p.Name, ID: &p.ID, Space: podSpaceOf(p.Space), Destroyed: new(bool),
		RequestedPromotionState: text("promoted"), PromotionStatus: text("promoted"), Mediator: text("purestorage"),
		FailoverPreferences: []fullReference{}, EradicationConfig: manual{text("all-enabled")},
		Arrays:          []podArray{{Name: id.Name, ID: id.ID, Status: "online", MediatorStatus: p.Mediator}},
		LinkSourceCount: &p.Links, LinkTargetCount: new(int), Footprint: footprint(p.Space),
	}
	if p.Stretched {
		peer := c.view.Remotes()[0]
		item.Arrays = append(item.Arrays, podArray{Name: peer.Name, ID: peer.ID, Status: "online", MediatorStatus: "online"})
		item.FailoverPreferences = append(item.FailoverPreferences, fullReference{&id.Name, &id.ID})
	}
	n := len(item.Arrays)
	item.ArrayCount = &n
	return item
}

// footprint is what a pod would take on an array of its own.
func footprint(s sim.Space) int64 { return s.Physical() + s.Physical()/12 }

func podTotal(s sim.Space) podItem {
	return podItem{
		Space: podSpaceOf(s), FailoverPreferences: []fullReference{}, Arrays: []podArray{}, Footprint: footprint(s),
	}
}

// sumOfSpaces adds up the space of some objects.
func sumOfSpaces(sel []int, space func(int) sim.Space) sim.Space {
	var sum sim.Space
	for _, i := range sel {
		s := space(i)
		sum.Provisioned += s.Provisioned
		sum.Virtual += s.Virtual
		sum.Unique += s.Unique
		sum.Shared += s.Shared
		sum.Snapshots += s.Snapshots
	}
	return sum
}

// stored is an object that has a name, an id and a use of space.
type stored struct {
	name, id string
	space    any
	sums     sim.Space
}

// storing is a resource that is the use of space by objects, now and in the
// past.
func (c *call) storing(at func(sim.View) []stored, total func(sim.Space) any) resource {
	of := func(v sim.View) series {
		all := at(v)
		item := func(name, id *string, space any) any {
			return volumeSpaceItem{namedSpace{name, space, c.ms(v.Time())}, id}
		}
		return series{
			item: func(i int) any { return item(&all[i].name, &all[i].id, all[i].space) },
			total: func(sel []int) any {
				return item(nil, nil, total(sumOfSpaces(sel, func(i int) sim.Space { return all[i].sums })))
			},
		}
	}
	all, now := at(c.view), of(c.view)
	return resource{
		count: len(all), name: func(i int) string { return all[i].name }, id: func(i int) string { return all[i].id },
		item: now.item, total: now.total, steps: spaceSteps,
		past: func(p period) series { return of(c.view.At(p.end)) },
	}
}

func podsSpace(c *call) resource {
	return c.storing(func(v sim.View) []stored {
		var all []stored
		for _, p := range v.Pods() {
			all = append(all, stored{p.Name, p.ID, podSpaceOf(p.Space), p.Space})
		}
		return all
	}, func(s sim.Space) any { return podSpaceOf(s) })
}

// podPerformance has the fields of an array, but for its queue.
type podPerformance struct {
	OtherUsec int64 `json:"usec_per_other_op"`
	Others    int64 `json:"others_per_sec"`
	performance
	Name *string `json:"name"`
	ID   *string `json:"id"`
}

func podsPerformance(c *call) resource {
	all := c.view.Pods()
	return c.working(len(all), func(i int) string { return all[i].Name }, func(i int) string { return all[i].ID },
		func(w *sim.Window, end time.Time) series {
			item := func(p sim.Performance, name, id *string) any {
				return podPerformance{p.OtherUsec, p.Others, c.performance(p, end), name, id}
			}
			return series{
				item:  func(i int) any { return item(w.Pod(i), &all[i].Name, &all[i].ID) },
				total: func(sel []int) any { return item(sumOf(sel, w.Pod), nil, nil) },
			}
		})
}

type replicationItem struct {
	Time       int64         `json:"time"`
	Pod        fullReference `json:"pod"`
	Continuous traffic       `json:"continuous_bytes_per_sec"`
	Resync     traffic       `json:"resync_bytes_per_sec"`
	Sync       traffic       `json:"sync_bytes_per_sec"`
	Periodic   traffic       `json:"periodic_bytes_per_sec"`
	Total      int64         `json:"total_bytes_per_sec"`
}

// traffic is bytes a second from and to the other array.
type traffic struct {
	From  int64 `json:"from_remote_bytes_per_sec"`
	To    int64 `json:"to_remote_bytes_per_sec"`
	Total int64 `json:"total_bytes_per_sec"`
}

func trafficOf(from, to int64) traffic { return traffic{from, to, from + to} }

func podsReplication(c *call) resource {
	all := c.view.Pods()
	return c.working(len(all), func(i int) string { return all[i].Name }, func(i int) string { return all[i].ID },
		func(w *sim.Window, end time.Time) series {
			rs := w.Replication()
			item := func(r sim.Replication, pod fullReference) any {
				return replicationItem{
					Time: c.ms(end), Pod: pod, Continuous: trafficOf(0, r.Continuous),
					Sync: trafficOf(r.SyncFrom, r.SyncTo), Total: r.Total(),
				}
			}
			return series{
				item: func(i int) any { return item(rs[i], fullReference{&rs[i].Pod, &rs[i].ID}) },
				total: func(sel []int) any {
					var sum sim.Replication
					for _, i := range sel {
						sum.Continuous += rs[i].Continuous
						sum.SyncFrom += rs[i].SyncFrom
						sum.SyncTo += rs[i].SyncTo
					}
					return item(sum, fullReference{})
				},
			}
		})
}

// linkEnds are the fields by which every list of replica links names a link.
type linkEnds struct {
	ID        *string         `json:"id"`
	Direction *string         `json:"direction"`
	LocalPod  fullReference   `json:"local_pod"`
	RemotePod fullReference   `json:"remote_pod"`
	Remotes   []fullReference `json:"remotes"`
}

func endsOf(l sim.ReplicaLink) linkEnds {
	return linkEnds{
		ID: &l.ID, Direction: text("outbound"), LocalPod: fullReference{&l.LocalPod, &l.LocalPodID},
		RemotePod: fullReference{&l.RemotePod, &l.RemoteID}, Remotes: []fullReference{{&l.Remote.Name, &l.Remote.ID}},
	}
}

type linkItem struct {
	linkEnds
	Lag           int64  `json:"lag"`
	Paused        bool   `json:"paused"`
	RecoveryPoint int64  `json:"recovery_point"`
	Status        string `json:"status"`
}

type linkLagItem struct {
	linkEnds
	Lag           lag    `json:"lag"`
	Time          int64  `json:"time"`
	Status        string `json:"status"`
	RecoveryPoint int64  `json:"recovery_point"`
}

type lag struct {
	Avg int64 `json:"avg"`
	Max int64 `json:"max"`
}

type linkPerformance struct {
	linkEnds
	Time  int64 `json:"time"`
	From  int64 `json:"bytes_per_sec_from_remote"`
	To    int64 `json:"bytes_per_sec_to_remote"`
	Total int64 `json:"bytes_per_sec_total"`
}

// replicaLinks: links have no names; they are asked for by those of their local
// pods.
func replicaLinks(c *call) resource {
	all := c.work().Links()
	r := of(all, func(l sim.ReplicaLink) string { return l.LocalPod }, func(l sim.ReplicaLink) any {
		return linkItem{endsOf(l), l.Lag.Milliseconds(), false, c.ms(l.RecoveryPoint), l.Status}
	})
	r.id = func(i int) string { return all[i].ID }
	return r
}

func replicaLinksLag(c *call) resource {
	return c.linking(func(l sim.ReplicaLink, end time.Time) any {
		ms := l.Lag.Milliseconds()
		return linkLagItem{endsOf(l), lag{ms, ms}, c.ms(end), l.Status, c.ms(l.RecoveryPoint)}
	}, nil)
}

func replicaLinksPerformance(c *call) resource {
	return c.linking(func(l sim.ReplicaLink, end time.Time) any {
		return linkPerformance{endsOf(l), c.ms(end), 0, l.BytesToRemote, l.BytesToRemote}
	}, func(ls []sim.ReplicaLink, end time.Time) any {
		var to int64
		for _, l := range ls {
			to += l.BytesToRemote
		}
		return linkPerformance{linkEnds{Remotes: []fullReference{}}, c.ms(end), 0, to, to}
	})
}

// linking is a resource of replica links, now and in the past.
func (c *call) linking(item func(sim.ReplicaLink, time.Time) any, total func([]sim.ReplicaLink, time.Time) any) resource {
	all := c.work().Links()
	return c.working(len(all), func(i int) string { return all[i].LocalPod }, func(i int) string { return all[i].ID }, func(w *sim.Window, end time.Time) series {
		ls := w.Links()
		s := series{item: func(i int) any { return item(ls[i], end) }}
		if total != nil {
			s.total = func(sel []int) any {
				var some []sim.ReplicaLink
				for _, i := range sel {
					some = append(some, ls[i])
				}
				return total(some, end)
			}
		}
		return s
	})
}
