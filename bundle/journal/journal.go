// Package journal is the site's tamper-evident log of every decision: who did
// what to which bundle, when by the station's clock, in an order that cannot be
// changed without being found out.
//
// The log is a folder. Entries are lines of strict JSON, only ever appended;
// they are the leaves of an RFC 6962 Merkle tree (golang.org/x/mod/sumdb/tlog),
// so size and root of the tree fix every byte of every entry before. At each
// change of a bundle's state the caller asks for a checkpoint, the C2SP
// tlog-checkpoint text, signed by the journal key with an SSH signature that
// stock ssh-keygen verifies. FORMAT.md fixes every byte.
//
//	j, err := journal.Open(dir, journal.Options{Origin: "S042", Signer: key})
//	defer j.Close()
//	seq, err := j.Append(ctx, journal.Entry{Time: now, Actor: "mdurand", Action: "approve", Bundle: id})
//	cp, err := j.Checkpoint(ctx)
//	mark := j.Mark()                      // goes onto label and cover sheet
//	report, err := j.Verify(ctx, marks...) // marks read off old cover sheets
//
// [View] opens the same folder for reading beside a running writer.
//
// Promises. An entry whose sequence Append returned is on disk. One writer at a
// time. Nothing is ever written over: a write that fails is taken back whole,
// and what a crash tore is refused with [ErrTorn] until [Repair] has put the
// torn bytes aside and noted that in the journal. A journal that disagrees with
// its newest checkpoint is not appended to.
//
// Limits. Who rules the machine can rewrite the log and, with the journal key,
// every checkpoint on it. The only witnesses against that are marks that have
// left the machine, on labels, cover sheets and vendor receipts: Verify against
// them. Entries after the newest such mark can be cut off unseen. Opening reads
// the whole log once; memory is 64 bytes an entry.
package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"darksite/bundle/safefile"
	"darksite/bundle/sign"

	"golang.org/x/mod/sumdb/tlog"
)

// Errors a caller decides on.
var (
	// ErrTampered says that entries were cut, altered or put in another order,
	// or that a checkpoint or mark does not belong to this journal.
	ErrTampered = errors.New("journal was tampered with")
	// ErrTorn says that the last entry was never finished; see [Repair].
	ErrTorn = errors.New("journal ends in a torn entry that was never acknowledged")
	// ErrLocked says that another process writes to the journal.
	ErrLocked = errors.New("journal is being written by another process")
	// ErrBroken says that an earlier write failed and the end of the log is not
	// known; close the journal and open it again.
	ErrBroken = errors.New("journal failed while writing")
)

// Names in the folder.
const (
	logName       = "log.jsonl"
	lockName      = "lock"
	checkpointDir = "checkpoints"
	tornDir       = "torn"
)

// Options of a journal.
type Options struct {
	// Origin names the journal in its checkpoints, such as the site's code: one
	// word of printable ASCII.
	Origin string
	// Signer is the journal key. Without it Append works and Checkpoint refuses.
	Signer sign.Signer
	// Key checks the signatures of checkpoints; zero means the signer's key.
	// Without either the signatures are counted as unchecked.
	Key sign.PublicKey
}

func (o Options) key() sign.PublicKey {
	if o.Key == "" && o.Signer != nil {
		return o.Signer.Public()
	}
	return o.Key
}

// Journal is a journal open for writing. It may be used by several goroutines.
type Journal struct {
	*Log
	signer sign.Signer
	file   *os.File
	lock   *os.File
	broken error
}

// Open opens the journal in dir for writing and makes it if it is not there.
// It reads all of it and compares it with the newest checkpoint. Errors wrap
// [ErrLocked], [ErrTorn] or [ErrTampered].
func Open(dir string, o Options) (*Journal, error) {
	j, err := open(dir, o)
	if err != nil {
		return nil, fmt.Errorf("open journal %s: %w", dir, err)
	}
	if len(j.torn) > 0 {
		err := fmt.Errorf("open journal %s: %w: %d bytes after entry %d; run the repair", dir, ErrTorn, len(j.torn), j.n)
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

// open does what Open does, but leaves a torn end to the caller.
func open(dir string, o Options) (_ *Journal, err error) {
	if err := checkOrigin(o.Origin); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, checkpointDir), 0o700); err != nil {
		return nil, err
	}
	lock, err := lockFile(filepath.Join(dir, lockName))
	if err != nil {
		return nil, err
	}
	j := &Journal{signer: o.Signer, lock: lock}
	defer func() {
		if err != nil {
			err = errors.Join(err, j.Close())
		}
	}()
	if j.file, err = os.OpenFile(filepath.Join(dir, logName), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	if err := safefile.SyncDir(dir); err != nil {
		return nil, err
	}
	if j.Log, err = load(dir, o, j.file); err != nil {
		return nil, err
	}
	return j, j.checkNewest()
}

// Close gives the journal up to other writers. Nothing is pending: every
// acknowledged entry is on disk already.
func (j *Journal) Close() error {
	var err error
	if j.file != nil {
		err = j.file.Close()
	}
	return errors.Join(err, j.lock.Close()) // closing drops the lock
}

// Append writes one entry and returns its sequence, counted from 1, once it is
// on disk. Entry.Seq is set by the journal. After an error nothing was
// appended, or the journal is broken and says so from then on.
func (j *Journal) Append(ctx context.Context, e Entry) (int64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	seq, err := j.append(ctx, e)
	if err != nil {
		return 0, fmt.Errorf("append to journal %s: %w", j.dir, err)
	}
	return seq, nil
}

func (j *Journal) append(ctx context.Context, e Entry) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if j.broken != nil {
		return 0, j.broken
	}
	e.Seq = j.n + 1
	line, err := e.Encode()
	if err != nil {
		return 0, err
	}
	if err := j.untouched(); err != nil {
		return 0, err
	}
	if err := j.write(line); err != nil {
		return 0, err
	}
	if err := errors.Join(j.grow(line), j.settle()); err != nil {
		j.broken = fmt.Errorf("%w: %w", ErrBroken, err) // it is on disk: opening again finds it
		return 0, j.broken
	}
	return e.Seq, nil
}

// untouched refuses to append to a file that is not as it was left.
func (j *Journal) untouched() error {
	mine, err := j.file.Stat()
	if err != nil {
		return err
	}
	named, err := os.Stat(filepath.Join(j.dir, logName))
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(mine, named) {
		return fmt.Errorf("%w: %s is not the file that was opened", ErrTampered, logName)
	}
	if err != nil {
		return err
	}
	if mine.Size() != j.bytes {
		return fmt.Errorf("%w: %s has %d bytes, was left with %d", ErrTampered, logName, mine.Size(), j.bytes)
	}
	return nil
}

// write puts a line at the end and syncs it, or takes it back. After a failed
// sync the kernel may have dropped the pages, so nothing more is known of the
// file and the journal is broken.
func (j *Journal) write(line []byte) error {
	if _, err := j.file.WriteAt(line, j.bytes); err != nil {
		if undo := errors.Join(j.file.Truncate(j.bytes), j.file.Sync()); undo != nil {
			j.broken = fmt.Errorf("%w: %w", ErrBroken, undo)
			return errors.Join(err, j.broken)
		}
		return err
	}
	if err := j.file.Sync(); err != nil {
		j.broken = fmt.Errorf("%w: %w", ErrBroken, err)
		return errors.Join(j.broken, j.file.Truncate(j.bytes))
	}
	return nil
}

// Checkpoint signs size and root of the journal as they are now and keeps the
// text and signature in the folder. A journal without entries has none.
func (j *Journal) Checkpoint(ctx context.Context) (Checkpoint, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	cp, err := j.checkpoint(ctx)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint of journal %s: %w", j.dir, err)
	}
	return cp, nil
}

func (j *Journal) checkpoint(ctx context.Context) (Checkpoint, error) {
	if err := ctx.Err(); err != nil {
		return Checkpoint{}, err
	}
	if j.broken != nil {
		return Checkpoint{}, j.broken
	}
	if j.signer == nil {
		return Checkpoint{}, errors.New("the journal key is not at hand")
	}
	if j.n == 0 {
		return Checkpoint{}, errors.New("the journal has no entries yet")
	}
	root, err := j.root(j.n)
	if err != nil {
		return Checkpoint{}, err
	}
	cp := Checkpoint{Origin: j.origin, Size: j.n, Root: root}
	text := cp.Encode()
	sig, err := j.signer.Sign(sign.Journal, text)
	if err != nil {
		return Checkpoint{}, err
	}
	// The text comes last: a checkpoint is there when its text is.
	base := filepath.Join(j.dir, checkpointDir, checkpointBase(j.n))
	if err := safefile.Write(base+".sig", sig, 0o600); err != nil {
		return Checkpoint{}, err
	}
	return cp, safefile.Write(base+".txt", text, 0o600)
}

// grow takes a line that is on disk into the tree.
func (l *Log) grow(line []byte) error {
	hashes, err := tlog.StoredHashes(l.n, line, l.reader())
	if err != nil {
		return fmt.Errorf("entry %d: %w", l.n+1, err)
	}
	l.hashes = append(l.hashes, hashes...)
	l.n++
	l.bytes += int64(len(line))
	return nil
}
