package screens

import (
	"fmt"
	"strconv"
	"strings"

	"darksite/runbooks"
)

// What one looks at while a fault is repaired: parts, ports, copies, the log of a run.

// drives has one failed drive among others that only look so.
func drives(d *dice) picture {
	bays := d.numbers(8, 0, 19)
	states := []string{"failed", "recovering", "unadmitted", "healthy", "healthy", "healthy", "healthy", "healthy"}
	rows := [][]string{{"Name", "Type", "Status", "Capacity"}}
	where := d.numbers(8, 0, 7)
	answer := ""
	for _, i := range where {
		name := fmt.Sprintf("CH0.BAY%d", bays[i])
		if states[i] == "failed" {
			answer = name
		}
		rows = append(rows, []string{name, "SSD", states[i], "1.92T"})
	}
	return console(table(rows...), answer)
}

// parts has one supply without power, and a fan and a sensor in trouble beside it.
func parts(d *dice) picture {
	psu, fan, sensor := d.below(2), d.below(4), d.below(6)
	answer := fmt.Sprintf("CH0.PWR%d", psu)
	rows := [][]string{{"Name", "Status", "Speed", "Temperature", "Voltage"}}
	for i := range 4 {
		status, speed := "ok", strconv.Itoa(d.between(5200, 6100))
		if i == fan {
			status, speed = "critical", strconv.Itoa(d.between(900, 2100))
		}
		rows = append(rows, []string{fmt.Sprintf("CT0.FAN%d", i), status, speed, "-", "-"})
	}
	for i := range 2 {
		status, volts := "ok", strconv.Itoa(d.between(226, 234))
		if i == psu {
			status, volts = "critical", "0"
		}
		rows = append(rows, []string{fmt.Sprintf("CH0.PWR%d", i), status, "-", "-", volts})
	}
	for i := range 6 {
		status, heat := "ok", d.between(24, 33)
		if i == sensor {
			status, heat = "critical", d.between(49, 58)
		}
		rows = append(rows, []string{fmt.Sprintf("CT0.TMP%d", i), status, "-", strconv.Itoa(heat), "-"})
	}
	return console(table(rows...), answer)
}

// ports has one that is up and bad, one that is down, and one with an old error or two.
func ports(d *dice) picture {
	names := []string{"CT0.FC0", "CT0.FC1", "CT0.FC2", "CT0.FC3", "CT1.FC0", "CT1.FC1", "CT1.FC2", "CT1.FC3"}
	at := d.numbers(2, 0, 7)
	bad, down := at[0], at[1]
	rows := [][]string{{"PORT", "LINK", "SPEED", "RECEIVED", "CRC ERRORS, 24 H"}}
	for i, name := range names {
		row := []string{name, "up", "32 Gb/s", fmt.Sprintf("-%d.%d dBm", d.between(2, 3), d.below(10)), "0"}
		switch i {
		case bad:
			row[3], row[4] = fmt.Sprintf("-%d.%d dBm", d.between(8, 10), d.below(10)), strconv.Itoa(d.between(180, 4200))
		case down:
			row[1], row[2], row[3], row[4] = "down", "-", "-", "-"
		}
		rows = append(rows, row)
	}
	return console(table(rows...), names[bad])
}

// replicas has one link behind its aim, which is not the one with the largest lag.
func replicas(d *dice) picture {
	pods := some(d, []string{"pod-erp", "pod-mail", "pod-db7", "pod-web", "pod-log", "pod-home"}, 4)
	late := d.below(4)
	rows := [][]string{{"POD", "LINK", "LAG", "AIM"}}
	for i, pod := range pods {
		aim := d.between(4, 8) * 15
		lag := aim - d.between(5, 20)
		if i == late {
			aim = d.between(1, 2) * 5
			lag = aim + d.between(6, 18)
		}
		rows = append(rows, []string{pod, "replicating", fmt.Sprintf("%d min", lag), fmt.Sprintf("%d min", aim)})
	}
	return console(table(rows...), pods[late])
}

// ReplayHeader is the heading of runbook replay.
var ReplayHeader = []string{"LINE", "STEP", "THEN", "AGAIN", "ASKED"}

// asked are questions of a run; each names its step.
var asked = []struct {
	step string
	text runbooks.Text
}{
	{"still", runbooks.Text{EN: "every drive is healthy", FR: "chaque disque est sain"}},
	{"only-one", runbooks.Text{EN: "at most 1 drive is failed", FR: "au plus 1 disque est en panne"}},
	{"controllers", runbooks.Text{EN: "both controllers are ready", FR: "les deux contrôleurs sont prêts"}},
	{"listed", runbooks.Text{EN: "no open alert tells of a missing part", FR: "aucune alerte ne dit qu'une pièce manque"}},
	{"paths", runbooks.Text{EN: "no host has lost a path", FR: "aucun hôte n'a perdu de chemin"}},
	{"told", runbooks.Text{EN: "no open alert tells of space", FR: "aucune alerte ouverte ne parle d'espace"}},
	{"settled", runbooks.Text{EN: "no drive recovers", FR: "aucun disque ne se reconstruit"}},
}

// runLog has one check that could not be judged between others that failed or passed.
func runLog(d *dice) picture {
	steps := some(d, asked, 5)
	blind, failed := d.below(5), d.below(5)
	in := func(l runbooks.Lang) string {
		line := 4
		rows := [][]string{ReplayHeader}
		for i, s := range steps {
			result := "pass"
			switch i {
			case blind:
				result = "unknown"
			case failed:
				result = "fail"
			}
			rows = append(rows, []string{strconv.Itoa(line), s.step, result, result, s.text.In(l)})
			line += 3
		}
		return "$ darksite runbook replay R-" + runNumber(d.seed) + "\n" + table(rows...)
	}
	return picture{runbooks.Text{EN: in(runbooks.English), FR: in(runbooks.French)}, steps[blind].step}
}

func runNumber(seed uint64) string {
	return strings.Repeat("0", 2) + fmt.Sprintf("%02d", 1+seed%98)
}
