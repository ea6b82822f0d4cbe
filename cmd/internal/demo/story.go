package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"darksite/bundle/carry"
	"darksite/localmon"
)

// found makes site and desk and lets each know the other.
func (r *run) found(ctx context.Context) error {
	r.chapter("A site and a desk", "A disconnected site and the vendor's case desk are made, each in a folder of its own. The two exchange a roster and a card by hand and compare fingerprints over the telephone.")
	if err := r.site(ctx, 0, "", "init", "--code", "S042", "--name", "Lyon 3", "--no-passphrase"); err != nil {
		return err
	}
	for _, p := range [][3]string{{"mdurand", "M. Durand", "collector"}, {"amartin", "A. Martin", "officer"}, {"ppetit", "P. Petit", "officer"}} {
		if _, err := r.quietly(ctx, "site", "people", "add", p[0], "--name", p[1], "--role", p[2], "--no-passphrase"); err != nil {
			return err
		}
	}
	if err := r.deskCommand(ctx, 0, "init", "--name", "Vendor support", "--person", "ruth", "--person", "sam", "--no-passphrase"); err != nil {
		return err
	}
	roster, err := r.quietly(ctx, "site", "roster")
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.path("roster.txt"), []byte(roster), 0o600); err != nil {
		return fmt.Errorf("carry the roster: %w", err)
	}
	if err := r.deskCommand(ctx, 0, "sites", "enrol", r.path("roster.txt"), "--yes"); err != nil {
		return err
	}
	if err := r.deskCommand(ctx, 0, "sites", "contact", "S042", "mdurand", "--role", "admin", "--name", "M. Durand", "--phone", "+33 1 23 45 67 89", "--as", "R. Ney"); err != nil {
		return err
	}
	if err := r.deskCommand(ctx, 0, "sites", "plan", "S042", "premium", "--until", r.Env.Now().AddDate(1, 0, 0).Format(time.DateOnly), "--as", "R. Ney"); err != nil {
		return err
	}
	card, err := os.ReadFile(r.path("desk", "vendor.txt"))
	if err != nil {
		return fmt.Errorf("carry the vendor card: %w", err)
	}
	if err := os.WriteFile(r.path("vendor.txt"), card, 0o600); err != nil {
		return fmt.Errorf("carry the vendor card: %w", err)
	}
	if err := r.site(ctx, 0, "", "site", "vendor", r.path("vendor.txt"), "--yes"); err != nil {
		return err
	}
	return r.configure()
}

// configure writes site.yaml for the simulated arrays.
func (r *run) configure() error {
	var b strings.Builder
	b.WriteString("# Written by the demo: the arrays are simulated and their ports are gone afterwards.\n")
	b.WriteString("site: {code: S042, name: Lyon 3, timezone: UTC, language: en}\narrays:\n")
	for _, s := range r.host.Served() {
		token := filepath.Join("keys", s.Name+".token")
		if err := os.WriteFile(r.path("site", token), []byte(s.Token+"\n"), 0o600); err != nil {
			return fmt.Errorf("write a token: %w", err)
		}
		fmt.Fprintf(&b, "  - {name: %s, kind: flasharray, url: %q, token_file: %s, tls_pin: %q}\n", s.Name, s.URL, token, s.Pin)
	}
	b.WriteString(`monitor: {every: 30s, history_budget: 1GiB, host_name: kit}
contacts:
  - {id: mdurand, name: M. Durand, role: admin, phone: "+33 1 23 45 67 89", mail: m.durand@lyon3.example, certificate: DSA-0031}
  - {id: ppetit, name: P. Petit, role: secondary, phone: "+33 1 23 45 67 90", mail: p.petit@lyon3.example, certificate: DSA-0032}
review: {approvals: 2, words: policy/words.txt}
support: {plan: premium, until: 2027-06-30}
`)
	if err := os.WriteFile(r.path("site", "site.yaml"), []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("write site.yaml: %w", err)
	}
	return nil
}

// watch lets forty minutes pass in which a drive fails.
func (r *run) watch(ctx context.Context) error {
	r.chapter("Watching", fmt.Sprintf("Two simulated arrays are watched over TLS, with the certificate pinned, and so is this machine. %d looks, 30 seconds of the arrays' time apart; each is on disk before it counts. After six minutes a drive fails in %s and %s begins to fill.", looks, array, "fa-prod-2"))
	began := r.Env.Now()
	if err := r.Watch(ctx, r.env, r.path("site"), looks, func() { r.host.Advance(every) }); err != nil {
		return err
	}
	fmt.Fprintf(r.Env.Out, "\n%d looks at 3 targets are stored, in %s.\n", looks, r.Env.Now().Sub(began).Round(10*time.Millisecond))
	if err := r.site(ctx, 3, "", "status"); err != nil {
		return err
	}
	if err := r.site(ctx, 0, "", "alerts", "list"); err != nil {
		return err
	}
	return r.site(ctx, 0, "", "history", "plot", "purefa_array_space_utilization", "--target", "fa-prod-2", "--since", "40m")
}

// follow leads through the runbook of the alert; no spare part is on site, so
// it ends in a case draft.
func (r *run) follow(ctx context.Context) error {
	r.chapter("The runbook", "No vendor is on the line, so the runbook is the expert. It asks the array at every check; what is old or missing is unknown and never passes. The answers here: no replacement drive is on site.")
	id, err := r.alert(ctx)
	if err != nil {
		return err
	}
	// Enter at the screens that only want to be read, b at "is a part here?".
	answers := "\n\n\n\n\nb\n\n\n"
	if err := r.site(ctx, 0, answers, "runbook", "run", "--alert", fmt.Sprint(id), "--as", "mdurand"); err != nil {
		return err
	}
	draft, err := r.draft(ctx)
	if err != nil {
		return err
	}
	return r.site(ctx, 0, "", "case", "show", draft, "--telephone")
}

func (r *run) alert(ctx context.Context) (uint64, error) {
	data, err := r.quietly(ctx, "alerts", "list", "--json")
	if err != nil {
		return 0, err
	}
	var list []localmon.Alert
	if err := json.Unmarshal([]byte(data), &list); err != nil {
		return 0, fmt.Errorf("read the alerts: %w", err)
	}
	i := slices.IndexFunc(list, func(al localmon.Alert) bool { return al.Target == array && al.Rule == "drive-failed" })
	if i < 0 {
		return 0, fmt.Errorf("no alert of rule drive-failed is open for %s", array)
	}
	return list[i].ID, nil
}

func (r *run) draft(ctx context.Context) (string, error) {
	data, err := r.quietly(ctx, "case", "list", "--json")
	if err != nil {
		return "", err
	}
	var list []struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal([]byte(data), &list); err != nil || len(list) == 0 {
		return "", fmt.Errorf("read the case drafts: %d found: %w", len(list), err)
	}
	return list[0].ID, nil
}

// bundle collects and lets two officers decide.
func (r *run) bundle(ctx context.Context) error {
	r.chapter("The bundle", "Array state, alerts, history, the log of the run, the case draft, and facts and logs of this real machine are collected, redacted, proven by a second search, and frozen.")
	draft, err := r.draft(ctx)
	if err != nil {
		return err
	}
	if err := r.site(ctx, 0, "", "bundle", "collect", "--as", "mdurand", "--case", draft, "--profile", "quick"); err != nil {
		return err
	}
	r.chapter("Two officers", "Each officer reads what would leave and signs a statement that fixes every byte. One signature is not enough, and nobody approves what he collected.")
	if err := r.site(ctx, 0, "", "bundle", "review", bundled, "--as", "amartin", "--report", r.path("review.txt")); err != nil {
		return err
	}
	if err := r.excerpt(r.path("review.txt"), 24); err != nil {
		return err
	}
	if err := r.site(ctx, 0, "", "bundle", "approve", bundled, "--as", "amartin", "--yes"); err != nil {
		return err
	}
	if err := r.site(ctx, 4, "", "bundle", "seal", bundled, "--as", "mdurand"); err != nil {
		return err
	}
	if err := r.tail(ctx, 3, "bundle", "review", bundled, "--as", "ppetit", "--report", r.path("review-2.txt")); err != nil {
		return err
	}
	return r.tail(ctx, 3, "bundle", "approve", bundled, "--as", "ppetit", "--yes")
}

// tail runs a site command and shows the last lines of what it prints.
func (r *run) tail(ctx context.Context, lines int, args ...string) error {
	var all bytes.Buffer
	whole := r.env.Out
	r.env.Out, r.env.Err = &all, &all
	err := r.site(ctx, 0, "", args...)
	r.env.Out, r.env.Err = whole, whole
	if err != nil {
		return fmt.Errorf("%w: %s", err, all.String())
	}
	rows := strings.Split(strings.TrimRight(all.String(), "\n"), "\n")
	if len(rows) > lines {
		fmt.Fprintln(r.env.Out, "...")
	}
	fmt.Fprintln(r.env.Out, strings.Join(rows[max(0, len(rows)-lines):], "\n"))
	return nil
}

func (r *run) excerpt(file string, lines int) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("show the review: %w", err)
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	fmt.Fprintf(r.Env.Out, "\nThe first lines of %s (%d in all):\n\n", file, len(all))
	for _, line := range all[:min(lines, len(all))] {
		fmt.Fprintln(r.env.Out, line)
	}
	return nil
}

// carry seals, writes and reads back.
func (r *run) carry(ctx context.Context) error {
	r.chapter("The medium", "The approved bytes, and no others, are compressed and encrypted to the vendor and to the site's own record key, cut into volumes with parity, and read back.")
	if err := os.MkdirAll(r.path("medium"), 0o700); err != nil {
		return fmt.Errorf("make the medium: %w", err)
	}
	for _, args := range [][]string{
		{"bundle", "seal", bundled, "--as", "mdurand"},
		{"bundle", "write", bundled, "--as", "amartin", "--medium", r.path("medium"), "--volume", volume, "--serial", "USB-0007"},
		{"bundle", "verify", bundled, "--as", "amartin", "--medium", r.path("medium")},
		{"bundle", "release", bundled, "--as", "amartin", "--courier", "C. Roux"},
	} {
		if err := r.site(ctx, 0, "", args...); err != nil {
			return err
		}
	}
	return nil
}

// desk takes the medium in, after the road has damaged it as far as parity can
// bear, and answers.
func (r *run) desk(ctx context.Context) error {
	label, err := r.label()
	if err != nil {
		return err
	}
	r.chapter("At the desk", fmt.Sprintf("On the road %d bytes of the medium were flipped, in different places: as much as its parity can repair. The desk believes the bundle only after label, digests, signatures, both approvals and every file have been checked.", bearable(label)))
	for i := range bearable(label) {
		if err := r.flip(label, i); err != nil {
			return err
		}
	}
	if err := r.deskCommand(ctx, 0, "verify", r.path("medium")); err != nil {
		return err
	}
	if err := r.deskCommand(ctx, 0, "import", r.path("medium")); err != nil {
		return err
	}
	draft, err := r.draft(ctx)
	if err != nil {
		return err
	}
	if err := r.deskCommand(ctx, 0, "analyze", "S042/"+draft); err != nil {
		return err
	}
	if err := r.deskCommand(ctx, 0, "case", "list"); err != nil {
		return err
	}
	id := "S042/" + draft
	if err := r.deskCommand(ctx, 0, "case", "show", id); err != nil {
		return err
	}
	if err := r.deskCommand(ctx, 0, "case", "ack", id, "--severity", "2", "--diagnosis", "one drive has failed and the rebuild is running; a replacement is on its way", "--as", "R. Ney"); err != nil {
		return err
	}
	return r.deskCommand(ctx, 0, "reply", id, "--out", r.Out)
}

// back carries the reply to the site.
func (r *run) back(ctx context.Context) error {
	r.chapter("Back at the site", "The reply, signed by two people of the vendor, is carried back. The case has its number now, and the bundle its receipt.")
	if err := r.site(ctx, 0, "", "reply", "open", r.path("R-S042-000001.reply"), "--yes"); err != nil {
		return err
	}
	if err := r.site(ctx, 0, "", "case", "list"); err != nil {
		return err
	}
	if err := r.site(ctx, 0, "", "bundle", "list"); err != nil {
		return err
	}
	return r.site(ctx, 0, "", "journal", "verify")
}

// beyond damages the medium more than parity can bear.
func (r *run) beyond(ctx context.Context) error {
	label, err := r.label()
	if err != nil {
		return err
	}
	r.chapter("One byte too many", "Now one more byte of the medium is flipped, beyond what parity can repair. The desk refuses it (exit 5) and says what to bring.")
	if err := r.flip(label, bearable(label)); err != nil {
		return err
	}
	return r.deskCommand(ctx, 5, "verify", r.path("medium"))
}

func (r *run) label() (carry.Label, error) {
	text, err := os.ReadFile(r.path("medium", bundled, carry.LabelName))
	if err != nil {
		return carry.Label{}, fmt.Errorf("read the label: %w", err)
	}
	return carry.ParseLabel(text)
}

// bearable is how many damaged places, each in another shard of the code, the
// parity of a label can repair: one for each parity volume, or, where one volume
// is cut into slices, two (bundle/carry/FORMAT.md).
func bearable(l carry.Label) int {
	if l.Volumes == 1 {
		return 2 * l.Parity
	}
	return l.Parity
}

// flip changes one bit in the n-th shard: in the n-th volume, or in the n-th
// slice of the only one.
func (r *run) flip(l carry.Label, n int) error {
	name, at := fmt.Sprintf("%s.v%03d", l.SealedName(), n+1), int64(100)
	if l.Volumes == 1 {
		const slices, unit = 20, 4 << 10
		slice := ((l.SealedSize+slices-1)/slices + unit - 1) / unit * unit
		name, at = l.SealedName(), int64(n)*slice+100
	}
	f, err := os.OpenFile(r.path("medium", bundled, name), os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("damage the medium: %w", err)
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, at); err != nil {
		return fmt.Errorf("damage the medium: %w", err)
	}
	b[0] ^= 1
	if _, err := f.WriteAt(b, at); err != nil {
		return fmt.Errorf("damage the medium: %w", err)
	}
	return nil
}

func (r *run) end(took time.Duration) {
	out := r.Env.Out
	fmt.Fprintf(out, "\n== That was the whole journey, in %s.\n", took.Round(100*time.Millisecond))
	fmt.Fprintf(out, "Everything is in %s: site/ and desk/ are the two folders, medium/ is what was\ncarried, review.txt what the officers read. Look around:\n\n", r.Out)
	site, desk := r.SiteName+" --dir "+r.path("site"), r.DeskName+" --dir "+r.path("desk")
	for _, c := range []string{
		site + " alerts list --all",
		site + " bundle show " + bundled,
		site + " journal show",
		desk + " case list",
		desk + " open " + bundled + " --out " + r.path("opened"),
		"cat " + r.path("medium", bundled, carry.CoverName),
	} {
		fmt.Fprintf(out, "  %s\n", c)
	}
	fmt.Fprintf(out, "\nThen make a site of your own: %s init --code S001 --name \"my site\"\n", r.SiteName)
}
