package train

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/exambank"
	"darksite/cmd/internal/sitecmd/certified"
	"darksite/localmon/units"
	"darksite/training/award"
	"darksite/training/certificate"
	"darksite/training/exam"
	labcontent "darksite/training/labs/content"
	"darksite/training/register"

	"github.com/spf13/cobra"
)

func (a *app) trainExamCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "exam", Short: "Sit an examination that a second person opens and closes",
		Long: `An examination has questions, one at a time, and practical labs. A supervisor opens it
and closes it with an own key: a certified admin, a security officer of the site or a
trainer of the vendor, and never the candidate. Manual and runbooks may be used.

Every answer is saved at once: whatever happens, "resume" goes on where it stood, and
the time away is written down. What comes out is a record that both have signed. It
holds key IDs and no names, and travels in every bundle until the vendor has answered.`,
		Example: `  darksite train exam practice --track admin --items 10
  darksite train exam start --track admin --as mdurand --supervisor amartin
  darksite train exam status
  darksite train exam submit --as mdurand --supervisor amartin`,
	}
	c.AddCommand(a.examPracticeCommand(), a.examStartCommand(), a.examResumeCommand(), a.examStatusCommand(), a.examSubmitCommand())
	return c
}

// examOptions are what the commands of an examination share.
type examOptions struct {
	track, lang, bank                   string
	as, key, passFile                   string
	supervisor, watchKey, watchPassFile string
	extra, from                         int
	unfinished, renew                   bool
}

func (o *examOptions) candidateFlags(c *cobra.Command) {
	c.Flags().StringVar(&o.as, "as", "", "id of the candidate, as on the roster")
	c.Flags().StringVar(&o.key, "key", "", "file of the candidate's key (default: keys/ID.key)")
	c.Flags().StringVar(&o.passFile, "passphrase-file", "", "passphrase of the candidate's key")
}

func (o *examOptions) supervisorFlags(c *cobra.Command) {
	c.Flags().StringVar(&o.supervisor, "supervisor", "", "id of the supervisor, on the roster or the vendor's card")
	c.Flags().StringVar(&o.watchKey, "supervisor-key", "", "file of the supervisor's key (default: keys/ID.key)")
	c.Flags().StringVar(&o.watchPassFile, "supervisor-passphrase-file", "", "passphrase of the supervisor's key")
}

func bankFlag(c *cobra.Command, dir *string) {
	c.Flags().StringVar(dir, "bank", "", "folder of a bank of questions that the trainer carries (default: the kit's own)")
}

// examBank loads a bank of questions: the one a trainer carries, or the kit's own.
func (a *app) examBank(dir string) (*exam.Bank, exam.Screener, error) {
	b, screens, err := exambank.Load(dir)
	if err != nil && dir != "" {
		return nil, nil, cli.WithHint(err, "ask the trainer for a whole copy of the bank")
	}
	return b, screens, err
}

func (o examOptions) blueprint() (exam.Blueprint, error) {
	t := certificate.Track(defaultTrack(o.track))
	if !slices.Contains(certificate.Tracks(), t) {
		return exam.Blueprint{}, cli.Usagef("--track %q: want one of %v", o.track, certificate.Tracks())
	}
	if o.renew {
		return exam.Renewal(t), nil
	}
	return exam.Of(t), nil
}

// examSigner is the key of somebody of the roster or the vendor's card, and makes
// sure that it is the one known for him.
func (a *app) examSigner(p award.People, id, keyFile, passFile string) (sign.Signer, error) {
	who, ok := p.Roster.Person(id)
	if !ok {
		who, ok = p.Vendor.Person(id)
	}
	if !ok {
		return nil, cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("%q is neither on the roster nor on the vendor's card", id)), "darksite site people")
	}
	key, err := a.Signer(id, keyFile, passFile)
	if err != nil {
		return nil, err
	}
	if key.Public() != who.Key {
		return nil, cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("key %s is not the one known for %s", key.Public().ID(), id)), "darksite site people   (lists whose keys are known)")
	}
	return key, nil
}

// examRow is an examination as the list shows it.
type examRow struct {
	Session    string `json:"session"`
	Track      string `json:"track"`
	Renews     string `json:"renews,omitempty"` // the certificate, of the short form
	Candidate  string `json:"candidate"`
	Supervisor string `json:"supervisor"`
	Began      string `json:"began"`
	State      string `json:"state"` // open, passed, failed, or signed where the bank is not at hand
	Answered   int    `json:"answered,omitempty"`
	Of         int    `json:"of,omitempty"`
	Labs       int    `json:"labs,omitempty"`
	LabsOf     int    `json:"labs_of,omitempty"`
	MinutesOf  int    `json:"minutes_left,omitempty"`
	missing    []exam.LabKind
}

func (a *app) examStatusCommand() *cobra.Command {
	var o examOptions
	var asJSON bool
	c := &cobra.Command{
		Use: "status", Short: "Examinations of this site, and how far the open ones are", Args: cobra.NoArgs,
		Example: "  darksite train exam status --json",
		RunE: func(*cobra.Command, []string) error {
			if _, err := a.Config(); err != nil {
				return err
			}
			return a.examStatus(o, asJSON)
		},
	}
	bankFlag(c, &o.bank)
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) examStatus(o examOptions, asJSON bool) error {
	rows, err := a.examRows(o.bank)
	if err != nil {
		return err
	}
	if asJSON {
		return a.Env.JSON(rows)
	}
	if len(rows) == 0 {
		a.Env.Notef("no examination was held here yet")
		a.Env.Next("darksite train exam practice --track admin", "darksite train exam start --track admin --as ID --supervisor ID")
		return nil
	}
	t := &cli.Table{Header: []string{"SESSION", "TRACK", "CANDIDATE", "BEGAN", "STATE"}}
	for _, r := range rows {
		track := r.Track
		if r.Renews != "" {
			track += " renewal"
		}
		t.Add(r.Session, track, r.Candidate, r.Began, r.words())
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
	last := rows[len(rows)-1]
	switch last.State {
	case "open":
		a.Env.Next(last.next()...)
	case "passed":
		a.Env.Next("darksite train certificate issue " + last.Session + " --as " + last.Supervisor)
	}
	return nil
}

// examRows are all examinations of this site, oldest first.
func (a *app) examRows(bank string) ([]examRow, error) {
	all, err := certified.Register(a.Site).Exams()
	if err != nil {
		return nil, cli.WithCode(cli.CodeTampered, err)
	}
	p, err := certified.People(a.Site)
	if err != nil {
		return nil, err
	}
	b, screens, err := a.examBank(bank)
	if err != nil {
		return nil, err
	}
	rows := []examRow{}
	for _, e := range all {
		rows = append(rows, a.examRow(e, p, b, screens))
	}
	return rows, nil
}

// next is what is still to be done for an open examination.
func (r examRow) next() (next []string) {
	if r.Answered < r.Of && r.MinutesOf > 0 {
		next = append(next, "darksite train exam resume "+r.Session)
	}
	if r.MinutesOf > 0 {
		next = append(next, labsToDo(r.missing, r.Track, r.Candidate)...)
	}
	return append(next, "darksite train exam submit "+r.Session+" --as "+r.Candidate+" --supervisor "+r.Supervisor)
}

// labsOf are the IDs of the labs of a kind and track.
func labsOf(kind exam.LabKind, track certificate.Track) (ids []string, err error) {
	all, err := labcontent.Library()
	if err != nil {
		return nil, err
	}
	for _, l := range all.All() {
		if l.Kind == kind && l.Track == track {
			ids = append(ids, l.ID)
		}
	}
	return ids, nil
}

// haveLabs refuses an examination that nobody could pass, before anybody has sat it.
func haveLabs(plan exam.Blueprint) error {
	for _, k := range plan.Labs {
		ids, err := labsOf(k, plan.Track)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return cli.WithHint(fmt.Errorf("this kit has no lab of kind %s for track %s, and the examination wants one", k, plan.Track), "darksite train lab list --track %s", plan.Track)
		}
	}
	return nil
}

// labsToDo are the commands that begin a lab of each kind that is missing. A lab has a
// site folder of its own, and the commands of the examination find the way back from it.
func labsToDo(missing []exam.LabKind, track, candidate string) (next []string) {
	for _, k := range missing {
		ids, err := labsOf(k, certificate.Track(track))
		if err != nil || len(ids) == 0 {
			next = append(next, "darksite train lab list --track "+track)
			continue
		}
		others := ""
		if len(ids) > 1 {
			others = "   (or " + strings.Join(ids[1:], ", ") + ")"
		}
		next = append(next, "darksite train lab start "+ids[0]+" --as "+candidate+others)
	}
	return next
}

func (r examRow) words() string {
	if r.State != "open" {
		return r.State
	}
	if r.Of == 0 {
		return "open"
	}
	return fmt.Sprintf("open: %d of %d answered, %d of %d labs, %d min left", r.Answered, r.Of, r.Labs, r.LabsOf, r.MinutesOf)
}

func (a *app) examRow(e register.Exam, p award.People, b *exam.Bank, screens exam.Screener) examRow {
	r := examRow{Session: e.Session, Track: string(e.Track), Renews: e.Renews, Candidate: certified.NameOf(p, e.Candidate), Supervisor: certified.NameOf(p, e.Supervisor), State: "signed"}
	if len(e.Events) > 0 {
		r.Began = e.Events[0].At.Format("2006-01-02 15:04")
	}
	if !e.Done() {
		r.State = "open"
	}
	if b.Digest != e.BankDigest {
		if a.certifiedBy(e) {
			r.State = "passed"
		}
		return r
	}
	s, err := exam.Sit(e.Record, b, screens)
	if err != nil {
		r.State = "against the rules: " + err.Error()
		return r
	}
	out := s.Outcome()
	r.Answered, r.Of = s.Answered(), len(s.Form().Questions)
	more, err := a.newLabs(s, r.Candidate)
	if err != nil {
		r.State = "its labs cannot be read: " + err.Error()
		return r
	}
	r.missing = missingLabs(s, more)
	r.Labs, r.LabsOf = len(more)+len(s.Labs()), len(s.Blueprint().Labs)
	switch {
	case r.State == "open":
		r.MinutesOf = max(0, int(s.Left(a.Env.Now()).Minutes()))
	case out.Result.Passed:
		r.State = "passed"
	default:
		r.State = "failed"
	}
	return r
}

// certifiedBy reports whether a certificate followed from an examination.
func (a *app) certifiedBy(e register.Exam) bool {
	_, err := certified.Register(a.Site).Certificate(award.ProvisionalID(e.Record))
	return err == nil
}

// openExam takes an examination for writing: the one named, or the only open one.
func (a *app) openExam(session string) (register.Exam, *register.Sitting, error) {
	if session == "" {
		all, err := certified.Register(a.Site).Exams()
		if err != nil {
			return register.Exam{}, nil, cli.WithCode(cli.CodeTampered, err)
		}
		open := slices.DeleteFunc(all, register.Exam.Done)
		if len(open) != 1 {
			return register.Exam{}, nil, cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("%d examinations are open: name the session", len(open))), "darksite train exam status")
		}
		session = open[0].Session
	}
	held, err := certified.Register(a.Site).Hold(session)
	if errors.Is(err, register.ErrBusy) {
		return register.Exam{}, nil, cli.WithHint(err, "the other terminal has to leave the examination with quit")
	}
	if err != nil {
		return register.Exam{}, nil, cli.WithHint(err, "darksite train exam status")
	}
	e, err := certified.Register(a.Site).Exam(session)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		held.Close()
		return e, nil, cli.WithHint(fmt.Errorf("no examination %s was begun here", session), "darksite train exam status")
	case err != nil:
		held.Close()
		return e, nil, cli.WithHint(cli.WithCode(cli.CodeTampered, err), "put the file back from a copy; it is never edited by hand")
	case e.Done():
		held.Close()
		return e, nil, cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("examination %s is closed and signed", session)), "darksite train exam status")
	}
	return e, held, nil
}

// newLabs are the results of labs that belong to a sitting and are not attached yet:
// for each kind the first of its track within its time, because there is one attempt.
func (a *app) newLabs(s *exam.Sitting, candidate string) (out []exam.LabResult, err error) {
	done, err := a.labsDone(a.here(candidate))
	if err != nil {
		return nil, cli.WithCode(cli.CodeTampered, err)
	}
	has := s.Labs()
	for _, l := range done {
		same := func(o exam.LabResult) bool { return o.Kind == l.Kind }
		in := l.Track() == s.Blueprint().Track && !l.At.Before(s.Began()) && s.Left(l.At) >= 0
		if in && slices.Contains(s.Blueprint().Labs, l.Kind) && !slices.ContainsFunc(has, same) {
			has, out = append(has, l), append(out, l)
		}
	}
	return out, nil
}

// timeLeft is a span in words.
func timeLeft(d time.Duration) string { return units.Duration(max(0, d).Truncate(time.Minute)) }

// labKinds are kinds in words.
func labKinds(kinds []exam.LabKind, say func(en, fr string) string) string {
	var out []string
	for _, k := range kinds {
		out = append(out, map[exam.LabKind]string{
			exam.EasyLab:     say("a plain fault (easy)", "une panne simple (easy)"),
			exam.BundleLab:   say("a bundle (bundle)", "un lot (bundle)"),
			exam.EscalateLab: say("stop and call (escalate)", "s'arrêter et appeler (escalate)"),
		}[k])
	}
	return cmp.Or(strings.Join(out, ", "), "-")
}
