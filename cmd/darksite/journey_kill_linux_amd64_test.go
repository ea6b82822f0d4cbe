package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"darksite/bundle/carry"

	"github.com/stretchr/testify/require"
)

// Two values of the site. The first must never be seen outside staging, the
// second passes the redactor and must never be in clear on the way out.
const (
	rawMarker  = "10.77.66.55"
	textMarker = "zanzibar"
)

// walk is a site, a medium and the folder of temporary files, below one folder
// that is put back from a copy before every fault.
type walk struct {
	*site
	root, copies string
	desk         string
	id, reply    string
	caseID       string
}

// leg is one command of the journey and the states it leads to.
type leg struct {
	name string
	args []string
	ends string
}

func (w *walk) legs() []leg {
	report := func(who string) string { return filepath.Join(w.root, "report-"+who+".txt") }
	medium := w.medium()
	return []leg{
		{"collect", []string{"bundle", "collect", "--as", "mdurand", "--profile", "evidence", "--run", "R-0001", "--case", w.caseID}, "FROZEN"},
		{"review", []string{"bundle", "review", w.id, "--as", "amartin", "--report", report("amartin")}, "IN_REVIEW"},
		{"approve", []string{"bundle", "approve", w.id, "--as", "amartin", "--yes"}, "APPROVED_1"},
		{"second review", []string{"bundle", "review", w.id, "--as", "ppetit", "--report", report("ppetit")}, "APPROVED_1"},
		{"second approval", []string{"bundle", "approve", w.id, "--as", "ppetit", "--yes"}, "APPROVED"},
		{"seal", []string{"bundle", "seal", w.id, "--as", "mdurand"}, "SEALED"},
		{"write", []string{"bundle", "write", w.id, "--as", "amartin", "--medium", medium}, "WRITTEN"},
		{"verify", []string{"bundle", "verify", w.id, "--as", "amartin", "--medium", medium}, "VERIFIED"},
		{"release", []string{"bundle", "release", w.id, "--as", "amartin", "--courier", "C. Roux"}, "RELEASED"},
		{"receipt", []string{"reply", "open", w.reply, "--yes"}, "RECEIPTED"},
	}
}

func (w *walk) medium() string { return filepath.Join(w.root, "medium") }

const walkSite = `site: {code: S042, name: Lyon 3}
arrays:
  - {name: fa-prod-1, kind: flasharray, via: drop}
contacts:
  - {id: mdurand, name: M. Durand, role: admin, phone: "+33 1 23 45 67 89", mail: m.durand@lyon3.example, certificate: DSA-0031}
  - {id: ppetit, name: P. Petit, role: secondary, phone: "+33 1 23 45 67 90", mail: p.petit@lyon3.example, certificate: DSA-0032}
`

// begun makes a site whose bundle will hold one run of a runbook and nothing of
// this machine, so that it is small.
func begun(t *testing.T) *walk {
	t.Helper()
	base := t.TempDir()
	w := &walk{root: filepath.Join(base, "work"), copies: filepath.Join(base, "copies"), id: "S042-000001"}
	w.reply = filepath.Join(base, "R-S042-000001.reply")
	w.site = &site{t, filepath.Join(w.root, "site")}
	t.Cleanup(func() { unlocked(base) })
	for _, dir := range []string{w.medium(), w.tmp(), w.copies} {
		require.NoError(t, os.MkdirAll(dir, 0o700))
	}
	w.ok("init", "--code", "S042", "--name", "Lyon 3", "--no-passphrase")
	w.desk = w.enrolled()
	require.NoError(t, os.WriteFile(filepath.Join(w.dir, "site.yaml"), []byte(walkSite), 0o600))
	w.caseID = strings.TrimSpace(w.ok("case", "new", "--array", "fa-prod-1", "--model", "FA-X50R4", "--os-version", "6.6.11", "--serial", "PSX1",
		"--initiator-os", "Linux 6.1", "--severity", "3", "--subject", "A drive failed", "--description", "It failed at 03:12.", "--message", "drive failed"))
	notes := append([]byte("host "+rawMarker+" answers\nthe project is "+textMarker+"\n"), words(64<<10)...)
	stopped := w.command("runbook", "run", "drive-failed", "--array", "fa-prod-1", "--component", "CH0.BAY3", "--as", "mdurand")
	stopped.Stdin = strings.NewReader("q\n")
	out, err := stopped.CombinedOutput()
	require.NoError(t, err, string(out))
	require.NoError(t, os.WriteFile(filepath.Join(w.dir, "runs", "R-0001", "notes.txt"), notes, 0o600))
	return w
}

// newWalk leads a bundle once through the whole journey, keeping a copy of
// everything before each leg.
func newWalk(t *testing.T) *walk {
	t.Helper()
	w := begun(t)
	for i, l := range w.legs() {
		if l.name == "receipt" {
			w.answer()
		}
		w.run("cp", "-a", w.root, w.before(i))
		w.ok(l.args...)
		require.Equal(t, l.ends, w.state(), l.name)
	}
	found, err := carry.Find(w.medium())
	require.NoError(t, err)
	require.Len(t, found, 1)
	return w
}

func (w *walk) tmp() string         { return filepath.Join(w.root, "tmp") }
func (w *walk) before(i int) string { return filepath.Join(w.copies, strconv.Itoa(i)) }

func unlocked(dir string) {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return nil
	})
}

func (w *walk) command(args ...string) *exec.Cmd {
	c := w.site.command(args...)
	c.Env = append(c.Env, "TMPDIR="+w.tmp())
	return c
}

func (w *walk) run(name string, args ...string) string {
	w.t.Helper()
	out, err := exec.CommandContext(w.t.Context(), name, args...).CombinedOutput()
	require.NoErrorf(w.t, err, "%s %v: %s", name, args, out)
	return string(out)
}

// answer has the desk import the medium and write the reply with its receipt.
func (w *walk) answer() {
	w.t.Helper()
	roster := filepath.Join(w.copies, "roster.txt")
	require.NoError(w.t, os.WriteFile(roster, []byte(w.ok("site", "roster")), 0o600))
	w.run("casedesk", "sites", "enrol", roster, "--yes", "--dir", w.desk)
	w.run("casedesk", "sites", "contact", "S042", "mdurand", "--role", "admin", "--name", "M. Durand", "--phone", "1", "--as", "R. Ney", "--dir", w.desk)
	w.run("casedesk", "sites", "plan", "S042", "premium", "--until", "2099-12-31", "--as", "R. Ney", "--dir", w.desk)
	w.run("casedesk", "import", w.medium(), "--dir", w.desk)
	w.run("casedesk", "case", "ack", "S042/"+w.caseID, "--severity", "3", "--diagnosis", "a drive is on its way", "--as", "R. Ney", "--dir", w.desk)
	w.run("casedesk", "reply", "S042/"+w.caseID, "--as", "ruth", "--as", "sam", "--out", filepath.Dir(w.reply), "--dir", w.desk)
}

// state is where the newest bundle stands, or nothing, by its record on disk.
func (w *walk) state() string {
	w.t.Helper()
	records, err := filepath.Glob(filepath.Join(w.dir, "bundles", "*", "record.json"))
	require.NoError(w.t, err)
	if len(records) == 0 {
		return ""
	}
	text, err := os.ReadFile(records[len(records)-1])
	require.NoError(w.t, err)
	var record struct{ BID, State string }
	require.NoError(w.t, json.Unmarshal(text, &record))
	w.id = record.BID
	return record.State
}

// hit puts everything back to before leg i and runs it with a fault.
func (w *walk) hit(i int, f fault) (changes int, said string, err error) {
	w.t.Helper()
	unlocked(w.root)
	require.NoError(w.t, os.RemoveAll(w.root))
	w.run("cp", "-a", w.before(i), w.root)
	w.id = "S042-000001"
	c := w.command(w.legs()[i].args...)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	changes, err = trace(c, w.root, f)
	return changes, out.String(), err
}

// Every command of the journey, killed or left without room at its changes of
// the disk: afterwards nothing in clear lies about, no medium looks whole that
// is not, and the same command or the one it names leads on.
func TestTheJourneySurvivesAFaultAtEveryChange(t *testing.T) {
	every := os.Getenv("JOURNEY_FAULTS")
	points := 1
	if every != "" {
		var err error
		points, err = strconv.Atoi(every)
		require.NoError(t, err, "JOURNEY_FAULTS: how many changes of each command, all of them for 0")
	}
	outer, w := t, newWalk(t)
	for i, l := range w.legs() {
		at := []int{12 + 2*i} // every command makes 30 changes and more
		if every != "" {
			changes, said, err := w.hit(i, fault{})
			require.NoError(t, err, said)
			at = chosen(changes, points)
		}
		for n, errno := range []syscall.Errno{0, syscall.ENOSPC} {
			if every == "" && n != i%2 {
				continue // in turn, for a quick run
			}
			t.Run(l.name+[]string{" killed", " disk full"}[n], func(t *testing.T) {
				w.t, w.site.t = t, t
				defer func() { w.t, w.site.t = outer, outer }()
				felt := 0
				for _, n := range at {
					_, said, err := w.hit(i, fault{at: n, errno: errno})
					if errors.Is(err, syscall.EPERM) {
						t.Skipf("processes cannot be traced here: %v", err)
					}
					if err != nil { // no two runs make quite the same changes, and a full disk is not always felt
						felt++
						w.afterFault(i, n, errno, said)
					}
					w.leadOn(i, n, said)
				}
				t.Logf("felt at %d of %d changes tried", felt, len(at))
				require.GreaterOrEqual(t, felt, len(at)*3/4)
			})
		}
	}
}

// chosen are the changes at which the fault happens: spread evenly, or every one.
func chosen(changes, points int) []int {
	if points == 0 || points > changes {
		points = changes - 1 // the one after the last is none
	}
	at := make([]int, points)
	for i := range at {
		at[i] = 1 + changes*(2*i+1)/(2*points)
	}
	return at
}

func (w *walk) afterFault(i, n int, errno syscall.Errno, said string) {
	w.t.Helper()
	if errno != 0 {
		require.Containsf(w.t, said, "no space left on device", "%s, change %d", w.legs()[i].name, n)
	}
	w.nothingInClear()
	found, err := carry.Find(w.medium())
	require.NoError(w.t, err)
	for _, folder := range found {
		r, err := carry.Inspect(w.t.Context(), carry.ReadOptions{}, folder)
		require.NoError(w.t, err)
		require.Equal(w.t, carry.Whole, r.State)
		require.Empty(w.t, r.Damaged)
	}
}

// nothingInClear searches everything the commands have written for the markers.
func (w *walk) nothingInClear() {
	w.t.Helper()
	require.NoError(w.t, filepath.WalkDir(w.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(w.root, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		of := func(prefix string) bool { return strings.HasPrefix(rel, filepath.FromSlash(prefix)) }
		staged := of("site/bundles/") && strings.Contains(rel, "/staging/")
		if !staged && !of("site/runs/") {
			require.NotContains(w.t, string(text), rawMarker, rel)
		}
		if of("medium/") || of("tmp/") || strings.Contains(rel, "/sealed/") {
			require.NotContains(w.t, string(text), textMarker, rel)
		}
		return nil
	}))
}

// leadOn does what a person does after a crash, once there is room again: the
// same command, or what its refusal says.
func (w *walk) leadOn(i, n int, said string) {
	w.t.Helper()
	l := w.legs()[i]
	switch state := w.state(); {
	case l.name == "collect":
		if state == "COLLECTED" || state == "REDACTED" || state == "BEGUN" {
			w.again([]string{"bundle", "collect", "--as", "mdurand", "--resume", w.id})
		}
		if s := w.state(); s != l.ends {
			require.Containsf(w.t, []string{"", "WITHDRAWN"}, s, "after change %d: %s", n, said)
			require.NoError(w.t, w.again(l.args))
		}
	case strings.Contains(l.name, "review"):
		require.NoError(w.t, os.RemoveAll(l.args[len(l.args)-1])) // what was printed of a report is not printed over
		require.NoError(w.t, w.again(l.args))
	case state != l.ends:
		require.NoError(w.t, w.again(l.args))
	}
	require.Equalf(w.t, l.ends, w.state(), "%s, change %d: %s", l.name, n, said)
	w.nothingInClear()
	require.NoError(w.t, w.again([]string{"bundle", "show", w.id})) // any command on bundles sweeps what a crash left
	left, err := filepath.Glob(filepath.Join(w.dir, "bundles", "*", "staging"))
	require.NoError(w.t, err)
	require.Emptyf(w.t, left, "%s, change %d", l.name, n)
	verified := w.ok("journal", "verify")
	require.NotContains(w.t, verified, "torn")
}

// again runs a command, and where it says that the journal must be repaired
// first, does that and runs it once more.
func (w *walk) again(args []string) error {
	out, err := w.command(args...).CombinedOutput()
	if err != nil && strings.Contains(string(out), "next: darksite journal repair") {
		w.ok("journal", "repair", "--as", "amartin")
		out, err = w.command(args...).CombinedOutput()
	}
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}
