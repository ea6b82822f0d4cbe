package airlock

import (
	"io"
	"os"

	"darksite/bundle/desk/confine"
)

// What a process inside says, for processes that say what they should not.
const (
	SayFenced, SayLabel, SayStanzas, SayProgress, SayDone, SayRefused = sayFenced, sayLabel, sayStanzas, sayProgress, sayDone, sayRefused

	MaxMessage = maxMessage
)

// Inside is the inner end of the conversation.
type Inside struct{ l *link }

// Open takes the job.
func Open() (*Inside, Job, error) {
	l := newLink(os.Stdin, os.Stdout)
	_, body, err := l.receive()
	if err != nil {
		return nil, Job{}, err
	}
	j, err := decode[job](body)
	return &Inside{l}, Job{Folders: j.Folders, Work: j.Work, MaxBytes: j.MaxBytes}, err
}

func (i *Inside) Fenced()              { _ = i.l.send(sayFenced, fenced{string(confine.Available())}) }
func (i *Inside) Unfenced()            { _ = i.l.send(sayFenced, fenced{"not at all"}) }
func (i *Inside) Label(text string)    { _ = i.l.send(sayLabel, label{Text: enc([]byte(text))}) }
func (i *Inside) Progress(n, of int64) { _ = i.l.send(sayProgress, progress{n, of}) }
func (i *Inside) Stanzas(key int64)    { _ = i.l.send(sayStanzas, stanzas{Key: key}) }
func (i *Inside) Done(repaired int64)  { _ = i.l.send(sayDone, done{Repaired: repaired}) }
func (i *Inside) Refused(code, text string) {
	_ = i.l.send(sayRefused, refused{Code: code, Text: text, Causes: []string{"mixed", "?"}})
}
func (i *Inside) Hear() { _, _, _ = i.l.receive() }

// Fence is what an honest process does first.
func Fence(j Job) error {
	_, err := fence(job{Folders: j.Folders, MaxBytes: j.MaxBytes, Work: j.Work})
	return err
}

// Message is what crosses of a job.
func (j Job) Message() any { return j.message() }

// Hear leads a conversation with one who says all of it at once.
func Hear(said io.Reader, j Job) (Reading, error) {
	return converse(newLink(said, io.Discard), j, confine.None)
}
