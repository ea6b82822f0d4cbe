package sitecmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"darksite/bundle/redact"
	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"

	"filippo.io/age"
	"github.com/spf13/cobra"
)

type redactOptions struct {
	in, out, words, policy, report, keyFile string
	jobs                                    int
	asJSON, progress, strict                bool
}

func (a *app) redactCommand() *cobra.Command {
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

Exit 3 when something was withheld, 4 when the proof found a leak that could not be
mended; then, and after any other failure, no output is left.`,
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
	key, err := a.pseudonymKey(o.keyFile)
	if err != nil {
		return err
	}
	options := redact.Options{Key: key, Workers: o.jobs, Links: true}
	if o.progress || cli.Terminal(a.env.Err) {
		options.Progress = a.redactProgress()
	}
	if o.words != "" {
		if options.Words, err = readWords(o.words); err != nil {
			return err
		}
	}
	if o.policy != "" {
		if options.Policy, err = readPolicy(o.policy); err != nil {
			return cli.WithCode(cli.CodeUsage, err)
		}
	}
	options.Policy.Strict = options.Policy.Strict || o.strict
	gate, err := redact.New(options)
	if err != nil {
		return cli.WithCode(cli.CodeUsage, err)
	}
	result, err := gate.Tree(ctx, o.in, o.out)
	if err != nil {
		return redactFailed(err, o)
	}
	if o.report != "" {
		text, err := json.MarshalIndent(result.Report, "", "  ")
		if err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		if err := safefile.Write(o.report, append(text, '\n'), 0o600); err != nil {
			return err
		}
	}
	if o.asJSON {
		if err := a.env.JSON(result.Report); err != nil {
			return err
		}
	} else {
		a.printRedacted(result)
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

func (a *app) redactProgress() redact.Progress {
	steps := map[string]*cli.Progress{}
	return func(pass string, done, total int64) {
		if steps[pass] == nil {
			steps[pass] = a.env.Progress(pass)
		}
		steps[pass].Step(done, total)
	}
}

func (a *app) printRedacted(r *redact.Result) {
	t := &cli.Table{Header: []string{"FOUND", "RULE"}}
	for _, n := range r.Report.ByRule {
		t.Add(fmt.Sprint(n.Count), n.Rule)
	}
	t.Print(a.env.Out, a.env.Width(), a.env.Color())
	if n := len(r.Leaks); n > 0 {
		a.env.Notef("the proof found %d places that the rules had left; texts were mended there, other files withheld, and all was proved again", n)
	}
	a.env.Notef("%d files redacted, %d withheld; the proof found nothing left", len(r.Files), len(r.Withheld))
	for _, word := range r.Report.Loosened {
		a.env.Notef("loosened by the policy: %s stays", cli.Printable(word))
	}
	for _, w := range r.Withheld {
		a.env.Notef("withheld: %s: %s", cli.Printable(w.Path), w.Reason)
	}
}

// pseudonymKey is the site's key, or one for this run where there is no site.
func (a *app) pseudonymKey(file string) ([]byte, error) {
	if file != "" {
		key, err := readSecret(file)
		return key, cli.WithHint(err, "a key is 64 hex digits; leave --key away to take the site's")
	}
	key, err := readSecret(a.path(keysDir, pseudonymKey))
	if errors.Is(err, fs.ErrNotExist) {
		a.env.Notef("no site folder: pseudonyms of this run agree with no other run")
		return newRandomKey(), nil
	}
	return key, err
}

func readPolicy(file string) (redact.Policy, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return redact.Policy{}, fmt.Errorf("read the policy: %w", err)
	}
	return redact.ParsePolicy(file, string(text))
}

// readWords reads a word list; see [redact.ParseWords].
func readWords(file string) ([]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the word list: %w", err)
	}
	words, err := redact.ParseWords(file, data)
	return words, cli.WithHint(err, "mend the list; nothing was written")
}

func (a *app) revealCommand() *cobra.Command {
	var identity, passFile string
	var asJSON bool
	c := &cobra.Command{
		Use: "reveal TOKEN...", Short: "What a pseudonym of this site stands for; for use at the site only", Args: cobra.MinimumNArgs(1),
		Long: `Look pseudonyms up in the maps of this site's bundles, which only the record key
opens. Use it when the vendor asks which host or array a name in a reply means.`,
		Example: "  darksite reveal host-k7f3q2 --identity /media/safe/record.key",
		RunE: func(_ *cobra.Command, args []string) error {
			if identity == "" {
				identity = a.path(keysDir, recordKey)
			}
			ids, err := keyfile.Identities(identity, keyfile.Ask(a.env, passFile))
			if err != nil {
				return err
			}
			found, err := a.lookup(args, ids)
			if err != nil {
				return err
			}
			if len(found) == 0 {
				return cli.WithHint(fmt.Errorf("no map of this site knows %s", strings.Join(args, ", ")), "compare the spelling; secrets are masked for good and cannot be revealed")
			}
			if err := a.printRevealed(found, asJSON); err != nil {
				return err
			}
			if missing := unknownOf(args, found); len(missing) > 0 {
				a.env.Notef("no map of this site knows %s", cli.Printable(strings.Join(missing, ", ")))
				return cli.ErrAttention
			}
			return nil
		},
	}
	c.Flags().StringVar(&identity, "identity", "", "file of the record key (default: keys/record.key)")
	c.Flags().StringVar(&passFile, "passphrase-file", "", "passphrase of the record key")
	cli.JSONFlag(c, &asJSON)
	return c
}

type revealed struct {
	Token string `json:"token"`
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

func (a *app) printRevealed(found []revealed, asJSON bool) error {
	if asJSON {
		return a.env.JSON(found)
	}
	t := &cli.Table{Header: []string{"PSEUDONYM", "KIND", "VALUE"}}
	for _, f := range found {
		t.Add(f.Token, f.Kind, f.Value)
	}
	t.Print(a.env.Out, a.env.Width(), a.env.Color())
	return nil
}

// unknownOf are the tokens that were not found.
func unknownOf(tokens []string, found []revealed) []string {
	known := map[string]bool{}
	for _, f := range found {
		known[f.Token] = true
	}
	return slices.DeleteFunc(slices.Clone(tokens), func(t string) bool { return known[t] })
}

func (a *app) lookup(tokens []string, ids []age.Identity) ([]revealed, error) {
	files, err := filepath.Glob(a.path(mapsDir, "*.age"))
	if err != nil {
		return nil, fmt.Errorf("list the maps: %w", err)
	}
	found := map[string]revealed{}
	for _, file := range files {
		m, err := openMap(file, ids)
		if err != nil {
			return nil, err
		}
		for _, t := range tokens {
			if e, ok := m.Find(t); ok {
				found[t] = revealed{t, e.Kind.String(), e.Original}
			}
		}
	}
	var out []revealed
	for _, t := range tokens {
		if r, ok := found[t]; ok {
			out = append(out, r)
			delete(found, t)
		}
	}
	return out, nil
}

func openMap(file string, ids []age.Identity) (*redact.Map, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("open map: %w", err)
	}
	defer f.Close()
	m, err := redact.OpenMap(f, ids...)
	if wrong := (*age.NoIdentityMatchError)(nil); errors.As(err, &wrong) {
		return nil, cli.WithHint(fmt.Errorf("open map %s: this key does not open it", filepath.Base(file)), "name the record key of this site with --identity FILE; only that one opens its maps")
	}
	if err != nil {
		return nil, cli.WithHint(fmt.Errorf("open map %s: %w", filepath.Base(file), err), "the map is damaged: fetch it from a backup of %s, or move it away to look into the others", filepath.Dir(file))
	}
	return m, nil
}
