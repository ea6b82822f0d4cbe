package intake_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/desk/intake"
	"darksite/bundle/roster"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

// The test binary, started again with this variable, is an import station that
// takes in all media below the folder it names, until somebody kills it.
const childEnv = "DARKSITE_INTAKE_TEST_CHILD"

// killAtEnv is the number of the step after which the child kills itself.
const killAtEnv = "DARKSITE_INTAKE_TEST_KILL_AT"

func child(dir string) error {
	key, err := os.ReadFile(filepath.Join(dir, "intake.key"))
	if err != nil {
		return err
	}
	id, err := age.ParseHybridIdentity(string(key))
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, "roster"))
	if err != nil {
		return err
	}
	r, err := roster.Parse(text)
	if err != nil {
		return err
	}
	s, err := openApart(dir, []age.Identity{id}, func(string) (roster.Roster, error) { return r, nil }, 0)
	if err != nil {
		return err
	}
	sets, err := intake.Find(filepath.Join(dir, "medium"))
	if err != nil {
		return err
	}
	if at, err := strconv.Atoi(os.Getenv(killAtEnv)); err == nil {
		s.OnStep(func(name string) {
			if at--; at == 0 {
				fmt.Fprint(os.Stderr, name)
				if self, err := os.FindProcess(os.Getpid()); err == nil {
					_ = self.Kill()
				}
				select {} // it comes in a moment
			}
		})
	}
	for _, set := range sets {
		if _, err := s.Import(context.Background(), set); err != nil {
			return err
		}
	}
	return s.db.Close()
}

// importSteps are the steps of one import, in order, at which it may be killed.
var importSteps = []string{"quarantine", "label", "read", "checked", "noted", "blob", "tree", "recorded"}

// laden makes a desk folder with a medium of so many bundles, one after the other as
// a site makes them.
func laden(t *testing.T, k *bundletest.Kit, bundles int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "intake.key"), []byte(k.Intake.String()), 0o600))
	text, err := k.Roster.Encode()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "roster"), text, 0o600))
	medium := filepath.Join(dir, "medium")
	require.NoError(t, os.Mkdir(medium, 0o700))
	prev := ""
	for seq := range int64(bundles) {
		p := pack(t, k, cargo{seq: seq + 1, prev: prev, caseName: draftID, draft: draft(draftID, 3)})
		p.writeTo(t, medium)
		prev = string(p.manifest)
	}
	return dir
}

// countOf is how many bundles a test takes: few, or what the variable says.
func countOf(few int) int {
	if n, err := strconv.Atoi(os.Getenv("INTAKE_BUNDLES")); err == nil {
		return n
	}
	return few
}

// Killed after every step of every import in turn. After each kill the desk is
// opened as the next command would: every bundle is imported whole or not at all,
// and nothing lies anywhere that no record speaks of.
func TestKilledAtEveryStep(t *testing.T) {
	k := bundletest.New(t)
	bundles := countOf(3)
	dir := laden(t, k, bundles)
	self, err := os.Executable()
	require.NoError(t, err)
	kills := 0
	for have := range bundles {
		for at, step := range importSteps {
			cmd := exec.CommandContext(t.Context(), self)
			// Those that are here already end at their label, the second step.
			cmd.Env = append(os.Environ(), childEnv+"="+dir, killAtEnv+"="+strconv.Itoa(2*have+at+1))
			var told bytes.Buffer
			cmd.Stderr = &told
			require.EqualError(t, cmd.Run(), "signal: killed", told.String())
			require.Equal(t, step, told.String())
			kills++
			want := have
			if step == "recorded" {
				want++
			}
			require.Equal(t, want, checkStation(t, k, dir), "killed at %s", step)
			nothingElse(t, dir, want)
		}
	}
	t.Logf("%d kills over %d bundles", kills, bundles)
	requireWhole(t, k, dir, bundles)
}

// nothingElse wants so many blobs and trees, no more.
func nothingElse(t *testing.T, dir string, bundles int) {
	t.Helper()
	require.Len(t, files(t, filepath.Join(dir, "blobs")), bundles, "no orphan, no half")
	trees, err := os.ReadDir(filepath.Join(dir, "opened"))
	require.NoError(t, err)
	require.Len(t, trees, bundles)
}

// requireWhole wants every bundle imported once, in order, on one case.
func requireWhole(t *testing.T, k *bundletest.Kit, dir string, bundles int) {
	t.Helper()
	require.Equal(t, bundles, checkStation(t, k, dir))
	nothingElse(t, dir, bundles)
	s, err := open(dir, []age.Identity{k.Intake}, k.Rosters, 0)
	require.NoError(t, err)
	defer s.db.Close()
	cases, err := s.store.Cases(t.Context())
	require.NoError(t, err)
	require.Len(t, cases, 1)
	require.Len(t, cases[0].Bundles, bundles)
	for _, b := range cases[0].Bundles {
		require.Empty(t, b.Warnings, "they came in order and one by one")
	}
}

// Killed at any instant, an import has happened or has not: every bundle ends up
// imported once, and what is recorded is whole at every moment between.
func TestKilledAtRandomInstants(t *testing.T) {
	k := bundletest.New(t)
	bundles := countOf(5)
	dir := laden(t, k, bundles)
	self, err := os.Executable()
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(7, 2026))
	killed, imported, stuck := 0, 0, 0
	for {
		require.Less(t, stuck, 60, "it must come to an end")
		cmd := exec.CommandContext(t.Context(), self)
		cmd.Env = append(os.Environ(), childEnv+"="+dir)
		var told bytes.Buffer
		cmd.Stderr = &told
		require.NoError(t, cmd.Start())
		// Longer and longer where nothing gets done, so that any machine gets there.
		time.Sleep(time.Duration(rng.IntN(10+5*stuck*stuck)) * time.Millisecond)
		_ = cmd.Process.Kill() // it may have ended by itself
		if err := cmd.Wait(); err == nil {
			break
		} else {
			require.Equal(t, "signal: killed", err.Error(), told.String())
		}
		killed++
		now := checkStation(t, k, dir)
		require.GreaterOrEqual(t, now, imported, "what was imported stays imported")
		if stuck++; now > imported {
			imported, stuck = now, 0
		}
	}
	require.Positive(t, killed)
	t.Logf("killed %d times", killed)
	requireWhole(t, k, dir, bundles)
}

// checkStation opens a desk after a crash and says how many bundles it has; each
// of them must be whole.
func checkStation(t *testing.T, k *bundletest.Kit, dir string) int {
	t.Helper()
	s, err := open(dir, []age.Identity{k.Intake}, k.Rosters, 0)
	require.NoError(t, err)
	defer s.db.Close()
	left, err := os.ReadDir(filepath.Join(dir, "quarantine"))
	require.NoError(t, err)
	require.Empty(t, left, "a new intake begins with an empty quarantine")
	found, err := s.store.Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, found)
	chain, err := s.store.Bundles(t.Context(), "S042")
	require.NoError(t, err)
	for _, b := range chain {
		blob := mustRead(t, filepath.Join(dir, "blobs", string(b.SealedSHA256[:2]), string(b.SealedSHA256)))
		require.Equal(t, b.SealedSHA256, bundle.DigestOf(blob))
		require.Equal(t, b.ManifestSHA256, bundle.DigestOf(mustRead(t, filepath.Join(s.Tree(b.SealedSHA256), "MANIFEST.json"))))
		require.FileExists(t, filepath.Join(s.Tree(b.SealedSHA256), "files", "case", "case.json"))
	}
	return len(chain)
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return err
	}))
	return out
}
