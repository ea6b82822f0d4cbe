package train

import (
	"errors"
	"fmt"
	"slices"

	"darksite/bundle/journal"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/certified"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/training/award"
	"darksite/training/certificate"

	"github.com/spf13/cobra"
)

func (a *app) certificateWithdrawCommand() *cobra.Command {
	var who site.Person
	var why string
	var yes bool
	c := &cobra.Command{
		Use: "withdraw ID", Short: "Take a certificate out of force at this site, at once and for good", Args: cobra.ExactArgs(1),
		Long: `Take a certificate out of force at this site. An officer or a certified admin signs it,
and from that moment it does not count here: for site check, for the alerts, and for
supervising. The vendor is told with the next bundle. Nothing here puts it back: that
takes another certificate of the vendor.

Reasons: left (the holder has left), key-lost (or known to somebody else), not-fit (not to
work on arrays for now), error (it should not have been issued), asked (by the holder).`,
		Example: "  darksite train certificate withdraw DSA-8B37E27C --as amartin --why left",
		RunE: func(_ *cobra.Command, args []string) error {
			return a.withdrawHere(args[0], certificate.Cause(why), who, yes)
		},
	}
	who.Flags(c)
	c.Flags().StringVar(&why, "why", "", "left, key-lost, not-fit, error or asked")
	c.Flags().BoolVar(&yes, "yes", false, "it is for good: do not ask")
	_ = c.MarkFlagRequired("why") // the flag exists: it was defined above
	return c
}

func (a *app) withdrawHere(id string, why certificate.Cause, who site.Person, yes bool) error {
	if !slices.Contains(certificate.Causes(), why) {
		return cli.Usagef("--why %q: want one of %v", cli.Printable(string(why)), certificate.Causes())
	}
	p, err := certified.Read(a.Site)
	if err != nil {
		return err
	}
	s, err := a.keptCertificate(id)
	if err != nil {
		return err
	}
	if s.Site != p.People.Roster.Site {
		return cli.WithCode(cli.CodeRefused, fmt.Errorf("certificate %s is of site %s: a site withdraws its own", s.ID, s.Site))
	}
	if v := p.Verify(s); v.Reason == certificate.Withdrawn {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("certificate %s is withdrawn already: %s", s.ID, v.Detail)), "darksite train certificate list")
	}
	key, err := a.examSigner(p.People, who.As, who.Key, who.PassFile)
	if err != nil {
		return err
	}
	if _, err := p.People.Withdraws(key.Public().ID(), p.Today); err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "darksite train certificate withdraw %s --as ID --why %s", s.ID, why)
	}
	a.Env.Notef("certificate %s of %s, track %s, until %s; reason: %s", s.ID, p.Holder(s), s.Track, s.Until, why)
	refused := cli.WithHint(errors.New("nothing was withdrawn"), "darksite train certificate show %s", s.ID)
	if err := a.Env.Agree(yes, "Take it out of force for good?", "it is for good", refused); err != nil {
		return err
	}
	text, err := certificate.SiteWithdrawal{ID: s.ID, Site: s.Site, On: p.Today, Why: why, By: key.Public().ID()}.Encode()
	if err != nil {
		return err
	}
	armored, err := key.Sign(sign.Certificate, text)
	if err != nil {
		return err
	}
	err = a.Record(journal.Entry{Actor: who.As, Action: "certificate.withdraw", Details: map[string]string{"certificate": s.ID, "key": s.Key, "why": string(why)}})
	if err != nil {
		return err
	}
	if err := certified.Register(a.Site).WithdrawHere(append(text, armored...), award.SiteKeys(p.People.Roster)); err != nil {
		return err
	}
	fmt.Fprintln(a.Env.Out, s.ID)
	a.Env.Notef("certificate %s does not count here any more; the vendor is told with the next bundle", s.ID)
	a.Env.Next("darksite site check", "darksite bundle collect --as ID")
	return nil
}
