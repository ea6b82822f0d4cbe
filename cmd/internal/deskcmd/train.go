package deskcmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"darksite/bundle"
	"darksite/bundle/desk"
	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/training/award"
	"darksite/training/certificate"
	"darksite/training/exam"
	"darksite/training/register"

	"github.com/spf13/cobra"
)

// trainingDir is the register of certificates in the desk's folder.
const trainingDir = "training"

func (a *app) register() *register.Register { return register.At(a.path(trainingDir)) }

func (a *app) trainCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "train", Short: "Check examinations that sites held, and issue certificates",
		Long: `A bundle brings the records of examinations that were passed at a site. Each is checked
from the beginning: both signatures, who may supervise, and every answer against the
bank of questions. The certificate that follows goes back with the next reply.`,
		Example: `  casedesk train verify S042-000017
  casedesk train issue S042-000017 --as ruth
  casedesk train withdraw DSA-8B37E27C --as ruth --why "left the site"`,
	}
	c.AddCommand(a.trainVerifyCommand(), a.trainIssueCommand(), a.trainListCommand(), a.trainWithdrawCommand())
	return c
}

// examView is an examination of a bundle as it was checked.
type examView struct {
	Session     string   `json:"session"`
	Candidate   string   `json:"candidate"`
	Key         string   `json:"key"`
	Track       string   `json:"track"`
	Renews      string   `json:"renews,omitempty"` // the certificate, of the short form
	Began       string   `json:"began"`
	Supervisor  string   `json:"supervisor"`
	Standing    string   `json:"supervisor_is"`
	Passed      bool     `json:"passed"`
	Right       int      `json:"right"`
	Asked       int      `json:"asked"`
	Labs        []string `json:"labs"`
	Minutes     int      `json:"minutes"`
	Away        int      `json:"away_seconds"`
	Changed     int      `json:"answers_changed"`
	Notes       []string `json:"notes"`
	Provisional string   `json:"provisional,omitempty"` // ID, when the bundle brings a valid one
	Certificate string   `json:"certificate,omitempty"` // ID, when the vendor's is issued
	award       award.Award
}

func (a *app) trainVerifyCommand() *cobra.Command {
	var bank string
	var asJSON bool
	c := &cobra.Command{
		Use: "verify BUNDLE", Short: "Check the examinations an imported bundle brings", Args: cobra.ExactArgs(1),
		Long: `Check signatures, supervision and every answer of the examinations in a bundle, and hold
each against those of the same person that this desk has seen: the times of waiting, the
number of failures, that none is missing and none stands in the place of another. What
was checked is kept for that. Exit 5 when a record was altered or is not by the rules.
Nothing is issued.`,
		Example: "  casedesk train verify S042-000017",
		RunE: func(c *cobra.Command, args []string) error {
			views, err := a.exams(c.Context(), bundle.ID(args[0]), bank)
			if err != nil {
				return err
			}
			if asJSON {
				return a.env.JSON(views)
			}
			a.printExams(views)
			for _, v := range views {
				if v.Certificate == "" {
					a.env.Next("casedesk train issue " + args[0] + " --as ID")
					return nil
				}
			}
			a.env.Next("casedesk train list")
			return nil
		},
	}
	c.Flags().StringVar(&bank, "bank", "", "folder of the bank of questions it was held with (default: the kit's own)")
	cli.JSONFlag(c, &asJSON)
	return c
}

// bundleOf finds an imported bundle.
func (a *app) bundleOf(ctx context.Context, id bundle.ID) (found desk.Bundle, err error) {
	store, done, err := a.openStore()
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, done()) }()
	site, _, ok := id.Split()
	if !ok {
		return found, cli.Usagef("%q is not the id of a bundle such as S042-000017", id)
	}
	chain, err := store.Bundles(ctx, site)
	if err != nil {
		return found, err
	}
	i := slices.IndexFunc(chain, func(b desk.Bundle) bool { return b.BID == id })
	if i < 0 {
		return found, cli.WithHint(fmt.Errorf("bundle %s: %w", id, desk.ErrNotFound), "casedesk import MEDIUM")
	}
	return chain[i], nil
}

// papersDir is where a bundle has its examinations.
const papersDir = "files/training"

// papers reads the files of a bundle whose names begin so, by name.
func (a *app) papersIn(b desk.Bundle, prefix string) (map[string][]byte, error) {
	root, err := os.OpenRoot(a.path(openedDir, string(b.SealedSHA256)))
	if err != nil {
		return nil, fmt.Errorf("read bundle %s: %w", b.BID, err)
	}
	defer root.Close()
	dir, err := root.Open(papersDir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read bundle %s: %w", b.BID, err)
	}
	names, err := dir.Readdirnames(-1)
	if err = errors.Join(err, dir.Close()); err != nil {
		return nil, fmt.Errorf("read bundle %s: %w", b.BID, err)
	}
	out := map[string][]byte{}
	for _, name := range names {
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		f, _, err := safefile.OpenRegular(root, papersDir+"/"+name)
		if err != nil {
			return nil, fmt.Errorf("read bundle %s: %w", b.BID, err)
		}
		data, err := io.ReadAll(io.LimitReader(f, 1<<20))
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("read bundle %s: %w", b.BID, err)
		}
		out[name] = data
	}
	return out, nil
}

// people are those who may have sat and watched at a site. An admin counts as
// certified on a day when the desk has issued a certificate that has not ended by then:
// one that was provisional on that day was issued here only later.
func (a *app) people(site string) (award.People, error) {
	r, err := a.roster(site)
	if err != nil {
		return award.People{}, err
	}
	v, err := a.vendor()
	if err != nil {
		return award.People{}, err
	}
	gone, _, err := a.withdrawn(v)
	if err != nil {
		return award.People{}, err
	}
	kept, err := a.register().Certificates()
	if err != nil {
		return award.People{}, cli.WithCode(cli.CodeTampered, err)
	}
	p := award.People{Roster: r, Vendor: v}
	if p.Withdrawn, err = a.withdrawnBySites(); err != nil {
		return award.People{}, err
	}
	p.Certified = func(key string, on certificate.Day) bool {
		return slices.ContainsFunc(kept, func(s certificate.Signed) bool {
			if s.Key != key || s.Track != certificate.Admin || s.Until.Before(on) {
				return false
			}
			reason := certificate.Verify(s, certificate.Trust{Vendor: award.Issuers(v), Withdrawn: gone, Local: award.Until(p.Withdrawn, on)}, on).Reason
			return reason == certificate.Counts || reason == certificate.NotBegun
		})
	}
	return p, nil
}

// withdrawn is the newest list the desk has signed, and its file; nil before the first.
func (a *app) withdrawn(v roster.Vendor) (*certificate.Withdrawals, []byte, error) {
	return a.register().Withdrawn(award.Keys(v))
}

// exams checks every examination of a bundle, in the order in which they were held. The
// first that is wrong ends it: what came with it is looked at by a person.
func (a *app) exams(ctx context.Context, id bundle.ID, bank string) ([]examView, error) {
	b, err := a.bundleOf(ctx, id)
	if err != nil {
		return nil, err
	}
	people, err := a.people(b.Site)
	if err != nil {
		return nil, err
	}
	gone, err := a.takeWithdrawals(b, people.Roster)
	if err != nil {
		return nil, err
	}
	records, err := a.papersIn(b, "exam-")
	if err != nil {
		return nil, err
	}
	if len(records) == 0 && len(gone) > 0 {
		return []examView{}, nil
	}
	if len(records) == 0 {
		return nil, cli.WithHint(cli.WithCode(cli.CodeFailed, fmt.Errorf("bundle %s brings no examination", id)), "at the site: darksite train exam status")
	}
	c, err := a.examChecker(people, bank)
	if err != nil {
		return nil, err
	}
	views := []examView{}
	arrived := inOrder(records)
	for i, one := range arrived {
		if one.err != nil {
			return nil, refusedExam(one.name, one.err)
		}
		checked, err := c.check(one)
		if errors.Is(err, exam.ErrOtherBank) && (c.certified(one.record) || followed(one, arrived[i+1:])) {
			err = c.remember(one, c.certified(one.record)) // it was judged then, or a failure that another follows
			if err == nil {
				continue
			}
		}
		if err == nil {
			err = c.remember(one, checked.Passed())
		}
		if err != nil {
			return nil, refusedExam(one.name, err)
		}
		views = append(views, viewExam(checked))
	}
	return views, a.fill(views, b, people)
}

// arrivedExam is the record of an examination as it came.
type arrivedExam struct {
	name   string
	text   []byte
	signed [][]byte
	record exam.Record
	began  time.Time
	err    error
}

// inOrder are the records in the order in which the examinations were held: who passed
// the first may have supervised the next.
func inOrder(records map[string][]byte) []arrivedExam {
	var out []arrivedExam
	for name, data := range records {
		e := arrivedExam{name: name}
		if e.text, e.signed, e.err = award.Arrived(data); e.err == nil {
			if r, err := exam.ParseRecord(e.text); err == nil && len(r.Events) > 0 { // what is wrong with it is said when it is checked
				e.record, e.began = r, r.Events[0].At
			}
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(x, y arrivedExam) int { return cmp.Or(x.began.Compare(y.began), cmp.Compare(x.name, y.name)) })
	return out
}

func refusedExam(name string, err error) error {
	hint := "note what is printed above and telephone the site"
	if errors.Is(err, exam.ErrOtherBank) {
		return cli.WithHint(fmt.Errorf("%s: %w", name, err), "name the folder of that bank with --bank")
	}
	switch {
	case errors.Is(err, award.ErrHistory):
		hint = "ask the site for a bundle with all records of the candidate; of two in one place telephone the site"
	case errors.Is(err, award.ErrTooSoon), errors.Is(err, award.ErrNotRenewable):
		hint = "nothing is issued for it; tell the site in the next reply what the rules are"
	case errors.Is(err, award.ErrMayNotWatch):
		hint = "issue the supervisor's certificate first, where that is still to come; else telephone the site"
	}
	return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("%s: %w", name, err)), "%s", hint)
}

func viewExam(c award.Award) examView {
	v := examView{
		Session: c.Record.Session, Candidate: c.Candidate.ID, Key: c.Record.Candidate, Track: string(c.Record.Track), Renews: c.Record.Renews, Began: c.Outcome.Began.Format("2006-01-02 15:04Z"),
		Supervisor: c.Supervisor.ID, Standing: string(c.Standing), Passed: c.Passed(), Right: c.Outcome.Result.Right, Asked: c.Outcome.Result.Asked,
		Labs: []string{}, Minutes: int(c.Outcome.Ended.Sub(c.Outcome.Began).Minutes()), Away: c.Outcome.Away, Changed: c.Outcome.Changed, Notes: append([]string{}, c.Outcome.Notes...), award: c,
	}
	for _, l := range c.Outcome.Result.Labs {
		v.Labs = append(v.Labs, fmt.Sprintf("%s %d %%", l.Lab, int(l.Score*100)))
	}
	return v
}

// fill adds which certificates there are already.
func (a *app) fill(views []examView, b desk.Bundle, people award.People) error {
	stripped, err := a.papersIn(b, "provisional-")
	if err != nil {
		return err
	}
	for i := range views {
		v := &views[i]
		if _, err := a.register().Certificate(certificateID(v.award)); err == nil {
			v.Certificate = certificateID(v.award)
		}
		data, ok := stripped["provisional-"+v.Session+".txt"]
		if !ok {
			continue
		}
		if err := checkProvisional(data, v.award, people); err != nil {
			return refusedExam("certificate "+v.award.ProvisionalID(), err)
		}
		v.Provisional = v.award.ProvisionalID()
	}
	return nil
}

// checkProvisional checks a provisional certificate under the keys of the site, on the
// day it was issued, and that it says what follows from the record.
func checkProvisional(data []byte, c award.Award, people award.People) error {
	text, signed, err := award.Arrived(data)
	if err != nil {
		return err
	}
	if len(signed) != 1 {
		return fmt.Errorf("%d signatures, want one", len(signed))
	}
	s, err := award.Named(text, signed[0], people)
	if err != nil {
		return err
	}
	if v := certificate.Verify(s, people.Trust(nil), s.Issued); !v.OK() {
		return fmt.Errorf("%s: %s", v.Reason, v.Detail)
	}
	if s.Key != c.Record.Candidate || s.Track != c.Record.Track || s.Band != certificate.BandOf(c.Outcome.Result.Total()) {
		return errors.New("it says something else than the record of the examination")
	}
	return nil
}

func (a *app) printExams(views []examView) {
	for _, v := range views {
		word := "NOT PASSED"
		if v.Passed {
			word = "passed"
		}
		fmt.Fprintf(a.env.Out, "%s  %s, track %s: %s, %d of %d questions, labs: %s\n", v.Session, v.Candidate, v.Track, word, v.Right, v.Asked, strings.Join(v.Labs, ", "))
		if v.Renews != "" {
			fmt.Fprintf(a.env.Out, "  the short form, renews certificate %s\n", v.Renews)
		}
		fmt.Fprintf(a.env.Out, "  begun %s, took %d min, away %d s, %d answers changed\n", v.Began, v.Minutes, v.Away, v.Changed)
		fmt.Fprintf(a.env.Out, "  supervised by %s, %s\n", v.Supervisor, v.Standing)
		for _, n := range v.Notes {
			fmt.Fprintf(a.env.Out, "  note: %s\n", cli.Printable(n))
		}
		if v.Provisional != "" {
			fmt.Fprintf(a.env.Out, "  provisional certificate %s\n", v.Provisional)
		}
		if v.Certificate != "" {
			fmt.Fprintf(a.env.Out, "  certificate %s is issued\n", v.Certificate)
		}
	}
}
