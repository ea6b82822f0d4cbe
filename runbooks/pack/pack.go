package pack

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of a pack.
const (
	MaxBytes = 16 << 20
	maxFiles = 2000
	maxSigs  = 8
	maxText  = 512 << 10
	maxLine  = 300
)

// ErrRefused is wrapped by every refusal of a pack.
var ErrRefused = errors.New("the pack is refused")

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrRefused, fmt.Sprintf(format, args...))
}

// Names in a pack.
const (
	textName = "PACK.txt"
	sigTail  = ".sig"
	booksDir = "books/"
)

// Pack is what is carried.
type Pack struct {
	Name   string // of the series of packs, such as vendor
	Number int64  // 1, 2, 3 ... of the name; an older one does not come after a newer
	Site   string // code of the one site it is for; empty for all
	Issued time.Time
	Books  map[string]map[string][]byte // by id, by file name
	// Withdrawn are books nobody may begin any more, with the reason.
	Withdrawn map[string]string
}

// Opened is a pack that was read.
type Opened struct {
	Pack
	Text []byte            // PACK.txt, which is what was signed
	Sigs map[string][]byte // by the id of the key they claim
}

func validID(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func validFile(s string) bool {
	return len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_./") == "" && path.Clean(s) == s &&
		(slices.Contains([]string{"runbook.yaml", "en.md", "fr.md", "tests.yaml"}, s) || strings.HasPrefix(s, "fig/") && strings.HasSuffix(s, ".svg") && strings.Count(s, "/") == 1)
}

// plain reports whether a value stands on one line that a pager shows as it is.
func plain(s string) bool {
	return len(s) <= maxLine && utf8.ValidString(s) && strings.TrimSpace(s) == s && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) })
}

// Statement is PACK.txt: what the pack is, line by line.
func (p Pack) Statement() ([]byte, error) {
	if !validID(p.Name) || p.Number < 1 || !plain(p.Site) || p.Issued.IsZero() {
		return nil, refuse("a name of a-z, 0-9 and -, a number from 1 and a day of issue are needed")
	}
	if len(p.Books)+len(p.Withdrawn) == 0 {
		return nil, refuse("it carries nothing")
	}
	var b bytes.Buffer
	line := func(key, value string) { fmt.Fprintf(&b, "%s: %s\n", key, value) }
	line("darksite pack of runbooks", "1")
	line("name", p.Name)
	line("number", strconv.FormatInt(p.Number, 10))
	line("site", cmpOr(p.Site, "all"))
	line("issued", p.Issued.UTC().Format(time.RFC3339))
	for _, id := range slices.Sorted(maps.Keys(p.Withdrawn)) {
		why := p.Withdrawn[id]
		if !validID(id) || why == "" || !plain(why) {
			return nil, refuse("withdrawn %q: an id and a reason of one line are needed", id)
		}
		if p.Books[id] != nil {
			return nil, refuse("%s is carried and withdrawn", id)
		}
		line("withdrawn", id+" "+why)
	}
	files := 0
	for _, id := range slices.Sorted(maps.Keys(p.Books)) {
		for _, name := range slices.Sorted(maps.Keys(p.Books[id])) {
			if !validID(id) || !validFile(name) {
				return nil, refuse("%s/%s is no file of a runbook", id, name)
			}
			sum := sha256.Sum256(p.Books[id][name])
			line("file", hex.EncodeToString(sum[:])+" "+booksDir+id+"/"+name)
			files++
		}
	}
	if files > maxFiles || b.Len() > maxText {
		return nil, refuse("%d files, at most %d", files, maxFiles)
	}
	return b.Bytes(), nil
}

func cmpOr(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// Write makes the file of a pack with signatures over its [Pack.Statement], by
// the id of their keys. No signature makes a pack that can be read and not run.
func Write(p Pack, sigs map[string][]byte) ([]byte, error) {
	text, err := p.Statement()
	if err != nil {
		return nil, err
	}
	if len(sigs) > maxSigs {
		return nil, refuse("%d signatures, at most %d", len(sigs), maxSigs)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	add := func(name string, data []byte) {
		if err == nil {
			err = w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(data)), Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR})
		}
		if err == nil {
			_, err = w.Write(data)
		}
	}
	add(textName, text)
	for _, key := range slices.Sorted(maps.Keys(sigs)) {
		add(textName+"."+key+sigTail, sigs[key])
	}
	for _, id := range slices.Sorted(maps.Keys(p.Books)) {
		for _, name := range slices.Sorted(maps.Keys(p.Books[id])) {
			add(booksDir+id+"/"+name, p.Books[id][name])
		}
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("write the pack: %w", err)
	}
	if b.Len() > MaxBytes {
		return nil, refuse("%d bytes, at most %d", b.Len(), MaxBytes)
	}
	return b.Bytes(), nil
}

// Read takes a pack apart. It checks that every file is the one PACK.txt names,
// and that the pack is in its one spelling; it checks no signature.
func Read(data []byte) (*Opened, error) {
	if len(data) > MaxBytes {
		return nil, refuse("more than %d bytes", MaxBytes)
	}
	members, order, err := unpack(data)
	if err != nil {
		return nil, err
	}
	text, ok := members[textName]
	if !ok || order[0] != textName || len(text) > maxText {
		return nil, refuse("it does not begin with %s", textName)
	}
	o := &Opened{Text: text, Sigs: map[string][]byte{}}
	if err := o.parse(text, members); err != nil {
		return nil, err
	}
	for name, body := range members {
		if key, ok := strings.CutPrefix(name, textName+"."); ok {
			key, ok = strings.CutSuffix(key, sigTail)
			if !ok || key == "" || strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
				return nil, refuse("member %q does not belong here", name)
			}
			o.Sigs[key] = body
		}
	}
	// What reads has one spelling: nothing hides between or behind the members.
	again, err := Write(o.Pack, o.Sigs)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, data) {
		return nil, refuse("it is not in its one spelling, or holds what %s does not name", textName)
	}
	return o, nil
}

func unpack(data []byte) (members map[string][]byte, order []string, err error) {
	members = map[string][]byte{}
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, refuse("no archive: %v", err)
		}
		if _, twice := members[h.Name]; twice || h.Typeflag != tar.TypeReg || len(order) > maxFiles+maxSigs {
			return nil, nil, refuse("member %q does not belong here", h.Name)
		}
		body, err := io.ReadAll(io.LimitReader(r, MaxBytes))
		if err != nil {
			return nil, nil, refuse("no archive: %v", err)
		}
		members[h.Name], order = body, append(order, h.Name)
	}
	if len(order) == 0 {
		return nil, nil, refuse("it is empty")
	}
	return members, order, nil
}

// parse reads PACK.txt. The one-spelling check of Read catches what this is lax on.
func (o *Opened) parse(text []byte, members map[string][]byte) error {
	o.Books, o.Withdrawn = map[string]map[string][]byte{}, map[string]string{}
	for line := range strings.Lines(string(text)) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if !ok {
			return refuse("%s: %q is no line of it", textName, line)
		}
		switch key {
		case "darksite pack of runbooks":
			if value != "1" {
				return refuse("it is of version %q, this kit reads 1", value)
			}
		case "name":
			o.Name = value
		case "number":
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return refuse("number %q", value)
			}
			o.Number = n
		case "site":
			if value != "all" {
				o.Site = value
			}
		case "issued":
			t, err := time.Parse(time.RFC3339, value)
			if err != nil {
				return refuse("issued %q", value)
			}
			o.Issued = t
		case "withdrawn":
			id, why, _ := strings.Cut(value, " ")
			o.Withdrawn[id] = why
		case "file":
			if err := o.file(value, members); err != nil {
				return err
			}
		default:
			return refuse("%s: %q is no line of it", textName, line)
		}
	}
	return nil
}

func (o *Opened) file(value string, members map[string][]byte) error {
	digest, name, _ := strings.Cut(value, " ")
	id, file, ok := strings.Cut(strings.TrimPrefix(name, booksDir), "/")
	body, there := members[name]
	if !ok || !strings.HasPrefix(name, booksDir) || !there {
		return refuse("the file %q that %s names is missing", name, textName)
	}
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != digest {
		return refuse("the file %s is not the one that was signed", name)
	}
	if o.Books[id] == nil {
		o.Books[id] = map[string][]byte{}
	}
	o.Books[id][file] = body
	return nil
}
