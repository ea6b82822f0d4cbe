package container_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/container"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite golden files")

// read takes an archive apart by the package's own reader.
func read(archive io.Reader, l container.Limits) (container.Head, map[string]string, bundle.Digest, error) {
	r := container.NewReader(archive, l)
	h, err := r.Head()
	if err != nil {
		return h, nil, "", err
	}
	files := map[string]string{}
	for {
		e, err := r.Next()
		if err == io.EOF {
			return h, files, r.TarSHA256(), nil
		}
		if err != nil {
			return h, files, "", err
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return h, files, "", err
		}
		files[e.Path] = string(data)
	}
}

func TestReaderReadsWhatWriteWrote(t *testing.T) {
	k := bundletest.New(t)
	for name, files := range map[string]map[string]string{
		"some files": bundletest.Files(),
		"no files":   {},
		"one, empty": {"files/empty": ""},
		"edges":      {"files/a": strings.Repeat("a", 511), "files/b": strings.Repeat("b", 512), "files/c": strings.Repeat("c", 513)},
		"large":      {"files/noise": bundletest.Noise(3 << 20)},
	} {
		c := k.Contents(t, files)
		archive := bundletest.Tar(t, c)
		size, err := c.Size()
		require.NoError(t, err)
		require.EqualValues(t, len(archive), size, name)

		h, got, digest, err := read(iotest.OneByteReader(bytes.NewReader(archive)), container.Limits{})
		if len(archive) > 1<<20 {
			h, got, digest, err = read(bytes.NewReader(archive), container.Limits{})
		}
		require.NoError(t, err, name)
		require.Equal(t, files, got, name)
		require.Equal(t, bundle.DigestOf(archive), digest)
		require.Equal(t, c.Manifest, h.ManifestBytes)
		require.Equal(t, c.Signatures, h.Signatures)
		require.Equal(t, c.Approvals, h.Approvals)
		require.Equal(t, bundle.DigestOf(c.Manifest), h.ManifestSHA256)
		require.Equal(t, archive, bundletest.Tar(t, h.Contents(c.Tree)), "what was read is written again to the same bytes")
	}
}

// A reader by other people sees the same members, in the documented order.
func TestOtherReadersSeeTheSame(t *testing.T) {
	k := bundletest.New(t)
	files := bundletest.Files()
	r := tar.NewReader(bytes.NewReader(bundletest.Tar(t, k.Contents(t, files))))
	var names []string
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		require.Equal(t, int64(0o644), h.Mode)
		require.Equal(t, tar.FormatUSTAR, h.Format)
		require.Zero(t, h.ModTime.Unix())
		names = append(names, h.Name)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		if text, ok := files[h.Name]; ok {
			require.Equal(t, text, string(data))
		}
	}
	keys := func(id string) string { return k.Keys[id].Public().ID() }
	require.Equal(t, []string{
		"FORMAT", "MANIFEST.json", "SHA256SUMS",
		"sig/MANIFEST.json." + keys(bundletest.Collector) + ".sig",
		"approval/1.txt", "approval/1.txt." + keys(bundletest.OfficerA) + ".sig",
		"approval/2.txt", "approval/2.txt." + keys(bundletest.OfficerB) + ".sig",
		"meta/case.txt", "meta/redaction.txt",
		"files/array/alerts.csv", "files/array/block.txt", "files/array/empty.txt", "files/host/messages.txt",
	}, names)
}

func TestHostileArchives(t *testing.T) {
	k := bundletest.New(t)
	for _, f := range bundletest.HostileTars(t, bundletest.Tar(t, k.Contents(t, bundletest.Files()))) {
		_, _, _, err := read(bytes.NewReader(f.Tar), container.Limits{})
		require.Error(t, err, f.Name)
		require.Equal(t, f.Code, bundle.RefusalCode(err), "%s: %v", f.Name, err)
	}
}

// Whatever single byte changes, the reader refuses: the archive has no slack.
func TestEveryByteCounts(t *testing.T) {
	k := bundletest.New(t)
	archive := bundletest.Tar(t, k.Contents(t, map[string]string{"files/a.txt": "abc", "meta/b.txt": ""}))
	for i := 0; i < len(archive); i += 3 { // the bit changes with the byte
		flip := byte(1) << (i / 3 % 8)
		archive[i] ^= flip
		_, _, digest, err := read(bytes.NewReader(archive), container.Limits{})
		if err == nil {
			// Statements and signatures are not the container's to judge.
			require.Equal(t, bundle.DigestOf(archive), digest)
			require.Regexp(t, `^(approval|sig)/`, memberAt(t, archive, i), "byte %d", i)
		}
		archive[i] ^= flip
	}
}

// memberAt names the member whose data holds a byte.
func memberAt(t *testing.T, archive []byte, at int) string {
	t.Helper()
	for _, m := range bundletest.Split(t, archive) {
		at -= 512
		if at >= 0 && at < len(m.Data) {
			return m.Name()
		}
		at -= len(m.Data) + len(m.Pad)
	}
	return ""
}

func TestEveryCutIsSeen(t *testing.T) {
	k := bundletest.New(t)
	archive := bundletest.Tar(t, k.Contents(t, map[string]string{"files/a.txt": "abc"}))
	for n := 0; n < len(archive); n += 7 {
		_, _, _, err := read(bytes.NewReader(archive[:n]), container.Limits{})
		require.NotEmpty(t, bundle.RefusalCode(err), "cut at %d: %v", n, err)
	}
}

func TestReaderKeepsLimits(t *testing.T) {
	k := bundletest.New(t)
	c := k.Contents(t, bundletest.Files())
	archive := bundletest.Tar(t, c)
	m, err := container.DecodeManifest(c.Manifest)
	require.NoError(t, err)
	for name, l := range map[string]struct {
		limits container.Limits
		code   string
	}{
		"files":          {container.Limits{Entries: len(m.Files) - 1}, "quota"},
		"bytes":          {container.Limits{Bytes: m.Totals.Bytes - 1}, "quota"},
		"manifest":       {container.Limits{Manifest: len(c.Manifest) - 1}, "tar-large"},
		"all just right": {container.Limits{Entries: len(m.Files), Bytes: m.Totals.Bytes, Manifest: len(c.Manifest)}, ""},
	} {
		_, _, _, err := read(bytes.NewReader(archive), l.limits)
		require.Equal(t, l.code, bundle.RefusalCode(err), name)
	}
}

func TestReaderIsCalm(t *testing.T) {
	k := bundletest.New(t)
	c := k.Contents(t, bundletest.Files())
	archive := bundletest.Tar(t, c)

	r := container.NewReader(bytes.NewReader(archive), container.Limits{})
	require.Zero(t, r.TarSize())
	_, err := r.Read(make([]byte, 1))
	require.Error(t, err)
	n := 0
	for ; ; n++ { // files that are not read are checked all the same
		if _, err = r.Next(); err != nil {
			break
		}
		_, err := r.Head()
		require.NoError(t, err)
	}
	require.Equal(t, io.EOF, err)
	require.Equal(t, len(bundletest.Files()), n)
	require.Equal(t, bundle.DigestOf(archive), r.TarSHA256())
	require.EqualValues(t, len(archive), r.TarSize())
	_, err = r.Next()
	require.Equal(t, io.EOF, err)

	broken := errors.New("the stick was pulled")
	for _, n := range []int{0, 9000, len(archive) - 1024, len(archive) - 512, len(archive)} {
		r = container.NewReader(io.MultiReader(bytes.NewReader(archive[:n]), iotest.ErrReader(broken)), container.Limits{})
		for {
			if _, err = r.Next(); err != nil {
				break
			}
		}
		require.ErrorIs(t, err, broken, "after %d bytes", n)
		require.Empty(t, bundle.RefusalCode(err), "a failing source is no refusal")
		_, again := r.Next()
		require.Equal(t, err, again)
	}
}

func TestWriteRefusesAnotherTree(t *testing.T) {
	k := bundletest.New(t)
	files := bundletest.Files()
	for name, c := range map[string]struct {
		edit func(tree fstest.MapFS)
		want string
	}{
		"changed byte": {func(tree fstest.MapFS) {
			data := bytes.Clone(tree["files/host/messages.txt"].Data)
			data[0] ^= 1
			tree["files/host/messages.txt"] = &fstest.MapFile{Data: data}
		}, "has digest"},
		"longer": {func(tree fstest.MapFS) {
			tree["files/array/empty.txt"] = &fstest.MapFile{Data: []byte("x")}
		}, "more than the 0 bytes"},
		"shorter":    {func(tree fstest.MapFS) { tree["meta/case.txt"] = &fstest.MapFile{} }, "has 0 bytes"},
		"missing":    {func(tree fstest.MapFS) { delete(tree, "meta/case.txt") }, "open meta/case.txt"},
		"not listed": {func(tree fstest.MapFS) { tree["files/host/slipped.in"] = &fstest.MapFile{} }, "is not listed"},
		"a link": {func(tree fstest.MapFS) {
			tree["files/host/link"] = &fstest.MapFile{Mode: fs.ModeSymlink}
		}, "not a plain file"},
	} {
		contents := k.Contents(t, files)
		c.edit(contents.Tree.(fstest.MapFS))
		require.ErrorContains(t, container.Write(io.Discard, contents), c.want, name)
	}
	contents := k.Contents(t, files)
	contents.Tree = nil
	require.ErrorContains(t, container.Write(io.Discard, contents), "no tree")
}

func TestWriteRefusesOtherHeads(t *testing.T) {
	k := bundletest.New(t)
	for name, edit := range map[string]func(c *container.Contents){
		"no manifest":       func(c *container.Contents) { c.Manifest = nil },
		"spoilt manifest":   func(c *container.Contents) { c.Manifest = append(bytes.Clone(c.Manifest), ' ') },
		"signed twice":      func(c *container.Contents) { c.Signatures = append(c.Signatures, c.Signatures[0]) },
		"wrong name":        func(c *container.Contents) { c.Signatures[0].KeyID = "0000000000000000" },
		"no signature":      func(c *container.Contents) { c.Signatures[0].Armored = []byte("x") },
		"empty approval":    func(c *container.Contents) { c.Approvals[0].Text = nil },
		"unsigned approval": func(c *container.Contents) { c.Approvals[0].Signature = container.Signature{} },
		"large approval": func(c *container.Contents) {
			c.Approvals[0].Text = bytes.Repeat([]byte("x"), container.MaxApproval+1)
		},
		"many approvals": func(c *container.Contents) {
			c.Approvals = slices.Repeat(c.Approvals, container.MaxApprovals)
		},
	} {
		c := k.Contents(t, bundletest.Files())
		edit(&c)
		require.Error(t, container.Write(io.Discard, c), name)
		_, err := c.Size()
		require.Error(t, err, name)
	}
}

func TestWriteStopsAtAFullDisk(t *testing.T) {
	k := bundletest.New(t)
	c := k.Contents(t, bundletest.Files())
	size, err := c.Size()
	require.NoError(t, err)
	for _, room := range []int64{0, 511, 600, 9000, size - 1} {
		require.ErrorIs(t, container.Write(&small{room: room}, c), errFull, "room for %d", room)
	}
	require.NoError(t, container.Write(&small{room: size}, c))
}

var errFull = errors.New("no space left")

type small struct{ room int64 }

func (s *small) Write(p []byte) (int, error) {
	if int64(len(p)) > s.room {
		return 0, errFull
	}
	s.room -= int64(len(p))
	return len(p), nil
}

// golden holds a text to a file of testdata.
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

func TestSumsAreWhatSha256sumReads(t *testing.T) {
	k := bundletest.New(t)
	c := k.Contents(t, map[string]string{"files/a.txt": "abc", "meta/b.txt": ""})
	m, err := container.DecodeManifest(c.Manifest)
	require.NoError(t, err)
	var want strings.Builder
	for _, f := range []struct{ text, name string }{
		{"darksite-bundle/1\n", "FORMAT"}, {string(c.Manifest), "MANIFEST.json"}, {"", "meta/b.txt"}, {"abc", "files/a.txt"},
	} {
		fmt.Fprintf(&want, "%s  %s\n", bundle.DigestOf([]byte(f.text)), f.name)
	}
	require.Equal(t, want.String(), string(container.Sums(c.Manifest, m)))
}

func FuzzReader(f *testing.F) {
	k := bundletest.New(f)
	archive := bundletest.Tar(f, k.Contents(f, map[string]string{"files/a.txt": "abc"}))
	f.Add(archive)
	for _, h := range bundletest.HostileTars(f, bundletest.Tar(f, k.Contents(f, bundletest.Files()))) {
		if len(h.Tar) < 64<<10 {
			f.Add(h.Tar)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, files, digest, err := read(bytes.NewReader(data), container.Limits{})
		if err != nil {
			require.NotEmpty(t, bundle.RefusalCode(err), err.Error())
			return
		}
		tree := fstest.MapFS{}
		for path, text := range maps.All(files) {
			tree[path] = &fstest.MapFile{Data: []byte(text)}
		}
		var again bytes.Buffer
		require.NoError(t, container.Write(&again, h.Contents(tree)))
		require.Equal(t, data, again.Bytes())
		require.Equal(t, bundle.DigestOf(data), digest)
	})
}
