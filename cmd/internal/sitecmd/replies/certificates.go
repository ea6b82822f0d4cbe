package replies

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"darksite/bundle/journal"
	"darksite/bundle/reply"
	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/certified"
	"darksite/cmd/internal/sitecmd/wayout"
	"darksite/training/award"
	"darksite/training/certificate"
	"darksite/training/register"
)

// newPapers are the certificates of a reply that are not kept here yet, and its list of
// withdrawn ones where that is newer than the one at hand.
type newPapers struct {
	certificates []certificate.Signed
	list         *certificate.Withdrawals
	signed       []byte           // the list as it came
	vendor       []sign.PublicKey // who may issue
	had          []sign.PublicKey // who made the list at hand
}

// weighCertificates shows what certificates a reply brings. One that does not count as
// the vendor's refuses the reply as a whole: whoever made it does not work by the rules.
func (a *app) weighCertificates(o reply.Opened) (newPapers, error) {
	var n newPapers
	if o.Certificates == nil && o.Withdrawn == nil {
		return n, nil
	}
	p, err := certified.Read(a.Site)
	if err != nil {
		return n, err
	}
	n.had = award.Keys(p.People.Vendor)
	if p.People.Vendor, err = a.cardOf(o); err != nil {
		return n, err
	}
	n.vendor = award.Issuers(p.People.Vendor)
	if err := n.readList(o.Withdrawn, p.Withdrawn, a); err != nil {
		return n, err
	}
	if n.list != nil {
		p.Withdrawn = n.list
	}
	for line := range strings.Lines(string(o.Certificates)) {
		s, err := certificate.ParseText(line)
		if err != nil {
			return n, refusedPapers(err)
		}
		trust := certificate.Trust{Vendor: n.vendor, Withdrawn: p.Withdrawn}
		v := certificate.Verify(s, trust, p.Today)
		switch {
		case v.Reason == certificate.UnknownIssuer, v.Reason == certificate.Altered:
			return n, refusedPapers(fmt.Errorf("certificate %s: %s: %s", s.ID, v.Reason, v.Detail))
		case s.Site != p.People.Roster.Site || s.Provisional:
			return n, refusedPapers(fmt.Errorf("certificate %s is of site %s and provisional: %t; a reply brings the vendor's of this site", s.ID, s.Site, s.Provisional))
		case !v.OK() && v.Reason != certificate.NotBegun: // the clocks of both may differ by a day
			a.Env.Notef("certificate %s is passed over: %s: %s", s.ID, v.Reason, v.Detail)
			continue
		}
		old, err := certified.Register(a.Site).Certificate(s.ID)
		if errors.Is(err, fs.ErrNotExist) {
			n.certificates = append(n.certificates, s)
			continue
		}
		if err == nil && old.Key != s.Key {
			err = register.ErrOther
		}
		if err != nil {
			return n, refusedPapers(fmt.Errorf("certificate %s: %w", s.ID, err))
		}
	}
	a.printNewPapers(n, p)
	return n, nil
}

func refusedPapers(err error) error {
	return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("the reply brings certificates, and nothing of it is applied: %w", err)), "keep the file apart and telephone the vendor")
}

// cardOf is the vendor's card by which certificates of a reply count: the one it
// brings, where that is newer.
func (a *app) cardOf(o reply.Opened) (roster.Vendor, error) {
	v, err := a.Vendor()
	if err != nil || o.Card == nil {
		return v, err
	}
	next, err := roster.ParseVendor(o.Card)
	if err != nil {
		return v, cli.WithCode(cli.CodeTampered, err)
	}
	if next.Version > v.Version {
		return next, nil
	}
	return v, nil
}

// readList takes the list of a reply where it is newer.
func (n *newPapers) readList(signed []byte, have *certificate.Withdrawals, a *app) error {
	if signed == nil {
		return nil
	}
	w, err := register.CheckList(signed, n.vendor, nil)
	if err != nil {
		return refusedPapers(err)
	}
	if have != nil && w.Number <= have.Number {
		if w.Number < have.Number {
			a.Env.Notef("list %d of withdrawn certificates is passed over: list %d is here", w.Number, have.Number)
		}
		return nil
	}
	if w, err = register.CheckList(signed, n.vendor, have); err != nil {
		return refusedPapers(err)
	}
	n.list, n.signed = &w, signed
	return nil
}

func (a *app) printNewPapers(n newPapers, p certified.Papers) {
	for _, s := range n.certificates {
		a.Env.Paragraph("", fmt.Sprintf("certificate %s for %s (%s): track %s, %s, from %s until %s", s.ID, s.Holder, p.Holder(s), s.Track, s.Band, s.Issued, s.Until))
	}
	if n.list == nil {
		return
	}
	a.Env.Paragraph("", fmt.Sprintf("list %d of withdrawn certificates, of %s:", n.list.Number, n.list.Issued))
	for _, w := range n.list.List {
		who := ""
		for _, s := range p.Kept {
			if s.ID == w.ID {
				who = " of " + p.Holder(s) + ", which is kept here"
			}
		}
		a.Env.Paragraph("  ", fmt.Sprintf("%s%s: from %s, %s", w.ID, who, w.On, w.Why))
	}
}

// layCertificates keeps what a reply brought, the journal first.
func (a *app) layCertificates(ctx context.Context, j *wayout.Journey, n newPapers) error {
	for _, s := range n.certificates {
		_, err := j.Journal.Append(ctx, journal.Entry{Time: a.Env.Now(), Actor: "vendor", Action: "certificate.store", Details: map[string]string{
			"certificate": s.ID, "key": s.Key, "track": string(s.Track), "until": s.Until.String(),
		}})
		if err != nil {
			return err
		}
		if err := certified.Register(a.Site).Keep(s); err != nil {
			return err
		}
	}
	if n.list == nil {
		return nil
	}
	_, err := j.Journal.Append(ctx, journal.Entry{Time: a.Env.Now(), Actor: "vendor", Action: "certificate.withdraw", Details: map[string]string{
		"list": strconv.FormatInt(n.list.Number, 10), "certificates": strconv.Itoa(len(n.list.List)),
	}})
	if err != nil {
		return err
	}
	return certified.Register(a.Site).Withdraw(n.signed, n.vendor, n.had)
}
