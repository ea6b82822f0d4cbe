package desk

import (
	"cmp"
	"fmt"
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

// Apply returns the case as it stands after the event. A zero case is one that
// does not exist yet. The case it is given is not changed.
func Apply(c Case, e Event) (Case, error) {
	if c.Version != 0 && e.Case != c.ID {
		return Case{}, fmt.Errorf("%w: event of case %s given to case %s", ErrRule, e.Case, c.ID)
	}
	if c.Version == 0 && e.Kind != Imported {
		return Case{}, fmt.Errorf("%w: case %s does not exist", ErrRule, e.Case)
	}
	if n := utf8.RuneCountInString(e.Text); n > MaxText {
		return Case{}, fmt.Errorf("%w: text of %d characters, at most %d: send the rest as a file", ErrRule, n, MaxText)
	}
	// What is said here is shown on terminals and carried to the site, where a
	// reply with such a character is refused.
	if hidden(e.Text, "\n\t") || hidden(e.Actor, "") {
		return Case{}, fmt.Errorf("%w: the text or the name of its author holds a character that cannot be shown", ErrRule)
	}
	var err error
	switch e.Kind {
	case Imported:
		c, err = imported(c, e)
	case Acknowledged:
		c, err = acknowledged(c, e)
	case Commented:
		if strings.TrimSpace(e.Text) == "" {
			err = fmt.Errorf("%w: an empty comment", ErrRule)
		}
	case Raised:
		c, err = raised(c, e.Severity)
	case Moved:
		c, err = moved(c, e)
	case Replied:
	default:
		err = fmt.Errorf("%w: unknown kind of event %q", ErrRule, e.Kind)
	}
	if err != nil {
		return Case{}, err
	}
	c.Version = e.Seq
	return c, nil
}

// hidden reports a character that a terminal would act on or not show.
func hidden(s, allowed string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsGraphic(r) && !strings.ContainsRune(allowed, r)
	})
}

func imported(c Case, e Event) (Case, error) {
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
	if e.Draft != nil {
		was := c.Severity
		c.Draft, c.DraftID = *e.Draft, cmp.Or(c.DraftID, e.Draft.ID)
		c.Severity = e.Draft.Severity
		if was != 0 && (c.Severity == 0 || c.Severity > was) {
			c.Severity = was // once raised it stays raised
		}
	}
	// A new slice: the case handed in stays as it was.
	c.Bundles = append(c.Bundles[:len(c.Bundles):len(c.Bundles)], *e.Bundle)
	if c.Status == AwaitingCustomer {
		c.Status = AwaitingSupport
	}
	return c, nil
}

func acknowledged(c Case, e Event) (Case, error) {
	if !c.Acknowledged.IsZero() {
		return Case{}, fmt.Errorf("%w: case %s is acknowledged already", ErrRule, c.Number)
	}
	if !bundle.ValidNumber(e.Number) {
		return Case{}, fmt.Errorf("%w: case number %q: want eight digits", ErrRule, e.Number)
	}
	if strings.TrimSpace(e.Text) == "" {
		return Case{}, fmt.Errorf("%w: an acknowledgement needs a first diagnosis", ErrRule)
	}
	if e.Severity != 0 && e.Severity != c.Severity {
		var err error
		if c, err = raised(c, e.Severity); err != nil {
			return Case{}, err
		}
	}
	if c.Severity == 0 {
		return Case{}, fmt.Errorf("%w: the case has no severity: confirm one", ErrRule)
	}
	c.Number, c.Acknowledged, c.Diagnosis, c.Status = e.Number, e.At, e.Text, InProgress
	return c, nil
}

// raised: 1 is the most urgent, so a severity rises by getting smaller.
func raised(c Case, to int) (Case, error) {
	if to < 1 || to > 4 {
		return Case{}, fmt.Errorf("%w: severity %d: want 1 to 4", ErrRule, to)
	}
	if c.Status == Closed {
		return Case{}, fmt.Errorf("%w: the case is closed", ErrRule)
	}
	if c.Severity != 0 && to > c.Severity {
		return Case{}, fmt.Errorf("%w: severity %d cannot fall to %d: once raised it stays until the case is closed", ErrRule, c.Severity, to)
	}
	c.Severity = to
	return c, nil
}

func moved(c Case, e Event) (Case, error) {
	switch e.Status {
	case AwaitingSupport, AwaitingCustomer, InProgress:
		if c.Acknowledged.IsZero() {
			return Case{}, fmt.Errorf("%w: acknowledge the case first", ErrRule)
		}
		c.Closed = time.Time{} // reopened, or never closed
	case Closed:
		if strings.TrimSpace(e.Text) == "" {
			return Case{}, fmt.Errorf("%w: closing needs the customer's confirmation in words", ErrRule)
		}
		c.Closed = e.At
	default:
		return Case{}, fmt.Errorf("%w: status %q is not one a person sets", ErrRule, e.Status)
	}
	c.Status = e.Status
	return c, nil
}
