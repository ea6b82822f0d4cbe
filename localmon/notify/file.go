package notify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"darksite/localmon"
)

// FileOptions say where and how a file is written.
type FileOptions struct {
	Path    string
	JSON    bool  // one JSON object a line instead of a sentence
	MaxSize int64 // bytes before the file is put aside; 10 MiB when zero
	Keep    int   // files put aside that are kept, as PATH.1, PATH.2, ...; 5 when zero
}

// File appends a line for each change. A line that is acknowledged is on disk.
type File struct{ o FileOptions }

// NewFile makes the notifier; the file is made with the first message.
func NewFile(o FileOptions) (*File, error) {
	if o.Path == "" || o.MaxSize < 0 || o.Keep < 0 {
		return nil, errors.New("a file to notify needs a path and sizes that are not negative")
	}
	o.MaxSize, o.Keep = cmp.Or(o.MaxSize, 10<<20), cmp.Or(o.Keep, 5)
	return &File{o}, nil
}

// FileLine is one line of a file of JSON lines.
type FileLine struct {
	Site   string           `json:"site"`
	Repeat bool             `json:"repeat,omitempty"` // may have been written before
	Test   *time.Time       `json:"test,omitempty"`   // when somebody tried; there is no change then
	Change *localmon.Change `json:"change,omitempty"`
	Group  *Group           `json:"group,omitempty"` // of a digest
}

// Notify implements Notifier.
func (f *File) Notify(_ context.Context, m Message) error {
	text, err := f.lines(m)
	if err != nil {
		return fmt.Errorf("%w: write %s: %w", ErrNotSent, f.o.Path, err)
	}
	if err := os.MkdirAll(filepath.Dir(f.o.Path), 0o700); err != nil {
		return fmt.Errorf("%w: folder of %s: %w", ErrNotSent, f.o.Path, err)
	}
	if err := f.turn(len(text)); err != nil {
		return fmt.Errorf("%w: put %s aside: %w", ErrNotSent, f.o.Path, err)
	}
	return f.append(text)
}

func (f *File) lines(m Message) ([]byte, error) {
	var b bytes.Buffer
	if !f.o.JSON {
		for _, line := range m.Lines() {
			b.WriteString(line + "\n")
		}
		return b.Bytes(), nil
	}
	out := json.NewEncoder(&b)
	if m.Test {
		err := out.Encode(FileLine{Site: m.Site, Test: &m.At})
		return b.Bytes(), err
	}
	for _, g := range m.Digest {
		if err := out.Encode(FileLine{Site: m.Site, Repeat: m.Repeats > 0, Group: &g}); err != nil {
			return nil, err
		}
	}
	for i, c := range m.tidied().Changes {
		if err := out.Encode(FileLine{Site: m.Site, Repeat: i < m.Repeats, Change: &c}); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// turn puts a file aside that would grow too large. A crash in the middle leaves
// a hole in the numbers and loses nothing.
func (f *File) turn(more int) error {
	info, err := os.Lstat(f.o.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is no plain file")
	}
	if info.Size() == 0 || info.Size()+int64(more) <= f.o.MaxSize {
		return nil
	}
	for i := f.o.Keep; i > 0; i-- {
		from := f.o.Path
		if i > 1 {
			from = fmt.Sprintf("%s.%d", f.o.Path, i-1)
		}
		if err := os.Rename(from, fmt.Sprintf("%s.%d", f.o.Path, i)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// append writes and syncs. What could be written of lines that failed is taken
// away again.
func (f *File) append(text []byte) (err error) {
	file, err := os.OpenFile(f.o.Path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	defer func() {
		if closed := file.Close(); err == nil && closed != nil {
			err = fmt.Errorf("write %s: %w", f.o.Path, closed)
		}
	}()
	size, err := f.mend(file)
	if err != nil {
		return fmt.Errorf("%w: write %s: %w", ErrNotSent, f.o.Path, err)
	}
	if _, err := file.Write(text); err != nil {
		if cut := file.Truncate(size); cut != nil {
			return fmt.Errorf("write %s: %w", f.o.Path, errors.Join(err, cut))
		}
		return fmt.Errorf("%w: write %s: %w", ErrNotSent, f.o.Path, err)
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("write %s: %w", f.o.Path, err)
	}
	return nil
}

// mend ends a line that a power cut left without its end.
func (f *File) mend(file *os.File) (size int64, err error) {
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return 0, err
	}
	last := make([]byte, 1)
	if _, err := file.ReadAt(last, info.Size()-1); err != nil {
		return 0, err
	}
	if last[0] == '\n' {
		return info.Size(), nil
	}
	if _, err := file.WriteString("\n"); err != nil {
		return 0, err
	}
	return info.Size() + 1, nil
}
