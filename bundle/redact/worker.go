package redact

import (
	"fmt"

	"darksite/bundle/redact/detect"
)

// worker redacts chunks of text, one at a time.
type worker struct {
	gate   *Gate
	scan   *detect.Scanner
	seen   *findings
	cache  map[string]string // kind, form and text -> replacement
	key    []byte
	counts map[string]int64
	near   int64 // words kept that look drawn by chance
	depth  int
	inner  *worker // for text in text
}

// cacheLimit bounds the replacements a worker remembers.
const cacheLimit = 1 << 16

// newWorker makes a worker on the gate's inventory of the moment. The caller
// holds the gate's lock or the tree's.
func (g *Gate) newWorker() *worker {
	return &worker{
		gate: g, scan: detect.NewScanner(g.know, g.inv, g.mint.Owns), seen: newFindings(),
		cache: map[string]string{}, counts: map[string]int64{},
	}
}

// learn notes what a chunk holds.
func (w *worker) learn(chunk []byte, st detect.State) (detect.State, error) {
	found, next, err := w.find(chunk, st)
	if err != nil {
		return next, err
	}
	for _, f := range found {
		w.seen.note(f, chunk)
		if f.Form == detect.Base64 {
			if err := w.learnBase64(chunk[f.Start:f.End]); err != nil {
				return next, err
			}
		}
	}
	return next, nil
}

// learnBase64 notes what stands in encoded text.
func (w *worker) learnBase64(b []byte) error {
	text, ok := detect.DecodeBase64(b)
	if !ok || w.depth > 3 {
		return nil
	}
	_, err := w.nested().learn(text, detect.State{})
	return err
}

// nested is the worker for text inside text; its findings are the outer one's.
func (w *worker) nested() *worker {
	if w.inner == nil {
		w.inner = &worker{gate: w.gate, scan: w.scan.Nested(), cache: map[string]string{}, counts: map[string]int64{}, depth: w.depth + 1}
	}
	w.inner.seen = w.seen
	return w.inner
}

// find scans a chunk. A panic in a recogniser is an error like any other: the
// text is not let through.
func (w *worker) find(chunk []byte, st detect.State) (found []detect.Finding, next detect.State, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = unexpected(p)
		}
	}()
	if w.gate.met != nil {
		w.gate.met(chunk)
	}
	found, next = w.scan.Scan(chunk, st)
	return found, next, nil
}

// redact appends the redacted chunk to out.
func (w *worker) redact(out, chunk []byte, st detect.State) ([]byte, detect.State, error) {
	found, next, err := w.find(chunk, st)
	if err != nil {
		return out, next, err
	}
	at := 0
	for _, f := range found {
		if f.Start == f.End {
			if f.Rule == detect.NearMiss {
				w.near++
			}
			continue
		}
		rep, err := w.replacement(f, chunk)
		if err != nil {
			return out, next, err
		}
		out = append(out, chunk[at:f.Start]...)
		out = append(out, rep...)
		at = f.End
		w.counts[f.Rule]++
	}
	return append(out, chunk[at:]...), next, nil
}

// replacement returns what stands in for a finding, from memory when it can.
func (w *worker) replacement(f detect.Finding, chunk []byte) (string, error) {
	if f.Kind == Secret && f.Form == detect.Plain {
		return Mask, nil
	}
	w.key = append(append(append(w.key[:0], byte(f.Kind), byte(f.Form)), f.Value...), 0)
	w.key = append(w.key, chunk[f.Start:f.End]...)
	if r, ok := w.cache[string(w.key)]; ok {
		return r, nil
	}
	key := string(w.key)
	r, err := w.render(f, chunk)
	if err != nil {
		return "", fmt.Errorf("replace a value of kind %s: %w", f.Kind, err)
	}
	if len(w.cache) < cacheLimit {
		w.cache[key] = r
	}
	return r, nil
}

// redactText redacts a text that stands alone.
func (w *worker) redactText(text []byte) ([]byte, error) {
	out, _, err := w.redact(make([]byte, 0, len(text)+64), text, detect.State{})
	return out, err
}
