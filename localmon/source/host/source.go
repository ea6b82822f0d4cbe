package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"darksite/localmon"
)

// maxFile bounds what is read of one file. The longest in practice is
// /proc/stat on machines with thousands of interrupt lines.
const maxFile = 4 << 20

// Options say what to look at.
type Options struct {
	Target string // the site's name for this machine; required
	Root   string // folder that holds proc, sys and etc; / when empty
	// Statfs asks how full the file system at a path is; the system's own when
	// nil.
	Statfs func(path string) (Space, error)
}

// Source looks at one machine. It implements [localmon.Source].
type Source struct {
	target string
	root   string
	statfs func(string) (Space, error)

	cpu cpuTimes // of the look before, zero before the first
}

var _ localmon.Source = (*Source)(nil)

// New checks the options. It reads nothing.
func New(o Options) (*Source, error) {
	if o.Target == "" {
		return nil, errors.New("host: a target needs a name")
	}
	s := &Source{target: o.Target, root: cmp.Or(o.Root, "/"), statfs: o.Statfs}
	if s.statfs == nil {
		s.statfs = statfs
	}
	return s, nil
}

// Target is the site's name for the machine.
func (s *Source) Target() string { return s.target }

// section is one file or folder and what to do with it.
type section struct {
	path     string
	everyone bool // every Linux has it, so its absence is worth saying
	read     func(l *look, path string) error
}

var sections = []section{
	{"proc/stat", true, (*look).stat},
	{"proc/loadavg", true, (*look).load},
	{"proc/uptime", true, (*look).uptime},
	{"proc/meminfo", true, (*look).memory},
	{"proc/vmstat", false, (*look).vmstat},
	{"proc/diskstats", true, (*look).disks},
	{"proc/self/mounts", true, (*look).fileSystems},
	{"proc/net/dev", true, (*look).network},
	{"proc/pressure", false, (*look).pressure},
	{"proc/mdstat", false, (*look).mdArrays},
	{"sys/class/hwmon", false, (*look).temperatures},
	{"sys/devices/system/edac/mc", false, (*look).memoryErrors},
}

// Collect reads every section once. One that fails goes into Batch.Partial.
func (s *Source) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	began := time.Now() // measures only; the batch's time is now
	b := localmon.Batch{Target: s.target, At: now}
	l := &look{source: s, out: localmon.NewSampler(s.target)}
	for _, part := range sections {
		if err := ctx.Err(); err != nil {
			return localmon.Batch{Target: s.target, At: now}, fmt.Errorf("host %s: %w", s.target, err)
		}
		err := part.read(l, part.path)
		if err == nil || !part.everyone && notThere(err) {
			continue
		}
		b.Partial = append(b.Partial, localmon.EndpointError{Endpoint: "/" + part.path, Err: err})
	}
	b.Partial = append(b.Partial, l.partial...)
	b.Took = time.Since(began)
	if l.out.Len() == 0 {
		return localmon.Batch{Target: s.target, At: now, Partial: b.Partial, Took: b.Took},
			fmt.Errorf("host %s: nothing could be read below %s; is this a Linux system with /proc mounted?", s.target, s.root)
	}
	b.Info = l.identity()
	b.Samples = l.out.Samples()
	b.States = l.states
	slices.SortFunc(b.States, func(a, b localmon.ComponentState) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Component, b.Component))
	})
	return b, nil
}

// notThere reports whether the kernel or the hardware simply has none: no such
// file, or a feature that was switched off at boot.
func notThere(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EOPNOTSUPP)
}

// look is one Collect under way.
type look struct {
	source  *Source
	out     *localmon.Sampler
	states  []localmon.ComponentState
	partial []localmon.EndpointError
}

func (l *look) state(kind, name, status string, health localmon.Health, detail string) {
	l.states = append(l.states, localmon.ComponentState{Component: name, Type: kind, Status: status, Health: health, Detail: detail})
}

// note lists a failure inside a section that goes on.
func (l *look) note(path string, err error) {
	l.partial = append(l.partial, localmon.EndpointError{Endpoint: "/" + path, Err: err})
}

// text reads one file up to the limit.
func (l *look) text(path string) (string, error) {
	f, err := os.Open(filepath.Join(l.source.root, path))
	if err != nil {
		return "", plain(err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return "", plain(err)
	}
	if len(raw) > maxFile {
		return "", fmt.Errorf("longer than %d bytes", maxFile)
	}
	return string(raw), nil
}

// plain drops the path from an error, because the endpoint says it.
func plain(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("%s: %w", path.Op, path.Err)
	}
	return err
}

// word reads a file that holds one short line; empty when it cannot be read.
func (l *look) word(parts ...string) string {
	s, err := l.text(filepath.Join(parts...))
	if err != nil || len(s) > 4096 {
		return ""
	}
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimSpace(line)
}

// folder lists the names in a folder in order.
func (l *look) folder(path string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(l.source.root, path))
	if err != nil {
		return nil, plain(err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, nil
}

func (l *look) exists(parts ...string) bool {
	_, err := os.Lstat(filepath.Join(append([]string{l.source.root}, parts...)...))
	return err == nil
}

// identity says which machine this is.
func (l *look) identity() *localmon.Array {
	info := &localmon.Array{
		Name:    l.word("proc/sys/kernel/hostname"),
		Kind:    localmon.KindHost,
		Model:   l.word("sys/class/dmi/id/product_name"),
		OS:      "Linux",
		Version: l.word("proc/sys/kernel/osrelease"),
	}
	release, err := l.text("etc/os-release")
	if err != nil {
		return info
	}
	for line := range strings.Lines(release) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok && len(value) <= 256 {
			info.OS = strings.Trim(value, `"'`)
		}
	}
	return info
}
