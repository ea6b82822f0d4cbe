package boltfile_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"darksite/localmon/boltfile"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// forest makes a file with branches, nested and inline buckets, large values
// and free pages.
func forest(t *testing.T) (path string, data []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "x.db")
	o := options
	o.NoSync = true
	f, err := boltfile.Open(path, o)
	require.NoError(t, err)
	require.NoError(t, f.Update(func(tx *bbolt.Tx) error {
		top, err := tx.CreateBucketIfNotExists([]byte("top"))
		if err != nil {
			return err
		}
		for i := range 400 {
			if err := top.Put(fmt.Appendf(nil, "key %05d", i), bytes.Repeat([]byte{byte(i)}, 10+i)); err != nil {
				return err
			}
		}
		below, err := top.CreateBucket([]byte("below"))
		if err != nil {
			return err
		}
		for i := range 30 {
			b, err := below.CreateBucket(binary.BigEndian.AppendUint32(nil, uint32(i)))
			if err != nil {
				return err
			}
			if err := b.Put([]byte("v"), bytes.Repeat([]byte("x"), 700*i)); err != nil {
				return err
			}
		}
		return nil
	}))
	for i := range 20 {
		require.NoError(t, put(f, fmt.Sprint(i), string(make([]byte, 3000))))
	}
	found, err := f.Check(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, found)
	require.NoError(t, f.Close())
	data, err = os.ReadFile(path)
	require.NoError(t, err)
	return path, data
}

// openChanged opens a copy of a file that was changed, for reading.
func openChanged(t *testing.T, data []byte, change func(data []byte)) (*boltfile.File, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "y.db")
	data = bytes.Clone(data)
	change(data)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	o := options
	o.ReadOnly, o.Lenient = true, true
	return boltfile.Open(path, o)
}

// pagesOf lists the pages of a kind.
func pagesOf(data []byte, flags uint16) (at []int) {
	size := os.Getpagesize()
	for i := 2 * size; i < len(data); i += size {
		if binary.NativeEndian.Uint64(data[i:]) == uint64(i/size) && binary.NativeEndian.Uint16(data[i+8:]) == flags {
			at = append(at, i)
		}
	}
	return at
}

// rootOf is the page that the newest meta page leads to: the root of all.
func rootOf(data []byte) uint64 {
	const header, root, txid = 16, 16, 48
	one, two := data[header:], data[os.Getpagesize()+header:]
	if binary.NativeEndian.Uint64(two[txid:]) > binary.NativeEndian.Uint64(one[txid:]) {
		one = two
	}
	return binary.NativeEndian.Uint64(one[root:])
}

func TestCheckNamesWhatIsWrongWithAPage(t *testing.T) {
	_, data := forest(t)
	branches := pagesOf(data, 1)
	require.NotEmpty(t, branches)
	order := binary.NativeEndian
	for name, c := range map[string]struct {
		change   func(data []byte)
		says     string
		misleads bool
	}{
		"a page that leads to itself": {func(d []byte) {
			for _, at := range branches {
				order.PutUint64(d[at+16+8:], uint64(at/os.Getpagesize()))
			}
		}, "two places lead to it", true},
		"a page that leads out of the file": {func(d []byte) {
			for _, at := range branches {
				order.PutUint64(d[at+16+8:], 1<<40)
			}
		}, "outside of the file's", true},
		"a page that is another one": {func(d []byte) {
			for _, at := range branches {
				order.PutUint64(d[at:], 3)
			}
		}, "it says to be page 3", false},
		"a page of no kind": {func(d []byte) {
			for _, at := range branches {
				d[at+8] = 0x22
			}
		}, "neither branch nor leaf", false},
		"a page that overflows past the end": {func(d []byte) {
			for _, at := range branches {
				d[at+15] = 0x40
			}
		}, "past the end", true},
		"a page with too many elements": {func(d []byte) {
			for _, at := range branches {
				order.PutUint16(d[at+10:], 0xfff0)
			}
		}, "elements do not fit", true},
		"a page with an element less": {func(d []byte) {
			for _, at := range branches {
				d[at+10]--
			}
		}, "is not where it must be", true},
		"a key that is longer than it was": {func(d []byte) {
			for _, at := range branches {
				d[at+16+4]++
			}
		}, "is not where it must be", true},
		"a list of free pages of another kind": {func(d []byte) {
			for _, at := range pagesOf(d, 0x10) {
				d[at+8] = 0x02
			}
		}, "not that of the list of free pages", false},
		"a page in use that is said to be free": {func(d []byte) {
			for _, at := range pagesOf(d, 0x10) {
				order.PutUint64(d[at+16:], rootOf(d))
			}
		}, "is said to be free and is not", false},
		"a free page that is not said to be": {func(d []byte) {
			for _, at := range pagesOf(d, 0x10) {
				d[at+10]--
			}
		}, "nothing leads to it", false},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := openChanged(t, data, c.change)
			require.NoError(t, err)
			defer f.Close()
			found, err := f.Check(t.Context(), 1000)
			require.NoError(t, err)
			says := ""
			for _, fault := range found {
				says += fault.String() + "\n"
				require.Equal(t, c.misleads, fault.Misleads, fault.String())
			}
			require.Contains(t, says, c.says)
			found, err = f.Check(t.Context(), 1)
			require.NoError(t, err)
			require.Len(t, found, 1, "no more than asked for")
		})
	}
}

func TestAFileWithDamagedPagesIsNotWrittenTo(t *testing.T) {
	_, data := forest(t)
	path := filepath.Join(t.TempDir(), "y.db")
	branch := pagesOf(data, 1)
	for _, at := range branch {
		data[at+8] = 0x22
	}
	require.NoError(t, os.WriteFile(path, data, 0o600))
	_, err := boltfile.Open(path, options)
	require.ErrorIs(t, err, boltfile.ErrDamaged)
	require.ErrorContains(t, err, "its kind is 0x22")
	o := options
	o.ReadOnly = true
	_, err = boltfile.Open(path, o)
	require.ErrorIs(t, err, boltfile.ErrDamaged, "nor read by who does not say that it is careful")
	o.Lenient = true
	f, err := boltfile.Open(path, o)
	require.NoError(t, err)
	require.NotEmpty(t, f.Faults)
	require.ErrorIs(t, f.View(func(tx *bbolt.Tx) error {
		tx.Bucket([]byte("top")).Get([]byte("key 00000"))
		return nil
	}), boltfile.ErrDamaged)
	require.NoError(t, f.View(func(tx *bbolt.Tx) error {
		return boltfile.Guard(func() error { return nil })
	}))
	require.NoError(t, f.Close())
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, after))
}

// A list of free pages that is damaged would have bbolt write over pages in
// use, or panic while it holds the lock.
func TestADamagedListOfFreePagesIsMetBeforeBbolt(t *testing.T) {
	path, data := forest(t)
	for _, at := range pagesOf(data, 0x10) {
		data[at+8] = 0x02
	}
	require.NoError(t, os.WriteFile(path, data, 0o600))
	for range 2 {
		_, err := boltfile.Open(path, options)
		require.ErrorIs(t, err, boltfile.ErrDamaged)
		require.NotErrorIs(t, err, boltfile.ErrBusy)
	}
}

func TestAnyFlippedBitOfAPageIsSurvived(t *testing.T) {
	_, data := forest(t)
	rng := rand.New(rand.NewPCG(8, 8))
	found := 0
	for _, kind := range []uint16{1, 2, 0x10} {
		for _, at := range pagesOf(data, kind) {
			for range 3 {
				bit := rng.IntN(8 * 200)
				f, err := openChanged(t, data, func(d []byte) { d[at+bit/8] ^= 1 << (bit % 8) })
				if err != nil {
					require.Truef(t, errors.Is(err, boltfile.ErrDamaged) || errors.Is(err, boltfile.ErrForeign), "%v", err)
					found++
					continue
				}
				bad, err := f.Check(t.Context(), 5)
				require.NoError(t, err)
				found += min(1, len(bad))
				require.NoError(t, f.Close())
			}
		}
	}
	require.Greater(t, found, 50)
}

func TestACheckEndsWithItsContext(t *testing.T) {
	path, _ := forest(t)
	f, err := boltfile.Open(path, options)
	require.NoError(t, err)
	defer f.Close()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err = f.Check(ctx, 10)
	require.ErrorIs(t, err, context.Canceled)
}
