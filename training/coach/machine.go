package coach

import (
	"maps"
	"strings"
)

// Machine is the machine that a lab makes up, so that nothing of the learner's own is in
// what is collected: files as below /, by name.
func Machine() map[string]string { return maps.Clone(machine) }

var machine = map[string]string{
	"etc/os-release":            "NAME=\"Practice Linux\"\nVERSION_ID=\"9.4\"\nID=practice\nPRETTY_NAME=\"Practice Linux 9.4\"\n",
	"etc/hostname":              "kit\n",
	"etc/hosts":                 "127.0.0.1 localhost\n192.0.2.10 fa-prod-1\n192.0.2.11 fa-prod-2\n192.0.2.20 kit\n",
	"etc/timezone":              "Etc/UTC\n",
	"proc/version":              "Linux version 6.1.0-practice (build@practice) #1 SMP\n",
	"proc/sys/kernel/osrelease": "6.1.0-practice\n",
	"proc/uptime":               "86400.00 172000.00\n",
	"proc/loadavg":              "0.10 0.08 0.05 1/120 4242\n",
	"proc/meminfo":              "MemTotal:        4028000 kB\nMemFree:         2900000 kB\nMemAvailable:    3400000 kB\n",
	"proc/mounts":               "/dev/sda1 / ext4 rw,relatime 0 0\n",
	"proc/net/dev":              "Inter-|   Receive\n face |bytes    packets\n  eth0: 1048576 2048\n",
	"var/log/messages": strings.Join([]string{
		"Nov 23 06:00:01 kit systemd[1]: Started Session 12 of User mdurand.",
		"Nov 23 06:05:00 kit chronyd[612]: Selected source 192.0.2.1",
		"Nov 23 06:30:00 kit systemd[1]: logrotate.service: Deactivated successfully.",
		"",
	}, "\n"),
}
