package host

import (
	"fmt"
	"strings"

	"darksite/localmon"
)

// mdArray is one software RAID array of /proc/mdstat.
type mdArray struct {
	name, level      string
	active           bool
	readOnly         bool
	required, up     float64 // disks the array wants, and those in sync
	counted          bool    // required and up were said
	failed, spare    float64
	blocks           float64
	action, progress string // recovery, resync, reshape, check and how far
}

// parseMdstat reads /proc/mdstat. A file without arrays is not an error: the
// driver is loaded and has none.
func parseMdstat(text string) []mdArray {
	var all []mdArray
	var at *mdArray
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		switch {
		case len(f) >= 3 && f[1] == ":" && strings.HasPrefix(f[0], "md"):
			all = append(all, mdHead(f))
			at = &all[len(all)-1]
		case at == nil || len(f) == 0:
			at = nil
		case len(f) >= 2 && f[1] == "blocks":
			at.detail(f)
		default:
			at.doing(line)
		}
	}
	return all
}

// mdHead reads "md0 : active (read-only) raid1 sdb1[1] sda1[0](F)".
func mdHead(f []string) mdArray {
	a := mdArray{name: f[0], active: f[2] == "active"}
	for _, word := range f[3:] {
		member, flag, isMember := strings.Cut(word, "[")
		switch {
		case strings.HasPrefix(word, "("):
			a.readOnly = true
		case !isMember && a.level == "":
			a.level = word
		case isMember && member != "":
			switch {
			case strings.HasSuffix(flag, "(F)"):
				a.failed++
			case strings.HasSuffix(flag, "(S)"):
				a.spare++
			}
		}
	}
	return a
}

// detail reads "1048512 blocks super 1.2 [2/1] [U_]".
func (a *mdArray) detail(f []string) {
	if v, ok := count(f[0]); ok {
		a.blocks = v
	}
	for _, word := range f[2:] {
		inside, opened := strings.CutPrefix(word, "[")
		inside, closed := strings.CutSuffix(inside, "]")
		if !opened || !closed {
			continue
		}
		want, have, ok := strings.Cut(inside, "/")
		required, okWant := count(want)
		up, okHave := count(have)
		if ok && okWant && okHave {
			a.required, a.up, a.counted = required, up, true
		}
	}
}

// doing reads "[==>....]  recovery = 12.6% (37043392/292945152) finish=...".
func (a *mdArray) doing(line string) {
	for _, action := range []string{"recovery", "resync", "reshape", "check"} {
		_, rest, ok := strings.Cut(line, action)
		if !ok {
			continue
		}
		a.action = action
		for _, word := range strings.Fields(rest) {
			if _, ok := decimal(strings.TrimSuffix(word, "%")); ok && strings.HasSuffix(word, "%") {
				a.progress = word
			}
		}
		return
	}
}

// judge gives the word and the health of an array.
func (a mdArray) judge() (string, localmon.Health) {
	short := a.counted && a.up < a.required
	switch {
	case !a.active:
		return "inactive", localmon.HealthCritical
	case short && a.action == "recovery":
		return "recovering", localmon.HealthWarning
	case short:
		return "degraded", localmon.HealthCritical
	case a.failed > 0:
		return "active", localmon.HealthWarning
	default:
		return "active", localmon.HealthOK
	}
}

func (l *look) mdArrays(path string) error {
	text, err := l.text(path)
	if err != nil {
		return err
	}
	for _, a := range parseMdstat(text) {
		l.out.Add(a.failed, "node_md_disks", "device", a.name, "state", "failed")
		l.out.Add(a.spare, "node_md_disks", "device", a.name, "state", "spare")
		detail := a.level
		if a.counted {
			l.out.Add(a.up, "node_md_disks", "device", a.name, "state", "active")
			l.out.Add(a.required, "node_md_disks_required", "device", a.name)
			detail += fmt.Sprintf(", %.0f of %.0f disks", a.up, a.required)
		}
		if a.blocks > 0 {
			l.out.Add(a.blocks, "node_md_blocks", "device", a.name)
		}
		if a.failed > 0 {
			detail += fmt.Sprintf(", %.0f failed", a.failed)
		}
		if a.action != "" {
			detail += strings.TrimRight(", "+a.action+" "+a.progress, " ")
		}
		if a.readOnly {
			detail += ", read-only"
		}
		status, health := a.judge()
		l.state("md_array", a.name, status, health, strings.TrimPrefix(detail, ", "))
	}
	return nil
}
