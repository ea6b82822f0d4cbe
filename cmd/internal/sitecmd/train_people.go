package sitecmd

import (
	"cmp"
	"fmt"
	"slices"

	"darksite/cmd/internal/cli"
	"darksite/training/award"
	"darksite/training/certificate"
	"darksite/training/register"
)

// papers are the certificates of a site with all that says whether they count.
type papers struct {
	kept      []certificate.Signed
	people    award.People
	withdrawn *certificate.Withdrawals
	learners  []register.Progress
	today     certificate.Day
}

// papers reads the certificates that are kept here.
func (a *app) papers() (papers, error) {
	conf, err := a.Config()
	if err != nil {
		return papers{}, err
	}
	p := papers{today: certificate.DayOf(a.Env.Now().In(conf.Location()))}
	if p.people, err = a.examPeople(); err != nil {
		return papers{}, err
	}
	r := a.register()
	if p.kept, err = r.Certificates(); err != nil {
		return papers{}, cli.WithHint(cli.WithCode(cli.CodeTampered, err), "put the file back from a copy; it is never edited by hand")
	}
	if p.withdrawn, _, err = r.Withdrawn(award.Keys(p.people.Vendor)); err != nil {
		return papers{}, err
	}
	if p.learners, err = r.Learners(); err != nil {
		return papers{}, cli.WithCode(cli.CodeTampered, err)
	}
	return p, nil
}

func (p papers) verify(s certificate.Signed) certificate.Verdict {
	return certificate.Verify(s, p.people.Trust(p.withdrawn), p.today)
}

// holder is the id on the roster of whom a certificate is for, or its key.
func (p papers) holder(s certificate.Signed) string { return nameOf(p.people, s.Key) }

// practice is how current the holder of a certificate is.
func (p papers) practice(s certificate.Signed) (certificate.Standing, int) {
	var done []certificate.Day
	if i := slices.IndexFunc(p.learners, func(l register.Progress) bool { return l.Learner == p.holder(s) }); i >= 0 {
		done = p.learners[i].Practised()
	}
	return certificate.Practice(s.Issued, done, p.today)
}

// certificateView is a certificate as it is printed.
type certificateView struct {
	ID          string              `json:"id"`
	Holder      string              `json:"holder"`
	Person      string              `json:"person"` // on the roster, or the key
	Key         string              `json:"key"`
	Site        string              `json:"site"`
	Track       string              `json:"track"`
	Products    []string            `json:"products"`
	Band        string              `json:"band"`
	Issued      string              `json:"issued"`
	Until       string              `json:"until"`
	Bank        string              `json:"bank"`
	Issuer      string              `json:"issuer"`
	IssuedBy    string              `json:"issued_by"`
	Supervisor  string              `json:"supervisor"`
	Provisional bool                `json:"provisional"`
	Verdict     certificate.Verdict `json:"verdict"`
	Notice      int                 `json:"notice_days,omitempty"` // of its end, where one is in force
	Practice    string              `json:"practice"`
	PracticeFor int                 `json:"practice_days"` // until it lapses; below 0 it lapsed so long ago
	Text        string              `json:"text"`
}

func (p papers) view(s certificate.Signed) (certificateView, error) {
	text, err := certificate.Text(s)
	if err != nil {
		return certificateView{}, err
	}
	standing, left := p.practice(s)
	verdict := p.verify(s)
	notice, _ := certificate.Notice(s.Until, p.today)
	if !verdict.OK() {
		notice = 0
	}
	return certificateView{
		ID: s.ID, Holder: s.Holder, Person: p.holder(s), Key: s.Key, Site: s.Site, Track: string(s.Track), Products: append([]string{}, s.Products...), Band: string(s.Band),
		Issued: s.Issued.String(), Until: s.Until.String(), Bank: s.Bank, Issuer: s.Issuer, IssuedBy: p.issuedBy(s), Supervisor: nameOf(p.people, s.Supervisor),
		Provisional: s.Provisional, Verdict: verdict, Notice: notice, Practice: string(standing), PracticeFor: left, Text: text,
	}, nil
}

// issuedBy is who issued a certificate, in words.
func (p papers) issuedBy(s certificate.Signed) string {
	for _, v := range p.people.Vendor.People {
		if v.Key.ID() == s.Issuer {
			return fmt.Sprintf("%s of %s", v.ID, p.people.Vendor.Name)
		}
	}
	return nameOf(p.people, s.Issuer)
}

// armored is the signature of a certificate under the key it names.
func (p papers) armored(s certificate.Signed) ([]byte, error) {
	t := p.people.Trust(nil)
	for _, key := range slices.Concat(t.Vendor, t.Sites) {
		if key.ID() == s.Issuer {
			return s.Armored(key)
		}
	}
	return nil, fmt.Errorf("certificate %s: its issuer, key %s, is not known here", s.ID, s.Issuer)
}

// admins are the certificates of admins that count today, one for each holder: the one
// that lasts longest.
func (p papers) admins() (out []certificate.Signed) {
	for _, s := range p.kept {
		if s.Track != certificate.Admin || s.Site != p.people.Roster.Site || !p.verify(s).OK() {
			continue
		}
		i := slices.IndexFunc(out, func(o certificate.Signed) bool { return p.holder(o) == p.holder(s) })
		switch {
		case i < 0:
			out = append(out, s)
		case out[i].Until.Before(s.Until):
			out[i] = s
		}
	}
	slices.SortFunc(out, func(a, b certificate.Signed) int { return cmp.Compare(a.ID, b.ID) })
	return out
}
