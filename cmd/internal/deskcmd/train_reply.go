package deskcmd

import (
	"strings"

	"darksite/bundle/reply"
	"darksite/training/certificate"
)

// attachCertificates puts the certificates of the people of a site that have not ended
// into a reply, and the list of withdrawn ones. They are small and a site passes over
// what it has, so each reply brings all of them and none can be lost on the way.
func (a *app) attachCertificates(to *reply.Reply) error {
	v, err := a.vendor()
	if err != nil {
		return err
	}
	_, list, err := a.withdrawn(v)
	if err != nil {
		return err
	}
	to.Withdrawn = list
	all, err := a.register().Certificates()
	if err != nil {
		return err
	}
	var lines strings.Builder
	today := certificate.DayOf(a.env.Now().UTC())
	for _, s := range all {
		if s.Site != to.Audience || s.Until.Before(today) {
			continue
		}
		text, err := certificate.Text(s)
		if err != nil {
			return err
		}
		lines.WriteString(text + "\n")
	}
	if lines.Len() > 0 {
		to.Certificates = []byte(lines.String())
	}
	return nil
}
