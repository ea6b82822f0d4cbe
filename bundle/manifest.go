package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Format is the format line of version 1, the whole content of the member
// FORMAT and the value of the field format in manifest and label.
const Format = "darksite-bundle/1"

// ID names a bundle: site code and sequence, such as S042-000017. It says
// nothing of the customer.
type ID string

// NewID makes the id of a site's n-th bundle.
func NewID(site string, seq uint64) ID { return ID(fmt.Sprintf("%s-%06d", site, seq)) }

// Split takes an id apart. ok is false for every spelling [NewID] would not
// write; whether the site's code is well formed is for the roster to say.
func (id ID) Split() (site string, seq int64, ok bool) {
	site, digits, ok := strings.Cut(string(id), "-")
	n, err := strconv.ParseUint(digits, 10, 63)
	return site, int64(n), ok && err == nil && NewID(site, n) == id
}

// Digest is a SHA-256 in 64 lower-case hex digits.
type Digest string

// DigestOf hashes bytes in memory.
func DigestOf(b []byte) Digest {
	sum := sha256.Sum256(b)
	return Digest(hex.EncodeToString(sum[:]))
}

// Valid reports whether d has the one spelling of a digest.
func (d Digest) Valid() bool {
	if len(d) != 64 {
		return false
	}
	for _, c := range []byte(d) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Inspected says how much of a file a person or the redactor could read.
type Inspected string

// How far a file could be inspected.
const (
	InspectedFull    Inspected = "full"
	InspectedPartial Inspected = "partial"
	InspectedNone    Inspected = "none"
)

// Versioned names a rule set or policy and fixes its bytes.
type Versioned struct {
	ID      string `json:"id"`
	SHA256  Digest `json:"sha256"`
	Version int64  `json:"version"`
}

// Principal is a person of the roster and the key that person used.
type Principal struct {
	KeyID     string `json:"keyid"`
	Principal string `json:"principal"`
}

// Tool is the program that made the bundle.
type Tool struct {
	SHA256  Digest `json:"sha256"`
	Version string `json:"version"`
}

// Trust is what the site knew of the vendor's word when it froze the bundle.
type Trust struct {
	ReplySeqSeen      int64 `json:"reply_seq_seen"`
	RevocationVersion int64 `json:"revocation_version"`
	RootVersion       int64 `json:"root_version"`
}

// JournalMark is the size and root of the site's journal.
type JournalMark struct {
	Root Digest `json:"root"`
	Size int64  `json:"size"`
}

// Entry is one file of a bundle, below files/ or meta/.
type Entry struct {
	Inspected  Inspected        `json:"inspected"`
	OrigPath   string           `json:"orig_path"` // where it came from, after redaction
	Path       string           `json:"path"`      // canonical name in the container
	Reason     string           `json:"reason"`    // why it is in although not fully inspected
	Redactions map[string]int64 `json:"redactions"`
	SHA256     Digest           `json:"sha256"`
	Size       int64            `json:"size"`
	Source     string           `json:"source"` // the collector that took it
	Type       string           `json:"type_by_content"`
}

// Omission is something that was meant to be taken and is not in.
type Omission struct {
	OrigPath string `json:"orig_path"` // after redaction
	Reason   string `json:"reason"`
}

// Totals repeats what the entries add up to, so that quotas can be checked
// before a payload byte is read.
type Totals struct {
	Bytes int64 `json:"bytes"`
	Files int64 `json:"files"`
}

// Manifest names every byte of a bundle. Fields stand in the order of their
// JSON keys, which is the sorted order of the canonical encoding made by
// bundle/container. Times are RFC 3339 in UTC with seconds.
type Manifest struct {
	BID                   ID          `json:"bid"`
	Case                  string      `json:"case"`       // eight digits, or the site's draft id, or empty
	Clear                 bool        `json:"clear"`      // leaves signed but not encrypted, and then has no recipients
	ClockNote             string      `json:"clock_note"` // what is known of the clock, in words
	Collector             Principal   `json:"collector"`
	CreatedUTC            string      `json:"created_utc"`
	Files                 []Entry     `json:"files"`
	Format                string      `json:"format"`
	Journal               JournalMark `json:"journal"`
	Marking               string      `json:"marking"`
	Omitted               []Omission  `json:"omitted"`
	Policy                Versioned   `json:"policy"`
	PrevManifestSHA256    string      `json:"prev_manifest_sha256"` // empty for the first bundle of a site
	PseudonymMapID        string      `json:"pseudonym_map_id"`
	Recipients            []string    `json:"recipients"` // fingerprints, sorted
	RedactionReportSHA256 Digest      `json:"redaction_report_sha256"`
	Rules                 Versioned   `json:"rules"`
	Salt                  string      `json:"salt"` // 32 hex digits, so that the digest confirms no guess
	Seq                   int64       `json:"seq"`
	Site                  string      `json:"site"`
	Tool                  Tool        `json:"tool"`
	Totals                Totals      `json:"totals"`
	Trust                 Trust       `json:"trust"`
}

// Created parses CreatedUTC.
func (m Manifest) Created() (time.Time, error) {
	t, err := time.Parse(time.RFC3339, m.CreatedUTC)
	if err != nil {
		return time.Time{}, fmt.Errorf("manifest %s: created_utc: %w", m.BID, err)
	}
	return t, nil
}
