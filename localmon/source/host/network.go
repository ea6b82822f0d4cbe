package host

import (
	"path/filepath"
	"strconv"
	"strings"

	"darksite/localmon"
)

// networkColumns are the sixteen counters of /proc/net/dev, first those
// received, then those transmitted; empty names are not kept.
var networkColumns = [16]string{
	"node_network_receive_bytes_total", "node_network_receive_packets_total", "node_network_receive_errs_total",
	"node_network_receive_drop_total", "node_network_receive_fifo_total", "node_network_receive_frame_total",
	"", "node_network_receive_multicast_total",
	"node_network_transmit_bytes_total", "node_network_transmit_packets_total", "node_network_transmit_errs_total",
	"node_network_transmit_drop_total", "node_network_transmit_fifo_total", "node_network_transmit_colls_total",
	"node_network_transmit_carrier_total", "",
}

// networkLine is one interface.
type networkLine struct {
	device string
	values [16]float64
}

func parseNetDev(text string) ([]networkLine, error) {
	var all []networkLine
	for line := range strings.Lines(text) {
		// The name may hold a colon itself (an alias), never a space.
		at := strings.LastIndex(line, ":")
		if at < 0 {
			continue
		}
		n := networkLine{device: strings.TrimSpace(line[:at])}
		f := strings.Fields(line[at+1:])
		if len(f) != len(n.values) || n.device == "" || strings.ContainsAny(n.device, " \t|") {
			continue
		}
		good := true
		for i := range n.values {
			v, ok := count(f[i])
			n.values[i], good = v, good && ok
		}
		if good {
			all = append(all, n)
		}
	}
	if len(all) == 0 {
		return nil, errNoLine
	}
	return all, nil
}

func (l *look) network(path string) error {
	text, err := l.text(path)
	if err != nil {
		return err
	}
	all, err := parseNetDev(text)
	if err != nil {
		return err
	}
	for _, n := range all {
		for i, metric := range networkColumns {
			if metric != "" {
				l.out.Add(n.values[i], metric, "device", n.device)
			}
		}
		l.networkLink(n.device)
	}
	return nil
}

// ifUp is IFF_UP of net/if.h: the interface was switched on.
const ifUp = 1

// networkLink reads what /sys says of the link.
func (l *look) networkLink(device string) {
	if strings.ContainsAny(device, "/\\") || device == "." || device == ".." {
		return
	}
	at := filepath.Join("sys/class/net", device)
	operstate := strings.ToLower(l.word(at, "operstate"))
	if operstate == "" {
		return
	}
	up := 0.0
	if operstate == "up" {
		up = 1
	}
	l.out.Add(up, "node_network_up", "device", device)
	speed, known := count(l.word(at, "speed")) // megabits a second; -1 when there is no link
	if known && speed > 0 && speed < 1<<31 {
		l.out.Add(speed*1e6/8, "node_network_speed_bytes", "device", device)
	}
	if v, ok := count(l.word(at, "carrier_changes")); ok {
		l.out.Add(v, "node_network_carrier_changes_total", "device", device)
	}
	if !l.exists(at, "device") && !l.exists(at, "bonding") {
		return
	}
	flags, err := strconv.ParseUint(strings.TrimPrefix(l.word(at, "flags"), "0x"), 16, 64)
	carrier := l.word(at, "carrier")
	detail := ""
	if known && speed > 0 {
		detail = l.word(at, "speed") + " Mbit/s"
	}
	switch {
	case err == nil && flags&ifUp == 0:
		l.state("network_interface", device, "disabled", localmon.HealthOK, detail)
	case operstate == "up", operstate == "unknown" && carrier == "1": // some drivers never say more
		l.state("network_interface", device, operstate, localmon.HealthOK, detail)
	case operstate == "unknown" && carrier == "":
		l.state("network_interface", device, operstate, localmon.HealthUnknown, detail)
	default: // down, lowerlayerdown, dormant, testing, notpresent
		l.state("network_interface", device, operstate, localmon.HealthWarning, detail)
	}
}
