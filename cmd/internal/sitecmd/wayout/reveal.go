package wayout

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"darksite/bundle/redact"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"

	"filippo.io/age"
	"github.com/spf13/cobra"
)

// RevealCommand is darksite reveal.
func RevealCommand(s *site.Site) *cobra.Command {
	a := &app{s}
	var identity, passFile string
	var asJSON bool
	c := &cobra.Command{
		Use: "reveal TOKEN...", Short: "What a pseudonym of this site stands for; for use at the site only", Args: cobra.MinimumNArgs(1),
		Long: `Look pseudonyms up in the maps of this site's bundles and of what darksite redact
wrote here, which only the record key opens. Use it when the vendor asks which host
or array a name in a reply means. A pseudonym is taken as it stands in a text: in
any case, with a port or a prefix length behind it, under in-addr.arpa or ip6.arpa,
or in hex as in /proc/net.

Exit 3 when some of several are not known, 1 when none is.`,
		Example: "  darksite reveal host-k7f3q2 --identity /media/safe/record.key",
		RunE: func(_ *cobra.Command, args []string) error {
			if identity == "" {
				identity = a.Path(site.KeysDir, site.RecordKey)
			}
			ids, err := a.identities(identity, passFile)
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
				a.Env.Notef("no map of this site knows %s", cli.Printable(strings.Join(missing, ", ")))
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
		return a.Env.JSON(found)
	}
	t := &cli.Table{Header: []string{"PSEUDONYM", "KIND", "VALUE"}}
	for _, f := range found {
		t.Add(f.Token, f.Kind, f.Value)
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
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
	files, err := filepath.Glob(a.Path(site.MapsDir, "*.age"))
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
