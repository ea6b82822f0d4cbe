package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle"
	"darksite/bundle/container"
	"darksite/bundle/review"
	"darksite/bundle/roster"
	"darksite/bundle/safefile"
)

// ErrUnanswered says that a word or marking was found for which the officer has
// not answered.
var ErrUnanswered = errors.New("what was found must be answered for one by one")

// asks are the marks that every officer has to answer for before approving this
// manifest. They are written by each review.
type asks struct {
	Manifest bundle.Digest `json:"manifest"`
	Marks    []review.Mark `json:"marks"`
}

func (p *Pipeline) saveAsks(r *Record, s review.Summary) error {
	a := asks{Manifest: r.Manifest, Marks: []review.Mark{}}
	for _, sec := range review.Sections(s, review.View{}) {
		for _, it := range sec.Items {
			if it.Ask != "" {
				a.Marks = append(a.Marks, it.Marks...)
			}
		}
	}
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return safefile.Write(filepath.Join(p.Folder(r.BID), "asks.json"), text, 0o600)
}

// answered refuses an officer who has left something unanswered that the review
// of this manifest asked.
func (p *Pipeline) answered(r *Record, officer string) error {
	var a asks
	err := readJSON(filepath.Join(p.Folder(r.BID), "asks.json"), &a)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if a.Manifest != r.Manifest {
		return fmt.Errorf("the review of what is frozen now was not opened: %w: %w", ErrUnread, ErrRefused)
	}
	reading, err := p.Reading(r.BID, officer)
	if err != nil {
		return err
	}
	open := 0
	for _, m := range a.Marks {
		if !reading.Answered(m) {
			open++
		}
	}
	if open > 0 {
		return fmt.Errorf("%d of %d are open: %w: %w", open, len(a.Marks), ErrUnanswered, ErrRefused)
	}
	return nil
}

// Reading is what one officer has read of a bundle, kept on disk so that he can
// go on after an interruption.
type Reading struct {
	read    map[review.Mark]bool
	answers map[review.Mark]bool
}

// Read reports whether something was read.
func (r Reading) Read(m review.Mark) bool { return r.read[m] }

// Answered reports whether the officer has answered for something.
func (r Reading) Answered(m review.Mark) bool { return r.answers[m] }

// Len is how many things were read.
func (r Reading) Len() int { return len(r.read) }

// readingLine is one line of the file of a reading.
type readingLine struct {
	Marks  []review.Mark `json:"marks"`
	Answer bool          `json:"answer,omitempty"`
}

func (p *Pipeline) readingFile(id bundle.ID, officer string) string {
	return filepath.Join(p.Folder(id), "reading", officer+".jsonl")
}

// Reading reads what an officer has read. A last line torn by a crash counts as
// not written.
func (p *Pipeline) Reading(id bundle.ID, officer string) (Reading, error) {
	r := Reading{read: map[review.Mark]bool{}, answers: map[review.Mark]bool{}}
	text, err := os.ReadFile(p.readingFile(id, officer))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, fmt.Errorf("reading of bundle %s: %w", id, err)
	}
	for len(text) > 0 {
		line, rest, whole := bytes.Cut(text, []byte{'\n'})
		text = rest
		var l readingLine
		if !whole || json.Unmarshal(line, &l) != nil {
			continue // nothing is believed read because of a damaged line
		}
		for _, m := range l.Marks {
			r.read[m] = true
			r.answers[m] = r.answers[m] || l.Answer
		}
	}
	return r, nil
}

// MarkRead remembers that an officer has read these things. It is on disk when
// MarkRead returns.
func (p *Pipeline) MarkRead(id bundle.ID, officer string, marks []review.Mark) error {
	return p.appendReading(id, officer, readingLine{Marks: marks})
}

func (p *Pipeline) appendReading(id bundle.ID, officer string, l readingLine) error {
	if !validID(id) || officer == "" || strings.ContainsAny(officer, `/\`) {
		return fmt.Errorf("reading of bundle %s by %q: %w", id, officer, ErrNotFound)
	}
	path := p.readingFile(id, officer)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("reading of bundle %s: %w", id, err)
	}
	text, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("reading of bundle %s: %w", id, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("reading of bundle %s: %w", id, err)
	}
	// A line torn by a crash is ended first, so that it spoils no other.
	text = append(text, '\n')
	if info, err := f.Stat(); err == nil && info.Size() > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
			text = append([]byte{'\n'}, text...)
		}
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("reading of bundle %s: %w", id, err)
	}
	return nil
}

// Answer is the decision of an officer that something found may leave as it
// stands, with a reason in words. It is journalled before it counts.
func (p *Pipeline) Answer(ctx context.Context, id bundle.ID, officer string, ask review.Ask, marks []review.Mark, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return fmt.Errorf("answer on bundle %s: say why in words: %w", id, ErrRefused)
	}
	r, release, err := p.reviewing(id, officer)
	if err != nil {
		return err
	}
	defer release()
	details := map[string]string{"found": string(ask), "reason": oneLine(reason), "mark": string(marks[0]), "places": strconv.Itoa(len(marks))}
	if err := p.journal(ctx, r, "answer", officer, details); err != nil {
		return err
	}
	return p.appendReading(id, officer, readingLine{Marks: marks, Answer: true})
}

// reviewing takes the lock of a bundle for an officer who has opened its review.
func (p *Pipeline) reviewing(id bundle.ID, officer string) (*Record, func(), error) {
	r, release, err := p.hold(id)
	if err != nil {
		return nil, nil, err
	}
	err = r.need("review", InReview, Approved1, Approved)
	if err == nil && !r.looked(officer) {
		err = fmt.Errorf("review bundle %s: %s has to open the review first: %w: %w", id, officer, ErrUnread, ErrRefused)
	}
	if err == nil {
		_, err = p.officer(r, officer)
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return r, release, nil
}

// officer finds an officer by id who may decide on a bundle.
func (p *Pipeline) officer(r *Record, id string) (roster.Person, error) {
	t, err := p.o.Trust()
	if err != nil {
		return roster.Person{}, fmt.Errorf("review bundle %s: %w", r.BID, err)
	}
	person, ok := t.Roster.Person(id)
	if !ok {
		return roster.Person{}, fmt.Errorf("review bundle %s: %q is not on the roster: %w", r.BID, id, ErrRefused)
	}
	if person, err = holder(t.Roster, person.Key, r.Seq, roster.Officer); err == nil {
		err = notCollector(r, person)
	}
	if err != nil {
		return roster.Person{}, fmt.Errorf("review bundle %s: %w", r.BID, err)
	}
	return person, nil
}

// Look is the frozen tree of a bundle, for looking a place up.
type Look struct {
	FS       fs.FS
	Files    []bundle.Entry
	Loosened []string // words the policy lets through that the shipped rules would hide
	root     *os.Root
}

// Close ends it.
func (l *Look) Close() error { return l.root.Close() }

// Look opens the frozen tree of a bundle; close it after use. What is shown of it
// is not verified at that moment: every decision hashes the tree again.
func (p *Pipeline) Look(id bundle.ID) (*Look, error) {
	r, err := p.load(id)
	if err != nil {
		return nil, err
	}
	if !r.State.reached(Frozen) {
		return nil, r.need("look into", Frozen)
	}
	root, err := os.OpenRoot(p.treeDir(&r))
	if err != nil {
		return nil, fmt.Errorf("look into bundle %s: %w", id, err)
	}
	l := &Look{FS: tree{root.FS()}, root: root}
	text, err := readSmall(root, "MANIFEST.json", container.MaxManifest)
	if err == nil {
		var m bundle.Manifest
		m, err = container.DecodeManifest(text)
		l.Files = m.Files
		if err == nil {
			l.Loosened, err = loosenedIn(root, m)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("look into bundle %s: %w", id, err), root.Close())
	}
	return l, nil
}

// SinceFrozen is the trail since the bundle was frozen last: what was opened and
// approved before that was something else.
func (r *Record) SinceFrozen() []Step {
	for i := len(r.Trail) - 1; i >= 0; i-- {
		if r.Trail[i].State == Frozen {
			return r.Trail[i:]
		}
	}
	return r.Trail
}

// looked reports whether an officer has opened the review of what is frozen now.
func (r *Record) looked(officer string) bool {
	return slices.ContainsFunc(r.SinceFrozen(), func(s Step) bool { return s.State == InReview && s.Actor == officer })
}
