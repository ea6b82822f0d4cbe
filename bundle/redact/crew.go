package redact

import (
	"slices"

	"darksite/bundle/redact/detect"
)

// crew lends the workers of a pass that have no file of their own to those that have
// one of many chunks.
type crew struct {
	gate *Gate
	idle chan *worker // nil for one that is not made yet
}

// newCrew makes a crew of which some workers have nothing to do.
func (g *Gate) newCrew(idle int) *crew {
	c := &crew{gate: g, idle: make(chan *worker, g.workers)}
	for range idle {
		c.back(nil)
	}
	return c
}

// lend returns a worker that has nothing to do, or nil.
func (c *crew) lend() *worker {
	if c == nil {
		return nil
	}
	select {
	case w := <-c.idle:
		if w == nil {
			w = c.gate.freshWorker()
		}
		return w
	default:
		return nil
	}
}

// back takes a worker that has done its work.
func (c *crew) back(w *worker) { c.idle <- w }

// job is a chunk on its way through a pass.
type job struct {
	buf   []byte
	chunk []byte // in buf
	done  chan struct{}
	err   error
	found []detect.Finding

	guess, next detect.State // in which the chunk begins, and ends, when that is right

	out    []byte
	counts map[string]int64
	near   int64
}

// maxKept is the largest buffer that is kept for another chunk.
const maxKept = 4 * chunkSize

// newJob takes a job out of use, or makes one.
func (g *Gate) newJob() *job {
	if j, ok := g.jobs.Get().(*job); ok {
		return j
	}
	return &job{counts: map[string]int64{}}
}

// drop gives a job back.
func (g *Gate) drop(j *job) {
	if cap(j.buf) > maxKept || cap(j.out) > 2*maxKept {
		return
	}
	j.chunk, j.done, j.err, j.next = nil, nil, nil, detect.State{}
	g.jobs.Put(j)
}

// ready reports whether a job is done.
func (j *job) ready() bool {
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}

// start sends a chunk on its way: with a worker that is idle, else with the text's
// own. Then it takes in what is done, in order.
func (t *text) start(j *job) error {
	var helper *worker
	c := t.s.crew
	if t.careful == 0 {
		helper = c.lend()
	} else {
		t.careful--
		if err := t.take(0); err != nil {
			return err
		}
	}
	j.guess, j.done = t.guess(), make(chan struct{})
	t.ahead = append(t.ahead, j)
	if helper != nil {
		helper.scan.Hint(detect.KindOfFile(t.s.hint))
		go func() {
			defer close(j.done)
			j.err = guarded(func() error { return t.work(helper, j) })
			c.back(helper)
		}()
	} else {
		j.err = t.work(t.wk, j)
		close(j.done)
	}
	return t.take(t.s.gate.workers + 2)
}

// guess is the state in which the next chunk will most likely begin.
func (t *text) guess() detect.State {
	if n := len(t.ahead); n > 0 && t.ahead[n-1].ready() {
		return t.ahead[n-1].next
	}
	return t.st
}

// work does what can be done for a chunk without knowing those before it.
func (t *text) work(w *worker, j *job) (err error) {
	if !t.s.write {
		var found []detect.Finding
		found, j.next, err = w.find(j.chunk, j.guess)
		j.found = append(j.found[:0], found...)
		return err
	}
	counts, near := w.counts, w.near
	w.counts, w.near = j.counts, 0
	j.out, err = w.redact(j.out[:0], j.chunk, j.found)
	j.near = w.near
	w.counts, w.near = counts, near
	return err
}

// take takes in what is done, in order, and waits where more chunks than so many
// are on their way.
func (t *text) take(most int) error {
	for len(t.ahead) > 0 && (len(t.ahead) > most || t.ahead[0].ready()) {
		j := t.ahead[0]
		<-j.done
		t.ahead = slices.Delete(t.ahead, 0, 1)
		if j.err != nil {
			return j.err
		}
		if err := t.finish(j); err != nil {
			return err
		}
		t.s.gate.drop(j)
	}
	return nil
}

// wait waits for all chunks on their way; nothing is taken in.
func (t *text) wait() {
	for _, j := range t.ahead {
		<-j.done
	}
}

// afterMiss is how many chunks go one by one when one was scanned in vain.
const afterMiss = 8

// finish takes in a chunk when all before it are.
func (t *text) finish(j *job) error {
	if t.s.write {
		for rule, n := range j.counts {
			t.wk.counts[rule] += n
		}
		clear(j.counts)
		t.wk.near += j.near
		return t.put(j.out)
	}
	found, next := j.found, j.next
	if j.guess != t.st {
		t.careful = afterMiss
		var err error
		if found, next, err = t.wk.find(j.chunk, t.st); err != nil {
			return err
		}
	}
	if err := t.wk.note(j.chunk, found); err != nil {
		return err
	}
	if err := t.s.spool.add(j.chunk, t.st, found); err != nil {
		return err
	}
	t.st = next
	return nil
}
