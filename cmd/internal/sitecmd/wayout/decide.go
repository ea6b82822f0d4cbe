package wayout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"darksite/bundle"
	"darksite/bundle/approve"
	"darksite/bundle/pipeline"
	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"

	"github.com/spf13/cobra"
)

type decideOptions struct {
	site.Person
	pipeline.Decision
	yes    bool
	ask    *cli.Asker // of a session that asks already, or nil
	print  bool       // print the statement, to be signed elsewhere
	signed string     // file with a statement signed elsewhere
}

func (o *decideOptions) flags(c *cobra.Command) {
	o.Person.Flags(c)
	f := c.Flags()
	f.StringVar(&o.MarkingIn, "marking-in", "", "marking of the system the data comes from (default: as what leaves)")
	f.StringVar(&o.Destination, "destination", "", "who receives it (default: the vendor of the card)")
	f.StringVar(&o.Medium, "medium", "", "kind and serial number of the medium, where known")
	f.StringArrayVar(&o.Exceptions, "exception", nil, "an exception, in words; may be given again")
	f.BoolVar(&o.yes, "yes", false, "the statement has been read: do not ask")
	f.BoolVar(&o.print, "print", false, "print the statement instead of signing it, for signing with ssh-keygen elsewhere")
	f.StringVar(&o.signed, "signed", "", "file of a statement and the signature below it, made elsewhere; - reads them from the input")
}

func (a *app) bundleApproveCommand() *cobra.Command {
	var o decideOptions
	c := &cobra.Command{
		Use: "approve BUNDLE", Short: "Sign that exactly these bytes may leave", Args: cobra.ExactArgs(1),
		Long: `Show the statement that will be signed, ask, and sign it with your key. The statement
fixes every byte, the recipients, the marking and the case. Two officers must sign,
neither of whom collected it.

The key may be a file, one that an ssh-agent holds, or one on a token. To sign in another
account or on another station: --print there, stock ssh-keygen, and --signed here.`,
		Example: `  darksite bundle approve S042-000017 --as amartin
  darksite bundle approve S042-000017 --as amartin --print > s.txt
  ssh-keygen -Y sign -f ~/.ssh/id_ed25519_sk -n approval@darksite s.txt
  cat s.txt s.txt.sig | darksite bundle approve S042-000017 --signed -`,
		RunE: func(c *cobra.Command, args []string) error { return a.decide(c.Context(), args[0], approve.Release, o) },
	}
	o.flags(c)
	return c
}

func (a *app) bundleRejectCommand() *cobra.Command {
	var o decideOptions
	c := &cobra.Command{
		Use: "reject BUNDLE", Short: "Refuse with a reason; this ends the journey", Args: cobra.ExactArgs(1),
		Example: "  darksite bundle reject S042-000017 --as amartin --reason \"a customer name on line 9 of notes.txt\"",
		RunE: func(c *cobra.Command, args []string) error {
			if o.signed == "" && strings.TrimSpace(o.Reason) == "" {
				return cli.Usagef("--reason WORDS is needed")
			}
			return a.decide(c.Context(), args[0], approve.Reject, o)
		},
	}
	o.flags(c)
	c.Flags().StringVar(&o.Reason, "reason", "", "why, in words")
	return c
}

func (a *app) decide(ctx context.Context, name string, what approve.Decision, o decideOptions) error {
	switch {
	case o.print && o.signed != "":
		return cli.Usagef("--print or --signed: first the one, then the other")
	case o.print:
		return a.printStatement(ctx, name, what, o)
	case o.signed != "":
		return a.submitStatement(ctx, name, what, o)
	}
	key, err := a.Signer(o.As, o.Key, o.PassFile)
	if err != nil {
		return err
	}
	return a.onOne(name, func(j *Journey, id bundle.ID) error {
		r, err := j.Show(id)
		if err != nil {
			return err
		}
		o.fill(r)
		loosened, err := a.loosened(j, id)
		if err != nil {
			return err
		}
		o.Confirm = func(text []byte) error {
			loosened()
			a.notEncrypted(r)
			fmt.Fprintf(a.Env.Err, "what will be signed:\n\n%s\n", cli.PrintableLines(string(text)))
			refused := cli.WithHint(errors.New("nothing was signed"), "darksite bundle reject %s --as %s --reason \"...\"   (when it must not leave)", id, o.As)
			if o.ask == nil {
				return a.Env.Agree(o.yes, "Sign this?", "the statement has been read", refused)
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
		return a.after(j, id, "signed by %s", o.As)
	})
}

// fill adds what the record of a bundle decides.
func (o *decideOptions) fill(r pipeline.Record) {
	o.MarkingIn = cmp.Or(o.MarkingIn, r.Marking)
	// Every kind of line was shown once, not every line of every file.
	o.ViewedPartial = r.Totals.Files
}

// loosened makes the remark on what the site's policy lets through.
func (a *app) loosened(j *Journey, id bundle.ID) (say func(), err error) {
	look, err := j.Look(id)
	if err != nil {
		return nil, err
	}
	return func() {
		if words := look.Loosened; len(words) > 0 {
			a.Env.Notef("the policy lets through %s that the shipped rules would hide: %s", cli.Counted(len(words), "word"), cli.Printable(strings.Join(words, ", ")))
		}
	}, look.Close()
}

// printStatement prints what an officer would sign, for ssh-keygen.
func (a *app) printStatement(ctx context.Context, name string, what approve.Decision, o decideOptions) error {
	if o.As == "" {
		return cli.Usagef("say who you are with --as ID")
	}
	return a.onOne(name, func(j *Journey, id bundle.ID) error {
		r, err := j.Show(id)
		if err != nil {
			return err
		}
		o.fill(r)
		text, err := j.Statement(ctx, id, o.As, what, o.Decision)
		if err != nil {
			return err
		}
		loosened, err := a.loosened(j, id)
		if err != nil {
			return err
		}
		loosened()
		a.notEncrypted(r)
		if _, err := a.Env.Out.Write(text); err != nil {
			return err
		}
		a.Env.Next(fmt.Sprintf("ssh-keygen -Y sign -f KEY -n %s s.txt", sign.Approval), fmt.Sprintf("cat s.txt s.txt.sig | darksite bundle %s %s --signed -", verb(what), id))
		return nil
	})
}

func verb(what approve.Decision) string {
	if what == approve.Reject {
		return "reject"
	}
	return "approve"
}

// maxStatement bounds a statement with its signature.
const maxStatement = approve.MaxBytes + sign.MaxSignature

// submitStatement takes a statement that was signed elsewhere.
func (a *app) submitStatement(ctx context.Context, name string, what approve.Decision, o decideOptions) error {
	in := a.Env.In
	if o.signed != "-" {
		f, err := os.Open(o.signed)
		if err != nil {
			return fmt.Errorf("read the signed statement: %w", err)
		}
		defer f.Close()
		in = f
	}
	whole, err := io.ReadAll(io.LimitReader(in, maxStatement+1))
	if err != nil {
		return fmt.Errorf("read the signed statement: %w", err)
	}
	again := fmt.Sprintf("darksite bundle %s %s --as OFFICER --print > s.txt   (then sign exactly these bytes)", verb(what), name)
	text, sigs := roster.Unbundle(whole)
	if len(whole) > maxStatement || len(sigs) != 1 {
		return cli.WithHint(cli.WithCode(cli.CodeUsage, fmt.Errorf("want a statement and one signature below it, found %d signatures", len(sigs))), "%s", again)
	}
	s, err := approve.Parse(text)
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "%s", again)
	}
	if s.Decision != what {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("the statement says %s", s.Decision)), "darksite bundle %s %s --signed FILE", verb(s.Decision), name)
	}
	return a.onOne(name, func(j *Journey, id bundle.ID) error {
		if err := j.Submit(ctx, id, approve.Signed{Text: text, Sig: sigs[0]}); err != nil {
			return err
		}
		return a.after(j, id, "signed by %s", s.Reviewer)
	})
}
