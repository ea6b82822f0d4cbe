package daemon

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"darksite/localmon"
)

// Samples are what the monitor counts of itself, as series of the site's own
// target:
//
//	localmon_monitor_start_timestamp_seconds
//	localmon_monitor_looks_total{target}
//	localmon_monitor_look_failures_total{target}
//	localmon_monitor_look_took_seconds{target}         the newest look
//	localmon_monitor_look_timestamp_seconds{target}    the newest look
//	localmon_monitor_alerts{status,severity}           living ones
//	localmon_monitor_changes_total                     of alerts, since the site began
//	localmon_monitor_unsaved_changes                   that wait for the disk
//	localmon_monitor_trouble{what}                     1 for each there is
//	localmon_monitor_standstill{target}                1 where the watching does not go on
func (d *Daemon) Samples() []localmon.Sample {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []localmon.Sample
	add := func(metric string, value float64, labels ...string) {
		out = append(out, localmon.Sample{Value: value, Key: localmon.SeriesKey{Target: d.o.Site, Metric: "localmon_monitor_" + metric, Labels: localmon.FormatLabels(labels...)}})
	}
	add("start_timestamp_seconds", float64(d.started.UnixNano())/1e9)
	for _, t := range d.o.Targets {
		name := t.Source.Target()
		j := d.judges[name]
		add("looks_total", float64(j.looks), "target", name)
		add("look_failures_total", float64(j.failed), "target", name)
		still := 0.0
		if _, bad := d.trouble[Standstill+" "+name]; bad {
			still = 1
		}
		add("standstill", still, "target", name)
		if j.looks > 0 {
			add("look_took_seconds", j.look.Took.Seconds(), "target", name)
			add("look_timestamp_seconds", float64(j.look.At.UnixNano())/1e9, "target", name)
		}
	}
	type kind struct {
		status   localmon.Status
		severity localmon.Severity
	}
	alerts := map[kind]int{}
	for _, status := range []localmon.Status{localmon.StatusPending, localmon.StatusFiring} {
		for severity := localmon.SeverityUrgent; severity <= localmon.SeverityInfo; severity++ {
			alerts[kind{status, severity}] = 0
		}
	}
	for _, e := range d.state.Entries {
		if e.Alert.Status != localmon.StatusResolved {
			alerts[kind{e.Alert.Status, e.Alert.Severity}]++
		}
	}
	for k, n := range alerts {
		add("alerts", float64(n), "status", string(k.status), "severity", strconv.Itoa(int(k.severity)))
	}
	add("changes_total", float64(d.state.Seq))
	add("unsaved_changes", float64(len(d.unsaved)))
	for what := range d.trouble {
		add("trouble", 1, "what", what)
	}
	slices.SortFunc(out, func(a, b localmon.Sample) int {
		return cmp.Or(strings.Compare(a.Key.Metric, b.Key.Metric), strings.Compare(a.Key.Labels, b.Key.Labels))
	})
	return out
}
