package overview

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"darksite/localmon"
	"darksite/localmon/units"
)

// Line is one thing a careful admin looks at on the daily round. A line whose
// word was forgotten is unknown, never in order.
type Line struct {
	Word  Word          `json:"word"`
	What  string        `json:"what"`
	Value string        `json:"value"`
	At    time.Time     `json:"at,omitzero"`      // when the value was true; zero where it is of this moment
	Age   time.Duration `json:"age_ns,omitempty"` // since then
	Next  string        `json:"next,omitempty"`   // the command to go on with
}

// Section is a number of lines about one subject.
type Section struct {
	Name  string `json:"name"`
	Lines []Line `json:"lines"`
}

// Round is the daily round: a list to go through from top to bottom.
type Round struct {
	Site     string         `json:"site"`
	At       time.Time      `json:"at"`
	Since    time.Time      `json:"since"`  // what happened after this is new
	First    bool           `json:"first"`  // no round was done before
	State    Word           `json:"state"`  // the worst word of all lines
	Counts   map[string]int `json:"counts"` // lines by their word in small letters
	Sections []Section      `json:"sections"`
}

// RoundInput is what a round is made from.
type RoundInput struct {
	Input
	Overview Overview
	Since    time.Time         // when the last round was done; zero when none ever was
	Changes  []localmon.Change // of alerts since then
	Cut      bool              // there were more, the oldest are left out
	Others   []Section         // what is not known here: the kit's own state, people, papers
}

// first is how far back a first round looks.
const first = 24 * time.Hour

// usually is how far back the usual work is looked for.
const usually = 7 * 24 * time.Hour

// BuildRound makes the list of a round.
func BuildRound(ctx context.Context, in RoundInput) (Round, error) {
	r := Round{Site: in.Site, At: in.Now, Since: in.Since, First: in.Since.IsZero(), State: OK, Counts: map[string]int{}}
	if r.First {
		r.Since = in.Now.Add(-first)
	}
	sections := []Section{
		{"since the last round", in.news(r.Since)},
		{"kept quiet", in.kept()},
		{"sight", in.sight()},
		{"space", in.space()},
	}
	for _, s := range []struct {
		name string
		ask  func(context.Context, Row) ([]Line, error)
	}{
		{"hardware", in.hardware},
		{"copies", in.copies},
		{"work of the day", in.work},
	} {
		section := Section{Name: s.name}
		for _, row := range in.Overview.Targets {
			if row.Kind == localmon.KindHost {
				continue
			}
			lines, err := s.ask(ctx, row)
			if err != nil {
				return Round{}, fmt.Errorf("round: %s of %s: %w", s.name, row.Name, err)
			}
			section.Lines = append(section.Lines, in.dated(row, lines)...)
		}
		sections = append(sections, section)
	}
	for _, s := range append(sections, in.Others...) {
		if len(s.Lines) > 0 {
			r.add(s, in.Now)
		}
	}
	return r, nil
}

func (r *Round) add(s Section, now time.Time) {
	s.Lines = slices.Clone(s.Lines)
	for i := range s.Lines {
		l := &s.Lines[i]
		l.Word = cmp.Or(l.Word, Unknown)
		if !l.At.IsZero() {
			l.Age = max(0, now.Sub(l.At))
		}
		r.Counts[strings.ToLower(string(l.Word))]++
		r.State = worse(r.State, l.Word)
	}
	r.Sections = append(r.Sections, s)
}

// dated says how old the data of lines about a target is. What is older than
// may be is unknown, whatever it says.
func (in RoundInput) dated(row Row, lines []Line) []Line {
	for i := range lines {
		l := &lines[i]
		l.At = cmp.Or(l.At, row.DataAt)
		if stale := !row.Seen || row.DataAge > cmp.Or(in.StaleAfter, staleAfter); stale && l.Word != Critical {
			l.Word = Unknown
		}
	}
	return lines
}

// news is what happened to alerts since the last round.
func (in RoundInput) news(since time.Time) []Line {
	look := "darksite alerts history --since " + historyArg(in.Now.Sub(since))
	born, flapped, short := map[uint64]localmon.Alert{}, map[uint64]localmon.Alert{}, 0
	cleared, risen := 0, 0
	worstShort := OK
	for _, c := range in.Changes {
		switch c.What {
		case localmon.ChangeFired:
			born[c.Alert.ID] = c.Alert
		case localmon.ChangePassed:
			short++
			worstShort = worse(worstShort, word(c.Alert.Severity))
		case localmon.ChangeReraised:
			flapped[c.Alert.ID] = c.Alert
		case localmon.ChangeCleared:
			cleared++
		case localmon.ChangeSeverity:
			risen++
		}
	}
	open, state := 0, OK
	for _, g := range in.Overview.Groups {
		state = worse(state, g.Word)
	}
	fresh := OK
	for _, a := range in.Alerts {
		if _, isNew := born[a.ID]; isNew && told(a) {
			open++
			fresh = worse(fresh, word(a.Severity))
		}
	}
	blind := in.blindTo()
	lines := []Line{
		{Word: worse(state, blind), What: "open alerts", Value: openAlerts(in.Overview, blind), Next: "darksite alerts list"},
		{Word: worse(fresh, blind), What: "new", Value: fmt.Sprintf("%d, of them %d still open", len(born), open), Next: nextIf(len(born) > 0, look)},
		{Word: OK, What: "cleared", Value: fmt.Sprintf("%d; %d became more urgent", cleared, risen), Next: nextIf(cleared+risen > 0, look)},
		{Word: atMost(worstShort, Warning), What: "came and went between two looks", Value: fmt.Sprint(short), Next: nextIf(short > 0, look)},
		{Word: flapping(flapped), What: "came back", Value: names(flapped), Next: nextIf(len(flapped) > 0, look)},
	}
	if in.Cut {
		lines = append(lines, Line{Word: Unknown, What: "more happened than is listed", Value: fmt.Sprintf("the newest %d changes were read", len(in.Changes)), Next: look})
	}
	return lines
}

// blindTo is unknown while a target is not seen: that nothing is told of it
// does not mean that nothing is wrong.
func (in RoundInput) blindTo() Word {
	if slices.ContainsFunc(in.Overview.Targets, func(r Row) bool { return r.State == Unknown }) {
		return Unknown
	}
	return OK
}

func openAlerts(o Overview, blind Word) string {
	c := o.Counts
	n := c.Urgent + c.Major + c.Minor + c.Info
	switch {
	case n == 0 && blind == Unknown:
		return "none known, and not every target is seen"
	case n == 0:
		return "none"
	}
	return fmt.Sprintf("%d in %d groups, %d in hand, %d kept quiet, %d not checked lately", n, len(o.Groups), c.Acked, c.Hushed, c.Stale)
}

func nextIf(yes bool, command string) string {
	if yes {
		return command
	}
	return ""
}

// atMost is a word that is not worse than limit.
func atMost(w, limit Word) Word {
	if w.rank() > limit.rank() {
		return limit
	}
	return w
}

func flapping(m map[uint64]localmon.Alert) Word {
	if len(m) > 0 {
		return Warning
	}
	return OK
}

// names are the rules and components of alerts, the first few.
func names(m map[uint64]localmon.Alert) string {
	if len(m) == 0 {
		return "none"
	}
	var out []string
	for _, a := range m {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s", a.Target, a.Rule, a.Component)))
	}
	slices.Sort(out)
	return some(out)
}

// some names the first few of a list and counts the rest.
func some(list []string) string {
	const few = 3
	if len(list) <= few {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:few], ", "), len(list)-few)
}

// historyArg is a span as the command takes it, rounded up.
func historyArg(d time.Duration) string {
	const day = 24 * time.Hour
	if d > 3*day {
		return fmt.Sprintf("%dd", int((d+day-1)/day))
	}
	return fmt.Sprintf("%dh", max(1, int((d+time.Hour-1)/time.Hour)))
}

// kept is what people are not told of.
func (in RoundInput) kept() []Line {
	if len(in.Quiets) == 0 {
		return []Line{{Word: OK, What: "silences and maintenance", Value: "none"}}
	}
	covered := map[uint64]int{}
	for _, a := range in.Alerts {
		if a.Hush != nil && a.Status == localmon.StatusFiring {
			covered[a.Hush.ID]++
		}
	}
	var lines []Line
	for _, q := range in.Quiets {
		l := Line{Word: OK, What: fmt.Sprintf("%s %d, %s", q.Kind, q.ID, about(q)), Next: fmt.Sprintf("darksite alerts unsilence %d --as ID", q.ID)}
		switch n := covered[q.ID]; {
		case q.From.After(in.Now):
			l.Value = fmt.Sprintf("begins in %s for %s, by %s: %s", units.Duration(q.From.Sub(in.Now)), units.Duration(q.Until.Sub(q.From)), q.By, q.Why)
		default:
			l.Value = fmt.Sprintf("ends in %s, covers %d that fire, by %s: %s", units.Duration(q.Until.Sub(in.Now)), n, q.By, q.Why)
			if n > 0 && q.Until.Sub(in.Now) < RoundEvery {
				l.Word = Warning // it will be told before the next round
			}
		}
		lines = append(lines, l)
	}
	return lines
}

func about(q localmon.Quiet) string {
	if q.Alert != 0 {
		return fmt.Sprintf("alert %d", q.Alert)
	}
	return q.About()
}

// sight is whether the kit sees what it should.
func (in RoundInput) sight() []Line {
	l := Line{Word: Unknown, What: "monitor", Value: "none is running: what is here is what was stored last", Next: "darksite monitor"}
	if m := in.Monitor; m != nil {
		l = Line{Word: OK, What: "monitor", Value: "runs since " + m.Started.UTC().Format("2006-01-02 15:04")}
	}
	lines := []Line{l}
	look := func(target string) string {
		if in.Monitor == nil {
			return "darksite monitor --once"
		}
		return "darksite alerts list --target " + target
	}
	if in.Monitor != nil {
		for _, t := range in.Monitor.Trouble {
			lines = append(lines, Line{Word: Warning, What: t.What, Value: t.Error, At: t.Since, Next: "darksite doctor"})
		}
	}
	for _, row := range in.Overview.Targets {
		l := Line{Word: OK, What: row.Name, Value: "is read", At: row.DataAt}
		switch {
		case !row.Seen:
			l.Word, l.Value, l.Next = Unknown, "was never read", look(row.Name)
		case row.DataAge > cmp.Or(in.StaleAfter, staleAfter):
			l.Word, l.Value, l.Next = Unknown, cmp.Or(row.Error, "no newer data"), look(row.Name)
		case len(row.Missing) > 0:
			l.Word, l.Value, l.Next = Unknown, "not all of it is read: "+some(row.Missing), look(row.Name)
		case row.State == Unknown:
			l.Word, l.Value, l.Next = Unknown, "not all of it is read", look(row.Name)
		}
		lines = append(lines, l)
	}
	return lines
}

// Shares and times at which space is worth a word on the round; the rules
// have their own.
const (
	fullSoon  = 30 * 24 * time.Hour
	fairlyAll = 90
	nearlyAll = 97
)

func (in RoundInput) space() []Line {
	var lines []Line
	for _, row := range in.Overview.Targets {
		if row.Kind == localmon.KindHost {
			continue
		}
		l := Line{Word: Unknown, What: row.Name, Value: "how full it is is not known"}
		if c := row.Capacity; c != nil {
			l.Word, l.At, l.Value = OK, c.At, fmt.Sprintf("%s used, %s", units.Percent(c.UsedPercent/100), Outlook(c))
			l.Next = "darksite history plot purefa_array_space_utilization --target " + row.Name + " --since 90d"
			if row.Kind == localmon.KindFlashBlade {
				l.Next = strings.Replace(l.Next, "purefa", "purefb", 1)
			}
			switch {
			case c.UsedPercent >= nearlyAll:
				l.Word = Critical
			case c.UsedPercent >= fairlyAll, c.Growing && c.FullIn < fullSoon:
				l.Word = Warning
			}
		}
		lines = append(lines, in.dated(row, []Line{l})...)
	}
	return lines
}

// Outlook says where the use of space leads, with how sure that is.
func Outlook(c *Capacity) string {
	switch {
	case !c.Known:
		return "too early for a forecast"
	case !c.Growing:
		return "not growing"
	}
	latest := "never"
	if c.FullLatest > 0 {
		latest = units.Duration(c.FullLatest)
	}
	return fmt.Sprintf("full in %s (%s to %s), seen over %s", units.Duration(c.FullIn), units.Duration(c.FullEarliest), latest, units.Duration(c.FromHistoryOf))
}
