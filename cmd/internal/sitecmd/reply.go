package sitecmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"darksite/bundle/casedraft"
	"darksite/bundle/journal"
	"darksite/bundle/pipeline"
	"darksite/bundle/reply"
	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/localmon"

	"github.com/spf13/cobra"
	"go.etcd.io/bbolt"
)

func (a *app) replyCommand() *cobra.Command {
	c := &cobra.Command{Use: "reply", Short: "What the vendor sent back", Example: "  darksite reply open /media/usb/R-S042-000001.reply"}
	var identity, passFile string
	open := &cobra.Command{
		Use: "open FILE", Short: "Verify a carried reply and apply it to the cases", Args: cobra.ExactArgs(1),
		Long: `Decrypt a reply with the record key, check that two people of the vendor signed it,
that it is for this site and the next of its chain, and apply it: case numbers,
diagnoses, comments, receipts. Nothing in a reply is ever executed. Applying the
same reply again changes nothing.`,
		Example: "  darksite reply open /media/usb/R-S042-000001.reply --identity /media/safe/record.key",
		RunE: func(c *cobra.Command, args []string) error {
			return a.openReply(c.Context(), args[0], identity, passFile)
		},
	}
	open.Flags().StringVar(&identity, "identity", "", "file of the record key (default: keys/record.key)")
	open.Flags().StringVar(&passFile, "passphrase-file", "", "passphrase of the record key")
	c.AddCommand(open)
	return c
}

// seenReplies is how far the site has come in the vendor's chain.
type seenReplies struct {
	Seq  int64     `json:"seq"`
	Hash string    `json:"sha256"`
	At   time.Time `json:"at,omitzero"` // when it was opened here
}

var repliesBucket = []byte("replies") // a constant; Go has none for bytes

func readReplies(db *bbolt.DB) (seen seenReplies, err error) {
	err = db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(repliesBucket)
		if b == nil {
			return nil
		}
		data := b.Get([]byte("newest"))
		if data == nil {
			return nil
		}
		return json.Unmarshal(data, &seen)
	})
	if err != nil {
		return seen, fmt.Errorf("read the chain of replies: %w", err)
	}
	return seen, nil
}

func writeReplies(db *bbolt.DB, seen seenReplies) error {
	err := db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(repliesBucket)
		if err != nil {
			return err
		}
		data, err := json.Marshal(seen)
		if err != nil {
			return err
		}
		return b.Put([]byte("newest"), data)
	})
	if err != nil {
		return fmt.Errorf("store the chain of replies: %w", err)
	}
	return nil
}

func (a *app) openReply(ctx context.Context, path, identity, passFile string) error {
	conf, err := a.config()
	if err != nil {
		return err
	}
	vendor, err := a.loadVendor()
	if err != nil {
		return err
	}
	file, err := readBounded(path, reply.MaxBytes+1)
	if err != nil {
		return err
	}
	ids, err := a.recordIdentities(identity, passFile)
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
	return a.onBundle(func(j *journey) error { return a.applyReply(ctx, j, opened) })
}

func readBounded(path string, limit int64) ([]byte, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("read the reply: %w", err)
	}
	defer root.Close()
	// A pipe would block the command for ever, out of reach of Ctrl-C.
	f, _, err := safefile.OpenRegular(root, filepath.Base(path))
	if err != nil {
		return nil, fmt.Errorf("read the reply: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return nil, fmt.Errorf("read the reply: %w", err)
	}
	return data, nil
}

// applyReply applies the items, then the receipts, then moves the chain on. Each
// part may be done again, so an interruption is mended by opening the file again.
func (a *app) applyReply(ctx context.Context, j *journey, o reply.Opened) error {
	seen, err := readReplies(j.cases.DB)
	if err != nil {
		return err
	}
	missing, err := reply.Order(o, seen.Seq, seen.Hash)
	if errors.Is(err, reply.ErrApplied) {
		a.env.Notef("reply %d was applied before; nothing is changed", o.Seq)
		a.env.Next("darksite case list")
		return nil
	}
	if err != nil {
		return err
	}
	store, err := casedraft.Open(j.cases.DB, nil)
	if err != nil {
		return err
	}
	for _, item := range o.Items {
		if err := a.applyItem(store, item, o.Issued); err != nil {
			return err
		}
	}
	for _, rc := range o.Receipts {
		err := j.Receipt(ctx, rc.BID, rc.Sealed, "vendor")
		if err != nil && !errors.Is(err, pipeline.ErrState) && !errors.Is(err, pipeline.ErrNotFound) {
			return err
		}
	}
	_, err = j.journal.Append(ctx, journal.Entry{
		Time: a.env.Now(), Actor: "vendor", Action: "reply.apply",
		Details: map[string]string{"seq": strconv.FormatInt(o.Seq, 10), "sha256": o.Hash, "items": strconv.Itoa(len(o.Items))},
	})
	if err != nil {
		return err
	}
	if err := writeReplies(j.cases.DB, seenReplies{o.Seq, o.Hash, a.env.Now().UTC()}); err != nil {
		return err
	}
	a.printReply(o, missing)
	return nil
}

func (a *app) applyItem(store *casedraft.Store, it reply.Item, issued time.Time) error {
	_, err := store.Update(it.Case, a.env.Now(), func(d *casedraft.Draft) error {
		switch it.Kind {
		case reply.Ack:
			return d.Acknowledge(it.Number, casedraft.Ack{
				At: issued, Severity: localmon.Severity(it.Severity), Diagnosis: it.Text, Text: "acknowledged by " + it.Engineer,
			})
		case reply.Comment:
			d.Hear(casedraft.Answer{At: issued, From: it.Engineer, Text: it.Text})
		case reply.Status:
			d.Status = casedraft.Status(it.Status)
		}
		return nil
	})
	return err
}

func (a *app) printReply(o reply.Opened, missing int64) {
	var by []string
	for _, p := range o.Signers {
		by = append(by, p.ID)
	}
	fmt.Fprintf(a.env.Out, "reply %d of %s, signed by %s and %s\n", o.Seq, o.Issued.Format("2006-01-02 15:04Z"), by[0], by[1])
	for _, it := range o.Items {
		switch it.Kind {
		case reply.Ack:
			a.paragraphOut(fmt.Sprintf("case %s has the number %s, severity %d: %s", it.Case, it.Number, it.Severity, it.Text))
		default:
			a.paragraphOut(fmt.Sprintf("case %s, %s: %s", it.Number, it.Engineer, it.Text))
		}
	}
	for _, r := range o.Receipts {
		fmt.Fprintf(a.env.Out, "bundle %s has arrived whole\n", r.BID)
	}
	if missing > 0 {
		a.env.Notef("%d earlier replies have not come, and an older one is not opened after a newer: ask the vendor to repeat what they said", missing)
	}
	a.env.Next("darksite case list")
}

func (a *app) paragraphOut(text string) {
	for _, line := range cli.Wrap(cli.Printable(text), a.env.Width()) {
		fmt.Fprintln(a.env.Out, line)
	}
}
