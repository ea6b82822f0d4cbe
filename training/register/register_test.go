package register_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"darksite/bundle/sign"
	"darksite/training/certificate"
	"darksite/training/exam"
	"darksite/training/register"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func newKey(t testing.TB) sign.Signer {
	t.Helper()
	private, _, err := sign.GenerateKey(nil, "test", nil)
	require.NoError(t, err)
	key, err := sign.ParsePrivateKey(private, nil)
	require.NoError(t, err)
	return key
}

func lab(name string, score float64, fatal bool, at time.Time) exam.LabResult {
	return exam.LabResult{Kind: exam.EasyLab, Lab: name, Score: score, Fatal: fatal, Digest: "0a", At: at}
}

func TestProgressIsKept(t *testing.T) {
	r := register.At(filepath.Join(t.TempDir(), "training"))
	none, err := r.Learner("mdurand")
	require.NoError(t, err)
	require.Equal(t, register.Progress{Learner: "mdurand"}, none)
	all, err := r.Learners()
	require.NoError(t, err)
	require.Empty(t, all)

	require.NoError(t, r.Note("mdurand", register.Entry{At: noon, What: register.Read, Of: "a0"}, register.Entry{At: noon, What: register.Checked, Of: "a0", Rest: "1/3"}))
	require.NoError(t, r.Note("mdurand", register.Entry{At: noon.Add(time.Minute), What: register.Checked, Of: "a0", Rest: "3/3"}))
	for n := range register.MostLabs + 2 {
		require.NoError(t, r.Note("mdurand", register.LabEntry(lab("l1", min(1, float64(n)/4), n != 3, noon.AddDate(0, 0, n)))))
	}
	p, err := r.Learner("mdurand")
	require.NoError(t, err)
	require.Len(t, p.Entries, 2+register.MostLabs)
	e, ok := p.Has(register.Checked, "a0")
	require.True(t, ok)
	require.Equal(t, "3/3", e.Rest)
	_, ok = p.Has(register.Read, "a1")
	require.False(t, ok)
	require.Len(t, p.Labs(), register.MostLabs)
	require.Equal(t, []certificate.Day{certificate.DayOf(noon.AddDate(0, 0, 3))}, p.Practised(), "the others were too low, or fatal")
	all, err = r.Learners()
	require.NoError(t, err)
	require.Equal(t, []register.Progress{p}, all)
}

func TestNamesStayInTheirFolder(t *testing.T) {
	r := register.At(t.TempDir())
	for _, name := range []string{"", "../x", "a/b", "..", ".x", "A", strings.Repeat("a", 33)} {
		require.Error(t, r.Note(name, register.Entry{At: noon, What: register.Read, Of: "a0"}), name)
		_, err := r.Exam(name)
		require.ErrorIs(t, err, fs.ErrNotExist, name)
		_, err = r.Hold(name)
		require.Error(t, err, name)
	}
	_, err := r.Certificate("../X")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestEntriesAreHeldToTheirForm(t *testing.T) {
	r := register.At(t.TempDir())
	for name, e := range map[string]register.Entry{
		"something else":         {At: noon, What: "slept", Of: "a0"},
		"no lesson":              {At: noon, What: register.Read},
		"a lesson read and more": {At: noon, What: register.Read, Of: "a0", Rest: "twice"},
		"more right than asked":  {At: noon, What: register.Checked, Of: "a0", Rest: "4/3"},
		"no numbers":             {At: noon, What: register.Checked, Of: "a0", Rest: "all"},
		"another lab":            {At: noon, What: register.Lab, Of: "l2", Rest: lab("l1", 1, false, noon).Words()},
		"no result":              {At: noon, What: register.Lab, Of: "l1", Rest: "well"},
		"a clock never set":      {At: time.Unix(0, 0), What: register.Read, Of: "a0"},
	} {
		require.Error(t, r.Note("mdurand", e), name)
	}
	p, err := r.Learner("mdurand")
	require.NoError(t, err)
	require.Empty(t, p.Entries)
}

func TestWhatCannotBeReadIsAnError(t *testing.T) {
	dir := t.TempDir()
	r := register.At(dir)
	require.NoError(t, r.Note("mdurand", register.Entry{At: noon, What: register.Read, Of: "a0"}))
	file := filepath.Join(dir, "progress", "mdurand.txt")
	require.NoError(t, os.WriteFile(file, []byte("rubbish\n"), 0o600))
	_, err := r.Learners()
	require.ErrorContains(t, err, file)
	require.Error(t, r.Note("mdurand", register.Entry{At: noon, What: register.Read, Of: "a1"}), "nothing is thrown away")
	other, err := register.Progress{Learner: "ppetit"}.Encode()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, other, 0o600))
	_, err = r.Learner("mdurand")
	require.ErrorContains(t, err, "it is of ppetit")
}

func record(session string, candidate, supervisor sign.Signer) exam.Record {
	return exam.Record{Head: exam.Head{
		Session: session, Site: "S042", Track: certificate.Admin, Bank: "2026.1", BankDigest: strings.Repeat("0", 64),
		Candidate: candidate.Public().ID(), Supervisor: supervisor.Public().ID(),
	}}
}

func TestAnExaminationHasOneWriter(t *testing.T) {
	r, candidate, supervisor := register.At(t.TempDir()), newKey(t), newKey(t)
	const session = "00112233445566ff"
	s, err := r.Hold(session)
	require.NoError(t, err)
	_, err = r.Hold(session)
	require.ErrorIs(t, err, register.ErrBusy)
	none, err := r.Exams()
	require.NoError(t, err)
	require.Empty(t, none)

	rec := record(session, candidate, supervisor)
	rec.Events = []exam.Event{{At: noon, What: exam.Opened}}
	require.NoError(t, s.Save(rec))
	e, err := r.Exam(session)
	require.NoError(t, err)
	require.Equal(t, rec, e.Record)
	require.False(t, e.Done())
	require.Equal(t, noon, e.Last())

	rec.Events = append(rec.Events, exam.Event{At: noon.Add(time.Hour), What: exam.Closed})
	require.NoError(t, s.Save(rec))
	for _, k := range []sign.Signer{candidate, supervisor} {
		sig, err := exam.Sign(rec, k)
		require.NoError(t, err)
		require.NoError(t, s.Sign(k.Public().ID(), sig))
	}
	require.Error(t, s.Sign("../x", nil))
	s.Close()
	again, err := r.Hold(session)
	require.NoError(t, err, "the lock is given back")
	again.Close()
	all, err := r.Exams()
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.True(t, all[0].Done())
	require.NoError(t, exam.CheckSignatures(all[0].Text, all[0].Record, candidate.Public(), supervisor.Public(), all[0].Signatures...))
}

func issued(t *testing.T, id string, holder, issuer sign.Signer) certificate.Signed {
	t.Helper()
	s, err := certificate.Issue(certificate.Certificate{
		ID: id, Holder: "M. Durand", Key: holder.Public().ID(), Site: "S042", Track: certificate.Admin, Band: certificate.Good,
		Issued: certificate.DayOf(noon), Until: certificate.DayOf(noon).AddMonths(24), Bank: "2026.1",
		Issuer: issuer.Public().ID(), Supervisor: issuer.Public().ID(),
	}, issuer)
	require.NoError(t, err)
	return s
}

func TestCertificatesAreKeptForGood(t *testing.T) {
	dir := t.TempDir()
	r, holder, issuer := register.At(dir), newKey(t), newKey(t)
	s := issued(t, "DSA-0031", holder, issuer)
	require.NoError(t, r.Keep(s))
	require.NoError(t, r.Keep(s))
	require.ErrorIs(t, r.Keep(issued(t, "DSA-0031", newKey(t), issuer)), register.ErrOther)
	require.NoError(t, r.Keep(issued(t, "DSA-0032", newKey(t), issuer)))
	all, err := r.Certificates()
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, s, all[0])
	_, err = r.Certificate("DSA-0033")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, os.Rename(filepath.Join(dir, "certificates", "DSA-0032.txt"), filepath.Join(dir, "certificates", "DSA-0034.txt")))
	_, err = r.Certificates()
	require.ErrorContains(t, err, "it is certificate DSA-0032")
}

func list(t *testing.T, by sign.Signer, number int64, ids ...string) []byte {
	t.Helper()
	w := certificate.Withdrawals{Number: number, Issued: certificate.DayOf(noon)}
	for _, id := range ids {
		w.List = append(w.List, certificate.Withdrawal{ID: id, On: w.Issued, Why: "left the site"})
	}
	text, err := w.Encode()
	require.NoError(t, err)
	sig, err := by.Sign(sign.Certificate, text)
	require.NoError(t, err)
	return append(text, sig...)
}

func TestTheListOfWithdrawnOnlyGoesForward(t *testing.T) {
	dir := t.TempDir()
	r, vendor := register.At(dir), newKey(t)
	trusted := []sign.PublicKey{vendor.Public()}
	have, _, err := r.Withdrawn(trusted)
	require.NoError(t, err)
	require.Nil(t, have)
	require.NoError(t, r.Withdraw(list(t, vendor, 2, "DSA-0031"), trusted, trusted))
	require.ErrorIs(t, r.Withdraw(list(t, vendor, 1), trusted, trusted), certificate.ErrOlderList)
	require.ErrorIs(t, r.Withdraw(list(t, vendor, 3), trusted, trusted), certificate.ErrOlderList, "it leaves one out")
	require.ErrorIs(t, r.Withdraw(list(t, newKey(t), 3, "DSA-0031"), trusted, trusted), sign.ErrBadSignature)
	require.ErrorIs(t, r.Withdraw([]byte("number: 9\n"), trusted, trusted), sign.ErrBadSignature)
	signed := list(t, vendor, 3, "DSA-0031", "DSA-0032")
	require.NoError(t, r.Withdraw(signed, trusted, trusted))
	have, text, err := r.Withdrawn(trusted)
	require.NoError(t, err)
	require.Equal(t, int64(3), have.Number)
	require.Equal(t, signed, text)

	other := newKey(t)
	require.NoError(t, r.Withdraw(list(t, other, 4, "DSA-0031", "DSA-0032"), []sign.PublicKey{other.Public()}, trusted), "the first key was taken back")
	trusted = append(trusted, other.Public())
	signed = list(t, other, 5, "DSA-0031", "DSA-0032")
	require.NoError(t, r.Withdraw(signed, trusted[1:], trusted))

	file := filepath.Join(dir, "withdrawn.txt")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(signed), "DSA-0032", "DSA-0033", 1)), 0o600))
	_, _, err = r.Withdrawn(trusted)
	require.ErrorIs(t, err, sign.ErrBadSignature)
	require.ErrorContains(t, err, file)
}

func FuzzParseProgress(f *testing.F) {
	f.Add([]byte("format: darksite-progress/1\nlearner: mdurand\ndone: 2026-11-23T12:00:00Z read a0\ndone: 2026-11-23T12:00:00Z checked a0 1/3\n"))
	f.Add([]byte("format: darksite-progress/1\nlearner: m\ndone: 2026-11-23T12:00:00Z lab l1 easy l1 500 clean 0a 2026-11-23T12:00:00Z\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := register.ParseProgress(text)
		if err != nil {
			return
		}
		again, err := p.Encode()
		require.NoError(t, err)
		require.Equal(t, string(text), string(again))
	})
}

func TestWhoLearnedLastIsKnown(t *testing.T) {
	r := register.At(t.TempDir())
	id, err := r.Newest()
	require.NoError(t, err)
	require.Empty(t, id)
	require.NoError(t, r.Note("nleroy", register.Entry{At: noon.Add(time.Hour), What: register.Read, Of: "a1"}))
	require.NoError(t, r.Note("mdurand", register.Entry{At: noon, What: register.Read, Of: "a0"}))
	id, err = r.Newest()
	require.NoError(t, err)
	require.Equal(t, "nleroy", id, "by what was done, not by what was written last")
	require.False(t, register.ValidLearner("../x"))
	require.True(t, register.ValidLearner("m.durand"))
}

func TestARecordThatWasHeldElsewhereIsKeptOnce(t *testing.T) {
	r, key := register.At(t.TempDir()), newKey(t)
	rec := exam.Record{Head: exam.Head{
		Session: "00112233445566ff", Site: "S042", Track: certificate.Officer, Bank: "2026.1", BankDigest: strings.Repeat("0", 64),
		Candidate: key.Public().ID(), Supervisor: newKey(t).Public().ID(),
	}, Events: []exam.Event{{At: noon, What: exam.Opened}, {At: noon, What: exam.Closed}}}
	armored, err := exam.Sign(rec, key)
	require.NoError(t, err)
	signed := map[string][]byte{key.Public().ID(): armored}
	require.NoError(t, r.KeepExam(rec, signed))
	require.NoError(t, r.KeepExam(rec, signed))
	kept, err := r.Exam(rec.Session)
	require.NoError(t, err)
	require.True(t, kept.Done())
	require.Equal(t, [][]byte{armored}, kept.Signatures)
	rec.Events[1].At = noon.Add(time.Minute)
	require.ErrorIs(t, r.KeepExam(rec, signed), register.ErrOther, "two records of one session")
	require.Error(t, r.KeepExam(exam.Record{}, nil))
}

func TestWhatASiteTookOutOfForceStaysSo(t *testing.T) {
	r, key, stranger := register.At(t.TempDir()), newKey(t), newKey(t)
	people := []sign.PublicKey{key.Public()}
	today := certificate.DayOf(noon)
	signed := func(id, site string, why certificate.Cause, by sign.Signer) []byte {
		text, err := certificate.SiteWithdrawal{ID: id, Site: site, On: today, Why: why, By: by.Public().ID()}.Encode()
		require.NoError(t, err)
		armored, err := by.Sign(sign.Certificate, text)
		require.NoError(t, err)
		return append(text, armored...)
	}
	gone, files, err := r.WithdrawnBySite(people)
	require.NoError(t, err)
	require.Empty(t, gone)
	require.Empty(t, files)
	first := signed("DSA-0031", "S042", certificate.HasLeft, key)
	require.NoError(t, r.WithdrawHere(first, people))
	require.NoError(t, r.WithdrawHere(signed("DSA-0031", "S042", certificate.InError, key), people), "the first stands")
	require.NoError(t, r.WithdrawHere(signed("DSA-0031", "S043", certificate.InError, key), people), "of another site")
	require.ErrorIs(t, r.WithdrawHere(signed("DSA-0032", "S042", certificate.HasLeft, stranger), people), sign.ErrBadSignature)
	require.ErrorIs(t, r.WithdrawHere([]byte("format: x\n"), people), sign.ErrBadSignature)
	gone, files, err = r.WithdrawnBySite(people)
	require.NoError(t, err)
	require.Equal(t, []certificate.SiteWithdrawal{
		{ID: "DSA-0031", Site: "S042", On: today, Why: certificate.HasLeft, By: key.Public().ID()},
		{ID: "DSA-0031", Site: "S043", On: today, Why: certificate.InError, By: key.Public().ID()},
	}, gone)
	require.Equal(t, first, files[0])
	_, _, err = r.WithdrawnBySite(nil)
	require.ErrorIs(t, err, sign.ErrBadSignature, "one that cannot be checked is an error and never nothing")
}
