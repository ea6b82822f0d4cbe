package flashblade

import (
	"strconv"
	"strings"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
)

// alertOf reads one alert. Texts are shortened, because they become lines and
// labels. A FlashBlade gives no category, issue, expected and actual, and not
// when an alert was closed: that is when a closed one was last changed.
func alertOf(f arrayrest.Fields) localmon.ArrayAlert {
	code, _ := f.Num("code")
	flagged, _ := f.Flag("flagged")
	a := localmon.ArrayAlert{
		ID: f.Str("id", 128), Name: f.Str("name", 128), Code: int(max(min(code, 1<<31), 0)),
		Severity: f.Str("severity", 64), State: f.Str("state", 64),
		ComponentType: f.Str("component_type", 128), Component: f.Str("component_name", 512),
		Summary: f.Str("summary", 1024), Description: f.Str("description", 2048), Action: f.Str("action", 1024),
		KnowledgeBase: f.Str("knowledge_base_url", 512),
		Flagged:       flagged, Created: f.Time("created"), Updated: f.Time("updated"),
	}
	if arrayrest.Closed(a) {
		a.Closed = a.Updated
	}
	return a
}

// oneLine is for texts that become labels.
func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ") }

func alertSamples(s *localmon.Sampler, alerts []localmon.ArrayAlert) {
	for _, a := range alerts {
		if arrayrest.Closed(a) {
			continue
		}
		s.Add(1, "purefb_alerts_open", "action", oneLine(a.Action), "code", strconv.Itoa(a.Code), "component_name", a.Component,
			"component_type", a.ComponentType, "created", strconv.FormatInt(a.Created.UnixMilli(), 10), "kburl", a.KnowledgeBase,
			"severity", a.Severity, "summary", oneLine(a.Summary))
	}
}
