package overview

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"darksite/localmon"
	"darksite/localmon/units"
)

// present are the series of a metric that the newest look at a target had.
func (in Input) present(ctx context.Context, row Row, metric string) ([]localmon.Series, error) {
	if in.Reader == nil {
		return nil, nil
	}
	all, err := in.Reader.Series(ctx, localmon.Selector{Target: row.Name, Metric: metric})
	if err != nil {
		return nil, err
	}
	newest := time.Time{}
	for _, s := range all {
		if s.Last.After(newest) {
			newest = s.Last
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(s localmon.Series) bool { return s.Last.Before(newest) }), nil
}

// labels are the labels of a series by name; none where they cannot be read.
func labels(key localmon.SeriesKey) map[string]string {
	out := map[string]string{}
	list, err := localmon.ParseLabels(key.Labels)
	if err != nil {
		return out
	}
	for _, l := range list {
		out[l.Name] = l.Value
	}
	return out
}

// parts sums up what a target says of its parts.
type parts struct {
	all, well int
	bad       []string
	worst     localmon.Health
	at        time.Time
}

func (p *parts) add(name, status string, at time.Time) {
	h := localmon.JudgeWord(status)
	p.all++
	if at.After(p.at) {
		p.at = at
	}
	if h == localmon.HealthOK {
		p.well++
		return
	}
	p.bad = append(p.bad, name+" "+status)
	if p.all == 1 || h.WorseThan(p.worst) || p.worst == localmon.HealthOK {
		p.worst = h
	}
}

func (p *parts) line(what, target string) Line {
	if p.all == 0 {
		return Line{Word: Unknown, What: what, Value: "not told by this way of reading"}
	}
	l := Line{Word: OK, What: what, Value: fmt.Sprintf("%d of %d well", p.well, p.all), At: p.at}
	if len(p.bad) == 0 {
		return l
	}
	slices.Sort(p.bad)
	l.Value += ", not: " + some(p.bad)
	l.Word, l.Next = Warning, "darksite alerts list --target "+target
	switch p.worst {
	case localmon.HealthCritical:
		l.Word = Critical
	case localmon.HealthUnknown:
		l.Word = Unknown
	}
	return l
}

// hardware is whether what is there twice is there twice.
func (in RoundInput) hardware(ctx context.Context, row Row) ([]Line, error) {
	if row.Kind == localmon.KindFlashBlade {
		return in.blades(ctx, row)
	}
	controllers, err := in.present(ctx, row, "purefa_hw_controller_info")
	if err != nil {
		return nil, err
	}
	var pair parts
	serving := 0
	for _, s := range controllers {
		l := labels(s.Key)
		pair.add(l["name"], l["status"], s.Last)
		if strings.EqualFold(l["mode"], "primary") || strings.EqualFold(l["mode"], "secondary") {
			serving++
		}
	}
	c := pair.line(row.Name+" controllers", row.Name)
	if pair.all == 1 || pair.all > 1 && serving < 2 {
		c.Word, c.Value = worse(c.Word, Critical), fmt.Sprintf("%s, %d of %d serve: nothing stands in for it", c.Value, serving, pair.all)
	}
	components, err := in.present(ctx, row, "purefa_hw_component_status")
	if err != nil {
		return nil, err
	}
	var rest parts
	for _, s := range components {
		l := labels(s.Key)
		rest.add(l["component_name"], l["component_status"], s.Last)
	}
	lines := []Line{c, rest.line(row.Name+" parts", row.Name)}
	drives, err := in.present(ctx, row, "purefa_drive_capacity_bytes")
	if err != nil || len(drives) == 0 {
		return lines, err
	}
	var bays parts // a bay can be well while the drive in it is not
	for _, s := range drives {
		l := labels(s.Key)
		bays.add(l["component_name"], l["component_status"], s.Last)
	}
	return append(lines, bays.line(row.Name+" drives", row.Name)), nil
}

// blades reads the number the exporter gives: 1 is healthy, 2 unused.
func (in RoundInput) blades(ctx context.Context, row Row) ([]Line, error) {
	list, err := in.present(ctx, row, "purefb_hardware_health")
	if err != nil {
		return nil, err
	}
	var all parts
	for _, s := range list {
		p, ok, err := in.newest(ctx, s.Key)
		if err != nil {
			return nil, err
		}
		word := "unhealthy"
		switch {
		case !ok:
			word = ""
		case p.Value == 1 || p.Value == 2:
			word = "healthy"
		}
		all.add(labels(s.Key)["name"], word, s.Last)
	}
	return []Line{all.line(row.Name+" parts", row.Name)}, nil
}

// behind is how far a copy may be behind before the round says so.
const behind = 15 * time.Minute

// copies are replica links and mediators, where the target has any.
func (in RoundInput) copies(ctx context.Context, row Row) ([]Line, error) {
	lags, err := in.present(ctx, row, "purefa_pod_replica_links_lag_max_msec")
	if err != nil {
		return nil, err
	}
	l := Line{Word: OK, What: row.Name + " replication", Value: "no link is told"}
	var worst localmon.Point
	for i, s := range lags {
		p, ok, err := in.newest(ctx, s.Key)
		if err != nil {
			return nil, err
		}
		if ok && (i == 0 || p.Value > worst.Value) {
			worst = p
		}
	}
	if !worst.At.IsZero() {
		lag := time.Duration(worst.Value) * time.Millisecond
		l.Value, l.At = fmt.Sprintf("%s, the slowest %s behind", links(len(lags)), units.Duration(lag)), worst.At
		l.Next = "darksite history plot purefa_pod_replica_links_lag_max_msec --target " + row.Name
		if lag > behind {
			l.Word = Warning
		}
	} else if len(lags) > 0 {
		l.Word, l.Value = Unknown, links(len(lags))+", how far behind is not known"
	}
	mediators, err := in.present(ctx, row, "purefa_pod_mediator_status")
	if err != nil || len(mediators) == 0 {
		return []Line{l}, err
	}
	var online parts
	for _, s := range mediators {
		m := labels(s.Key)
		word := "offline"
		if strings.EqualFold(m["status"], "online") {
			word = "ok"
		}
		online.add(m["pod"]+" at "+m["array"], word, s.Last)
	}
	return []Line{l, online.line(row.Name+" mediators", row.Name)}, nil
}

func links(n int) string {
	if n == 1 {
		return "1 link"
	}
	return fmt.Sprintf("%d links", n)
}

// What is told of the work of a day: worse than usual by so much, and slow
// enough to be felt.
const (
	muchSlower = 3
	felt       = 2 * time.Millisecond
	workStep   = 10 * time.Minute
	leastUsual = 36 // steps of the days before, to call something usual
)

// work holds the slowest ten minutes of the day against what is usual.
func (in RoundInput) work(ctx context.Context, row Row) ([]Line, error) {
	metric := "purefa_array_performance_latency_usec"
	if row.Kind == localmon.KindFlashBlade {
		metric = "purefb_array_performance_latency_usec"
	}
	list, err := in.present(ctx, row, metric)
	if err != nil {
		return nil, err
	}
	var lines []Line
	for _, side := range []string{"read", "write"} {
		var worst localmon.Point
		var before []float64
		for _, s := range list {
			l := labels(s.Key)
			if p, ok := l["protocol"]; l["dimension"] != "usec_per_"+side+"_op" || ok && p != "all" {
				continue
			}
			w := localmon.Window{From: in.Now.Add(-usually), To: in.Now, Step: workStep, Agg: localmon.AggAvg}
			for p, err := range in.Reader.Range(ctx, s.Key, w) {
				switch {
				case err != nil:
					return nil, err
				case math.IsNaN(p.Value):
				case p.At.Before(in.Now.Add(-24 * time.Hour)):
					before = append(before, p.Value)
				case worst.At.IsZero() || p.Value > worst.Value:
					worst = p
				}
			}
		}
		lines = append(lines, workLine(row.Name, side, metric, worst, before))
	}
	return lines, nil
}

func workLine(target, side, metric string, worst localmon.Point, before []float64) Line {
	l := Line{What: target + " slowest " + side, Next: fmt.Sprintf("darksite history plot %s --target %s --label dimension=usec_per_%s_op --since 24h", metric, target, side)}
	if worst.At.IsZero() {
		l.Word, l.Value = Unknown, "no latency was read in the last day"
		return l
	}
	l.Word, l.At = OK, worst.At
	l.Value = fmt.Sprintf("%s at %s", units.Latency(worst.Value/1e6), worst.At.UTC().Format("15:04"))
	if len(before) < leastUsual {
		l.Value += ", too early to say what is usual"
		return l
	}
	slices.Sort(before)
	median := before[len(before)/2]
	l.Value += ", usually " + units.Latency(median/1e6)
	if worst.Value > muchSlower*median && worst.Value > float64(felt.Microseconds()) {
		l.Word = Warning
	}
	return l
}
