package open_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/open"
	"darksite/bundle/verify"
)

func options(k *bundletest.Kit) open.Options {
	return open.Options{Options: verify.Options{Identities: []age.Identity{k.Intake}, Roster: k.Rosters}}
}

func TestBundleOpensWhatWasSealed(t *testing.T) {
	k := bundletest.New(t)
	files := bundletest.Files()
	contents := k.Contents(t, files)
	sealed, res := k.Sealed(t, contents)
	dir := filepath.Join(t.TempDir(), "q")

	rep, err := open.Bundle(t.Context(), bytes.NewReader(sealed), dir, options(k))

	require.NoError(t, err)
	require.Equal(t, verify.Measured{
		SealedSHA256: res.SealedSHA256, SealedSize: res.SealedSize,
		TarSHA256: res.TarSHA256, TarSize: res.TarSize, ManifestSHA256: res.ManifestSHA256,
	}, rep.Measured)
	require.Equal(t, bundle.DigestOf(sealed), res.SealedSHA256)
	require.EqualValues(t, len(sealed), res.SealedSize)
	require.Equal(t, bundletest.Collector, rep.Signers.Collector.ID)
	require.Len(t, rep.Signers.Officers, 2)
	for path, text := range files {
		got, err := os.ReadFile(filepath.Join(dir, path))
		require.NoError(t, err)
		require.Equal(t, text, string(got), path)
	}
	manifest, err := os.ReadFile(filepath.Join(dir, "MANIFEST.json"))
	require.NoError(t, err)
	require.Equal(t, contents.Manifest, manifest)
}

// Every hostile file is refused with its own code, and leaves nothing at all.
func TestHostileInputs(t *testing.T) {
	k := bundletest.New(t)
	for _, f := range k.Hostile(t) {
		t.Run(f.String(), func(t *testing.T) {
			parent := t.TempDir()
			_, err := open.Bundle(t.Context(), bytes.NewReader(f.Sealed), filepath.Join(parent, "q"), options(k))
			require.Error(t, err)
			require.Equal(t, f.Code, bundle.RefusalCode(err), err.Error())
			require.NotContains(t, err.Error(), "\x1b")
			left, err := os.ReadDir(parent)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}
