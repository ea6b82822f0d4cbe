package exam

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrRecord is wrapped by every reason why a record that is whole tells of an
// examination that was not held by the rules.
var ErrRecord = errors.New("not held by the rules")

// ErrOtherBank says that a record has to be replayed with the bank it was held by.
var ErrOtherBank = errors.New("another bank of questions")

// ErrTimeUp says that an answer or a lab came too late.
var ErrTimeUp = errors.New("the time is over")

// Outcome is what a record comes to when it is gone through again.
type Outcome struct {
	Form    Form
	Result  Result
	Began   time.Time
	Ended   time.Time
	Away    int // seconds away from the screen, in sum
	Changed int // answers given more than once
	Notes   []string
}

// Replay makes the form again and marks the answers, so that nobody has to believe a
// score that was written down. The bank must be the one of the record. Labs were judged
// at the site; their results are taken as recorded.
func (r Record) Replay(b *Bank, screens Screener) (Outcome, error) {
	s, err := r.follow(b, screens)
	if err != nil {
		return Outcome{}, err
	}
	if s.out.Ended.IsZero() {
		return Outcome{}, fmt.Errorf("%w: the supervisor did not close it", ErrRecord)
	}
	return s.outcome(), nil
}

// follow goes through all that happened so far.
func (r Record) follow(b *Bank, screens Screener) (*session, error) {
	if b.Digest != r.BankDigest {
		return nil, fmt.Errorf("%w: %w: the bank was %s (%.12s) and this one is %s (%.12s)", ErrRecord, ErrOtherBank, r.Bank, r.BankDigest, b.Version, b.Digest)
	}
	p := r.Blueprint()
	form, err := Draw(b, p, r.Seed, r.Previous)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	s := &session{
		plan: p, form: form, screens: screens, right: map[string]bool{}, given: map[string]int{}, answers: map[string]Answer{},
		limit: time.Duration(p.Minutes.Items+p.Minutes.Labs+r.Extra) * time.Minute,
	}
	for i, e := range r.Events {
		if err := s.step(i, e); err != nil {
			return nil, fmt.Errorf("%w: event %d: %w", ErrRecord, i+1, err)
		}
	}
	return s, nil
}

// session goes through the events of a record.
type session struct {
	plan    Blueprint
	form    Form
	limit   time.Duration // from the opening until the last answer and the last lab
	screens Screener
	right   map[string]bool
	given   map[string]int
	answers map[string]Answer
	labs    []LabResult
	last    time.Time
	out     Outcome
}

// outcome is what all steps so far come to.
func (s *session) outcome() Outcome {
	out := s.out
	for _, n := range s.given {
		out.Changed += n - 1
	}
	out.Form = s.form
	out.Result = Judge(s.plan, s.form, s.right, s.labs)
	return out
}

// inTime refuses what happened after the time that was allowed.
func (s *session) inTime(at time.Time) error {
	if over := at.Sub(s.out.Began) - s.limit; over > 0 {
		return fmt.Errorf("%w: %s after the %s that were allowed", ErrTimeUp, over, s.limit)
	}
	return nil
}

func (s *session) step(i int, e Event) error {
	if (i == 0) != (e.What == Opened) {
		return errors.New("the supervisor opens it first, and once")
	}
	if !s.out.Ended.IsZero() {
		return errors.New("something happened after the supervisor closed it")
	}
	if e.At.Before(s.last) {
		return fmt.Errorf("the clock went back by %s", s.last.Sub(e.At))
	}
	if err := s.apply(e); err != nil {
		return err
	}
	s.last = e.At
	return nil
}

func (s *session) apply(e Event) error {
	switch e.What {
	case Opened:
		s.out.Began = e.At
	case Closed:
		s.out.Ended = e.At
	case Noted:
		s.out.Notes = append(s.out.Notes, e.Rest)
	case Away:
		var seconds int
		if _, err := fmt.Sscanf(e.Rest, "%d", &seconds); err != nil || seconds < 0 {
			return fmt.Errorf("away for %q: want seconds", e.Rest)
		}
		s.out.Away += seconds
	case Answered:
		if err := s.inTime(e.At); err != nil {
			return err
		}
		return s.answer(e.Rest)
	case LabDone:
		return s.lab(e)
	}
	return nil
}

func (s *session) answer(rest string) error {
	id, answer, _ := strings.Cut(rest, " ")
	q, ok := s.form.question(id)
	if !ok {
		return fmt.Errorf("item %s is not on this form", id)
	}
	right, err := s.form.Mark(q, Answer(answer), s.screens)
	if err != nil {
		return err
	}
	s.right[id], s.answers[id] = right, Answer(answer)
	s.given[id]++
	return nil
}

func (s *session) lab(e Event) error {
	l, err := ParseLab(e.Rest)
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	if l.At.Before(s.out.Began) || l.At.After(e.At) {
		return fmt.Errorf("lab %s: judged at %s, which is not within the examination", l.Lab, l.At.Format(time.RFC3339))
	}
	if err := s.inTime(l.At); err != nil {
		return fmt.Errorf("lab %s: %w", l.Lab, err)
	}
	if l.Track() != s.plan.Track {
		return fmt.Errorf("lab %s: it is one of track %s, and the examination of track %s", l.Lab, l.Track(), s.plan.Track)
	}
	for _, have := range s.labs {
		if have.Kind == l.Kind {
			return fmt.Errorf("lab: a second one of kind %s", l.Kind)
		}
	}
	s.labs = append(s.labs, l)
	return nil
}

func (f Form) question(id string) (Question, bool) {
	for _, q := range f.Questions {
		if q.ID == id {
			return q, true
		}
	}
	return Question{}, false
}

// Mark marks an answer to a question of the form, whose screen it makes again.
func (f Form) Mark(q Question, a Answer, screens Screener) (bool, error) {
	want := ""
	if q.Kind == Screen {
		if screens == nil {
			return false, fmt.Errorf("item %s: nothing here makes screens", q.ID)
		}
		var ok bool
		if _, want, ok = screens.Screen(q.Item.Screen, f.ScreenSeed(q)); !ok {
			return false, fmt.Errorf("item %s: there is no screen %q", q.ID, q.Item.Screen)
		}
		if strings.HasPrefix(string(a), digested) {
			want = string(f.digest(q, Answer(want)))
		}
	}
	return Mark(q.Item, a, want)
}

// digested begins an answer of which only a digest is written down.
const digested = "read-"

// digest stands for what was read from a screen. The name of an array on a screen may
// be that of one at the site, and would not pass a redaction as it is.
func (f Form) digest(q Question, a Answer) Answer {
	sum := chance(f.Seed, "read", q.ID+" "+strings.ToLower(strings.Join(strings.Fields(string(a)), " ")))
	return Answer(digested + hex.EncodeToString(sum[:16]))
}
