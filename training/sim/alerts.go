package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Codes of alerts. Those marked "found" stand in published recordings, tests
// or rules of real arrays; for the others no public source was found, and the
// number is this model's own.
const (
	codeController = 4   // found
	codeFan        = 13  // own
	codeTemp       = 14  // own
	codePower      = 15  // own
	codeCPU        = 16  // own
	codeSpace      = 25  // own
	codeLink       = 39  // found
	codeCable      = 40  // own
	codeOptics     = 41  // own
	codePortErrors = 45  // found
	codeDrive      = 60  // found, for the drive and for its shelf
	codeUnadmitted = 61  // own
	codeDrivePath  = 62  // own
	codeMediator   = 122 // found
	codeLag        = 123 // own
	codeDirectory  = 231 // found
)

// An alert is "closing" for a moment before it is closed.
const closing = 10 * time.Second

// course is the life of one alert, as far as it is decided.
type course struct {
	Alert
	steps  []step    // later changes of severity, in order
	ends   time.Time // when the array sees the repair; zero while open
	linger time.Duration
}

type step struct {
	at       time.Time
	severity string
	actual   string
}

// Alerts lists the array's alerts by creation, closed ones included.
func (v View) Alerts() []Alert {
	as := slices.Clone(v.inv.past)
	for _, c := range v.noticed() {
		as = append(as, c.at(v.at))
	}
	return as
}

// AlertEvents lists every change in the life of the alerts: each alert as it
// stood after it, whose Updated is the time of the change.
func (v View) AlertEvents() []Alert {
	var as []Alert
	for _, p := range v.inv.past {
		first := p
		first.State, first.Updated, first.Notified, first.Closed = "open", p.Created, Opt[time.Time]{}, Opt[time.Time]{}
		as = append(as, first, p)
	}
	for _, c := range v.noticed() {
		for _, t := range c.changes() {
			if !t.After(v.at) {
				as = append(as, c.at(t))
			}
		}
	}
	return as
}

// changes are the instants at which an alert changes.
func (c course) changes() []time.Time {
	ts := []time.Time{c.Created}
	for _, s := range c.steps {
		if s.at.After(c.Created) && (c.ends.IsZero() || s.at.Before(c.ends)) {
			ts = append(ts, s.at)
		}
	}
	if !c.ends.IsZero() {
		ts = append(ts, c.ends, c.ends.Add(c.linger))
	}
	slices.SortFunc(ts, time.Time.Compare)
	return slices.CompactFunc(ts, time.Time.Equal)
}

// noticed are the alerts raised since the start, by creation and with their
// numbers.
func (v View) noticed() []course {
	courses := v.courses()
	slices.SortStableFunc(courses, func(a, b course) int { return a.Created.Compare(b.Created) })
	number := int64(10_000_000)
	if past := v.inv.past; len(past) > 0 {
		number = past[len(past)-1].Number
	}
	var cs []course
	for _, c := range courses {
		if c.Created.After(v.at) {
			break
		}
		if !c.ends.IsZero() && !c.ends.After(c.Created) && c.linger > 0 {
			continue // repaired before it was noticed
		}
		number += 1 + int64(unit(key(v.options.Seed, c.ID))*40)
		c.Number = number
		cs = append(cs, c)
	}
	return cs
}

// at is the alert as it stands at an instant.
func (c course) at(t time.Time) Alert {
	a := c.Alert
	a.State, a.Updated = "open", a.Created
	if a.Flagged() && !t.Before(a.Created.Add(time.Second)) {
		a.Notified = Some(a.Created.Add(time.Second))
	}
	for _, s := range c.steps {
		if !s.at.After(t) && (c.ends.IsZero() || s.at.Before(c.ends)) {
			a.Severity, a.Actual, a.Updated = s.severity, s.actual, s.at
		}
	}
	if c.ends.IsZero() || t.Before(c.ends) {
		return a
	}
	a.State, a.Updated = "closing", c.ends
	if end := c.ends.Add(c.linger); !t.Before(end) {
		a.State, a.Updated, a.Closed = "closed", end, Some(end)
	}
	return a
}

// courses gives the alerts of every fault.
func (v View) courses() []course {
	var cs []course
	for _, e := range v.entries {
		if e.At.After(v.at) {
			continue
		}
		for i, c := range v.coursesOf(e) {
			c.ID = hexOf(key(v.options.Seed, fmt.Sprintf("alert %s %s %d", v.options.Name, e.ID, i)), 32)
			cs = append(cs, c)
		}
	}
	return cs
}

// raise begins an alert some time after a fault and ends it some time after
// its repair.
func raise(e Entry, after, repair time.Duration, a Alert) course {
	a.Created = e.At.Add(after)
	c := course{Alert: a, linger: closing}
	if !e.Until.IsZero() {
		c.ends = e.Until.Add(repair)
		if !e.Until.After(a.Created) {
			c.ends = a.Created
		}
	}
	return c
}

func (v View) coursesOf(e Entry) []course {
	name := strings.ToLower(e.Target)
	switch e.Kind {
	case DriveFail, NVRAMFail:
		return v.driveCourses(e, "failed")
	case DriveMissing:
		return v.driveCourses(e, "missing")
	case ControllerFail:
		return []course{raise(e, 5*time.Second, e.duration("boot"), Alert{
			Code: codeController, Severity: "critical", ComponentType: "controller", Component: name,
			Issue: "failure", Expected: "ready", Actual: "not ready",
		})}
	case CPUFail:
		return []course{raise(e, 5*time.Second, e.duration("boot"), Alert{
			Code: codeCPU, Severity: "critical", ComponentType: "controller", Component: name,
			Issue: "processor (CPU) failure", Expected: "ready", Actual: "not ready",
		})}
	case DriveUnadmitted:
		return []course{raise(e, 5*time.Second, recovering, Alert{
			Code: codeUnadmitted, Severity: "warning", ComponentType: "drive", Component: name,
			Issue: "drive not admitted", Expected: "healthy", Actual: "unadmitted",
		})}
	case DrivePathLost:
		return []course{raise(e, 5*time.Second, 0, Alert{
			Code: codeDrivePath, Severity: "warning", ComponentType: "hardware", Component: name,
			Issue: "path to drive lost", Expected: "2", Actual: "1",
		})}
	case SASCable:
		return []course{raise(e, 5*time.Second, 0, Alert{
			Code: codeCable, Severity: "warning", ComponentType: "hardware", Component: name,
			Issue: "SAS cabling failure", Expected: "connected", Actual: "disconnected",
		})}
	case SFPDegrade:
		return v.opticsCourses(e)
	case ReplicationLag:
		return v.lagCourses(e)
	case MediatorDown:
		return []course{raise(e, 5*time.Second, 0, Alert{
			Code: codeMediator, Severity: "warning", ComponentType: "pod", Component: e.Target,
			Issue: "mediator unreachable", Expected: "online", Actual: "unreachable",
		})}
	case FanSlow:
		return []course{raise(e, 5*time.Second, 0, Alert{
			Code: codeFan, Severity: "warning", ComponentType: "hardware", Component: name,
			Issue: "fan speed too low", Expected: "ok", Actual: "critical",
		})}
	case TempHigh:
		limit := time.Duration(e.param("limit")*10) * time.Second
		if e.param("rise") < e.param("limit") {
			return nil
		}
		return []course{raise(e, limit, 0, Alert{
			Code: codeTemp, Severity: "critical", ComponentType: "hardware", Component: name,
			Issue: "temperature too high", Expected: "ok", Actual: "critical",
		})}
	case PSULoss:
		return []course{raise(e, 5*time.Second, 0, Alert{
			Code: codePower, Severity: "warning", ComponentType: "hardware", Component: name,
			Issue: "power supply failure", Expected: "239", Actual: "0",
		})}
	case PortErrors:
		issue := "increased invalid TX word count"
		if !strings.Contains(name, ".fc") {
			issue = "increased CRC error count"
		}
		return []course{raise(e, 20*time.Second, 0, Alert{
			Code: codePortErrors, Severity: "warning", ComponentType: "hardware", Component: name,
			Issue: issue, Expected: "0", Actual: "2",
		})}
	case LinkFlap:
		return []course{raise(e, 5*time.Second, 0, Alert{
			Code: codeLink, Severity: "warning", ComponentType: "hardware", Component: name,
			Issue: "Fibre Channel link failure", Expected: "online", Actual: "offline",
		})}
	case CapacityFill:
		return v.spaceCourse(e)
	case AlertBurst:
		return directoryCourses(e, v.inv.networkID)
	case AlertBlip:
		c := raise(e, 0, 0, Alert{
			Code: codePortErrors, Severity: "warning", ComponentType: "hardware", Component: name,
			Issue: "increased invalid TX word count", Expected: "0", Actual: "2",
		})
		c.ends, c.linger = e.At.Add(e.duration("life")), 0
		return []course{c}
	}
	return nil
}

// driveCourses: one fault raises two alerts of one code, as on the arrays: one
// for the drive and one for what holds it.
func (v View) driveCourses(e Entry, actual string) []course {
	name := strings.ToLower(e.Target)
	shelf, _, _ := strings.Cut(name, ".")
	first := raise(e, 5*time.Second, recovering, Alert{
		Code: codeDrive, Severity: "critical", ComponentType: "drive", Component: name,
		Issue: "failure", Expected: "healthy", Actual: actual,
	})
	second := first
	second.ComponentType, second.Component = "shelf", shelf
	second.Issue, second.Expected, second.Actual = "shelf drive failures(s)", "0", "1"
	return []course{first, second}
}

// spaceSteps are the shares of capacity at which the array speaks up.
var spaceSteps = []struct {
	share    float64
	severity string
}{{0.80, "info"}, {0.90, "warning"}, {0.95, "critical"}}

// AlertRule is a limit at which the array speaks up.
type AlertRule struct {
	Code     int
	Severity string
	Default  string
	Subject  string
}

// AlertRules lists the limits at which the array speaks up.
func (v View) AlertRules() []AlertRule {
	var rs []AlertRule
	for _, s := range spaceSteps {
		rs = append(rs, AlertRule{codeSpace, s.severity, fmt.Sprintf("%.0f%%", s.share*100), "high utilization"})
	}
	return rs
}

func (v View) spaceCourse(e Entry) []course {
	line := v.fillLine(e)
	created, ok := line.rises(spaceSteps[0].share)
	if !ok {
		return nil
	}
	c := course{linger: closing, Alert: Alert{
		Code: codeSpace, Severity: "info", ComponentType: "storage", Component: strings.ToLower(v.options.Name),
		Issue: "high utilization", Expected: "< 80%", Actual: "80%", Created: created,
	}}
	c.ends, _ = line.falls(spaceSteps[0].share)
	for _, s := range spaceSteps[1:] {
		if at, ok := line.rises(s.share); ok {
			c.steps = append(c.steps, step{at, s.severity, fmt.Sprintf("%.0f%%", s.share*100)})
		}
	}
	for _, s := range slices.Backward(spaceSteps[:len(spaceSteps)-1]) {
		next := spaceSteps[slices.Index(spaceSteps, s)+1]
		if at, ok := line.falls(next.share); ok && line.peak >= next.share {
			c.steps = append(c.steps, step{at, s.severity, fmt.Sprintf("%.0f%%", s.share*100)})
		}
	}
	return []course{c}
}

func directoryCourses(e Entry, network string) []course {
	var cs []course
	for i := range int(e.param("count")) {
		cs = append(cs, raise(e, time.Duration(i)*700*time.Millisecond, 0, Alert{
			Code: codeDirectory, Severity: "info", ComponentType: "directory_service",
			Component: fmt.Sprintf("Service: active_directory_domain_catalog_ldap, IpAddress: %s.252, Port: 636, Filter: (&(gidNumber=%d)(objectClass=group))", network, 1000+i),
			Issue:     "Directory service lookup failed.",
		}))
	}
	return cs
}

// pastAlerts are some that were raised and closed before the start, as the
// list of any array holds.
func pastAlerts(k uint64, inv *inventory, start time.Time) []Alert {
	var as []Alert
	for i, daysAgo := range []float64{41, 23, 9} {
		ak := keyN(key(k, "past"), int64(i))
		created := start.Add(-time.Duration((daysAgo + unit(ak)) * 24 * float64(time.Hour))).Truncate(time.Millisecond)
		closed := created.Add(time.Duration(between(ak+1, 9, 140) * float64(time.Second))).Truncate(time.Millisecond)
		as = append(as, Alert{
			ID: hexOf(ak, 32), Number: 10_000_000 + int64(i)*3100 + int64(unit(ak+2)*900),
			Code: codePortErrors, Severity: "warning", State: "closed", ComponentType: "hardware",
			Component: fmt.Sprintf("ct%d.fc%d", i%2, i), Issue: "increased invalid TX word count",
			Expected: "0", Actual: "2", Created: created, Updated: closed,
			Notified: Some(created.Add(time.Second)), Closed: Some(closed),
		})
	}
	return as
}
