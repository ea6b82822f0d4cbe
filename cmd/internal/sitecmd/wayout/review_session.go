package wayout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle"
	"darksite/bundle/approve"
	"darksite/bundle/pipeline"
	"darksite/bundle/review"
	"darksite/cmd/internal/cli"
	"darksite/localmon/units"
)

// Rows of a screen and columns of an item: a terminal of 24 by 80, with the
// number of each item before it.
const (
	screenRows  = 18
	itemColumns = 76
	lookAround  = 5  // lines shown before and after a place
	mostFound   = 20 // places shown of a text
)

// session is one officer at a terminal. It works by the line: what is on the
// screen stays, one fact follows the other, every prompt ends with a colon.
// Locks are held while something is done, never while somebody reads.
type session struct {
	a        *app
	o        reviewOptions
	id       bundle.ID
	ask      *cli.Asker
	look     *pipeline.Look
	files    *pipeline.Pipeline // for what needs neither journal nor database
	summary  review.Summary
	reading  pipeline.Reading
	answered map[review.Mark]bool
	sections []review.Section
	pages    []page
	at       int
	shown    int // the screen that was printed last
	done     bool
}

// page is items of a section that fit a screen.
type page struct{ section, from, to int }

func (a *app) reviewSession(ctx context.Context, name string, o reviewOptions) error {
	s := &session{a: a, o: o, id: bundle.ID(name), ask: a.Env.Asker()}
	if err := s.open(ctx); err != nil {
		return err
	}
	defer s.look.Close()
	s.lay()
	s.head()
	return s.run(ctx)
}

// open reads the bundle. The first words come before the long work.
func (s *session) open(ctx context.Context) error {
	return s.a.onOne(string(s.id), func(j *Journey, id bundle.ID) error {
		r, err := j.Show(id)
		if err != nil {
			return err
		}
		s.a.Env.Notef("%s is %s: %d files, %s; checking every byte and reading every line", id, r.State, r.Totals.Files, units.Bytes(float64(r.Totals.Bytes)))
		if s.summary, err = Review(ctx, s.a.Site, j, id, s.o.As); err != nil {
			return err
		}
		if s.reading, err = j.Reading(id, s.o.As); err != nil {
			return err
		}
		s.answered, s.files = map[review.Mark]bool{}, j.Pipeline
		s.look, err = j.Look(id)
		return err
	})
}

// lay cuts what is left to read into screens.
func (s *session) lay() {
	v := review.View{Folded: s.o.folded, Width: itemColumns, Read: s.settled}
	if s.o.again {
		v.Read = nil
	}
	s.sections, s.pages, s.at = review.Sections(s.summary, v), nil, 0
	for i, sec := range s.sections {
		if len(sec.Items) == 0 && len(sec.Intro) > 0 {
			s.pages = append(s.pages, page{section: i})
		}
		for from := 0; from < len(sec.Items); {
			to, rows := from, 0
			for to < len(sec.Items) && (to == from || rows+len(sec.Items[to].Lines) <= screenRows && sec.Items[to].Ask == "" && sec.Items[from].Ask == "") {
				rows += len(sec.Items[to].Lines)
				to++
			}
			s.pages = append(s.pages, page{i, from, to})
			from = to
		}
	}
}

// settled reports whether something was read, and answered for where it has to
// be.
func (s *session) settled(m review.Mark) bool {
	return s.reading.Read(m) || s.answered[m]
}

func (s *session) head() {
	for _, row := range review.Head(s.summary, s.sections) {
		fmt.Fprintln(s.a.Env.Out, row)
	}
	if n := s.reading.Len(); n > 0 && !s.o.again {
		fmt.Fprintf(s.a.Env.Out, "\nYou have read %d things of it before; only the others are shown (--again: all).\n", n)
	}
}

func (s *session) run(ctx context.Context) error {
	s.shown = -1
	s.a.Env.Notef("Enter goes on, ? lists what can be done")
	for first := true; !s.done; first = false {
		if s.shown != s.at && !first {
			s.show()
			s.shown = s.at
		}
		line, err := s.ask.Line(s.prompt(first))
		if errors.Is(err, cli.ErrNoAnswer) {
			line, err = "q", nil
		}
		if err != nil {
			return err
		}
		if first && line == "" {
			continue
		}
		if err := s.answer(ctx, line); err != nil {
			if ctx.Err() != nil || errors.Is(err, pipeline.ErrInvalidated) || errors.Is(err, pipeline.ErrTampered) {
				return err
			}
			s.a.Env.Notef("not done: %s", cli.Printable(err.Error()))
		}
	}
	return nil
}

func (s *session) prompt(first bool) string {
	switch {
	case first:
		return "Enter to begin:"
	case s.at >= len(s.pages):
		return "approve, refuse REASON, hide, remove, back, q or ?:"
	}
	p := s.pages[s.at]
	where := fmt.Sprintf("[%d/%d]", s.at+1, len(s.pages))
	if sec := s.sections[p.section]; p.to > p.from && sec.Items[p.from].Ask != "" {
		return where + " keep REASON, hide WORD, remove 1, Enter for later, ?:"
	}
	return where + " Enter when read, ?:"
}

// show prints the screen at hand.
func (s *session) show() {
	out := s.a.Env.Out
	if s.at >= len(s.pages) {
		fmt.Fprintf(out, "\nThat was all of it.\n")
		s.where()
		return
	}
	p := s.pages[s.at]
	sec := s.sections[p.section]
	part := ""
	if len(sec.Items) > p.to-p.from {
		part = fmt.Sprintf("  (%d to %d of %d)", p.from+1, p.to, len(sec.Items))
	}
	fmt.Fprintf(out, "\n%d %s: %s%s\n", p.section+1, sec.Key, sec.Title, part)
	if p.from == 0 {
		for _, row := range sec.Intro {
			fmt.Fprintln(out, row)
		}
	}
	for i, it := range sec.Items[p.from:p.to] {
		for j, row := range it.Lines {
			number := ""
			if j == 0 {
				number = strconv.Itoa(i + 1)
			}
			fmt.Fprintf(out, "%3s %s\n", number, row)
		}
	}
}

const sessionHelp = `
Enter          what is on the screen was read; go on
back           one screen back
go WORD        to a section: its word or its number
look N         the lines around item N of the screen
find TEXT      where TEXT stands in the bundle
hide WORD      have it hidden wherever it stands; /PATTERN/ for what it finds
remove N       have the file of item N left out; or: remove PATH
asked          what you and others have asked for; undo N takes yours back
keep REASON    this word or marking may leave as it stands
keep-same REASON   the same for all that stand in the same words
where          how much you have read and what is open
seen           show also what an approved bundle had
refuse REASON  sign that it must not leave; this ends its journey
approve        sign that exactly this may leave
q              leave; what was read and answered is kept
`

// answer does what a line asks.
func (s *session) answer(ctx context.Context, line string) error {
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch strings.ToLower(word) {
	case "":
		return s.next()
	case "?", "help", "h":
		fmt.Fprint(s.a.Env.Err, sessionHelp)
	case "b", "back":
		s.at = max(0, s.at-1)
	case "go":
		return s.goTo(rest)
	case "look":
		return s.lookAt(ctx, rest)
	case "find":
		return s.find(ctx, rest)
	case "hide":
		return s.hide(ctx, rest)
	case "remove":
		return s.remove(ctx, rest)
	case "asked":
		return s.asked()
	case "undo":
		return s.undo(ctx, rest)
	case "keep", "keep-same":
		return s.keep(ctx, rest, word == "keep-same")
	case "where":
		s.where()
	case "seen":
		return s.unfold()
	case "refuse":
		return s.decide(ctx, approve.Reject, rest)
	case "approve":
		return s.decide(ctx, approve.Release, "")
	case "q", "quit":
		s.done = true
		s.a.Env.Notef("left; what you have read is kept")
		s.a.Env.Next("darksite bundle review " + string(s.id) + " --as " + s.o.As)
	default:
		return fmt.Errorf("%q is nothing that can be done here; ? lists it", word)
	}
	return nil
}

// items are those on the screen.
func (s *session) items() []review.Item {
	if s.at >= len(s.pages) {
		return nil
	}
	p := s.pages[s.at]
	return s.sections[p.section].Items[p.from:p.to]
}

// next keeps what was read before it goes on. What has to be answered for stays
// open.
func (s *session) next() error {
	var marks []review.Mark
	for _, it := range s.items() {
		if it.Ask == "" {
			marks = append(marks, it.Marks...)
		}
	}
	if len(marks) > 0 {
		if err := s.files.MarkRead(s.id, s.o.As, marks); err != nil {
			return err
		}
	}
	s.at = min(s.at+1, len(s.pages))
	return nil
}

// unfold lays out what is left to read together with what an approved bundle had.
func (s *session) unfold() (err error) {
	if s.reading, err = s.files.Reading(s.id, s.o.As); err != nil {
		return err
	}
	s.o.folded = true
	s.lay()
	return s.goTo("seen")
}

func (s *session) goTo(name string) error {
	i := slices.IndexFunc(s.sections, func(sec review.Section) bool { return sec.Key == strings.ToLower(name) })
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(s.sections) {
		i = n - 1
	}
	if i < 0 {
		return fmt.Errorf("no section is called %q; their words stand on the first screen", name)
	}
	at := slices.IndexFunc(s.pages, func(p page) bool { return p.section == i })
	if at < 0 {
		return fmt.Errorf("%s: nothing is left to read there", s.sections[i].Key)
	}
	s.at, s.shown = at, -1
	return nil
}
