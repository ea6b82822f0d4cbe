package rule

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/localmon"
)

// clockSlack is how far a start time may move without its clock having been set:
// clocks that are slowly put right move it a little.
const clockSlack = 30 * time.Second

// judgeJump finds start times that moved. A start time counts only when it is
// later than the look that saw the old one, by the target's own clock: a clock
// that was set moves every time it tells, and nothing has started.
func (e *Evaluator) judgeJump(now time.Time, v *view, f *findings) {
	m := f.rule.Jump
	prefix := "start/" + f.rule.ID + "/"
	for _, s := range v.samples[m.Metric] {
		p := pickOf(&MetricMatch{Component: m.Component}, s.Key.Labels)
		if !p.ok {
			continue
		}
		f.read |= fromSamples
		id := prefix + p.component
		last, ok := e.m.Counters[id]
		started := time.Unix(0, int64(s.Value*1e9))
		moved := ok && s.Value > last.V+1 && started.After(last.Clock.Add(-time.Minute))
		if m.Clock {
			moved = ok && math.Abs(s.Value-last.V) > clockSlack.Seconds() && !moved
		}
		if moved && (!m.Unseen || e.m.Blind.After(last.At)) {
			set(&e.m.Jumps, id, now.UTC(), maxSeries)
		}
		set(&e.m.Counters, id, counter{At: now.UTC(), Clock: v.clock.UTC(), V: s.Value}, maxSeries)
	}
	if m.All {
		e.judgeAllJumped(now, f, prefix)
		return
	}
	for id, at := range e.m.Jumps {
		component, mine := strings.CutPrefix(id, prefix)
		if !mine || now.Sub(at) >= m.Hold {
			continue
		}
		e.tellJump(f, component, e.m.Counters[id].V)
	}
}

// judgeAllJumped asks that every part known of has started anew, together.
func (e *Evaluator) judgeAllJumped(now time.Time, f *findings, prefix string) {
	m := f.rule.Jump
	parts, first, newest, start := 0, time.Time{}, time.Time{}, 0.0
	for id, c := range e.m.Counters {
		if !strings.HasPrefix(id, prefix) {
			continue
		}
		at, jumped := e.m.Jumps[id]
		if !jumped {
			return
		}
		if parts++; parts == 1 || at.Before(first) {
			first = at
		}
		if at.After(newest) {
			newest = at
		}
		start = max(start, c.V)
	}
	if parts > 0 && newest.Sub(first) <= m.Together && now.Sub(newest) < m.Hold {
		e.tellJump(f, "", start)
	}
}

func (e *Evaluator) tellJump(f *findings, component string, start float64) {
	v := f.at(localmon.Ref{Rule: f.rule.ID, Component: component})
	at := stamp(time.Unix(int64(start), 0))
	v.set("since", at)
	if f.rule.Jump.Clock {
		v.say(fromSamples, f.rule.Severity, f.rule.Why, "the same start is now said to have been "+at)
		return
	}
	v.say(fromSamples, f.rule.Severity, f.rule.Why, "started "+at+" by the target's clock")
}

// judgeIdentity compares what the target says it is with what it said before.
func (e *Evaluator) judgeIdentity(now time.Time, v *view, f *findings) {
	m := f.rule.Identity
	f.read |= fromSamples
	if v.b.Info != nil {
		e.identity(now, f.rule.ID, m.Field, *v.b.Info)
	}
	c, ok := e.m.Changed[f.rule.ID]
	if !ok || now.Sub(c.At) >= m.Hold {
		return
	}
	verdict := f.at(localmon.Ref{Rule: f.rule.ID})
	verdict.set("from", c.From, "to", c.To, "since", stamp(c.At))
	verdict.say(fromSamples, f.rule.Severity, f.rule.Why, fmt.Sprintf("%s was %s, is %s", m.Field, c.From, c.To))
}

func (e *Evaluator) identity(now time.Time, id, field string, info localmon.Array) {
	get := func(a localmon.Array) string {
		return clean(map[string]string{"version": a.Version, "model": a.Model, "serial": a.Serial}[field], 80)
	}
	if e.m.Info == nil {
		e.m.Info = &localmon.Array{}
	}
	was, is := get(*e.m.Info), get(info)
	if is == "" {
		return
	}
	if was != "" && was != is {
		set(&e.m.Changed, id, change{now.UTC(), was, is}, 100)
	}
	switch field {
	case "version":
		e.m.Info.Version = is
	case "model":
		e.m.Info.Model = is
	case "serial":
		e.m.Info.Serial = is
	}
}

// judgeSource judges the look itself.
func (e *Evaluator) judgeSource(v *view, f *findings) {
	m := f.rule.Source
	switch m.Trouble {
	case "partial":
		e.judgePartial(v, f)
		return
	case "budget":
		judgeBudget(v, f)
		return
	}
	if !v.blind {
		f.read |= fromLook
		return
	}
	err := first(v.b.Partial)
	switch m.Trouble {
	case "certificate":
		if !errors.Is(err, localmon.ErrCertificateChanged) {
			return
		}
	case "token":
		if !errors.Is(err, localmon.ErrTokenRefused) {
			return
		}
	}
	if e.m.Failed < max(m.Looks, 1) {
		return
	}
	text := "the look brought nothing"
	if err != nil {
		text = clean(err.Error(), 200)
	}
	verdict := f.at(localmon.Ref{Rule: f.rule.ID})
	verdict.set("error", text, "since", stamp(e.m.Since), "count", strconv.Itoa(e.m.Failed))
	verdict.say(fromLook, f.rule.Severity, f.rule.Why, text)
}

// judgeBudget tells of rules that were not judged because the target told more
// than they may look at.
func judgeBudget(v *view, f *findings) {
	if v.blind {
		return
	}
	f.read |= fromLook
	if len(v.over) == 0 {
		return
	}
	verdict := f.at(localmon.Ref{Rule: f.rule.ID})
	verdict.set("detail", strings.Join(v.over, ", "), "count", strconv.Itoa(v.most))
	verdict.say(fromLook, f.rule.Severity, f.rule.Why, fmt.Sprintf("%d samples of one metric, at most %d are judged", v.most, maxJudged))
}

// judgePartial tells of parts of the look that keep failing while others work.
func (e *Evaluator) judgePartial(v *view, f *findings) {
	if v.blind {
		return
	}
	f.read |= fromLook
	for name, n := range e.m.Partial {
		if n < max(f.rule.Source.Looks, 1) {
			continue
		}
		i := slices.IndexFunc(v.b.Partial, func(p localmon.EndpointError) bool { return clean(p.Endpoint, 80) == name })
		if i < 0 || v.b.Partial[i].Err == nil {
			continue
		}
		verdict := f.at(localmon.Ref{Rule: f.rule.ID, Component: name})
		text := clean(v.b.Partial[i].Err.Error(), 200)
		verdict.set("error", text, "count", strconv.Itoa(n))
		verdict.say(fromLook, f.rule.Severity, f.rule.Why, text)
	}
}

// first prefers an error that says what to do over any other.
func first(partial []localmon.EndpointError) error {
	var err error
	for _, p := range partial {
		if errors.Is(p.Err, localmon.ErrCertificateChanged) || errors.Is(p.Err, localmon.ErrTokenRefused) {
			return p.Err
		}
		if err == nil {
			err = p.Err
		}
	}
	return err
}
