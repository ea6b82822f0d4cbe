// Package bundletest makes whole, valid bundles for tests: a site with people
// and keys, and contents that were approved by the book. Tests change one thing
// and see who notices.
//
// Begin with [New], then [Kit.Contents] or [Kit.Sealed]. Keys are made anew for
// every Kit; nothing here is for use outside tests.
package bundletest

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"darksite/bundle"
	"darksite/bundle/approve"
	"darksite/bundle/container"
	"darksite/bundle/roster"
	"darksite/bundle/seal"
	"darksite/bundle/sign"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

// The people of the site.
const (
	Collector = "mdurand"
	OfficerA  = "alevy"
	OfficerB  = "bweiss"
	OfficerC  = "cnoir"
)

// Kit is a site with everything that makes a bundle.
type Kit struct {
	Roster  roster.Roster
	Keys    map[string]sign.Signer
	Intake  *age.HybridIdentity
	Escrow  *age.HybridIdentity
	Record  *age.HybridIdentity
	Private map[string][]byte // OpenSSH private keys, for stock programs
}

// New makes the site S042 with one collector and three officers.
func New(tb testing.TB) *Kit {
	tb.Helper()
	k := &Kit{Keys: map[string]sign.Signer{}, Private: map[string][]byte{}}
	for _, id := range []**age.HybridIdentity{&k.Intake, &k.Escrow, &k.Record} {
		made, err := age.GenerateHybridIdentity()
		require.NoError(tb, err)
		*id = made
	}
	k.Roster = roster.Roster{Site: "S042", Version: 3, Approvals: 2, Record: k.Record.Recipient().String()}
	for _, p := range []struct {
		id, name string
		role     roster.Role
	}{
		{Collector, "M. Durand", roster.Collector},
		{OfficerA, "A. Levy", roster.Officer},
		{OfficerB, "B. Weiss", roster.Officer},
		{OfficerC, "C. Noir", roster.Officer},
	} {
		k.Roster.People = append(k.Roster.People, roster.Person{ID: p.id, Name: p.name, Role: p.role, Key: k.NewKey(tb, p.id)})
	}
	return k
}

// NewKey gives a person a new key, without telling the roster.
func (k *Kit) NewKey(tb testing.TB, id string) sign.PublicKey {
	tb.Helper()
	private, public, err := sign.GenerateKey(nil, id, nil)
	require.NoError(tb, err)
	signer, err := sign.ParsePrivateKey(private, nil)
	require.NoError(tb, err)
	k.Keys[id], k.Private[id] = signer, private
	return public
}

// Recipients are the vendor's intake and escrow and the site's record key.
func (k *Kit) Recipients() []string {
	return []string{k.Intake.Recipient().String(), k.Escrow.Recipient().String(), k.Record.Recipient().String()}
}

// Rosters is a lookup that knows this site only.
func (k *Kit) Rosters(site string) (roster.Roster, error) {
	if site != k.Roster.Site {
		return roster.Roster{}, roster.ErrUnknownKey
	}
	return k.Roster, nil
}

// Files is a small payload.
func Files() map[string]string {
	return map[string]string{
		"meta/redaction.txt":      "rules: 12\nredactions: 4\n",
		"meta/case.txt":           "subject: drive CH0.BAY3 failed\n",
		"files/array/alerts.csv":  "when,what\n2026-11-22T08:00:00Z,drive failed\n",
		"files/array/empty.txt":   "",
		"files/array/block.txt":   strings.Repeat("x", 512),
		"files/host/messages.txt": strings.Repeat("kernel: link up on port-7f3a\n", 400),
	}
}

// Manifest lists the files; it is valid as it stands.
func (k *Kit) Manifest(tb testing.TB, files map[string]string) bundle.Manifest {
	tb.Helper()
	prints, err := seal.Fingerprints(k.Recipients())
	require.NoError(tb, err)
	digest := func(s string) bundle.Digest { return bundle.DigestOf([]byte(s)) }
	m := bundle.Manifest{
		Format: bundle.Format, BID: "S042-000017", Site: "S042", Seq: 17,
		Case: "10412345", ClockNote: "set by hand, 40 s late", CreatedUTC: "2026-11-22T09:30:00Z",
		Collector: bundle.Principal{Principal: Collector, KeyID: k.Keys[Collector].Public().ID()},
		Journal:   bundle.JournalMark{Size: 204, Root: digest("journal")},
		Marking:   "INTERNAL", Omitted: []bundle.Omission{{OrigPath: "/var/crash/core", Reason: "binary"}},
		Policy:             bundle.Versioned{ID: "site-policy", Version: 4, SHA256: digest("policy")},
		PrevManifestSHA256: string(digest("bundle 16")), PseudonymMapID: "map-000017",
		Recipients: prints, RedactionReportSHA256: digest("report"),
		Rules: bundle.Versioned{ID: "shipped", Version: 9, SHA256: digest("rules")},
		Salt:  "00112233445566778899aabbccddeeff",
		Tool:  bundle.Tool{Version: "0.1.0", SHA256: digest("tool")},
		Trust: bundle.Trust{RootVersion: 1, RevocationVersion: 2, ReplySeqSeen: 8},
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		m.Files = append(m.Files, bundle.Entry{
			Path: path, OrigPath: "/" + path, Size: int64(len(files[path])), SHA256: digest(files[path]),
			Inspected: bundle.InspectedFull, Redactions: map[string]int64{"ipv4": 2}, Source: "host", Type: "text/plain",
		})
		m.Totals.Files++
		m.Totals.Bytes += int64(len(files[path]))
	}
	return m
}

// Statement is a release by an officer, ready to sign.
func Statement(m bundle.Manifest, manifest []byte, officer string, role approve.Role) approve.Statement {
	s := approve.For(m, bundle.DigestOf(manifest))
	s.Decision, s.MarkingIn, s.Destination, s.Medium = approve.Release, "INTERNAL", "vendor support", "usb"
	s.ViewedFull, s.Reviewer, s.Role, s.SignedUTC = s.Files, officer, role, "2026-11-22T10:00:00Z"
	return s
}

// Approve signs a statement with the officer's key.
func (k *Kit) Approve(tb testing.TB, s approve.Statement, key string) container.Approval {
	tb.Helper()
	signed, err := approve.Sign(s, k.Keys[key])
	require.NoError(tb, err)
	sig, err := container.SignatureOf(signed.Sig)
	require.NoError(tb, err)
	return container.Approval{Text: signed.Text, Signature: sig}
}

// SignManifest signs with the key of the named person.
func (k *Kit) SignManifest(tb testing.TB, manifest []byte, key string) container.Signature {
	tb.Helper()
	armored, err := k.Keys[key].Sign(sign.Manifest, manifest)
	require.NoError(tb, err)
	sig, err := container.SignatureOf(armored)
	require.NoError(tb, err)
	return sig
}

// Approved signs and approves a manifest by the book: the collector and two
// officers.
func (k *Kit) Approved(tb testing.TB, m bundle.Manifest, files map[string]string) container.Contents {
	tb.Helper()
	manifest, err := container.EncodeManifest(m)
	require.NoError(tb, err)
	tree := fstest.MapFS{}
	for path, text := range files {
		tree[path] = &fstest.MapFile{Data: []byte(text), Mode: 0o600}
	}
	return container.Contents{
		Manifest:   manifest,
		Signatures: []container.Signature{k.SignManifest(tb, manifest, Collector)},
		Approvals: []container.Approval{
			k.Approve(tb, Statement(m, manifest, OfficerA, approve.Officer), OfficerA),
			k.Approve(tb, Statement(m, manifest, OfficerB, approve.SecondOfficer), OfficerB),
		},
		Tree: tree,
	}
}

// Contents is an approved bundle of these files.
func (k *Kit) Contents(tb testing.TB, files map[string]string) container.Contents {
	tb.Helper()
	return k.Approved(tb, k.Manifest(tb, files), files)
}

// Tar writes the canonical archive.
func Tar(tb testing.TB, c container.Contents) []byte {
	tb.Helper()
	var b bytes.Buffer
	require.NoError(tb, container.Write(&b, c))
	return b.Bytes()
}

// Sealed seals the contents.
func (k *Kit) Sealed(tb testing.TB, c container.Contents) ([]byte, seal.Result) {
	tb.Helper()
	var b bytes.Buffer
	res, err := seal.Seal(tb.Context(), &b, c, k.Recipients())
	require.NoError(tb, err)
	return b.Bytes(), res
}

// InClear is a manifest of the same files that leave signed but not encrypted.
// The roster does not allow that until a test sets Roster.Clear.
func InClear(m bundle.Manifest) bundle.Manifest {
	m.Clear, m.Recipients = true, nil
	return m
}

// Unsealed writes the contents as a bundle in clear.
func (k *Kit) Unsealed(tb testing.TB, c container.Contents) ([]byte, seal.Result) {
	tb.Helper()
	var b bytes.Buffer
	res, err := seal.Clear(tb.Context(), &b, c)
	require.NoError(tb, err)
	return b.Bytes(), res
}
