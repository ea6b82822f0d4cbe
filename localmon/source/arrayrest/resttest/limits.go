package resttest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// raw: a bundle is made while the monitor looks.
func (s Subject) raw(t *testing.T) {
	t.Run("beside a look shares its session", func(t *testing.T) {
		a, src := s.both(t)
		done := make(chan error, 1)
		go func() {
			_, err := src.Raw(t.Context())
			done <- err
		}()
		for i := range 5 {
			Collect(t, src, At().Add(time.Duration(i)*30*time.Second))
		}
		require.NoError(t, <-done)
		require.Equal(t, 1, a.Logins)
		require.LessOrEqual(t, a.Busiest, 4)
	})
}

// acts are parts of paths that make the array do something, or give away what
// opens it.
var acts = regexp.MustCompile(`(^|/)(test|ntp-test|ping|trace|rotate|batch|diff|logs|logs-async|download|transfer|factory-reset-token|erasures|connection-key|connection-keys|api-tokens|remote-assist-sessions|system-manifest|details)(/|$)`)

func (s Subject) positive(t *testing.T) {
	for _, path := range s.Paths {
		require.NotRegexp(t, acts, path)
	}
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "data", "specs", s.Spec))
	if err != nil {
		t.Skip("the published description is not here: ", err)
	}
	for _, path := range s.Paths {
		path, _, _ = strings.Cut(path, "?")
		_, after, ok := strings.Cut(string(raw), "\n  /api/"+s.SpecVersion+"/"+path+":\n")
		require.True(t, ok, "%s is in the published description", path)
		own, _, _ := strings.Cut(after, "\n  /api/") // what stands of this path, up to the next
		require.Contains(t, "\n"+own, "\n    get:\n", "%s can be read", path)
	}
}

func (s Subject) unsafe(t *testing.T) {
	good := Options{Target: target, URL: "https://10.1.0.10", Token: "t", Pin: "sha256:" + strings.Repeat("0a", 32)}
	_, err := s.New(good)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change func(*Options)
		says   string
	}{
		"no target":         {func(o *Options) { o.Target = "" }, "needs a name"},
		"plain http":        {func(o *Options) { o.URL = "http://10.1.0.10" }, "want https://host"},
		"a path":            {func(o *Options) { o.URL = "https://10.1.0.10/api" }, "want https://host"},
		"a user":            {func(o *Options) { o.URL = "https://u:p@10.1.0.10" }, "want https://host"},
		"no host":           {func(o *Options) { o.URL = "https://" }, "want https://host"},
		"no token":          {func(o *Options) { o.Token = "" }, "API token is empty"},
		"token of lines":    {func(o *Options) { o.Token = "a\nb" }, "spans lines"},
		"no pin":            {func(o *Options) { o.Pin = "" }, "no certificate pin"},
		"pin of other kind": {func(o *Options) { o.Pin = "sha1:abcd" }, "want sha256:"},
		"short pin":         {func(o *Options) { o.Pin = "sha256:abcd" }, "64 hex digits"},
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			c.change(&o)
			_, err := s.New(o)
			require.ErrorContains(t, err, c.says)
		})
	}
}
