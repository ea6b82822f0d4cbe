// Package intake takes carried media in: from a folder somebody plugged in to a
// case at the desk, or to a refusal that names what is wrong.
//
// The way is one line and no step can be left out: label and its signature,
// volumes and repair, digest of the sealed file, age, zstd, archive, manifest,
// signatures, approvals, order of the site's bundles, files into quarantine,
// canonical rebuild, then one rename and one transaction. Nothing is believed
// before the end. Until then every byte lies in the quarantine folder, which
// belongs to this package alone: [New] empties it.
//
// [Intake.Find] groups the volumes found on several media by bundle, and
// [Intake.Import] takes one bundle in. Importing a bundle twice is no error: the
// second time is reported as a duplicate. Two bundles of one sequence number are
// a fork of the site's chain and are refused; a gap is a warning.
//
// A crash leaves either nothing or a whole import. What lies in the blob store
// or among the opened trees without a record is harmless, because both are named
// by digest; the next import of the same bundle takes it over.
//
// Limits: memory does not grow with a bundle; a bundle may have at most
// Options.MaxBytes of plaintext. Imports of one Intake run one at a time.
package intake

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
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
	Opened     string // folder of imported trees, by digest of the sealed file
	Identities []age.Identity
	Roster     func(site string) (roster.Roster, error) // ErrUnknownSite when there is none
	Now        func() time.Time
	MaxBytes   int64
	Progress   func(done, total int64)
}

// Intake imports bundles.
type Intake struct{ o Options }

// New makes an intake and throws away what an interrupted one left behind.
func New(o Options) (*Intake, error) {
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if err := os.RemoveAll(o.Quarantine); err != nil {
		return nil, fmt.Errorf("empty the quarantine: %w", err)
	}
	for _, dir := range []string{o.Quarantine, o.Opened} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make intake folders: %w", err)
		}
	}
	return &Intake{o}, nil
}

// Set is the folders that hold one bundle, spread over one or several media.
type Set struct {
	Name    string // folder name, which is meant to be the bundle's id
	Folders []string
}

// Find looks for bundles on media (or in folders of bundles) and groups what
// belongs together by name.
func (in *Intake) Find(media ...string) ([]Set, error) {
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
	Duplicate bool        `json:"duplicate,omitempty"` // imported before, nothing was done
}

// Import takes one bundle in. An error leaves nothing outside the quarantine and
// nothing in it.
func (in *Intake) Import(ctx context.Context, set Set) (Outcome, error) {
	work, err := os.MkdirTemp(in.o.Quarantine, "import-")
	if err != nil {
		return Outcome{}, fmt.Errorf("import %s: %w", set.Name, err)
	}
	out, err := in.run(ctx, set, work)
	if rm := os.RemoveAll(work); rm != nil {
		err = errors.Join(err, fmt.Errorf("empty the quarantine: %w", rm))
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("import %s: %w", set.Name, err)
	}
	return out, nil
}

func (in *Intake) run(ctx context.Context, set Set, work string) (Outcome, error) {
	label, officer, err := in.label(ctx, set)
	if err != nil {
		return Outcome{}, err
	}
	if out, known, err := in.known(ctx, label); known || err != nil {
		return out, err
	}
	sealed := filepath.Join(work, "sealed")
	carried, err := carry.ReassembleFile(ctx, sealed, in.reading(label), set.Folders...)
	if err != nil {
		return Outcome{}, err
	}
	tree := filepath.Join(work, "tree")
	report, warnings, err := in.open(ctx, label, sealed, tree)
	if err != nil {
		return Outcome{}, err
	}
	b, err := in.describe(officer, report, carried, warnings)
	if err != nil {
		return Outcome{}, err
	}
	draft, err := readDraft(tree, report.Head.Manifest)
	if err != nil {
		return Outcome{}, err
	}
	return in.keep(ctx, b, draft, report.Head.Manifest.Case, sealed, tree)
}

// label reads and believes the label, and with it nothing else yet.
func (in *Intake) label(ctx context.Context, set Set) (carry.Label, roster.Person, error) {
	var label carry.Label
	var officer roster.Person
	check := func(text []byte, sigs [][]byte) (err error) {
		label, officer, err = in.believe(text, sigs)
		return err
	}
	if _, err := carry.Inspect(ctx, carry.ReadOptions{Check: check}, set.Folders...); err != nil {
		return label, officer, err
	}
	if string(label.BID) != set.Name {
		return label, officer, bundle.Refuse("label-folder", "the folder is named %q and its label is of bundle %q", set.Name, label.BID)
	}
	if label.Clear {
		return label, officer, bundle.Refuse("label-clear", "the bundle is not encrypted, which this desk takes from no site")
	}
	return label, officer, nil
}

func (in *Intake) believe(text []byte, sigs [][]byte) (carry.Label, roster.Person, error) {
	label, err := carry.ParseLabel(text)
	if err != nil {
		return label, roster.Person{}, err
	}
	site, _, _ := strings.Cut(string(label.BID), "-")
	r, err := in.o.Roster(site)
	if err != nil {
		return label, roster.Person{}, bundle.RefuseFor("site-unknown", err, "the label is of site %q", site)
	}
	officer, err := carry.VerifyLabel(text, sigs, r)
	return label, officer, err
}

// reading holds every later look at the medium to the label first believed.
func (in *Intake) reading(want carry.Label) carry.ReadOptions {
	return carry.ReadOptions{
		Progress: in.o.Progress,
		Check: func(text []byte, sigs [][]byte) error {
			label, _, err := in.believe(text, sigs)
			if err != nil {
				return err
			}
			if label.SealedSHA256 != want.SealedSHA256 {
				return bundle.Refuse("medium-changed", "the label changed while the medium was read")
			}
			return nil
		},
	}
}

// known answers for a bundle that was imported before.
func (in *Intake) known(ctx context.Context, label carry.Label) (Outcome, bool, error) {
	b, err := in.o.Store.Bundle(ctx, label.SealedSHA256)
	if errors.Is(err, desk.ErrNotFound) {
		return Outcome{}, false, nil
	}
	if err != nil {
		return Outcome{}, false, err
	}
	cases, err := in.o.Store.Cases(ctx)
	if err != nil {
		return Outcome{}, false, err
	}
	out := Outcome{Bundle: b, Duplicate: true}
	for _, c := range cases {
		if slices.ContainsFunc(c.Bundles, func(x desk.Bundle) bool { return x.SealedSHA256 == b.SealedSHA256 }) {
			out.Case, out.Number = c.ID, c.Number
		}
	}
	return out, true, nil
}

func (in *Intake) open(ctx context.Context, label carry.Label, sealed, tree string) (verify.Report, []string, error) {
	f, err := os.Open(sealed)
	if err != nil {
		return verify.Report{}, nil, err
	}
	defer f.Close() //nolint:errcheck // read only: nothing is lost
	var warnings []string
	report, err := open.Bundle(ctx, f, tree, open.Options{
		Options: verify.Options{
			Identities: in.o.Identities,
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
			warnings, err = in.order(ctx, r.Head.Manifest)
			return err
		},
	})
	return report, warnings, err
}

// order holds a bundle against the site's chain: a fork is refused, a gap and a
// break are told.
func (in *Intake) order(ctx context.Context, m bundle.Manifest) ([]string, error) {
	chain, err := in.o.Store.Bundles(ctx, m.Site)
	if err != nil {
		return nil, err
	}
	var warnings []string
	var before *desk.Bundle
	for i := range chain {
		switch b := &chain[i]; {
		case b.Seq == m.Seq:
			return nil, bundle.RefuseFor("chain-fork", desk.ErrFork, "bundle %d of site %s came on %s with other content",
				m.Seq, m.Site, b.Received.Format(time.DateOnly))
		case b.Seq < m.Seq:
			before = b
		}
	}
	switch {
	case before == nil && m.Seq > 1:
		warnings = append(warnings, fmt.Sprintf("bundles 1 to %d of site %s have not come", m.Seq-1, m.Site))
	case before != nil && before.Seq < m.Seq-1:
		warnings = append(warnings, fmt.Sprintf("bundles %d to %d of site %s have not come", before.Seq+1, m.Seq-1, m.Site))
	case before != nil && m.PrevManifestSHA256 != string(before.ManifestSHA256):
		warnings = append(warnings, fmt.Sprintf("bundle %d says it follows another bundle than the %d we have", m.Seq, before.Seq))
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
		Collector: r.Signers.Collector.ID, ReleasedBy: officer.ID, Files: m.Totals.Files, Bytes: m.Totals.Bytes,
		Repaired: c.Repaired, ReplySeqSeen: m.Trust.ReplySeqSeen, Warnings: warnings,
	}
	for _, p := range r.Signers.Officers {
		b.Officers = append(b.Officers, p.ID)
	}
	for _, extra := range c.Extra {
		b.Warnings = append(b.Warnings, fmt.Sprintf("unknown file on the medium, ignored: %q", extra))
	}
	if len(b.Officers) < 2 {
		b.Warnings = append(b.Warnings, "single review: one officer released this bundle alone")
	}
	return b, nil
}

// keep is the end: the sealed file by digest, one rename, one transaction.
func (in *Intake) keep(ctx context.Context, b desk.Bundle, draft *desk.Draft, wanted, sealed, tree string) (Outcome, error) {
	f, err := os.Open(sealed)
	if err != nil {
		return Outcome{}, err
	}
	defer f.Close() //nolint:errcheck // read only: nothing is lost
	if err := in.o.Blobs.Put(ctx, b.SealedSHA256, f); err != nil {
		return Outcome{}, err
	}
	if err := in.place(tree, in.Tree(b.SealedSHA256)); err != nil {
		return Outcome{}, err
	}
	id, err := in.caseID(ctx, b, wanted)
	if err != nil {
		return Outcome{}, err
	}
	cases, err := in.o.Store.Record(ctx, desk.Event{
		Case: id, Kind: desk.Imported, At: b.Received, Actor: "intake", Bundle: &b, Draft: draft,
	})
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Bundle: b, Case: id, Number: cases[0].Number}, nil
}

// caseID finds the case a bundle belongs to by what its manifest says: a number
// given here, the site's draft, or nothing, and then a case of its own.
func (in *Intake) caseID(ctx context.Context, b desk.Bundle, wanted string) (string, error) {
	if strings.HasPrefix(wanted, draftPrefix) || wanted == "" {
		return desk.CaseID(b.Site, wanted, b.BID), nil
	}
	c, _, err := in.o.Store.Case(ctx, wanted)
	switch {
	case errors.Is(err, desk.ErrNotFound), err == nil && c.Site != b.Site:
		return desk.CaseID(b.Site, "", b.BID), nil
	case err != nil:
		return "", err
	}
	return c.ID, nil
}

// draftPrefix begins the temporary id of a site's draft.
const draftPrefix = "T-"

// place moves an opened tree where it stays. One that is there already came
// from the same sealed bytes.
func (in *Intake) place(tree, to string) error {
	if _, err := os.Stat(to); err == nil {
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

// draftSource is the collector whose case.json is the site's case draft.
const draftSource = "case"

// maxDraft bounds the draft file.
const maxDraft = 1 << 20

// readDraft finds the case draft of a bundle. A bundle without one is a bundle
// without one; a draft that cannot be read is said and does not stop the import,
// since the rest of the bundle is an urgent customer's.
func readDraft(tree string, m bundle.Manifest) (*desk.Draft, error) {
	i := slices.IndexFunc(m.Files, func(e bundle.Entry) bool {
		return e.Source == draftSource && path.Base(e.Path) == "case.json" && e.Size <= maxDraft
	})
	if i < 0 {
		return nil, nil
	}
	root, err := os.OpenRoot(tree)
	if err != nil {
		return nil, fmt.Errorf("read the case draft: %w", err)
	}
	defer root.Close() //nolint:errcheck // read only: nothing is lost
	text, err := fs.ReadFile(root.FS(), m.Files[i].Path)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the case draft: %w", err)
	}
	d, err := decodeDraft(text)
	if err != nil {
		return &desk.Draft{Subject: "the case draft of this bundle cannot be read: " + err.Error()}, nil
	}
	return d, nil
}

// carriedDraft is the part of the site's draft the desk reads. It has been
// through the redactor, so names in it are pseudonyms.
type carriedDraft struct {
	ID          string `json:"id"`
	Number      string `json:"number"`
	Array       string `json:"array"`
	Model       string `json:"model"`
	OSVersion   string `json:"os_version"`
	InitiatorOS string `json:"initiator_os"`
	Subject     string `json:"subject"`
	Description string `json:"description"`
	Severity    int    `json:"severity"`
	Primary     person `json:"primary"`
	Secondary   person `json:"secondary"`
}

type person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func decodeDraft(text []byte) (*desk.Draft, error) {
	var c carriedDraft
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, err
	}
	if c.Severity < 0 || c.Severity > 4 {
		return nil, fmt.Errorf("severity %d", c.Severity)
	}
	return &desk.Draft{
		ID: c.ID, Number: c.Number, Array: c.Array, Model: c.Model, OSVersion: c.OSVersion, InitiatorOS: c.InitiatorOS,
		Subject: c.Subject, Description: c.Description, Severity: c.Severity, Primary: c.Primary.Name, Secondary: c.Secondary.Name,
	}, nil
}
