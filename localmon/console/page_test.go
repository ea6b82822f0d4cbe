package console_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/console"
	"darksite/localmon/overview"

	"github.com/stretchr/testify/require"
)

// site is a site with a fault, a storm that is silenced, maintenance to come and a
// target that is not seen.
func site(t *testing.T) console.View {
	t.Helper()
	in := overview.Input{
		Site: "S042", Now: at, LastRound: at.Add(-30 * time.Hour),
		Targets: []overview.Target{{Name: "fa1", Kind: localmon.KindFlashArray}, {Name: "fb1", Kind: localmon.KindFlashBlade}},
		Monitor: &overview.Monitor{
			Looks:   []overview.Look{{Target: "fa1", Good: at.Add(-10 * time.Second)}},
			Trouble: []overview.Trouble{{What: "notifier siem", Since: at.Add(-time.Hour), Error: "connection refused"}},
		},
		Quiets: []localmon.Quiet{
			{ID: 1, Kind: localmon.QuietSilence, Target: "fa1", Rule: "port-*", From: at.Add(-time.Hour), Until: at.Add(time.Hour), By: "amartin", Why: "cabling <b>row 4</b>"},
			{ID: 2, Kind: localmon.QuietMaintenance, Target: "fb1", From: at.Add(time.Hour), Until: at.Add(2 * time.Hour), By: "mdurand", Why: "upgrade"},
		},
	}
	alert := func(id uint64, rule, component, summary string, severity localmon.Severity) localmon.Alert {
		return localmon.Alert{ID: id, Rule: rule, Target: "fa1", Component: component, Severity: severity, Status: localmon.StatusFiring, Summary: summary, Since: at.Add(-time.Hour), Seen: at.Add(-10 * time.Second)}
	}
	hush := &localmon.Hush{ID: 1, Kind: localmon.QuietSilence, By: "amartin", Why: "cabling", Until: at.Add(time.Hour)}
	for i, port := range []string{"CT0.FC0", "CT0.FC1", "CT1.FC0"} {
		a := alert(uint64(2+i), "port-down", port, "port "+port+" is down", localmon.SeverityMinor)
		a.Hush = hush
		in.Alerts = append(in.Alerts, a)
	}
	in.Alerts = append(in.Alerts, alert(1, "drive-failed", "CH0.BAY7", "drive <script>CH0.BAY7</script> is failed", localmon.SeverityMajor))
	o, err := overview.Build(t.Context(), in)
	require.NoError(t, err)
	return console.View{Overview: o, Commands: []string{"darksite runbook run --alert 1 --as ID"}}
}

func viewing(views console.Views, now func() time.Time) *console.Console {
	return console.New(console.Options{Batches: fixed(two), Now: now, View: views})
}

func always() time.Time { return at }

func TestThePageSaysWhatIsWrongAndWhatIsKeptQuiet(t *testing.T) {
	v := site(t)
	w := get(t, viewing(func(context.Context) (console.View, error) { return v, nil }, always), "/", "")
	require.Equal(t, http.StatusOK, w.Code)
	text := w.Body.String()
	for _, said := range []string{
		`<span class="word CRIT">CRIT</span></h1>`,
		"drive &lt;script&gt;CH0.BAY7&lt;/script&gt; is failed",
		"<code>darksite runbook run --alert 1 --as ID</code>",
		"3 alerts (CT0.FC0, CT0.FC1, CT1.FC0), the first: port CT0.FC0 is down",
		"silenced until 2026-11-22 13:00 by amartin: cabling",
		"fa1, rule port-*", "cabling &lt;b&gt;row 4&lt;/b&gt;", ">holds<", ">planned<", "mdurand: upgrade",
		"notifier siem since 2026-11-22 11:00: connection refused",
		"never seen", "not known", `<span class="word WARN">due</span>, the last was 1 d 6 h ago`,
	} {
		require.Contains(t, text, said)
	}
	require.NotContains(t, text, "<script", "what an array says is text")
	require.NotRegexp(t, `(?i)https?://|\bstyle=|\son[a-z]+=|http-equiv|<iframe|<img|<form`, text, "nothing from elsewhere, nothing that acts")
	require.Equal(t, "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", w.Header().Get("Content-Security-Policy"))
	for _, word := range regexp.MustCompile(`<span class="word (\w+)">(\w+)</span>`).FindAllStringSubmatch(text, -1) {
		require.True(t, word[1] == word[2] || word[2] == "due", "a colour stands beside its word: %v", word)
	}
}

func TestTheStyleComesFromTheConsoleAlone(t *testing.T) {
	w := get(t, made(two...), "/console.css", "")
	require.Equal(t, "text/css; charset=utf-8", w.Header().Get("Content-Type"))
	require.NotRegexp(t, `url\(|@import|https?:`, w.Body.String())
	for _, medium := range []string{"prefers-color-scheme: dark", "@media print", "max-width", "focus-visible"} {
		require.Contains(t, w.Body.String(), medium)
	}
}

func TestAViewIsMadeOnceInAWhile(t *testing.T) {
	v, asked, now := site(t), 0, at
	c := viewing(func(context.Context) (console.View, error) { asked++; return v, nil }, func() time.Time { return now })
	for range 50 {
		get(t, c, "/", "")
	}
	require.Equal(t, 1, asked)
	now = now.Add(3 * time.Second)
	get(t, c, "/", "")
	require.Equal(t, 2, asked)
	now = now.Add(-time.Hour) // a clock that was set back
	get(t, c, "/", "")
	require.Equal(t, 3, asked, "what is of the future is not shown as now")
}

func TestAPageWithoutAnOverviewSaysSo(t *testing.T) {
	text := get(t, viewing(func(context.Context) (console.View, error) { return console.View{}, errors.New("disk <gone>") }, always), "/", "").Body.String()
	require.Contains(t, text, "The overview could not be made: disk &lt;gone&gt;")
	require.NotContains(t, text, "Nothing to do", "not knowing is not being well")
	require.Contains(t, text, "What is read")
}
