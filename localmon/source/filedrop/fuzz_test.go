package filedrop

import (
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/sourcetest"

	"github.com/stretchr/testify/require"
)

const (
	seedJSON = `{"darksite_drop":1,"looks":[{"at":"2026-11-22T12:00:00Z","samples":[{"metric":"a","labels":{"b":"c"},"value":1}],"states":[{"type":"drive","component":"x","status":"ok"}],"alerts":[{"name":"1"}]}]}`
	seedCSV  = "target,metric,labels,time,value\n,a,\"b=\"\"c\"\"\",2026-11-22T12:00:00Z,1\n,a,,2026-11-22T11:00:00Z,2\n"
	seedText = "a{b=\"c\"} 1 1795348800\na 2 1795348800.5\n# EOF\n"
)

// fuzzDrop reads any file of a format: what comes out keeps the rules of a batch
// and goes on in time, and the look made of it does too.
func fuzzDrop(f *testing.F, name string) {
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := New(Options{Target: "t", Dir: "nowhere", Decode: func(string, []byte, time.Time) (localmon.Batch, error) {
			return localmon.Batch{At: time.Unix(1, 0)}, nil
		}})
		require.NoError(t, err)
		c, err := s.decode(name, body, time.Unix(0, 0))
		if err != nil {
			require.Less(t, len(err.Error()), 2000)
			return
		}
		var last time.Time
		n := 0
		for b := range c.batches() {
			require.NoError(t, sourcetest.Check(b, "t", b.At))
			require.True(t, n == 0 || b.At.After(last))
			last = b.At
			n++
		}
		require.Positive(t, n)
		s.know(c, "digest", last)
		b := localmon.Batch{Target: "t", At: last}
		s.newest.batch(&b, time.Hour)
		for _, state := range b.States {
			require.False(t, state.Status == "" && state.Health == localmon.HealthOK)
		}
	})
}

func FuzzDropJSON(f *testing.F) {
	f.Add([]byte(seedJSON))
	f.Add([]byte(`{"items":[]}`))
	fuzzDrop(f, "a.json")
}

func FuzzDropCSV(f *testing.F) {
	f.Add([]byte(seedCSV))
	fuzzDrop(f, "a.csv")
}

func FuzzDropText(f *testing.F) {
	f.Add([]byte(seedText))
	fuzzDrop(f, "a.prom")
}
