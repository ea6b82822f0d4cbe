package host

import (
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// errNoLine says that a file is there but holds nothing of what it should.
var errNoLine = errors.New("not one line as expected")

// ticks is the kernel's unit of processor time as user space sees it: USER_HZ,
// 100 a second on every architecture the kit is built for.
const ticks = 100

// cpuModes are the columns of /proc/stat in order, proc(5). Guest time is part
// of user time and not counted again.
var cpuModes = []string{"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"}

// cpuTimes are seconds by mode, in the order of cpuModes.
type cpuTimes [8]float64

func (c cpuTimes) total() (all, quiet float64) {
	for i, v := range c {
		all += v
		if cpuModes[i] == "idle" || cpuModes[i] == "iowait" {
			quiet += v
		}
	}
	return all, quiet
}

// procStat is what is used of /proc/stat.
type procStat struct {
	all    cpuTimes
	hasAll bool
	cpus   []cpuLine
	single map[string]float64 // ctxt, btime, processes, procs_running, procs_blocked
}

type cpuLine struct {
	cpu   string
	times cpuTimes
}

func parseStat(text string) (procStat, error) {
	s := procStat{single: map[string]float64{}}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		cpu, isCPU := strings.CutPrefix(f[0], "cpu")
		switch {
		case isCPU:
			times, ok := parseTimes(f[1:])
			if !ok {
				continue
			}
			if cpu == "" {
				s.all, s.hasAll = times, true
			} else if _, ok := count(cpu); ok {
				s.cpus = append(s.cpus, cpuLine{cpu, times})
			}
		case slices.Contains([]string{"ctxt", "btime", "processes", "procs_running", "procs_blocked"}, f[0]):
			if v, ok := count(f[1]); ok {
				s.single[f[0]] = v
			}
		}
	}
	if !s.hasAll && len(s.cpus) == 0 && len(s.single) == 0 {
		return s, errNoLine
	}
	return s, nil
}

func parseTimes(f []string) (cpuTimes, bool) {
	var times cpuTimes
	if len(f) < 4 { // the oldest kernels end at idle
		return times, false
	}
	for i := range min(len(f), len(times)) {
		v, ok := count(f[i])
		if !ok {
			return times, false
		}
		times[i] = v / ticks
	}
	return times, true
}

func (l *look) stat(path string) error {
	text, err := l.text(path)
	if err != nil {
		return err
	}
	s, err := parseStat(text)
	if err != nil {
		return err
	}
	for _, c := range s.cpus {
		for i, mode := range cpuModes {
			l.out.Add(c.times[i], "node_cpu_seconds_total", "cpu", c.cpu, "mode", mode)
		}
	}
	for name, metric := range map[string]string{
		"ctxt": "node_context_switches_total", "btime": "node_boot_time_seconds", "processes": "node_forks_total",
		"procs_running": "node_procs_running", "procs_blocked": "node_procs_blocked",
	} {
		if v, ok := s.single[name]; ok {
			l.out.Add(v, metric)
		}
	}
	if !s.hasAll {
		return nil
	}
	all, quiet := s.all.total()
	allBefore, quietBefore := l.source.cpu.total()
	// A counter that ran backwards, as iowait may, says nothing of this span.
	if spent, idle := all-allBefore, quiet-quietBefore; allBefore > 0 && spent > 0 && idle >= 0 && idle <= spent {
		l.out.Add((spent-idle)/spent, "localmon_host_cpu_utilisation_ratio")
	}
	l.source.cpu = s.all
	return nil
}

func (l *look) load(path string) error {
	text, err := l.text(path)
	if err != nil {
		return err
	}
	f := strings.Fields(text)
	if len(f) < 3 {
		return errNoLine
	}
	for i, metric := range []string{"node_load1", "node_load5", "node_load15"} {
		v, ok := decimal(f[i])
		if !ok {
			return errNoLine
		}
		l.out.Add(v, metric)
	}
	return nil
}

func (l *look) uptime(path string) error {
	text, err := l.text(path)
	if err != nil {
		return err
	}
	f := strings.Fields(text)
	if len(f) == 0 {
		return errNoLine
	}
	v, ok := decimal(f[0])
	if !ok {
		return errNoLine
	}
	l.out.Add(v, "localmon_host_uptime_seconds")
	return nil
}

// memoryFields are the lines of /proc/meminfo that are kept, all in kB.
var memoryFields = []string{
	"MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SwapCached", "SwapTotal", "SwapFree", "Dirty", "Writeback",
	"Shmem", "Slab", "SReclaimable", "CommitLimit", "Committed_AS",
}

func parseMeminfo(text string) (map[string]float64, error) {
	found := map[string]float64{}
	for line := range strings.Lines(text) {
		name, rest, ok := strings.Cut(line, ":")
		f := strings.Fields(rest)
		if !ok || len(f) != 2 || f[1] != "kB" || !slices.Contains(memoryFields, name) {
			continue
		}
		if v, ok := count(f[0]); ok {
			found[name] = v * 1024
		}
	}
	if len(found) == 0 {
		return nil, errNoLine
	}
	return found, nil
}

func (l *look) memory(path string) error {
	text, err := l.text(path)
	if err != nil {
		return err
	}
	found, err := parseMeminfo(text)
	for name, v := range found {
		l.out.Add(v, "node_memory_"+name+"_bytes")
	}
	return err
}

func (l *look) vmstat(path string) error {
	text, err := l.text(path)
	if err != nil {
		return err
	}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) != 2 || !slices.Contains([]string{"pswpin", "pswpout", "oom_kill"}, f[0]) {
			continue
		}
		if v, ok := count(f[1]); ok {
			l.out.Add(v, "node_vmstat_"+f[0])
		}
	}
	return nil
}

// pressure reads the pressure stall files. "some" is time in which at least
// one task waited, "full" time in which all did; totals are microseconds.
func (l *look) pressure(path string) error {
	names, err := l.folder(path)
	if err != nil {
		return err
	}
	for _, resource := range names {
		if !slices.Contains([]string{"cpu", "io", "irq", "memory"}, resource) {
			continue
		}
		file := filepath.Join(path, resource)
		text, err := l.text(file)
		if err != nil {
			if !notThere(err) {
				l.note(file, err)
			}
			continue
		}
		totals, err := parsePressure(text)
		if err != nil {
			l.note(file, err)
		}
		for kind, word := range map[string]string{"some": "waiting", "full": "stalled"} {
			if v, ok := totals[kind]; ok {
				l.out.Add(v, "node_pressure_"+resource+"_"+word+"_seconds_total")
			}
		}
	}
	return nil
}

// parsePressure returns the totals of some and full in seconds.
func parsePressure(text string) (map[string]float64, error) {
	totals := map[string]float64{}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] != "some" && f[0] != "full" {
			continue
		}
		for _, each := range f[1:] {
			if digits, ok := strings.CutPrefix(each, "total="); ok {
				if v, ok := count(digits); ok {
					totals[f[0]] = v / 1e6
				}
			}
		}
	}
	if len(totals) == 0 {
		return nil, errNoLine
	}
	return totals, nil
}

// count reads a whole number that is not negative.
func count(s string) (float64, bool) {
	v, err := strconv.ParseUint(s, 10, 64)
	return float64(v), err == nil
}

// decimal reads a number with a point that is not negative.
func decimal(s string) (float64, bool) {
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && v >= 0 && !math.IsInf(v, 0) && !math.IsNaN(v)
}
