package airlock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"darksite/bundle"
	"darksite/bundle/carry"
	"darksite/bundle/desk/confine"
	"darksite/bundle/roster"
	"darksite/bundle/sign"

	"filippo.io/age"
)

// What is left in Job.Work.
const (
	SealedName = "sealed" // the sealed file
	TreeName   = "tree"   // what was in it
)

// Job is one bundle to be read.
type Job struct {
	Folders    []string // of the bundle, on all its media; absolute
	Work       string   // an empty folder; absolute
	MaxBytes   int64    // of plaintext
	Identities []age.Identity
	// Believe decides upon the label, before anything else of the medium is read.
	// Its error is the error of Read.
	Believe  func(text []byte, sigs [][]byte) (roster.Roster, error)
	Progress func(done, total int64) // may be nil
}

// Reading is what the process claims beside what lies in the folder.
type Reading struct {
	Repaired int      // blocks rebuilt from parity
	Extra    []string // files of the medium that belong to no bundle
}

// keys are the identities in the order they are asked: those that need nobody and
// no token first.
func (j Job) keys() []age.Identity {
	ids := slices.Clone(j.Identities)
	slices.SortStableFunc(ids, func(a, b age.Identity) int {
		return cmp.Compare(len(recipientOf(b)), len(recipientOf(a)))
	})
	return ids
}

func recipientOf(id age.Identity) string {
	if known, ok := id.(*age.HybridIdentity); ok {
		return known.Recipient().String()
	}
	return ""
}

func (j Job) message() job {
	m := job{Folders: j.Folders, MaxBytes: j.MaxBytes, Work: j.Work}
	for _, id := range j.keys() {
		m.Recipients = append(m.Recipients, recipientOf(id))
	}
	return m
}

// desk is the side outside of one conversation.
type desk struct {
	link    *link
	job     Job
	fence   confine.Level // how far the process has to be confined
	keys    []age.Identity
	reading Reading
	stage   stage
	asked   int // keys that were asked
}

// stage is how far a conversation is; nothing is said out of turn.
type stage int

const (
	started stage = iota
	inPlace       // fenced, before the label
	reading       // the label is believed
	ended
)

// converse leads the conversation to its end, with one who is confined so far.
func converse(l *link, j Job, fence confine.Level) (Reading, error) {
	d := &desk{link: l, job: j, fence: fence, keys: j.keys()}
	if err := l.send(tellJob, j.message()); err != nil {
		return Reading{}, err
	}
	for {
		kind, body, err := l.receive()
		if d.stage == ended && errors.Is(err, io.EOF) {
			return d.reading, nil
		}
		if err != nil {
			return Reading{}, err
		}
		if err := d.hear(kind, body); err != nil {
			return Reading{}, err
		}
	}
}

func (d *desk) hear(kind byte, body []byte) error {
	switch at := d.stage; {
	case kind == sayRefused && at < ended:
		r, err := decode[refused](body)
		if err != nil {
			return err
		}
		return r.err()
	case kind == sayFenced && at == started:
		f, err := decode[fenced](body)
		if err == nil && f.Fence != string(d.fence) {
			err = fmt.Errorf("%w: it is confined to %q, wanted %q", errTalk, f.Fence, d.fence)
		}
		d.stage = inPlace
		return err
	case kind == sayLabel && at == inPlace:
		return d.believe(body)
	case kind == sayProgress && at == reading:
		return d.progress(body)
	case kind == sayStanzas && at == reading:
		return d.unwrap(body)
	case kind == sayDone && at == reading:
		return d.done(body)
	}
	return fmt.Errorf("%w: message %q out of turn", errTalk, kind)
}

func (d *desk) believe(body []byte) error {
	q, err := decode[label](body)
	if err != nil {
		return err
	}
	text, err := dec(q.Text)
	if err != nil {
		return err
	}
	if len(text) > carry.MaxLabel || len(q.Signatures) > carry.MaxSignatures {
		return fmt.Errorf("%w: a label of %d bytes with %d signatures", errTalk, len(text), len(q.Signatures))
	}
	var sigs [][]byte
	for _, s := range q.Signatures {
		sig, err := dec(s)
		if err != nil {
			return err
		}
		if len(sig) > sign.MaxSignature {
			return fmt.Errorf("%w: a signature of %d bytes", errTalk, len(sig))
		}
		sigs = append(sigs, sig)
	}
	r, err := d.job.Believe(text, sigs)
	if err != nil {
		return decided{err}
	}
	card, err := r.Encode()
	if err != nil {
		return decided{err}
	}
	d.stage = reading
	return d.link.send(tellGo, believed{string(card)})
}

// decided is an error of the desk itself, which is told as it is.
type decided struct{ error }

func (d decided) Unwrap() error { return d.error }

// unwrap opens the file's own key with one of ours. Each is asked once.
func (d *desk) unwrap(body []byte) error {
	q, err := decode[stanzas](body)
	if err != nil {
		return err
	}
	if q.Key < int64(d.asked) || q.Key >= int64(len(d.keys)) {
		return fmt.Errorf("%w: key %d is asked again or is not there", errTalk, q.Key)
	}
	list, err := q.unpack()
	if err != nil {
		return err
	}
	d.asked = int(q.Key) + 1
	key, err := d.keys[q.Key].Unwrap(list)
	switch {
	case errors.Is(err, age.ErrIncorrectIdentity):
		return d.link.send(tellKey, fileKey{})
	case err != nil:
		return d.link.send(tellKey, fileKey{Wrong: disarm(err.Error())})
	}
	d.asked = len(d.keys) // one file, one key
	return d.link.send(tellKey, fileKey{Key: enc(key)})
}

func (d *desk) progress(body []byte) error {
	p, err := decode[progress](body)
	if err != nil {
		return err
	}
	if p.Done < 0 || p.Done > p.Total || p.Total > 2*sealedBound(d.job.MaxBytes) {
		return fmt.Errorf("%w: %d of %d bytes are behind it", errTalk, p.Done, p.Total)
	}
	if d.job.Progress != nil {
		d.job.Progress(p.Done/2, p.Total/2) // it is read twice, and has its size once
	}
	return nil
}

func (d *desk) done(body []byte) error {
	f, err := decode[done](body)
	if err != nil {
		return err
	}
	if f.Repaired < 0 || f.Repaired > 1<<30 || f.More < 0 || len(f.Extra) > maxExtra {
		return fmt.Errorf("%w: %d repaired blocks, %d unknown files", errTalk, f.Repaired, len(f.Extra))
	}
	d.reading.Repaired, d.stage = int(f.Repaired), ended
	for _, name := range f.Extra {
		d.reading.Extra = append(d.reading.Extra, disarm(name))
	}
	if f.More > 0 {
		d.reading.Extra = append(d.reading.Extra, fmt.Sprintf("and %d more", f.More))
	}
	return nil
}

// judge words how a conversation failed.
func judge(ctx context.Context, err error, how string) error {
	var own decided
	var said *told
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own):
		return own.error
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &said):
		return said
	}
	return bundle.RefuseFor(Code, err, "the process that read the medium %s, and nothing of what it read is kept", how)
}

// Here reads without a process of its own, and so without any fence.
type Here struct{}

// Read reads one bundle.
func (Here) Read(ctx context.Context, j Job) (Reading, error) {
	inside, cancel := context.WithCancel(ctx)
	defer cancel()
	toR, toW := io.Pipe()
	fromR, fromW := io.Pipe()
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		// What goes wrong in there is said, or heard as the end.
		_ = serve(inside, toR, fromW, func(job) (confine.Level, error) { return confine.None, nil }, cancel)
		_ = fromW.Close() // a pipe in memory
	}()
	r, err := converse(newLink(fromR, toW), j, confine.None)
	_ = errors.Join(toW.Close(), fromR.Close()) // pipes in memory
	<-finished
	return r, judge(ctx, err, "failed")
}
