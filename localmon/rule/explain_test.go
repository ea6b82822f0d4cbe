package rule_test

import (
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/rule"

	"github.com/stretchr/testify/require"
)

// causes judges one look and lists who is explained by whom.
func causes(e *rule.Evaluator, now time.Time, b localmon.Batch) map[string]string {
	out := map[string]string{}
	for _, c := range e.Evaluate(now, b) {
		if c.State == localmon.Yes {
			out[localmon.Ref{Rule: c.Rule, Component: c.Component}.String()] = c.Cause.String()
		}
	}
	return out
}

func state(kind, name, word string, h localmon.Health) localmon.ComponentState {
	return localmon.ComponentState{Type: kind, Component: name, Status: word, Health: h}
}

func ref(id, component string) string {
	return localmon.Ref{Rule: id, Component: component}.String()
}

var nobody = localmon.Ref{}.String()

func TestAPartBelongsToEveryWholeAboveIt(t *testing.T) {
	e := rule.NewEvaluator(shipped(t), "fb-1", localmon.KindFlashBlade)
	require.Equal(t, map[string]string{
		ref("fabric-module", "CH1.FM2"):           nobody,
		ref("fan-or-temperature", "CH1.FM2.FAN1"): ref("fabric-module", "CH1.FM2"),
		ref("port-down", "CH1.FM2.ETH1.1"):        ref("fabric-module", "CH1.FM2"),
		ref("port-down", "CH1.FM20.ETH1.1"):       nobody,
		ref("blade-unhealthy", "CH1.FB3"):         nobody,
		ref("fb-drive-unhealthy", "CH1.FB3.BAY2"): ref("blade-unhealthy", "CH1.FB3"),
		ref("fb-chassis", "CH1"):                  ref("fabric-module", "CH1.FM2"),
	}, causes(e, start, localmon.Batch{Target: "fb-1", AlertsRead: true, States: []localmon.ComponentState{
		state("fm", "CH1.FM2", "critical", localmon.HealthCritical),
		state("fan", "CH1.FM2.FAN1", "unknown", localmon.HealthWarning),
		state("eth", "CH1.FM2.ETH1.1", "unknown", localmon.HealthWarning),
		state("eth", "CH1.FM20.ETH1.1", "unknown", localmon.HealthWarning),
		state("blade", "CH1.FB3", "unhealthy", localmon.HealthCritical),
		state("drive", "CH1.FB3.BAY2", "unhealthy", localmon.HealthCritical),
		state("ch", "CH1", "critical", localmon.HealthCritical),
	}}))
}

func TestACauseIsFollowedToTheFirst(t *testing.T) {
	e := rule.NewEvaluator(shipped(t), "fa-1", localmon.KindFlashArray)
	require.Equal(t, map[string]string{
		ref("sas-cabling", "SH0.SAS1"):            nobody,
		ref("sas-cabling-controller", "CT1.SAS0"): ref("sas-cabling", "SH0.SAS1"),
		ref("drive-attention", "SH0.BAY3"):        ref("sas-cabling", "SH0.SAS1"),
		ref("drive-path-lost", "SH0.BAY3"):        ref("sas-cabling", "SH0.SAS1"),
	}, causes(e, start, localmon.Batch{Target: "fa-1", AlertsRead: true, States: []localmon.ComponentState{
		state("sas_port", "SH0.SAS1", "critical", localmon.HealthCritical),
		state("sas_port", "CT1.SAS0", "critical", localmon.HealthCritical),
		state("drive", "SH0.BAY3", "unknown", localmon.HealthWarning),
		state("drive_bay", "SH0.BAY3", "unknown", localmon.HealthWarning),
	}}))
}

// A cable that was mended a while ago explains nothing any more, and what is
// found now hangs together without it.
func TestACauseThatIsOverIsNotFollowedTo(t *testing.T) {
	e := rule.NewEvaluator(shipped(t), "fa-1", localmon.KindFlashArray)
	look := func(after time.Duration, sas, drive string) map[string]string {
		return causes(e, start.Add(after), localmon.Batch{Target: "fa-1", AlertsRead: true, States: []localmon.ComponentState{
			state("sas_port", "SH0.SAS1", sas, localmon.JudgeWord(sas)),
			state("drive", "SH0.BAY3", drive, localmon.JudgeWord(drive)), state("drive_bay", "SH0.BAY3", drive, localmon.JudgeWord(drive)),
		}})
	}
	look(0, "critical", "unknown")
	look(time.Minute, "ok", "healthy")
	got := look(30*time.Minute, "ok", "unknown")
	require.Equal(t, ref("drive-attention", "SH0.BAY3"), got[ref("drive-path-lost", "SH0.BAY3")])
}

func TestRulesThatExplainEachOtherEnd(t *testing.T) {
	of := func(id, kind, by string) rule.Rule {
		return rule.Rule{
			ID: id, Severity: localmon.SeverityMinor, Summary: id, States: []rule.StateMatch{{Types: []string{kind}, Health: []string{"critical"}}},
			ExplainedBy: []rule.Explanation{{Rule: by, Same: "component"}},
		}
	}
	look := localmon.Batch{Target: "x", AlertsRead: true, States: []localmon.ComponentState{
		state("a", "p", "critical", localmon.HealthCritical), state("b", "p", "critical", localmon.HealthCritical), state("c", "p", "critical", localmon.HealthCritical),
	}}
	two := rule.NewEvaluator(rule.Set{Rules: []rule.Rule{of("a", "a", "b"), of("b", "b", "a")}}, "x", localmon.KindHost)
	require.Equal(t, map[string]string{ref("a", "p"): ref("b", "p"), ref("b", "p"): ref("a", "p")}, causes(two, start, look))
	three := rule.NewEvaluator(rule.Set{Rules: []rule.Rule{of("a", "a", "b"), of("b", "b", "c"), of("c", "c", "b")}}, "x", localmon.KindHost)
	require.Len(t, causes(three, start, look), 3)
}

// Roles that change while the array answers are no restart, and what was seen
// before the monitor itself began anew counts.
func TestOnlyAnArrayThatDidNotAnswerHasStartedAnew(t *testing.T) {
	since := func(ct0, ct1 time.Time) localmon.Batch {
		at := func(name string, v time.Time) localmon.Sample {
			return localmon.Sample{Key: localmon.SeriesKey{
				Target: "fa-1", Metric: "purefa_hw_controller_mode_since_timestamp_seconds", Labels: localmon.FormatLabels("name", name),
			}, Value: float64(v.Unix())}
		}
		return localmon.Batch{Target: "fa-1", AlertsRead: true, Samples: []localmon.Sample{at("CT0", ct0), at("CT1", ct1)}}
	}
	long := start.Add(-1000 * time.Hour)
	for name, c := range map[string]struct {
		between []localmon.Batch
		want    string
	}{
		"it answered all the time":        {nil, ref("controllers-changed-roles", "")},
		"one look found nothing":          {[]localmon.Batch{blind}, ref("array-restarted", "")},
		"that was before it was in sight": {[]localmon.Batch{blind, since(long, long)}, ref("controllers-changed-roles", "")},
	} {
		t.Run(name, func(t *testing.T) {
			e := rule.NewEvaluator(shipped(t), "fa-1", localmon.KindFlashArray)
			now := start
			for _, b := range append([]localmon.Batch{since(long, long)}, c.between...) {
				now = now.Add(30 * time.Second)
				e.Evaluate(now, b)
			}
			kept, err := e.Memory()
			require.NoError(t, err)
			e = rule.NewEvaluator(shipped(t), "fa-1", localmon.KindFlashArray)
			require.NoError(t, e.Restore(kept))
			now = now.Add(30 * time.Second)
			got := causes(e, now, since(now.Add(-10*time.Second), now.Add(-9*time.Second)))
			require.Equal(t, nobody, got[c.want])
			for id, cause := range got {
				if id != c.want {
					require.Equal(t, c.want, cause, id)
				}
			}
		})
	}
}
