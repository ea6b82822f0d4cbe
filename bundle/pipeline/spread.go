package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"darksite/bundle"
	"darksite/bundle/carry"
	"darksite/bundle/safefile"
	"darksite/bundle/strictjson"
)

// spread is a set that lies on several media under one label. It is kept beside
// the record, in set.json, from the first medium on: the label names a place in
// the journal, and every medium makes the journal longer.
type spread struct {
	Label string `json:"label"` // its text
	Of    int64  `json:"of"`
	Parts []part `json:"parts"`
}

// part is one medium of a set.
type part struct {
	Folder   string `json:"folder"`
	Number   int64  `json:"number"`
	Verified bool   `json:"verified"`
}

const maxSpread = 1 << 20

func (o MediumOptions) part() string {
	if o.Of <= 1 {
		return ""
	}
	return fmt.Sprintf("%d of %d", o.Number, o.Of)
}

func (p *Pipeline) spreadFile(id bundle.ID) string { return filepath.Join(p.Folder(id), "set.json") }

func (p *Pipeline) loadSpread(id bundle.ID) (spread, error) {
	text, err := os.ReadFile(p.spreadFile(id))
	if err != nil {
		return spread{}, err
	}
	s, err := strictjson.Decode[spread](text, strictjson.Limits{Bytes: maxSpread})
	if err != nil {
		return spread{}, fmt.Errorf("set of media: %w: %w", err, ErrTampered)
	}
	return s, nil
}

func (p *Pipeline) saveSpread(id bundle.ID, s spread) error {
	text, err := strictjson.Encode(s)
	if err != nil {
		return fmt.Errorf("set of media: %w", err)
	}
	return safefile.Write(p.spreadFile(id), text, 0o600)
}

// labelFor begins the label of a medium. One that goes on with a set takes the
// label and the layout of its first medium.
func (p *Pipeline) labelFor(r *Record, m bundle.Manifest, officer string, o *MediumOptions) (carry.Label, *spread, error) {
	fresh := r.label(m, officer, p.o.Journal.Mark())
	if o.Of <= 1 {
		return fresh, nil, nil
	}
	if o.Number < 1 || o.Number > o.Of {
		return fresh, nil, fmt.Errorf("medium %d of %d: there is none: %w", o.Number, o.Of, ErrRefused)
	}
	if o.Number == 1 {
		o.Layout.Media = o.Of
		return fresh, nil, nil
	}
	s, err := p.loadSpread(r.BID)
	if errors.Is(err, fs.ErrNotExist) {
		return fresh, nil, fmt.Errorf("medium %d of %d: write medium 1 first, it begins the set: %w", o.Number, o.Of, ErrRefused)
	}
	if err != nil {
		return fresh, nil, err
	}
	first, err := carry.ParseLabel([]byte(s.Label))
	if err != nil {
		return fresh, nil, fmt.Errorf("set of media: %w: %w", err, ErrTampered)
	}
	if s.Of != int64(o.Of) {
		return fresh, nil, fmt.Errorf("medium %d of %d: the set was begun for %d media: %w", o.Number, o.Of, s.Of, ErrRefused)
	}
	if first.ReleasedBy != officer {
		return fresh, nil, fmt.Errorf("medium %d of %d: %s signed the label of the set, so must sign it here: %w", o.Number, o.Of, first.ReleasedBy, ErrRefused)
	}
	fresh.Journal = first.Journal
	o.Layout = carry.Layout{VolumeSize: first.VolumeSize, Parity: first.Parity}
	return fresh, &s, nil
}

// goesOn holds the label of a further medium to that of the first.
func (s *spread) goesOn(set carry.Set) error {
	if s != nil && !bytes.Equal([]byte(s.Label), set.LabelText) {
		return fmt.Errorf("the label is no longer that of the set, which was sealed or approved otherwise; begin a new set with medium 1: %w", ErrRefused)
	}
	return nil
}

// keepSet notes a medium of a set.
func (p *Pipeline) keepSet(r *Record, s *spread, label []byte, o MediumOptions, folder string) error {
	if o.Of <= 1 {
		return nil
	}
	if s == nil {
		s = &spread{Label: string(label), Of: int64(o.Of)}
	}
	s.Parts = slices.DeleteFunc(s.Parts, func(q part) bool { return q.Number == int64(o.Number) })
	s.Parts = append(s.Parts, part{Folder: folder, Number: int64(o.Number)})
	return p.saveSpread(r.BID, *s)
}

// verifiedPart notes that a medium of a set was read back, and says how many of
// the set still have to be; none where the medium holds everything.
func (p *Pipeline) verifiedPart(r *Record, report *carry.BackReport) (missing int, err error) {
	absent := slices.ContainsFunc(report.Files, func(f carry.FileState) bool { return f.Found < 0 })
	if !absent {
		return 0, nil
	}
	s, err := p.loadSpread(r.BID)
	if err != nil {
		return 0, fmt.Errorf("the medium holds a part of a set that is not known here: %w", err)
	}
	if s.Label != string(report.LabelText) {
		return 0, fmt.Errorf("the medium is of an older set: %w", ErrTampered)
	}
	here := map[string]bool{}
	for _, f := range report.Files {
		here[f.Name] = f.Found >= 0
	}
	done := 0
	for i, q := range s.Parts {
		share, err := report.Label.Share(int(q.Number), int(s.Of))
		if err != nil {
			return 0, err
		}
		if !slices.ContainsFunc(share, func(name string) bool { return !here[name] }) {
			s.Parts[i].Verified = true
		}
		if s.Parts[i].Verified {
			done++
		}
	}
	return int(s.Of) - done, p.saveSpread(r.BID, s)
}

// Part is one medium of a set that lies on several.
type Part struct {
	Number, Of        int
	Written, Verified bool
}

// Parts lists the media of the newest set of a bundle, or nothing where every
// medium holds everything.
func (p *Pipeline) Parts(id bundle.ID) ([]Part, error) {
	s, err := p.loadSpread(id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("bundle %s: %w", id, err)
	}
	parts := make([]Part, s.Of)
	for i := range parts {
		parts[i] = Part{Number: i + 1, Of: int(s.Of)}
	}
	for _, q := range s.Parts {
		if q.Number >= 1 && q.Number <= s.Of {
			parts[q.Number-1].Written, parts[q.Number-1].Verified = true, q.Verified
		}
	}
	return parts, nil
}

// wholeHere reports whether a folder has every volume its label names, so that
// what is inside can be opened from it alone.
func wholeHere(folder string) bool {
	text, err := os.ReadFile(filepath.Join(folder, carry.LabelName))
	if err != nil {
		return true // reading back will say what is wrong
	}
	l, err := carry.ParseLabel(text)
	if err != nil {
		return true
	}
	return !slices.ContainsFunc(l.FileNames()[:l.Volumes], func(name string) bool {
		_, err := os.Lstat(filepath.Join(folder, name))
		return errors.Is(err, fs.ErrNotExist)
	})
}
