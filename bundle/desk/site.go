package desk

import (
	"cmp"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"darksite/bundle/roster"
)

// Bounds of a site's file.
const (
	MaxContacts = 5   // set by the vendor's guide
	maxLine     = 200 // characters of a name, a telephone number, a part
	maxClosed   = 400 // days
)

// Contact is a person of a site who may ask for support.
type Contact struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Role  string `json:"role"` // ContactAdmin or ContactSecondary
	Phone string `json:"phone,omitempty"`
	Mail  string `json:"mail,omitempty"`
}

// The roles of a contact. A site has exactly one admin.
const (
	ContactAdmin     = "admin"
	ContactSecondary = "secondary"
)

// PlanKind names a support plan.
type PlanKind string

// The plans of the vendor's guide; they differ in how fast a part comes.
const (
	Basic    PlanKind = "basic"
	Advanced PlanKind = "advanced"
	Premium  PlanKind = "premium"
)

// Plan is what a site is entitled to, from the first moment to before the last.
type Plan struct {
	Kind  PlanKind  `json:"kind"`
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// Access is what somebody with a part needs to reach the array. All of it is
// needed before a part is ordered.
type Access struct {
	Address  string `json:"address"`
	Room     string `json:"room"`
	Network  string `json:"network"`
	Security string `json:"security"`
}

// Missing names what is not known.
func (a Access) Missing() []string {
	var out []string
	for _, f := range [][2]string{{"address", a.Address}, {"room", a.Room}, {"network", a.Network}, {"security", a.Security}} {
		if strings.TrimSpace(f[1]) == "" {
			out = append(out, f[0])
		}
	}
	return out
}

// Hours is when the desk works for a site, in the spelling package sla reads.
type Hours struct {
	Zone   string   `json:"zone"`             // IANA name: Europe/Paris
	Week   string   `json:"week"`             // mon-fri 09:00-18:00
	Closed []string `json:"closed,omitempty"` // 2026-12-25
}

// Site is what is on file of a site.
type Site struct {
	Code     string    `json:"code"`
	Contacts []Contact `json:"contacts"` // the admin first, then by id
	Plan     *Plan     `json:"plan,omitempty"`
	Access   Access    `json:"access"`
	Hours    *Hours    `json:"hours,omitempty"`
	Version  uint64    `json:"version"` // seq of its newest event
}

// Contact returns the contact with this id.
func (s Site) Contact(id string) (Contact, bool) {
	i := slices.IndexFunc(s.Contacts, func(c Contact) bool { return c.ID == id })
	if i < 0 {
		return Contact{}, false
	}
	return s.Contacts[i], true
}

// Entitled says why the site has no support at a moment, or "".
func (s Site) Entitled(at time.Time) string {
	switch {
	case s.Plan == nil:
		return "no support plan is on file"
	case at.Before(s.Plan.From):
		return fmt.Sprintf("plan %s begins on %s", s.Plan.Kind, s.Plan.From.Format(time.DateOnly))
	case !at.Before(s.Plan.Until):
		return fmt.Sprintf("plan %s ended on %s", s.Plan.Kind, s.Plan.Until.Format(time.DateOnly))
	}
	return ""
}

// paperwork is what stands between a draft and support.
func (s Site) paperwork(d Draft, at time.Time) []string {
	var out []string
	if d.PrimaryID == "" {
		out = append(out, "the draft names no contact who asks")
	} else if _, ok := s.Contact(d.PrimaryID); !ok {
		out = append(out, fmt.Sprintf("%q is not an authorised contact of the site", d.PrimaryID))
	}
	if why := s.Entitled(at); why != "" {
		out = append(out, why)
	}
	return out
}

// ApplySite returns the file of a site as it stands after the event. The file it
// is given is not changed.
func ApplySite(s Site, e Event) (Site, error) {
	if !roster.ValidSite(e.Site) || s.Version != 0 && s.Code != e.Site {
		return Site{}, fmt.Errorf("%w: event of site %q given to site %q", ErrRule, e.Site, s.Code)
	}
	if e.Case != "" {
		return Site{}, fmt.Errorf("%w: an event is of a site or of a case, not both", ErrRule)
	}
	if err := shown(e); err != nil {
		return Site{}, err
	}
	s.Code = e.Site
	var err error
	switch e.Kind {
	case ContactSet:
		s.Contacts, err = s.withContact(e.Contact)
	case ContactEnded:
		s.Contacts, err = s.withoutContact(e.By)
	case PlanSet:
		err = checkPlan(e.Plan)
		s.Plan = e.Plan
	case AccessSet:
		if e.Access == nil {
			err = fmt.Errorf("%w: access without details", ErrRule)
		} else if missing := e.Access.Missing(); len(missing) > 0 {
			err = fmt.Errorf("%w: access needs %s", ErrRule, strings.Join(missing, ", "))
		} else {
			s.Access = *e.Access
		}
	case HoursSet:
		if e.Hours == nil || e.Hours.Zone == "" || e.Hours.Week == "" || len(e.Hours.Closed) > maxClosed {
			err = fmt.Errorf("%w: hours need a zone, a week and at most %d closed days", ErrRule, maxClosed)
		}
		s.Hours = e.Hours
	default:
		err = fmt.Errorf("%w: %q is nothing that happens to a site's file", ErrRule, e.Kind)
	}
	if err != nil {
		return Site{}, err
	}
	s.Version = e.Seq
	return s, nil
}

func checkPlan(p *Plan) error {
	switch {
	case p == nil:
		return fmt.Errorf("%w: no plan is given", ErrRule)
	case p.Kind != Basic && p.Kind != Advanced && p.Kind != Premium:
		return fmt.Errorf("%w: plan %q: want basic, advanced or premium", ErrRule, p.Kind)
	case !p.Until.After(p.From):
		return fmt.Errorf("%w: the plan ends before it begins", ErrRule)
	}
	return nil
}

// withContact adds or changes a contact. Making somebody the admin makes the one
// before a secondary contact, so that there is one at every moment.
func (s Site) withContact(c *Contact) ([]Contact, error) {
	if err := checkContact(c); err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(slices.Clone(s.Contacts), func(o Contact) bool { return o.ID == c.ID })
	was, _ := s.Contact(c.ID)
	switch {
	case len(list) >= MaxContacts:
		return nil, fmt.Errorf("%w: a site has at most %d contacts: end one first", ErrRule, MaxContacts)
	case c.Role == ContactSecondary && (len(list) == 0 || was.Role == ContactAdmin):
		return nil, fmt.Errorf("%w: a site has an admin at every moment: name the admin first", ErrRule)
	case c.Role == ContactAdmin:
		for i := range list {
			list[i].Role = ContactSecondary
		}
	}
	list = append(list, *c)
	slices.SortFunc(list, func(a, b Contact) int { return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.ID, b.ID)) })
	return list, nil
}

func checkContact(c *Contact) error {
	switch {
	case c == nil || strings.TrimSpace(c.ID) == "" || strings.TrimSpace(c.Name) == "":
		return fmt.Errorf("%w: a contact needs an id and a name", ErrRule)
	case c.Role != ContactAdmin && c.Role != ContactSecondary:
		return fmt.Errorf("%w: role %q: want admin or secondary", ErrRule, c.Role)
	case c.Phone == "" && c.Mail == "":
		return fmt.Errorf("%w: contact %s needs a telephone number or a mail address: support must be able to ask back", ErrRule, c.ID)
	}
	if c.Mail != "" {
		if _, err := mail.ParseAddress(c.Mail); err != nil {
			return fmt.Errorf("%w: mail address of %s: %w", ErrRule, c.ID, err)
		}
	}
	return nil
}

func (s Site) withoutContact(id string) ([]Contact, error) {
	c, ok := s.Contact(id)
	if !ok {
		return nil, fmt.Errorf("%w: %q is not a contact of site %s", ErrRule, id, s.Code)
	}
	if c.Role == ContactAdmin && len(s.Contacts) > 1 {
		return nil, fmt.Errorf("%w: %s is the admin: make another contact the admin first", ErrRule, id)
	}
	return slices.DeleteFunc(slices.Clone(s.Contacts), func(o Contact) bool { return o.ID == id }), nil
}
