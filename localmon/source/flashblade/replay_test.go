package flashblade

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"

	"github.com/stretchr/testify/require"
)

// event is an alert as the array listed it from one moment on, in milliseconds.
type event struct {
	at   int64
	item map[string]any
}

// events makes a stream of alerts of which only the end is known: each was open
// from when it was created until it was last changed.
func events(items []map[string]any) []event {
	var all []event
	for _, item := range items {
		created, updated := int64(item["created"].(float64)), int64(item["updated"].(float64))
		if created < updated {
			first := maps.Clone(item)
			first["state"], first["updated"] = "open", float64(created)
			all = append(all, event{created, first})
		}
		all = append(all, event{updated, item})
	}
	slices.SortStableFunc(all, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	return all
}

// replay hands a stream to the memory as looks would see it: at each event what
// was updated in the last ten minutes. It says how often each alert was told as
// closed and what is held not to be closed at the end, by state.
func replay(t *testing.T, items []map[string]any) (told map[string]int, left map[string]int) {
	t.Helper()
	m := newMemory(Options{}).alerts
	told = map[string]int{}
	var batch []localmon.ArrayAlert
	stream := events(items)
	from := 0
	for i, e := range stream {
		for stream[from].at < e.at-10*time.Minute.Milliseconds() {
			from++
		}
		latest := map[any]map[string]any{}
		for _, seen := range stream[from : i+1] {
			latest[seen.item["id"]] = seen.item // an array lists an alert as it is now
		}
		body, err := json.Marshal(map[string]any{"items": slices.Collect(maps.Values(latest))})
		require.NoError(t, err)
		l, err := arrayrest.ParsePage(body)
		require.NoError(t, err)
		m.Take(l, false)
		var partial []error
		batch, partial = m.Apply(time.UnixMilli(e.at))
		require.Empty(t, partial)
		for _, a := range batch {
			if arrayrest.Closed(a) {
				told[a.ID]++
			}
		}
	}
	left = map[string]int{}
	for _, a := range batch {
		if !arrayrest.Closed(a) {
			left[a.State]++
		}
	}
	return told, left
}

// TestRecordedAlertsOfThreeYearsAreEachToldOnce plays what one array raised
// from 2020 to 2023.
func TestRecordedAlertsOfThreeYearsAreEachToldOnce(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "data", "recorded", "flashblade", "alerts.json"))
	if err != nil {
		t.Skip("the recorded alerts of three years are not here: ", err)
	}
	var reply struct{ Items []map[string]any }
	require.NoError(t, json.Unmarshal(raw, &reply))
	require.Len(t, reply.Items, 676)
	told, left := replay(t, reply.Items)
	require.Len(t, told, 665)
	for id, n := range told {
		require.Equal(t, 1, n, id)
	}
	require.Equal(t, map[string]int{"open": 10, "closing": 1}, left)
}

// TestAlertsLikeThoseOfThreeYearsAreEachToldOnce makes a stream with the
// figures that were published of that recording: 676 alerts, of which 114 were
// closed in the moment they were raised and 206 within a minute.
func TestAlertsLikeThoseOfThreeYearsAreEachToldOnce(t *testing.T) {
	dice := rand.New(rand.NewPCG(20, 23))
	begin := time.Date(2020, 1, 31, 0, 0, 0, 0, time.UTC).UnixMilli()
	var items []map[string]any
	for n := range 676 {
		life, state := 5*time.Minute+time.Duration(dice.Int64N(int64(20*time.Hour))), "closed"
		switch {
		case n < 114:
			life = 0
		case n < 206:
			life = time.Duration(1 + dice.Int64N(int64(time.Minute)))
		case n < 292:
			life = time.Minute + time.Duration(dice.Int64N(int64(4*time.Minute)))
		case n >= 675:
			state = "waiting to downgrade"
		case n >= 665:
			state = "open"
		}
		created := begin + dice.Int64N((3 * 365 * 24 * time.Hour).Milliseconds())
		if n%7 == 0 && n > 0 { // bursts
			created = int64(items[n-1]["created"].(float64)) + 1
		}
		items = append(items, map[string]any{
			"id": fmt.Sprint("id", n), "name": fmt.Sprint(n), "code": 1000.0, "state": state, "component_name": "CH1.FB1",
			"created": float64(created), "updated": float64(created + life.Milliseconds()),
		})
	}
	told, left := replay(t, items)
	require.Len(t, told, 665)
	for id, n := range told {
		require.Equal(t, 1, n, id)
	}
	require.Equal(t, map[string]int{"open": 10, "waiting to downgrade": 1}, left)
}
