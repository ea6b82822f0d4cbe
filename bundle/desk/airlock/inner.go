package airlock

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"darksite/bundle"
	"darksite/bundle/carry"
	"darksite/bundle/container"
	"darksite/bundle/desk/confine"
	"darksite/bundle/open"
	"darksite/bundle/roster"
	"darksite/bundle/verify"

	"filippo.io/age"
)

// Word is the only argument of the process inside.
const Word = "__intake"

// ErrByHand says that the program was started as the process inside by somebody
// who is not the desk.
var ErrByHand = errors.New("this is a part of import and cannot be started by hand")

// Bounds of the process inside, beside those that follow from the job.
const (
	softMemory  = 192 << 20 // from here on it collects garbage harder
	hardMemory  = 1 << 30   // and here it ends
	leastCPU    = 300       // seconds
	slowestRate = 4 << 20   // bytes of plaintext in a second of the processor, on the slowest machine
)

// Serve is the process inside: it takes one job from a pipe and reads one bundle.
func Serve(in, out *os.File) error {
	for _, f := range []*os.File{in, out} {
		if info, err := f.Stat(); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
			return ErrByHand
		}
	}
	return serve(context.Background(), in, out, fence, func() { os.Exit(1) })
}

// fence gives everything up that the job does not need.
func fence(j job) (confine.Level, error) {
	debug.SetMemoryLimit(softMemory)
	largest := sealedBound(j.MaxBytes)
	if err := (confine.Limits{Data: hardMemory, File: largest, Seconds: leastCPU + j.MaxBytes/slowestRate}).Set(); err != nil {
		return confine.None, err
	}
	return confine.Process(confine.Paths{Write: []string{j.Work}, Read: j.Folders})
}

// sealedBound is what a sealed file can have at most that holds so many bytes.
func sealedBound(plain int64) int64 { return plain + plain/16 + 1<<20 }

// serve does a job. Gone is called when the desk has gone away meanwhile.
func serve(ctx context.Context, in io.Reader, out io.Writer, fence func(job) (confine.Level, error), gone func()) error {
	l := newLink(in, out)
	kind, body, err := l.receive()
	if err != nil || kind != tellJob {
		return ErrByHand
	}
	j, err := decode[job](body)
	if err != nil {
		return ErrByHand
	}
	r := &reader{link: l, job: j, answers: make(chan answer)}
	level, err := fence(j)
	if err == nil {
		err = l.send(sayFenced, fenced{string(level)})
	}
	if err != nil {
		return l.send(sayRefused, refuse(err))
	}
	ended := make(chan struct{})
	defer close(ended)
	go r.listen(ended, gone)
	found, err := r.read(ctx)
	if err != nil {
		return l.send(sayRefused, refuse(err))
	}
	return l.send(sayDone, found)
}

// reader reads one bundle.
type reader struct {
	link    *link
	job     job
	answers chan answer

	label  carry.Label
	roster roster.Roster
	behind int64 // bytes of the sealed file, of those of two readings
	told   time.Time
}

type answer struct {
	kind byte
	body []byte
}

// listen hands on what the desk says, and notices when it has gone.
func (r *reader) listen(ended <-chan struct{}, gone func()) {
	for {
		kind, body, err := r.link.receive()
		if err != nil {
			close(r.answers)
			select {
			case <-ended:
			default:
				gone()
			}
			return
		}
		select {
		case r.answers <- answer{kind, body}:
		case <-ended:
			return
		}
	}
}

// errGone says that the desk does not answer any more.
var errGone = errors.New("the desk has gone")

func ask[T any](r *reader, kind byte, question any, want byte) (T, error) {
	var none T
	if err := r.link.send(kind, question); err != nil {
		return none, err
	}
	a, ok := <-r.answers
	if !ok || a.kind != want {
		return none, errGone
	}
	return decode[T](a.body)
}

func (r *reader) read(ctx context.Context) (done, error) {
	sealed := filepath.Join(r.job.Work, SealedName)
	carried, err := carry.ReassembleFile(ctx, sealed, carry.ReadOptions{Check: r.askLabel, Progress: func(n, _ int64) { r.step(n) }}, r.job.Folders...)
	if err != nil {
		return done{}, err
	}
	f, err := os.Open(sealed)
	if err != nil {
		return done{}, err
	}
	defer f.Close()
	l := r.label
	_, err = open.Bundle(ctx, &counter{f, r.label.SealedSize, r}, filepath.Join(r.job.Work, TreeName), open.Options{
		Options: verify.Options{
			Identities: r.identities(), Clear: l.Clear, Limits: container.Limits{Bytes: r.job.MaxBytes}, Roster: r.rosterOf, Want: Want(l),
		},
		Synced: func() { r.step(r.behind) },
	})
	if err != nil {
		return done{}, err
	}
	d := done{Repaired: int64(carried.Repaired), More: int64(max(len(carried.Extra)-maxExtra, 0))}
	for _, name := range carried.Extra[:min(len(carried.Extra), maxExtra)] {
		d.Extra = append(d.Extra, disarm(name))
	}
	return d, nil
}

// Want is what a label says of the sealed file. A label that lists none of something
// says that there is none.
func Want(l carry.Label) verify.Want {
	return verify.Want{
		BID: l.BID, Marking: l.Marking, Seq: l.Seq, SealedSHA256: l.SealedSHA256, SealedSize: l.SealedSize,
		TarSHA256: l.TarSHA256, ManifestSHA256: l.ManifestSHA256, Recipients: append([]string{}, l.Recipients...), Approvals: append([]bundle.Digest{}, l.Approvals...),
	}
}

// askLabel has the desk decide on the label; a desk that does not believe it ends
// this process and says nothing.
func (r *reader) askLabel(text []byte, sigs [][]byte) (err error) {
	q := label{Text: enc(text)}
	for _, s := range sigs {
		q.Signatures = append(q.Signatures, enc(s))
	}
	b, err := ask[believed](r, sayLabel, q, tellGo)
	if err != nil {
		return err
	}
	if r.roster, err = roster.Parse([]byte(b.Roster)); err != nil {
		return err
	}
	r.label, err = carry.ParseLabel(text)
	return err
}

func (r *reader) rosterOf(site string) (roster.Roster, error) {
	if site != r.roster.Site {
		return roster.Roster{}, fmt.Errorf("the label is of site %s", r.roster.Site)
	}
	return r.roster, nil
}

// step tells how far it is, now and then.
func (r *reader) step(behind int64) {
	r.behind = behind
	total := 2 * r.label.SealedSize
	now := time.Now() //nolint:forbidigo // how often to speak, by the monotonic clock
	if now.Sub(r.told) >= tellEvery {
		r.told = now
		_ = r.link.send(sayProgress, progress{min(behind, total), total}) // a desk that has gone is noticed by listen
	}
}

// tellEvery is how often progress is told; half a day of it fits in a conversation.
const tellEvery = time.Second

// counter counts the second reading of the sealed file.
type counter struct {
	f    *os.File
	done int64
	r    *reader
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.f.Read(p)
	c.done += int64(n)
	c.r.step(c.done)
	return n, err
}

// identities stand for the keys outside.
func (r *reader) identities() []age.Identity {
	var ids []age.Identity
	for i, s := range r.job.Recipients {
		k := keyOutside{r, i}
		if recipient, err := age.ParseHybridRecipient(s); err == nil {
			ids = append(ids, knownKey{k, recipient})
		} else {
			ids = append(ids, k)
		}
	}
	return ids
}

// keyOutside is a key the desk keeps.
type keyOutside struct {
	r *reader
	n int
}

// Unwrap implements age.Identity.
func (k keyOutside) Unwrap(list []*age.Stanza) ([]byte, error) {
	a, err := ask[fileKey](k.r, sayStanzas, packStanzas(k.n, list), tellKey)
	switch {
	case err != nil:
		return nil, err
	case a.Wrong != "":
		return nil, errors.New(a.Wrong)
	case a.Key == "":
		return nil, age.ErrIncorrectIdentity
	}
	return dec(a.Key)
}

// knownKey is one whose recipient is known.
type knownKey struct {
	keyOutside
	recipient *age.HybridRecipient
}

// Recipient is what package verify looks for among the readers of a bundle.
func (k knownKey) Recipient() *age.HybridRecipient { return k.recipient }
