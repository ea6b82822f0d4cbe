package screens

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"darksite/localmon/units"
)

// What the commands of monitoring show: status, alerts, round and history.

// StatusHeader, AlertsHeader and TopHeader are the headings of the commands whose screens
// are shown.
var (
	StatusHeader = []string{"TARGET", "STATE", "DATA AGE", "ALERTS", "CAPACITY", "FORECAST"}
	AlertsHeader = []string{"ID", "SEV", "STATE", "N", "SEEN", "TARGET", "WHAT"}
	TopHeader    = []string{"#", "AVERAGE", "TARGET", "SERIES"}
)

var (
	arrayNames = []string{"fa-prod-1", "fa-prod-2", "fa-prod-3", "fa-test-1", "fa-arch-1", "fa-web-1", "fb-arch-1", "fb-prod-1", "fb-back-1"}
	people     = []string{"mdurand", "ppetit", "amartin", "lroux", "sblanc", "jfaure"}
)

// moment is a time of day on a day of chance.
func (d *dice) moment() time.Time {
	day := time.Date(2026, time.Month(d.between(1, 12)), d.between(1, 28), d.between(6, 20), d.below(60), d.below(60), 0, time.UTC)
	return day
}

func statusHead(state string, at time.Time) string {
	return "site S042  " + state + "  " + at.Format("2006-01-02 15:04:05 MST") + "\n\n"
}

func (d *dice) fresh() string { return units.Duration(time.Duration(d.between(4, 28)) * time.Second) }

func percent(n int) string { return units.Percent(float64(n) / 100) }

func (d *dice) days(low, high int) string {
	return units.Duration(time.Duration(d.between(low, high)) * 24 * time.Hour)
}

// statusUnknown has one target that nobody knows of, between others in trouble and well.
func statusUnknown(d *dice) picture {
	names := some(d, arrayNames, 5)
	slices.Sort(names)
	lost, ill := d.below(5), 0
	if lost == 0 {
		ill = 1
	}
	rows := [][]string{StatusHeader, {"kit", "OK", d.fresh(), "0", "-", "-"}}
	for i, name := range names {
		row := []string{name, "OK", d.fresh(), "0", percent(d.between(20, 78)), "90 % in " + d.days(40, 300)}
		switch i {
		case lost:
			row = []string{name, "UNKN", units.Duration(time.Duration(d.between(3, 40)) * time.Hour), "not known", percent(d.between(20, 78)) + " then", "not known"}
		case ill:
			row[1], row[3] = "CRIT", "1 major"
		}
		rows = append(rows, row)
	}
	return console(statusHead("CRIT", d.moment())+table(rows...), names[lost])
}

// statusCritical has one target that is critical for one alert, and others with many
// alerts that are warnings.
func statusCritical(d *dice) picture {
	names := some(d, arrayNames, 5)
	slices.Sort(names)
	worst := d.below(5)
	rows := [][]string{StatusHeader, {"kit", "OK", d.fresh(), "0", "-", "-"}}
	for i, name := range names {
		row := []string{name, "WARN", d.fresh(), fmt.Sprintf("%d minor", d.between(3, 19)), percent(d.between(20, 88)), "90 % in " + d.days(20, 300)}
		switch {
		case i == worst:
			row[1], row[3] = "CRIT", "1 "+one(d, []string{"major", "urgent"})
		case d.below(3) == 0:
			row[1], row[3] = "OK", "0"
		}
		rows = append(rows, row)
	}
	return console(statusHead("CRIT", d.moment())+table(rows...), names[worst])
}

// statusForecast has the soonest end on an array that is not the fullest one.
func statusForecast(d *dice) picture {
	names := some(d, arrayNames, 4)
	slices.Sort(names)
	days := d.numbers(4, 31, 290)
	soonest := d.below(4)
	days[soonest] = d.between(9, 28)
	rows := [][]string{StatusHeader, {"kit", "OK", d.fresh(), "0", "-", "-"}}
	for i, name := range names {
		used := d.between(60, 79)
		if i == soonest {
			used = d.between(31, 49)
		}
		rows = append(rows, []string{name, "OK", d.fresh(), "0", percent(used), "90 % in " + units.Duration(time.Duration(days[i])*24*time.Hour)})
	}
	return console(statusHead("OK", d.moment())+table(rows...), names[soonest])
}

// forecastRange is a line of the daily round with the range of its forecast.
func forecastRange(d *dice) picture {
	middle := d.between(30, 60)
	early, late := middle-d.between(6, 16), middle+d.between(8, 40)
	name := one(d, arrayNames)
	text := fmt.Sprintf("space\nWARN  %s: %d %% used, full in %d d (%d d to %d d), seen over 13 d\n      > darksite history plot --target %s --since 90d", name, d.between(71, 79), middle, early, late, name)
	return console(text, strconv.Itoa(early))
}

// trouble is what an alert can be about, by severity.
var trouble = map[int][]string{
	1: {"CT0 is not ready", "CT1 is not ready", "writes are held back"},
	2: {"CH0.BAY7 is failed", "CH0.BAY3 is failed", "CH0.NVB1 is unhealthy", "CH0.PWR0 gives no power"},
	3: {"CT0.FAN2 is slow", "CT1.FC2 has no link", "a copy is late", "space: 84 % used"},
	4: {"clock is 4 s apart", "version has changed", "a snapshot is late"},
}

// alertLine is one line of alerts list.
type alertLine struct{ id, sev, state, target, what string }

func (d *dice) alertLines(severities ...int) (out []alertLine) {
	ids := d.numbers(len(severities), 2, 48)
	for i, sev := range severities {
		out = append(out, alertLine{strconv.Itoa(ids[i]), strconv.Itoa(sev), "firing", one(d, arrayNames), one(d, trouble[sev])})
	}
	return out
}

func (d *dice) alerts(lines []alertLine) string {
	at := d.moment()
	rows := [][]string{AlertsHeader}
	for _, l := range lines {
		since := at.Add(-time.Duration(d.between(5, 600)) * time.Minute).Format("01-02 15:04")
		rows = append(rows, []string{l.id, l.sev, l.state, "1", d.fresh(), l.target, l.what + ", since " + since})
	}
	return table(rows...)
}

// alertsFree has the most urgent alerts in somebody's hands already.
func alertsFree(d *dice) picture {
	lines := d.alertLines(1, 2, 2, 3, 4)
	taken := d.between(1, 2)
	for i := range taken {
		lines[i].state = "in hand"
	}
	lines[len(lines)-1].state = "in hand"
	return console(d.alerts(lines), lines[taken].id)
}

// alertsHands says at the end of each line in whose hands it is.
func alertsHands(d *dice) picture {
	lines := d.alertLines(one(d, []int{1, 2}), 3, 3, 4)
	who := some(d, people, 3)
	at := d.moment()
	rows := [][]string{AlertsHeader}
	for i, l := range lines {
		what := l.what
		if i < len(who) {
			l.state = "in hand"
			what += "; in the hands of " + who[i]
		}
		rows = append(rows, []string{l.id, l.sev, l.state, "1", d.fresh(), l.target, what})
	}
	return console("site S042  "+at.Format("2006-01-02 15:04 MST")+"\n\n"+table(rows...), who[0])
}

// historyTop ranks volumes for an hour and for a week; one of them has grown, and it is
// not the one that is largest.
func historyTop(d *dice) picture {
	volumes := some(d, []string{"vol-erp", "vol-mail", "vol-db7", "vol-web", "vol-log", "vol-bi", "vol-home", "vol-ci"}, 4)
	week := []int{d.between(2200, 2600), d.between(500, 700), d.between(300, 450), d.between(100, 250)}
	hour := slices.Clone(week)
	for i := range hour {
		hour[i] += d.between(-20, 20)
	}
	grown := d.between(1, 3)
	hour[grown] = week[grown] * 3
	text := "$ darksite history top purefa_volume_performance_throughput_iops --since 168h\n" + topTable(volumes, week) +
		"\n\n$ darksite history top purefa_volume_performance_throughput_iops --since 1h\n" + topTable(volumes, hour)
	return console(text, volumes[grown])
}

func topTable(volumes []string, rate []int) string {
	order := []int{0, 1, 2, 3}
	slices.SortFunc(order, func(a, b int) int { return rate[b] - rate[a] })
	rows := [][]string{TopHeader}
	for i, v := range order {
		rows = append(rows, []string{strconv.Itoa(i + 1), units.PerSecond(float64(rate[v])), "fa-prod-1", "iops{name=\"" + volumes[v] + "\"}"})
	}
	return table(rows...)
}
