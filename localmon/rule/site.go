package rule

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"darksite/runbooks/strictyaml"
)

// File is a file of rules as it was read.
type File struct {
	Name string
	Data []byte
}

// Off is a rule of the kit that a site does without.
type Off struct {
	Rule string `yaml:"rule"`
	Why  string `yaml:"why"`
}

// Source is where a rule stands.
type Source struct {
	File    string
	Line    int
	Shipped bool
	Text    string // as it is written
}

// Book is the rules of a site: the kit's own, without those that are off, and
// the site's.
type Book struct {
	Set
	Off     []Off
	Sources map[string]Source // by id
	docs    []document        // of the site
}

// Site is what the rules of a site are held against.
type Site struct {
	Known    []Known  // what its targets are known to tell
	Runbooks []string // ids; where it is nil a rule may name any
}

// Bounds of what the cases of all files of a site may ask for together, so that
// checking them takes seconds.
const (
	maxSiteLooks = 20_000
	maxSiteTold  = 500_000
)

// Join reads the files of a site and puts them beside the kit's own rules. A rule
// that is wrong, or that would be slow, remember too much or tell of thousands of
// components there is refused with its place, before it is ever run. The error
// joins one [strictyaml.Error] for each finding. [Book.Check] does the rest.
func (s Site) Join(files ...File) (Book, error) {
	own, err := shippedFiles()
	if err != nil {
		return Book{}, err
	}
	kit, err := readAll(own)
	if err != nil {
		return Book{}, fmt.Errorf("shipped rules: %w", err)
	}
	docs, err := readAll(files)
	if err != nil {
		return Book{}, err
	}
	b := bind(kit, docs)
	for _, d := range docs {
		s.checkNames(b, kit, d)
	}
	checkEffort(docs)
	s.checkCosts(kit, docs)
	if err := said(docs); err != nil {
		return Book{}, err
	}
	return b, nil
}

// Check runs the cases of the site's rules against the whole book. The error joins
// one [strictyaml.Error] for each that does not come out.
func (b Book) Check() error {
	var errs []error
	for _, d := range b.docs {
		for i, r := range d.Rules {
			for _, t := range b.Try(r) {
				if t.Err == nil {
					continue
				}
				at := d.at.Key("rules").Item(i).Key("cases").Item(t.Case)
				at.Fail("case %q, %s: %s", r.Cases[t.Case].Name, t.Kind, strings.ReplaceAll(t.Err.Error(), "\n", "; "))
			}
		}
		errs = append(errs, d.at.Err())
	}
	return errors.Join(errs...)
}

// Own are the rules of the site, in the order of its files.
func (b Book) Own() []Rule {
	var own []Rule
	for _, d := range b.docs {
		own = append(own, d.Rules...)
	}
	return own
}

func readAll(files []File) (docs []document, err error) {
	var errs []error
	for _, f := range files {
		d, err := read(f.Name, f.Data)
		errs = append(errs, err)
		docs = append(docs, d)
	}
	return docs, errors.Join(errs...)
}

// said joins what was said at the places of all files.
func said(docs []document) error {
	var errs []error
	for _, d := range docs {
		errs = append(errs, d.at.Err())
	}
	return errors.Join(errs...)
}

// bind puts a site's files beside the kit's, and says at their places which ids
// clash.
func bind(kit, docs []document) Book {
	b := Book{Sources: map[string]Source{}, docs: docs}
	for _, d := range kit {
		for i, r := range d.Rules {
			b.Sources[r.ID] = d.source(i, true)
			b.Rules = append(b.Rules, r)
		}
	}
	own := slices.Sorted(maps.Keys(b.Sources))
	off := map[string]string{} // and the file that says so
	for _, d := range docs {
		for i, o := range d.Off {
			at := d.at.Key("off").Item(i)
			at.Key("rule").Word("rule", o.Rule, own)
			if o.Why == "" || len(o.Why) > 300 {
				at.Key("why").Fail("why is %s off? It needs 1 to 300 characters", o.Rule)
			}
			if file, twice := off[o.Rule]; twice {
				at.Fail("rule %q is off already, in %s", o.Rule, file)
				continue
			}
			off[o.Rule] = d.name
			b.Off = append(b.Off, o)
		}
	}
	for _, d := range docs {
		for i, r := range d.Rules {
			b.add(d, i, off[r.ID], own)
		}
	}
	b.Rules = slices.DeleteFunc(b.Rules, func(r Rule) bool { return off[r.ID] != "" })
	return b
}

// add puts a rule of a site into the book, in its own place or in that of the
// kit's; off is the file that switches off the kit's.
func (b *Book) add(d document, i int, off string, own []string) {
	r, at := d.Rules[i], d.at.Key("rules").Item(i)
	was, there := b.Sources[r.ID]
	switch {
	case there && !was.Shipped:
		at.Key("id").Fail("rule %q stands twice, first in %s:%d", r.ID, was.File, was.Line)
		return
	case there && !r.Replaces:
		at.Key("id").Fail("rule %q is one of the kit's own: take another id, or write replaces: true to put yours in its place", r.ID)
		return
	case there && off != "":
		at.Key("id").Fail("rule %q is off in %s: replace it or switch it off, not both", r.ID, off)
		return
	case !there && r.Replaces:
		at.Key("replaces").Fail("the kit has no rule %q to replace%s", r.ID, strictyaml.Suggest(r.ID, own))
		return
	}
	b.Sources[r.ID] = d.source(i, false)
	if k := slices.IndexFunc(b.Rules, func(o Rule) bool { return o.ID == r.ID }); k >= 0 {
		b.Rules[k] = r
		return
	}
	if b.Rules = append(b.Rules, r); len(b.Rules) == MaxRules+1 {
		at.Fail("this is one rule more than the %d a site may have, the kit's own included", MaxRules)
	}
}

// source is where a rule of the file stands: from its line to the next rule.
func (d document) source(i int, shipped bool) Source {
	at := d.at.Key("rules")
	line := at.Item(i).Line()
	lines := strings.SplitAfter(d.text, "\n")
	lines = lines[min(line-1, len(lines)):]
	if i+1 < len(d.Rules) {
		lines = lines[:min(len(lines), max(1, at.Item(i+1).Line()-line))]
	}
	for n, l := range lines {
		if n > 0 && l != "" && !strings.ContainsAny(l[:1], " \t\r\n#-") {
			lines = lines[:n] // another key of the file
			break
		}
	}
	return Source{File: d.name, Line: line, Shipped: shipped, Text: strings.TrimRight(strings.Join(lines, ""), "\n") + "\n"}
}

// checkNames holds what a rule names against what there is.
func (s Site) checkNames(b Book, kit []document, d document) {
	ids, books := slices.Sorted(maps.Keys(b.Sources)), slices.Clone(s.Runbooks)
	for _, k := range kit {
		for _, r := range k.Rules {
			books = append(books, r.Runbook) // a rule that replaces one may name what that did
		}
	}
	for i, r := range d.Rules {
		at := d.at.Key("rules").Item(i)
		for j, e := range r.ExplainedBy {
			at.Key("explained_by").Item(j).Key("rule").Word("rule", e.Rule, ids)
		}
		if r.Runbook != "" && s.Runbooks != nil {
			at.Key("runbook").Word("runbook", r.Runbook, books)
		}
		for j, c := range r.Cases {
			for k, id := range c.Also {
				at.Key("cases").Item(j).Key("also").Item(k).Word("rule", id, ids)
			}
		}
	}
}

// checkEffort refuses files whose cases would take long to try, at the rule that
// is one too many.
func checkEffort(docs []document) {
	looks, told := 0, 0
	for _, d := range docs {
		for i, r := range d.Rules {
			for _, c := range r.Cases {
				l, t := c.effort()
				looks, told = looks+l*len(caseKinds(r)), told+t*len(caseKinds(r))
			}
			if looks > maxSiteLooks || told > maxSiteTold {
				d.at.Key("rules").Item(i).Key("cases").Fail("the cases of the site's rules up to here ask for %d looks with %d samples, states and alerts, at most %d and %d: make them shorter, or name fewer kinds", looks, told, maxSiteLooks, maxSiteTold)
				return
			}
		}
	}
}
