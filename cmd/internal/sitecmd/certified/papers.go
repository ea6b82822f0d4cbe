package certified

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"darksite/bundle/roster"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/training/award"
	"darksite/training/certificate"
	"darksite/training/register"
)

// Papers are the certificates of a site with all that says whether they count.
type Papers struct {
	Kept      []certificate.Signed
	People    award.People
	Withdrawn *certificate.Withdrawals
	Learners  []register.Progress
	Today     certificate.Day
}

// Read reads the certificates that are kept here.
func Read(s *site.Site) (Papers, error) {
	conf, err := s.Config()
	if err != nil {
		return Papers{}, err
	}
	p := Papers{Today: certificate.DayOf(s.Env.Now().In(conf.Location()))}
	if p.People, err = People(s); err != nil {
		return Papers{}, err
	}
	r := Register(s)
	if p.Kept, err = r.Certificates(); err != nil {
		return Papers{}, cli.WithHint(cli.WithCode(cli.CodeTampered, err), "put the file back from a copy; it is never edited by hand")
	}
	if p.Withdrawn, _, err = r.Withdrawn(award.Keys(p.People.Vendor)); err != nil {
		return Papers{}, err
	}
	if p.Learners, err = r.Learners(); err != nil {
		return Papers{}, cli.WithCode(cli.CodeTampered, err)
	}
	return p, nil
}

// Verify judges a certificate by those the site believes, as of today.
func (p Papers) Verify(s certificate.Signed) certificate.Verdict {
	return certificate.Verify(s, p.People.Trust(p.Withdrawn), p.Today)
}

// Holder is the id on the roster of whom a certificate is for, or its key.
func (p Papers) Holder(s certificate.Signed) string { return NameOf(p.People, s.Key) }

// practice is how current the holder of a certificate is.
func (p Papers) practice(s certificate.Signed) (certificate.Standing, int) {
	var done []certificate.Day
	if i := slices.IndexFunc(p.Learners, func(l register.Progress) bool { return l.Learner == p.Holder(s) }); i >= 0 {
		done = p.Learners[i].Practised()
	}
	return certificate.Practice(s.Issued, done, p.Today)
}

// View is a certificate as it is printed.
type View struct {
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

// View is a certificate of the site as it is printed.
func (p Papers) View(s certificate.Signed) (View, error) {
	text, err := certificate.Text(s)
	if err != nil {
		return View{}, err
	}
	standing, left := p.practice(s)
	verdict := p.Verify(s)
	notice, _ := certificate.Notice(s.Until, p.Today)
	if !verdict.OK() {
		notice = 0
	}
	return View{
		ID: s.ID, Holder: s.Holder, Person: p.Holder(s), Key: s.Key, Site: s.Site, Track: string(s.Track), Products: append([]string{}, s.Products...), Band: string(s.Band),
		Issued: s.Issued.String(), Until: s.Until.String(), Bank: s.Bank, Issuer: s.Issuer, IssuedBy: p.issuedBy(s), Supervisor: NameOf(p.People, s.Supervisor),
		Provisional: s.Provisional, Verdict: verdict, Notice: notice, Practice: string(standing), PracticeFor: left, Text: text,
	}, nil
}

// issuedBy is who issued a certificate, in words.
func (p Papers) issuedBy(s certificate.Signed) string {
	for _, v := range p.People.Vendor.People {
		if v.Key.ID() == s.Issuer {
			return fmt.Sprintf("%s of %s", v.ID, p.People.Vendor.Name)
		}
	}
	return NameOf(p.People, s.Issuer)
}

// Armored is the signature of a certificate under the key it names.
func (p Papers) Armored(s certificate.Signed) ([]byte, error) {
	t := p.People.Trust(nil)
	for _, key := range slices.Concat(t.Vendor, t.Sites) {
		if key.ID() == s.Issuer {
			return s.Armored(key)
		}
	}
	return nil, fmt.Errorf("certificate %s: its issuer, key %s, is not known here", s.ID, s.Issuer)
}

// admins are the certificates of admins that count today, one for each holder: the one
// that lasts longest.
func (p Papers) admins() (out []certificate.Signed) {
	for _, s := range p.Kept {
		if s.Track != certificate.Admin || s.Site != p.People.Roster.Site || !p.Verify(s).OK() {
			continue
		}
		i := slices.IndexFunc(out, func(o certificate.Signed) bool { return p.Holder(o) == p.Holder(s) })
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

// vendorCard is the vendor's card, and an empty one before there is any: an
// examination needs none.
func vendorCard(s *site.Site) (roster.Vendor, error) {
	v, err := s.Vendor()
	if cli.Code(err) == cli.CodeRefused { // none yet
		return roster.Vendor{}, nil
	}
	return v, err
}

// People are those who may sit, watch and issue here.
func People(s *site.Site) (award.People, error) {
	r, err := s.Roster()
	if err != nil {
		return award.People{}, err
	}
	v, err := vendorCard(s)
	if err != nil {
		return award.People{}, err
	}
	p := award.People{Roster: r, Vendor: v}
	kept, err := Register(s).Certificates()
	if err != nil {
		return award.People{}, cli.WithCode(cli.CodeTampered, err)
	}
	withdrawn, _, err := Register(s).Withdrawn(award.Keys(v))
	if err != nil {
		return award.People{}, err
	}
	if p.Withdrawn, _, err = Register(s).WithdrawnBySite(award.SiteKeys(r)); err != nil {
		return award.People{}, cli.WithHint(cli.WithCode(cli.CodeTampered, err), "put the file back from a copy; it is never edited by hand")
	}
	p.Certified = func(key string, on certificate.Day) bool {
		then := p.Trust(withdrawn)
		then.Local = award.Until(p.Withdrawn, on)
		return slices.ContainsFunc(kept, func(s certificate.Signed) bool {
			return s.Key == key && s.Track == certificate.Admin && certificate.Verify(s, then, on).OK()
		})
	}
	return p, nil
}

// NameOf is the id of whom a key belongs to, or the key where that is not known.
func NameOf(p award.People, key string) string {
	for _, q := range slices.Concat(p.Roster.People, p.Roster.Former, p.Vendor.People) {
		if q.Key.ID() == key {
			return q.ID
		}
	}
	return key
}

// IssuedFor reports whether a certificate follows from an examination already.
func (p Papers) IssuedFor(session string) bool {
	return slices.ContainsFunc(p.Kept, func(s certificate.Signed) bool {
		return strings.HasSuffix(s.ID, "-"+strings.ToUpper(session[:8]))
	})
}

// Register is the record of training that a site keeps.
func Register(s *site.Site) *register.Register { return register.At(s.Path(trainingDir)) }

// RegisterOf is the record of training in a site folder.
func RegisterOf(site string) *register.Register {
	return register.At(filepath.Join(site, trainingDir))
}

// trainingDir is the register of training in the site folder.
const trainingDir = "training"
