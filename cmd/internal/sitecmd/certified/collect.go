package certified

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"darksite/bundle/collect"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/training/award"
	"darksite/training/certificate"
	"darksite/training/register"
)

// Collector is the collector of what the vendor needs to issue certificates.
type Collector struct{ files []certificationPaper }

type certificationPaper struct {
	name string
	text []byte
}

// CollectorName is the name of the collector and the folder of its files.
const CollectorName = "training"

// Plan implements collect.Collector.
func (c *Collector) Plan() collect.Plan {
	return collect.Plan{
		Name: CollectorName, What: "records of examinations of those who passed, and the provisional certificates",
		Why: "lets the vendor check them and issue certificates; keys stand for people", From: []string{"darksite train exam status"},
	}
}

// Estimate implements collect.Collector.
func (c *Collector) Estimate(context.Context) (collect.Estimate, error) {
	var items []collect.Foreseen
	for _, f := range c.files {
		items = append(items, collect.Foreseen{Origin: f.name, Files: 1, Bytes: int64(len(f.text)), Exact: true})
	}
	return collect.Sum(items), nil
}

// Collect implements collect.Collector. A record is taken whole or not at all: one that
// is cut proves nothing.
func (c *Collector) Collect(_ context.Context, w *collect.Writer) error {
	for _, f := range c.files {
		if int64(len(f.text)) > w.Left() {
			return collect.ErrBudget
		}
		if err := w.Add(f.name, "darksite train exam status", bytes.NewReader(f.text)); err != nil {
			return err
		}
	}
	return nil
}

// papersAndExams reads what a site keeps of certificates and of examinations.
func papersAndExams(s *site.Site) (Papers, []register.Exam, error) {
	p, err := Read(s)
	if err != nil {
		return Papers{}, nil, err
	}
	all, err := Register(s).Exams()
	if err != nil {
		return Papers{}, nil, cli.WithCode(cli.CodeTampered, err)
	}
	return p, all, nil
}

// Told are the names that the records of examinations of a site have from the bank and
// the labs, and those of its certificates. They are the vendor's and the kit's, and what
// holds them is signed, so that nobody believes it when one was taken for a name of the
// site.
func Told(s *site.Site) ([]string, error) {
	p, all, err := papersAndExams(s)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, c := range p.Kept {
		names = append(names, c.ID)
	}
	for _, e := range all {
		if e.Done() {
			names = append(names, e.Named()...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Collect are the examinations with a provisional certificate that the
// vendor has not answered, and what the site took out of force; nil when there is nothing.
func Collect(s *site.Site) (*Collector, error) {
	p, all, err := papersAndExams(s)
	if err != nil {
		return nil, err
	}
	out := &Collector{}
	for _, s := range p.Kept {
		if !s.Provisional || p.answered(s) || !p.Verify(s).OK() {
			continue
		}
		files, err := papersOf(s, p, all)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			if !slices.ContainsFunc(out.files, func(o certificationPaper) bool { return o.name == f.name }) {
				out.files = append(out.files, f)
			}
		}
	}
	gone, err := withdrawn(s, p)
	if err != nil {
		return nil, err
	}
	if out.files = append(out.files, gone...); len(out.files) == 0 {
		return nil, nil
	}
	return out, nil
}

// answered reports whether the vendor has issued the certificate that follows a
// provisional one.
func (p Papers) answered(provisional certificate.Signed) bool {
	for _, s := range p.Kept {
		if !s.Provisional && s.Key == provisional.Key && s.Track == provisional.Track && !s.Issued.Before(provisional.Issued) {
			return true
		}
	}
	return false
}

// papersOf are the records of all examinations the holder of a provisional certificate
// closed in its track, passed or not, because each names the one before it; and the
// certificate itself without the holder's name.
func papersOf(s certificate.Signed, p Papers, all []register.Exam) (files []certificationPaper, err error) {
	i := slices.IndexFunc(all, func(e register.Exam) bool { return award.ProvisionalID(e.Record) == s.ID })
	if i < 0 {
		return nil, fmt.Errorf("the record of certificate %s is not kept here", s.ID)
	}
	session := all[i].Session
	for _, e := range all {
		if !e.Done() || !p.People.Of(e.Record, all[i].Record) {
			continue
		}
		record, err := award.Carried(e.Text, e.Signatures...)
		if err != nil {
			return nil, err
		}
		files = append(files, certificationPaper{"exam-" + e.Session + ".txt", record})
	}
	text, err := award.Stripped(s)
	if err != nil {
		return nil, err
	}
	armored, err := p.Armored(s)
	if err != nil {
		return nil, err
	}
	stripped, err := award.Carried(text, armored)
	return append(files, certificationPaper{"provisional-" + session + ".txt", stripped}), err
}

// withdrawnPapers are the certificates the site took out of force that the vendor's list
// does not name yet.
func withdrawn(s *site.Site, p Papers) (files []certificationPaper, err error) {
	gone, signed, err := Register(s).WithdrawnBySite(award.SiteKeys(p.People.Roster))
	if err != nil {
		return nil, cli.WithCode(cli.CodeTampered, err)
	}
	for i, w := range gone {
		if p.Withdrawn != nil && slices.ContainsFunc(p.Withdrawn.List, func(e certificate.Withdrawal) bool { return e.ID == w.ID }) {
			continue
		}
		text, err := w.Encode()
		if err != nil {
			return nil, err
		}
		carried, err := award.Carried(text, bytes.TrimPrefix(signed[i], text))
		if err != nil {
			return nil, err
		}
		files = append(files, certificationPaper{"withdrawal-" + strings.ToLower(w.ID) + ".txt", carried})
	}
	return files, nil
}
