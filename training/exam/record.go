package exam

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/bundle/statement"
	"darksite/training/certificate"
)

// Head is what is fixed when an examination begins.
type Head struct {
	Session    string // 16 hex digits, drawn
	Site       string
	Track      certificate.Track
	Bank       string // version
	BankDigest string // SHA-256, hex
	Seed       uint64
	Candidate  string   // key ID
	Supervisor string   // key ID
	Extra      int      // minutes more than the blueprint has, granted by the supervisor
	Previous   []string // IDs of the items of the candidate's last form
	After      string   // SHA-256 of the candidate's record before in this track, hex; empty for the first
	Renews     string   // ID of the certificate that is renewed by the short form; empty for a whole examination
}

// Blueprint is what the form is drawn by.
func (h Head) Blueprint() Blueprint {
	if h.Renews != "" {
		return Renewal(h.Track)
	}
	return Of(h.Track)
}

// Digest is how a later record names the one with this text.
func Digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// What an event is.
const (
	Opened   = "opened"   // by the supervisor
	Answered = "answered" // item and answer; the last answer to an item counts
	Away     = "away"     // the screen was left, for so many seconds
	LabDone  = "lab"      // kind, lab, score in thousandths, fatal or clean, digest of its state, when it was judged
	Noted    = "noted"    // what the supervisor wrote down
	Closed   = "closed"   // by the supervisor
)

// Event is one thing that happened.
type Event struct {
	At   time.Time // whole seconds, UTC
	What string
	Rest string // for people and Replay
}

// Record is an examination as it happened. Events hang on each other by hashes: one
// that is dropped, added or changed breaks all behind it.
type Record struct {
	Head
	Events []Event
}

// MaxExtra is how many minutes more a supervisor may grant.
const MaxExtra = 480

const recordFormat = "darksite-exam/1"

// ErrChain says that a record was changed after it was written.
var ErrChain = errors.New("the chain of events is broken")

// Encode writes the record in its one spelling.
func (r Record) Encode() ([]byte, error) {
	if err := r.validate(); err != nil {
		return nil, fmt.Errorf("write record of an examination: %w", err)
	}
	lines := r.Head.lines()
	link, err := r.Head.link()
	if err != nil {
		return nil, fmt.Errorf("write record of an examination: %w", err)
	}
	for _, e := range r.Events {
		var line statement.Line
		line, link = e.line(link)
		lines = append(lines, line)
	}
	return statement.Encode(lines)
}

func (h Head) lines() []statement.Line {
	lines := []statement.Line{
		{Key: "format", Value: recordFormat},
		{Key: "session", Value: h.Session},
		{Key: "site", Value: h.Site},
		{Key: "track", Value: string(h.Track)},
		{Key: "bank", Value: h.Bank},
		{Key: "bank_sha256", Value: h.BankDigest},
		{Key: "drawn", Value: strconv.FormatUint(h.Seed, 10)},
		{Key: "candidate", Value: h.Candidate},
		{Key: "supervisor", Value: h.Supervisor},
		{Key: "extra_minutes", Value: strconv.Itoa(h.Extra)},
		{Key: "previous", Value: strings.Join(h.Previous, " ")},
	}
	if h.After != "" {
		lines = append(lines, statement.Line{Key: "after", Value: h.After})
	}
	if h.Renews != "" {
		lines = append(lines, statement.Line{Key: "renews", Value: h.Renews})
	}
	return lines
}

// link is the hash that the first event hangs on.
func (h Head) link() (string, error) {
	text, err := statement.Encode(h.lines())
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), nil
}

// line writes the event behind a link and returns the next link.
func (e Event) line(link string) (statement.Line, string) {
	text := e.At.UTC().Format(time.RFC3339) + " " + e.What
	if e.Rest != "" {
		text += " " + e.Rest
	}
	sum := sha256.Sum256([]byte(link + " " + text))
	next := hex.EncodeToString(sum[:16])
	return statement.Line{Key: "event", Value: next + " " + text}, next
}

// ParseRecord reads a record and refuses any spelling Encode would not write. A broken
// chain wraps [ErrChain].
func ParseRecord(text []byte) (Record, error) {
	f := statement.NewReader(text)
	f.Const("format", recordFormat)
	h := Head{Session: f.Text("session"), Site: f.Text("site"), Track: certificate.Track(f.Text("track")), Bank: f.Text("bank"), BankDigest: f.Text("bank_sha256")}
	h.Seed = number(f, "drawn")
	h.Candidate, h.Supervisor = f.Text("candidate"), f.Text("supervisor")
	h.Extra = int(number(f, "extra_minutes"))
	h.Previous = f.Words("previous")
	h.After, h.Renews = optional(f, "after"), optional(f, "renews")
	r := Record{Head: h}
	link, err := h.link()
	if err != nil {
		return Record{}, fmt.Errorf("read record of an examination: %w", err)
	}
	for i, line := range f.Repeat("event") {
		e, next, err := parseEvent(line, link)
		if err != nil {
			return Record{}, fmt.Errorf("read record of an examination: event %d: %w", i+1, err)
		}
		r.Events, link = append(r.Events, e), next
	}
	if err := f.Done(); err != nil {
		return Record{}, fmt.Errorf("read record of an examination: %w", err)
	}
	if err := r.validate(); err != nil {
		return Record{}, fmt.Errorf("read record of an examination: %w", err)
	}
	return r, nil
}

// optional takes a field that stands once, and not at all where it is empty.
func optional(f *statement.Reader, key string) string {
	values := f.Repeat(key)
	switch {
	case len(values) == 0:
		return ""
	case len(values) > 1 || values[0] == "":
		f.Fail(key, errors.New("want it once and not empty, or not at all"))
	}
	return values[0]
}

func number(f *statement.Reader, key string) uint64 {
	s := f.Text(key)
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != s {
		f.Fail(key, fmt.Errorf("%q is not a whole number", s))
	}
	return n
}

func parseEvent(line, link string) (Event, string, error) {
	part := strings.SplitN(line, " ", 4)
	if len(part) < 3 {
		return Event{}, "", errors.New("want hash, time and what happened")
	}
	at, err := time.Parse(time.RFC3339, part[1])
	if err != nil || at.UTC().Format(time.RFC3339) != part[1] {
		return Event{}, "", fmt.Errorf("time %q: want UTC such as 2026-11-23T10:00:00Z", part[1])
	}
	e := Event{At: at.UTC(), What: part[2]}
	if len(part) == 4 {
		e.Rest = part[3]
	}
	want, next := e.line(link)
	if want.Value != line {
		return Event{}, "", ErrChain
	}
	return e, next, nil
}

func (r Record) validate() error {
	hexOf := func(s string, n int) bool { return len(s) == n && strings.Trim(s, "0123456789abcdef") == "" }
	switch {
	case !hexOf(r.Session, 16):
		return fmt.Errorf("session %q: want 16 hex digits", r.Session)
	case !roster.ValidSite(r.Site):
		return fmt.Errorf("site %q: want a site code such as S042", r.Site)
	case !slices.Contains(certificate.Tracks(), r.Track):
		return fmt.Errorf("track %q: want one of %v", r.Track, certificate.Tracks())
	case r.Bank == "" || strings.Contains(r.Bank, " "):
		return fmt.Errorf("bank %q: want a version such as 2026.1", r.Bank)
	case !hexOf(r.BankDigest, 64):
		return fmt.Errorf("digest of the bank %q: want 64 hex digits", r.BankDigest)
	case !hexOf(r.Candidate, 16) || !hexOf(r.Supervisor, 16):
		return errors.New("candidate and supervisor: want the IDs of their keys, 16 hex digits")
	case r.Candidate == r.Supervisor:
		return errors.New("nobody supervises an own examination: candidate and supervisor have the same key")
	case r.After != "" && !hexOf(r.After, 64):
		return fmt.Errorf("record before %q: want 64 hex digits", r.After)
	case r.Renews != "" && !certificate.ValidID(r.Renews):
		return fmt.Errorf("renewed certificate %q: want an ID such as DSA-0031", r.Renews)
	case r.Extra < 0 || r.Extra > MaxExtra:
		return fmt.Errorf("%d extra minutes: want 0 to %d", r.Extra, MaxExtra)
	}
	for i, e := range r.Events {
		if err := e.validate(); err != nil {
			return fmt.Errorf("event %d: %w", i+1, err)
		}
	}
	return nil
}

func (e Event) validate() error {
	switch e.What {
	case Opened, Answered, Away, LabDone, Noted, Closed:
	default:
		return fmt.Errorf("%q is nothing that happens in an examination", e.What)
	}
	if strings.TrimSpace(e.Rest) != e.Rest {
		return errors.New("spaces around what happened")
	}
	if i := strings.IndexFunc(e.Rest, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
		return fmt.Errorf("character %d cannot be shown", i+1)
	}
	if e.At.Nanosecond() != 0 || e.At.Year() < 2000 || e.At.Year() > 9999 {
		return fmt.Errorf("time %s: want whole seconds of this age", e.At)
	}
	return nil
}

// LabEvent writes down what a practical part came to.
func LabEvent(at time.Time, l LabResult) Event {
	return Event{at, LabDone, l.Words()}
}

// Words are a result in one line, as records hold it and [ParseLab] reads it.
func (l LabResult) Words() string {
	end := "clean"
	if l.Fatal {
		end = "fatal"
	}
	return fmt.Sprintf("%s %s %d %s %s %s", l.Kind, l.Lab, int(l.Score*1000+0.5), end, l.Digest, l.At.UTC().Format(time.RFC3339))
}

// ParseLab reads what [LabResult.Words] wrote.
func ParseLab(words string) (LabResult, error) {
	part := strings.Split(words, " ")
	if len(part) != 6 || part[3] != "clean" && part[3] != "fatal" {
		return LabResult{}, errors.New("want kind, lab, thousandths, clean or fatal, a digest, and when")
	}
	n, err := strconv.Atoi(part[2])
	if err != nil || n < 0 || n > 1000 {
		return LabResult{}, fmt.Errorf("score %q: want 0 to 1000", part[2])
	}
	at, err := time.Parse(time.RFC3339, part[5])
	if err != nil {
		return LabResult{}, fmt.Errorf("time %q: want UTC such as 2026-11-23T10:00:00Z", part[5])
	}
	l := LabResult{LabKind(part[0]), part[1], float64(n) / 1000, part[3] == "fatal", part[4], at.UTC()}
	if l.Words() != words {
		return LabResult{}, fmt.Errorf("%q is not in its one spelling", words)
	}
	return l, nil
}

// Sign signs a record: candidate and supervisor each sign the same text.
func Sign(r Record, by sign.Signer) ([]byte, error) {
	text, err := r.Encode()
	if err != nil {
		return nil, err
	}
	armored, err := by.Sign(sign.Exam, text)
	if err != nil {
		return nil, fmt.Errorf("sign record of an examination: %w", err)
	}
	return armored, nil
}

// CheckSignatures makes sure that candidate and supervisor signed the text of a record,
// with the keys that are given for them.
func CheckSignatures(text []byte, r Record, candidate, supervisor sign.PublicKey, signed ...[]byte) error {
	for _, p := range []struct {
		who string
		id  string
		key sign.PublicKey
	}{{"candidate", r.Candidate, candidate}, {"supervisor", r.Supervisor, supervisor}} {
		if p.key.ID() != p.id {
			return fmt.Errorf("record of an examination: %w: the %s has key %s and the record names %s", sign.ErrBadSignature, p.who, p.key.ID(), p.id)
		}
		ok := slices.ContainsFunc(signed, func(s []byte) bool { return sign.Verify(sign.Exam, text, s, p.key) == nil })
		if !ok {
			return fmt.Errorf("record of an examination: %w: none by the %s, key %s", sign.ErrBadSignature, p.who, p.id)
		}
	}
	return nil
}

// Named are what a record calls by the words of the bank and of the labs: items, those of
// the record before too, labs and their kinds, each once.
func (r Record) Named() []string {
	names := slices.Concat(r.Previous, r.Items())
	for _, e := range r.Events {
		if kind, rest, ok := strings.Cut(e.Rest, " "); ok && e.What == LabDone {
			lab, _, _ := strings.Cut(rest, " ")
			names = append(names, kind, lab)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Items are the IDs of the items that were answered, each once.
func (r Record) Items() (ids []string) {
	for _, e := range r.Events {
		if e.What != Answered {
			continue
		}
		if id, _, _ := strings.Cut(e.Rest, " "); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
