package deskcmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"darksite/bundle"
	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"
	"darksite/training/award"
	"darksite/training/certificate"
	"darksite/training/register"

	"github.com/spf13/cobra"
)

// issueOptions say who signs what.
type issueOptions struct {
	bank, as, passFile string
	session            string
	products           []string
	anew               bool
}

func (a *app) trainIssueCommand() *cobra.Command {
	var o issueOptions
	var asJSON bool
	c := &cobra.Command{
		Use: "issue BUNDLE", Short: "Check the examinations of a bundle and issue the certificates that follow", Args: cobra.ExactArgs(1),
		Long: `Check every examination of a bundle as "train verify" does, and sign a certificate for
each that was passed and has none yet. It counts for 24 months and goes back with every
reply to the site from now on.

What a site took out of force itself, only this desk puts back: --anew issues the
certificate of one examination once more, under another ID and until the same day.`,
		Example: "  casedesk train issue S042-000017 --as ruth --product flasharray-6\n  casedesk train issue S042-000017 --as ruth --session 00112233445566ff --anew",
		RunE: func(c *cobra.Command, args []string) error {
			if o.anew && o.session == "" {
				return cli.Usagef("--anew: name the one examination with --session")
			}
			return a.issue(c.Context(), bundle.ID(args[0]), o, asJSON)
		},
	}
	c.Flags().StringVar(&o.as, "as", "", "id of who issues, as on the vendor card")
	c.Flags().StringVar(&o.passFile, "passphrase-file", "", "passphrase of the key")
	c.Flags().StringVar(&o.session, "session", "", "only the examination of this session")
	c.Flags().BoolVar(&o.anew, "anew", false, "once more, where the site took the certificate out of force")
	c.Flags().StringArrayVar(&o.products, "product", nil, "a kind of array with its major version, such as flasharray-6; may be given again")
	c.Flags().StringVar(&o.bank, "bank", "", "folder of the bank of questions it was held with (default: the kit's own)")
	cli.JSONFlag(c, &asJSON)
	_ = c.MarkFlagRequired("as") // the flag exists: it was defined above
	return c
}

// certificateID is the ID of the vendor's certificate for an examination. Of one
// examination there is one, however often its record arrives.
func certificateID(c award.Award) string {
	kind := map[certificate.Track]string{certificate.Admin: "DSA", certificate.Officer: "DSO", certificate.TSE: "DST"}[c.Record.Track]
	return kind + "-" + strings.ToUpper(c.Record.Session[:8])
}

// issuer is the key of somebody of the vendor card that is not taken back.
func (a *app) issuer(id, passFile string) (sign.Signer, roster.Vendor, error) {
	v, err := a.vendor()
	if err != nil {
		return nil, v, err
	}
	who, ok := v.Person(id)
	if !ok || !slices.Contains(award.Issuers(v), who.Key) {
		return nil, v, cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("%q is not on the vendor card, or the key is taken back", id)), "casedesk keys card")
	}
	key, err := keyfile.Signer(a.path(keysDir, id+".key"), keyfile.Ask(a.env, passFile))
	if err != nil {
		return nil, v, err
	}
	if key.Public() != who.Key {
		return nil, v, cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("key %s is not the one on the vendor card for %s", key.Public().ID(), id)), "casedesk keys card")
	}
	return key, v, nil
}

// issuedView is what train issue prints.
type issuedView struct {
	Certificate string `json:"certificate"`
	Candidate   string `json:"candidate"`
	Until       string `json:"until"`
	New         bool   `json:"new"`
}

func (a *app) issue(ctx context.Context, id bundle.ID, o issueOptions, asJSON bool) error {
	key, _, err := a.issuer(o.as, o.passFile)
	if err != nil {
		return err
	}
	views, err := a.exams(ctx, id, o.bank)
	if err != nil {
		return err
	}
	out := []issuedView{}
	for _, v := range views {
		if o.session != "" && v.Session != o.session {
			continue
		}
		if !v.Passed {
			a.env.Notef("examination %s of %s was not passed: nothing is issued for it", v.Session, v.Candidate)
			continue
		}
		one, err := a.issueOne(v, key, o)
		if err != nil {
			return err
		}
		out = append(out, one)
	}
	if len(out) == 0 && len(views) == 0 {
		return nil // the bundle brings withdrawals alone, and they were shown
	}
	if len(out) == 0 {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("no examination of %s leads to a certificate", id)), "casedesk train verify %s", id)
	}
	if asJSON {
		return a.env.JSON(out)
	}
	for _, i := range out {
		word := "was issued before"
		if i.New {
			word = "issued"
		}
		fmt.Fprintf(a.env.Out, "%s  %s, for %s, until %s\n", i.Certificate, word, i.Candidate, i.Until)
	}
	a.env.Next("casedesk reply CASE --as ONE --as OTHER   (carries it to the site)", "casedesk train list")
	return nil
}

func (a *app) issueOne(v examView, key sign.Signer, o issueOptions) (issuedView, error) {
	id := certificateID(v.award)
	old, err := a.register().Certificate(id)
	if err == nil {
		if old.Key != v.Key {
			return issuedView{}, fmt.Errorf("examination %s: %w: %s", v.Session, register.ErrOther, id)
		}
		if o.anew {
			return a.issueAnew(old, v, key)
		}
		return issuedView{id, v.Candidate, old.Until.String(), false}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return issuedView{}, cli.WithCode(cli.CodeTampered, err)
	}
	c, err := v.award.Certificate(id, key.Public(), certificate.DayOf(a.env.Now().UTC()), o.products, false)
	if err != nil {
		return issuedView{}, cli.WithCode(cli.CodeUsage, err)
	}
	signed, err := certificate.Issue(c, key)
	if err != nil {
		return issuedView{}, err
	}
	return issuedView{id, v.Candidate, c.Until.String(), true}, a.register().Keep(signed)
}

// issueAnew puts back what a site took out of force: the same certificate under another
// ID, which the withdrawal does not name.
func (a *app) issueAnew(old certificate.Signed, v examView, key sign.Signer) (issuedView, error) {
	rows, err := a.certificateRows()
	if err != nil {
		return issuedView{}, err
	}
	id := old.ID
	for n := 2; ; n++ {
		i := slices.IndexFunc(rows, func(r certificateRow) bool { return r.ID == id })
		if i < 0 {
			break
		}
		if rows[i].State != string(certificate.Counts) || rows[i].AtSite == "" {
			return issuedView{}, cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("certificate %s is not out of force at the site alone: %s", id, rows[i].State)), "casedesk train list")
		}
		id = fmt.Sprintf("%s-%d", old.ID, n)
	}
	c := old.Certificate
	c.ID, c.Issued, c.Issuer = id, certificate.DayOf(a.env.Now().UTC()), key.Public().ID()
	signed, err := certificate.Issue(c, key)
	if err != nil {
		return issuedView{}, err
	}
	return issuedView{id, v.Candidate, c.Until.String(), true}, a.register().Keep(signed)
}

// certificateRow is a certificate as the desk lists it.
type certificateRow struct {
	ID     string `json:"id"`
	Site   string `json:"site"`
	Holder string `json:"holder"`
	Track  string `json:"track"`
	Until  string `json:"until"`
	State  string `json:"state"`
	Left   int    `json:"days_left"`
	Notice int    `json:"notice_days,omitempty"`       // of its end, where one is in force
	AtSite string `json:"withdrawn_at_site,omitempty"` // why, where the site took it out of force
	key    string
}

// certificateRows are all certificates this desk has issued, by ID.
func (a *app) certificateRows() ([]certificateRow, error) {
	v, err := a.vendor()
	if err != nil {
		return nil, err
	}
	gone, _, err := a.withdrawn(v)
	if err != nil {
		return nil, err
	}
	all, err := a.register().Certificates()
	if err != nil {
		return nil, cli.WithCode(cli.CodeTampered, err)
	}
	bySites, err := a.withdrawnBySites()
	if err != nil {
		return nil, err
	}
	rows := []certificateRow{}
	today := certificate.DayOf(a.env.Now().UTC())
	for _, s := range all {
		verdict := certificate.Verify(s, certificate.Trust{Vendor: award.Issuers(v), Withdrawn: gone}, today)
		r := certificateRow{ID: s.ID, Site: s.Site, Holder: s.Holder, Track: string(s.Track), Until: s.Until.String(), State: string(verdict.Reason), Left: verdict.DaysLeft, key: s.Key}
		if verdict.OK() {
			r.Notice, _ = certificate.Notice(s.Until, today)
		}
		for _, w := range bySites {
			if w.ID == s.ID && w.Site == s.Site {
				r.AtSite, r.Notice = string(w.Why), 0
			}
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// endingAt are the certificates of a site that end soon, but for those whose holder has
// one of the same track that lasts longer.
func endingAt(site string, rows []certificateRow) []certificateRow {
	out := []certificateRow{}
	for _, r := range rows {
		longer := func(o certificateRow) bool {
			return o.key == r.key && o.Track == r.Track && o.Left > r.Left && o.State == string(certificate.Counts)
		}
		if r.Site == site && r.Notice != 0 && !slices.ContainsFunc(rows, longer) {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(x, y certificateRow) int { return cmp.Compare(x.Left, y.Left) })
	return out
}

func (a *app) trainListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "The certificates this desk has issued", Args: cobra.NoArgs,
		Example: "  casedesk train list --json",
		RunE: func(*cobra.Command, []string) error {
			rows, err := a.certificateRows()
			if err != nil {
				return err
			}
			if asJSON {
				return a.env.JSON(rows)
			}
			if len(rows) == 0 {
				a.env.Notef("no certificate was issued yet")
				a.env.Next("casedesk train verify BUNDLE")
				return nil
			}
			t := &cli.Table{Header: []string{"CERTIFICATE", "SITE", "TRACK", "UNTIL", "STATE", "HOLDER"}}
			for _, r := range rows {
				state := r.State
				if r.Notice != 0 {
					state += fmt.Sprintf(", %d days left (notice of %d)", r.Left, r.Notice)
				}
				if r.AtSite != "" && r.State == string(certificate.Counts) {
					state = "withdrawn at site: " + r.AtSite
				}
				t.Add(r.ID, r.Site, r.Track, r.Until, state, r.Holder)
			}
			t.Print(a.env.Out, a.env.Width(), a.env.Color())
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) trainWithdrawCommand() *cobra.Command {
	var o issueOptions
	var why string
	c := &cobra.Command{
		Use: "withdraw CERTIFICATE", Short: "End a certificate before its day", Args: cobra.ExactArgs(1),
		Long: `Put a certificate on the numbered list of those that count no more, and sign the list.
It goes back with every reply from now on, to every site. A provisional certificate of a
site can be withdrawn as well. Nothing is ever taken off the list.`,
		Example: "  casedesk train withdraw DSA-8B37E27C --as ruth --why \"left the site\"",
		RunE: func(_ *cobra.Command, args []string) error {
			return a.withdraw(args[0], why, o)
		},
	}
	c.Flags().StringVar(&o.as, "as", "", "id of who signs, as on the vendor card")
	c.Flags().StringVar(&o.passFile, "passphrase-file", "", "passphrase of the key")
	c.Flags().StringVar(&why, "why", "", "why, in a few words without a name; sites read it")
	_ = c.MarkFlagRequired("as") // both flags exist: they were defined above
	_ = c.MarkFlagRequired("why")
	return c
}

// withItsProvisional are a certificate and the provisional one of the same examination,
// which would else still count at the site.
func (a *app) withItsProvisional(id string) ([]string, error) {
	if strings.HasPrefix(id, "P-") {
		return []string{id}, nil
	}
	s, err := a.register().Certificate(id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cli.WithHint(fmt.Errorf("this desk issued no certificate %s", id), "casedesk train list")
	}
	if err != nil {
		return nil, cli.WithCode(cli.CodeTampered, err)
	}
	_, session, _ := strings.Cut(id, "-")
	return []string{id, "P-" + s.Site + "-" + session}, nil
}

func (a *app) withdraw(id, why string, o issueOptions) error {
	key, v, err := a.issuer(o.as, o.passFile)
	if err != nil {
		return err
	}
	have, _, err := a.withdrawn(v)
	if err != nil {
		return err
	}
	today := certificate.DayOf(a.env.Now().UTC())
	next := certificate.Withdrawals{Number: 1, Issued: today}
	if have != nil {
		next.Number, next.List = have.Number+1, have.List
	}
	if slices.ContainsFunc(next.List, func(w certificate.Withdrawal) bool { return w.ID == id }) {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("certificate %s is withdrawn already", id)), "casedesk train list")
	}
	ids, err := a.withItsProvisional(id)
	if err != nil {
		return err
	}
	next.List = slices.Clone(next.List)
	for _, one := range ids {
		if !slices.ContainsFunc(next.List, func(w certificate.Withdrawal) bool { return w.ID == one }) {
			next.List = append(next.List, certificate.Withdrawal{ID: one, On: today, Why: why})
		}
	}
	text, err := next.Encode()
	if err != nil {
		return cli.WithCode(cli.CodeUsage, err)
	}
	armored, err := key.Sign(sign.Certificate, text)
	if err != nil {
		return err
	}
	if err := a.register().Withdraw(append(text, armored...), award.Issuers(v), award.Keys(v)); err != nil {
		return err
	}
	a.env.Notef("certificate %s is withdrawn by list %d, which goes with every reply from now on", id, next.Number)
	a.env.Next("casedesk reply CASE --as ONE --as OTHER")
	return nil
}
