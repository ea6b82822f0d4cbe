package localmon_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"darksite/localmon"

	"github.com/stretchr/testify/require"
)

func TestWhatAQuietCovers(t *testing.T) {
	a := localmon.Alert{ID: 7, Target: "fa-prod-1", Rule: "port-down", Component: "CT0.FC1", Severity: 3}
	cases := []struct {
		q    localmon.Quiet
		want bool
	}{
		{localmon.Quiet{Alert: 7}, true},
		{localmon.Quiet{Alert: 8}, false},
		{localmon.Quiet{Alert: 8, Target: "fa-prod-1"}, false},
		{localmon.Quiet{Target: "fa-prod-1"}, true},
		{localmon.Quiet{Target: "FA-PROD-1"}, true},
		{localmon.Quiet{Target: "fa-prod"}, false},
		{localmon.Quiet{Target: "fa-*"}, true},
		{localmon.Quiet{Target: "fb-*"}, false},
		{localmon.Quiet{Component: "CT*.FC*"}, true},
		{localmon.Quiet{Component: "*FC1"}, true},
		{localmon.Quiet{Component: "*FC2*"}, false},
		{localmon.Quiet{Component: "CT0.FC1*FC1"}, false},
		{localmon.Quiet{Component: "c*0*f*1"}, true},
		{localmon.Quiet{Rule: "port-down", Component: "CT1*"}, false},
		{localmon.Quiet{Rule: "*"}, true},
	}
	for _, c := range cases {
		require.Equal(t, c.want, c.q.Covers(a), "%+v", c.q)
	}
	a.Severity = localmon.SeverityUrgent
	require.False(t, localmon.Quiet{Alert: 7}.Covers(a), "what is urgent only where that was said")
	require.True(t, localmon.Quiet{Alert: 7, Urgent: true}.Covers(a))
}

func TestWhenItIsQuiet(t *testing.T) {
	from := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	q := localmon.Quiet{From: from, Until: from.Add(time.Hour)}
	require.True(t, q.At(from))
	require.False(t, q.At(from.Add(time.Hour)))
	require.False(t, q.At(from.Add(-time.Second)))
	q.Ended = from.Add(time.Minute)
	require.False(t, q.At(from.Add(2*time.Minute)))
	require.Equal(t, "fa-1, rule port-*, component CT0*", localmon.Quiet{Target: "fa-1", Rule: "port-*", Component: "CT0*"}.About())
}

// FuzzFits holds patterns against the same written as a regular expression.
func FuzzFits(f *testing.F) {
	f.Add("CT*.FC*", "CT0.FC1")
	f.Add("*a*a", "aa")
	f.Add("", "x")
	f.Add("**", "")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		for _, s := range []string{pattern, name} {
			for _, r := range s {
				if r >= 0x80 || r == '\n' {
					t.Skip("names of parts are ASCII, on one line")
				}
			}
		}
		want := "(?i)^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$"
		require.Equal(t, pattern == "" || regexp.MustCompile(want).MatchString(name), localmon.Fits(pattern, name), "%q %q", pattern, name)
	})
}
