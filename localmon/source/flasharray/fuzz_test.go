package flasharray

import (
	"math"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"

	"github.com/stretchr/testify/require"
)

// FuzzPage feeds any bytes as a page of every kind of list: no panic, no number
// that is none, names bounded, every state judged.
func FuzzPage(f *testing.F) {
	f.Add([]byte(`{"items":[{"name":"CH0.BAY0","type":"SSD","status":"healthy","capacity":1}],"continuation_token":null}`))
	f.Add([]byte(`{"items":[{"id":"x","name":"1","code":60,"state":"open","updated":1700000000000}],"more_items_remaining":true}`))
	f.Add([]byte(`{"items":[{"name":"v","reads_per_sec":1e308,"space":{"unique":-1},"eth":{"received_bytes_per_sec":null}}],"errors":[{"message":"m"}]}`))
	f.Add([]byte(`{"items":[null,1,[],{"name":{}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		l, err := arrayrest.ParsePage(body)
		if err != nil {
			return
		}
		out, drives, controllers, hardware := localmon.NewSampler("t"), arrayrest.NewParts(), arrayrest.NewParts(), arrayrest.NewParts()
		l.Each(func(f arrayrest.Fields) {
			arrayPerformance(out, f)
			arraySpace(out, f)
			portPerformance(out, f)
			hostPerformance(out, f)
			volumePerformance(out, f, "naa.x")
			volumeSpace(out, f)
			hostConnectivity(out, f)
			podMediators(out, f)
			portSpeed(out, f)
			driveState(drives, out, f)
			controllerState(controllers, out, f)
			hardwareState(hardware, out, f)
			a := alertOf(f)
			require.LessOrEqual(t, len(a.Description), 2048+len("…"))
			alertSamples(out, []localmon.ArrayAlert{a})
		}, func(error) {})
		for _, s := range out.Samples() {
			require.False(t, math.IsNaN(s.Value) || math.IsInf(s.Value, 0))
			labels, err := localmon.ParseLabels(s.Key.Labels)
			require.NoError(t, err)
			require.Equal(t, s.Key.Labels, localmon.JoinLabels(labels))
		}
		for _, s := range believe(drives, controllers, hardware, true) {
			require.NotEmpty(t, s.Component)
			require.LessOrEqual(t, len(s.Component), arrayrest.MaxName)
			require.False(t, s.Health == localmon.HealthOK && s.Status == "")
		}
	})
}

// FuzzDecode feeds any name and bytes as a saved file.
func FuzzDecode(f *testing.F) {
	f.Add("drives.json", []byte(`{"items":[{"name":"CH0.BAY0","type":"SSD","status":"healthy","capacity":1}],"continuation_token":null}`))
	f.Add("Alerts", []byte(`{"items":[{"id":"x","name":"1","code":60,"state":"open","updated":1700000000000}],"more_items_remaining":true}`))
	f.Add(`C:\drop\volumes_performance.JSON`, []byte(`{"items":[{"name":"v","reads_per_sec":1e308}],"errors":[{"message":"m"}]}`))
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		b, err := Decode(name, body, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
		if err != nil {
			require.Zero(t, b)
			require.ErrorContains(t, err, "flasharray: ")
			return
		}
		for _, s := range b.Samples {
			require.False(t, math.IsNaN(s.Value) || math.IsInf(s.Value, 0))
		}
		for _, s := range b.States {
			require.NotEmpty(t, s.Component)
			require.False(t, s.Health == localmon.HealthOK && s.Status == "")
		}
	})
}
