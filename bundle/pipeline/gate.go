package pipeline

import (
	"context"
	"io"

	"darksite/bundle"
	"darksite/bundle/review"

	"filippo.io/age"
)

// Gate is the redactor as the journey uses it: everything that leaves passes
// through one of its methods, and its own proof is asked afterwards.
type Gate interface {
	// Tree redacts the folder in into the folder out, which does not exist yet.
	// On any error out is gone.
	Tree(ctx context.Context, in, out string) (Gated, error)
	// Text redacts a short text with the same map.
	Text(s string) string
	// Prove searches a folder for any value that was replaced and says where it
	// found one. It must share no code with Tree.
	Prove(ctx context.Context, dir string) (leaks []string, err error)
	// SealMap writes the pseudonym map, encrypted.
	SealMap(w io.Writer, to ...age.Recipient) error
	Rules() bundle.Versioned
	Policy() bundle.Versioned
}

// Gated is what came out of the gate.
type Gated struct {
	Files    []GatedFile
	Withheld []Withheld
	Near     []review.NearMiss // paths as in GatedFile.Out
	Loosened []string          // words the policy lets through that the default would hide
}

// GatedFile is one file that passed.
type GatedFile struct {
	In         string // path below the folder that went in
	Out        string // path below the folder that came out, redacted
	Inspected  bundle.Inspected
	Reason     string // why it is in although not fully inspected
	Type       string // by content
	Redactions map[string]int64
}

// Withheld is a file that did not pass.
type Withheld struct {
	In     string
	Reason string
}
