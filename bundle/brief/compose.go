package brief

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/bundle"
)

// format begins every brief.
const format = "darksite-brief/1"

// Bounds of what is taken.
const (
	maxAlerts   = 8
	maxWords    = 400 // runes of a description
	maxMessages = 2   // as many as are said on the telephone
	maxPoints   = 48  // of a curve
	maxLine     = 1 << 20
)

// Input is what a brief is composed of.
type Input struct {
	Manifest bundle.Manifest
	Digest   bundle.Digest // of the manifest
	Tree     fs.FS         // of the frozen bundle: files/ and meta/
	Officer  string        // who signs
}

// caseFile is what is read of a case draft.
type caseFile struct {
	ID, Number, Subject, Description, Impact, Array, Model, Serial string
	OSVersion                                                      string `json:"os_version"`
	InitiatorOS                                                    string `json:"initiator_os"`
	Severity                                                       int
	Messages, Runs                                                 []string
}

// alertLine is what is read of an alert.
type alertLine struct {
	Rule, Target, Component, Status, Summary string
	Severity                                 int
	Evidence                                 []string
	Since                                    time.Time
}

// Compose writes the brief of an approved bundle, as much as fits: fit says
// whether a text does. Curves are thinned first, then further alerts are left
// out; what was left out is said.
func Compose(in Input, fit func(text []byte) (bool, error)) ([]byte, error) {
	c, err := readCase(in.Tree)
	if err != nil {
		return nil, err
	}
	alerts, err := readAlerts(in.Tree, c.Array)
	if err != nil {
		return nil, err
	}
	curves, err := readCurves(in.Tree, about(c, alerts))
	if err != nil {
		return nil, err
	}
	for most := min(maxAlerts, len(alerts)); ; most-- {
		for _, points := range []int{maxPoints, 24, 12, 6, 0} {
			text := write(in, c, alerts, most, curves, points)
			ok, err := fit(text)
			if err != nil || ok {
				return text, err
			}
		}
		if most <= 1 {
			return nil, errors.New("compose a brief: not even one alert without a curve fits four codes; shorten the description of the case")
		}
	}
}

// about is the array the brief is about.
func about(c caseFile, alerts []alertLine) string {
	if c.Array != "" || len(alerts) == 0 {
		return c.Array
	}
	return alerts[0].Target
}

func readCase(tree fs.FS) (c caseFile, err error) {
	text, err := fs.ReadFile(tree, "files/case/case.json")
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		return c, fmt.Errorf("case of the bundle: %w", err)
	}
	return c, nil
}

// readAlerts reads the alerts: those of the array first, then by urgency and age.
func readAlerts(tree fs.FS, array string) ([]alertLine, error) {
	f, err := tree.Open("files/monitor/alerts.jsonl")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("alerts of the bundle: %w", err)
	}
	defer f.Close()
	var all []alertLine
	in := bufio.NewScanner(f)
	in.Buffer(nil, maxLine)
	for in.Scan() {
		var a alertLine
		if err := json.Unmarshal(in.Bytes(), &a); err != nil {
			return nil, fmt.Errorf("alerts of the bundle: %w", err)
		}
		all = append(all, a)
	}
	other := func(a alertLine) int {
		if a.Target == array {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b alertLine) int {
		return cmp.Or(other(a)-other(b), a.Severity-b.Severity, a.Since.Compare(b.Since))
	})
	return all, in.Err()
}

// curve is one series around the fault.
type curve struct {
	name   string
	unit   string
	at     []time.Time
	values []float64
}

// shown are the series a brief has, by file and dimension: what an engineer asks
// for first.
var shown = [][2]string{
	{"purefa_array_performance_latency_usec", "usec_per_read_op"},
	{"purefa_array_performance_latency_usec", "usec_per_write_op"},
	{"purefa_array_performance_throughput_iops", "reads_per_sec"},
	{"purefa_array_performance_throughput_iops", "writes_per_sec"},
	{"purefb_array_performance_latency_usec", "usec_per_read_op"},
	{"purefb_array_performance_latency_usec", "usec_per_write_op"},
}

func readCurves(tree fs.FS, array string) ([]curve, error) {
	var all []curve
	for _, s := range shown {
		c, err := readCurve(tree, array, s[0], s[1])
		if err != nil {
			return nil, err
		}
		if len(c.values) > 0 {
			all = append(all, c)
		}
	}
	return all, nil
}

// readCurve reads one series of an array out of the file of its metric.
func readCurve(tree fs.FS, array, metric, dimension string) (curve, error) {
	c := curve{name: strings.TrimPrefix(metric, "pure") + " " + dimension}
	f, err := tree.Open(path.Join("files/monitor/samples", metric+".csv"))
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("curve %s: %w", metric, err)
	}
	defer f.Close()
	rows := csv.NewReader(f)
	rows.ReuseRecord = true
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		if err != nil {
			return c, fmt.Errorf("curve %s: %w", metric, err)
		}
		if len(row) != 6 || row[0] != array || !strings.Contains(row[2], `dimension="`+dimension+`"`) {
			continue
		}
		at, err := time.Parse(time.RFC3339, row[4])
		value, valueErr := strconv.ParseFloat(row[5], 64)
		if err != nil || valueErr != nil || math.IsNaN(value) || math.IsInf(value, 0) {
			continue // a gap is no point
		}
		c.unit, c.at, c.values = row[3], append(c.at, at), append(c.values, value)
	}
}

// write lays out a brief with this many alerts and points of each curve.
func write(in Input, c caseFile, alerts []alertLine, most int, curves []curve, points int) []byte {
	var b strings.Builder
	line := func(key, value string) {
		if value = oneLine(value); value != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, value)
		}
	}
	line("format", format)
	line("bid", string(in.Manifest.BID))
	line("manifest_sha256", string(in.Digest))
	line("marking", in.Manifest.Marking)
	line("released_by", in.Officer)
	line("made_utc", in.Manifest.CreatedUTC)
	line("kit", in.Manifest.Tool.Version)
	line("case", cmp.Or(c.Number, c.ID, in.Manifest.Case))
	if c.Severity > 0 {
		line("severity", strconv.Itoa(c.Severity))
	}
	line("subject", c.Subject)
	line("array", c.Array)
	line("model", c.Model)
	line("version", c.OSVersion)
	line("initiators", c.InitiatorOS)
	line("impact", cut(c.Impact))
	line("description", cut(c.Description))
	for _, m := range c.Messages[:min(maxMessages, len(c.Messages))] {
		line("message", cut(m))
	}
	for _, a := range alerts[:most] {
		line("alert", fmt.Sprintf("%s since %s severity %d %s %s %s: %s", a.Status, a.Since.UTC().Format("2006-01-02T15:04Z"), a.Severity, a.Rule, a.Target, a.Component, a.Summary))
		for _, e := range a.Evidence[:min(3, len(a.Evidence))] {
			line("evidence", cut(e))
		}
	}
	if left := len(alerts) - most; left > 0 {
		line("left_out", fmt.Sprintf("%d further alerts", left))
	}
	for _, one := range curves {
		if points == 0 {
			line("left_out", "curve "+one.name)
			continue
		}
		line("curve", one.render(points))
	}
	return []byte(b.String())
}

// render writes the newest points of a curve in steps of their own spacing; many
// points are put together by their highest value, so that no peak is lost.
func (c curve) render(points int) string {
	n := len(c.values)
	each := max(1, (n+points-1)/points)
	var out []string
	for from := 0; from < n; from += each {
		out = append(out, strconv.FormatFloat(slices.Max(c.values[from:min(from+each, n)]), 'g', 3, 64))
	}
	step := time.Duration(0)
	if n > 1 {
		step = c.at[n-1].Sub(c.at[0]) / time.Duration(n-1) * time.Duration(each)
	}
	return fmt.Sprintf("%s [%s] from %s every %s: %s", c.name, c.unit, c.at[0].UTC().Format("2006-01-02T15:04:05Z"), step.Round(time.Second), strings.Join(out, " "))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func cut(s string) string {
	r := []rune(oneLine(s))
	if len(r) <= maxWords {
		return string(r)
	}
	return string(r[:maxWords]) + "..."
}
