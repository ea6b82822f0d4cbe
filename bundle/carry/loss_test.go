package carry_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"darksite/bundle/carry"

	"github.com/stretchr/testify/require"
)

// without makes a folder of links to everything but the files named.
func without(t testing.TB, from string, lost ...string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), filepath.Base(from))
	require.NoError(t, os.Mkdir(to, 0o755))
	entries, err := os.ReadDir(from)
	require.NoError(t, err)
	for _, e := range entries {
		if !slices.Contains(lost, e.Name()) {
			require.NoError(t, os.Link(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())))
		}
	}
	return to
}

// subsets calls f with every choice of up to most of the names.
func subsets(names []string, most int, f func([]string)) {
	var walk func(from int, chosen []string)
	walk = func(from int, chosen []string) {
		f(chosen)
		if len(chosen) == most {
			return
		}
		for i := from; i < len(names); i++ {
			walk(i+1, append(slices.Clone(chosen), names[i]))
		}
	}
	walk(0, nil)
}

// Every loss up to the parity is made good; every loss of one more is refused
// with a list, and bringing what the list says makes it good.
func TestEveryLossPattern(t *testing.T) {
	for _, tc := range []struct{ volumes, parity, more int }{
		{2, 1, 1}, {3, 1, 1}, {2, 2, 1}, {4, 2, 0}, {5, 2, 0}, {6, 2, 0},
	} {
		t.Run(fmt.Sprintf("%d and %d", tc.volumes, tc.parity), func(t *testing.T) {
			if testing.Short() && tc.volumes > 4 {
				t.Skip("many patterns of many volumes take seconds")
			}
			t.Parallel()
			content := noise((tc.volumes-1)*mib + 4321) // the last is short
			p := prepare(t, content, carry.Layout{VolumeSize: mib, Parity: tc.parity})
			whole := p.write(t, carry.Options{})
			names := p.set.Label.FileNames()
			require.Len(t, names, tc.volumes+tc.parity)
			subsets(names, tc.parity+tc.more, func(lost []string) {
				folder := without(t, whole, lost...)
				got, r, err := restore(t, folder)
				if len(lost) <= tc.parity {
					require.NoError(t, err, "lost %v", lost)
					require.True(t, bytes.Equal(content, got), "lost %v", lost)
					return
				}
				lostData := slices.ContainsFunc(lost, func(n string) bool { return strings.Contains(n, ".v") })
				if !lostData {
					require.NoError(t, err, "the data is whole without any parity")
					return
				}
				checkBeyond(t, r, err, folder, whole, content, 1)
			})
		})
	}
}

// checkBeyond checks a refusal and that its list is enough and no longer than
// it must be.
func checkBeyond(t *testing.T, r *carry.Report, err error, folder, whole string, content []byte, pieces int) {
	t.Helper()
	require.ErrorIs(t, err, carry.ErrBeyondRepair)
	var beyond *carry.BeyondRepairError
	require.ErrorAs(t, err, &beyond)
	require.Equal(t, carry.Lost, r.State)
	require.Len(t, beyond.Bring, pieces)
	require.Positive(t, beyond.Short.Blocks)
	for _, d := range r.Damaged {
		require.Contains(t, err.Error(), d.Fault())
	}
	require.Equal(t, beyond.Bring, r.Bring)

	more := without(t, whole, everythingBut(t, whole, beyond.Bring)...)
	got, _, err := restore(t, folder, more)
	require.NoError(t, err, "with %v", beyond.Bring)
	require.True(t, bytes.Equal(content, got))
}

func everythingBut(t *testing.T, folder string, keep []carry.Piece) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	var rest []string
	for _, e := range entries {
		if e.Name() != "LABEL.txt" && !slices.ContainsFunc(keep, func(p carry.Piece) bool { return p.File == e.Name() }) {
			rest = append(rest, e.Name())
		}
	}
	return rest
}

// Every volume is damaged somewhere, in no stripe more than the parity: blocks
// flipped, files cut short, a file gone.
func TestRandomDamageInEveryVolume(t *testing.T) {
	const volumes, parity, stripes = 3, 2, 2
	content := noise(volumes*stripes*mib - 777)
	p := prepare(t, content, carry.Layout{VolumeSize: stripes * mib, Parity: parity})
	whole := p.write(t, carry.Options{})
	names := p.set.Label.FileNames()
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 1))
		folder := copyFolder(t, whole)
		want := 0
		hurt := map[string]bool{}
		for stripe := range stripes {
			for _, f := range r.Perm(len(names))[:parity] {
				flip(t, filepath.Join(folder, names[f]), int64(stripe)*mib+r.Int64N(mib-777))
				hurt[names[f]] = true
				want++
			}
		}
		report, err := carry.Inspect(t.Context(), carry.ReadOptions{}, folder)
		require.NoError(t, err)
		require.Equal(t, carry.Repairable, report.State)
		got := 0
		for _, d := range report.Damaged {
			require.True(t, hurt[d.File])
			got += d.Blocks
		}
		require.Equal(t, want, got, "each damaged block is known, and no other")

		out, _, err := restore(t, folder)
		require.NoError(t, err)
		require.True(t, bytes.Equal(content, out))

		// One more bad block in a stripe is one too many, if data is hit.
		for _, n := range names {
			flip(t, filepath.Join(folder, n), 0)
		}
		_, report, err = restore(t, folder)
		checkBeyondPieces(t, report, err)
	}
}

// A refusal says what is wrong with each volume, by how much it is too much, and
// of which volumes how many more are needed; any choice it offers is enough.
func TestHowManyMore(t *testing.T) {
	content := noise(3*mib + 99)
	p := prepare(t, content, carry.Layout{VolumeSize: mib, Parity: 2})
	whole := p.write(t, carry.Options{})
	names := p.set.Label.FileNames() // four volumes, two of parity
	name := p.set.Label.SealedName()

	folder := without(t, copyFolder(t, whole), names[0], names[1], names[4])
	require.NoError(t, os.Truncate(filepath.Join(folder, names[2]), 4321))
	_, r, err := restore(t, folder)
	require.EqualError(t, err, "reassemble S042-000017: bundle S042-000017: damaged beyond repair: 2 blocks more than its parity can rebuild; "+
		name+".v001 is missing, "+name+".v002 is missing, "+name+".v003 (1 block: bytes 0-1048575) is cut short, 4321 of 1048576 bytes, S042-000017.p001 is missing; "+
		"bring good copies of any 2 of these: "+name+".v001, "+name+".v002, "+name+".v003, S042-000017.p001")
	require.Len(t, r.Short.Any, 4)
	subsets(r.Short.Any, 2, func(chosen []string) {
		var keep []carry.Piece
		for _, c := range chosen {
			keep = append(keep, carry.Piece{File: c})
		}
		got, _, err := restore(t, folder, without(t, whole, everythingBut(t, whole, keep)...))
		require.Equal(t, len(chosen) == 2, err == nil, "with %v", chosen)
		require.True(t, err != nil || bytes.Equal(content, got))
	})

	// Two stripes that lack different volumes: now it matters which.
	p = prepare(t, noise(6*mib), carry.Layout{VolumeSize: 2 * mib, Parity: 1})
	folder = copyFolder(t, p.write(t, carry.Options{}))
	names = p.set.Label.FileNames()
	require.NoError(t, os.Truncate(filepath.Join(folder, names[0]), mib)) // stripe 2
	require.NoError(t, os.Truncate(filepath.Join(folder, names[1]), mib)) // stripe 2
	flip(t, filepath.Join(folder, names[2]), 5)                           // stripe 1
	flip(t, filepath.Join(folder, names[3]), 5)                           // stripe 1
	_, r, err = restore(t, folder)
	require.ErrorContains(t, err, "2 blocks more than")
	require.ErrorContains(t, err, names[0]+" (1 block: bytes 1048576-2097151) is cut short, 1048576 of 2097152 bytes")
	require.ErrorContains(t, err, "bring a good copy of "+names[0]+" (1 block: bytes 1048576-2097151), "+names[2]+" (1 block: bytes 0-1048575)")
	require.Nil(t, r.Short.Any)
}

func checkBeyondPieces(t *testing.T, r *carry.Report, err error) {
	t.Helper()
	require.ErrorIs(t, err, carry.ErrBeyondRepair)
	for _, p := range r.Bring {
		require.False(t, p.Missing)
		require.Equal(t, []carry.Span{{From: 0, To: mib}}, p.Spans)
		require.Contains(t, err.Error(), p.File)
	}
}

// One volume only: two of its twenty slices may be damaged in every stripe.
func TestDamagedSlices(t *testing.T) {
	small := prepare(t, noise(mib+99), carry.Layout{})
	large := prepare(t, noise(21*mib+99), carry.Layout{}) // slices of two blocks
	name := small.set.Label.SealedName()
	sliceOf := func(p prepared) int64 { return (p.set.Label.SealedSize/20 + 4095) / 4096 * 4096 }
	slice, long := sliceOf(small), sliceOf(large)
	smallFolder, largeFolder := small.write(t, carry.Options{}), large.write(t, carry.Options{})
	_, err := carry.ReadBack(t.Context(), filepath.Dir(largeFolder), "S042-000017", carry.ReadOptions{})
	require.NoError(t, err)
	for _, tc := range []struct {
		name  string
		large bool
		hurt  func(folder string)
		state carry.State
	}{
		{"two slices", false, func(f string) {
			flip(t, filepath.Join(f, name), 5)
			flip(t, filepath.Join(f, name), 19*slice+5)
		}, carry.Repairable},
		{"two in each of two stripes", true, func(f string) {
			for _, n := range []int64{1, 7} {
				flip(t, filepath.Join(f, name), n*long)
				flip(t, filepath.Join(f, name), (n+3)*long+mib)
			}
		}, carry.Repairable},
		{"a tenth cut off the end", false, func(f string) {
			require.NoError(t, os.Truncate(filepath.Join(f, name), 18*slice))
		}, carry.Repairable},
		{"parity gone", false, func(f string) {
			require.NoError(t, os.Remove(filepath.Join(f, "S042-000017.p001")))
		}, carry.Whole},
		{"one slice and one parity slice", false, func(f string) {
			flip(t, filepath.Join(f, name), 5)
			flip(t, filepath.Join(f, "S042-000017.p001"), slice+5)
		}, carry.Repairable},
		{"three slices", false, func(f string) {
			for _, n := range []int64{0, 1, 2} {
				flip(t, filepath.Join(f, name), n*slice)
			}
		}, carry.Lost},
		{"the file gone", false, func(f string) {
			require.NoError(t, os.Remove(filepath.Join(f, name)))
		}, carry.Lost},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, whole := small, smallFolder
			if tc.large {
				p, whole = large, largeFolder
			}
			content, err := os.ReadFile(p.sealed)
			require.NoError(t, err)
			folder := copyFolder(t, whole)
			tc.hurt(folder)
			r, err := carry.Inspect(t.Context(), carry.ReadOptions{}, folder)
			require.NoError(t, err)
			require.Equal(t, tc.state, r.State)
			got, again, err := restore(t, folder)
			if tc.state == carry.Lost {
				checkBeyond(t, again, err, folder, whole, content, 1)
				return
			}
			require.NoError(t, err)
			require.True(t, bytes.Equal(content, got))
		})
	}
}

// Volumes of one set come on several media; copies of one volume complement
// each other block by block.
func TestSeveralMedia(t *testing.T) {
	content := noise(5 * mib)
	p := prepare(t, content, carry.Layout{VolumeSize: 2 * mib})
	names := p.set.Label.FileNames()
	require.Len(t, names, 4)
	first := p.write(t, carry.Options{Only: names[:2], Medium: 1, Media: 2})
	second := p.write(t, carry.Options{Only: names[2:], Medium: 2, Media: 2})
	for _, f := range []string{first, second} {
		_, err := carry.ReadBack(t.Context(), filepath.Dir(f), p.set.Label.BID, carry.ReadOptions{})
		require.NoError(t, err, "a part of a set is read back for what it is")
	}
	got, _, err := restore(t, second, first)
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got))

	r, err := carry.Inspect(t.Context(), carry.ReadOptions{}, first)
	require.NoError(t, err)
	require.Equal(t, carry.Lost, r.State)
	require.Equal(t, []carry.Piece{{File: names[2], Missing: true, Blocks: 1, Size: mib}}, r.Bring)
	require.Equal(t, int64(-1), r.Files[2].Found)

	// The same volume twice, each copy damaged elsewhere, and no parity.
	a, b := copyFolder(t, first), copyFolder(t, first)
	flip(t, filepath.Join(a, names[0]), 1)
	flip(t, filepath.Join(b, names[0]), mib+1)
	third := without(t, second, names[3])
	_, _, err = restore(t, a, third)
	require.ErrorIs(t, err, carry.ErrBeyondRepair)
	got, r, err = restore(t, a, b, third)
	require.NoError(t, err)
	require.Zero(t, r.Repaired)
	require.True(t, bytes.Equal(content, got))
}

// A damaged block list still repairs with the lines that are left; a missing
// one does no harm to a whole file; a forged one never passes for the truth.
func TestBlockListDamaged(t *testing.T) {
	content := noise(4 * mib)
	p := prepare(t, content, carry.Layout{VolumeSize: 2 * mib})
	whole := p.write(t, carry.Options{})
	list := p.set.Label.BlocksName()
	data := p.set.Label.FileNames()[0]

	t.Run("one line", func(t *testing.T) {
		folder := copyFolder(t, whole)
		flip(t, filepath.Join(folder, list), 20)
		flip(t, filepath.Join(folder, data), 3)
		r, err := carry.Inspect(t.Context(), carry.ReadOptions{}, folder)
		require.NoError(t, err)
		require.Equal(t, carry.ListDamaged, r.List)
		got, r, err := restore(t, folder)
		require.NoError(t, err)
		require.Equal(t, 1, r.Repaired)
		require.True(t, bytes.Equal(content, got))
	})
	t.Run("cut short", func(t *testing.T) {
		folder := copyFolder(t, whole)
		require.NoError(t, os.Truncate(filepath.Join(folder, list), 76*3+10))
		got, _, err := restore(t, folder)
		require.NoError(t, err)
		require.True(t, bytes.Equal(content, got))
	})
	t.Run("missing, data whole", func(t *testing.T) {
		got, r, err := restore(t, without(t, whole, list))
		require.NoError(t, err)
		require.Equal(t, carry.ListMissing, r.List)
		require.True(t, bytes.Equal(content, got))
	})
	t.Run("missing, data damaged", func(t *testing.T) {
		folder := copyFolder(t, without(t, whole, list))
		flip(t, filepath.Join(folder, data), 3)
		_, r, err := restore(t, folder)
		require.ErrorIs(t, err, carry.ErrBeyondRepair)
		require.Contains(t, r.Bring, carry.Piece{File: list, Missing: true})
	})
	t.Run("good on another medium", func(t *testing.T) {
		a, b := copyFolder(t, whole), without(t, whole, p.set.Label.FileNames()...)
		flip(t, filepath.Join(a, list), 20)
		flip(t, filepath.Join(a, data), 3)
		for _, folders := range [][]string{{a, b}, {b, a}} {
			got, r, err := restore(t, folders...)
			require.NoError(t, err)
			require.Equal(t, carry.ListGood, r.List)
			require.True(t, bytes.Equal(content, got))
		}
	})
	t.Run("forged with the data", func(t *testing.T) {
		// Volumes and list of another file under the signed label of this one.
		other := prepare(t, noise(4*mib-1), carry.Layout{VolumeSize: 2 * mib})
		otherWhole := other.write(t, carry.Options{})
		folder := copyFolder(t, otherWhole)
		label, err := os.ReadFile(filepath.Join(whole, "LABEL.txt"))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, "LABEL.txt"), label, 0o600))
		out, r, err := restore(t, folder)
		require.Error(t, err)
		require.True(t, errors.Is(err, carry.ErrDigest) || errors.Is(err, carry.ErrBeyondRepair))
		require.NotEqual(t, carry.Whole, r.State)
		require.LessOrEqual(t, len(out), len(content))

		path := filepath.Join(t.TempDir(), "restored")
		_, err = carry.ReassembleFile(t.Context(), path, carry.ReadOptions{}, folder)
		require.Error(t, err)
		require.NoFileExists(t, path)
	})
}

func TestReassembleFile(t *testing.T) {
	content := noise(mib + 1)
	p := prepare(t, content, carry.Layout{})
	folder := p.write(t, carry.Options{})
	path := filepath.Join(t.TempDir(), "restored")
	var last, total int64
	r, err := carry.ReassembleFile(t.Context(), path, carry.ReadOptions{Progress: func(d, n int64) { last, total = d, n }}, folder)
	require.NoError(t, err)
	require.Equal(t, p.set.LabelText, r.LabelText)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got))
	require.Equal(t, int64(len(content)), last)
	require.Equal(t, total, last)
}
