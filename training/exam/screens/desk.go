package screens

import (
	"fmt"
	"strconv"
	"strings"

	"darksite/runbooks"
	"darksite/training/certificate"
)

// What the desk shows: the queue, an import, the analysis of a bundle; and certificates.

// CasesHeader, FindingsHeader and UncheckedHeader are the headings of casedesk case list
// and casedesk analyze.
var (
	CasesHeader     = []string{"DUE", "OWED", "CASE", "SEV", "STATUS", "SUBJECT"}
	FindingsHeader  = []string{"STATE", "SEV", "FINDING", "ARRAY", "WHAT"}
	UncheckedHeader = []string{"COULD NOT CHECK", "WHY"}
)

// caseList has one case in which the next word is the customer's.
func caseList(d *dice) picture {
	subjects := some(d, []string{"drive CH0.BAY7 failed", "no link at CT1.FC2", "reads are slow", "copy is late", "supply without power", "blade CH1.FB3 gone"}, 4)
	numbers := d.numbers(4, 412, 998)
	rows := [][]string{CasesHeader}
	owed := []string{"response", "update", "update", "-"}
	due := []string{fmt.Sprintf("%d min", d.between(4, 28)), fmt.Sprintf("%d h", d.between(2, 6)), fmt.Sprintf("%d h", d.between(7, 20)), "-"}
	status := []string{"support", "progress", "support", "customer"}
	for i, subject := range subjects {
		sev := strconv.Itoa(min(4, 2+i/2))
		rows = append(rows, []string{due[i], owed[i], fmt.Sprintf("%08d S0%d", numbers[i], d.between(11, 78)), sev, status[i], subject})
	}
	return console(table(rows...), fmt.Sprintf("%08d", numbers[3]))
}

// refusals are refusals of an import, as the desk words them.
var refusals = []struct{ code, why string }{
	{"age-truncated", "the sealed file ends too early"},
	{"age-trailing", "something follows the end of the sealed file"},
	{"tar-truncated", "the archive ends too early"},
	{"tar-checksum", "a header of the archive has a wrong checksum"},
	{"zstd-trailing", "something follows the compressed frame"},
	{"sig-none", "the manifest of the bundle is not signed"},
	{"file-unlisted", `"files/extra.txt" is not listed in the manifest`},
	{"sums", "SHA256SUMS does not repeat the manifest"},
}

// refusal has one bundle that came in and one that was refused.
func refusal(d *dice) picture {
	r := one(d, refusals)
	seq := d.between(12, 96)
	text := fmt.Sprintf("S042-%06d  imported, %d files, %d MiB, case T-%s\n  made by mdurand, approved by amartin and lroux, in transit %d d\n",
		seq, d.between(80, 240), d.between(3, 40), strings.ToUpper(d.token(10)), d.between(1, 6))
	return console(text+wrap(fmt.Sprintf("error: S042-%06d: %s [%s]", seq+1, r.why, r.code), 2), r.code)
}

// lacking are documents of an array that a rule of triage may miss.
var lacking = []string{"drives", "hardware", "controllers", "alerts", "volumes", "pods", "network-interfaces"}

// analyze has one check that lacked a document.
func analyze(d *dice) picture {
	missing := one(d, lacking)
	rule := one(d, []string{"part-not-ok", "controllers-on-two-versions", "copy-behind", "redundancy-low"})
	number := fmt.Sprintf("S042-%06d", d.between(12, 96))
	text := fmt.Sprintf("case      00000%d  bundle %s, compared with an earlier one\n\n", d.between(412, 998), number) +
		table(FindingsHeader, []string{"still", "3", "nearly-full", "array-" + d.token(4), fmt.Sprintf("%d %% used", d.between(81, 89))}) + "\n\n" +
		table(UncheckedHeader, []string{rule, fmt.Sprintf("the bundle has no %s of the array", missing)})
	return console(text, missing)
}

// findings has one that is new among others that are still there, cleared or over.
func findings(d *dice) picture {
	list := some(d, []struct{ rule, part, what string }{
		{"drive-not-healthy", "CH0.BAY7", "drive CH0.BAY7 is failed"},
		{"drive-not-healthy", "CH0.BAY3", "drive CH0.BAY3 is recovering"},
		{"nvram-not-healthy", "CH0.NVB1", "module CH0.NVB1 is unhealthy"},
		{"part-not-ok", "CH0.PWR0", "CH0.PWR0 is critical"},
		{"part-not-ok", "CT0.FAN2", "CT0.FAN2 is critical"},
		{"controller-not-ready", "CT1", "controller CT1 is not ready"},
	}, 4)
	states := []string{"new", "still", "still", "cleared"}
	name := "array-" + d.token(4)
	rows := [][]string{FindingsHeader}
	for _, i := range d.numbers(4, 0, 3) {
		rows = append(rows, []string{states[i], strconv.Itoa(d.between(2, 3)), list[i].rule, name, list[i].what})
	}
	return console(table(rows...), list[0].part)
}

// certificates has one that counts; the others fail for one reason each.
func certificates(d *dice) picture {
	today := d.moment()
	ids := d.numbers(4, 11, 89)
	day := func(months int) string { return today.AddDate(0, months, 0).Format("2006-01-02") }
	line := func(n int, issuer string, from, until int) []string {
		return []string{fmt.Sprintf("DSA-00%d", ids[n]), string(certificate.Admin), issuer, day(from), day(until)}
	}
	good, stranger, ended, withdrawn := line(0, "vendor-1", -d.between(2, 9), d.between(6, 15)), line(1, "vendor-9", -3, 21), line(2, "vendor-1", -25, -d.between(1, 2)), line(3, "vendor-1", -8, 16)
	all, order := [][]string{good, stranger, ended, withdrawn}, d.numbers(4, 0, 3)
	in := func(header []string, now, issuers, list string) string {
		rows := [][]string{header}
		for _, i := range order {
			rows = append(rows, all[i])
		}
		return fmt.Sprintf("%s %s\n%s vendor-1\n%s %s\n\n", now, today.Format("2006-01-02"), issuers, list, withdrawn[0]) + table(rows...)
	}
	return picture{runbooks.Text{
		EN: in([]string{"ID", "TRACK", "ISSUER", "FROM", "UNTIL"}, "today:", "trusted issuers:", "withdrawn:"),
		FR: in([]string{"ID", "FILIÈRE", "ÉMETTEUR", "DU", "AU"}, "aujourd'hui :", "émetteurs admis :", "retirés :"),
	}, good[0]}
}
