package syslog

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxDigits bounds the count before a message.
const maxDigits = 10

// frames reads messages from a stream.
type frames struct {
	in   *bufio.Reader
	most int
}

// begin waits for the first byte of a message. Line ends between messages are
// none.
func (f *frames) begin() error {
	for {
		b, err := f.in.Peek(1)
		if err != nil {
			return err
		}
		if b[0] != '\n' && b[0] != '\r' && b[0] != 0 {
			return nil
		}
		if _, err := f.in.Discard(1); err != nil {
			return err
		}
	}
}

// next reads one message. What was read before an error is returned with it.
// cut says that the message was longer, or did not come to its end.
func (f *frames) next() (data []byte, cut bool, err error) {
	if n, ok := f.count(); ok {
		return f.counted(n)
	}
	return f.line()
}

// count reads "123 " where "<" follows, and nothing else. A line that begins
// with a number does not go on like that.
func (f *frames) count() (int64, bool) {
	n := int64(0)
	for i := range maxDigits + 1 {
		c := f.at(i)
		if c >= '0' && c <= '9' && i < maxDigits && (c > '0' || i > 0) {
			n = 10*n + int64(c-'0')
			continue
		}
		if i == 0 || c != ' ' || f.at(i+1) != '<' {
			return 0, false
		}
		_, err := f.in.Discard(i + 1)
		return n, err == nil
	}
	return 0, false
}

// at is the byte so far ahead; 0 when the stream ends before it.
func (f *frames) at(i int) byte {
	head, err := f.in.Peek(i + 1)
	if err != nil {
		return 0
	}
	return head[i]
}

func (f *frames) counted(n int64) ([]byte, bool, error) {
	data := make([]byte, min(n, int64(f.most)))
	got, err := io.ReadFull(f.in, data)
	if err != nil {
		return data[:got], true, ended(err)
	}
	if n <= int64(f.most) {
		return data, false, nil
	}
	_, err = io.CopyN(io.Discard, f.in, n-int64(f.most))
	return data, true, ended(err)
}

// line reads up to a line feed or a NUL. A last line needs no end.
func (f *frames) line() (data []byte, cut bool, err error) {
	for {
		if _, err := f.in.Peek(1); err != nil {
			return data, cut || !errors.Is(err, io.EOF), err
		}
		text, _ := f.in.Peek(f.in.Buffered())
		end := bytes.IndexAny(text, "\n\x00")
		skip := len(text)
		if end >= 0 {
			text, skip = text[:end], end+1
		}
		room := f.most - len(data)
		cut = cut || len(text) > room
		data = append(data, text[:min(len(text), room)]...)
		if _, err := f.in.Discard(skip); err != nil || end >= 0 {
			return data, cut, err
		}
	}
}

// ended makes the end of a stream within a message the end of the stream.
func ended(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}
	return err
}
