package duty

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"darksite/bundle/casedraft"
	"darksite/bundle/pipeline"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/wayout"
	"darksite/localmon/overview"
	"darksite/localmon/units"
	"darksite/runbooks"
	"darksite/runbooks/engine"
)

// caseLines are the cases that are not closed.
func (a *app) caseLines() []overview.Line {
	const what = "cases"
	file, store, err := a.OpenCases()
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

// openCaseCount is how many cases are not closed. Nothing is made where there is
// nothing.
func (a *app) openCaseCount() (int, error) {
	if _, err := os.Stat(a.Path(site.CasesFile)); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	file, store, err := a.OpenCases()
	if err != nil {
		return 0, err
	}
	drafts, err := store.List()
	drafts = slices.DeleteFunc(drafts, func(d casedraft.Draft) bool { return d.Status == casedraft.StatusClosed })
	return len(drafts), errors.Join(err, file.Close())
}

// runLines are the runs of runbooks that were begun and not ended.
func (a *app) runLines() []overview.Line {
	const what = "runbook runs"
	lines, err := a.unfinishedRuns()
	if err != nil {
		return append(lines, unknownLine(what, err))
	}
	if len(lines) == 0 {
		return []overview.Line{{Word: overview.OK, What: what, Value: "none is unfinished"}}
	}
	return lines
}

// unfinishedRuns has a line for each run that has not ended, and for each whose
// log cannot be read.
func (a *app) unfinishedRuns() ([]overview.Line, error) {
	entries, err := os.ReadDir(a.Path(site.RunsDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var lines []overview.Line
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if l, open := a.runLine(e.Name()); open {
			lines = append(lines, l)
		}
	}
	return lines, nil
}

// runLine says where a run stands that has not ended.
func (a *app) runLine(id string) (l overview.Line, open bool) {
	l = overview.Line{Word: overview.Warning, What: "run " + id, Next: "darksite runbook resume " + id + " --as ID"}
	entries, err := readRun(a.Path(site.RunsDir, id))
	if err != nil {
		return unknownLine(l.What, err), true
	}
	first, last := entries[0], entries[len(entries)-1]
	if last.Event == engine.Closed {
		return l, false
	}
	l.At = last.At
	l.Value = fmt.Sprintf("%s on %s, by %s: ", first.Book, strings.TrimSpace(first.Target+" "+first.About), last.Actor)
	switch last.Event {
	case engine.Left:
		l.Value += "was left to be gone on with"
	case engine.Offered:
		l.Value += "was offered to " + runbooks.Printable(last.To) + ", who has not taken it up"
	case engine.Stopped:
		l.Value += "was stopped for a case and waits to be ended"
	default:
		l.Value += "is under way, or was broken off"
	}
	book, err := runbooks.LoadOne(os.DirFS(a.Path(site.RunsDir)), id)
	if err == nil && last.Event != engine.Stopped && a.Env.Now().Sub(last.At) > book.ResumeMax {
		l.Value += fmt.Sprintf("; after more than %s it has to be begun anew", units.Duration(book.ResumeMax))
		l.Next = fmt.Sprintf("darksite runbook run %s --array %s --as ID", book.ID, first.Target)
	}
	return l, true
}

// readRun reads the log of a run, which has at least its first line.
func readRun(dir string) ([]engine.Entry, error) {
	f, err := os.Open(filepath.Join(dir, engine.LogFile))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, _, err := engine.ReadLog(f)
	if err == nil && len(entries) == 0 {
		err = engine.ErrLogDamaged
	}
	return entries, err
}

// Bounds of what the round says of bundles.
const (
	receiptDue = 14 * 24 * time.Hour // how long a bundle may be away without a word of its arrival
	fewMore    = 5                   // further bundles before approvals lapse
)

// bundleLines are the bundles that wait for somebody, those whose journey broke
// off lately, and what was carried last, out and back.
func (a *app) bundleLines() []overview.Line {
	const what = "bundles"
	var records []pipeline.Record
	var seen site.Replies
	err := wayout.OnBundle(a.Site, func(j *wayout.Journey) (err error) {
		if seen, err = site.ReadReplies(j.Cases.DB); err != nil {
			return err
		}
		records, err = j.List() // what can be read is told all the same
		return err
	})
	lines, waiting := []overview.Line{}, false
	for _, r := range records {
		if l, tell := a.bundleLine(r, newestSeq(records)); tell {
			lines, waiting = append(lines, l), true
		}
	}
	if err != nil {
		return append(lines, unknownLine(what, err))
	}
	if !waiting {
		lines = append(lines, overview.Line{Word: overview.OK, What: what, Value: "none is waiting"})
	}
	return append(lines, a.carriedOut(records), a.carriedBack(seen))
}

func newestSeq(records []pipeline.Record) int64 {
	newest := int64(0)
	for _, r := range records {
		newest = max(newest, r.Seq)
	}
	return newest
}

// bundleLine says of a bundle what it waits for.
func (a *app) bundleLine(r pipeline.Record, newest int64) (l overview.Line, tell bool) {
	l = overview.Line{Word: overview.Warning, What: "bundle " + string(r.BID), At: reachedAt(r), Next: wayout.NextStep(r)}
	switch r.State {
	case pipeline.Released, pipeline.Receipted, pipeline.Withdrawn:
		return l, false
	case pipeline.Rejected, pipeline.Invalidated, pipeline.Lapsed:
		l.Value = map[pipeline.State]string{
			pipeline.Rejected: "was rejected", pipeline.Invalidated: "its approvals are void, it was changed", pipeline.Lapsed: "its approvals have lapsed",
		}[r.State]
		return l, a.Env.Now().Sub(l.At) < overview.RoundEvery // news for one round
	case pipeline.Begun, pipeline.Collected, pipeline.Redacted:
		l.Value = "its collection did not end"
	case pipeline.Frozen, pipeline.InReview:
		l.Value = "waits for officers to review and approve it"
	case pipeline.Approved1:
		l.Value = "waits for the second officer"
	case pipeline.Approved:
		l.Value = "is approved and not sealed"
	case pipeline.Sealed:
		l.Value = "is sealed and on no medium"
	case pipeline.Written:
		l.Value = "is written and not read back"
	default:
		l.Value = "is verified and not released to a courier"
	}
	if left := r.Seq + pipeline.DefaultValidFor - newest; len(r.Approvals) > 0 && left <= fewMore {
		l.Value += fmt.Sprintf("; its approvals may lapse after %d more bundles", max(0, left))
	}
	return l, true
}

// reachedAt is when a bundle came into its state; zero where that is not known.
func reachedAt(r pipeline.Record) time.Time {
	if len(r.Trail) == 0 {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, r.Trail[len(r.Trail)-1].At)
	if err != nil {
		return time.Time{}
	}
	return at
}

// carriedOut is the bundle that left last.
func (a *app) carriedOut(records []pipeline.Record) overview.Line {
	l := overview.Line{Word: overview.OK, What: "last bundle carried out", Value: "none ever left"}
	for _, r := range slices.Backward(records) {
		switch r.State {
		case pipeline.Receipted:
			l.Value, l.At = string(r.BID)+", the vendor has confirmed it", reachedAt(r)
			return l
		case pipeline.Released:
			l.Value, l.At = string(r.BID)+", no word yet that it has arrived", reachedAt(r)
			if a.Env.Now().Sub(l.At) > receiptDue {
				l.Word, l.Next = overview.Warning, "darksite case list   (ask the vendor by telephone)"
			}
			return l
		}
	}
	return l
}

// carriedBack is the reply that was opened last.
func (a *app) carriedBack(seen site.Replies) overview.Line {
	l := overview.Line{Word: overview.OK, What: "last reply carried back", Value: "none was ever opened", At: seen.At}
	switch {
	case seen.Seq > 0 && seen.At.IsZero():
		l.Word, l.Value, l.Next = overview.Unknown, fmt.Sprintf("number %d, when is not known", seen.Seq), "darksite journal show"
	case seen.Seq > 0:
		l.Value = fmt.Sprintf("number %d", seen.Seq)
	}
	return l
}

// joined names the first of a list and counts the rest.
func joined(names []string, more int) string {
	text := strings.Join(names, ", ")
	if more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
