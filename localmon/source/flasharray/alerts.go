package flasharray

import (
	"strconv"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
)

// alertOf reads one alert. Texts are shortened, because they become lines and
// labels.
func alertOf(f arrayrest.Fields) localmon.ArrayAlert {
	code, _ := f.Num("code")
	flagged, _ := f.Flag("flagged")
	return localmon.ArrayAlert{
		ID: f.Str("id", 128), Name: f.Str("name", 128), Code: int(max(min(code, 1<<31), 0)),
		Severity: f.Str("severity", 64), State: f.Str("state", 64), Category: f.Str("category", 64),
		ComponentType: f.Str("component_type", 128), Component: f.Str("component_name", 512),
		Issue: f.Str("issue", 512), Summary: f.Str("summary", 1024), Description: f.Str("description", 2048),
		Expected: f.Str("expected", 256), Actual: f.Str("actual", 256), KnowledgeBase: f.Str("knowledge_base_url", 512),
		Flagged: flagged, Created: f.Time("created"), Updated: f.Time("updated"), Closed: f.Time("closed"),
	}
}

func alertSamples(s *localmon.Sampler, alerts []localmon.ArrayAlert) {
	for _, a := range alerts {
		if arrayrest.Closed(a) {
			continue
		}
		s.Add(1, "purefa_alerts_open", "category", a.Category, "code", strconv.Itoa(a.Code), "component_type", a.ComponentType,
			"created", strconv.FormatInt(a.Created.UnixMilli(), 10), "issue", a.Issue, "name", a.Name, "severity", a.Severity, "summary", a.Summary)
	}
}
