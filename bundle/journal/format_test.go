package journal_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle/journal"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"
)

const line = `{"seq":1,"time":"2026-03-02T09:00:00Z","actor":"mdurand","action":"bundle.approve","bundle":"S042-000017","details":{"words":"vu <&>\n"}}` + "\n"

func TestEntryHasOneSpelling(t *testing.T) {
	e, err := journal.ParseEntry([]byte(line))
	require.NoError(t, err)
	require.Equal(t, "vu <&>\n", e.Details["words"])
	again, err := e.Encode()
	require.NoError(t, err)
	require.Equal(t, line, string(again))

	for name, changed := range map[string]string{
		"empty":             "",
		"no line feed":      strings.TrimSuffix(line, "\n"),
		"two line feeds":    line + "\n",
		"blank":             strings.Replace(line, `"seq":1`, `"seq": 1`, 1),
		"unknown field":     strings.Replace(line, `"seq":1`, `"seq":1,"x":1`, 1),
		"field twice":       strings.Replace(line, `"seq":1`, `"seq":1,"seq":1`, 1),
		"other case":        strings.Replace(line, `"actor"`, `"Actor"`, 1),
		"other order":       `{"time":"2026-03-02T09:00:00Z","seq":1,"actor":"a","action":"b","bundle":"","details":{}}` + "\n",
		"missing field":     strings.Replace(line, `"bundle":"S042-000017",`, ``, 1),
		"details null":      `{"seq":1,"time":"2026-03-02T09:00:00Z","actor":"a","action":"b","bundle":"","details":null}` + "\n",
		"details not text":  strings.Replace(line, `"vu <&>\n"`, `1`, 1),
		"key twice":         strings.Replace(line, `{"words"`, `{"words":"x","words"`, 1),
		"keys not sorted":   strings.Replace(line, `"words":"vu <&>\n"`, `"words":"x","a":"y"`, 1),
		"escaped otherwise": strings.Replace(line, `<`, `\u003c`, 1),
		"seq 0":             strings.Replace(line, `"seq":1`, `"seq":0`, 1),
		"seq float":         strings.Replace(line, `"seq":1`, `"seq":1.0`, 1),
		"time with zone":    strings.Replace(line, `09:00:00Z`, `09:00:00+00:00`, 1),
		"time with dot":     strings.Replace(line, `09:00:00Z`, `09:00:00.0Z`, 1),
		"control in text":   strings.Replace(line, `vu`, `\u001b[2J`, 1),
		"not UTF-8":         strings.Replace(line, `vu`, "\xff", 1),
		"second value":      strings.TrimSuffix(line, "\n") + line,
	} {
		require.NotEqual(t, line, changed, name)
		_, err := journal.ParseEntry([]byte(changed))
		require.ErrorIs(t, err, journal.ErrEntry, name)
	}
}

func TestCheckpointHasOneSpelling(t *testing.T) {
	cp := journal.Checkpoint{Origin: "S042", Size: 41, Root: tlog.RecordHash([]byte("x"))}
	good := string(cp.Encode())
	got, err := journal.ParseCheckpoint([]byte(good))
	require.NoError(t, err)
	require.Equal(t, cp, got)
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + strings.SplitN(good, "\n", 2)[1]))
	require.NoError(t, err, "apart from the origin it is the text the Go checksum database signs")
	require.Equal(t, tlog.Tree{N: 41, Hash: cp.Root}, tree)
	for name, changed := range map[string]string{
		"empty":         "",
		"no origin":     strings.TrimPrefix(good, "S042"),
		"blank origin":  strings.Replace(good, "S042", "S 042", 1),
		"leading zero":  strings.Replace(good, "41", "041", 1),
		"negative":      strings.Replace(good, "41", "-41", 1),
		"extra line":    good + "x\n",
		"no line feed":  strings.TrimSuffix(good, "\n"),
		"short root":    "S042\n41\nabcd\n",
		"root not text": "S042\n41\n!!!!\n",
		"too long":      strings.Repeat("x", 2000),
	} {
		_, err := journal.ParseCheckpoint([]byte(changed))
		require.ErrorIs(t, err, journal.ErrCheckpoint, name)
	}
}

func FuzzParseEntry(f *testing.F) {
	f.Add([]byte(line))
	f.Add([]byte(strings.Replace(line, "vu", `\u2028é\t`, 1)))
	f.Add([]byte(`{"seq":1,"time":"0001-01-01T00:00:00Z","actor":"a","action":"b","bundle":"","details":{}}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := journal.ParseEntry(text)
		if err != nil {
			require.ErrorIs(t, err, journal.ErrEntry)
			return
		}
		again, err := e.Encode()
		require.NoError(t, err)
		require.Equal(t, string(text), string(again))
		require.Equal(t, 1, bytes.Count(text, []byte("\n")), "an entry is one line")
		require.NotContains(t, string(text), "\x00")
	})
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add(journal.Checkpoint{Origin: "S042", Size: 41}.Encode())
	f.Add([]byte("a\n0\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		cp, err := journal.ParseCheckpoint(text)
		if err != nil {
			require.ErrorIs(t, err, journal.ErrCheckpoint)
			return
		}
		require.Equal(t, string(text), string(cp.Encode()))
	})
}

// A log of any bytes opens, or is refused, and is never changed by it.
func FuzzView(f *testing.F) {
	dir, o, _ := filled(f, 4)
	whole, err := os.ReadFile(logPath(dir))
	require.NoError(f, err)
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add(append(bytes.Clone(whole), 0, 0, '\n'))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(logPath(dir), text, 0o600))
		v, err := journal.View(dir, o)
		if err != nil {
			require.ErrorIs(t, err, journal.ErrTampered)
			return
		}
		n := int64(0)
		for e, err := range v.Entries(t.Context(), 1) {
			require.NoError(t, err)
			n++
			require.Equal(t, n, e.Seq)
		}
		require.Equal(t, n, v.Mark().Size)
		if _, err := v.Verify(t.Context(), v.Mark()); err != nil {
			require.ErrorIs(t, err, journal.ErrTorn)
		}
	})
}

// Checkpoints and leaves are checked here with stock programs only.
func TestStockPrograms(t *testing.T) {
	for _, name := range []string{"sh", "ssh-keygen", "sed", "sha256sum"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
	dir, o, _ := filled(t, 6)
	signers := fmt.Sprintf("journal@S042 namespaces=\"journal@darksite\" %s\n", o.Signer.Public())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "allowed_signers"), []byte(signers), 0o600))
	run := func(script string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", script)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	const verify = `cd checkpoints; ssh-keygen -Y verify -f ../allowed_signers -I journal@S042 -n journal@darksite -s 000000000006.sig < 000000000006.txt`
	out, err := run(verify)
	require.NoError(t, err, out)
	require.Contains(t, out, "Good")

	b, err := os.ReadFile(logPath(dir))
	require.NoError(t, err)
	leaf := tlog.RecordHash(bytes.SplitAfter(b, []byte("\n"))[4])
	out, err = run(`( printf '\0'; sed -n 5p log.jsonl ) | sha256sum`)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("%x  -\n", [32]byte(leaf)), out)

	_, err = run(`sed -i s/6/5/ checkpoints/000000000006.txt; ` + verify)
	require.Error(t, err)
}

func BenchmarkAppend(b *testing.B) {
	j, err := journal.Open(b.TempDir(), journal.Options{Origin: "S042"})
	require.NoError(b, err)
	defer j.Close()
	for b.Loop() {
		_, err := j.Append(b.Context(), entry(1))
		require.NoError(b, err)
	}
}

func BenchmarkView(b *testing.B) {
	dir := b.TempDir()
	var log bytes.Buffer
	const entries = 100_000
	for i := range entries {
		e := entry(i)
		e.Seq = int64(i + 1)
		text, err := e.Encode()
		require.NoError(b, err)
		log.Write(text)
	}
	require.NoError(b, os.WriteFile(logPath(dir), log.Bytes(), 0o600))
	b.ReportMetric(entries, "entries")
	b.SetBytes(int64(log.Len()))
	for b.Loop() {
		_, err := journal.View(dir, journal.Options{Origin: "S042"})
		require.NoError(b, err)
	}
}
