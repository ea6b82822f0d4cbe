package award_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"darksite/bundle/redact"
	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/training/award"
	"darksite/training/certificate"
	"darksite/training/exam"

	"github.com/stretchr/testify/require"
)

var began = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func newKey(t testing.TB) sign.Signer {
	t.Helper()
	private, _, err := sign.GenerateKey(nil, "test", nil)
	require.NoError(t, err)
	key, err := sign.ParsePrivateKey(private, nil)
	require.NoError(t, err)
	return key
}

// bank has questions for officers, each with the answer 2.
func bank(t testing.TB) *exam.Bank {
	t.Helper()
	files := fstest.MapFS{"bank.yaml": {Data: []byte("version: \"2026.1\"\n")}}
	plan := exam.Of(certificate.Officer)
	for _, part := range plan.Parts {
		var b strings.Builder
		fmt.Fprintf(&b, "objective: %s\nitems:\n", part.Objective)
		for n := range exam.Reserve * part.Items {
			fmt.Fprintf(&b, "  - {id: %s-two-%d, kind: numeric, difficulty: 1, stem: {en: \"How many?\", fr: \"Combien ?\"}, number: {value: 2, tolerance: 0}, why: {en: Two., fr: Deux.}, reference: \"lesson:s1\"}\n", part.Objective, n)
		}
		files[part.Objective+".yaml"] = &fstest.MapFile{Data: []byte(b.String())}
	}
	b, err := exam.Load(files, exam.Limits{Blueprints: []exam.Blueprint{plan}, Known: func(string) bool { return true }})
	require.NoError(t, err)
	return b
}

// world is a site with its people.
type world struct {
	award.People
	bank *exam.Bank
	keys map[string]sign.Signer
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{bank: bank(t), keys: map[string]sign.Signer{}}
	w.Roster = roster.Roster{Site: "S042"}
	add := func(list *[]roster.Person, id string, role roster.Role) {
		w.keys[id] = newKey(t)
		*list = append(*list, roster.Person{ID: id, Name: "Name of " + id, Role: role, Key: w.keys[id].Public()})
	}
	add(&w.Roster.People, "mdurand", roster.Collector)
	add(&w.Roster.People, "nleroy", roster.Collector)
	add(&w.Roster.People, "amartin", roster.Officer)
	add(&w.Vendor.People, "ruth", roster.Replier)
	add(&w.Vendor.People, "sam", roster.Replier)
	w.keys["stranger"] = newKey(t)
	w.keys["old"] = newKey(t)
	w.Roster.Former = []roster.Person{{ID: "mdurand", Name: "Name of mdurand", Role: roster.Collector, Key: w.keys["old"].Public()}}
	return w
}

func (w *world) id(who string) string { return w.keys[who].Public().ID() }

// sat is an examination in which wrong of the answers were not right.
func (w *world) sat(t testing.TB, candidate, supervisor string, wrong int) exam.Record {
	t.Helper()
	s, err := exam.Sit(exam.Record{Head: exam.Head{
		Session: "8b37e27c428522ae", Site: "S042", Track: certificate.Officer, Bank: w.bank.Version, BankDigest: w.bank.Digest, Seed: 7,
		Candidate: w.id(candidate), Supervisor: w.id(supervisor),
	}}, w.bank, nil)
	require.NoError(t, err)
	require.NoError(t, s.Open(began))
	for i, q := range s.Form().Questions {
		answer := exam.Answer("2")
		if i < wrong {
			answer = "3"
		}
		require.NoError(t, s.Answer(began.Add(time.Minute), q.ID, answer))
	}
	for _, k := range s.Blueprint().Labs {
		require.NoError(t, s.Lab(began.Add(time.Hour), exam.LabResult{Kind: k, Lab: "s-l1", Score: 0.8, Digest: "0a", At: began.Add(time.Hour)}))
	}
	require.NoError(t, s.Close(began.Add(time.Hour)))
	return s.Record()
}

func (w *world) papers(t testing.TB, r exam.Record, by ...string) (text []byte, signed [][]byte) {
	t.Helper()
	text, err := r.Encode()
	require.NoError(t, err)
	for _, who := range by {
		sig, err := exam.Sign(r, w.keys[who])
		require.NoError(t, err)
		signed = append(signed, sig)
	}
	return text, signed
}

func TestTheSameRulesForSiteAndDesk(t *testing.T) {
	w := newWorld(t)
	text, signed := w.papers(t, w.sat(t, "mdurand", "amartin", 0), "mdurand", "amartin")
	a, err := award.Check(text, signed, w.People, w.bank, nil)
	require.NoError(t, err)
	require.True(t, a.Passed())
	require.Equal(t, "mdurand", a.Candidate.ID)
	require.Equal(t, award.Officer, a.Standing)

	today := certificate.DayOf(began)
	c, err := a.Certificate(a.ProvisionalID(), w.keys["amartin"].Public(), today, []string{"flasharray-6"}, true)
	require.NoError(t, err)
	require.Equal(t, "P-S042-8B37E27C", c.ID)
	require.Equal(t, certificate.Good, c.Band, "all questions, and labs at eight tenths")
	s, err := certificate.Issue(c, w.keys["amartin"])
	require.NoError(t, err)
	v := certificate.Verify(s, w.Trust(nil), today)
	require.True(t, v.OK(), "%+v", v)

	c, err = a.Certificate("DSO-8B37E27C", w.keys["ruth"].Public(), today, nil, false)
	require.NoError(t, err)
	require.Equal(t, "2028-11-22", c.Until.String())
	s, err = certificate.Issue(c, w.keys["ruth"])
	require.NoError(t, err)
	require.True(t, certificate.Verify(s, w.Trust(nil), today).OK())
	w.Vendor.Revoked = []roster.Revocation{{KeyID: w.id("ruth"), After: 3}}
	require.Equal(t, certificate.UnknownIssuer, certificate.Verify(s, w.Trust(nil), today).Reason, "a key that was taken back issues nothing")
	require.Len(t, award.Keys(w.Vendor), 2)
}

func TestWhatIsNoExaminationIsRefused(t *testing.T) {
	w := newWorld(t)
	certified := false
	w.Certified = func(key string, on certificate.Day) bool {
		return certified && key == w.id("nleroy") && on == certificate.DayOf(began)
	}
	for name, tt := range map[string]struct {
		candidate, supervisor string
		by                    []string
		change                func(*exam.Record)
		is                    error
		says                  string
	}{
		"the supervisor has not signed":       {"mdurand", "amartin", []string{"mdurand"}, nil, sign.ErrBadSignature, "none by the supervisor"},
		"a stranger has signed":               {"mdurand", "amartin", []string{"mdurand", "stranger"}, nil, sign.ErrBadSignature, "none by the supervisor"},
		"a stranger has sat":                  {"stranger", "amartin", []string{"stranger", "amartin"}, nil, award.ErrStranger, "belongs to nobody"},
		"a stranger has watched":              {"mdurand", "stranger", []string{"mdurand", "stranger"}, nil, award.ErrStranger, "belongs to nobody"},
		"a colleague without certificate":     {"mdurand", "nleroy", []string{"mdurand", "nleroy"}, nil, award.ErrMayNotWatch, "nleroy may not"},
		"with the own key of before":          {"mdurand", "old", []string{"mdurand", "old"}, nil, award.ErrMayNotWatch, "own examination"},
		"held at another site":                {"mdurand", "amartin", []string{"mdurand", "amartin"}, func(r *exam.Record) { r.Site = "S043" }, nil, "at site S043"},
		"an answer to an item of another":     {"mdurand", "amartin", []string{"mdurand", "amartin"}, func(r *exam.Record) { r.Events[1].Rest = "s9-two-1 2" }, exam.ErrRecord, "not on this form"},
		"a bank that is not the one at hand":  {"mdurand", "amartin", []string{"mdurand", "amartin"}, func(r *exam.Record) { r.BankDigest = strings.Repeat("0", 64) }, exam.ErrOtherBank, "the bank was"},
		"it was never closed":                 {"mdurand", "amartin", []string{"mdurand", "amartin"}, func(r *exam.Record) { r.Events = r.Events[:len(r.Events)-1] }, exam.ErrRecord, "did not close it"},
		"a trainer whose key was taken back":  {"mdurand", "sam", []string{"mdurand", "sam"}, nil, award.ErrStranger, "belongs to nobody"},
		"signed before it was changed by one": {"mdurand", "amartin", []string{"amartin", "mdurand"}, func(r *exam.Record) { r.Extra = 5 }, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w.Vendor.Revoked = []roster.Revocation{{KeyID: w.id("sam")}}
			r := w.sat(t, tt.candidate, tt.supervisor, 0)
			if tt.change != nil {
				tt.change(&r)
			}
			text, signed := w.papers(t, r, tt.by...)
			_, err := award.Check(text, signed, w.People, w.bank, nil)
			if tt.says == "" {
				require.NoError(t, err, "what was signed after the change is what counts")
				return
			}
			require.ErrorContains(t, err, tt.says)
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			}
		})
	}
	certified = true
	text, signed := w.papers(t, w.sat(t, "mdurand", "nleroy", 0), "mdurand", "nleroy")
	a, err := award.Check(text, signed, w.People, w.bank, nil)
	require.NoError(t, err)
	require.Equal(t, award.Admin, a.Standing)
	text, signed = w.papers(t, w.sat(t, "mdurand", "ruth", 0), "mdurand", "ruth")
	a, err = award.Check(text, signed, w.People, w.bank, nil)
	require.NoError(t, err)
	require.Equal(t, award.Trainer, a.Standing)
	text, signed = w.papers(t, w.sat(t, "old", "amartin", 0), "old", "amartin")
	a, err = award.Check(text, signed, w.People, w.bank, nil)
	require.NoError(t, err, "a key that was replaced since")
	require.Equal(t, "mdurand", a.Candidate.ID)
	_, err = award.Check([]byte("rubbish"), nil, w.People, w.bank, nil)
	require.Error(t, err)
}

func TestFailingIsNoErrorAndLeadsToNothing(t *testing.T) {
	w := newWorld(t)
	text, signed := w.papers(t, w.sat(t, "mdurand", "amartin", 9), "mdurand", "amartin")
	a, err := award.Check(text, signed, w.People, w.bank, nil)
	require.NoError(t, err)
	require.False(t, a.Passed())
	_, err = a.Certificate("DSO-1", w.keys["ruth"].Public(), certificate.DayOf(began), nil, false)
	require.ErrorIs(t, err, award.ErrFailed)
}

func TestALongNameIsCutAtALetter(t *testing.T) {
	w := newWorld(t)
	w.Roster.People[0].Name = strings.Repeat("é", 40)
	text, signed := w.papers(t, w.sat(t, "mdurand", "amartin", 0), "mdurand", "amartin")
	a, err := award.Check(text, signed, w.People, w.bank, nil)
	require.NoError(t, err)
	c, err := a.Certificate("DSO-1", w.keys["ruth"].Public(), certificate.DayOf(began), nil, false)
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("é", certificate.MaxName/2), c.Holder)
	_, err = certificate.Issue(c, w.keys["ruth"])
	require.NoError(t, err)
}

func TestACarriedCertificateHasNoName(t *testing.T) {
	w := newWorld(t)
	text, signed := w.papers(t, w.sat(t, "mdurand", "amartin", 0), "mdurand", "amartin")
	a, err := award.Check(text, signed, w.People, w.bank, nil)
	require.NoError(t, err)
	c, err := a.Certificate(a.ProvisionalID(), w.keys["amartin"].Public(), certificate.DayOf(began), nil, true)
	require.NoError(t, err)
	s, err := certificate.Issue(c, w.keys["amartin"])
	require.NoError(t, err)
	stripped, err := award.Stripped(s)
	require.NoError(t, err)
	require.NotContains(t, string(stripped), "Name of")
	armored, err := s.Armored(w.keys["amartin"].Public())
	require.NoError(t, err)
	again, err := award.Named(stripped, armored, w.People)
	require.NoError(t, err)
	require.Equal(t, s, again)

	w.Roster.People[0].Name = "Somebody else"
	other, err := award.Named(stripped, armored, w.People)
	require.NoError(t, err)
	require.Equal(t, certificate.Altered, certificate.Verify(other, w.Trust(nil), certificate.DayOf(began)).Reason)
	_, err = award.Named(stripped, []byte("rubbish"), w.People)
	require.Error(t, err)
	w.Roster.People, w.Roster.Former = w.Roster.People[1:], nil
	_, err = award.Named(stripped, armored, w.People)
	require.ErrorIs(t, err, award.ErrStranger)
}

// What is carried passes the site's redactor as it is, whatever the keys: a key ID may
// look like the name of a port, and a hash like that of a volume.
func TestWhatIsCarriedPassesTheRedactor(t *testing.T) {
	w := newWorld(t)
	gate, err := redact.New(redact.Options{Key: make([]byte, 32), Known: []redact.Known{{Kind: pseudonym.Person, Value: "Name of mdurand"}}})
	require.NoError(t, err)
	r := w.sat(t, "mdurand", "amartin", 0)
	_, signed := w.papers(t, r, "mdurand", "amartin")
	chance := rand.New(rand.NewPCG(1, 2))
	leads := []string{"", "1000", "200", "210", "5001438", "524a937", "50060e8", "624a9370", "600508"}
	word := func() string {
		return (leads[chance.IntN(len(leads))] + fmt.Sprintf("%016x%016x", chance.Uint64(), chance.Uint64()))[:16]
	}
	for range 60 {
		r.Session, r.Candidate, r.Supervisor, r.Seed = word(), word(), word(), chance.Uint64()
		text, err := r.Encode()
		require.NoError(t, err)
		carried, err := award.Carried(text, signed...)
		require.NoError(t, err)
		for line := range strings.Lines(string(carried)) {
			require.Equal(t, strings.TrimSpace(line), gate.Text(strings.TrimSpace(line)))
		}
		back, sigs, err := award.Arrived(carried)
		require.NoError(t, err)
		require.Equal(t, string(text), string(back))
		require.Equal(t, signed, sigs)
	}
}

func TestWhatArrivesIsBounded(t *testing.T) {
	w := newWorld(t)
	r := w.sat(t, "mdurand", "amartin", 0)
	text, signed := w.papers(t, r, "mdurand", "amartin")
	carried, err := award.Carried(text, signed...)
	require.NoError(t, err)
	line := string(carried[strings.Index(string(carried), "signature: "):])
	for name, data := range map[string]string{
		"far too long":             strings.Repeat("a", 1<<20),
		"five signatures":          string(carried) + line + line,
		"something behind them":    string(carried) + "more: text\n",
		"a signature that is none": "format: x\nsignature: kk\n",
	} {
		_, _, err := award.Arrived([]byte(data))
		require.Error(t, err, name)
	}
	_, err = award.Carried(text, []byte("rubbish"))
	require.ErrorIs(t, err, sign.ErrBadSignature)
	_, err = award.Carried([]byte("word: k0123456789abcdef\n"))
	require.Error(t, err, "it would come back as something else")
}

func FuzzArrived(f *testing.F) {
	w := newWorld(f)
	text, signed := w.papers(f, w.sat(f, "mdurand", "amartin", 0), "mdurand", "amartin")
	carried, err := award.Carried(text, signed...)
	require.NoError(f, err)
	f.Add(carried)
	f.Add([]byte("signature: \n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		text, sigs, err := award.Arrived(data)
		if err != nil {
			return
		}
		again, err := award.Carried(text, sigs...)
		if err != nil {
			return // a text that has a false mark of its own is not one that leaves
		}
		back, armored, err := award.Arrived(again)
		require.NoError(t, err)
		require.Equal(t, string(text), string(back))
		require.Equal(t, sigs, armored)
	})
}

// closed is an examination as the next one sees it.
func (w *world) closed(t testing.TB, session, after string, at time.Time, wrong int) award.Earlier {
	t.Helper()
	s, err := exam.Sit(exam.Record{Head: exam.Head{
		Session: session, Site: "S042", Track: certificate.Officer, Bank: w.bank.Version, BankDigest: w.bank.Digest, Seed: 7,
		Candidate: w.id("mdurand"), Supervisor: w.id("amartin"), After: after,
	}}, w.bank, nil)
	require.NoError(t, err)
	require.NoError(t, s.Open(at.Add(-time.Hour)))
	require.NoError(t, s.Answer(at.Add(-time.Hour), s.Form().Questions[0].ID, "2"))
	require.NoError(t, s.Close(at))
	text, err := s.Record().Encode()
	require.NoError(t, err)
	return award.Earlier{Record: s.Record(), Digest: exam.Digest(text), Passed: wrong == 0}
}

func TestTheNextExaminationFollowsTheLast(t *testing.T) {
	w := newWorld(t)
	day := 24 * time.Hour
	one := w.closed(t, "1111111111111111", "", began, 1)
	two := w.closed(t, "2222222222222222", one.Digest, began.Add(day), 1)
	three := w.closed(t, "3333333333333333", two.Digest, began.Add(9*day), 1)
	four := w.closed(t, "4444444444444444", three.Digest, began.Add(20*day), 0)
	next := func(last award.Earlier) exam.Record {
		return exam.Record{Head: exam.Head{Session: "5555555555555555", After: last.Digest, Previous: last.Items()}}
	}
	other := next(one)
	other.Previous = nil
	for _, tt := range []struct {
		name     string
		r        exam.Record
		after    time.Duration
		standing award.Standing
		earlier  []award.Earlier
		is       error
		says     string
	}{
		{"the first of all", exam.Record{}, 0, award.Admin, nil, nil, ""},
		{"the first here names one that is not here", next(one), day, award.Admin, nil, award.ErrHistory, "a gap, the record before it is not here"},
		{"after one failure too soon", next(one), day - time.Minute, award.Admin, []award.Earlier{one}, award.ErrTooSoon, "the next is possible from 2026-11-24 09:00Z"},
		{"after one failure and a day", next(one), day, award.Admin, []award.Earlier{one}, nil, ""},
		{"after two failures a day is too little", next(two), 2 * day, award.Admin, []award.Earlier{one, two}, award.ErrTooSoon, "possible from"},
		{"after two failures and seven days", next(two), 8 * day, award.Admin, []award.Earlier{one, two}, nil, ""},
		{"after three failures with an admin", next(three), 30 * day, award.Admin, []award.Earlier{one, two, three}, award.ErrTooSoon, "after 3 failures"},
		{"after three failures with a trainer", next(three), 30 * day, award.Trainer, []award.Earlier{one, two, three}, nil, ""},
		{"after a pass at once", next(four), 20 * day, award.Officer, []award.Earlier{one, two, three, four}, nil, ""},
		{"a failure was left out", next(one), 8 * day, award.Admin, []award.Earlier{one, two}, award.ErrHistory, "a fork, another one stands in its place"},
		{"it says it is the first and is not", exam.Record{}, 8 * day, award.Admin, []award.Earlier{one}, award.ErrHistory, "a fork"},
		{"one between is missing", next(three), 30 * day, award.Trainer, []award.Earlier{one, two}, award.ErrHistory, "a gap between it and 2222222222222222"},
		{"the form was not drawn against the last", other, 2 * day, award.Admin, []award.Earlier{one}, award.ErrHistory, "was not drawn against that"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := award.Retake(tt.r, began.Add(tt.after), tt.standing, tt.earlier)
			if tt.is == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, tt.is)
			require.ErrorContains(t, err, tt.says)
		})
	}
	require.True(t, w.Of(one.Record, two.Record))
	other = two.Record
	other.Candidate = w.id("old")
	require.True(t, w.Of(one.Record, other), "with a key he had before")
	other.Candidate = w.id("nleroy")
	require.False(t, w.Of(one.Record, other))
}

func TestOnlyWhatIsNearItsEndIsRenewed(t *testing.T) {
	w := newWorld(t)
	today := certificate.DayOf(began)
	issue := func(until int, change func(*certificate.Certificate)) certificate.Signed {
		c := certificate.Certificate{
			ID: "DSO-1", Holder: "M", Key: w.id("mdurand"), Site: "S042", Track: certificate.Officer, Band: certificate.Pass, Bank: "2026.1",
			Issued: today.Add(-800), Until: today.Add(until), Issuer: w.id("ruth"), Supervisor: w.id("amartin"),
		}
		if change != nil {
			change(&c)
		}
		s, err := certificate.Issue(c, w.keys["ruth"])
		require.NoError(t, err)
		return s
	}
	r := exam.Record{Head: exam.Head{Renews: "DSO-1", Site: "S042", Track: certificate.Officer, Candidate: w.id("mdurand")}}
	withdrawn := &certificate.Withdrawals{Number: 1, Issued: today, List: []certificate.Withdrawal{{ID: "DSO-1", On: today, Why: "x"}}}
	for _, tt := range []struct {
		name string
		s    certificate.Signed
		gone *certificate.Withdrawals
		says string
	}{
		{"four months before its end", issue(120, nil), nil, ""},
		{"a day earlier than that", issue(121, nil), nil, "it can be renewed from 2026-11-24 on"},
		{"sixty days after its end", issue(-60, nil), nil, ""},
		{"a day later than that", issue(-61, nil), nil, "the whole examination is needed"},
		{"a provisional one", issue(10, func(c *certificate.Certificate) { c.Provisional = true }), nil, "it is provisional"},
		{"of another track", issue(10, func(c *certificate.Certificate) { c.Track = certificate.Admin }), nil, "not one of the candidate"},
		{"of somebody else", issue(10, func(c *certificate.Certificate) { c.Key = w.id("nleroy") }), nil, "not one of the candidate"},
		{"under a key the holder had before", issue(10, func(c *certificate.Certificate) { c.Key = w.id("old") }), nil, ""},
		{"withdrawn", issue(10, nil), withdrawn, "it does not count: withdrawn"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := w.Renewable(r, today, w.Trust(tt.gone), func(string) (certificate.Signed, error) { return tt.s, nil })
			if tt.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, award.ErrNotRenewable)
			require.ErrorContains(t, err, tt.says)
		})
	}
	none := func(string) (certificate.Signed, error) { return certificate.Signed{}, fs.ErrNotExist }
	require.ErrorIs(t, w.Renewable(r, today, w.Trust(nil), none), award.ErrNotRenewable)
	r.Renews = ""
	require.NoError(t, w.Renewable(r, today, w.Trust(nil), none), "a whole examination renews nothing")
}

func TestWhoMayTakeACertificateOutOfForce(t *testing.T) {
	w := newWorld(t)
	today := certificate.DayOf(began)
	w.Certified = func(key string, on certificate.Day) bool { return key == w.id("nleroy") && on == today }
	for who, is := range map[string]error{
		"amartin": nil, "nleroy": nil, "mdurand": award.ErrMayNotWithdraw, "ruth": award.ErrMayNotWithdraw,
		"old": award.ErrMayNotWithdraw, "stranger": award.ErrStranger,
	} {
		_, err := w.Withdraws(w.id(who), today)
		require.ErrorIs(t, err, is, who)
	}
	one := certificate.SiteWithdrawal{ID: "DSO-1", Site: "S042", On: today, Why: certificate.HasLeft, By: w.id("amartin")}
	require.Empty(t, award.Until([]certificate.SiteWithdrawal{one}, today.Add(-1)), "who was certified that day was so")
	require.Len(t, award.Until([]certificate.SiteWithdrawal{one}, today), 1)
	require.Len(t, award.SiteKeys(w.Roster), 4, "with those of before")

	c, err := certificate.Issue(certificate.Certificate{
		ID: "DSO-1", Holder: "M", Key: w.id("mdurand"), Site: "S042", Track: certificate.Officer, Band: certificate.Pass, Bank: "2026.1",
		Issued: today, Until: today.Add(700), Issuer: w.id("ruth"), Supervisor: w.id("amartin"),
	}, w.keys["ruth"])
	require.NoError(t, err)
	require.True(t, certificate.Verify(c, w.Trust(nil), today).OK())
	w.Withdrawn = []certificate.SiteWithdrawal{one}
	v := certificate.Verify(c, w.Trust(nil), today)
	require.Equal(t, certificate.Withdrawn, v.Reason)
	require.Equal(t, "on 2026-11-23 by the site: left", v.Detail)
	w.Withdrawn[0].Site = "S043"
	require.True(t, certificate.Verify(c, w.Trust(nil), today).OK(), "no site withdraws for another")
}
