package host

import (
	"slices"
	"strings"
)

// sector is the unit of /proc/diskstats whatever the device's own is.
const sector = 512

// diskColumns are the columns of /proc/diskstats after the name, with the
// factor that brings them to the metric's unit (kernel iostats document).
var diskColumns = []struct {
	column int
	metric string
	factor float64
}{
	{0, "node_disk_reads_completed_total", 1},
	{2, "node_disk_read_bytes_total", sector},
	{3, "node_disk_read_time_seconds_total", 0.001},
	{4, "node_disk_writes_completed_total", 1},
	{6, "node_disk_written_bytes_total", sector},
	{7, "node_disk_write_time_seconds_total", 0.001},
	{8, "node_disk_io_now", 1},
	{9, "node_disk_io_time_seconds_total", 0.001},
	{10, "node_disk_io_time_weighted_seconds_total", 0.001},
}

// diskLine is one device with its first eleven columns.
type diskLine struct {
	device string
	values [11]float64
}

func parseDiskstats(text string) ([]diskLine, error) {
	var all []diskLine
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 14 {
			continue
		}
		d := diskLine{device: f[2]}
		good := true
		for i := range d.values {
			v, ok := count(f[3+i])
			d.values[i], good = v, good && ok
		}
		if good {
			all = append(all, d)
		}
	}
	if len(all) == 0 && strings.TrimSpace(text) != "" {
		return nil, errNoLine
	}
	return all, nil
}

func (l *look) disks(path string) error {
	text, err := l.text(path)
	if err != nil {
		return err
	}
	all, err := parseDiskstats(text)
	if err != nil {
		return err
	}
	whole, errBlock := l.folder("sys/block")
	for _, d := range all {
		if pretended(d.device) {
			continue
		}
		// /sys/block holds whole devices only; it writes / in a name as !.
		if errBlock == nil && !slices.Contains(whole, strings.ReplaceAll(d.device, "/", "!")) {
			continue
		}
		for _, c := range diskColumns {
			l.out.Add(d.values[c.column]*c.factor, c.metric, "device", d.device)
		}
	}
	return nil
}

// pretended devices have no disk behind them.
func pretended(device string) bool {
	for _, prefix := range []string{"loop", "ram", "zram", "fd"} {
		if rest, ok := strings.CutPrefix(device, prefix); ok {
			if _, number := count(rest); number {
				return true
			}
		}
	}
	return false
}
