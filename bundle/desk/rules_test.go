package desk_test

import (
	"strings"
	"testing"
	"time"

	"darksite/bundle/desk"

	"github.com/stretchr/testify/require"
)

var at = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func imported(sev int) desk.Event {
	return desk.Event{
		Seq: 1, Case: "S042/T-A", Kind: desk.Imported, At: at,
		Bundle: &desk.Bundle{Site: "S042", Taken: at.Add(-48 * time.Hour), Received: at}, Draft: &desk.Draft{ID: "T-A", Severity: sev},
	}
}

func apply(t *testing.T, events ...desk.Event) (c desk.Case, err error) {
	t.Helper()
	for i, e := range events {
		e.Seq, e.Case = uint64(i+1), "S042/T-A"
		if c, err = desk.Apply(c, e); err != nil {
			return c, err
		}
	}
	return c, nil
}

func TestRules(t *testing.T) {
	ack := desk.Event{Kind: desk.Acknowledged, At: at, Number: "00012345", Text: "seen"}
	cases := []struct {
		name   string
		events []desk.Event
		refuse string // "" when allowed
		want   func(desk.Case) bool
	}{
		{"an import makes a case", []desk.Event{imported(3)}, "", func(c desk.Case) bool { return c.Status == desk.New && c.Severity == 3 }},
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
		{"closed without the customer's word", []desk.Event{imported(3), ack, {Kind: desk.Moved, Status: desk.Closed}}, "confirmation", nil},
		{"closed", []desk.Event{imported(3), ack, {Kind: desk.Moved, Status: desk.Closed, At: at, Text: "confirmed by telephone"}}, "", func(c desk.Case) bool { return !c.Closed.IsZero() }},
		{"raised after closing", []desk.Event{imported(3), ack, {Kind: desk.Moved, Status: desk.Closed, At: at, Text: "ok"}, {Kind: desk.Raised, Severity: 1}}, "closed", nil},
		{"reopened", []desk.Event{imported(3), ack, {Kind: desk.Moved, Status: desk.Closed, At: at, Text: "ok"}, {Kind: desk.Moved, Status: desk.InProgress}}, "", func(c desk.Case) bool { return c.Closed.IsZero() }},
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
	c, err := desk.Apply(desk.Case{}, e)
	require.NoError(t, err)
	require.Equal(t, "T-ABCDEFGH22", c.DraftID)
	e.Draft = &desk.Draft{Subject: "x", Severity: 3}
	c.Version = 1
	c, err = desk.Apply(c, e)
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
	_, err = desk.Apply(before, e)
	require.NoError(t, err)
	require.Equal(t, kept, before)
	require.Len(t, before.Bundles, 1)
}

func TestAnEventOfAnotherCaseIsRefused(t *testing.T) {
	c, err := apply(t, imported(3))
	require.NoError(t, err)
	_, err = desk.Apply(c, desk.Event{Case: "S043/T-A", Kind: desk.Commented, Text: "x"})
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
