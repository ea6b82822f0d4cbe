// Package hostfacts collects what the host the kit runs on is: its system and
// versions, processors, memory, disks, mounts, network, and how it reaches
// storage (multipath, iSCSI, Fibre Channel).
//
// Facts are read from a positive list of files below /etc, /proc and /sys
// ([Options.Root]), from tables made of attributes below /sys, and from a short
// positive list of read-only programs. Files known to hold secrets, such as
// /etc/shadow or iscsid.conf, are not on the list. What is not on this machine, a
// file, a table or a program, is said and is no loss; what cannot be read is one.
package hostfacts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"text/tabwriter"

	"darksite/bundle/collect"
	"darksite/bundle/safefile"
)

// Name is the collector's name and the folder of its files.
const Name = "hostfacts"

// maxFile bounds one file or output: a fact is small.
const maxFile = 1 << 20

// Options says where facts are.
type Options struct {
	Root     string           // root of etc, proc and sys; / on a real machine
	Programs collect.Programs // nil runs none
}

// Facts is the collector.
type Facts struct{ o Options }

// New makes the collector.
func New(o Options) *Facts {
	if o.Programs == nil {
		o.Programs = collect.NoPrograms{}
	}
	return &Facts{o}
}

// files is the positive list, patterns of path.Match below the root.
func files() []string {
	return []string{
		"etc/os-release",
		"etc/hostname",
		"etc/hosts",
		"etc/resolv.conf",
		"etc/timezone",
		"etc/fstab",
		"etc/multipath.conf",
		"etc/multipath/conf.d/*.conf",
		"etc/iscsi/initiatorname.iscsi",
		"etc/nvme/hostnqn",
		"etc/udev/rules.d/*.rules",
		"etc/modprobe.d/*.conf",
		"proc/version",
		"proc/cmdline",
		"proc/uptime",
		"proc/loadavg",
		"proc/cpuinfo",
		"proc/meminfo",
		"proc/vmstat",
		"proc/swaps",
		"proc/mounts",
		"proc/partitions",
		"proc/diskstats",
		"proc/mdstat",
		"proc/modules",
		"proc/interrupts",
		"proc/scsi/scsi",
		"proc/net/dev",
		"proc/net/route",
		"proc/net/arp",
		"proc/net/snmp",
		"proc/net/netstat",
		"proc/net/bonding/*",
		"proc/pressure/*",
		"proc/sys/kernel/osrelease",
		"proc/sys/kernel/tainted",
	}
}

// table is one line for each entry of a folder of /sys, one column for each
// attribute.
type table struct {
	as, dir    string
	attributes []string
}

// origin is how the table is called in reports.
func (t table) origin() string { return "/" + t.dir + "/*" }

func tables() []table {
	return []table{
		{"block.txt", "sys/block", []string{"size", "ro", "removable", "queue/rotational", "queue/scheduler", "queue/nr_requests", "queue/max_sectors_kb", "device/model", "device/vendor", "device/rev", "device/state", "device/timeout", "device/queue_depth"}},
		{"net.txt", "sys/class/net", []string{"operstate", "carrier", "speed", "duplex", "mtu", "address", "carrier_changes", "statistics/rx_errors", "statistics/tx_errors", "statistics/rx_dropped", "statistics/tx_dropped"}},
		{"fc.txt", "sys/class/fc_host", []string{"port_name", "node_name", "port_state", "port_type", "speed", "supported_speeds", "fabric_name", "symbolic_name"}},
		{"fc-remote.txt", "sys/class/fc_remote_ports", []string{"port_name", "node_name", "port_state", "roles", "dev_loss_tmo", "fast_io_fail_tmo"}},
		{"iscsi-session.txt", "sys/class/iscsi_session", []string{"targetname", "state", "recovery_tmo", "abort_tmo", "lu_reset_tmo"}},
		{"iscsi-connection.txt", "sys/class/iscsi_connection", []string{"persistent_address", "persistent_port", "address", "port", "state"}},
		{"nvme.txt", "sys/class/nvme", []string{"model", "firmware_rev", "state", "transport", "subsysnqn", "address"}},
		{"thermal.txt", "sys/class/thermal", []string{"type", "temp"}},
		{"dmi.txt", "sys/class/dmi", []string{"sys_vendor", "product_name", "product_version", "bios_vendor", "bios_version", "bios_date", "board_name"}},
	}
}

// programs is the positive list of read-only programs.
func programs() []collect.Program {
	return []collect.Program{
		{Name: "uname", Args: []string{"-a"}, As: "programs/uname.txt"},
		{Name: "lsblk", Args: []string{"--all", "--output", "NAME,KNAME,MAJ:MIN,TYPE,SIZE,RO,FSTYPE,MOUNTPOINT,STATE,VENDOR,MODEL,REV,SERIAL,WWN,HCTL,TRAN"}, As: "programs/lsblk.txt"},
		{Name: "df", Args: []string{"-P", "-T", "-l"}, As: "programs/df.txt"},
		{Name: "ip", Args: []string{"-d", "-s", "link"}, As: "programs/ip-link.txt"},
		{Name: "ip", Args: []string{"addr"}, As: "programs/ip-addr.txt"},
		{Name: "ip", Args: []string{"route", "show", "table", "all"}, As: "programs/ip-route.txt"},
		{Name: "multipath", Args: []string{"-ll"}, As: "programs/multipath.txt"},
		{Name: "multipathd", Args: []string{"show", "config", "local"}, As: "programs/multipathd-config.txt"},
		{Name: "iscsiadm", Args: []string{"-m", "session", "-P", "1"}, As: "programs/iscsiadm-session.txt"},
		{Name: "nvme", Args: []string{"list-subsys"}, As: "programs/nvme-subsys.txt"},
		{Name: "lsscsi", Args: []string{"--transport", "--size"}, As: "programs/lsscsi.txt"},
		{Name: "lspci", Args: []string{"-nn"}, As: "programs/lspci.txt"},
		{Name: "pvs", Args: []string{"--readonly"}, As: "programs/pvs.txt"},
		{Name: "vgs", Args: []string{"--readonly"}, As: "programs/vgs.txt"},
		{Name: "lvs", Args: []string{"--readonly"}, As: "programs/lvs.txt"},
		{Name: "systemctl", Args: []string{"--failed", "--no-pager", "--plain", "--no-legend"}, As: "programs/systemctl-failed.txt"},
		{Name: "timedatectl", Args: []string{"show"}, As: "programs/timedatectl.txt"},
		{Name: "ps", Args: []string{"-eo", "pid,ppid,stat,pcpu,pmem,etimes,wchan:24,comm"}, As: "programs/ps.txt"},
	}
}

// Plan says what is taken: the three positive lists in full.
func (f *Facts) Plan() collect.Plan {
	var from []string
	for _, name := range files() {
		from = append(from, "/"+name)
	}
	for _, t := range tables() {
		from = append(from, "/"+t.dir+"/*")
	}
	for _, p := range programs() {
		from = append(from, p.String())
	}
	return collect.Plan{
		Name: Name,
		What: "system, versions, processors, memory, disks, mounts, network and storage paths of this host",
		Why:  "tells a fault of the array from one of the host or of the way between them",
		From: from,
	}
}

// notHere is the reason for what this machine does not have: a host without
// Fibre Channel is told from one that nobody looked at.
const notHere = "not on this machine"

// present expands the positive list against the root; absent are names on it that
// are not there.
func present(root *os.Root) (names, absent []string, err error) {
	for _, pattern := range files() {
		if !strings.Contains(pattern, "*") {
			// Lstat, not Glob: a link to nowhere good is to be seen and refused.
			if _, err := root.Lstat(pattern); err == nil {
				names = append(names, pattern)
			} else if errors.Is(err, fs.ErrNotExist) {
				absent = append(absent, pattern)
			}
			continue
		}
		found, err := fs.Glob(root.FS(), pattern)
		if err != nil {
			return nil, nil, fmt.Errorf("look for %s: %w", pattern, err)
		}
		if names = append(names, found...); len(found) == 0 {
			absent = append(absent, pattern)
		}
	}
	return names, absent, nil
}

// Estimate looks at the files and programs that are there. Files of /proc tell no
// size, and programs are not started: four KiB each are assumed.
func (f *Facts) Estimate(ctx context.Context) (collect.Estimate, error) {
	root, err := os.OpenRoot(f.o.Root)
	if err != nil {
		return collect.Estimate{}, fmt.Errorf("open root of facts: %w", err)
	}
	defer root.Close()
	names, absent, err := present(root)
	if err != nil {
		return collect.Estimate{}, err
	}
	var items []collect.Foreseen
	for _, name := range names {
		it := collect.Foreseen{Origin: "/" + name, Files: 1, Bytes: typical}
		if real, err := resolve(root, name); err != nil {
			it.Problem = reason(err).Error()
		} else if src, info, err := safefile.OpenRegular(root, real); err != nil {
			it.Problem = reason(err).Error()
		} else {
			_ = src.Close() // nothing was written
			if info.Size() > 0 {
				it.Bytes = min(info.Size(), maxFile)
			}
		}
		items = append(items, it)
	}
	for _, name := range absent {
		items = append(items, collect.Foreseen{Origin: "/" + name, Problem: notHere})
	}
	for _, t := range tables() {
		entries, err := fs.ReadDir(root.FS(), t.dir)
		it := collect.Foreseen{Origin: t.origin(), Files: 1, Bytes: int64(120 * (1 + len(entries)))}
		switch {
		case errors.Is(err, fs.ErrNotExist), err == nil && len(entries) == 0:
			it.Problem = notHere
		case err != nil:
			it.Problem = reason(err).Error()
		}
		items = append(items, it)
	}
	for _, p := range programs() {
		items = append(items, p.Foresee(f.o.Programs, typical))
	}
	return collect.Sum(items), ctx.Err()
}

// typical is what a file that tells no size, or a program, gives.
const typical = 4 << 10

// Collect reads files, then tables, then programs.
func (f *Facts) Collect(ctx context.Context, w *collect.Writer) error {
	root, err := os.OpenRoot(f.o.Root)
	if err != nil {
		return fmt.Errorf("open root of facts: %w", err)
	}
	defer root.Close()
	names, absent, err := present(root)
	if err != nil {
		return err
	}
	for _, name := range absent {
		w.Omit("/"+name, notHere)
	}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := keepGoing(w, "/"+name, f.file(root, w, name)); err != nil {
			return err
		}
	}
	for _, t := range tables() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := keepGoing(w, "/"+t.dir, f.table(root, w, t)); err != nil {
			return err
		}
	}
	for _, p := range programs() {
		if err := w.AddProgram(ctx, f.o.Programs, p, maxFile); err != nil {
			return err
		}
	}
	return nil
}

// keepGoing records the failure of one item and lets through only what ends the
// whole work.
func keepGoing(w *collect.Writer, origin string, err error) error {
	if err == nil || errors.Is(err, collect.ErrBudget) || errors.Is(err, collect.ErrClosed) {
		return err
	}
	w.Fail(origin, reason(err))
	return nil
}

// reason drops the path of an error: it stands beside it already.
func reason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// file copies one file. On many systems /etc/os-release, /proc/mounts and
// others are links to a neighbour: the link is resolved inside the root, and
// what it ends at must be on one of the trees facts are read from.
func (f *Facts) file(root *os.Root, w *collect.Writer, name string) error {
	real, err := resolve(root, name)
	if err != nil {
		return err
	}
	origin := "/" + name
	if real != name {
		origin += " -> /" + real
	}
	return w.AddFile(root, real, name, origin, maxFile)
}

// resolve follows at most four links by name and refuses an end outside etc,
// proc, run, sys and usr/lib. It looks at the last element only; root keeps
// every element inside the root.
func resolve(root *os.Root, name string) (string, error) {
	for range 5 {
		info, err := root.Lstat(name)
		if err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			return name, nil
		}
		to, err := root.Readlink(name)
		if err != nil {
			return "", err
		}
		if path.IsAbs(to) {
			name = strings.TrimPrefix(path.Clean(to), "/")
		} else {
			name = path.Join(path.Dir(name), to)
		}
		top, _, _ := strings.Cut(name, "/")
		if top != "etc" && top != "proc" && top != "run" && top != "sys" && !strings.HasPrefix(name, "usr/lib/") {
			return "", fmt.Errorf("is a link to %q, which is not a place for facts", to)
		}
	}
	return "", errors.New("is a chain of more than four links")
}

// table renders one folder of /sys. Entries are links inside /sys; the root
// keeps them there.
func (f *Facts) table(root *os.Root, w *collect.Writer, t table) error {
	entries, err := fs.ReadDir(root.FS(), t.dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		w.Omit(t.origin(), notHere)
		return nil
	}
	if err != nil {
		return err
	}
	var b strings.Builder
	tw := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprintf(tw, "NAME\t%s\n", strings.Join(t.attributes, "\t"))
	for _, e := range entries {
		cells := []string{e.Name()}
		for _, a := range t.attributes {
			cells = append(cells, attribute(root, path.Join(t.dir, e.Name(), a)))
		}
		fmt.Fprintln(tw, strings.Join(cells, "\t"))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	return w.Add(t.as, t.origin(), strings.NewReader(trimLines(b.String())))
}

// trimLines drops the blanks tabwriter leaves at line ends.
func trimLines(s string) string {
	rows := strings.Split(s, "\n")
	for i := range rows {
		rows[i] = strings.TrimRight(rows[i], " ")
	}
	return strings.Join(rows, "\n")
}

// attribute reads one small file of /sys, or gives - where there is none: many
// attributes exist for some devices only, and some refuse to be read.
func attribute(root *os.Root, name string) string {
	f, _, err := safefile.OpenRegular(root, name)
	if err != nil {
		return "-"
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return "-"
	}
	if value := strings.Join(strings.Fields(string(text)), " "); value != "" {
		return value
	}
	return "-"
}
