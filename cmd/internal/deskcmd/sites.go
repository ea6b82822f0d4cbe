package deskcmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"strings"

	"darksite/bundle"
	"darksite/bundle/desk"
	"darksite/bundle/desk/intake"
	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	spoken "darksite/bundle/words"
	"darksite/cmd/internal/cli"

	"github.com/spf13/cobra"
)

func (a *app) sitesCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "sites", Short: "The sites whose bundles can be verified",
		Example: "  casedesk sites enrol /media/usb/roster.txt\n  casedesk sites show S042",
	}
	c.AddCommand(a.sitesListCommand(), a.sitesShowCommand(), a.sitesEnrolCommand(),
		a.sitesContactCommand(), a.sitesPlanCommand(), a.sitesAccessCommand(), a.sitesHoursCommand(), a.sitesWeekCommand())
	return c
}

type siteRow struct {
	Site    string `json:"site"`
	Roster  int64  `json:"roster_version"`
	People  int    `json:"people"`
	Bundles int    `json:"bundles"`
	Replies int64  `json:"replies"`
	Seen    int64  `json:"reply_seen"` // newest reply a bundle says was opened
	Missing int64  `json:"missing"`
}

func (a *app) sitesListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List enrolled sites with what has come from them", Args: cobra.NoArgs,
		Example: "  casedesk sites list",
		RunE: func(c *cobra.Command, _ []string) error {
			store, done, err := a.openStore()
			if err != nil {
				return err
			}
			defer done() //nolint:errcheck // nothing was written
			files, err := os.ReadDir(a.path(rostersDir))
			if err != nil {
				return fmt.Errorf("list sites: %w", err)
			}
			rows := []siteRow{}
			for _, f := range files {
				site := strings.TrimSuffix(f.Name(), ".txt")
				r, err := a.roster(site)
				if err != nil {
					return err
				}
				chain, err := store.Bundles(c.Context(), site)
				if err != nil {
					return err
				}
				row := siteRow{Site: site, Roster: r.Version, People: len(r.People), Bundles: len(chain)}
				if len(chain) > 0 {
					row.Missing = chain[len(chain)-1].Seq - int64(len(chain))
				}
				row.Seen = seen(chain)
				if row.Replies, _, err = store.LastReply(c.Context(), site); err != nil {
					return err
				}
				rows = append(rows, row)
			}
			if asJSON {
				return a.env.JSON(rows)
			}
			t := &cli.Table{Header: []string{"SITE", "ROSTER", "PEOPLE", "BUNDLES", "MISSING", "REPLIES", "OPENED"}}
			for _, r := range rows {
				t.Add(r.Site, fmt.Sprint(r.Roster), fmt.Sprint(r.People), fmt.Sprint(r.Bundles), fmt.Sprint(r.Missing), fmt.Sprint(r.Replies), fmt.Sprint(r.Seen))
			}
			t.Print(a.env.Out, a.env.Width(), a.env.Color())
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

// rosterView is one roster, as show prints it.
type rosterView struct {
	Site      string       `json:"site"`
	Version   int64        `json:"roster_version"`
	Approvals int64        `json:"approvals"`
	People    []rosterLine `json:"people"`
	File      desk.Site    `json:"file"` // contacts, plan, access, hours
}

type rosterLine struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Role        string `json:"role"`
	Fingerprint string `json:"fingerprint"`
}

func viewRoster(r roster.Roster, file desk.Site) rosterView {
	v := rosterView{File: file, Site: r.Site, Version: r.Version, Approvals: r.Approvals, People: []rosterLine{}}
	for _, p := range r.People {
		v.People = append(v.People, rosterLine{p.ID, p.Name, string(p.Role), p.Key.Fingerprint()})
	}
	return v
}

func (a *app) sitesShowCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "show SITE", Short: "Show a site: roster, contacts, plan, access and hours", Args: cobra.ExactArgs(1),
		Example: "  casedesk sites show S042",
		RunE: func(c *cobra.Command, args []string) error {
			r, err := a.enrolled(args[0])
			if err != nil {
				return err
			}
			store, done, err := a.openStore()
			if err != nil {
				return err
			}
			file, err := store.Site(c.Context(), args[0])
			if err = errors.Join(err, done()); err != nil {
				return err
			}
			if asJSON {
				return a.env.JSON(viewRoster(r, file))
			}
			a.printRoster(r)
			a.printFile(file)
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

// enrolled is the roster of a site a person named. Where there is none nothing is
// to be distrusted: it is only not there.
func (a *app) enrolled(site string) (roster.Roster, error) {
	r, err := a.roster(site)
	if errors.Is(err, intake.ErrUnknownSite) {
		return r, cli.WithHint(fmt.Errorf("site %s is not enrolled", site), "casedesk sites list")
	}
	return r, err
}

func (a *app) printRoster(r roster.Roster) {
	fmt.Fprintf(a.env.Out, "site %s, roster version %d, %d approvals needed\n", r.Site, r.Version, r.Approvals)
	for _, p := range r.People { // the words are what the site reads over the telephone
		fmt.Fprintf(a.env.Out, "\n%s  %s, %s\n  ssh    %s\n", p.ID, p.Role, cli.Printable(p.Name), p.Key.Fingerprint())
		for _, row := range spoken.Rows(p.Key.Hex(), spelled(p.Key.Hex())) {
			fmt.Fprintln(a.env.Out, "  "+row)
		}
	}
}

// spelled is a digest in the words that every site can read from its own screen.
func spelled(digest string) []string {
	list, err := spoken.Digest(spoken.English, bundle.Digest(digest))
	if err != nil {
		return nil // not a digest: it stands in hex alone
	}
	return list
}

func (a *app) sitesEnrolCommand() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "enrol ROSTER", Short: "Accept the roster of a site once its fingerprints are compared", Args: cobra.ExactArgs(1),
		Long: `Read a roster that was carried in, show its fingerprints and accept it after they
have been compared with the site over the telephone number of the contract.`,
		Example: "  casedesk sites enrol /media/usb/roster.txt",
		RunE:    func(_ *cobra.Command, args []string) error { return a.enrol(args[0], yes) },
	}
	c.Flags().BoolVar(&yes, "yes", false, "the fingerprints have been compared: do not ask")
	return c
}

func (a *app) enrol(file string, yes bool) error {
	if _, err := a.vendor(); err != nil {
		return err
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the roster: %w", err)
	}
	text, sigs := roster.Unbundle(whole)
	r, err := roster.Parse(text)
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("%s: %w", file, err)), "ask the site for a new copy: darksite site roster")
	}
	old, err := a.roster(r.Site)
	switch {
	case err == nil && r.Version < old.Version:
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("roster %d of site %s is older than version %d in force", r.Version, r.Site, old.Version)),
			"ask the site for its newest: darksite site roster")
	case err == nil && r.Version == old.Version && !reflect.DeepEqual(r, old):
		return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("roster %d of site %s differs from the roster %d in force: a roster that changes gets a new number", r.Version, r.Site, old.Version)),
			"telephone the site: two different rosters carry one number")
	case err != nil && !errors.Is(err, intake.ErrUnknownSite):
		return err
	}
	a.printRoster(r)
	a.env.Notef("%s", standing(old, r, text, sigs))
	refused := cli.WithHint(errors.New("the roster is not accepted: nothing was changed"), "telephone the site and compare the fingerprints")
	if err := a.env.Agree(yes, "Have you compared these with the site over the telephone number of the contract?", "the fingerprints have been compared", refused); err != nil {
		return err
	}
	if err := safefile.Write(a.path(rostersDir, r.Site+".txt"), text, fs.FileMode(0o644)); err != nil {
		return err
	}
	a.env.Notef("site %s is enrolled with roster version %d", r.Site, r.Version)
	a.env.Next(fmt.Sprintf("casedesk sites contact %s ID --role admin --name NAME --phone NUMBER --as NAME", r.Site))
	return nil
}

// standing says in words what the signatures under a roster are worth to whoever
// has to compare its fingerprints: nothing, or that officers already believed
// have signed the change.
func standing(old, r roster.Roster, text []byte, sigs [][]byte) string {
	if len(sigs) == 0 {
		return "the roster is signed by nobody: only the telephone vouches for it"
	}
	if n := len(r.Resets); n > 0 && (old.Version == 0 || r.Resets[n-1] > old.Version) {
		return fmt.Sprintf("MADE ANEW at version %d without the officers before: compare every fingerprint, and ask management of the site", r.Resets[n-1])
	}
	var base *roster.Roster
	if old.Version > 0 {
		base = &old
	}
	s, err := roster.Judge(base, text, sigs)
	switch {
	case err != nil:
		return "the signatures do not lead here from the roster in force (" + err.Error() + "): only the telephone vouches for it"
	case !s.Complete():
		return "signatures are missing: only the telephone vouches for it"
	case s.Founded:
		return "signed by everybody in it; that they are who they say, only the telephone vouches for"
	}
	return fmt.Sprintf("signed by %d officers of roster %d, which is in force here, and by every new key", s.Votes, old.Version)
}
