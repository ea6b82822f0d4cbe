package resttest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"darksite/localmon"

	"github.com/stretchr/testify/require"
)

// zero is when the first alert of the tests was last changed.
const zero = 1_700_000_000_000

// alert is one alert changed so many seconds after zero.
func (s Subject) alert(n int, state string, seconds int64) Item {
	return s.Alert(n, state, zero+seconds*1000)
}

// AlertStates spells the alerts of a batch as number and state.
func AlertStates(b localmon.Batch) string {
	var all []string
	for _, a := range b.Alerts {
		all = append(all, a.Name+" "+a.State)
	}
	return strings.Join(all, ", ")
}

func (s Subject) alerts(t *testing.T) {
	t.Run("are read by a watermark and told once when closed", s.watermark)
	t.Run("of an array that does not filter", func(t *testing.T) {
		a, src := s.both(t)
		a.Refuses = []string{"*"}
		a.Items["alerts"] = []Item{s.alert(1, "open", 0), s.alert(2, "closed", 100)}
		b := Collect(t, src, At())
		require.Empty(t, b.Partial)
		require.Equal(t, "1 open, 2 closed", AlertStates(b))
		require.NotEmpty(t, a.Queries("alerts"))
		a.Set(func() { a.Items["alerts"] = append(a.Items["alerts"], s.alert(3, "closed", 200)) })
		require.Equal(t, "1 open, 3 closed", AlertStates(Collect(t, src, At().Add(30*time.Second))))
		require.Equal(t, []string{"limit=1000&sort=updated-"}, a.Queries("alerts"), "what was refused once is not asked again")
	})
	t.Run("that cannot be read are not none", func(t *testing.T) {
		a, src := s.both(t)
		a.Items["alerts"] = []Item{s.alert(1, "open", 0)}
		Collect(t, src, At())
		a.Breaks("alerts", http.StatusInternalServerError)
		b := Collect(t, src, At().Add(30*time.Second))
		require.False(t, b.AlertsRead)
		require.Empty(t, b.Alerts)
		a.Set(func() {
			a.Misbehave = nil
			a.Items["alerts"] = []Item{s.alert(1, "closed", 60), s.alert(2, "closed", 70)}
		})
		require.Equal(t, "1 closed, 2 closed", AlertStates(Collect(t, src, At().Add(time.Minute))), "nothing is lost by the failed look")
	})
	t.Run("listed twice are one", func(t *testing.T) {
		a, src := s.both(t)
		a.Items["alerts"] = []Item{s.alert(1, "open", 1000), s.alert(1, "open", 1000)}
		b := Collect(t, src, At())
		require.Len(t, b.Alerts, 1)
		require.Equal(t, 1, Count(b, s.OpenAlerts))
	})
	t.Run("from the future hide no other", func(t *testing.T) {
		a, src := s.both(t)
		at := At()
		a.Clock = at
		a.Items["alerts"] = []Item{s.Alert(1, "open", at.Add(1000*time.Hour).UnixMilli())}
		Collect(t, src, At())
		a.Set(func() {
			a.Items["alerts"] = append(a.Items["alerts"], s.Alert(2, "closed", at.Add(time.Hour).UnixMilli()))
		})
		require.Equal(t, "2 closed, 1 open", AlertStates(Collect(t, src, At().Add(30*time.Second))))
	})
	t.Run("more than an array has are bounded and none is lost", s.burst)
}

func (s Subject) watermark(t *testing.T) {
	a, src := s.both(t)
	a.Items["alerts"] = []Item{s.alert(1, "open", 0), s.alert(2, "closing", 100), s.alert(3, "closed", 200), s.alert(4, "closed", -90_000)}
	b := Collect(t, src, At())
	require.True(t, b.AlertsRead)
	require.Equal(t, "1 open, 2 closing, 3 closed", AlertStates(b), "closed ones of the last day are told, older ones are not")
	require.Equal(t, 2, Count(b, s.OpenAlerts), "closing is still open")
	a.Queries("alerts")

	now := At().Add(30 * time.Second)
	require.Equal(t, "1 open, 2 closing", AlertStates(Collect(t, src, now)), "a closed one is told once")
	require.Equal(t, []string{"filter=updated%3E%3D1699999600000&limit=1000"}, a.Queries("alerts"), "the newest seen, ten minutes back")

	// One opens and closes between two looks, one clears, one opens.
	a.Set(func() {
		a.Items["alerts"] = []Item{s.alert(1, "closed", 300), s.alert(2, "closing", 100), s.alert(5, "closed", 310), s.alert(6, "open", 320)}
	})
	now = now.Add(30 * time.Second)
	require.Equal(t, "2 closing, 1 closed, 5 closed, 6 open", AlertStates(Collect(t, src, now)))
	now = now.Add(30 * time.Second)
	require.Equal(t, "2 closing, 6 open", AlertStates(Collect(t, src, now)))

	// A closing that the array never dated is found by the whole reading.
	a.Set(func() { a.Items["alerts"] = []Item{s.alert(7, "open", -5000), s.alert(2, "closing", 100)} })
	require.Equal(t, "2 closing, 6 open", AlertStates(Collect(t, src, now.Add(30*time.Second))))
	require.Equal(t, "7 open, 2 closing", AlertStates(Collect(t, src, now.Add(11*time.Minute))))
}

func (s Subject) burst(t *testing.T) {
	a, src := s.both(t)
	for i := range 2500 {
		a.Items["alerts"] = append(a.Items["alerts"], s.alert(i, "open", int64(i)))
	}
	b := Collect(t, src, At())
	require.Len(t, b.Alerts, 2000)
	require.Equal(t, []string{"alerts"}, Failed(b))
	require.EqualError(t, b.Partial[0].Err, "500 open and 0 closed alerts beyond the first 2000 were left out")
	// All of them close at once: told in portions, none twice, none lost.
	a.Set(func() {
		for i := range a.Items["alerts"] {
			a.Items["alerts"][i] = s.alert(i, "closed", int64(4000+i%600))
		}
	})
	told := map[string]int{}
	for i := range 4 {
		for _, each := range Collect(t, src, At().Add(time.Duration(i+1)*30*time.Second)).Alerts {
			require.Equal(t, "closed", each.State)
			told[each.ID]++
		}
	}
	require.Len(t, told, 2500)
	for id, n := range told {
		require.Equal(t, 1, n, id)
	}
}
