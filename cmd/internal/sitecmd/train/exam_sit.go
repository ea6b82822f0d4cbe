package train

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"darksite/bundle/journal"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/certified"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/training/award"
	"darksite/training/certificate"
	"darksite/training/exam"
	"darksite/training/register"

	"github.com/spf13/cobra"
)

func (a *app) examPracticeCommand() *cobra.Command {
	var o examOptions
	var items int
	c := &cobra.Command{
		Use: "practice", Short: "Questions as in an examination, without supervision and record", Args: cobra.NoArgs,
		Long: `Draw a form as an examination does, ask it one question at a time, and say after each
what was right and why. Nothing is written down and nothing is signed.`,
		Example: "  darksite train exam practice --track officer --items 5 --lang fr",
		RunE: func(*cobra.Command, []string) error {
			if items < 0 {
				return cli.Usagef("--items %d: want how many questions, or 0 for a whole form", items)
			}
			return a.practise(o, items)
		},
	}
	site.LangFlag(c, &o.lang)
	TrackFlag(c, &o.track)
	bankFlag(c, &o.bank)
	c.Flags().IntVar(&items, "items", 0, "how many questions (default: a whole form)")
	return c
}

// drawn is a number by chance: which form, which session.
func drawn() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint64(b[:])
}

func (a *app) practise(o examOptions, items int) error {
	p, err := o.blueprint()
	if err != nil {
		return err
	}
	b, screens, err := a.examBank(o.bank)
	if err != nil {
		return err
	}
	form, err := exam.Draw(b, p, drawn(), nil)
	if err != nil {
		return err
	}
	if items == 0 || items > len(form.Questions) {
		items = len(form.Questions)
	}
	q := a.questioner(o.lang, screens)
	q.notef("Practice, questions: %d, no time, no record. quit ends it.", "Entraînement, questions : %d, sans durée ni procès-verbal. quitter y met fin.", items)
	right, asked := 0, 0
	for _, question := range form.Questions[:items] {
		seed := form.ScreenSeed(question)
		q.show(fmt.Sprintf(q.say("Question %d of %d", "Question %d sur %d"), asked+1, items), question, seed, "")
		given, turn, _, err := q.read(question, true)
		if err != nil {
			return err
		}
		if turn == leave {
			break
		}
		ok := false
		if turn == answered {
			if ok, err = form.Mark(question, given, screens); err != nil {
				return err
			}
		}
		if asked++; ok {
			right++
		}
		q.because(question, given, ok, seed)
		q.notef("(%s)", "(%s)", question.Reference)
	}
	fmt.Fprintf(a.Env.Out, "%d/%d %s\n", right, asked, q.say("right", "justes"))
	a.Env.Next("darksite train exam start --track " + string(p.Track) + " --as ID --supervisor ID")
	return nil
}

func (a *app) examStartCommand() *cobra.Command {
	var o examOptions
	c := &cobra.Command{
		Use: "start", Short: "Open an examination, both people at the console", Args: cobra.NoArgs,
		Long: `Open an examination: candidate and supervisor each use their key, a form is drawn, and
the questions begin. The questions can be left with quit and taken up with "exam resume";
the clock runs on. The labs of the form are done with "train lab" before "exam submit".

Someone who failed may try again after a day, then after seven; after three failures in
90 days a security officer or a trainer of the vendor has to be the supervisor.

With --renew it is the short form: half the questions, those about safety always among
them, and one lab. It is for somebody whose certificate from the vendor ends within 120
days or ended at most 60 days ago; the other rules are the same.`,
		Example: `  darksite train exam start --track admin --as mdurand --supervisor amartin
  darksite train exam start --track admin --as mdurand --supervisor ruth --supervisor-key /media/usb/ruth.key --extra 30
  darksite train exam start --renew --as mdurand --supervisor amartin`,
		RunE: func(*cobra.Command, []string) error { return a.startExam(o) },
	}
	o.candidateFlags(c)
	o.supervisorFlags(c)
	site.LangFlag(c, &o.lang)
	c.Flags().StringVar(&o.track, "track", "", "admin, officer or tse (default: admin)")
	bankFlag(c, &o.bank)
	c.Flags().BoolVar(&o.renew, "renew", false, "the short form, which renews the candidate's certificate")
	c.Flags().IntVar(&o.extra, "extra", 0, "minutes more than the rules give, granted by the supervisor and written down")
	_ = c.MarkFlagRequired("as") // both flags exist: they were defined above
	_ = c.MarkFlagRequired("supervisor")
	return c
}

func (a *app) startExam(o examOptions) error {
	conf, err := a.Config()
	if err != nil {
		return err
	}
	plan, err := o.blueprint()
	if err != nil {
		return err
	}
	if err := haveLabs(plan); err != nil {
		return err
	}
	if o.extra < 0 || o.extra > exam.MaxExtra {
		return cli.Usagef("--extra %d: want 0 to %d minutes", o.extra, exam.MaxExtra)
	}
	b, screens, err := a.examBank(o.bank)
	if err != nil {
		return err
	}
	people, err := certified.People(a.Site)
	if err != nil {
		return err
	}
	head := exam.Head{
		Session: hex.EncodeToString(binary.BigEndian.AppendUint64(nil, drawn())), Site: conf.Site.Code, Track: plan.Track,
		Bank: b.Version, BankDigest: b.Digest, Seed: drawn(), Extra: o.extra,
	}
	candidate, err := a.examSigner(people, o.as, o.key, o.passFile)
	if err != nil {
		return err
	}
	supervisor, err := a.examSigner(people, o.supervisor, o.watchKey, o.watchPassFile)
	if err != nil {
		return err
	}
	head.Candidate, head.Supervisor = candidate.Public().ID(), supervisor.Public().ID()
	standing, err := people.Supervises(head.Supervisor, head.Candidate, certificate.DayOf(a.Env.Now()))
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "name another supervisor; darksite train certificate list shows who is certified")
	}
	if o.renew {
		if head.Renews, err = a.renews(people, o.as, plan.Track); err != nil {
			return err
		}
	}
	if err := a.mayTry(people, &head, o.as, standing, b, screens); err != nil {
		return err
	}
	s, err := exam.Sit(exam.Record{Head: head}, b, screens)
	if err != nil {
		return err
	}
	if err := s.Open(a.Env.Now()); err != nil {
		return cli.WithCode(cli.CodeUsage, err)
	}
	held, err := a.openedBy(s, o, standing, candidate, supervisor)
	if err != nil {
		return err
	}
	defer held.Close()
	return a.sit(s, held, o)
}

// openedBy writes the beginning down, once both have shown that they hold their keys.
func (a *app) openedBy(s *exam.Sitting, o examOptions, standing award.Standing, keys ...sign.Signer) (*register.Sitting, error) {
	if err := s.Note(a.Env.Now(), "the supervisor is a "+string(standing)); err != nil {
		return nil, err
	}
	for _, k := range keys {
		if _, err := exam.Sign(s.Record(), k); err != nil {
			return nil, err
		}
	}
	session := s.Record().Session
	held, err := certified.Register(a.Site).Hold(session)
	if err != nil {
		return nil, err
	}
	if err := held.Save(s.Record()); err != nil {
		held.Close()
		return nil, err
	}
	err = a.Record(journal.Entry{Actor: o.supervisor, Action: "exam.open", Details: map[string]string{
		"session": session, "candidate": o.as, "track": string(s.Record().Track), "bank": s.Record().Bank, "renews": cli.OrDash(s.Record().Renews),
	}})
	if err != nil {
		held.Close()
		return nil, err
	}
	return held, nil
}

// mayTry refuses an attempt that comes too early, and puts into the head what came before.
// An examination that was left open past its time counts as failed.
func (a *app) mayTry(people award.People, head *exam.Head, candidate string, standing award.Standing, b *exam.Bank, screens exam.Screener) error {
	all, err := certified.Register(a.Site).Exams()
	if err != nil {
		return cli.WithCode(cli.CodeTampered, err)
	}
	var earlier []award.Earlier
	for _, e := range all {
		if !people.Of(e.Record, exam.Record{Head: *head}) || len(e.Events) == 0 {
			continue
		}
		if !e.Done() {
			return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("examination %s of %s is still open", e.Session, candidate)),
				"darksite train exam resume %s   (or close it as it stands: darksite train exam submit %s --unfinished)", e.Session, e.Session)
		}
		earlier = append(earlier, award.Earlier{Record: e.Record, Digest: exam.Digest(e.Text), Passed: a.passed(e, b, screens)})
		head.Previous, head.After = asked(e, b), exam.Digest(e.Text)
	}
	err = award.Retake(exam.Record{Head: *head}, a.Env.Now(), standing, earlier)
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "darksite train status %s", candidate)
	}
	return nil
}

// renews is the certificate that somebody can renew by the short form: of those of the
// track the one that ends last.
func (a *app) renews(people award.People, candidate string, track certificate.Track) (string, error) {
	p, err := certified.Read(a.Site)
	if err != nil {
		return "", err
	}
	var last *certificate.Signed
	for _, s := range p.Kept {
		if !s.Provisional && s.Track == track && p.Holder(s) == candidate && (last == nil || last.Until.Before(s.Until)) {
			last = &s
		}
	}
	if last == nil {
		return "", cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("%s has no certificate of the vendor for track %s to renew", candidate, track)), "darksite train exam start --track %s --as %s --supervisor ID   (the whole examination)", track, candidate)
	}
	if why := certificate.Renewable(*last, people.Trust(p.Withdrawn), p.Today); why != "" {
		return "", cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("certificate %s %w: %s", last.ID, award.ErrNotRenewable, why)), "darksite train certificate show %s", last.ID)
	}
	return last.ID, nil
}

// passed reports whether an examination was passed. Where its bank is not at hand any
// more only the certificate tells.
func (a *app) passed(e register.Exam, b *exam.Bank, screens exam.Screener) bool {
	if s, err := exam.Sit(e.Record, b, screens); err == nil {
		return s.Outcome().Result.Passed
	}
	return a.certifiedBy(e)
}

// asked are the items of an earlier form: all where the bank is the same, else those
// that were answered.
func asked(e register.Exam, b *exam.Bank) (ids []string) {
	if b.Digest == e.BankDigest {
		form, err := exam.Draw(b, e.Blueprint(), e.Seed, e.Previous)
		if err == nil {
			for _, q := range form.Questions {
				ids = append(ids, q.ID)
			}
			return ids
		}
	}
	return e.Items()
}

func (a *app) examResumeCommand() *cobra.Command {
	var o examOptions
	c := &cobra.Command{
		Use: "resume [SESSION]", Short: "Go on with an open examination", Args: cobra.MaximumNArgs(1),
		Long:    "Go on with the questions where they stand. The time since the newest answer is written\ndown as time away; the clock ran on.",
		Example: "  darksite train exam resume",
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := a.Config(); err != nil {
				return err
			}
			s, held, err := a.resumeExam(first(args), o.bank)
			if err != nil {
				return err
			}
			defer held.Close()
			if s.Closed() {
				return cli.WithHint(cli.WithCode(cli.CodeRefused, errors.New("the examination is closed, and signatures are missing")), "darksite train exam submit %s", s.Record().Session)
			}
			if err := s.Back(a.Env.Now()); err != nil {
				return err
			}
			if err := held.Save(s.Record()); err != nil {
				return err
			}
			return a.sit(s, held, o)
		},
	}
	site.LangFlag(c, &o.lang)
	bankFlag(c, &o.bank)
	c.Flags().IntVar(&o.from, "question", 0, "the question to begin with (default: the first without an answer)")
	return c
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// resumeExam takes an open examination and stands where it stood.
func (a *app) resumeExam(session, bank string) (*exam.Sitting, *register.Sitting, error) {
	b, screens, err := a.examBank(bank)
	if err != nil {
		return nil, nil, err
	}
	e, held, err := a.openExam(session)
	if err != nil {
		return nil, nil, err
	}
	s, err := exam.Sit(e.Record, b, screens)
	if err != nil {
		held.Close()
		return nil, nil, cli.WithHint(cli.WithCode(cli.CodeRefused, err), "name the bank it was begun with: --bank FOLDER")
	}
	return s, held, nil
}

// sit asks the questions. Each answer is on disk before the next question is shown.
func (a *app) sit(s *exam.Sitting, held *register.Sitting, o examOptions) error {
	q := a.questioner(o.lang, nil)
	q.screens = s.Screens()
	questions := s.Form().Questions
	q.notef("Examination %s: %d questions and %d labs, %s left for all. Every answer is saved at once.",
		"Examen %s : %d questions et %d exercices, %s restant pour le tout. Chaque réponse est enregistrée aussitôt.",
		s.Record().Session, len(questions), len(s.Blueprint().Labs), timeLeft(s.Left(a.Env.Now())))
	at := firstOpen(s, 0)
	if o.from > 0 {
		at = min(o.from, len(questions)) - 1
	}
	for at < len(questions) {
		question := questions[at]
		given, _ := s.Given(question.ID)
		q.show(a.examHead(q, s, at), question, s.Form().ScreenSeed(question), given)
		answer, turn, to, err := q.read(question, true)
		if err != nil {
			return cli.WithHint(err, "darksite train exam resume %s", s.Record().Session)
		}
		switch turn {
		case answered:
			err := s.Answer(a.Env.Now(), question.ID, answer)
			if errors.Is(err, exam.ErrTimeUp) {
				q.notef("The time is over; this answer came too late.", "Le temps est écoulé ; cette réponse est arrivée trop tard.")
				return a.afterQuestions(q, s)
			}
			if err != nil {
				return err
			}
			if err := held.Save(s.Record()); err != nil {
				return err
			}
			at = firstOpen(s, at+1)
		case onward:
			at = min(at+1, len(questions))
		case backward:
			at = max(0, at-1)
		case jump:
			at = max(0, min(to, len(questions))-1)
		case leave:
			return a.afterQuestions(q, s)
		}
	}
	return a.afterQuestions(q, s)
}

// firstOpen is the first question from a place on that has no answer, else the first
// of all, else the end.
func firstOpen(s *exam.Sitting, from int) int {
	questions := s.Form().Questions
	open := func(x exam.Question) bool {
		_, ok := s.Given(x.ID)
		return !ok
	}
	if i := slices.IndexFunc(questions[min(from, len(questions)):], open); i >= 0 {
		return from + i
	}
	if i := slices.IndexFunc(questions, open); i >= 0 && from < len(questions) {
		return i
	}
	return len(questions)
}

func (a *app) examHead(q *questioner, s *exam.Sitting, at int) string {
	return fmt.Sprintf(q.say("Question %d of %d   %d answered, %s left", "Question %d sur %d   %d répondues, %s restant"),
		at+1, len(s.Form().Questions), s.Answered(), timeLeft(s.Left(a.Env.Now())))
}

// afterQuestions says what is still to be done.
func (a *app) afterQuestions(q *questioner, s *exam.Sitting) error {
	session, of := s.Record().Session, len(s.Form().Questions)
	q.notef("%d of %d questions are answered; %s left.", "%d questions sur %d ont une réponse ; %s restant.", s.Answered(), of, timeLeft(s.Left(a.Env.Now())))
	fmt.Fprintln(a.Env.Out, session)
	var next []string
	if s.Answered() < of && s.Left(a.Env.Now()) > 0 {
		next = append(next, "darksite train exam resume "+session)
	}
	people, err := certified.People(a.Site)
	if err != nil {
		return err
	}
	candidate, supervisor := certified.NameOf(people, s.Record().Candidate), certified.NameOf(people, s.Record().Supervisor)
	labs, err := a.newLabs(s, candidate)
	if err != nil {
		return err
	}
	if missing := missingLabs(s, labs); len(missing) > 0 {
		q.notef("Labs still to be done: %s.", "Exercices encore à faire : %s.", labKinds(missing, q.say))
		next = append(next, labsToDo(missing, string(s.Record().Track), candidate)...)
	}
	a.Env.Next(append(next, "darksite train exam submit "+session+" --as "+candidate+" --supervisor "+supervisor)...)
	return nil
}

// missingLabs are the kinds for which there is no result.
func missingLabs(s *exam.Sitting, more []exam.LabResult) []exam.LabKind {
	done := append(s.Labs(), more...)
	return slices.DeleteFunc(slices.Clone(s.Blueprint().Labs), func(k exam.LabKind) bool {
		return slices.ContainsFunc(done, func(l exam.LabResult) bool { return l.Kind == k })
	})
}
