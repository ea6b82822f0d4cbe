package register

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"darksite/bundle/statement"
	"darksite/training/certificate"
	"darksite/training/exam"
)

// Entry is one thing a learner has done.
type Entry struct {
	At   time.Time // whole seconds, UTC
	What string    // Read, Checked or Lab
	Of   string    // the lesson or the lab
	Rest string    // Checked: right/asked; Lab: the result as exam.LabResult words it
}

// What a learner does.
const (
	Read    = "read"    // a lesson
	Checked = "checked" // its questions are answered
	Lab     = "lab"     // a lab was done and judged; one the kit solved is never noted
)

// MostLabs is how many results of one lab are kept, the newest.
const MostLabs = 20

// LabEntry is the entry of a lab.
func LabEntry(l exam.LabResult) Entry { return Entry{l.At, Lab, l.Lab, l.Words()} }

// Progress is what a learner has done, in the order of time. Of each lesson only the
// newest of each kind is kept, of each lab the newest results.
type Progress struct {
	Learner string
	Entries []Entry
}

const progressFormat = "darksite-progress/1"

// Has returns the entry of this kind for a lesson.
func (p Progress) Has(what, of string) (Entry, bool) {
	for _, e := range slices.Backward(p.Entries) {
		if e.What == what && e.Of == of {
			return e, true
		}
	}
	return Entry{}, false
}

// Labs are the results of labs, oldest first.
func (p Progress) Labs() (out []exam.LabResult) {
	for _, e := range p.Entries {
		if e.What != Lab {
			continue
		}
		if l, err := exam.ParseLab(e.Rest); err == nil { // validate has seen it
			out = append(out, l)
		}
	}
	return out
}

// Practised are the days on which a lab was done without a fatal act, which is what
// keeps a certificate current.
func (p Progress) Practised() (out []certificate.Day) {
	for _, l := range p.Labs() {
		if !l.Fatal && l.Score >= exam.CutLab {
			out = append(out, certificate.DayOf(l.At))
		}
	}
	return out
}

// add puts entries in, each in the place of what it follows.
func (p *Progress) add(entries ...Entry) {
	for _, e := range entries {
		e.At = e.At.UTC().Truncate(time.Second)
		same, most := func(o Entry) bool { return o.What == e.What && o.Of == e.Of }, 1
		if e.What == Lab {
			most = MostLabs
		}
		had := 0
		for _, o := range p.Entries {
			if same(o) {
				had++
			}
		}
		p.Entries = slices.DeleteFunc(p.Entries, func(o Entry) bool {
			if drop := same(o) && had >= most; drop {
				had--
				return true
			}
			return false
		})
		p.Entries = append(p.Entries, e)
	}
	slices.SortStableFunc(p.Entries, func(a, b Entry) int { return a.At.Compare(b.At) })
}

// Encode writes it in its one spelling.
func (p Progress) Encode() ([]byte, error) {
	if err := p.validate(); err != nil {
		return nil, fmt.Errorf("write progress: %w", err)
	}
	lines := []statement.Line{{Key: "format", Value: progressFormat}, {Key: "learner", Value: p.Learner}}
	for _, e := range p.Entries {
		value := e.At.UTC().Format(time.RFC3339) + " " + e.What + " " + e.Of
		lines = append(lines, statement.Line{Key: "done", Value: strings.TrimSuffix(value+" "+e.Rest, " ")})
	}
	return statement.Encode(lines)
}

// ParseProgress reads what Encode wrote and refuses any other spelling.
func ParseProgress(text []byte) (Progress, error) {
	f := statement.NewReader(text)
	f.Const("format", progressFormat)
	p := Progress{Learner: f.Text("learner")}
	for _, line := range f.Repeat("done") {
		part := strings.SplitN(line, " ", 4)
		if len(part) < 3 {
			f.Fail("done", errors.New("want time, what and of what"))
			break
		}
		at, err := time.Parse(time.RFC3339, part[0])
		if err != nil || at.UTC().Format(time.RFC3339) != part[0] {
			f.Fail("done", fmt.Errorf("time %q: want UTC such as 2026-11-23T10:00:00Z", part[0]))
			break
		}
		e := Entry{At: at.UTC(), What: part[1], Of: part[2]}
		if len(part) == 4 {
			e.Rest = part[3]
		}
		p.Entries = append(p.Entries, e)
	}
	if err := f.Done(); err != nil {
		return Progress{}, fmt.Errorf("read progress: %w", err)
	}
	if err := p.validate(); err != nil {
		return Progress{}, fmt.Errorf("read progress: %w", err)
	}
	return p, nil
}

func (p Progress) validate() error {
	if !ValidLearner(p.Learner) {
		return fmt.Errorf("learner %q: want an id of a-z, 0-9, dot and dash, at most 32", p.Learner)
	}
	for i, e := range p.Entries {
		if err := e.validate(); err != nil {
			return fmt.Errorf("entry %d: %w", i+1, err)
		}
		if i > 0 && e.At.Before(p.Entries[i-1].At) {
			return fmt.Errorf("entry %d: not in the order of time", i+1)
		}
	}
	return nil
}

func (e Entry) validate() error {
	if !word(e.Of) {
		return fmt.Errorf("%q is the name of neither a lesson nor a lab", e.Of)
	}
	switch e.What {
	case Read:
		if e.Rest != "" {
			return errors.New("a lesson is read and nothing more")
		}
	case Checked:
		var right, asked int
		if _, err := fmt.Sscanf(e.Rest, "%d/%d", &right, &asked); err != nil || e.Rest != fmt.Sprintf("%d/%d", right, asked) || right < 0 || right > asked {
			return fmt.Errorf("%q: want how many were right of how many, such as 2/3", e.Rest)
		}
	case Lab:
		l, err := exam.ParseLab(e.Rest)
		if err != nil {
			return err
		}
		if l.Lab != e.Of || !l.At.Equal(e.At) {
			return errors.New("the result is of another lab or time")
		}
	default:
		return fmt.Errorf("%q is nothing a learner does", e.What)
	}
	if e.At.Year() < 2000 || e.At.Year() > 9999 {
		return fmt.Errorf("time %s: want one of this age", e.At)
	}
	return nil
}

// ValidLearner reports whether a text can be the id of a learner.
func ValidLearner(id string) bool { return word(id) && id[0] != '.' }

func word(s string) bool {
	return len(s) > 0 && len(s) <= 32 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
}

// Learner is what a learner has done; nothing for one nobody has heard of.
func (r *Register) Learner(id string) (Progress, error) {
	if !ValidLearner(id) {
		return Progress{}, Progress{Learner: id}.validate()
	}
	data, err := r.read(progressDir, id+text)
	if errors.Is(err, fs.ErrNotExist) {
		return Progress{Learner: id}, nil
	}
	if err != nil {
		return Progress{}, err
	}
	p, err := ParseProgress(data)
	if err == nil && p.Learner != id {
		err = fmt.Errorf("it is of %s", p.Learner)
	}
	if err != nil {
		return Progress{}, fmt.Errorf("%s: %w", r.path(progressDir, id+text), err)
	}
	return p, nil
}

// Learners is what everybody has done, by learner.
func (r *Register) Learners() ([]Progress, error) {
	names, err := r.names(text, progressDir)
	if err != nil {
		return nil, err
	}
	var out []Progress
	for _, name := range names {
		p, err := r.Learner(name)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Progress) int { return cmp.Compare(a.Learner, b.Learner) })
	return out, nil
}

// Newest is the learner who has done something last; none where nobody has.
func (r *Register) Newest() (string, error) {
	all, err := r.Learners()
	if err != nil {
		return "", err
	}
	id, at := "", time.Time{}
	for _, p := range all {
		if n := len(p.Entries); n > 0 && p.Entries[n-1].At.After(at) {
			id, at = p.Learner, p.Entries[n-1].At
		}
	}
	return id, nil
}

// Note adds to what a learner has done.
func (r *Register) Note(learner string, entries ...Entry) error {
	p, err := r.Learner(learner) // refuses a name that is no file's
	if err != nil {
		return err
	}
	release, err := r.hold(progressDir, learner)
	if err != nil {
		return err
	}
	defer release()
	if p, err = r.Learner(learner); err != nil {
		return err
	}
	p.add(entries...)
	data, err := p.Encode()
	if err != nil {
		return err
	}
	return r.write(data, progressDir, learner+text)
}
