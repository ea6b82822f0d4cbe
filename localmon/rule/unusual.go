package rule

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"
)

const (
	weekHours = 7 * 24
	keptWeeks = 5 // of each hour of the week

	hourCounts = 20 * time.Minute // an hour that was seen for less teaches nothing
	strangers  = 4                // deviations from the usual that make a value unusual
	leastShare = 0.1              // of the usual: no deviation is taken to be less
)

// habit is what one series did at each hour of the week, in the newest weeks:
// one mean an hour. The median of a few weeks is not moved by one bad week, and
// the deviation counts the hours before and after as well, because work does not
// begin on the minute.
type habit struct {
	Weeks hours     `json:"weeks"`
	Hour  time.Time `json:"hour,omitzero"` // the one under way
	Sum   float64   `json:"sum,omitempty"`
	N     int       `json:"n,omitempty"`
	First time.Time `json:"first,omitzero"` // sample of the hour under way
	Last  time.Time `json:"last,omitzero"`
}

// hours holds the means, the newest first; NaN where there is none.
type hours [weekHours][keptWeeks]float32

// MarshalText packs the means, which are most of what an evaluator remembers.
func (h hours) MarshalText() ([]byte, error) {
	raw := make([]byte, 0, weekHours*keptWeeks*4)
	for i := range h {
		for _, v := range h[i] {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
		}
	}
	return base64.StdEncoding.AppendEncode(nil, raw), nil
}

// UnmarshalText is the way back.
func (h *hours) UnmarshalText(text []byte) error {
	raw, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		return fmt.Errorf("hours of the week: %w", err)
	}
	if len(raw) != weekHours*keptWeeks*4 {
		return fmt.Errorf("hours of the week: %d bytes, want %d", len(raw), weekHours*keptWeeks*4)
	}
	for i := range h {
		for k := range h[i] {
			h[i][k] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*(i*keptWeeks+k):]))
		}
	}
	return nil
}

func newHabit() *habit {
	h := &habit{}
	for i := range h.Weeks {
		h.Weeks[i] = [keptWeeks]float32{}
		for k := range h.Weeks[i] {
			h.Weeks[i][k] = float32(math.NaN())
		}
	}
	return h
}

// hourOfWeek counts from Sunday midnight, UTC.
func hourOfWeek(t time.Time) int {
	t = t.UTC()
	return 24*int(t.Weekday()) + t.Hour()
}

// take adds a value. An hour is kept once it is over; when the clock went back
// the hour under way is dropped.
func (h *habit) take(now time.Time, v float64) {
	hour := now.UTC().Truncate(time.Hour)
	if !hour.Equal(h.Hour) {
		if h.N > 0 && hour.After(h.Hour) && h.Last.Sub(h.First) >= hourCounts {
			slot := &h.Weeks[hourOfWeek(h.Hour)]
			copy(slot[1:], slot[:keptWeeks-1])
			slot[0] = float32(h.Sum / float64(h.N))
		}
		h.Hour, h.Sum, h.N, h.First = hour, 0, 0, now.UTC()
	}
	h.Sum += v
	h.N++
	h.Last = now.UTC()
}

// usual is the median of the hour over the weeks and how far single hours are
// from it; false while the hour was seen in too few weeks.
func (h *habit) usual(now time.Time, weeks int) (center, spread float64, ok bool) {
	at := hourOfWeek(now)
	own := known(nil, h.Weeks[at])
	if len(own) < weeks {
		return 0, 0, false
	}
	center = middle(own)
	var off []float64
	for _, next := range []int{weekHours - 1, 0, 1} {
		values := known(nil, h.Weeks[(at+next)%weekHours])
		if len(values) == 0 {
			continue
		}
		m := middle(values)
		for _, v := range values {
			off = append(off, math.Abs(v-m))
		}
		// Where the next hour is another level, either may come early.
		off = append(off, math.Abs(m-center)/2)
	}
	return center, max(1.4826*middle(off), leastShare*math.Abs(center)), true
}

func known(out []float64, slot [keptWeeks]float32) []float64 {
	for _, v := range slot {
		if !math.IsNaN(float64(v)) {
			out = append(out, float64(v))
		}
	}
	return out
}

func middle(v []float64) float64 {
	slices.Sort(v)
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}

// judgeUnusual compares a value with the habit of its series, and then adds it to
// the habit. Beside a limit the habit is begun only for series that come near it,
// and without a habit the limit alone decides.
func (e *Evaluator) judgeUnusual(now time.Time, m *MetricMatch, id string, value float64, above bool) (bool, float64) {
	u := m.Unusual
	h := e.m.Habits[id]
	if h == nil {
		if m.Above != nil && value < *m.Above/2 {
			return above, 0
		}
		h = newHabit()
		set(&e.m.Habits, id, h, maxHabits)
	}
	defer h.take(now, value)
	center, spread, ok := h.usual(now, u.Weeks)
	if !ok {
		return m.Above != nil && above, 0
	}
	far := value > u.Floor && value > u.Times*center && value > center+strangers*spread
	return far && (m.Above == nil || above), center
}
