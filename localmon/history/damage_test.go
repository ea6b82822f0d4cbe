package history_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/boltfile"
	"darksite/localmon/history"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// valuesOf lists what stands under the keys of a file, by the kind of value that
// it is or is a piece of.
func valuesOf(t *testing.T, path string) map[byte][][]byte {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	require.NoError(t, err)
	defer db.Close()
	values := map[byte][][]byte{}
	var walk func(b *bbolt.Bucket) error
	walk = func(b *bbolt.Bucket) error {
		kind := byte(0)
		return b.ForEach(func(k, v []byte) error {
			if v == nil {
				return walk(b.Bucket(k))
			}
			inPieces := len(k) == 10 || len(k) == 14
			if !inPieces || bytes.HasSuffix(k, []byte{0, 0}) {
				kind = v[0]
			}
			if len(v) >= 16 { // shorter ones stand in the file more than once
				values[kind] = append(values[kind], bytes.Clone(v))
			}
			return nil
		})
	}
	require.NoError(t, db.View(func(tx *bbolt.Tx) error {
		return errors.Join(walk(tx.Bucket([]byte("targets"))), walk(tx.Bucket([]byte("log"))))
	}))
	return values
}

// whole makes a history of two targets with sealed segments and weeks, without
// free pages, and returns what it holds.
func whole(t *testing.T) (m model, data []byte, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "history.db")
	db, err := history.Open(path, history.Options{NoSync: true})
	require.NoError(t, err)
	db.SetLimits(60, 3)
	m = model{}
	for _, w := range []*world{newWorld(11, "fa-1", 90), newWorld(12, "host", 10)} {
		for range 250 {
			b := w.batch(0.01)
			_, err := db.Append(t.Context(), b)
			require.NoError(t, err)
			m.append(b)
		}
	}
	maintain(t, db, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
	for i := range 5 { // some are in the log still, and the clock was set back
		b := newWorld(12, "host", 10).batch(0)
		b.At = time.Date(2026, 3, 2, 8-i, 0, 0, 0, time.UTC)
		_, err := db.Append(t.Context(), b)
		require.NoError(t, err)
		m.append(b)
	}
	requireSound(t, db)
	require.NoError(t, db.Close())
	_, _, err = history.Compact(t.Context(), path, history.Options{}) // no old copies of values in free pages
	require.NoError(t, err)
	data, err = os.ReadFile(path)
	require.NoError(t, err)
	return m, data, path
}

func TestAFlippedBitIsFoundNamedAndIsolated(t *testing.T) {
	m, whole, path := whole(t)
	values := valuesOf(t, path)
	require.Len(t, values, 7, "scrapes, rows of the series table and of segments, blocks, steps, clock notes, times")
	for kind, values := range values {
		t.Run(fmt.Sprint("kind ", kind), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(uint64(kind), 9))
			for range 3 {
				v := values[rng.IntN(len(values))]
				at := bytes.Index(whole, v)
				require.GreaterOrEqual(t, at, 0)
				// in the kind, in the checksum, and anywhere
				for _, bit := range []int{rng.IntN(8), 8 + rng.IntN(32), rng.IntN(8 * len(v))} {
					data := bytes.Clone(whole)
					data[at+bit/8] ^= 1 << (bit % 8)
					requireIsolated(t, m, data)
				}
			}
		})
	}
}

// A flipped bit in what bbolt keeps about a page, or in a key, ends no process,
// and no value is read that was not stored: it is found, or it does no harm.
func TestAFlippedBitOfThePagesMisleadsNobody(t *testing.T) {
	m, whole, _ := whole(t)
	pageSize := os.Getpagesize()
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	flips := 40
	if n, err := strconv.Atoi(os.Getenv("HISTORY_FLIPS")); err == nil {
		flips = n
	}
	refused, found, harmless := 0, 0, 0
	for range flips {
		at := rng.IntN(len(whole)/pageSize) * pageSize
		if binary.NativeEndian.Uint64(whole[at:]) != uint64(at/pageSize) {
			continue // it overflows from the page before
		}
		count := int(binary.NativeEndian.Uint16(whole[at+10:]))
		bit := rng.IntN(8 * 16) // of the header
		if rng.IntN(3) > 0 && at >= 2*pageSize {
			bit = rng.IntN(8 * min(16+count*24, pageSize)) // the elements and the first keys too
		}
		data := bytes.Clone(whole)
		data[at+bit/8] ^= 1 << (bit % 8)
		switch requireNotMisled(t, m, data, fmt.Sprintf("page %d, bit %d", at/pageSize, bit)) {
		case "refused":
			refused++
		case "found":
			found++
		default:
			harmless++
		}
	}
	t.Logf("%d were refused, %d found, %d did no harm", refused, found, harmless)
	require.NotZero(t, refused+found, "damage is noticed")
}

func requireNotMisled(t *testing.T, m model, data []byte, where string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "history.db")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	verdict := ""
	for _, open := range []func(string, history.Options) (*history.DB, error){history.OpenReadOnly, history.Open} {
		db, err := open(path, history.Options{NoSync: true})
		if err != nil {
			require.Truef(t, errors.Is(err, boltfile.ErrDamaged) || errors.Is(err, boltfile.ErrForeign) || errors.Is(err, boltfile.ErrNewer), "%s: %v", where, err)
			require.ErrorContains(t, err, path)
			verdict = "refused"
			continue
		}
		damage, err := db.Check(t.Context())
		require.NoError(t, err, where)
		if len(damage) > 0 {
			verdict = cmp.Or(verdict, "found")
		}
		all, err := db.Series(t.Context(), localmon.Selector{})
		require.NoError(t, err)
		read := 0
		for _, s := range all {
			truth, i := m[s.Key], 0
			for p, err := range db.Range(t.Context(), s.Key, localmon.Window{From: time.Unix(0, 0), To: time.Unix(1<<32, 0)}) {
				if err != nil {
					require.NotEmpty(t, damage, "%s: %s cannot be read and the check finds nothing: %v", where, s.Key, err)
					break
				}
				for i < len(truth) && !truth[i].At.Equal(p.At) {
					i++
				}
				if i == len(truth) || math.Float64bits(truth[i].Value) != math.Float64bits(p.Value) {
					t.Fatalf("%s: %s has a point that never was: %v (%v)", where, s.Key, p, damage)
				}
				i++
				read++
			}
		}
		if len(damage) == 0 {
			total := 0
			for _, points := range m {
				total += len(points)
			}
			require.Equal(t, total, read, "%s: something is missing and nobody says so", where)
		}
		require.NoError(t, db.Close())
	}
	return cmp.Or(verdict, "harmless")
}

// requireIsolated checks a history with one damaged value: the check names it,
// what is read is true, and most can be read.
func requireIsolated(t *testing.T, m model, data []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "history.db")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	db, err := history.Open(path, history.Options{NoSync: true})
	require.NoError(t, err)
	defer db.Close()
	found, err := db.Check(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, found)
	for _, f := range found {
		require.Contains(t, []string{"fa-1", "host"}, f.Target)
		require.NotEmpty(t, f.What)
	}
	all, err := db.Series(t.Context(), localmon.Selector{})
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(all), len(m)-1)
	hurt, total, read := 0, 0, 0
	for _, s := range all {
		truth := m[s.Key]
		i := 0
		for p, err := range db.Range(t.Context(), s.Key, localmon.Window{From: time.Unix(0, 0), To: time.Unix(1<<32, 0)}) {
			if err != nil {
				hurt++
				break
			}
			for i < len(truth) && !truth[i].At.Equal(p.At) {
				i++ // a gap where the damage is
			}
			if i == len(truth) || math.Float64bits(truth[i].Value) != math.Float64bits(p.Value) {
				t.Fatalf("%s has a point that never was: %v", s.Key, p)
			}
			i++
			read++
		}
		total += len(truth)
	}
	require.Greater(t, read, total*6/10, "%d series hurt by %v", hurt, found)
	// the history goes on
	_, err = db.Append(t.Context(), localmon.Batch{Target: "fa-1", At: time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)})
	require.NoError(t, err)
}

func TestFilesThatAreNotOursAreLeftAlone(t *testing.T) {
	good := filepath.Join(t.TempDir(), "good.db")
	db, err := history.Open(good, history.Options{})
	require.NoError(t, err)
	_, err = db.Append(t.Context(), newWorld(1, "fa-1", 300).batch(0))
	require.NoError(t, err)
	require.NoError(t, db.Close())
	whole, err := os.ReadFile(good)
	require.NoError(t, err)
	page := os.Getpagesize()

	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		want error
	}{
		"empty": {func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, nil, 0o600)) }, boltfile.ErrForeign},
		"text": {func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("hello "), 9999), 0o600))
		}, boltfile.ErrForeign},
		"bbolt file of another program": {func(t *testing.T, path string) {
			db, err := bbolt.Open(path, 0o600, nil)
			require.NoError(t, err)
			require.NoError(t, db.Close())
		}, boltfile.ErrForeign},
		"another schema": {func(t *testing.T, path string) {
			f, err := boltfile.Open(path, boltfile.Options{Schema: "site", Version: 1})
			require.NoError(t, err)
			require.NoError(t, f.Close())
		}, boltfile.ErrForeign},
		"newer version": {func(t *testing.T, path string) {
			f, err := boltfile.Open(path, boltfile.Options{Schema: history.Schema, Version: history.Version + 1})
			require.NoError(t, err)
			require.NoError(t, f.Close())
		}, boltfile.ErrNewer},
		"cut in the middle": {func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, whole[:4*page], 0o600)) }, boltfile.ErrDamaged},
		"both meta pages gone": {func(t *testing.T, path string) {
			data := bytes.Clone(whole)
			for _, at := range []int{40, page + 40} {
				data[at] ^= 0xff
			}
			require.NoError(t, os.WriteFile(path, data, 0o600))
		}, boltfile.ErrDamaged},
		"a page full of noise": {func(t *testing.T, path string) {
			data := bytes.Clone(whole)
			for i := 2 * page; i < len(data); i++ {
				data[i] ^= 0x55
			}
			require.NoError(t, os.WriteFile(path, data, 0o600))
		}, boltfile.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "history.db")
			c.make(t, path)
			before, err := os.ReadFile(path)
			require.NoError(t, err)
			_, err = history.Open(path, history.Options{})
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, path)
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.True(t, bytes.Equal(before, after), "the file was changed")
			left, err := os.ReadDir(filepath.Dir(path))
			require.NoError(t, err)
			require.Len(t, left, 1)
		})
	}
}

func TestASecondOpenerLearnsWhoHoldsTheFile(t *testing.T) {
	since := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	db, path := openTemp(t, history.Options{Holder: "darksite monitor", Since: since})
	for _, open := range []func(string, history.Options) (*history.DB, error){history.Open, history.OpenReadOnly} {
		_, err := open(path, history.Options{Timeout: 20 * time.Millisecond})
		require.ErrorIs(t, err, history.ErrBusy)
		var busy *boltfile.BusyError
		require.ErrorAs(t, err, &busy)
		require.Equal(t, "darksite monitor", busy.Holder)
		require.True(t, since.Equal(busy.Since))
		require.ErrorContains(t, err, "(darksite monitor) since 2026-03-01 12:00:00 UTC")
	}
	b := newWorld(1, "fa-1", 5).batch(0)
	_, err := db.Append(t.Context(), b)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	read, err := history.OpenReadOnly(path, history.Options{})
	require.NoError(t, err)
	defer read.Close()
	last, err := read.Last(t.Context(), localmon.Selector{})
	require.NoError(t, err)
	require.Len(t, last, 5)
	_, err = read.Append(t.Context(), b)
	require.ErrorContains(t, err, "read-only")
	_, err = read.Maintain(t.Context(), since)
	require.ErrorContains(t, err, "read-only")
	_, err = history.OpenReadOnly(filepath.Join(t.TempDir(), "none.db"), history.Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestASnapshotIsAHistory(t *testing.T) {
	db, _ := openTemp(t, history.Options{NoSync: true})
	db.SetLimits(50, 3)
	m := model{}
	w := newWorld(3, "fa-1", 30)
	for range 220 {
		b := w.batch(0.02)
		_, err := db.Append(t.Context(), b)
		require.NoError(t, err)
		m.append(b)
	}
	maintain(t, db, w.at)
	path := filepath.Join(t.TempDir(), "copy.db")
	f, err := os.Create(path)
	require.NoError(t, err)
	n, err := db.Snapshot(t.Context(), f)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, info.Size(), n)
	copied, err := history.OpenReadOnly(path, history.Options{})
	require.NoError(t, err)
	defer copied.Close()
	requireSound(t, copied)
	requireAgreement(t, rand.New(rand.NewPCG(1, 1)), m, copied)
}
