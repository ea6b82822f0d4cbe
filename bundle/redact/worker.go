package redact

import (
	"fmt"

	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"
)

// worker redacts chunks of text, one at a time.
type worker struct {
	gate   *Gate
	scan   *detect.Scanner
	seen   *findings
	addrs  recent[address, address] // what stands in for addresses
	brief  recent[brief, string]    // the same for other findings
	cache  []stood                  // the same of those without a brief
	counts map[string]int64
	tally  tally // of the chunk at hand
	near   int64 // words kept that look drawn by chance
	depth  int
	inner  *worker // for text in text
}

// stood is a finding and what stands in for it.
type stood struct {
	kind              pseudonym.Kind
	form              detect.Form
	text, value, with string
}

// A worker remembers what stands in for so many texts without a brief, which are not
// longer than that.
const (
	cacheSize = 1 << 12
	cacheText = 128
)

// newWorker makes a worker on the gate's inventory of the moment. The caller
// holds the gate's lock or the tree's.
func (g *Gate) newWorker() *worker {
	return &worker{
		gate: g, scan: detect.NewScanner(g.know, g.inv, g.mint.Owns), seen: newFindings(),
		counts: map[string]int64{},
	}
}

// freshWorker is newWorker for those who do not hold the lock.
func (g *Gate) freshWorker() *worker {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.newWorker()
}

// hand is one of those who take files through a pass, each with a worker that goes
// from file to file with all it remembers.
type hand struct {
	w *worker // nil before the first file
}

func (h *hand) worker(g *Gate) *worker {
	if h.w == nil {
		h.w = g.freshWorker()
	}
	return h.w
}

// learn notes what a chunk holds and returns where it stands.
func (w *worker) learn(chunk []byte, st detect.State) ([]detect.Finding, detect.State, error) {
	found, next, err := w.find(chunk, st)
	if err != nil {
		return nil, next, err
	}
	return found, next, w.note(chunk, found)
}

// note enters what was found in a chunk.
func (w *worker) note(chunk []byte, found []detect.Finding) error {
	for i := range found {
		f := &found[i]
		w.seen.note(f, chunk)
		if f.Form == detect.Base64 && !f.Tentative {
			if err := w.learnBase64(chunk[f.Start:f.End]); err != nil {
				return err
			}
		}
	}
	return nil
}

// learnBase64 notes what stands in encoded text.
func (w *worker) learnBase64(b []byte) error {
	text, ok := detect.DecodeBase64(b)
	if !ok || w.depth > 3 {
		return nil
	}
	_, _, err := w.nested().learn(text, detect.State{})
	return err
}

// nested is the worker for text inside text; its findings are the outer one's.
func (w *worker) nested() *worker {
	if w.inner == nil {
		w.inner = &worker{gate: w.gate, scan: w.scan.Nested(), counts: map[string]int64{}, depth: w.depth + 1}
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

// known completes findings by what the inventory knows.
func (w *worker) known(chunk []byte, found []detect.Finding) (all []detect.Finding, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = unexpected(p)
		}
	}()
	return w.scan.Known(chunk, found), nil
}

// redact appends the redacted chunk to out. Found is what the scan of it found.
func (w *worker) redact(out, chunk []byte, found []detect.Finding) ([]byte, error) {
	found, err := w.known(chunk, found)
	if err != nil {
		return out, err
	}
	at, tally := 0, w.tally[:0]
	for i := range found {
		f := &found[i]
		if f.Start == f.End {
			if f.Rule == detect.NearMiss {
				w.near++
			}
			continue
		}
		if out, err = w.replace(append(out, chunk[at:f.Start]...), f, chunk); err != nil {
			return out, err
		}
		at = f.End
		tally.add(f.Rule)
	}
	tally.into(w.counts)
	w.tally = tally
	return append(out, chunk[at:]...), nil
}

// tally counts findings by their rules: those of a chunk are few, and mostly met before.
type tally []counted

type counted struct {
	rule string
	n    int64
}

func (t *tally) add(rule string) {
	for i := range *t {
		if c := &(*t)[i]; c.rule == rule {
			c.n++
			return
		}
	}
	*t = append(*t, counted{rule, 1})
}

// into adds the counts to others.
func (t tally) into(counts map[string]int64) {
	for _, c := range t {
		counts[c.rule] += c.n
	}
}

// replace appends what stands in for a finding to out.
func (w *worker) replace(out []byte, f *detect.Finding, chunk []byte) ([]byte, error) {
	addr, isAddress := addressOf(f, chunk[f.Start:f.End])
	if !isAddress {
		with, err := w.replacement(f, chunk)
		return append(out, with...), err
	}
	if with, ok := w.addrs.find(addr); ok {
		return appendPlain4(out, with), nil
	}
	with, err := w.rendered(f, chunk)
	if a, ok := parsePlain4(with); ok && err == nil {
		w.addrs.keep(addr, a)
	}
	return append(out, with...), err
}

// replacement returns what stands in for a finding, from memory when it can.
func (w *worker) replacement(f *detect.Finding, chunk []byte) (string, error) {
	if f.Kind == Secret && f.Form == detect.Plain {
		return Mask, nil
	}
	text := chunk[f.Start:f.End]
	b, ok := briefOf(f, text, 0)
	if ok {
		if with, ok := w.brief.find(b); ok {
			return with, nil
		}
		with, err := w.rendered(f, chunk)
		if err == nil {
			w.brief.keep(b, with)
		}
		return with, err
	}
	if w.cache == nil {
		w.cache = make([]stood, cacheSize)
	}
	m := &w.cache[quickHash(text)%cacheSize]
	if m.kind == f.Kind && m.form == f.Form && m.text == string(text) && m.value == f.Value {
		return m.with, nil
	}
	r, err := w.rendered(f, chunk)
	if err == nil && len(text) <= cacheText {
		*m = stood{f.Kind, f.Form, string(text), f.Value, r}
	}
	return r, err
}

// rendered makes what stands in for a finding.
func (w *worker) rendered(f *detect.Finding, chunk []byte) (string, error) {
	r, err := w.render(*f, chunk)
	if err != nil {
		return "", fmt.Errorf("replace a value of kind %s: %w", f.Kind, err)
	}
	return r, nil
}

// redactText redacts a text that stands alone.
func (w *worker) redactText(text []byte) ([]byte, error) {
	found, _, err := w.find(text, detect.State{})
	if err != nil {
		return nil, err
	}
	return w.redact(make([]byte, 0, len(text)+64), text, found)
}
