package approve_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"darksite/bundle"
	"darksite/bundle/approve"
	"darksite/bundle/bundletest"
	"darksite/bundle/container"
	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/bundle/statement"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite golden files")

// site is a frozen bundle waiting for its officers.
type site struct {
	*bundletest.Kit
	m        bundle.Manifest
	manifest []byte
}

func newSite(t testing.TB) *site {
	t.Helper()
	k := bundletest.New(t)
	m := k.Manifest(t, bundletest.Files())
	manifest, err := container.EncodeManifest(m)
	require.NoError(t, err)
	return &site{k, m, manifest}
}

func (s *site) statement(officer string) approve.Statement {
	return bundletest.Statement(s.m, s.manifest, officer, approve.Officer)
}

// signed signs a statement, changed, with somebody's key.
func (s *site) signed(t testing.TB, key string, edit ...func(*approve.Statement)) approve.Signed {
	t.Helper()
	st := s.statement(key)
	for _, e := range edit {
		e(&st)
	}
	signed, err := approve.Sign(st, s.Keys[key])
	require.NoError(t, err)
	return signed
}

func (s *site) check(seq int64, signed ...approve.Signed) ([]roster.Person, error) {
	return approve.Check(s.m, bundle.DigestOf(s.manifest), s.Roster, signed, seq)
}

const (
	a, b, c = bundletest.OfficerA, bundletest.OfficerB, bundletest.OfficerC
)

func TestTwoOfficersRelease(t *testing.T) {
	s := newSite(t)
	for _, order := range [][]string{{a, b}, {b, a}, {c, a, b}} {
		var signed []approve.Signed
		for _, who := range order {
			signed = append(signed, s.signed(t, who))
		}
		people, err := s.check(0, signed...)
		require.NoError(t, err)
		var ids []string
		for _, p := range people {
			ids = append(ids, p.ID)
		}
		require.Equal(t, order, ids)
	}
}

func TestOneIsEnoughOnlyWhereTheRosterSaysSo(t *testing.T) {
	s := newSite(t)
	one := s.signed(t, a)
	_, err := s.check(0, one)
	require.ErrorIs(t, err, approve.ErrNotApproved)
	s.Roster.Approvals = 1
	_, err = s.check(0, one)
	require.NoError(t, err)
	_, err = s.check(0)
	require.ErrorIs(t, err, approve.ErrNotApproved)
	s.Roster.Approvals = 0 // no file says this; a bug could
	_, err = s.check(0)
	require.ErrorIs(t, err, approve.ErrNotApproved)
}

// One wrong statement voids the set, also beside two good ones and in any place.
func TestOneWrongStatementVoidsAll(t *testing.T) {
	s := newSite(t)
	s.NewKey(t, "stranger")
	digest := bundle.DigestOf([]byte("another"))
	edit := func(e func(*approve.Statement)) approve.Signed { return s.signed(t, c, e) }
	foreign, err := s.Keys[c].Sign(sign.Label, s.signed(t, c).Text)
	require.NoError(t, err)
	free, err := s.Keys[c].Sign(sign.Approval, []byte("I agree.\n"))
	require.NoError(t, err)

	for name, w := range map[string]struct {
		wrong approve.Signed
		want  error
	}{
		"another manifest":          {edit(func(s *approve.Statement) { s.ManifestSHA256 = digest }), approve.ErrWrongManifest},
		"another bundle":            {edit(func(s *approve.Statement) { s.BID = "S042-000018" }), approve.ErrWrongManifest},
		"another redaction report":  {edit(func(s *approve.Statement) { s.RedactionReportSHA256 = digest }), approve.ErrMismatch},
		"another policy":            {edit(func(s *approve.Statement) { s.PolicySHA256 = digest }), approve.ErrMismatch},
		"other rules":               {edit(func(s *approve.Statement) { s.RulesSHA256 = digest }), approve.ErrMismatch},
		"another marking":           {edit(func(s *approve.Statement) { s.MarkingOut = "PUBLIC" }), approve.ErrMismatch},
		"another case":              {edit(func(s *approve.Statement) { s.Case = "10412346" }), approve.ErrMismatch},
		"one recipient less":        {edit(func(s *approve.Statement) { s.Recipients = s.Recipients[1:] }), approve.ErrMismatch},
		"one recipient more":        {edit(func(s *approve.Statement) { s.Recipients = sorted(append(s.Recipients, string(digest))) }), approve.ErrMismatch},
		"other files":               {edit(func(s *approve.Statement) { s.Files++ }), approve.ErrMismatch},
		"other bytes":               {edit(func(s *approve.Statement) { s.Bytes++ }), approve.ErrMismatch},
		"another destination":       {edit(func(s *approve.Statement) { s.Destination = "someone else" }), approve.ErrMismatch},
		"another marking of source": {edit(func(s *approve.Statement) { s.MarkingIn = "SECRET" }), approve.ErrMismatch},
		"lapsed":                    {edit(func(s *approve.Statement) { s.ValidUntilSeq = 16 }), approve.ErrLapsed},
		"rejected":                  {edit(reject), approve.ErrRejected},
		"names someone else":        {edit(func(s *approve.Statement) { s.Reviewer = b }), approve.ErrReviewer},
		"a stranger":                {s.signed(t, "stranger"), roster.ErrUnknownKey},
		"the collector":             {s.signed(t, bundletest.Collector), roster.ErrWrongRole},
		"an officer again":          {s.signed(t, a), approve.ErrOnePerson},
		"an officer again, other":   {s.signed(t, a, func(s *approve.Statement) { s.Medium = "dvd" }), approve.ErrOnePerson},
		"signed as a label":         {approve.Signed{Text: s.signed(t, c).Text, Sig: foreign}, sign.ErrBadSignature},
		"changed after signing":     {approve.Signed{Text: s.signed(t, c, reject).Text, Sig: s.signed(t, c).Sig}, sign.ErrBadSignature},
		"free words":                {approve.Signed{Text: []byte("I agree.\n"), Sig: free}, statement.ErrMalformed},
		"no signature":              {approve.Signed{Text: s.signed(t, c).Text}, sign.ErrBadSignature},
	} {
		good := []approve.Signed{s.signed(t, a), s.signed(t, b)}
		for at := range 3 {
			_, err := s.check(0, slices.Insert(slices.Clone(good), at, w.wrong)...)
			require.ErrorIs(t, err, w.want, "%s, in place %d", name, at)
		}
	}
}

func reject(s *approve.Statement) {
	s.Decision, s.Reason = approve.Reject, "customer names in files/host"
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }

// Whether a bundle leaves encrypted is what the officers signed and what the
// roster lets them sign.
func TestABundleInClear(t *testing.T) {
	s := newSite(t)
	readers := s.m.Recipients
	s.m = bundletest.InClear(s.m)
	var err error
	s.manifest, err = container.EncodeManifest(s.m)
	require.NoError(t, err)
	sealed := func(st *approve.Statement) { st.Clear, st.Recipients = false, readers }

	_, err = s.check(0, s.signed(t, a), s.signed(t, b))
	require.ErrorIs(t, err, approve.ErrClear)
	s.Roster.Clear = true
	signed := s.signed(t, a)
	require.Contains(t, string(signed.Text), "\nsealed: NO: not encrypted, whoever holds the medium can read it\n")
	require.Contains(t, string(signed.Text), "\nrecipients:\n")
	people, err := s.check(0, signed, s.signed(t, b))
	require.NoError(t, err)
	require.Len(t, people, 2)
	_, err = s.check(0, signed, s.signed(t, b, sealed))
	require.ErrorIs(t, err, approve.ErrMismatch, "an approval of a sealed export")
	_, err = s.check(0, signed)
	require.ErrorIs(t, err, approve.ErrNotApproved)

	s = newSite(t)
	s.Roster.Clear = true
	_, err = s.check(0, s.signed(t, a), s.signed(t, b, func(st *approve.Statement) { st.Clear, st.Recipients = true, nil }))
	require.ErrorIs(t, err, approve.ErrMismatch, "an approval in clear of a sealed export")
}

func TestRejectionAloneSaysWhy(t *testing.T) {
	s := newSite(t)
	_, err := s.check(0, s.signed(t, a, reject))
	require.ErrorIs(t, err, approve.ErrRejected)
	require.ErrorContains(t, err, a)
	require.ErrorContains(t, err, "customer names")
}

func TestApprovalsLapseBySequence(t *testing.T) {
	s := newSite(t)
	until := func(n int64) []approve.Signed {
		e := func(st *approve.Statement) { st.ValidUntilSeq = n }
		return []approve.Signed{s.signed(t, a, e), s.signed(t, b, e)}
	}
	for _, c := range []struct {
		until, at int64
		ok        bool
	}{{17, 0, true}, {17, 17, true}, {17, 18, false}, {20, 20, true}, {20, 21, false}, {16, 0, false}} {
		_, err := s.check(c.at, until(c.until)...)
		if c.ok {
			require.NoError(t, err, "%+v", c)
		} else {
			require.ErrorIs(t, err, approve.ErrLapsed, "%+v", c)
		}
	}
}

func TestWhoMayNotApprove(t *testing.T) {
	s := newSite(t)
	both := []approve.Signed{s.signed(t, a), s.signed(t, b)}

	t.Run("revoked before this bundle", func(t *testing.T) {
		r := s.Roster
		r.Revoked = []roster.Revocation{{KeyID: s.Keys[b].Public().ID(), After: 16}}
		_, err := approve.Check(s.m, bundle.DigestOf(s.manifest), r, both, 0)
		require.ErrorIs(t, err, roster.ErrRevoked)
		r.Revoked[0].After = 17
		_, err = approve.Check(s.m, bundle.DigestOf(s.manifest), r, both, 0)
		require.NoError(t, err)
	})
	t.Run("no longer on the roster", func(t *testing.T) {
		r := s.Roster
		r.People = slices.DeleteFunc(slices.Clone(r.People), func(p roster.Person) bool { return p.ID == b })
		_, err := approve.Check(s.m, bundle.DigestOf(s.manifest), r, both, 0)
		require.ErrorIs(t, err, roster.ErrUnknownKey)
	})
	t.Run("roster of another site", func(t *testing.T) {
		r := s.Roster
		r.Site = "S043"
		_, err := approve.Check(s.m, bundle.DigestOf(s.manifest), r, both, 0)
		require.ErrorIs(t, err, approve.ErrMismatch)
	})
	t.Run("collector who became an officer", func(t *testing.T) {
		m := s.m
		m.Collector.Principal = b
		manifest, err := container.EncodeManifest(m)
		require.NoError(t, err)
		own := &site{s.Kit, m, manifest}
		_, err = own.check(0, own.signed(t, a), own.signed(t, b))
		require.ErrorIs(t, err, approve.ErrSelfApproval)
	})
	t.Run("collector's key under another name", func(t *testing.T) {
		m := s.m
		m.Collector.KeyID = s.Keys[b].Public().ID()
		manifest, err := container.EncodeManifest(m)
		require.NoError(t, err)
		own := &site{s.Kit, m, manifest}
		_, err = own.check(0, own.signed(t, a), own.signed(t, b))
		require.ErrorIs(t, err, approve.ErrSelfApproval)
	})
}

// Every combination of one officer alone, however often, is refused.
func TestNoOfficerReleasesAlone(t *testing.T) {
	s := newSite(t)
	for _, who := range []string{a, b, c} {
		for n := 1; n <= 3; n++ {
			_, err := s.check(0, slices.Repeat([]approve.Signed{s.signed(t, who)}, n)...)
			require.Error(t, err)
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

// example is a statement that is the same in every run.
func example() approve.Statement {
	digest := func(s string) bundle.Digest { return bundle.DigestOf([]byte(s)) }
	return approve.Statement{
		Decision: approve.Release, BID: "S042-000017", ManifestSHA256: digest("manifest"),
		RedactionReportSHA256: digest("report"), PolicySHA256: digest("policy"), RulesSHA256: digest("rules"),
		MarkingIn: "RESTRICTED", MarkingOut: "INTERNAL",
		Recipients:  sorted([]string{string(digest("intake")), string(digest("escrow")), string(digest("record"))}),
		Destination: "vendor support", Case: "10412345", Medium: "usb 0417-A", Files: 214, Bytes: 91_204_117,
		ViewedFull: 211, ViewedPartial: 2, NotInspectable: 1,
		Exceptions: []string{"files/array/perf.csv: searched, not read line by line", "files/host/smart.txt: numbers only"},
		Reviewer:   "alevy", Role: approve.SecondOfficer, SignedUTC: "2026-11-22T10:00:00Z", ValidUntilSeq: 20,
	}
}

func TestStatementIsReadable(t *testing.T) {
	text, err := example().Encode()
	require.NoError(t, err)
	golden(t, "approval.txt", text)
	back, err := approve.Parse(text)
	require.NoError(t, err)
	require.Equal(t, example(), back)
	require.LessOrEqual(t, strings.Count(string(text), "\n"), approve.MaxLines)
}

func TestLongestStatementFits(t *testing.T) {
	s := example()
	s.Exceptions = slices.Repeat([]string{"files/x: words"}, approve.MaxExceptions)
	text, err := s.Encode()
	require.NoError(t, err)
	require.Equal(t, approve.MaxLines, strings.Count(string(text), "\n"))
	back, err := approve.Parse(text)
	require.NoError(t, err)
	require.Equal(t, s, back)
}

func TestEncodeRefuses(t *testing.T) {
	for name, edit := range map[string]func(s *approve.Statement){
		"undecided":                 func(s *approve.Statement) { s.Decision = "" },
		"both":                      func(s *approve.Statement) { s.Decision = "release reject" },
		"rejected without words":    func(s *approve.Statement) { s.Decision = approve.Reject },
		"released with a reason":    func(s *approve.Statement) { s.Reason = "because" },
		"no bundle":                 func(s *approve.Statement) { s.BID = "" },
		"no manifest":               func(s *approve.Statement) { s.ManifestSHA256 = "" },
		"no report":                 func(s *approve.Statement) { s.RedactionReportSHA256 = "" },
		"no rules":                  func(s *approve.Statement) { s.RulesSHA256 = "x" },
		"no policy":                 func(s *approve.Statement) { s.PolicySHA256 = "x" },
		"no destination":            func(s *approve.Statement) { s.Destination = "" },
		"no reviewer":               func(s *approve.Statement) { s.Reviewer = "" },
		"no role":                   func(s *approve.Statement) { s.Role = "" },
		"no recipients":             func(s *approve.Statement) { s.Recipients = nil },
		"in clear, with recipients": func(s *approve.Statement) { s.Clear = true },
		"recipient twice":           func(s *approve.Statement) { s.Recipients[1] = s.Recipients[0] },
		"recipients out of order":   func(s *approve.Statement) { slices.Reverse(s.Recipients) },
		"no fingerprint":            func(s *approve.Statement) { s.Recipients = []string{"intake"} },
		"negative":                  func(s *approve.Statement) { s.Bytes = -1 },
		"more viewed than there":    func(s *approve.Statement) { s.ViewedFull = s.Files },
		"viewed without limit":      func(s *approve.Statement) { s.ViewedFull, s.ViewedPartial = 1<<62, 1<<62 },
		"too many exceptions":       func(s *approve.Statement) { s.Exceptions = make([]string, approve.MaxExceptions+1) },
		"exception without words":   func(s *approve.Statement) { s.Exceptions[0] = "" },
		"exception with a line":     func(s *approve.Statement) { s.Exceptions[0] = "x\ndecision: release" },
		"local time":                func(s *approve.Statement) { s.SignedUTC = "2026-11-22T11:00:00+01:00" },
		"destination with a line":   func(s *approve.Statement) { s.Destination = "x\nreviewer: b" },
		"destination with a sleeve": func(s *approve.Statement) { s.Destination = "vendor\u202e" },
		"too large":                 func(s *approve.Statement) { s.Destination = strings.Repeat("x", approve.MaxBytes) },
	} {
		s := example()
		edit(&s)
		_, err := s.Encode()
		require.Error(t, err, name)
	}
}

func TestParseTakesOneSpellingOnly(t *testing.T) {
	text, err := example().Encode()
	require.NoError(t, err)
	sub := func(from, to string) string {
		require.Contains(t, string(text), from)
		return strings.Replace(string(text), from, to, 1)
	}
	for name, wrong := range map[string]string{
		"empty":                 "",
		"another title":         sub("approval v1", "approval v2"),
		"another decision":      sub("decision: release", "decision: maybe"),
		"decision twice":        sub("decision: release", "decision: reject\ndecision: release"),
		"fields swapped":        sub("files: 214\nbytes: 91204117", "bytes: 91204117\nfiles: 214"),
		"exceptions renumbered": sub("exception: 2", "exception: 3"),
		"exceptions recounted":  sub("exceptions: 2", "exceptions: 3"),
		"exception hidden":      sub("exceptions: 2", "exceptions: 1"),
		"recipients apart":      sub("recipients: ", "recipients:  "),
		"number with zero":      sub("files: 214", "files: 0214"),
		"line more":             string(text) + "note: hello\n",
		"line feed less":        strings.TrimSuffix(string(text), "\n"),
		"carriage returns":      strings.ReplaceAll(string(text), "\n", "\r\n"),
		"many lines":            string(text) + strings.Repeat("note:\n", approve.MaxLines),
		"digest in capitals":    sub(string(example().RulesSHA256), strings.ToUpper(string(example().RulesSHA256))),
	} {
		_, err := approve.Parse([]byte(wrong))
		require.ErrorIs(t, err, statement.ErrMalformed, name)
	}
}

func FuzzParse(f *testing.F) {
	for _, edit := range []func(*approve.Statement){func(*approve.Statement) {}, reject, func(s *approve.Statement) { s.Exceptions = nil }} {
		s := example()
		edit(&s)
		text, err := s.Encode()
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := approve.Parse(text)
		if err != nil {
			require.ErrorIs(t, err, statement.ErrMalformed)
			return
		}
		again, err := s.Encode()
		require.NoError(t, err)
		require.Equal(t, string(text), string(again))
	})
}

func ExampleFor() {
	m := bundle.Manifest{BID: "S042-000017", Seq: 17, Marking: "INTERNAL", Totals: bundle.Totals{Files: 3, Bytes: 900}}
	s := approve.For(m, bundle.DigestOf([]byte("manifest")))
	fmt.Println(s.BID, s.MarkingOut, s.Files, s.Bytes, s.ValidUntilSeq)
	// Output: S042-000017 INTERNAL 3 900 17
}
