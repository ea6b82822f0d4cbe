package hostfile

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"
	"time"
)

// Read reads the file of a host. Each file in it is handed to take, which may
// read it or leave it; an error of take ends the reading. Nothing is to be
// believed before Read returns without an error: the digest stands at the end.
func Read(r io.Reader, take func(f File, text io.Reader) error) (Header, string, error) {
	p := &parser{in: bufio.NewReaderSize(r, 64<<10), sum: sha256.New()}
	h, err := p.header()
	if err != nil {
		return Header{}, "", err
	}
	digest, err := p.files(h, take)
	if err != nil {
		return Header{}, "", err
	}
	return h, digest, nil
}

// parser hashes what it has read, byte for byte and no further.
type parser struct {
	in  *bufio.Reader
	sum hash.Hash
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// line reads one line, without its line feed and without hashing it.
func (p *parser) line(what string) (string, error) {
	text, err := p.in.ReadSlice('\n') // at most the buffer
	switch {
	case errors.Is(err, io.EOF):
		return "", malformed("it ends before %s does", what)
	case errors.Is(err, bufio.ErrBufferFull), err == nil && len(text) > maxLine:
		return "", malformed("%s is longer than %d bytes", what, maxLine)
	case err != nil:
		return "", fmt.Errorf("read host file: %w", err)
	}
	return string(text[:len(text)-1]), nil
}

func (p *parser) hashed(line string) {
	_, _ = io.WriteString(p.sum, line+"\n") // a hash takes everything
}

// field reads one line of the header.
func (p *parser) field(name string) (string, error) {
	line, err := p.line("its header")
	if err != nil {
		return "", err
	}
	value, ok := strings.CutPrefix(line, name+": ")
	if !ok {
		return "", malformed("the header has no %s where it should stand", name)
	}
	return value, nil
}

func (p *parser) header() (Header, error) {
	first, err := p.line("its first line")
	if err != nil {
		return Header{}, err
	}
	if first != magic {
		return Header{}, malformed("it does not begin with %q", magic)
	}
	var value [6]string
	for i, name := range []string{"host", "made", "tool", "profile", "files", "bytes"} {
		if value[i], err = p.field(name); err != nil {
			return Header{}, err
		}
	}
	h := Header{Host: value[0], Tool: value[2], Profile: value[3]}
	if h.Made, err = time.Parse(time.RFC3339, value[1]); err != nil {
		return Header{}, malformed("made is no time")
	}
	files, err := number(value[4])
	if err != nil {
		return Header{}, err
	}
	if h.Bytes, err = number(value[5]); err != nil {
		return Header{}, err
	}
	if files > MaxFiles {
		return Header{}, malformed("%d files: at most %d", files, MaxFiles)
	}
	h.Files, h.Made = int(files), h.Made.UTC()
	if err := h.check(); err != nil {
		return Header{}, malformed("%s", err)
	}
	read := strings.Join(append([]string{first}, "host: "+value[0], "made: "+value[1], "tool: "+value[2], "profile: "+value[3], "files: "+value[4], "bytes: "+value[5]), "\n")
	if read+"\n" != h.String() {
		return Header{}, malformed("the header is not as it was written")
	}
	p.hashed(read)
	return h, nil
}

// number reads a whole number in its one spelling.
func number(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != text {
		return 0, malformed("%q is no number", text)
	}
	return n, nil
}

// files reads what follows the header, to the very end.
func (p *parser) files(h Header, take func(File, io.Reader) error) (string, error) {
	before, left := "", h.Bytes
	for range h.Files {
		f, err := p.begin()
		if err != nil {
			return "", err
		}
		if f.Name <= before {
			return "", malformed("file %q is out of order", f.Name)
		}
		if before = f.Name; f.Size > left {
			return "", malformed("its files are longer than the %d bytes its header says", h.Bytes)
		}
		left -= f.Size
		if err := p.one(f, take); err != nil {
			return "", err
		}
	}
	if left != 0 {
		return "", malformed("its files are shorter than the %d bytes its header says", h.Bytes)
	}
	return p.end()
}

// begin reads the line before the bytes of a file.
func (p *parser) begin() (File, error) {
	if err := p.gap(); err != nil {
		return File{}, err
	}
	line, err := p.line("the name of a file")
	if err != nil {
		return File{}, err
	}
	rest, ok := strings.CutPrefix(line, "file ")
	size, name, found := strings.Cut(rest, " ")
	if !ok || !found {
		return File{}, malformed("a file should begin where %q stands", clip(line))
	}
	n, err := number(size)
	if err != nil {
		return File{}, err
	}
	if !validName(name) {
		return File{}, malformed("%q is no name of a file", clip(name))
	}
	p.hashed(line)
	return File{Name: name, Size: n}, nil
}

// gap reads the line feed behind the bytes of a file.
func (p *parser) gap() error {
	line, err := p.line("a file")
	if err != nil {
		return err
	}
	if line != "" {
		return malformed("a file does not end where it says")
	}
	p.hashed("")
	return nil
}

// one hands a file over and reads what was left of it.
func (p *parser) one(f File, take func(File, io.Reader) error) error {
	text := io.LimitReader(p.in, f.Size).(*io.LimitedReader)
	hashed := io.TeeReader(text, p.sum)
	if err := take(f, hashed); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, hashed); err != nil {
		return fmt.Errorf("read host file: %w", err)
	}
	if text.N > 0 {
		return malformed("it ends inside %s", f.Name)
	}
	return nil
}

// end compares the digest and wants nothing behind it.
func (p *parser) end() (string, error) {
	if err := p.gap(); err != nil {
		return "", err
	}
	line, err := p.line("its digest")
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(line, ending) {
		return "", malformed("its digest should stand where %q stands", clip(line))
	}
	digest := hex.EncodeToString(p.sum.Sum(nil))
	if line != ending+digest {
		return "", malformed("its digest is another one: it was changed or damaged on the way")
	}
	if _, err := p.in.ReadByte(); err == nil {
		return "", malformed("something stands behind its end")
	} else if !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read host file: %w", err)
	}
	return digest, nil
}

// clip makes an error of hostile text short; %q makes it harmless.
func clip(s string) string { return s[:min(len(s), 60)] }
