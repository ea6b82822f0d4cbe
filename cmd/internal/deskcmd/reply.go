package deskcmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

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
}

func (a *app) replyCommand() *cobra.Command {
	var o replyOptions
	c := &cobra.Command{
		Use: "reply CASE", Short: "Seal the reply to a case, to be carried back", Args: cobra.ExactArgs(1),
		Long: `Seal what the site should know of a case: number, severity, first diagnosis, status,
and every comment that no earlier reply carried, with a receipt for its bundles.
Two people sign. The file is sealed to the site's record recipient.`,
		Example: "  casedesk reply 00000001 --as ruth --as sam --out /media/usb",
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
	keys, err := a.replySigners(o)
	if err != nil {
		return err
	}
	seq, prev, err := store.LastReply(ctx, c.Site)
	if err != nil {
		return err
	}
	now := a.env.Now().UTC().Truncate(time.Second)
	answer := reply.Reply{Audience: c.Site, Seq: seq + 1, Prev: prev, Issued: now, Items: items(c, events)}
	for _, b := range c.Bundles {
		answer.Receipts = append(answer.Receipts, reply.Receipt{BID: b.BID, Sealed: b.SealedSHA256})
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
	if _, err := store.Record(ctx, desk.Event{Case: c.ID, Kind: desk.Replied, At: now, Actor: actors(keys), ReplySeq: answer.Seq, ReplyHash: built.Hash}); err != nil {
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
	a.env.Notef("reply %d to site %s is sealed, %d bytes", answer.Seq, c.Site, len(built.File))
	a.env.Next("darksite reply open " + filepath.Base(path) + "   (at the site)")
	return nil
}

func actors(keys []sign.Signer) string {
	return keys[0].Public().ID() + " " + keys[1].Public().ID()
}

// items is what the site has not been told of a case.
func items(c desk.Case, events []desk.Event) []reply.Item {
	of := cmp.Or(c.DraftID, c.Number)
	var out []reply.Item
	told := uint64(0)
	for _, e := range events {
		if e.Kind == desk.Replied {
			told = e.Seq
		}
	}
	for _, e := range events {
		switch {
		case e.Kind == desk.Acknowledged:
			out = append(out, reply.Item{Kind: reply.Ack, Case: of, Number: c.Number, Severity: c.Severity, Engineer: e.Actor, Text: e.Text, Status: string(c.Status)})
		case e.Kind == desk.Commented && e.Seq > told:
			out = append(out, reply.Item{Kind: reply.Comment, Case: of, Number: c.Number, Engineer: e.Actor, Text: e.Text})
		case e.Kind == desk.Moved && e.Seq > told:
			out = append(out, reply.Item{Kind: reply.Status, Case: of, Number: c.Number, Engineer: e.Actor, Text: e.Text, Status: string(e.Status)})
		}
	}
	return out
}

func (a *app) replySigners(o replyOptions) ([]sign.Signer, error) {
	ids := o.as
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
		return nil, cli.Usagef("two different people sign a reply: give --as twice")
	}
	var keys []sign.Signer
	for _, id := range ids {
		k, err := keyfile.Signer(a.path(keysDir, id+".key"), keyfile.Ask(a.env, o.passFile))
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
}
