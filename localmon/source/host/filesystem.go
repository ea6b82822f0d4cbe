package host

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"darksite/localmon"
)

// Space is how full one file system is: bytes, and inodes where it has them.
type Space struct {
	Size, Free, Avail uint64 // Avail is what an unprivileged user may still write
	Files, FilesFree  uint64
}

// used is the share that is used as df counts it: what is reserved for root is
// neither used nor free.
func (s Space) used() float64 {
	if s.Size == 0 || s.Free > s.Size {
		return 0
	}
	used := float64(s.Size - s.Free)
	return used / (used + float64(s.Avail))
}

func (s Space) filesUsed() float64 {
	if s.Files == 0 || s.FilesFree > s.Files {
		return 0
	}
	return float64(s.Files-s.FilesFree) / float64(s.Files)
}

// From where on a file system is filling, and full.
const (
	fillingFrom = 0.85
	fullFrom    = 0.95
)

// mount is one line of /proc/self/mounts.
type mount struct {
	device, point, kind string
	options             []string
}

func parseMounts(text string) ([]mount, error) {
	var all []mount
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 4 || !strings.HasPrefix(f[1], "/") {
			continue
		}
		all = append(all, mount{device: unescape(f[0]), point: unescape(f[1]), kind: f[2], options: strings.Split(f[3], ",")})
	}
	if len(all) == 0 {
		return nil, errNoLine
	}
	return all, nil
}

// unescape reads the octal escapes of white space and backslash, fstab(5).
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && octal(s[i+1], '3') && octal(s[i+2], '7') && octal(s[i+3], '7') {
			b.WriteByte((s[i+1]-'0')<<6 | (s[i+2]-'0')<<3 | (s[i+3] - '0'))
			i += 3
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func octal(b, highest byte) bool { return b >= '0' && b <= highest }

// local file systems are those that keep data on this machine.
var local = []string{
	"bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "jfs", "nilfs2", "ntfs", "ntfs3", "overlay", "reiserfs",
	"tmpfs", "ubifs", "vfat", "xfs", "zfs",
}

// worthAsking keeps local file systems and one mount of each: the last one on
// a mount point hides those before it, and of several points of one device the
// shortest stands for all. A tmpfs is its own device wherever it is mounted,
// but those of the system itself are left out.
func worthAsking(all []mount) []mount {
	visible := map[string]mount{}
	for _, m := range all {
		visible[m.point] = m
	}
	best := map[string]mount{}
	for _, m := range visible {
		if !slices.Contains(local, m.kind) || m.kind == "tmpfs" && !userTmpfs(m.point) {
			continue
		}
		device := m.device
		if m.kind == "tmpfs" || m.kind == "overlay" {
			device += " " + m.point
		}
		have, ok := best[device]
		if !ok || cmp.Or(cmp.Compare(len(m.point), len(have.point)), cmp.Compare(m.point, have.point)) < 0 {
			best[device] = m
		}
	}
	kept := make([]mount, 0, len(best))
	for _, m := range best {
		// The layers of a container are the same space as the device below.
		if m.kind == "overlay" && m.point != "/" {
			continue
		}
		kept = append(kept, m)
	}
	slices.SortFunc(kept, func(a, b mount) int { return cmp.Compare(a.point, b.point) })
	return kept
}

// userTmpfs are the memory file systems that people fill.
func userTmpfs(point string) bool {
	return point == "/tmp" || point == "/var/tmp" || point == "/run" || point == "/dev/shm"
}

func (l *look) fileSystems(path string) error {
	text, err := l.text(path)
	if err != nil {
		return err
	}
	all, err := parseMounts(text)
	if err != nil {
		return err
	}
	for _, m := range worthAsking(all) {
		space, err := l.source.statfs(filepath.Join(l.source.root, m.point))
		if err != nil {
			l.note(path, fmt.Errorf("ask file system at %s: %w", m.point, err))
			l.state("filesystem", m.point, "unreadable", localmon.HealthUnknown, err.Error())
			continue
		}
		l.fileSystem(m, space)
	}
	return nil
}

func (l *look) fileSystem(m mount, s Space) {
	labels := []string{"device", m.device, "fstype", m.kind, "mountpoint", m.point}
	readOnly := 0.0
	if slices.Contains(m.options, "ro") {
		readOnly = 1
	}
	l.out.Add(readOnly, "node_filesystem_readonly", labels...)
	l.out.Add(float64(s.Size), "node_filesystem_size_bytes", labels...)
	l.out.Add(float64(s.Free), "node_filesystem_free_bytes", labels...)
	l.out.Add(float64(s.Avail), "node_filesystem_avail_bytes", labels...)
	if s.Files > 0 {
		l.out.Add(float64(s.Files), "node_filesystem_files", labels...)
		l.out.Add(float64(s.FilesFree), "node_filesystem_files_free", labels...)
	}
	fill := max(s.used(), s.filesUsed())
	status, health := "ok", localmon.HealthOK
	switch {
	case fill >= fullFrom && readOnly == 0:
		status, health = "full", localmon.HealthCritical
	case fill >= fillingFrom && readOnly == 0:
		status, health = "filling", localmon.HealthWarning
	case readOnly == 1:
		// The kernel falls back to this when a disk fails; a file system that
		// is meant to be read-only is worth a word as well.
		status, health = "read-only", localmon.HealthWarning
	}
	l.state("filesystem", m.point, status, health, fmt.Sprintf("%s on %s, %.1f %% of %d bytes used, %.1f %% of inodes",
		m.kind, m.device, s.used()*100, s.Size, s.filesUsed()*100))
}
