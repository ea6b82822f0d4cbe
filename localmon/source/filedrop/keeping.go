package filedrop

import (
	"context"
	"fmt"
	"time"

	"darksite/localmon"
)

// Keeping makes of s a source whose every look first hands what was carried in to
// keep, batch by batch, and then looks as s does. Keep stores a batch with its own
// time and must take one that it has already. The past gets half the time of a
// look; what is not kept by then, or because keep failed, is told in Partial and
// goes on at the next look.
func Keeping(s *Source, keep func(context.Context, localmon.Batch) error) localmon.Source {
	return keeping{s, keep}
}

type keeping struct {
	*Source
	keep func(context.Context, localmon.Batch) error
}

// Collect hands the past on and then looks.
func (k keeping) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	kept, failed := k.hand(ctx, now)
	b, err := k.Source.Collect(ctx, now)
	if failed != nil {
		b.Partial = append(b.Partial, localmon.EndpointError{
			Endpoint: endpoint, Err: fmt.Errorf("%d past looks were kept, the rest follows: %w", kept, failed),
		})
	}
	return b, err
}

func (k keeping) hand(ctx context.Context, now time.Time) (kept int, err error) {
	if end, ok := ctx.Deadline(); ok {
		half, cancel := context.WithTimeout(ctx, time.Until(end)/2)
		defer cancel()
		ctx = half
	}
	for b, err := range k.Past(ctx, now) {
		if err == nil {
			err = k.keep(ctx, b)
		}
		if err != nil {
			return kept, err
		}
		kept++
	}
	return kept, nil
}
