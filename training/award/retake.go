package award

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"darksite/training/certificate"
	"darksite/training/exam"
)

// Errors a caller decides on.
var (
	// ErrTooSoon says that an examination was sat before that was allowed, or without the
	// supervisor that is needed by then.
	ErrTooSoon = errors.New("sat against the rules of trying again")
	// ErrHistory says that a record does not follow the candidate's record before: one is
	// missing, or two claim the same place.
	ErrHistory = errors.New("does not follow the examinations before")
	// ErrNotRenewable says that the certificate that is to be renewed cannot be.
	ErrNotRenewable = errors.New("cannot be renewed by the short examination")
)

// Earlier is an examination that a candidate closed in the same track before.
type Earlier struct {
	exam.Record
	Digest string // see [exam.Digest]
	Passed bool
}

func (e Earlier) ended() time.Time {
	if len(e.Events) == 0 {
		return time.Time{}
	}
	return e.Events[len(e.Events)-1].At
}

// Of is whether a record is of the same person and track at the same site, with whatever
// key of his.
func (p People) Of(r, other exam.Record) bool {
	x, _, known := p.person(r.Candidate)
	y, _, also := p.person(other.Candidate)
	return known && also && x.ID == y.ID && r.Track == other.Track && r.Site == other.Site
}

// Retake holds an examination against those the candidate closed before, oldest first: it
// names the last of them, its form was drawn against that one, and the times of waiting
// were kept. The site asks before it begins and the desk when it has arrived.
func Retake(r exam.Record, began time.Time, standing Standing, earlier []Earlier) error {
	if err := follows(r, earlier); err != nil {
		return err
	}
	var attempts []exam.Attempt
	for _, e := range earlier {
		attempts = append(attempts, exam.Attempt{At: e.ended(), Passed: e.Passed})
	}
	at, trainer := exam.Next(attempts, began)
	switch {
	case began.Before(at):
		return fmt.Errorf("%w: begun on %s, and the next is possible from %s", ErrTooSoon, began.UTC().Format(minute), at.UTC().Format(minute))
	case trainer && standing == Admin:
		return fmt.Errorf("%w: after %d failures a security officer or a trainer of the vendor supervises", ErrTooSoon, exam.MaxAttempts)
	}
	return nil
}

const minute = "2006-01-02 15:04Z"

func follows(r exam.Record, earlier []Earlier) error {
	if len(earlier) == 0 {
		if r.After != "" {
			return fmt.Errorf("examination %s %w: a gap, the record before it is not here", r.Session, ErrHistory)
		}
		return nil
	}
	last := earlier[len(earlier)-1]
	switch {
	case slices.ContainsFunc(earlier, func(e Earlier) bool { return e.After == r.After }):
		return fmt.Errorf("examination %s %w: a fork, another one stands in its place", r.Session, ErrHistory)
	case r.After != last.Digest:
		return fmt.Errorf("examination %s %w: a gap between it and %s", r.Session, ErrHistory, last.Session)
	}
	for _, id := range last.Items() {
		if !slices.Contains(r.Previous, id) {
			return fmt.Errorf("examination %s %w: item %s was asked in %s and the form was not drawn against that", r.Session, ErrHistory, id, last.Session)
		}
	}
	return nil
}

// Renewable makes sure that an examination of the short form renews a certificate of its
// candidate that can be renewed on the day; have finds certificates by ID. Of a whole
// examination there is nothing to say.
func (p People) Renewable(r exam.Record, on certificate.Day, t certificate.Trust, have func(id string) (certificate.Signed, error)) error {
	if r.Renews == "" {
		return nil
	}
	s, err := have(r.Renews)
	if err != nil {
		return fmt.Errorf("certificate %s %w: %w", r.Renews, ErrNotRenewable, err)
	}
	holder, _, known := p.person(s.Key)
	sits, _, _ := p.person(r.Candidate)
	if !known || holder.ID != sits.ID || s.Track != r.Track || s.Site != r.Site {
		return fmt.Errorf("certificate %s %w: it is not one of the candidate for track %s", r.Renews, ErrNotRenewable, r.Track)
	}
	if why := certificate.Renewable(s, t, on); why != "" {
		return fmt.Errorf("certificate %s %w: %s", r.Renews, ErrNotRenewable, why)
	}
	return nil
}
