package triage

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Bounds of what is read.
const (
	maxFile  = 32 << 20 // bytes of one document
	maxItems = 50_000   // of one document
	maxText  = 500      // characters of one text
)

// Facts are what a bundle holds, in the words of the arrays.
type Facts struct {
	Taken  time.Time `json:"taken"` // by the site's clock
	Arrays []Array   `json:"arrays"`
	Raised []Raised  `json:"raised"` // alerts of the site's own monitor, newest state of each
	Steps  []Step    `json:"-"`      // how they came to be, for the timeline
	Gaps   []Gap     `json:"gaps"`

	Watched bool `json:"watched"` // what the site's monitor raised could be read
}

// Array is one array as a bundle shows it.
type Array struct {
	Name    string             `json:"name"` // the site's stand-in, the same in every bundle of the site
	Kind    string             `json:"kind"` // flasharray, flashblade, or empty
	Serial  string             `json:"serial,omitempty"`
	Model   string             `json:"model,omitempty"`
	Version string             `json:"version,omitempty"`
	Parts   []Part             `json:"parts"`
	Alerts  []Alert            `json:"alerts"`
	Numbers map[string]float64 `json:"numbers"`   // used, parity, ...
	Read    map[string]bool    `json:"documents"` // which documents were there
	Off     *Offset            `json:"clock,omitempty"`

	now time.Time // what the array's clock said when it was asked
}

// Offset is how far the array's clock is ahead of the kit's.
type Offset struct {
	Ahead time.Duration `json:"ahead"`
	Give  time.Duration `json:"uncertainty"`
}

// Part is a component with its state.
type Part struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Status  string `json:"status"`
	Version string `json:"version,omitempty"`
	Detail  string `json:"detail,omitempty"`
}

// Alert is an alert of the array itself.
type Alert struct {
	Code      int       `json:"code"`
	Severity  string    `json:"severity"`
	State     string    `json:"state"`
	Type      string    `json:"component_type"`
	Component string    `json:"component"`
	Summary   string    `json:"summary"`
	Created   time.Time `json:"created,omitzero"`
	Closed    time.Time `json:"closed,omitzero"`
}

// Raised is an alert of the site's monitor.
type Raised struct {
	Rule      string    `json:"rule"`
	Array     string    `json:"array"`
	Component string    `json:"component,omitempty"`
	Severity  int       `json:"severity"`
	Open      bool      `json:"open"`
	Summary   string    `json:"summary"`
	Why       string    `json:"why,omitempty"`
	Runbook   string    `json:"runbook,omitempty"`
	Evidence  []string  `json:"evidence,omitempty"`
	Since     time.Time `json:"since"`
}

// Step is one change of an alert of the site's monitor.
type Step struct {
	At     time.Time
	What   string
	Raised Raised
}

// Gap is something that could not be read.
type Gap struct {
	File string `json:"file"`
	Why  string `json:"why"`
}

// Read collects the facts of a bundle. tree is its opened folder, with files/ in
// it; taken is when it was made. Only reading the folder itself can fail.
func Read(tree fs.FS, taken time.Time) (Facts, error) {
	r := &reader{tree: tree, facts: Facts{Taken: taken}}
	dirs, err := fs.ReadDir(tree, "files/arraystate")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Facts{}, fmt.Errorf("triage: list the arrays: %w", err)
	}
	for _, d := range dirs {
		if d.IsDir() {
			r.facts.Arrays = append(r.facts.Arrays, r.array(d.Name()))
		}
	}
	if len(r.facts.Arrays) == 0 {
		r.gap("files/arraystate", errors.New("no array's state is in the bundle"))
	}
	r.monitor()
	r.clocks()
	return r.facts, nil
}

type reader struct {
	tree  fs.FS
	facts Facts
}

func (r *reader) gap(file string, why error) {
	if errors.Is(why, fs.ErrNotExist) {
		why = errors.New("it is not in the bundle")
	}
	r.facts.Gaps = append(r.facts.Gaps, Gap{tame(file), tame(why.Error())})
}

func (r *reader) file(name string) ([]byte, error) {
	f, err := r.tree.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("more than %d bytes", maxFile)
	}
	return data, err
}

// tame makes foreign text fit to be shown: one line, no character a terminal
// would act on, not too long.
func tame(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
	if r := []rune(s); len(r) > maxText {
		return string(r[:maxText-1]) + "…"
	}
	return s
}

// item is every field of a reply this package looks at; what has another type
// than it ought to is left empty.
type item map[string]json.RawMessage

func (i item) text(key string) string {
	var s string
	if json.Unmarshal(i[key], &s) != nil {
		return ""
	}
	return tame(s)
}

func (i item) number(key string) (float64, bool) {
	var n *float64
	if json.Unmarshal(i[key], &n) != nil || n == nil {
		return 0, false
	}
	return *n, true
}

// moment reads milliseconds since 1970.
func (i item) moment(key string) time.Time {
	n, ok := i.number(key)
	if !ok || n <= 0 || n > 1e14 {
		return time.Time{}
	}
	return time.UnixMilli(int64(n)).UTC()
}

// document reads one reply of an array. What is missing is a gap only where the
// array's kind is known to have it, which rules say by what they need.
func (r *reader) document(a *Array, name string) []item {
	file := path.Join("files/arraystate", a.Name, name+".json")
	data, err := r.file(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var doc struct {
		Items []item `json:"items"`
	}
	if err == nil {
		err = json.Unmarshal(data, &doc)
	}
	if err == nil && len(doc.Items) > maxItems {
		err = fmt.Errorf("%d items, at most %d", len(doc.Items), maxItems)
	}
	if err != nil {
		r.gap(file, err)
		return nil
	}
	a.Read[name] = true
	return doc.Items
}

func (r *reader) array(name string) Array {
	a := Array{Name: name, Numbers: map[string]float64{}, Read: map[string]bool{}}
	for _, i := range r.document(&a, "arrays") {
		a.Serial, a.Version = i.text("id"), i.text("version")
		switch os := i.text("os"); {
		case strings.HasSuffix(os, "FA"):
			a.Kind = "flasharray"
		case strings.HasSuffix(os, "FB"):
			a.Kind = "flashblade"
		}
	}
	r.parts(&a)
	r.space(&a)
	for _, i := range r.document(&a, "alerts") {
		code, _ := i.number("code")
		a.Alerts = append(a.Alerts, Alert{
			Code: int(code), Severity: i.text("severity"), State: i.text("state"), Type: i.text("component_type"),
			Component: strings.ToUpper(i.text("component_name")), Summary: i.text("summary"), Created: i.moment("created"), Closed: i.moment("closed"),
		})
	}
	return a
}

func (r *reader) parts(a *Array) {
	add := func(kind string, i item) {
		p := Part{Type: cmp.Or(kind, i.text("type")), Name: strings.ToUpper(i.text("name")), Status: i.text("status"), Version: i.text("version"), Detail: i.text("details")}
		if p.Name != "" && p.Status != "" {
			a.Parts = append(a.Parts, p)
		}
	}
	for _, i := range r.document(a, "controllers") {
		a.Model = cmp.Or(a.Model, i.text("model"))
		add("controller", i)
	}
	for _, i := range r.document(a, "hardware") {
		if a.Model == "" && i.text("type") == "ch" {
			a.Model = i.text("model")
		}
		if i.text("type") != "controller" { // told by controllers already
			add("", i)
		}
	}
	for doc, kind := range map[string]string{"drives": "drive", "blades": "blade", "array-connections": "connection"} {
		for _, i := range r.document(a, doc) {
			if i.text("type") == "NVRAM" {
				add("nvram", i)
				continue
			}
			add(kind, i)
		}
	}
	slices.SortFunc(a.Parts, func(x, y Part) int { return cmp.Or(cmp.Compare(x.Type, y.Type), cmp.Compare(x.Name, y.Name)) })
}

func (r *reader) space(a *Array) {
	list := r.document(a, "arrays-space")
	if whole := r.document(a, "arrays-space-array"); whole != nil { // a FlashBlade is asked for each kind by itself
		list, a.Read["arrays-space"] = whole, true
	}
	for _, i := range list {
		a.now = i.moment("time")
		capacity, known := i.number("capacity")
		var space item
		if json.Unmarshal(i["space"], &space) != nil {
			continue
		}
		if used, ok := space.number("total_physical"); ok && known && capacity > 0 {
			a.Numbers["used"] = used / capacity
		}
		if parity, ok := i.number("parity"); ok {
			a.Numbers["parity"] = parity
		}
	}
	for _, p := range r.document(a, "pod-replica-links-lag") {
		var lag item
		if json.Unmarshal(p["lag"], &lag) != nil {
			continue
		}
		if most, ok := lag.number("max"); ok {
			a.Numbers["lag_seconds"] = max(a.Numbers["lag_seconds"], most/1000)
		}
	}
}

// wireAlert is an alert as the site's monitor writes it.
type wireAlert struct {
	Rule      string    `json:"rule"`
	Target    string    `json:"target"`
	Component string    `json:"component"`
	Status    string    `json:"status"`
	Severity  int       `json:"severity"`
	Why       string    `json:"why"`
	Summary   string    `json:"summary"`
	Runbook   string    `json:"runbook"`
	Evidence  []string  `json:"evidence"`
	Since     time.Time `json:"since"`
}

// wireChange is one step in the life of such an alert.
type wireChange struct {
	At    time.Time `json:"at"`
	What  string    `json:"what"`
	Alert wireAlert `json:"alert"`
}

func (w wireAlert) raised() Raised {
	out := Raised{
		Rule: tame(w.Rule), Array: tame(w.Target), Component: strings.ToUpper(tame(w.Component)), Severity: w.Severity, Open: w.Status == "firing",
		Summary: tame(w.Summary), Why: tame(w.Why), Runbook: tame(w.Runbook), Since: w.Since,
	}
	if out.Severity < 1 || out.Severity > 4 {
		out.Severity = 4
	}
	for _, e := range w.Evidence[:min(len(w.Evidence), 20)] {
		out.Evidence = append(out.Evidence, tame(e))
	}
	return out
}

// monitor reads what the site's monitor raised: the alerts open now, and from the
// changes those that are over.
func (r *reader) monitor() {
	at := map[string]int{} // place in Raised, by rule, array and component
	keep := func(w Raised) {
		key := w.Rule + "\x00" + w.Array + "\x00" + w.Component
		if i, ok := at[key]; ok {
			r.facts.Raised[i] = w
			return
		}
		at[key] = len(r.facts.Raised)
		r.facts.Raised = append(r.facts.Raised, w)
	}
	past := eachLine(r, "files/monitor/changes.jsonl", func(c wireChange) {
		w := c.Alert.raised()
		r.facts.Steps = append(r.facts.Steps, Step{c.At, tame(c.What), w})
		if c.What != "raised" && c.What != "dropped" {
			keep(w)
		}
	})
	now := eachLine(r, "files/monitor/alerts.jsonl", func(a wireAlert) {
		if a.Status == "firing" {
			keep(a.raised())
		}
	})
	r.facts.Watched = past && now
}

// eachLine reads a file of one JSON document a line, and says whether all of it
// could be read.
func eachLine[T any](r *reader, file string, take func(T)) bool {
	data, err := r.file(file)
	if err != nil {
		r.gap(file, err)
		return false
	}
	lines := bufio.NewScanner(strings.NewReader(string(data)))
	lines.Buffer(nil, 1<<20)
	n := 0
	for lines.Scan() && n < maxItems {
		n++
		var t T
		if err := json.Unmarshal(lines.Bytes(), &t); err != nil {
			r.gap(file, fmt.Errorf("line %d: %w", n, err))
			return false
		}
		take(t)
	}
	if err := lines.Err(); err != nil {
		r.gap(file, err)
		return false
	}
	return true
}

// What is known of clocks. The monitor raises the rule clock-off from clockTold
// on, so where it looked and raised nothing the clocks agree to that. Else the
// array's own time in its replies is held against the time of the bundle; they
// were asked for some minutes before it was frozen at most.
const (
	clockRule = "clock-off"
	clockTold = 2 * time.Minute
	clockGive = 5 * time.Minute
)

// clocks finds how far each array's clock is off.
func (r *reader) clocks() {
	for i := range r.facts.Arrays {
		a := &r.facts.Arrays[i]
		off := slices.ContainsFunc(r.facts.Raised, func(w Raised) bool { return w.Rule == clockRule && w.Array == a.Name && w.Open })
		switch {
		case off && !a.now.IsZero() || !r.facts.Watched && !a.now.IsZero():
			a.Off = &Offset{a.now.Sub(r.facts.Taken).Round(time.Second), clockGive}
		case r.facts.Watched && !off:
			a.Off = &Offset{0, clockTold}
		}
	}
}
