package runbooks

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"darksite/runbooks/strictyaml"
)

// File names of one runbook's folder.
const (
	logicFile = "runbook.yaml"
	maxProse  = 256 << 10
)

// Library is a set of runbooks that passed [Lint].
type Library struct{ books []*Runbook }

// All returns the runbooks by id.
func (l *Library) All() []*Runbook { return slices.Clone(l.books) }

// Get returns the runbook with this id.
func (l *Library) Get(id string) (*Runbook, bool) {
	i := slices.IndexFunc(l.books, func(r *Runbook) bool { return r.ID == id })
	if i < 0 {
		return nil, false
	}
	return l.books[i], true
}

// Load reads every folder of fsys as one runbook. Any finding of Lint refuses
// the whole set: a runbook that is not whole is worse than none.
func Load(fsys fs.FS) (*Library, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("load runbooks: %w", err)
	}
	lib := &Library{}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		r, err := LoadOne(fsys, e.Name())
		if err != nil {
			return nil, err
		}
		lib.books = append(lib.books, r)
	}
	slices.SortFunc(lib.books, func(a, b *Runbook) int { return cmp.Compare(a.ID, b.ID) })
	var findings []error
	for _, f := range Lint(lib) {
		findings = append(findings, f)
	}
	if len(findings) > 0 {
		return nil, fmt.Errorf("load runbooks: %w", errors.Join(findings...))
	}
	return lib, nil
}

// LoadOne reads the runbook in one folder of fsys, without linting it.
func LoadOne(fsys fs.FS, dir string) (*Runbook, error) {
	r := &Runbook{Prose: map[Lang]Prose{}, Files: map[string][]byte{}}
	logic, err := fs.ReadFile(fsys, path.Join(dir, logicFile))
	if err != nil {
		return nil, fmt.Errorf("load runbook %s: %w", dir, err)
	}
	if err := strictyaml.Decode(path.Join(dir, logicFile), logic, r); err != nil {
		return nil, fmt.Errorf("load runbook %s: %w", dir, err)
	}
	r.Files[logicFile] = logic
	for _, l := range Languages() {
		name := string(l) + ".md"
		text, err := fs.ReadFile(fsys, path.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("load runbook %s: %w", dir, err)
		}
		if len(text) > maxProse {
			return nil, fmt.Errorf("load runbook %s: %s has %d bytes, at most %d", dir, name, len(text), maxProse)
		}
		if r.Prose[l], err = parseProse(string(text)); err != nil {
			return nil, fmt.Errorf("load runbook %s: %s: %w", dir, name, err)
		}
		r.Files[name] = text
	}
	r.Digest = digest(r.Files)
	return r, nil
}

// digest fixes the files of a runbook: name and content of each, in order.
func digest(files map[string][]byte) string {
	h := sha256.New()
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(h, "%s %d\n", name, len(files[name]))
		h.Write(files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// parseProse cuts a prose file at its headings: "# Title" once at the top, then
// "## step-id: Title" for each step.
func parseProse(text string) (Prose, error) {
	p := Prose{Sections: map[string]Section{}}
	title, rest, _ := strings.Cut(text, "\n")
	var ok bool
	if p.Title, ok = strings.CutPrefix(title, "# "); !ok {
		return Prose{}, errors.New("line 1: want \"# Title\"")
	}
	id, section := "", Section{}
	var body strings.Builder
	flush := func() {
		text := strings.TrimSpace(body.String())
		body.Reset()
		if id == "" {
			p.Intro = text
			return
		}
		section.Body = text
		p.Sections[id] = section
	}
	for i, line := range strings.Split(rest, "\n") {
		head, ok := strings.CutPrefix(line, "## ")
		if !ok {
			body.WriteString(line)
			body.WriteByte('\n')
			continue
		}
		flush()
		if id, section.Title, ok = strings.Cut(head, ": "); !ok {
			return Prose{}, fmt.Errorf("line %d: want \"## step: Title\"", i+2)
		}
		if _, twice := p.Sections[id]; twice {
			return Prose{}, fmt.Errorf("line %d: step %s has two sections", i+2, id)
		}
	}
	flush()
	return p, nil
}
