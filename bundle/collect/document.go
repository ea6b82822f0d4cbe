package collect

import (
	"bytes"
	"context"
)

// Document is the collector of one text that is already in memory, such as the
// case draft.
type Document struct {
	About Plan
	Name  string // file name
	Text  []byte
}

// Plan returns d.About.
func (d Document) Plan() Plan { return d.About }

// Estimate is exact.
func (d Document) Estimate(context.Context) (Estimate, error) {
	return Sum([]Foreseen{{Origin: d.About.Name, Files: 1, Bytes: int64(len(d.Text)), Exact: true}}), nil
}

// Collect adds the text whole. One that does not fit its budget is refused
// rather than cut: half a document would be read as a whole one.
func (d Document) Collect(_ context.Context, w *Writer) error {
	if int64(len(d.Text)) > w.Left() {
		return ErrBudget
	}
	return w.Add(d.Name, d.About.Name, bytes.NewReader(d.Text))
}
