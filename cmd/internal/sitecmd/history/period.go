package history

import (
	"time"

	"darksite/cmd/internal/cli"
	"darksite/localmon"

	"github.com/spf13/cobra"
)

// Period is a time as people ask for it.
type Period struct {
	Since    time.Duration
	From, to string
}

// Flags say which time; what that is when nothing is said, others decide.
func (o *Period) Flags(c *cobra.Command, usual string) {
	cli.SpanFlag(c, &o.Since, "since", "how far back from the end (default "+usual+")")
	c.Flags().StringVar(&o.From, "from", "", "begin: 2026-03-01, \"2026-03-01 08:00\" or RFC 3339")
	c.Flags().StringVar(&o.to, "to", "", "end, which is not included (default now)")
}

// Span is the time asked for; when nothing is said, the last hour or everything.
func (o *Period) Span(now time.Time, everything bool) (localmon.Window, error) {
	w, end := localmon.Window{From: now.Add(-usualSpan), To: now.Add(time.Second)}, now
	if everything {
		w = localmon.Window{From: everFrom, To: everTo}
	}
	switch {
	case o.Since < 0:
		return w, cli.Usagef("--since must be positive")
	case o.Since > 0 && o.From != "":
		return w, cli.Usagef("either --since or --from")
	}
	var err error
	if o.to != "" {
		if w.To, err = Moment("--to", o.to, now.Location()); err != nil {
			return w, err
		}
		if end = w.To; !everything {
			w.From = end.Add(-usualSpan)
		}
	}
	if o.Since > 0 {
		w.From = end.Add(-o.Since)
	}
	if o.From != "" {
		if w.From, err = Moment("--from", o.From, now.Location()); err != nil {
			return w, err
		}
	}
	if !w.From.Before(w.To) {
		return w, cli.Usagef("--from %s is not before --to %s", w.From.Format(time.RFC3339), w.To.Format(time.RFC3339))
	}
	return w, nil
}

// usualSpan is the time when none is asked for.
const usualSpan = time.Hour

// The times a text of samples can hold.
var (
	everFrom = time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC)
	everTo   = time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Moment reads a time as people write it; without a zone it is one of here.
func Moment(flag, text string, here *time.Location) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, here); err == nil && at.After(everFrom) && at.Before(everTo) {
			return at, nil
		}
	}
	return time.Time{}, cli.Usagef("%s %q: want a time such as 2026-03-01, \"2026-03-01 08:00\" or 2026-03-01T08:00:00+01:00", flag, text)
}
