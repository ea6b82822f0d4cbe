package resttest

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"

	"github.com/stretchr/testify/require"
)

func (s Subject) faults(t *testing.T) {
	t.Run("a server error drops nothing else", func(t *testing.T) {
		a, src := s.both(t)
		a.Breaks("hardware", http.StatusInternalServerError)
		b := Collect(t, src, At())
		require.Equal(t, []string{"hardware"}, Failed(b))
		require.EqualError(t, b.Partial[0].Err, "array answered HTTP 500: Internal error.")
		require.NotContains(t, Types(b), s.HardwareType, "no state of a list that was not read")
		require.Contains(t, Types(b), s.PartType)
		a.Heals()
		b = Collect(t, src, At().Add(30*time.Second))
		require.Empty(t, b.Partial)
		require.Contains(t, Types(b), s.HardwareType)
	})
	t.Run("when all fail it is the array", func(t *testing.T) {
		a, src := s.both(t)
		a.Set(func() {
			a.Misbehave = func(w http.ResponseWriter, _ *http.Request, path string) bool {
				if path == "api_version" || path == "login" {
					return false
				}
				message := "Internal error."
				if path == s.List {
					message = "No such thing."
				}
				Answer(w, http.StatusInternalServerError, Problem(message))
				return true
			}
		})
		b, err := src.Collect(t.Context(), At())
		require.ErrorIs(t, err, arrayrest.ErrNoData)
		require.ErrorContains(t, err, "HTTP 500: Internal error.")
		require.Empty(t, b.Samples)
		require.Equal(t, []string{s.List}, Failed(b), "what all say alike is said once, by the error")
	})
	for name, body := range map[string]string{
		"cut off":       `{"items":[{"name":"P1","status":"healthy"},{"na`,
		"empty":         ``,
		"a page of web": `<html>Sign in</html>`,
		"a list":        `[]`,
		"wrong inside":  `{"items":{"name":"P1"}}`,
	} {
		t.Run("a reply that is "+name, func(t *testing.T) {
			a, src := s.both(t)
			a.Says(s.Parts, body)
			b := Collect(t, src, At())
			require.Equal(t, []string{s.Parts}, Failed(b))
			require.ErrorContains(t, b.Partial[0].Err, "reply is not what the interface describes")
			require.NotContains(t, Types(b), s.PartType)
		})
	}
	t.Run("one bad item drops nothing else", func(t *testing.T) {
		a, src := s.both(t)
		a.Says(s.Parts, `{"items":[null,7,"x",{"name":null,"status":"unhealthy"},{"name":"P7","status":"healthy","raw_capacity":"big","capacity":"big","type":null},{"name":"P8"}]}`)
		b := Collect(t, src, At())
		require.Equal(t, []string{s.Parts, s.Parts, s.Parts}, Failed(b), "three that are no items; nameless ones cannot be named")
		require.Equal(t, localmon.HealthOK, StateOf(t, b, s.PartType, "P7").Health)
		require.Equal(t, localmon.HealthUnknown, StateOf(t, b, s.PartType, "P8").Health, "no word is not ok")
	})
	t.Run("a part listed twice is as bad as the worse", func(t *testing.T) {
		a, src := s.both(t)
		a.Items[s.Parts] = []Item{s.Part("P7", "healthy"), s.Part("p7", "unhealthy"), s.Part("P7", "healthy")}
		b := Collect(t, src, At())
		require.Empty(t, b.Partial)
		require.Equal(t, localmon.HealthCritical, StateOf(t, b, s.PartType, "p7").Health)
	})
	t.Run("what the array itself could not read is said", func(t *testing.T) {
		a, src := s.both(t)
		short := func(context string) localmon.Batch {
			a.Answers(s.Parts, func(w http.ResponseWriter, _ *http.Request) {
				Answer(w, http.StatusMultiStatus, Item{"items": []Item{s.Part("P1", "healthy")}, "errors": []Item{{"context": context, "message": "Shelf does not answer."}}})
			})
			return Collect(t, src, At())
		}
		b := short("SH7")
		require.EqualError(t, b.Partial[0].Err, "the array could not read all: SH7 Shelf does not answer.")
		require.NotContains(t, names(b, s.PartType), "P1", "nobody knows what is missing, so the list is not whole")

		a.Heals()
		a.Set(func() {
			a.Items[s.Parts] = []Item{s.Part("P1", "healthy"), s.Part("SH7.X1", "healthy"), s.Part("SH7.X2", "healthy"), s.Part("SH70.X1", "healthy")}
		})
		Collect(t, src, At().Add(time.Minute))
		b = short("sh7")
		require.Equal(t, localmon.HealthOK, StateOf(t, b, s.PartType, "P1").Health)
		require.Equal(t, localmon.HealthUnknown, StateOf(t, b, s.PartType, "SH7.X1").Health, "known before and not read now: unknown and not gone")
		require.Equal(t, localmon.HealthUnknown, StateOf(t, b, s.PartType, "SH7.X2").Health)
		require.NotContains(t, names(b, s.PartType), "SH70.X1", "of which the array said nothing")
		b = short("")
		require.NotContains(t, names(b, s.PartType), "P1", "what has no name may be anything")
	})
	t.Run("more parts than an array has are bounded", func(t *testing.T) {
		a, src := s.both(t)
		for i := range 4001 {
			a.Items["hardware"] = append(a.Items["hardware"], Item{"name": fmt.Sprint("X", i), "type": s.HardwareType, "status": "healthy"})
		}
		b := Collect(t, src, At())
		require.Equal(t, []string{"hardware"}, Failed(b))
		require.Equal(t, 4000, Count(b, s.HardwareMetric))
		require.NotContains(t, Types(b), s.HardwareType, "a list that is not whole gives no states")
	})
	t.Run("nulls are no samples", func(t *testing.T) {
		a, src := s.both(t)
		a.Set(func() {
			for path := range a.Items {
				a.Items[path] = []Item{nulls()}
			}
		})
		b := Collect(t, src, At())
		require.Empty(t, b.Partial)
		for _, each := range b.Samples {
			if strings.HasPrefix(each.Key.Metric, s.Prefix) {
				require.Equal(t, 1.0, each.Value, "%s: an info, not a zero that nobody said", each.Key)
			}
		}
		for _, each := range b.States {
			require.Equal(t, localmon.HealthUnknown, each.Health)
		}
	})
}

// nulls is an item of which only the name is known.
func nulls() Item {
	all := Item{"name": "n1"}
	for _, field := range []string{
		"id", "os", "version", "capacity", "space", "time", "serial", "status", "type", "mode", "temperature", "voltage", "updated", "created",
		"closed", "code", "eth", "arrays", "port_connectivity", "parity", "index", "slot", "raw_capacity", "progress", "details", "sensor_readings",
		"account", "nfs", "smb", "remote", "variables", "action", "reads_per_sec", "usec_per_read_op", "destroyed",
	} {
		all[field] = nil
	}
	return all
}

func (s Subject) pages(t *testing.T) {
	t.Run("of seven lose and repeat nothing of 1,000", func(t *testing.T) {
		a, src := s.both(t)
		a.PageSize = 7
		a.Items["hardware"] = nil
		for i := range 1000 {
			a.Items["hardware"] = append(a.Items["hardware"], Item{"name": fmt.Sprintf("X%04d", i), "type": s.HardwareType, "status": "healthy"})
		}
		b := Collect(t, src, At())
		require.Empty(t, b.Partial)
		require.Equal(t, 1000, Count(b, s.HardwareMetric))
		for i := range 1000 {
			StateOf(t, b, s.HardwareType, fmt.Sprintf("X%04d", i))
		}
		require.Len(t, a.Queries("hardware"), 143)
	})
	t.Run("that fail keep those before", func(t *testing.T) {
		a, src := s.both(t)
		a.PageSize = 1
		a.Misbehave = func(w http.ResponseWriter, r *http.Request, path string) bool {
			bad := path == "hardware" && r.URL.Query().Get("continuation_token") != ""
			if bad {
				Answer(w, http.StatusInternalServerError, Problem("Internal error."))
			}
			return bad
		}
		b := Collect(t, src, At())
		require.EqualError(t, b.Partial[0].Err, "page 2: array answered HTTP 500: Internal error.")
		require.Equal(t, 1, Count(b, s.HardwareMetric))
		require.NotContains(t, Types(b), s.HardwareType)
	})
	t.Run("that repeat a token are seen at once", func(t *testing.T) {
		a, src := s.both(t)
		var pages atomic.Int32
		a.Answers(s.List, func(w http.ResponseWriter, _ *http.Request) {
			pages.Add(1)
			_, _ = io.WriteString(w, `{"items":[{"name":"h"}],"continuation_token":"again"}`)
		})
		require.Equal(t, []string{s.List}, Failed(Collect(t, src, At())))
		require.EqualValues(t, 2, pages.Load())
	})
}

// hostile: whatever one endpoint answers, it costs bounded memory and time, is
// said, and drops nothing else.
func (s Subject) hostile(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		says   string
	}{
		"endless body": {func(w http.ResponseWriter, r *http.Request) {
			chunk := []byte(`{"items":[` + strings.Repeat(" ", 1<<16))
			for r.Context().Err() == nil {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}, "more than 8388608 bytes"},
		"deep JSON": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"items":`+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)+"}")
		}, "nested deeper than 32"},
		"string of 10 MB": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"items":[{"name":"`+strings.Repeat("x", 10<<20)+`"}]}`)
		}, "more than 8388608 bytes"},
		"string of 1 MB": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"items":[{"name":"`+strings.Repeat("x", 1<<20)+`"}]}`)
		}, "an item of 1048587 bytes was left out"},
		"pages that do not end": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"items":[{"name":"h"}],"continuation_token":"again"}`)
		}, "pages do not end"},
		"more without a token": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"items":[{"name":"h"}],"more_items_remaining":true}`)
		}, "gives no token"},
		"too many items": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"items":[{}`+strings.Repeat(",{}", 30_000)+`]}`)
		}, "more than 20000 items"},
		"compressed bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(bytes.Repeat([]byte(" "), 64<<20))
			_ = z.Close()
		}, "reply is not what the interface describes"},
		"headers without end": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 1<<20))
		}, "server response headers exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			a, src := s.both(t)
			a.Answers(s.List, c.answer)
			b := Collect(t, src, At())
			require.Equal(t, []string{s.List}, Failed(b))
			require.ErrorContains(t, b.Partial[0].Err, c.says)
			require.Less(t, len(b.Partial[0].Err.Error()), 500)
			require.Contains(t, Types(b), s.PartType)
			require.Contains(t, Types(b), s.HardwareType)
		})
	}
}

func (s Subject) redirects(t *testing.T) {
	reached := make(chan string, 100)
	other := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached <- r.URL.Path }))
	defer other.Close()
	for _, where := range []string{"hardware", "login", "api_version"} {
		t.Run(where, func(t *testing.T) {
			a, src := s.both(t)
			a.Answers(where, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, other.URL+"/stolen", http.StatusTemporaryRedirect)
			})
			b, err := src.Collect(t.Context(), At())
			if where == "hardware" {
				require.NoError(t, err)
				err = b.Partial[0].Err
			}
			require.ErrorContains(t, err, "a redirect, which is not followed")
			require.Empty(t, reached)
		})
	}
}

// time: these wait for time to pass, so they do it together.
func (s Subject) time(t *testing.T) {
	const short = 1500 * time.Millisecond
	t.Run("a stall of one endpoint costs its time only", func(t *testing.T) {
		t.Parallel()
		a, src := s.both(t, func(o *Options) { o.RequestTimeout = short })
		a.Answers(s.List, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		b := Collect(t, src, At())
		require.Equal(t, []string{s.List}, Failed(b))
		require.ErrorContains(t, b.Partial[0].Err, "no complete reply within 1.5s")
		require.Contains(t, Types(b), s.PartType)
	})
	t.Run("a slow drip is cut", func(t *testing.T) {
		t.Parallel()
		a, src := s.both(t, func(o *Options) { o.RequestTimeout = short })
		a.Answers(s.List, func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(5 * time.Millisecond) // the drip itself
			}
		})
		b := Collect(t, src, At())
		require.Equal(t, []string{s.List}, Failed(b))
		require.ErrorContains(t, b.Partial[0].Err, "no complete reply within 1.5s")
	})
	t.Run("a look as a whole is bounded", func(t *testing.T) {
		t.Parallel()
		a, src := s.both(t, func(o *Options) { o.Timeout = short })
		a.Set(func() {
			a.Misbehave = func(_ http.ResponseWriter, r *http.Request, path string) bool {
				if path == "api_version" || path == "login" {
					return false
				}
				<-r.Context().Done()
				return true
			}
		})
		_, err := src.Collect(t.Context(), At())
		require.ErrorIs(t, err, localmon.ErrUnreachable)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func (s Subject) schedule(t *testing.T) {
	t.Run("endpoints have their own interval", func(t *testing.T) {
		a, src := s.both(t)
		for _, step := range []struct {
			after            time.Duration
			hardware, arrays int
		}{
			{0, 1, 1},
			{10 * time.Second, 0, 0},
			{29 * time.Second, 1, 0}, // a tenth early is not late
			{59 * time.Second, 1, 0},
			{5 * time.Minute, 1, 1},
			{2 * time.Minute, 1, 1}, // the clock was set back
			{2*time.Minute + 30*time.Second, 1, 0},
		} {
			b := Collect(t, src, At().Add(step.after))
			require.Len(t, a.Queries("hardware"), step.hardware, "hardware at %s", step.after)
			require.Len(t, a.Queries("arrays"), step.arrays, "arrays at %s", step.after)
			require.Equal(t, step.arrays == 1, b.Info != nil)
		}
	})
	t.Run("an endpoint that failed stays due", func(t *testing.T) {
		a, src := s.both(t)
		a.Breaks("arrays", http.StatusInternalServerError)
		require.Nil(t, Collect(t, src, At()).Info)
		a.Heals()
		require.NotNil(t, Collect(t, src, At().Add(30*time.Second)).Info)
	})
}
