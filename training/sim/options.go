package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Size says how much an array holds.
type Size string

// The sizes. Recorded has the shape of the array whose replies were recorded
// and published by the vendor's exporter project.
const (
	Small    Size = "small"    // 20 volumes, 10 drives, 6 hosts; 7 blades, 20 file systems, 8 buckets
	Recorded Size = "recorded" // 83 volumes, 20 drives, 31 hosts; 15 blades, 269 file systems, 92 buckets
	Large    Size = "large"    // 1,000 volumes, 40 drives, 64 hosts, a shelf; 30 blades, 1,000 file systems, 300 buckets
)

// Sizes lists the sizes from small to large.
func Sizes() []Size { return []Size{Small, Recorded, Large} }

// Options describe an array. The zero value is a small array named
// "sim-array" that begins on a Monday morning.
type Options struct {
	Name   string    // the array's own name
	Family Family    // FlashArray when empty
	Seed   uint64    // everything that is left to chance follows from it
	Size   Size      // Small when empty
	Start  time.Time // the first instant of the virtual clock; see DefaultStart
}

// DefaultStart is where the virtual clock begins when no start is given:
// Monday, 2 March 2026, 06:00 UTC.
func DefaultStart() time.Time { return time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC) }

// What the model says of the array's software. The REST versions are those
// that go with it; arrays skip some numbers.
const (
	osName       = "Purity//FA"
	osVersion    = "6.6.3"
	model        = "FA-X70R3"
	chassisModel = "M_SERIES"
)

type dimensions struct {
	volumes, drives, hosts, busy int
	peakIOPS                     float64 // of the whole array at the daily peak
	driveBytes                   int64   // raw size of one drive
	used                         float64 // share of capacity used at the start
	sharers                      int     // hosts of a group that work on one volume
	pods, links, volumeGroups    int
	fileSystems, directories     int
}

func (s Size) dimensions() dimensions {
	switch s {
	case Recorded:
		return dimensions{
			volumes: 83, drives: 20, hosts: 31, busy: 4, peakIOPS: 24_000, driveBytes: 1_920_383_410_176, used: 0.41,
			sharers: 1, pods: 6, links: 2, volumeGroups: 3, fileSystems: 12, directories: 34,
		}
	case Large:
		return dimensions{
			volumes: 1000, drives: 40, hosts: 64, busy: 70, peakIOPS: 110_000, driveBytes: 3_840_755_982_336, used: 0.52,
			sharers: 4, pods: 12, links: 4, volumeGroups: 20, fileSystems: 12, directories: 60,
		}
	default:
		return dimensions{
			volumes: 20, drives: 10, hosts: 6, busy: 6, peakIOPS: 9_000, driveBytes: 1_920_383_410_176, used: 0.46,
			sharers: 3, pods: 2, links: 1, volumeGroups: 2, fileSystems: 2, directories: 5,
		}
	}
}

func (o Options) withDefaults() (Options, error) {
	if o.Name == "" {
		o.Name = "sim-array"
	}
	if len(o.Name) > 56 || strings.ContainsFunc(o.Name, notNameRune) {
		return o, fmt.Errorf("array name %q: use 1 to 56 letters, digits and '-'", o.Name)
	}
	if o.Family == "" {
		o.Family = FlashArray
	}
	if !slices.Contains(Families(), o.Family) {
		return o, fmt.Errorf("array kind %q: use one of %v", o.Family, Families())
	}
	switch o.Size {
	case "":
		o.Size = Small
	case Small, Recorded, Large:
	default:
		return o, fmt.Errorf("array size %q: use one of %v", o.Size, Sizes())
	}
	if o.Start.IsZero() {
		o.Start = DefaultStart()
	}
	o.Start = o.Start.UTC().Truncate(time.Millisecond)
	return o, nil
}

func notNameRune(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
}
