package exam

import (
	"time"

	"darksite/training/certificate"
)

// Blueprint says what a form is made of.
type Blueprint struct {
	Track   certificate.Track
	Parts   []Part
	Labs    []LabKind // one lab of each
	Minutes Minutes
	Renewal bool // the short form, for somebody who is certified
}

// Part is how many items of an objective a form has, and in which domain they count.
type Part struct {
	Objective string // a lesson: a4
	Domain    string
	Items     int
	Safety    int // of them at least so many about safety, as far as there are any
}

// LabKind is what a practical part is about.
type LabKind string

// The practical parts: a plain fault, the making or judging of a bundle, and a case in
// which the right thing is to stop and call.
const (
	EasyLab     LabKind = "easy"
	BundleLab   LabKind = "bundle"
	EscalateLab LabKind = "escalate"
)

// Minutes are how long the two parts take. A supervisor may grant more, which the
// record shows.
type Minutes struct{ Items, Labs int }

// Items is how many items a form has.
func (b Blueprint) Items() (n int) {
	for _, p := range b.Parts {
		n += p.Items
	}
	return n
}

// Of is the blueprint of a track.
func Of(t certificate.Track) Blueprint {
	switch t {
	case certificate.Officer:
		return Blueprint{t, []Part{
			{"s1", "content", 5, 0}, {"s2", "content", 5, 0}, {"s3", "decision", 5, 0}, {"s4", "decision", 5, 0},
		}, []LabKind{BundleLab, EscalateLab}, Minutes{40, 60}, false}
	case certificate.TSE:
		return Blueprint{t, []Part{
			{"t1", "site", 4, 0}, {"t2", "intake", 4, 0}, {"t3", "site", 4, 0}, {"t4", "advice", 4, 0}, {"t5", "advice", 4, 0},
		}, []LabKind{BundleLab, EscalateLab}, Minutes{40, 60}, false}
	}
	return Blueprint{certificate.Admin, []Part{
		{"a0", "watch", 2, 0},
		{"a1", "watch", 3, 0},
		{"a2", "watch", 4, 0},
		{"a3", "watch", 3, 0},
		{"a4", "repair", 4, 0},
		{"a5", "repair", 3, 0},
		{"a6", "repair", 3, 0},
		{"a7", "repair", 3, 0},
		{"a8", "repair", 3, 0},
		{"a9", "support", 4, 0},
		{"a10", "support", 3, 0},
		{"a11", "support", 3, 0},
		{"a12", "support", 2, 0},
	}, []LabKind{EasyLab, BundleLab, EscalateLab}, Minutes{75, 90}, false}
}

// Renewal is the blueprint of the short form of a track: half the items, of which those
// about safety are never left out, and the one lab on which most depends.
func Renewal(t certificate.Track) Blueprint {
	switch t {
	case certificate.Officer:
		return Blueprint{t, []Part{
			{"s1", "content", 2, 1}, {"s2", "content", 3, 1}, {"s3", "decision", 3, 1}, {"s4", "decision", 2, 1},
		}, []LabKind{BundleLab}, Minutes{20, 30}, true}
	case certificate.TSE:
		return Blueprint{t, []Part{
			{"t1", "site", 2, 1}, {"t2", "intake", 2, 1}, {"t3", "site", 2, 1}, {"t4", "advice", 2, 1}, {"t5", "advice", 2, 1},
		}, []LabKind{BundleLab}, Minutes{20, 30}, true}
	}
	return Blueprint{certificate.Admin, []Part{
		{"a0", "watch", 1, 0},
		{"a1", "watch", 1, 0},
		{"a2", "watch", 2, 1},
		{"a3", "watch", 1, 0},
		{"a4", "repair", 3, 2},
		{"a5", "repair", 1, 1},
		{"a6", "repair", 1, 0},
		{"a7", "repair", 1, 1},
		{"a8", "repair", 2, 1},
		{"a9", "support", 2, 1},
		{"a10", "support", 2, 1},
		{"a11", "support", 2, 1},
		{"a12", "support", 1, 1},
	}, []LabKind{EscalateLab}, Minutes{40, 45}, true}
}

// The cut scores, in shares from 0 to 1.
const (
	CutItems  = 0.75 // of all items
	CutDomain = 0.60 // of the items of each domain
	CutLab    = 0.70 // of each lab
)

// Retries: how long to wait after the first and after each later failure, and how many
// attempts fit into a window without the word of a trainer.
const (
	WaitFirst     = 24 * time.Hour
	WaitLater     = 7 * 24 * time.Hour
	MaxAttempts   = 3
	AttemptWindow = 90 * 24 * time.Hour
)
