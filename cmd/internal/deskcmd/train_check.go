package deskcmd

import (
	"errors"
	"fmt"
	"slices"

	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/exambank"
	"darksite/training/award"
	"darksite/training/certificate"
	"darksite/training/exam"
	"darksite/training/register"
)

// examChecker checks the examinations of a bundle one after the other, each against
// those that were seen before.
type examChecker struct {
	register *register.Register
	people   award.People
	trust    certificate.Trust
	bank     *exam.Bank
	screens  exam.Screener
	seen     []award.Earlier // of all candidates, in the order in which they were closed
	earned   map[string]certificate.Day
	issued   []certificate.Signed
}

func (a *app) examChecker(people award.People, bank string) (*examChecker, error) {
	c := &examChecker{register: a.register(), earned: map[string]certificate.Day{}}
	gone, _, err := a.withdrawn(people.Vendor)
	if err != nil {
		return nil, err
	}
	c.trust = certificate.Trust{Vendor: award.Issuers(people.Vendor), Withdrawn: gone}
	if c.bank, c.screens, err = exambank.Load(bank); err != nil {
		return nil, err
	}
	if c.issued, err = c.register.Certificates(); err != nil {
		return nil, cli.WithCode(cli.CodeTampered, err)
	}
	kept, err := c.register.Exams()
	if err != nil {
		return nil, cli.WithCode(cli.CodeTampered, err)
	}
	for _, e := range kept {
		c.seen = append(c.seen, award.Earlier{Record: e.Record, Digest: exam.Digest(e.Text), Passed: c.passed(e.Record)})
	}
	// Who has passed an examination of this bundle may have supervised the next.
	before := people.Certified
	people.Certified = func(key string, on certificate.Day) bool {
		since, ok := c.earned[key]
		return before(key, on) || ok && !on.Before(since)
	}
	c.people = people
	return c, nil
}

// passed reports whether a record that was checked before was passed; where its bank is
// not at hand any more the certificate tells.
func (c *examChecker) passed(r exam.Record) bool {
	if out, err := r.Replay(c.bank, c.screens); err == nil {
		return out.Result.Passed
	}
	return c.certified(r)
}

// certified reports whether this desk has issued the certificate of an examination.
func (c *examChecker) certified(r exam.Record) bool {
	id := certificateID(award.Award{Record: r})
	return slices.ContainsFunc(c.issued, func(s certificate.Signed) bool { return s.ID == id })
}

// followed reports whether one of the records that come after names this one.
func followed(e arrivedExam, later []arrivedExam) bool {
	return slices.ContainsFunc(later, func(o arrivedExam) bool { return o.record.After == exam.Digest(e.text) })
}

// check checks one examination. Of one that was seen before only what is in it is checked
// again: what came before it, and whether the supervisor was certified, was decided then.
func (c *examChecker) check(e arrivedExam) (award.Award, error) {
	people := c.people
	if c.saw(exam.Digest(e.text)) {
		people.Certified = func(string, certificate.Day) bool { return true }
	}
	checked, err := award.Check(e.text, e.signed, people, c.bank, c.screens)
	if err != nil && !errors.Is(err, exam.ErrOtherBank) {
		return checked, err
	}
	if rule := c.byTheRules(e, checked); rule != nil {
		return checked, rule
	}
	return checked, err
}

func (c *examChecker) saw(digest string) bool {
	return slices.ContainsFunc(c.seen, func(s award.Earlier) bool { return s.Digest == digest })
}

func (c *examChecker) byTheRules(e arrivedExam, checked award.Award) error {
	digest := exam.Digest(e.text)
	var earlier []award.Earlier
	for _, s := range c.seen {
		switch {
		case s.Digest == digest:
			return nil
		case s.Session == e.record.Session:
			return fmt.Errorf("examination %s %w: a fork, this desk has another record of it", e.record.Session, award.ErrHistory)
		case c.people.Of(s.Record, e.record):
			earlier = append(earlier, s)
		}
	}
	if err := award.Retake(e.record, e.began, checked.Standing, earlier); err != nil {
		return err
	}
	return c.people.Renewable(e.record, certificate.DayOf(e.began), c.trust, c.register.Certificate)
}

// remember keeps an examination that was checked.
func (c *examChecker) remember(e arrivedExam, passed bool) error {
	if passed && e.record.Track == certificate.Admin {
		c.earned[e.record.Candidate] = certificate.DayOf(e.record.Events[len(e.record.Events)-1].At)
	}
	digest := exam.Digest(e.text)
	if c.saw(digest) {
		return nil
	}
	c.seen = append(c.seen, award.Earlier{Record: e.record, Digest: digest, Passed: passed})
	signed := map[string][]byte{}
	for _, armored := range e.signed {
		by, err := sign.SignedBy(armored)
		if err != nil {
			return err
		}
		signed[by.ID()] = armored
	}
	return c.register.KeepExam(e.record, signed)
}
