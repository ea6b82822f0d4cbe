package push_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"darksite/localmon"
	"darksite/localmon/source/push"

	"github.com/stretchr/testify/require"
)

func TestReadAlert(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want localmon.ArrayAlert
	}{
		"the recorded text alone": {
			"(drive:ch0.nvb1): failure Expected: healthy, Actual: failed",
			localmon.ArrayAlert{
				ComponentType: "drive", Component: "ch0.nvb1", Issue: "failure", Expected: "healthy", Actual: "failed",
				Summary: "(drive:ch0.nvb1): failure", Description: "(drive:ch0.nvb1): failure Expected: healthy, Actual: failed",
			},
		},
		"with code, labels and line breaks in octal": {
			"purity.alert: (hardware:ct0.fc3): increased invalid TX word count [45]#012Severity: warning#012Tag: x#012Array Name: fa-1#012" +
				"Suggested Action: wait until the issue is resolved#012Knowledge Base Article: https://support.example/?cid=Alert_0045",
			localmon.ArrayAlert{
				Code: 45, Severity: "warning", ComponentType: "hardware", Component: "ct0.fc3", Issue: "increased invalid TX word count",
				KnowledgeBase: "https://support.example/?cid=Alert_0045", Summary: "(hardware:ct0.fc3): increased invalid TX word count",
				Description: "(hardware:ct0.fc3): increased invalid TX word count [45] Severity: warning Tag: x Array Name: fa-1 " +
					"Suggested Action: wait until the issue is resolved Knowledge Base Article: https://support.example/?cid=Alert_0045",
			},
		},
		"code between issue and expectation": {
			"(shelf:ch0): shelf drive failures(s) [60] Expected: 0, Actual: 1 Severity: critical",
			localmon.ArrayAlert{
				Code: 60, Severity: "critical", ComponentType: "shelf", Component: "ch0", Issue: "shelf drive failures(s)", Expected: "0", Actual: "1",
				Summary: "(shelf:ch0): shelf drive failures(s)", Description: "(shelf:ch0): shelf drive failures(s) [60] Expected: 0, Actual: 1 Severity: critical",
			},
		},
		"severity and state before the text": {
			"purity.alert: WARNING closed (Alert ID: 218) Blade CH1.FB3 is unhealthy [1000] Suggested Action: none",
			localmon.ArrayAlert{
				Name: "218", Code: 1000, Severity: "warning", State: "closed", Component: "CH1.FB3",
				Issue: "Blade CH1.FB3 is unhealthy", Summary: "Blade CH1.FB3 is unhealthy",
				Description: "purity.alert: WARNING closed (Alert ID: 218) Blade CH1.FB3 is unhealthy [1000] Suggested Action: none",
			},
		},
		"a sentence and a code": {
			"purity.alert: Controllers ct0 have failed [4] Severity: critical",
			localmon.ArrayAlert{
				Code: 4, Severity: "critical", Component: "ct0", Issue: "Controllers ct0 have failed", Summary: "Controllers ct0 have failed",
				Description: "purity.alert: Controllers ct0 have failed [4] Severity: critical",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := push.ReadAlert(c.text)
			require.True(t, ok)
			require.Equal(t, c.want, got)
		})
	}
}

func TestWhatSaysThatAnAlertIsOver(t *testing.T) {
	const begin = "(drive:ch0.bay3): failure "
	for text, want := range map[string]string{
		begin:                                                         "",
		begin + "[60] State: closed":                                  "closed",
		begin + "[60] State: open":                                    "open",
		begin + "[60] (closed)":                                       "closed",
		begin + "[60] has been resolved":                              "closed",
		"Alert cleared: " + begin:                                     "closed",
		"The alert " + begin + "is now cleared":                       "closed",
		"RESOLVED " + begin:                                           "closed",
		begin + "has never been resolved":                             "",
		begin + "could not be resolved":                               "",
		begin + "is not resolved":                                     "",
		"watch it until the issue is resolved " + begin:               "",
		begin + "Suggested Action: the alert is closed by itself":     "",
		begin + "#012What to do: once the problem is resolved, do it": "",
		"(door:ch0): door is closed":                                  "",
		"(port:ct0.eth1): connection was closed by peer":              "",
		"The issue is old. Call when this fault is cleared. " + begin: "",
	} {
		t.Run(text, func(t *testing.T) {
			a, ok := push.ReadAlert(text)
			require.True(t, ok)
			require.Equal(t, want, a.State)
		})
	}
}

func TestWhatIsNoAlert(t *testing.T) {
	for _, text := range []string{
		"", "user pureuser logged in", "sshd: Failed password for root from 10.0.0.1", "alert", "an alert was mailed [12]",
		"(not a type:x): y", "(type:unclosed", "(type:name) no colon", "(:x): y", "(t:): y", "(t:x):",
		strings.Repeat("(a:", 6000),
	} {
		_, ok := push.ReadAlert(text)
		require.False(t, ok, text)
	}
}

// TestEveryRecordedAlertIsReadFromItsText takes the alerts of a real array and
// reads each from the text the array gives for it.
func TestEveryRecordedAlertIsReadFromItsText(t *testing.T) {
	path := filepath.Join("..", "..", "..", "..", "shared", "data", "recorded", "flasharray", "alerts.json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skip("the recorded replies are not here: ", err)
	}
	var recorded struct {
		Items []struct {
			Description, Expected, Actual, Summary string
			Type                                   string `json:"component_type"`
			Component                              string `json:"component_name"`
			Code                                   int
		}
	}
	require.NoError(t, json.Unmarshal(data, &recorded))
	require.NotEmpty(t, recorded.Items)
	for _, item := range recorded.Items {
		a, ok := push.ReadAlert(fmt.Sprintf("purity.alert: %s [%d]", item.Description, item.Code))
		require.True(t, ok, item.Description)
		require.Equal(t, item.Type, a.ComponentType)
		require.Equal(t, item.Component, a.Component)
		require.True(t, strings.HasSuffix(item.Summary, "): "+a.Issue), "one recorded issue differs from its own summary by two commas")
		require.Equal(t, item.Expected, a.Expected)
		require.Equal(t, item.Actual, a.Actual)
		require.Equal(t, item.Summary, a.Summary)
		require.Equal(t, item.Code, a.Code)
	}
}

func TestTheArraysNameStandsInItsText(t *testing.T) {
	require.Equal(t, "fa-prod-1", push.ArrayName("x#012Array Name: fa-prod-1#012Domain: y"))
	require.Empty(t, push.ArrayName("x"))
}

func FuzzReadAlert(f *testing.F) {
	f.Add("(drive:ch0.nvb1): failure [60] Expected: healthy, Actual: failed")
	f.Add("purity.alert: WARNING open (Alert ID: 3) Blade CH1.FB3 is unhealthy [1000]")
	f.Fuzz(func(t *testing.T, text string) {
		a, ok := push.ReadAlert(text)
		if !ok {
			require.Equal(t, localmon.ArrayAlert{}, a)
			return
		}
		require.True(t, a.Component != "" || a.Code != 0)
		for _, s := range []string{a.Component, a.ComponentType, a.Issue, a.Expected, a.Actual, a.Summary, a.Description, a.KnowledgeBase, a.Name} {
			require.LessOrEqual(t, len(s), 2048)
			require.Equal(t, -1, strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }), s)
		}
		require.Contains(t, []string{"", "open", "closing", "closed", "waiting to downgrade"}, a.State)
		require.Contains(t, []string{"", "critical", "warning", "info", "hidden"}, a.Severity)
	})
}
