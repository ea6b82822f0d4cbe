package openmetrics

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/localmon"
	"darksite/localmon/exposition"
)

// The series from which parts, alerts and identities are read.
const (
	hardwareSeries   = "purefa_hw_component_status"
	driveSeries      = "purefa_drive_capacity_bytes"
	controllerSeries = "purefa_hw_controller_info"
	bladeSeries      = "purefb_hardware_health"
	alertsFA         = "purefa_alerts_open"
	alertsFB         = "purefb_alerts_open"
	infoFA           = "purefa_info"
	infoFB           = "purefb_info"
	spaceFA          = "purefa_array_space_bytes"
	spaceFB          = "purefb_array_space_bytes"

	typeDrive      = "drive"
	typeController = "controller"
)

// No array has more; a page that goes beyond lists something else.
const (
	maxParts  = 4000
	maxAlerts = 2000
)

type partKey struct{ kind, name string }

// faults is what the vendor's series say of parts and alerts.
type faults struct {
	hardware   map[partKey]localmon.ComponentState
	own        map[partKey]localmon.ComponentState // drives and controllers by their own series
	alerts     []localmon.ArrayAlert
	known      map[localmon.ArrayAlert]bool
	info       *localmon.Array
	model      string
	scope      bool // the page is the one that has the alerts, were there any
	over       int
	partsGone  bool // a line of parts could not be read
	alertsGone bool
	alertsRead bool // of the whole look, once merged
}

func newFaults() faults {
	return faults{
		hardware: map[partKey]localmon.ComponentState{}, own: map[partKey]localmon.ComponentState{},
		known: map[localmon.ArrayAlert]bool{},
	}
}

// taint notes that a line which begins so could not be used.
func (f *faults) taint(line string) {
	for _, series := range []string{hardwareSeries, driveSeries, controllerSeries, bladeSeries} {
		f.partsGone = f.partsGone || strings.HasPrefix(line, series)
	}
	f.alertsGone = f.alertsGone || strings.HasPrefix(line, alertsFA) || strings.HasPrefix(line, alertsFB)
}

func (f *faults) sample(one exposition.Scraped) {
	text := func(name string) string { return shorten(label(one.Labels, name), 512) }
	switch one.Metric {
	case hardwareSeries:
		f.scope = true
		f.part(f.hardware, localmon.ComponentState{Component: text("component_name"), Type: cmp.Or(text("component_type"), "hardware"), Status: text("component_status")})
	case driveSeries:
		f.part(f.own, localmon.ComponentState{
			Component: text("component_name"), Type: typeDrive, Status: text("component_status"),
			Detail: detail(text("component_type"), text("component_protocol"), size(one.Value)),
		})
	case controllerSeries:
		f.model = cmp.Or(f.model, text("model"))
		f.controller(text("name"), text("status"), text("mode"), detail(text("mode"), text("model"), text("version")))
	case bladeSeries:
		f.scope = true
		f.part(f.hardware, localmon.ComponentState{Component: text("name"), Type: cmp.Or(text("type"), "hardware"), Status: bladeWord(one.Value)})
	case alertsFA, alertsFB:
		f.alert(one, text)
	case infoFA:
		f.identity(localmon.Array{Name: text("array_name"), Kind: localmon.KindFlashArray, OS: text("os"), Version: text("version"), Serial: text("system_id")})
	case infoFB:
		f.identity(localmon.Array{Name: text("array_name"), Kind: localmon.KindFlashBlade, OS: text("os"), Version: text("version"), Serial: text("system_id")})
	case spaceFA, spaceFB:
		f.scope = true
	}
}

// bladeWord spells the number of purefb_hardware_health. Zero is every word but
// the two that are good, so it is believed to be the worst of them.
func bladeWord(v float64) string {
	switch v {
	case 1:
		return "healthy"
	case 2:
		return "unused"
	}
	return "unhealthy"
}

// part keeps the worst where a part has several series, as it has for a moment
// when its status changes.
func (f *faults) part(in map[partKey]localmon.ComponentState, s localmon.ComponentState) {
	if s.Component == "" {
		f.partsGone = true
		return
	}
	s.Health = judge(s.Status)
	if !take(in, s) {
		f.over++
		f.partsGone = true
	}
}

// take adds a part, or reports that there are too many.
func take(in map[partKey]localmon.ComponentState, s localmon.ComponentState) bool {
	key := partKey{s.Type, strings.ToLower(s.Component)}
	have, known := in[key]
	if !known && len(in) >= maxParts {
		return false
	}
	if !known || badness(s.Health) > badness(have.Health) {
		in[key] = s
	}
	return true
}

// controller counts its mode as well as its status: one that is ready but not
// present serves nothing.
func (f *faults) controller(name, status, mode, about string) {
	word := status
	serves := mode == "" || strings.EqualFold(mode, "primary") || strings.EqualFold(mode, "secondary")
	if !serves && badness(judge(mode)) > badness(judge(status)) {
		word = mode
	}
	f.part(f.own, localmon.ComponentState{Component: name, Type: typeController, Status: word, Detail: about})
}

// alert reads one open alert. A FlashArray gives the number people see, a
// FlashBlade no name at all, so what tells its alerts apart is put together.
func (f *faults) alert(one exposition.Scraped, text func(string) string) {
	if one.Value <= 0 {
		return
	}
	code, _ := strconv.Atoi(text("code"))
	a := localmon.ArrayAlert{
		Name: text("name"), Code: max(code, 0), Severity: text("severity"), State: "open", Category: text("category"),
		ComponentType: text("component_type"), Component: text("component_name"), Issue: text("issue"),
		Summary: text("summary"), Description: text("action"), KnowledgeBase: text("kburl"),
	}
	a.Component = cmp.Or(a.Component, componentIn(label(one.Labels, "summary"), label(one.Labels, "component_type"), label(one.Labels, "issue")))
	if ms, err := strconv.ParseInt(text("created"), 10, 64); err == nil && ms > 0 && ms < 1<<53 {
		a.Created = time.UnixMilli(ms).UTC()
		a.Updated = a.Created
	}
	a.ID = cmp.Or(a.Name, strings.Join([]string{text("code"), a.ComponentType, a.Component, text("created")}, "/"))
	switch {
	case f.known[a]:
	case len(f.alerts) >= maxAlerts:
		f.over++
		f.alertsGone = true
	default:
		f.known[a] = true
		f.alerts = append(f.alerts, a)
	}
}

// componentIn finds the part in the summary of a FlashArray's alert, which has no
// label for it: arrays write "(type:part): issue", and type and issue are known.
func componentIn(summary, kind, issue string) string {
	rest, ok := strings.CutPrefix(summary, "("+kind+":")
	if !ok || kind == "" || issue == "" {
		return ""
	}
	if rest, ok = strings.CutSuffix(rest, "): "+issue); !ok {
		return ""
	}
	return shorten(rest, 512)
}

func (f *faults) identity(a localmon.Array) {
	if f.info == nil && a.Name != "" {
		f.info = &a
	}
}

// merge takes over what a page says, as far as it can be believed to be all of
// it.
func (f *faults) merge(r *reading) {
	from := &r.faults
	f.model = cmp.Or(f.model, from.model)
	if from.info != nil {
		f.identity(*from.info)
		f.info.Model = cmp.Or(f.info.Model, f.model)
	}
	if r.err != nil || !r.whole {
		return
	}
	if !from.partsGone {
		for _, s := range from.hardware {
			take(f.hardware, s)
		}
		for _, s := range from.own {
			take(f.own, s)
		}
	}
	if (from.scope || len(from.alerts) > 0) && !from.alertsGone {
		f.alertsRead = true
		for _, a := range from.alerts {
			if !f.known[a] {
				f.known[a] = true
				f.alerts = append(f.alerts, a)
			}
		}
	}
}

// notListed is the one status word of the kit's own: a controller that the
// hardware knows and the controllers' own series do not.
const notListed = "not listed"

// states lists the parts, every drive and controller as bad as the worse of its
// own series and of the hardware.
func (f *faults) states() []localmon.ComponentState {
	var all []localmon.ComponentState
	controllers := false
	for key, s := range f.own {
		switch key.kind {
		case typeDrive:
			s = worse(worse(s, f.hardware[partKey{"drive_bay", key.name}]), f.hardware[partKey{"nvram_bay", key.name}])
		case typeController:
			controllers = true
			s = worse(s, f.hardware[key])
		}
		all = append(all, s)
	}
	for key, s := range f.hardware {
		if _, own := f.own[key]; own {
			continue
		}
		if key.kind == typeController && controllers {
			s.Detail = detail(s.Detail, "the hardware says "+cmp.Or(s.Status, "nothing"))
			s.Status, s.Health = notListed, localmon.HealthCritical
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b localmon.ComponentState) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Component, b.Component))
	})
	return all
}

// worse is own with the word that the hardware has for its place where that is
// worse. A lit lamp and new firmware say nothing of what is in the place.
func worse(own, place localmon.ComponentState) localmon.ComponentState {
	word := strings.ToLower(place.Status)
	if word == "" || word == "identifying" || word == "updating" || badness(place.Health) <= badness(own.Health) {
		return own
	}
	own.Detail = detail(own.Detail, "the word is of its "+place.Type+", its own series says "+cmp.Or(own.Status, "nothing"))
	own.Status, own.Health = place.Status, place.Health
	return own
}

func detail(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
}

func size(v float64) string {
	if !(v > 0) || math.IsInf(v, 1) {
		return ""
	}
	return strconv.FormatFloat(v, 'f', 0, 64) + " bytes"
}

// shorten cuts at a rune, because the text becomes lines and labels.
func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
