package arrayrest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
	"darksite/localmon/source/arrayrest/resttest"

	"github.com/stretchr/testify/require"
)

var (
	rowWork  = &arrayrest.Row{Path: "parts", Every: arrayrest.Quick, Plural: true, History: arrayrest.Quick}
	rowSpace = &arrayrest.Row{Path: "slow", Query: "type=all", Every: arrayrest.Slow, History: arrayrest.Slow}
	rowNewer = &arrayrest.Row{Path: "late", Every: arrayrest.Quick, Since: arrayrest.Version{Major: 2, Minor: 5}, History: arrayrest.Quick}
)

// pastOf makes every item of a row one sample named like its path.
func pastOf(rows ...*arrayrest.Row) (all []arrayrest.PastRow) {
	for _, row := range rows {
		all = append(all, arrayrest.PastRow{Row: row, Use: func(out *localmon.Sampler, f arrayrest.Fields) {
			if v, ok := f.Num("v"); ok {
				out.Add(v, "toy_"+row.Path, "name", f.Str("name", 64))
			}
		}})
	}
	return all
}

func told(at time.Time, v float64) resttest.Item {
	return resttest.Item{"name": "x", "time": at.UnixMilli(), "v": v}
}

// known is a schedule that saw so many items in the list of parts.
func known(t *testing.T, a *resttest.Array, c *arrayrest.Client, items int) *arrayrest.Schedule {
	t.Helper()
	s := arrayrest.NewSchedule([]*arrayrest.Row{rowWork, rowSpace})
	a.Set(func() {
		a.Items["parts"] = nil
		for i := range items {
			a.Items["parts"] = append(a.Items["parts"], resttest.Item{"name": fmt.Sprint("p", i)})
		}
	})
	l, err := c.Look(t.Context(), resttest.At(), s, nil)
	require.NoError(t, err)
	l.Finish(&localmon.Batch{}, localmon.NewSampler("toy"))
	a.Queries("parts")
	a.Queries("slow")
	return s
}

// recall lists what is recalled of a time before At: when by the kit's clock,
// and the samples.
func recall(t *testing.T, c *arrayrest.Client, s *arrayrest.Schedule, span, ahead time.Duration, rows ...*arrayrest.Row) (all []string, failed error) {
	t.Helper()
	for b, err := range c.Recall(t.Context(), s, pastOf(rows...), resttest.At().Add(-span), resttest.At(), ahead) {
		if err != nil {
			require.NoError(t, failed, "the error comes once and last")
			failed = err
			continue
		}
		require.NoError(t, failed)
		require.Equal(t, "toy", b.Target)
		require.Equal(t, ahead, b.TargetAt.Sub(b.At))
		var values []string
		for _, x := range b.Samples {
			values = append(values, fmt.Sprintf("%s=%g", strings.TrimPrefix(x.Key.Metric, "toy_"), x.Value))
		}
		all = append(all, b.At.Format("15:04:05 ")+strings.Join(values, " "))
	}
	return all, failed
}

func TestRecallChoosesTheFinestStepItCanAfford(t *testing.T) {
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		items int
		span  time.Duration
		parts time.Duration
		slow  time.Duration
	}{
		"an hour of one thing":             {1, time.Hour, 30 * time.Second, 5 * time.Minute},
		"a day of one thing":               {1, day, 30 * time.Second, 5 * time.Minute},
		"two days of one thing":            {1, 2 * day, 5 * time.Minute, 5 * time.Minute},
		"an hour of eighty things":         {80, time.Hour, 30 * time.Second, 5 * time.Minute},
		"an hour of a thousand things":     {1000, time.Hour, 30 * time.Minute, 5 * time.Minute},
		"a day of four hundred things":     {400, day, 2 * time.Hour, 5 * time.Minute},
		"a week of four hundred things":    {400, 7 * day, 8 * time.Hour, 5 * time.Minute},
		"a week of two thousand things":    {2000, 7 * day, day, 5 * time.Minute},
		"an hour of a list never read yet": {0, time.Hour, 30 * time.Second, 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			a, client := newToy(t)
			s := known(t, a, client, c.items)
			a.Set(func() { a.Items["parts"] = nil })
			past, err := recall(t, client, s, c.span, time.Hour, rowWork, rowSpace, rowNewer)
			require.NoError(t, err)
			require.Empty(t, past)
			require.Empty(t, a.Queries("late"), "the array is older than that row")
			for path, want := range map[string]time.Duration{"parts": c.parts, "slow": c.slow} {
				asked := a.Queries(path)
				require.Len(t, asked, 1)
				q, err := url.ParseQuery(asked[0])
				require.NoError(t, err)
				require.Equal(t, fmt.Sprint(want.Milliseconds()), q.Get("resolution"), path)
				require.Equal(t, fmt.Sprint(resttest.At().Add(time.Hour-c.span).UnixMilli()), q.Get("start_time"), "by the array's clock")
				require.Equal(t, fmt.Sprint(resttest.At().Add(time.Hour).UnixMilli()), q.Get("end_time"))
			}
		})
	}
}

func TestRecallAsksOnlyWhatTheRowAsksBesides(t *testing.T) {
	a, c := newToy(t)
	_, err := recall(t, c, known(t, a, c, 1), time.Hour, 0, rowWork, rowSpace)
	require.NoError(t, err)
	q, err := url.ParseQuery(a.Queries("slow")[0])
	require.NoError(t, err)
	require.Equal(t, "all", q.Get("type"))
	require.Empty(t, q.Get("limit"), "a list of one may not know the word")
	q, err = url.ParseQuery(a.Queries("parts")[0])
	require.NoError(t, err)
	require.Equal(t, "1000", q.Get("limit"))
}

func TestRecallPutsTheRecordInOrder(t *testing.T) {
	at := resttest.At()
	minute := func(n int) time.Time { return at.Add(time.Duration(n) * time.Minute) }
	t.Run("rows of one time are one batch, in order of time", func(t *testing.T) {
		a, c := newToy(t)
		s := known(t, a, c, 1)
		a.Set(func() {
			a.Items["parts"] = []resttest.Item{told(minute(-5), 3), told(minute(-20), 1), told(minute(-10), 2)}
			a.Items["slow"] = []resttest.Item{told(minute(-10), 50)}
		})
		past, err := recall(t, c, s, time.Hour, 0, rowWork, rowSpace)
		require.NoError(t, err)
		require.Equal(t, []string{"11:40:00 parts=1", "11:50:00 parts=2 slow=50", "11:55:00 parts=3"}, past)
	})
	t.Run("what is outside the time asked for is left out", func(t *testing.T) {
		a, c := newToy(t)
		s := known(t, a, c, 1)
		a.Set(func() {
			a.Items["parts"] = []resttest.Item{
				told(minute(-61), 1), told(minute(-60), 2), told(minute(-59), 3), told(minute(-1), 4), told(minute(0), 5), told(minute(9), 6),
				{"name": "x", "v": 7},
				{"name": "x", "v": 8, "time": "noon"},
				{"name": "x", "v": 9, "time": -4},
			}
		})
		past, err := recall(t, c, s, time.Hour, 0, rowWork)
		require.NoError(t, err)
		require.Equal(t, []string{"11:01:00 parts=3", "11:59:00 parts=4"}, past, "the looks at both ends are their own")
	})
	t.Run("a clock that is ahead is taken off", func(t *testing.T) {
		a, c := newToy(t)
		s := known(t, a, c, 1)
		a.Set(func() { a.Items["parts"] = []resttest.Item{told(minute(-30), 1), told(minute(110), 2)} })
		past, err := recall(t, c, s, time.Hour, 2*time.Hour, rowWork)
		require.NoError(t, err)
		require.Equal(t, []string{"11:50:00 parts=2"}, past)
	})
	t.Run("one time told twice is one sample", func(t *testing.T) {
		a, c := newToy(t)
		s := known(t, a, c, 1)
		a.Set(func() { a.Items["parts"] = []resttest.Item{told(minute(-5), 3), told(minute(-5), 4)} })
		past, err := recall(t, c, s, time.Hour, 0, rowWork)
		require.NoError(t, err)
		require.Len(t, past, 1)
		require.Equal(t, 1, strings.Count(past[0], "parts="), past[0])
	})
	t.Run("what makes no sample makes no batch", func(t *testing.T) {
		a, c := newToy(t)
		s := known(t, a, c, 1)
		a.Set(func() { a.Items["parts"] = []resttest.Item{{"name": "x", "time": minute(-5).UnixMilli(), "v": nil}} })
		past, err := recall(t, c, s, time.Hour, 0, rowWork)
		require.NoError(t, err)
		require.Empty(t, past)
	})
	t.Run("who has heard enough stops it", func(t *testing.T) {
		a, c := newToy(t)
		s := known(t, a, c, 1)
		a.Set(func() { a.Items["parts"] = []resttest.Item{told(minute(-5), 3), told(minute(-4), 4)} })
		heard := 0
		for range c.Recall(t.Context(), s, pastOf(rowWork), minute(-60), minute(0), 0) {
			heard++
			break
		}
		require.Equal(t, 1, heard)
	})
}

func TestRecallThatFailsInPart(t *testing.T) {
	at := resttest.At()
	whole := func(t *testing.T) (*resttest.Array, *arrayrest.Client, *arrayrest.Schedule) {
		a, c := newToy(t)
		s := known(t, a, c, 1)
		a.Set(func() {
			a.Items["parts"] = []resttest.Item{told(at.Add(-5*time.Minute), 3)}
			a.Items["slow"] = []resttest.Item{told(at.Add(-5*time.Minute), 50)}
		})
		return a, c, s
	}
	t.Run("a row that fails costs its own record only", func(t *testing.T) {
		a, c, s := whole(t)
		a.Breaks("parts", http.StatusInternalServerError)
		past, err := recall(t, c, s, time.Hour, 0, rowWork, rowSpace)
		require.EqualError(t, err, "array toy: the past of parts: array answered HTTP 500: Internal error.")
		require.Equal(t, []string{"11:55:00 slow=50"}, past)
	})
	t.Run("when every row fails it is the array", func(t *testing.T) {
		a, c, s := whole(t)
		a.Set(func() {
			a.Misbehave = func(w http.ResponseWriter, _ *http.Request, path string) bool {
				if path == "parts" || path == "slow" {
					resttest.Answer(w, http.StatusInternalServerError, resttest.Problem("Internal error."))
					return true
				}
				return false
			}
		})
		past, err := recall(t, c, s, time.Hour, 0, rowWork, rowSpace)
		require.ErrorContains(t, err, "nothing could be read")
		require.Empty(t, past)
	})
	t.Run("bad items drop nothing else and do not flood the error", func(t *testing.T) {
		a, c, s := whole(t)
		a.Says("parts", `{"items":[`+strings.Repeat("7,", 50)+`{"name":"x","v":3,"time":`+strconv.FormatInt(at.Add(-5*time.Minute).UnixMilli(), 10)+`}]}`)
		past, err := recall(t, c, s, time.Hour, 0, rowWork)
		require.Equal(t, []string{"11:55:00 parts=3"}, past)
		require.ErrorContains(t, err, "the past of parts: item 1:")
		require.ErrorContains(t, err, "and 45 more")
	})
	t.Run("what the array itself could not read is said", func(t *testing.T) {
		a, c, s := whole(t)
		a.Answers("parts", func(w http.ResponseWriter, _ *http.Request) {
			resttest.Answer(w, http.StatusMultiStatus, resttest.Item{
				"items": []resttest.Item{told(at.Add(-5*time.Minute), 3)}, "errors": []resttest.Item{{"context": "p9", "message": "No record."}},
			})
		})
		past, err := recall(t, c, s, time.Hour, 0, rowWork)
		require.Equal(t, []string{"11:55:00 parts=3"}, past)
		require.EqualError(t, err, "array toy: the past of parts: the array could not read all: p9 No record.")
	})
	t.Run("more than was asked for is bounded", func(t *testing.T) {
		a, c, s := whole(t)
		a.Set(func() {
			a.Items["parts"] = nil
			for i := range 20_500 {
				a.Items["parts"] = append(a.Items["parts"], told(at.Add(-time.Duration(i+1)*100*time.Millisecond), 1))
			}
		})
		past, err := recall(t, c, s, time.Hour, 0, rowWork)
		require.ErrorContains(t, err, "more than 20000 items")
		require.Len(t, past, 20_000)
	})
	t.Run("an array that is gone", func(t *testing.T) {
		a, c, s := whole(t)
		a.Close()
		past, err := recall(t, c, s, time.Hour, 0, rowWork, rowSpace)
		require.ErrorIs(t, err, localmon.ErrUnreachable)
		require.Empty(t, past)
	})
	t.Run("an array that goes away in between keeps what it gave", func(t *testing.T) {
		a, c, s := whole(t)
		a.Answers("slow", func(w http.ResponseWriter, _ *http.Request) {
			resttest.Answer(w, http.StatusUnauthorized, resttest.Problem("Invalid session."))
		})
		past, err := recall(t, c, s, time.Hour, 0, rowWork, rowSpace)
		require.ErrorContains(t, err, "the past of slow?type=all")
		require.Equal(t, []string{"11:55:00 parts=3"}, past)
	})
}

func TestAheadIsHowFarTheArraysClockIs(t *testing.T) {
	at := resttest.At()
	look := func(told time.Time) localmon.Batch { return localmon.Batch{At: at, TargetAt: told} }
	for name, c := range map[string]struct {
		batch localmon.Batch
		want  time.Duration
	}{
		"ahead":                             {look(at.Add(time.Hour)), time.Hour},
		"behind":                            {look(at.Add(-time.Hour)), -time.Hour},
		"within what a network blurs":       {look(at.Add(2 * time.Second)), 0},
		"not told, so as it was before":     {look(time.Time{}), 7 * time.Minute},
		"a little more than a network does": {look(at.Add(2001 * time.Millisecond)), 2001 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, arrayrest.Ahead(c.batch, 7*time.Minute)) })
	}
}
