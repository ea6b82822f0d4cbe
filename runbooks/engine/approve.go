package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"darksite/runbooks"
)

// approvalTime is how long a second person has to agree.
const approvalTime = 15 * time.Minute

// ErrNoSecond says that no second person agreed; a [Second] returns it.
var ErrNoSecond = errors.New("no second person has agreed")

// Request is what a second person is asked to agree to.
type Request struct {
	Run, Step, Target, By string
	Statement             []byte // the very text that is signed
	Expires               time.Time
}

// Approval is the agreement of a second person.
type Approval struct {
	By        string `json:"by"`
	Key       string `json:"key"` // id of the key, as the place that checked it says
	Way       string `json:"way"` // key or code
	Statement string `json:"statement"`
	Signature string `json:"signature"`
}

// Second finds a second person and has the statement signed, at this console, at
// another, or by a code on paper.
type Second interface {
	// Approve returns who signed, with the signature; an error that wraps
	// [ErrNoSecond] says that nobody did.
	Approve(ctx context.Context, r Request) (Approval, error)
	// Check verifies the signature of an approval over its statement and returns
	// the id of the key that made it, which must be a key of that person.
	Check(a Approval) (key string, err error)
	// Requester is the id of the key of the person who asks, or "".
	Requester() string
}

// statement is the text a second person signs. It fixes the step, the target, what
// was found and the time, so that it can be used for nothing else.
func (r *Run) statement(s runbooks.Step, found string, expires time.Time) []byte {
	first := r.log.entries[0]
	var b strings.Builder
	for _, line := range [][2]string{
		{"darksite approval of a step", "1"},
		{"run", first.Run},
		{"line", strconv.Itoa(len(r.log.entries) + 1)},
		{"after", r.log.prev},
		{"runbook", first.Book},
		{"digest", first.Digest},
		{"step", s.ID},
		{"risk", string(s.Risk)},
		{"target", first.Target},
		{"serial", first.Serial},
		{"component", first.About},
		{"change", first.Change},
		{"found", found},
		{"requested by", r.o.Actor},
		{"expires", expires.UTC().Format(time.RFC3339)},
	} {
		fmt.Fprintf(&b, "%s: %s\n", line[0], runbooks.Printable(line[1]))
	}
	return []byte(b.String())
}

// agreed has a second person agree to a step. why says in words that nobody did.
func (r *Run) agreed(ctx context.Context, s runbooks.Step, found string) (why string, err error) {
	if r.o.Second == nil {
		return r.say("it needs a second person, and this kit has nobody to ask", "il faut une deuxième personne, et ce kit n'a personne à qui demander"), nil
	}
	began, boot := r.o.Now(), r.o.Boot()
	expires := began.Add(approvalTime).UTC().Truncate(time.Second)
	req := Request{
		Run: r.ID(), Step: s.ID, Target: r.log.entries[0].Target, By: r.o.Actor,
		Statement: r.statement(s, found, expires), Expires: expires,
	}
	a, err := r.o.Second.Approve(ctx, req)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return r.say("a second person has not agreed: ", "une deuxième personne n'a pas donné son accord : ") + cut(err), nil
	}
	a.Statement = string(req.Statement)
	key, err := r.o.Second.Check(a)
	switch {
	case err != nil:
		return r.say("the agreement does not hold: ", "l'accord n'est pas valable : ") + cut(err), nil
	case a.By == r.o.Actor || key == "" || key == r.o.Second.Requester():
		return r.say("the second person is the first", "la deuxième personne est la première"), nil
	case r.o.Now().After(expires) || r.o.Now().Before(began) || r.o.Boot()-boot > approvalTime || r.o.Boot() < boot:
		return r.say("the agreement came too late", "l'accord est arrivé trop tard"), nil
	}
	a.Key = key
	return "", r.write(Entry{Event: Approved, Step: s.ID, Kind: s.Kind, Approval: &a})
}

// CheckApprovals verifies every approval in a log: that it was signed over a
// statement about that very line, and by another person than who asked.
func CheckApprovals(entries []Entry, check func(a Approval) (key string, err error)) error {
	for _, e := range entries {
		if e.Event != Approved || e.Approval == nil {
			continue
		}
		key, err := check(*e.Approval)
		if err != nil {
			return fmt.Errorf("line %d: %w", e.Seq, err)
		}
		about := fmt.Sprintf("darksite approval of a step: 1\nrun: %s\nline: %d\nafter: %s\n", runbooks.Printable(e.Run), e.Seq, e.Prev)
		if e.Approval.By == e.Actor || key != e.Approval.Key || !strings.HasPrefix(e.Approval.Statement, about) {
			return fmt.Errorf("%w: line %d: the approval is for something else", ErrLogDamaged, e.Seq)
		}
	}
	return nil
}
