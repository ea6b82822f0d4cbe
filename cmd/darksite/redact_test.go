package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// standIns are the ones a person can tell from their form.
var standIns = regexp.MustCompile(`\b(?:host|user|person|tel|sn|array|vol|grp|pod|fs|name|word|org)-[a-z0-9]{8}(?:(?:\.dom-[a-z0-9]{8})+\.invalid)?\b|\b2(?:4\d|5[0-4])\.\d{1,3}\.\d{1,3}\.\d{1,3}\b`)

// tokensIn gathers the stand-ins of a folder, in files and in their names.
func tokensIn(t *testing.T, dir string) []string {
	t.Helper()
	found := map[string]bool{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		b, err := os.ReadFile(path)
		for _, tok := range standIns.FindAllString(rel+"\n"+string(b), -1) {
			found[tok] = true
		}
		return err
	}))
	var out []string
	for tok := range found {
		out = append(out, tok)
	}
	slices.Sort(out)
	return out
}

// Every pseudonym of a bundle leads back to its value with the record key, and with
// no other; the map is nowhere in what leaves.
func TestRevealKnowsEveryPseudonymOfABundle(t *testing.T) {
	s := newSite(t)
	s.enrolled()
	s.ok("monitor", "--once")
	id := strings.Fields(s.ok("bundle", "collect", "--as", "mdurand", "--profile", "quick", "--host-file", s.host()))[0]
	frozen := filepath.Join(s.dir, "bundles", id, "frozen")
	tokens := tokensIn(t, frozen)
	require.NotEmpty(t, tokens)

	var found []struct{ Token, Kind, Value string }
	require.NoError(t, json.Unmarshal([]byte(s.ok(append([]string{"reveal", "--json"}, tokens...)...)), &found))
	require.Len(t, found, len(tokens))
	values := map[string]string{}
	for i, f := range found {
		require.Equal(t, tokens[i], f.Token)
		require.NotEmpty(t, f.Value)
		require.NotContains(t, values, f.Value, "two pseudonyms of one value")
		values[f.Value] = f.Token
	}
	require.Contains(t, values, "zebu7")
	require.Contains(t, s.ok("reveal", strings.ToUpper(values["zebu7"])), "zebu7", "as a person types it")

	_, err := os.Stat(filepath.Join(s.dir, "maps", id+".age"))
	require.NoError(t, err)
	require.NoError(t, filepath.WalkDir(filepath.Join(s.dir, "bundles"), func(path string, d fs.DirEntry, err error) error {
		require.NotContains(t, d.Name(), "zebu7")
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		require.NotContains(t, string(b), "darksite-pseudonyms/", path)
		require.False(t, bytes.HasPrefix(b, []byte("age-encryption.org")), "%s is encrypted and lies with the bundle", path)
		if strings.HasPrefix(path, frozen) {
			require.NotContains(t, string(b), "zebu7", path)
		}
		return err
	}))

	said := s.fails(3, "reveal", values["zebu7"], "host-aaaaaaaa")
	require.Contains(t, said, "no map of this site knows host-aaaaaaaa")
	require.NotContains(t, said, "knows "+values["zebu7"])
	other := newSite(t)
	said = s.fails(1, "reveal", values["zebu7"], "--identity", filepath.Join(other.dir, "keys", "record.key"))
	require.Contains(t, said, "this key does not open it")
	require.Contains(t, said, "next: name the record key of this site with --identity FILE")
	said = other.fails(1, "reveal", values["zebu7"])
	require.Contains(t, said, "no map of this site knows")
	m := filepath.Join(s.dir, "maps", id+".age")
	b, err := os.ReadFile(m)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(m, b[:len(b)-7], 0o600))
	said = s.fails(1, "reveal", values["zebu7"])
	require.Contains(t, said, "next: the map is damaged")
}

// fails runs a command that must end with a code, print no value of the site and
// return what it says.
func (s *site) fails(code int, args ...string) string {
	s.t.Helper()
	c := s.command(args...)
	var errs bytes.Buffer
	c.Stderr = &errs
	err := c.Run()
	var exit *exec.ExitError
	require.ErrorAs(s.t, err, &exit, errs.String())
	require.Equal(s.t, code, exit.ExitCode(), errs.String())
	return errs.String()
}

// planted are values that nothing but the input may hold.
var planted = []string{"Wq8-zero-guard", "kweissg", "gwg-lyon2", "10.77.31.9", "hedwig"}

// bigInput is a folder that takes a while.
func bigInput(t *testing.T, size int) string {
	t.Helper()
	in := filepath.Join(t.TempDir(), "in")
	require.NoError(t, os.MkdirAll(filepath.Join(in, "gwg-lyon2"), 0o700))
	for n := range 4 {
		var b bytes.Buffer
		for i := 0; b.Len() < size/4; i++ {
			fmt.Fprintf(&b, "Oct  3 08:00:%02d gwg-lyon2 sshd[%d]: Accepted password for kweissg from 10.77.31.9 port %d ssh2\npassword=Wq8-zero-guard\n", i%60, i, i)
		}
		require.NoError(t, os.WriteFile(filepath.Join(in, "gwg-lyon2", fmt.Sprintf("%d-kweissg.log", n)), b.Bytes(), 0o600))
	}
	return in
}

// absentFrom holds a text to the promise that nothing planted is in it.
func absentFrom(t *testing.T, text, where string) {
	t.Helper()
	for _, v := range planted {
		require.NotContains(t, strings.ToLower(text), strings.ToLower(v), where)
	}
}

// nothingLeft wants no output, and beside it nothing but a hidden folder.
func nothingLeft(t *testing.T, out string, hidden bool) {
	t.Helper()
	require.NoDirExists(t, out)
	left, err := os.ReadDir(filepath.Dir(out))
	require.NoError(t, err)
	for _, e := range left {
		require.True(t, hidden && strings.HasPrefix(e.Name(), ".out.unfinished-"), e.Name())
	}
}

// A redaction killed at any instant leaves no output that could be taken for one:
// there is none, or all of it. What is left is hidden, and goes with the next run.
func TestKilledRedactionLeavesNothingOrAll(t *testing.T) {
	in := bigInput(t, 2<<20)
	parent := t.TempDir()
	s := &site{t, filepath.Join(t.TempDir(), "none")}
	key := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(key, []byte(strings.Repeat("5a", 32)+"\n"), 0o600))
	out := filepath.Join(parent, "out")
	args := []string{"redact", "--in", in, "--out", out, "--key", key, "--progress"}
	began := time.Now()
	s.ok(args...)
	whole := time.Since(began)
	want := digestOf(t, out)
	rounds := 10
	if testing.Short() {
		rounds = 4
	}
	killed := 0
	for i := range rounds {
		require.NoError(t, os.RemoveAll(out))
		c := s.command(args...)
		var said bytes.Buffer
		c.Stderr = &said
		require.NoError(t, c.Start())
		kill := time.AfterFunc(whole*time.Duration(i+1)/time.Duration(rounds), func() { _ = c.Process.Kill() })
		err := c.Wait()
		kill.Stop()
		absentFrom(t, said.String(), "what a killed run said")
		if _, missing := os.Stat(out); missing == nil {
			require.Equal(t, want, digestOf(t, out), "what is there is all of it")
			continue
		}
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		killed++
		nothingLeft(t, out, true)
	}
	require.Positive(t, killed, "no process was killed in time")
	require.NoError(t, os.RemoveAll(out))
	s.ok(args...)
	require.Equal(t, want, digestOf(t, out))
	require.NoError(t, os.RemoveAll(out))
	nothingLeft(t, out, false)
	t.Logf("%d of %d runs were killed before their output stood", killed, rounds)
}

// digestOf sums names and contents of a folder up.
func digestOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		all[rel] = string(b)
		return err
	}))
	return all
}

// Ctrl-C ends a redaction with 130 and leaves nothing, hidden or not.
func TestCtrlCWhileItRedacts(t *testing.T) {
	in := bigInput(t, 8<<20)
	s := &site{t, filepath.Join(t.TempDir(), "none")}
	out := filepath.Join(t.TempDir(), "out")
	c := s.command("redact", "--in", in, "--out", out, "--jobs", "1")
	var said strings.Builder
	c.Stderr = &said
	require.NoError(t, c.Start())
	for range 20_000 { // until it has begun to work
		if begun, err := filepath.Glob(filepath.Join(filepath.Dir(out), ".out.unfinished-*", "tree")); err == nil && len(begun) > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	require.NoError(t, c.Process.Signal(os.Interrupt))
	var exit *exec.ExitError
	require.ErrorAs(t, c.Wait(), &exit, said.String())
	require.Equal(t, 130, exit.ExitCode(), said.String())
	absentFrom(t, said.String(), "what it said")
	nothingLeft(t, out, false)
}

// A disk that is full, really or by a limit of the process, ends a redaction with
// nothing left and with what to do.
func TestRedactingToAFullDisk(t *testing.T) {
	in := bigInput(t, 3<<20)
	t.Run("a limit on files", func(t *testing.T) {
		bash, err := exec.LookPath("bash")
		if err != nil {
			t.Skip("no bash here")
		}
		out := filepath.Join(t.TempDir(), "out")
		c := exec.CommandContext(t.Context(), bash, "-c", `ulimit -f 64; exec darksite redact --in "$0" --out "$1"`, in, out)
		c.Env = append(os.Environ(), "DARKSITE_DIR=/nowhere")
		said, err := c.CombinedOutput()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit, "%s", said)
		require.Equal(t, 1, exit.ExitCode(), "%s", said)
		require.Contains(t, string(said), "file too large")
		require.Contains(t, string(said), "next: nothing was written; make room")
		absentFrom(t, strings.ReplaceAll(string(said), in, ""), "what it said")
		nothingLeft(t, out, false)
	})
	t.Run("a disk", func(t *testing.T) {
		said := mounted(t, "mount -t tmpfs -o size=1m none $disk", `
set +e
darksite redact --in '`+in+`' --out $disk/out >$disk/../said 2>&1; echo "code $?"
cat $disk/../said; echo "left: $(ls -A $disk)."
mount -o remount,size=64m none $disk
darksite redact --in '`+in+`' --out $disk/out >$disk/../said 2>&1; echo "again $?"
ls $disk`)
		require.Contains(t, said, "code 1\n")
		require.Contains(t, said, "no space left on device")
		require.Contains(t, said, "next: nothing was written; make room beside")
		require.Contains(t, said, "left: .")
		require.Contains(t, said, "again 0\nout\n")
		absentFrom(t, strings.ReplaceAll(said, in, ""), "what it said")
	})
}
