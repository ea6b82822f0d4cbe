package roster_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle/roster"
	"darksite/bundle/sign"

	"github.com/stretchr/testify/require"
)

const record = "age1pq1qqqsyqcyq5rqwzqf"

var text = []byte("anything\n")

type site struct {
	roster.Roster
	keys map[string]sign.Signer
}

func newSigner(t testing.TB) sign.Signer {
	t.Helper()
	private, _, err := sign.GenerateKey(nil, "", nil)
	require.NoError(t, err)
	key, err := sign.ParsePrivateKey(private, nil)
	require.NoError(t, err)
	return key
}

func newSite(t testing.TB) site {
	t.Helper()
	s := site{roster.Roster{Site: "S042", Version: 3, Approvals: 2, Record: record}, map[string]sign.Signer{}}
	for _, p := range []roster.Person{
		{ID: "bweiss", Name: "B. Weiss", Role: roster.Officer},
		{ID: "alevy", Name: "A. Lévy de la Tour", Role: roster.Officer},
		{ID: "mdurand", Name: "M. Durand", Role: roster.Collector},
	} {
		s.keys[p.ID] = newSigner(t)
		p.Key = s.keys[p.ID].Public()
		s.People = append(s.People, p)
	}
	return s
}

func (s site) sign(t testing.TB, who string, ns sign.Namespace) []byte {
	t.Helper()
	sig, err := s.keys[who].Sign(ns, text)
	require.NoError(t, err)
	return sig
}

func TestCheck(t *testing.T) {
	s := newSite(t)
	s.keys["nobody"] = newSigner(t)
	s.Revoked = []roster.Revocation{{KeyID: s.keys["bweiss"].Public().ID(), After: 17}}

	for name, c := range map[string]struct {
		who  string
		made sign.Namespace
		as   sign.Namespace
		seq  int64
		want error
	}{
		"officer approves":           {"alevy", sign.Approval, sign.Approval, 18, nil},
		"officer signs label":        {"alevy", sign.Label, sign.Label, 18, nil},
		"collector signs manifest":   {"mdurand", sign.Manifest, sign.Manifest, 18, nil},
		"collector approves":         {"mdurand", sign.Approval, sign.Approval, 18, roster.ErrWrongRole},
		"officer collects":           {"alevy", sign.Manifest, sign.Manifest, 18, roster.ErrWrongRole},
		"officer replies":            {"alevy", sign.Reply, sign.Reply, 18, roster.ErrWrongRole},
		"stranger":                   {"nobody", sign.Approval, sign.Approval, 18, roster.ErrUnknownKey},
		"made for something else":    {"alevy", sign.Label, sign.Approval, 18, sign.ErrBadSignature},
		"revoked, up to its number":  {"bweiss", sign.Approval, sign.Approval, 17, nil},
		"revoked, behind its number": {"bweiss", sign.Approval, sign.Approval, 18, roster.ErrRevoked},
	} {
		p, err := s.Check(c.as, c.seq, text, s.sign(t, c.who, c.made))
		if c.want != nil {
			require.ErrorIs(t, err, c.want, name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, c.who, p.ID, name)
	}
	_, err := s.Check(sign.Approval, 1, []byte("another text\n"), s.sign(t, "alevy", sign.Approval))
	require.ErrorIs(t, err, sign.ErrBadSignature)
	_, err = s.Check(sign.Approval, 1, text, []byte("no signature"))
	require.ErrorIs(t, err, sign.ErrBadSignature)
}

// No role may sign in a namespace of another role: that is what keeps a
// collector from approving, with stock tools as well.
func TestRolesShareNoNamespace(t *testing.T) {
	seen := map[sign.Namespace]roster.Role{}
	for _, role := range []roster.Role{roster.Collector, roster.Officer, roster.Replier} {
		require.NotEmpty(t, role.Namespaces())
		for _, ns := range role.Namespaces() {
			require.Empty(t, seen[ns], ns)
			seen[ns] = role
		}
	}
	require.Nil(t, roster.Role("owner").Namespaces())
}

func TestRosterRoundTrip(t *testing.T) {
	s := newSite(t)
	s.Revoked = []roster.Revocation{
		{KeyID: "ffffffffffffffff", After: 0},
		{KeyID: s.keys["bweiss"].Public().ID(), After: 17},
	}
	encoded, err := s.Encode()
	require.NoError(t, err)
	parsed, err := roster.Parse(encoded)
	require.NoError(t, err)
	again, err := parsed.Encode()
	require.NoError(t, err)
	require.Equal(t, string(encoded), string(again))
	require.Equal(t, []string{"alevy", "bweiss", "mdurand"}, []string{parsed.People[0].ID, parsed.People[1].ID, parsed.People[2].ID})
	require.ElementsMatch(t, s.People, parsed.People)
	require.ElementsMatch(t, s.Revoked, parsed.Revoked)
	p, ok := parsed.Person("alevy")
	require.True(t, ok)
	require.Equal(t, "A. Lévy de la Tour", p.Name)
	_, ok = parsed.Person("nobody")
	require.False(t, ok)
}

func TestVendorRoundTrip(t *testing.T) {
	a, b := newSigner(t), newSigner(t)
	v := roster.Vendor{
		Name: "Support", Version: 2, Intake: []string{"age1pq1zz", "age1pq1aa"},
		People: []roster.Person{
			{ID: "rone", Name: "R. One", Role: roster.Replier, Key: a.Public()},
			{ID: "rtwo", Name: "R. Two", Role: roster.Replier, Key: b.Public()},
		},
		Revoked: []roster.Revocation{{KeyID: b.Public().ID(), After: 4}},
	}
	encoded, err := v.Encode()
	require.NoError(t, err)
	parsed, err := roster.ParseVendor(encoded)
	require.NoError(t, err)
	require.Equal(t, v, parsed)

	sig, err := a.Sign(sign.Receipt, text)
	require.NoError(t, err)
	p, err := parsed.Check(sign.Receipt, 5, text, sig)
	require.NoError(t, err)
	require.Equal(t, "rone", p.ID)
	_, ok := parsed.Person("rtwo")
	require.True(t, ok)
	require.Contains(t, string(v.AllowedSigners()), `rone@vendor namespaces="reply@darksite,receipt@darksite,pack@darksite" ssh-ed25519 `)
	require.Equal(t, string(b.Public())+"\n", string(v.RevokedKeys(5)))
	require.Empty(t, v.RevokedKeys(4))
}

func TestRosterRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*site)
		want string
	}{
		"site":               {func(s *site) { s.Site = "s042" }, "site code"},
		"version":            {func(s *site) { s.Version = 0 }, "version"},
		"no approval":        {func(s *site) { s.Approvals = 0 }, "approvals"},
		"three approvals":    {func(s *site) { s.Approvals = 3 }, "approvals"},
		"classic record":     {func(s *site) { s.Record = "age1qqqsyqcyq5rqwzqf" }, "classic"},
		"no record":          {func(s *site) { s.Record = "" }, "hybrid"},
		"two records":        {func(s *site) { s.Record = record + " " + record }, "hybrid"},
		"replier":            {func(s *site) { s.People[0].Role = roster.Replier }, "role"},
		"unknown role":       {func(s *site) { s.People[0].Role = "owner" }, "role"},
		"short id":           {func(s *site) { s.People[0].ID = "a" }, "person id"},
		"id with a space":    {func(s *site) { s.People[0].ID = "a levy" }, "person id"},
		"id in capitals":     {func(s *site) { s.People[0].ID = "ALEVY" }, "person id"},
		"id twice":           {func(s *site) { s.People[0].ID = s.People[1].ID }, "stands twice"},
		"key twice":          {func(s *site) { s.People[0].Key = s.People[1].Key }, "same key"},
		"no name":            {func(s *site) { s.People[0].Name = "" }, "name"},
		"name with a space":  {func(s *site) { s.People[0].Name = " B." }, "name"},
		"name with a break":  {func(s *site) { s.People[0].Name = "B.\nversion: 9" }, "cannot be shown"},
		"no key":             {func(s *site) { s.People[0].Key = "" }, "public key"},
		"key with a comment": {func(s *site) { s.People[0].Key += " b@host" }, "public key"},
		"revoked key id":     {func(s *site) { s.Revoked = []roster.Revocation{{KeyID: "abc"}} }, "revoked key"},
		"revoked after": {func(s *site) {
			s.Revoked = []roster.Revocation{{KeyID: "ffffffffffffffff", After: -1}}
		}, "below 0"},
		"revoked twice": {func(s *site) {
			s.Revoked = []roster.Revocation{{KeyID: "ffffffffffffffff", After: 1}, {KeyID: "ffffffffffffffff", After: 9}}
		}, "twice"},
	} {
		s := newSite(t)
		c.edit(&s)
		_, err := s.Encode()
		require.ErrorContains(t, err, c.want, name)
	}
}

func TestVendorRefuses(t *testing.T) {
	whole := roster.Vendor{Name: "Support", Version: 1, Intake: []string{record}}
	for name, edit := range map[string]func(*roster.Vendor){
		"no name":        func(v *roster.Vendor) { v.Name = "" },
		"no version":     func(v *roster.Vendor) { v.Version = 0 },
		"no intake":      func(v *roster.Vendor) { v.Intake = nil },
		"classic intake": func(v *roster.Vendor) { v.Intake = []string{"age1qqq"} },
		"intake twice":   func(v *roster.Vendor) { v.Intake = []string{record, record} },
		"an officer": func(v *roster.Vendor) {
			v.People = []roster.Person{{ID: "aa", Name: "A", Role: roster.Officer, Key: newSigner(t).Public()}}
		},
	} {
		v := whole
		edit(&v)
		_, err := v.Encode()
		require.Error(t, err, name)
	}
	_, err := whole.Encode()
	require.NoError(t, err)
}

func TestParseTakesOneSpellingOnly(t *testing.T) {
	s := newSite(t)
	encoded, err := s.Encode()
	require.NoError(t, err)
	lines := strings.SplitAfter(string(encoded), "\n")
	swapped := strings.Join(append(append([]string{}, lines[:5]...), lines[6], lines[5], lines[7]), "")
	for name, text := range map[string]string{
		"people out of order": swapped,
		"key comment":         strings.Replace(string(encoded), " A. Lévy", "  A. Lévy", 1),
		"other format":        strings.Replace(string(encoded), "darksite-roster/1", "darksite-roster/2", 1),
		"extra field":         string(encoded) + "extra: 1\n",
		"revoked with zeros":  string(encoded) + "revoked: ffffffffffffffff 007\n",
		"revoked with plus":   string(encoded) + "revoked: ffffffffffffffff +7\n",
		"revoked half":        string(encoded) + "revoked: ffffffffffffffff\n",
		"person half":         strings.Replace(string(encoded), " M. Durand", "", 1),
		"a vendor card":       "format: darksite-vendor/1\n",
	} {
		require.NotEqual(t, string(encoded), text, name)
		_, err := roster.Parse([]byte(text))
		require.Error(t, err, name)
		_, err = roster.ParseVendor([]byte(text))
		require.Error(t, err, name)
	}
}

func TestValidSite(t *testing.T) {
	for code, ok := range map[string]bool{
		"S042": true, "AB": true, "LYON3": true, "A": false, "042": false, "s042": false,
		"S-42": false, "": false, "ABCDEFGHIJKLM": false, "S04/": false, "É42": false,
	} {
		require.Equal(t, ok, roster.ValidSite(code), code)
	}
}

// What the roster lets through and what stock ssh-keygen lets through, with the
// files the roster writes for it, must be the same.
func TestStockAgreesWithTheRoster(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("ssh-keygen is not installed: agreement with stock tools is not shown")
	}
	s := newSite(t)
	s.Revoked = []roster.Revocation{{KeyID: s.keys["bweiss"].Public().ID(), After: 17}}
	const seq = 18
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, data, 0o600))
		return path
	}
	allowed, revoked := write("allowed_signers", s.AllowedSigners()), write("revoked", s.RevokedKeys(seq))
	for _, who := range []string{"alevy", "bweiss", "mdurand"} {
		for _, ns := range []sign.Namespace{sign.Approval, sign.Label, sign.Roster, sign.Manifest, sign.Run, sign.Reply} {
			armored := s.sign(t, who, ns)
			cmd := exec.CommandContext(t.Context(), keygen, "-Y", "verify", "-f", allowed, "-r", revoked,
				"-I", who+"@S042", "-n", string(ns), "-s", write("sig", armored))
			cmd.Stdin = strings.NewReader(string(text))
			out, stock := cmd.CombinedOutput()
			_, ours := s.Check(ns, seq, text, armored)
			require.Equal(t, ours == nil, stock == nil, "%s in %s: %v, ssh-keygen: %s", who, ns, ours, out)
		}
	}
}

func FuzzParse(f *testing.F) {
	s := newSite(f)
	encoded, err := s.Encode()
	require.NoError(f, err)
	f.Add(encoded)
	f.Add([]byte(fmt.Sprintf("format: darksite-vendor/1\nname: V\nversion: 1\nintake: %s\n", record)))
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := roster.Parse(text); err == nil {
			again, err := r.Encode()
			require.NoError(t, err)
			require.Equal(t, string(text), string(again))
			require.Equal(t, len(r.People), strings.Count(string(r.AllowedSigners()), "\n"))
		}
		if v, err := roster.ParseVendor(text); err == nil {
			again, err := v.Encode()
			require.NoError(t, err)
			require.Equal(t, string(text), string(again))
		}
	})
}
