package seal_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/container"
	"darksite/bundle/seal"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

func TestSealSaysWhatItWrote(t *testing.T) {
	k := bundletest.New(t)
	c := k.Contents(t, bundletest.Files())
	sealed, res := k.Sealed(t, c)
	tar := bundletest.Tar(t, c)
	require.Equal(t, seal.Result{
		SealedSHA256: bundle.DigestOf(sealed), SealedSize: int64(len(sealed)),
		TarSHA256: bundle.DigestOf(tar), TarSize: int64(len(tar)),
		ManifestSHA256: bundle.DigestOf(c.Manifest),
	}, res)
}

// Each recipient opens it alone; the bytes inside are the canonical archive.
func TestEveryRecipientOpens(t *testing.T) {
	k := bundletest.New(t)
	c := k.Contents(t, bundletest.Files())
	sealed, _ := k.Sealed(t, c)
	for _, id := range []*age.HybridIdentity{k.Intake, k.Escrow, k.Record} {
		plain, err := age.Decrypt(bytes.NewReader(sealed), id)
		require.NoError(t, err)
		d, err := container.Decompress(plain)
		require.NoError(t, err)
		got, err := io.ReadAll(d)
		require.NoError(t, err)
		require.Equal(t, bundletest.Tar(t, c), got)
		d.Close()
	}
	stranger, err := age.GenerateHybridIdentity()
	require.NoError(t, err)
	_, err = age.Decrypt(bytes.NewReader(sealed), stranger)
	require.Error(t, err)
}

func TestOnlyHybridRecipients(t *testing.T) {
	k := bundletest.New(t)
	c := k.Contents(t, bundletest.Files())
	classic, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	good := k.Recipients()
	for name, r := range map[string]struct {
		recipients []string
		want       error
	}{
		"classic":         {[]string{classic.Recipient().String()}, seal.ErrRecipient},
		"classic among":   {append(k.Recipients()[:2:2], classic.Recipient().String()), seal.ErrRecipient},
		"ssh key":         {[]string{string(k.Keys[bundletest.Collector].Public())}, seal.ErrRecipient},
		"upper case":      {append(k.Recipients()[:2:2], strings.ToUpper(good[2])), seal.ErrRecipient},
		"spoilt":          {append(k.Recipients()[:2:2], good[2][:len(good[2])-1]+"q"), seal.ErrRecipient},
		"a secret key":    {append(k.Recipients()[:2:2], k.Intake.String()), seal.ErrRecipient},
		"none":            {nil, seal.ErrRecipientSet},
		"one less":        {good[:2], seal.ErrRecipientSet},
		"one twice":       {append(k.Recipients(), good[0]), seal.ErrRecipientSet},
		"one exchanged":   {append(k.Recipients()[:2:2], stranger(t)), seal.ErrRecipientSet},
		"one more":        {append(k.Recipients(), stranger(t)), seal.ErrRecipientSet},
		"more than ever":  {many(t), seal.ErrRecipientSet},
		"in other order":  {[]string{good[2], good[0], good[1]}, nil},
		"in manifest's o": {good, nil},
	} {
		var out bytes.Buffer
		_, err := seal.Seal(t.Context(), &out, c, r.recipients)
		if r.want == nil {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorIs(t, err, r.want, name)
		require.Zero(t, out.Len(), "%s: nothing is written before the recipients are right", name)
		require.NotContains(t, err.Error(), "AGE-SECRET-KEY", name)
		require.Less(t, len(err.Error()), 300, name)
	}
}

// A bundle becomes what its manifest says, and nothing is written otherwise.
func TestTheProfileIsTheApprovedOne(t *testing.T) {
	k := bundletest.New(t)
	encrypted := k.Contents(t, bundletest.Files())
	clear := k.Approved(t, bundletest.InClear(k.Manifest(t, bundletest.Files())), bundletest.Files())
	var out bytes.Buffer
	_, err := seal.Clear(t.Context(), &out, encrypted)
	require.ErrorIs(t, err, seal.ErrProfile)
	_, err = seal.Seal(t.Context(), &out, clear, k.Recipients())
	require.ErrorIs(t, err, seal.ErrProfile)
	require.Zero(t, out.Len())

	frame, res := k.Unsealed(t, clear)
	d, err := container.Decompress(bytes.NewReader(frame))
	require.NoError(t, err)
	defer d.Close()
	got, err := io.ReadAll(d)
	require.NoError(t, err)
	tar := bundletest.Tar(t, clear)
	require.Equal(t, tar, got)
	require.Equal(t, seal.Result{
		SealedSHA256: bundle.DigestOf(frame), SealedSize: int64(len(frame)),
		TarSHA256: bundle.DigestOf(tar), TarSize: int64(len(tar)),
		ManifestSHA256: bundle.DigestOf(clear.Manifest),
	}, res)
}

func stranger(t *testing.T) string {
	t.Helper()
	id, err := age.GenerateHybridIdentity()
	require.NoError(t, err)
	return id.Recipient().String()
}

func many(t *testing.T) []string {
	t.Helper()
	out := make([]string, container.MaxRecipients+1)
	for i := range out {
		out[i] = stranger(t)
	}
	return out
}

func TestFingerprints(t *testing.T) {
	k := bundletest.New(t)
	got, err := seal.Fingerprints(k.Recipients())
	require.NoError(t, err)
	require.IsIncreasing(t, got)
	for _, r := range k.Recipients() {
		require.Contains(t, got, fmt.Sprintf("%x", sha256.Sum256([]byte(r))))
	}
	_, err = seal.Fingerprints([]string{"age1xyz"})
	require.ErrorIs(t, err, seal.ErrRecipient)
}

// Whatever changed in the frozen tree since the officers signed, sealing stops,
// and what was written so far does not open as a whole file.
func TestChangedTreeIsNotSealed(t *testing.T) {
	k := bundletest.New(t)
	files := bundletest.Files()
	files["files/noise.txt"] = bundletest.Noise(1 << 20)
	for name, edit := range map[string]func(tree fstest.MapFS){
		"one byte": func(tree fstest.MapFS) {
			data := bytes.Clone(tree["files/noise.txt"].Data)
			data[len(data)-1] ^= 1
			tree["files/noise.txt"] = &fstest.MapFile{Data: data}
		},
		"a file more": func(tree fstest.MapFS) { tree["files/z.txt"] = &fstest.MapFile{Data: []byte("slipped in")} },
		"a file less": func(tree fstest.MapFS) { delete(tree, "files/noise.txt") },
		"grown":       func(tree fstest.MapFS) { tree["files/array/empty.txt"] = &fstest.MapFile{Data: []byte("x")} },
	} {
		c := k.Contents(t, files)
		edit(c.Tree.(fstest.MapFS))
		var out bytes.Buffer
		res, err := seal.Seal(t.Context(), &out, c, k.Recipients())
		require.Error(t, err, name)
		require.Zero(t, res, name)
		if plain, err := age.Decrypt(bytes.NewReader(out.Bytes()), k.Intake); err == nil {
			_, err = io.Copy(io.Discard, plain)
			require.Error(t, err, name)
		}
	}
}

func TestSealStops(t *testing.T) {
	k := bundletest.New(t)
	files := map[string]string{"files/noise.txt": bundletest.Noise(4 << 20)}
	c := k.Contents(t, files)

	ctx, cancel := context.WithCancel(t.Context())
	w := writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil })
	_, err := seal.Seal(ctx, w, c, k.Recipients())
	require.ErrorIs(t, err, context.Canceled)

	full := errors.New("no space left")
	for _, room := range []int{0, 1000, 100_000, 1 << 20} {
		left := room
		_, err := seal.Seal(t.Context(), writerFunc(func(p []byte) (int, error) {
			if left -= len(p); left < 0 {
				return 0, full
			}
			return len(p), nil
		}), c, k.Recipients())
		require.ErrorIs(t, err, full, "room for %d", room)
	}

	broken := errors.New("bad sector")
	c.Tree = failing{c.Tree, broken}
	_, err = seal.Seal(t.Context(), io.Discard, c, k.Recipients())
	require.ErrorIs(t, err, broken)
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// failing is a tree whose files cannot be read to the end.
type failing struct {
	fs.FS
	err error
}

func (f failing) Open(name string) (fs.File, error) {
	file, err := f.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || info.IsDir() {
		return file, err
	}
	return failingFile{file, f.err}, nil
}

type failingFile struct {
	fs.File
	err error
}

func (f failingFile) Read([]byte) (int, error) { return 0, f.err }

// endless is a tree of large files that are made while they are read.
type endless struct{ size int64 }

// endlessPart is the length of every file but the last, below what one may have.
const endlessPart = 4 << 30

// files are the names of the tree and their sizes.
func (e endless) files() map[string]int64 {
	files := map[string]int64{}
	for at := int64(0); at < e.size; at += endlessPart {
		files[fmt.Sprintf("files/log-%d.txt", at/endlessPart)] = min(endlessPart, e.size-at)
	}
	return files
}

func (e endless) Open(name string) (fs.File, error) {
	size, ok := e.files()[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return &endlessFile{r: endless{size}.reader()}, nil
}

func (e endless) reader() io.Reader { return io.LimitReader(&logLines{}, e.size) }

type endlessFile struct{ r io.Reader }

func (f *endlessFile) Read(p []byte) (int, error) { return f.r.Read(p) }
func (f *endlessFile) Close() error               { return nil }
func (f *endlessFile) Stat() (fs.FileInfo, error) { return nil, fs.ErrInvalid }

// logLines writes numbered lines, which compress like real logs.
type logLines struct {
	n          int
	line, rest []byte
}

func (l *logLines) Read(p []byte) (int, error) {
	for n := 0; ; {
		k := copy(p[n:], l.rest)
		n, l.rest = n+k, l.rest[k:]
		if n == len(p) {
			return n, nil
		}
		l.n++
		l.line = time.Unix(1_700_000_000+int64(l.n), 0).UTC().AppendFormat(l.line[:0], time.RFC3339)
		l.line = strconv.AppendInt(append(l.line, " controller: path "...), int64(l.n)*2654435761, 16)
		l.line = strconv.AppendInt(append(l.line, " latency "...), int64(l.n)*7919%5003, 10)
		l.line = append(l.line, " us\n"...)
		l.rest = l.line
	}
}

// contents is a bundle of files of this size together.
func (e endless) contents(tb testing.TB, k *bundletest.Kit) container.Contents {
	tb.Helper()
	names := map[string]string{}
	for name := range e.files() {
		names[name] = ""
	}
	m := k.Manifest(tb, names)
	digests := map[int64]bundle.Digest{} // equal sizes are equal content
	for i := range m.Files {
		size, ok := e.files()[m.Files[i].Path]
		if !ok {
			continue
		}
		if digests[size] == "" {
			hash := sha256.New()
			_, err := io.Copy(hash, endless{size}.reader())
			require.NoError(tb, err)
			digests[size] = bundle.Digest(fmt.Sprintf("%x", hash.Sum(nil)))
		}
		m.Totals.Bytes += size - m.Files[i].Size
		m.Files[i].Size, m.Files[i].SHA256 = size, digests[size]
	}
	c := k.Approved(tb, m, nil)
	c.Tree = e
	return c
}

// Memory must not follow the size of a bundle. What a run allocates in total is
// measured, which is more than what it holds at any time.
func TestMemoryIsFlat(t *testing.T) {
	k := bundletest.New(t)
	allocated := func(size int64) uint64 {
		c := endless{size}.contents(t, k)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := seal.Seal(t.Context(), io.Discard, c, k.Recipients())
		require.NoError(t, err)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	small, large := allocated(4<<20), allocated(36<<20)
	require.Less(t, large, small+8<<20, "32 MiB more of input must not be allocated")
}

func BenchmarkSeal(b *testing.B) {
	k := bundletest.New(b)
	c := endless{64 << 20}.contents(b, k)
	b.SetBytes(64 << 20)
	b.ReportAllocs()
	for b.Loop() {
		_, err := seal.Seal(b.Context(), io.Discard, c, k.Recipients())
		require.NoError(b, err)
	}
}
