package open_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/open"
	"darksite/bundle/verify"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
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
			before := allocated()
			_, err := open.Bundle(t.Context(), bytes.NewReader(f.Sealed), filepath.Join(parent, "q"), options(k))
			require.Less(t, allocated()-before, uint64(128<<20), "memory taken, even if given back")
			require.Error(t, err)
			require.Equal(t, f.Code, bundle.RefusalCode(err), err.Error())
			require.NotContains(t, err.Error(), "\x1b")
			left, err := os.ReadDir(parent)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// Whom to believe is settled before anything is written: with a folder that
// cannot be made, the refusal is still about trust.
func TestTrustComesBeforeTheDisk(t *testing.T) {
	k := bundletest.New(t)
	c := k.Contents(t, bundletest.Files())
	c.Approvals = c.Approvals[:1]
	sealed, _ := k.Sealed(t, c)
	nowhere := filepath.Join(t.TempDir(), "missing", "q")
	_, err := open.Bundle(t.Context(), bytes.NewReader(sealed), nowhere, options(k))
	require.Equal(t, "approval-missing", bundle.RefusalCode(err))

	sealed, _ = k.Sealed(t, k.Contents(t, bundletest.Files()))
	_, err = open.Bundle(t.Context(), bytes.NewReader(sealed), nowhere, options(k))
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.Empty(t, bundle.RefusalCode(err))
}

func TestAcceptDecidesBeforeTheDisk(t *testing.T) {
	k := bundletest.New(t)
	sealed, _ := k.Sealed(t, k.Contents(t, bundletest.Files()))
	parent := t.TempDir()
	dir := filepath.Join(parent, "q")
	o := options(k)
	fork := errors.New("another bundle has this sequence")
	asked := 0
	o.Accept = func(rep verify.Report) error {
		asked++
		require.Equal(t, bundle.ID("S042-000017"), rep.Head.Manifest.BID)
		require.Len(t, rep.Signers.Officers, 2)
		require.Empty(t, entries(t, parent))
		return fork
	}
	_, err := open.Bundle(t.Context(), bytes.NewReader(sealed), dir, o)
	require.ErrorIs(t, err, fork)
	require.Empty(t, entries(t, parent))
	require.Equal(t, 1, asked)
}

func TestOptionsAreNeeded(t *testing.T) {
	k := bundletest.New(t)
	sealed, _ := k.Sealed(t, k.Contents(t, bundletest.Files()))
	o := options(k)
	o.Roster = nil
	_, err := open.Bundle(t.Context(), bytes.NewReader(sealed), filepath.Join(t.TempDir(), "q"), o)
	require.ErrorIs(t, err, open.ErrNoRoster)
	o = options(k)
	o.Identities = nil
	_, err = open.Bundle(t.Context(), bytes.NewReader(sealed), filepath.Join(t.TempDir(), "q"), o)
	require.Error(t, err)
}

// A folder that is there already is somebody's: it is neither used nor removed.
func TestExistingFolderIsLeftAlone(t *testing.T) {
	k := bundletest.New(t)
	sealed, _ := k.Sealed(t, k.Contents(t, bundletest.Files()))
	parent := t.TempDir()
	for _, name := range []string{"folder", "link"} {
		dir := filepath.Join(parent, name)
		if name == "folder" {
			require.NoError(t, os.Mkdir(dir, 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "mine"), nil, 0o600))
		} else {
			require.NoError(t, os.Symlink(filepath.Join(parent, "folder"), dir))
		}
		_, err := open.Bundle(t.Context(), bytes.NewReader(sealed), dir, options(k))
		require.ErrorIs(t, err, fs.ErrExist)
		require.Equal(t, []string{"mine"}, entries(t, filepath.Join(parent, "folder")))
	}
}

// Whenever the end is not what it must be, every file written before goes again.
func TestLateFaultsLeaveNothing(t *testing.T) {
	k := bundletest.New(t)
	files := bundletest.Files()
	files["files/noise.txt"] = bundletest.Noise(400_000)
	sealed, res := k.Sealed(t, k.Contents(t, files))
	broken := errors.New("the stick was pulled")
	wrong := options(k)
	wrong.Want.SealedSHA256 = bundle.DigestOf([]byte("another"))
	for name, c := range map[string]struct {
		src  io.Reader
		o    open.Options
		code string
	}{
		"another sealed file than the label's": {bytes.NewReader(sealed), wrong, "label"},
		"last byte missing":                    {bytes.NewReader(sealed[:len(sealed)-1]), options(k), "age-chunk"},
		"a byte more":                          {bytes.NewReader(append(bytes.Clone(sealed), 0)), options(k), "age-chunk"},
		"source breaks": {
			io.MultiReader(bytes.NewReader(sealed[:len(sealed)-100]), iotest.ErrReader(broken)), options(k), "",
		},
	} {
		parent := t.TempDir()
		_, err := open.Bundle(t.Context(), c.src, filepath.Join(parent, "q"), c.o)
		require.Error(t, err, name)
		require.Equal(t, c.code, bundle.RefusalCode(err), name)
		require.Empty(t, entries(t, parent), name)
	}
	o := options(k)
	o.Want = verify.Want{SealedSHA256: res.SealedSHA256, TarSHA256: res.TarSHA256, ManifestSHA256: res.ManifestSHA256}
	_, err := open.Bundle(t.Context(), bytes.NewReader(sealed), filepath.Join(t.TempDir(), "q"), o)
	require.NoError(t, err)
}

// What was opened is exactly the members, private, and makes the same archive.
func TestOpenedFolder(t *testing.T) {
	k := bundletest.New(t)
	c := k.Contents(t, bundletest.Files())
	sealed, res := k.Sealed(t, c)
	dir := filepath.Join(t.TempDir(), "q")
	rep, err := open.Bundle(t.Context(), bytes.NewReader(sealed), dir, options(k))
	require.NoError(t, err)

	members, err := rep.Head.Members()
	require.NoError(t, err)
	n := 0
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		if d.IsDir() {
			require.Equal(t, fs.FileMode(0o700), info.Mode().Perm(), path)
			return nil
		}
		n++
		require.True(t, info.Mode().IsRegular(), path)
		require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), path)
		return nil
	}))
	require.Equal(t, len(members)+len(bundletest.Files()), n)
	again := bundletest.Tar(t, rep.Head.Contents(os.DirFS(dir)))
	require.Equal(t, res.TarSHA256, bundle.DigestOf(again))
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	var out []string
	for _, e := range list {
		out = append(out, e.Name())
	}
	return out
}

func BenchmarkBundle(b *testing.B) {
	k := bundletest.New(b)
	sealed, _ := k.Sealed(b, k.Contents(b, map[string]string{"files/noise.txt": bundletest.Noise(64 << 20)}))
	b.SetBytes(64 << 20)
	b.ReportAllocs()
	dir := b.TempDir()
	for n := 0; b.Loop(); n++ {
		_, err := open.Bundle(b.Context(), bytes.NewReader(sealed), filepath.Join(dir, strconv.Itoa(n)), options(k))
		require.NoError(b, err)
	}
}

// Every code a refusal can have stands in the format's description, and every
// documented one exists.
func TestCodesAreDocumented(t *testing.T) {
	inCode := map[string]bool{}
	call := regexp.MustCompile(`(?:Refuse|RefuseFor|refuse)\(\s*"([a-z0-9]+(?:-[a-z0-9]+)*)",|(?:return|, ?)\s*"((?:sig|approval)-[a-z-]+)"`)
	for _, dir := range []string{"../container", "../verify", "."} {
		paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			for _, m := range call.FindAllStringSubmatch(string(text), -1) {
				inCode[m[1]+m[2]] = true
			}
		}
	}
	text, err := os.ReadFile("../container/FORMAT.md")
	require.NoError(t, err)
	_, table, ok := strings.Cut(string(text), "## Refusals")
	require.True(t, ok)
	documented := map[string]bool{}
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, m := range regexp.MustCompile("`([a-z0-9-]+)`").FindAllStringSubmatch(cells[1], -1) {
				documented[m[1]] = true
			}
		}
	}
	require.Equal(t, slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(inCode)))
}
