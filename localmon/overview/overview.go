package overview

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"darksite/localmon"
	"darksite/localmon/trend"
)

// Word is the state of a target in one word.
type Word string

// The words, as they are shown where there is no colour.
const (
	OK       Word = "OK"
	Warning  Word = "WARN"
	Critical Word = "CRIT"
	Unknown  Word = "UNKN"
)

// rank orders words by what to look at first: not knowing stands above a
// warning, because it may hide anything, and below a fault that is known.
func (w Word) rank() int {
	return map[Word]int{Critical: 3, Unknown: 2, Warning: 1}[w]
}

// staleAfter is how old the newest good look may be.
const staleAfter = 3 * time.Minute

// MaxNext bounds the list of what comes next.
const MaxNext = 20

// RoundEvery is how often somebody should make the daily round, with some hours
// of grace for when people come to work.
const RoundEvery = 28 * time.Hour

// Target is one target the site names.
type Target struct {
	Name string
	Kind localmon.Kind
}

// Input is what an overview is made from.
type Input struct {
	Site       string
	Now        time.Time
	Targets    []Target
	Reader     localmon.Reader // nil when there is no history yet
	Alerts     []localmon.Alert
	Quiets     []localmon.Quiet // silences and maintenance windows that have not ended
	LastRound  time.Time        // when the last daily round was done; zero when none ever was
	NoRounds   bool             // when that was could not be read
	Monitor    *Monitor         // nil when no monitor answers
	StaleAfter time.Duration    // 3 minutes when zero
}

// Overview is the whole answer.
type Overview struct {
	Site    string    `json:"site"`
	At      time.Time `json:"at"`
	State   Word      `json:"state"`
	Monitor *Monitor  `json:"monitor,omitempty"` // absent when no monitor is running
	Targets []Row     `json:"targets"`
	Counts  Counts    `json:"counts"`
	Groups  []Group   `json:"groups"` // the alerts, what belongs together as one
	Next    []Next    `json:"next"`
	More    int       `json:"more,omitempty"` // what Next left out
	// Quiets are the silences that hold and the maintenance that holds or is
	// planned: nothing is hidden without saying so.
	Quiets    []localmon.Quiet `json:"quiets"`
	LastRound time.Time        `json:"last_round,omitzero"`
	RoundDue  bool             `json:"round_due"` // no round is known to have been done in the last day
	NoRounds  bool             `json:"rounds_unread,omitempty"`
}

// Row is one target.
type Row struct {
	Name     string        `json:"name"`
	Kind     localmon.Kind `json:"kind"`
	State    Word          `json:"state"`
	Since    time.Time     `json:"since,omitzero"` // since when it is in this state, as far as is known
	DataAt   time.Time     `json:"data_at,omitzero"`
	DataAge  time.Duration `json:"data_age_ns,omitempty"` // of the newest good look; zero when there never was one
	Seen     bool          `json:"seen"`                  // there was a good look
	Counts   Counts        `json:"counts"`
	Capacity *Capacity     `json:"capacity,omitempty"`
	Error    string        `json:"error,omitempty"` // why there is no newer data
	// Missing is what the newest look could not read; known while a monitor
	// runs. What it tells of is unknown, not well.
	Missing []string `json:"missing,omitempty"`
}

// Counts are firing alerts that stand on their own, by severity.
type Counts struct {
	Urgent int `json:"urgent"`
	Major  int `json:"major"`
	Minor  int `json:"minor"`
	Info   int `json:"info"`
	Stale  int `json:"stale"`  // of them those nobody could check lately
	Acked  int `json:"acked"`  // of them those somebody has in hand
	Hushed int `json:"hushed"` // of them those people are not told of now
}

// Capacity is how full a target is and where that leads.
type Capacity struct {
	UsedPercent   float64       `json:"used_percent"`
	At            time.Time     `json:"at"`
	PerDay        float64       `json:"percent_per_day"`
	Known         bool          `json:"forecast_known"` // there is history enough to draw a line
	Growing       bool          `json:"growing"`
	NinetyIn      time.Duration `json:"ninety_in_ns,omitempty"`
	FullIn        time.Duration `json:"full_in_ns,omitempty"`
	FullEarliest  time.Duration `json:"full_earliest_ns,omitempty"`
	FullLatest    time.Duration `json:"full_latest_ns,omitempty"` // zero when it may never fill
	FromHistoryOf time.Duration `json:"from_history_of_ns,omitempty"`
}

// Next is one thing to do, the first first.
type Next struct {
	Word      Word              `json:"word"`
	Target    string            `json:"target"`
	Component string            `json:"component,omitempty"`
	Alert     uint64            `json:"alert,omitempty"` // zero when there is no alert behind it
	Rule      string            `json:"rule,omitempty"`
	Runbook   string            `json:"runbook,omitempty"`
	Severity  localmon.Severity `json:"severity,omitempty"`
	Summary   string            `json:"summary"`
	Why       string            `json:"why"`
	Since     time.Time         `json:"since,omitzero"`
	AckedBy   string            `json:"acked_by,omitempty"`
	Stale     bool              `json:"stale,omitempty"`
	Alerts    int               `json:"alerts,omitempty"` // how many there are of this kind
	Seen      time.Time         `json:"seen,omitzero"`    // when that was seen last
	Hush      *localmon.Hush    `json:"hush,omitempty"`   // people are not told of it now
}

// Monitor is what a running monitor says of itself.
type Monitor struct {
	Site    string        `json:"site"`
	Started time.Time     `json:"started"`
	Now     time.Time     `json:"now"`
	Looks   []Look        `json:"looks"`
	Trouble []Trouble     `json:"trouble,omitempty"`
	Unsaved int           `json:"unsaved,omitempty"` // changes of alerts that are not on disk yet
	Every   time.Duration `json:"every_ns,omitempty"`
}

// Look is the newest look at one target.
type Look struct {
	Target  string          `json:"target"`
	Kind    localmon.Kind   `json:"kind"`
	At      time.Time       `json:"at,omitzero"`
	Good    time.Time       `json:"good,omitzero"` // newest look that read something
	Failed  int             `json:"failed,omitempty"`
	Error   string          `json:"error,omitempty"`
	Took    time.Duration   `json:"took_ns"`
	Samples int             `json:"samples"`
	Parts   int             `json:"parts"`
	Alerts  int             `json:"alerts"`
	Scrape  uint64          `json:"scrape"` // sequence in the history; zero when it was not stored
	Partial []string        `json:"partial,omitempty"`
	Info    *localmon.Array `json:"info,omitempty"`
}

// Trouble is something of the monitor itself that does not work.
type Trouble struct {
	What  string    `json:"what"`
	Since time.Time `json:"since"`
	Error string    `json:"error"`
}

// Build makes the overview.
func Build(ctx context.Context, in Input) (Overview, error) {
	in.StaleAfter = cmp.Or(in.StaleAfter, staleAfter)
	o := Overview{Site: in.Site, At: in.Now, State: OK, Monitor: in.Monitor, Targets: []Row{}, Next: []Next{}}
	o.Groups, o.Quiets = Groups(in.Alerts), append([]localmon.Quiet{}, in.Quiets...)
	o.NoRounds = in.NoRounds
	o.LastRound, o.RoundDue = in.LastRound, in.Now.Sub(in.LastRound).Abs() > RoundEvery
	named := map[string]bool{}
	for _, t := range in.Targets {
		named[t.Name] = true
		row, err := in.row(ctx, t)
		if err != nil {
			return Overview{}, fmt.Errorf("overview of %s: %w", t.Name, err)
		}
		o.Targets = append(o.Targets, row)
	}
	for _, a := range in.Alerts {
		if !told(a) {
			continue
		}
		o.Counts.add(a)
		if !named[a.Target] { // the site itself
			o.State = worse(o.State, word(a.Severity))
		}
	}
	for _, r := range o.Targets {
		o.State = worse(o.State, r.State)
	}
	o.next(in)
	return o, nil
}

// told reports whether an alert stands on its own before people.
func told(a localmon.Alert) bool {
	return a.Status == localmon.StatusFiring && a.Parent == 0
}

// word is the state a firing alert brings. Information changes nothing.
func word(s localmon.Severity) Word {
	switch s {
	case localmon.SeverityUrgent, localmon.SeverityMajor:
		return Critical
	case localmon.SeverityMinor:
		return Warning
	default:
		return OK
	}
}

func worse(a, b Word) Word {
	if b.rank() > a.rank() {
		return b
	}
	return a
}

func (c *Counts) add(a localmon.Alert) {
	switch a.Severity {
	case localmon.SeverityUrgent:
		c.Urgent++
	case localmon.SeverityMajor:
		c.Major++
	case localmon.SeverityMinor:
		c.Minor++
	default:
		c.Info++
	}
	if a.Stale {
		c.Stale++
	}
	if a.AckedBy != "" {
		c.Acked++
	}
	if a.Hush != nil {
		c.Hushed++
	}
}

// Text is the counts in words, the most urgent first; 0 where there is none.
func (c Counts) Text() string {
	var parts []string
	for _, n := range []struct {
		n    int
		word string
	}{{c.Urgent, "urgent"}, {c.Major, "major"}, {c.Minor, "minor"}, {c.Info, "info"}} {
		if n.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.n, n.word))
		}
	}
	if len(parts) == 0 {
		return "0"
	}
	return strings.Join(parts, " ")
}

func (in Input) row(ctx context.Context, t Target) (Row, error) {
	r := Row{Name: t.Name, Kind: t.Kind, State: OK}
	good, err := in.goodLook(ctx, t.Name)
	if err != nil {
		return Row{}, err
	}
	if in.Monitor != nil {
		for _, l := range in.Monitor.Looks {
			if l.Target == t.Name {
				r.Error, r.Missing = l.Error, l.Partial
				if l.Good.After(good) {
					good = l.Good
				}
			}
		}
	}
	r.Seen, r.DataAt = !good.IsZero(), good
	if r.Seen {
		r.DataAge = max(in.Now.Sub(good), 0)
	}
	for _, a := range in.Alerts {
		if a.Target != t.Name || !told(a) {
			continue
		}
		r.Counts.add(a)
		w := word(a.Severity)
		if w.rank() > r.State.rank() || w == r.State && w != OK && a.Since.Before(r.Since) {
			r.State, r.Since = w, a.Since
		}
	}
	partly, err := in.partly(ctx, t.Name)
	if err != nil {
		return Row{}, err
	}
	switch {
	case !r.Seen || r.DataAge > in.StaleAfter:
		r.State, r.Since = Unknown, good
	case r.State == OK && (partly || len(r.Missing) > 0):
		r.State, r.Since = Unknown, good // what was not read may be anything
	}
	r.Capacity, err = in.capacity(ctx, t.Name)
	return r, err
}

// goodLook is when the target was last read, by the kit's clock.
func (in Input) goodLook(ctx context.Context, target string) (time.Time, error) {
	p, ok, err := in.newest(ctx, localmon.SeriesKey{Target: target, Metric: "localmon_source_last_success_timestamp_seconds"})
	if err != nil || !ok || p.Value <= 0 {
		return time.Time{}, err
	}
	return time.Unix(0, int64(p.Value*1e9)).UTC(), nil
}

// partly reports whether the newest look that is stored lacked a part.
func (in Input) partly(ctx context.Context, target string) (bool, error) {
	p, ok, err := in.newest(ctx, localmon.SeriesKey{Target: target, Metric: "localmon_source_partial"})
	return ok && p.Value > 0, err
}

// newest is the last point of a series in the order of acknowledgement.
func (in Input) newest(ctx context.Context, key localmon.SeriesKey) (localmon.Point, bool, error) {
	if in.Reader == nil {
		return localmon.Point{}, false, nil
	}
	series, err := in.Reader.Series(ctx, localmon.Selector{Target: key.Target, Metric: key.Metric})
	if err != nil {
		return localmon.Point{}, false, err
	}
	i := slices.IndexFunc(series, func(s localmon.Series) bool { return s.Key == key })
	if i < 0 {
		return localmon.Point{}, false, nil
	}
	last := series[i].Last
	var point localmon.Point
	found := false
	for p, err := range in.Reader.Range(ctx, key, localmon.Window{From: last.Add(-time.Minute), To: last.Add(time.Second)}) {
		if err != nil {
			return localmon.Point{}, false, err
		}
		point, found = p, true
	}
	return point, found, nil
}

func (in Input) capacity(ctx context.Context, target string) (*Capacity, error) {
	var key localmon.SeriesKey
	var p localmon.Point
	for _, key = range []localmon.SeriesKey{
		{Target: target, Metric: "purefa_array_space_utilization"},
		{Target: target, Metric: "purefb_array_space_utilization", Labels: localmon.FormatLabels("type", "array")},
	} {
		var ok bool
		var err error
		if p, ok, err = in.newest(ctx, key); err != nil {
			return nil, err
		}
		if ok {
			break
		}
	}
	if p.At.IsZero() {
		return nil, nil
	}
	c := &Capacity{UsedPercent: p.Value, At: p.At}
	var line trend.Line
	week := localmon.Window{From: p.At.Add(-7 * 24 * time.Hour), To: p.At.Add(time.Second), Step: 10 * time.Minute, Agg: localmon.AggAvg}
	for q, err := range in.Reader.Range(ctx, key, week) {
		if err != nil {
			return nil, err
		}
		line.Add(q.At, q.Value)
	}
	fit, ok := line.Fit()
	if !ok {
		return c, nil
	}
	c.Known, c.PerDay, c.FromHistoryOf = true, fit.PerDay, fit.To.Sub(fit.From)
	fit.Value = p.Value
	if full, ok := fit.Until(100); ok && p.Value < 100 {
		c.Growing, c.FullIn, c.FullEarliest, c.FullLatest = true, full.Likely, full.Earliest, full.Latest
	}
	if ninety, ok := fit.Until(90); ok {
		c.NinetyIn = ninety.Likely
	}
	return c, nil
}

// next lists what to do: what is known and urgent, what is not known, the
// rest; what somebody has in hand after what nobody has; the oldest first.
func (o *Overview) next(in Input) {
	covered := map[string]bool{}
	for _, g := range o.Groups {
		w := g.Word
		for _, r := range o.Targets {
			if r.Name == g.Target && r.State == Unknown && g.Stale == 0 && g.Component == "" && sight(g.Rule) {
				w = Unknown
				covered[g.Target] = true
			}
		}
		o.Next = append(o.Next, Next{
			Word: w, Target: g.Target, Component: g.Component, Alert: g.Alert, Rule: g.Rule, Runbook: g.Runbook, Alerts: g.Alerts,
			Severity: g.Severity, Summary: g.Text(), Why: g.Why, Since: g.Since, Seen: g.Seen, AckedBy: g.AckedBy, Stale: g.Stale == g.Alerts, Hush: g.Hush,
		})
	}
	for _, r := range o.Targets {
		if r.State == Unknown && !covered[r.Name] {
			o.Next = append(o.Next, in.blind(r))
		}
	}
	slices.SortStableFunc(o.Next, func(a, b Next) int {
		held := func(n Next) bool { return n.AckedBy != "" || n.Hush != nil }
		return cmp.Or(cmp.Compare(b.Word.rank(), a.Word.rank()), compareHeld(held(a), held(b)),
			cmp.Compare(a.Severity, b.Severity), a.Since.Compare(b.Since), cmp.Compare(a.Alert, b.Alert))
	})
	if len(o.Next) > MaxNext {
		o.More = len(o.Next) - MaxNext
		o.Next = o.Next[:MaxNext]
	}
}

// sight reports whether a rule tells of lost sight.
func sight(rule string) bool {
	return rule == "no-data" || rule == "certificate-changed" || rule == "token-refused"
}

// blind is what to do for a target nothing is known of and no alert tells so.
func (in Input) blind(r Row) Next {
	n := Next{
		Word: Unknown, Target: r.Name, Runbook: "collector-stale", Since: r.DataAt, Severity: localmon.SeverityMajor,
		Summary: "no data yet", Why: "nobody knows the state of the target",
	}
	switch {
	case r.Error != "":
		n.Summary = r.Error
	case in.Monitor == nil:
		n.Summary = "no monitor is running"
	case r.Seen:
		n.Summary = "the data is old"
	}
	return n
}
