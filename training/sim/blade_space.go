package sim

import (
	"math"
	"slices"
)

// SpaceType says what a use of space is about.
type SpaceType string

// The types of space a FlashBlade tells apart; SpaceOfArray is their sum.
const (
	SpaceOfArray   SpaceType = "array"
	SpaceOfFiles   SpaceType = "file-system"
	SpaceOfObjects SpaceType = "object-store"
)

// organic is how much more is stored than at the start; see View.organic.
func (v BladeView) organic() float64 {
	days := v.at.Sub(v.options.Start).Hours() / 24
	return 1 + 0.05*math.Tanh(days/200)
}

func (s BladeSpace) times(f float64) BladeSpace {
	return BladeSpace{Virtual: int64(float64(s.Virtual) * f), Unique: int64(float64(s.Unique) * f), Snapshots: s.Snapshots}
}

// baseUsed is the use of the whole array without any fault.
func (v BladeView) baseUsed() float64 { return float64(v.inv.base.times(v.organic()).Physical()) }

// spaceLine is the course of a capacity fault, in shares of the capacity the
// array has with every blade in place.
func (v BladeView) spaceLine(e Entry) fillLine {
	return newFillLine(e, v.At(e.At).baseUsed()/float64(v.inv.capacity))
}

// quotaLine is the course of a quota fault, in shares of the quota.
func (v BladeView) quotaLine(e Entry) fillLine {
	f := &v.inv.files[v.fileNamed(e.Target)]
	return newFillLine(e, float64(f.Space.times(v.At(e.At).organic()).Virtual)/float64(f.Quota))
}

func (v BladeView) fileNamed(name string) int {
	return slices.IndexFunc(v.inv.files, func(f bladeFileSystem) bool { return f.Name == name })
}

// grow adds stored bytes to a use of space, and what clients wrote for them.
func (s *BladeSpace) grow(stored float64) {
	reduction := s.DataReduction()
	if !reduction.OK {
		reduction = Some(1.5)
	}
	s.Unique += int64(stored)
	s.Virtual += int64(stored * reduction.Value)
}

// spaces is the use of space of every file system and bucket.
func (v BladeView) spaces() (files, buckets []BladeSpace) {
	g := v.organic()
	files, buckets = make([]BladeSpace, len(v.inv.files)), make([]BladeSpace, len(v.inv.buckets))
	for i := range files {
		files[i] = v.inv.files[i].Space.times(g)
	}
	for i := range buckets {
		buckets[i] = v.inv.buckets[i].Space.times(g)
	}
	extra := v.growQuotas(files)
	v.growAll(files, buckets, extra)
	return files, buckets
}

// growQuotas fills the file systems of quota faults and returns the bytes
// stored for that.
func (v BladeView) growQuotas(files []BladeSpace) (stored float64) {
	for _, e := range v.entries {
		if e.Kind != QuotaFull || !e.begun(v.at) {
			continue
		}
		n := v.fileNamed(e.Target)
		f, s := &v.inv.files[n], &files[n]
		more := v.quotaLine(e).at(v.at)*float64(f.Quota) - float64(s.Virtual)
		if more <= 0 {
			continue
		}
		before := s.Unique
		reduction := 1.5
		if s.Unique > 0 {
			reduction = float64(s.Virtual) / float64(s.Unique)
		}
		s.Unique += int64(more / reduction)
		s.Virtual += int64(more)
		stored += float64(s.Unique - before)
	}
	return stored
}

// growAll lets the capacity faults fill the array: each works towards a share
// of the whole, so the highest counts.
func (v BladeView) growAll(files, buckets []BladeSpace, already float64) {
	target, bytes := "", 0.0
	for _, e := range v.entries {
		if e.Kind != CapacityFill || !e.begun(v.at) {
			continue
		}
		if b := v.spaceLine(e).at(v.at)*float64(v.inv.capacity) - v.baseUsed() - already; b > bytes {
			target, bytes = e.Target, b
		}
	}
	if bytes == 0 {
		return
	}
	if target != "" {
		files[v.fileNamed(target)].grow(bytes)
		return
	}
	var growing []*BladeSpace
	var all float64
	for i := range files {
		if v.inv.files[i].Quota == 0 {
			growing = append(growing, &files[i])
		}
	}
	for i := range buckets {
		growing = append(growing, &buckets[i])
	}
	for _, s := range growing {
		all += float64(s.Unique)
	}
	for _, s := range growing {
		s.grow(bytes * float64(s.Unique) / all)
	}
}

// Space is the use of space of the whole array or of one type of it.
func (v BladeView) Space(of SpaceType) BladeSpace {
	files, buckets := v.spaces()
	var sum BladeSpace
	if of != SpaceOfObjects {
		for _, s := range files {
			sum.add(s)
		}
	}
	if of != SpaceOfFiles {
		for _, s := range buckets {
			sum.add(s)
		}
	}
	return sum
}

// full says whether writes have to stop.
func (v BladeView) full() bool {
	for _, e := range v.entries {
		if e.Kind == CapacityFill && e.begun(v.at) && v.spaceLine(e).at(v.at) > 0.9995 {
			return true
		}
	}
	return false
}

// FileSystems lists the file systems.
func (v BladeView) FileSystems() []BladeFileSystem {
	spaces, _ := v.spaces()
	fs := make([]BladeFileSystem, len(spaces))
	for i := range fs {
		fs[i] = v.inv.files[i].BladeFileSystem
		fs[i].Space = spaces[i]
		fs[i].Users = usageOf(fs[i].Users, spaces[i].Virtual, 0.25)
		fs[i].Groups = usageOf(fs[i].Groups, spaces[i].Virtual, 0.9)
	}
	return fs
}

// usageOf deals out shares of what is written; a quota of its own goes to the
// first of several.
func usageOf(us []Usage, virtual int64, share float64) []Usage {
	us = slices.Clone(us)
	for i := range us {
		us[i].Used = int64(float64(virtual) * share / float64(i+1))
		if i == 0 && len(us) > 1 {
			us[i].Quota = max(gib, virtual/gib*gib)
		}
	}
	return us
}

// Buckets lists the buckets.
func (v BladeView) Buckets() []Bucket {
	_, spaces := v.spaces()
	bs := make([]Bucket, len(spaces))
	for i := range bs {
		b := v.inv.buckets[i].Bucket
		if b.Space.Virtual > 0 {
			b.Objects = int64(float64(b.Objects) * float64(spaces[i].Virtual) / float64(b.Space.Virtual))
		}
		b.Space = spaces[i]
		bs[i] = b
	}
	return bs
}

// Accounts lists the object store accounts.
func (v BladeView) Accounts() []Account {
	as := slices.Clone(v.inv.accounts)
	for _, b := range v.Buckets() {
		as[b.Account].Space.add(b.Space)
		as[b.Account].Objects += b.Objects
		as[b.Account].Quota += b.Quota
	}
	return as
}
