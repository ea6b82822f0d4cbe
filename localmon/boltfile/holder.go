package boltfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	berrors "go.etcd.io/bbolt/errors"
)

// BusyError says that another process holds a file, and which one as far as is
// known. It is ErrBusy for errors.Is.
type BusyError struct {
	Path   string
	PID    string    // empty when the holder left no note
	Holder string    // what the holder says it is
	Since  time.Time // when it began; zero when it did not say
}

// Error names the holder.
func (e *BusyError) Error() string {
	if e.PID == "" {
		return fmt.Sprintf("open %s: held by another process that left no note", e.Path)
	}
	s := fmt.Sprintf("open %s: held by pid %s (%s)", e.Path, e.PID, e.Holder)
	if !e.Since.IsZero() {
		s += " since " + e.Since.Format("2006-01-02 15:04:05 MST")
	}
	return s
}

// Is reports whether target is ErrBusy.
func (e *BusyError) Is(target error) bool { return target == ErrBusy }

const noteSuffix = ".holder"

// leaveNote writes who holds the file. The note is for people; the lock alone
// decides, so a note left by a crash does no harm.
func (f *File) leaveNote(o Options) error {
	holder := strings.Join(strings.Fields(o.Holder), " ")
	if holder == "" {
		holder = "unnamed"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "pid %d\nholder %s\n", os.Getpid(), holder)
	if !o.Since.IsZero() {
		fmt.Fprintf(&b, "since %s\n", o.Since.Format(time.RFC3339))
	}
	f.note = f.path + noteSuffix
	if err := os.WriteFile(f.note, b.Bytes(), 0o600); err != nil {
		if isNoSpace(err) { // a full disk must not keep a monitor from starting and saying so
			_ = os.Remove(f.note)
			return nil
		}
		return fmt.Errorf("note the holder of %s: %w", f.path, err)
	}
	return nil
}

// busy builds the error from the holder's note, which may be absent or stale.
func busy(path string) *BusyError {
	e := &BusyError{Path: path}
	note, err := os.Open(path + noteSuffix)
	if err != nil {
		return e
	}
	defer note.Close()
	lines := bufio.NewScanner(io.LimitReader(note, 4096))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		switch name {
		case "pid":
			e.PID = value
		case "holder":
			e.Holder = value
		case "since":
			e.Since, _ = time.Parse(time.RFC3339, value) // absent when unreadable
		}
	}
	return e
}

// kindOfInvalid tells a file that never was bbolt's from one whose two meta
// pages are both damaged: the magic number stands at byte 16 of either page.
func kindOfInvalid(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return ErrForeign
	}
	defer f.Close()
	head := make([]byte, 1<<16+32)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrForeign
	}
	for at := 0; at+20 <= n; at += 512 {
		if bytes.Equal(head[at+16:at+20], []byte{0xed, 0xda, 0x0c, 0xed}) {
			return ErrDamaged
		}
	}
	return ErrForeign
}

// IsFull reports whether an error of Update means that the disk is full or the
// file has reached Options.MaxSize.
func IsFull(err error) bool {
	return errors.Is(err, berrors.ErrMaxSizeReached) || isNoSpace(err)
}
