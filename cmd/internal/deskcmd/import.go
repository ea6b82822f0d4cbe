package deskcmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"darksite/bundle"
	"darksite/bundle/carry"
	"darksite/bundle/desk"
	"darksite/bundle/desk/airlock"
	"darksite/bundle/desk/boltstore"
	"darksite/bundle/desk/confine"
	"darksite/bundle/desk/intake"
	"darksite/bundle/desk/triage"
	"darksite/bundle/open"
	"darksite/bundle/verify"
	"darksite/cmd/internal/cli"
	"darksite/localmon/units"

	"github.com/spf13/cobra"
)

func (a *app) intake(ctx context.Context, store intake.Store, passFile string) (*intake.Intake, error) {
	ids, err := a.identities(passFile)
	if err != nil {
		return nil, err
	}
	blobs, err := a.blobs()
	if err != nil {
		return nil, err
	}
	reader, err := airlock.Own()
	if err != nil {
		return nil, err
	}
	progress := a.env.Progress("reading and unpacking")
	return intake.New(ctx, intake.Options{
		Store: store, Reader: reader, Blobs: blobs, Quarantine: a.path(quarantineDir), Opened: a.path(openedDir),
		Identities: ids, Roster: a.roster, Now: a.env.Now, Progress: progress.Step,
	})
}

// unconfined is told where the kernel cannot keep a process from files.
const unconfined = "this system cannot confine the process that reads a medium (no Landlock): keep the station without a network"

func (a *app) importCommand() *cobra.Command {
	var asJSON bool
	var passFile string
	c := &cobra.Command{
		Use: "import MEDIUM...", Short: "Take the bundles on one or more media in", Args: cobra.MinimumNArgs(1),
		Long: `Take in every bundle found on the media. Volumes of one bundle may lie on several
media: name them all. What is damaged is repaired from parity where that is
enough. A bundle is believed only at the very end; one that is refused leaves
nothing behind.

Each bundle is read by a process of its own, which can reach the medium and the
quarantine and nothing else: no network, no key, no other file. What it leaves is
checked once more before it is taken. Where the system has no way to confine a
process (Landlock), the command says so and goes on. Exit 3 when some bundles came in
and others did not.`,
		Example: "  casedesk import /media/usb\n  casedesk import /media/usb1 /media/usb2 --json",
		RunE: func(c *cobra.Command, args []string) error {
			store, done, err := a.openStore()
			if err != nil {
				return err
			}
			err = a.runImport(c.Context(), store, args, passFile, asJSON)
			return errors.Join(err, done())
		},
	}
	c.Flags().StringVar(&passFile, "passphrase-file", "", "passphrase of the intake key")
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) runImport(ctx context.Context, store *boltstore.Store, media []string, passFile string, asJSON bool) error {
	in, err := a.intake(ctx, store, passFile)
	if err != nil {
		return err
	}
	sets, err := findMedia(media)
	if err != nil {
		return err
	}
	if confine.Available() == confine.None {
		a.env.Notef(unconfined)
	}
	if err := confine.NoTCP(); err != nil {
		return err
	}
	done, failed, err := a.takeAll(ctx, in, store, sets)
	if err != nil {
		return err
	}
	if len(done) > 0 {
		if err := a.printImported(done, asJSON); err != nil {
			return err
		}
	}
	if len(failed) > 0 {
		return a.notTaken(failed, len(sets), len(done) > 0)
	}
	first := cmp.Or(done[0].Number, done[0].Case)
	a.env.Next("casedesk analyze "+first, "casedesk case show "+first)
	return nil
}

// takeAll imports one bundle after the other; what is wrong with one holds up no
// other. Only being interrupted ends it.
func (a *app) takeAll(ctx context.Context, in *intake.Intake, store *boltstore.Store, sets []intake.Set) (done []arrival, failed []error, err error) {
	for _, set := range sets {
		out, err := in.Import(ctx, set)
		if ctx.Err() != nil {
			return done, failed, ctx.Err()
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		in := arrival{Outcome: out}
		if !out.Duplicate {
			// The bundle is in; that its triage failed is told and undoes nothing.
			if in.Findings, err = a.triageNew(ctx, store, out.Case, out.Bundle); err != nil {
				failed = append(failed, fmt.Errorf("triage of %s, which is imported: %w", out.Bundle.BID, err))
			}
		}
		done = append(done, in)
	}
	return done, failed, nil
}

// notTaken tells each failure with what to do about it, where there are several.
func (a *app) notTaken(failed []error, sets int, some bool) error {
	code := func(err error) error {
		if some {
			return cli.WithCode(cli.CodePartial, err)
		}
		return err
	}
	if len(failed) == 1 {
		err := classify(failed[0])
		return cli.WithHint(code(err), "%s", cli.Hint(err))
	}
	for _, err := range failed {
		err = classify(err)
		a.env.Notef("%v", err)
		if hint := cli.Hint(err); hint != "" {
			a.env.Next(hint)
		}
	}
	last := fmt.Errorf("%d of %d bundles on the media are not taken in, see above", len(failed), sets)
	return cli.WithHint(code(cli.WithCode(cli.Code(classify(failed[0])), last)), "casedesk import MEDIUM   (again, once that is cleared up: what is in is passed over)")
}

func findMedia(media []string) ([]intake.Set, error) {
	sets, err := intake.Find(media...)
	for _, m := range media {
		if info, statErr := os.Stat(m); err != nil && statErr == nil && !info.IsDir() {
			err = cli.WithHint(err, "name the folder the medium is mounted at")
		}
	}
	if err == nil && len(sets) == 0 {
		err = noBundle(media)
	}
	return sets, err
}

func noBundle(media []string) error {
	return cli.WithHint(fmt.Errorf("no bundle is on %s", strings.Join(media, ", ")), "a bundle is a folder such as S042-000017 with a LABEL.txt")
}

// arrival is a bundle that came in, and what it brought.
type arrival struct {
	intake.Outcome
	Findings []triage.Finding `json:"findings,omitempty"`
}

// mostTold is how many findings an import names; analyze names all.
const mostTold = 3

func (a *app) printImported(done []arrival, asJSON bool) error {
	if asJSON {
		return a.env.JSON(done)
	}
	for _, o := range done {
		b := o.Bundle
		if o.Duplicate {
			fmt.Fprintf(a.env.Out, "%s  already imported on %s, case %s\n", b.BID, b.Received.Format(time.DateTime), cmp.Or(o.Number, o.Case))
			continue
		}
		fmt.Fprintf(a.env.Out, "%s  imported, %d files, %s, case %s\n", b.BID, b.Files, units.Bytes(float64(b.Bytes)), cmp.Or(o.Number, o.Case))
		a.indented("made by %s, approved by %s, released by %s, in transit %s", b.Collector, strings.Join(b.Officers, " and "), b.ReleasedBy, units.Duration(b.Received.Sub(b.Taken)))
		if b.Repaired > 0 {
			a.indented("%s repaired from parity", cli.Counted(b.Repaired, "damaged block"))
		}
		for _, w := range b.Warnings {
			a.indented("warning: %s", w)
		}
		for _, l := range leftWords(b) {
			a.indented("%s", l)
		}
		if b.OmittedAll > 0 {
			a.indented("%s", omittedWords(b))
		}
		for _, f := range o.Findings[:min(len(o.Findings), mostTold)] {
			if f.Open {
				a.indented("found: %s, %s (%s)", f.Title, f.Array, f.Rule)
			}
		}
		if len(o.Paperwork) > 0 {
			what := "paperwork, which severity 1 does not wait for: %s"
			if o.Status == desk.Held {
				what = "HELD, a person decides: %s"
			}
			a.indented(what, strings.Join(o.Paperwork, "; "))
		}
	}
	return nil
}

// indented prints a line about a bundle below its own.
func (a *app) indented(format string, args ...any) {
	for i, line := range cli.Wrap(cli.Printable(fmt.Sprintf(format, args...)), a.env.Width()-4) {
		lead := "  "
		if i > 0 {
			lead = "    "
		}
		fmt.Fprintln(a.env.Out, lead+line)
	}
}

// verified is what `casedesk verify` prints of one bundle.
type verified struct {
	BID        bundle.ID `json:"bid"`
	ReleasedBy string    `json:"released_by"`
	State      string    `json:"state"` // whole, repairable
	Clear      bool      `json:"clear"` // not encrypted
	Damaged    []string  `json:"damaged,omitempty"`
	Sealed     string    `json:"sealed_sha256"`
}

func (a *app) verifyCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "verify MEDIUM...", Short: "Check media with public keys alone, importing nothing", Args: cobra.MinimumNArgs(1),
		Example: "  casedesk verify /media/usb",
		RunE: func(c *cobra.Command, args []string) error {
			out, err := a.verifyMedia(c.Context(), args)
			if err != nil {
				return err
			}
			if asJSON {
				return a.env.JSON(out)
			}
			for _, v := range out {
				fmt.Fprintf(a.env.Out, "%s  %s, label signed by %s\n", v.BID, v.State, v.ReleasedBy)
				if v.Clear {
					fmt.Fprintln(a.env.Out, "  NOT ENCRYPTED: whoever holds the medium can read it; the roster of the site allows that")
				}
				for _, d := range v.Damaged {
					fmt.Fprintf(a.env.Out, "  %s\n", d)
				}
			}
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) verifyMedia(ctx context.Context, media []string) ([]verified, error) {
	sets, err := findMedia(media)
	if err != nil {
		return nil, err
	}
	if err := a.made(); err != nil {
		return nil, err
	}
	// It needs no key and writes nothing, so this process gives up all else itself.
	if _, err := confine.Process(confine.Paths{Read: append([]string{a.path(rostersDir)}, media...)}); err != nil {
		return nil, err
	}
	var out []verified
	for _, set := range sets {
		v, err := a.verifyOne(ctx, set.Folders)
		if err != nil {
			return nil, fmt.Errorf("verify %s: %w", set.Name, err)
		}
		out = append(out, v)
	}
	return out, nil
}

func (a *app) verifyOne(ctx context.Context, folders []string) (verified, error) {
	var by string
	report, err := carry.Inspect(ctx, carry.ReadOptions{Check: func(text []byte, sigs [][]byte) error {
		label, err := carry.ParseLabel(text)
		if err != nil {
			return err
		}
		site, _, _ := label.BID.Split()
		r, err := a.roster(site)
		if err != nil {
			return err
		}
		p, err := carry.VerifyLabel(text, sigs, r)
		by = p.ID
		return err
	}}, folders...)
	if err != nil {
		return verified{}, err
	}
	v := verified{BID: report.Label.BID, ReleasedBy: by, State: string(report.State), Clear: report.Label.Clear, Sealed: string(report.Label.SealedSHA256)}
	for _, d := range report.Damaged {
		v.Damaged = append(v.Damaged, d.Fault())
	}
	if len(report.Bring) > 0 {
		return verified{}, report.Beyond()
	}
	return v, nil
}

func (a *app) openCommand() *cobra.Command {
	var out, passFile string
	c := &cobra.Command{
		Use: "open BUNDLE", Short: "Unpack an imported bundle into a folder", Args: cobra.ExactArgs(1),
		Long:    "Decrypt an imported bundle anew from the blob store, verify all of it again and\nunpack it into a folder that must not exist.",
		Example: "  casedesk open S042-000017 --out /srv/work/S042-000017",
		RunE: func(c *cobra.Command, args []string) error {
			store, done, err := a.openStore()
			if err != nil {
				return err
			}
			err = a.runOpen(c.Context(), store, bundle.ID(args[0]), out, passFile)
			return errors.Join(err, done())
		},
	}
	c.Flags().StringVar(&out, "out", "", "folder to make (default: named as the bundle, here)")
	c.Flags().StringVar(&passFile, "passphrase-file", "", "passphrase of the intake key")
	return c
}

func (a *app) runOpen(ctx context.Context, index desk.Index, id bundle.ID, out, passFile string) error {
	if out == "" {
		out = string(id)
	}
	if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
		return cli.Usagef("%s is there already: name a folder that is not", out)
	}
	site, _, _ := id.Split()
	chain, err := index.Bundles(ctx, site)
	if err != nil {
		return err
	}
	for _, b := range chain {
		if b.BID == id {
			return a.unpack(ctx, b, out, passFile)
		}
	}
	return cli.WithHint(fmt.Errorf("bundle %s: %w", id, desk.ErrNotFound), "casedesk case list")
}

func (a *app) unpack(ctx context.Context, b desk.Bundle, out, passFile string) error {
	ids, err := a.identities(passFile)
	if err != nil {
		return err
	}
	blobs, err := a.blobs()
	if err != nil {
		return err
	}
	r, err := blobs.Open(ctx, b.SealedSHA256)
	if err != nil {
		return err
	}
	defer r.Close()
	report, err := open.Bundle(ctx, r, out, open.Options{Options: verify.Options{
		Identities: ids, Clear: b.Clear, Roster: a.roster, Want: verify.Want{SealedSHA256: b.SealedSHA256, ManifestSHA256: b.ManifestSHA256},
	}})
	if err != nil {
		return err
	}
	a.env.Notef("%s is unpacked into %s: %d files", b.BID, out, len(report.Head.Manifest.Files))
	a.env.Next("ls " + filepath.Join(out, "files"))
	return nil
}
