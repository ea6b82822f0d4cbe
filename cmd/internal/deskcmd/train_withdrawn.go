package deskcmd

import (
	"fmt"
	"maps"
	"slices"

	"darksite/bundle/desk"
	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/training/award"
	"darksite/training/certificate"
)

// takeWithdrawals checks and keeps what the site of a bundle took out of force itself, and
// says so. It counts for what the desk shows and checks from then on; for other sites the
// vendor has its own list.
func (a *app) takeWithdrawals(b desk.Bundle, r roster.Roster) ([]certificate.SiteWithdrawal, error) {
	files, err := a.papersIn(b, "withdrawal-")
	if err != nil {
		return nil, err
	}
	keys := award.SiteKeys(r)
	var out []certificate.SiteWithdrawal
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text, armored, err := award.Arrived(files[name])
		if err == nil && len(armored) != 1 {
			err = fmt.Errorf("%d signatures, want one", len(armored))
		}
		if err != nil {
			return nil, refusedExam(name, err)
		}
		w, err := certificate.CheckSiteWithdrawal(text, armored[0], keys)
		if err == nil && w.Site != b.Site {
			err = fmt.Errorf("it is of site %s", w.Site)
		}
		if err != nil {
			return nil, refusedExam(name, err)
		}
		if err := a.register().WithdrawHere(slices.Concat(text, armored[0]), keys); err != nil {
			return nil, err
		}
		a.env.Notef("site %s took certificate %s out of force on %s: %s; signed by %s", w.Site, w.ID, w.On, w.Why, whose(r, w.By))
		out = append(out, w)
	}
	return out, nil
}

func whose(r roster.Roster, key string) string {
	for _, p := range slices.Concat(r.People, r.Former) {
		if p.Key.ID() == key {
			return p.ID
		}
	}
	return key
}

// withdrawnBySites is all that sites took out of force and the desk has seen.
func (a *app) withdrawnBySites() ([]certificate.SiteWithdrawal, error) {
	codes, err := a.siteCodes(nil)
	if err != nil {
		return nil, err
	}
	var keys []sign.PublicKey
	for _, code := range codes {
		r, err := a.roster(code)
		if err != nil {
			return nil, err
		}
		keys = append(keys, award.SiteKeys(r)...)
	}
	out, _, err := a.register().WithdrawnBySite(keys)
	return out, cli.WithCode(cli.CodeTampered, err)
}
