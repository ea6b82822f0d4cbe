package intake_test

import (
	"bytes"
	"context"
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
	s, err := open(dir, []age.Identity{id}, func(string) (roster.Roster, error) { return r, nil }, 0)
	if err != nil {
		return err
	}
	sets, err := intake.Find(filepath.Join(dir, "medium"))
	if err != nil {
		return err
	}
	for _, set := range sets {
		if _, err := s.Import(context.Background(), set); err != nil {
			return err
		}
	}
	return s.db.Close()
}

// Killed at any instant, an import has happened or has not: every bundle ends up
// imported once, and what is recorded is whole at every moment between.
func TestKilledAtRandomInstants(t *testing.T) {
	k := bundletest.New(t)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "intake.key"), []byte(k.Intake.String()), 0o600))
	text, err := k.Roster.Encode()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "roster"), text, 0o600))
	medium := filepath.Join(dir, "medium")
	require.NoError(t, os.Mkdir(medium, 0o700))
	bundles := 5
	if n, err := strconv.Atoi(os.Getenv("INTAKE_BUNDLES")); err == nil {
		bundles = n
	}
	prev := ""
	for seq := range int64(bundles) { // one after the other, as a site makes them
		p := pack(t, k, cargo{seq: seq + 1, prev: prev, caseName: draftID, draft: draft(draftID, 3)})
		p.writeTo(t, medium)
		prev = string(p.manifest)
	}

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
	require.Equal(t, bundles, checkStation(t, k, dir))
	s, err := open(dir, []age.Identity{k.Intake}, k.Rosters, 0)
	require.NoError(t, err)
	defer s.db.Close()
	blobs := 0
	for range files(t, filepath.Join(dir, "blobs")) {
		blobs++
	}
	require.Equal(t, bundles, blobs, "no orphan, no half")
	trees, err := os.ReadDir(filepath.Join(dir, "opened"))
	require.NoError(t, err)
	require.Len(t, trees, bundles)
	cases, err := s.store.Cases(t.Context())
	require.NoError(t, err)
	require.Len(t, cases, 1)
	require.Len(t, cases[0].Bundles, bundles)
	for _, b := range cases[0].Bundles {
		require.Empty(t, b.Warnings, "they came in order and one by one")
	}
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
