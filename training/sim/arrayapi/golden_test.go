package arrayapi_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden holds replies of another day and another process against those of
// today: whole ones where a person may want to read them, else their digest.
func TestGolden(t *testing.T) {
	goldenOf(t, "", newRig(t, sim.Options{Name: "fa-prod-1", Seed: 42, Size: sim.Recorded}), []sim.Fault{
		{Kind: sim.DriveFail, Target: "CH0.BAY7"},
		{Kind: sim.CapacityFill, Params: map[string]string{"target": "93", "over": "20m"}},
	}, map[string]bool{"alerts": true, "arrays": true, "arrays/performance": true, "controllers": true})
}

func goldenOf(t *testing.T, dir string, r *rig, faults []sim.Fault, whole map[string]bool) {
	t.Helper()
	if runtime.GOARCH != "amd64" {
		t.Skip("the golden replies were made on amd64; other processors may round floating point otherwise")
	}
	for _, f := range faults {
		r.inject(f)
	}
	r.array.Advance(19 * time.Minute)
	var sums strings.Builder
	for _, path := range arrayapi.Endpoints(r.array.Options().Family) {
		body := r.raw(path).Body.Bytes()
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(body), path)
		if whole[path] {
			var pretty bytes.Buffer
			require.NoError(t, json.Indent(&pretty, body, "", "  "))
			golden(t, filepath.Join(dir, strings.ReplaceAll(path, "/", "_")+".json"), pretty.Bytes())
		}
	}
	golden(t, filepath.Join(dir, "SHA256SUMS"), []byte(sums.String()))
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, got, 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run the test with -update to make it")
	require.Equal(t, string(want), string(got), "run the test with -update if the change is wanted")
}
