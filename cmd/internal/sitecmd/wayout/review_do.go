package wayout

import (
	"cmp"
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
)

// What an officer can do in a session besides reading on.

// item is the one with a number on the screen.
func (s *session) item(number string) (review.Item, error) {
	items := s.items()
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(items) {
		return review.Item{}, fmt.Errorf("name an item of this screen, 1 to %d", len(items))
	}
	return items[n-1], nil
}

func (s *session) entry(path string) (bundle.Entry, error) {
	i := slices.IndexFunc(s.look.Files, func(e bundle.Entry) bool { return e.Path == path })
	if i < 0 {
		return bundle.Entry{}, fmt.Errorf("there is no file %q in the bundle", path)
	}
	return s.look.Files[i], nil
}

func (s *session) lookAt(ctx context.Context, number string) error {
	it, err := s.item(number)
	if err != nil {
		return err
	}
	e, err := s.entry(it.At.Path)
	if err != nil {
		return errors.New("this item stands at no place of its own")
	}
	lines, err := review.Around(ctx, s.look.FS, e, max(it.At.Line, 1), lookAround, lookAround)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.a.Env.Out, "\n%s\n%d bytes of %s, by collector %s\n", e.Path, e.Size, cmp.Or(e.Type, "unknown type"), e.Source)
	for _, l := range lines {
		mark := " "
		if l.Line == it.At.Line {
			mark = ">"
		}
		for i, row := range cli.Wrap(l.Text, itemColumns-8) {
			if i > 0 {
				fmt.Fprintf(s.a.Env.Out, "%11s%s\n", "", row)
				continue
			}
			fmt.Fprintf(s.a.Env.Out, "%s%9d %s\n", mark, l.Line, row)
		}
	}
	return nil
}

func (s *session) find(ctx context.Context, text string) error {
	if text == "" {
		return errors.New("say what to find")
	}
	places, err := review.Find(ctx, s.look.FS, s.look.Files, []string{text}, mostFound)
	if err != nil {
		return err
	}
	if len(places) == 0 {
		fmt.Fprintln(s.a.Env.Out, "not found")
	}
	for _, at := range places {
		fmt.Fprintf(s.a.Env.Out, "%s:%d\n", at.Path, at.Line)
		for _, row := range cli.Wrap(at.Text, itemColumns) {
			fmt.Fprintf(s.a.Env.Out, "    %s\n", row)
		}
	}
	if len(places) == mostFound {
		fmt.Fprintf(s.a.Env.Out, "and perhaps more: only the first %d are shown\n", mostFound)
	}
	return nil
}

// hide asks for a word, or for what a pattern between slashes finds.
func (s *session) hide(ctx context.Context, what string) error {
	o := pipeline.Order{Officer: s.o.As, What: pipeline.Hide}
	if n := len(what); n > 2 && what[0] == '/' && what[n-1] == '/' {
		o.Pattern = what[1 : n-1]
		found, err := s.look.Matches(ctx, o.Pattern)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.a.Env.Out, "it finds %d different strings:\n", len(found))
		for _, row := range cli.Wrap(cli.Printable(strings.Join(found, " ")), itemColumns) {
			fmt.Fprintf(s.a.Env.Out, "    %s\n", row)
		}
	} else if what != "" {
		o.Words = []string{what}
		places, err := review.Find(ctx, s.look.FS, s.look.Files, o.Words, 1)
		if err != nil {
			return err
		}
		if len(places) == 0 {
			return fmt.Errorf("%q stands nowhere in the bundle", what)
		}
	}
	return s.order(ctx, o)
}

func (s *session) remove(ctx context.Context, what string) error {
	o := pipeline.Order{Officer: s.o.As, What: pipeline.Remove, Path: what}
	if _, err := strconv.Atoi(what); err == nil {
		it, err := s.item(what)
		if err != nil {
			return err
		}
		o.Path = it.At.Path
	}
	if _, err := s.entry(o.Path); err != nil {
		return err
	}
	return s.order(ctx, o)
}

// order takes the reason and gives the order.
func (s *session) order(ctx context.Context, o pipeline.Order) error {
	question := "why (for the journal; do not repeat what is to be hidden):"
	if o.What == pipeline.Remove {
		question = "why (for the journal and, redacted, for the reader of the bundle):"
	}
	reason, err := s.ask.Line(question)
	if err != nil {
		return err
	}
	o.Reason = reason
	err = s.locked(func(j *Journey) error {
		o, err = j.Ask(ctx, s.id, o)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(s.a.Env.Out, cli.Printable(orderText(o)))
	s.a.Env.Notef("go on reading; then the collector makes it: darksite bundle amend %s --as %s", s.id, s.summary.Collector.Principal)
	return nil
}

// locked opens the journey for one step.
func (s *session) locked(do func(j *Journey) error) error {
	return OnBundle(s.a.Site, do)
}

func (s *session) asked() error {
	orders, err := s.files.Orders(s.id)
	if err != nil {
		return err
	}
	if len(orders) == 0 {
		fmt.Fprintln(s.a.Env.Out, "nothing was asked for")
	}
	for _, o := range orders {
		if o.Officer != s.o.As {
			fmt.Fprintf(s.a.Env.Out, "%d  %s has asked for a change\n", o.N, o.Officer) // what, he says himself when you have decided
			continue
		}
		fmt.Fprintln(s.a.Env.Out, cli.Printable(orderText(o)))
	}
	return nil
}

func (s *session) undo(ctx context.Context, number string) error {
	n, err := strconv.Atoi(number)
	if err != nil {
		return errors.New("name the number of what you asked for")
	}
	if err := s.locked(func(j *Journey) error { return j.Unask(ctx, s.id, s.o.As, n) }); err != nil {
		return err
	}
	fmt.Fprintf(s.a.Env.Out, "%d is taken back\n", n)
	return nil
}

// keep answers for what is on the screen, or for everything that was found in
// the same words.
func (s *session) keep(ctx context.Context, reason string, same bool) error {
	items := s.items()
	if len(items) != 1 || items[0].Ask == "" {
		return errors.New("there is nothing to answer for on this screen")
	}
	if reason == "" {
		return errors.New("say why it may leave: keep REASON")
	}
	it := items[0]
	marks, n := it.Marks, 1
	if same {
		for _, other := range s.sections[s.pages[s.at].section].Items {
			if other.Ask == it.Ask && other.At.Text == it.At.Text && other.Marks[0] != it.Marks[0] && !s.settled(other.Marks[0]) {
				marks = append(marks[:len(marks):len(marks)], other.Marks...)
				n++
			}
		}
	}
	err := s.locked(func(j *Journey) error { return j.Answer(ctx, s.id, s.o.As, it.Ask, marks, reason) })
	if err != nil {
		return err
	}
	for _, m := range marks {
		s.answered[m] = true
	}
	fmt.Fprintf(s.a.Env.Out, "answered for %d\n", n)
	s.at++
	for s.at < len(s.pages) && s.answeredFor() {
		s.at++
	}
	return nil
}

// answeredFor reports whether the screen asks for an answer that was given.
func (s *session) answeredFor() bool {
	items := s.items()
	return len(items) > 0 && items[0].Ask != "" && s.settled(items[0].Marks[0])
}

// progress counts what the review shows in all, what of it was read, and what is
// still to be answered for.
func (s *session) progress() (all, read, open int, err error) {
	if s.reading, err = s.files.Reading(s.id, s.o.As); err != nil {
		return 0, 0, 0, err
	}
	for _, sec := range review.Sections(s.summary, review.View{Width: itemColumns}) {
		for _, it := range sec.Items {
			for _, m := range it.Marks {
				all++
				if s.reading.Read(m) {
					read++
				} else if it.Ask != "" {
					open++
				}
			}
		}
	}
	return all, read, open, nil
}

func (s *session) where() {
	all, read, open, err := s.progress()
	if err != nil {
		s.a.Env.Notef("%s", err)
		return
	}
	orders, err := s.files.Orders(s.id)
	if err != nil {
		s.a.Env.Notef("%s", err)
		return
	}
	fmt.Fprintf(s.a.Env.Out, "You have read %d of %d things; %d to answer for; %d changes asked for.\n", read, all, open, len(orders))
}

// decide signs. What was not read is said in the statement.
func (s *session) decide(ctx context.Context, what approve.Decision, reason string) error {
	if what == approve.Reject && reason == "" {
		return errors.New("say why: refuse REASON")
	}
	all, read, open, err := s.progress()
	if err != nil {
		return err
	}
	if what == approve.Release && open > 0 {
		return fmt.Errorf("%d to answer for first: go words, go markings", open)
	}
	o := decideOptions{Person: s.o.Person, ask: s.ask}
	o.Reason = reason
	if what == approve.Release && read < all {
		o.Exceptions = []string{fmt.Sprintf("read %d of %d things the review shows", read, all)}
	}
	if err := s.a.decide(ctx, string(s.id), what, o); err != nil {
		return err
	}
	s.done = true
	return nil
}
