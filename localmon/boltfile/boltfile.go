// Package boltfile opens the kit's bbolt files, so that each of them says what
// it is, who holds it, and what is wrong with it.
//
// Start with [Open]. A file is made beside its place and renamed into it, so a
// power cut during the very first start leaves no half-made file. Every file
// carries the name and the version of its schema in one bucket; a file of
// another program, of another part of the kit or of a newer version is refused
// before anything is written to it.
//
// One process writes at a time: bbolt holds a lock on the file. The holder
// leaves a small text file beside it (the path and ".holder"), so that a second
// opener gets a [BusyError] that names the process instead of a bare time-out.
//
// An opening looks at the upper part of the structure, three levels of buckets
// and the list of free pages, and refuses a file that is damaged there: bbolt
// would run in circles or write over pages in use. [Options.Lenient] reads such
// a file all the same. [File.Check] walks all of it; [RollBack] and [SetAside]
// are ways out that keep the file.
//
// Damaged pages make bbolt panic or fault. [File.View] and [File.Update] turn
// both into an error that wraps [ErrDamaged]; the file is left as it is. A
// panic of the caller's own function is turned too: its text is in the error.
//
// A commit that fails leaves one of two states. As a rule nothing of it is
// stored. When the disk took the last page of it and did not confirm it, nobody
// can know: the error wraps [ErrUnsure], the commit is what readers see now, and
// a power cut may still undo it. The next [File.Update], or [File.Settle], opens
// the file again and has the disk confirm the newest state before anything is
// built on it; [File.Epoch] tells those who remember what they have written
// that they must look again. The first Update after an Open does the same: the
// process before may have died of such a disk.
//
// Linux forgets what a failed fsync could not write and says no more of it.
// That is harmless here: pages of a failed commit are written again before they
// are used, and the meta page is, by Settle. What no program can see is a disk
// that confirms and does not keep; only the checksums of the values tell.
//
// Limits: bbolt pages bear no checksums. Packages that keep data here put one
// into every value. Settle waits for the readers that are at work, as bbolt
// does when it maps a larger file.
package boltfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Errors a caller may decide on. They are found with errors.Is.
var (
	ErrBusy    = errors.New("held by another process")
	ErrForeign = errors.New("not a file of this kind")
	ErrNewer   = errors.New("written by a newer version")
	ErrDamaged = errors.New("damaged")
	// ErrUnsure says that the disk did not confirm a commit.
	ErrUnsure = errors.New("the disk did not confirm it: it may or may not be stored")
)

// Bucket is the top-level bucket in which the schema's name and version stand.
// No other package may use this name.
const Bucket = "darksite"

// growth is the step in which a large file grows. bbolt's own is 16 MiB, which
// is much beside a small file.
//
// Free pages are kept in an array and not in a map: every commit writes their
// list in order, which a map must sort anew, and the array gives out the lowest
// page first, which keeps the file's end free.
const growth = 1 << 20

// MaxWait is how long Open waits for the lock when Options.Timeout is zero.
const MaxWait = time.Second

// Options say which schema is expected and how to open the file.
type Options struct {
	Schema  string // name of the schema, such as history; required
	Version int    // newest version this program can read and write; at least 1
	Oldest  int    // oldest version it can read; zero means Version

	Holder   string        // what this process is, in two or three words, for others to read
	Since    time.Time     // when this process began, for the holder's note; may be zero
	Timeout  time.Duration // wait for the lock; zero means MaxWait
	ReadOnly bool

	// Lenient lets a file be opened for reading whose structure is damaged.
	// File.Faults tells where, and the caller keeps away from what misleads.
	Lenient bool

	InitialMmapSize int   // bytes of address space to map at once; see bbolt.Options
	MaxSize         int64 // bytes the file may reach; zero means no limit
	NoSync          bool  // tests only: no fsync at commit
}

// File is an open file. Its DB may be another one after a failed commit: go
// through View and Update.
type File struct {
	*bbolt.DB
	Version int     // schema version found in the file
	Faults  []Fault // of the structure, as far as the opening looked
	path    string
	note    string // holder's note to remove at Close; empty when read-only
	o       Options

	using sync.RWMutex // held for reading in a transaction, for writing while DB and file are exchanged
	file  *os.File     // bbolt's own
	is    fs.FileInfo  // which file that is

	writing sync.Mutex    // held in Update; guards what follows
	failed  bool          // a commit failed, and bbolt's lists may be those of the other outcome
	certain bool          // the newest state is known to be on disk
	txid    uint64        // of the newest state this process knows
	epoch   atomic.Uint64 // changes when the newest state is another one than was said
}

// Open opens the file at path, and makes it when it is absent and not
// ReadOnly. It returns a [BusyError] when another process holds the file.
func Open(path string, o Options) (*File, error) {
	if o.Schema == "" || o.Version < 1 {
		return nil, fmt.Errorf("open %s: a schema name and a version are needed", path)
	}
	if o.Oldest == 0 {
		o.Oldest = o.Version
	}
	if o.Timeout == 0 {
		o.Timeout = MaxWait
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !o.ReadOnly {
		if err := create(path, o); err != nil {
			return nil, fmt.Errorf("create %s: %w", path, err)
		}
	} else if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	// The first look is read-only, so that a file which is not ours is not
	// changed by as much as a lock page or a free list.
	f, err := open(path, o, true)
	if err != nil || o.ReadOnly {
		return f, err
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if f, err = open(path, o, false); err != nil {
		return nil, err
	}
	if err := f.leaveNote(o); err != nil {
		return nil, errors.Join(err, f.DB.Close())
	}
	return f, nil
}

// open opens an existing file and checks what it is.
func open(path string, o Options, readOnly bool) (f *File, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open %s: %w: it is not a regular file", path, ErrForeign)
	}
	if info.Size() == 0 {
		return nil, fmt.Errorf("open %s: %w: it is empty; move it away to begin a new one", path, ErrForeign)
	}
	var (
		db   *bbolt.DB
		file *os.File
	)
	err = guard(func() (err error) {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout: o.Timeout, ReadOnly: readOnly, FreelistType: bbolt.FreelistArrayType,
			InitialMmapSize: o.InitialMmapSize, MaxSize: int(o.MaxSize), NoSync: o.NoSync,
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				// never make the file here: that is create's work
				file, err = os.OpenFile(name, flag&^os.O_CREATE, mode)
				return file, err
			},
		})
		return err
	})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, busy(path)
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrVersionMismatch), errors.Is(err, berrors.ErrChecksum):
		return nil, fmt.Errorf("open %s: %w: %w", path, kindOfInvalid(path), err)
	case err != nil:
		if file != nil {
			// bbolt does not when it panics, and its map of the file would keep the lock
			_ = errors.Join(syscall.Flock(int(file.Fd()), syscall.LOCK_UN), file.Close())
		}
		var of *fs.PathError
		if errors.As(err, &of) && of.Op == "open" && of.Path == path {
			err = of.Err // which file is said once
		}
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	// While this process waited for the lock, the file may have been replaced by
	// a compacted one. The lock on the old one is worth nothing.
	info, err = file.Stat()
	if err != nil || !sameFile(info, path) {
		return nil, errors.Join(busy(path), err, db.Close())
	}
	db.AllocSize = growth
	f = &File{DB: db, path: path, o: o, file: file, is: info, certain: o.NoSync}
	err = f.look()
	if err == nil {
		err = f.identify(o, info.Size())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return f, nil
}

const (
	lookLevels = 3   // of buckets that an opening looks into
	lookFaults = 100 // that it tells of at most
)

// look checks the upper part of the structure, which is quick, so that no
// reader runs in circles and nothing is written to a file that is broken.
func (f *File) look() error {
	var err error
	if f.Faults, err = f.walk(context.Background(), lookLevels, lookFaults); err != nil {
		return err
	}
	if len(f.Faults) == 0 || f.o.Lenient && f.IsReadOnly() {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrDamaged, f.Faults[0])
}

// identify checks the schema and that the file is as long as its pages say.
func (f *File) identify(o Options, size int64) error {
	return f.View(func(tx *bbolt.Tx) error {
		f.txid = uint64(tx.ID())
		if tx.Size() > size {
			return fmt.Errorf("%w: %d bytes long, its pages need %d; it was cut", ErrDamaged, size, tx.Size())
		}
		b := tx.Bucket([]byte(Bucket))
		if b == nil {
			return fmt.Errorf("%w: a bbolt file of another program", ErrForeign)
		}
		if got := string(b.Get([]byte("schema"))); got != o.Schema {
			return fmt.Errorf("%w: it holds %q, wanted %q", ErrForeign, got, o.Schema)
		}
		v, err := strconv.Atoi(string(b.Get([]byte("version"))))
		switch {
		case err != nil || v < 1:
			return fmt.Errorf("%w: unreadable schema version %q", ErrDamaged, b.Get([]byte("version")))
		case v > o.Version:
			return fmt.Errorf("%w: %s version %d, this program knows up to %d; use the newer program", ErrNewer, o.Schema, v, o.Version)
		case v < o.Oldest:
			return fmt.Errorf("%w: %s version %d is older than %d, the oldest this program reads", ErrForeign, o.Schema, v, o.Oldest)
		}
		f.Version = v
		return nil
	})
}

// create makes the file beside its place and links it in. When two processes
// start at once, one of them makes it and the other finds it.
func create(path string, o Options) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*.partial")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if err := tmp.Close(); err != nil {
		return err
	}
	db, err := bbolt.Open(tmp.Name(), 0o600, &bbolt.Options{NoSync: o.NoSync, FreelistType: bbolt.FreelistArrayType})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte(Bucket))
		if err != nil {
			return err
		}
		return errors.Join(
			b.Put([]byte("schema"), []byte(o.Schema)),
			b.Put([]byte("version"), strconv.AppendInt(nil, int64(o.Version), 10)))
	})
	if err := errors.Join(err, db.Sync(), db.Close()); err != nil {
		return err
	}
	// A link fails where the name is taken, a rename would replace the other
	// process's file. File systems without links get the rename.
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		if err := os.Rename(tmp.Name(), path); err != nil {
			return err
		}
	}
	return syncDir(filepath.Dir(path))
}

func sameFile(held fs.FileInfo, path string) bool {
	now, err := os.Stat(path)
	return err == nil && os.SameFile(held, now)
}

// Replace puts the finished file made in place of path, durably.
func Replace(made, path string) error {
	if err := os.Rename(made, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Path is the path the file was opened with.
func (f *File) Path() string { return f.path }

// Close releases the file and removes the holder's note.
func (f *File) Close() error {
	f.writing.Lock()
	defer f.writing.Unlock()
	if f.note != "" {
		_ = os.Remove(f.note) // a stale note misleads no one: the lock decides
		f.note = ""
	}
	f.using.Lock()
	defer f.using.Unlock()
	f.failed = false // closed is closed
	if err := f.DB.Close(); err != nil {
		return fmt.Errorf("close %s: %w", f.path, err)
	}
	return nil
}

// View runs fn in a read transaction. A damaged page becomes an error that
// wraps ErrDamaged.
func (f *File) View(fn func(*bbolt.Tx) error) error {
	f.using.RLock()
	defer f.using.RUnlock()
	return guard(func() error { return f.DB.View(fn) })
}

// Guard runs fn, which reads in a transaction, and turns a panic or a memory
// fault of it into an error that wraps ErrDamaged. View and Update do so too:
// Guard is for those who can go on with another part of the file.
func Guard(fn func() error) error { return guard(fn) }

func guard(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, p)
		}
	}()
	return fn()
}

// Check walks every page and returns what is wrong with the structure of the
// file, at most limit faults. It reads the whole file and does not know what the
// values mean. In a file open for writing it holds back every Update until it
// is done.
func (f *File) Check(ctx context.Context, limit int) ([]Fault, error) {
	f.writing.Lock()
	defer f.writing.Unlock()
	f.using.RLock()
	defer f.using.RUnlock()
	return f.walk(ctx, 0, limit)
}

// walk checks the structure, down to so many levels of buckets; zero means all
// of it.
func (f *File) walk(ctx context.Context, levels, limit int) ([]Fault, error) {
	info, err := f.file.Stat()
	if err != nil {
		return nil, err
	}
	w, err := newWalker(ctx, f.file, info.Size(), limit)
	if err != nil {
		return nil, err
	}
	w.levels = levels
	if err := w.tree(nil, w.m.root(), nil, nil, 0); err != nil {
		return w.found, err
	}
	if len(w.found) == 0 {
		w.free() // it means little while pages are missing
	}
	return w.found, nil
}
