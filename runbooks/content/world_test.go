package content_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/content"
	"darksite/runbooks/engine"
)

// world is facts, person and site of one case.
type world struct {
	c       content.Case
	now     time.Time
	facts   content.Components
	metrics content.Series
	alerts  []string
	path    []string
	leaveAt int // leave at the n-th screen; -1 never
	screens int
	seen    []string // the step of each screen
	drafts  []engine.Case
	loseAt  int    // from the n-th screen on the array does not answer; -1 never
	killAt  int    // the light goes out at the n-th screen; -1 never
	second  string // who agrees at risk R3; "" is nobody
}

var errKilled = errors.New("the light goes out")

var started = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// lose is an array that does not answer any more, and a monitor that says so.
func (w *world) lose() { w.facts, w.metrics, w.alerts = content.Components{}, content.Series{}, nil }

func (w *world) lost() bool { return w.loseAt >= 0 && w.screens > w.loseAt }

// Approve implements engine.Second.
func (w *world) Approve(context.Context, engine.Request) (engine.Approval, error) {
	if w.second == "" {
		return engine.Approval{}, engine.ErrNoSecond
	}
	return engine.Approval{By: w.second, Way: "key"}, nil
}

// Check implements engine.Second.
func (w *world) Check(a engine.Approval) (string, error) { return "key of " + a.By, nil }

// Requester implements engine.Second.
func (w *world) Requester() string { return "key of mdurand" }

func newWorld(c content.Case) *world {
	return &world{c: c, now: time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC), facts: c.Facts, metrics: c.Metrics, alerts: c.Alerts, leaveAt: -1, loseAt: -1, killAt: -1}
}

func (w *world) Components(_ context.Context, kind string) ([]runbooks.Component, time.Time, error) {
	parts, ok := w.facts[kind]
	if !ok {
		return nil, time.Time{}, fmt.Errorf("%w: %s", runbooks.ErrNoData, kind)
	}
	var out []runbooks.Component
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		out = append(out, runbooks.Component{Name: name, Type: kind, Status: parts[name]})
	}
	return out, w.now.Add(-w.c.Age), nil
}

func (w *world) Values(_ context.Context, metric string, _ map[string]string, window time.Duration) ([]runbooks.Value, error) {
	v, ok := w.metrics[metric]
	if !ok || w.c.Age > window {
		return nil, runbooks.ErrNoData
	}
	at := w.now.Add(-w.c.Age)
	return []runbooks.Value{{At: at.Add(-time.Hour), Value: v[0]}, {At: at, Value: v[1]}}, nil
}

func (w *world) Alerts(context.Context) ([]runbooks.OpenAlert, time.Time, error) {
	if w.alerts == nil {
		return nil, time.Time{}, fmt.Errorf("%w: the monitor does not run", runbooks.ErrNoData)
	}
	var out []runbooks.OpenAlert
	for i, rule := range w.alerts {
		out = append(out, runbooks.OpenAlert{ID: uint64(i + 1), Rule: rule})
	}
	return out, w.now.Add(-w.c.Age), nil
}

func (w *world) Evidence(context.Context, string) (map[string][]byte, error) {
	if w.c.Broken {
		return nil, errors.New("the array does not answer")
	}
	return map[string][]byte{"drives.json": []byte("[]\n")}, nil
}

func (w *world) DraftCase(_ context.Context, c engine.Case) (string, error) {
	if w.c.Broken {
		return "", errors.New("no room on the disk")
	}
	w.drafts = append(w.drafts, c)
	return "T-0000000001", nil
}

func (w *world) Ask(_ context.Context, s engine.Screen) (string, string, error) {
	w.screens++
	w.seen = append(w.seen, s.ID)
	if w.screens-1 == w.loseAt {
		w.lose()
	}
	if w.screens-1 == w.killAt {
		return "", "", errKilled
	}
	if w.screens-1 == w.leaveAt {
		return engine.AnswerLeave, "", nil
	}
	if len(w.path) == 0 || w.path[len(w.path)-1] != s.ID {
		w.path = append(w.path, s.ID)
	}
	for _, ch := range w.c.After {
		if ch.Step == s.ID && !w.lost() {
			w.facts, w.metrics, w.alerts = ch.Facts, ch.Metrics, ch.Alerts
		}
	}
	if a, ok := w.c.Answers[s.ID]; ok && (s.Type == a || slices.ContainsFunc(s.Choices, func(c engine.Choice) bool { return c.ID == a })) {
		return a, "", nil
	}
	return s.Choices[0].ID, "", nil
}

// Do implements engine.Hands.
func (w *world) Do(context.Context, engine.Order) error {
	if w.c.Broken || w.lost() {
		return errors.New("the array does not answer")
	}
	return nil
}

// Undo implements engine.Hands.
func (w *world) Undo(ctx context.Context, o engine.Order) error { return w.Do(ctx, o) }

func (w *world) options() engine.Options {
	return engine.Options{
		Facts: w, Human: w, Site: w, Lang: runbooks.English, Actor: "mdurand",
		Now: func() time.Time { return w.now }, Boot: func() time.Duration { return w.now.Sub(started) },
		Second: w, Hands: w,
		Sleep: func(_ context.Context, d time.Duration) error { w.now = w.now.Add(d); return nil },
	}
}
