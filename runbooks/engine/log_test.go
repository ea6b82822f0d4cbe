package engine_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/engine"

	"github.com/stretchr/testify/require"
)

// whole is the log of a run from its first line to its end.
func whole(t *testing.T) []byte {
	t.Helper()
	w := newWorld()
	w.note = "bruit <fort> & étrange \x1b"
	run, dir := start(t, w)
	_, err := run.Go(t.Context())
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(dir, engine.LogFile))
	require.NoError(t, err)
	return text
}

func TestReadLog(t *testing.T) {
	good := string(whole(t))
	lines := strings.SplitAfter(good, "\n")
	lines = lines[:len(lines)-1]
	require.Greater(t, len(lines), 5)
	join := func(l ...string) string { return strings.Join(l, "") }
	swap := append([]string{}, lines...)
	swap[2], swap[3] = swap[3], swap[2]
	closed := lines[len(lines)-1]
	cases := []struct {
		name, text string
		want       string // "" when it reads
		entries    int
		torn       bool
	}{
		{"whole", good, "", len(lines), false},
		{"nothing", "", "", 0, false},
		{"a torn last line", good[:len(good)-9], "", len(lines) - 1, true},
		{"a last line without its line feed", good[:len(good)-1], "", len(lines) - 1, true},
		{"a torn first line", good[:9], "", 0, true},
		{"cut at the front", join(lines[1:]...), "line 1 does not follow", 0, false},
		{"a line cut out", join(lines[0], lines[2]), "line 2 does not follow", 0, false},
		{"two lines exchanged", join(swap...), "line 3 does not follow", 0, false},
		{"a line twice", join(lines[0], lines[0]), "line 2 does not follow", 0, false},
		{"a result altered", strings.Replace(good, `"result":"pass"`, `"result":"fail"`, 1), "does not follow", 0, false},
		{"a time altered", strings.Replace(good, "2026-11-22T03:00:0", "2026-11-22T03:00:1", 1), "line 2 does not follow", 0, false},
		{"an unknown field", strings.Replace(good, `{"seq":1,`, `{"seq":1,"hidden":1,`, 1), "unknown field", 0, false},
		{"a space more", strings.Replace(good, `{"seq":1,`, `{"seq": 1,`, 1), "line 1 is not as it was written", 0, false},
		{"a field twice", strings.Replace(good, `{"seq":1,`, `{"seq":1,"seq":1,`, 1), "not as it was written", 0, false},
		{"a field in capitals", strings.Replace(good, `{"seq":1,`, `{"SEQ":1,`, 1), "not as it was written", 0, false},
		{"a second value in a line", strings.Replace(good, "\n", "{}\n", 1), "not as it was written", 0, false},
		{"a carriage return", strings.Replace(good, "\n", "\r\n", 1), "not as it was written", 0, false},
		{"an empty line", join(lines[0], "\n", lines[1]), "line 2: EOF", 0, false},
		{"not JSON", join(lines[0], "hello\n"), "line 2: invalid", 0, false},
		{"a line without end", strings.Repeat("x", 1<<20+2), "more than 1048576 bytes", 0, false},
		{"begun twice", chain(t, engine.Entry{Run: "R-1", Event: engine.Began}, engine.Entry{Run: "R-1", Event: engine.Began}), "line 2 does not follow", 0, false},
		{"not begun", chain(t, engine.Entry{Run: "R-1", Event: engine.Resumed}), "line 1 does not follow", 0, false},
		{"a line of another run", chain(t, engine.Entry{Run: "R-1", Event: engine.Began}, engine.Entry{Run: "R-2", Event: engine.Resumed}), "line 2 does not follow", 0, false},
		{"more after the end", chain(t, engine.Entry{Run: "R-1", Event: engine.Began}, engine.Entry{Run: "R-1", Event: engine.Closed}, engine.Entry{Run: "R-1", Event: engine.Resumed}), "line 3 does not follow", 0, false},
		{"steps after the stop", chain(t, engine.Entry{Run: "R-1", Event: engine.Began}, engine.Entry{Run: "R-1", Event: engine.Stopped}, engine.Entry{Run: "R-1", Event: engine.Finished}), "line 3 does not follow", 0, false},
		{"only the end is cut off, which the chain cannot show", strings.TrimSuffix(good, closed), "", len(lines) - 1, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			entries, torn, err := engine.ReadLog(strings.NewReader(c.text))
			if c.want != "" {
				require.ErrorIs(t, err, engine.ErrLogDamaged)
				require.ErrorContains(t, err, c.want)
				require.Empty(t, entries)
				return
			}
			require.NoError(t, err)
			require.Len(t, entries, c.entries)
			require.Equal(t, c.torn, torn)
		})
	}
}

// chain writes entries as the engine would, with numbers and hashes that fit.
func chain(t testing.TB, entries ...engine.Entry) string {
	t.Helper()
	var out strings.Builder
	prev := ""
	for i, e := range entries {
		e.Seq, e.Prev = i+1, prev
		line, err := json.Marshal(e)
		require.NoError(t, err)
		prev = engine.Hash(append(line, '\n'))
		out.Write(append(line, '\n'))
	}
	return out.String()
}

// One changed byte anywhere is seen, except in the last line, which only the
// signature of a closed log protects.
func TestEveryByteIsHeld(t *testing.T) {
	good := whole(t)
	last := bytes.LastIndexByte(good[:len(good)-1], '\n') + 1
	for i := range last {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		_, torn, err := engine.ReadLog(bytes.NewReader(bad))
		require.True(t, err != nil && !torn, "byte %d of %q", i, good[max(0, i-20):i+1])
	}
}

func TestATornLineIsCutOffAndTheRunGoesOn(t *testing.T) {
	w := newWorld()
	dir := leave(t, w, "sure")
	path := filepath.Join(dir, engine.LogFile)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"seq":9,"run":"R-0`)
	require.NoError(t, err)
	require.NoError(t, f.Close())

	outcome, err := reopen(t, w, dir).Go(t.Context())
	require.NoError(t, err)
	require.Equal(t, runbooks.Resolved, outcome)
	require.Contains(t, events(readLog(t, dir)), "finished sure yes")
}

func TestADamagedRunIsRefused(t *testing.T) {
	cases := map[string]func(t *testing.T, dir string){
		"altered log": func(t *testing.T, dir string) {
			path := filepath.Join(dir, engine.LogFile)
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, bytes.Replace(text, []byte(`"pass"`), []byte(`"fail"`), 1), 0o600))
		},
		"altered runbook": func(t *testing.T, dir string) {
			path := filepath.Join(dir, "runbook.yaml")
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, bytes.Replace(text, []byte("risk: R2"), []byte("risk: R0"), 1), 0o600))
		},
		"altered words": func(t *testing.T, dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "en.md"), []byte("# A pump stands\n\nTake everything out.\n"), 0o600))
		},
		"empty log": func(t *testing.T, dir string) {
			require.NoError(t, os.Truncate(filepath.Join(dir, engine.LogFile), 0))
		},
		"a step of another runbook": func(t *testing.T, dir string) {
			first := readLog(t, dir)[0]
			text := chain(t, first, engine.Entry{Run: first.Run, Event: engine.Finished, Step: "dance", Kind: runbooks.Read, Result: "seen", At: first.At})
			require.NoError(t, os.WriteFile(filepath.Join(dir, engine.LogFile), []byte(text), 0o600))
		},
		"a result that leads nowhere": func(t *testing.T, dir string) {
			first := readLog(t, dir)[0]
			text := chain(t, first, engine.Entry{Run: first.Run, Event: engine.Finished, Step: "what", Kind: runbooks.Read, Result: "heard", At: first.At})
			require.NoError(t, os.WriteFile(filepath.Join(dir, engine.LogFile), []byte(text), 0o600))
		},
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			dir := leave(t, w, "look")
			spoil(t, dir)
			_, err := engine.Open(dir, w.options())
			require.ErrorIs(t, err, engine.ErrLogDamaged)
		})
	}
	t.Run("no log", func(t *testing.T) {
		w := newWorld()
		dir := leave(t, w, "look")
		require.NoError(t, os.Remove(filepath.Join(dir, engine.LogFile)))
		_, err := engine.Open(dir, w.options())
		require.ErrorIs(t, err, os.ErrNotExist)
		require.NoFileExists(t, filepath.Join(dir, engine.LogFile), "looking makes no log")
	})
}

func TestClockStates(t *testing.T) {
	cases := []struct {
		name       string
		wall, boot time.Duration // how far each moves while one screen is shown
		want       string
	}{
		{"steady", time.Minute, time.Minute, "steady"},
		{"a little drift", time.Minute + 2*time.Second, time.Minute, "steady"},
		{"jumped forward", time.Hour, time.Minute, "jumped"},
		{"jumped back", -time.Hour, time.Minute, "jumped"},
		{"rebooted", 10 * time.Minute, -30 * time.Minute, "rebooted"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.on = func(w *world, s engine.Screen) {
				if s.ID == "what" {
					w.now = w.now.Add(c.wall)
					w.boot = w.boot.Add(c.wall - c.boot)
				}
			}
			run, dir := start(t, w)
			_, err := run.Go(t.Context())
			require.NoError(t, err)
			entries := readLog(t, dir)
			require.Equal(t, "steady", entries[0].Clock)
			require.Equal(t, c.want, entries[1].Clock)
			require.Equal(t, "steady", entries[2].Clock)
		})
	}
}

func TestALineTooLongToReadBackIsNotWritten(t *testing.T) {
	w := newWorld()
	w.note = strings.Repeat("é", 1<<20)
	run, dir := start(t, w)
	_, err := run.Go(t.Context())
	require.ErrorContains(t, err, "shorten the note")
	require.Equal(t, []string{"began"}, events(readLog(t, dir)))
	w.note = ""
	_, err = run.Go(t.Context())
	require.NoError(t, err, "the run itself is well")
}

// What reads has one spelling: written again, it is the same bytes.
func FuzzReadLog(f *testing.F) {
	verdict := &runbooks.Verdict{Result: runbooks.Unknown, Reason: "<old>", Found: runbooks.Finding{Number: 0.1, Names: []string{"P1"}}}
	good := chain(f,
		engine.Entry{Run: "R-1", Event: engine.Began, Book: "pump@1", Alert: 7, At: time.Unix(1, 5e6).UTC()},
		engine.Entry{Run: "R-1", Event: engine.Finished, Step: "a", Verdict: verdict, Note: "\u2028\x00é", At: time.Unix(2, 0).In(time.FixedZone("", 19800))},
		engine.Entry{Run: "R-1", Event: engine.Closed, Evidence: []engine.Evidence{{Name: "x", Size: 1}}},
	)
	f.Add([]byte(good))
	f.Add([]byte(good[:len(good)/2]))
	f.Add([]byte("{}\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, torn, err := engine.ReadLog(bytes.NewReader(data))
		if err != nil {
			require.ErrorIs(t, err, engine.ErrLogDamaged)
			return
		}
		var again bytes.Buffer
		for _, e := range entries {
			line, err := json.Marshal(e)
			require.NoError(t, err)
			fmt.Fprintf(&again, "%s\n", line)
		}
		require.Equal(t, !torn, again.Len() == len(data))
		require.True(t, bytes.HasPrefix(data, again.Bytes()))
	})
}
