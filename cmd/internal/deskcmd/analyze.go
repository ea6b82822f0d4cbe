package deskcmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"darksite/bundle"
	"darksite/bundle/desk"
	"darksite/bundle/desk/boltstore"
	"darksite/bundle/desk/replay"
	"darksite/bundle/desk/triage"
	"darksite/cmd/internal/cli"
	"darksite/localmon/units"

	"github.com/spf13/cobra"
)

// analysis is what analyze prints of a case.
type analysis struct {
	Case     string            `json:"case"`
	Bundle   string            `json:"bundle"`
	Before   string            `json:"before,omitempty"` // bundle it is compared with
	Arrays   []triage.Array    `json:"arrays"`
	Report   triage.Report     `json:"report"`
	Runs     []ranRun          `json:"runs"`   // of runbooks at the site, asked again here
	Checks   []replay.Check    `json:"checks"` // of the runbooks that open findings lead to, asked of the bundle
	Timeline []triage.Entry    `json:"timeline"`
	Similar  []likeness        `json:"similar"`
	Ack      string            `json:"acknowledgement"` // a first diagnosis, drafted
	titles   map[string]string // of fingerprints
	about    string            // the array the case is about
}

// likeness is a case like this one, with the reason in words.
type likeness struct {
	Case   string   `json:"case"`
	Number string   `json:"number,omitempty"`
	Score  float64  `json:"score"`
	Why    []string `json:"why"` // what both have, the rarest first
	Ended  string   `json:"ended,omitempty"`
}

func (a *app) analyzeCommand() *cobra.Command {
	var asJSON, line bool
	var span string
	c := &cobra.Command{
		Use: "analyze CASE", Short: "Triage a case: findings, what changed, what could not be checked, similar cases", Args: cobra.ExactArgs(1),
		Long: `Read the newest bundle of a case: which arrays it shows, what is wrong with them and
whether that is new, still so or cleared since the bundle before of the same array,
what could not be checked and why, and other cases that share rare findings. The runs
of runbooks that came along are asked again: a check that does not come out as the log
has it is a finding. The checks of the runbooks that open findings lead to are asked of
the bundle.

With --timeline, what happened over monitor and arrays, in the order of the kit's
clock, each with how sure its time is; ~ marks an order that is not certain.`,
		Example: "  casedesk analyze 00000001\n  casedesk analyze 00000001 --timeline --span 6h",
		RunE: func(c *cobra.Command, args []string) error {
			back, err := units.ParseDuration(span)
			if err != nil {
				return cli.WithCode(cli.CodeUsage, fmt.Errorf("--span: %w", err))
			}
			out, err := a.analyze(c.Context(), args[0], back)
			if err != nil {
				return err
			}
			switch {
			case asJSON:
				return a.env.JSON(out)
			case line:
				a.printTimeline(out.Timeline)
			default:
				a.printAnalysis(out)
			}
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	c.Flags().BoolVar(&line, "timeline", false, "what happened, in order")
	c.Flags().StringVar(&span, "span", "24h", "how far the timeline reaches back from the bundle")
	return c
}

// facts reads the opened tree of an imported bundle.
func (a *app) facts(b desk.Bundle) (triage.Facts, error) {
	root, err := os.OpenRoot(a.path(openedDir, string(b.SealedSHA256)))
	if err != nil {
		return triage.Facts{}, fmt.Errorf("read bundle %s: %w", b.BID, err)
	}
	defer root.Close()
	return triage.Read(root.FS(), b.Taken)
}

func (a *app) analyze(ctx context.Context, name string, back time.Duration) (out analysis, err error) {
	store, done, err := a.openStore()
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, done()) }()
	c, _, err := store.Case(ctx, name)
	if err != nil {
		return out, err
	}
	b := newestOf(c.Bundles)
	now, before, was, err := a.compared(ctx, store, c, b)
	if err != nil {
		return out, err
	}
	rules, err := triage.Shipped()
	if err != nil {
		return out, err
	}
	out = analysis{Case: cmp.Or(c.Number, c.ID), Bundle: string(b.BID), Before: string(was), Arrays: now.Arrays, about: c.Draft.Array}
	runs, found, err := a.replayed(ctx, b)
	if err != nil {
		return out, err
	}
	out.Runs = runs
	out.Report = triage.Analyze(now, before, rules).With(found...)
	slices.SortStableFunc(out.Report.Findings, func(x, y triage.Finding) int { return cmp.Compare(out.away(x), out.away(y)) })
	if out.Checks, err = a.checked(ctx, b, now); err != nil {
		return out, err
	}
	out.Timeline = triage.Timeline(now, b.Taken.Add(-back), b.Taken.AddDate(100, 0, 0))
	out.Ack = draftAck(out)
	out.titles = map[string]string{}
	for _, f := range out.Report.Findings {
		out.titles[f.Print] = strings.TrimPrefix(f.Rule, "site/") + ": " + f.Title
	}
	cases, err := store.Cases(ctx)
	if err != nil {
		return out, err
	}
	out.Similar = similar(c, out, cases)
	return out, nil
}

// away is 1 for a finding on another array than the case is about.
func (v analysis) away(f triage.Finding) int {
	if v.about != "" && f.Array != v.about {
		return 1
	}
	return 0
}

func newestOf(list []desk.Bundle) desk.Bundle {
	return slices.MaxFunc(list, func(a, b desk.Bundle) int { return cmp.Compare(a.Seq, b.Seq) })
}

// farBack is how many bundles are looked through for one of the same array.
const farBack = 20

// compared reads a bundle and the newest one before it that shows the array of the
// case, or any of its arrays where the case names none.
func (a *app) compared(ctx context.Context, store *boltstore.Store, c desk.Case, b desk.Bundle) (now triage.Facts, before *triage.Facts, was bundle.ID, err error) {
	if now, err = a.facts(b); err != nil {
		return now, nil, "", err
	}
	chain, err := store.Bundles(ctx, c.Site)
	if err != nil {
		return now, nil, "", err
	}
	shows := func(f triage.Facts) bool {
		return slices.ContainsFunc(f.Arrays, func(x triage.Array) bool {
			return x.Name == c.Draft.Array || c.Draft.Array == "" && slices.ContainsFunc(now.Arrays, func(y triage.Array) bool { return y.Name == x.Name })
		})
	}
	tries := 0
	for _, o := range slices.Backward(chain) {
		if o.Seq >= b.Seq {
			continue
		}
		if tries++; tries > farBack {
			break
		}
		f, err := a.facts(o)
		if err != nil {
			return now, nil, "", err
		}
		if shows(f) {
			return now, &f, o.BID, nil
		}
	}
	return now, nil, "", nil
}

// draftAck is a first diagnosis in one sentence or two, for an engineer to mend.
func draftAck(v analysis) string {
	var said, of []string // sentences, and the components they are about
	for _, f := range v.Report.Findings {
		if f.Open && v.away(f) == 0 && len(said) < 3 && !slices.Contains(of, f.Component) {
			said, of = append(said, f.Title), append(of, f.Component)
		}
	}
	switch {
	case len(said) > 0:
		return strings.Join(said, "; ") + "."
	case len(v.Report.Unchecked)+len(v.Report.Gaps) > 0:
		return "Nothing was found, and not everything could be checked."
	}
	return "Nothing was found in the bundle; everything was checked."
}

func similar(c desk.Case, v analysis, cases []desk.Case) []likeness {
	all := make([]triage.Marked, 0, len(cases))
	by := map[string]desk.Case{}
	for _, o := range cases {
		all = append(all, triage.Marked{Case: o.ID, Prints: o.Prints})
		by[o.ID] = o
	}
	out := []likeness{}
	for _, l := range triage.Similar(triage.Marked{Case: c.ID, Prints: v.Report.Prints()}, all, 5) {
		o := by[l.Case]
		like := likeness{Case: o.ID, Number: o.Number, Score: l.Score}
		for _, p := range l.Shared[:min(len(l.Shared), 3)] {
			like.Why = append(like.Why, v.titles[p])
		}
		if o.Confirmed != nil {
			like.Ended = cmp.Or(o.Fix, o.Diagnosis)
		}
		out = append(out, like)
	}
	return out
}

func (a *app) printAnalysis(v analysis) {
	w, width, color := a.env.Out, a.env.Width(), a.env.Color()
	against := "none before it to compare with"
	if v.Before != "" {
		against = "compared with " + v.Before
	}
	a.paragraph("case", fmt.Sprintf("%s  bundle %s, %s", v.Case, v.Bundle, against))
	for _, x := range v.Arrays {
		a.paragraph("array", strings.TrimSpace(fmt.Sprintf("%s  %s %s %s, %s", x.Name, x.Kind, x.Model, cmp.Or(x.Version, "version not known"), clockLine(x))))
	}
	a.paragraph("draft", v.Ack)
	a.printFindings(v.Report.Findings)
	if len(v.Report.Differences) > 0 {
		t := &cli.Table{Header: []string{"CHANGED", "WAS", "IS", "ARRAY"}}
		for _, d := range v.Report.Differences {
			t.Add(d.What, d.Was, d.Is, d.Array)
		}
		fmt.Fprintln(w)
		t.Print(w, width, color)
	}
	a.printReplayed(v)
	a.printUnchecked(v.Report)
	if len(v.Similar) > 0 {
		t := &cli.Table{Header: []string{"SIMILAR", "SCORE", "ENDED", "BOTH HAVE"}}
		for _, l := range v.Similar {
			t.Add(cmp.Or(l.Number, l.Case), fmt.Sprintf("%.2f", l.Score), cmp.Or(l.Ended, "-"), strings.Join(l.Why, "; "))
		}
		fmt.Fprintln(w)
		t.Print(w, width, color)
	}
	a.env.Next("casedesk analyze "+v.Case+" --timeline", "casedesk case show "+v.Case)
}

func clockLine(x triage.Array) string {
	switch {
	case x.Off == nil:
		return "its clock was never compared"
	case x.Off.Ahead == 0:
		return "its clock agrees to " + units.Duration(x.Off.Give)
	case x.Off.Ahead < 0:
		return fmt.Sprintf("its clock is behind by %s, give or take %s", units.Duration(-x.Off.Ahead), units.Duration(x.Off.Give))
	}
	return fmt.Sprintf("its clock is ahead by %s, give or take %s", units.Duration(x.Off.Ahead), units.Duration(x.Off.Give))
}

func (a *app) printFindings(list []triage.Finding) {
	if len(list) == 0 {
		return
	}
	t := &cli.Table{Header: []string{"STATE", "SEV", "FINDING", "ARRAY", "WHAT"}}
	for _, f := range list {
		state := string(f.State)
		if !f.Open && f.State != triage.Cleared {
			state = "over"
		}
		what := f.Title
		if !strings.Contains(f.Title, f.Component) {
			what = f.Component + ": " + f.Title
		}
		if f.FixedIn != "" {
			what += ", fixed in " + f.FixedIn
		}
		t.Add(state, fmt.Sprint(f.Severity), f.Rule, f.Array, what)
	}
	fmt.Fprintln(a.env.Out)
	t.Print(a.env.Out, a.env.Width(), a.env.Color())
}

func (a *app) printUnchecked(r triage.Report) {
	if len(r.Unchecked)+len(r.Gaps) == 0 {
		return
	}
	t := &cli.Table{Header: []string{"COULD NOT CHECK", "WHY"}}
	for _, u := range r.Unchecked {
		t.Add(u.Rule, strings.TrimSpace(u.Why+" "+u.Array))
	}
	for _, g := range r.Gaps {
		t.Add(g.File, g.Why)
	}
	fmt.Fprintln(a.env.Out)
	t.Print(a.env.Out, a.env.Width(), a.env.Color())
}

func (a *app) printTimeline(list []triage.Entry) {
	if len(list) == 0 {
		a.env.Notef("nothing happened in this span, as far as the bundle tells")
		a.env.Next("casedesk analyze CASE --timeline --span 7d")
		return
	}
	t := &cli.Table{Header: []string{"", "KIT'S CLOCK", "SURE TO", "SOURCE", "WHAT"}}
	for _, e := range list {
		mark, sure := "", "± "+units.Duration(e.Give)
		if e.Joined {
			mark = "~"
		}
		if !e.Known {
			sure = "unknown"
		}
		t.Add(mark, e.At.UTC().Format("01-02 15:04:05Z"), sure, e.Source, e.Text)
	}
	t.Print(a.env.Out, a.env.Width(), a.env.Color())
}

// triageNew looks at a bundle that has just come in and marks its case with what
// is in it, so that later cases can be compared. A bundle that cannot be read
// leaves the case as it is, and says so.
func (a *app) triageNew(ctx context.Context, store *boltstore.Store, name string, b desk.Bundle) ([]triage.Finding, error) {
	facts, err := a.facts(b)
	if err != nil {
		return nil, err
	}
	rules, err := triage.Shipped()
	if err != nil {
		return nil, err
	}
	_, found, err := a.replayed(ctx, b)
	if err != nil {
		return nil, err
	}
	r := triage.Analyze(facts, nil, rules).With(found...)
	_, err = store.Record(ctx, desk.Event{
		Case: name, Kind: desk.Triaged, At: b.Received, Actor: "triage", BID: b.BID, Prints: r.Prints(),
		Text: fmt.Sprintf("%s, %s could not be checked", cli.Counted(len(r.Findings), "finding"), cli.Counted(len(r.Unchecked)+len(r.Gaps), "thing")),
	})
	return r.Findings, err
}
