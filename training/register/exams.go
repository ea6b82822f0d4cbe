package register

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"darksite/training/exam"
)

const recordFile = "record.txt"

// Exam is an examination that was begun here.
type Exam struct {
	exam.Record
	Text       []byte   // as it is signed
	Signatures [][]byte // armored, by key ID
}

// Done reports whether the record was closed and signed.
func (e Exam) Done() bool {
	return len(e.Signatures) > 0 && len(e.Events) > 0 && e.Events[len(e.Events)-1].What == exam.Closed
}

// Last is the time of the newest event.
func (e Exam) Last() time.Time {
	if len(e.Events) == 0 {
		return time.Time{}
	}
	return e.Events[len(e.Events)-1].At
}

// Exam returns an examination. One that is not here wraps [fs.ErrNotExist].
func (r *Register) Exam(session string) (Exam, error) {
	if !word(session) || session[0] == '.' {
		return Exam{}, fmt.Errorf("examination %q: want 16 hex digits: %w", session, fs.ErrNotExist)
	}
	data, err := r.read(examsDir, session, recordFile)
	if err != nil {
		return Exam{}, err
	}
	e := Exam{Text: data}
	if e.Record, err = exam.ParseRecord(data); err == nil && e.Session != session {
		err = fmt.Errorf("it is of session %s", e.Session)
	}
	if err != nil {
		return Exam{}, fmt.Errorf("%s: %w", r.path(examsDir, session, recordFile), err)
	}
	names, err := r.names(signature, examsDir, session)
	if err != nil {
		return Exam{}, err
	}
	for _, name := range names {
		sig, err := r.read(examsDir, session, name+signature)
		if err != nil {
			return Exam{}, err
		}
		e.Signatures = append(e.Signatures, sig)
	}
	return e, nil
}

// Exams are all examinations, oldest first. A folder without a record is one that a
// crash left before the examination began.
func (r *Register) Exams() ([]Exam, error) {
	names, err := r.names("", examsDir)
	if err != nil {
		return nil, err
	}
	var out []Exam
	for _, name := range names {
		e, err := r.Exam(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b Exam) int { return a.Last().Compare(b.Last()) })
	return out, nil
}

// KeepExam writes down an examination that was held elsewhere, with the signatures under
// it by the IDs of their keys. Keeping it again changes nothing; another record of the same
// session wraps [ErrOther].
func (r *Register) KeepExam(e exam.Record, signed map[string][]byte) error {
	text, err := e.Encode()
	if err != nil {
		return err
	}
	held, err := r.Hold(e.Session)
	if err != nil {
		return err
	}
	defer held.Close()
	old, err := r.Exam(e.Session)
	switch {
	case err == nil && !bytes.Equal(old.Text, text):
		return fmt.Errorf("keep examination %s: %w", e.Session, ErrOther)
	case err == nil && len(old.Signatures) >= len(signed):
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := held.Save(e); err != nil {
		return err
	}
	for key, armored := range signed {
		if err := held.Sign(key, armored); err != nil {
			return err
		}
	}
	return nil
}

// Sitting is the right to write one examination.
type Sitting struct {
	r       *Register
	session string
	release func()
}

// Hold takes the examination for writing until Close.
func (r *Register) Hold(session string) (*Sitting, error) {
	if !word(session) || session[0] == '.' {
		return nil, fmt.Errorf("examination %q: want 16 hex digits", session)
	}
	release, err := r.hold(examsDir, session)
	if err != nil {
		return nil, err
	}
	return &Sitting{r, session, release}, nil
}

// Save writes the record as it stands.
func (s *Sitting) Save(rec exam.Record) error {
	data, err := rec.Encode()
	if err != nil {
		return err
	}
	return s.r.write(data, examsDir, s.session, recordFile)
}

// Sign keeps a signature under the record, by the ID of its key.
func (s *Sitting) Sign(key string, armored []byte) error {
	if !word(key) || key[0] == '.' {
		return fmt.Errorf("keep a signature: %q is not the ID of a key", key)
	}
	return s.r.write(armored, examsDir, s.session, key+signature)
}

// Close gives the examination back.
func (s *Sitting) Close() { s.release() }
