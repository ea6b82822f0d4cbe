package filedrop

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// Limits of the folder.
const (
	maxFile    = 64 << 20
	maxEntries = 10_000 // of the folder, looked at in one look
	maxKept    = 200    // files in done/ and in refused/
	maxDone    = 1 << 30
	maxTaken   = 4096 // digests remembered
)

const (
	doneDir    = "done"
	refusedDir = "refused"
	sumEnding  = ".sha256"
	whyEnding  = ".why.txt"
	takenFile  = ".taken"
)

// unfinished are the endings of files somebody is still writing.
var unfinished = []string{"~", ".part", ".partial", ".filepart", ".tmp", ".crdownload", ".swp"}

// folder is the folder of one target. Everything in it was put there by others.
type folder struct {
	root *os.Root
}

func openFolder(dir string) (*folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &folder{root}, nil
}

func (f *folder) close() error { return f.root.Close() }

// entry is a file that waits to be taken.
type entry struct {
	name   string
	info   fs.FileInfo
	sealed bool // it has a sidecar
}

// list gives what is in the folder, the longest unchanged first, and whether
// there is more than can be looked at.
func (f *folder) list() (entries []entry, more bool, err error) {
	dir, err := f.root.Open(".")
	if err != nil {
		return nil, false, err
	}
	defer dir.Close()
	all, err := dir.ReadDir(maxEntries)
	if err != nil && err != io.EOF {
		return nil, false, err
	}
	names := map[string]bool{}
	for _, e := range all {
		names[e.Name()] = true
	}
	for _, e := range all {
		name := e.Name()
		if e.IsDir() || strings.HasPrefix(name, ".") || strings.HasSuffix(name, sumEnding) ||
			slices.ContainsFunc(unfinished, func(end string) bool { return strings.HasSuffix(strings.ToLower(name), end) }) {
			continue
		}
		info, err := f.root.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // somebody took it back
		}
		if err != nil {
			return nil, false, err
		}
		entries = append(entries, entry{name, info, names[name+sumEnding]})
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(a.info.ModTime().Compare(b.info.ModTime()), cmp.Compare(a.name, b.name))
	})
	return entries, len(all) == maxEntries, nil
}

// errChanging says that a file was written to while it was read.
var errChanging = errors.New("it is still being written")

// read reads a whole file that is regular, and gives its digest.
func (f *folder) read(name string, limit int64) (body []byte, digest string, err error) {
	file, err := f.root.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, "", err
	}
	defer file.Close()
	before, err := file.Stat()
	if err != nil {
		return nil, "", err
	}
	if !before.Mode().IsRegular() {
		return nil, "", errors.New("it is no regular file")
	}
	if before.Size() > limit {
		return nil, "", tooLarge(before.Size())
	}
	body, err = io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, "", err
	}
	after, err := file.Stat()
	if err != nil {
		return nil, "", err
	}
	if int64(len(body)) != before.Size() || after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return nil, "", errChanging
	}
	sum := sha256.Sum256(body)
	return body, hex.EncodeToString(sum[:]), nil
}

func tooLarge(size int64) error {
	return fmt.Errorf("it has %d bytes, at most %d are read", size, maxFile)
}

// sidecar reads the digest that was given for a file.
func (f *folder) sidecar(name string) (string, error) {
	body, _, err := f.read(name+sumEnding, 4096)
	if err != nil {
		return "", fmt.Errorf("its sidecar: %w", err)
	}
	words := strings.Fields(string(body))
	if len(words) == 0 || len(words[0]) != 2*sha256.Size {
		return "", errors.New("its sidecar holds no SHA-256")
	}
	return strings.ToLower(words[0]), nil
}

// clean makes a name that can stand in a path, a line and a terminal.
func clean(name string) string {
	const most = 80
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '_'
	}, name)
	return strings.TrimLeft(safe[max(0, len(safe)-most):], ".")
}

// stamp is how times stand in names: they sort as they follow.
const stamp = "20060102T150405Z"

// place is the name a file gets in done/ or refused/.
func place(dir, name, digest string, now time.Time) string {
	return dir + "/" + now.UTC().Format(stamp) + "-" + digest[:min(len(digest), 12)] + "-" + clean(name)
}

// given is the name a file came with, from its place in done/.
func given(name string) string {
	name = path.Base(name)
	const digits = 12
	if before := len(stamp) + 1 + digits + 1; len(name) > before {
		return name[before:]
	}
	return name
}

// move puts a file, and its sidecar if it has one, where it belongs.
func (f *folder) move(e entry, to string) error {
	dir, _, _ := strings.Cut(to, "/")
	if err := f.root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := f.root.Rename(e.name, to); err != nil {
		return err
	}
	if e.sealed {
		if err := f.root.Rename(e.name+sumEnding, to+sumEnding); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return errors.Join(f.sync("."), f.sync(dir), f.prune(dir))
}

// refuse moves a file away with the reason beside it. The reason is there first.
func (f *folder) refuse(e entry, why error, now time.Time) error {
	to := place(refusedDir, e.name, "refused", now)
	if err := f.root.Mkdir(refusedDir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	text := fmt.Sprintf("%s was refused at %s:\n%v\n", clean(e.name), now.UTC().Format(time.RFC3339), why)
	if err := f.write(to+whyEnding, []byte(text)); err != nil {
		return err
	}
	return f.move(e, to)
}

// write makes a file whole or not at all.
func (f *folder) write(name string, body []byte) error {
	const draft = ".draft"
	if err := f.root.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := f.root.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(body)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := f.root.Rename(draft, name); err != nil {
		return err
	}
	return f.sync(".")
}

func (f *folder) sync(dir string) error {
	d, err := f.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// kept lists the files of done/ or refused/ from new to old, without those that
// stand beside one.
func (f *folder) kept(dir string) ([]entry, error) {
	d, err := f.root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	all, err := d.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	var entries []entry
	for _, e := range all {
		if strings.HasSuffix(e.Name(), sumEnding) || strings.HasSuffix(e.Name(), whyEnding) {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry{name: dir + "/" + e.Name(), info: info})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(b.name, a.name) })
	return entries, nil
}

// prune keeps done/ and refused/ bounded. The newest file always stays.
func (f *folder) prune(dir string) error {
	entries, err := f.kept(dir)
	if err != nil {
		return err
	}
	var bytes int64
	for i, e := range entries {
		bytes += e.info.Size()
		if i == 0 || i < maxKept && bytes <= maxDone {
			continue
		}
		for _, name := range []string{e.name, e.name + sumEnding, e.name + whyEnding} {
			if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// taken reads the digests of what was taken, the newest last.
func (f *folder) taken() ([]string, error) {
	body, _, err := f.read(takenFile, 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what was taken before: %w", err)
	}
	return strings.Fields(string(body)), nil
}

// take remembers a digest on disk.
func (f *folder) take(digests []string) error {
	var b bytes.Buffer
	for _, d := range digests {
		b.WriteString(d + "\n")
	}
	if err := f.write(takenFile, b.Bytes()); err != nil {
		return fmt.Errorf("remember what was taken: %w", err)
	}
	return nil
}
