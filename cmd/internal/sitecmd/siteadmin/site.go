package siteadmin

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"reflect"
	"time"

	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/bundle/seal"
	"darksite/bundle/sign"
	"darksite/bundle/words"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/certified"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/watch"
	"darksite/cmd/internal/siteconf"

	"github.com/spf13/cobra"
)

// app is the site that the commands of this package work on.
type app struct{ *site.Site }

// Command is darksite site.
func Command(s *site.Site) *cobra.Command {
	a := &app{s}
	c := &cobra.Command{
		Use:   "site",
		Short: "The site file, its people, keys and the vendor's card",
		Example: `  darksite site check
  darksite site people add amartin --name "A. Martin" --role officer
  darksite site pin https://10.1.0.10
  darksite site vendor /media/usb/vendor.txt`,
	}
	c.AddCommand(a.siteShowCommand(), a.siteCheckCommand(), a.siteContactsCommand(), a.sitePeopleCommand(), a.siteVendorCommand(), a.siteRosterCommand(), a.siteKeysCommand(), a.sitePinCommand())
	return c
}

// View is what `site show` prints.
type View struct {
	Dir       string           `json:"dir"`
	Site      siteIdentity     `json:"site"`
	Arrays    []siteArray      `json:"arrays"`
	Notify    []watch.Notifier `json:"notify"`
	Contacts  []contactView    `json:"contacts"`
	People    []personView     `json:"people"`
	Approvals int64            `json:"approvals"`
	Roster    int64            `json:"roster_version"`
	Founded   bool             `json:"roster_signed"`
	Vendor    string           `json:"vendor,omitempty"`
	Plan      string           `json:"plan,omitempty"`
	Until     string           `json:"plan_until,omitempty"`
}

type siteArray struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Via     string `json:"via"`
	Address string `json:"address,omitempty"` // what the kit calls; empty when it calls nothing
}

type siteIdentity struct {
	Code     string `json:"code"`
	Name     string `json:"name"`
	Timezone string `json:"timezone"`
	Language string `json:"language"`
}

type contactView struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Role        string `json:"role"`
	Phone       string `json:"phone,omitempty"`
	Mail        string `json:"mail,omitempty"`
	Certificate string `json:"certificate,omitempty"`
	Until       string `json:"certificate_until,omitempty"`
}

func contacts(list []siteconf.Contact) []contactView {
	out := make([]contactView, 0, len(list))
	for _, c := range list {
		v := contactView{c.ID, c.Name, c.Role, c.Phone, c.Mail, c.Certificate, ""}
		if !c.Until.IsZero() {
			v.Until = c.Until.Format(time.DateOnly)
		}
		out = append(out, v)
	}
	return out
}

type personView struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Role        string `json:"role"`
	KeyID       string `json:"keyid"`
	Fingerprint string `json:"fingerprint"`
}

// Read is the site as site show prints it.
func Read(s *site.Site) (View, error) {
	conf, err := s.Config()
	if err != nil {
		return View{}, err
	}
	r, err := s.Roster()
	if err != nil {
		return View{}, err
	}
	v := View{Dir: s.Dir(), Site: siteIdentity(conf.Site), Arrays: []siteArray{}, Notify: watch.Notifiers(conf), Contacts: contacts(conf.Contacts), Approvals: r.Approvals, Roster: r.Version, People: people(r.People), Plan: conf.Support.Plan}
	chain, _, err := s.RosterChain()
	if err != nil {
		return View{}, s.Unreadable(site.RostersDir, err)
	}
	v.Founded = chain != nil
	if !conf.Support.Until.IsZero() {
		v.Until = conf.Support.Until.Format("2006-01-02")
	}
	for _, ar := range conf.Arrays {
		v.Arrays = append(v.Arrays, siteArray{ar.Name, string(ar.Kind), string(ar.Via), ar.Dialled()})
	}
	vendor, err := s.Vendor()
	switch {
	case err == nil:
		v.Vendor = fmt.Sprintf("%s, card %d", vendor.Name, vendor.Version)
	case cli.Code(err) != cli.CodeRefused: // refused means: none yet
		return View{}, err
	}
	return v, nil
}

func people(list []roster.Person) []personView {
	out := make([]personView, 0, len(list))
	for _, p := range list {
		out = append(out, personView{p.ID, p.Name, string(p.Role), p.Key.ID(), p.Key.Fingerprint()})
	}
	return out
}

func (a *app) siteShowCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "show", Short: "What this site is: arrays, contacts, people, vendor", Args: cobra.NoArgs,
		Example: "  darksite site show --json",
		RunE: func(*cobra.Command, []string) error {
			v, err := Read(a.Site)
			if err != nil {
				return err
			}
			if asJSON {
				return a.Env.JSON(v)
			}
			a.printSite(v)
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) printSite(v View) {
	a.Env.Fact("site", fmt.Sprintf("%s, %s (%s, %s)", v.Site.Code, v.Site.Name, v.Site.Timezone, v.Site.Language))
	a.Env.Fact("folder", v.Dir)
	a.Env.Fact("export", fmt.Sprintf("%s needed, roster version %d", cli.Counted(int(v.Approvals), "approval"), v.Roster))
	vendor := v.Vendor
	if vendor == "" {
		vendor = "none yet: nothing can be sealed"
	}
	a.Env.Fact("vendor", vendor)
	a.Env.Fact("plan", fmt.Sprintf("%s until %s", cli.OrDash(v.Plan), cli.OrDash(v.Until)))
	t := &cli.Table{Header: []string{"ARRAY", "KIND", "VIA", "ADDRESS"}}
	for _, ar := range v.Arrays {
		t.Add(ar.Name, ar.Kind, ar.Via, cli.OrDash(ar.Address))
	}
	a.Env.Section(t)
	t = &cli.Table{Header: []string{"NOTIFIER", "VIA", "SEVERITY", "WHERE"}}
	for _, n := range v.Notify {
		t.Add(n.Name, n.Via, fmt.Sprintf("1-%d", n.Severity), n.Where)
	}
	a.Env.Section(t)
	t = &cli.Table{Header: []string{"CONTACT", "ROLE", "PHONE", "NAME"}}
	for _, p := range v.Contacts {
		t.Add(p.ID, p.Role, cli.OrDash(p.Phone), p.Name)
	}
	a.Env.Section(t)
	t = &cli.Table{Header: []string{"PERSON", "ROLE", "KEY", "NAME"}}
	for _, p := range v.People {
		t.Add(p.ID, p.Role, p.KeyID, p.Name)
	}
	a.Env.Section(t)
	a.Env.Next("darksite site check")
}

func (a *app) siteCheckCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "check", Short: "Is this site ready: file, people, keys, vendor", Args: cobra.NoArgs,
		Long:    "Check that the site can do its whole journey. Exit 3 when something is missing.",
		Example: "  darksite site check",
		RunE: func(*cobra.Command, []string) error {
			v, err := Read(a.Site)
			if err != nil {
				return err
			}
			findings := append(Readiness(a.Site, v), certified.Findings(a.Site)...)
			if asJSON {
				err = a.Env.JSON(findings)
			} else {
				t := &cli.Table{Header: []string{"STATE", "WHAT"}}
				for _, f := range findings {
					t.Add(f.State, f.What)
				}
				t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
			}
			return errors.Join(err, a.Attention(findings))
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

// Readiness judges what the journey needs.
func Readiness(s *site.Site, v View) []site.Finding {
	count := map[string]int{}
	for _, p := range v.People {
		count[p.Role]++
	}
	judge := func(ok bool, state, good, bad, next string) site.Finding {
		if ok {
			return site.Finding{State: "OK", What: good}
		}
		return site.Finding{State: state, What: bad, Next: next}
	}
	policy, p := s.ExaminePolicy()
	needed := site.OfficersFor(s.Approvals(v.Approvals), p)
	out := []site.Finding{{State: "OK", What: "site.yaml is read"}, policy}
	out = append(
		out,
		judge(len(v.Arrays) > 0, "WARN", cli.Counted(len(v.Arrays), "array")+" watched", "no array is configured: only this machine is watched", "edit "+s.Path(siteconf.FileName)),
		judge(len(v.Contacts) >= 2, "WARN", cli.Counted(len(v.Contacts), "contact")+" may ask for support", "fewer than two contacts: nobody may stand in", "edit "+s.Path(siteconf.FileName)),
		judge(count[string(roster.Collector)] > 0, "CRIT", "a collector is enrolled", "no collector is enrolled: no bundle can be made", "darksite site people add ID --name NAME --role collector"),
		judge(int64(count[string(roster.Officer)]) >= needed, "CRIT", fmt.Sprintf("%s for %s", cli.Counted(count[string(roster.Officer)], "officer"), cli.Counted(int(needed), "approval")),
			fmt.Sprintf("%s enrolled, %d must agree: no bundle can leave", cli.Counted(count[string(roster.Officer)], "officer"), needed), "darksite site people add ID --name NAME --role officer"),
		judge(v.Founded, "WARN", fmt.Sprintf("roster %d is signed as the one before demands", v.Roster), "the roster is signed by nobody: who can write this folder can enrol himself", "darksite site keys checklist found"),
		judge(v.Vendor != "", "CRIT", "vendor card: "+v.Vendor, "no vendor card: no bundle can be sealed", "darksite site vendor CARD"),
	)
	if _, err := os.Stat(s.Path(site.KeysDir, site.RecordKey)); err == nil {
		out = append(out, site.Finding{State: "WARN", What: "the record key lies in the site folder: keep it in the officers' safe and name it with --identity when needed"})
	}
	return out
}

func (a *app) siteContactsCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "contacts", Short: "Who may ask for support", Args: cobra.NoArgs,
		Example: "  darksite site contacts",
		RunE: func(*cobra.Command, []string) error {
			conf, err := a.Config()
			if err != nil {
				return err
			}
			if asJSON {
				return a.Env.JSON(contacts(conf.Contacts))
			}
			t := &cli.Table{Header: []string{"CONTACT", "ROLE", "PHONE", "CERTIFICATE", "UNTIL", "NAME"}}
			for _, p := range contacts(conf.Contacts) {
				t.Add(p.ID, p.Role, cli.OrDash(p.Phone), cli.OrDash(p.Certificate), cli.OrDash(p.Until), p.Name)
			}
			t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
			a.Env.Next("darksite site check")
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) sitePeopleCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "people", Short: "Who holds which key and role", Args: cobra.NoArgs,
		Example: "  darksite site people\n  darksite site people add amartin --name \"A. Martin\" --role officer",
		RunE: func(*cobra.Command, []string) error {
			r, err := a.Roster()
			if err != nil {
				return err
			}
			if asJSON {
				return a.Env.JSON(people(r.People))
			}
			t := &cli.Table{Header: []string{"PERSON", "ROLE", "KEY", "NAME"}}
			for _, p := range people(r.People) {
				t.Add(p.ID, p.Role, p.KeyID, p.Name)
			}
			t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	c.AddCommand(a.peopleAddCommand())
	return c
}

type personOptions struct {
	name, role, keyFile, passFile string
	noPass                        bool
}

func (a *app) peopleAddCommand() *cobra.Command {
	var o personOptions
	c := &cobra.Command{
		Use: "add ID", Short: "Enrol a person with a new key, or with an existing public key",
		Long: `Enrol a person. Without --key a new Ed25519 key is made below keys/, protected by a
passphrase. With --key the public key of a key file, agent or token is enrolled.
One person has one key, and a key has one role: a collector makes bundles, an officer
approves and releases them, a releaser only labels media and hands them over.

Once the roster is founded (site keys found) this is a proposal that officers sign.`,
		Example: `  darksite site people add mdurand --name "M. Durand" --role collector
  darksite site people add amartin --name "A. Martin" --role officer --key /media/usb/amartin.pub`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.addPerson(args[0], o) },
	}
	c.Flags().StringVar(&o.name, "name", "", "name of the person")
	c.Flags().StringVar(&o.role, "role", "", "collector, officer or releaser")
	c.Flags().StringVar(&o.keyFile, "key", "", "public key file to enrol instead of making a key")
	site.PassFlags(c, &o.passFile, &o.noPass)
	_ = c.MarkFlagRequired("name") // both flags exist: they were defined above
	_ = c.MarkFlagRequired("role")
	return c
}

func (a *app) addPerson(id string, o personOptions) error {
	r, number, err := a.LatestRoster()
	if err != nil {
		return err
	}
	if err := admissible(r, id, o); err != nil {
		return cli.WithCode(cli.CodeUsage, err)
	}
	key, err := a.personKeyAs(id, id, o)
	if err != nil {
		return err
	}
	next, err := r.Enrol(roster.Person{ID: id, Name: o.name, Role: roster.Role(o.role), Key: key})
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "make a new key for %s: leave --key out, or name another file", id)
	}
	next.Version = number
	inForce, err := a.SaveRoster(next)
	if err != nil || !inForce {
		return err
	}
	a.Env.Notef("%s is enrolled as %s, key %s; the roster is now version %d", id, o.role, key.ID(), number)
	a.Env.Next("darksite site check", "darksite site keys card "+id, "darksite site roster > roster.txt   (carry it to the vendor, who enrols it)")
	return nil
}

// admissible refuses what the roster would refuse before a key is made, by
// trying a key that is thrown away.
func admissible(r roster.Roster, id string, o personOptions) error {
	_, key, err := sign.GenerateKey(nil, id, nil)
	if err != nil {
		return err
	}
	_, err = r.Enrol(roster.Person{ID: id, Name: o.name, Role: roster.Role(o.role), Key: key})
	return err
}

func (a *app) siteVendorCommand() *cobra.Command {
	var yes, asJSON bool
	c := &cobra.Command{
		Use: "vendor [CARD]", Short: "Show or accept the vendor's card: who can open bundles, who signs replies",
		Long: `Without CARD show the card in force. With CARD read it, show its fingerprints, and
accept it once you have compared them over the telephone with the vendor.`,
		Example: "  darksite site vendor /media/usb/vendor.txt",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				v, err := a.Vendor()
				if err != nil {
					return err
				}
				if asJSON {
					return a.Env.JSON(viewVendor(v))
				}
				a.printVendor(v)
				return nil
			}
			if asJSON {
				return cli.Usagef("--json shows the card in force: leave CARD out")
			}
			return a.acceptVendor(args[0], yes)
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "the fingerprints have been compared: do not ask")
	cli.JSONFlag(c, &asJSON)
	return c
}

// vendorView is the card in force, as vendor prints it.
type vendorView struct {
	Name    string       `json:"name"`
	Version int64        `json:"version"`
	Intake  []string     `json:"intake"` // fingerprints
	Escrow  []string     `json:"escrow"`
	People  []personView `json:"people"`
}

func viewVendor(v roster.Vendor) vendorView {
	out := vendorView{Name: v.Name, Version: v.Version, Intake: []string{}, Escrow: []string{}, People: people(v.People)}
	for _, in := range v.Intake {
		out.Intake = append(out.Intake, seal.Fingerprint(in))
	}
	for _, e := range v.Escrow {
		out.Escrow = append(out.Escrow, seal.Fingerprint(e))
	}
	return out
}

func (a *app) printVendor(v roster.Vendor) {
	fmt.Fprintf(a.Env.Out, "vendor %s, card %d\n", cli.Printable(v.Name), v.Version)
	show := func(what, ssh, digest string) {
		fmt.Fprintf(a.Env.Out, "\n%s\n", cli.Printable(what))
		if ssh != "" {
			fmt.Fprintf(a.Env.Out, "  ssh    %s\n", ssh)
		}
		for _, row := range words.Rows(digest, spoken(a.wordList(), digest)) {
			fmt.Fprintln(a.Env.Out, "  "+row)
		}
	}
	for _, in := range v.Intake {
		show("opens bundles", "", seal.Fingerprint(in))
	}
	for _, e := range v.Escrow {
		show("opens bundles, kept offline for the day the others are lost", "", seal.Fingerprint(e))
	}
	for _, p := range v.People {
		show("signs replies: "+p.ID, p.Key.Fingerprint(), p.Key.Hex())
	}
}

// wordList is the list of words in the language of the site.
func (a *app) wordList() words.Language {
	conf, err := a.Config()
	if err != nil {
		return words.English // the screen that needs it says what is wrong with site.yaml
	}
	return site.WordList(conf.Site.Language)
}

func (a *app) acceptVendor(card string, yes bool) error {
	text, err := os.ReadFile(card)
	if err != nil {
		return fmt.Errorf("read the vendor card: %w", err)
	}
	v, err := roster.ParseVendor(text)
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("%s: %w", card, err)), "ask the vendor for a new copy of the card")
	}
	old, err := a.Vendor()
	switch {
	case err == nil && v.Version < old.Version:
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("card %d is older than card %d in force: a key taken back would come alive again", v.Version, old.Version)), "ask the vendor for the newest card")
	case err == nil && v.Version == old.Version && !reflect.DeepEqual(v, old):
		return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("card %d differs from the card %d in force: a card that changes gets a new number", v.Version, old.Version)),
			"telephone the vendor: two different cards carry one number")
	}
	if err != nil && cli.Code(err) != cli.CodeRefused { // refused means: none yet
		return err
	}
	a.printVendor(v)
	refused := cli.WithHint(errors.New("the card is not accepted: nothing was changed"), "telephone the vendor and compare the fingerprints")
	if err := a.Env.Agree(yes, "Have you compared these with the vendor over the telephone?", "the fingerprints have been compared", refused); err != nil {
		return err
	}
	if err := safefile.Write(a.Path(site.VendorFile), text, fs.FileMode(0o644)); err != nil {
		return err
	}
	a.Env.Notef("vendor card %d is in force", v.Version)
	a.Env.Next("darksite site check")
	return nil
}

func (a *app) siteRosterCommand() *cobra.Command {
	var signers, revoked, signed bool
	c := &cobra.Command{
		Use: "roster", Short: "Print the roster, to be carried to the vendor and enrolled there", Args: cobra.NoArgs,
		Long: `Print the roster of this site, with --signed together with the signatures that put it
into force. With --allowed-signers or --revoked print the file of that name which stock
ssh-keygen takes, for checking a medium without this kit.`,
		Example: "  darksite site roster > /media/usb/roster.txt\n  darksite site roster --allowed-signers > allowed_signers",
		RunE: func(*cobra.Command, []string) error {
			r, err := a.Roster()
			if err != nil {
				return err
			}
			text, err := r.Encode()
			switch {
			case signers && revoked, signed && (signers || revoked):
				return cli.Usagef("--signed, --allowed-signers or --revoked: one file at a time")
			case signed:
				if text, err = a.SignedText(r); err != nil {
					return err
				}
			case signers:
				text = r.AllowedSigners()
			case revoked:
				text = r.RevokedKeys(math.MaxInt64)
			}
			if err != nil {
				return err
			}
			_, err = a.Env.Out.Write(text)
			return err
		},
	}
	c.Flags().BoolVar(&signed, "signed", false, "print the signatures below the roster")
	c.Flags().BoolVar(&signers, "allowed-signers", false, "print the allowed_signers file of ssh-keygen")
	c.Flags().BoolVar(&revoked, "revoked", false, "print the file of revoked keys of ssh-keygen")
	return c
}
