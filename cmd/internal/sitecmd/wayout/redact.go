package wayout

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"darksite/bundle/redact"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"

	"github.com/spf13/cobra"
)

type redactOptions struct {
	in, out, words, policy, report, keyFile string
	jobs                                    int
	asJSON, progress, strict                bool
}

// RedactCommand is darksite redact.
func RedactCommand(s *site.Site) *cobra.Command {
	a := &app{s}
	var o redactOptions
	c := &cobra.Command{
		Use: "redact --in DIR --out DIR", Short: "Send any folder through the one gate", Args: cobra.NoArgs,
		Long: `Redact every file of a folder into another one: addresses, names, serial numbers
and secrets are replaced or masked, relative paths stay except where names had to
change. A second, independent search then proves that nothing replaced is left.
What it finds in a text is hidden there, an archive in which it finds something is
withheld, and all is proved again; with --strict such a find refuses the whole.

What cannot be read as text is withheld and listed. Symbolic links stay when they
lead to something inside the folder. What was packed with xz or bzip2 comes out
packed with gzip. The output appears when it is complete and proved, not before.

Exit 0: all went through. Exit 3: the output is there, and something was withheld
from it. Exit 4: the proof found a leak that could not be mended. Exit 2: words,
policy or flags are wrong. After exit 4, 2, 1 and Ctrl-C no output is left.`,
		Example: "  darksite redact --in /var/log/site --out /tmp/clean --words policy/words.txt --report report.json",
		RunE:    func(c *cobra.Command, _ []string) error { return a.runRedact(c.Context(), o) },
	}
	f := c.Flags()
	f.StringVar(&o.in, "in", "", "folder to read")
	f.StringVar(&o.out, "out", "", "folder to write; must not exist or be empty")
	f.StringVar(&o.words, "words", "", "file with one word a line that must go")
	f.StringVar(&o.policy, "policy", "", "policy file of the site: further rules, words that may stay")
	f.StringVar(&o.report, "report", "", "write the report (counts, never values) to this file")
	f.StringVar(&o.keyFile, "key", "", "file with the pseudonym key (default: the site's; else a key for this run alone)")
	f.IntVar(&o.jobs, "jobs", 0, "files worked on at once (default: one per processor)")
	f.BoolVar(&o.progress, "progress", false, "say how far it is, at which rate and how long it will take, on a terminal or not")
	f.BoolVar(&o.strict, "strict", false, "refuse the whole when the proof finds anything that the rules had left")
	cli.JSONFlag(c, &o.asJSON)
	_ = c.MarkFlagRequired("in") // both flags exist: they were defined above
	_ = c.MarkFlagRequired("out")
	return c
}

func (a *app) runRedact(ctx context.Context, o redactOptions) error {
	if there, err := os.ReadDir(o.out); err == nil && len(there) > 0 {
		return cli.WithHint(cli.Usagef("%s has something in it: nothing is written among other files", o.out), "name a folder that does not exist with --out")
	}
	if o.jobs < 0 {
		return cli.Usagef("--jobs %d: a number from 1 up is wanted", o.jobs)
	}
	if rel, err := filepath.Rel(o.out, o.report); o.report != "" && err == nil && filepath.IsLocal(rel) {
		return cli.WithHint(cli.Usagef("the report %s would lie in the output", o.report), "name a place beside the output with --report")
	}
	key, ofSite, err := a.pseudonymKey(o.keyFile)
	if err != nil {
		return err
	}
	a.frugal()
	options := redact.Options{Key: key, Workers: o.jobs, Links: true}
	if o.progress || cli.Terminal(a.Env.Err) {
		options.Progress = a.redactProgress()
	}
	if o.words != "" {
		if options.Words, err = site.ReadWords(o.words); err != nil {
			return err
		}
	}
	if o.policy != "" {
		if options.Policy, err = site.ReadPolicy(o.policy); err != nil {
			return cli.WithHint(cli.WithCode(cli.CodeUsage, err), "mend it in %s; nothing was written", o.policy)
		}
	}
	options.Policy.Strict = options.Policy.Strict || o.strict
	gate, err := redact.New(options)
	if err != nil {
		err = cli.WithCode(cli.CodeUsage, err)
		if o.policy != "" {
			err = cli.WithHint(err, "mend it in %s; nothing was written", o.policy)
		}
		return err
	}
	beside, err := a.openBeside(o, ofSite)
	if err != nil {
		return err
	}
	defer beside.abort()
	result, err := gate.Tree(ctx, o.in, o.out)
	if err == nil {
		err = beside.write(result, o.out)
	}
	if err != nil {
		return redactFailed(err, o)
	}
	if o.asJSON {
		if err := a.Env.JSON(result.Report); err != nil {
			return err
		}
	} else {
		a.printRedacted(result, o, ofSite)
	}
	if len(result.Withheld) > 0 {
		return cli.ErrAttention
	}
	return nil
}

// redactFailed says what can be done about a failure that left nothing.
func redactFailed(err error, o redactOptions) error {
	var leak *redact.LeakError
	switch {
	case errors.As(err, &leak):
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "nothing was written; put what leaked onto the word list (--words) and try again")
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return cli.WithHint(err, "nothing was written; make room beside %s or name another disk with --out", o.out)
	}
	return cli.WithHint(err, "nothing was written to %s", o.out)
}

// frugal makes the collector of garbage keep a process that redacts near 96 MiB: what
// a site's values take is doubled otherwise. It is a wish that costs time where the
// values alone take more, and GOMEMLIMIT in the environment goes before it.
func (a *app) frugal() {
	if a.Env.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(96 << 20)
	}
}

func (a *app) redactProgress() redact.Progress {
	steps := map[string]*cli.Progress{}
	return func(pass string, done, total int64) {
		if steps[pass] == nil {
			steps[pass] = a.Env.Progress(pass)
		}
		steps[pass].Step(done, total)
	}
}

func (a *app) printRedacted(r *redact.Result, o redactOptions, ofSite bool) {
	t := &cli.Table{Header: []string{"FOUND", "RULE"}}
	for _, n := range r.Report.ByRule {
		t.Add(fmt.Sprint(n.Count), n.Rule)
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
	if n := len(r.Leaks); n > 0 {
		a.Env.Notef("the proof found %d places that the rules had left; texts were mended there, other files withheld, and all was proved again", n)
	}
	a.Env.Notef("%d files redacted, %d withheld; the proof found nothing left", len(r.Files), len(r.Withheld))
	for _, word := range r.Report.Loosened {
		a.Env.Notef("loosened by the policy: %s stays", cli.Printable(word))
	}
	for _, w := range r.Withheld {
		a.Env.Notef("withheld: %s: %s", cli.Printable(w.Path), w.Reason)
	}
	near := int64(0)
	for _, f := range r.Files {
		near += f.NearMisses
	}
	if near > 0 {
		a.Env.Notef("%d words that look drawn by chance were kept; the report counts them for each file", near)
	}
	if ofSite {
		a.Env.Notef("darksite reveal says what a pseudonym stands for, with the record key")
	}
	next := "look through " + o.out + " before you hand it on"
	if o.report == "" && (near > 0 || len(r.Withheld) > 0) {
		next += "; --report FILE keeps what was found where"
	}
	a.Env.Next(next)
}

// pseudonymKey is the site's key, or one for this run where there is no site.
func (a *app) pseudonymKey(file string) (key []byte, ofSite bool, err error) {
	if file != "" {
		key, err := site.ReadSecret(file)
		return key, false, cli.WithHint(err, "a key is 64 hex digits; leave --key away to take the site's")
	}
	key, err = site.ReadSecret(a.Path(site.KeysDir, site.PseudonymKey))
	if errors.Is(err, fs.ErrNotExist) {
		a.Env.Notef("no site folder: pseudonyms of this run agree with no other run")
		return site.NewRandomKey(), false, nil
	}
	return key, err == nil, err
}
