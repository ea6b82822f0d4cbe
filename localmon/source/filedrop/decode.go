package filedrop

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"darksite/localmon"
	"darksite/localmon/exposition"
)

// decode reads a whole file, or says why it cannot be taken.
func (s *Source) decode(name string, body []byte, modified time.Time) (*content, error) {
	c := newContent(s.o.Target)
	var err error
	switch ending := strings.ToLower(path.Ext(name)); ending {
	case ".csv":
		err = c.text(body, exposition.CSV)
	case ".prom", ".om", ".txt":
		err = c.text(body, exposition.OpenMetrics)
	case ".json":
		err = s.json(c, name, body, modified)
	default:
		err = fmt.Errorf("the ending %.20q is of no format: want .json, .csv, .prom, .om or .txt", ending)
	}
	if err != nil {
		return nil, short(err)
	}
	if len(c.records) == 0 && len(c.looks) == 0 {
		if c.leftOut > 0 {
			return nil, fmt.Errorf("none of its %d samples has a name the kit keeps, the first: %s", c.leftOut, c.first)
		}
		return nil, errors.New("it holds nothing")
	}
	c.order()
	return c, nil
}

// short keeps the words of a foreign file from filling an error: a decoder may
// repeat a name however long it is.
func short(err error) error {
	const most = 500
	text := err.Error()
	if len(text) <= most {
		return err
	}
	return errors.New(strings.ToValidUTF8(text[:most], "") + "…")
}

// text reads samples with times, in one of the formats of a history.
func (c *content) text(body []byte, f exposition.Format) error {
	p := exposition.NewParser(bytes.NewReader(body), f, exposition.Options{Target: c.target})
	for one, err := range p.Samples() {
		if err == nil {
			err = c.sample(one.Key, one.At, one.Value)
		}
		if err != nil {
			return err
		}
	}
	if !p.Whole() {
		return errors.New(`its end ("# EOF") is missing: it was cut`)
	}
	return nil
}

const firstKey = "darksite_drop"

// json tells the kit's own form, which begins with its key, from others.
func (s *Source) json(c *content, name string, body []byte, modified time.Time) error {
	if !utf8.Valid(body) {
		return errors.New("it is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return errors.New("it is no JSON object, or was cut")
	}
	if first, err := d.Token(); err != nil || first != firstKey {
		return s.foreign(c, name, body, modified)
	}
	var version int
	if err := d.Decode(&version); err != nil || version != 1 {
		return fmt.Errorf("%s must be 1", firstKey)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return fmt.Errorf("read JSON: %w", err)
		}
		switch key {
		case "target":
			var target string
			if err := d.Decode(&target); err != nil || target != c.target {
				return fmt.Errorf("it is of the target %.80q, not of %q", target, c.target)
			}
		case "looks":
			if err := s.looks(c, d); err != nil {
				return err
			}
		default:
			return fmt.Errorf("unknown key %.80q", fmt.Sprint(key))
		}
	}
	if _, err := d.Token(); err != nil {
		return errors.New("the JSON was cut")
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the JSON object")
	}
	return nil
}

func (s *Source) looks(c *content, d *json.Decoder) error {
	if open, err := d.Token(); err != nil || open != json.Delim('[') {
		return errors.New("looks is no list")
	}
	for n := 1; d.More(); n++ {
		var l lookJSON
		if err := d.Decode(&l); err != nil {
			return fmt.Errorf("look %d: %w", n, err)
		}
		if err := c.look(l.batch(c.target, s.o.Judge)); err != nil {
			return fmt.Errorf("look %d: %w", n, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return errors.New("the JSON was cut")
	}
	return nil
}

// foreign hands JSON of another form to the decoder the site was built with.
func (s *Source) foreign(c *content, name string, body []byte, modified time.Time) error {
	if s.o.Decode == nil {
		return fmt.Errorf("its first key is not %s, and no decoder of other JSON is at hand", firstKey)
	}
	if !json.Valid(body) {
		return errors.New("it is no JSON, or was cut")
	}
	b, err := s.o.Decode(name, body, modified)
	if err != nil {
		return err
	}
	return c.look(b)
}

// lookJSON is one look as FORMAT.md describes it.
type lookJSON struct {
	At      time.Time       `json:"at"`
	Array   *localmon.Array `json:"array"`
	Samples []sampleJSON    `json:"samples"`
	States  []stateJSON     `json:"states"`
	Alerts  *[]alertJSON    `json:"alerts"`
}

type sampleJSON struct {
	Metric string            `json:"metric"`
	Labels map[string]string `json:"labels"`
	Value  *float64          `json:"value"`
}

type stateJSON struct {
	Component string `json:"component"`
	Type      string `json:"type"`
	Status    string `json:"status"`
	Detail    string `json:"detail"`
}

// alertJSON has the fields of [localmon.ArrayAlert], so that one becomes the
// other.
type alertJSON struct {
	ID            string    `json:"id"`
	Name          string    `json:"name"`
	Code          int       `json:"code"`
	Severity      string    `json:"severity"`
	State         string    `json:"state"`
	Category      string    `json:"category"`
	ComponentType string    `json:"component_type"`
	Component     string    `json:"component"`
	Issue         string    `json:"issue"`
	Summary       string    `json:"summary"`
	Description   string    `json:"description"`
	Expected      string    `json:"expected"`
	Actual        string    `json:"actual"`
	KnowledgeBase string    `json:"knowledge_base"`
	Flagged       bool      `json:"flagged"`
	Created       time.Time `json:"created"`
	Updated       time.Time `json:"updated"`
	Closed        time.Time `json:"closed"`
}

func (l lookJSON) batch(target string, judge func(string) localmon.Health) localmon.Batch {
	b := localmon.Batch{Target: target, At: l.At, Info: l.Array}
	for _, one := range l.Samples {
		if one.Value == nil {
			continue // a null is no sample
		}
		var labels []localmon.Label
		for name, value := range one.Labels {
			labels = append(labels, localmon.Label{Name: name, Value: value})
		}
		b.Samples = append(b.Samples, localmon.Sample{Key: localmon.SeriesKey{Target: target, Metric: one.Metric, Labels: localmon.JoinLabels(labels)}, Value: *one.Value})
	}
	for _, one := range l.States {
		b.States = append(b.States, localmon.ComponentState{Component: one.Component, Type: one.Type, Status: one.Status, Detail: one.Detail, Health: judge(one.Status)})
	}
	if l.Alerts != nil {
		b.AlertsRead = true
		for _, one := range *l.Alerts {
			one.State = cmp.Or(one.State, "open")
			b.Alerts = append(b.Alerts, localmon.ArrayAlert(one))
		}
	}
	return b
}

// plainJudge knows the few words that mean the same everywhere.
func plainJudge(word string) localmon.Health {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "":
		return localmon.HealthUnknown
	case "ok", "healthy", "ready":
		return localmon.HealthOK
	case "critical", "failed", "unhealthy", "missing", "offline":
		return localmon.HealthCritical
	}
	return localmon.HealthWarning
}
