package journal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"darksite/bundle"
	"darksite/bundle/journal"
	"darksite/bundle/sign"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"
)

var clock = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func newKey(t testing.TB) sign.Signer {
	t.Helper()
	private, _, err := sign.GenerateKey(nil, "journal", nil)
	require.NoError(t, err)
	s, err := sign.ParsePrivateKey(private, nil)
	require.NoError(t, err)
	return s
}

func entry(i int) journal.Entry {
	return journal.Entry{
		Time:    clock.Add(time.Duration(i) * time.Minute),
		Actor:   "mdurand",
		Action:  "bundle.approve",
		Bundle:  "S042-000017",
		Details: map[string]string{"n": fmt.Sprint(i), "words": "vu, « d'accord »\nsuite"},
	}
}

// filled is a journal of n entries with a checkpoint after every third, closed.
func filled(t testing.TB, n int) (dir string, o journal.Options, marks []bundle.JournalMark) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "journal")
	o = journal.Options{Origin: "S042", Signer: newKey(t)}
	j, err := journal.Open(dir, o)
	require.NoError(t, err)
	for i := range n {
		seq, err := j.Append(t.Context(), entry(i))
		require.NoError(t, err)
		require.Equal(t, int64(i+1), seq)
		marks = append(marks, j.Mark())
		if i%3 == 2 {
			cp, err := j.Checkpoint(t.Context())
			require.NoError(t, err)
			require.Equal(t, j.Mark(), cp.Mark())
		}
	}
	require.NoError(t, j.Close())
	return dir, o, marks
}

func logPath(dir string) string { return filepath.Join(dir, "log.jsonl") }

func TestAppendReadVerify(t *testing.T) {
	dir, o, marks := filled(t, 10)
	j, err := journal.Open(dir, o)
	require.NoError(t, err)
	defer j.Close()
	require.Equal(t, marks[9], j.Mark())

	for _, from := range []int64{0, 1, 4, 10, 11} {
		var got []int64
		for e, err := range j.Entries(t.Context(), from) {
			require.NoError(t, err)
			want := entry(int(e.Seq - 1))
			want.Seq = e.Seq
			require.Equal(t, want, e)
			got = append(got, e.Seq)
		}
		require.Len(t, got, 10-int(max(from-1, 0)))
	}
	for range j.Entries(t.Context(), 1) {
		break // an early end leaves nothing open and does not panic
	}

	r, err := j.Verify(t.Context(), marks...)
	require.NoError(t, err)
	require.Equal(t, journal.Report{Mark: marks[9], Checkpoints: 3, Marks: 10, Proven: 10}, r)

	v, err := journal.View(dir, journal.Options{Origin: "S042"})
	require.NoError(t, err, "a reader does not need the lock nor a key")
	r, err = v.Verify(t.Context())
	require.NoError(t, err)
	require.Equal(t, journal.Report{Mark: marks[9], Checkpoints: 3, Unchecked: 3, Proven: 9}, r)
}

// The tree is RFC 6962's: computed here from its definition.
func TestRootIsRFC6962(t *testing.T) {
	dir, _, marks := filled(t, 13)
	text, err := os.ReadFile(logPath(dir))
	require.NoError(t, err)
	var leaves []tlog.Hash
	for i, line := range bytes.SplitAfter(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			line = append(line, '\n')
		}
		leaves = append(leaves, tlog.RecordHash(line))
		require.Equal(t, marks[i].Root, bundle.Digest(fmt.Sprintf("%x", [32]byte(merkle(leaves)))))
	}
}

func merkle(leaves []tlog.Hash) tlog.Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := 1
	for k*2 < len(leaves) {
		k *= 2
	}
	return tlog.NodeHash(merkle(leaves[:k]), merkle(leaves[k:]))
}

// A new journal, an empty mark, and clocks that lie.
func TestEmptyAndBadClocks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "journal")
	o := journal.Options{Origin: "S042", Signer: newKey(t)}
	j, err := journal.Open(dir, o)
	require.NoError(t, err)
	defer j.Close()
	empty := j.Mark()
	require.Equal(t, bundle.JournalMark{Root: bundle.DigestOf(nil)}, empty)
	_, err = j.Checkpoint(t.Context())
	require.ErrorContains(t, err, "no entries")

	for _, at := range []time.Time{clock, time.Unix(0, 0), clock.AddDate(73, 0, 0), clock} {
		e := entry(0)
		e.Time = at
		_, err := j.Append(t.Context(), e)
		require.NoError(t, err)
	}
	r, err := j.Verify(t.Context(), empty)
	require.NoError(t, err)
	require.Equal(t, int64(2), r.ClockBack)
}

func TestTamperingIsFound(t *testing.T) {
	const n = 10
	lines := func(b []byte) [][]byte { return bytes.SplitAfter(b[:len(b)-1], []byte("\n")) }
	join := func(l [][]byte) []byte {
		b := bytes.Join(l, nil)
		if b[len(b)-1] != '\n' {
			b = append(b, '\n')
		}
		return b
	}
	renumbered := func(l [][]byte) []byte {
		var b []byte
		for i, line := range l {
			e, err := journal.ParseEntry(append(bytes.TrimSuffix(bytes.Clone(line), []byte("\n")), '\n'))
			require.NoError(t, err)
			e.Seq = int64(i + 1)
			text, err := e.Encode()
			require.NoError(t, err)
			b = append(b, text...)
		}
		return b
	}
	for name, tc := range map[string]struct {
		change func(b []byte) []byte
		open   bool // also found by opening, through the newest checkpoint
	}{
		"entry altered": {func(b []byte) []byte { return bytes.Replace(b, []byte(`"n":"4"`), []byte(`"n":"5"`), 1) }, true},
		"other actor, same length": {func(b []byte) []byte {
			l := lines(b)
			l[2] = bytes.Replace(l[2], []byte("mdurand"), []byte("jmartin"), 1)
			return join(l)
		}, true},
		"entry cut out":              {func(b []byte) []byte { l := lines(b); return join(append(l[:3:3], l[4:]...)) }, true},
		"cut out and renumbered":     {func(b []byte) []byte { l := lines(b); return renumbered(append(l[:3:3], l[4:]...)) }, true},
		"two swapped":                {func(b []byte) []byte { l := lines(b); l[1], l[2] = l[2], l[1]; return join(l) }, true},
		"two swapped and renumbered": {func(b []byte) []byte { l := lines(b); l[1], l[2] = l[2], l[1]; return renumbered(l) }, true},
		"one slipped in": {func(b []byte) []byte {
			l := lines(b)
			return renumbered(append(l[:5:5], append([][]byte{l[4]}, l[5:]...)...))
		}, true},
		"end cut off below the checkpoint": {func(b []byte) []byte { return join(lines(b)[:8]) }, true},
		"all cut off":                      {func([]byte) []byte { return nil }, true},
		"last, after the checkpoint, cut":  {func(b []byte) []byte { return join(lines(b)[:9]) }, false},
		"last, after the checkpoint, altered": {func(b []byte) []byte {
			return bytes.Replace(b, []byte(`"n":"9"`), []byte(`"n":"8"`), 1)
		}, false},
		"one byte flipped": {func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, true},
		"trailing space":   {func(b []byte) []byte { return bytes.Replace(b, []byte("}}\n"), []byte("}} \n"), 1) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir, o, marks := filled(t, n)
			running, err := journal.Open(dir, o)
			require.NoError(t, err)
			b, err := os.ReadFile(logPath(dir))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(logPath(dir), tc.change(b), 0o600))

			r, err := running.Verify(t.Context())
			require.ErrorIs(t, err, journal.ErrTampered, "a journal that is open knows what it wrote")
			require.NotEmpty(t, r.Problems)
			require.NoError(t, running.Close())

			j, err := journal.Open(dir, o)
			if tc.open {
				require.ErrorIs(t, err, journal.ErrTampered)
			} else {
				require.NoError(t, err, "nothing on this machine witnesses the last entry")
				_, err = j.Verify(t.Context())
				require.NoError(t, err)
				r, err := j.Verify(t.Context(), marks[n-1])
				require.ErrorIs(t, err, journal.ErrTampered, "a cover sheet does")
				require.Contains(t, r.Problems[0], "mark of size 10")
				require.Equal(t, int64(9), r.Proven)
				require.NoError(t, j.Close())
			}
		})
	}
}

func TestCheckpointsAreChecked(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, dir string){
		"text altered": func(t *testing.T, dir string) {
			p := filepath.Join(dir, "checkpoints", "000000000003.txt")
			b, err := os.ReadFile(p)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(p, bytes.Replace(b, []byte("S042"), []byte("S043"), 1), 0o600))
		},
		"signature of another": func(t *testing.T, dir string) {
			a := filepath.Join(dir, "checkpoints", "000000000003.sig")
			b, err := os.ReadFile(filepath.Join(dir, "checkpoints", "000000000006.sig"))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(a, b, 0o600))
		},
		"signature gone": func(t *testing.T, dir string) {
			require.NoError(t, os.Remove(filepath.Join(dir, "checkpoints", "000000000003.sig")))
		},
		"renamed": func(t *testing.T, dir string) {
			c := filepath.Join(dir, "checkpoints")
			for _, end := range []string{".txt", ".sig"} {
				require.NoError(t, os.Rename(filepath.Join(c, "000000000003"+end), filepath.Join(c, "000000000004"+end)))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, o, _ := filled(t, 7)
			change(t, dir)
			j, err := journal.Open(dir, o)
			require.NoError(t, err, "the newest checkpoint is sound")
			defer j.Close()
			r, err := j.Verify(t.Context())
			require.ErrorIs(t, err, journal.ErrTampered)
			require.Len(t, r.Problems, 1)
			require.Equal(t, 1, r.Checkpoints)
		})
	}
	t.Run("another key", func(t *testing.T) {
		dir, o, _ := filled(t, 7)
		o.Signer = newKey(t)
		_, err := journal.Open(dir, o)
		require.ErrorIs(t, err, journal.ErrTampered)
		require.ErrorIs(t, err, sign.ErrBadSignature)
	})
}

func TestMarks(t *testing.T) {
	dir, o, marks := filled(t, 5)
	j, err := journal.Open(dir, o)
	require.NoError(t, err)
	defer j.Close()
	for name, m := range map[string]bundle.JournalMark{
		"of the future":       {Size: 6, Root: marks[4].Root},
		"root of another":     {Size: 3, Root: marks[3].Root},
		"no root":             {Size: 3},
		"negative":            {Size: -1, Root: marks[0].Root},
		"empty, another root": {Size: 0, Root: marks[0].Root},
	} {
		_, err := j.Verify(t.Context(), marks[0], m)
		require.ErrorIs(t, err, journal.ErrTampered, name)
	}
}

func TestTornEndIsRefusedAndRepaired(t *testing.T) {
	whole, err := func() ([]byte, error) { e := entry(6); e.Seq = 7; return e.Encode() }()
	require.NoError(t, err)
	zeros := append(make([]byte, len(whole)-1), '\n')
	for name, tail := range map[string][]byte{
		"one byte":               whole[:1],
		"half":                   whole[:len(whole)/2],
		"all but the line feed":  whole[:len(whole)-1],
		"zeros":                  make([]byte, 200),
		"zeros and a line feed":  zeros,
		"a page of zeros inside": append(bytes.Repeat([]byte{0}, 40), whole[40:]...),
	} {
		t.Run(name, func(t *testing.T) {
			dir, o, marks := filled(t, 6)
			before, err := os.ReadFile(logPath(dir))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(logPath(dir), append(bytes.Clone(before), tail...), 0o600))

			_, err = journal.Open(dir, o)
			require.ErrorIs(t, err, journal.ErrTorn)
			v, err := journal.View(dir, o)
			require.NoError(t, err, "what was acknowledged can be read")
			require.Equal(t, marks[5], v.Mark())
			r, err := v.Verify(t.Context(), marks...)
			require.ErrorIs(t, err, journal.ErrTorn)
			require.Equal(t, len(tail), r.Torn)

			n, err := journal.Repair(t.Context(), dir, o, "mdurand", clock)
			require.NoError(t, err)
			require.Equal(t, len(tail), n)
			kept, err := filepath.Glob(filepath.Join(dir, "torn", "000000000007-*"))
			require.NoError(t, err)
			require.Len(t, kept, 1)
			b, err := os.ReadFile(kept[0])
			require.NoError(t, err)
			require.Equal(t, tail, b)

			j, err := journal.Open(dir, o)
			require.NoError(t, err)
			defer j.Close()
			_, err = j.Verify(t.Context(), marks...)
			require.NoError(t, err)
			for e, err := range j.Entries(t.Context(), 7) {
				require.NoError(t, err)
				require.Equal(t, journal.ActionRepaired, e.Action)
				require.Equal(t, string(bundle.DigestOf(tail)), e.Details["sha256"])
			}
			require.Equal(t, int64(7), j.Mark().Size)
		})
	}
}

func TestRepairRemovesNothingElse(t *testing.T) {
	dir, o, marks := filled(t, 6)
	n, err := journal.Repair(t.Context(), dir, o, "mdurand", clock)
	require.NoError(t, err)
	require.Zero(t, n)
	v, err := journal.View(dir, o)
	require.NoError(t, err)
	require.Equal(t, marks[5], v.Mark(), "a sound journal is left alone")

	nowhere := filepath.Join(t.TempDir(), "nowhere")
	_, err = journal.Repair(t.Context(), nowhere, o, "mdurand", clock)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoDirExists(t, nowhere)

	sound, err := os.ReadFile(logPath(dir))
	require.NoError(t, err)
	for name, b := range map[string][]byte{
		"an acknowledged entry cut short": sound[:len(sound)-1],
		"bad line before the end":         append(append(bytes.Clone(sound), "{}\n"...), "x"...),
		"more than an entry can have":     append(bytes.Clone(sound), make([]byte, journal.MaxLine+1)...),
		"a line too long":                 append(bytes.Clone(sound), bytes.Repeat([]byte("x"), journal.MaxLine+2)...),
	} {
		require.NoError(t, os.WriteFile(logPath(dir), b, 0o600))
		_, err := journal.Repair(t.Context(), dir, o, "mdurand", clock)
		require.ErrorIs(t, err, journal.ErrTampered, name)
		after, err := os.ReadFile(logPath(dir))
		require.NoError(t, err)
		require.True(t, bytes.Equal(b, after), name)
	}
}

func TestOneWriter(t *testing.T) {
	dir, o, marks := filled(t, 2)
	j, err := journal.Open(dir, o)
	require.NoError(t, err)
	_, err = journal.Open(dir, o)
	require.ErrorIs(t, err, journal.ErrLocked)
	require.ErrorContains(t, err, fmt.Sprintf("process %d", os.Getpid()))
	_, err = journal.Repair(t.Context(), dir, o, "mdurand", clock)
	require.ErrorIs(t, err, journal.ErrLocked)

	v, err := journal.View(dir, o)
	require.NoError(t, err)
	f, err := os.OpenFile(logPath(dir), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"seq":3`)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	r, err := v.Verify(t.Context(), marks...)
	require.NoError(t, err, "half an entry is no fault while somebody writes")
	require.Equal(t, 8, r.Torn)

	require.NoError(t, j.Close())
	_, err = journal.Open(dir, o)
	require.ErrorIs(t, err, journal.ErrTorn)
}

func TestAppendRefusesWhatItCannotKeep(t *testing.T) {
	dir, o, marks := filled(t, 2)
	j, err := journal.Open(dir, o)
	require.NoError(t, err)
	defer j.Close()

	long := make(map[string]string)
	for i := range journal.MaxDetails + 1 {
		long[fmt.Sprintf("k%d", i)] = "v"
	}
	for name, change := range map[string]func(*journal.Entry){
		"no time":          func(e *journal.Entry) { e.Time = time.Time{} },
		"year 10000":       func(e *journal.Entry) { e.Time = clock.AddDate(8000, 0, 0) },
		"no actor":         func(e *journal.Entry) { e.Actor = "" },
		"actor with space": func(e *journal.Entry) { e.Actor = "m durand" },
		"action in capitals": func(e *journal.Entry) {
			e.Action = "Approve"
		},
		"action ends in dot": func(e *journal.Entry) { e.Action = "approve." },
		"bundle with slash":  func(e *journal.Entry) { e.Bundle = "../x" },
		"escape sequence":    func(e *journal.Entry) { e.Details = map[string]string{"words": "\x1b[2J"} },
		"bidi override":      func(e *journal.Entry) { e.Details = map[string]string{"words": "\u202e"} },
		"not UTF-8":          func(e *journal.Entry) { e.Details = map[string]string{"words": "\xff"} },
		"key with a dot":     func(e *journal.Entry) { e.Details = map[string]string{"a.b": ""} },
		"too many details":   func(e *journal.Entry) { e.Details = long },
		"too long":           func(e *journal.Entry) { e.Details = map[string]string{"w": strings.Repeat("x", journal.MaxLine)} },
	} {
		e := entry(0)
		change(&e)
		_, err := j.Append(t.Context(), e)
		require.ErrorIs(t, err, journal.ErrEntry, name)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = j.Append(cancelled, entry(0))
	require.ErrorIs(t, err, context.Canceled)
	_, err = j.Verify(cancelled)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, marks[1], j.Mark())

	require.NoError(t, os.Rename(logPath(dir), logPath(dir)+".old"))
	_, err = j.Append(t.Context(), entry(0))
	require.ErrorIs(t, err, journal.ErrTampered, "the log was taken away")
	require.NoError(t, os.WriteFile(logPath(dir), nil, 0o600))
	_, err = j.Append(t.Context(), entry(0))
	require.ErrorIs(t, err, journal.ErrTampered, "another was put there")
	require.NoError(t, os.Rename(logPath(dir)+".old", logPath(dir)))
	_, err = j.Append(t.Context(), entry(0))
	require.NoError(t, err)
	require.NoError(t, os.Truncate(logPath(dir), 10))
	_, err = j.Append(t.Context(), entry(0))
	require.ErrorIs(t, err, journal.ErrTampered, "cut while open")

	for _, origin := range []string{"", "two words", "a+b", "é"} {
		_, err := journal.Open(t.TempDir(), journal.Options{Origin: origin})
		require.ErrorContains(t, err, "origin", origin)
	}
}

func TestManyGoroutines(t *testing.T) {
	dir := t.TempDir()
	j, err := journal.Open(dir, journal.Options{Origin: "S042", Signer: newKey(t)})
	require.NoError(t, err)
	defer j.Close()
	var wg sync.WaitGroup
	errs := make(chan error, 40)
	for range 4 {
		wg.Go(func() {
			for i := range 5 {
				_, err := j.Append(t.Context(), entry(i))
				_, cpErr := j.Checkpoint(t.Context())
				_, vErr := j.Verify(t.Context(), j.Mark())
				errs <- errors.Join(err, cpErr, vErr)
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, int64(20), j.Mark().Size)
}

func TestProof(t *testing.T) {
	dir, o, marks := filled(t, 11)
	v, err := journal.View(dir, o)
	require.NoError(t, err)
	for seq := int64(1); seq <= 11; seq++ {
		p, err := v.Prove(seq)
		require.NoError(t, err)
		require.Equal(t, marks[10], p.Mark)
		e := entry(int(seq - 1))
		e.Seq = seq
		line, err := e.Encode()
		require.NoError(t, err)
		require.NoError(t, p.Check(line))
		e.Actor = "other"
		line, err = e.Encode()
		require.NoError(t, err)
		require.ErrorIs(t, p.Check(line), journal.ErrTampered)
	}
	for _, seq := range []int64{0, 12} {
		_, err := v.Prove(seq)
		require.Error(t, err)
	}
}
