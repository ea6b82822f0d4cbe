package redact

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// journalHead tells the export format of the systemd journal: every entry begins
// with its cursor.
func journalHead(head []byte) bool { return bytes.HasPrefix(head, []byte("__CURSOR=s=")) }

// journal takes an export of the systemd journal through the gate. An entry is
// lines of NAME=value; a value that holds a line end or a control character
// follows the line NAME as its length in eight bytes and its bytes. Such values
// are redacted as texts of their own and get their new length.
func (s *stream) journal(r *bufio.Reader, w io.Writer) error {
	j := &journal{s: s, w: w, held: map[string]bool{}}
	for {
		if s.ctx.Err() != nil {
			return context.Cause(s.ctx)
		}
		line, err := readLine(r)
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0:
			return j.flush()
		case err != nil && !errors.Is(err, io.EOF):
			return err
		case len(line) > 1 && bytes.IndexByte(line, '=') < 0 && fieldName(line[:len(line)-1]):
			if err := j.binary(r, line); err != nil {
				return err
			}
		case len(line) > 1 && bytes.IndexByte(line, '=') < 0:
			return withhold("damaged journal export")
		default:
			j.lines = append(j.lines, line...)
			if len(line) == 1 && len(j.lines) >= chunkSize/4 {
				if err := j.flush(); err != nil {
					return err
				}
			}
		}
	}
}

// journal is one export under way.
type journal struct {
	s     *stream
	w     io.Writer
	lines []byte          // not yet redacted
	held  map[string]bool // fields of which a value was withheld
}

// flush redacts the lines gathered.
func (j *journal) flush() error {
	err := j.text(j.lines, j.w)
	j.lines = j.lines[:0]
	return err
}

// text takes one text through the pass at hand.
func (j *journal) text(b []byte, w io.Writer) error {
	if len(b) == 0 {
		return nil
	}
	if err := j.s.inspect(b); err != nil {
		return err
	}
	t := text{s: j.s, wk: j.s.worker(), w: w}
	return t.chunk(b)
}

// binary deals with a value given with its length. One that is no text gives its
// place to a note; the entry keeps its other fields.
func (j *journal) binary(r *bufio.Reader, name []byte) error {
	if err := j.flush(); err != nil {
		return err
	}
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return withhold("damaged journal export")
	}
	size := binary.LittleEndian.Uint64(head[:])
	if size > maxLine {
		return withhold("journal export with a value of more than 8 MiB")
	}
	value := make([]byte, size+1)
	if _, err := io.ReadFull(r, value); err != nil || value[size] != '\n' {
		return withhold("damaged journal export")
	}
	value = value[:size]
	if !textual(value) {
		value = []byte("withheld: no text")
		if field := string(name[:len(name)-1]); !j.held[field] {
			j.held[field] = true
			j.s.hold(j.s.hint, field, field, "value is no text")
		}
	}
	var out bytes.Buffer
	if err := j.text(value, &out); err != nil || !j.s.write {
		return err
	}
	binary.LittleEndian.PutUint64(head[:], uint64(out.Len()))
	for _, part := range [][]byte{name, head[:], out.Bytes(), {'\n'}} {
		if _, err := j.w.Write(part); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}

// fieldName tells what the journal allows as the name of a field.
func fieldName(b []byte) bool {
	for _, c := range b {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return len(b) > 0 && len(b) <= 64
}

// readLine reads a line with its end; one that is longer than a text line may be
// is refused.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
		if len(line) > maxLine {
			return nil, withhold("journal export with a line of more than 8 MiB")
		}
	}
}
