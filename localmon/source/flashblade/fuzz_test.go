package flashblade

import (
	"math"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"

	"github.com/stretchr/testify/require"
)

// pages are what the fuzzers begin with.
var pages = []string{
	`{"items":[{"name":"CH1.FB1","type":"fb","status":"healthy","index":null,"slot":1,"raw_capacity":1,"progress":0.5,"sensor_readings":[{"name":"CPU","reading":81.5,"status":"CRITICAL"}]}],"continuation_token":null}`,
	`{"items":[{"id":"x","name":"1","code":1000,"state":"waiting to downgrade","updated":1700000000000,"action":"a\nb","variables":{"k":"v"}}]}`,
	`{"items":[{"name":"fs","reads_per_sec":4.0333,"usec_per_read_op":1e308,"space":{"unique":-1,"total_physical":1e300},"capacity":1e-300,"nfs":{"v3_enabled":true,"export_policy":null},"account":{"name":"a"}}],"errors":[{"message":"m"}]}`,
	`{"items":[null,1,[],{"name":{},"slot":1e300,"index":-1e300,"sensor_readings":[null,1,{}],"remote":{"name":"fb2"}}]}`,
}

// holds says what holds of every batch, whatever was sent.
func holds(t *testing.T, b localmon.Batch) {
	t.Helper()
	for _, s := range b.Samples {
		require.False(t, math.IsNaN(s.Value) || math.IsInf(s.Value, 0))
		labels, err := localmon.ParseLabels(s.Key.Labels)
		require.NoError(t, err)
		require.Equal(t, s.Key.Labels, localmon.JoinLabels(labels))
	}
	for _, s := range b.States {
		require.NotEmpty(t, s.Component)
		require.LessOrEqual(t, len(s.Component), arrayrest.MaxName)
		require.False(t, s.Health == localmon.HealthOK && s.Status == "")
	}
	for _, a := range b.Alerts {
		require.LessOrEqual(t, len(a.Description), 2048+len("…"))
		require.LessOrEqual(t, len(a.Action), 1024+len("…"))
	}
}

// FuzzPage feeds any bytes as a page of every kind of list: no panic, no number
// that is none, names bounded, every state judged.
func FuzzPage(f *testing.F) {
	for _, page := range pages {
		f.Add([]byte(page))
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, row := range collected {
			read, err := arrayrest.Saved(now, row, body)
			if err != nil {
				return
			}
			holds(t, newMemory(Options{}).batch(read))
		}
	})
}

// FuzzDecode feeds any name and bytes as a saved file.
func FuzzDecode(f *testing.F) {
	for i, name := range []string{"hardware.json", "alerts", "arrays_space_array.json", `C:\drop\Array-Connections.JSON`} {
		f.Add(name, []byte(pages[i]))
	}
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		b, err := Decode(name, body, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
		if err != nil {
			require.Zero(t, b)
			require.ErrorContains(t, err, "flashblade: ")
			return
		}
		holds(t, b)
	})
}
