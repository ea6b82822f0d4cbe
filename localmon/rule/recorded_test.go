package rule_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/rule"

	"github.com/stretchr/testify/require"
)

// recorded reads the alerts of a recorded array, published by the vendor's
// exporter project.
func recorded(t *testing.T, name string) localmon.Batch {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../../shared/data/recorded", name))
	if err != nil {
		t.Skip("the recordings are not here: ", err)
	}
	var list struct {
		Items []struct {
			ID, Name, Severity, State, Issue, Summary, Actual string
			Code                                              int
			Type                                              string `json:"component_type"`
			Component                                         string `json:"component_name"`
		}
	}
	require.NoError(t, json.Unmarshal(data, &list))
	b := localmon.Batch{AlertsRead: true}
	for _, a := range list.Items {
		b.Alerts = append(b.Alerts, localmon.ArrayAlert{
			ID: a.ID, Name: a.Name, Code: a.Code, Severity: a.Severity, State: a.State,
			ComponentType: a.Type, Component: a.Component, Issue: a.Issue, Summary: a.Summary, Actual: a.Actual,
		})
	}
	return b
}

func TestRecordedAlertsAreToldInAHandful(t *testing.T) {
	cases := []struct {
		file string
		kind localmon.Kind
		want map[string]localmon.Severity // rule/component
	}{
		{"flasharray/alerts_open.json", localmon.KindFlashArray, map[string]localmon.Severity{"array-alert:231": 4}},
		{"flashblade/alerts_open.json", localmon.KindFlashBlade, map[string]localmon.Severity{
			"array-alert:1106/users of z-k8s-datahub":                                    2,
			"array-alert:1111/bloom-bi-dir-classic --> fbstaines03:bloom-bi-dir-classic": 2,
			"array-alert:1123/pureuser":                                                  3,
			"array-alert:1124/fbe":                                                       3,
			// Five file systems near or over their quota, each with an owner of its own.
			"fb-quota/AIRI":    4,
			"fb-quota/cmeidam": 3,
			"fb-quota/k8s-pvc-ea695d17-6271-45af-b0de-c14a4f6b6a03":        3,
			"fb-quota/pure-demos-pvc-fffcf67b-dce2-4189-95e4-11b9f40c4fb0": 3,
			"fb-quota/z-fbhosts_docker_root":                               4,
			"port-down/CH1.FM1.ETH3":                                       3,
			"psu-failed/CH1.PWR2":                                          2,
		}},
	}
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			b := recorded(t, c.file)
			e := rule.NewEvaluator(shipped(t), "array", c.kind)
			got := map[string]localmon.Severity{}
			for _, x := range e.Evaluate(start, b) {
				require.Equal(t, localmon.Yes, x.State)
				require.NotEmpty(t, x.Evidence)
				got[localmon.Ref{Rule: x.Rule, Component: x.Component}.String()] = x.Severity
			}
			require.Equal(t, c.want, got)
			b.Alerts = nil
			for _, x := range e.Evaluate(start.Add(time.Minute), b) {
				require.Equal(t, localmon.No, x.State, "all are closed")
			}
		})
	}
}
