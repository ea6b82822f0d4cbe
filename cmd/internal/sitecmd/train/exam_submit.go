package train

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"darksite/bundle/journal"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/certified"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/training/award"
	"darksite/training/exam"
	"darksite/training/register"

	"github.com/spf13/cobra"
)

func (a *app) examSubmitCommand() *cobra.Command {
	var o examOptions
	var asJSON bool
	c := &cobra.Command{
		Use: "submit [SESSION]", Short: "Close an examination: both sign, and it is marked", Args: cobra.MaximumNArgs(1),
		Long: `Attach the results of the labs, close the examination, let candidate and supervisor sign
the record, and say what it came to. Of each kind of lab the first result within the
time counts. Without all labs it is refused; --unfinished closes it as it stands, which
cannot be a pass. Exit 3 when it was not passed.`,
		Example: "  darksite train exam submit --as mdurand --supervisor amartin",
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := a.Config(); err != nil {
				return err
			}
			return a.submit(first(args), o, asJSON)
		},
	}
	o.candidateFlags(c)
	o.supervisorFlags(c)
	site.LangFlag(c, &o.lang)
	bankFlag(c, &o.bank)
	c.Flags().BoolVar(&o.unfinished, "unfinished", false, "close it though labs are missing")
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) submit(session string, o examOptions, asJSON bool) error {
	s, held, err := a.resumeExam(session, o.bank)
	if err != nil {
		return err
	}
	defer held.Close()
	people, err := certified.People(a.Site)
	if err != nil {
		return err
	}
	r := s.Record()
	o.as, o.supervisor = cmp.Or(o.as, certified.NameOf(people, r.Candidate)), cmp.Or(o.supervisor, certified.NameOf(people, r.Supervisor))
	keys, err := a.bothKeys(people, r, o)
	if err != nil {
		return err
	}
	q := a.questioner(o.lang, nil)
	labs, err := a.newLabs(s, o.as)
	if err != nil {
		return err
	}
	if missing := missingLabs(s, labs); len(missing) > 0 && !o.unfinished && !s.Closed() {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("labs without a result: %s", labKinds(missing, q.say))),
			"darksite train lab list   (or close it as it stands, which is not passed: --unfinished)")
	}
	if !s.Closed() { // else an earlier submit was interrupted between closing and signing
		for _, l := range labs {
			if err := s.Lab(a.Env.Now(), l); err != nil {
				return err
			}
		}
		if err := s.Close(a.Env.Now()); err != nil {
			return err
		}
	}
	return a.closeExam(s, held, people, o, keys, asJSON)
}

// bothKeys are the keys of candidate and supervisor, which are those it was begun with.
func (a *app) bothKeys(people award.People, r exam.Record, o examOptions) ([]sign.Signer, error) {
	candidate, err := a.examSigner(people, o.as, o.key, o.passFile)
	if err != nil {
		return nil, err
	}
	supervisor, err := a.examSigner(people, o.supervisor, o.watchKey, o.watchPassFile)
	if err != nil {
		return nil, err
	}
	for _, k := range []struct {
		id  string
		key sign.Signer
		of  string
	}{{o.as, candidate, r.Candidate}, {o.supervisor, supervisor, r.Supervisor}} {
		if k.key.Public().ID() != k.of {
			return nil, cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("%s has key %s and the examination was begun with key %s", k.id, k.key.Public().ID(), k.of)), "darksite train exam status")
		}
	}
	return []sign.Signer{candidate, supervisor}, nil
}

// closeExam saves the closed record, signs it twice and says what it came to. Each
// step may be done again after an interruption.
func (a *app) closeExam(s *exam.Sitting, held *register.Sitting, people award.People, o examOptions, keys []sign.Signer, asJSON bool) error {
	r := s.Record()
	if err := held.Save(r); err != nil {
		return err
	}
	text, err := r.Encode()
	if err != nil {
		return err
	}
	var signed [][]byte
	for _, k := range keys {
		sig, err := exam.Sign(r, k)
		if err != nil {
			return err
		}
		signed = append(signed, sig)
	}
	b, screens, err := a.examBank(o.bank)
	if err != nil {
		return err
	}
	checked, err := award.Check(text, signed, people, b, screens)
	if err != nil {
		return cli.WithCode(cli.CodeRefused, err)
	}
	for i, k := range keys {
		if err := held.Sign(k.Public().ID(), signed[i]); err != nil {
			return err
		}
	}
	err = a.Record(journal.Entry{Actor: o.supervisor, Action: "exam.close", Details: map[string]string{
		"session": r.Session, "candidate": o.as, "passed": fmt.Sprint(checked.Passed()),
	}})
	if err != nil {
		return err
	}
	v := resultOf(checked)
	if asJSON {
		err = a.Env.JSON(v)
	} else {
		a.printResult(v, a.questioner(o.lang, nil))
	}
	if err != nil {
		return err
	}
	if !v.Passed {
		at, _ := exam.Next([]exam.Attempt{{At: checked.Outcome.Ended}}, a.Env.Now())
		a.Env.Notef("another attempt is possible from %s", at.Format("2006-01-02 15:04Z"))
		a.Env.Next(readAgain(v)...)
		return cli.ErrAttention
	}
	a.Env.Next("darksite train certificate issue " + r.Session + " --as " + o.supervisor)
	return nil
}

// examResult is what an examination came to, for people and programs.
type examResult struct {
	Session    string         `json:"session"`
	Track      string         `json:"track"`
	Candidate  string         `json:"candidate"`
	Supervisor string         `json:"supervisor"`
	Standing   string         `json:"supervisor_is"`
	Passed     bool           `json:"passed"`
	Right      int            `json:"right"`
	Asked      int            `json:"asked"`
	Domains    []domainResult `json:"domains"`
	Labs       []labResult    `json:"labs"`
	Lacks      []lackResult   `json:"lacks"`
	Away       int            `json:"away_seconds"`
	Minutes    int            `json:"minutes"`
	Study      []string       `json:"read_again"` // lessons and runbooks of what was not right
}

type domainResult struct {
	Domain string `json:"domain"`
	Right  int    `json:"right"`
	Asked  int    `json:"asked"`
}

type labResult struct {
	Kind    string `json:"kind"`
	Lab     string `json:"lab"`
	Percent int    `json:"percent"`
	Fatal   bool   `json:"fatal"`
}

type lackResult struct {
	What    string `json:"what"`
	Name    string `json:"name"`
	Percent int    `json:"percent"`
	Needed  int    `json:"needed_percent"`
}

func percent(share float64) int { return int(share*100 + 1e-9) } // never rounded up to a pass

func resultOf(c award.Award) examResult {
	res := c.Outcome.Result
	v := examResult{
		Session: c.Record.Session, Track: string(c.Record.Track), Candidate: c.Candidate.ID, Supervisor: c.Supervisor.ID, Standing: string(c.Standing),
		Passed: c.Passed(), Right: res.Right, Asked: res.Asked, Domains: []domainResult{}, Labs: []labResult{}, Lacks: []lackResult{}, Study: []string{},
		Away: c.Outcome.Away, Minutes: int(c.Outcome.Ended.Sub(c.Outcome.Began).Minutes()),
	}
	for d, share := range res.Domains {
		v.Domains = append(v.Domains, domainResult{d, share.Right, share.Asked})
	}
	slices.SortFunc(v.Domains, func(x, y domainResult) int { return strings.Compare(x.Domain, y.Domain) })
	for _, l := range res.Labs {
		v.Labs = append(v.Labs, labResult{string(l.Kind), l.Lab, percent(l.Score), l.Fatal})
	}
	for _, l := range res.Lacks {
		v.Lacks = append(v.Lacks, lackResult{l.What, l.Name, percent(l.Had), percent(l.Cut)})
	}
	for _, q := range c.Outcome.Form.Questions {
		if slices.Contains(res.Wrong, q.ID) && !slices.Contains(v.Study, q.Reference) {
			v.Study = append(v.Study, q.Reference)
		}
	}
	slices.Sort(v.Study)
	return v
}

func (a *app) printResult(v examResult, q *questioner) {
	word := q.say("NOT PASSED", "NON RÉUSSI")
	if v.Passed {
		word = q.say("PASSED", "RÉUSSI")
	}
	fmt.Fprintf(a.Env.Out, "%s %s, %s: %s\n", q.say("examination", "examen"), v.Session, v.Candidate, word)
	t := &cli.Table{Header: []string{q.say("PART", "PARTIE"), q.say("RIGHT", "JUSTES"), q.say("NEEDED", "REQUIS")}}
	t.Add(q.say("all questions", "toutes les questions"), fmt.Sprintf("%d/%d", v.Right, v.Asked), fmt.Sprintf("%d %%", percent(exam.CutItems)))
	for _, d := range v.Domains {
		t.Add(q.say("domain ", "domaine ")+d.Domain, fmt.Sprintf("%d/%d", d.Right, d.Asked), fmt.Sprintf("%d %%", percent(exam.CutDomain)))
	}
	for _, l := range v.Labs {
		got := fmt.Sprintf("%d %%", l.Percent)
		if l.Fatal {
			got = q.say("FATAL ACT", "ACTE FATAL")
		}
		t.Add(q.say("lab ", "exercice ")+l.Lab+" ("+l.Kind+")", got, fmt.Sprintf("%d %%", percent(exam.CutLab)))
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
	for _, l := range v.Lacks {
		switch l.What {
		case "items":
			a.Env.Notef(q.say("too few questions were right: %d %% of %d %%", "trop peu de réponses justes : %d %% sur %d %%"), l.Percent, l.Needed)
		case "domain":
			a.Env.Notef(q.say("too little in domain %s: %d %% of %d %%", "trop peu dans le domaine %s : %d %% sur %d %%"), l.Name, l.Percent, l.Needed)
		case "safety":
			a.Env.Notef("%s", q.say("a question about safety was not right", "une question de sécurité n'était pas juste"))
		case "lab":
			a.Env.Notef(q.say("lab %s: %d %% of %d %%, or a fatal act, or not done", "exercice %s : %d %% sur %d %%, ou acte fatal, ou non fait"), l.Name, l.Percent, l.Needed)
		}
	}
}

// readAgain are the commands that show what was not known, a few of them.
func readAgain(v examResult) (next []string) {
	for _, ref := range v.Study {
		kind, id, _ := strings.Cut(ref, ":")
		if kind == "lesson" && len(next) < 4 {
			next = append(next, "darksite train lesson "+id)
		}
	}
	if len(next) == 0 {
		next = append(next, "darksite train progress "+v.Candidate+" --track "+v.Track)
	}
	return next
}
