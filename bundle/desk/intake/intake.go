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
	"darksite/bundle/desk/airlock"
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

// Reader reads the folders of one bundle into a folder of the quarantine. What it
// leaves there is checked, what it says besides is told. It has ended when Read
// returns.
type Reader interface {
	Read(ctx context.Context, j airlock.Job) (airlock.Reading, error)
}

// Options are the parts an intake works with.
type Options struct {
	Store      Store
	Reader     Reader
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
	if rm := clear(work); rm != nil {
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
	var people roster.Roster
	var officer roster.Person
	var before Outcome
	j := airlock.Job{MaxBytes: in.o.MaxBytes, Identities: in.o.Identities, Progress: in.o.Progress}
	// The label is read once, and what it is believed by is asked before anything
	// else of the medium is read: a label that changes meanwhile changes nothing.
	j.Believe = func(text []byte, sigs [][]byte) (r roster.Roster, err error) {
		if label, officer, people, err = in.believe(set.Name, text, sigs); err != nil {
			return r, err
		}
		in.step("label")
		before, err = in.known(ctx, label)
		return people, err
	}
	var err error
	if j.Work, j.Folders, err = absolute(work, set.Folders); err != nil {
		return Outcome{}, err
	}
	reading, err := in.o.Reader.Read(ctx, j)
	if errors.Is(err, errKnown) {
		return before, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	in.step("read")
	tree := filepath.Join(work, airlock.TreeName)
	head, signers, err := recheck(ctx, tree, label, people)
	if err != nil {
		return Outcome{}, err
	}
	in.step("checked")
	b, err := in.describe(ctx, label, officer, head, signers, reading)
	if err != nil {
		return Outcome{}, err
	}
	draft, warnings, err := readDraft(tree, head.Manifest)
	if err != nil {
		return Outcome{}, err
	}
	id, more, err := in.caseID(ctx, b, head.Manifest.Case)
	if err != nil {
		return Outcome{}, err
	}
	left, unread, err := readLeftOut(tree, head.Manifest)
	if err != nil {
		return Outcome{}, err
	}
	b.LeftOut, b.Warnings = left, slices.Concat(b.Warnings, warnings, more, unread)
	return in.keep(ctx, id, b, draft, work)
}

func absolute(work string, folders []string) (string, []string, error) {
	all := []string{work}
	for i, f := range append(all, folders...) {
		abs, err := filepath.Abs(f)
		if err != nil {
			return "", nil, fmt.Errorf("find %s: %w", f, err)
		}
		if i == 0 {
			all[0] = abs
			continue
		}
		all = append(all, abs)
	}
	return all[0], all[1:], nil
}

// believe reads a label and decides whether it is to be believed, and with it
// nothing else yet.
func (in *Intake) believe(name string, text []byte, sigs [][]byte) (label carry.Label, officer roster.Person, r roster.Roster, err error) {
	if label, err = carry.ParseLabel(text); err != nil {
		return label, officer, r, err
	}
	site, _, _ := label.BID.Split()
	if r, err = in.o.Roster(site); err != nil {
		return label, officer, r, bundle.RefuseFor("site-unknown", err, "the label is of site %q", site)
	}
	if officer, err = carry.VerifyLabel(text, sigs, r); err != nil {
		return label, officer, r, err
	}
	switch {
	case string(label.BID) != name:
		err = bundle.Refuse("label-folder", "the folder is named %q and its label is of bundle %q: give the folder its name back if it was renamed", name, label.BID)
	case label.SealedSize > in.o.MaxBytes+in.o.MaxBytes/16+1<<20: // what sealing can add at most
		err = bundle.Refuse("quota", "the sealed file has %d bytes and this desk takes bundles of at most %d", label.SealedSize, in.o.MaxBytes)
	}
	return label, officer, r, err
}

// known ends with errKnown for a bundle that was imported before: the same
// sealed file, or the same content sealed once more. A label that gives a number
// which is taken by something else is the end of it too.
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
		return Outcome{}, forked(chain, site, label.Seq)
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

func forked(chain []desk.Bundle, site string, seq int64) error {
	for _, b := range chain {
		if b.Seq == seq {
			return bundle.RefuseFor("chain-fork", desk.ErrFork, "bundle %d of site %s came on %s with other content",
				seq, site, b.Received.Format(time.DateOnly))
		}
	}
	return nil
}

// order holds a bundle against the site's chain: a fork is refused, a gap and a
// break are told.
func (in *Intake) order(ctx context.Context, h container.Head) ([]string, error) {
	m := h.Manifest
	chain, err := in.o.Store.Bundles(ctx, m.Site)
	if err != nil {
		return nil, err
	}
	if err := forked(chain, m.Site, m.Seq); err != nil {
		return nil, err
	}
	var before, after desk.Bundle // the nearest on both sides; Seq 0 when there is none
	for _, b := range chain {
		switch {
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

func (in *Intake) describe(ctx context.Context, l carry.Label, officer roster.Person, h container.Head, s verify.Signers, r airlock.Reading) (desk.Bundle, error) {
	m := h.Manifest
	taken, err := m.Created()
	if err != nil {
		return desk.Bundle{}, bundle.RefuseFor("manifest-time", err, "the manifest has no time")
	}
	warnings, err := in.order(ctx, h)
	if err != nil {
		return desk.Bundle{}, err
	}
	b := desk.Bundle{
		BID: m.BID, Site: m.Site, Seq: m.Seq, SealedSHA256: l.SealedSHA256, SealedSize: l.SealedSize,
		ManifestSHA256: h.ManifestSHA256, Prev: m.PrevManifestSHA256, Taken: taken, Received: in.o.Now().UTC().Truncate(time.Second),
		Collector: s.Collector.ID, ReleasedBy: officer.ID, Files: m.Totals.Files, Bytes: m.Totals.Bytes, Clear: m.Clear, Recipients: m.Recipients,
		Repaired: r.Repaired, ReplySeqSeen: m.Trust.ReplySeqSeen, Warnings: warnings,
	}
	b.Omitted, b.OmittedAll = omitted(m)
	for _, p := range s.Officers {
		b.Officers = append(b.Officers, p.ID)
	}
	for _, extra := range r.Extra {
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
	f, err := sealedFile(work, b.SealedSize)
	if err != nil {
		return desk.Case{}, err
	}
	defer f.Close()
	if err := in.o.Blobs.Put(ctx, b.SealedSHA256, f); err != nil {
		return desk.Case{}, err
	}
	in.step("blob")
	if err := in.place(filepath.Join(work, airlock.TreeName), in.Tree(b.SealedSHA256)); err != nil {
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

// keeping is the name, in the folder of one import, of the digest of what is being
// kept.
const keeping = "keeping"

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
