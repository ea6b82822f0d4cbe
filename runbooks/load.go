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
	"unicode"
	"unicode/utf8"

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
	var books []*Runbook
	var findings []error
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		r, err := LoadOne(fsys, e.Name())
		if err != nil {
			return nil, err
		}
		if r.ID != e.Name() { // which also makes sure that no id stands twice
			findings = append(findings, LintError{r.ID, "", fmt.Sprintf("lies in the folder %q: folder and id have the same name", e.Name())})
		}
		books = append(books, r)
	}
	lib, err := NewLibrary(books)
	if findings = append(findings, err); errors.Join(findings...) != nil {
		return nil, fmt.Errorf("load runbooks: %w", errors.Join(findings...))
	}
	return lib, nil
}

// NewLibrary makes a library of runbooks. Any finding of Lint refuses all.
func NewLibrary(books []*Runbook) (*Library, error) {
	lib := &Library{books: slices.Clone(books)}
	slices.SortFunc(lib.books, func(a, b *Runbook) int { return cmp.Compare(a.ID, b.ID) })
	var findings []error
	for _, f := range Lint(lib) {
		findings = append(findings, f)
	}
	if err := errors.Join(findings...); err != nil {
		return nil, err
	}
	return lib, nil
}

// LoadOne reads the runbook in one folder of fsys, without linting it.
func LoadOne(fsys fs.FS, dir string) (*Runbook, error) {
	return load(dir, func(name string) ([]byte, error) { return fs.ReadFile(fsys, path.Join(dir, name)) })
}

// FromFiles reads the runbook that the files of one folder make, without linting
// it; dir is for errors.
func FromFiles(dir string, files map[string][]byte) (*Runbook, error) {
	return load(dir, func(name string) ([]byte, error) {
		text, ok := files[name]
		if !ok {
			return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
		}
		return text, nil
	})
}

func load(dir string, read func(name string) ([]byte, error)) (*Runbook, error) {
	r := &Runbook{Prose: map[Lang]Prose{}, Files: map[string][]byte{}}
	logic, err := read(logicFile)
	if err != nil {
		return nil, fmt.Errorf("load runbook %s: %w", dir, err)
	}
	if err := strictyaml.Decode(path.Join(dir, logicFile), logic, r); err != nil {
		return nil, fmt.Errorf("load runbook %s: %w", dir, err)
	}
	r.Files[logicFile] = logic
	for _, l := range Languages() {
		name := string(l) + ".md"
		text, err := read(name)
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
	return r, r.loadFigures(dir, read)
}

// loadFigures reads the drawings the steps name. One that is not there is left to
// Lint: the folder of a run has none.
func (r *Runbook) loadFigures(dir string, read func(name string) ([]byte, error)) error {
	r.Figures = map[string][]byte{}
	for _, s := range r.Steps {
		if s.Figure == "" || !validID(s.Figure) {
			continue
		}
		for _, l := range Languages() {
			name := FigureFile(s.Figure, l)
			svg, err := read(path.Join(figureDir, name))
			switch {
			case errors.Is(err, fs.ErrNotExist):
			case err != nil:
				return fmt.Errorf("load runbook %s: %w", dir, err)
			case len(svg) > maxProse:
				return fmt.Errorf("load runbook %s: %s has %d bytes, at most %d", dir, name, len(svg), maxProse)
			default:
				r.Figures[name] = svg
			}
		}
	}
	return nil
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
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }) {
		return Prose{}, errors.New("want plain UTF-8 text with line feeds and no other control characters")
	}
	p := Prose{Sections: map[string]Section{}}
	id, title, body := "", "", []string{}
	flush := func() {
		words := strings.TrimRightFunc(strings.TrimLeft(strings.Join(body, "\n"), "\n"), unicode.IsSpace)
		if id == "" {
			p.Intro = words
		} else {
			p.Sections[id] = Section{title, words}
		}
		body = body[:0]
	}
	for i, line := range strings.Split(text, "\n") {
		if head, ok := strings.CutPrefix(line, "# "); ok != (i == 0) || ok && strings.TrimSpace(head) == "" {
			return Prose{}, fmt.Errorf("line %d: want \"# Title\" on line 1 and nowhere else", i+1)
		} else if ok {
			p.Title = head
			continue
		}
		head, ok := strings.CutPrefix(line, "## ")
		if !ok {
			body = append(body, line)
			continue
		}
		flush()
		if id, title, ok = strings.Cut(head, ": "); !ok || !validID(id) || strings.TrimSpace(title) == "" {
			return Prose{}, fmt.Errorf("line %d: want \"## step: Title\"", i+1)
		}
		if _, twice := p.Sections[id]; twice {
			return Prose{}, fmt.Errorf("line %d: step %s has two sections", i+1, id)
		}
	}
	flush()
	return p, nil
}
