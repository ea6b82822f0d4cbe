package poll

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"darksite/localmon"
)

// recall asks the target for its own record of the time in which it was not
// seen, and hands each batch of it on. It returns how many there were. A panic
// of the source is an error of its own and costs the look nothing.
func (p *poller) recall(ctx context.Context, now time.Time) (n int, err error) {
	src, able := p.src.(localmon.Recaller)
	if !able || p.o.Recalled == nil || p.good.IsZero() || now.Sub(p.good) <= p.o.Gap {
		return 0, nil
	}
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Target: p.src.Target(), Value: v, Stack: debug.Stack()}
		}
	}()
	from, cut := p.good, error(nil)
	if now.Sub(from) > p.o.MaxRecall {
		from = now.Add(-p.o.MaxRecall)
		cut = fmt.Errorf("not seen since %s, recalled from %s on only", p.good.UTC().Format(time.RFC3339), from.UTC().Format(time.RFC3339))
	}
	ctx, cancel := context.WithTimeout(ctx, p.o.RecallTimeout)
	defer cancel()
	failed := []error{cut}
	for b, err := range src.Recall(ctx, from, now) {
		if err != nil {
			failed = append(failed, err)
			continue
		}
		past := localmon.Batch{Target: p.src.Target(), At: b.At, TargetAt: b.TargetAt, Samples: b.Samples}
		if err := p.o.Recalled(ctx, past); err != nil {
			return n, errors.Join(append(failed, fmt.Errorf("keep the record of %s: %w", b.At.UTC().Format(time.RFC3339), err))...)
		}
		n++
	}
	return n, errors.Join(failed...)
}
