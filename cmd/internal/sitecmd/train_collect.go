package sitecmd

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"darksite/bundle/collect"
	"darksite/cmd/internal/cli"
	"darksite/training/award"
	"darksite/training/certificate"
	"darksite/training/register"
)

// certificationPapers is the collector of what the vendor needs to issue certificates.
type certificationPapers struct{ files []certificationPaper }

type certificationPaper struct {
	name string
	text []byte
}

// certificationName is the name of the collector and the folder of its files.
const certificationName = "training"

// Plan implements collect.Collector.
func (c *certificationPapers) Plan() collect.Plan {
	return collect.Plan{
		Name: certificationName, What: "records of examinations of those who passed, and the provisional certificates",
		Why: "lets the vendor check them and issue certificates; keys stand for people", From: []string{"darksite train exam status"},
	}
}

// Estimate implements collect.Collector.
func (c *certificationPapers) Estimate(context.Context) (collect.Estimate, error) {
	var items []collect.Foreseen
	for _, f := range c.files {
		items = append(items, collect.Foreseen{Origin: f.name, Files: 1, Bytes: int64(len(f.text)), Exact: true})
	}
	return collect.Sum(items), nil
}

// Collect implements collect.Collector. A record is taken whole or not at all: one that
// is cut proves nothing.
func (c *certificationPapers) Collect(_ context.Context, w *collect.Writer) error {
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

// certificationPapers are the examinations with a provisional certificate that the
// vendor has not answered, and what the site took out of force; nil when there is nothing.
func (a *app) certificationPapers() (*certificationPapers, error) {
	p, err := a.papers()
	if err != nil {
		return nil, err
	}
	all, err := a.register().Exams()
	if err != nil {
		return nil, cli.WithCode(cli.CodeTampered, err)
	}
	out := &certificationPapers{}
	for _, s := range p.kept {
		if !s.Provisional || p.answered(s) || !p.verify(s).OK() {
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
	gone, err := a.withdrawnPapers(p)
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
func (p papers) answered(provisional certificate.Signed) bool {
	for _, s := range p.kept {
		if !s.Provisional && s.Key == provisional.Key && s.Track == provisional.Track && !s.Issued.Before(provisional.Issued) {
			return true
		}
	}
	return false
}

// papersOf are the records of all examinations the holder of a provisional certificate
// closed in its track, passed or not, because each names the one before it; and the
// certificate itself without the holder's name.
func papersOf(s certificate.Signed, p papers, all []register.Exam) (files []certificationPaper, err error) {
	i := slices.IndexFunc(all, func(e register.Exam) bool { return award.ProvisionalID(e.Record) == s.ID })
	if i < 0 {
		return nil, fmt.Errorf("the record of certificate %s is not kept here", s.ID)
	}
	session := all[i].Session
	for _, e := range all {
		if !e.Done() || !p.people.Of(e.Record, all[i].Record) {
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
	armored, err := p.armored(s)
	if err != nil {
		return nil, err
	}
	stripped, err := award.Carried(text, armored)
	return append(files, certificationPaper{"provisional-" + session + ".txt", stripped}), err
}
