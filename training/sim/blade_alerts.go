package sim

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Codes of alerts of a FlashBlade, all found in recordings of real ones.
const (
	codeBladeUnhealthy   = 1000
	codeBladeRemoved     = 1001
	codeFabricModule     = 1002
	codeConnector        = 1004
	codeConnectorRemoved = 1005
	codeNFS              = 1006
	codeBladePower       = 1007
	codeBladeFan         = 1013
	codeBladeSpace       = 1100
	codeQuota            = 1101
	codeActiveDirectory  = 1124
)

// How alerts of a FlashBlade move. The recorded list of open alerts was
// refreshed as a whole every few minutes, and people were told once a day for a
// week. How long an alert waits before its severity falls is not known.
const (
	refresh      = 5 * time.Minute
	reminder     = 24 * time.Hour
	reminders    = 7
	downgradeFor = 10 * time.Minute
)

// bladeCourse is the life of one alert, as far as it is decided.
type bladeCourse struct {
	BladeAlert
	levels []severityLevel // changes of severity after the first, in order
	ends   time.Time       // when the array sees the repair; zero while open
	linger time.Duration
	// tell words the alert as of an instant, where its words change.
	tell func(a *BladeAlert, at time.Time)
}

type severityLevel struct {
	at       time.Time
	severity string
}

// Alerts lists the array's alerts by creation, closed ones included.
func (v BladeView) Alerts() []BladeAlert {
	courses := v.courses()
	slices.SortStableFunc(courses, func(a, b bladeCourse) int { return a.Created.Compare(b.Created) })
	as := slices.Clone(v.inv.past)
	for _, c := range courses {
		if c.Created.After(v.at) {
			break
		}
		if !c.ends.IsZero() && !c.ends.After(c.Created) && c.linger > 0 {
			continue // repaired before it was noticed
		}
		a := c.at(v.at)
		a.Index = int64(len(as) + 1)
		as = append(as, a)
	}
	return as
}

// at is the alert as it stands at an instant.
func (c bladeCourse) at(t time.Time) BladeAlert {
	a := c.BladeAlert
	last := t // the latest instant the alert was open
	if !c.ends.IsZero() && t.After(c.ends) {
		last = c.ends
	}
	a.State = "open"
	a.Updated = a.Created.Add(last.Sub(a.Created) / refresh * refresh)
	for _, l := range c.levels {
		if l.at.After(last) {
			break
		}
		a.Updated = later(a.Updated, l.at)
		if a.State = "open"; rankOf(l.severity) < rankOf(a.Severity) {
			if last.Before(l.at.Add(downgradeFor)) {
				a.State = "waiting to downgrade"
				continue
			}
			a.Updated = later(a.Updated, l.at.Add(downgradeFor))
		}
		a.Severity = l.severity
	}
	told := 0
	if a.Severity != "info" {
		told = min(reminders, int(last.Sub(a.Created)/reminder))
	}
	a.Notified = Some(a.Created.Add(time.Duration(told) * reminder))
	a.Duration = last.Sub(a.Created)
	if !c.ends.IsZero() && !t.Before(c.ends) {
		a.State, a.Updated = "closing", c.ends
		if end := c.ends.Add(c.linger); !t.Before(end) {
			a.State, a.Updated = "closed", end
		}
	}
	if c.tell != nil {
		c.tell(&a, a.Updated)
	}
	return a
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func rankOf(severity string) int {
	return slices.Index([]string{"info", "warning", "critical"}, severity)
}

// courses gives the alerts of every fault.
func (v BladeView) courses() []bladeCourse {
	var cs []bladeCourse
	for _, e := range v.entries {
		if e.At.After(v.at) {
			continue
		}
		for i, c := range v.coursesOf(e) {
			c.ID = uuidOf(key(v.options.Seed, fmt.Sprintf("alert %s %s %d", v.options.Name, e.ID, i)))
			cs = append(cs, c)
		}
	}
	return cs
}

// raiseBlade begins an alert some time after a fault and ends it some time
// after its repair.
func raiseBlade(e Entry, after, repair time.Duration, a BladeAlert) bladeCourse {
	a.Created = e.At.Add(after)
	c := bladeCourse{BladeAlert: a, linger: closing}
	if !e.Until.IsZero() {
		c.ends = e.Until.Add(repair)
		if !e.Until.After(a.Created) {
			c.ends = a.Created
		}
	}
	return c
}

func (v BladeView) coursesOf(e Entry) []bladeCourse {
	switch e.Kind {
	case CapacityFill:
		return v.capacityCourse(e)
	case QuotaFull:
		return v.quotaCourse(e)
	case AlertBurst:
		return domainCourses(e)
	case AlertBlip:
		c := raiseBlade(e, 0, 0, partAlert(codeConnector, "warning", e.Target, "Ethernet port %s is unhealthy", "EthernetConnector"))
		c.ends, c.linger = e.At.Add(e.duration("life")), 0
		return []bladeCourse{c}
	}
	if c, ok := partCourse(e); ok {
		return []bladeCourse{c}
	}
	return nil
}

// partCourse is the one alert of a part that fails.
func partCourse(e Entry) (bladeCourse, bool) {
	after, repair := 5*time.Second, time.Duration(0)
	var a BladeAlert
	switch e.Kind {
	case BladeUnhealthy:
		repair = recovering
		a = partAlert(codeBladeUnhealthy, "warning", e.Target, "Blade %s is unhealthy", "BladeIndex")
	case BladeRemoved:
		repair = recovering
		a = partAlert(codeBladeRemoved, "critical", e.Target, "Blade %s was removed", "BladeIndex")
	case FMFail:
		a = partAlert(codeFabricModule, "critical", e.Target, "Fabric module %s does not answer", "FabricModuleIndex")
	case ConnectorDown:
		a = partAlert(codeConnector, "warning", e.Target, "Ethernet port %s is unhealthy", "EthernetConnector")
	case ConnectorRemoved:
		a = partAlert(codeConnectorRemoved, "warning", e.Target, "Ethernet port %s has lost its transceiver", "EthernetConnector")
	case PSULoss:
		a = partAlert(codeBladePower, "critical", e.Target, "Power supply %s has no input power", "PSUIndex")
	case FanSlow:
		a = partAlert(codeBladeFan, "critical", e.Target, "Fan %s turns too slowly", "FanIndex")
	case NFSDown:
		after = 20 * time.Second
		a = partAlert(codeNFS, "critical", "nfs", "The service %s does not answer", "Service")
		a.ComponentType = "protocols"
	default:
		return bladeCourse{}, false
	}
	c := raiseBlade(e, after, repair, a)
	if e.Kind == BladeUnhealthy {
		c.levels = []severityLevel{{e.At.Add(evacuationDelay), "critical"}}
	}
	return c, true
}

// partAlert words the alert of a part.
func partAlert(code int, severity, part, summary, variable string) BladeAlert {
	a := BladeAlert{
		Code: code, Severity: severity, ComponentType: "hardware", Component: part,
		Summary: fmt.Sprintf(summary, part), Action: "Look at the part and follow the runbook of this code.",
		Variables: map[string]string{variable: part},
	}
	a.Description = a.Summary + "."
	return a
}

// The shares at which a FlashBlade speaks up. Recorded quotas well beyond their
// limit were warnings in one list and critical in another; here they are
// critical.
var (
	bladeSpaceLevels = []shareLevel{{0.80, "info"}, {0.90, "warning"}}
	quotaLevels      = []shareLevel{{0.80, "info"}, {0.90, "warning"}, {1.00, "critical"}}
)

type shareLevel struct {
	share    float64
	severity string
}

// shareCourse is the life of an alert about a share that rises and falls.
func shareCourse(line fillLine, levels []shareLevel, a BladeAlert) []bladeCourse {
	created, ok := line.rises(levels[0].share)
	if !ok {
		return nil
	}
	a.Created, a.Severity = created, levels[0].severity
	c := bladeCourse{BladeAlert: a, linger: closing}
	c.ends, _ = line.falls(levels[0].share)
	for _, l := range levels[1:] {
		if at, ok := line.rises(l.share); ok {
			c.levels = append(c.levels, severityLevel{at, l.severity})
		}
	}
	for n := len(levels) - 1; n > 0; n-- {
		if at, ok := line.falls(levels[n].share); ok && line.peak >= levels[n].share {
			c.levels = append(c.levels, severityLevel{at, levels[n-1].severity})
		}
	}
	return []bladeCourse{c}
}

func (v BladeView) capacityCourse(e Entry) []bladeCourse {
	line := v.spaceLine(e)
	cs := shareCourse(line, bladeSpaceLevels, BladeAlert{
		Code: codeBladeSpace, ComponentType: "storage", Component: v.options.Name,
		Action: "Remove data or add blades.",
	})
	for i := range cs {
		cs[i].tell = func(a *BladeAlert, at time.Time) {
			share := line.shown(at, bladeSpaceLevels[0].share)
			a.Summary = fmt.Sprintf("The array is at %.0f%% of its capacity", share*100)
			a.Description = a.Summary + "."
			a.Variables = map[string]string{"CurrentUtilization": strconv.FormatFloat(share, 'f', 6, 64)}
		}
	}
	return cs
}

func (v BladeView) quotaCourse(e Entry) []bladeCourse {
	line := v.quotaLine(e)
	quota := v.inv.files[v.fileNamed(e.Target)].Quota
	cs := shareCourse(line, quotaLevels, BladeAlert{
		Code: codeQuota, ComponentType: "file-systems", Component: e.Target,
		Action: "Remove data from the file system or raise its quota.",
	})
	for i := range cs {
		cs[i].tell = func(a *BladeAlert, at time.Time) {
			share := line.shown(at, quotaLevels[0].share)
			a.Summary = fmt.Sprintf("File system '%s' is close to its quota", e.Target)
			if share >= 1 {
				a.Summary = fmt.Sprintf("File system '%s' is beyond its quota", e.Target)
			}
			a.Description = fmt.Sprintf("The file system '%s' is at %.0f%% of its quota of %.2f G.", e.Target, share*100, float64(quota)/gib)
			a.Variables = map[string]string{"CurrentUtilization": strconv.FormatFloat(share, 'f', 6, 64), "FileSystemName": e.Target}
		}
	}
	return cs
}

// shown is the share an alert names: no less than what raised it.
func (l fillLine) shown(at time.Time, least float64) float64 { return max(l.at(at), least) }

func domainCourses(e Entry) []bladeCourse {
	var cs []bladeCourse
	for i := range int(e.param("count")) {
		name := fmt.Sprintf("ad-%02d", i+1)
		cs = append(cs, raiseBlade(e, time.Duration(i)*700*time.Millisecond, 0, BladeAlert{
			Code: codeActiveDirectory, Severity: "warning", ComponentType: "active-directory", Component: name,
			Summary:     fmt.Sprintf("The Active Directory account %s fails its checks", name),
			Description: fmt.Sprintf("No directory server of the domain of %s was found by name.", name),
			Action:      "Check the name service and the domain.",
			Variables:   map[string]string{"name": name, "domain": "example.internal"},
		}))
	}
	return cs
}

// pastBladeAlerts are some that were raised and closed before the start: short
// ones, as most recorded ones were.
func pastBladeAlerts(k uint64, start time.Time) []BladeAlert {
	var as []BladeAlert
	for i, p := range []struct {
		daysAgo float64
		life    float64 // seconds
		alert   BladeAlert
	}{
		{230, 163, partAlert(codeBladeUnhealthy, "warning", "CH1.FB2", "Blade %s is unhealthy", "BladeIndex")},
		{171, 0, partAlert(codeConnectorRemoved, "warning", "CH1.FM1.ETH2.1", "Ethernet port %s has lost its transceiver", "EthernetConnector")},
		{96, 45, partAlert(codeBladeFan, "critical", "CH1.FM1.FAN3", "Fan %s turns too slowly", "FanIndex")},
		{40, 136, partAlert(codeBladePower, "critical", "CH1.PWR1", "Power supply %s has no input power", "PSUIndex")},
		{12, 2451, partAlert(codeConnector, "warning", "CH1.FM2.ETH2.1", "Ethernet port %s is unhealthy", "EthernetConnector")},
	} {
		ak := keyN(key(k, "past"), int64(i))
		a := p.alert
		a.ID, a.Index, a.State = uuidOf(ak), int64(i+1), "closed"
		a.Created = start.Add(-time.Duration((p.daysAgo + unit(ak)) * 24 * float64(time.Hour))).Truncate(time.Millisecond)
		a.Updated = a.Created.Add(time.Duration(p.life * float64(time.Second)))
		a.Notified, a.Duration = Some(a.Created), a.Updated.Sub(a.Created)
		as = append(as, a)
	}
	return as
}
