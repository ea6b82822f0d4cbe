package carry

import (
	"fmt"

	"darksite/bundle"
)

const (
	// BlockSize is the unit of digests and repair.
	BlockSize = 1 << 20
	// MaxShards is what the code over GF(2^8) can hold, data and parity together.
	MaxShards = 256
	// MaxBlocks bounds a set: about 1 TiB with its parity.
	MaxBlocks = 1 << 20

	slices1   = 20      // data slices of a set of one volume
	perParity = 2       // parity slices in each of its parity volumes
	sliceUnit = 4 << 10 // slices begin at whole sectors
)

// Layout is how a sealed file is cut. The zero value means the preset fat32 and
// the default parity.
type Layout struct {
	VolumeSize int64 // bytes; rounded down to whole MiB; 0 means fat32
	Parity     int   // parity volumes; 0 means the default for the number of volumes
	// Media, with VolumeSize 0, cuts for so many media of one file each, the last
	// of them parity: any one of them may be lost.
	Media int
}

// Preset returns the volume size of a kind of medium: fat32, cd, dvd or bd25.
// The sizes leave room for label, list and file system.
func Preset(name string) (int64, error) {
	switch name {
	case "fat32":
		return 4095 * BlockSize, nil // a FAT32 file ends at 4 GiB - 1
	case "cd":
		return 690 * BlockSize, nil
	case "dvd":
		return 4400 * BlockSize, nil
	case "bd25":
		return 23700 * BlockSize, nil
	}
	return 0, fmt.Errorf("volume size %q: want fat32, cd, dvd or bd25, or a number of MiB", name)
}

// defaultParity is how many parity volumes k volumes get: enough that one lost
// medium in a handful, or one in five of many, does no harm.
func defaultParity(k int) int {
	switch {
	case k <= 3:
		return 1
	case k <= 10:
		return 2
	}
	return (k + 4) / 5
}

// fit completes the label's layout for its sealed size.
func (o Layout) fit(l Label) (Label, error) {
	if o.VolumeSize == 0 && o.Media > 1 {
		o.VolumeSize = ceilDiv(ceilDiv(max(l.SealedSize, 1), int64(o.Media-1)), BlockSize) * BlockSize
		o.Parity = max(o.Parity, 1)
	}
	if o.VolumeSize == 0 {
		o.VolumeSize, _ = Preset("fat32")
	}
	l.VolumeSize = o.VolumeSize / BlockSize * BlockSize
	if l.VolumeSize < BlockSize {
		return l, fmt.Errorf("volume size %d: want at least %d bytes", o.VolumeSize, BlockSize)
	}
	if l.SealedSize < 1 {
		return l, fmt.Errorf("sealed file of %d bytes: there is nothing to carry", l.SealedSize)
	}
	volumes := ceilDiv(l.SealedSize, l.VolumeSize)
	if volumes >= MaxShards {
		return l, fmt.Errorf("%d volumes of %d bytes: at most %d with their parity; choose larger volumes", volumes, l.VolumeSize, MaxShards)
	}
	l.Volumes, l.Parity = int(volumes), o.Parity
	if l.Parity == 0 {
		l.Parity = defaultParity(l.Volumes)
	}
	_, err := l.geometry()
	return l, err
}

// geometry is where every block of a set lies. Shards are numbered from 0, the
// k data shards first. In a set of several volumes a shard is a volume; in a
// set of one volume the data shards are slices of it, and each parity volume
// holds two parity slices.
type geometry struct {
	size            int64 // of the sealed file
	volumes, parity int   // files
	k, m            int   // shards
	shard           int64 // bytes of the first data shard and of every parity shard
	first           []int // first[n] is the place of shard n's first block in the list; one more at the end
}

func (l Label) geometry() (geometry, error) {
	g := geometry{size: l.SealedSize, volumes: l.Volumes, parity: l.Parity}
	switch {
	case g.size < 1:
		return g, fmt.Errorf("sealed_size %d: want 1 or more", g.size)
	case l.VolumeSize < BlockSize || l.VolumeSize%BlockSize != 0:
		return g, fmt.Errorf("volume_size %d: want whole MiB", l.VolumeSize)
	case int64(g.volumes) != ceilDiv(g.size, l.VolumeSize):
		return g, fmt.Errorf("volumes %d: %d bytes in volumes of %d make %d", g.volumes, g.size, l.VolumeSize, ceilDiv(g.size, l.VolumeSize))
	case g.parity < 1:
		return g, fmt.Errorf("parity %d: want 1 or more", g.parity)
	}
	g.k, g.m, g.shard = g.volumes, g.parity, l.VolumeSize
	if g.volumes == 1 {
		g.k, g.m = slices1, perParity*g.parity
		g.shard = ceilDiv(ceilDiv(g.size, slices1), sliceUnit) * sliceUnit
	}
	if g.k > MaxShards || g.m > MaxShards || g.k+g.m > MaxShards {
		return g, fmt.Errorf("%d volumes and %d parity volumes: at most %d shards together", g.volumes, g.parity, MaxShards)
	}
	if ceilDiv(g.size, BlockSize) > MaxBlocks || ceilDiv(g.shard, BlockSize) > MaxBlocks {
		return g, fmt.Errorf("sealed_size %d: more than %d blocks", g.size, MaxBlocks)
	}
	g.first = make([]int, g.k+g.m+1)
	for n := range g.k + g.m {
		g.first[n+1] = g.first[n] + g.blocks(n)
	}
	if g.total() > MaxBlocks {
		return g, fmt.Errorf("%d blocks with parity: at most %d", g.total(), MaxBlocks)
	}
	return g, nil
}

func ceilDiv(a, b int64) int64 { return (a-1)/b + 1 }

// shardLen is the length of a shard in bytes; the last data shards may be
// short or empty.
func (g geometry) shardLen(n int) int64 {
	if n >= g.k {
		return g.shard
	}
	return max(0, min(g.shard, g.size-int64(n)*g.shard))
}

// blocks is the number of blocks of shard n.
func (g geometry) blocks(n int) int {
	if g.shardLen(n) == 0 {
		return 0
	}
	return int(ceilDiv(g.shardLen(n), BlockSize))
}

// stripes is the number of blocks of the longest shard.
func (g geometry) stripes() int { return g.blocks(g.k) }

// total is the number of blocks of all shards.
func (g geometry) total() int { return g.first[g.k+g.m] }

// blockLen is the length of block i of shard n, 0 beyond its end.
func (g geometry) blockLen(n, i int) int {
	return int(max(0, min(BlockSize, g.shardLen(n)-int64(i)*BlockSize)))
}

// files is the number of files the shards lie in, parity last.
func (g geometry) files() int { return g.volumes + g.parity }

// place says in which file shard n lies and at which offset.
func (g geometry) place(n int) (file int, offset int64) {
	switch {
	case g.volumes > 1:
		return n, 0
	case n < g.k:
		return 0, int64(n) * g.shard
	}
	return 1 + (n-g.k)/perParity, int64((n-g.k)%perParity) * g.shard
}

// shards is the half-open range of the shards in a file, in file order.
func (g geometry) shards(file int) (from, to int) {
	switch {
	case g.volumes > 1:
		return file, file + 1
	case file == 0:
		return 0, g.k
	}
	return g.k + (file-1)*perParity, g.k + file*perParity
}

// fileSize is the length of a file in bytes.
func (g geometry) fileSize(file int) int64 {
	var n int64
	from, to := g.shards(file)
	for s := from; s < to; s++ {
		n += g.shardLen(s)
	}
	return n
}

// unit is how many bytes of a stripe are worked on at once, so that memory for
// parity stays at 32 MiB or less whatever the number of volumes.
func (g geometry) unit() int {
	if g.k+g.m <= 32 {
		return BlockSize
	}
	return BlockSize / 8
}

// SealedName is the name of the sealed file restored from its volumes.
func (l Label) SealedName() string {
	if l.Clear {
		return string(l.BID) + ".tar.zst"
	}
	return string(l.BID) + ".tar.zst.age"
}

// BlocksName is the name of the block list.
func (l Label) BlocksName() string { return blocksName(l.BID) }

func blocksName(id bundle.ID) string { return string(id) + ".blocks" }

// FileNames lists the volumes and then the parity volumes of the set.
func (l Label) FileNames() []string {
	names := make([]string, 0, l.Volumes+l.Parity)
	if l.Volumes == 1 {
		names = append(names, l.SealedName())
	} else {
		for i := range l.Volumes {
			names = append(names, fmt.Sprintf("%s.v%03d", l.SealedName(), i+1))
		}
	}
	for i := range l.Parity {
		names = append(names, fmt.Sprintf("%s.p%03d", l.BID, i+1))
	}
	return names
}

// Share is what medium number of several carries, both counted from 1: files are
// dealt like cards, so that no medium has more of them, or of the parity, than
// another must have.
func (l Label) Share(number, of int) ([]string, error) {
	names := l.FileNames()
	if number < 1 || number > of {
		return nil, fmt.Errorf("medium %d of %d: there is none", number, of)
	}
	if of > len(names) {
		return nil, fmt.Errorf("%d media for %d files of %d bytes and less: take fewer media or smaller volumes", of, len(names), l.VolumeSize)
	}
	var share []string
	for i := number - 1; i < len(names); i += of {
		share = append(share, names[i])
	}
	return share, nil
}
