package collect

import "context"

// Watch returns c with a witness: taken is told again and again how many bytes c
// has taken, also in the middle of a long item. It must return at once.
func Watch(c Collector, taken func(bytes int64)) Collector { return watched{c, taken} }

type watched struct {
	Collector
	taken func(int64)
}

func (c watched) Collect(ctx context.Context, w *Writer) error {
	w.mu.Lock()
	w.taken = c.taken
	w.mu.Unlock()
	return c.Collector.Collect(ctx, w)
}
