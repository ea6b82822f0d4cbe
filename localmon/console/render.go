package console

import (
	"fmt"
	"io"
	"mime"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/localmon"
	"darksite/localmon/exposition"
)

const (
	upMetric      = "localmon_source_up"
	sourceMetrics = "localmon_source_" // what is known of the looking itself
	instance      = "instance"
)

// failed reports whether a look says of itself that it read nothing.
func failed(b localmon.Batch) bool {
	return slices.ContainsFunc(b.Samples, func(s localmon.Sample) bool { return s.Key.Metric == upMetric && s.Value == 0 })
}

// current is what of a look still holds at now.
func (c *Console) current(b localmon.Batch, now time.Time) []localmon.Sample {
	old := c.stale(b, now)
	if !old && !failed(b) {
		return b.Samples
	}
	var left []localmon.Sample
	for _, s := range b.Samples {
		if strings.HasPrefix(s.Key.Metric, sourceMetrics) && s.Key.Metric != upMetric {
			left = append(left, s)
		}
	}
	return append(left, localmon.Sample{Key: localmon.SeriesKey{Target: b.Target, Metric: upMetric}})
}

// Write writes one target's samples as a page of OpenMetrics, as /metrics/<target>
// has it.
func Write(w io.Writer, samples []localmon.Sample) error {
	if err := exposition.WritePage(w, exposition.OpenMetrics10, families([][]localmon.Sample{samples}, false)); err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	return nil
}

// stale reports whether nobody has looked lately. A look of the future is one
// too: the clock was set back, and how old it is cannot be known.
func (c *Console) stale(b localmon.Batch, now time.Time) bool {
	age := now.Sub(b.At)
	return age > c.o.Stale || age < -c.o.Stale
}

// families sorts samples by metric. With named every series gets the label
// instance.
func families(batches [][]localmon.Sample, named bool) []exposition.Family {
	at := map[string]int{}
	var all []exposition.Family
	for _, samples := range batches {
		for _, s := range samples {
			i, known := at[s.Key.Metric]
			if !known {
				i = len(all)
				at[s.Key.Metric] = i
				all = append(all, exposition.Family{Metric: s.Key.Metric, Kind: exposition.KindOf(s.Key.Metric), Help: help[s.Key.Metric]})
			}
			labels := s.Key.Labels
			if named {
				labels = withInstance(s.Key)
			}
			all[i].Samples = append(all[i].Samples, exposition.FamilySample{Labels: labels, Value: s.Value})
		}
	}
	return all
}

func withInstance(k localmon.SeriesKey) string {
	labels, err := localmon.ParseLabels(k.Labels)
	if err != nil {
		return k.Labels // the page leaves it out and says so
	}
	for i := range labels {
		if labels[i].Name == instance {
			labels[i].Name = "exported_" + instance
		}
	}
	return localmon.JoinLabels(append(labels, localmon.Label{Name: instance, Value: k.Target}))
}

// dialect is the text a reader likes best.
func dialect(accept string) exposition.Dialect {
	best, text := 0.0, 0.0
	for part := range strings.SplitSeq(accept, ",") {
		media, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil {
			continue
		}
		q := 1.0
		if given, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(given, 64); err != nil {
				continue
			}
		}
		switch media {
		case "application/openmetrics-text":
			best = max(best, q)
		case "text/plain":
			text = max(text, q)
		}
	}
	if best > 0 && best >= text {
		return exposition.OpenMetrics10
	}
	return exposition.Text004
}
