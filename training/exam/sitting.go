package exam

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxEvents bounds a record: enough for every answer to be changed many times.
const MaxEvents = 400

// Sitting is an examination under way: a record that is not closed, and what
// follows from it. Every change is one more event of the record, so that whoever
// writes [Sitting.Record] down after each call loses nothing.
type Sitting struct {
	record Record
	state  *session
}

// Sit goes on with a record where it stands. One without events begins with
// [Sitting.Open].
func Sit(r Record, b *Bank, screens Screener) (*Sitting, error) {
	s, err := r.follow(b, screens)
	if err != nil {
		return nil, err
	}
	r.Events = slices.Clone(r.Events)
	return &Sitting{r, s}, nil
}

// Record is the record as it stands now.
func (s *Sitting) Record() Record { return s.record }

// Form is what is asked.
func (s *Sitting) Form() Form { return s.state.form }

// Blueprint is what the form was drawn by.
func (s *Sitting) Blueprint() Blueprint { return s.state.plan }

// Given is the answer that counts for an item now, if any.
func (s *Sitting) Given(item string) (Answer, bool) {
	a, ok := s.state.answers[item]
	return a, ok
}

// Answered is how many items have an answer.
func (s *Sitting) Answered() int { return len(s.state.answers) }

// Labs are the practical parts that are attached.
func (s *Sitting) Labs() []LabResult { return slices.Clone(s.state.labs) }

// Began is when the supervisor opened it; zero before.
func (s *Sitting) Began() time.Time { return s.state.out.Began }

// Closed reports whether the supervisor has closed it.
func (s *Sitting) Closed() bool { return !s.state.out.Ended.IsZero() }

// Outcome is what it comes to as it stands.
func (s *Sitting) Outcome() Outcome { return s.state.outcome() }

// Left is how much time is left; 0 or less when it is over.
func (s *Sitting) Left(now time.Time) time.Duration {
	return s.state.out.Began.Add(s.state.limit).Sub(s.moment(now))
}

// moment is now in whole seconds, and never before the newest event: a clock that
// was set back gives nobody time.
func (s *Sitting) moment(now time.Time) time.Time {
	now = now.UTC().Truncate(time.Second)
	if now.Before(s.state.last) {
		return s.state.last
	}
	return now
}

// Open begins it.
func (s *Sitting) Open(now time.Time) error { return s.add(now, Opened, "") }

// Answer writes an answer down. One that does not have the form of its item is an
// error and is not written; one that comes too late wraps [ErrTimeUp].
func (s *Sitting) Answer(now time.Time, item string, a Answer) error {
	if len(s.record.Events) >= MaxEvents {
		return fmt.Errorf("item %s: the record has %d events and takes no further change", item, MaxEvents)
	}
	if q, ok := s.state.form.question(item); ok && q.Kind == Screen && len(strings.Fields(string(a))) > 0 {
		a = s.state.form.digest(q, a)
	}
	return s.add(now, Answered, item+" "+strings.Join(strings.Fields(string(a)), " "))
}

// Back writes down that the candidate came back after the screen was left. The time
// counts from the newest event, because nobody saw the moment in which the screen went.
// A clock that was set back meanwhile is noted.
func (s *Sitting) Back(now time.Time) error {
	away := now.Sub(s.state.last)
	if away < 0 {
		return s.add(now, Noted, fmt.Sprintf("the clock was set back by at least %s", (-away).Truncate(time.Second)))
	}
	return s.add(now, Away, strconv.Itoa(int(away.Seconds())))
}

// Note writes down a remark of the supervisor.
func (s *Sitting) Note(now time.Time, text string) error { return s.add(now, Noted, text) }

// Lab attaches what a practical part came to.
func (s *Sitting) Lab(now time.Time, l LabResult) error { return s.add(now, LabDone, l.Words()) }

// Close ends it, by the supervisor. That may come after the time is over.
func (s *Sitting) Close(now time.Time) error { return s.add(now, Closed, "") }

func (s *Sitting) add(now time.Time, what, rest string) error {
	e := Event{s.moment(now), what, rest}
	if err := e.validate(); err != nil {
		return err
	}
	if err := s.state.step(len(s.record.Events), e); err != nil {
		return err
	}
	s.record.Events = append(s.record.Events, e)
	return nil
}

// Screens makes the screens of the form.
func (s *Sitting) Screens() Screener { return s.state.screens }
