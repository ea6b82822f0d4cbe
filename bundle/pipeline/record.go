package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"darksite/bundle"
	"darksite/bundle/carry"
	"darksite/bundle/collect"
	"darksite/bundle/journal"
	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/bundle/strictjson"
)

// recordFormat is the value of the field format in version 1.
const recordFormat = "darksite-record/1"

const maxRecord = 16 << 20

// Record is where a bundle stands. It is what every view of a bundle shows. It
// holds no raw data: names of collected things are in the manifest, redacted.
type Record struct {
	Approvals  []Approval        `json:"approvals"`
	BID        bundle.ID         `json:"bid"`
	Case       string            `json:"case"`
	Clear      bool              `json:"clear"` // leaves signed but not encrypted
	ClockNote  string            `json:"clock_note"`
	Collected  []collect.Outcome `json:"collected"`
	Collector  bundle.Principal  `json:"collector"`
	Created    string            `json:"created_utc"`
	Format     string            `json:"format"`
	Manifest   bundle.Digest     `json:"manifest_sha256"` // empty before FROZEN
	Marking    string            `json:"marking"`
	Media      []Medium          `json:"media"`
	Profile    string            `json:"profile"`
	Reason     string            `json:"reason"` // why the journey ended
	Sealed     SealedRecord      `json:"sealed"`
	Seq        int64             `json:"seq"`
	State      State             `json:"state"`
	Totals     bundle.Totals     `json:"totals"`
	Trail      []Step            `json:"trail"`
	ReceiptFor bundle.Digest     `json:"receipt_for"` // sealed digest the vendor confirmed
}

// Approval is one decision of an officer.
type Approval struct {
	Decision string        `json:"decision"`
	KeyID    string        `json:"keyid"`
	N        int64         `json:"n"`
	Reviewer string        `json:"reviewer"`
	SHA256   bundle.Digest `json:"sha256"` // of the statement
}

// SealedRecord names the sealed file.
type SealedRecord struct {
	SealedSHA256 bundle.Digest `json:"sealed_sha256"`
	SealedSize   int64         `json:"sealed_size"`
	TarSHA256    bundle.Digest `json:"tar_sha256"`
	TarSize      int64         `json:"tar_size"`
}

// Medium is one copy that was written.
type Medium struct {
	At         string `json:"at_utc"`
	Bypass     string `json:"bypass"` // how it was read back
	Courier    string `json:"courier"`
	Folder     string `json:"folder"`
	Opened     bool   `json:"opened"` // decrypted and hashed against the manifest on reading back
	ReleasedBy string `json:"released_by"`
	Serial     string `json:"serial"`
	Verified   bool   `json:"verified"`
}

// Step is one line of how the bundle came where it is.
type Step struct {
	Actor   string `json:"actor"`
	At      string `json:"at_utc"`
	Journal int64  `json:"journal"` // sequence of the entry
	Note    string `json:"note"`
	State   State  `json:"state"`
}

func validID(id bundle.ID) bool {
	site, _, ok := id.Split()
	return ok && roster.ValidSite(site)
}

func (p *Pipeline) load(id bundle.ID) (Record, error) {
	if !validID(id) {
		return Record{}, fmt.Errorf("bundle %q: %w: want an id such as S042-000017", string(id), ErrNotFound)
	}
	text, err := os.ReadFile(filepath.Join(p.Folder(id), "record.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return Record{}, p.absent(id)
	}
	if err != nil {
		return Record{}, fmt.Errorf("bundle %s: %w", id, err)
	}
	r, err := strictjson.Decode[Record](text, strictjson.Limits{Bytes: maxRecord})
	if err != nil {
		return Record{}, fmt.Errorf("record of bundle %s: %w: %w", id, err, ErrTampered)
	}
	if r.Format != recordFormat || r.BID != id {
		return Record{}, fmt.Errorf("record of bundle %s is of %q in format %q: %w", id, r.BID, r.Format, ErrTampered)
	}
	return r, nil
}

// absent tells a bundle that never was from one whose record is gone. A crash
// before the first record leaves a folder with nothing but its lock.
func (p *Pipeline) absent(id bundle.ID) error {
	entries, err := os.ReadDir(p.Folder(id))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("bundle %s: %w", id, err)
	}
	for _, e := range entries {
		if e.Name() != "lock" && !strings.HasSuffix(e.Name(), safefile.Suffix) {
			return fmt.Errorf("bundle %s has %s but no record: %w", id, e.Name(), ErrTampered)
		}
	}
	return fmt.Errorf("bundle %s: %w", id, ErrNotFound)
}

func (p *Pipeline) save(r Record) error {
	text, err := strictjson.Encode(r)
	if err != nil {
		return fmt.Errorf("record of bundle %s: %w", r.BID, err)
	}
	if err := safefile.Write(filepath.Join(p.Folder(r.BID), "record.json"), text, 0o600); err != nil {
		return fmt.Errorf("record of bundle %s: %w", r.BID, err)
	}
	return nil
}

// enter journals that a bundle reaches a state and then records it. Details go
// into the journal besides. A checkpoint follows, because states are what marks
// on paper vouch for.
func (p *Pipeline) enter(ctx context.Context, r *Record, s State, actor, note string, details map[string]string) error {
	if err := p.note(ctx, r, s, actor, note, details); err != nil {
		return err
	}
	p.step("journalled " + string(s))
	r.State = s
	if s.ended() {
		r.Reason = note
	}
	if err := p.save(*r); err != nil {
		return err
	}
	p.step("recorded " + string(s))
	return nil
}

// note journals a step and adds it to the trail without changing the state.
func (p *Pipeline) note(ctx context.Context, r *Record, s State, actor, note string, details map[string]string) error {
	more := map[string]string{}
	for k, v := range details {
		more[k] = v
	}
	if note != "" {
		more["note"] = note
	}
	now := p.o.Now()
	seq, err := p.append(ctx, r, now, action(s), actor, more)
	if err != nil {
		return err
	}
	r.Trail = append(r.Trail, Step{Actor: actor, At: stamp(now), Journal: seq, Note: note, State: s})
	return nil
}

// action is what reaching a state is called in the journal.
func action(s State) string { return strings.ReplaceAll(strings.ToLower(string(s)), "_", "-") }

// journal writes a decision down that is no step of the journey.
func (p *Pipeline) journal(ctx context.Context, r *Record, action, actor string, details map[string]string) error {
	_, err := p.append(ctx, r, p.o.Now(), action, actor, details)
	return err
}

func (p *Pipeline) append(ctx context.Context, r *Record, now time.Time, action, actor string, details map[string]string) (int64, error) {
	entry := journal.Entry{Time: now, Actor: actor, Action: "bundle." + action, Bundle: r.BID, Details: map[string]string{}}
	for k, v := range details {
		if v != "" {
			entry.Details[k] = v
		}
	}
	if r.Manifest != "" {
		entry.Details["manifest_sha256"] = string(r.Manifest)
	}
	seq, err := p.o.Journal.Append(ctx, entry)
	if err != nil {
		return 0, fmt.Errorf("bundle %s: journal %s: %w", r.BID, action, err)
	}
	if _, err := p.o.Journal.Checkpoint(ctx); err != nil {
		return 0, fmt.Errorf("bundle %s: journal %s: %w", r.BID, action, err)
	}
	return seq, nil
}

func stamp(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }

// end moves a bundle into a side state. The context of the operation may be
// over already; that a bundle ended is recorded all the same.
func (p *Pipeline) end(ctx context.Context, r *Record, s State, actor string, why error) error {
	return p.enter(context.WithoutCancel(ctx), r, s, actor, oneLine(why.Error()), nil)
}

// oneLine makes any text fit for journal and record.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	s = strings.ToValidUTF8(s, "?")
	if len(s) > 1000 {
		s = strings.ToValidUTF8(s[:1000], "") + "…"
	}
	return s
}

// hold takes the lock of a bundle and reads its record.
func (p *Pipeline) hold(id bundle.ID) (*Record, func(), error) {
	if _, err := p.load(id); err != nil {
		return nil, nil, err
	}
	release, err := lock(filepath.Join(p.Folder(id), "lock"))
	if err != nil {
		return nil, nil, fmt.Errorf("bundle %s: %w", id, err)
	}
	r, err := p.load(id) // it may have changed before the lock was ours
	if err == nil {
		err = p.sweep(&r)
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return &r, release, nil
}

// need refuses a step that does not fit the state.
func (r *Record) need(what string, states ...State) error {
	for _, s := range states {
		if r.State == s {
			return nil
		}
	}
	if r.State.ended() {
		return fmt.Errorf("%s bundle %s: it is %s (%s): %w: %w", what, r.BID, r.State, r.Reason, ErrState, ErrRefused)
	}
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = string(s)
	}
	return fmt.Errorf("%s bundle %s: it is %s, this needs %s: %w: %w", what, r.BID, r.State, strings.Join(names, " or "), ErrState, ErrRefused)
}

// encrypted is what the journal says of a bundle in clear, and of no other.
func (r *Record) encrypted() string {
	if r.Clear {
		return "no"
	}
	return ""
}

// SealedName is the name of the sealed file.
func (r *Record) SealedName() string { return carry.Label{BID: r.BID, Clear: r.Clear}.SealedName() }

// label begins the label of a sealed bundle.
func (r *Record) label(m bundle.Manifest, releasedBy string, mark bundle.JournalMark) carry.Label {
	l := carry.Label{
		BID: r.BID, Marking: m.Marking, Clear: m.Clear, SealedSHA256: r.Sealed.SealedSHA256, SealedSize: r.Sealed.SealedSize,
		TarSHA256: r.Sealed.TarSHA256, ManifestSHA256: r.Manifest, Recipients: m.Recipients,
		ReleasedBy: releasedBy, Seq: r.Seq, Journal: mark,
	}
	for _, a := range r.Approvals {
		l.Approvals = append(l.Approvals, a.SHA256)
	}
	return l
}
