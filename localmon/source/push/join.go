package push

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"darksite/localmon"
)

const (
	// lately is for how long an alert of the target's own list is known to have
	// been told: a message may be slower than the list.
	lately = 10 * time.Minute
	// maxLately bounds how many are remembered.
	maxLately = 10_000
)

// Hurrier is a source that does not read everything at every look. Hurry makes
// what tells of faults due at the next one, whatever its turn: the target has
// just said that something happened.
type Hurrier interface {
	Hurry()
}

// Join makes one source of a target that is polled and of what it says
// unasked. A look that fails, or whose time is over, leaves the mailbox as it
// is; one that did not read the target's own alerts leaves the messages about
// alerts in it.
func Join(src localmon.Source, box *Mailbox) localmon.Source {
	return &joined{src: src, box: box, told: map[alertKey]time.Time{}}
}

type joined struct {
	src  localmon.Source
	box  *Mailbox
	told map[alertKey]time.Time // by the target's own list, and at which look
}

// alertKey is by what an alert in a message and one in a list are the same.
// Where a message names neither code nor part its words must do.
type alertKey struct {
	code      int
	component string
	host      string // of targets that only speak
	issue     string
}

func keyOf(a localmon.ArrayAlert) alertKey {
	k := alertKey{code: a.Code, component: strings.ToLower(a.Component)}
	if a.Code == 0 {
		k.issue = strings.ToLower(a.Issue)
	}
	return k
}

func (k alertKey) compare(o alertKey) int {
	return cmp.Or(cmp.Compare(k.code, o.code), cmp.Compare(k.component, o.component),
		cmp.Compare(k.host, o.host), cmp.Compare(k.issue, o.issue))
}

// Target is the target of the polled source.
func (j *joined) Target() string { return j.src.Target() }

// Collect looks at the target and adds what it said.
func (j *joined) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	if src, able := j.src.(Hurrier); able && j.box.waiting() {
		src.Hurry()
	}
	b, err := j.src.Collect(ctx, now)
	if err != nil || ctx.Err() != nil {
		return b, err //nolint:wrapcheck // the source has said what it was about
	}
	m := j.box.take()
	b.Samples = addSamples(b.Samples, samples(j.Target(), m))
	if !b.AlertsRead {
		j.box.keep(m.messages)
		return b, nil
	}
	j.remember(b.Alerts, now)
	b.Alerts = append(slices.Clip(b.Alerts), j.unlisted(m.messages)...)
	return b, nil
}

// Recall implements [localmon.Recaller], as far as the polled source does.
func (j *joined) Recall(ctx context.Context, from, to time.Time) iter.Seq2[localmon.Batch, error] {
	if src, able := j.src.(localmon.Recaller); able {
		return src.Recall(ctx, from, to)
	}
	return func(func(localmon.Batch, error) bool) {}
}

func (j *joined) remember(alerts []localmon.ArrayAlert, now time.Time) {
	for k, at := range j.told {
		if now.Sub(at).Abs() > lately {
			delete(j.told, k)
		}
	}
	for _, a := range alerts {
		if k := keyOf(a); len(j.told) < maxLately {
			j.told[k] = now
		}
	}
}

// unlisted are the alerts of messages that the target's list did not hold, one
// for all messages of the same, as over.
func (j *joined) unlisted(messages []Message) []localmon.ArrayAlert {
	var added []localmon.ArrayAlert
	index := map[alertKey]int{}
	for _, m := range messages {
		k := keyOf(*m.Alert)
		if _, listed := j.told[k]; listed {
			continue
		}
		i, again := index[k]
		if !again {
			i = len(added)
			index[k] = i
			added = append(added, begun(m))
		}
		added[i] = ended(repeated(added[i], m), m.At)
	}
	return added
}

// begun is the alert of the first message about it. Its id holds for this
// alert and for no later one of the same part.
func begun(m Message) localmon.ArrayAlert {
	a := *m.Alert
	a.ID = fmt.Sprintf("%s-%d-%s-%d", m.Channel, a.Code, strings.ToLower(a.Component), m.At.UnixMilli())
	a.State, a.Created, a.Updated, a.Closed = "open", m.At, m.At, time.Time{}
	a.Severity = cmp.Or(a.Severity, m.Severity)
	return a
}

// repeated is an alert after another message about it. Of one that ends it only
// the time counts: it says less than what began it.
func repeated(a localmon.ArrayAlert, m Message) localmon.ArrayAlert {
	if over(m) {
		a.Updated = m.At
		return a
	}
	next := begun(m)
	next.ID, next.Created = a.ID, a.Created
	return next
}

func ended(a localmon.ArrayAlert, at time.Time) localmon.ArrayAlert {
	a.State, a.Updated, a.Closed = "closed", at, at
	return a
}

// over reports whether a message says that its alert is over.
func over(m Message) bool {
	return strings.EqualFold(m.Alert.State, "closed") || m.Alert.State == "" && saysOver(m.Text)
}

// samples are the counters of a look.
func samples(target string, m mail) []localmon.Sample {
	s := localmon.NewSampler(target)
	for _, c := range channels {
		for _, severity := range severities {
			s.Add(float64(m.counts[tally{c, severity}]), "localmon_push_messages", "channel", string(c), "severity", severity)
		}
	}
	s.Add(float64(m.dropped), "localmon_push_dropped")
	return s.Samples()
}

// addSamples merges two lists in the order of their keys. The first has the
// word where both hold a series.
func addSamples(a, b []localmon.Sample) []localmon.Sample {
	all := append(slices.Clip(a), b...)
	slices.SortStableFunc(all, func(x, y localmon.Sample) int { return x.Key.Compare(y.Key) })
	return slices.CompactFunc(all, func(x, y localmon.Sample) bool { return x.Key == y.Key })
}
