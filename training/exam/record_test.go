package exam_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"darksite/bundle/sign"
	"darksite/training/certificate"
	"darksite/training/exam"

	"github.com/stretchr/testify/require"
)

func newKey(t testing.TB) sign.Signer {
	t.Helper()
	private, _, err := sign.GenerateKey(nil, "test", nil)
	require.NoError(t, err)
	key, err := sign.ParsePrivateKey(private, nil)
	require.NoError(t, err)
	return key
}

var began = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// rightAnswer is what earns the mark.
func rightAnswer(f exam.Form, q exam.Question) string {
	var words []string
	switch q.Kind {
	case exam.Numeric:
		return "2"
	case exam.Screen:
		_, answer, _ := screens{}.Screen("capacity", f.ScreenSeed(q))
		return answer
	case exam.Match:
		for _, o := range q.Options {
			words = append(words, o.ID+"="+o.ID)
		}
	case exam.Order:
		for _, o := range q.Options {
			words = append(words, o.ID)
		}
	default:
		for _, o := range q.Options {
			if o.Right {
				words = append(words, o.ID)
			}
		}
	}
	return strings.Join(words, " ")
}

// sat is an examination in which everything went well.
func sat(t testing.TB, b *exam.Bank, candidate, supervisor sign.PublicKey) exam.Record {
	r := exam.Record{Head: exam.Head{
		Session: "00112233445566ff", Site: "S042", Track: certificate.Officer, Bank: b.Version, BankDigest: b.Digest, Seed: 7,
		Candidate: candidate.ID(), Supervisor: supervisor.ID(), Extra: 10, Previous: []string{"s1-order-0", "s2-multi-2"},
	}}
	form, err := exam.Draw(b, exam.Of(certificate.Officer), r.Seed, r.Previous)
	require.NoError(t, err)
	at := began
	add := func(what, rest string) {
		r.Events = append(r.Events, exam.Event{At: at, What: what, Rest: rest})
		at = at.Add(90 * time.Second)
	}
	add(exam.Opened, "")
	add(exam.Answered, form.Questions[0].ID+" "+rightAnswer(form, form.Questions[1])+"x")
	r.Events = r.Events[:1] // an answer without form is never written down
	for i, q := range form.Questions {
		add(exam.Answered, q.ID+" "+rightAnswer(form, q))
		if i == 3 {
			add(exam.Away, "45")
			add(exam.Noted, "the fire alarm was tested")
		}
	}
	at = began.Add(time.Hour)
	for _, l := range clean() {
		r.Events = append(r.Events, exam.LabEvent(at, l))
		at = at.Add(10 * time.Minute)
	}
	add(exam.Closed, "")
	return r
}

func TestRecordRoundTrip(t *testing.T) {
	b, candidate, supervisor := loadBank(t), newKey(t), newKey(t)
	r := sat(t, b, candidate.Public(), supervisor.Public())
	text, err := r.Encode()
	require.NoError(t, err)
	again, err := exam.ParseRecord(text)
	require.NoError(t, err)
	require.Equal(t, r, again)

	out, err := again.Replay(b, screens{})
	require.NoError(t, err)
	require.True(t, out.Result.Passed, "%v", out.Result.Lacks)
	require.Equal(t, 20, out.Result.Right)
	require.Equal(t, clean(), out.Result.Labs)
	require.Equal(t, 45, out.Away)
	require.Equal(t, []string{"the fire alarm was tested"}, out.Notes)

	again.Previous = []string{"net-07", again.Items()[0]}
	named := again.Named()
	require.Subset(t, named, append(again.Items(), "net-07"))
	for _, l := range clean() {
		require.Contains(t, named, l.Lab)
	}
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(named))), len(named), "each once")
	require.Equal(t, began, out.Began)
}

// The short form is marked in the record, and so is the record before: both are under the
// chain, and neither stands where there is nothing to say.
func TestARenewalIsMarked(t *testing.T) {
	b, candidate, supervisor := loadBank(t), newKey(t), newKey(t)
	whole := sat(t, b, candidate.Public(), supervisor.Public())
	first, err := whole.Encode()
	require.NoError(t, err)
	require.NotContains(t, string(first), "\nafter:")
	require.NotContains(t, string(first), "\nrenews:")
	r := exam.Record{Head: whole.Head}
	r.After, r.Renews = exam.Digest(first), "DSO-0031"
	s, err := exam.Sit(r, b, screens{})
	require.NoError(t, err)
	require.Equal(t, exam.Renewal(certificate.Officer), s.Blueprint())
	require.NoError(t, s.Open(began))
	for _, q := range s.Form().Questions {
		require.NoError(t, s.Answer(began, q.ID, exam.Answer(rightAnswer(s.Form(), q))))
	}
	require.NoError(t, s.Lab(began.Add(time.Hour), clean()[0]))
	require.NoError(t, s.Close(began.Add(time.Hour)))
	text, err := s.Record().Encode()
	require.NoError(t, err)
	require.Contains(t, string(text), "\nafter: "+exam.Digest(first)+"\nrenews: DSO-0031\nevent: ")
	again, err := exam.ParseRecord(text)
	require.NoError(t, err)
	require.Equal(t, s.Record(), again)
	out, err := again.Replay(b, screens{})
	require.NoError(t, err)
	require.Equal(t, 10, out.Result.Right)
	require.Len(t, out.Result.Labs, 1)

	for name, wrong := range map[string]string{
		"the mark is taken away":      strings.Replace(string(text), "renews: DSO-0031\n", "", 1),
		"another certificate":         strings.Replace(string(text), "DSO-0031", "DSO-0032", 1),
		"the record before is hidden": strings.Replace(string(text), "after: "+exam.Digest(first)+"\n", "", 1),
		"it is said twice":            strings.Replace(string(text), "renews: DSO-0031\n", "renews: DSO-0031\nrenews: DSO-0031\n", 1),
		"nothing stands there":        strings.Replace(string(text), "renews: DSO-0031\n", "renews:\n", 1),
	} {
		_, err := exam.ParseRecord([]byte(wrong))
		require.Error(t, err, name)
	}
}

// A line that is dropped, changed, doubled or moved breaks the chain.
func TestTheChainHolds(t *testing.T) {
	b := loadBank(t)
	text, err := sat(t, b, newKey(t).Public(), newKey(t).Public()).Encode()
	require.NoError(t, err)
	lines := strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
	lines[len(lines)-1] += "\n"
	for i, line := range lines {
		for what, changed := range map[string][]string{
			"dropped": append(append([]string{}, lines[:i]...), lines[i+1:]...),
			"doubled": append(append(append([]string{}, lines[:i]...), line), lines[i:]...),
			"changed": append(append(append([]string{}, lines[:i]...), strings.Replace(strings.TrimSuffix(line, "\n"), "0", "1", 1)+"\n"), lines[i+1:]...),
		} {
			if strings.Join(changed, "") == string(text) || what == "dropped" && i == len(lines)-1 {
				continue // the end of a record is held by the signatures
			}
			_, err := exam.ParseRecord([]byte(strings.Join(changed, "")))
			require.Error(t, err, "line %d %s: %s", i+1, what, line)
		}
	}
}

func TestSignatures(t *testing.T) {
	b, candidate, supervisor, stranger := loadBank(t), newKey(t), newKey(t), newKey(t)
	r := sat(t, b, candidate.Public(), supervisor.Public())
	text, err := r.Encode()
	require.NoError(t, err)
	by := func(keys ...sign.Signer) (out [][]byte) {
		for _, k := range keys {
			s, err := exam.Sign(r, k)
			require.NoError(t, err)
			out = append(out, s)
		}
		return out
	}
	check := func(text []byte, signed [][]byte) error {
		return exam.CheckSignatures(text, r, candidate.Public(), supervisor.Public(), signed...)
	}
	require.NoError(t, check(text, by(supervisor, candidate)))
	require.ErrorContains(t, check(text, by(candidate)), "none by the supervisor")
	require.ErrorContains(t, check(text, by(supervisor)), "none by the candidate")
	require.ErrorIs(t, check(text, by(candidate, stranger)), sign.ErrBadSignature)
	require.ErrorIs(t, check(append(text, '\n'), by(candidate, supervisor)), sign.ErrBadSignature)
	err = exam.CheckSignatures(text, r, candidate.Public(), stranger.Public(), by(candidate, stranger)...)
	require.ErrorContains(t, err, "the record names")
}

func TestReplayHoldsToTheRules(t *testing.T) {
	b := loadBank(t)
	insert := func(r *exam.Record, at int, e exam.Event) {
		r.Events = append(r.Events[:at:at], append([]exam.Event{e}, r.Events[at:]...)...)
	}
	for _, tt := range []struct {
		name   string
		change func(*exam.Record)
		says   string
	}{
		{"another bank", func(r *exam.Record) { r.BankDigest = strings.Repeat("0", 64) }, "the bank was"},
		{"nobody closed it", func(r *exam.Record) { r.Events = r.Events[:len(r.Events)-1] }, "did not close it"},
		{"nobody opened it", func(r *exam.Record) { r.Events = r.Events[1:] }, "opens it first"},
		{"it was opened twice", func(r *exam.Record) { insert(r, 1, r.Events[0]) }, "opens it first, and once"},
		{"an answer after the end", func(r *exam.Record) { r.Events = append(r.Events, r.Events[len(r.Events)-1]) }, "after the supervisor closed"},
		{"the clock went back", func(r *exam.Record) { r.Events[2].At = began.Add(-time.Hour) }, "clock went back by"},
		{"an answer that took too long", func(r *exam.Record) {
			insert(r, len(r.Events)-1, exam.Event{At: began.Add(111 * time.Minute), What: exam.Answered, Rest: r.Events[1].Rest})
		}, "1m0s after the 1h50m0s that were allowed"},
		{"a lab that took too long", func(r *exam.Record) {
			r.Events[len(r.Events)-1].At = began.Add(3 * time.Hour)
			late := clean()[1]
			late.At = began.Add(2 * time.Hour)
			r.Events[len(r.Events)-2] = exam.LabEvent(began.Add(2*time.Hour), late)
		}, "10m0s after the 1h50m0s that were allowed"},
		{"a lab from before", func(r *exam.Record) {
			early := clean()[1]
			early.At = began.Add(-time.Minute)
			r.Events[len(r.Events)-2].Rest = early.Words()
		}, "not within the examination"},
		{"an item of another form", func(r *exam.Record) { r.Events[1].Rest = "s9-single-0 red" }, "not on this form"},
		{"an answer without form", func(r *exam.Record) { r.Events[1].Rest, _, _ = strings.Cut(r.Events[1].Rest, " ") }, "no answer"},
		{"a lab of a kind twice", func(r *exam.Record) { insert(r, len(r.Events)-1, r.Events[len(r.Events)-2]) }, "a second one"},
		{"a lab of another track", func(r *exam.Record) {
			admins := clean()[1]
			admins.Lab = "l2"
			r.Events[len(r.Events)-2].Rest = admins.Words()
		}, "one of track admin, and the examination of track officer"},
		{"a lab with 101 %", func(r *exam.Record) {
			r.Events[len(r.Events)-2].Rest = "bundle s-l1 1010 clean 00 2026-11-23T10:00:00Z"
		}, "want 0 to 1000"},
		{"away for ever", func(r *exam.Record) { r.Events[5].Rest = "long" }, "want seconds"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := sat(t, b, newKey(t).Public(), newKey(t).Public())
			tt.change(&r)
			_, err := r.Replay(b, screens{})
			require.ErrorIs(t, err, exam.ErrRecord)
			require.ErrorContains(t, err, tt.says)
		})
	}
}

func TestTheLastAnswerCounts(t *testing.T) {
	b := loadBank(t)
	r := sat(t, b, newKey(t).Public(), newKey(t).Public())
	for i, e := range r.Events {
		if strings.Contains(e.Rest, "-single-") {
			id, _, _ := strings.Cut(e.Rest, " ")
			wrong := exam.Event{At: r.Events[i].At, What: exam.Answered, Rest: id + " blue"}
			r.Events = append(r.Events[:i+1:i+1], append([]exam.Event{wrong}, r.Events[i+1:]...)...)
			break
		}
	}
	out, err := r.Replay(b, screens{})
	require.NoError(t, err)
	require.Equal(t, 1, out.Changed)
	require.Equal(t, 19, out.Result.Right)
	require.False(t, out.Result.Passed, "it was about safety")
}

func TestRecordsAreHeldToTheirForm(t *testing.T) {
	b := loadBank(t)
	for name, tt := range map[string]struct {
		change func(*exam.Record)
		says   string
	}{
		"an own supervisor":       {func(r *exam.Record) { r.Supervisor = r.Candidate }, "own examination"},
		"a name for a key":        {func(r *exam.Record) { r.Candidate = "mdurand" }, "16 hex"},
		"no session":              {func(r *exam.Record) { r.Session = "" }, "session"},
		"a track that is none":    {func(r *exam.Record) { r.Track = "boss" }, "track"},
		"a day more":              {func(r *exam.Record) { r.Extra = 1440 }, "extra minutes"},
		"something else happened": {func(r *exam.Record) { r.Events[1].What = "cheated" }, "nothing that happens"},
		"a clock never set":       {func(r *exam.Record) { r.Events[0].At = time.Unix(0, 0).UTC() }, "time"},
		"a line end in a note":    {func(r *exam.Record) { r.Events[1].Rest = "a\nb" }, "cannot be shown"},
	} {
		t.Run(name, func(t *testing.T) {
			r := sat(t, b, newKey(t).Public(), newKey(t).Public())
			tt.change(&r)
			_, err := r.Encode()
			require.ErrorContains(t, err, tt.says)
		})
	}
}

func FuzzParseRecord(f *testing.F) {
	text, err := sat(f, loadBank(f), newKey(f).Public(), newKey(f).Public()).Encode()
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte("format: darksite-exam/1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := exam.ParseRecord(text)
		if err != nil {
			return
		}
		again, err := r.Encode()
		require.NoError(t, err)
		require.Equal(t, string(text), string(again))
	})
}
