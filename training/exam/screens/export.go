package screens

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle"
	"darksite/bundle/approve"
	"darksite/localmon/units"
)

// What officers and admins see on the way out: the dry run, redacted text, the statement,
// the reading back, the journal, a digest.

// EachHeader is the heading of bundle collect --dry-run --each.
var EachHeader = []string{"SOURCE", "ABOUT", "FROM"}

// dryRun has one item that cannot be had.
func dryRun(d *dice) picture {
	logs := some(d, []string{"/var/log/syslog", "/var/log/audit/audit.log", "/var/log/kern.log", "/var/log/dpkg.log", "/var/log/auth.log"}, 3)
	facts := some(d, []string{"/etc/fstab", "/proc/mdstat", "/proc/mounts", "/proc/meminfo", "/etc/os-release"}, 3)
	rows := [][]string{EachHeader}
	for _, f := range facts {
		rows = append(rows, []string{"host", units.Bytes(float64(d.between(1, 6)) * 1024), f})
	}
	refused := d.below(3)
	for i, f := range logs {
		about := units.Bytes(float64(d.between(40, 900)) * 1024)
		if i == refused {
			about, f = "none", f+": permission denied"
		}
		rows = append(rows, []string{"logs", about, f})
	}
	return console(table(rows...), logs[refused])
}

// redacted are lines in which each name is a stand-in but one, of a customer.
func redacted(d *dice) picture {
	customer := one(d, []string{"Corvane", "Belmarch", "Tessandre", "Orvigny", "Halbrecht", "Montaval", "Kerlouan", "Aubrelle"})
	host, user, volume := "host-"+d.token(8), "user-"+d.token(8), "vol-"+d.token(8)
	address := fmt.Sprintf("240.%d.%d.%d", d.between(1, 9), d.between(1, 9), d.between(1, 99))
	lines := []string{
		fmt.Sprintf("%s sshd[%d]: accepted publickey for %s from %s port %d", host, d.between(400, 9000), user, address, d.between(33000, 60000)),
		fmt.Sprintf("%s kernel: sd 2:0:0:%d: resize of %s to 4 TiB done", host, d.below(9), volume),
		fmt.Sprintf("%s cron[%d]: backup of %s started, token=masked-secret", host, d.between(400, 9000), volume),
		fmt.Sprintf("%s nfsd[%d]: export /srv/%s to %s, read only", host, d.between(400, 9000), volume, address),
	}
	where := d.below(4)
	said := []string{"share of %s is nearly full", "job of %s waits for a path", "mount for %s took 9 s", "ticket by %s was closed"}
	lines = slices.Insert(lines, where, host+" monitor: "+fmt.Sprintf(one(d, said), customer))
	start := d.between(10, 19)
	for i := range lines {
		lines[i] = wrap(fmt.Sprintf("Nov 22 %d:%02d:%02d %s", start, 4*i+d.below(4), d.below(60), lines[i]), 7)
	}
	return console(strings.Join(lines, "\n"), customer)
}

// statement is the approval statement in its own spelling.
func statement(d *dice) picture {
	seq := int64(d.between(12, 96))
	counts := d.numbers(2, 2, 9)
	files := int64(d.between(80, 240))
	partial := int64(counts[0])
	s := approve.Statement{
		Decision:              approve.Release,
		BID:                   bundle.ID(fmt.Sprintf("S042-%06d", seq)),
		ManifestSHA256:        bundle.Digest(d.hex(64)),
		RedactionReportSHA256: bundle.Digest(d.hex(64)),
		PolicySHA256:          bundle.Digest(d.hex(64)),
		RulesSHA256:           bundle.Digest(d.hex(64)),
		MarkingIn:             "RESTRICTED",
		MarkingOut:            one(d, []string{"UNMARKED", "VENDOR-ONLY", "SUPPORT"}),
		Recipients:            slices.Sorted(slices.Values([]string{d.hex(64), d.hex(64)})),
		Destination:           "Vendor support",
		Case:                  "T-4KQ7ZC2M5A",
		Medium:                "usb",
		Files:                 files,
		Bytes:                 files * int64(d.between(9000, 90000)),
		ViewedFull:            files - partial - int64(counts[1]),
		ViewedPartial:         partial,
		NotInspectable:        int64(counts[1]),
		Reviewer:              one(d, people),
		Role:                  approve.Officer,
		SignedUTC:             d.moment().Format("2006-01-02T15:04:05Z"),
		ValidUntilSeq:         seq + 3,
	}
	text, err := s.Encode()
	if err != nil {
		return picture{} // the lint of the bank refuses a screen without an answer
	}
	return console(strings.TrimRight(string(text), "\n"), strconv.FormatInt(s.NotInspectable, 10))
}

// readBack is what sha256sum says of a medium, as the README on it tells to ask.
func readBack(d *dice) picture {
	id := fmt.Sprintf("S042-%06d", d.between(12, 96))
	names := []string{"LABEL.txt", "COVER.txt", "README.TXT", id + ".blocks"}
	for i := range d.between(3, 4) {
		names = append(names, fmt.Sprintf("%s.v%03d", id, i+1))
	}
	names = append(names, id+".p001")
	bad := d.below(len(names))
	lines := []string{"$ sha256sum -c SHA256SUMS"}
	for i, name := range names {
		state := "OK"
		if i == bad {
			state = "FAILED"
		}
		lines = append(lines, name+": "+state)
	}
	lines = append(lines, "sha256sum: WARNING: 1 computed checksum did NOT match")
	return console(strings.Join(lines, "\n"), names[bad])
}

// journal is what four cover sheets say of a journal that was written anew from some
// entry on.
func journal(d *dice) picture {
	first, size := d.between(11, 20), d.between(40, 90)
	var sheets [4]struct {
		name string
		size int
	}
	for i := range sheets {
		sheets[i].name, sheets[i].size = fmt.Sprintf("COVER-%d.txt", first+i), size
		size += d.between(14, 40)
	}
	good := d.between(1, 3) // how many of the sheets still agree
	last := sheets[good-1]
	var lines []string
	for _, s := range sheets[good:] {
		lines = append(lines, wrap(fmt.Sprintf("FORKED by %s: up to entry %d the journal is the one that %s saw; what comes after it, up to entry %d, was written anew", s.name, last.size, last.name, s.size), 2))
	}
	return console("$ darksite journal verify --against COVER-*.txt\n"+strings.Join(lines, "\n"), strconv.Itoa(last.size))
}

// digest is a digest twice, with one digit changed.
func digest(d *dice) picture {
	const group = 8
	sheet := d.hex(64)
	at := d.between(1, 6)*group + d.below(group)
	digit := byte('0')
	if sheet[at] < '9' && sheet[at] >= '0' {
		digit = sheet[at] + 1
	}
	pack := sheet[:at] + string(digit) + sheet[at+1:]
	grouped := func(s string) string {
		var b strings.Builder
		for i := range 4 {
			b.WriteString(s[2*i*group:][:group] + " " + s[(2*i+1)*group:][:group] + "\n")
		}
		return b.String()
	}
	p := console("", pack[at/group*group:][:group])
	p.text.EN = "sheet\n" + grouped(sheet) + "\npackage\n" + strings.TrimRight(grouped(pack), "\n")
	p.text.FR = "feuille\n" + grouped(sheet) + "\npaquet\n" + strings.TrimRight(grouped(pack), "\n")
	return p
}

// review is a part of what bundle review shows: one word of the site stands in the text,
// and near misses beside it are something else.
func review(d *dice) picture {
	words := some(d, []string{"mercure", "venus", "saturne", "lanterne", "boreal", "zephyr", "cassini"}, 4)
	files := some(d, []string{"files/logs/syslog", "files/logs/kern.log", "files/monitor/space.csv", "files/runs/R-0007.log", "files/case/case.txt"}, 3)
	lines := d.numbers(3, 3, 980)
	answer := fmt.Sprintf("%s:%d", files[0], lines[0])
	text := fmt.Sprintf(`4. Words of the site that must not leave
----------------------------------------
not found: %s
%s (1 of 1) %s
      project %s

5. Markings found in the text
-----------------------------
What leaves is marked INTERNAL.

6. Strings that look like secrets, and what was not sure
--------------------------------------------------------
not sure: %s:%d: one letter away from a known name
      k7f3q2ac
not sure: %s:%d: looks drawn by chance
      %s`,
		strings.Join(words[1:], " "), words[0], answer, words[0], files[1], lines[1], files[2], lines[2], d.token(18))
	return console(text, answer)
}

// cover is what a cover sheet says of the medium and of the journal.
func cover(d *dice) picture {
	id, size, volumes := fmt.Sprintf("S042-%06d", d.between(12, 96)), d.between(110, 890), d.between(2, 4)
	sheet := d.moment()
	text := fmt.Sprintf(`COVER SHEET / BORDEREAU                                        %s
==============================================================================
Site                               S042
Medium / Support                   1 of/sur 1
Released by / Sorti par            %s
Written / Écrit le                 %s (station clock / horloge locale)
Sealed file / Fichier scellé       %d bytes/octets, %d volume(s), 1 parity/parité

Sealed file, SHA-256 / Fichier scellé, SHA-256
    %s
Journal of the site / Journal du site: keep this sheet, it is the witness
    size/taille %d
    root/racine %s`,
		id, one(d, people), sheet.Format("2006-01-02 15:04"), d.between(3_000_000, 90_000_000), volumes, d.hex(64), size, d.hex(64))
	return console(text, strconv.Itoa(size))
}
