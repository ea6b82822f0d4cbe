package arrayrest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
	"darksite/localmon/source/arrayrest/resttest"
	"darksite/localmon/source/pinned"

	"github.com/stretchr/testify/require"
)

// A dialect and rows of no real array: this package knows none.
var (
	dialect = arrayrest.Dialect{
		Array: "Toy", Versions: "versions", Unversioned: true,
		Oldest: arrayrest.Version{Major: 2, Minor: 0}, Newest: arrayrest.Version{Major: 2, Minor: 9},
	}
	rowParts  = &arrayrest.Row{Path: "parts", Every: arrayrest.Quick, Plural: true}
	rowSlow   = &arrayrest.Row{Path: "slow", Query: "type=all", Every: arrayrest.Slow}
	rowLate   = &arrayrest.Row{Path: "late", Every: arrayrest.Quick, Since: arrayrest.Version{Major: 2, Minor: 5}}
	rowGone   = &arrayrest.Row{Path: "gone", Every: arrayrest.Quick, Until: arrayrest.Version{Major: 2, Minor: 5}}
	rowAlerts = &arrayrest.Row{Path: "alerts", Every: arrayrest.Quick, Plural: true}
	toyRows   = []*arrayrest.Row{rowParts, rowSlow, rowLate, rowGone}
)

func newToy(t *testing.T) (*resttest.Array, *arrayrest.Client) {
	t.Helper()
	a := resttest.NewArray(t, resttest.Dialect{Versions: "versions", Offers: []string{"2.4"}, Unversioned: true}, "parts", "slow", "late", "gone", "alerts")
	c, err := arrayrest.NewClient(arrayrest.Options{
		Target: "toy", URL: a.URL, Token: resttest.Token, Pin: a.Pin(), Timeout: time.Minute, RequestTimeout: time.Minute, Dialect: dialect,
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close(context.WithoutCancel(t.Context())) })
	return a, c
}

// visit runs a reader as the only thing a look does.
func visit(t *testing.T, c *arrayrest.Client, read arrayrest.Reader) (*arrayrest.Look, error) {
	t.Helper()
	return c.Look(t.Context(), resttest.At(), arrayrest.NewSchedule([]*arrayrest.Row{rowParts}), map[*arrayrest.Row]arrayrest.Reader{rowParts: read})
}

func TestScheduleReadsWhatIsDue(t *testing.T) {
	a, c := newToy(t)
	s := arrayrest.NewSchedule(toyRows)
	look := func(after time.Duration) string {
		l, err := c.Look(t.Context(), resttest.At().Add(after), s, nil)
		require.NoError(t, err)
		l.Finish(&localmon.Batch{}, localmon.NewSampler("toy"))
		var asked []string
		for _, row := range toyRows {
			if l.Asked(row) {
				asked = append(asked, row.Path)
			}
		}
		return strings.Join(asked, " ")
	}
	require.Equal(t, "parts slow gone", look(0), "the array is older than one row")
	require.Empty(t, look(20*time.Second))
	require.Equal(t, "parts gone", look(28*time.Second), "a tenth early is not late")
	require.Equal(t, "parts gone", look(60*time.Second))
	s.Again(rowSlow)
	require.Equal(t, "slow", look(61*time.Second), "asked for again before its time")
	require.Equal(t, "parts slow gone", look(-time.Hour), "a clock that was set back makes no row wait")
	a.Breaks("parts", http.StatusInternalServerError)
	require.Equal(t, "parts gone", look(-time.Hour+30*time.Second))
	a.Heals()
	require.Equal(t, "parts", look(-time.Hour+31*time.Second), "what failed stays due")
}

func TestReaderWithNothingToAskIsNotDue(t *testing.T) {
	_, c := newToy(t)
	s := arrayrest.NewSchedule(toyRows)
	idle := true
	readers := map[*arrayrest.Row]arrayrest.Reader{rowParts: func(context.Context, *arrayrest.Visit, time.Time) (arrayrest.Listing, error) {
		if idle {
			return arrayrest.Listing{}, arrayrest.ErrNothingToAsk
		}
		return arrayrest.Listing{}, nil
	}}
	l, err := c.Look(t.Context(), resttest.At(), s, readers)
	require.NoError(t, err)
	require.False(t, l.Asked(rowParts))
	out := localmon.NewSampler("toy")
	l.Finish(&localmon.Batch{}, out)
	for _, sample := range out.Samples() {
		require.NotContains(t, sample.Key.Labels, `"parts"`)
	}
	idle = false
	l, err = c.Look(t.Context(), resttest.At().Add(time.Second), s, readers)
	require.NoError(t, err)
	require.True(t, l.Asked(rowParts), "it was due all the time")
}

func TestVisitIsBounded(t *testing.T) {
	page := `{"items":[{"name":"x"}]` + strings.Repeat(" ", 7<<20) + `}`
	t.Run("in bytes over all its pages", func(t *testing.T) {
		a, c := newToy(t)
		a.Says("parts", page)
		read := 0
		_, err := visit(t, c, func(ctx context.Context, v *arrayrest.Visit, _ time.Time) (arrayrest.Listing, error) {
			for {
				l, err := v.Page(ctx, rowParts, nil)
				if err != nil {
					return l, err
				}
				read++
			}
		})
		require.ErrorIs(t, err, arrayrest.ErrNoData)
		require.ErrorContains(t, err, "reply beyond what an array sends: more than")
		require.Equal(t, 9, read, "nine pages of 7 MiB are within 64 MiB, ten are not")
	})
	t.Run("in pages of one list", func(t *testing.T) {
		a, c := newToy(t)
		n := 0
		a.Answers("parts", func(w http.ResponseWriter, _ *http.Request) {
			n++ // one request at a time
			resttest.Answer(w, http.StatusOK, resttest.Item{"items": []resttest.Item{{"name": "x"}}, "continuation_token": fmt.Sprint("t", n)})
		})
		l, err := visit(t, c, func(ctx context.Context, v *arrayrest.Visit, _ time.Time) (arrayrest.Listing, error) {
			return v.List(ctx, rowParts, nil)
		})
		require.NoError(t, err, "what was read before counts")
		require.Equal(t, 3000, n)
		require.False(t, l.Read(rowParts))
	})
	t.Run("in log-ins", func(t *testing.T) {
		a, c := newToy(t)
		a.Answers("parts", func(w http.ResponseWriter, _ *http.Request) {
			resttest.Answer(w, http.StatusUnauthorized, resttest.Problem("Invalid session."))
		})
		_, err := visit(t, c, func(ctx context.Context, v *arrayrest.Visit, _ time.Time) (l arrayrest.Listing, err error) {
			for range 50 {
				l, err = v.List(ctx, rowParts, nil)
			}
			return l, err
		})
		require.Error(t, err)
		require.LessOrEqual(t, a.Logins, 2)
	})
	t.Run("and says nothing twice of an array that is lost", func(t *testing.T) {
		a, c := newToy(t)
		a.Close()
		l, err := c.Look(t.Context(), resttest.At(), arrayrest.NewSchedule(toyRows), nil)
		require.ErrorIs(t, err, localmon.ErrUnreachable)
		require.Empty(t, l.Nothing().Partial)
	})
}

func TestQueriesOfARowAndOfARequestAreJoined(t *testing.T) {
	a, c := newToy(t)
	_, err := visit(t, c, func(ctx context.Context, v *arrayrest.Visit, _ time.Time) (arrayrest.Listing, error) {
		return v.List(ctx, rowSlow, url.Values{"names": nil, "sort": {"name"}})
	})
	require.NoError(t, err)
	require.Equal(t, []string{"sort=name&type=all"}, a.Queries("slow"))
}

func TestSavedReplyIsALookOfOneRow(t *testing.T) {
	l, err := arrayrest.Saved(resttest.At(), rowParts, []byte(`{"items":[{"name":"a"},null,{"name":"b"}]}`))
	require.NoError(t, err)
	require.True(t, l.Saved())
	require.True(t, l.Read(rowParts))
	require.False(t, l.Asked(rowSlow))
	var names []string
	require.True(t, l.Few(rowParts, func(f arrayrest.Fields) { names = append(names, f.Str("name", 9)) }))
	require.Equal(t, []string{"a", "b"}, names)
	b, out := localmon.Batch{}, localmon.NewSampler("")
	l.Finish(&b, out)
	require.Len(t, b.Partial, 1, "one item that is none")
	require.Len(t, b.Samples, 1, "how many items there were; nothing of when and how long")
	require.Zero(t, b.Took)
	_, err = arrayrest.Saved(resttest.At(), rowParts, []byte(`{`))
	require.ErrorContains(t, err, "saved reply of parts: reply is not what the interface describes")
}

func TestSavedReplyOfTooManyItemsIsNotWhole(t *testing.T) {
	l, err := arrayrest.Saved(resttest.At(), rowParts, []byte(`{"items":[{}`+strings.Repeat(",{}", 30_000)+`]}`))
	require.NoError(t, err)
	require.False(t, l.Read(rowParts))
	b, out := localmon.Batch{}, localmon.NewSampler("")
	l.Finish(&b, out)
	require.ErrorContains(t, b.Partial[0].Err, "more than 20000 items")
}

func TestRowOfAFileName(t *testing.T) {
	all := &arrayrest.Row{Path: "arrays/performance", Query: "protocol=all"}
	nfs := &arrayrest.Row{Path: "arrays/performance", Query: "protocol=NFS"}
	rows := []*arrayrest.Row{all, nfs, rowParts}
	for name, want := range map[string]*arrayrest.Row{
		"parts.json": rowParts, "parts": rowParts, "PARTS.JSON": rowParts, "/drop/2026/parts.json": rowParts, `drop\parts.json`: rowParts,
		"arrays-performance.json": all, "arrays_performance.json": all, "arrays_performance_all.json": all, "arrays-performance-nfs.json": nfs, "Arrays_Performance-NFS": nfs,
	} {
		row, err := arrayrest.RowOf(name, rows)
		require.NoError(t, err, name)
		require.Same(t, want, row, name)
	}
	for _, name := range []string{"", ".json", "part.json", "parts.json.gz", "arrays.json", "parts.json/..", strings.Repeat("x", 1<<20)} {
		_, err := arrayrest.RowOf(name, rows)
		require.ErrorContains(t, err, "is no reply that is understood; those are arrays-performance-all.json, arrays-performance-nfs.json, parts.json")
		require.Less(t, len(err.Error()), 400)
	}
}

func TestParsePinAcceptsWhatOtherToolsPrint(t *testing.T) {
	want := "sha256:" + strings.Repeat("0a", 32)
	got, err := pinned.Parse("SHA256:" + strings.TrimSuffix(strings.Repeat("0A:", 32), ":"))
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestFetchPinSaysWhatItCouldNotReach(t *testing.T) {
	a, _ := newToy(t)
	require.Regexp(t, `^sha256:[0-9a-f]{64}$`, a.Pin())
	address := a.URL
	a.Close()
	_, err := pinned.Fetch(t.Context(), address)
	require.ErrorContains(t, err, "fetch certificate of "+address)
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	_, err = pinned.Fetch(t.Context(), strings.Replace(plain.URL, "http:", "https:", 1))
	require.Error(t, err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = pinned.Fetch(ended, plain.URL)
	require.Error(t, err)
	require.NotErrorIs(t, err, context.DeadlineExceeded)
}
