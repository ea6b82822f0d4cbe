package verify_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"darksite/bundle"
	"darksite/bundle/approve"
	"darksite/bundle/bundletest"
	"darksite/bundle/container"
	"darksite/bundle/roster"
	"darksite/bundle/verify"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

func options(k *bundletest.Kit) verify.Options {
	return verify.Options{Identities: []age.Identity{k.Record}, Roster: k.Rosters}
}

func TestSealedRehashesWhatWasWritten(t *testing.T) {
	k := bundletest.New(t)
	c := k.Contents(t, bundletest.Files())
	sealed, res := k.Sealed(t, c)
	o := options(k)
	o.Want = verify.Want{
		BID: "S042-000017", Marking: "INTERNAL", Seq: 17, SealedSHA256: res.SealedSHA256, SealedSize: res.SealedSize,
		TarSHA256: res.TarSHA256, ManifestSHA256: res.ManifestSHA256,
		Approvals: []bundle.Digest{bundle.DigestOf(c.Approvals[0].Text), bundle.DigestOf(c.Approvals[1].Text)},
	}
	rep, err := verify.Sealed(t.Context(), iotest.HalfReader(bytes.NewReader(sealed)), o)
	require.NoError(t, err)
	require.Equal(t, res.TarSHA256, rep.TarSHA256)
	require.Equal(t, res.TarSize, rep.TarSize)
	require.Equal(t, c.Manifest, rep.Head.ManifestBytes)
	require.Equal(t, bundletest.Collector, rep.Signers.Collector.ID)
	require.Equal(t, bundletest.OfficerB, rep.Signers.Officers[1].ID)
}

// Without a roster a read-back checks bytes alone, by what is wanted.
func TestSealedWithoutARoster(t *testing.T) {
	k := bundletest.New(t)
	c := k.Contents(t, bundletest.Files())
	c.Approvals = nil
	sealed, res := k.Sealed(t, c)
	o := verify.Options{Identities: []age.Identity{k.Record}, Want: verify.Want{ManifestSHA256: res.ManifestSHA256}}
	rep, err := verify.Sealed(t.Context(), bytes.NewReader(sealed), o)
	require.NoError(t, err)
	require.Zero(t, rep.Signers)
	o.Roster = k.Rosters
	_, err = verify.Sealed(t.Context(), bytes.NewReader(sealed), o)
	require.ErrorIs(t, err, approve.ErrNotApproved)
}

// A label, or an approved manifest, that says anything else is noticed.
func TestWantBinds(t *testing.T) {
	k := bundletest.New(t)
	sealed, _ := k.Sealed(t, k.Contents(t, bundletest.Files()))
	other := bundle.DigestOf([]byte("another"))
	for name, w := range map[string]verify.Want{
		"bundle":     {BID: "S042-000018"},
		"marking":    {Marking: "PUBLIC"},
		"sequence":   {Seq: 18},
		"sealed":     {SealedSHA256: other},
		"size":       {SealedSize: int64(len(sealed)) + 1},
		"archive":    {TarSHA256: other},
		"manifest":   {ManifestSHA256: other},
		"recipients": {Recipients: []string{string(other)}},
		"approvals":  {Approvals: []bundle.Digest{other, other}},
	} {
		o := options(k)
		o.Want = w
		_, err := verify.Sealed(t.Context(), bytes.NewReader(sealed), o)
		require.Equal(t, "label", bundle.RefusalCode(err), name)
	}
}

func TestHeadNamesTheCause(t *testing.T) {
	k := bundletest.New(t)
	c := k.Contents(t, bundletest.Files())
	head := func() container.Head {
		h, err := container.NewReader(bytes.NewReader(bundletest.Tar(t, c)), container.Limits{}).Head()
		require.NoError(t, err)
		return h
	}
	_, err := verify.Head(head(), k.Roster)
	require.NoError(t, err)

	r := k.Roster
	r.Site = "S043"
	_, err = verify.Head(head(), r)
	require.Equal(t, "site", bundle.RefusalCode(err))

	r = k.Roster
	r.Revoked = []roster.Revocation{{KeyID: k.Keys[bundletest.Collector].Public().ID(), After: 16}}
	_, err = verify.Head(head(), r)
	require.Equal(t, "sig-revoked", bundle.RefusalCode(err))
	require.ErrorIs(t, err, roster.ErrRevoked)

	r.Revoked[0].KeyID = k.Keys[bundletest.OfficerB].Public().ID()
	_, err = verify.Head(head(), r)
	require.Equal(t, "sig-revoked", bundle.RefusalCode(err))

	// A second collector may sign beside the first, not in the place of the first.
	r = k.Roster
	r.People = append(slices.Clone(r.People), roster.Person{ID: "second", Name: "S.", Role: roster.Collector, Key: k.NewKey(t, "second")})
	c.Signatures = append(c.Signatures, k.SignManifest(t, c.Manifest, "second"))
	_, err = verify.Head(head(), r)
	require.NoError(t, err)
	c.Signatures = c.Signatures[1:]
	_, err = verify.Head(head(), r)
	require.Equal(t, "sig-collector", bundle.RefusalCode(err))
}

// A key that opens the file must be one the officers agreed to.
func TestSurreptitiousForwarding(t *testing.T) {
	k := bundletest.New(t)
	foreign, err := age.GenerateHybridIdentity()
	require.NoError(t, err)
	tar := bundletest.Tar(t, k.Contents(t, bundletest.Files()))
	sealed := k.Encrypt(t, bundletest.Frame(t, tar), foreign.Recipient(), k.Escrow.Recipient(), k.Record.Recipient())
	o := options(k)
	o.Identities = []age.Identity{foreign}
	_, err = verify.Sealed(t.Context(), bytes.NewReader(sealed), o)
	require.Equal(t, "recipients", bundle.RefusalCode(err))
}

// A file is encrypted exactly where its manifest, which the officers signed, says
// so: whoever relabels one is refused, also with all keys at hand.
func TestRelabelled(t *testing.T) {
	k := bundletest.New(t)
	k.Roster.Clear = true
	encrypted := k.Contents(t, bundletest.Files())
	clear := k.Approved(t, bundletest.InClear(k.Manifest(t, bundletest.Files())), bundletest.Files())
	sealed, _ := k.Sealed(t, encrypted)
	bare, res := k.Unsealed(t, clear)
	wrapped := k.Encrypt(t, bare, k.Intake.Recipient(), k.Escrow.Recipient(), k.Record.Recipient())
	for name, c := range map[string]struct {
		file  []byte
		clear bool
		code  string
	}{
		"as it is, encrypted":                     {sealed, false, ""},
		"as it is, in clear":                      {bare, true, ""},
		"an encrypted one called clear":           {sealed, true, "zstd-magic"},
		"a clear one called encrypted":            {bare, false, "age-magic"},
		"decrypted on the way":                    {bundletest.Frame(t, bundletest.Tar(t, encrypted)), true, "profile"},
		"encrypted on the way, approved as clear": {wrapped, false, "profile"},
	} {
		o := options(k)
		o.Clear = c.clear
		rep, err := verify.Sealed(t.Context(), bytes.NewReader(c.file), o)
		require.Equal(t, c.code, bundle.RefusalCode(err), "%s: %v", name, err)
		if c.code == "" {
			require.NoError(t, err, name)
			require.Len(t, rep.Signers.Officers, 2)
		}
	}
	o := options(k)
	o.Clear, o.Identities = true, nil
	rep, err := verify.Sealed(t.Context(), bytes.NewReader(bare), o)
	require.NoError(t, err, "no key is needed")
	require.Equal(t, res.SealedSHA256, rep.SealedSHA256)

	k.Roster.Clear = false
	_, err = verify.Sealed(t.Context(), bytes.NewReader(bare), o)
	require.Equal(t, "approval-clear", bundle.RefusalCode(err))
	require.ErrorIs(t, err, approve.ErrClear)
}

func TestBrokenSourceIsNoRefusal(t *testing.T) {
	k := bundletest.New(t)
	files := bundletest.Files()
	files["files/noise.txt"] = bundletest.Noise(400_000)
	sealed, _ := k.Sealed(t, k.Contents(t, files))
	for _, broken := range []error{errors.New("the stick was pulled"), io.ErrUnexpectedEOF} {
		for _, n := range []int{0, 10, 3000, 6000, 100_000, len(sealed) - 1} {
			_, err := verify.Sealed(t.Context(), io.MultiReader(bytes.NewReader(sealed[:n]), iotest.ErrReader(broken)), options(k))
			require.ErrorIs(t, err, broken, "after %d bytes", n)
			require.Empty(t, bundle.RefusalCode(err), "after %d bytes", n)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := verify.Sealed(ctx, bytes.NewReader(sealed), options(k))
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, bundle.RefusalCode(err))
}

// Any changed byte of a sealed file, and any cut, is refused.
func TestSealedFileIsNotMalleable(t *testing.T) {
	k := bundletest.New(t)
	files := bundletest.Files()
	files["files/noise.txt"] = bundletest.Noise(160_000)
	sealed, _ := k.Sealed(t, k.Contents(t, files))
	for i := 0; i < len(sealed); i += 1 + len(sealed)/70 {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1 << (i % 8)
		_, err := verify.Sealed(t.Context(), bytes.NewReader(changed), options(k))
		require.Contains(t, bundle.RefusalCode(err), "age-", "byte %d: %v", i, err)
		_, err = verify.Sealed(t.Context(), bytes.NewReader(sealed[:i]), options(k))
		require.Contains(t, bundle.RefusalCode(err), "age-", "cut at %d: %v", i, err)
	}
}

func TestLimitsReachTheArchive(t *testing.T) {
	k := bundletest.New(t)
	sealed, _ := k.Sealed(t, k.Contents(t, bundletest.Files()))
	o := options(k)
	o.Limits.Bytes = 100
	_, err := verify.Sealed(t.Context(), bytes.NewReader(sealed), o)
	require.Equal(t, "quota", bundle.RefusalCode(err))
}

func FuzzSealed(f *testing.F) {
	k := bundletest.New(f)
	sealed, _ := k.Sealed(f, k.Contents(f, map[string]string{"files/a.txt": "abc"}))
	f.Add(sealed)
	f.Add([]byte("age-encryption.org/v1\n-> mlkem768x25519 x\n\n--- y\n"))
	f.Add([]byte("age-encryption.org/v1\n-> scrypt x 1\n\n--- y\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := verify.Sealed(t.Context(), bytes.NewReader(data), options(k))
		if !bytes.Equal(data, sealed) { // anything else would have to be forged
			require.NotEmpty(t, bundle.RefusalCode(err), "%v", err)
		}
	})
}

func BenchmarkSealed(b *testing.B) {
	k := bundletest.New(b)
	files := map[string]string{"files/noise.txt": bundletest.Noise(64 << 20)}
	sealed, _ := k.Sealed(b, k.Contents(b, files))
	b.SetBytes(64 << 20)
	b.ReportAllocs()
	for b.Loop() {
		_, err := verify.Sealed(b.Context(), bytes.NewReader(sealed), options(k))
		require.NoError(b, err)
	}
}
