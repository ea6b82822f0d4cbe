package deskcmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"darksite/bundle"
	"darksite/bundle/desk"
	"darksite/bundle/reply"
	"darksite/bundle/safefile"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"

	"github.com/spf13/cobra"
)

type replyOptions struct {
	out      string
	as       []string
	passFile string
	card     bool
	rules    string
	pack     string
	code     string
}

func (a *app) replyCommand() *cobra.Command {
	var o replyOptions
	c := &cobra.Command{
		Use: "reply CASE", Short: "Seal the reply to a case, to be carried back", Args: cobra.ExactArgs(1),
		Long: `Seal what the site should know of a case: number, severity, first diagnosis, status,
comments, needs, instructions, parts, advice, the question whether it is solved and
the survey, with a receipt for its bundles. A reply may bring rules of alerts, a signed
pack of runbooks and the vendor card; the certificates of the site's people and the list
of withdrawn ones go with each. What was in an earlier reply is sealed again until
a bundle of the site says that it has opened that reply. Two people sign. The file is
sealed to the site's record recipient.

The rules are all rules of the vendor: at the site they take the place of those that an
earlier reply brought. They are in the language of the kit, with their cases, and are
tried here before they are sealed.`,
		Example: "  casedesk reply 00000001 --as ruth --as sam --out /media/usb\n  casedesk reply 00000001 --code reply.pdf",
		RunE: func(c *cobra.Command, args []string) error {
			store, done, err := a.openStore()
			if err != nil {
				return err
			}
			err = a.runReply(c.Context(), store, args[0], o)
			return errors.Join(err, done())
		},
	}
	c.Flags().StringVar(&o.out, "out", "", "folder to write the reply into (default: replies/ of the desk)")
	c.Flags().StringArrayVar(&o.as, "as", nil, "id of a person who signs; twice (default: both of the vendor card)")
	c.Flags().BoolVar(&o.card, "card", false, "carry the vendor card, with who signs and which keys are taken back")
	c.Flags().StringVar(&o.rules, "rules", "", "carry this file of rules of alerts")
	c.Flags().StringVar(&o.pack, "pack", "", "carry this pack of runbooks (see casedesk pack build)")
	c.Flags().StringVar(&o.code, "code", "", "write a short reply as one QR code too, where no medium goes in: FILE.pdf to print, another file for what the code says")
	c.Flags().StringVar(&o.passFile, "passphrase-file", "", "passphrase of the reply keys")
	return c
}

// replyStore is what sealing a reply needs of the store.
type replyStore interface {
	desk.Store
	desk.Index
}

func (a *app) runReply(ctx context.Context, store replyStore, name string, o replyOptions) error {
	c, events, err := store.Case(ctx, name)
	if err != nil {
		return err
	}
	if c.Acknowledged.IsZero() {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("case %s is not acknowledged: there is no number to carry back", c.ID)),
			"%s", nextFor(c))
	}
	r, err := a.roster(c.Site)
	if err != nil {
		return err
	}
	rosterText, err := r.Encode()
	if err != nil {
		return err
	}
	keys, err := a.signers(o.as, o.passFile)
	if err != nil {
		return err
	}
	seq, prev, err := store.LastReply(ctx, c.Site)
	if err != nil {
		return err
	}
	chain, err := store.Bundles(ctx, c.Site)
	if err != nil {
		return err
	}
	now := a.env.Now().UTC().Truncate(time.Second)
	answer := reply.Reply{Audience: c.Site, Seq: seq + 1, Prev: prev, Issued: now, Items: items(c, events, seen(chain))}
	for _, b := range c.Bundles {
		answer.Receipts = append(answer.Receipts, reply.Receipt{BID: b.BID, Sealed: b.SealedSHA256})
	}
	answer.Roster = reply.Roster{Version: r.Version, SHA256: bundle.DigestOf(rosterText)}
	attached, err := a.attach(ctx, store, &answer, o, seen(chain))
	if err != nil {
		return err
	}
	if err := a.attachCertificates(&answer); err != nil {
		return err
	}
	built, err := reply.Build(answer, keys, r.Record)
	if err != nil {
		return err
	}
	// The desk's own copy comes first and may replace one that a crash left
	// unrecorded; with the event the number is taken; the copy to carry is last
	// and can be made again from the desk's.
	path := a.path(repliesDir, answer.FileName())
	if err := safefile.Write(path, built.File, 0o644); err != nil {
		return err
	}
	if _, err := store.Record(ctx, desk.Event{Case: c.ID, Kind: desk.Replied, At: now, Actor: actors(keys), ReplySeq: answer.Seq, ReplyHash: built.Hash, Attached: attached}); err != nil {
		return err
	}
	if o.out != "" {
		carried := filepath.Join(o.out, answer.FileName())
		if err := safefile.Write(carried, built.File, 0o644); err != nil {
			return cli.WithHint(err, "copy %s by hand", path)
		}
		path = carried
	}
	fmt.Fprintln(a.env.Out, path)
	a.env.Notef("reply %d to site %s is sealed, %d bytes%s", answer.Seq, c.Site, len(built.File), bringsWords(answer))
	if o.code != "" {
		return a.replyCode(answer, built, o.code)
	}
	a.env.Next("darksite reply open " + filepath.Base(path) + "   (at the site)")
	return nil
}

func actors(keys []sign.Signer) string {
	return keys[0].Public().ID() + " " + keys[1].Public().ID()
}

// items is what the site has not acknowledged of a case: everything since the
// newest reply that a bundle of the site says it has opened. What was sealed into
// a later reply and perhaps lost is sealed again.
func items(c desk.Case, events []desk.Event, seen int64) []reply.Item {
	told := uint64(0)
	for _, e := range events {
		if e.Kind == desk.Replied && e.ReplySeq <= seen {
			told = e.Seq
		}
	}
	var out []reply.Item
	for _, e := range events {
		if e.Seq <= told {
			continue
		}
		if it, ok := itemOf(c, e); ok {
			it.Case, it.Number, it.Engineer, it.At = cmp.Or(c.DraftID, c.Number), c.Number, e.Actor, e.At.UTC().Format(time.RFC3339)
			out = append(out, it)
		}
	}
	if c.Status == desk.Closed && c.Confirmed != nil && c.Survey == nil {
		out = append(out, reply.Item{
			Kind: reply.Survey, Case: cmp.Or(c.DraftID, c.Number), Number: c.Number, At: c.Closed.UTC().Format(time.RFC3339),
			Text: "How was it, from 1 to 5? What should we do better next time? Answer with your next bundle or by telephone.",
		})
	}
	return out
}

// itemOf is what a site is told of an event, if anything.
func itemOf(c desk.Case, e desk.Event) (reply.Item, bool) {
	switch e.Kind {
	case desk.Acknowledged:
		return reply.Item{Kind: reply.Ack, Severity: c.Severity, Text: e.Text, Status: string(desk.InProgress)}, true
	case desk.Commented:
		return reply.Item{Kind: reply.Comment, Text: e.Text}, true
	case desk.Raised:
		return reply.Item{Kind: reply.Severity, Severity: e.Severity}, true
	case desk.Moved:
		if e.Status == desk.Pending {
			return reply.Item{Kind: reply.Confirm, Text: e.Text, Status: string(e.Status)}, true
		}
		return reply.Item{Kind: reply.Status, Text: e.Text, Status: string(e.Status)}, true
	case desk.Reopened:
		return reply.Item{Kind: reply.Status, Text: e.Text, Status: string(desk.InProgress)}, true
	case desk.Asked:
		return reply.Item{Kind: reply.Need, Profile: e.Profile, Window: e.Window, Text: e.Text, Status: string(desk.AwaitingCustomer)}, true
	case desk.Instructed:
		return reply.Item{Kind: reply.Instruction, Risk: e.Risk, Expect: e.Expect, Rollback: e.Rollback, Text: e.Text}, true
	case desk.Advised:
		return reply.Item{Kind: reply.Advice, FixedIn: e.FixedIn, Text: e.Text}, true
	case desk.Ordered:
		return reply.Item{Kind: reply.Part, Text: partWords(*e.Part), Status: string(desk.AwaitingPart)}, true
	case desk.PartMoved:
		if e.PartNo < 1 || e.PartNo > len(c.Parts) {
			return reply.Item{}, false
		}
		p := c.Parts[e.PartNo-1]
		return reply.Item{Kind: reply.Part, Text: fmt.Sprintf("the %s for %s is %s", p.Kind, p.Name, e.PartState)}, true
	case desk.Answered:
		return reply.Item{Kind: reply.Comment, Text: cmp.Or(e.Text, "a manager follows this case from now on")}, true
	}
	return reply.Item{}, false
}

func partWords(p desk.Part) string {
	old := "The old part goes back."
	if p.Keep {
		old = "The old drive stays with you, for a fee."
	}
	return fmt.Sprintf("a %s for %s is ordered. %s Say with your next bundle if address, room or security have changed.", p.Kind, p.Name, old)
}

// seen is the newest reply a site says it has opened.
func seen(bundles []desk.Bundle) int64 {
	var most int64
	for _, b := range bundles {
		most = max(most, b.ReplySeqSeen)
	}
	return most
}

// signers opens the keys of two people.
func (a *app) signers(ids []string, passFile string) ([]sign.Signer, error) {
	if len(ids) == 0 {
		v, err := a.vendor()
		if err != nil {
			return nil, err
		}
		for _, p := range v.People {
			ids = append(ids, p.ID)
		}
	}
	if len(ids) != 2 || ids[0] == ids[1] {
		return nil, cli.Usagef("two different people sign: give --as twice")
	}
	var keys []sign.Signer
	for _, id := range ids {
		k, err := keyfile.Signer(a.path(keysDir, id+".key"), keyfile.Ask(a.env, passFile))
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
}
