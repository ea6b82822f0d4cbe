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
	c.Env = append(os.Environ(), "LC_ALL=C", "PATH="+s.dir+string(os.PathListSeparator)+os.Getenv("PATH"))
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

	// From here on nothing of ours runs, and the commands are those that the medium
	// itself prints, in both languages.
	label, err := os.ReadFile(filepath.Join(k.dir, id, "LABEL.txt"))
	require.NoError(t, err)
	require.NotEqual(t, "1", value(t, label, "volumes"), "the bundle was meant to take several volumes")
	readme, err := os.ReadFile(filepath.Join(k.dir, id, "README.TXT"))
	require.NoError(t, err)
	k.run("cp %s %s/allowed_signers && : > %s/revoked", k.signers, id, id)
	k.run("cp %s %s/key.txt", filepath.Join(s.dir, "keys", "record.key"), id)
	english, french, ok := strings.Cut(string(readme), "\n\n\n")
	require.True(t, ok)
	for lang, text := range map[string]string{"en": english, "fr": french} {
		steps := printed(text)
		require.Len(t, steps, 5)
		k.run("rm -rf %[1]s-%[2]s && cp -r %[1]s %[1]s-%[2]s", id, lang)
		here := "cd " + id + "-" + lang + "\n"
		for n := 1; n <= 4; n++ {
			out := k.run("%s", here+steps[n])
			require.Equal(t, n == 2, strings.Contains(out, `Good "label@darksite" signature for amartin@S042`), out)
		}
		for n, who := range map[int]string{1: "amartin", 2: "ppetit"} {
			out := k.run("%s", here+k.filled(steps[5], filepath.Join(id+"-"+lang, "out", "approval"), n))
			require.Contains(t, out, `Good "approval@darksite" signature for `+who+"@S042")
		}
	}
	k.run("ln -s %s-en/out out", id)

	// What is printed for the label refuses another time, a revoked key and another
	// purpose, by the words that are printed.
	second := "cd " + id + "-en\n" + printed(english)[2]
	refused := func(from, to string) {
		t.Helper()
		changed := strings.ReplaceAll(second, from, to)
		require.NotEqual(t, second, changed)
		_, err := k.try("%s", changed)
		require.Error(t, err)
	}
	refused("-n label@darksite", "-n approval@darksite")
	refused("-I amartin@S042", "-I ppetit@S042")
	key := k.run("grep ^amartin@ %s | cut -d' ' -f3-", k.signers)
	k.run("printf '%%s' '%s' > %s-en/revoked", key, id)
	_, err = k.try("%s", second)
	require.Error(t, err, "a revoked key")
	k.run(": > %s-en/revoked", id)
	k.run("sed -i 's/^amartin@S042 /&valid-before=\"20990101\",/' %s-en/allowed_signers", id)
	k.run("%s", second)
	refused("-Overify-time=20", "-Overify-time=21") // by the clock of today it would still hold
	_, err = k.try("%s", second[:strings.Index(second, "ssh-keygen")]+"ssh-keygen -Y check-novalidate -n label@darksite -s LABEL.txt.*.sig < README.TXT")
	require.Error(t, err, "another text")

	// Nothing is in the bundle that is neither listed nor a signature.
	k.verify(filepath.Join(id, "LABEL.txt"), "label@darksite", "amartin")
	k.verify("out/MANIFEST.json", "manifest@darksite", "mdurand")
	k.run("age -d -i desk/keys/intake.key %[1]s-en/%[1]s.tar.zst.age | zstd -q -d | cmp - %[1]s-en/%[1]s.tar", id) // the other recipient
	k.run("cd out/ && find . -type f ! -path ./SHA256SUMS ! -path './sig/*' ! -path './approval/*' | sed 's|^./||' | LC_ALL=C sort > ../found")
	k.run("sed 's/^[0-9a-f]*  //' out/SHA256SUMS | LC_ALL=C sort | diff - %s-en/found", id)
	for _, n := range []string{"1", "2"} {
		file := filepath.Join("out", "approval", n+".txt")
		statement, err := os.ReadFile(filepath.Join(k.dir, file))
		require.NoError(t, err)
		k.verify(file, "approval@darksite", value(t, statement, "reviewer"))
		require.Equal(t, "release", value(t, statement, "decision"))
		require.Equal(t, value(t, label, "manifest_sha256"), value(t, statement, "manifest_sha256"))
	}

	// Damage: a lost volume and a bad block. Stock programs say which file, the
	// desk repairs as the sheet says, and the sums hold again.
	k.run("mkdir damaged && cp -r %[1]s damaged && rm damaged/%[1]s/%[1]s.tar.zst.age.v001", id)
	out2, err := k.try("cd damaged/%s\n%s", id, printed(english)[1])
	require.Error(t, err)
	require.Contains(t, out2, id+".tar.zst.age.v001: FAILED open or read")
	require.Contains(t, english, `"casedesk import" repairs it`)
	k.run("CASEDESK_DIR=desk casedesk sites enrol %s --yes", k.file("roster.txt", s.ok("site", "roster")))
	require.Contains(t, k.run("CASEDESK_DIR=desk casedesk verify damaged"), "repairable")
	require.Contains(t, k.run("CASEDESK_DIR=desk casedesk import damaged"), "repaired")
	k.run("cp -r damaged beyond && rm beyond/%[1]s/%[1]s.tar.zst.age.v002", id)
	out2, err = k.try("CASEDESK_DIR=desk casedesk verify beyond")
	require.Error(t, err)
	require.Contains(t, out2, "bring")

	// One changed byte, and the stock programs say so as well.
	k.run("sed -i 's/^decision: release/decision: releasf/' out/approval/1.txt")
	_, err = k.try("ssh-keygen -Y verify -f %s -I amartin@S042 -n approval@darksite -s out/approval/1.txt.*.sig < out/approval/1.txt", k.signers)
	require.Error(t, err)
	k.run("printf x >> out/meta/collect.json")
	_, err = k.try("cd out/ && sha256sum --strict -c SHA256SUMS")
	require.Error(t, err)
}

// file puts a text into the folder and returns its name.
func (s *stock) file(name, text string) string {
	s.t.Helper()
	require.NoError(s.t, os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600))
	return name
}

// printed are the commands of README.TXT in one language, by step.
func printed(text string) map[int]string {
	steps, at := map[int]string{}, 0
	for line := range strings.Lines(text) {
		if len(line) > 2 && line[1] == '.' && line[0] >= '1' && line[0] <= '9' {
			at = int(line[0] - '0')
		}
		if at > 0 && strings.HasPrefix(line, "     ") || at == 5 && strings.HasPrefix(line, "       -") {
			steps[at] += strings.TrimPrefix(line, "     ")
		}
	}
	return steps
}

// filled puts into the command for statements what the sheet says to take from
// statement n: its reviewer, its time, its signature.
func (s *stock) filled(command, folder string, n int) string {
	s.t.Helper()
	file := fmt.Sprintf("%d.txt", n)
	text, err := os.ReadFile(filepath.Join(s.dir, folder, file))
	require.NoError(s.t, err)
	sigs, err := filepath.Glob(filepath.Join(s.dir, folder, file+".*.sig"))
	require.NoError(s.t, err)
	require.Len(s.t, sigs, 1)
	digits := strings.NewReplacer("-", "", ":", "", "T", "").Replace(value(s.t, text, "signed_utc"))
	return strings.NewReplacer(
		"YYYYMMDDHHMMSSZ", digits, "REVIEWER", value(s.t, text, "reviewer"),
		"out/approval/1.txt.KEYID.sig", "out/approval/"+filepath.Base(sigs[0]), "out/approval/1.txt", "out/approval/"+file,
	).Replace(command)
}

// A bundle in clear, whole journey: nobody misses what it is, and tar, zstd and
// ssh-keygen open it from several volumes with no key at all.
func TestStockProgramsOpenAMediumInClear(t *testing.T) {
	s := newSite(t)
	for _, p := range [][2]string{{"mdurand", "collector"}, {"amartin", "officer"}, {"ppetit", "officer"}} {
		s.ok("site", "people", "add", p[0], "--name", "Name of "+p[0], "--role", p[1], "--no-passphrase")
	}
	s.ok("site", "keys", "policy", "--clear", "allow")
	roster := s.ok("site", "roster")
	k := newStock(t, roster)
	k.run("CASEDESK_DIR=desk casedesk init --name 'Vendor support' --no-passphrase && CASEDESK_DIR=desk casedesk keys card > vendor.txt")
	s.ok("site", "vendor", filepath.Join(k.dir, "vendor.txt"), "--yes")
	s.ok("monitor", "--once")
	require.NoError(t, os.MkdirAll(filepath.Join(s.dir, "runs", "R-0001"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "runs", "R-0001", "notes.txt"), words(3<<20), 0o600))

	const id = "S042-000001"
	loud := func(args ...string) {
		t.Helper()
		out, err := s.command(args...).CombinedOutput()
		require.NoError(t, err, string(out))
		require.Contains(t, string(out), "NOT ENCRYPTED")
	}
	loud("bundle", "collect", "--as", "mdurand", "--profile", "quick", "--clear")
	for _, officer := range []string{"amartin", "ppetit"} {
		loud("bundle", "review", id, "--as", officer, "--report", "-")
		loud("bundle", "approve", id, "--as", officer, "--yes")
	}
	out, err := s.command("bundle", "seal", id, "--as", "mdurand").CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "--clear")
	loud("bundle", "seal", id, "--as", "mdurand", "--clear")
	loud("bundle", "write", id, "--as", "amartin", "--medium", k.dir, "--volume", "1MiB")
	verified, err := s.command("bundle", "verify", id, "--as", "amartin", "--medium", k.dir).CombinedOutput()
	require.NoError(t, err, string(verified))
	require.Contains(t, string(verified), "not encrypted; every file compared")

	readme, err := os.ReadFile(filepath.Join(k.dir, id, "README.TXT"))
	require.NoError(t, err)
	require.NotContains(t, string(readme), "age -d")
	k.run("cp %s %s/allowed_signers && : > %s/revoked", k.signers, id, id)
	english, french, ok := strings.Cut(string(readme), "\n\n\n")
	require.True(t, ok)
	require.Contains(t, english, "THIS BUNDLE IS NOT ENCRYPTED")
	require.Contains(t, french, "CE PAQUET N'EST PAS CHIFFRÉ")
	for lang, text := range map[string]string{"en": english, "fr": french} {
		steps := printed(text)
		require.Len(t, steps, 5)
		folder := id + "-" + lang
		k.run("cp -r %s %s", id, folder)
		for n := 1; n <= 4; n++ {
			out := k.run("cd %s\n%s", folder, steps[n])
			require.Equal(t, n == 2, strings.Contains(out, `Good "label@darksite" signature for amartin@S042`), out)
		}
		for n, who := range map[int]string{1: "amartin", 2: "ppetit"} {
			out := k.run("cd %s\n%s", folder, k.filled(steps[5], filepath.Join(folder, "out", "approval"), n))
			require.Contains(t, out, `Good "approval@darksite" signature for `+who+"@S042")
		}
		k.run("grep -q '^sealed: NO: not encrypted' %[1]s/out/approval/1.txt && grep -q '\"clear\": true' %[1]s/out/MANIFEST.json", folder)
	}

	// The desk takes it by the roster that allows it, from a damaged set as well.
	enrolled := k.file("roster.txt", roster)
	k.run("CASEDESK_DIR=desk casedesk sites enrol %s --yes", enrolled)
	k.run("mkdir carried && cp -r %[1]s carried/ && rm carried/%[1]s/*.v001 carried/%[1]s/revoked carried/%[1]s/allowed_signers", id)
	require.Contains(t, k.run("CASEDESK_DIR=desk casedesk verify carried"), "NOT ENCRYPTED")
	require.Contains(t, k.run("CASEDESK_DIR=desk casedesk import carried"), "NOT ENCRYPTED")
	k.run("CASEDESK_DIR=desk casedesk open %s --out opened && cmp opened/MANIFEST.json %s-en/out/MANIFEST.json", id, id)
}
