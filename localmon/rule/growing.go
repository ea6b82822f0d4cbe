package rule

import (
	"fmt"
	"time"

	"darksite/localmon/trend"
)

// judgeGrowing says yes when even the slowest likely growth is above the limit.
// A series that has been zero since it is known needs no memory; its course begins
// with the zero before its first other value.
func (e *Evaluator) judgeGrowing(now time.Time, m *MetricMatch, id string, value float64) (bool, string) {
	line := e.m.Lines[id]
	if line == nil {
		if value == 0 {
			return false, ""
		}
		line = &trend.Line{}
		line.Add(now.Add(-trend.MinWidth), 0)
		set(&e.m.Lines, id, line, maxSeries/8)
	}
	line.Add(now, value)
	fit, ok := e.fit(id, line)
	if !ok || fit.To.Sub(fit.From) < m.History {
		return false, ""
	}
	return fit.Low > *m.Growing, fmt.Sprintf(", growing by %s a day (%s to %s)", written(fit.PerDay, m.Unit), written(fit.Low, m.Unit), written(fit.High, m.Unit))
}
