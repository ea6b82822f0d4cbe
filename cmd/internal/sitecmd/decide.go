package sitecmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"darksite/bundle"
	"darksite/bundle/approve"
	"darksite/bundle/pipeline"
	"darksite/cmd/internal/cli"

	"github.com/spf13/cobra"
)

type decideOptions struct {
	person
	pipeline.Decision
	yes bool
	ask *cli.Asker // of a session that asks already, or nil
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
		look, err := j.Look(id)
		if err != nil {
			return err
		}
		if err := look.Close(); err != nil {
			return err
		}
		o.Confirm = func(text []byte) error {
			if words := look.Loosened; len(words) > 0 {
				a.env.Notef("the policy lets through %s that the shipped rules would hide: %s", counted(len(words), "word"), cli.Printable(strings.Join(words, ", ")))
			}
			fmt.Fprintf(a.env.Err, "what will be signed:\n\n%s\n", cli.PrintableLines(string(text)))
			refused := cli.WithHint(errors.New("nothing was signed"), "darksite bundle reject %s --as %s --reason \"...\"   (when it must not leave)", id, o.as)
			if o.ask == nil {
				return a.env.Agree(o.yes, "Sign this?", "the statement has been read", refused)
			}
			ok, err := o.ask.Confirm("Sign this?")
			if err == nil && !ok {
				err = cli.WithCode(cli.CodeRefused, refused)
			}
			return err
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
