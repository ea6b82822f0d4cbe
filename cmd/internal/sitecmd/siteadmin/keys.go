package siteadmin

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"darksite/bundle"
	"darksite/bundle/journal"
	"darksite/bundle/roster"
	"darksite/bundle/seal"
	"darksite/bundle/sign"
	"darksite/bundle/words"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"
	"darksite/cmd/internal/sitecmd/site"

	"github.com/spf13/cobra"
)

func (a *app) siteKeysCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "keys", Short: "Keys and the ceremonies around them: enrol, rotate, take back, sign", Args: cobra.NoArgs,
		Long: `Show every key the site relies on, as hex for the eye and as words for the telephone,
and what is proposed but not signed yet.

While a site is set up its roster changes at once. From "found" on every change is a
proposal: as many officers as approve a bundle sign it, and so does every key that is
new, and then it comes into force. Nothing else changes a roster. A checklist to print
leads through each ceremony: site keys checklist.`,
		Example: `  darksite site keys
  darksite site keys checklist enrol --pdf enrol.pdf
  darksite site keys rotate amartin --key /media/usb/amartin.pub
  darksite site keys sign --as ppetit`,
		RunE: func(*cobra.Command, []string) error {
			v, err := a.keysView()
			if err != nil {
				return err
			}
			if asJSON {
				return a.Env.JSON(v)
			}
			a.printKeys(v)
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	c.AddCommand(a.keysCardCommand(), a.keysChecklistCommand(), a.keysFoundCommand(), a.keysRotateCommand(), a.keysRevokeCommand(),
		a.keysPolicyCommand(), a.keysResetCommand(), a.keysSignCommand(), a.keysDropCommand())
	return c
}

// keyView is one key as people compare it.
type keyView struct {
	Holder      string   `json:"holder"`
	Name        string   `json:"name,omitempty"`
	Use         string   `json:"use"`
	State       string   `json:"state"` // in force, proposed, taken back
	Fingerprint string   `json:"fingerprint,omitempty"`
	SHA256      string   `json:"sha256"`
	Words       []string `json:"words"`
}

// keysView is what `site keys` prints.
type keysView struct {
	Site      string    `json:"site"`
	Roster    int64     `json:"roster_version"`
	SHA256    string    `json:"roster_sha256"`
	Words     []string  `json:"roster_words"`
	Approvals int64     `json:"approvals"`
	Clear     bool      `json:"clear_allowed"`
	Resets    []int64   `json:"resets"`
	SignedBy  []string  `json:"signed_by"`
	Keys      []keyView `json:"keys"`
	Proposed  int64     `json:"proposed_version,omitempty"`
	Missing   string    `json:"missing,omitempty"`
}

func (a *app) keysView() (keysView, error) {
	conf, err := a.Config()
	if err != nil {
		return keysView{}, err
	}
	r, err := a.Roster()
	if err != nil {
		return keysView{}, err
	}
	text, err := r.Encode()
	if err != nil {
		return keysView{}, err
	}
	lang := site.WordList(conf.Site.Language)
	digest := bundle.DigestOf(text)
	v := keysView{
		Site: r.Site, Roster: r.Version, SHA256: string(digest), Words: spoken(lang, string(digest)), Approvals: a.Approvals(r.Approvals), Clear: r.Clear,
		Resets: append([]int64{}, r.Resets...), SignedBy: []string{},
	}
	if chain, _, err := a.RosterChain(); err == nil && chain != nil {
		for _, p := range chain.Signed {
			v.SignedBy = append(v.SignedBy, p.ID)
		}
		slices.Sort(v.SignedBy)
		v.SignedBy = slices.Compact(v.SignedBy) // who has another key signed with both
	}
	for _, p := range r.People {
		v.Keys = append(v.Keys, personKeyView(lang, p, "in force"))
	}
	next, _, ok, err := a.ProposedRoster()
	if err != nil {
		return v, err
	}
	if ok {
		v.Proposed, v.Missing = next.Next.Version, site.Unsigned(next)
		for _, p := range next.Next.People {
			if !slices.Contains(r.People, p) {
				v.Keys = append(v.Keys, personKeyView(lang, p, "proposed"))
			}
		}
	}
	for _, p := range r.Former {
		v.Keys = append(v.Keys, personKeyView(lang, p, "taken back"))
	}
	return v, a.addRecipients(&v, lang, r)
}

// addRecipients adds what opens bundles and what signs journal and replies.
func (a *app) addRecipients(v *keysView, lang words.Language, r roster.Roster) error {
	opens := func(holder, use, recipient string) {
		print := seal.Fingerprint(recipient)
		v.Keys = append(v.Keys, keyView{Holder: holder, Use: use, State: "in force", SHA256: print, Words: spoken(lang, print)})
	}
	opens("site "+r.Site, "record key: opens what left", r.Record)
	if key, err := keyfile.PublicKey(a.Path(site.KeysDir, site.JournalKeyID+".pub")); err == nil {
		v.Keys = append(v.Keys, keyView{Holder: "site " + r.Site, Use: "signs the journal", State: "in force", Fingerprint: key.Fingerprint(), SHA256: key.Hex(), Words: spoken(lang, key.Hex())})
	}
	vendor, err := a.Vendor()
	if cli.Code(err) == cli.CodeRefused { // none yet
		return nil
	}
	if err != nil {
		return err
	}
	for _, in := range vendor.Intake {
		opens(vendor.Name, "intake: opens bundles", in)
	}
	for _, e := range vendor.Escrow {
		opens(vendor.Name, "escrow: opens bundles when the intake keys are lost", e)
	}
	for _, p := range vendor.People {
		v.Keys = append(v.Keys, personKeyView(lang, p, "in force"))
	}
	return nil
}

func personKeyView(lang words.Language, p roster.Person, state string) keyView {
	use := map[roster.Role]string{
		roster.Collector: "collector: signs manifests",
		roster.Officer:   "officer: signs approvals, labels and rosters",
		roster.Releaser:  "releaser: signs labels",
		roster.Replier:   "signs replies and receipts of the vendor",
	}[p.Role]
	return keyView{Holder: p.ID, Name: p.Name, Use: use, State: state, Fingerprint: p.Key.Fingerprint(), SHA256: p.Key.Hex(), Words: spoken(lang, p.Key.Hex())}
}

// spoken spells a digest as words; what is no digest has none.
func spoken(lang words.Language, digest string) []string {
	list, err := words.Digest(lang, bundle.Digest(digest))
	if err != nil {
		return nil
	}
	return list
}

func (a *app) printKeys(v keysView) {
	out := a.Env.Out
	signed := "signed by nobody: it is still being set up"
	if len(v.SignedBy) > 0 {
		signed = "signed by " + strings.Join(v.SignedBy, ", ")
	}
	clearBundles := "are always sealed"
	if v.Clear {
		clearBundles = "may leave in clear: signed, NOT ENCRYPTED"
	}
	fmt.Fprintf(out, "site %s, roster %d, %s\n", v.Site, v.Roster, signed)
	fmt.Fprintf(out, "%d officers must agree; bundles %s\n", v.Approvals, clearBundles)
	for _, at := range v.Resets {
		fmt.Fprintf(out, "RESET at roster %d: made anew without the officers before\n", at)
	}
	for _, row := range words.Rows(v.SHA256, v.Words) {
		fmt.Fprintln(out, "  "+row)
	}
	for _, k := range v.Keys {
		state := ""
		if k.State != "in force" {
			state = " (" + strings.ToUpper(k.State) + ")"
		}
		fmt.Fprintf(out, "\n%s%s\n  %s\n", cli.Printable(k.Holder), state, k.Use)
		if k.Fingerprint != "" {
			fmt.Fprintf(out, "  ssh    %s\n", k.Fingerprint)
		}
		for _, row := range words.Rows(k.SHA256, k.Words) {
			fmt.Fprintln(out, "  "+row)
		}
	}
	switch {
	case v.Proposed > 0:
		fmt.Fprintln(out)
		for _, row := range cli.Wrap(fmt.Sprintf("roster %d is proposed: %s", v.Proposed, v.Missing), a.Env.Width()) {
			fmt.Fprintln(out, row)
		}
		a.Env.Next("darksite site keys sign --as ID", "darksite site keys drop --as ID --reason \"...\"")
	case len(v.SignedBy) == 0:
		a.Env.Next("darksite site keys checklist found", "darksite site keys found")
	default:
		a.Env.Next("darksite site keys checklist")
	}
}

// change proposes what f makes of the roster that is proposed or in force.
func (a *app) change(f func(r roster.Roster) (roster.Roster, error)) error {
	chain, _, err := a.RosterChain()
	if err != nil {
		return a.Unreadable(site.RostersDir, err)
	}
	r, number, err := a.LatestRoster()
	if err != nil {
		return err
	}
	next, err := f(r)
	if errors.Is(err, roster.ErrChange) {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "darksite site keys   (shows who holds what)")
	}
	if err != nil {
		return cli.WithCode(cli.CodeUsage, err)
	}
	next.Version = number
	if n := len(next.Resets); n > len(r.Resets) {
		next.Resets[n-1] = number
	}
	inForce, err := a.SaveRoster(next)
	if err != nil {
		return a.tooFew(err, chain)
	}
	if inForce {
		a.Env.Notef("the roster is now version %d", number)
		a.Env.Next("darksite site keys")
	}
	return nil
}

// tooFew adds what to do when a change would leave too few officers, or when too
// few are left to sign any.
func (a *app) tooFew(err error, chain *roster.Standing) error {
	if chain == nil || cli.Code(err) != cli.CodeRefused || !errors.Is(err, roster.ErrChange) {
		return err
	}
	return cli.WithHint(err, "%s", strings.Join([]string{
		"darksite site people add ID --name NAME --role officer   (in the same change; then this one again)",
		"darksite site keys checklist lost   (when too few officers are left to sign anything)",
	}, "\n      "))
}

func (a *app) keysFoundCommand() *cobra.Command {
	return &cobra.Command{
		Use: "found", Short: "Propose the roster as it is now as the first that is signed", Args: cobra.NoArgs,
		Long: `End the setting up: propose the roster as it is. Everybody in it signs it with his own
key; from then on it changes only by what officers sign. Print the checklist first:
darksite site keys checklist found`,
		Example: "  darksite site keys found\n  darksite site keys sign --as amartin",
		RunE: func(*cobra.Command, []string) error {
			chain, _, err := a.RosterChain()
			if err != nil {
				return a.Unreadable(site.RostersDir, err)
			}
			if chain != nil {
				return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("roster %d is signed already: a site is founded once", chain.Next.Version)), "darksite site keys")
			}
			r, err := a.Roster()
			if err != nil {
				return err
			}
			text, err := r.Encode()
			if err != nil {
				return err
			}
			return a.ProposeRoster(nil, text)
		},
	}
}

func (a *app) keysRotateCommand() *cobra.Command {
	var o personOptions
	c := &cobra.Command{
		Use: "rotate ID", Short: "Propose another key for a person", Args: cobra.ExactArgs(1),
		Long: `Propose a new key for a person of the roster: one made here, or with --key one from a
token or another station. What the old key signed until now stays believed.`,
		Example: "  darksite site keys rotate mdurand\n  darksite site keys rotate amartin --key /media/usb/amartin.pub",
		RunE: func(_ *cobra.Command, args []string) error {
			id := args[0]
			r, _, err := a.LatestRoster()
			if err != nil {
				return err
			}
			if _, ok := r.Person(id); !ok {
				return cli.WithHint(cli.Usagef("nobody on the roster has the id %q", id), "darksite site people")
			}
			after, err := a.LastBundle()
			if err != nil {
				return err
			}
			key, err := a.personKeyAs(id, site.NextKey(id), o)
			if err != nil {
				return err
			}
			return a.change(func(r roster.Roster) (roster.Roster, error) { return r.Rotate(id, key, after) })
		},
	}
	c.Flags().StringVar(&o.keyFile, "key", "", "public key file to enrol instead of making a key")
	site.PassFlags(c, &o.passFile, &o.noPass)
	return c
}

func (a *app) keysRevokeCommand() *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "revoke ID", Short: "Propose to take a person and his key from the roster", Args: cobra.ExactArgs(1),
		Long: `Propose to take a key back: its holder left, or lost it. Bundles up to the newest stay
believed; what the key signs for a later one is worth nothing. Each roster repeats
every revocation before it, and its number is the number of the list.

For a lost or stolen token print the checklist first: darksite site keys checklist lost`,
		Example: "  darksite site keys revoke ppetit --reason \"token lost on the train\"",
		RunE: func(_ *cobra.Command, args []string) error {
			if strings.TrimSpace(reason) == "" {
				return cli.Usagef("--reason WORDS is needed")
			}
			after, err := a.LastBundle()
			if err != nil {
				return err
			}
			if err := a.change(func(r roster.Roster) (roster.Roster, error) { return r.Retire(args[0], after) }); err != nil {
				return err
			}
			return a.Record(journal.Entry{Actor: "admin", Action: "roster.revoke", Details: map[string]string{"person": args[0], "reason": reason}})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, in words, for the journal")
	return c
}

func (a *app) keysPolicyCommand() *cobra.Command {
	var approvals int64
	var clearBundles string
	c := &cobra.Command{
		Use: "policy", Short: "Propose how many officers must agree, and whether bundles may leave in clear", Args: cobra.NoArgs,
		Long: `Propose what the roster demands. --clear allow lets bundles leave signed but not
encrypted, for sites whose guard must look inside; every label says so.`,
		Example: "  darksite site keys policy --approvals 2\n  darksite site keys policy --clear allow",
		RunE: func(c *cobra.Command, _ []string) error {
			if clearBundles != "" && clearBundles != "allow" && clearBundles != "forbid" {
				return cli.Usagef("--clear %q: want allow or forbid", clearBundles)
			}
			if clearBundles == "" && approvals == 0 {
				return cli.Usagef("say what changes: --approvals 1 or 2, --clear allow or forbid")
			}
			return a.change(func(r roster.Roster) (roster.Roster, error) {
				if approvals != 0 {
					r.Approvals = approvals
				}
				if clearBundles != "" {
					r.Clear = clearBundles == "allow"
				}
				_, err := r.Encode()
				return r, err
			})
		},
	}
	c.Flags().Int64Var(&approvals, "approvals", 0, "officers who must agree: 1 or 2")
	c.Flags().StringVar(&clearBundles, "clear", "", "allow or forbid bundles that are signed but not encrypted")
	return c
}

func (a *app) keysResetCommand() *cobra.Command {
	var reason string
	var yes bool
	c := &cobra.Command{
		Use: "reset", Short: "Propose a roster made anew, when too few officers are left to sign", Args: cobra.NoArgs,
		Long: `Propose the roster in force, or the change proposed last, as one made anew: everybody in
it signs, no officer of before has to. It says so for ever, here and at the vendor, who
believes it only after a new telephone ceremony. First enrol and revoke whom you have
to; print the checklist: darksite site keys checklist lost`,
		Example: "  darksite site keys reset --reason \"two of three officers have left\"",
		RunE: func(*cobra.Command, []string) error {
			if strings.TrimSpace(reason) == "" {
				return cli.Usagef("--reason WORDS is needed")
			}
			refused := cli.WithHint(errors.New("nothing was reset"), "darksite site keys")
			if err := a.Env.Agree(yes, "Make the roster anew? It will say so for ever.", "management has decided it", refused); err != nil {
				return err
			}
			if err := a.change(func(r roster.Roster) (roster.Roster, error) { return r.Reset(), nil }); err != nil {
				return err
			}
			return a.Record(journal.Entry{Actor: "admin", Action: "roster.reset", Details: map[string]string{"reason": reason}})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, in words, for the journal")
	c.Flags().BoolVar(&yes, "yes", false, "management has decided it: do not ask")
	return c
}

func (a *app) keysDropCommand() *cobra.Command {
	var as, reason string
	c := &cobra.Command{
		Use: "drop", Short: "Drop the proposed roster", Args: cobra.NoArgs,
		Example: "  darksite site keys drop --as amartin --reason \"wrong key\"",
		RunE: func(*cobra.Command, []string) error {
			if as == "" || strings.TrimSpace(reason) == "" {
				return cli.Usagef("--as ID and --reason WORDS are needed")
			}
			if _, err := os.Stat(a.Path(site.RostersDir, site.Proposal+".txt")); err != nil {
				return cli.WithHint(cli.WithCode(cli.CodeRefused, errors.New("no change of the roster is proposed")), "darksite site keys")
			}
			if err := a.Record(journal.Entry{Actor: as, Action: "roster.drop", Details: map[string]string{"reason": reason}}); err != nil {
				return err
			}
			if err := a.DropProposal(); err != nil {
				return err
			}
			a.Env.Notef("the proposal is dropped; the roster in force is as it was")
			a.Env.Next("darksite site keys")
			return nil
		},
	}
	c.Flags().StringVar(&as, "as", "", "id of the person who drops it")
	c.Flags().StringVar(&reason, "reason", "", "why")
	return c
}

// personKeyAs is the key of a person: an existing public key, or one made under a
// name below keys/.
func (a *app) personKeyAs(id, name string, o personOptions) (sign.PublicKey, error) {
	if o.keyFile != "" {
		return keyfile.PublicKey(o.keyFile)
	}
	// A key whose enrolment was interrupted is taken up again.
	if key, err := keyfile.PublicKey(a.Path(site.KeysDir, name+".pub")); err == nil {
		return key, nil
	}
	pass, err := keyfile.NewPassphrase(a.Env, "the key of "+id, o.passFile, o.noPass)
	if err != nil {
		return "", err
	}
	return keyfile.NewSigner(a.Path(site.KeysDir), name, pass)
}
