package main_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// stock is a folder in which stock programs work, and nothing else.
type stock struct {
	t       *testing.T
	dir     string
	age     string
	signers string // allowed_signers
}

// newStock wants the programs a receiver would use. age is built from its own
// module, so that the test does not depend on what a distribution ships.
func newStock(t *testing.T, roster string) *stock {
	t.Helper()
	for _, name := range []string{"sh", "cat", "tar", "sha256sum", "zstd", "ssh-keygen", "go"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed: a bundle cannot be opened with stock programs here", name)
		}
	}
	s := &stock{t: t, dir: t.TempDir()}
	s.age = filepath.Join(s.dir, "age")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", s.age, "filippo.io/age/cmd/age").CombinedOutput()
	require.NoErrorf(t, err, "build age: %s", out)
	s.signers = filepath.Join(s.dir, "allowed_signers")
	require.NoError(t, os.WriteFile(s.signers, []byte(allowedSigners(t, roster)), 0o600))
	return s
}

// allowedSigners turns a roster into the file of ssh-keygen by hand, as a person
// with an editor would: who, for what, which key.
func allowedSigners(t *testing.T, roster string) string {
	t.Helper()
	may := map[string]string{"collector": "manifest@darksite,run@darksite", "officer": "approval@darksite,label@darksite"}
	var b strings.Builder
	lines := bufio.NewScanner(strings.NewReader(roster))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		person, ok := strings.CutPrefix(lines.Text(), "person: ")
		if !ok {
			continue
		}
		f := strings.Fields(person)
		require.GreaterOrEqual(t, len(f), 4, person)
		fmt.Fprintf(&b, "%s@S042 namespaces=%q %s %s\n", f[0], may[f[1]], f[2], f[3])
	}
	require.NoError(t, lines.Err())
	require.NotEmpty(t, b.String())
	return b.String()
}

func (s *stock) try(format string, args ...any) (string, error) {
	c := exec.CommandContext(s.t.Context(), "sh", "-e", "-c", fmt.Sprintf(format, args...))
	c.Dir = s.dir
	c.Env = append(os.Environ(), "LC_ALL=C")
	out, err := c.CombinedOutput()
	return string(out), err
}

func (s *stock) run(format string, args ...any) string {
	s.t.Helper()
	out, err := s.try(format, args...)
	require.NoErrorf(s.t, err, "%s: %s", fmt.Sprintf(format, args...), out)
	return out
}

// verify checks one signature; who signed is found beside the file by key id.
func (s *stock) verify(file, namespace, who string) {
	s.t.Helper()
	sigs, err := filepath.Glob(filepath.Join(s.dir, signatureOf(file)))
	require.NoError(s.t, err)
	require.Lenf(s.t, sigs, 1, "signatures of %s", file)
	command := "ssh-keygen -Y verify -f %s -I %s@S042 -n %s -s %s < %s"
	out := s.run(command, s.signers, who, namespace, sigs[0], file)
	require.Contains(s.t, out, "Good")
	for _, other := range []string{"manifest@darksite", "approval@darksite", "label@darksite"} {
		if other != namespace { // a signature made for one purpose is none for another
			_, err := s.try(command, s.signers, who, other, sigs[0], file)
			require.Error(s.t, err)
		}
	}
}

func signatureOf(file string) string {
	if filepath.Base(file) == "MANIFEST.json" {
		return filepath.Join(filepath.Dir(file), "sig", "MANIFEST.json.*.sig")
	}
	return file + ".*.sig"
}

// value is one line of a label or a statement.
func value(t *testing.T, text []byte, key string) string {
	t.Helper()
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(line, key+": "); ok {
			return strings.TrimRight(v, "\n")
		}
	}
	t.Fatalf("no line %q", key)
	return ""
}

// words is text that compresses badly, so that a bundle takes several volumes.
func words(size int) []byte {
	random := rand.New(rand.NewPCG(7, 7)) // noise, the same in every run
	b := make([]byte, 0, size)
	for len(b) < size {
		for range 3 {
			b = append(b, "bdfklmnprstvz"[random.IntN(13)])
		}
		b = append(b, " \n"[random.IntN(2)])
	}
	return b
}

// What the site writes opens with stock programs alone, and every signature on
// it verifies against keys a person has copied out of the roster.
func TestStockProgramsOpenTheMedium(t *testing.T) {
	s := newSite(t)
	for _, p := range [][2]string{{"mdurand", "collector"}, {"amartin", "officer"}, {"ppetit", "officer"}} {
		s.ok("site", "people", "add", p[0], "--name", "Name of "+p[0], "--role", p[1], "--no-passphrase")
	}
	k := newStock(t, s.ok("site", "roster"))
	desk := exec.CommandContext(t.Context(), "sh", "-e", "-c", "casedesk init --name 'Vendor support' --no-passphrase && casedesk keys card > vendor.txt")
	desk.Dir = k.dir
	desk.Env = append(os.Environ(), "CASEDESK_DIR="+filepath.Join(k.dir, "desk"))
	out, err := desk.CombinedOutput()
	require.NoError(t, err, string(out))
	s.ok("site", "vendor", filepath.Join(k.dir, "vendor.txt"), "--yes")
	s.ok("monitor", "--once")
	require.NoError(t, os.MkdirAll(filepath.Join(s.dir, "runs", "R-0001"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "runs", "R-0001", "notes.txt"), words(3<<20), 0o600))

	const id = "S042-000001"
	s.ok("bundle", "collect", "--as", "mdurand", "--profile", "quick")
	for _, officer := range []string{"amartin", "ppetit"} {
		s.ok("bundle", "review", id, "--as", officer, "--report", filepath.Join(k.dir, officer+".txt"))
		s.ok("bundle", "approve", id, "--as", officer, "--yes")
	}
	s.ok("bundle", "seal", id, "--as", "mdurand")
	s.ok("bundle", "write", id, "--as", "amartin", "--medium", k.dir, "--volume", "1MiB")

	// From here on nothing of ours runs.
	label, err := os.ReadFile(filepath.Join(k.dir, id, "LABEL.txt"))
	require.NoError(t, err)
	require.NotEqual(t, "1", value(t, label, "volumes"), "the bundle was meant to take several volumes")
	k.run("cd %s && sha256sum --strict -c SHA256SUMS", id)
	k.verify(filepath.Join(id, "LABEL.txt"), "label@darksite", "amartin")
	k.run("cat %[1]s/%[1]s.tar.zst.age.v* > sealed && echo '%[2]s  sealed' | sha256sum --strict -c", id, value(t, label, "sealed_sha256"))
	k.run("%s -d -i %s sealed > plain.zst && zstd -q -d < plain.zst > plain.tar", k.age, filepath.Join(s.dir, "keys", "record.key"))
	k.run("echo '%s  plain.tar' | sha256sum --strict -c", value(t, label, "tar_sha256"))
	k.run("%s -d -i desk/keys/intake.key sealed | cmp - plain.zst", k.age) // the other recipient
	k.run("mkdir out && tar -x --no-same-owner -C out -f plain.tar && cd out && sha256sum --strict -c SHA256SUMS")
	k.run("echo '%s  out/MANIFEST.json' | sha256sum --strict -c", value(t, label, "manifest_sha256"))
	k.verify("out/MANIFEST.json", "manifest@darksite", "mdurand")
	// Nothing is in the bundle that is neither listed nor a signature.
	k.run("cd out && find . -type f ! -path ./SHA256SUMS ! -path './sig/*' ! -path './approval/*' | sed 's|^./||' | LC_ALL=C sort > ../found")
	k.run("sed 's/^[0-9a-f]*  //' out/SHA256SUMS | LC_ALL=C sort | diff - found")

	var reviewers []string
	for _, n := range []string{"1", "2"} {
		file := filepath.Join("out", "approval", n+".txt")
		statement, err := os.ReadFile(filepath.Join(k.dir, file))
		require.NoError(t, err)
		who := value(t, statement, "reviewer")
		k.verify(file, "approval@darksite", who)
		require.Equal(t, "release", value(t, statement, "decision"))
		require.Equal(t, value(t, label, "manifest_sha256"), value(t, statement, "manifest_sha256"))
		reviewers = append(reviewers, who)
	}
	require.Equal(t, []string{"amartin", "ppetit"}, reviewers)

	// One changed byte, and the stock programs say so as well.
	k.run("sed -i 's/^decision: release/decision: releasf/' out/approval/1.txt")
	_, err = k.try("ssh-keygen -Y verify -f %s -I amartin@S042 -n approval@darksite -s out/approval/1.txt.*.sig < out/approval/1.txt", k.signers)
	require.Error(t, err)
	k.run("printf x >> out/meta/collect.json")
	_, err = k.try("cd out && sha256sum --strict -c SHA256SUMS")
	require.Error(t, err)
}
