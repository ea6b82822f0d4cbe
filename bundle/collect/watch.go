package collect

import "context"

// Watch returns c with a witness: taken is told after every item how many bytes
// c has in the staging folder. It may be called by several goroutines.
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
