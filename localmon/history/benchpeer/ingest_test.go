package benchpeer

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"darksite/localmon/history/workload"

	"github.com/stretchr/testify/require"
)

// store takes in scrapes.
type store interface {
	next(a *workload.Array) (samples int) // makes the next scrape ready; not measured
	take(ctx context.Context) error
	finish(ctx context.Context) error // brings what was taken into its final form
	close() error
}

// order is what the process that ingests is told.
type order struct {
	Store   string
	Dir     string
	Shape   workload.Shape
	Scrapes int
}

// ingested is what it answers.
type ingested struct {
	Samples int
	CPU     time.Duration
	Peak    int64 // of resident memory
	Anon    int64 // of anonymous memory
}

const orderVariable = "PEER_ORDER"

// ingest has a process of its own fill a store.
func ingest(t *testing.T, o order) (got ingested) {
	text, err := json.Marshal(o)
	require.NoError(t, err)
	answer := filepath.Join(t.TempDir(), "answer.json")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestIngest$", "-test.timeout=60m")
	cmd.Env = append(os.Environ(), orderVariable+"="+string(text), orderVariable+"_ANSWER="+answer)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	stop := watch(cmd.Process.Pid)
	err = cmd.Wait()
	anon := stop()
	require.NoError(t, err, "filling the %s store failed", o.Store)
	text, err = os.ReadFile(answer)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &got))
	got.Anon = anon
	return got
}

// TestIngest is the process that ingest starts.
func TestIngest(t *testing.T) {
	text := os.Getenv(orderVariable)
	if text == "" {
		t.Skip("is started by TestPeer")
	}
	var o order
	require.NoError(t, json.Unmarshal([]byte(text), &o))
	a := workload.New(o.Shape)
	s, err := stores[o.Store](o.Dir)
	require.NoError(t, err)

	var (
		got    ingested
		making time.Duration
	)
	before := cpuTime(ofProcess)
	for a.Scrapes() < o.Scrapes {
		apart(&making, func() { got.Samples += s.next(a) })
		require.NoError(t, s.take(t.Context()))
	}
	require.NoError(t, s.finish(t.Context()))
	got.CPU = cpuTime(ofProcess) - before - making
	require.NoError(t, s.close())
	got.Peak, err = memory("self", "VmHWM")
	require.NoError(t, err)
	answer, err := json.Marshal(got)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(os.Getenv(orderVariable+"_ANSWER"), answer, 0o600))
}

// stores opens each kind of store in a folder.
var stores = map[string]func(dir string) (store, error){
	"none":       func(string) (store, error) { return nowhere{}, nil },
	"prometheus": func(dir string) (store, error) { return openPrometheus(dir) },
	"history":    func(dir string) (store, error) { return openHistory(dir) },
}

// nowhere stores nothing.
type nowhere struct{}

func (nowhere) next(a *workload.Array) int {
	_, values := a.Next()
	return len(values)
}
func (nowhere) take(context.Context) error   { return nil }
func (nowhere) finish(context.Context) error { return nil }
func (nowhere) close() error                 { return nil }
