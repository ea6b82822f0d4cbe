package desk

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"darksite/bundle"
)

// MaxText is the vendor's bound of a comment, in characters.
const MaxText = 4000

// CaseID names the case a bundle belongs to: by the site's draft when there is
// one, else by the bundle itself.
func CaseID(site, draft string, b bundle.ID) string {
	if draft != "" {
		return site + "/" + draft
	}
	return site + "/" + string(b)
}

// NextNumber is the eight-digit number after last, which is "" before the first.
func NextNumber(last string) (string, error) {
	n := 0
	if last != "" {
		var err error
		if n, err = strconv.Atoi(last); err != nil {
			return "", fmt.Errorf("next case number after %q: %w", last, err)
		}
	}
	if n >= 99_999_999 {
		return "", fmt.Errorf("%w: all eight-digit numbers are given", ErrRule)
	}
	return fmt.Sprintf("%08d", n+1), nil
}

// Apply returns the case as it stands after the event, under the file of its
// site as it stood then. A zero case is one that does not exist yet. The case it
// is given is not changed.
func Apply(c Case, s Site, e Event) (Case, error) {
	if c.Version != 0 && e.Case != c.ID {
		return Case{}, fmt.Errorf("%w: event of case %s given to case %s", ErrRule, e.Case, c.ID)
	}
	if c.Version == 0 && e.Kind != Imported {
		return Case{}, fmt.Errorf("%w: case %s does not exist", ErrRule, e.Case)
	}
	if err := shown(e); err != nil {
		return Case{}, err
	}
	step, known := steps()[e.Kind]
	if !known {
		return Case{}, fmt.Errorf("%w: unknown kind of event %q", ErrRule, e.Kind)
	}
	was := c.Status
	c, err := step(c, s, e)
	if err != nil {
		return Case{}, err
	}
	if c.Status != was {
		c.Since = e.At
		if was.Waiting() && !c.Status.Waiting() {
			c.Resumed = e.At
		}
	}
	c.Version = e.Seq
	return c, nil
}

type step func(Case, Site, Event) (Case, error)

// steps is every kind of event a case knows, with what it does.
func steps() map[Kind]step {
	return map[Kind]step{
		Imported: imported, Admitted: admitted, Refused: refused, Acknowledged: acknowledged, Commented: commented,
		Raised:    func(c Case, _ Site, e Event) (Case, error) { return raised(c, e.Severity, e.At) },
		Moved:     moved,
		Agreed:    agreed,
		Escalated: escalated, Answered: answered,
		Ordered: ordered, PartMoved: partMoved,
		Surveyed: surveyed, Reopened: reopened, Replied: replied, Triaged: triaged,
		Asked: said, Instructed: said, Advised: said,
	}
}

// shown holds that every word of an event can be shown: it is printed on
// terminals and carried to sites, where a reply with anything else is refused.
func shown(e Event) error {
	lines, texts := e.words()
	for _, t := range texts {
		if n := utf8.RuneCountInString(t); n > MaxText {
			return fmt.Errorf("%w: text of %d characters, at most %d: send the rest as a file", ErrRule, n, MaxText)
		}
		if hidden(t, "\n\t") {
			return fmt.Errorf("%w: the text holds a character that cannot be shown", ErrRule)
		}
	}
	for _, l := range lines {
		if hidden(l, "") || utf8.RuneCountInString(l) > maxLine {
			return fmt.Errorf("%w: a name or a line holds a character that cannot be shown, or more than %d of them", ErrRule, maxLine)
		}
	}
	return nil
}

// hidden reports a character that a terminal would act on or not show.
func hidden(s, allowed string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsGraphic(r) && !strings.ContainsRune(allowed, r)
	})
}

// grown appends without touching the slice of the case before.
func grown[T any](list []T, more T) []T { return append(list[:len(list):len(list)], more) }

func empty(s string) bool { return strings.TrimSpace(s) == "" }

func imported(c Case, s Site, e Event) (Case, error) {
	if e.Bundle == nil {
		return Case{}, fmt.Errorf("%w: import without a bundle", ErrRule)
	}
	if c.Version == 0 {
		c = Case{ID: e.Case, Site: e.Bundle.Site, Status: New, Raised: e.Bundle.Taken, Received: e.Bundle.Received}
		// The site knows its case by the draft until it has a number, also when the
		// draft itself was not carried.
		if id := strings.TrimPrefix(e.Case, c.Site+"/"); bundle.ValidDraft(id) {
			c.DraftID = id
		}
	}
	if c.Site != e.Bundle.Site {
		return Case{}, fmt.Errorf("%w: bundle of site %s for a case of site %s", ErrRule, e.Bundle.Site, c.Site)
	}
	c.Bundles = grown(c.Bundles, *e.Bundle)
	if c.Status == AwaitingCustomer {
		c.Status = AwaitingSupport
	}
	if e.Draft != nil {
		c = asked(c, s, e)
	}
	return c, nil
}

// asked takes a draft in: what it says replaces what an earlier one said, but a
// severity stays raised. A case that asks for support for the first time is held
// when the paperwork is not in order, except at severity 1.
func asked(c Case, s Site, e Event) Case {
	c.Draft, c.DraftID = *e.Draft, cmp.Or(c.DraftID, e.Draft.ID)
	if to := e.Draft.Severity; to != 0 && (c.Severity == 0 || to < c.Severity) && c.Status != Closed {
		c = risen(c, to, e.At)
	}
	if c.Status != New && c.Status != Held {
		return c
	}
	c.Paperwork = s.paperwork(c.Draft, e.At)
	if len(c.Paperwork) > 0 && c.Severity != 1 {
		c.Status = Held
	} else {
		c.Status = AwaitingSupport
	}
	return c
}

func admitted(c Case, _ Site, e Event) (Case, error) {
	if err := decided(c, e); err != nil {
		return Case{}, err
	}
	c.Status = AwaitingSupport
	return c, nil
}

func refused(c Case, _ Site, e Event) (Case, error) {
	if err := decided(c, e); err != nil {
		return Case{}, err
	}
	c.Status, c.Closed = Closed, e.At
	return c, nil
}

func decided(c Case, e Event) error {
	if c.Status != Held {
		return fmt.Errorf("%w: the case is not held, it is %s", ErrRule, c.Status)
	}
	if empty(e.Text) {
		return fmt.Errorf("%w: deciding on a held case needs a reason", ErrRule)
	}
	return nil
}

func acknowledged(c Case, _ Site, e Event) (Case, error) {
	if !c.Acknowledged.IsZero() {
		return Case{}, fmt.Errorf("%w: case %s is acknowledged already", ErrRule, c.Number)
	}
	if c.Status == Closed {
		return Case{}, fmt.Errorf("%w: the case is closed: reopen it", ErrRule)
	}
	if !bundle.ValidNumber(e.Number) {
		return Case{}, fmt.Errorf("%w: case number %q: want eight digits", ErrRule, e.Number)
	}
	if empty(e.Text) {
		return Case{}, fmt.Errorf("%w: an acknowledgement needs a first diagnosis", ErrRule)
	}
	if e.Severity != 0 && e.Severity != c.Severity {
		var err error
		if c, err = raised(c, e.Severity, e.At); err != nil {
			return Case{}, err
		}
	}
	if c.Severity == 0 {
		return Case{}, fmt.Errorf("%w: the case has no severity: confirm one", ErrRule)
	}
	if c.Status == Held {
		return Case{}, fmt.Errorf("%w: the case is held (%s): admit or refuse it first", ErrRule, strings.Join(c.Paperwork, "; "))
	}
	c.Number, c.Acknowledged, c.Diagnosis, c.Status = e.Number, e.At, e.Text, InProgress
	return c, nil
}

func commented(c Case, _ Site, e Event) (Case, error) {
	if empty(e.Text) {
		return Case{}, fmt.Errorf("%w: an empty comment", ErrRule)
	}
	return c, nil
}

// said is what is carried to the site for the people there. Asking for data makes
// the next word the customer's.
func said(c Case, _ Site, e Event) (Case, error) {
	switch {
	case c.Acknowledged.IsZero():
		return Case{}, fmt.Errorf("%w: acknowledge the case first", ErrRule)
	case c.Status == Closed:
		return Case{}, fmt.Errorf("%w: the case is closed: reopen it", ErrRule)
	case empty(e.Text):
		return Case{}, fmt.Errorf("%w: it says nothing: give it words", ErrRule)
	case e.Kind == Asked && empty(e.Profile):
		return Case{}, fmt.Errorf("%w: asking for data names a profile of the collector", ErrRule)
	case e.Kind == Instructed && (empty(e.Risk) || empty(e.Expect) || empty(e.Rollback)):
		return Case{}, fmt.Errorf("%w: an instruction needs a risk, what to expect and how to take it back", ErrRule)
	}
	if e.Kind == Asked {
		c.Status = AwaitingCustomer
	}
	return c, nil
}

// raised: 1 is the most urgent, so a severity rises by getting smaller.
func raised(c Case, to int, at time.Time) (Case, error) {
	if to < 1 || to > 4 {
		return Case{}, fmt.Errorf("%w: severity %d: want 1 to 4", ErrRule, to)
	}
	if c.Status == Closed {
		return Case{}, fmt.Errorf("%w: the case is closed", ErrRule)
	}
	if c.Severity != 0 && to > c.Severity {
		return Case{}, fmt.Errorf("%w: severity %d cannot fall to %d: once raised it stays until the case is closed", ErrRule, c.Severity, to)
	}
	if to != c.Severity {
		c = risen(c, to, at)
	}
	return c, nil
}

func risen(c Case, to int, at time.Time) Case {
	c.Severity, c.Rises = to, grown(c.Rises, Rise{at, to})
	if to == 1 && c.Status == Held {
		c.Status = AwaitingSupport // it never waits on paperwork
	}
	return c
}

func moved(c Case, s Site, e Event) (Case, error) {
	switch {
	case c.Status == Held:
		return Case{}, fmt.Errorf("%w: the case is held (%s): admit or refuse it first", ErrRule, strings.Join(c.Paperwork, "; "))
	case c.Status == Closed:
		return Case{}, fmt.Errorf("%w: the case is closed: reopen it", ErrRule)
	}
	switch e.Status {
	case AwaitingSupport, AwaitingCustomer, InProgress, Pending:
		if c.Acknowledged.IsZero() {
			return Case{}, fmt.Errorf("%w: acknowledge the case first", ErrRule)
		}
		if e.Status == Pending && empty(e.Text) {
			return Case{}, fmt.Errorf("%w: say what the customer is to confirm", ErrRule)
		}
		c.Fix = ""
		if e.Status == Pending {
			c.Fix = e.Text
		}
	case Closed:
		return closed(c, s, e)
	default:
		return Case{}, fmt.Errorf("%w: status %q is not one a person sets", ErrRule, e.Status)
	}
	c.Status = e.Status
	return c, nil
}

// closed ends a case. The customer confirms; only a case nobody asked for has no
// customer who could.
func closed(c Case, s Site, e Event) (Case, error) {
	if empty(e.Text) {
		return Case{}, fmt.Errorf("%w: closing needs the customer's confirmation in words", ErrRule)
	}
	if _, ok := s.Contact(e.By); ok {
		c.Confirmed = &Confirmation{At: e.At, By: e.By, Words: e.Text}
	} else if e.By != "" || c.Draft.ID != "" || !c.Acknowledged.IsZero() {
		return Case{}, fmt.Errorf("%w: closing needs the word of an authorised contact, and %q is none of site %s", ErrRule, e.By, c.Site)
	}
	c.Status, c.Closed = Closed, e.At
	c.Escalations = slices.Clone(c.Escalations)
	for i := range c.Escalations {
		if c.Escalations[i].Resolved.IsZero() {
			c.Escalations[i].Resolved = e.At
		}
	}
	return c, nil
}

func agreed(c Case, _ Site, e Event) (Case, error) {
	switch {
	case c.Severity == 1:
		return Case{}, fmt.Errorf("%w: updates of severity 1 are continuous", ErrRule)
	case e.Every < 0 || e.Every > 31*24*time.Hour:
		return Case{}, fmt.Errorf("%w: an update every %s: want up to 31 days", ErrRule, e.Every)
	}
	c.Every = e.Every
	return c, nil
}

func escalated(c Case, s Site, e Event) (Case, error) {
	_, authorised := s.Contact(e.By)
	switch {
	case c.Number == "":
		return Case{}, fmt.Errorf("%w: an escalation names the case by its number: acknowledge it first", ErrRule)
	case c.Status == Closed:
		return Case{}, fmt.Errorf("%w: the case is closed: reopen it", ErrRule)
	case !authorised:
		return Case{}, fmt.Errorf("%w: %q is not an authorised contact of site %s", ErrRule, e.By, c.Site)
	case empty(e.Reach) || empty(e.Summary) || empty(e.Text):
		return Case{}, fmt.Errorf("%w: an escalation needs contact details, a summary and a reason", ErrRule)
	}
	if n := len(c.Escalations); n > 0 && c.Escalations[n-1].Resolved.IsZero() {
		return Case{}, fmt.Errorf("%w: the case is escalated already, since %s", ErrRule, c.Escalations[n-1].At.Format(time.RFC3339))
	}
	c.Escalations = grown(c.Escalations, Escalation{At: e.At, By: e.By, Reach: e.Reach, Summary: e.Summary, Reason: e.Text})
	return c, nil
}

// answered is the manager's call. The actor is the manager, who follows the case
// from then on.
func answered(c Case, _ Site, e Event) (Case, error) {
	n := len(c.Escalations)
	switch {
	case n == 0 || !c.Escalations[n-1].Resolved.IsZero():
		return Case{}, fmt.Errorf("%w: the case is not escalated", ErrRule)
	case !c.Escalations[n-1].Answered.IsZero():
		return Case{}, fmt.Errorf("%w: %s has answered the escalation", ErrRule, c.Escalations[n-1].Manager)
	case empty(e.Actor):
		return Case{}, fmt.Errorf("%w: a manager answers an escalation: name the manager", ErrRule)
	}
	c.Escalations = slices.Clone(c.Escalations)
	c.Escalations[n-1].Manager, c.Escalations[n-1].Answered = e.Actor, e.At
	return c, nil
}

func ordered(c Case, s Site, e Event) (Case, error) {
	switch p := e.Part; {
	case p == nil || empty(p.Name) || !slices.Contains(PartKinds(), p.Kind):
		return Case{}, fmt.Errorf("%w: a part needs a place and a kind, one of %s", ErrRule, strings.Join(PartKinds(), ", "))
	case p.Keep && p.Kind != PartDrive:
		return Case{}, fmt.Errorf("%w: only a drive may be kept, the old %s goes back", ErrRule, p.Kind)
	case c.Acknowledged.IsZero():
		return Case{}, fmt.Errorf("%w: a part is ordered after the diagnosis: acknowledge the case first", ErrRule)
	case c.Status == Closed:
		return Case{}, fmt.Errorf("%w: the case is closed: reopen it", ErrRule)
	}
	if why := s.Entitled(e.At); why != "" {
		return Case{}, fmt.Errorf("%w: no part for site %s: %s", ErrRule, c.Site, why)
	}
	if missing := s.Access.Missing(); len(missing) > 0 {
		return Case{}, fmt.Errorf("%w: nobody could deliver the part to site %s: %s not on file", ErrRule, c.Site, strings.Join(missing, ", "))
	}
	p := *e.Part
	p.Plan, p.Severity, p.Access = s.Plan.Kind, c.Severity, s.Access
	p.State, p.Diagnosed, p.Since, p.Shipped, p.Arrived = PartOrdered, e.At, e.At, time.Time{}, time.Time{}
	c.Parts, c.Status = grown(c.Parts, p), AwaitingPart
	return c, nil
}

// partMoved moves a part on. The order of its states is fixed and none is left
// out backwards; steps forward may be left out, since not every one is told.
func partMoved(c Case, _ Site, e Event) (Case, error) {
	if e.PartNo < 1 || e.PartNo > len(c.Parts) {
		return Case{}, fmt.Errorf("%w: the case has %d parts, none is number %d", ErrRule, len(c.Parts), e.PartNo)
	}
	order := []PartState{PartOrdered, PartShipped, PartDelivered, PartInstalled, PartReturned}
	p := c.Parts[e.PartNo-1]
	to, from := slices.Index(order, e.PartState), slices.Index(order, p.State)
	switch {
	case to < 0:
		return Case{}, fmt.Errorf("%w: a part is shipped, delivered, installed or returned, not %q", ErrRule, e.PartState)
	case to <= from:
		return Case{}, fmt.Errorf("%w: the part is %s already", ErrRule, p.State)
	case e.PartState == PartReturned && p.Keep:
		return Case{}, fmt.Errorf("%w: the site keeps the old drive", ErrRule)
	}
	p.State, p.Since = e.PartState, e.At
	if p.Shipped.IsZero() {
		p.Shipped = e.At
	}
	if p.Arrived.IsZero() && to >= slices.Index(order, PartDelivered) {
		p.Arrived = e.At
	}
	if e.Part != nil {
		p.SerialIn = cmp.Or(e.Part.SerialIn, p.SerialIn)
	}
	c.Parts = slices.Clone(c.Parts)
	c.Parts[e.PartNo-1] = p
	if c.Status == AwaitingPart && !slices.ContainsFunc(c.Parts, func(p Part) bool { return slices.Index(order, p.State) < slices.Index(order, PartInstalled) }) {
		c.Status = InProgress
	}
	return c, nil
}

func surveyed(c Case, s Site, e Event) (Case, error) {
	_, authorised := s.Contact(e.By)
	switch {
	case c.Survey == nil:
		return Case{}, fmt.Errorf("%w: no survey was sent: it goes with the reply after closing", ErrRule)
	case !c.Survey.At.IsZero():
		return Case{}, fmt.Errorf("%w: the survey is answered already", ErrRule)
	case e.Score < 1 || e.Score > 5:
		return Case{}, fmt.Errorf("%w: score %d: want 1 to 5", ErrRule, e.Score)
	case !authorised:
		return Case{}, fmt.Errorf("%w: %q is not an authorised contact of site %s", ErrRule, e.By, c.Site)
	}
	answer := *c.Survey
	answer.At, answer.By, answer.Score, answer.Words = e.At, e.By, e.Score, e.Text
	c.Survey = &answer
	return c, nil
}

// reopened takes a closed case up again. Its severity may be set anew, since the
// rule that it stays raised ended with the case.
func reopened(c Case, _ Site, e Event) (Case, error) {
	if c.Status != Closed {
		return Case{}, fmt.Errorf("%w: the case is not closed, it is %s", ErrRule, c.Status)
	}
	if empty(e.Text) {
		return Case{}, fmt.Errorf("%w: reopening needs a reason", ErrRule)
	}
	if e.Severity < 0 || e.Severity > 4 {
		return Case{}, fmt.Errorf("%w: severity %d: want 1 to 4", ErrRule, e.Severity)
	}
	c.Reopenings = grown(c.Reopenings, e.At)
	c.Closed, c.Confirmed, c.Survey, c.Fix = time.Time{}, nil, nil, ""
	c.Status = InProgress
	if c.Acknowledged.IsZero() {
		c.Status = AwaitingSupport
	}
	if to := cmp.Or(e.Severity, c.Severity); to != 0 {
		c = risen(c, to, e.At)
	}
	return c, nil
}

// maxPrints bounds the fingerprints of a case.
const maxPrints = 2000

func triaged(c Case, _ Site, e Event) (Case, error) {
	if !slices.ContainsFunc(c.Bundles, func(b Bundle) bool { return b.BID == e.BID }) {
		return Case{}, fmt.Errorf("%w: bundle %q is not of case %s", ErrRule, e.BID, c.ID)
	}
	for _, p := range e.Prints {
		if len(p) != 16 || strings.Trim(p, "0123456789abcdef") != "" {
			return Case{}, fmt.Errorf("%w: %q is no fingerprint", ErrRule, p)
		}
	}
	all := slices.Compact(slices.Sorted(slices.Values(slices.Concat(c.Prints, e.Prints))))
	if len(all) > maxPrints {
		return Case{}, fmt.Errorf("%w: more than %d fingerprints", ErrRule, maxPrints)
	}
	c.Prints = all
	return c, nil
}

// replied: what was sealed counts as said, since carrying it is the site's part.
func replied(c Case, _ Site, e Event) (Case, error) {
	c.Updated = e.At
	if c.Status == Closed && c.Confirmed != nil && c.Survey == nil {
		c.Survey = &Survey{Sent: e.At}
	}
	return c, nil
}
