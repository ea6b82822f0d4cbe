package flasharray_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
	"darksite/localmon/source/flasharray"
	"darksite/localmon/source/sourcetest"

	"github.com/stretchr/testify/require"
)

// TestConformance runs what every source must pass.
func TestConformance(t *testing.T) {
	sourcetest.Run(t, sourcetest.Subject{
		Target: "fa1", Now: at,
		New: func(t *testing.T) localmon.Source { return newSmall(t).source() },
		Partial: func(t *testing.T) localmon.Source {
			a := newSmall(t)
			a.breaks("drives", http.StatusInternalServerError)
			return a.source()
		},
		Gone: func(t *testing.T) localmon.Source {
			a := newSmall(t)
			src := a.source()
			a.Close()
			return src
		},
	})
}

// breaks makes one path answer with a status.
func (a *array) breaks(path string, status int) {
	a.set(func() {
		a.misbehave = func(w http.ResponseWriter, _ *http.Request, asked string) bool {
			if asked == path {
				answer(w, status, problem("Internal error."))
			}
			return asked == path
		}
	})
}

// heals ends all misbehaviour.
func (a *array) heals() { a.set(func() { a.misbehave = nil }) }

// failed lists the endpoints in Partial.
func failed(b localmon.Batch) []string {
	var all []string
	for _, p := range b.Partial {
		all = append(all, p.Endpoint)
	}
	return all
}

func collect(t *testing.T, src *flasharray.Source, now time.Time) localmon.Batch {
	t.Helper()
	b, err := src.Collect(t.Context(), now)
	require.NoError(t, err)
	require.NoError(t, sourcetest.Check(b, "fa1", now))
	return b
}

func TestOneSessionServesManyLooks(t *testing.T) {
	a := newSmall(t)
	src := a.source()
	for i := range 10 {
		require.Empty(t, collect(t, src, at.Add(time.Duration(i)*30*time.Second)).Partial)
	}
	require.Equal(t, 1, a.logins)
	require.LessOrEqual(t, a.busiest, 4, "requests at once")
	require.NoError(t, src.Close(t.Context()))
	require.Equal(t, 1, a.logouts)
}

func TestSessionExpiryIsRenewedOnce(t *testing.T) {
	a := newSmall(t)
	src := a.source()
	collect(t, src, at)
	a.set(func() { a.session++ }) // the array forgets the session
	b := collect(t, src, at.Add(30*time.Second))
	require.Empty(t, b.Partial, "the operator sees nothing of it")
	require.Equal(t, 2, a.logins, "eight requests met the old session, one logged in")
}

func TestSessionNeverAcceptedDoesNotLogInForEver(t *testing.T) {
	a := newSmall(t)
	src := a.source()
	a.breaks("arrays", http.StatusOK)
	a.set(func() {
		a.misbehave = func(w http.ResponseWriter, r *http.Request, path string) bool {
			refuse := r.Method == http.MethodGet && path != "api_version"
			if refuse {
				answer(w, http.StatusUnauthorized, problem("Invalid session."))
			}
			return refuse
		}
	})
	_, err := src.Collect(t.Context(), at)
	require.Error(t, err)
	require.ErrorContains(t, err, "array fa1")
	require.LessOrEqual(t, a.logins, 2)
}

func TestServerErrorOfOneEndpointDropsNothingElse(t *testing.T) {
	a := newSmall(t)
	src := a.source()
	a.breaks("hardware", http.StatusInternalServerError)
	b := collect(t, src, at)
	require.Equal(t, []string{"hardware"}, failed(b))
	require.EqualError(t, b.Partial[0].Err, "array answered HTTP 500: Internal error.")
	require.Equal(t, []string{"controller", "controller", "drive", "drive"}, types(b), "no state of a list that was not read")
	a.heals()
	b = collect(t, src, at.Add(30*time.Second))
	require.Empty(t, b.Partial)
	require.Len(t, b.States, 6)
}

func types(b localmon.Batch) []string {
	var all []string
	for _, s := range b.States {
		all = append(all, s.Type)
	}
	return all
}

func TestEveryEndpointFailingIsAnError(t *testing.T) {
	a := newSmall(t)
	src := a.source()
	a.set(func() {
		a.misbehave = func(w http.ResponseWriter, r *http.Request, path string) bool {
			if path == "api_version" || path == "login" {
				return false
			}
			message := "Internal error."
			if path == "pods" {
				message = "No such thing."
			}
			answer(w, http.StatusInternalServerError, problem(message))
			return true
		}
	})
	b, err := src.Collect(t.Context(), at)
	require.ErrorIs(t, err, arrayrest.ErrNoData)
	require.ErrorContains(t, err, "HTTP 500: Internal error.")
	require.Empty(t, b.Samples)
	require.Equal(t, []string{"pods"}, failed(b), "what all say alike is said once, by the error")
}

func TestTruncatedJSON(t *testing.T) {
	for name, body := range map[string]string{
		"cut":           `{"items":[{"name":"CH0.BAY0","status":"healthy"},{"na`,
		"empty":         ``,
		"a page of web": `<html>Sign in</html>`,
		"a list":        `[]`,
		"wrong inside":  `{"items":{"name":"CH0.BAY0"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			a := newSmall(t)
			src := a.source()
			a.says("drives", body)
			b := collect(t, src, at)
			require.Equal(t, []string{"drives"}, failed(b))
			require.ErrorContains(t, b.Partial[0].Err, "reply is not what the interface describes")
			require.NotContains(t, types(b), "drive")
		})
	}
}

// says makes one path answer with these bytes.
func (a *array) says(path, body string) {
	a.set(func() {
		a.misbehave = func(w http.ResponseWriter, _ *http.Request, asked string) bool {
			if asked == path {
				_, _ = io.WriteString(w, body)
			}
			return asked == path
		}
	})
}

func TestOneBadItemDropsNothingElse(t *testing.T) {
	a := newSmall(t)
	src := a.source()
	a.says("drives", `{"items":[null,7,"x",{"name":null,"status":"failed"},{"name":"CH0.BAY0","status":"healthy","capacity":"big","type":null},{"name":"CH0.BAY1"}]}`)
	b := collect(t, src, at)
	require.Equal(t, []string{"drives", "drives", "drives"}, failed(b), "three that are no items; nameless ones cannot be named")
	require.Equal(t, localmon.HealthOK, stateOf(t, b, "drive", "CH0.BAY0").Health)
	require.Equal(t, localmon.HealthUnknown, stateOf(t, b, "drive", "CH0.BAY1").Health, "no word is not ok")
}

func stateOf(t *testing.T, b localmon.Batch, kind, name string) localmon.ComponentState {
	t.Helper()
	for _, s := range b.States {
		if s.Type == kind && s.Component == name {
			return s
		}
	}
	require.Failf(t, "no such state", "%s %s", kind, name)
	return localmon.ComponentState{}
}

func TestCertificateChange(t *testing.T) {
	a := newSmall(t)
	wrong := "sha256:" + strings.Repeat("ab", 32)
	src := a.source(func(o *flasharray.Options) { o.Pin = wrong })
	b, err := src.Collect(t.Context(), at)
	require.ErrorIs(t, err, localmon.ErrCertificateChanged)
	require.ErrorContains(t, err, "array fa1 (https://127.0.0.1:")
	require.ErrorContains(t, err, wrong)
	require.ErrorContains(t, err, a.pin())
	require.ErrorContains(t, err, "set tls_pin")
	var cert *arrayrest.CertificateError
	require.ErrorAs(t, err, &cert)
	require.Equal(t, arrayrest.CertificateError{Want: wrong, Got: a.pin()}, *cert)
	require.Empty(t, b.Samples)
	require.Zero(t, a.logins, "the token was not shown to a stranger")
}

func TestTokenRefused(t *testing.T) {
	a := newSmall(t)
	src := a.source(func(o *flasharray.Options) { o.Token = "secret-token-of-another-array" })
	_, err := src.Collect(t.Context(), at)
	require.ErrorIs(t, err, localmon.ErrTokenRefused)
	require.ErrorContains(t, err, "array fa1")
	require.ErrorContains(t, err, "Invalid API token.")
	require.ErrorContains(t, err, "make a new API token")
	require.NotContains(t, err.Error(), "secret-token")
}

func TestUnreachable(t *testing.T) {
	a := newSmall(t)
	src := a.source()
	a.Close()
	_, err := src.Collect(t.Context(), at)
	require.ErrorIs(t, err, localmon.ErrUnreachable)
	require.ErrorContains(t, err, "check that the array is up")
	require.NotContains(t, err.Error(), apiToken)
}

func TestTooOld(t *testing.T) {
	a := newSmall(t)
	a.versions = []string{"1.0", "1.19", "2.0", "2.3", "3.0", "2.x", "99.999999"}
	_, err := a.source().Collect(t.Context(), at)
	require.ErrorIs(t, err, arrayrest.ErrTooOld)
	require.ErrorContains(t, err, "this kit speaks 2.4 to 2.56")
	require.ErrorContains(t, err, "Purity 6.1.0")
}

func TestNewestVersionBothKnowIsSpoken(t *testing.T) {
	a := newSmall(t)
	a.versions = []string{"2.57", "2.26", "2.4", "2.9", "1.19"} // not in order
	var spoken string
	a.misbehave = func(_ http.ResponseWriter, r *http.Request, path string) bool {
		if path == "drives" {
			spoken = r.URL.Path
		}
		return false
	}
	a.items["subscriptions"] = []item{{"service": "Evergreen//One"}}
	b := collect(t, a.source(), at)
	require.Equal(t, "/api/2.26/drives", spoken)
	require.Equal(t, 1.0, value(t, b, "purefa_info", "array_name", "fa1", "os", "Purity//FA", "system_id", "1234", "version", "6.5.1", "subscription_type", "Evergreen//One"))
}

func TestStallOfOneEndpointCostsItsTimeOnly(t *testing.T) {
	t.Parallel() // they wait for time to pass
	a := newSmall(t)
	src := a.source(func(o *flasharray.Options) { o.RequestTimeout = 1500 * time.Millisecond })
	a.set(func() {
		a.misbehave = func(_ http.ResponseWriter, r *http.Request, path string) bool {
			if path == "volumes" {
				<-r.Context().Done()
			}
			return path == "volumes"
		}
	})
	b := collect(t, src, at)
	require.Equal(t, []string{"volumes"}, failed(b))
	require.ErrorContains(t, b.Partial[0].Err, "no complete reply within 1.5s")
	require.Len(t, b.States, 6)
}

func TestSlowDripIsCut(t *testing.T) {
	t.Parallel() // they wait for time to pass
	a := newSmall(t)
	src := a.source(func(o *flasharray.Options) { o.RequestTimeout = 1500 * time.Millisecond })
	a.set(func() {
		a.misbehave = func(w http.ResponseWriter, r *http.Request, path string) bool {
			if path != "hosts" {
				return false
			}
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(5 * time.Millisecond) // the drip itself
			}
			return true
		}
	})
	b := collect(t, src, at)
	require.Equal(t, []string{"hosts"}, failed(b))
	require.ErrorContains(t, b.Partial[0].Err, "no complete reply within 1.5s")
}

func TestLookAsAWholeIsBounded(t *testing.T) {
	t.Parallel() // they wait for time to pass
	a := newSmall(t)
	src := a.source(func(o *flasharray.Options) { o.Timeout = 1500 * time.Millisecond })
	a.set(func() {
		a.misbehave = func(_ http.ResponseWriter, r *http.Request, path string) bool {
			if path == "api_version" || path == "login" {
				return false
			}
			<-r.Context().Done()
			return true
		}
	})
	_, err := src.Collect(t.Context(), at)
	require.ErrorIs(t, err, localmon.ErrUnreachable)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestPagingAtSevenLosesAndRepeatsNothing(t *testing.T) {
	a := newSmall(t)
	a.pageSize = 7
	for i := range 1000 {
		name := fmt.Sprintf("vol%04d", i)
		a.items["volumes"] = append(a.items["volumes"], item{"name": name, "id": name, "serial": fmt.Sprintf("SERIAL%04d", i), "space": item{"unique": i, "snapshots": 1}})
		a.items["volumes/performance"] = append(a.items["volumes/performance"], item{"name": name, "id": name, "reads_per_sec": i})
	}
	b := collect(t, a.source(), at)
	require.Empty(t, b.Partial)
	require.Equal(t, 1000, count(b, "purefa_volume_performance_throughput_iops"))
	require.Equal(t, 2000, count(b, "purefa_volume_space_bytes"))
	for i := range 1000 {
		require.Equal(t, float64(i), value(t, b, "purefa_volume_performance_throughput_iops", "dimension", "reads_per_sec",
			"name", fmt.Sprintf("vol%04d", i), "naa_id", fmt.Sprintf("naa.624a9370SERIAL%04d", i)))
	}
	require.Len(t, a.queries("volumes"), 143)
}

func TestDuplicateItemsAreOne(t *testing.T) {
	a := newSmall(t)
	a.items["drives"] = append(a.items["drives"], item{"name": "ch0.bay1", "type": "SSD", "status": "failed", "capacity": 100})
	a.items["hosts/performance"] = []item{{"name": "h1", "reads_per_sec": 5}, {"name": "h1", "reads_per_sec": 6}}
	a.items["alerts"] = []item{alert(1, "open", 1000), alert(1, "open", 1000)}
	b := collect(t, a.source(), at)
	require.Empty(t, b.Partial)
	require.Equal(t, 5.0, value(t, b, "purefa_host_performance_throughput_iops", "dimension", "reads_per_sec", "host", "h1"))
	require.Len(t, b.Alerts, 1)
	require.Equal(t, localmon.HealthCritical, stateOf(t, b, "drive", "ch0.bay1").Health, "of two rows for one part the worse is believed")
}

func TestPageThatFailsKeepsThosePagesBefore(t *testing.T) {
	a := newSmall(t)
	a.pageSize = 1
	a.misbehave = func(w http.ResponseWriter, r *http.Request, path string) bool {
		bad := path == "hosts/performance" && r.URL.Query().Get("continuation_token") != ""
		if bad {
			answer(w, http.StatusInternalServerError, problem("Internal error."))
		}
		return bad
	}
	a.items["hosts/performance"] = []item{{"name": "h1", "reads_per_sec": 5}, {"name": "h2", "reads_per_sec": 6}}
	b := collect(t, a.source(), at)
	require.EqualError(t, b.Partial[0].Err, "page 2: array answered HTTP 500: Internal error.")
	require.Equal(t, 1, count(b, "purefa_host_performance_throughput_iops"))
}

func TestPartialSuccessOfTheArrayIsKeptAndSaid(t *testing.T) {
	a := newSmall(t)
	a.misbehave = func(w http.ResponseWriter, _ *http.Request, path string) bool {
		if path == "drives" {
			answer(w, http.StatusMultiStatus, item{"items": []item{{"name": "CH0.BAY0", "status": "healthy"}}, "errors": []item{{"context": "CH1", "message": "Shelf does not answer."}}})
		}
		return path == "drives"
	}
	b := collect(t, a.source(), at)
	require.EqualError(t, b.Partial[0].Err, "the array could not read all: CH1 Shelf does not answer.")
	require.Contains(t, types(b), "drive")
}

// TestHostileBodies: whatever one endpoint answers, it costs bounded memory and
// time, is said, and drops nothing else.
func TestHostileBodies(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request)
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
		"pages that do not end": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"items":[{"name":"h"}],"continuation_token":"again"}`)
		}, "pages do not end"},
		"more without a token": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"items":[{"name":"h"}],"more_items_remaining":true}`)
		}, "gives no token"},
		"too many items": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"items":[{}`+strings.Repeat(",{}", 30_000)+`]}`)
		}, "more than 20000 items"},
		"compressed bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(bytes.Repeat([]byte(" "), 64<<20))
			_ = z.Close()
		}, "reply is not what the interface describes"},
		"headers without end": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 1<<20))
		}, "server response headers exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newSmall(t)
			src := a.source()
			a.set(func() {
				a.misbehave = func(w http.ResponseWriter, r *http.Request, path string) bool {
					if path == "hosts" {
						c.answer(w, r)
					}
					return path == "hosts"
				}
			})
			b := collect(t, src, at)
			require.Equal(t, []string{"hosts"}, failed(b))
			require.ErrorContains(t, b.Partial[0].Err, c.says)
			require.Less(t, len(b.Partial[0].Err.Error()), 500)
			require.Len(t, b.States, 6)
		})
	}
}

func TestRedirectReachesNoOtherAddress(t *testing.T) {
	reached := make(chan string, 100)
	other := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached <- r.URL.Path }))
	defer other.Close()
	for _, where := range []string{"drives", "login", "api_version"} {
		t.Run(where, func(t *testing.T) {
			a := newSmall(t)
			src := a.source()
			a.set(func() {
				a.misbehave = func(w http.ResponseWriter, r *http.Request, path string) bool {
					if path == where {
						http.Redirect(w, r, other.URL+"/stolen", http.StatusTemporaryRedirect)
					}
					return path == where
				}
			})
			b, err := src.Collect(t.Context(), at)
			if where == "drives" {
				require.NoError(t, err)
				err = b.Partial[0].Err
			}
			require.ErrorContains(t, err, "a redirect, which is not followed")
			require.Empty(t, reached)
		})
	}
}

func TestRepeatedTokenIsSeenAtOnce(t *testing.T) {
	a := newSmall(t)
	src := a.source()
	var pages atomic.Int32
	a.set(func() {
		a.misbehave = func(w http.ResponseWriter, _ *http.Request, path string) bool {
			if path == "hosts" {
				pages.Add(1)
				_, _ = io.WriteString(w, `{"items":[{"name":"h"}],"continuation_token":"again"}`)
			}
			return path == "hosts"
		}
	})
	require.Equal(t, []string{"hosts"}, failed(collect(t, src, at)))
	require.EqualValues(t, 2, pages.Load())
}

func TestNothingButThePositiveListCanBeAsked(t *testing.T) {
	acts := regexp.MustCompile(`(^|/)(test|ntp-test|rotate|batch|diff|factory-reset-token|connection-key|connection-keys|api-tokens|remote-assist-sessions|system-manifest|details)(/|$)`)
	for _, path := range flasharray.Paths() {
		require.NotRegexp(t, acts, path)
	}
	spec := filepath.Join("..", "..", "..", "..", "shared", "data", "specs", "FA2.56.spec.yaml")
	raw, err := os.ReadFile(spec)
	if err != nil {
		t.Skip("the published description is not here: ", err)
	}
	for _, path := range flasharray.Paths() {
		_, after, ok := strings.Cut(string(raw), "\n  /api/2.56/"+path+":\n")
		require.True(t, ok, "%s is in the published description", path)
		require.True(t, strings.HasPrefix(after, "    get:\n"), "%s can be read", path)
	}
}

func TestNewRefusesWhatIsNotSafe(t *testing.T) {
	good := flasharray.Options{Target: "fa1", URL: "https://10.1.0.10", Token: "t", Pin: "sha256:" + strings.Repeat("0a", 32)}
	_, err := flasharray.New(good)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change func(*flasharray.Options)
		says   string
	}{
		"no target":         {func(o *flasharray.Options) { o.Target = "" }, "needs a name"},
		"plain http":        {func(o *flasharray.Options) { o.URL = "http://10.1.0.10" }, "want https://host"},
		"a path":            {func(o *flasharray.Options) { o.URL = "https://10.1.0.10/api" }, "want https://host"},
		"a user":            {func(o *flasharray.Options) { o.URL = "https://u:p@10.1.0.10" }, "want https://host"},
		"no host":           {func(o *flasharray.Options) { o.URL = "https://" }, "want https://host"},
		"no token":          {func(o *flasharray.Options) { o.Token = "" }, "API token is empty"},
		"token of lines":    {func(o *flasharray.Options) { o.Token = "a\nb" }, "spans lines"},
		"no pin":            {func(o *flasharray.Options) { o.Pin = "" }, "no certificate pin"},
		"pin of other kind": {func(o *flasharray.Options) { o.Pin = "sha1:abcd" }, "want sha256:"},
		"short pin":         {func(o *flasharray.Options) { o.Pin = "sha256:abcd" }, "64 hex digits"},
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			c.change(&o)
			_, err := flasharray.New(o)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestParsePinAcceptsWhatOtherToolsPrint(t *testing.T) {
	want := "sha256:" + strings.Repeat("0a", 32)
	spelled := "SHA256:" + strings.TrimSuffix(strings.Repeat("0A:", 32), ":")
	got, err := arrayrest.ParsePin(spelled)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestFetchPinSaysWhatItCouldNotReach(t *testing.T) {
	a := newSmall(t)
	require.Regexp(t, `^sha256:[0-9a-f]{64}$`, a.pin())
	url := a.URL
	a.Close()
	_, err := arrayrest.FetchPin(t.Context(), url)
	require.ErrorContains(t, err, "fetch certificate of "+url)
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	_, err = arrayrest.FetchPin(t.Context(), strings.Replace(plain.URL, "http:", "https:", 1))
	require.Error(t, err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = arrayrest.FetchPin(ended, plain.URL)
	require.Error(t, err)
	require.NotErrorIs(t, err, context.DeadlineExceeded)
}
