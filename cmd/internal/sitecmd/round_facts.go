package sitecmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"darksite/bundle/casedraft"
	"darksite/bundle/pipeline"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon/history"
	"darksite/localmon/overview"
	"darksite/localmon/rounds"
	"darksite/localmon/units"
)

// roundFacts are the sections the monitoring does not know of: the kit itself,
// the work in hand, people and papers. What cannot be read is a line that says
// so, and hides nothing else.
func (a *app) roundFacts(ctx context.Context, s *sight, since time.Time, marks map[string]rounds.Mark) []overview.Section {
	return []overview.Section{
		{Name: "the kit", Lines: a.kitLines(ctx, s, since, marks)},
		{Name: "work in hand", Lines: append(a.caseLines(), a.bundleLines()...)},
		{Name: "people and papers", Lines: a.peopleLines(ctx, marks)},
	}
}

func unknownLine(what string, err error) overview.Line {
	return overview.Line{Word: overview.Unknown, What: what, Value: "cannot be read: " + err.Error()}
}

// fromFinding takes over a line of doctor or site check.
func fromFinding(what string, f finding) overview.Line {
	return overview.Line{Word: overview.Word(f.State), What: what, Value: f.What, Next: f.Next}
}

func (a *app) kitLines(ctx context.Context, s *sight, since time.Time, marks map[string]rounds.Mark) []overview.Line {
	now := a.env.Now()
	lines := []overview.Line{fromFinding("disk", a.examineSpace()), fromFinding("clock", a.examineClock())}
	for _, f := range a.examineKeys() {
		lines = append(lines, fromFinding("key", f))
	}
	for _, f := range a.examineStaging() {
		lines = append(lines, fromFinding("staging", f))
	}
	lines = append(lines, a.historyLines(ctx, s, since)...)
	m, ok := marks[historyChecked]
	checked := markedLine(m, ok, "history was checked", "", historyCheckGood, now)
	checked.Next = "darksite history check"
	return append(lines, checked,
		handLine(marks, "clock-compared", now), handLine(marks, "site-copied", now))
}

// handLine is the line of one of the marks people give.
func handLine(marks map[string]rounds.Mark, name string, now time.Time) overview.Line {
	m, ok := marks[name]
	return markedLine(m, ok, handMarks[name].what, name, handMarks[name].good, now)
}

// historyLines are the size and the soundness of the history, and the jumps of
// the clock since the last round.
func (a *app) historyLines(ctx context.Context, s *sight, since time.Time) []overview.Line {
	st, err := statsIn(ctx, s)
	if err != nil {
		return []overview.Line{unknownLine("history", err)}
	}
	budget := st.Budget
	if conf, err := a.config(); err == nil && budget == 0 { // a file opened for reading alone knows none
		budget = int64(conf.Monitor.HistoryBudget)
	}
	size := overview.Line{Word: overview.OK, What: "history", Value: fmt.Sprintf("%s of %s", units.Bytes(float64(st.Used)), units.Bytes(float64(budget))), Next: "darksite history stats"}
	if budget > 0 && float64(st.Used) > 0.9*float64(budget) {
		size.Word, size.Value = overview.Warning, size.Value+": the oldest samples will go"
	}
	damage := overview.Line{Word: overview.OK, What: "values that could not be read", Value: fmt.Sprint(st.Damaged), Next: "darksite history check"}
	if st.Damaged > 0 {
		damage.Word = overview.Critical
	}
	jumps := overview.Line{Word: overview.OK, What: "jumps of the clock since the last round", Value: "none", Next: "darksite history stats"}
	var moves []string
	for _, j := range st.Jumps {
		if j.After.After(since) {
			moves = append(moves, j.Target+" "+moved(j))
		}
	}
	if len(moves) > 0 {
		jumps.Word, jumps.Value = overview.Warning, fmt.Sprintf("%d: %s", len(moves), strings.Join(moves[:min(3, len(moves))], ", "))
	}
	return []overview.Line{size, damage, jumps}
}

func statsIn(ctx context.Context, s *sight) (st storeStats, err error) {
	switch {
	case s.client != nil:
		return st, s.client.Stats(ctx, &st)
	case s.history != nil:
		return statsOf(ctx, s.history)
	}
	return st, errors.New("nothing was stored yet")
}

// caseLines are the cases that are not closed.
func (a *app) caseLines() []overview.Line {
	const what = "cases"
	file, store, err := a.openCases()
	if err != nil {
		return []overview.Line{unknownLine(what, err)}
	}
	drafts, err := store.List()
	if err = errors.Join(err, file.Close()); err != nil {
		return []overview.Line{unknownLine(what, err)}
	}
	var lines []overview.Line
	for _, d := range drafts {
		l := overview.Line{Word: overview.OK, What: "case " + d.Name(), At: d.Updated, Value: fmt.Sprintf("severity %d, %s: %s", d.Severity, d.Status, d.Subject), Next: "darksite case show " + string(d.ID)}
		switch d.Status {
		case casedraft.StatusClosed:
			continue
		case casedraft.StatusDraft, casedraft.StatusAwaitingCustomer, casedraft.StatusPending: // the site has to do something
			l.Word = overview.Warning
		}
		lines = append(lines, l)
	}
	if len(lines) == 0 {
		return []overview.Line{{Word: overview.OK, What: what, Value: "none open"}}
	}
	return lines
}

// bundleLines are the bundles that wait for somebody of the site.
func (a *app) bundleLines() []overview.Line {
	const what = "bundles"
	var waiting []overview.Line
	err := a.onBundle(func(j *journey) error {
		records, err := j.List()
		for _, r := range records {
			if slices.Contains([]pipeline.State{pipeline.Released, pipeline.Receipted, pipeline.Rejected, pipeline.Withdrawn, pipeline.Invalidated, pipeline.Lapsed}, r.State) {
				continue
			}
			waiting = append(waiting, overview.Line{
				Word: overview.Warning, What: "bundle " + string(r.BID), Value: fmt.Sprintf("%s since it was made at %s", r.State, r.Created), Next: "darksite bundle show " + string(r.BID),
			})
		}
		return err
	})
	switch {
	case err != nil:
		return append(waiting, unknownLine(what, err))
	case len(waiting) == 0:
		return []overview.Line{{Word: overview.OK, What: what, Value: "none is waiting"}}
	}
	return waiting
}

// Times before the end of a contract at which the round says so.
const (
	renewSoon   = 60 * 24 * time.Hour
	leastAdmins = 2
)

func (a *app) peopleLines(ctx context.Context, marks map[string]rounds.Mark) []overview.Line {
	now := a.env.Now()
	var lines []overview.Line
	conf, err := a.config()
	if err != nil {
		return []overview.Line{unknownLine("site.yaml", err)}
	}
	lines = append(lines, contactLines(conf, now)...)
	if v, err := a.siteView(); err != nil {
		lines = append(lines, unknownLine("roster and vendor card", err))
	} else {
		for _, f := range a.readiness(v) {
			if f.State != "OK" {
				lines = append(lines, fromFinding("readiness", f))
			}
		}
		if v.Vendor != "" {
			lines = append(lines, overview.Line{Word: overview.OK, What: "revocations are those of the vendor's card", Value: v.Vendor})
		}
	}
	lines = append(lines, handLine(marks, "keys-backed-up", now))
	return append(lines, a.journalLine(ctx))
}

// contactLines are who may ask for support, who is certified, and how long the
// contract runs.
func contactLines(conf *siteconf.Config, now time.Time) []overview.Line {
	named := certified(conf.Contacts)
	edit := "edit " + siteconf.FileName
	contacts := overview.Line{Word: overview.OK, What: "contacts", Value: fmt.Sprintf("%d of at most 5", len(conf.Contacts)), Next: edit}
	if len(conf.Contacts) == 0 {
		contacts.Word = overview.Critical
	}
	admins := overview.Line{Word: overview.OK, What: "certified admins", Value: fmt.Sprintf("%d of %d", named, leastAdmins), Next: edit}
	if named < leastAdmins {
		admins.Word = overview.Warning
	}
	support := overview.Line{Word: overview.Unknown, What: "support contract", Value: "until when is not said", Next: edit}
	if until := conf.Support.Until; !until.IsZero() {
		left := until.Sub(now)
		support.Word, support.Value = overview.OK, fmt.Sprintf("%s until %s", orDash(conf.Support.Plan), until.Format(time.DateOnly))
		switch {
		case left <= 0:
			support.Word, support.Value = overview.Critical, support.Value+": it has ended"
		case left < renewSoon:
			support.Word = overview.Warning
		}
	}
	return []overview.Line{contacts, admins, support}
}

// journalLine is whether the log of decisions is whole.
func (a *app) journalLine(ctx context.Context) overview.Line {
	l := overview.Line{Word: overview.OK, What: "journal", Next: "darksite journal verify"}
	log, err := a.viewJournal()
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

// noteCheck leaves a mark of a check of the site's own history, for the round. A
// disk that takes no mark does not make the check void, so that is only said.
func (a *app) noteCheck(damage []history.Damage) {
	m := rounds.Mark{Name: historyChecked, By: "darksite history check", At: a.env.Now(), Bad: len(damage) > 0, Note: fmt.Sprintf("%d values are damaged", len(damage))}
	if err := a.withRounds(func(s *rounds.Store) error { return s.Mark(m) }); err != nil {
		a.env.Notef("for the daily round it is not noted that the history was checked: %v", err)
	}
}
