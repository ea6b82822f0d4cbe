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
}

// Part is how many items of an objective a form has, and in which domain they count.
type Part struct {
	Objective string // a lesson: a4
	Domain    string
	Items     int
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
			{"s1", "content", 5}, {"s2", "content", 5}, {"s3", "decision", 5}, {"s4", "decision", 5},
		}, []LabKind{BundleLab, EscalateLab}, Minutes{40, 60}}
	case certificate.TSE:
		return Blueprint{t, []Part{
			{"t1", "site", 4}, {"t2", "intake", 4}, {"t3", "site", 4}, {"t4", "advice", 4}, {"t5", "advice", 4},
		}, []LabKind{BundleLab, EscalateLab}, Minutes{40, 60}}
	}
	return Blueprint{certificate.Admin, []Part{
		{"a0", "watch", 2},
		{"a1", "watch", 3},
		{"a2", "watch", 4},
		{"a3", "watch", 3},
		{"a4", "repair", 4},
		{"a5", "repair", 3},
		{"a6", "repair", 3},
		{"a7", "repair", 3},
		{"a8", "repair", 3},
		{"a9", "support", 4},
		{"a10", "support", 3},
		{"a11", "support", 3},
		{"a12", "support", 2},
	}, []LabKind{EasyLab, BundleLab, EscalateLab}, Minutes{75, 90}}
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
