package bundle

import (
	"errors"
	"fmt"
)

// ErrStage says that a stage was skipped: a value that did not come from the
// stage before, or evidence that does not belong to it.
var ErrStage = errors.New("a stage of the journey was skipped")

// Check decides whether a manifest with this digest may go on. It is given by
// the package that knows the order, and must do its work anew at every call.
type Check func(m Manifest, manifest Digest) error

// Collected is raw data in a staging folder. It must not leave the folder.
type Collected struct {
	id      ID
	staging string
}

// Begin starts a journey: staging is the folder raw data was collected into.
func Begin(id ID, staging string) (Collected, error) {
	if id == "" || staging == "" {
		return Collected{}, fmt.Errorf("begin bundle %q: an id and a staging folder are needed", id)
	}
	return Collected{id, staging}, nil
}

// ID names the bundle.
func (c Collected) ID() ID { return c.id }

// Staging is the folder with the raw data.
func (c Collected) Staging() string { return c.staging }

// Redaction is the evidence that everything collected went through the gate
// and that the proof found nothing left.
type Redaction struct {
	Tree   string // folder with what came out
	Report Digest // of the report of the redaction, as it stands in Tree
	Rules  Versioned
	Policy Versioned
	MapID  string // names the pseudonym map
	Leaks  int    // what the independent proof found
}

// Redact takes the evidence. It refuses a leak and a report that is not there.
func (c Collected) Redact(r Redaction) (Redacted, error) {
	switch {
	case c.id == "":
		return Redacted{}, fmt.Errorf("redact: %w: nothing was collected", ErrStage)
	case r.Leaks != 0:
		return Redacted{}, fmt.Errorf("redact bundle %s: %w: the proof found %d leaks", c.id, ErrStage, r.Leaks)
	case r.Tree == "" || !r.Report.Valid() || !r.Rules.SHA256.Valid() || !r.Policy.SHA256.Valid() || r.MapID == "":
		return Redacted{}, fmt.Errorf("redact bundle %s: %w: tree, report, rules, policy and map are needed", c.id, ErrStage)
	}
	return Redacted{c.id, r}, nil
}

// Redacted is data that passed the gate and the proof.
type Redacted struct {
	id ID
	r  Redaction
}

// ID names the bundle.
func (r Redacted) ID() ID { return r.id }

// Redaction is the evidence.
func (r Redacted) Redaction() Redaction { return r.r }

// Freeze fixes every byte by a manifest. Text is the manifest as it was signed;
// decode reads it strictly.
func (r Redacted) Freeze(text []byte, decode func([]byte) (Manifest, error)) (Frozen, error) {
	if r.id == "" {
		return Frozen{}, fmt.Errorf("freeze: %w: nothing was redacted", ErrStage)
	}
	m, err := decode(text)
	if err != nil {
		return Frozen{}, fmt.Errorf("freeze bundle %s: %w", r.id, err)
	}
	if m.BID != r.id || m.RedactionReportSHA256 != r.r.Report || m.Rules != r.r.Rules || m.Policy != r.r.Policy || m.PseudonymMapID != r.r.MapID {
		return Frozen{}, fmt.Errorf("freeze bundle %s: %w: the manifest is not of this redaction", r.id, ErrStage)
	}
	return Frozen{m, append([]byte(nil), text...)}, nil
}

// Frozen is a bundle whose every byte is fixed by its manifest.
type Frozen struct {
	m    Manifest
	text []byte
}

// LoadFrozen takes a frozen bundle up again from its record on disk. The check
// must verify the collector's signature and hash the frozen tree again.
func LoadFrozen(text []byte, decode func([]byte) (Manifest, error), check Check) (Frozen, error) {
	if check == nil {
		return Frozen{}, fmt.Errorf("load a frozen bundle: %w: nothing checks it", ErrStage)
	}
	m, err := decode(text)
	if err != nil {
		return Frozen{}, fmt.Errorf("load a frozen bundle: %w", err)
	}
	f := Frozen{m, append([]byte(nil), text...)}
	if err := check(m, f.Digest()); err != nil {
		return Frozen{}, fmt.Errorf("load frozen bundle %s: %w", m.BID, err)
	}
	return f, nil
}

// Manifest is what was frozen. Its slices and maps are not to be changed.
func (f Frozen) Manifest() Manifest { return f.m }

// Text is the manifest as it was signed.
func (f Frozen) Text() []byte { return append([]byte(nil), f.text...) }

// Digest is the digest of the manifest: what officers sign.
func (f Frozen) Digest() Digest { return DigestOf(f.text) }

// Approve asks check whether the officers have released exactly this bundle.
func (f Frozen) Approve(check Check) (Approved, error) {
	if len(f.text) == 0 || check == nil {
		return Approved{}, fmt.Errorf("approve: %w: nothing is frozen or nothing checks it", ErrStage)
	}
	if err := check(f.m, f.Digest()); err != nil {
		return Approved{}, err
	}
	return Approved{f}, nil
}

// Approved is a frozen bundle that may leave.
type Approved struct{ f Frozen }

// Frozen is what was approved.
func (a Approved) Frozen() Frozen { return a.f }

// SealedFile names a sealed file and what is inside.
type SealedFile struct {
	Manifest     Digest
	SealedSHA256 Digest
	SealedSize   int64
	TarSHA256    Digest
	TarSize      int64
}

// Seal takes the names of the file the approved bundle was sealed into.
func (a Approved) Seal(s SealedFile) (Sealed, error) {
	if len(a.f.text) == 0 {
		return Sealed{}, fmt.Errorf("seal: %w: nothing is approved", ErrStage)
	}
	if s.Manifest != a.f.Digest() || !s.SealedSHA256.Valid() || !s.TarSHA256.Valid() || s.SealedSize <= 0 || s.TarSize <= 0 {
		return Sealed{}, fmt.Errorf("seal bundle %s: %w: the sealed file is not of the approved manifest", a.f.m.BID, ErrStage)
	}
	return Sealed{a, s}, nil
}

// Sealed is a bundle ready to be written to a medium.
type Sealed struct {
	a Approved
	s SealedFile
}

// Approved is what was sealed.
func (s Sealed) Approved() Approved { return s.a }

// File names the sealed file.
func (s Sealed) File() SealedFile { return s.s }
