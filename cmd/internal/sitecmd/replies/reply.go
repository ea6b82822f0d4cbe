package replies

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/bundle/casedraft"
	"darksite/bundle/journal"
	"darksite/bundle/pipeline"
	"darksite/bundle/reply"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/wayout"
	"darksite/localmon"

	"github.com/spf13/cobra"
)

// app is the site that the commands of this package work on.
type app struct{ *site.Site }

// Command is darksite reply.
func Command(s *site.Site) *cobra.Command {
	a := &app{s}
	c := &cobra.Command{Use: "reply", Short: "What the vendor sent back", Example: "  darksite reply open /media/usb/R-S042-000001.reply"}
	var w replyOptions
	open := &cobra.Command{
		Use: "open [FILE]", Short: "Verify a carried reply and apply it to the cases", Args: cobra.MaximumNArgs(1),
		Long: `Decrypt a reply with the record key, check that two people of the vendor signed it,
that it is for this site and the next of its chain, show what it says, ask, and
apply it all at once: numbers, diagnoses, comments, what is needed, steps for people,
parts, advice, receipts. A reply may bring a new vendor card, rules of alerts and a
pack of runbooks; what each changes is shown line by line. What lets somebody sign or
open who could not before, or makes the alerts tell less than before, is marked LOOSENS
and needs two officers with their keys. Certificates of people are checked under the
vendor's keys and kept, and so is the list of withdrawn ones. Rules and runbooks that do not go together with
those of this site refuse the reply as a whole; --without takes the rest of it. Nothing
in a reply is ever executed. Applying the same reply again changes nothing.

A short reply may come as one QR code: --scan names what a scanner read of it, or the
file that holds it (- is the input).`,
		Example: "  darksite reply open /media/usb/R-S042-000001.reply --identity /media/safe/record.key\n  darksite reply open --scan scanned.txt",
		RunE: func(c *cobra.Command, args []string) error {
			if (len(args) == 1) == (w.scan != "") {
				return cli.Usagef("name the file of the reply, or what was scanned of its code with --scan")
			}
			file, err := a.carriedReply(strings.Join(args, ""), w.scan)
			if err != nil {
				return err
			}
			return a.openReply(c.Context(), file, w)
		},
	}
	open.Flags().StringVar(&w.identity, "identity", "", "file of the record key (default: keys/record.key)")
	open.Flags().StringVar(&w.scan, "scan", "", "what was read of a reply's QR code, or the file that holds it")
	open.Flags().StringArrayVar(&w.officers, "officer", nil, "an officer who agrees that somebody may do more than before; twice")
	open.Flags().StringArrayVar(&w.without, "without", nil, "leave out what the reply brings of this: rules or runbooks; may be given again")
	open.Flags().BoolVar(&w.yes, "yes", false, "apply it without being asked")
	open.Flags().StringVar(&w.passFile, "passphrase-file", "", "passphrase of the record key")
	c.AddCommand(open)
	return c
}

// replyOptions say how a reply is opened, and who agrees.
type replyOptions struct {
	identity, passFile string
	scan               string
	officers           []string
	without            []string
	yes                bool
}

// mostLeft is how many of these are kept, the newest.
const mostLeft = 20

// leftAfter is what is left out once a reply is applied.
func leftAfter(before []site.LeftOut, o reply.Opened, without []string) []site.LeftOut {
	left := slices.Clone(before)
	for what, brought := range map[string]bool{withoutRules: o.Rules != nil, withoutBooks: o.Pack != nil} {
		if !brought {
			continue
		}
		left = slices.DeleteFunc(left, func(l site.LeftOut) bool { return l.What == what })
		if slices.Contains(without, what) {
			left = append(left, site.LeftOut{Reply: o.Seq, What: what})
		}
	}
	slices.SortFunc(left, func(x, y site.LeftOut) int { return cmp.Or(cmp.Compare(x.Reply, y.Reply), cmp.Compare(x.What, y.What)) })
	return left[max(len(left)-mostLeft, 0):]
}

// carriedReply reads a reply from its file, or from what was scanned of its code.
func (a *app) carriedReply(path, scan string) ([]byte, error) {
	switch {
	case scan == "":
		return site.ReadBounded(path, reply.MaxBytes+1)
	case reply.IsCode(scan):
		return reply.FromCode(scan)
	case scan == "-":
		text, err := io.ReadAll(io.LimitReader(a.Env.In, 4*reply.MaxCode))
		if err != nil {
			return nil, fmt.Errorf("read the code: %w", err)
		}
		return reply.FromCode(string(text))
	}
	text, err := site.ReadBounded(scan, 4*reply.MaxCode)
	if err != nil {
		return nil, err
	}
	return reply.FromCode(string(text))
}

func (a *app) openReply(ctx context.Context, file []byte, w replyOptions) error {
	for _, what := range w.without {
		if what != withoutRules && what != withoutBooks {
			return cli.Usagef("--without %q: want %s or %s", what, withoutRules, withoutBooks)
		}
	}
	conf, err := a.Config()
	if err != nil {
		return err
	}
	vendor, err := a.Vendor()
	if err != nil {
		return err
	}
	ids, err := wayout.RecordIdentities(a.Site, w.identity, w.passFile)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return cli.WithHint(errors.New("a reply is sealed to the site's record key, which is not in keys/"), "name it with --identity FILE")
	}
	opened, err := reply.Open(file, ids, conf.Site.Code, vendor)
	if err != nil {
		return err
	}
	return wayout.OnBundle(a.Site, func(j *wayout.Journey) error { return a.applyReply(ctx, j, opened, w) })
}

// applyReply shows a reply, asks, and applies it: the items in one transaction,
// then the receipts, then the journal, then the files it brings, each replaced as a
// whole, then the chain moves on. Each part may be done again, so an interruption is
// mended by opening the file again.
func (a *app) applyReply(ctx context.Context, j *wayout.Journey, o reply.Opened, w replyOptions) error {
	seen, err := site.ReadReplies(j.Cases.DB)
	if err != nil {
		return err
	}
	missing, err := reply.Order(o, seen.Seq, seen.Hash)
	if errors.Is(err, reply.ErrApplied) {
		a.Env.Notef("reply %d was applied before; nothing is changed", o.Seq)
		a.Env.Next("darksite case list")
		return nil
	}
	if err != nil {
		return err
	}
	store, err := casedraft.Open(j.Cases.DB, nil)
	if err != nil {
		return err
	}
	a.printReply(o, missing)
	card, err := a.weighCard(o)
	if err != nil {
		return err
	}
	brought, err := a.weighBrought(ctx, j, o, w.without)
	if err != nil {
		return err
	}
	certs, err := a.weighCertificates(o)
	if err != nil {
		return err
	}
	if err := a.officersAgree(brought.loosens(card), w.officers, w.passFile); err != nil {
		return err
	}
	refused := cli.WithHint(errors.New("the reply is not applied: nothing was changed"), "darksite reply open FILE")
	if err := a.Env.Agree(w.yes, "Apply this at the site?", "it is to be applied", refused); err != nil {
		return err
	}
	changes, err := a.caseChanges(store, o)
	if err != nil {
		return err
	}
	if err := store.UpdateAll(a.Env.Now(), changes); err != nil {
		return err
	}
	for _, rc := range o.Receipts {
		err := j.Receipt(ctx, rc.BID, rc.Sealed, "vendor")
		if err != nil && !errors.Is(err, pipeline.ErrState) && !errors.Is(err, pipeline.ErrNotFound) {
			return err
		}
	}
	details := map[string]string{"seq": strconv.FormatInt(o.Seq, 10), "sha256": o.Hash, "items": strconv.Itoa(len(o.Items))}
	if len(w.without) > 0 {
		details["without"] = strings.Join(w.without, " ")
	}
	_, err = j.Journal.Append(ctx, journal.Entry{Time: a.Env.Now(), Actor: "vendor", Action: "reply.apply", Details: details})
	if err != nil {
		return err
	}
	if err := a.layBrought(ctx, j, brought, w.officers); err != nil {
		return err
	}
	if err := a.layCertificates(ctx, j, certs); err != nil {
		return err
	}
	if err := a.putInForce(ctx, j, card, w.officers); err != nil {
		return err
	}
	if err := site.WriteReplies(j.Cases.DB, site.Replies{Seq: o.Seq, Hash: o.Hash, At: a.Env.Now().UTC(), Left: leftAfter(seen.Left, o, w.without)}); err != nil {
		return err
	}
	a.Env.Notef("reply %d is applied: %d items, %d receipts", o.Seq, len(o.Items), len(o.Receipts))
	if brought.rules != nil {
		a.Env.Notef("a monitor that runs takes the new rules when it is started again, or told to read its files again")
	}
	a.Env.Next(afterReply(o)...)
	return nil
}

// caseChanges are the items for the cases of this site. A bundle that was collected for
// no case has one at the desk alone: what is said of it was shown, and is in the journal.
func (a *app) caseChanges(store *casedraft.Store, o reply.Opened) (changes []casedraft.Change, err error) {
	unknown := map[string]bool{}
	for _, it := range o.Items {
		_, err := store.Get(it.Case)
		switch {
		case errors.Is(err, casedraft.ErrNotFound):
			if !unknown[it.Case] {
				a.Env.Notef("case %s has no draft here, so what is said of it is shown and not kept with a case", it.Case)
			}
			unknown[it.Case] = true
			continue
		case err != nil:
			return nil, err
		}
		changes = append(changes, casedraft.Change{Name: it.Case, Apply: func(d *casedraft.Draft) error { return applyItem(d, it, o.Issued) }})
	}
	return changes, nil
}

// afterReply is what a reply asks the people of the site to do.
func afterReply(o reply.Opened) []string {
	var next []string
	for _, it := range o.Items {
		if it.Kind == reply.Need {
			next = append(next, fmt.Sprintf("darksite bundle collect --as NAME --profile %s --case %s", it.Profile, it.Case))
		}
	}
	return append(next, "darksite case list")
}

// applyItem does what an item says to the site's own record of the case. An item
// that comes again, because the desk had not heard that it came, changes nothing.
func applyItem(d *casedraft.Draft, it reply.Item, issued time.Time) error {
	at := issued
	if said, err := time.Parse(time.RFC3339, it.At); err == nil {
		at = said
	}
	if to := casedraft.Status(it.Status); it.Kind != reply.Ack && slices.Contains(casedraft.Statuses(), to) {
		d.Status = to
	}
	switch it.Kind {
	case reply.Ack:
		if d.Number == it.Number && !d.Ack.At.IsZero() {
			return nil
		}
		return d.Acknowledge(it.Number, casedraft.Ack{
			At: at, Severity: localmon.Severity(it.Severity), Diagnosis: it.Text, Text: "acknowledged by " + it.Engineer,
		})
	case reply.Status:
		if it.Text == "" {
			return nil
		}
	case reply.Severity:
		d.Severity = min(d.Severity, localmon.Severity(it.Severity)) // it only rises
	}
	d.Hear(casedraft.Answer{At: at, From: it.Engineer, Text: itemWords(it)})
	return nil
}

// itemWords is an item in words.
func itemWords(it reply.Item) string {
	switch it.Kind {
	case reply.Severity:
		return fmt.Sprintf("the severity is %d from now on", it.Severity)
	case reply.Need:
		back := ""
		if it.Window != "" {
			back = ", reaching back " + it.Window
		}
		return fmt.Sprintf("please collect a bundle of profile %s%s: %s", it.Profile, back, it.Text)
	case reply.Instruction:
		return fmt.Sprintf("to be done by people, risk: %s\n%s\nexpect: %s\nto take it back: %s", riskWords(it.Risk), it.Text, it.Expect, it.Rollback)
	case reply.Part:
		return "part: " + it.Text
	case reply.Advice:
		if it.FixedIn != "" {
			return fmt.Sprintf("advice, fixed in %s: %s", it.FixedIn, it.Text)
		}
		return "advice: " + it.Text
	case reply.Confirm:
		return "please confirm that this has solved it: " + it.Text
	case reply.Survey:
		return "survey: " + it.Text
	case reply.Status:
		return strings.TrimSuffix(it.Status+": "+it.Text, ": ")
	}
	return it.Text
}

func riskWords(risk string) string {
	switch risk {
	case reply.RiskSlow:
		return "hosts may wait"
	case reply.RiskPaths:
		return "hosts lose paths and must have others"
	case reply.RiskDown:
		return "hosts lose the array"
	}
	return "none"
}

func (a *app) printReply(o reply.Opened, missing int64) {
	var by []string
	for _, p := range o.Signers {
		by = append(by, p.ID)
	}
	fmt.Fprintf(a.Env.Out, "reply %d of %s, signed by %s and %s\n", o.Seq, o.Issued.Format("2006-01-02 15:04Z"), by[0], by[1])
	for _, it := range o.Items {
		switch it.Kind {
		case reply.Ack:
			a.Env.Paragraph("", fmt.Sprintf("case %s has the number %s, severity %d: %s", it.Case, it.Number, it.Severity, it.Text))
		default:
			for i, line := range strings.Split(itemWords(it), "\n") {
				if i == 0 {
					line = strings.TrimPrefix(fmt.Sprintf("case %s, %s: %s", cmp.Or(it.Number, it.Case), cmp.Or(it.Engineer, "the vendor"), line), " ")
				}
				a.Env.Paragraph("", line)
			}
		}
	}
	for _, r := range o.Receipts {
		fmt.Fprintf(a.Env.Out, "bundle %s has arrived whole\n", r.BID)
	}
	a.tellRoster(o.Roster)
	if missing > 0 {
		a.Env.Notef("%d earlier replies have not come, and an older one is not opened after a newer; what they said comes again until a bundle says they were opened", missing)
	}
}
