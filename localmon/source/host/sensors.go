package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"darksite/localmon"
)

// temperatures reads the hwmon folders. Values are thousandths of a degree.
func (l *look) temperatures(path string) error {
	chips, err := l.folder(path)
	if err != nil {
		return err
	}
	for _, chip := range chips {
		at := filepath.Join(path, chip)
		files, err := l.folder(at)
		if err != nil {
			l.note(at, err)
			continue
		}
		name := l.chipName(at, chip)
		for _, file := range files {
			sensor, ok := strings.CutSuffix(file, "_input")
			if ok && strings.HasPrefix(sensor, "temp") {
				l.temperature(at, name, sensor)
			}
		}
	}
	return nil
}

// chipName tells chips of one kind apart by the device behind them, because
// the numbers of hwmon folders change from boot to boot.
func (l *look) chipName(at, chip string) string {
	name := l.word(at, "name")
	if target, err := os.Readlink(filepath.Join(l.source.root, at, "device")); err == nil {
		chip = filepath.Base(target)
	}
	if name == "" || len(name) > 64 {
		return chip
	}
	return name + "_" + chip
}

func (l *look) temperature(at, chip, sensor string) {
	value, ok := milli(l.word(at, sensor+"_input"))
	if !ok {
		return // a sensor without a reading is normal where a slot is empty
	}
	l.out.Add(value, "node_hwmon_temp_celsius", "chip", chip, "sensor", sensor)
	status, health := "ok", localmon.HealthOK
	if limit, ok := milli(l.word(at, sensor+"_max")); ok && limit > 0 && value >= limit {
		status, health = "high", localmon.HealthWarning
	}
	limit, ok := milli(l.word(at, sensor+"_crit"))
	if ok && limit > 0 {
		l.out.Add(limit, "node_hwmon_temp_crit_celsius", "chip", chip, "sensor", sensor)
		if value >= limit {
			status, health = "critical", localmon.HealthCritical
		}
	}
	label := l.word(at, sensor+"_label")
	l.state("temperature", chip+" "+sensor, status, health, strings.TrimSpace(fmt.Sprintf("%s %.1f °C", label, value)))
}

// milli reads thousandths; readings below absolute zero or above any machine
// are broken sensors and not readings.
func milli(s string) (float64, bool) {
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v < -273_150 || v > 1_000_000 {
		return 0, false
	}
	return float64(v) / 1000, true
}

// memoryErrors reads the error counters of the memory controllers.
func (l *look) memoryErrors(path string) error {
	names, err := l.folder(path)
	if err != nil {
		return err
	}
	for _, name := range names {
		number, ok := strings.CutPrefix(name, "mc")
		if _, isNumber := count(number); !ok || !isNumber {
			continue
		}
		corrected, okCE := count(l.word(path, name, "ce_count"))
		lost, okUE := count(l.word(path, name, "ue_count"))
		if okCE {
			l.out.Add(corrected, "node_edac_correctable_errors_total", "controller", number)
		}
		if !okUE {
			l.state("memory_controller", name, "", localmon.HealthUnknown, "no count of uncorrectable errors")
			continue
		}
		l.out.Add(lost, "node_edac_uncorrectable_errors_total", "controller", number)
		status, health := "ok", localmon.HealthOK
		if lost > 0 {
			status, health = "uncorrectable errors", localmon.HealthCritical
		}
		l.state("memory_controller", name, status, health, fmt.Sprintf("%.0f corrected, %.0f uncorrectable since start", corrected, lost))
	}
	return nil
}
