package sitecmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"darksite/bundle"
	"darksite/bundle/approve"
	"darksite/bundle/pipeline"
	"darksite/bundle/review"
	"darksite/bundle/seal"
	"darksite/bundle/words"
	"darksite/cmd/internal/cli"

	"github.com/spf13/cobra"
)

func (a *app) bundleReviewCommand() *cobra.Command {
	var as, report string
	var asJSON bool
	c := &cobra.Command{
		Use: "review BUNDLE", Short: "Read what would leave", Args: cobra.ExactArgs(1),
		Long: `Show an officer what would leave: files by type and source, what was replaced and
what was withheld, words of the site and markings found, strings that look like
secrets, and each kind of line once with its values. The bundle is hashed again
first; what is shown is what would be signed.`,
		Example: "  darksite bundle review S042-000017 --as amartin\n  darksite bundle review S042-000017 --as amartin --report review.txt",
		RunE: func(c *cobra.Command, args []string) error {
			if as == "" {
				return cli.Usagef("say who you are with --as ID")
			}
			return a.onOne(args[0], func(j *journey, id bundle.ID) error {
				out, done, err := a.reviewOutput(report)
				if err != nil {
					return err
				}
				s, err := a.review(c.Context(), j, id, as)
				if err == nil && asJSON {
					err = a.env.JSON(s)
				} else if err == nil {
					err = review.Text(out, s)
				}
				if err := done(err); err != nil {
					return err
				}
				return a.after(j, id, "reviewed by %s", as)
			})
		},
	}
	c.Flags().StringVar(&as, "as", "", "id of the officer")
	c.Flags().StringVar(&report, "report", "", "write the text into this file instead of printing it")
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) review(ctx context.Context, j *journey, id bundle.ID, as string) (review.Summary, error) {
	reader := pipeline.Reader{Officer: as, Recipients: map[string]string{}, Words: spell}
	if j.conf.Review.Words != "" {
		var err error
		if reader.Keywords, err = readWords(a.path(j.conf.Review.Words)); err != nil {
			return review.Summary{}, err
		}
	}
	r, err := a.loadRoster()
	if err != nil {
		return review.Summary{}, err
	}
	v, err := a.loadVendor()
	if err != nil {
		return review.Summary{}, err
	}
	reader.Recipients[seal.Fingerprint(r.Record)] = "record key of this site"
	for _, in := range v.Intake {
		reader.Recipients[seal.Fingerprint(in)] = "intake of " + v.Name
	}
	return j.Review(ctx, id, reader)
}

// spell writes a fingerprint as words, for comparing over the telephone.
func spell(fingerprint string) []string {
	list, err := words.Digest(words.English, bundle.Digest(fingerprint))
	if err != nil {
		return nil // not a digest: the fingerprint itself is shown
	}
	return list
}

// reviewOutput opens where the review is written, before the review counts as
// opened: an officer who could not be shown anything has not looked. done closes
// it, and removes a file that did not become whole.
func (a *app) reviewOutput(file string) (w io.Writer, done func(error) error, err error) {
	if file == "" {
		return a.env.Out, func(err error) error { return err }, nil
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, nil, cli.WithHint(fmt.Errorf("write the review: %w", err), "name a file that is not there yet with --report")
	}
	return f, func(err error) error {
		if err = errors.Join(err, f.Close()); err != nil {
			return errors.Join(err, os.Remove(file))
		}
		return nil
	}, nil
}

type decideOptions struct {
	person
	pipeline.Decision
	yes bool
}

func (o *decideOptions) flags(c *cobra.Command) {
	o.person.flags(c)
	f := c.Flags()
	f.StringVar(&o.MarkingIn, "marking-in", "", "marking of the system the data comes from (default: as what leaves)")
	f.StringVar(&o.Destination, "destination", "", "who receives it (default: the vendor of the card)")
	f.StringVar(&o.Medium, "medium", "", "kind and serial number of the medium, where known")
	f.StringArrayVar(&o.Exceptions, "exception", nil, "an exception, in words; may be given again")
	f.BoolVar(&o.yes, "yes", false, "the statement has been read: do not ask")
}

func (a *app) bundleApproveCommand() *cobra.Command {
	var o decideOptions
	c := &cobra.Command{
		Use: "approve BUNDLE", Short: "Sign that exactly these bytes may leave", Args: cobra.ExactArgs(1),
		Long: `Show the statement that will be signed, ask, and sign it with your key. The statement
fixes every byte, the recipients, the marking and the case. Two officers must sign,
neither of whom collected it. The same statement can be signed with stock ssh-keygen.`,
		Example: "  darksite bundle approve S042-000017 --as amartin",
		RunE:    func(c *cobra.Command, args []string) error { return a.decide(c.Context(), args[0], approve.Release, o) },
	}
	o.flags(c)
	return c
}

func (a *app) bundleRejectCommand() *cobra.Command {
	var o decideOptions
	c := &cobra.Command{
		Use: "reject BUNDLE", Short: "Refuse with a reason; this ends the journey", Args: cobra.ExactArgs(1),
		Example: "  darksite bundle reject S042-000017 --as amartin --reason \"a customer name on line 9 of notes.txt\"",
		RunE:    func(c *cobra.Command, args []string) error { return a.decide(c.Context(), args[0], approve.Reject, o) },
	}
	o.flags(c)
	c.Flags().StringVar(&o.Reason, "reason", "", "why, in words")
	_ = c.MarkFlagRequired("reason") // the flag exists: it was defined above
	return c
}

func (a *app) decide(ctx context.Context, name string, what approve.Decision, o decideOptions) error {
	key, err := a.signer(o.as, o.key, o.passFile)
	if err != nil {
		return err
	}
	return a.onOne(name, func(j *journey, id bundle.ID) error {
		r, err := j.Show(id)
		if err != nil {
			return err
		}
		o.MarkingIn = cmp.Or(o.MarkingIn, r.Marking)
		// Every kind of line was shown once, not every line of every file.
		o.ViewedPartial = r.Totals.Files
		o.Confirm = func(text []byte) error {
			fmt.Fprintf(a.env.Err, "what will be signed:\n\n%s\n", cli.PrintableLines(string(text)))
			refused := cli.WithHint(errors.New("nothing was signed"), "darksite bundle reject %s --as %s --reason \"...\"   (when it must not leave)", id, o.as)
			return a.env.Agree(o.yes, "Sign this?", "the statement has been read", refused)
		}
		if what == approve.Reject {
			err = j.Reject(ctx, id, key, o.Decision)
		} else {
			err = j.Approve(ctx, id, key, o.Decision)
		}
		if err != nil {
			return err
		}
		return a.after(j, id, "signed by %s", o.as)
	})
}
