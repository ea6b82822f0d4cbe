package duty

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	historycmd "darksite/cmd/internal/sitecmd/history"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/siteadmin"
	"darksite/cmd/internal/sitecmd/watch"
	"darksite/localmon/overview"
	"darksite/localmon/rounds"
	"darksite/localmon/units"
)

// roundFacts are the sections the monitoring does not know of: the kit itself,
// the work in hand, people and papers. What cannot be read is a line that says
// so, and hides nothing else.
func (a *app) roundFacts(ctx context.Context, s *sight.Sight, since time.Time, marks map[string]rounds.Mark) []overview.Section {
	return []overview.Section{
		{Name: "the kit", Lines: a.kitLines(ctx, s, since, marks)},
		{Name: "work in hand", Lines: slices.Concat(a.caseLines(), a.runLines(), a.bundleLines())},
		{Name: "people and papers", Lines: a.peopleLines(ctx, s, marks)},
	}
}

func unknownLine(what string, err error) overview.Line {
	return overview.Line{Word: overview.Unknown, What: what, Value: "cannot be read: " + err.Error()}
}

// fromFinding takes over a line of doctor or site check.
func fromFinding(what string, f site.Finding) overview.Line {
	return overview.Line{Word: overview.Word(f.State), What: what, Value: f.What, Next: f.Next}
}

func (a *app) kitLines(ctx context.Context, s *sight.Sight, since time.Time, marks map[string]rounds.Mark) []overview.Line {
	now := a.Env.Now()
	lines := []overview.Line{fromFinding("disk", siteadmin.ExamineSpace(a.Site)), fromFinding("clock", siteadmin.ExamineClock(a.Site))}
	for _, f := range siteadmin.ExamineKeys(a.Site) {
		lines = append(lines, fromFinding("key", f))
	}
	for _, f := range siteadmin.ExamineStaging(a.Site) {
		lines = append(lines, fromFinding("staging", f))
	}
	lines = append(lines, a.notifierLines(ctx, s)...)
	lines = append(lines, a.historyLines(ctx, s, since)...)
	m, ok := marks[site.HistoryChecked]
	checked := markedLine(m, ok, "history was checked", "", historyCheckGood, now)
	checked.Next = "darksite history check"
	return append(lines, checked,
		handLine(marks, "clock-compared", now), handLine(marks, "site-copied", now))
}

// notifierLines are whether people would be told. Since when one fails is among
// the troubles of the monitor.
func (a *app) notifierLines(ctx context.Context, s *sight.Sight) []overview.Line {
	var lines []overview.Line
	named := 0
	if conf, err := a.Config(); err == nil {
		named = len(conf.Notify)
	}
	for _, f := range watch.ExamineNotify(a.Site) {
		if f.State != string(overview.OK) {
			lines = append(lines, fromFinding("notifiers", f))
		}
	}
	l := overview.Line{Word: overview.Unknown, What: "notifiers", Value: fmt.Sprintf("%d named; whether they work is known while a monitor runs", named), Next: "darksite monitor test-notify"}
	m, err := s.Monitor(ctx)
	switch {
	case named == 0:
		return lines
	case err != nil:
		return append(lines, unknownLine("notifiers", err))
	case m == nil:
		return append(lines, l)
	}
	var failing []string
	for _, t := range m.Trouble {
		if name, is := strings.CutPrefix(t.What, "notifier "); is {
			failing = append(failing, name)
		}
	}
	l.Word, l.Value = overview.OK, fmt.Sprintf("%d named, none has failed for longer than its patience", named)
	if len(failing) > 0 {
		l.Word, l.Value = overview.Warning, fmt.Sprintf("%d named, of them fail: %s", named, strings.Join(failing, ", "))
	}
	return append(lines, l)
}

// handLine is the line of one of the marks people give.
func handLine(marks map[string]rounds.Mark, name string, now time.Time) overview.Line {
	m, ok := marks[name]
	return markedLine(m, ok, handMarks[name].what, name, handMarks[name].good, now)
}

// historyLines are the size and the soundness of the history, and the jumps of
// the clock since the last round.
func (a *app) historyLines(ctx context.Context, s *sight.Sight, since time.Time) []overview.Line {
	st, err := statsIn(ctx, s)
	if err != nil {
		return []overview.Line{unknownLine("history", err)}
	}
	budget := st.Budget
	if conf, err := a.Config(); err == nil && budget == 0 { // a file opened for reading alone knows none
		budget = int64(conf.Monitor.HistoryBudget)
	}
	size := overview.Line{Word: overview.OK, What: "history", Value: fmt.Sprintf("%s of %s", units.Bytes(float64(st.Used)), units.Bytes(float64(budget))), Next: "darksite history stats"}
	switch use := float64(st.Used) / float64(max(budget, 1)); {
	case budget > 0 && use > 1:
		size.Word, size.Value = overview.Warning, size.Value+": more than it may take"
	case budget > 0 && use > 0.9: // where upkeep holds it for good
		size.Value += ": full, the oldest samples go as new ones come"
	}
	damage := overview.Line{Word: overview.OK, What: "values that could not be read", Value: fmt.Sprint(st.Damaged), Next: "darksite history check"}
	if st.Damaged > 0 {
		damage.Word = overview.Critical
	}
	jumps := overview.Line{Word: overview.OK, What: "jumps of the clock since the last round", Value: "none", Next: "darksite history stats"}
	var moves []string
	for _, j := range st.Jumps {
		if j.After.After(since) {
			moves = append(moves, j.Target+" "+historycmd.Moved(j))
		}
	}
	if len(moves) > 0 {
		jumps.Word, jumps.Value = overview.Warning, fmt.Sprintf("%d: %s", len(moves), strings.Join(moves[:min(3, len(moves))], ", "))
	}
	return []overview.Line{size, damage, jumps}
}

func statsIn(ctx context.Context, s *sight.Sight) (st historycmd.Stats, err error) {
	switch {
	case s.Client != nil:
		return st, s.Client.Stats(ctx, &st)
	case s.History != nil:
		return historycmd.StatsOf(ctx, s.History)
	}
	return st, errors.New("nothing was stored yet")
}

// journalLine is whether the log of decisions is whole.
func (a *app) journalLine(ctx context.Context) overview.Line {
	l := overview.Line{Word: overview.OK, What: "journal", Next: "darksite journal verify"}
	log, err := a.ViewJournal()
	if err != nil {
		return unknownLine("journal", err)
	}
	report, err := log.Verify(ctx)
	switch {
	case err != nil:
		return unknownLine("journal", err)
	case len(report.Problems) > 0:
		l.Word, l.Value = overview.Critical, strings.Join(report.Problems, "; ")
	default:
		l.Value = fmt.Sprintf("%d entries agree with %d checkpoints", report.Mark.Size, report.Checkpoints)
	}
	return l
}
