package carry

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"darksite/bundle"
	"darksite/bundle/safefile"
	"darksite/bundle/sign"
)

// Options of [Write].
type Options struct {
	// Only names the volumes and parity volumes to put on this medium, of those
	// [Label.FileNames] lists; empty means all of them.
	Only []string
	// Medium and Media number this medium among those of the set: 1 of 3. Zero
	// means 1 of 1.
	Medium, Media int
	// Serial is the serial number or label of the medium, for the cover sheet.
	Serial string
	// Now is the clock of the station, for the cover sheet and the verify-time
	// in the README. It is data: nothing is decided by it.
	Now      time.Time
	Progress Progress
}

// File is one file on a medium.
type File struct {
	Name   string
	Size   int64
	SHA256 bundle.Digest
}

// Written says what Write has put on a medium.
type Written struct {
	Folder string // <medium>/<BID>
	Files  []File // sorted by name, SHA256SUMS included
	Bytes  int64
	Cover  []byte // the cover sheet, for printing
}

// syncEvery bounds how much waits in memory for a slow stick, so that progress
// tells the truth and an end comes soon after the last byte.
const syncEvery = 64 * BlockSize

// reserve is what folder entries, sums, sheets and file system need at most
// beside the volumes, once each cluster is rounded up.
const reserve = 1 << 20

const maxSerial = 40

// Write puts a set, or the part of it named in Options.Only, into the folder
// <medium>/<BID>. Signatures are armored SSH signatures over set.LabelText in
// namespace sign.Label; at least one is needed and each is checked to fit.
//
// Everything is written to <BID>.partial, synced, and renamed last. On any
// error, and when ctx ends, the partial folder is removed again; after a crash
// it stays, is never taken for a bundle, and [RemovePartial] removes it. Errors
// wrap [ErrExists], [ErrNoSpace], [ErrLabel] or [ErrDigest] (the sealed file is
// no longer the one that was prepared).
func Write(ctx context.Context, medium, sealed string, set Set, signatures [][]byte, o Options) (Written, error) {
	done, err := write(ctx, medium, sealed, set, signatures, o)
	if err != nil {
		return Written{}, fmt.Errorf("write %s to %s: %w", set.Label.BID, medium, err)
	}
	return done, nil
}

func write(ctx context.Context, medium, sealed string, set Set, signatures [][]byte, o Options) (_ Written, err error) {
	w, err := newWriter(medium, set, signatures, o)
	if err != nil {
		return Written{}, err
	}
	defer w.medium.Close() // a folder handle: nothing to lose
	src, size, err := openSealed(sealed)
	if err != nil {
		return Written{}, err
	}
	defer src.Close() // read only
	if size != set.Label.SealedSize {
		return Written{}, fmt.Errorf("%s has %d bytes, label says %d: %w", sealed, size, set.Label.SealedSize, ErrDigest)
	}
	if err := w.begin(); err != nil {
		return Written{}, err
	}
	defer w.dir.Close() // a folder handle too
	defer func() {
		if err != nil {
			err = errors.Join(err, w.undo())
		}
	}()
	if err := w.data(ctx, src); err != nil {
		return Written{}, err
	}
	if err := w.parity(ctx, src); err != nil {
		return Written{}, err
	}
	cover, err := w.texts()
	if err != nil {
		return Written{}, err
	}
	if err := ctx.Err(); err != nil {
		return Written{}, err
	}
	return w.finish(cover)
}

// writer carries one Write from check to rename.
type writer struct {
	set        Set
	geo        geometry
	names      []string
	chosen     []bool
	signatures map[string][]byte // by file name
	o          Options
	path       string
	medium     *os.Root
	dir        *os.Root // <BID>.partial
	files      []File
	meter      meter
}

// newWriter checks everything that can be checked before a byte is written.
func newWriter(medium string, set Set, signatures [][]byte, o Options) (*writer, error) {
	g, err := set.Label.geometry()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLabel, err)
	}
	w := &writer{set: set, geo: g, names: set.Label.FileNames(), o: o, path: medium}
	if text, err := set.Label.Encode(); err != nil || !bytes.Equal(text, set.LabelText) {
		return nil, fmt.Errorf("%w: label and its text differ", ErrLabel)
	}
	if w.chosen, err = choose(w.names, o.Only); err != nil {
		return nil, err
	}
	for f, ok := range w.chosen {
		if ok {
			w.meter.total += g.fileSize(f)
		}
	}
	w.meter.tell = o.Progress
	if err := w.checkSpace(); err != nil {
		return nil, err
	}
	if set.Blocks.Len() != g.total() || set.Blocks.Digest() != set.Label.BlocksSHA256 {
		return nil, fmt.Errorf("block list is not the one of the label: %w", ErrDigest)
	}
	if w.signatures, err = fitSignatures(set.LabelText, signatures); err != nil {
		return nil, err
	}
	if o.Now.IsZero() {
		return nil, errors.New("the station's time is missing; the sheets need it")
	}
	if o.Serial != "" {
		if err := token("serial", o.Serial, maxSerial, " "); err != nil {
			return nil, err
		}
	}
	w.medium, err = os.OpenRoot(medium)
	return w, err
}

func fitSignatures(label []byte, signatures [][]byte) (map[string][]byte, error) {
	if len(signatures) == 0 || len(signatures) > MaxSignatures {
		return nil, fmt.Errorf("%w: %d signatures, want 1 to %d", ErrLabel, len(signatures), MaxSignatures)
	}
	byName := make(map[string][]byte, len(signatures))
	for _, sig := range signatures {
		key, err := sign.SignedBy(sig)
		if err == nil {
			err = sign.Verify(sign.Label, label, sig, key)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrLabel, err)
		}
		byName[SignatureName(key)] = sig
	}
	return byName, nil
}

func choose(names, only []string) ([]bool, error) {
	chosen := make([]bool, len(names))
	for i := range chosen {
		chosen[i] = len(only) == 0
	}
	for _, name := range only {
		i := slices.Index(names, name)
		if i < 0 {
			return nil, fmt.Errorf("%s is no volume of this set; it has %s", name, strings.Join(names, ", "))
		}
		chosen[i] = true
	}
	return chosen, nil
}

// checkSpace refuses a medium that is too full, or a volume too long for it,
// before anything is written.
func (w *writer) checkSpace() error {
	s, err := spaceOf(w.path)
	if err != nil {
		return err
	}
	need := w.meter.total + int64(w.geo.total())*lineLen + reserve
	if need > s.free {
		return fmt.Errorf("%w: %d bytes needed, %d free; use a larger medium or spread the volumes over several", ErrNoSpace, need, s.free)
	}
	for f, ok := range w.chosen {
		if size := w.geo.fileSize(f); ok && s.maxFile > 0 && size > s.maxFile {
			return fmt.Errorf("%w: volume of %d bytes on a FAT file system, which ends a file at %d; choose the volume size fat32", ErrNoSpace, size, s.maxFile)
		}
	}
	return nil
}

func (w *writer) final() string   { return string(w.set.Label.BID) }
func (w *writer) partial() string { return w.final() + safefile.Suffix }

// begin makes the partial folder; making it is what keeps a second writer out.
func (w *writer) begin() error {
	if _, err := w.medium.Lstat(w.final()); err == nil {
		return fmt.Errorf("%s: %w; nothing is ever overwritten: use another medium or move it away", w.final(), ErrExists)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := w.medium.Mkdir(w.partial(), 0o755); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s, left by an interrupted write or still being written: %w; remove it first", w.partial(), ErrExists)
	} else if err != nil {
		return err
	}
	dir, err := w.medium.OpenRoot(w.partial())
	if err != nil {
		return errors.Join(err, w.medium.Remove(w.partial()))
	}
	w.dir = dir
	return nil
}

func (w *writer) undo() error {
	return errors.Join(w.medium.RemoveAll(w.partial()), safefile.SyncDir(w.path))
}

// RemovePartial removes what an interrupted Write of this bundle left on a
// medium. It must not be called while a Write to the medium is under way. It
// reports whether there was anything.
func RemovePartial(medium string, id bundle.ID) (bool, error) {
	if _, _, err := splitID(id); err != nil {
		return false, err
	}
	name := string(id) + safefile.Suffix
	root, err := os.OpenRoot(medium)
	if err != nil {
		return false, fmt.Errorf("remove partial %s: %w", id, err)
	}
	defer root.Close() // a folder handle
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s: not a folder; remove it by hand", name)
	}
	if err == nil {
		err = root.RemoveAll(name)
	}
	if err != nil {
		return false, fmt.Errorf("remove partial %s: %w", id, err)
	}
	return true, safefile.SyncDir(medium)
}

// outFile is a file of the medium being written.
type outFile struct {
	file    *os.File
	name    string
	sum     hash.Hash     // of the content, fed by whoever knows it in order
	known   bundle.Digest // of the content, where it was hashed before
	size    int64
	pending int64 // bytes since the last sync
}

func (w *writer) create(name string) (*outFile, error) {
	f, err := w.dir.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	return &outFile{file: f, name: name, sum: sha256.New()}, nil
}

// put writes at an offset and syncs from time to time.
func (f *outFile) put(p []byte, off int64) error {
	n, err := f.file.WriteAt(p, off)
	f.size = max(f.size, off+int64(n))
	if f.pending += int64(n); err == nil && f.pending >= syncEvery {
		f.pending = 0
		err = f.file.Sync()
	}
	return err
}

// Write appends and hashes.
func (f *outFile) Write(p []byte) (int, error) {
	f.sum.Write(p)
	if err := f.put(p, f.size); err != nil {
		return 0, err
	}
	return len(p), nil
}

// abandon closes a file that is given up, or has been closed already.
func (f *outFile) abandon() { _ = f.file.Close() }

// keep makes the file durable and notes it for SHA256SUMS.
func (w *writer) keep(f *outFile) error {
	if err := errors.Join(f.file.Sync(), f.file.Close()); err != nil {
		return err
	}
	w.files = append(w.files, File{f.name, f.size, cmp.Or(f.known, hexSum(f.sum))})
	return nil
}

func hexSum(h hash.Hash) bundle.Digest { return bundle.Digest(hex.EncodeToString(h.Sum(nil))) }

// data copies the chosen volumes, block by block against the signed list.
func (w *writer) data(ctx context.Context, src io.ReaderAt) error {
	buf := make([]byte, BlockSize)
	for f := range w.geo.volumes {
		if !w.chosen[f] {
			continue
		}
		if err := w.volume(ctx, src, f, buf); err != nil {
			return fmt.Errorf("volume %s: %w", w.names[f], err)
		}
	}
	return nil
}

func (w *writer) volume(ctx context.Context, src io.ReaderAt, file int, buf []byte) error {
	out, err := w.create(w.names[file])
	if err != nil {
		return err
	}
	defer out.abandon()
	var running []hash.Hash
	if w.geo.volumes == 1 {
		out.known = w.set.Label.SealedSHA256 // its blocks, each compared, are the whole of it
	} else {
		running = append(running, out.sum)
	}
	from, to := w.geo.shards(file)
	for n := from; n < to; n++ {
		for i := range w.geo.blocks(n) {
			if err := ctx.Err(); err != nil {
				return err
			}
			block := buf[:w.geo.blockLen(n, i)]
			if err := readFull(src, block, int64(n)*w.geo.shard+int64(i)*BlockSize); err != nil {
				return err
			}
			if !w.set.Blocks.matches(n, i, sumBoth(block, running...)) {
				return fmt.Errorf("sealed file changed since it was prepared: %w", ErrDigest)
			}
			if err := out.put(block, out.size); err != nil {
				return err
			}
			w.meter.add(len(block))
		}
	}
	return w.keep(out)
}

// parity computes and writes the chosen parity volumes.
func (w *writer) parity(ctx context.Context, src io.ReaderAt) error {
	outs := make([]*outFile, w.geo.files())
	defer func() {
		for _, out := range outs {
			if out != nil {
				out.abandon()
			}
		}
	}()
	for f := w.geo.volumes; f < w.geo.files(); f++ {
		if w.chosen[f] {
			var err error
			if outs[f], err = w.create(w.names[f]); err != nil {
				return err
			}
		}
	}
	if err := w.parityBlocks(ctx, src, outs); err != nil {
		return err
	}
	for _, out := range outs {
		if out == nil {
			continue
		}
		if w.geo.volumes == 1 {
			if _, err := io.Copy(out.sum, io.NewSectionReader(out.file, 0, out.size)); err != nil {
				return fmt.Errorf("volume %s: read again: %w", out.name, err)
			}
		}
		if err := w.keep(out); err != nil {
			return fmt.Errorf("volume %s: %w", out.name, err)
		}
	}
	return nil
}

// parityBlocks writes parity as it is computed. A parity volume with two slices
// does not come in file order, so it is not hashed here.
func (w *writer) parityBlocks(ctx context.Context, src io.ReaderAt, outs []*outFile) error {
	if !slices.Contains(w.chosen[w.geo.volumes:], true) {
		return nil
	}
	at := make([]int64, w.geo.k+w.geo.m) // bytes of each parity shard so far
	silent := &meter{}                   // reading the source again is no progress on the medium
	return w.geo.parityOf(ctx, src, silent, func(shard, i int, part []byte, sum digest) error {
		if sum != (digest{}) && !w.set.Blocks.matches(shard, i, sum) {
			return fmt.Errorf("parity: sealed file changed since it was prepared: %w", ErrDigest)
		}
		f, off := w.geo.place(shard)
		out := outs[f]
		if out == nil {
			return nil
		}
		if w.geo.volumes > 1 {
			out.sum.Write(part)
		}
		if err := out.put(part, off+at[shard]); err != nil {
			return fmt.Errorf("volume %s: %w", out.name, err)
		}
		at[shard] += int64(len(part))
		w.meter.add(len(part))
		return nil
	})
}

// texts writes everything but the volumes, the label last.
func (w *writer) texts() (cover []byte, _ error) {
	if err := w.file(w.set.Label.BlocksName(), w.set.Blocks); err != nil {
		return nil, err
	}
	s := w.sheet()
	coverText, err := s.cover()
	if err != nil {
		return nil, err
	}
	if err := w.file(CoverName, strings.NewReader(coverText)); err != nil {
		return nil, err
	}
	printed, err := s.pdf()
	if err != nil {
		return nil, err
	}
	if err := w.file(CoverPDFName, bytes.NewReader(printed)); err != nil {
		return nil, err
	}
	readme, err := s.readme()
	if err != nil {
		return nil, err
	}
	if err := w.file(ReadmeName, strings.NewReader(readme)); err != nil {
		return nil, err
	}
	if err := w.file(SumsName, bytes.NewReader(w.sums())); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(w.signatures)) {
		if err := w.file(name, bytes.NewReader(w.signatures[name])); err != nil {
			return nil, err
		}
	}
	return []byte(coverText), w.file(LabelName, bytes.NewReader(w.set.LabelText))
}

func (w *writer) file(name string, content io.WriterTo) error {
	f, err := w.create(name)
	if err != nil {
		return err
	}
	defer f.abandon()
	if _, err := content.WriteTo(f); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return w.keep(f)
}

// sums is SHA256SUMS over what is written so far and what is written after it.
func (w *writer) sums() []byte {
	all := append(slices.Clone(w.files), File{Name: LabelName, SHA256: bundle.DigestOf(w.set.LabelText)})
	for name, sig := range w.signatures {
		all = append(all, File{Name: name, SHA256: bundle.DigestOf(sig)})
	}
	return encodeSums(all)
}

// finish makes the folder durable under its final name.
func (w *writer) finish(cover []byte) (Written, error) {
	if err := safefile.SyncDir(filepath.Join(w.path, w.partial())); err != nil {
		return Written{}, err
	}
	if _, err := w.medium.Lstat(w.final()); !errors.Is(err, fs.ErrNotExist) {
		return Written{}, fmt.Errorf("%s: %w", w.final(), ErrExists)
	}
	if err := w.medium.Rename(w.partial(), w.final()); err != nil {
		return Written{}, err
	}
	if err := safefile.SyncDir(w.path); err != nil {
		// Not known to be durable: take the name back, so that undo finds it.
		return Written{}, errors.Join(err, w.medium.Rename(w.final(), w.partial()))
	}
	done := Written{Folder: filepath.Join(w.path, w.final()), Files: w.files, Cover: cover}
	slices.SortFunc(done.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	for _, f := range done.Files {
		done.Bytes += f.Size
	}
	return done, nil
}
