package wayout

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle"
	"darksite/bundle/pipeline"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon/units"

	"github.com/spf13/cobra"
)

// app is the site that the commands of this package work on.
type app struct{ *site.Site }

// Command is darksite bundle.
func Command(s *site.Site) *cobra.Command {
	a := &app{s}
	c := &cobra.Command{
		Use: "bundle", Short: "The way out: collect, review, approve, seal, write, verify",
		Long: `A bundle makes one journey, and each step is taken by a person whose key allows it:

  collect   a collector takes data; it is redacted, proven and frozen
  review    an officer reads what would leave
  amend     the collector makes changes an officer asked for; then review again
  approve   two officers sign the same frozen bytes (or reject)
  seal      encrypt exactly these bytes to the vendor and to the site's record key
  write     an officer signs the label; volumes with parity go onto a medium
  verify    read the medium back and compare with what was approved
  release   name the courier

  brief     where no medium may leave: the essentials of an approved bundle, sealed, as
            one page of QR codes, and a card to be read over the telephone`,
		Example: `  darksite bundle collect --as mdurand --case T-4KQ7ZC2M5A
  darksite bundle review S042-000017 --as amartin
  darksite bundle approve S042-000017 --as amartin`,
	}
	c.AddCommand(a.bundleCollectCommand(), a.bundleListCommand(), a.bundleShowCommand(), a.bundleReviewCommand(), a.bundleAmendCommand(), a.bundleApproveCommand(),
		a.bundleRejectCommand(), a.bundleSealCommand(), a.bundleWriteCommand(), a.bundleVerifyCommand(), a.bundleReleaseCommand(), a.bundleBriefCommand(), a.bundleWithdrawCommand())
	return c
}

// OnBundle opens the journey, works with it and closes it.
func OnBundle(s *site.Site, f func(j *Journey) error) error {
	j, err := Open(s, nil)
	if err != nil {
		return err
	}
	return errors.Join(f(j), j.Close())
}

// onOne is OnBundle for one bundle: a step that is not due yet is answered with
// the one that is.
func (a *app) onOne(name string, f func(j *Journey, id bundle.ID) error) error {
	return OnBundle(a.Site, func(j *Journey) error {
		id := bundle.ID(name)
		err := f(j, id)
		if errors.Is(err, pipeline.ErrUnanswered) {
			return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "darksite bundle review %s --as OFFICER   (then there: go words, go markings)", id)
		}
		if errors.Is(err, pipeline.ErrState) || errors.Is(err, pipeline.ErrRefused) {
			if r, showErr := j.Show(id); showErr == nil {
				return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "%s", j.nextStep(r))
			}
		}
		return err
	})
}

func (a *app) bundleListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List bundles and where they stand", Args: cobra.NoArgs,
		Example: "  darksite bundle list",
		RunE: func(*cobra.Command, []string) error {
			return OnBundle(a.Site, func(j *Journey) error {
				records, err := j.List()
				if err != nil {
					return err
				}
				if asJSON {
					return a.Env.JSON(records)
				}
				if len(records) == 0 {
					a.Env.Notef("no bundle yet")
					a.Env.Next("darksite bundle collect --as ID")
					return nil
				}
				t := &cli.Table{Header: []string{"BUNDLE", "STATE", "CREATED", "FILES", "SIZE", "CASE"}}
				for _, r := range records {
					t.Add(string(r.BID), string(r.State), r.Created, strconv.FormatInt(r.Totals.Files, 10), units.Bytes(float64(r.Totals.Bytes)), cmp.Or(r.Case, "-"))
				}
				t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
				a.Env.Next("darksite bundle show " + string(records[len(records)-1].BID))
				return nil
			})
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) bundleShowCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "show BUNDLE", Short: "Show where a bundle stands and how it came there", Args: cobra.ExactArgs(1),
		Example: "  darksite bundle show S042-000017",
		RunE: func(_ *cobra.Command, args []string) error {
			return OnBundle(a.Site, func(j *Journey) error {
				r, err := j.Show(bundle.ID(args[0]))
				if err != nil {
					return err
				}
				if asJSON {
					return a.Env.JSON(r)
				}
				a.printRecord(r)
				a.Env.Next(j.nextStep(r))
				return nil
			})
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) printRecord(r pipeline.Record) {
	w := a.Env.Out
	fmt.Fprintf(w, "bundle    %s  %s  case %s\n", r.BID, r.State, cmp.Or(r.Case, "none"))
	fmt.Fprintf(w, "content   %d files, %s, marked %s, made by %s\n", r.Totals.Files, units.Bytes(float64(r.Totals.Bytes)), cmp.Or(r.Marking, "nothing"), r.Collector.Principal)
	if r.Manifest != "" {
		fmt.Fprintf(w, "manifest  %s\n", r.Manifest)
	}
	if r.Clear {
		fmt.Fprintf(w, "ENCRYPTED NO: leaves signed only, whoever holds the medium can read it\n")
	}
	if r.Sealed.SealedSHA256 != "" {
		fmt.Fprintf(w, "sealed    %s  %s\n", r.Sealed.SealedSHA256, units.Bytes(float64(r.Sealed.SealedSize)))
	}
	if r.Reason != "" {
		fmt.Fprintf(w, "ended     %s\n", cli.Printable(r.Reason))
	}
	t := &cli.Table{Header: []string{"WHEN", "STATE", "WHO", "JOURNAL", "NOTE"}}
	for _, s := range r.Trail {
		t.Add(s.At, string(s.State), s.Actor, strconv.FormatInt(s.Journal, 10), s.Note)
	}
	fmt.Fprintln(w)
	t.Print(w, a.Env.Width(), a.Env.Color())
}

// nextStep is the command that leads a bundle on; changes that an officer asked
// for come first.
func (j *Journey) nextStep(r pipeline.Record) string {
	orders, err := j.Orders(r.BID)
	if err == nil && len(orders) > 0 && slices.Contains([]pipeline.State{pipeline.InReview, pipeline.Approved1, pipeline.Approved}, r.State) {
		return fmt.Sprintf("darksite bundle amend %s --as %s   (%d changes were asked for)", r.BID, r.Collector.Principal, len(orders))
	}
	if r.State == pipeline.Written {
		parts, err := j.Parts(r.BID)
		if i := slices.IndexFunc(parts, func(p pipeline.Part) bool { return !p.Written }); err == nil && i >= 0 {
			return fmt.Sprintf("darksite bundle write %s --as OFFICER --medium DIR --part %d/%d   (each medium is then verified)", r.BID, i+1, len(parts))
		}
		if i := slices.IndexFunc(parts, func(p pipeline.Part) bool { return !p.Verified }); err == nil && i >= 0 {
			return fmt.Sprintf("darksite bundle verify %s --medium DIR --as ID   (medium %d of %d)", r.BID, i+1, len(parts))
		}
	}
	return NextStep(r)
}

// NextStep is the command that leads a bundle on.
func NextStep(r pipeline.Record) string {
	id := string(r.BID)
	switch r.State {
	case pipeline.Begun:
		return "darksite bundle withdraw " + id + " --as ID --reason \"...\"   (was interrupted; removes what it took)"
	case pipeline.Collected, pipeline.Redacted:
		return "darksite bundle collect --as ID --resume " + id + "   (was interrupted; bundle withdraw removes what it took)"
	case pipeline.Frozen:
		return "darksite bundle review " + id + " --as OFFICER"
	case pipeline.InReview, pipeline.Approved1:
		if !readByAnother(r) {
			return "darksite bundle review " + id + " --as OFFICER   (another one, who then approves)"
		}
		return "darksite bundle approve " + id + " --as OFFICER"
	case pipeline.Approved:
		if r.Clear {
			return "darksite bundle seal " + id + " --as ID --clear   (it leaves NOT ENCRYPTED)"
		}
		return "darksite bundle seal " + id + " --as ID"
	case pipeline.Sealed:
		return "darksite bundle write " + id + " --as OFFICER --medium DIR"
	case pipeline.Written:
		return "darksite bundle verify " + id + " --medium DIR --as ID"
	case pipeline.Verified:
		return "darksite bundle release " + id + " --as OFFICER --courier NAME"
	case pipeline.Released:
		return "darksite reply open FILE   (when the vendor's reply has come)"
	case pipeline.Receipted:
		return "darksite case list"
	}
	return "darksite bundle collect --as ID   (this journey has ended)"
}

// readByAnother reports whether an officer who has not signed has opened the
// review, as he must before he signs.
func readByAnother(r pipeline.Record) bool {
	signed := map[string]bool{}
	trail := r.SinceFrozen()
	for _, s := range trail {
		signed[s.Actor] = signed[s.Actor] || s.State == pipeline.Approved1
	}
	return slices.ContainsFunc(trail, func(s pipeline.Step) bool { return s.State == pipeline.InReview && !signed[s.Actor] })
}

// after shows where a bundle stands once a step is done.
func (a *app) after(j *Journey, id bundle.ID, format string, args ...any) error {
	r, err := j.Show(id)
	if err != nil {
		return err
	}
	a.Env.Notef(format, args...)
	a.Env.Notef("%s is %s", id, r.State)
	a.Env.Next(j.nextStep(r))
	return nil
}

func (a *app) bundleSealCommand() *cobra.Command {
	var p site.Person
	var clear bool
	c := &cobra.Command{
		Use: "seal BUNDLE", Short: "Encrypt exactly the approved bytes", Args: cobra.ExactArgs(1),
		Long: `Check everything once more (every file, both signatures, roster, revocation, rules,
policy, recipients), then seal in the same process that hashed. One changed byte
voids every approval.

With --clear nothing is encrypted: signatures, label, volumes and parity are the same,
and whoever holds the medium can read it. It takes only a bundle that was collected
and approved so, at a site whose roster allows it.`,
		Example: "  darksite bundle seal S042-000017 --as mdurand",
		RunE: func(c *cobra.Command, args []string) error {
			if p.As == "" {
				return cli.Usagef("say who you are with --as ID")
			}
			return a.onOne(args[0], func(j *Journey, id bundle.ID) error {
				step := j.Seal
				if clear {
					step = j.SealClear
				}
				if err := step(c.Context(), id, p.As); err != nil {
					return err
				}
				r, err := j.Show(id)
				if err != nil {
					return err
				}
				a.notEncrypted(r)
				what := "sealed"
				if clear {
					what = "signed, not encrypted"
				}
				return a.after(j, id, "%s: %s", what, j.SealedFile(r))
			})
		},
	}
	c.Flags().StringVar(&p.As, "as", "", "id of the person who seals")
	c.Flags().BoolVar(&clear, "clear", false, "sign and do NOT ENCRYPT a bundle that was collected and approved so")
	return c
}

// notEncrypted says loudly what a bundle in clear is.
func (a *app) notEncrypted(r pipeline.Record) {
	if r.Clear {
		a.Env.Notef("NOT ENCRYPTED: %s leaves signed only, and whoever holds the medium can read it", r.BID)
	}
}

func (a *app) bundleReleaseCommand() *cobra.Command {
	var p site.Person
	var courier string
	c := &cobra.Command{
		Use: "release BUNDLE", Short: "Hand the verified medium to a named courier", Args: cobra.ExactArgs(1),
		Example: "  darksite bundle release S042-000017 --as amartin --courier \"P. Petit\"",
		RunE: func(c *cobra.Command, args []string) error {
			key, err := a.Signer(p.As, p.Key, p.PassFile)
			if err != nil {
				return err
			}
			return a.onOne(args[0], func(j *Journey, id bundle.ID) error {
				if err := j.Release(c.Context(), id, key, courier); err != nil {
					return err
				}
				return a.after(j, id, "released to %s; print the cover sheet and keep it", cli.Printable(courier))
			})
		},
	}
	p.Flags(c)
	c.Flags().StringVar(&courier, "courier", "", "name of the person who carries it")
	_ = c.MarkFlagRequired("courier") // the flag exists: it was defined above
	return c
}

func (a *app) bundleWithdrawCommand() *cobra.Command {
	var as, reason string
	c := &cobra.Command{
		Use: "withdraw BUNDLE", Short: "End a bundle's journey before it leaves", Args: cobra.ExactArgs(1),
		Example: "  darksite bundle withdraw S042-000017 --as mdurand --reason \"wrong array\"",
		RunE: func(c *cobra.Command, args []string) error {
			if as == "" || strings.TrimSpace(reason) == "" {
				return cli.Usagef("--as ID and --reason WORDS are needed")
			}
			return a.onOne(args[0], func(j *Journey, id bundle.ID) error {
				if err := j.Withdraw(c.Context(), id, as, reason); err != nil {
					return err
				}
				return a.after(j, id, "withdrawn")
			})
		},
	}
	c.Flags().StringVar(&as, "as", "", "id of the person who withdraws it")
	c.Flags().StringVar(&reason, "reason", "", "why")
	return c
}
