package carry_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"darksite/bundle"
	"darksite/bundle/carry"
	"darksite/bundle/sign"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite golden files")

const mib = 1 << 20

var stationClock = time.Date(2026, 3, 2, 9, 15, 0, 0, time.UTC)

// officer signs labels; her key is checked in so that goldens do not change.
func officer(t testing.TB) sign.Signer {
	t.Helper()
	key, err := os.ReadFile("testdata/officer")
	require.NoError(t, err)
	s, err := sign.ParsePrivateKey(key, nil)
	require.NoError(t, err)
	return s
}

func noise(n int) []byte {
	b := make([]byte, n)
	chacha := rand.NewChaCha8([32]byte{1: byte(n), 2: byte(n >> 8), 3: byte(n >> 16)})
	_, _ = chacha.Read(b)
	return b
}

func digestOf(s string) bundle.Digest {
	sum := sha256.Sum256([]byte(s))
	return bundle.Digest(hex.EncodeToString(sum[:]))
}

// label is what the way out knows before volumes are cut.
func label(content []byte) carry.Label {
	return carry.Label{
		BID:            "S042-000017",
		Marking:        "INTERNAL",
		SealedSHA256:   bundle.DigestOf(content),
		TarSHA256:      digestOf("tar"),
		ManifestSHA256: digestOf("manifest"),
		Recipients:     []string{"SHA256:" + string(digestOf("intake")), "SHA256:" + string(digestOf("record"))},
		Approvals:      []bundle.Digest{digestOf("first"), digestOf("second")},
		ReleasedBy:     "mdurand",
		Seq:            17,
		Journal:        bundle.JournalMark{Size: 41, Root: digestOf("journal")},
	}
}

// sealedFile puts content beside the test's media.
func sealedFile(t testing.TB, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sealed")
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

// prepared is a set of content, its sealed file and a signature.
type prepared struct {
	set    carry.Set
	sealed string
	sigs   [][]byte
}

func prepare(t testing.TB, content []byte, o carry.Layout) prepared {
	t.Helper()
	path := sealedFile(t, content)
	set, err := carry.Prepare(t.Context(), path, label(content), o, nil)
	require.NoError(t, err)
	sig, err := officer(t).Sign(sign.Label, set.LabelText)
	require.NoError(t, err)
	return prepared{set, path, [][]byte{sig}}
}

func (p prepared) write(t testing.TB, o carry.Options) string {
	t.Helper()
	medium := t.TempDir()
	o.Now = stationClock
	w, err := carry.Write(t.Context(), medium, p.sealed, p.set, p.sigs, o)
	require.NoError(t, err)
	return w.Folder
}

// copyFolder makes a folder of hard-earned volumes that a test may damage.
func copyFolder(t testing.TB, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), filepath.Base(from))
	require.NoError(t, os.CopyFS(to, os.DirFS(from)))
	return to
}

func flip(t testing.TB, path string, off int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer f.Close()
	var b [1]byte
	_, err = f.ReadAt(b[:], off)
	require.NoError(t, err)
	b[0] ^= 0x10
	_, err = f.WriteAt(b[:], off)
	require.NoError(t, err)
}

func restore(t testing.TB, folders ...string) ([]byte, *carry.Report, error) {
	t.Helper()
	var out bytes.Buffer
	r, err := carry.Reassemble(t.Context(), &out, carry.ReadOptions{}, folders...)
	return out.Bytes(), r, err
}

func TestRoundTrip(t *testing.T) {
	for name, tc := range map[string]struct {
		size   int
		layout carry.Layout
		files  int
	}{
		"one byte":            {1, carry.Layout{}, 2},
		"one sector":          {4096, carry.Layout{}, 2},
		"one small volume":    {300_001, carry.Layout{}, 2},
		"one volume":          {3*mib + 17, carry.Layout{}, 2},
		"one, three parity":   {mib, carry.Layout{Parity: 3}, 4},
		"one exactly":         {4 * mib, carry.Layout{VolumeSize: 4 * mib}, 2},
		"one byte too many":   {4*mib + 1, carry.Layout{VolumeSize: 4 * mib}, 3},
		"three":               {3 * mib, carry.Layout{VolumeSize: mib}, 4},
		"more than 32 shards": {3*mib + 9, carry.Layout{Parity: 7}, 8},
		"four, short last":    {7*mib + 5, carry.Layout{VolumeSize: 2 * mib}, 6},
		"size rounded down":   {4 * mib, carry.Layout{VolumeSize: 3*mib - 1}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			content := noise(tc.size)
			p := prepare(t, content, tc.layout)
			require.Len(t, p.set.Label.FileNames(), tc.files)
			folder := p.write(t, carry.Options{})

			got, r, err := restore(t, folder)
			require.NoError(t, err)
			require.True(t, bytes.Equal(content, got))
			require.Equal(t, carry.Whole, r.State)
			require.Zero(t, r.Repaired)

			back, err := carry.ReadBack(t.Context(), filepath.Dir(folder), p.set.Label.BID, carry.ReadOptions{})
			require.NoError(t, err)
			require.Equal(t, carry.Whole, back.State)
			require.Empty(t, back.Damaged)
			require.Empty(t, back.Extra)
			require.Empty(t, back.Others)
		})
	}
}

func TestDefaultParity(t *testing.T) {
	content := noise(11 * mib)
	for volumes, want := range map[int]int{1: 1, 3: 1, 4: 2, 11: 3} {
		part := content[:volumes*mib]
		set, err := carry.Prepare(t.Context(), sealedFile(t, part), label(part), carry.Layout{VolumeSize: mib}, nil)
		require.NoError(t, err)
		require.Equal(t, volumes, set.Label.Volumes)
		require.Equal(t, want, set.Label.Parity)
	}
}
