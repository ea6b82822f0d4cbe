// Package hostfile is the file in which the facts and logs of another host of the
// site are carried to the kit, by hand and inside the site: written by
// [Write] there, taken in by the collector [Hosts] here.
//
//	hosts, err := hostfile.New(hostfile.Options{Files: []string{"/media/usb/db7.host"}, Scratch: dir})
//	...
//	collect.Run(ctx, o, []collect.Collector{hosts})
//
// # The file
//
// It is text where its files are, and can be read with a pager:
//
//	darksite-host-file 1
//	host: db7
//	made: 2026-11-22T14:48:49Z
//	tool: v1.4.0
//	profile: quick
//	files: 2
//	bytes: 34
//
//	file 17 hostfacts/etc/os-release
//	NAME=Test
//	VERSIO=
//
//	file 17 logs/syslog
//	...
//	sha256 <digest of everything before this line, in hex>
//
// The files follow each other in ascending order of their names; behind the bytes
// of each stands one line feed that belongs to no file. A header has these lines
// in this order and no others. So what is read has one spelling: written again it
// is the same bytes.
//
// # Promises
//
// The file is raw and has met no redactor: it stays inside the site. It comes
// from anybody, so nothing of it is believed: it is bounded ([MaxBytes],
// [MaxFiles]), no name leads out of its folder or steers a terminal, and any
// other spelling is refused as a whole with [ErrMalformed]. It is copied once
// into a file without a name, checked there to the last byte, and taken from
// there: a medium that answers differently the second time changes nothing.
//
// # Limits
//
// The digest shows damage on the way and no intent: whoever can change the file
// can change the digest. Compare it with what the host printed when that matters.
package hostfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of a file.
const (
	MaxBytes = 2 << 30
	MaxFiles = 30_000
	maxLine  = 4096
	maxName  = 2048
	maxDepth = 16
)

const (
	magic  = "darksite-host-file 1"
	ending = "sha256 "
)

// Errors a caller decides on.
var (
	// ErrMalformed says that a file is not what [Write] writes, or is damaged.
	ErrMalformed = errors.New("not a whole host file")
	// ErrTwice says that two files are of one host.
	ErrTwice = errors.New("a second file of one host")
)

// Header says whose file it is.
type Header struct {
	Host    string    `json:"host"`
	Made    time.Time `json:"made"` // by the clock of that host
	Tool    string    `json:"tool"`
	Profile string    `json:"profile"`
	Files   int       `json:"files"`
	Bytes   int64     `json:"bytes"` // of the files in it
}

// HostName makes the name of a host fit for a header.
func HostName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r == '-' || r == '.' || r == '_' {
			return r
		}
		return '-'
	}, name)
	if name = strings.Trim(name[:min(len(name), 64)], "-."); name == "" {
		return "unnamed"
	}
	return name
}

// word is a value of the header: printable ASCII without blanks.
func word(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func (h Header) check() error {
	switch {
	case h.Host != HostName(h.Host):
		return fmt.Errorf("host %q is no name of a host", h.Host)
	case !word(h.Tool), !word(h.Profile):
		return errors.New("tool and profile are one word each")
	case h.Made.Year() < 1970 || h.Made.Year() > 9999:
		return errors.New("its time is out of range")
	case h.Files < 0 || h.Files > MaxFiles:
		return fmt.Errorf("%d files: at most %d", h.Files, MaxFiles)
	case h.Bytes < 0 || h.Bytes > MaxBytes:
		return fmt.Errorf("%d bytes: at most %d", h.Bytes, int64(MaxBytes))
	}
	return nil
}

func (h Header) String() string {
	return fmt.Sprintf("%s\nhost: %s\nmade: %s\ntool: %s\nprofile: %s\nfiles: %d\nbytes: %d\n",
		magic, h.Host, h.Made.UTC().Format(time.RFC3339), h.Tool, h.Profile, h.Files, h.Bytes)
}

// validName reports whether a name stays in its folder and can be shown.
func validName(name string) bool {
	return fs.ValidPath(name) && name != "." && len(name) <= maxName && utf8.ValidString(name) && strings.Count(name, "/") < maxDepth &&
		!strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) || r == '\\' })
}

// File is one file to be written.
type File struct {
	Name string
	Size int64
}

// Write writes the file of a host: these files of fsys, which are in ascending
// order of their names. Files and Bytes of the header are counted here.
func Write(w io.Writer, h Header, fsys fs.FS, files []File) (digest string, err error) {
	h.Files, h.Bytes = len(files), 0
	for i, f := range files {
		if !validName(f.Name) || f.Size < 0 || i > 0 && files[i-1].Name >= f.Name {
			return "", fmt.Errorf("write host file: name %q is not fit or out of order", f.Name)
		}
		h.Bytes += f.Size
	}
	if err := h.check(); err != nil {
		return "", fmt.Errorf("write host file: %w", err)
	}
	sum := sha256.New()
	both := io.MultiWriter(w, sum)
	if _, err := io.WriteString(both, h.String()); err != nil {
		return "", fmt.Errorf("write host file: %w", err)
	}
	for _, f := range files {
		if err := writeOne(both, fsys, f); err != nil {
			return "", fmt.Errorf("write host file: %w", err)
		}
	}
	if _, err := io.WriteString(both, "\n"); err != nil {
		return "", fmt.Errorf("write host file: %w", err)
	}
	digest = hex.EncodeToString(sum.Sum(nil))
	if _, err := fmt.Fprintf(w, "%s%s\n", ending, digest); err != nil {
		return "", fmt.Errorf("write host file: %w", err)
	}
	return digest, nil
}

func writeOne(w io.Writer, fsys fs.FS, f File) error {
	if _, err := fmt.Fprintf(w, "\nfile %d %s\n", f.Size, f.Name); err != nil {
		return err
	}
	src, err := fsys.Open(f.Name)
	if err != nil {
		return err
	}
	defer src.Close()
	n, err := io.Copy(w, io.LimitReader(src, f.Size+1))
	if err == nil && n != f.Size {
		err = fmt.Errorf("%s has changed its size from %d bytes", f.Name, f.Size)
	}
	return err
}
