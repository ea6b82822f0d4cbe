package casedraft_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"darksite/bundle/casedraft"
	"darksite/localmon"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

var update = flag.Bool("update", false, "write the golden files anew")

var contacts = []casedraft.Contact{
	{ID: "mdurand", Name: "M. Durand", Role: "admin", Phone: "+33 4 00 00 00 01", Mail: "m.durand@example.net", Certificate: "DSA-0031"},
	{ID: "cleroy", Name: "C. Leroy", Role: "secondary", Phone: "+33 4 00 00 00 02"},
}

var at = time.Date(2026, 3, 2, 8, 15, 30, 123, time.FixedZone("CET", 3600))

func good() casedraft.Draft {
	return casedraft.Draft{
		Site: "S042", Array: "fa-prod-1", Model: "FA-X70R3", OSVersion: "6.4.10", InitiatorOS: "RHEL 9.4, multipath",
		Subject:     "Drive CH0.BAY7 has failed and the rebuild does not begin.",
		Description: "Seen at 07:58 by the monitor.\n\nNothing was changed before. The runbook drive-failed was followed up to step 6, where the replacement drive stayed unrecognised although the bay light was steady.",
		Severity:    localmon.SeverityMajor,
		Impact:      "Month-end posting runs at half speed; no data is lost.",
		Messages:    []string{"Drive CH0.BAY7 failed: code 7 <unrecognised>"},
		Primary:     contacts[0], Secondary: contacts[1],
		Alerts: []uint64{17}, Runs: []string{"R-000004"},
		Attachments: []casedraft.Attachment{{Name: "S042-000017", Note: "diagnostic bundle"}},
		Status:      casedraft.StatusDraft,
	}
}

func TestValidateNamesFieldFaultAndMend(t *testing.T) {
	require.NoError(t, good().Validate(contacts))
	cases := map[string]struct {
		spoil func(*casedraft.Draft)
		field string
		fault string
	}{
		"no array":               {func(d *casedraft.Draft) { d.Array = " " }, "array", "is empty"},
		"no model":               {func(d *casedraft.Draft) { d.Model = "" }, "model", "is empty"},
		"no version":             {func(d *casedraft.Draft) { d.OSVersion = "" }, "os_version", "is empty"},
		"no initiator":           {func(d *casedraft.Draft) { d.InitiatorOS = "" }, "initiator_os", "is empty"},
		"site":                   {func(d *casedraft.Draft) { d.Site = "lyon" }, "site", "not a site code"},
		"number":                 {func(d *casedraft.Draft) { d.Number = "1234567" }, "number", "not a case number"},
		"status":                 {func(d *casedraft.Draft) { d.Status = "open" }, "status", "not known"},
		"no subject":             {func(d *casedraft.Draft) { d.Subject = "" }, "subject", "is empty"},
		"two lines of subject":   {func(d *casedraft.Draft) { d.Subject = "a\nb" }, "subject", "line break"},
		"two sentences":          {func(d *casedraft.Draft) { d.Subject = "The drive failed. It smells." }, "subject", "more than one sentence"},
		"long subject":           {func(d *casedraft.Draft) { d.Subject = strings.Repeat("é", 161) }, "subject", "161 characters"},
		"right-to-left override": {func(d *casedraft.Draft) { d.Subject = "drive \u202egnp.exe" }, "subject", "cannot be shown"},
		"no description":         {func(d *casedraft.Draft) { d.Description = "\n" }, "description", "is empty"},
		"escape in description":  {func(d *casedraft.Draft) { d.Description = "a\x1b[2J" }, "description", "cannot be shown"},
		"not UTF-8":              {func(d *casedraft.Draft) { d.Description = "a\xff" }, "description", "cannot be shown"},
		"severity 0":             {func(d *casedraft.Draft) { d.Severity = 0 }, "severity", "is 0"},
		"severity 5":             {func(d *casedraft.Draft) { d.Severity = 5 }, "severity", "is 5"},
		"urgent without impact":  {func(d *casedraft.Draft) { d.Severity, d.Impact = 1, "" }, "impact", "is empty"},
		"comments":               {func(d *casedraft.Draft) { d.Comments = strings.Repeat("é", 4001) }, "comments", "4001 characters"},
		"empty message":          {func(d *casedraft.Draft) { d.Messages = []string{""} }, "messages.1", "is empty"},
		"stranger":               {func(d *casedraft.Draft) { d.Primary.ID = "eve" }, "primary", "not an authorised contact"},
		"same person twice":      {func(d *casedraft.Draft) { d.Secondary = d.Primary }, "secondary", "is the primary contact"},
		"no second person":       {func(d *casedraft.Draft) { d.Secondary = casedraft.Contact{} }, "secondary", "is empty"},
		"unreachable":            {func(d *casedraft.Draft) { d.Secondary.Phone = "" }, "secondary", "neither telephone nor mail"},
		"nameless attachment":    {func(d *casedraft.Draft) { d.Attachments[0].Name = "" }, "attachments.1.name", "is empty"},
		"nameless run":           {func(d *casedraft.Draft) { d.Runs = []string{""} }, "runs.1", "is empty"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := good()
			c.spoil(&d)
			err := d.Validate(contacts)
			var faults casedraft.Invalid
			require.ErrorAs(t, err, &faults)
			require.Len(t, faults, 1, "%v", faults)
			require.Equal(t, c.field, faults[0].Field)
			require.Contains(t, faults[0].Fault, c.fault)
		})
	}
}

func TestValidateCountsContacts(t *testing.T) {
	six := append([]casedraft.Contact{}, contacts...)
	for _, id := range []string{"c1", "c2", "c3", "c4"} {
		six = append(six, casedraft.Contact{ID: id, Role: "secondary"})
	}
	require.ErrorContains(t, good().Validate(six), "at most 5")
	two := []casedraft.Contact{contacts[0], {ID: "cleroy", Name: "C. Leroy", Role: "admin", Phone: "1"}}
	require.ErrorContains(t, good().Validate(two), "exactly one contact")

	alone := good()
	alone.Secondary = casedraft.Contact{}
	require.NoError(t, alone.Validate(contacts[:1]), "a site with one contact cannot name a second")
}

func TestOneSentenceIsNotFooledByShortWordsAndVersions(t *testing.T) {
	for _, s := range []string{"Path no. 7 vs. CT1 lost on 6.4.10", "Why does CT0.ETH4 flap?", "Latency rises... at night", "Bay 7 of CH0 e.g. CH0.BAY7 is lost!"} {
		d := good()
		d.Subject = s
		require.NoError(t, d.Validate(contacts), s)
	}
}

func TestNumberIsGivenOnceAndByEightDigits(t *testing.T) {
	d := good()
	for _, bad := range []string{"", "1234567", "123456789", "1234567a", "１２３４５６７８"} {
		require.Error(t, d.GiveNumber(bad), bad)
	}
	require.NoError(t, d.GiveNumber("00412345"))
	require.NoError(t, d.GiveNumber("00412345"))
	require.ErrorIs(t, d.GiveNumber("00412346"), casedraft.ErrRule)
	require.Equal(t, "00412345", d.Name())
}

func TestSeverityStaysRaised(t *testing.T) {
	d := good()
	require.NoError(t, d.Raise(3), "a draft may still be corrected downwards")
	d.Status = casedraft.StatusSent
	require.NoError(t, d.Raise(1))
	require.ErrorIs(t, d.Raise(2), casedraft.ErrRule)
	require.Error(t, d.Raise(0))
	require.NoError(t, d.Acknowledge("00412345", casedraft.Ack{At: at, Severity: 2, Diagnosis: "drive", Text: "taken"}))
	require.Equal(t, localmon.SeverityUrgent, d.Severity, "an acknowledgement does not lower")
	require.Equal(t, casedraft.StatusInProgress, d.Status)
	require.Error(t, d.Acknowledge("00412345", casedraft.Ack{}))
	d.Status = casedraft.StatusClosed
	require.ErrorIs(t, d.Raise(1), casedraft.ErrRule)
}

func TestTextsAreWhatTheGuideAsksFor(t *testing.T) {
	numbered := good()
	numbered.ID = "T-ABCDEFGHIJ"
	fresh := numbered
	require.NoError(t, numbered.GiveNumber("00412345"))
	many := fresh
	many.Messages = []string{"first", "second", "third"}
	many.Comments = "See the log.\nIt repeats."
	many.Secondary = casedraft.Contact{}
	for _, lang := range casedraft.Languages() {
		for name, d := range map[string]casedraft.Draft{"new": fresh, "numbered": numbered, "many": many} {
			for kind, render := range map[string]func(casedraft.Draft, string) (string, error){"mail": casedraft.Mail, "card": casedraft.Card} {
				t.Run(kind+"/"+name+"/"+lang, func(t *testing.T) {
					got, err := render(d, lang)
					require.NoError(t, err)
					for _, line := range strings.Split(got, "\n") {
						if !strings.HasPrefix(line, "Subject:") {
							require.LessOrEqual(t, utf8.RuneCountInString(line), 100, line)
						}
						require.Equal(t, strings.TrimRight(line, " "), line, "no trailing space")
					}
					golden(t, kind+"."+name+"."+lang+".txt", got)
				})
			}
		}
	}
	card, err := casedraft.Card(many, "en")
	require.NoError(t, err)
	require.NotContains(t, card, "third", "more than two messages are not read out")
	_, err = casedraft.Mail(fresh, "de")
	require.ErrorContains(t, err, "want one of [en fr]")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestEncodingHasOneSpelling(t *testing.T) {
	d := good()
	d.Created, d.Updated = at, at
	text, err := casedraft.Encode(d)
	require.NoError(t, err)
	golden(t, "case.json", string(text))
	back, err := casedraft.Decode(text)
	require.NoError(t, err)
	again, err := casedraft.Encode(back)
	require.NoError(t, err)
	require.Equal(t, text, again)

	other := map[string]string{
		"unknown key":  strings.Replace(string(text), `"array"`, `"arrays"`, 1),
		"other case":   strings.Replace(string(text), `"array"`, `"Array"`, 1),
		"repeated key": strings.Replace(string(text), `"array": "fa-prod-1"`, `"array": "x", "array": "fa-prod-1"`, 1),
		"second value": string(text) + "{}\n",
		"no line feed": strings.TrimSuffix(string(text), "\n"),
		"compact":      compact(t, text),
		"null list": strings.Replace(string(text), `"alerts": [
    17
  ]`, `"alerts": null`, 1),
		"other format":    strings.Replace(string(text), casedraft.Format, "darksite-case/2", 1),
		"local time":      strings.Replace(string(text), "2026-03-02T07:15:30Z", "2026-03-02T08:15:30+01:00", 1),
		"escaped letters": strings.Replace(string(text), "Drive", `\u0044rive`, 1),
		"oversized":       strings.Repeat(" ", casedraft.MaxEncoded+1),
	}
	for name, text := range other {
		t.Run(name, func(t *testing.T) {
			_, err := casedraft.Decode([]byte(text))
			require.ErrorIs(t, err, casedraft.ErrMalformed)
		})
	}
}

func compact(t *testing.T, text []byte) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, json.Compact(&b, text))
	return b.String() + "\n"
}

func FuzzDecode(f *testing.F) {
	text, err := casedraft.Encode(good())
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := casedraft.Decode(text)
		if err != nil {
			require.ErrorIs(t, err, casedraft.ErrMalformed)
			return
		}
		again, err := casedraft.Encode(d)
		require.NoError(t, err)
		require.Equal(t, text, again)
	})
}

// counting is a deterministic stream of bytes.
type counting struct {
	n    byte
	left []byte
}

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		if len(c.left) == 0 {
			sum := sha256.Sum256([]byte{c.n})
			c.left, c.n = sum[:], c.n+1
		}
		p[i], c.left = c.left[0], c.left[1:]
	}
	return len(p), nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func openDB(t *testing.T, path string) *bbolt.DB {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	require.NoError(t, err)
	return db
}

func TestStoreKeepsWhatItAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.db")
	db := openDB(t, path)
	s, err := casedraft.Open(db, &counting{})
	require.NoError(t, err)

	_, err = s.Add(casedraft.Draft{}, contacts, at)
	require.ErrorAs(t, err, new(casedraft.Invalid), "an invalid draft is not kept")

	sneaky := good()
	sneaky.Number, sneaky.Ack.Text = "99999999", "forged"
	a, err := s.Add(sneaky, contacts, at)
	require.NoError(t, err)
	require.True(t, a.ID.Valid())
	require.Empty(t, a.Number, "only a reply gives a number")
	require.Empty(t, a.Ack)
	b, err := s.Add(good(), contacts, at)
	require.NoError(t, err)
	require.NotEqual(t, a.ID, b.ID)

	got, err := s.Update(string(a.ID), at.Add(time.Hour), func(d *casedraft.Draft) error {
		d.ID, d.Site = "T-AAAAAAAAAA", "S999"
		return d.Acknowledge("00412345", casedraft.Ack{At: at, Severity: 2, Text: "Case taken.\nFirst diagnosis: drive."})
	})
	require.NoError(t, err)
	require.Equal(t, a.ID, got.ID, "id and site never change")
	require.Equal(t, "S042", got.Site)

	_, err = s.Update(string(b.ID), at, func(d *casedraft.Draft) error { return d.GiveNumber("00412345") })
	require.ErrorIs(t, err, casedraft.ErrRule, "one number, one case")
	_, err = s.Update("00412345", at, func(d *casedraft.Draft) error { d.Number = ""; return nil })
	require.ErrorIs(t, err, casedraft.ErrRule, "a number stays")
	boom := errors.New("boom")
	_, err = s.Update(string(b.ID), at, func(d *casedraft.Draft) error { d.Subject = "gone"; return boom })
	require.ErrorIs(t, err, boom)
	_, err = s.Update("T-NOSUCHCASE", at, func(*casedraft.Draft) error { return nil })
	require.ErrorIs(t, err, casedraft.ErrNotFound)

	require.NoError(t, db.Close())
	db = openDB(t, path)
	defer db.Close()
	s, err = casedraft.Open(db, nil)
	require.NoError(t, err)
	byNumber, err := s.Get("00412345")
	require.NoError(t, err)
	require.Equal(t, got, byNumber)
	all, err := s.List()
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, a.ID, all[0].ID)
	require.Equal(t, good().Subject, all[1].Subject)
	_, err = s.Get("11111111")
	require.ErrorIs(t, err, casedraft.ErrNotFound)
}

func TestStoreRefusesRandomnessThatRepeats(t *testing.T) {
	db := openDB(t, filepath.Join(t.TempDir(), "site.db"))
	defer db.Close()
	s, err := casedraft.Open(db, zeros{})
	require.NoError(t, err)
	_, err = s.Add(good(), contacts, at)
	require.NoError(t, err)
	_, err = s.Add(good(), contacts, at)
	require.ErrorContains(t, err, "no free temporary id")
	all, err := s.List()
	require.NoError(t, err)
	require.Len(t, all, 1)
}

func TestReadOnlyDatabaseWithoutCases(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.db")
	require.NoError(t, openDB(t, path).Close())
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	require.NoError(t, err)
	defer db.Close()
	s, err := casedraft.Open(db, nil)
	require.NoError(t, err)
	all, err := s.List()
	require.NoError(t, err)
	require.Empty(t, all)
	_, err = s.Get("T-AAAAAAAAAA")
	require.ErrorIs(t, err, casedraft.ErrNotFound)
}

func TestAnAnswerIsHeardOnce(t *testing.T) {
	var d casedraft.Draft
	first := casedraft.Answer{At: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), From: "R. Ney", Text: "part ordered"}
	d.Hear(first)
	d.Hear(first)
	require.Equal(t, []casedraft.Answer{first}, d.Answers)
	second := first
	second.Text = "part shipped"
	d.Hear(second)
	require.Equal(t, []casedraft.Answer{first, second}, d.Answers)
}
