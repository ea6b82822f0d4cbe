package container

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"darksite/bundle"
	"darksite/bundle/roster"
	"darksite/bundle/strictjson"
)

// Bounds of the texts in a manifest, in bytes.
const (
	maxShort = 256  // names, ids, markings, types
	maxWords = 4096 // paths and reasons
)

// EncodeManifest writes the one spelling of a manifest: files in the order of
// the container, recipients and omissions sorted. It fails where the manifest
// does not keep the rules of FORMAT.md, totals included. m is not changed.
func EncodeManifest(m bundle.Manifest) ([]byte, error) {
	m.Files = slices.Clone(m.Files)
	slices.SortFunc(m.Files, func(a, b bundle.Entry) int { return comparePaths(a.Path, b.Path) })
	m.Recipients = slices.Sorted(slices.Values(m.Recipients))
	m.Omitted = slices.SortedFunc(slices.Values(m.Omitted), compareOmissions)
	if err := checkManifest(m); err != nil {
		return nil, fmt.Errorf("write manifest: %w", err)
	}
	text, err := strictjson.Encode(m)
	if err != nil {
		return nil, fmt.Errorf("write manifest: %w", err)
	}
	if len(text) > MaxManifest {
		return nil, fmt.Errorf("write manifest: %d bytes, at most %d", len(text), MaxManifest)
	}
	return text, nil
}

// DecodeManifest reads a manifest and refuses every one that EncodeManifest
// would not write in the same bytes.
func DecodeManifest(text []byte) (bundle.Manifest, error) {
	m, err := strictjson.Decode[bundle.Manifest](text, strictjson.Limits{Bytes: MaxManifest, Depth: 8})
	if err != nil {
		return bundle.Manifest{}, bundle.RefuseFor("manifest-json", err, "the manifest cannot be read")
	}
	if err := checkManifest(m); err != nil {
		return bundle.Manifest{}, err
	}
	return m, nil
}

func compareOmissions(a, b bundle.Omission) int {
	return cmp.Or(strings.Compare(a.OrigPath, b.OrigPath), strings.Compare(a.Reason, b.Reason))
}

func refuseField(field, format string, args ...any) error {
	return bundle.Refuse("manifest-field", "the manifest's %s %s", field, fmt.Sprintf(format, args...))
}

func checkManifest(m bundle.Manifest) error {
	for _, check := range []func(bundle.Manifest) error{
		checkIdentity, checkOrigin, checkDigests, checkTexts, checkRecipients, checkFiles, checkOmitted,
	} {
		if err := check(m); err != nil {
			return err
		}
	}
	return nil
}

func checkIdentity(m bundle.Manifest) error {
	if m.Format != bundle.Format {
		return bundle.Refuse("manifest-version", "the manifest has format %q, this version reads %q", m.Format, bundle.Format)
	}
	if !roster.ValidSite(m.Site) {
		return refuseField("site", "%q is not a site code", m.Site)
	}
	if m.Seq < 1 {
		return refuseField("seq", "%d is below 1", m.Seq)
	}
	if want := bundle.NewID(m.Site, uint64(m.Seq)); m.BID != want {
		return refuseField("bid", "%q should be %q by site and seq", m.BID, want)
	}
	if !plain(m.Case, 32, "-.") {
		return refuseField("case", "%q: want at most 32 letters, digits, dots and dashes", m.Case)
	}
	return nil
}

func checkOrigin(m bundle.Manifest) error {
	at, err := m.Created()
	if err != nil || at.UTC().Format(time.RFC3339) != m.CreatedUTC {
		return refuseField("created_utc", "%q: want UTC like 2006-01-02T15:04:05Z", m.CreatedUTC)
	}
	if m.Collector.Principal == "" || !plain(m.Collector.Principal, 32, "-.") {
		return refuseField("collector", "%q is not the id of a person", m.Collector.Principal)
	}
	if !hexDigits(m.Collector.KeyID, 16) {
		return refuseField("collector key", "%q: want 16 hex digits", m.Collector.KeyID)
	}
	if !hexDigits(m.Salt, 32) {
		return refuseField("salt", "%q: want 32 hex digits", m.Salt)
	}
	for name, n := range map[string]int64{
		"trust.root_version": m.Trust.RootVersion, "trust.revocation_version": m.Trust.RevocationVersion,
		"trust.reply_seq_seen": m.Trust.ReplySeqSeen, "journal.size": m.Journal.Size,
		"policy.version": m.Policy.Version, "rules.version": m.Rules.Version,
	} {
		if n < 0 {
			return refuseField(name, "%d is below 0", n)
		}
	}
	return nil
}

func checkDigests(m bundle.Manifest) error {
	for _, d := range []struct {
		name     string
		digest   bundle.Digest
		optional bool
	}{
		{"tool.sha256", m.Tool.SHA256, false},
		{"policy.sha256", m.Policy.SHA256, false},
		{"rules.sha256", m.Rules.SHA256, false},
		{"redaction_report_sha256", m.RedactionReportSHA256, false},
		{"prev_manifest_sha256", bundle.Digest(m.PrevManifestSHA256), true},
		{"journal.root", m.Journal.Root, m.Journal.Size == 0},
	} {
		if !d.digest.Valid() && (d.digest != "" || !d.optional) {
			return refuseField(d.name, "%q: want 64 lower-case hex digits", string(d.digest))
		}
	}
	return nil
}

func checkTexts(m bundle.Manifest) error {
	for _, t := range []struct {
		name, text string
		needed     bool
	}{
		{"marking", m.Marking, false},
		{"clock_note", m.ClockNote, false},
		{"pseudonym_map_id", m.PseudonymMapID, false},
		{"tool.version", m.Tool.Version, true},
		{"policy.id", m.Policy.ID, true},
		{"rules.id", m.Rules.ID, true},
	} {
		if len(t.text) > maxShort || t.needed && t.text == "" {
			return refuseField(t.name, "has %d bytes, want 1 to %d", len(t.text), maxShort)
		}
		if strings.TrimSpace(t.text) != t.text || strings.ContainsFunc(t.text, control) {
			return refuseField(t.name, "%q: want one line without spaces around it", t.text)
		}
	}
	return nil
}

func control(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }

// checkRecipients holds that a bundle is for somebody, or openly for everybody:
// nobody can forget the recipients and so make a bundle that is not encrypted.
func checkRecipients(m bundle.Manifest) error {
	if m.Clear {
		if len(m.Recipients) != 0 {
			return refuseField("recipients", "has %d fingerprints and the bundle is in clear", len(m.Recipients))
		}
		return nil
	}
	if len(m.Recipients) == 0 || len(m.Recipients) > MaxRecipients {
		return refuseField("recipients", "has %d fingerprints, want 1 to %d", len(m.Recipients), MaxRecipients)
	}
	for i, r := range m.Recipients {
		if !bundle.Digest(r).Valid() {
			return refuseField("recipients", "has %q, want 64 lower-case hex digits", r)
		}
		if i > 0 && m.Recipients[i-1] >= r {
			return refuseField("recipients", "is not sorted or names %s twice", r)
		}
	}
	return nil
}

func checkFiles(m bundle.Manifest) error {
	if len(m.Files) > MaxEntries {
		return bundle.Refuse("manifest-entries", "the manifest lists %d files, at most %d", len(m.Files), MaxEntries)
	}
	paths := make(map[string]bool, len(m.Files))
	var sum int64
	for i, e := range m.Files {
		if err := checkEntry(e); err != nil {
			return err
		}
		if i > 0 && comparePaths(m.Files[i-1].Path, e.Path) >= 0 {
			return bundle.Refuse("manifest-order", "the manifest lists %q twice or out of order", e.Path)
		}
		paths[e.Path] = true
		sum += e.Size // at most a million files of 8 GiB: no overflow
	}
	if m.Totals.Files != int64(len(m.Files)) || m.Totals.Bytes != sum {
		return bundle.Refuse("manifest-totals", "the manifest's totals say %d files and %d bytes, its list has %d and %d",
			m.Totals.Files, m.Totals.Bytes, len(m.Files), sum)
	}
	return folders(paths)
}

func checkEntry(e bundle.Entry) error {
	if err := payloadPath(e.Path); err != nil {
		return err
	}
	field := func(name string) string { return fmt.Sprintf("%s of %q", name, e.Path) }
	if e.Size < 0 || e.Size > MaxFile {
		return refuseField(field("size"), "%d: want 0 to %d", e.Size, int64(MaxFile))
	}
	if !e.SHA256.Valid() {
		return refuseField(field("sha256"), "%q: want 64 lower-case hex digits", string(e.SHA256))
	}
	switch e.Inspected {
	case bundle.InspectedFull:
	case bundle.InspectedPartial, bundle.InspectedNone:
		if e.Reason == "" {
			return refuseField(field("reason"), "is empty although the file was not fully inspected")
		}
	default:
		return refuseField(field("inspected"), "%q: want full, partial or none", string(e.Inspected))
	}
	if len(e.OrigPath) > maxWords || len(e.Reason) > maxWords || len(e.Source) > maxShort || len(e.Type) > maxShort {
		return refuseField(field("description"), "is longer than %d bytes", maxWords)
	}
	for rule, n := range e.Redactions {
		if rule == "" || len(rule) > maxShort || n < 0 {
			return refuseField(field("redactions"), "has %q: %d", rule, n)
		}
	}
	return nil
}

func checkOmitted(m bundle.Manifest) error {
	if len(m.Omitted) > MaxEntries {
		return bundle.Refuse("manifest-entries", "the manifest lists %d omissions, at most %d", len(m.Omitted), MaxEntries)
	}
	for i, o := range m.Omitted {
		if o.Reason == "" || len(o.Reason) > maxWords || len(o.OrigPath) > maxWords {
			return refuseField("omitted", "%q needs a reason of 1 to %d bytes", o.OrigPath, maxWords)
		}
		if i > 0 && compareOmissions(m.Omitted[i-1], o) > 0 {
			return bundle.Refuse("manifest-order", "the manifest lists the omission of %q out of order", o.OrigPath)
		}
	}
	return nil
}

func hexDigits(s string, n int) bool {
	return len(s) == n && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'f')
	})
}

// plain reports whether s is short ASCII of letters, digits and a few more.
func plain(s string, limit int, more string) bool {
	return len(s) <= limit && !strings.ContainsFunc(s, func(r rune) bool {
		ascii := r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
		return !ascii && !strings.ContainsRune(more, r)
	})
}
