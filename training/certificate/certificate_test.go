package certificate_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle/sign"
	"darksite/training/certificate"

	"github.com/stretchr/testify/require"
	"rsc.io/qr"
)

func newKey(t testing.TB) sign.Signer {
	t.Helper()
	private, _, err := sign.GenerateKey(nil, "test", nil)
	require.NoError(t, err)
	key, err := sign.ParsePrivateKey(private, nil)
	require.NoError(t, err)
	return key
}

func day(t testing.TB, s string) certificate.Day {
	t.Helper()
	d, err := certificate.ParseDay(s)
	require.NoError(t, err)
	return d
}

// people of the tests: the vendor, an admin who supervises, and the candidate.
type people struct{ vendor, supervisor, candidate sign.Signer }

func newPeople(t testing.TB) people { return people{newKey(t), newKey(t), newKey(t)} }

// certificate is a full one, by the vendor.
func (p people) certificate(t testing.TB) certificate.Certificate {
	return certificate.Certificate{
		ID: "DSA-0031", Holder: "M. Durand", Key: p.candidate.Public().ID(), Site: "S042", Track: certificate.Admin,
		Products: []string{"flasharray-6", "flashblade-4"}, Band: certificate.Good, Issued: day(t, "2026-11-23"), Until: day(t, "2028-11-22"),
		Bank: "2026.1", Issuer: p.vendor.Public().ID(), Supervisor: p.supervisor.Public().ID(),
	}
}

// provisional is the one from the site that comes before.
func (p people) provisional(t testing.TB) certificate.Certificate {
	c := p.certificate(t)
	c.Provisional, c.Issuer, c.Until = true, p.supervisor.Public().ID(), day(t, "2027-05-20")
	return c
}

func (p people) trust() certificate.Trust {
	return certificate.Trust{
		Vendor: []sign.PublicKey{p.vendor.Public()}, Site: "S042", Sites: []sign.PublicKey{p.supervisor.Public(), p.candidate.Public()},
	}
}

func issue(t testing.TB, c certificate.Certificate, by sign.Signer) certificate.Signed {
	t.Helper()
	s, err := certificate.Issue(c, by)
	require.NoError(t, err)
	return s
}

func TestVerify(t *testing.T) {
	p, today := newPeople(t), day(t, "2027-01-10")
	stranger := newKey(t)
	list := func(ids ...string) *certificate.Withdrawals {
		w := &certificate.Withdrawals{Number: 4, Issued: day(t, "2026-12-01")}
		for _, id := range ids {
			w.List = append(w.List, certificate.Withdrawal{ID: id, On: day(t, "2026-11-30"), Why: "left the site"})
		}
		return w
	}
	tests := []struct {
		name     string
		signed   func() certificate.Signed
		trust    func(*certificate.Trust)
		today    string
		reason   certificate.Reason
		detail   string
		cautions []certificate.Caution
	}{
		{name: "one of the vendor counts", reason: certificate.Counts},
		{name: "it counts on its first day", today: "2026-11-23", reason: certificate.Counts},
		{name: "it counts on its last day", today: "2028-11-22", reason: certificate.Counts, cautions: []certificate.Caution{certificate.EndsSoon, certificate.OldList}},
		{name: "it ends with its last day", today: "2028-11-23", reason: certificate.Ended, detail: "2028-11-22"},
		{name: "a clock before its first day is said", today: "2026-11-22", reason: certificate.NotBegun, detail: "clock"},
		{name: "an old list is a caution", today: "2027-06-01", reason: certificate.Counts, cautions: []certificate.Caution{certificate.OldList}},
		{
			name: "no list is a caution", reason: certificate.Counts, cautions: []certificate.Caution{certificate.NoList},
			trust: func(t *certificate.Trust) { t.Withdrawn = nil },
		},
		{
			name: "one that was withdrawn does not count", reason: certificate.Withdrawn, detail: "list 4: left the site",
			trust: func(t *certificate.Trust) { t.Withdrawn = list("DSA-0007", "DSA-0031") },
		},
		{
			name: "an issuer nobody knows", reason: certificate.UnknownIssuer,
			signed: func() certificate.Signed {
				c := p.certificate(t)
				c.Issuer = stranger.Public().ID()
				return issue(t, c, stranger)
			},
		},
		{
			name: "a name changed after it was signed", reason: certificate.Altered,
			signed: func() certificate.Signed {
				s := issue(t, p.certificate(t), p.vendor)
				s.Holder = "M. Durant"
				return s
			},
		},
		{
			name: "a stranger's signature under the vendor's name", reason: certificate.Altered,
			signed: func() certificate.Signed {
				c := p.certificate(t)
				c.Issuer = stranger.Public().ID()
				s := issue(t, c, stranger)
				s.Issuer = p.vendor.Public().ID()
				return s
			},
		},
		{
			name: "forged and ended is called forged", today: "2030-01-01", reason: certificate.Altered,
			signed: func() certificate.Signed {
				s := issue(t, p.certificate(t), p.vendor)
				s.Until = s.Until.Add(3000)
				return s
			},
		},
		{
			name: "a provisional one of the site counts and is called that", reason: certificate.Counts,
			cautions: []certificate.Caution{certificate.IsProvisional},
			signed:   func() certificate.Signed { return issue(t, p.provisional(t), p.supervisor) },
			trust:    func(t *certificate.Trust) { t.Withdrawn = list() },
		},
		{
			name: "a key of the site issues nothing for good", reason: certificate.Overstepped, detail: "only the vendor",
			signed: func() certificate.Signed {
				c := p.provisional(t)
				c.Provisional = false
				return issue(t, c, p.supervisor)
			},
		},
		{
			name: "a key of the site issues nothing for another site", reason: certificate.Overstepped, detail: "for S043",
			signed: func() certificate.Signed {
				c := p.provisional(t)
				c.Site = "S043"
				return issue(t, c, p.supervisor)
			},
		},
		{
			name: "a provisional one lasts half a year", reason: certificate.Overstepped, detail: "180 days",
			signed: func() certificate.Signed {
				c := p.provisional(t)
				c.Until = day(t, "2028-11-22")
				return issue(t, c, p.supervisor)
			},
		},
		{
			name: "nobody issues an own one", reason: certificate.Overstepped, detail: "own",
			signed: func() certificate.Signed {
				c := p.provisional(t)
				c.Issuer = p.candidate.Public().ID()
				return issue(t, c, p.candidate)
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			signed := issue(t, p.certificate(t), p.vendor)
			if tt.signed != nil {
				signed = tt.signed()
			}
			trust := p.trust()
			trust.Withdrawn = list()
			if tt.trust != nil {
				tt.trust(&trust)
			}
			on := today
			if tt.today != "" {
				on = day(t, tt.today)
			}
			got := certificate.Verify(signed, trust, on)
			require.Equal(t, tt.reason, got.Reason, got.Detail)
			require.Equal(t, tt.reason == certificate.Counts, got.OK())
			require.Contains(t, got.Detail, tt.detail)
			require.Equal(t, tt.cautions, got.Cautions)
		})
	}
}

// Whatever byte of the printed form changes, the certificate is refused.
func TestEveryChangedCharacterIsRefused(t *testing.T) {
	p := newPeople(t)
	text, err := certificate.Text(issue(t, p.certificate(t), p.vendor))
	require.NoError(t, err)
	trust, today := p.trust(), day(t, "2027-01-10")
	trust.Withdrawn = nil
	for i := range text {
		for _, c := range []byte("0A:") {
			if text[i] == c {
				continue
			}
			changed := text[:i] + string(c) + text[i+1:]
			s, err := certificate.ParseText(changed)
			if err == nil {
				require.False(t, certificate.Verify(s, trust, today).OK(), "character %d as %c", i, c)
			}
		}
	}
}

func TestTextIsSmallEnoughToPrint(t *testing.T) {
	p := newPeople(t)
	c := p.certificate(t)
	s := issue(t, c, p.vendor)
	text, err := certificate.Text(s)
	require.NoError(t, err)
	code, err := qr.Encode(text, qr.M)
	require.NoError(t, err)
	require.LessOrEqual(t, code.Size, 73)

	c.ID, c.Holder, c.Site = strings.Repeat("A", certificate.MaxID), strings.Repeat("é", certificate.MaxName/2), "S0123456789A"
	c.Products, c.Band, c.Bank = []string{"a-flasharray-with-long-1", "b-flasharray-with-long-2", "c-flasharray-with-long-3", "d-flasharray-with-long-4"}, certificate.Outstanding, strings.Repeat("2", 24)
	longest, err := certificate.Text(issue(t, c, p.vendor))
	require.NoError(t, err)
	require.Less(t, len(longest), certificate.MaxText)
	again, err := certificate.ParseText(longest)
	require.NoError(t, err)
	require.Equal(t, c, again.Certificate)
}

func TestTextSurvivesPasting(t *testing.T) {
	p := newPeople(t)
	want := issue(t, p.certificate(t), p.vendor)
	text, err := certificate.Text(want)
	require.NoError(t, err)
	var wrapped strings.Builder
	for at := 0; at < len(text); at += 60 {
		wrapped.WriteString(text[at:min(at+60, len(text))] + "\r\n")
	}
	got, err := certificate.ParseText("\n  " + wrapped.String() + "\n")
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestTextIsRefused(t *testing.T) {
	p := newPeople(t)
	text, err := certificate.Text(issue(t, p.certificate(t), p.vendor))
	require.NoError(t, err)
	for name, tt := range map[string]struct{ text, says string }{
		"nothing":              {"", "begins with DSC1:"},
		"another code":         {"HTTPS://EXAMPLE", "begins with DSC1:"},
		"cut by one character": {text[:len(text)-1], "cut"},
		"cut in the middle":    {text[:len(text)/2], "missing"},
		"something behind it":  {text + "AB0", "follows"},
		"in lower case":        {"DSC1:" + strings.ToLower(text[5:]), "none of the code"},
		"a thousand times it":  {strings.Repeat(text, 3), "at most"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := certificate.ParseText(tt.text)
			require.ErrorContains(t, err, tt.says)
		})
	}
}

func TestFieldsAreHeldToTheirForm(t *testing.T) {
	p := newPeople(t)
	for name, tt := range map[string]struct {
		change func(*certificate.Certificate)
		says   string
	}{
		"an id in lower case":        {func(c *certificate.Certificate) { c.ID = "dsa-1" }, "id"},
		"no holder":                  {func(c *certificate.Certificate) { c.Holder = "" }, "holder"},
		"a holder with a line end":   {func(c *certificate.Certificate) { c.Holder = "A\nB" }, "holder"},
		"a holder who is too long":   {func(c *certificate.Certificate) { c.Holder = strings.Repeat("x", 49) }, "48"},
		"a key that is a name":       {func(c *certificate.Certificate) { c.Key = "mdurand" }, "16 hex"},
		"an own supervisor":          {func(c *certificate.Certificate) { c.Supervisor = c.Key }, "own examination"},
		"no site":                    {func(c *certificate.Certificate) { c.Site = "" }, "site"},
		"a track that is none":       {func(c *certificate.Certificate) { c.Track = "boss" }, "track"},
		"a band that is none":        {func(c *certificate.Certificate) { c.Band = "100%" }, "band"},
		"products in another order":  {func(c *certificate.Certificate) { c.Products = []string{"b", "a"} }, "sorted"},
		"one product twice":          {func(c *certificate.Certificate) { c.Products = []string{"a", "a"} }, "once"},
		"a bank of questions unsaid": {func(c *certificate.Certificate) { c.Bank = "" }, "bank"},
		"an end before the begin":    {func(c *certificate.Certificate) { c.Until = c.Issued.Add(-1) }, "before"},
		"no days":                    {func(c *certificate.Certificate) { c.Issued, c.Until = certificate.Day{}, certificate.Day{} }, "day"},
	} {
		t.Run(name, func(t *testing.T) {
			c := p.certificate(t)
			tt.change(&c)
			c.Issuer = p.vendor.Public().ID()
			_, err := certificate.Issue(c, p.vendor)
			require.ErrorContains(t, err, tt.says)
		})
	}
}

func TestOnlyTheKeyItNamesIssues(t *testing.T) {
	p := newPeople(t)
	_, err := certificate.Issue(p.certificate(t), p.supervisor)
	require.ErrorContains(t, err, "it names the issuer")
}

func TestWithdrawalsOnlyGrow(t *testing.T) {
	p := newPeople(t)
	vendor := []sign.PublicKey{p.vendor.Public()}
	list := func(n int64, ids ...string) certificate.Withdrawals {
		w := certificate.Withdrawals{Number: n, Issued: day(t, "2026-12-01")}
		for _, id := range ids {
			w.List = append(w.List, certificate.Withdrawal{ID: id, On: day(t, "2026-11-30"), Why: "key lost"})
		}
		return w
	}
	check := func(w certificate.Withdrawals, by sign.Signer, have *certificate.Withdrawals) error {
		text, err := w.Encode()
		require.NoError(t, err)
		armored, err := by.Sign(sign.Certificate, text)
		require.NoError(t, err)
		got, err := certificate.CheckWithdrawals(text, armored, vendor, have)
		if err == nil {
			require.Equal(t, w, got)
		}
		return err
	}
	have := list(4, "DSA-0007")
	require.NoError(t, check(list(4, "DSA-0007"), p.vendor, nil))
	require.NoError(t, check(list(5, "DSA-0007", "DSA-0031"), p.vendor, &have))
	require.ErrorIs(t, check(list(4, "DSA-0007", "DSA-0031"), p.vendor, &have), certificate.ErrOlderList)
	require.ErrorIs(t, check(list(3, "DSA-0007"), p.vendor, &have), certificate.ErrOlderList)
	require.ErrorIs(t, check(list(5, "DSA-0031"), p.vendor, &have), certificate.ErrOlderList)
	require.ErrorIs(t, check(list(5, "DSA-0007"), p.supervisor, &have), sign.ErrBadSignature)
	for name, w := range map[string]certificate.Withdrawals{
		"number 0":      list(0),
		"twice the one": list(1, "DSA-0007", "DSA-0007"),
		"no reason":     {Number: 1, Issued: day(t, "2026-12-01"), List: []certificate.Withdrawal{{ID: "DSA-0007", On: day(t, "2026-12-01")}}},
		"no day":        {Number: 1},
	} {
		_, err := w.Encode()
		require.Error(t, err, name)
	}
}

func TestPractice(t *testing.T) {
	issued := day(t, "2026-11-23")
	for name, tt := range map[string]struct {
		done     []string
		today    string
		standing certificate.Standing
		left     int
	}{
		"the examination counts as practice":    {nil, "2027-01-01", certificate.Current, 141},
		"without practice it lapses":            {nil, "2027-05-23", certificate.Lapsed, -1},
		"a lab keeps it current":                {[]string{"2027-05-01"}, "2027-05-23", certificate.Current, 158},
		"the last one counts, not the first":    {[]string{"2027-05-01", "2026-12-01"}, "2027-05-23", certificate.Current, 158},
		"a drill dated tomorrow counts nothing": {[]string{"2027-05-24"}, "2027-05-23", certificate.Lapsed, -1},
	} {
		t.Run(name, func(t *testing.T) {
			var done []certificate.Day
			for _, d := range tt.done {
				done = append(done, day(t, d))
			}
			standing, left := certificate.Practice(issued, done, day(t, tt.today))
			require.Equal(t, tt.standing, standing)
			require.Equal(t, tt.left, left)
		})
	}
}

func TestHorizon(t *testing.T) {
	today := day(t, "2026-11-23")
	for name, tt := range map[string]struct {
		ends []string
		want string
	}{
		"nobody is certified":                    {nil, "2026-11-23"},
		"one is too few":                         {[]string{"2028-01-01"}, "2026-11-23"},
		"one of two ended already":               {[]string{"2028-01-01", "2026-11-22"}, "2026-11-23"},
		"it is the day after the first of two":   {[]string{"2028-01-01", "2027-03-01"}, "2027-03-02"},
		"of three the second to end decides":     {[]string{"2028-01-01", "2027-03-01", "2027-09-30"}, "2027-10-01"},
		"one that ends today counts still today": {[]string{"2026-11-23", "2027-03-01"}, "2026-11-24"},
	} {
		t.Run(name, func(t *testing.T) {
			var ends []certificate.Day
			for _, e := range tt.ends {
				ends = append(ends, day(t, e))
			}
			require.Equal(t, day(t, tt.want), certificate.Horizon(ends, today))
		})
	}
}

func TestDays(t *testing.T) {
	require.Equal(t, day(t, "2028-11-22"), day(t, "2026-11-23").AddMonths(24))
	require.Equal(t, day(t, "2027-02-28"), day(t, "2027-01-31").Add(28))
	for _, s := range []string{"", "2026-2-3", "2026-02-30", "23.11.2026", "1970-01-01", "2026-11-23T00:00:00Z"} {
		_, err := certificate.ParseDay(s)
		require.Error(t, err, s)
	}
}

// What is printed can be checked without the kit.
func TestStockVerifiesACertificate(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("ssh-keygen is not installed: interoperation is not shown")
	}
	p, dir := newPeople(t), t.TempDir()
	text, err := certificate.Text(issue(t, p.certificate(t), p.vendor))
	require.NoError(t, err)
	s, err := certificate.ParseText(text)
	require.NoError(t, err)
	plain, err := s.Statement()
	require.NoError(t, err)
	armored, err := s.Armored(p.vendor.Public())
	require.NoError(t, err)
	write := func(name string, data []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	write("cert.sig", armored)
	write("allowed", []byte("issuer@vendor namespaces=\"certificate@darksite\" "+string(p.vendor.Public())+"\n"))
	verify := func(text string) error {
		cmd := exec.CommandContext(t.Context(), keygen, "-Y", "verify", "-f", "allowed", "-I", "issuer@vendor", "-n", "certificate@darksite", "-s", "cert.sig")
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(text)
		return cmd.Run()
	}
	require.NoError(t, verify(string(plain)))
	require.Error(t, verify(strings.Replace(string(plain), "S042", "S043", 1)))
}

// A stock reader of codes finds the same text in the printed picture.
func TestStockReadsThePrintedCode(t *testing.T) {
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("zbarimg is not installed: reading the printed code is not shown")
	}
	p := newPeople(t)
	text, err := certificate.Text(issue(t, p.certificate(t), p.vendor))
	require.NoError(t, err)
	code, err := qr.Encode(text, qr.M)
	require.NoError(t, err)
	picture := filepath.Join(t.TempDir(), "code.png")
	require.NoError(t, os.WriteFile(picture, code.PNG(), 0o600))
	out, err := exec.CommandContext(t.Context(), zbar, "--raw", "-q", picture).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("zbarimg: %s", exit.Stderr)
	}
	require.NoError(t, err)
	require.Equal(t, text+"\n", string(out))
}
