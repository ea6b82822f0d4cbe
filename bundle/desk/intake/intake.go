// Package intake takes carried media in: from a folder somebody plugged in to a
// case at the desk, or to a refusal that names what is wrong.
//
// The way is one line and no step can be left out: label and its signature,
// volumes and repair, digest of the sealed file, age, zstd, archive, manifest,
// signatures, approvals, order of the site's bundles, files into quarantine,
// canonical rebuild, then one rename and one transaction. Nothing is believed
// before the end. A bundle in clear is taken where label, manifest, approvals and
// the roster of the site agree that it may be. Until then every byte lies in the quarantine folder, which
// belongs to this package alone: [New] empties it.
//
// [Find] groups the volumes found on several media by bundle, and
// [Intake.Import] takes one bundle in. Importing a bundle twice is no error: the
// second time is reported as a duplicate, also when it was sealed anew. Two
// bundles of one sequence number and different content are a fork of the site's
// chain and are refused; a gap is a warning.
//
// A refusal leaves nothing anywhere. A crash, or a disk or store that fails at
// the very end, leaves either nothing or a whole import: before anything is put
// outside the quarantine its digest is noted in there, and what was put and has no
// record is taken back, at once or by the next [New].
//
// Limits: memory does not grow with a bundle; a bundle may have at most
// Options.MaxBytes of plaintext. The quarantine has one owner: the caller holds
// the desk's store, which one process can, before it calls New, and one Intake
// imports one bundle at a time.
package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"darksite/bundle"
	"darksite/bundle/carry"
	"darksite/bundle/container"
	"darksite/bundle/desk"
	"darksite/bundle/open"
	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/bundle/verify"

	"filippo.io/age"
)

// ErrUnknownSite says that no roster of the site is enrolled, so nothing of its
// bundle can be verified.
var ErrUnknownSite = errors.New("site is not enrolled")

// DefaultMaxBytes bounds the plaintext of a bundle.
const DefaultMaxBytes = 64 << 30

// Store is what intake needs of the desk's store.
type Store interface {
	desk.Store
	desk.Index
}

// Options are the parts an intake works with.
type Options struct {
	Store      Store
	Blobs      desk.Blobs
	Quarantine string // folder, emptied by New
	Opened     string // folder of imported trees, by digest of the sealed file; on the quarantine's file system
	Identities []age.Identity
	Roster     func(site string) (roster.Roster, error) // ErrUnknownSite when there is none
	Now        func() time.Time
	MaxBytes   int64
	Progress   func(done, total int64)
}

// Intake imports bundles.
type Intake struct {
	o    Options
	step func(name string) // told after each step; for tests that stop there
}

// New makes an intake and throws away what an interrupted one left behind, in the
// quarantine and of what it had begun to keep.
func New(ctx context.Context, o Options) (*Intake, error) {
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	in := &Intake{o, func(string) {}}
	if err := in.takeBack(ctx); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(o.Quarantine); err != nil {
		return nil, fmt.Errorf("empty the quarantine: %w", err)
	}
	for _, dir := range []string{o.Quarantine, o.Opened} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make intake folders: %w", err)
		}
	}
	return in, nil
}

// Set is the folders that hold one bundle, spread over one or several media.
type Set struct {
	Name    string // folder name, which is meant to be the bundle's id
	Folders []string
}

// Find looks for bundles on media (or in folders of bundles) and groups what
// belongs together by name.
func Find(media ...string) ([]Set, error) {
	var sets []Set
	for _, m := range media {
		folders, err := carry.Find(m)
		if err != nil {
			return nil, err
		}
		for _, f := range folders {
			name := filepath.Base(f)
			i := slices.IndexFunc(sets, func(s Set) bool { return s.Name == name })
			if i < 0 {
				sets = append(sets, Set{Name: name})
				i = len(sets) - 1
			}
			sets[i].Folders = append(sets[i].Folders, f)
		}
	}
	slices.SortFunc(sets, func(a, b Set) int { return cmp.Compare(a.Name, b.Name) })
	return sets, nil
}

// Outcome is what an import came to.
type Outcome struct {
	Bundle    desk.Bundle `json:"bundle"`
	Case      string      `json:"case"` // id of the case
	Number    string      `json:"number,omitempty"`
	Status    desk.Status `json:"status,omitempty"`    // of the case
	Paperwork []string    `json:"paperwork,omitempty"` // why the case is held, or what severity 1 did not wait for
	Duplicate bool        `json:"duplicate,omitempty"` // imported before, nothing was done
}

// Import takes one bundle in. A refusal leaves nothing outside the quarantine and
// nothing in it.
func (in *Intake) Import(ctx context.Context, set Set) (Outcome, error) {
	work, err := os.MkdirTemp(in.o.Quarantine, "import-")
	if err != nil {
		return Outcome{}, fmt.Errorf("import %s: %w", set.Name, err)
	}
	in.step("quarantine")
	out, err := in.run(ctx, set, work)
	if rm := os.RemoveAll(work); rm != nil {
		err = errors.Join(err, fmt.Errorf("empty the quarantine: %w", rm))
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("import %s: %w", set.Name, err)
	}
	return out, nil
}

// errKnown ends the reading of a medium whose bundle is here already.
var errKnown = errors.New("imported before")

func (in *Intake) run(ctx context.Context, set Set, work string) (Outcome, error) {
	var label carry.Label
	var officer roster.Person
	var before Outcome
	sealed := filepath.Join(work, sealedName)
	// The label is read once, and what it is believed by is asked before anything
	// else of the medium is read: a label that changes meanwhile changes nothing.
	carried, err := carry.ReassembleFile(ctx, sealed, carry.ReadOptions{
		Progress: in.o.Progress,
		Check: func(text []byte, sigs [][]byte) (err error) {
			if label, officer, err = in.believe(set.Name, text, sigs); err != nil {
				return err
			}
			before, err = in.known(ctx, label)
			return err
		},
	}, set.Folders...)
	if errors.Is(err, errKnown) {
		return before, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	in.step("reassembled")
	tree := filepath.Join(work, treeName)
	report, warnings, err := in.open(ctx, label, sealed, tree)
	if err != nil {
		return Outcome{}, err
	}
	in.step("opened")
	b, err := in.describe(officer, report, carried, warnings)
	if err != nil {
		return Outcome{}, err
	}
	draft, warnings, err := readDraft(tree, report.Head.Manifest)
	if err != nil {
		return Outcome{}, err
	}
	id, more, err := in.caseID(ctx, b, report.Head.Manifest.Case)
	if err != nil {
		return Outcome{}, err
	}
	b.Warnings = slices.Concat(b.Warnings, warnings, more)
	return in.keep(ctx, id, b, draft, work)
}

// believe reads a label and decides whether it is to be believed, and with it
// nothing else yet.
func (in *Intake) believe(name string, text []byte, sigs [][]byte) (label carry.Label, officer roster.Person, err error) {
	if label, err = carry.ParseLabel(text); err != nil {
		return label, officer, err
	}
	site, _, _ := label.BID.Split()
	r, err := in.o.Roster(site)
	if err != nil {
		return label, officer, bundle.RefuseFor("site-unknown", err, "the label is of site %q", site)
	}
	if officer, err = carry.VerifyLabel(text, sigs, r); err != nil {
		return label, officer, err
	}
	switch {
	case string(label.BID) != name:
		err = bundle.Refuse("label-folder", "the folder is named %q and its label is of bundle %q: give the folder its name back if it was renamed", name, label.BID)
	case label.SealedSize > in.o.MaxBytes+in.o.MaxBytes/16+1<<20: // what sealing can add at most
		err = bundle.Refuse("quota", "the sealed file has %d bytes and this desk takes bundles of at most %d", label.SealedSize, in.o.MaxBytes)
	}
	return label, officer, err
}

// known ends with errKnown for a bundle that was imported before: the same
// sealed file, or the same content sealed once more.
func (in *Intake) known(ctx context.Context, label carry.Label) (Outcome, error) {
	site, _, _ := label.BID.Split()
	chain, err := in.o.Store.Bundles(ctx, site)
	if err != nil {
		return Outcome{}, err
	}
	i := slices.IndexFunc(chain, func(b desk.Bundle) bool {
		return b.BID == label.BID && (b.SealedSHA256 == label.SealedSHA256 || b.ManifestSHA256 == label.ManifestSHA256)
	})
	if i < 0 {
		return Outcome{}, nil
	}
	cases, err := in.o.Store.Cases(ctx)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Bundle: chain[i], Duplicate: true}
	for _, c := range cases {
		if slices.ContainsFunc(c.Bundles, func(b desk.Bundle) bool { return b.SealedSHA256 == chain[i].SealedSHA256 }) {
			out.Case, out.Number, out.Status, out.Paperwork = c.ID, c.Number, c.Status, c.Paperwork
		}
	}
	return out, errKnown
}

func (in *Intake) open(ctx context.Context, label carry.Label, sealed, tree string) (verify.Report, []string, error) {
	f, err := os.Open(sealed)
	if err != nil {
		return verify.Report{}, nil, err
	}
	defer f.Close()
	var warnings []string
	report, err := open.Bundle(ctx, f, tree, open.Options{
		Options: verify.Options{
			Identities: in.o.Identities,
			Clear:      label.Clear,
			Limits:     container.Limits{Bytes: in.o.MaxBytes},
			Roster:     in.o.Roster,
			Want: verify.Want{
				BID: label.BID, Marking: label.Marking, Seq: label.Seq,
				SealedSHA256: label.SealedSHA256, SealedSize: label.SealedSize,
				TarSHA256: label.TarSHA256, ManifestSHA256: label.ManifestSHA256,
				Recipients: label.Recipients, Approvals: label.Approvals,
			},
		},
		Accept: func(r verify.Report) (err error) {
			warnings, err = in.order(ctx, r.Head)
			return err
		},
	})
	return report, warnings, err
}

// order holds a bundle against the site's chain: a fork is refused, a gap and a
// break are told.
func (in *Intake) order(ctx context.Context, h container.Head) ([]string, error) {
	m := h.Manifest
	chain, err := in.o.Store.Bundles(ctx, m.Site)
	if err != nil {
		return nil, err
	}
	var before, after desk.Bundle // the nearest on both sides; Seq 0 when there is none
	for _, b := range chain {
		switch {
		case b.Seq == m.Seq:
			return nil, bundle.RefuseFor("chain-fork", desk.ErrFork, "bundle %d of site %s came on %s with other content",
				m.Seq, m.Site, b.Received.Format(time.DateOnly))
		case b.Seq < m.Seq:
			before = b
		case after.Seq == 0:
			after = b
		}
	}
	var warnings []string
	switch gap := m.Seq - before.Seq - 1; {
	case gap == 1:
		warnings = append(warnings, fmt.Sprintf("bundle %d of site %s has not come", m.Seq-1, m.Site))
	case gap > 1:
		warnings = append(warnings, fmt.Sprintf("bundles %d to %d of site %s have not come", before.Seq+1, m.Seq-1, m.Site))
	case before.Seq > 0 && m.PrevManifestSHA256 != string(before.ManifestSHA256):
		warnings = append(warnings, fmt.Sprintf("bundle %d says it follows another bundle than the %d we have", m.Seq, before.Seq))
	}
	if after.Seq == m.Seq+1 && after.Prev != string(h.ManifestSHA256) {
		warnings = append(warnings, fmt.Sprintf("bundle %d, which we have, says it follows another bundle than this %d", after.Seq, m.Seq))
	}
	return warnings, nil
}

func (in *Intake) describe(officer roster.Person, r verify.Report, c *carry.Report, warnings []string) (desk.Bundle, error) {
	m := r.Head.Manifest
	taken, err := m.Created()
	if err != nil {
		return desk.Bundle{}, bundle.RefuseFor("manifest-time", err, "the manifest has no time")
	}
	b := desk.Bundle{
		BID: m.BID, Site: m.Site, Seq: m.Seq, SealedSHA256: r.SealedSHA256, SealedSize: r.SealedSize,
		ManifestSHA256: r.ManifestSHA256, Prev: m.PrevManifestSHA256, Taken: taken, Received: in.o.Now().UTC().Truncate(time.Second),
		Collector: r.Signers.Collector.ID, ReleasedBy: officer.ID, Files: m.Totals.Files, Bytes: m.Totals.Bytes, Clear: m.Clear, Recipients: m.Recipients,
		Repaired: c.Repaired, ReplySeqSeen: m.Trust.ReplySeqSeen, Warnings: warnings,
	}
	for _, p := range r.Signers.Officers {
		b.Officers = append(b.Officers, p.ID)
	}
	for _, extra := range c.Extra {
		b.Warnings = append(b.Warnings, fmt.Sprintf("unknown file on the medium, ignored: %q", extra))
	}
	if b.Clear {
		b.Warnings = append(b.Warnings, "NOT ENCRYPTED on its way: whoever held the medium could read it, as the roster of the site allows")
	}
	if len(b.Officers) < 2 {
		b.Warnings = append(b.Warnings, "single review: one officer released this bundle alone")
	}
	return b, nil
}

// keep is the end: the sealed file by digest, one rename, one transaction. What
// was put and did not come to its record is taken back.
func (in *Intake) keep(ctx context.Context, id string, b desk.Bundle, draft *desk.Draft, work string) (Outcome, error) {
	if err := safefile.Write(filepath.Join(work, keeping), []byte(b.SealedSHA256), 0o600); err != nil {
		return Outcome{}, err
	}
	in.step("noted")
	c, err := in.put(ctx, id, b, draft, work)
	if err != nil {
		return Outcome{}, errors.Join(err, in.forget(context.WithoutCancel(ctx), b.SealedSHA256))
	}
	return Outcome{Bundle: b, Case: id, Number: c.Number, Status: c.Status, Paperwork: c.Paperwork}, nil
}

func (in *Intake) put(ctx context.Context, id string, b desk.Bundle, draft *desk.Draft, work string) (desk.Case, error) {
	f, err := os.Open(filepath.Join(work, sealedName))
	if err != nil {
		return desk.Case{}, err
	}
	defer f.Close()
	if err := in.o.Blobs.Put(ctx, b.SealedSHA256, f); err != nil {
		return desk.Case{}, err
	}
	in.step("blob")
	if err := in.place(filepath.Join(work, treeName), in.Tree(b.SealedSHA256)); err != nil {
		return desk.Case{}, err
	}
	in.step("tree")
	cases, err := in.o.Store.Record(ctx, desk.Event{
		Case: id, Kind: desk.Imported, At: b.Received, Actor: "intake", Bundle: &b, Draft: draft,
	})
	if err != nil {
		return desk.Case{}, err
	}
	in.step("recorded")
	return cases[0], nil
}

// Names in the folder of one import.
const (
	sealedName = "sealed"
	treeName   = "tree"
	keeping    = "keeping" // the digest of what is being kept
)

// takeBack removes what interrupted imports had put and not recorded.
func (in *Intake) takeBack(ctx context.Context) error {
	notes, err := filepath.Glob(filepath.Join(in.o.Quarantine, "*", keeping))
	if err != nil {
		return fmt.Errorf("take back an interrupted import: %w", err)
	}
	for _, note := range notes {
		text, err := os.ReadFile(note)
		if err != nil {
			return fmt.Errorf("take back an interrupted import: %w", err)
		}
		if d := bundle.Digest(text); d.Valid() {
			if err := in.forget(ctx, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// forget takes back a sealed file and its tree unless the store has their bundle.
func (in *Intake) forget(ctx context.Context, d bundle.Digest) error {
	_, err := in.o.Store.Bundle(ctx, d)
	if !errors.Is(err, desk.ErrNotFound) {
		return err // it was recorded after all, or nobody knows
	}
	if err := os.RemoveAll(in.Tree(d)); err != nil {
		return fmt.Errorf("take back %s: %w", d, err)
	}
	return in.o.Blobs.Remove(ctx, d)
}

// caseID finds the case a bundle belongs to by what its manifest says: a number
// given here, the site's draft, or nothing, and then a case of its own.
func (in *Intake) caseID(ctx context.Context, b desk.Bundle, wanted string) (id string, warnings []string, err error) {
	name := wanted
	if bundle.ValidDraft(wanted) {
		name = desk.CaseID(b.Site, wanted, b.BID)
	}
	c, _, err := in.o.Store.Case(ctx, name)
	if err != nil && !errors.Is(err, desk.ErrNotFound) {
		return "", nil, err
	}
	found := err == nil && c.Site == b.Site
	if found && c.Status == desk.Closed {
		warnings = append(warnings, fmt.Sprintf("case %s is closed: decide whether this reopens it", wanted))
	}
	switch {
	case bundle.ValidDraft(wanted):
		return name, warnings, nil
	case bundle.ValidNumber(wanted) && found:
		return c.ID, warnings, nil
	case wanted != "":
		warnings = []string{fmt.Sprintf("it names case %q, which is no case of this site here: a case of its own was made", wanted)}
	}
	return desk.CaseID(b.Site, "", b.BID), warnings, nil
}

// place moves an opened tree where it stays. One that is there already came
// from the same sealed bytes.
func (in *Intake) place(tree, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return nil
	}
	if err := os.Rename(tree, to); err != nil {
		return fmt.Errorf("move the opened tree into place: %w", err)
	}
	return safefile.SyncDir(filepath.Dir(to))
}

// Tree is the folder of an imported bundle's files.
func (in *Intake) Tree(sealed bundle.Digest) string {
	return filepath.Join(in.o.Opened, string(sealed))
}
