package siteadmin

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"darksite/bundle"
	"darksite/bundle/journal"
	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"

	"github.com/spf13/cobra"
)

func (a *app) keysSignCommand() *cobra.Command {
	var p site.Person
	var yes bool
	c := &cobra.Command{
		Use: "sign", Short: "Sign the proposed roster; with the last signature it comes into force", Args: cobra.NoArgs,
		Long: `Show what is proposed and sign it with your key. An officer decides by it; everybody
else shows that he holds the key enrolled for him. A new key that was made here signs
together with the old one; one on a token is named with --key.`,
		Example: "  darksite site keys sign --as amartin\n  darksite site keys sign --as amartin --key amartin.pub   (held by an ssh-agent)",
		RunE:    func(*cobra.Command, []string) error { return a.signRoster(p, yes) },
	}
	p.Flags(c)
	c.Flags().BoolVar(&yes, "yes", false, "the change has been read: do not ask")
	return c
}

func (a *app) signRoster(p site.Person, yes bool) error {
	s, text, ok, err := a.ProposedRoster()
	if err != nil {
		return err
	}
	if !ok {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, errors.New("no change of the roster is proposed")), "darksite site keys --help")
	}
	base, err := a.Roster()
	if err != nil {
		return err
	}
	keys, err := a.rosterSigners(p, s)
	if err != nil {
		return err
	}
	for _, row := range rosterChanges(base, s) {
		a.Env.Notef("%s", cli.Printable(row))
	}
	refused := cli.WithHint(errors.New("nothing was signed"), "darksite site keys drop --as %s --reason \"...\"", p.As)
	if err := a.Env.Agree(yes, "Sign this change?", "the change has been read", refused); err != nil {
		return err
	}
	for key, ns := range keys {
		if err := a.SignProposal(text, key, ns); err != nil {
			return err
		}
	}
	details := site.RosterDetails(s.Next)
	details["roster_sha256"] = string(bundle.DigestOf(text))
	if err := a.Record(journal.Entry{Actor: p.As, Action: "roster.sign", Details: details}); err != nil {
		return err
	}
	if s, _, _, err = a.ProposedRoster(); err != nil {
		return err
	}
	if !s.Complete() {
		a.Env.Notef("signed by %s", p.As)
		a.Env.Notef("%s", site.Unsigned(s))
		a.Env.Next("darksite site keys sign --as ID")
		return nil
	}
	if err := a.PutInForce(s, text, p.As); err != nil {
		return err
	}
	a.Env.Notef("signed by %s; roster %d is in force", p.As, s.Next.Version)
	a.Env.Next("darksite site keys", "darksite site roster --signed > roster.txt   (carry it to the vendor)")
	return nil
}

// rosterSigners are the keys of one person that count under a proposal, with what
// each signs in.
func (a *app) rosterSigners(p site.Person, s roster.Standing) (map[sign.Signer]sign.Namespace, error) {
	want := map[sign.PublicKey]sign.Namespace{}
	for _, q := range slices.Concat(s.Keys, s.Voters) {
		if q.ID == p.As {
			want[q.Key] = q.Namespace()
		}
	}
	if p.As == "" {
		return nil, cli.Usagef("say who you are with --as ID")
	}
	if len(want) == 0 {
		return nil, cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("no signature of %s is missing under roster %d: %s", p.As, s.Next.Version, site.Unsigned(s))), "darksite site keys")
	}
	out := map[sign.Signer]sign.Namespace{}
	files := []string{p.Key}
	if p.Key == "" {
		files = []string{"", a.Path(site.KeysDir, site.NextKey(p.As)+".key")}
	}
	var last error
	for i, file := range files {
		if _, err := os.Stat(file); i > 0 && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		key, err := a.Signer(p.As, file, p.PassFile)
		if err != nil {
			last = err
			continue
		}
		if ns, ok := want[key.Public()]; ok {
			out[key] = ns
			continue
		}
		last = fmt.Errorf("key %s is not the one roster %d has for %s", key.Public().ID(), s.Next.Version, p.As)
	}
	if len(out) > 0 {
		return out, nil
	}
	return nil, cli.WithHint(last, "name the key with --key FILE; a .pub file means the ssh-agent holds it")
}

// rosterChanges says what a proposal changes.
func rosterChanges(base roster.Roster, s roster.Standing) []string {
	next := s.Next
	rows := []string{fmt.Sprintf("roster %d of site %s: %d people, %d officers must agree", next.Version, next.Site, len(next.People), next.Approvals)}
	if n := len(next.Resets); n > len(base.Resets) {
		rows = append(rows, "MADE ANEW without the officers before; the vendor believes it only after a new telephone ceremony")
	}
	for _, p := range next.People {
		old, was := base.Person(p.ID)
		switch {
		case base.Version == next.Version: // founding: all of it is new
			rows = append(rows, fmt.Sprintf("%s is %s with key %s, %s", p.ID, p.Role, p.Key.ID(), p.Name))
		case !was:
			rows = append(rows, fmt.Sprintf("NEW %s as %s with key %s, %s", p.ID, p.Role, p.Key.ID(), p.Name))
		case old.Key != p.Key:
			rows = append(rows, fmt.Sprintf("ANOTHER KEY for %s: %s in place of %s", p.ID, p.Key.ID(), old.Key.ID()))
		}
	}
	for _, p := range base.People {
		if _, stays := next.Person(p.ID); !stays {
			rows = append(rows, fmt.Sprintf("GONE %s, %s", p.ID, p.Role))
		}
	}
	if base.Approvals != next.Approvals {
		rows = append(rows, fmt.Sprintf("APPROVALS %d in place of %d", next.Approvals, base.Approvals))
	}
	if base.Clear != next.Clear {
		rows = append(rows, map[bool]string{true: "CLEAR bundles may leave, signed but not encrypted", false: "CLEAR bundles may leave no more"}[next.Clear])
	}
	return rows
}
