package flasharray

import (
	"math"
	"strings"
	"testing"

	"darksite/localmon"

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
		var page envelope
		if decodeBounded(body, &page) != nil {
			return
		}
		var l listing
		l.add(&page)
		require.LessOrEqual(t, len(l.items), len(page.Items))
		out, drives, controllers, hardware := localmon.NewSampler("t"), newParts(), newParts(), newParts()
		l.each(func(f fields) {
			arrayPerformance(out, f)
			arraySpace(out, f)
			portPerformance(out, f)
			hostPerformance(out, f)
			volumePerformance(out, f, "naa.x")
			volumeSpace(out, f)
			hostConnectivity(out, f)
			podMediators(out, f)
			portSpeed(out, f)
			drives.drive(out, f)
			controllers.controller(out, f)
			hardware.hardware(out, f)
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
			require.LessOrEqual(t, len(s.Component), maxName)
			require.False(t, s.Health == localmon.HealthOK && s.Status == "")
		}
	})
}

func FuzzVersions(f *testing.F) {
	f.Add("1.19 2.0 2.15")
	f.Add("2.99999 2.-1 .4 2. 02.04")
	f.Fuzz(func(t *testing.T, text string) {
		v, ok := choose(strings.Fields(text))
		if ok {
			require.False(t, v.less(oldestVersion))
			require.False(t, newestVersion.less(v))
		}
	})
}

func FuzzShorten(f *testing.F) {
	f.Add("héllo", 2)
	f.Fuzz(func(t *testing.T, s string, n int) {
		n = min(max(n, 0), 1000)
		got := shorten(s, n)
		require.LessOrEqual(t, len(got), n+len("…"))
		if len(s) <= n {
			require.Equal(t, s, got)
		}
	})
}

func FuzzParsePin(f *testing.F) {
	f.Add("sha256:" + strings.Repeat("0A:", 31) + "0A")
	f.Fuzz(func(t *testing.T, s string) {
		pin, err := ParsePin(s)
		if err != nil {
			return
		}
		require.Len(t, pin, len(pinPrefix)+64)
		again, err := ParsePin(pin)
		require.NoError(t, err)
		require.Equal(t, pin, again)
	})
}
