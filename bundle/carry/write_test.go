package carry_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"darksite/bundle"
	"darksite/bundle/carry"
	"darksite/bundle/sign"

	"github.com/stretchr/testify/require"
)

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

// What people read is fixed letter by letter: on the medium of one volume, on
// the first of two media, and for a bundle in clear.
func TestGoldenSheets(t *testing.T) {
	for _, tc := range []struct {
		name   string
		size   int
		layout carry.Layout
		o      func(names []string) carry.Options
		clear  bool
	}{
		{"one", 70_000, carry.Layout{}, func([]string) carry.Options { return carry.Options{} }, false},
		{"media", 3*mib + 1, carry.Layout{VolumeSize: mib}, func(names []string) carry.Options {
			return carry.Options{Only: names[:3], Medium: 1, Media: 2, Serial: "DVD-R 0031"}
		}, false},
		{"clear", 70_000, carry.Layout{Parity: 2}, func([]string) carry.Options { return carry.Options{} }, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			content := bytes.Repeat([]byte("sealed "), tc.size/7+1)[:tc.size]
			path := sealedFile(t, content)
			l := label(content)
			if l.Clear = tc.clear; l.Clear {
				l.Recipients = nil
			}
			set, err := carry.Prepare(t.Context(), path, l, tc.layout, nil)
			require.NoError(t, err)
			sig, err := officer(t).Sign(sign.Label, set.LabelText)
			require.NoError(t, err)
			o := tc.o(set.Label.FileNames())
			o.Now = stationClock
			w, err := carry.Write(t.Context(), t.TempDir(), path, set, [][]byte{sig}, o)
			require.NoError(t, err)
			for _, name := range []string{"LABEL.txt", "README.TXT", "COVER.txt", "SHA256SUMS"} {
				b, err := os.ReadFile(filepath.Join(w.Folder, name))
				require.NoError(t, err)
				golden(t, tc.name+"-"+name, b)
			}
			cover, err := os.ReadFile(filepath.Join(w.Folder, "COVER.txt"))
			require.NoError(t, err)
			require.Equal(t, cover, w.Cover)
			printed, err := os.ReadFile(filepath.Join(w.Folder, "COVER.pdf"))
			require.NoError(t, err)
			for _, said := range []string{string(l.BID), string(l.SealedSHA256), string(bundle.DigestOf(set.LabelText)), set.Label.FileNames()[0], "Custody / Cha\xeene de garde", "/Count 1\n"} {
				require.Contains(t, string(printed), said)
			}
			require.Equal(t, l.Clear, bytes.Contains(printed, []byte("NOT ENCRYPTED")))
		})
	}
}

func TestSingleReviewIsStamped(t *testing.T) {
	content := noise(5000)
	path := sealedFile(t, content)
	l := label(content)
	l.Approvals = l.Approvals[:1]
	set, err := carry.Prepare(t.Context(), path, l, carry.Layout{}, nil)
	require.NoError(t, err)
	sig, err := officer(t).Sign(sign.Label, set.LabelText)
	require.NoError(t, err)
	w, err := carry.Write(t.Context(), t.TempDir(), path, set, [][]byte{sig}, carry.Options{Now: stationClock})
	require.NoError(t, err)
	require.Contains(t, string(w.Cover), "SINGLE REVIEW / UNE SEULE REVUE")
	printed, err := os.ReadFile(filepath.Join(w.Folder, carry.CoverPDFName))
	require.NoError(t, err)
	require.Contains(t, string(printed), "SINGLE REVIEW")
}

func TestWrittenNamesEveryFile(t *testing.T) {
	p := prepare(t, noise(3*mib), carry.Layout{VolumeSize: mib})
	var calls int
	var last, total int64
	medium := t.TempDir()
	w, err := carry.Write(t.Context(), medium, p.sealed, p.set, p.sigs, carry.Options{Now: stationClock, Progress: func(d, n int64) {
		require.Greater(t, d, last)
		calls, last, total = calls+1, d, n
	}})
	require.NoError(t, err)
	require.Equal(t, int64(4*mib), total)
	require.Equal(t, total, last)
	require.Equal(t, 4, calls)

	entries, err := os.ReadDir(w.Folder)
	require.NoError(t, err)
	var sum int64
	for i, e := range entries {
		b, err := os.ReadFile(filepath.Join(w.Folder, e.Name()))
		require.NoError(t, err)
		require.Equal(t, carry.File{Name: e.Name(), Size: int64(len(b)), SHA256: bundle.DigestOf(b)}, w.Files[i])
		require.LessOrEqual(t, len(e.Name()), 64)
		sum += int64(len(b))
	}
	require.Len(t, w.Files, len(entries))
	require.Equal(t, sum, w.Bytes)
}

func TestPrepareIsRepeatableAndReloads(t *testing.T) {
	content := noise(2*mib + 1)
	p := prepare(t, content, carry.Layout{VolumeSize: mib})
	again := prepare(t, content, carry.Layout{VolumeSize: mib})
	require.Equal(t, p.set, again.set)

	var list bytes.Buffer
	n, err := p.set.Blocks.WriteTo(&list)
	require.NoError(t, err)
	size, err := p.set.Label.BlocksSize()
	require.NoError(t, err)
	require.Equal(t, n, size)
	require.Equal(t, int(n), list.Len())
	loaded, err := carry.NewSet(p.set.LabelText, bytes.NewReader(list.Bytes()))
	require.NoError(t, err)
	require.Equal(t, p.set, loaded)

	b := list.Bytes()
	b[30] = 'f' ^ b[30]&1
	_, err = carry.NewSet(p.set.LabelText, bytes.NewReader(b))
	require.Error(t, err)
	_, err = carry.NewSet(nil, &list)
	require.ErrorIs(t, err, carry.ErrLabel)
}

func TestPrepareRefuses(t *testing.T) {
	content := noise(mib)
	path := sealedFile(t, content)
	empty := sealedFile(t, nil)
	for name, tc := range map[string]struct {
		path   string
		change func(*carry.Label)
		layout carry.Layout
		want   error
		text   string
	}{
		"another digest":    {path, func(l *carry.Label) { l.SealedSHA256 = digestOf("other") }, carry.Layout{}, carry.ErrDigest, ""},
		"another size":      {path, func(l *carry.Label) { l.SealedSize = 7 }, carry.Layout{}, carry.ErrDigest, "label says 7"},
		"a folder":          {filepath.Dir(path), nil, carry.Layout{}, carry.ErrIrregular, ""},
		"not there":         {path + "x", nil, carry.Layout{}, os.ErrNotExist, ""},
		"empty":             {empty, nil, carry.Layout{}, nil, "nothing to carry"},
		"volumes too small": {path, nil, carry.Layout{VolumeSize: mib - 1}, nil, "at least 1048576"},
		"too much parity":   {path, nil, carry.Layout{Parity: 119}, nil, "at most 256 shards"},
		"negative parity":   {path, nil, carry.Layout{Parity: -1}, nil, "want 1 or more"},
		"bad id":            {path, func(l *carry.Label) { l.BID = "../x-1" }, carry.Layout{}, nil, "bundle id"},
	} {
		l := label(content)
		if tc.change != nil {
			tc.change(&l)
		}
		_, err := carry.Prepare(t.Context(), tc.path, l, tc.layout, nil)
		require.Error(t, err, name)
		if tc.want != nil {
			require.ErrorIs(t, err, tc.want, name)
		}
		require.ErrorContains(t, err, tc.text, name)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := carry.Prepare(cancelled, path, label(content), carry.Layout{}, nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestWriteRefusesBeforeTouchingTheMedium(t *testing.T) {
	p := prepare(t, noise(2*mib), carry.Layout{VolumeSize: mib})
	approval, err := officer(t).Sign(sign.Approval, p.set.LabelText)
	require.NoError(t, err)
	other, err := officer(t).Sign(sign.Label, []byte("other"))
	require.NoError(t, err)
	huge := label(nil)
	huge.SealedSize, huge.BlocksSHA256 = 900<<30, digestOf("blocks")
	huge.VolumeSize, huge.Parity = 23700*mib, 1
	huge.Volumes = int((huge.SealedSize-1)/huge.VolumeSize + 1)
	hugeText, err := huge.Encode()
	require.NoError(t, err)

	for name, tc := range map[string]struct {
		change func(set *carry.Set, sigs *[][]byte, o *carry.Options)
		want   error
		text   string
	}{
		"no signature":      {func(_ *carry.Set, s *[][]byte, _ *carry.Options) { *s = nil }, carry.ErrLabel, "0 signatures"},
		"another namespace": {func(_ *carry.Set, s *[][]byte, _ *carry.Options) { *s = [][]byte{approval} }, sign.ErrBadSignature, ""},
		"another text":      {func(_ *carry.Set, s *[][]byte, _ *carry.Options) { *s = [][]byte{other} }, sign.ErrBadSignature, ""},
		"not a signature":   {func(_ *carry.Set, s *[][]byte, _ *carry.Options) { *s = [][]byte{nil} }, carry.ErrLabel, ""},
		"label changed":     {func(s *carry.Set, _ *[][]byte, _ *carry.Options) { s.Label.Marking = "PUBLIC" }, carry.ErrLabel, "differ"},
		"no blocks":         {func(s *carry.Set, _ *[][]byte, _ *carry.Options) { s.Blocks = carry.Blocks{} }, carry.ErrDigest, ""},
		"unknown volume":    {func(_ *carry.Set, _ *[][]byte, o *carry.Options) { o.Only = []string{"x"} }, nil, "x is no volume"},
		"no time":           {func(_ *carry.Set, _ *[][]byte, o *carry.Options) { o.Now = time.Time{} }, nil, "time is missing"},
		"serial":            {func(_ *carry.Set, _ *[][]byte, o *carry.Options) { o.Serial = "a\x1bb" }, nil, "serial"},
		"no space":          {func(s *carry.Set, _ *[][]byte, _ *carry.Options) { *s = carry.Set{Label: huge, LabelText: hugeText} }, carry.ErrNoSpace, "bytes needed"},
	} {
		t.Run(name, func(t *testing.T) {
			set, sigs, o := p.set, slices.Clone(p.sigs), carry.Options{Now: stationClock}
			tc.change(&set, &sigs, &o)
			medium := t.TempDir()
			_, err := carry.Write(t.Context(), medium, p.sealed, set, sigs, o)
			require.Error(t, err)
			if tc.want != nil {
				require.ErrorIs(t, err, tc.want)
			}
			require.ErrorContains(t, err, tc.text)
			left, err := os.ReadDir(medium)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

func TestWriteNeverOverwrites(t *testing.T) {
	p := prepare(t, noise(mib), carry.Layout{})
	for name, make := range map[string]func(medium string) error{
		"a folder":         func(m string) error { return os.Mkdir(filepath.Join(m, "S042-000017"), 0o700) },
		"a file":           func(m string) error { return os.WriteFile(filepath.Join(m, "S042-000017"), nil, 0o600) },
		"a dangling link":  func(m string) error { return os.Symlink("nowhere", filepath.Join(m, "S042-000017")) },
		"a partial folder": func(m string) error { return os.Mkdir(filepath.Join(m, "S042-000017.partial"), 0o700) },
		"a partial link":   func(m string) error { return os.Symlink("/tmp", filepath.Join(m, "S042-000017.partial")) },
	} {
		medium := t.TempDir()
		require.NoError(t, make(medium))
		_, err := carry.Write(t.Context(), medium, p.sealed, p.set, p.sigs, carry.Options{Now: stationClock})
		require.ErrorIs(t, err, carry.ErrExists, name)
		left, err := os.ReadDir(medium)
		require.NoError(t, err)
		require.Len(t, left, 1, name)
	}
}

// The sealed file changes between preparing and writing, or while writing.
func TestSourceChanges(t *testing.T) {
	write := func(p prepared, o carry.Options) (string, error) {
		medium := t.TempDir()
		o.Now = stationClock
		_, err := carry.Write(t.Context(), medium, p.sealed, p.set, p.sigs, o)
		return medium, err
	}
	gone := func(medium string) {
		left, err := os.ReadDir(medium)
		require.NoError(t, err)
		require.Empty(t, left, "nothing half-written stays")
	}
	p := prepare(t, noise(4*mib), carry.Layout{VolumeSize: 2 * mib})
	flip(t, p.sealed, 3*mib)
	medium, err := write(p, carry.Options{})
	require.ErrorIs(t, err, carry.ErrDigest)
	gone(medium)

	p = prepare(t, noise(4*mib), carry.Layout{VolumeSize: 2 * mib})
	require.NoError(t, os.Truncate(p.sealed, mib))
	medium, err = write(p, carry.Options{})
	require.ErrorIs(t, err, carry.ErrDigest)
	gone(medium)

	p = prepare(t, noise(4*mib), carry.Layout{VolumeSize: 2 * mib})
	medium, err = write(p, carry.Options{Progress: func(done, _ int64) {
		if done == 4*mib { // all data is copied, parity is next
			flip(t, p.sealed, 5)
		}
	}})
	require.ErrorIs(t, err, carry.ErrDigest)
	require.ErrorContains(t, err, "parity")
	gone(medium)

	p = prepare(t, noise(4*mib), carry.Layout{VolumeSize: 2 * mib})
	ctx, cancel := context.WithCancel(t.Context())
	medium = t.TempDir()
	_, err = carry.Write(ctx, medium, p.sealed, p.set, p.sigs, carry.Options{Now: stationClock, Progress: func(done, _ int64) {
		if done == 2*mib {
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	gone(medium)
}

func TestRemovePartialRemovesNothingElse(t *testing.T) {
	medium := t.TempDir()
	gone, err := carry.RemovePartial(medium, "S042-000017")
	require.NoError(t, err)
	require.False(t, gone)
	_, err = carry.RemovePartial(medium, "../x")
	require.ErrorContains(t, err, "bundle id")

	outside := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "keep"), nil, 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(medium, "S042-000017.partial")))
	_, err = carry.RemovePartial(medium, "S042-000017")
	require.ErrorContains(t, err, "by hand")
	require.FileExists(t, filepath.Join(outside, "keep"))
}

func TestPresets(t *testing.T) {
	for name, want := range map[string]int64{"fat32": 4095 * mib, "cd": 690 * mib, "dvd": 4400 * mib, "bd25": 23700 * mib} {
		got, err := carry.Preset(name)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	fat, err := carry.Preset("fat32")
	require.NoError(t, err)
	require.LessOrEqual(t, fat, int64(1<<32-1), "FAT32 holds no longer file")
	_, err = carry.Preset("floppy")
	require.ErrorContains(t, err, "want fat32, cd, dvd or bd25")
}

func BenchmarkPrepare(b *testing.B) {
	content := noise(64 * mib)
	path := sealedFile(b, content)
	l := label(content)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		_, err := carry.Prepare(b.Context(), path, l, carry.Layout{}, nil)
		require.NoError(b, err)
	}
}

func BenchmarkReassemble(b *testing.B) {
	p := prepare(b, noise(64*mib), carry.Layout{VolumeSize: 16 * mib})
	whole := p.write(b, carry.Options{})
	for name, folder := range map[string]string{"whole": whole, "one volume lost": without(b, whole, p.set.Label.FileNames()[1])} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(64 * mib)
			for b.Loop() {
				_, err := carry.Reassemble(b.Context(), discard{}, carry.ReadOptions{}, folder)
				require.NoError(b, err)
			}
		})
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
