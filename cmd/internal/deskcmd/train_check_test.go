package deskcmd

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/training/award"
	"darksite/training/certificate"
	"darksite/training/exam"
	"darksite/training/register"

	"github.com/stretchr/testify/require"
)

// hall is a site that holds examinations by its own rules, and the desk they come to.
type hall struct {
	t    *testing.T
	keys map[string]sign.Signer
	bank *exam.Bank
	desk *examChecker
}

func newHall(t *testing.T) *hall {
	h := &hall{t: t, keys: map[string]sign.Signer{}}
	for _, who := range []string{"mdurand", "amartin"} {
		private, _, err := sign.GenerateKey(nil, "test", nil)
		require.NoError(t, err)
		h.keys[who], err = sign.ParsePrivateKey(private, nil)
		require.NoError(t, err)
	}
	plan := exam.Of(certificate.Officer)
	files := fstest.MapFS{"bank.yaml": {Data: []byte("version: \"2026.1\"\n")}}
	for _, part := range plan.Parts {
		var b strings.Builder
		fmt.Fprintf(&b, "objective: %s\nitems:\n", part.Objective)
		for n := range exam.Reserve * part.Items {
			fmt.Fprintf(&b, "  - {id: %s-two-%d, kind: numeric, difficulty: 1, stem: {en: \"How many?\", fr: \"Combien ?\"}, number: {value: 2, tolerance: 0}, why: {en: Two., fr: Deux.}, reference: \"lesson:s1\"}\n", part.Objective, n)
		}
		files[part.Objective+".yaml"] = &fstest.MapFile{Data: []byte(b.String())}
	}
	var err error
	h.bank, err = exam.Load(files, exam.Limits{Blueprints: []exam.Blueprint{plan}, Known: func(string) bool { return true }})
	require.NoError(t, err)
	h.desk = &examChecker{
		register: register.At(t.TempDir()), bank: h.bank, earned: map[string]certificate.Day{},
		people: award.People{Roster: roster.Roster{Site: "S042", People: []roster.Person{
			{ID: "mdurand", Name: "M", Role: roster.Collector, Key: h.keys["mdurand"].Public()},
			{ID: "amartin", Name: "A", Role: roster.Officer, Key: h.keys["amartin"].Public()},
		}}},
	}
	return h
}

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// sat is an examination of mdurand as it arrives. One that is not right is failed.
func (h *hall) sat(session string, at time.Time, right bool, change func(*exam.Head)) arrivedExam {
	head := exam.Head{
		Session: session, Site: "S042", Track: certificate.Officer, Bank: h.bank.Version, BankDigest: h.bank.Digest, Seed: 7,
		Candidate: h.keys["mdurand"].Public().ID(), Supervisor: h.keys["amartin"].Public().ID(),
	}
	if change != nil {
		change(&head)
	}
	s, err := exam.Sit(exam.Record{Head: head}, h.bank, nil)
	require.NoError(h.t, err)
	require.NoError(h.t, s.Open(at))
	for _, q := range s.Form().Questions {
		answer := exam.Answer("2")
		if !right {
			answer = "3"
		}
		require.NoError(h.t, s.Answer(at, q.ID, answer))
	}
	for _, k := range s.Blueprint().Labs {
		require.NoError(h.t, s.Lab(at, exam.LabResult{Kind: k, Lab: "s-l1", Score: 1, Digest: "0a", At: at}))
	}
	require.NoError(h.t, s.Close(at))
	text, err := s.Record().Encode()
	require.NoError(h.t, err)
	var signed [][]byte
	for _, who := range []string{"mdurand", "amartin"} {
		armored, err := exam.Sign(s.Record(), h.keys[who])
		require.NoError(h.t, err)
		signed = append(signed, armored)
	}
	carried, err := award.Carried(text, signed...)
	require.NoError(h.t, err)
	return inOrder(map[string][]byte{"exam-" + session + ".txt": carried})[0]
}

func after(e arrivedExam) func(*exam.Head) {
	return func(h *exam.Head) { h.After, h.Previous = exam.Digest(e.text), e.record.Items() }
}

// The site's own commands hold these rules; the desk believes none of it and holds each
// record against those it has seen.
func TestTheDeskHoldsTheRulesOfTryingAgain(t *testing.T) {
	h := newHall(t)
	const a, b, c = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", "cccccccccccccccc"
	first := h.sat(a, monday, false, nil)
	checked, err := h.desk.check(first)
	require.NoError(t, err)
	require.False(t, checked.Passed())
	require.NoError(t, h.desk.remember(first, false))

	for _, tt := range []struct {
		name string
		e    arrivedExam
		is   error
		says string
	}{
		{"an hour after a failure", h.sat(b, monday.Add(time.Hour), true, after(first)), award.ErrTooSoon, "the next is possible from 2026-11-24 09:00Z"},
		{"it hides the failure", h.sat(b, monday.Add(48*time.Hour), true, nil), award.ErrHistory, "a fork"},
		{"it names a record that never came", h.sat(b, monday.Add(48*time.Hour), true, func(h *exam.Head) { h.After = strings.Repeat("0", 64) }), award.ErrHistory, "a gap"},
		{"another record of the same session", h.sat(a, monday.Add(48*time.Hour), true, nil), award.ErrHistory, "this desk has another record of it"},
		{"its form was drawn as if it were the first", h.sat(b, monday.Add(48*time.Hour), true, func(h *exam.Head) { h.After = exam.Digest(first.text) }), award.ErrHistory, "was not drawn against that"},
		{"the short form for somebody without a certificate", h.sat(b, monday.Add(48*time.Hour), true, func(h *exam.Head) {
			after(first)(h)
			h.Renews = "DSO-0031"
		}), award.ErrNotRenewable, "DSO-0031"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := h.desk.check(tt.e)
			require.ErrorIs(t, err, tt.is)
			require.ErrorContains(t, err, tt.says)
		})
	}

	second := h.sat(b, monday.Add(24*time.Hour), false, after(first))
	_, err = h.desk.check(second)
	require.NoError(t, err)
	require.NoError(t, h.desk.remember(second, false))
	_, err = h.desk.check(h.sat(c, monday.Add(72*time.Hour), true, after(second)))
	require.ErrorIs(t, err, award.ErrTooSoon, "seven days after the second failure")
	_, err = h.desk.check(h.sat(c, monday.Add(9*24*time.Hour), true, after(first)))
	require.ErrorContains(t, err, "a fork", "two follow the same one")
	third := h.sat(c, monday.Add(9*24*time.Hour), true, after(second))
	checked, err = h.desk.check(third)
	require.NoError(t, err)
	require.True(t, checked.Passed())
	require.NoError(t, h.desk.remember(third, true))

	// What came once may come again, and is kept once.
	for _, e := range []arrivedExam{first, second, third} {
		_, err = h.desk.check(e)
		require.NoError(t, err)
		require.NoError(t, h.desk.remember(e, false))
	}
	kept, err := h.desk.register.Exams()
	require.NoError(t, err)
	require.Len(t, kept, 3)
	require.True(t, kept[2].Done())
	require.True(t, followed(first, []arrivedExam{second}))
	require.False(t, followed(second, []arrivedExam{first}))
}
