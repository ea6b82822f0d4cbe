package carry_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"darksite/bundle/carry"
	"darksite/bundle/sign"

	"github.com/stretchr/testify/require"
)

// Random damage against a model that only counts: with d of the twenty slices
// and p of the parity slices bad, the set is whole when d is 0, repairable when
// d+p is at most the number of parity slices, and lost otherwise; and a list of
// what to bring is as long as what is too much.
func TestDamageAgainstAModel(t *testing.T) {
	const slice = 4096
	content := noise(20*slice - 1000)
	for parity := 1; parity <= 3; parity++ {
		p := prepare(t, content, carry.Layout{Parity: parity})
		whole := p.write(t, carry.Options{})
		names := p.set.Label.FileNames()
		for seed := range uint64(25) {
			r := rand.New(rand.NewPCG(seed, uint64(parity)))
			folder := copyFolder(t, whole)
			bad := make(map[int]bool) // slices, parity from 20
			hurt := func(s int) {
				file, at := names[0], int64(s)*slice
				if s >= 20 {
					file, at = names[1+(s-20)/2], int64((s-20)%2)*slice
				}
				if !bad[s] {
					flip(t, filepath.Join(folder, file), at+r.Int64N(slice-1000))
				}
				bad[s] = true
			}
			for range r.IntN(2*parity + 2) {
				hurt(r.IntN(20 + 2*parity))
			}
			if r.IntN(4) == 0 { // the end of the file is gone
				keep := 15 + r.IntN(5)
				require.NoError(t, os.Truncate(filepath.Join(folder, names[0]), int64(keep)*slice))
				for s := keep; s < 20; s++ {
					bad[s] = true
				}
			}
			if r.IntN(4) == 0 { // a parity volume is gone
				gone := r.IntN(parity)
				require.NoError(t, os.Remove(filepath.Join(folder, names[1+gone])))
				bad[20+2*gone], bad[21+2*gone] = true, true
			}

			data := 0
			for s := range bad {
				if s < 20 {
					data++
				}
			}
			want := carry.Repairable
			switch {
			case data == 0:
				want = carry.Whole
			case len(bad) > 2*parity:
				want = carry.Lost
			}
			report, err := carry.Inspect(t.Context(), carry.ReadOptions{}, folder)
			require.NoError(t, err)
			require.Equal(t, want, report.State, "bad %v", bad)
			found, bring := 0, 0
			for _, d := range report.Damaged {
				found += d.Blocks
			}
			for _, b := range report.Bring {
				bring += b.Blocks
			}
			require.Equal(t, len(bad), found)
			if want == carry.Lost {
				require.Equal(t, len(bad)-2*parity, bring, "no more is asked for than is lacking")
			}
			got, again, err := restore(t, folder)
			if want == carry.Lost {
				require.ErrorIs(t, err, carry.ErrBeyondRepair)
				require.Equal(t, report, again, "the refusal carries the same report")
				continue
			}
			require.NoError(t, err)
			require.Equal(t, data, again.Repaired)
			require.True(t, bytes.Equal(content, got))
		}
	}
}

// The medium is pulled, here by removing the folder, at every stage.
func TestMediumPulledWhileWriting(t *testing.T) {
	p := prepare(t, noise(2*mib), carry.Layout{VolumeSize: mib})
	for at := 1; at <= 3; at++ {
		medium := t.TempDir()
		calls := 0
		_, err := carry.Write(t.Context(), medium, p.sealed, p.set, p.sigs, carry.Options{Now: stationClock, Progress: func(int64, int64) {
			if calls++; calls == at {
				require.NoError(t, os.RemoveAll(filepath.Join(medium, "S042-000017.partial")))
			}
		}})
		require.ErrorIs(t, err, os.ErrNotExist)
		left, err := os.ReadDir(medium)
		require.NoError(t, err)
		require.Empty(t, left)
	}
	_, err := carry.Write(t.Context(), filepath.Join(t.TempDir(), "unplugged"), p.sealed, p.set, p.sigs, carry.Options{Now: stationClock})
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = carry.Write(t.Context(), t.TempDir(), p.sealed+"x", p.set, p.sigs, carry.Options{Now: stationClock})
	require.ErrorIs(t, err, os.ErrNotExist)
}

// Somebody puts a folder in the way while the bundle is being written.
func TestNameTakenWhileWriting(t *testing.T) {
	p := prepare(t, noise(1000), carry.Layout{})
	medium := t.TempDir()
	_, err := carry.Write(t.Context(), medium, p.sealed, p.set, p.sigs, carry.Options{Now: stationClock, Progress: func(int64, int64) {
		_ = os.Mkdir(filepath.Join(medium, "S042-000017"), 0o700)
	}})
	require.ErrorIs(t, err, carry.ErrExists)
	require.NoDirExists(t, filepath.Join(medium, "S042-000017.partial"))
	found, err := carry.Find(medium)
	require.NoError(t, err)
	require.Empty(t, found)
}

// Two officers may sign one label; the README then leaves the name open.
func TestTwoSignatures(t *testing.T) {
	p := prepare(t, noise(1000), carry.Layout{})
	private, _, err := sign.GenerateKey(nil, "second", nil)
	require.NoError(t, err)
	second, err := sign.ParsePrivateKey(private, nil)
	require.NoError(t, err)
	sig, err := second.Sign(sign.Label, p.set.LabelText)
	require.NoError(t, err)
	p.sigs = append(p.sigs, sig)
	folder := p.write(t, carry.Options{})
	require.FileExists(t, filepath.Join(folder, carry.SignatureName(second.Public())))
	readme, err := os.ReadFile(filepath.Join(folder, "README.TXT"))
	require.NoError(t, err)
	require.Equal(t, 4, bytes.Count(readme, []byte("-I OFFICER@S042")))
	back, err := carry.ReadBack(t.Context(), filepath.Dir(folder), "S042-000017", carry.ReadOptions{})
	require.NoError(t, err)
	require.ElementsMatch(t, p.sigs, back.Signatures)
}

func TestPiecesReadWell(t *testing.T) {
	many := carry.Piece{File: "v002", Blocks: 6}
	for i := range int64(6) {
		many.Spans = append(many.Spans, carry.Span{From: 2 * i * mib, To: (2*i + 1) * mib})
	}
	require.Equal(t, "v002 (6 blocks: bytes 0-1048575 2097152-3145727 4194304-5242879 6291456-7340031 and 2 more ranges)", many.String())
	require.Equal(t, "v003", carry.Piece{File: "v003", Missing: true, Blocks: 9}.String())
	cut := carry.Piece{File: "v004", Blocks: 1, Spans: []carry.Span{{From: mib, To: 2 * mib}}, Found: mib + 9, Size: 2 * mib}
	require.Equal(t, "v004 (1 block: bytes 1048576-2097151) is cut short, 1048585 of 2097152 bytes", cut.Fault())
	err := &carry.BeyondRepairError{BID: "S042-000017"}
	for range 10 {
		err.Bring = append(err.Bring, carry.Piece{File: "v003", Missing: true})
	}
	require.Equal(t, "bundle S042-000017: damaged beyond repair; bring a good copy of v003, v003, v003, v003, v003, v003, v003, v003, and 2 files more", err.Error())
	require.ErrorIs(t, err, carry.ErrBeyondRepair)
}
