package siteadmin

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/bundle"
	"darksite/bundle/journal"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"

	"github.com/spf13/cobra"
)

// JournalCommand is darksite journal.
func JournalCommand(s *site.Site) *cobra.Command {
	a := &app{s}
	c := &cobra.Command{
		Use: "journal", Short: "The tamper-evident log of every decision",
		Example: "  darksite journal show\n  darksite journal verify --mark 17:9f86d081...   (size and root from a cover sheet)",
	}
	c.AddCommand(a.journalShowCommand(), a.journalVerifyCommand(), a.journalCheckpointCommand(), a.journalRepairCommand())
	return c
}

func (a *app) journalShowCommand() *cobra.Command {
	var asJSON bool
	var from int64
	c := &cobra.Command{
		Use: "show", Short: "Print the entries", Args: cobra.NoArgs,
		Example: "  darksite journal show --from 12",
		RunE: func(c *cobra.Command, _ []string) error {
			log, err := a.ViewJournal()
			if err != nil {
				return err
			}
			entries := []journal.Entry{}
			for e, err := range log.Entries(c.Context(), from) {
				if err != nil {
					return err
				}
				entries = append(entries, e)
			}
			if asJSON {
				return a.Env.JSON(entryViews(entries))
			}
			t := &cli.Table{Header: []string{"SEQ", "TIME", "WHO", "WHAT", "BUNDLE", "DETAILS"}}
			for _, e := range entries {
				t.Add(strconv.FormatInt(e.Seq, 10), e.Time.Format("2006-01-02 15:04"), e.Actor, e.Action, cli.OrDash(string(e.Bundle)), details(e.Details))
			}
			t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
			a.Env.Next("darksite journal verify")
			return nil
		},
	}
	c.Flags().Int64Var(&from, "from", 1, "first entry to print")
	cli.JSONFlag(c, &asJSON)
	return c
}

// entryView is one entry of the journal, as show prints it.
type entryView struct {
	Seq     int64             `json:"seq"`
	Time    time.Time         `json:"time"`
	Actor   string            `json:"actor"`
	Action  string            `json:"action"`
	Bundle  bundle.ID         `json:"bundle,omitempty"`
	Details map[string]string `json:"details,omitempty"`
}

func entryViews(entries []journal.Entry) []entryView {
	out := make([]entryView, 0, len(entries))
	for _, e := range entries {
		out = append(out, entryView(e))
	}
	return out
}

// reportView is what verify found, as it prints it.
type reportView struct {
	Entries     int64         `json:"entries"`
	Root        bundle.Digest `json:"root"`
	Checkpoints int           `json:"checkpoints"`
	Marks       int           `json:"marks"`
	Proven      int64         `json:"proven"`
	ClockBack   int64         `json:"clock_back"`
	TornBytes   int           `json:"torn_bytes"`

	Witnesses []testimonyView `json:"witnesses"`
}

func details(d map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(d)) {
		v := d[k]
		if len(v) == 64 && bundle.Digest(v).Valid() {
			v = v[:12] + "..."
		}
		parts = append(parts, k+"="+v)
	}
	return strings.Join(parts, " ")
}

func (a *app) journalVerifyCommand() *cobra.Command {
	var marks, against []string
	var asJSON bool
	c := &cobra.Command{
		Use: "verify", Short: "Check the journal against its checkpoints and against cover sheets", Args: cobra.NoArgs,
		Long: `Check that no entry was cut, altered or reordered: every entry against the tree, every
checkpoint against its signature, and what witnesses outside have seen: a --mark (journal
size and root, typed from a cover sheet) or --against a file, which is COVER.txt, a
label, a checkpoint carried out earlier, or the folder of a medium.

Whoever rules the station can write a new journal and sign it; witnesses outside he
cannot reach. Do this monthly, with at least one of them. Exit 5 when it fails: the
journal is then named truncated, forked or rewritten, and between which entries.`,
		Example: `  darksite journal verify --against /media/usb
  darksite journal verify --against cover-17.txt --against checkpoint-2026-03.txt
  darksite journal verify --mark 17:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08`,
		RunE: func(c *cobra.Command, _ []string) error {
			witnesses, err := parseMarks(marks)
			if err != nil {
				return err
			}
			read, err := a.witnesses(against)
			if err != nil {
				return err
			}
			log, err := a.ViewJournal()
			if err != nil {
				return err
			}
			heard := log.Hear(append(witnesses, read...))
			report, err := log.Verify(c.Context())
			if len(report.Problems) > 0 {
				err = cli.WithHint(cli.WithCode(cli.CodeTampered, errors.New(strings.Join(report.Problems, "\n"))), "keep the folder as it is and inform the security officer")
			}
			if err := errors.Join(err, contradicted(heard)); err != nil {
				return err
			}
			if asJSON {
				return a.Env.JSON(reportView{report.Mark.Size, report.Mark.Root, report.Checkpoints, len(heard), report.Proven, report.ClockBack, report.Torn, testimonyViews(heard)})
			}
			fmt.Fprintf(a.Env.Out, "%d entries, root %s\n%d signed checkpoints agree\n", report.Mark.Size, report.Mark.Root, report.Checkpoints)
			for _, t := range heard {
				fmt.Fprintf(a.Env.Out, "%s agrees: %s\n", cli.Printable(t.Name), t.Why)
			}
			if len(heard) == 0 {
				a.Env.Notef("no witness from outside was asked: whoever rules this station could have written all of it anew")
				a.Env.Next("darksite journal verify --against COVER.txt", "darksite journal checkpoint > FILE   (and carry it out, for the next time)")
			}
			a.tornNote(report.Torn)
			return nil
		},
	}
	c.Flags().StringArrayVar(&marks, "mark", nil, "size:root from a cover sheet; may be given again")
	c.Flags().StringArrayVar(&against, "against", nil, "cover sheet, label, checkpoint, or folder of a medium; may be given again")
	cli.JSONFlag(c, &asJSON)
	return c
}

func parseMarks(list []string) ([]journal.Witness, error) {
	var out []journal.Witness
	for _, m := range list {
		size, root, _ := strings.Cut(m, ":")
		n, err := strconv.ParseInt(size, 10, 64)
		if err != nil || n < 0 || !bundle.Digest(root).Valid() {
			return nil, cli.Usagef("--mark %q: want size:root, a number and 64 hex digits", m)
		}
		out = append(out, journal.Witness{Name: "mark " + size, Mark: bundle.JournalMark{Size: n, Root: bundle.Digest(root)}})
	}
	return out, nil
}
