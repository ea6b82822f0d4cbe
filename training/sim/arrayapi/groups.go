package arrayapi

import (
	"time"

	"darksite/training/sim"
)

// groupSpace is the space of a volume group or a directory. What is shared
// between groups is counted nowhere, so those fields are null.
type groupSpace struct {
	space
	TotalUsed       *int64 `json:"total_used"`
	UsedProvisioned *int64 `json:"used_provisioned"`
	Footprint       *int64 `json:"footprint"`
}

func groupSpaceOf(s sim.Space) groupSpace {
	used := s.Physical()
	return groupSpace{space: hostSpace(s), TotalUsed: &used, UsedProvisioned: &s.Provisioned}
}

type volumeGroupItem struct {
	Context            fullReference `json:"context"`
	Name               *string       `json:"name"`
	ID                 *string       `json:"id"`
	Destroyed          *bool         `json:"destroyed"`
	Pod                fullReference `json:"pod"`
	TimeRemaining      *int64        `json:"time_remaining"`
	QoS                qos           `json:"qos"`
	Space              groupSpace    `json:"space"`
	VolumeCount        *int          `json:"volume_count"`
	Workload           *string       `json:"workload"`
	PriorityAdjustment priority      `json:"priority_adjustment"`
}

func volumeGroups(c *call) resource {
	all, name := c.view.VolumeGroups(), c.view.Identity().Name
	r := of(all, func(g sim.VolumeGroup) string { return g.Name }, func(g sim.VolumeGroup) any {
		return volumeGroupItem{
			Context: fullReference{Name: &name}, Name: &g.Name, ID: &g.ID, Destroyed: new(bool), VolumeCount: &g.Volumes,
			Space: groupSpaceOf(g.Space), PriorityAdjustment: priority{text("+"), new(int64)},
		}
	})
	r.id = func(i int) string { return all[i].ID }
	r.total = func(sel []int) any {
		return volumeGroupItem{Space: groupSpaceOf(sumOfSpaces(sel, func(i int) sim.Space { return all[i].Space }))}
	}
	return r
}

func volumeGroupsSpace(c *call) resource {
	return c.storing(func(v sim.View) []stored {
		var all []stored
		for _, g := range v.VolumeGroups() {
			all = append(all, stored{g.Name, g.ID, groupSpaceOf(g.Space), g.Space})
		}
		return all
	}, func(s sim.Space) any { return groupSpaceOf(s) })
}

type volumeGroupPerformance struct {
	Context *fullReference `json:"context,omitempty"`
	volumePerformance
}

func volumeGroupsPerformance(c *call) resource {
	all, array := c.view.VolumeGroups(), c.view.Identity().Name
	return c.working(len(all), func(i int) string { return all[i].Name }, func(i int) string { return all[i].ID },
		func(w *sim.Window, end time.Time) series {
			return series{
				item: func(i int) any {
					return volumeGroupPerformance{
						&fullReference{Name: &array},
						volumePerformance{c.performance(w.VolumeGroup(i), end), &all[i].Name, &all[i].ID},
					}
				},
				total: func(sel []int) any {
					return volumePerformance{c.performance(sumOf(sel, w.VolumeGroup), end), nil, nil}
				},
			}
		})
}

type fileSystemItem struct {
	Name          string        `json:"name"`
	ID            string        `json:"id"`
	Created       int64         `json:"created"`
	Destroyed     bool          `json:"destroyed"`
	Pod           fullReference `json:"pod"`
	TimeRemaining *int64        `json:"time_remaining"`
}

func fileSystems(c *call) resource {
	all := c.view.FileSystems()
	r := of(all, func(f sim.FileSystem) string { return f.Name }, func(f sim.FileSystem) any {
		return fileSystemItem{Name: f.Name, ID: f.ID, Created: c.ms(f.Created)}
	})
	r.id = func(i int) string { return all[i].ID }
	return r
}

type directoryItem struct {
	Created       *int64        `json:"created"`
	Path          *string       `json:"path"`
	Name          *string       `json:"name"`
	ID            *string       `json:"id"`
	Space         space         `json:"space"`
	FileSystem    fullReference `json:"file_system"`
	Destroyed     *bool         `json:"destroyed"`
	TimeRemaining *int64        `json:"time_remaining"`
	DirectoryName *string       `json:"directory_name"`
	LimitedBy     limitedBy     `json:"limited_by"`
}

type limitedBy struct {
	Policy member `json:"policy"`
	Member member `json:"member"`
}

type member struct {
	ResourceType *string `json:"resource_type"`
	fullReference
}

// directorySpace: a directory has no size of its own.
func directorySpace(s sim.Space) space {
	f := hostSpace(s)
	f.TotalProvisioned, f.ThinProvisioning = nil, 0
	f.TotalReduction = f.DataReduction
	return f
}

func spaceOfDirectory(d sim.Directory) sim.Space {
	return sim.Space{Virtual: d.Virtual, Unique: d.Unique}
}

func directories(c *call) resource {
	all := c.view.Directories()
	r := of(all, func(d sim.Directory) string { return d.Name }, func(d sim.Directory) any {
		created := c.ms(d.Created)
		return directoryItem{
			Created: &created, Path: &d.Path, Name: &d.Name, ID: &d.ID, Space: directorySpace(spaceOfDirectory(d)),
			FileSystem: fullReference{&d.FileSystem, &d.FileSystemID}, Destroyed: new(bool), DirectoryName: text(d.DirectoryName()),
		}
	})
	r.id = func(i int) string { return all[i].ID }
	r.total = func(sel []int) any {
		return directoryItem{Space: directorySpace(sumOfSpaces(sel, func(i int) sim.Space { return spaceOfDirectory(all[i]) }))}
	}
	return r
}

func directoriesSpace(c *call) resource {
	return c.storing(func(v sim.View) []stored {
		var all []stored
		for _, d := range v.Directories() {
			s := spaceOfDirectory(d)
			all = append(all, stored{d.Name, d.ID, directorySpace(s), s})
		}
		return all
	}, func(s sim.Space) any { return directorySpace(s) })
}

type directoryPerformance struct {
	Time          int64   `json:"time"`
	Name          *string `json:"name"`
	ID            *string `json:"id"`
	ReadBytes     int64   `json:"read_bytes_per_sec"`
	WriteBytes    int64   `json:"write_bytes_per_sec"`
	Reads         int64   `json:"reads_per_sec"`
	Writes        int64   `json:"writes_per_sec"`
	Others        int64   `json:"others_per_sec"`
	ReadUsec      int64   `json:"usec_per_read_op"`
	WriteUsec     int64   `json:"usec_per_write_op"`
	OtherUsec     int64   `json:"usec_per_other_op"`
	BytesPerRead  int64   `json:"bytes_per_read"`
	BytesPerWrite int64   `json:"bytes_per_write"`
	BytesPerOp    int64   `json:"bytes_per_op"`
}

func directoriesPerformance(c *call) resource {
	all := c.view.Directories()
	return c.working(len(all), func(i int) string { return all[i].Name }, func(i int) string { return all[i].ID },
		func(w *sim.Window, end time.Time) series {
			item := func(p sim.Performance, name, id *string) any {
				return directoryPerformance{
					c.ms(end), name, id, p.ReadBytes, p.WriteBytes, p.Reads, p.Writes, p.Others, p.ReadUsec, p.WriteUsec, p.OtherUsec,
					p.BytesPerRead(), p.BytesPerWrite(), p.BytesPerOp(),
				}
			}
			return series{
				item:  func(i int) any { return item(w.Directory(i), &all[i].Name, &all[i].ID) },
				total: func(sel []int) any { return item(sumOf(sel, w.Directory), nil, nil) },
			}
		})
}
