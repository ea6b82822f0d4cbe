package desk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"darksite/bundle"
	"darksite/bundle/desk"

	"github.com/stretchr/testify/require"
)

var at = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func imported(sev int) desk.Event {
	return desk.Event{
		Seq: 1, Case: "S042/T-A", Kind: desk.Imported, At: at,
		Bundle: &desk.Bundle{BID: "S042-000001", Site: "S042", Taken: at.Add(-48 * time.Hour), Received: at}, Draft: &desk.Draft{ID: "T-A", Severity: sev, PrimaryID: "mdurand"},
	}
}

// file is a site with its paperwork in order.
func file() desk.Site {
	return desk.Site{
		Code: "S042",
		Contacts: []desk.Contact{
			{ID: "mdurand", Name: "M. Durand", Role: desk.ContactAdmin, Phone: "1"},
			{ID: "ppetit", Name: "P. Petit", Role: desk.ContactSecondary, Phone: "2"},
		},
		Plan:   &desk.Plan{Kind: desk.Premium, From: at.AddDate(-1, 0, 0), Until: at.AddDate(1, 0, 0)},
		Access: desk.Access{Address: "1 rue du Port, Lyon", Room: "B2, row 4", Network: "console on port 7", Security: "badge, ask for the guard"},
	}
}

func apply(t *testing.T, events ...desk.Event) (c desk.Case, err error) {
	t.Helper()
	return applyAt(t, file(), events...)
}

func applyAt(t *testing.T, s desk.Site, events ...desk.Event) (c desk.Case, err error) {
	t.Helper()
	for i, e := range events {
		e.Seq, e.Case = uint64(i+1), "S042/T-A"
		if c, err = desk.Apply(c, s, e); err != nil {
			return c, err
		}
	}
	return c, nil
}

func TestRules(t *testing.T) {
	ack := desk.Event{Kind: desk.Acknowledged, At: at, Number: "00012345", Text: "seen"}
	end := desk.Event{Kind: desk.Moved, Status: desk.Closed, At: at, By: "ppetit", Text: "works"}
	told := desk.Event{Kind: desk.Replied, At: at}
	asks := desk.Event{Kind: desk.Escalated, At: at, By: "mdurand", Reach: "+33 4 00 00 00 01", Summary: "no word since noon", Text: "production stands"}
	drive := func(keep bool) desk.Event {
		return desk.Event{Kind: desk.Ordered, At: at, Part: &desk.Part{Kind: desk.PartDrive, Name: "CH0.BAY7", Keep: keep}}
	}
	part := func(no int, to desk.PartState) desk.Event {
		return desk.Event{Kind: desk.PartMoved, At: at, PartNo: no, PartState: to}
	}
	found := func(id bundle.ID, prints ...string) desk.Event {
		return desk.Event{Kind: desk.Triaged, BID: id, Prints: prints}
	}
	cases := []struct {
		name   string
		events []desk.Event
		refuse string // "" when allowed
		want   func(desk.Case) bool
	}{
		{"an import makes a case", []desk.Event{imported(3)}, "", func(c desk.Case) bool { return c.Status == desk.AwaitingSupport && c.Severity == 3 }},
		{"transit time is kept apart", []desk.Event{imported(3)}, "", func(c desk.Case) bool { return c.Received.Sub(c.Raised) == 48*time.Hour }},
		{"nothing happens to a case that is not there", []desk.Event{ack}, "does not exist", nil},
		{"acknowledged", []desk.Event{imported(3), ack}, "", func(c desk.Case) bool { return c.Number == "00012345" && c.Status == desk.InProgress }},
		{"acknowledged twice", []desk.Event{imported(3), ack, ack}, "acknowledged already", nil},
		{"seven digits", []desk.Event{imported(3), {Kind: desk.Acknowledged, Number: "1234567", Text: "seen"}}, "eight digits", nil},
		{"letters in a number", []desk.Event{imported(3), {Kind: desk.Acknowledged, Number: "1234567a", Text: "seen"}}, "eight digits", nil},
		{"no diagnosis", []desk.Event{imported(3), {Kind: desk.Acknowledged, Number: "00012345", Text: " "}}, "first diagnosis", nil},
		{"severity rises with the acknowledgement", []desk.Event{imported(3), {Kind: desk.Acknowledged, Number: "00012345", Text: "x", Severity: 1}}, "", func(c desk.Case) bool { return c.Severity == 1 }},
		{"severity does not fall", []desk.Event{imported(2), {Kind: desk.Raised, Severity: 3}}, "cannot fall", nil},
		{"severity zero", []desk.Event{imported(2), {Kind: desk.Raised}}, "want 1 to 4", nil},
		{"a case without severity needs one", []desk.Event{imported(0), ack}, "no severity", nil},
		{"a second bundle does not lower the severity", []desk.Event{imported(2), imported(4)}, "", func(c desk.Case) bool { return c.Severity == 2 && len(c.Bundles) == 2 }},
		{"a second bundle may raise it", []desk.Event{imported(3), imported(1)}, "", func(c desk.Case) bool { return c.Severity == 1 }},
		{"4,000 characters", []desk.Event{imported(3), {Kind: desk.Commented, Text: strings.Repeat("é", 4000)}}, "", nil},
		{"4,001 characters", []desk.Event{imported(3), {Kind: desk.Commented, Text: strings.Repeat("é", 4001)}}, "at most 4000", nil},
		{"an empty comment", []desk.Event{imported(3), {Kind: desk.Commented, Text: "\n"}}, "empty comment", nil},
		{"lines and tabs", []desk.Event{imported(3), {Kind: desk.Commented, Text: "first:\n\tsecond\u00a0!"}}, "", nil},
		{"an escape in a comment", []desk.Event{imported(3), {Kind: desk.Commented, Text: "a\x1b[2J"}}, "cannot be shown", nil},
		{"a carriage return in a comment", []desk.Event{imported(3), {Kind: desk.Commented, Text: "a\r\n"}}, "cannot be shown", nil},
		{"bytes that are no text", []desk.Event{imported(3), {Kind: desk.Commented, Text: "\xff"}}, "cannot be shown", nil},
		{"an author nobody can read", []desk.Event{imported(3), {Kind: desk.Commented, Text: "a", Actor: "r\u202euth"}}, "cannot be shown", nil},
		{"awaiting the customer", []desk.Event{imported(3), ack, {Kind: desk.Moved, Status: desk.AwaitingCustomer}}, "", func(c desk.Case) bool { return c.Status == desk.AwaitingCustomer }},
		{"the customer's bundle brings it back to us", []desk.Event{imported(3), ack, {Kind: desk.Moved, Status: desk.AwaitingCustomer}, imported(3)}, "", func(c desk.Case) bool { return c.Status == desk.AwaitingSupport }},
		{"moved before acknowledged", []desk.Event{imported(3), {Kind: desk.Moved, Status: desk.InProgress}}, "acknowledge the case first", nil},
		{"closed without the customer's word", []desk.Event{imported(3), ack, {Kind: desk.Moved, Status: desk.Closed, By: "mdurand"}}, "confirmation", nil},
		{"closed on nobody's word", []desk.Event{imported(3), ack, {Kind: desk.Moved, Status: desk.Closed, Text: "works"}}, "authorised contact", nil},
		{"closed on a stranger's word", []desk.Event{imported(3), ack, {Kind: desk.Moved, Status: desk.Closed, By: "cleaner", Text: "works"}}, `"cleaner" is none`, nil},
		{"closed", []desk.Event{imported(3), ack, end}, "", func(c desk.Case) bool {
			return c.Closed.Equal(at) && c.Confirmed.By == "ppetit" && c.Confirmed.Words == "works"
		}},
		{"closed twice", []desk.Event{imported(3), ack, end, end}, "reopen it", nil},
		{"raised after closing", []desk.Event{imported(3), ack, end, {Kind: desk.Raised, Severity: 1}}, "closed", nil},
		{"a late draft does not raise a closed case", []desk.Event{imported(3), ack, end, imported(1)}, "", func(c desk.Case) bool { return c.Severity == 3 && c.Status == desk.Closed }},
		{"moved out of closed", []desk.Event{imported(3), ack, end, {Kind: desk.Moved, Status: desk.InProgress}}, "reopen it", nil},
		{"reopened", []desk.Event{imported(2), ack, end, {Kind: desk.Reopened, At: at, Text: "it is back", Severity: 4}}, "", func(c desk.Case) bool {
			return c.Closed.IsZero() && c.Confirmed == nil && c.Status == desk.InProgress && c.Severity == 4 && len(c.Reopenings) == 1
		}},
		{"reopened for no reason", []desk.Event{imported(3), ack, end, {Kind: desk.Reopened}}, "reason", nil},
		{"reopened while open", []desk.Event{imported(3), ack, {Kind: desk.Reopened, Text: "x"}}, "not closed", nil},
		{"a fix is offered", []desk.Event{imported(3), ack, {Kind: desk.Moved, Status: desk.Pending, Text: "upgrade to 6.6.4"}}, "", func(c desk.Case) bool { return c.Status == desk.Pending && c.Fix == "upgrade to 6.6.4" }},
		{"a fix nobody knows", []desk.Event{imported(3), ack, {Kind: desk.Moved, Status: desk.Pending}}, "what the customer is to confirm", nil},
		{"the survey goes with the reply after closing", []desk.Event{imported(3), ack, end, told}, "", func(c desk.Case) bool { return c.Survey != nil && c.Survey.Sent.Equal(at) }},
		{"no survey before closing", []desk.Event{imported(3), ack, told, {Kind: desk.Surveyed, By: "mdurand", Score: 5}}, "no survey was sent", nil},
		{"the survey is answered", []desk.Event{imported(3), ack, end, told, {Kind: desk.Surveyed, At: at, By: "mdurand", Score: 5, Text: "fast"}}, "", func(c desk.Case) bool { return c.Survey.Score == 5 && c.Survey.Words == "fast" }},
		{"the survey is answered twice", []desk.Event{imported(3), ack, end, told, {Kind: desk.Surveyed, At: at, By: "mdurand", Score: 5}, {Kind: desk.Surveyed, At: at, By: "mdurand", Score: 1}}, "answered already", nil},
		{"a score of six", []desk.Event{imported(3), ack, end, told, {Kind: desk.Surveyed, By: "mdurand", Score: 6}}, "want 1 to 5", nil},
		{"an agreed cadence", []desk.Event{imported(2), ack, {Kind: desk.Agreed, Every: 72 * time.Hour}}, "", func(c desk.Case) bool { return c.Every == 72*time.Hour }},
		{"no cadence is agreed for severity 1", []desk.Event{imported(1), ack, {Kind: desk.Agreed, Every: time.Hour}}, "continuous", nil},
		{"escalated before it has a number", []desk.Event{imported(1), asks}, "acknowledge it first", nil},
		{"escalated", []desk.Event{imported(2), ack, asks}, "", func(c desk.Case) bool { return c.Escalations[0].By == "mdurand" && c.Escalations[0].Answered.IsZero() }},
		{"escalated by a stranger", []desk.Event{imported(2), ack, {Kind: desk.Escalated, By: "x", Reach: "1", Summary: "s", Text: "r"}}, "not an authorised contact", nil},
		{"escalated without a way to reach them", []desk.Event{imported(2), ack, {Kind: desk.Escalated, By: "mdurand", Summary: "s", Text: "r"}}, "contact details", nil},
		{"escalated twice", []desk.Event{imported(2), ack, asks, asks}, "escalated already", nil},
		{"a manager answers", []desk.Event{imported(2), ack, asks, {Kind: desk.Answered, At: at, Actor: "L. Roy"}}, "", func(c desk.Case) bool {
			return c.Escalations[0].Manager == "L. Roy" && c.Escalations[0].Resolved.IsZero()
		}},
		{"two managers answer", []desk.Event{imported(2), ack, asks, {Kind: desk.Answered, At: at, Actor: "L. Roy"}, {Kind: desk.Answered, Actor: "B"}}, "L. Roy has answered", nil},
		{"an answer to nothing", []desk.Event{imported(2), ack, {Kind: desk.Answered, Actor: "L. Roy"}}, "not escalated", nil},
		{"an escalation lasts to the end of the case", []desk.Event{imported(2), ack, asks, end}, "", func(c desk.Case) bool { return c.Escalations[0].Resolved.Equal(at) }},
		{"escalated again after reopening", []desk.Event{imported(2), ack, asks, end, {Kind: desk.Reopened, Text: "back", At: at}, asks}, "", func(c desk.Case) bool { return len(c.Escalations) == 2 }},
		{"a part before the diagnosis", []desk.Event{imported(2), drive(false)}, "acknowledge the case first", nil},
		{"a part is ordered", []desk.Event{imported(2), ack, drive(false)}, "", func(c desk.Case) bool {
			p := c.Parts[0]
			return c.Status == desk.AwaitingPart && p.Plan == desk.Premium && p.Severity == 2 && p.Access.Room == "B2, row 4" && p.State == desk.PartOrdered
		}},
		{"a part of no kind", []desk.Event{imported(2), ack, {Kind: desk.Ordered, Part: &desk.Part{Kind: "spoon", Name: "CH0"}}}, "one of blade", nil},
		{"a controller is not kept", []desk.Event{imported(2), ack, {Kind: desk.Ordered, Part: &desk.Part{Kind: "controller", Name: "CT0", Keep: true}}}, "only a drive may be kept", nil},
		{"a part comes and goes in", []desk.Event{imported(2), ack, drive(false), part(1, desk.PartShipped), part(1, desk.PartDelivered), part(1, desk.PartInstalled)}, "", func(c desk.Case) bool {
			return c.Status == desk.InProgress && c.Parts[0].Shipped.Equal(at) && c.Parts[0].Arrived.Equal(at)
		}},
		{"two parts are waited for", []desk.Event{imported(2), ack, drive(false), drive(true), part(1, desk.PartInstalled)}, "", func(c desk.Case) bool { return c.Status == desk.AwaitingPart }},
		{"a part does not go back in time", []desk.Event{imported(2), ack, drive(false), part(1, desk.PartInstalled), part(1, desk.PartShipped)}, "installed already", nil},
		{"the old part comes back", []desk.Event{imported(2), ack, drive(false), part(1, desk.PartInstalled), part(1, desk.PartReturned)}, "", func(c desk.Case) bool { return c.Parts[0].State == desk.PartReturned }},
		{"a kept drive does not come back", []desk.Event{imported(2), ack, drive(true), part(1, desk.PartInstalled), part(1, desk.PartReturned)}, "keeps the old drive", nil},
		{"a part nobody ordered", []desk.Event{imported(2), ack, part(1, desk.PartShipped)}, "none is number 1", nil},
		{"a part somewhere", []desk.Event{imported(2), ack, drive(false), part(1, "lost")}, "not \"lost\"", nil},
		{"more data is asked for", []desk.Event{imported(3), ack, {Kind: desk.Asked, Profile: "quick", Text: "the other controller"}}, "", func(c desk.Case) bool { return c.Status == desk.AwaitingCustomer }},
		{"data of no profile", []desk.Event{imported(3), ack, {Kind: desk.Asked, Text: "x"}}, "names a profile", nil},
		{"data before the acknowledgement", []desk.Event{imported(3), {Kind: desk.Asked, Profile: "quick", Text: "x"}}, "acknowledge the case first", nil},
		{"advice for a closed case", []desk.Event{imported(3), ack, end, {Kind: desk.Advised, Text: "x"}}, "reopen it", nil},
		{"advice of nothing", []desk.Event{imported(3), ack, {Kind: desk.Advised, FixedIn: "6.6.10"}}, "says nothing", nil},
		{"an instruction without a way back", []desk.Event{imported(3), ack, {Kind: desk.Instructed, Text: "x", Risk: "none", Expect: "y"}}, "how to take it back", nil},
		{"what was found marks the case", []desk.Event{imported(3), found("S042-000001", "00000000000000ff"), found("S042-000001", "00000000000000aa", "00000000000000ff")}, "", func(c desk.Case) bool {
			return slices.Equal(c.Prints, []string{"00000000000000aa", "00000000000000ff"})
		}},
		{"what was found in a bundle of another case", []desk.Event{imported(3), found("S042-000002")}, "is not of case", nil},
		{"a fingerprint that is none", []desk.Event{imported(3), found("S042-000001", "xyz")}, "is no fingerprint", nil},
		{"a status nobody may set", []desk.Event{imported(3), ack, {Kind: desk.Moved, Status: desk.New}}, "not one a person sets", nil},
		{"an event nobody knows", []desk.Event{imported(3), {Kind: "wished"}}, "unknown kind", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := apply(t, c.events...)
			if c.refuse != "" {
				require.ErrorIs(t, err, desk.ErrRule)
				require.ErrorContains(t, err, c.refuse)
				return
			}
			require.NoError(t, err)
			if c.want != nil {
				require.True(t, c.want(got), "%+v", got)
			}
		})
	}
}

// A site calls its case by the draft's id until the number reaches it, so that id
// must outlive bundles without a draft and drafts without an id.
func TestTheDraftsIDStays(t *testing.T) {
	e := imported(3)
	e.Case, e.Draft = "S042/T-ABCDEFGH22", nil
	c, err := desk.Apply(desk.Case{}, file(), e)
	require.NoError(t, err)
	require.Equal(t, "T-ABCDEFGH22", c.DraftID)
	e.Draft = &desk.Draft{Subject: "x", Severity: 3}
	c.Version = 1
	c, err = desk.Apply(c, file(), e)
	require.NoError(t, err)
	require.Equal(t, "T-ABCDEFGH22", c.DraftID)
	require.Equal(t, "x", c.Draft.Subject)
}

func TestApplyLeavesTheOldCaseAlone(t *testing.T) {
	before, err := apply(t, imported(3))
	require.NoError(t, err)
	kept := before
	e := imported(1)
	e.Seq = 2
	_, err = desk.Apply(before, file(), e)
	require.NoError(t, err)
	require.Equal(t, kept, before)
	require.Len(t, before.Bundles, 1)
}

func TestAnEventOfAnotherCaseIsRefused(t *testing.T) {
	c, err := apply(t, imported(3))
	require.NoError(t, err)
	_, err = desk.Apply(c, file(), desk.Event{Case: "S043/T-A", Kind: desk.Commented, Text: "x"})
	require.ErrorIs(t, err, desk.ErrRule)
}

func TestNextNumber(t *testing.T) {
	for last, want := range map[string]string{"": "00000001", "00000009": "00000010", "12345678": "12345679"} {
		got, err := desk.NextNumber(last)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := desk.NextNumber("99999999")
	require.ErrorIs(t, err, desk.ErrRule)
}

func TestPaperwork(t *testing.T) {
	without := func(edit func(*desk.Site)) desk.Site {
		s := file()
		edit(&s)
		return s
	}
	ack := desk.Event{Kind: desk.Acknowledged, At: at, Number: "00012345", Text: "seen"}
	cases := []struct {
		name string
		site desk.Site
		sev  int
		want []string // why it is held
	}{
		{"all in order", file(), 3, nil},
		{"a contact nobody authorised", without(func(s *desk.Site) { s.Contacts = s.Contacts[1:] }), 3, []string{`"mdurand" is not an authorised contact of the site`}},
		{"no plan", without(func(s *desk.Site) { s.Plan = nil }), 4, []string{"no support plan is on file"}},
		{"the plan has ended", without(func(s *desk.Site) { s.Plan = &desk.Plan{Kind: desk.Basic, From: at.AddDate(-2, 0, 0), Until: at} }), 2, []string{"plan basic ended on 2026-11-22"}},
		{"the plan has not begun", without(func(s *desk.Site) {
			s.Plan = &desk.Plan{Kind: desk.Basic, From: at.AddDate(0, 0, 1), Until: at.AddDate(1, 0, 0)}
		}), 2, []string{"plan basic begins on 2026-11-23"}},
		{"nothing on file", desk.Site{}, 3, []string{`"mdurand" is not an authorised contact of the site`, "no support plan is on file"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := applyAt(t, c.site, imported(c.sev))
			require.NoError(t, err)
			require.Equal(t, c.want, got.Paperwork)
			require.Equal(t, c.want != nil, got.Status == desk.Held)
			if c.want == nil {
				return
			}
			_, err = applyAt(t, c.site, imported(c.sev), ack)
			require.ErrorContains(t, err, "admit or refuse it first")
			_, err = applyAt(t, c.site, imported(c.sev), desk.Event{Kind: desk.Admitted})
			require.ErrorContains(t, err, "needs a reason")
			got, err = applyAt(t, c.site, imported(c.sev), desk.Event{Kind: desk.Admitted, Text: "renewal is signed"}, ack)
			require.NoError(t, err)
			require.Equal(t, desk.InProgress, got.Status)
			got, err = applyAt(t, c.site, imported(c.sev), desk.Event{Kind: desk.Refused, At: at, Text: "not a customer"})
			require.NoError(t, err)
			require.Equal(t, desk.Closed, got.Status)
			got, err = applyAt(t, file(), imported(c.sev), ack)
			require.NoError(t, err, "a bundle that finds all in order is not held")
			require.Empty(t, got.Paperwork)

			urgent, err := applyAt(t, c.site, imported(1), ack)
			require.NoError(t, err, "severity 1 never waits on paperwork")
			require.Equal(t, c.want, urgent.Paperwork, "and the paperwork is told")
			urgent, err = applyAt(t, c.site, imported(c.sev), desk.Event{Kind: desk.Raised, Severity: 1})
			require.NoError(t, err)
			require.Equal(t, desk.AwaitingSupport, urgent.Status, "also when it becomes urgent while it is held")
		})
	}
	_, err := applyAt(t, file(), imported(3), desk.Event{Kind: desk.Admitted, Text: "x"})
	require.ErrorContains(t, err, "not held")
	e := imported(3)
	e.Draft.PrimaryID = ""
	got, err := applyAt(t, file(), e)
	require.NoError(t, err)
	require.Equal(t, []string{"the draft names no contact who asks"}, got.Paperwork)
	e.Draft = nil
	got, err = applyAt(t, desk.Site{}, e)
	require.NoError(t, err)
	require.Equal(t, desk.New, got.Status, "a bundle that asks for nothing is held by nothing")
}

func TestAPartNeedsAPlanAndAWayIn(t *testing.T) {
	events := []desk.Event{imported(1), {Kind: desk.Acknowledged, At: at, Number: "00012345", Text: "seen"}, {Kind: desk.Ordered, At: at, Part: &desk.Part{Kind: desk.PartDrive, Name: "CH0.BAY7"}}}
	s := file()
	s.Plan = nil
	_, err := applyAt(t, s, events...)
	require.ErrorContains(t, err, "no part for site S042: no support plan is on file", "not even at severity 1")
	s = file()
	s.Access.Network, s.Access.Security = "", " "
	_, err = applyAt(t, s, events...)
	require.ErrorContains(t, err, "network, security not on file")
}

func TestFileOfASite(t *testing.T) {
	contact := func(id, role string) desk.Event {
		return desk.Event{Kind: desk.ContactSet, Contact: &desk.Contact{ID: id, Name: "N. " + id, Role: role, Phone: "1"}}
	}
	five := []desk.Event{contact("a", "admin"), contact("e", "secondary"), contact("d", "secondary"), contact("c", "secondary"), contact("b", "secondary")}
	ended := func(id string) desk.Event { return desk.Event{Kind: desk.ContactEnded, By: id} }
	ids := func(want ...string) func(desk.Site) bool {
		return func(s desk.Site) bool {
			var got []string
			for _, c := range s.Contacts {
				got = append(got, c.ID)
			}
			return slices.Equal(want, got)
		}
	}
	plan := func(k desk.PlanKind, years int) desk.Event {
		return desk.Event{Kind: desk.PlanSet, Plan: &desk.Plan{Kind: k, From: at, Until: at.AddDate(years, 0, 0)}}
	}
	cases := []struct {
		name   string
		events []desk.Event
		refuse string
		want   func(desk.Site) bool
	}{
		{"five contacts, the admin first", five, "", ids("a", "b", "c", "d", "e")},
		{"a sixth contact", append(five, contact("f", "secondary")), "at most 5", nil},
		{"a contact changes", append(five, contact("e", "secondary")), "", ids("a", "b", "c", "d", "e")},
		{"the admin's office moves", append(five, contact("c", "admin")), "", func(s desk.Site) bool {
			return ids("c", "a", "b", "d", "e")(s) && s.Contacts[1].Role == desk.ContactSecondary
		}},
		{"no admin at all", []desk.Event{contact("a", "secondary")}, "name the admin first", nil},
		{"the admin steps down", append(five, contact("a", "secondary")), "name the admin first", nil},
		{"the admin leaves others behind", append(five, ended("a")), "make another contact the admin first", nil},
		{"a contact leaves", append(five, ended("b"), contact("f", "secondary")), "", ids("a", "c", "d", "e", "f")},
		{"the last one leaves", []desk.Event{five[0], ended("a")}, "", ids()},
		{"a stranger leaves", append(five, ended("z")), "not a contact", nil},
		{"another role", []desk.Event{contact("a", "boss")}, "want admin or secondary", nil},
		{"nobody", []desk.Event{contact("", "admin")}, "needs an id", nil},
		{"no way to ask back", []desk.Event{{Kind: desk.ContactSet, Contact: &desk.Contact{ID: "a", Name: "A", Role: "admin"}}}, "telephone number or a mail address", nil},
		{"a mail address of two lines", []desk.Event{{Kind: desk.ContactSet, Contact: &desk.Contact{ID: "a", Name: "A", Role: "admin", Mail: "a@b.example\nBcc: x@y.example"}}}, "cannot be shown", nil},
		{"no mail address", []desk.Event{{Kind: desk.ContactSet, Contact: &desk.Contact{ID: "a", Name: "A", Role: "admin", Mail: "nobody"}}}, "mail address of a", nil},
		{"an escape in a name", []desk.Event{{Kind: desk.ContactSet, Contact: &desk.Contact{ID: "a", Name: "\x1b[2J", Role: "admin", Phone: "1"}}}, "cannot be shown", nil},
		{"a plan", []desk.Event{plan(desk.Advanced, 1)}, "", func(s desk.Site) bool { return s.Entitled(at) == "" && s.Entitled(at.AddDate(1, 0, 0)) != "" }},
		{"a plan nobody sells", []desk.Event{plan("gold", 1)}, "want basic, advanced or premium", nil},
		{"a plan that ends before it begins", []desk.Event{plan(desk.Basic, -1)}, "ends before it begins", nil},
		{"access", []desk.Event{{Kind: desk.AccessSet, Access: &desk.Access{Address: "a", Room: "b", Network: "c", Security: "d"}}}, "", func(s desk.Site) bool { return s.Access.Room == "b" }},
		{"half an access", []desk.Event{{Kind: desk.AccessSet, Access: &desk.Access{Address: "a", Room: "b"}}}, "access needs network, security", nil},
		{"hours without a zone", []desk.Event{{Kind: desk.HoursSet, Hours: &desk.Hours{Week: "mon 09:00-10:00"}}}, "need a zone", nil},
		{"what happens to a case", []desk.Event{{Kind: desk.Commented, Text: "x"}}, "nothing that happens to a site's file", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var s desk.Site
			var err error
			for i, e := range c.events {
				e.Seq, e.Site = uint64(i+1), "S042"
				before := s
				before.Contacts = slices.Clone(s.Contacts)
				was := s
				if s, err = desk.ApplySite(s, e); err != nil {
					break
				}
				require.Equal(t, before, was, "the file it is given is not changed")
			}
			if c.refuse != "" {
				require.ErrorIs(t, err, desk.ErrRule)
				require.ErrorContains(t, err, c.refuse)
				return
			}
			require.NoError(t, err)
			require.True(t, c.want(s), "%+v", s)
		})
	}
	_, err := desk.ApplySite(desk.Site{Code: "S042", Version: 1}, desk.Event{Site: "S043", Kind: desk.PlanSet})
	require.ErrorContains(t, err, "given to site")
	_, err = desk.ApplySite(desk.Site{}, desk.Event{Site: "S042", Case: "S042/T-A", Kind: desk.PlanSet})
	require.ErrorContains(t, err, "not both")
}
