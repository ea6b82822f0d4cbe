package pipeline

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"darksite/bundle"
	"darksite/bundle/collect"
	"darksite/bundle/container"
	"darksite/bundle/review"
	"darksite/bundle/safefile"
	"darksite/bundle/sign"

	"filippo.io/age"
)

// ReportPath is where the report of the redaction stands in a bundle.
const ReportPath = "meta/redaction.json"

// toFrozen leads a collected bundle through the gate and freezes it.
func (p *Pipeline) toFrozen(ctx context.Context, r *Record, q Request) error {
	collected, err := bundle.Begin(r.BID, p.staging(r.BID))
	if err != nil {
		return p.fail(ctx, r, err)
	}
	f := &freezer{p: p, r: r, q: q}
	if err := f.run(ctx, collected); err != nil {
		return p.fail(ctx, r, fmt.Errorf("freeze bundle %s: %w", r.BID, err))
	}
	// From here on the bundle is frozen whatever happens to the leftovers.
	if err := removeTree(p.staging(r.BID)); err != nil {
		return fmt.Errorf("bundle %s is frozen, but its staged data could not be removed: %w", r.BID, err)
	}
	p.step("staging removed")
	return nil
}

// freezer does the work between COLLECTED and FROZEN.
type freezer struct {
	p    *Pipeline
	r    *Record
	q    Request
	gate Gate
	took collect.Result
	out  Gated
	m    bundle.Manifest

	again int    // how often the bundle was frozen before
	note  string // for the journal
}

// nth tells apart what is kept of each freeze.
func (f *freezer) nth(name string) string {
	if f.again == 0 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, f.again+1)
}

func (f *freezer) staged(name string) string { return filepath.Join(f.p.staging(f.r.BID), name) }

func (f *freezer) run(ctx context.Context, collected bundle.Collected) error {
	redacted, err := f.redact(ctx, collected)
	if err != nil {
		return err
	}
	return f.freeze(ctx, redacted)
}

// freeze makes what was redacted final.
func (f *freezer) freeze(ctx context.Context, redacted bundle.Redacted) error {
	t, err := f.p.o.Trust()
	if err != nil {
		return err
	}
	if err := f.manifest(redacted, t); err != nil {
		return err
	}
	if err := f.proveTexts(ctx); err != nil {
		return err
	}
	text, err := container.EncodeManifest(f.m)
	if err != nil {
		return err
	}
	frozen, err := redacted.Freeze(text, container.DecodeManifest)
	if err != nil {
		return err
	}
	if err := f.sign(t, text); err != nil {
		return err
	}
	if err := f.saveMap(t); err != nil {
		return err
	}
	if err := f.saveNear(); err != nil {
		return err
	}
	if err := f.install(); err != nil {
		return err
	}
	f.r.Manifest, f.r.Totals = frozen.Digest(), f.m.Totals
	if err := f.p.o.Counters.Freeze(f.r.Seq, frozen.Digest()); err != nil {
		return err
	}
	f.p.step("frozen")
	return f.p.enter(ctx, f.r, Frozen, f.r.Collector.Principal, f.note, nil)
}

// redact sends the staged files through the gate.
func (f *freezer) redact(ctx context.Context, collected bundle.Collected) (bundle.Redacted, error) {
	for _, leftover := range []string{f.staged("red"), f.staged(frozenDir), filepath.Join(f.p.Folder(f.r.BID), frozenDir)} {
		if err := removeTree(leftover); err != nil {
			return bundle.Redacted{}, err
		}
	}
	var err error
	if f.took, err = readReport(f.staged("raw")); err != nil {
		return bundle.Redacted{}, err
	}
	f.q.progress("redact", 0, 1)
	if f.gate, err = f.p.o.Gate(ctx); err != nil {
		return bundle.Redacted{}, err
	}
	if f.out, err = f.gate.Tree(ctx, f.staged("raw"), f.staged("red")); err != nil {
		return bundle.Redacted{}, err
	}
	f.p.step("redacted")
	if err := f.p.enter(ctx, f.r, Redacted, f.r.Collector.Principal, "", map[string]string{
		"rules": f.gate.Rules().ID, "policy": f.gate.Policy().ID, "withheld": fmt.Sprint(len(f.out.Withheld)),
	}); err != nil {
		return bundle.Redacted{}, err
	}
	return f.proven(ctx, collected)
}

// proven names what came out of the gate for the bundle, adds the report and has
// everything proved.
func (f *freezer) proven(ctx context.Context, collected bundle.Collected) (bundle.Redacted, error) {
	if err := f.tree(ctx); err != nil {
		return bundle.Redacted{}, err
	}
	report, err := f.report()
	if err != nil {
		return bundle.Redacted{}, err
	}
	f.q.progress("prove", 0, 1)
	if err := f.prove(ctx, f.staged(frozenDir)); err != nil {
		return bundle.Redacted{}, err
	}
	return collected.Redact(bundle.Redaction{
		Tree: f.staged(frozenDir), Report: report, Rules: f.gate.Rules(), Policy: f.gate.Policy(), MapID: f.nth("map-" + string(f.r.BID)),
	})
}

func readReport(raw string) (collect.Result, error) {
	text, err := os.ReadFile(filepath.Join(raw, filepath.FromSlash(collect.ReportName)))
	if err != nil {
		return collect.Result{}, fmt.Errorf("report of the collection: %w", err)
	}
	var res collect.Result
	if err := json.Unmarshal(text, &res); err != nil {
		return collect.Result{}, fmt.Errorf("report of the collection: %w", err)
	}
	return res, nil
}

func (f *freezer) prove(ctx context.Context, dir string) error {
	leaks, err := f.gate.Prove(ctx, dir)
	if err != nil {
		return fmt.Errorf("prove the redaction: %w", err)
	}
	if len(leaks) > 0 {
		return fmt.Errorf("%d places, the first in %s: %w: %w", len(leaks), oneLine(leaks[0]), ErrLeak, ErrRefused)
	}
	return nil
}

// tree moves the redacted files to the names they have in the bundle and
// hashes them. Files come in the order of their redacted paths, so that the
// same input gives the same names.
func (f *freezer) tree(ctx context.Context) error {
	items := map[string]collect.Item{}
	for _, it := range f.took.Items {
		items[it.Path] = it
	}
	names := map[string]*container.Namer{}
	for _, top := range []string{"files", "meta"} {
		n, err := container.NewNamer(top)
		if err != nil {
			return err
		}
		names[top] = n
	}
	slices.SortFunc(f.out.Files, func(a, b GatedFile) int { return strings.Compare(a.Out, b.Out) })
	near := map[string]string{} // redacted path to name in the bundle
	for _, file := range f.out.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		top, rest, _ := strings.Cut(file.Out, "/")
		if names[top] == nil || rest == "" {
			return fmt.Errorf("the gate returned %q, which is neither below files nor below meta", file.Out)
		}
		e := bundle.Entry{
			Path: names[top].Name(rest), Inspected: file.Inspected, Reason: f.text(file.Reason), Type: file.Type, Redactions: file.Redactions,
		}
		if it, ok := items[file.In]; ok {
			e.OrigPath, e.Source = f.text(it.Origin), it.Source
			if it.Reason != "" {
				f.omit(it.Origin, "cut: "+it.Reason)
			}
		} else {
			e.OrigPath, e.Source = file.Out, "pipeline"
		}
		near[file.Out] = e.Path
		if err := f.place(filepath.Join(f.staged("red"), filepath.FromSlash(file.Out)), &e); err != nil {
			return err
		}
		f.m.Files = append(f.m.Files, e)
	}
	for _, w := range f.out.Withheld {
		origin := w.In
		if it, ok := items[w.In]; ok {
			origin = it.Origin
		}
		f.omit(origin, "withheld: "+w.Reason)
	}
	for _, o := range f.took.Omitted {
		f.omit(o.Origin, o.Reason)
	}
	for _, c := range f.took.Collectors {
		if c.State != collect.OK {
			f.omit("collector "+c.Name, string(c.State)+": "+c.Reason)
		}
	}
	for i := range f.out.Near {
		f.out.Near[i].Path = near[f.out.Near[i].Path]
	}
	return nil
}

// text redacts a short text for the manifest and keeps it within its bounds.
func (f *freezer) text(s string) string {
	if s == "" {
		return ""
	}
	return oneLine(f.gate.Text(s))
}

func (f *freezer) omit(origin, reason string) {
	f.m.Omitted = append(f.m.Omitted, bundle.Omission{OrigPath: f.text(origin), Reason: f.text(reason)})
}

// place moves a file into the tree and fills in what its bytes decide.
func (f *freezer) place(from string, e *bundle.Entry) error {
	to := filepath.Join(f.staged(frozenDir), filepath.FromSlash(e.Path))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	var err error
	e.SHA256, e.Size, err = hashFile(to, true)
	return err
}

// reportFile is one line of the report of the redaction.
type reportFile struct {
	Path       string           `json:"path"`
	Inspected  string           `json:"inspected"`
	Redactions map[string]int64 `json:"redactions"`
}

// report writes what was redacted: counts by rule and file, nothing of what
// stood there. Its own bytes are made of redacted values only.
func (f *freezer) report() (bundle.Digest, error) {
	doc := struct {
		Files    []reportFile      `json:"files"`
		Loosened []string          `json:"loosened"` // for the officers to see
		Omitted  []bundle.Omission `json:"omitted"`
		Policy   bundle.Versioned  `json:"policy"`
		Rules    bundle.Versioned  `json:"rules"`
		Totals   map[string]int64  `json:"totals"`
		Withheld int               `json:"withheld"`
	}{Files: []reportFile{}, Loosened: f.loosened(), Omitted: f.m.Omitted, Policy: f.gate.Policy(), Rules: f.gate.Rules(), Totals: map[string]int64{}, Withheld: len(f.out.Withheld)}
	if doc.Omitted == nil {
		doc.Omitted = []bundle.Omission{}
	}
	for _, e := range f.m.Files {
		counts := e.Redactions
		if counts == nil {
			counts = map[string]int64{}
		}
		doc.Files = append(doc.Files, reportFile{e.Path, string(e.Inspected), counts})
		for rule, n := range counts {
			doc.Totals[rule] += n
		}
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return "", fmt.Errorf("write the report of the redaction: %w", err)
	}
	text = append(text, '\n')
	to := filepath.Join(f.staged(frozenDir), filepath.FromSlash(ReportPath))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return "", err
	}
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf("write the report of the redaction: %w", err)
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return "", fmt.Errorf("write the report of the redaction: %w", err)
	}
	f.m.Files = append(f.m.Files, bundle.Entry{
		Path: ReportPath, OrigPath: ReportPath, Inspected: bundle.InspectedFull, Source: "pipeline", Type: "json",
		SHA256: bundle.DigestOf(text), Size: int64(len(text)),
	})
	return bundle.DigestOf(text), nil
}

// loosened are the words of the policy that do stay: one that the word list or the
// inventory hides all the same is not let through, and must not stand in the report.
func (f *freezer) loosened() []string {
	words := []string{}
	for _, w := range f.out.Loosened {
		if f.gate.Text(w) == w {
			words = append(words, w)
		}
	}
	return words
}

// manifest fills in everything that is not a file.
func (f *freezer) manifest(redacted bundle.Redacted, t Trust) error {
	salt := make([]byte, 16)
	if _, err := io.ReadFull(f.p.o.Random, salt); err != nil {
		return fmt.Errorf("draw a salt: %w", err)
	}
	prints, err := t.readers(f.r.Clear)
	if err != nil {
		return err
	}
	prev, err := f.p.o.Counters.Before(f.r.Seq)
	if err != nil {
		return err
	}
	tool, err := f.p.o.Tool()
	if err != nil {
		return err
	}
	e := redacted.Redaction()
	f.m.Format, f.m.BID, f.m.Site, f.m.Seq = bundle.Format, f.r.BID, t.Roster.Site, f.r.Seq
	f.r.ClockNote, f.r.Collected = f.text(f.q.ClockNote), f.took.Collectors
	for i := range f.r.Collected {
		f.r.Collected[i].Reason = f.text(f.r.Collected[i].Reason)
	}
	f.m.Case, f.m.Marking, f.m.Clear, f.m.ClockNote = f.r.Case, f.r.Marking, f.r.Clear, f.r.ClockNote
	f.m.Collector, f.m.CreatedUTC, f.m.Tool, f.m.Trust = f.r.Collector, stamp(f.p.o.Now()), tool, t.Seen
	f.m.Journal, f.m.Salt, f.m.PrevManifestSHA256 = f.p.o.Journal.Mark(), hex.EncodeToString(salt), string(prev)
	f.m.Recipients, f.m.RedactionReportSHA256, f.m.Rules, f.m.Policy, f.m.PseudonymMapID = prints, e.Report, e.Rules, e.Policy, e.MapID
	for _, file := range f.m.Files {
		f.m.Totals.Files++
		f.m.Totals.Bytes += file.Size
	}
	return nil
}

// proveTexts has every text proved that stands in the manifest and came from
// the machine: paths, reasons and the note on the clock.
func (f *freezer) proveTexts(ctx context.Context) error {
	var b strings.Builder
	for _, e := range f.m.Files {
		fmt.Fprintf(&b, "%s\n%s\n%s\n", e.Path, e.OrigPath, e.Reason)
	}
	for _, o := range f.m.Omitted {
		fmt.Fprintf(&b, "%s\n%s\n", o.OrigPath, o.Reason)
	}
	b.WriteString(f.m.ClockNote + "\n" + f.m.Marking + "\n")
	dir := f.staged("texts")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "texts.txt"), []byte(b.String()), 0o600); err != nil {
		return err
	}
	return f.prove(ctx, dir)
}

// sign puts the manifest and the collector's signature into the tree. The
// signature is checked against the roster before it counts.
func (f *freezer) sign(t Trust, text []byte) error {
	armored, err := f.q.Signer.Sign(sign.Manifest, text)
	if err != nil {
		return err
	}
	person, err := t.Roster.Check(sign.Manifest, f.r.Seq, text, armored)
	if err != nil {
		return fmt.Errorf("signature of the collector: %w: %w", err, ErrRefused)
	}
	if person.ID != f.r.Collector.Principal {
		return fmt.Errorf("signed by %s, begun by %s: %w", person.ID, f.r.Collector.Principal, ErrRefused)
	}
	sig, err := container.SignatureOf(armored)
	if err != nil {
		return err
	}
	dir := f.staged(frozenDir)
	if err := os.MkdirAll(filepath.Join(dir, "sig"), 0o700); err != nil {
		return err
	}
	if err := safefile.Write(filepath.Join(dir, "MANIFEST.json"), text, 0o600); err != nil {
		return err
	}
	return safefile.Write(filepath.Join(dir, filepath.FromSlash(signatureName(sig.KeyID))), armored, 0o600)
}

func signatureName(keyID string) string { return path.Join("sig", "MANIFEST.json."+keyID+".sig") }

// saveMap seals the pseudonym map to the site's record key.
func (f *freezer) saveMap(t Trust) error {
	to, err := age.ParseHybridRecipient(t.Roster.Record)
	if err != nil {
		return fmt.Errorf("record key of the roster: %w: %w", err, ErrRefused)
	}
	file, err := safefile.Create(filepath.Join(f.p.o.MapDir, f.nth(string(f.r.BID))+".age"), 0o600)
	if err != nil {
		return err
	}
	defer file.Abort()
	if err := f.gate.SealMap(file, to); err != nil {
		return err
	}
	if err := file.Commit(); err != nil {
		return err
	}
	f.p.step("map saved")
	return nil
}

func (f *freezer) saveNear() error {
	near := f.out.Near
	if near == nil {
		near = []review.NearMiss{}
	}
	text, err := json.Marshal(near)
	if err != nil {
		return err
	}
	return safefile.Write(filepath.Join(f.p.Folder(f.r.BID), "near.json"), text, 0o600)
}

// install makes the tree read-only and puts it in its place. The top folder is
// made read-only last: a folder that cannot be written cannot be moved.
func (f *freezer) install() error {
	from, to := f.staged(frozenDir), filepath.Join(f.p.Folder(f.r.BID), f.nth(frozenDir))
	if err := protect(from); err != nil {
		return err
	}
	f.p.step("protected")
	if err := os.Rename(from, to); err != nil {
		return err
	}
	if err := os.Chmod(to, 0o500); err != nil {
		return err
	}
	return safefile.SyncDir(f.p.Folder(f.r.BID))
}
