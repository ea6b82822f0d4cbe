package coach

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/bundle/casedraft"
	"darksite/bundle/journal"
	"darksite/bundle/pipeline"
	"darksite/bundle/strictjson"
	"darksite/localmon"
	"darksite/runbooks"
	"darksite/runbooks/engine"
	"darksite/runbooks/pack"
	"darksite/training/labs"
)

// Bounds of what is read to judge a lab.
const (
	maxText  = 4 << 20
	maxFiles = 2000
)

// Kept is what the site keeps in its databases, which the commands open.
type Kept struct {
	Cases  []casedraft.Draft
	Alerts []localmon.Alert
	Pins   map[string]string // by array, as site.yaml has them
	Desk   []DeskEvent       // oldest first
}

// DeskEvent is what happened to a case at a desk, as far as labs ask for it, in the names
// that casedesk case show --json has.
type DeskEvent struct {
	Case     string    `json:"case"`
	Kind     string    `json:"kind"`
	At       time.Time `json:"at"`
	Actor    string    `json:"actor"`
	Text     string    `json:"text"`
	Status   string    `json:"status"`
	Severity int       `json:"severity"`
	Profile  string    `json:"profile"`
	Risk     string    `json:"risk"`
	Expect   string    `json:"expect"`
	Rollback string    `json:"rollback"`
	Attached struct {
		Pack string `json:"pack"`
	} `json:"attached"`
}

// Gather puts together all that a lab is judged by, in the order in which it came about:
// what simulator and hands know, and what lies in the site folder.
func Gather(site string, w labs.World, began time.Time, kept Kept) (labs.World, error) {
	g := &gatherer{site: site, began: began}
	if err := errors.Join(g.runs(), g.bundles(), g.journal(), g.saved()); err != nil {
		return nil, fmt.Errorf("judge a lab: %w", err)
	}
	g.cases(kept.Cases)
	g.pins(w, kept.Pins)
	g.desk(kept.Desk)
	for _, a := range kept.Alerts {
		g.fact("alert", max(0, a.Since.Sub(began)), map[string]string{
			"target": a.Target, "rule": a.Rule, "component": a.Component, "state": string(a.Status), "acked": a.AckedBy,
		})
	}
	all := append(g.world, w...)
	slices.SortStableFunc(all, func(a, b labs.Fact) int { return cmp.Compare(a.At, b.At) })
	return all, nil
}

type gatherer struct {
	site  string
	began time.Time
	world labs.World
}

// add adds what happened since the learner came.
func (g *gatherer) add(kind string, at time.Time, fields map[string]string) {
	if since := at.Sub(g.began); since >= -time.Second { // the journal counts whole seconds
		g.fact(kind, max(0, since), fields)
	}
}

func (g *gatherer) fact(kind string, at time.Duration, fields map[string]string) {
	g.world = append(g.world, labs.Fact{Kind: kind, At: at, Fields: fields})
}

func (g *gatherer) runs() error {
	return g.each("runs", func(dir string, e fs.DirEntry) error {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			return nil
		}
		data, err := readBounded(filepath.Join(dir, e.Name(), engine.LogFile), engine.MaxReplay)
		if err != nil {
			return err
		}
		entries, _, err := engine.ReadLog(bytes.NewReader(data))
		if err != nil {
			return fmt.Errorf("run %s: %w", e.Name(), err)
		}
		if len(entries) > 0 {
			g.run(filepath.Join(dir, e.Name()), entries)
		}
		return nil
	})
}

func (g *gatherer) run(dir string, entries []engine.Entry) {
	first, last := entries[0], entries[len(entries)-1]
	book, _, _ := strings.Cut(first.Book, "@")
	outcome, end := labs.Open, ""
	if last.Event == engine.Closed {
		outcome, end = last.Result, last.Step
	}
	owner := first.Actor
	named := func(e engine.Entry, more map[string]string) map[string]string {
		more["run"], more["book"] = first.Run, book
		if e.Step != "" {
			more["step"] = e.Step
		}
		return more
	}
	for _, e := range entries {
		switch e.Event {
		case engine.Finished:
			g.add("step", e.At, named(e, map[string]string{"kind": string(e.Kind), "result": e.Result, "by": e.Actor, "note": e.Note}))
		case engine.Entered:
			if e.Kind == runbooks.Action {
				g.add("entered", e.At, named(e, map[string]string{"by": e.Actor}))
			}
		case engine.Approved:
			g.add("approved", e.At, named(e, map[string]string{"by": e.Approval.By}))
		case engine.Handed:
			owner = e.Actor
			g.add("handed", e.At, map[string]string{"run": first.Run, "from": e.From, "to": e.Actor})
		}
		for _, ev := range e.Evidence {
			text, _ := readBounded(filepath.Join(dir, filepath.FromSlash(ev.Name)), maxText) // its hash counts, its words where it is there
			g.add("evidence", e.At, map[string]string{"run": first.Run, "name": ev.Name, "text": string(text)})
		}
	}
	g.add("run", first.At, map[string]string{
		"run": first.Run, "book": book, "target": first.Target, "component": first.About, "owner": owner, "outcome": outcome, "end": end,
		"alert": strconv.FormatUint(first.Alert, 10), "change": first.Change,
	})
}

func (g *gatherer) bundles() error {
	return g.each("bundles", func(dir string, e fs.DirEntry) error {
		data, err := readBounded(filepath.Join(dir, e.Name(), "record.json"), maxText)
		if errors.Is(err, fs.ErrNotExist) || !e.IsDir() {
			return nil
		}
		if err != nil {
			return err
		}
		r, err := strictjson.Decode[pipeline.Record](data, strictjson.Limits{})
		if err != nil {
			return fmt.Errorf("bundle %s: %w", e.Name(), err)
		}
		made, err := time.Parse(time.RFC3339, r.Created)
		if err != nil {
			return fmt.Errorf("bundle %s: %w", e.Name(), err)
		}
		since := max(0, made.Sub(g.began)) // where it stands counts, whoever made it
		g.fact("bundle", since, map[string]string{"bundle": string(r.BID), "state": string(r.State), "case": r.Case})
		trees, err := filepath.Glob(filepath.Join(dir, e.Name(), "frozen*"))
		if err != nil || len(trees) == 0 {
			return err
		}
		return g.texts(trees[len(trees)-1], func(name string, text []byte) {
			g.fact("line", since, map[string]string{"bundle": string(r.BID), "state": string(r.State), "file": name, "text": string(text)})
		})
	})
}

func (g *gatherer) journal() error {
	data, err := readBounded(filepath.Join(g.site, "journal", "log.jsonl"), maxText)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for line := range bytes.Lines(data) {
		e, err := journal.ParseEntry(line)
		if err != nil {
			return err
		}
		var note []string
		for _, v := range e.Details {
			note = append(note, v)
		}
		slices.Sort(note)
		g.add("journal", e.Time, map[string]string{"action": e.Action, "by": e.Actor, "bundle": string(e.Bundle), "note": strings.Join(note, " ")})
	}
	return nil
}

func (g *gatherer) saved() error {
	return g.texts(filepath.Join(g.site, workFolder), func(name string, text []byte) {
		g.add("saved", g.began, map[string]string{"name": name, "text": string(text)})
	})
}

func (g *gatherer) cases(all []casedraft.Draft) {
	for _, d := range all {
		text := strings.Join(append([]string{d.Subject, d.Description, d.Impact, d.Comments, d.Serial}, d.Messages...), "\n")
		g.fact("case", max(0, d.Created.Sub(g.began)), map[string]string{
			"case": string(d.ID), "array": d.Array, "severity": strconv.Itoa(int(d.Severity)), "subject": d.Subject, "text": text,
			"number": d.Number, "runs": strings.Join(d.Runs, " "),
		})
	}
}

// desk tells what happened at the desk. It has the real clock, and its events keep their
// order.
func (g *gatherer) desk(events []DeskEvent) {
	for _, e := range events {
		pack, words := g.attached(e.Attached.Pack)
		g.fact("desk", max(0, e.At.Sub(g.began)), map[string]string{
			"case": e.Case, "kind": e.Kind, "by": e.Actor, "text": e.Text, "status": e.Status, "severity": strconv.Itoa(e.Severity),
			"profile": e.Profile, "risk": e.Risk, "expect": e.Expect, "rollback": e.Rollback, "pack": pack, "advice": words,
		})
	}
}

// attached says what a pack of runbooks is bound to that a reply carried: a site, any, or
// no where there is none; and its words.
func (g *gatherer) attached(digest string) (site, words string) {
	if len(digest) < 2 || !filepath.IsLocal(digest) {
		return "no", ""
	}
	data, err := readBounded(filepath.Join(filepath.Dir(g.site), deskFolder, "blobs", digest[:2], digest), pack.MaxBytes)
	if err != nil {
		return "no", "" // what the desk lost cannot have been carried
	}
	o, err := pack.Read(data)
	if err != nil {
		return "no", ""
	}
	var text strings.Builder
	for _, id := range slices.Sorted(maps.Keys(o.Books)) {
		for _, name := range slices.Sorted(maps.Keys(o.Books[id])) {
			text.Write(o.Books[id][name])
		}
	}
	return cmp.Or(o.Site, "any"), text.String()
}

// pins says what the certificate in site.yaml is to the array it is of.
func (g *gatherer) pins(w labs.World, pins map[string]string) {
	for _, c := range w.Of(certificateFact) {
		is := "other"
		switch pins[c.Fields["array"]] {
		case c.Fields["now"]:
			is = "now"
		case c.Fields["first"]:
			is = "first"
		}
		g.fact("pin", c.At, map[string]string{"array": c.Fields["array"], "is": is})
	}
}

// each visits the entries of a folder of the site, where there is one.
func (g *gatherer) each(name string, visit func(dir string, e fs.DirEntry) error) error {
	dir := filepath.Join(g.site, name)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(entries) > maxFiles {
		return fmt.Errorf("%s holds %d entries, at most %d", dir, len(entries), maxFiles)
	}
	for _, e := range entries {
		if err := visit(dir, e); err != nil {
			return err
		}
	}
	return nil
}

// texts visits the files of a tree that are small enough to be looked through.
func (g *gatherer) texts(dir string, visit func(name string, text []byte)) error {
	n := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if n++; n > maxFiles {
			return fmt.Errorf("%s holds more than %d files", dir, maxFiles)
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		text, err := readBounded(path, maxText)
		if err != nil {
			return err
		}
		visit(filepath.ToSlash(name), text)
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
