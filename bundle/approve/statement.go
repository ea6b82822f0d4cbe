package approve

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/bundle"
	"darksite/bundle/sign"
	"darksite/bundle/statement"
)

// Decision is what an officer decided.
type Decision string

// The decisions.
const (
	Release Decision = "release"
	Reject  Decision = "reject"
)

// Role is the seat an officer took: the order of the two is free.
type Role string

// The seats.
const (
	Officer       Role = "officer"
	SecondOfficer Role = "second-officer"
)

// Bounds of a statement, so that a person reads it on one or two screens.
const (
	MaxLines      = 40
	MaxExceptions = MaxLines - fixedLines
	fixedLines    = 25
)

const title = "export approval v1"

// How a statement says whether the bundle leaves encrypted, so that nobody signs
// the second without having read it.
const (
	sealedYes = "yes"
	sealedNo  = "NO: not encrypted, whoever holds the medium can read it"
)

// Statement is what an officer reads and signs. Everything down to Bytes is
// bound: [Check] compares it with the manifest or with the other statement.
type Statement struct {
	Decision              Decision
	Reason                string // words; needed to reject, empty to release
	BID                   bundle.ID
	ManifestSHA256        bundle.Digest
	RedactionReportSHA256 bundle.Digest
	PolicySHA256          bundle.Digest
	RulesSHA256           bundle.Digest
	MarkingIn             string // of the system the data comes from
	MarkingOut            string // of what leaves: the manifest's marking
	Clear                 bool   // leaves signed but not encrypted
	Recipients            []string
	Destination           string // who receives it, in words
	Case                  string
	Medium                string // kind, and serial number where known; not bound
	Files                 int64
	Bytes                 int64
	ViewedFull            int64 // files read or searched from end to end
	ViewedPartial         int64
	NotInspectable        int64
	Exceptions            []string // one line of words each
	Reviewer              string   // id on the roster
	Role                  Role
	SignedUTC             string // RFC 3339 in UTC with seconds; shown, never used to decide
	ValidUntilSeq         int64  // lapses when the site's sequence passes it
}

// For fills in all that a manifest decides. The caller adds decision, marking
// of the source, destination, medium, coverage, reviewer, time and validity.
func For(m bundle.Manifest, manifestSHA256 bundle.Digest) Statement {
	return Statement{
		BID:                   m.BID,
		ManifestSHA256:        manifestSHA256,
		RedactionReportSHA256: m.RedactionReportSHA256,
		PolicySHA256:          m.Policy.SHA256,
		RulesSHA256:           m.Rules.SHA256,
		MarkingOut:            m.Marking,
		Clear:                 m.Clear,
		Recipients:            slices.Sorted(slices.Values(m.Recipients)),
		Case:                  m.Case,
		Files:                 m.Totals.Files,
		Bytes:                 m.Totals.Bytes,
		ValidUntilSeq:         m.Seq,
	}
}

// Encode writes the statement in its one spelling.
func (s Statement) Encode() ([]byte, error) {
	if err := s.validate(); err != nil {
		return nil, fmt.Errorf("write approval: %w", err)
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	sealed := sealedYes
	if s.Clear {
		sealed = sealedNo
	}
	lines := []statement.Line{
		{Key: "statement", Value: title},
		{Key: "decision", Value: string(s.Decision)},
		{Key: "reason", Value: s.Reason},
		{Key: "bid", Value: string(s.BID)},
		{Key: "manifest_sha256", Value: string(s.ManifestSHA256)},
		{Key: "redaction_report_sha256", Value: string(s.RedactionReportSHA256)},
		{Key: "policy_sha256", Value: string(s.PolicySHA256)},
		{Key: "rules_sha256", Value: string(s.RulesSHA256)},
		{Key: "marking_in", Value: s.MarkingIn},
		{Key: "marking_out", Value: s.MarkingOut},
		{Key: "sealed", Value: sealed},
		{Key: "recipients", Value: strings.Join(s.Recipients, " ")},
		{Key: "destination", Value: s.Destination},
		{Key: "case", Value: s.Case},
		{Key: "medium", Value: s.Medium},
		{Key: "files", Value: number(s.Files)},
		{Key: "bytes", Value: number(s.Bytes)},
		{Key: "viewed_full", Value: number(s.ViewedFull)},
		{Key: "viewed_partial", Value: number(s.ViewedPartial)},
		{Key: "not_inspectable", Value: number(s.NotInspectable)},
		{Key: "exceptions", Value: number(int64(len(s.Exceptions)))},
	}
	for i, words := range s.Exceptions {
		lines = append(lines, statement.Line{Key: "exception", Value: fmt.Sprintf("%d %s", i+1, words)})
	}
	text, err := statement.Encode(append(lines,
		statement.Line{Key: "reviewer", Value: s.Reviewer},
		statement.Line{Key: "role", Value: string(s.Role)},
		statement.Line{Key: "signed_utc", Value: s.SignedUTC},
		statement.Line{Key: "valid_until_seq", Value: number(s.ValidUntilSeq)}))
	if err != nil {
		return nil, fmt.Errorf("write approval: %w", err)
	}
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("write approval: %d bytes, at most %d", len(text), MaxBytes)
	}
	return text, nil
}

// Parse reads a statement and refuses every spelling Encode would not write.
func Parse(text []byte) (Statement, error) {
	if len(text) > MaxBytes || bytes.Count(text, []byte("\n")) > MaxLines {
		return Statement{}, fmt.Errorf("read approval: %w: more than %d bytes or %d lines", statement.ErrMalformed, MaxBytes, MaxLines)
	}
	f := statement.NewReader(text)
	f.Const("statement", title)
	s := Statement{
		Decision:              Decision(f.Text("decision")),
		Reason:                f.Text("reason"),
		BID:                   bundle.ID(f.Text("bid")),
		ManifestSHA256:        bundle.Digest(f.Text("manifest_sha256")),
		RedactionReportSHA256: bundle.Digest(f.Text("redaction_report_sha256")),
		PolicySHA256:          bundle.Digest(f.Text("policy_sha256")),
		RulesSHA256:           bundle.Digest(f.Text("rules_sha256")),
		MarkingIn:             f.Text("marking_in"),
		MarkingOut:            f.Text("marking_out"),
		Clear:                 f.Text("sealed") != sealedYes,
		Recipients:            f.Words("recipients"),
		Destination:           f.Text("destination"),
		Case:                  f.Text("case"),
		Medium:                f.Text("medium"),
		Files:                 f.Int("files"),
		Bytes:                 f.Int("bytes"),
		ViewedFull:            f.Int("viewed_full"),
		ViewedPartial:         f.Int("viewed_partial"),
		NotInspectable:        f.Int("not_inspectable"),
	}
	s.Exceptions = exceptions(f)
	s.Reviewer = f.Text("reviewer")
	s.Role = Role(f.Text("role"))
	s.SignedUTC = f.Text("signed_utc")
	s.ValidUntilSeq = f.Int("valid_until_seq")
	if err := f.Done(); err != nil {
		return Statement{}, fmt.Errorf("read approval: %w", err)
	}
	again, err := s.Encode()
	if err != nil {
		return Statement{}, fmt.Errorf("read approval: %w: %w", statement.ErrMalformed, err)
	}
	if !bytes.Equal(again, text) {
		return Statement{}, fmt.Errorf("read approval: %w: not in its one spelling", statement.ErrMalformed)
	}
	return s, nil
}

func exceptions(f *statement.Reader) []string {
	count := f.Int("exceptions")
	var out []string
	for i, line := range f.Repeat("exception") {
		words, ok := strings.CutPrefix(line, strconv.Itoa(i+1)+" ")
		if !ok {
			f.Fail("exception", fmt.Errorf("number %d is missing", i+1))
			return nil
		}
		out = append(out, words)
	}
	if int64(len(out)) != count {
		f.Fail("exceptions", fmt.Errorf("announces %d, %d follow", count, len(out)))
	}
	return out
}

func (s Statement) validate() error {
	switch {
	case s.Decision != Release && s.Decision != Reject:
		return fmt.Errorf("decision %q: want release or reject", s.Decision)
	case s.Decision == Reject && s.Reason == "":
		return fmt.Errorf("a rejection needs a reason in words")
	case s.Decision == Release && s.Reason != "":
		return fmt.Errorf("a release has no reason; use an exception for a remark")
	case s.BID == "":
		return fmt.Errorf("bid is empty")
	case s.Role != Officer && s.Role != SecondOfficer:
		return fmt.Errorf("role %q: want officer or second-officer", s.Role)
	case s.Reviewer == "":
		return fmt.Errorf("reviewer is empty")
	case s.Destination == "":
		return fmt.Errorf("destination is empty")
	case len(s.Exceptions) > MaxExceptions:
		return fmt.Errorf("%d exceptions, at most %d", len(s.Exceptions), MaxExceptions)
	case min(s.Files, s.Bytes, s.ViewedFull, s.ViewedPartial, s.NotInspectable, s.ValidUntilSeq) < 0:
		return fmt.Errorf("a number is below 0")
	case s.ViewedFull > s.Files || s.ViewedPartial > s.Files || s.NotInspectable > s.Files ||
		s.ViewedFull+s.ViewedPartial+s.NotInspectable > s.Files:
		return fmt.Errorf("more files viewed and not inspectable than the %d there are", s.Files)
	case s.Clear && len(s.Recipients) != 0:
		return fmt.Errorf("recipients: a bundle in clear has none")
	case !s.Clear && len(s.Recipients) == 0 || !slices.IsSorted(s.Recipients) || len(slices.Compact(slices.Clone(s.Recipients))) != len(s.Recipients):
		return fmt.Errorf("recipients: want at least one, sorted, each once")
	}
	for _, words := range s.Exceptions {
		if words == "" || strings.TrimSpace(words) != words {
			return fmt.Errorf("an exception needs words without spaces around them")
		}
	}
	for _, d := range []bundle.Digest{s.ManifestSHA256, s.RedactionReportSHA256, s.PolicySHA256, s.RulesSHA256} {
		if !d.Valid() {
			return fmt.Errorf("digest %q: want 64 lower-case hex digits", string(d))
		}
	}
	for _, r := range s.Recipients {
		if !bundle.Digest(r).Valid() {
			return fmt.Errorf("recipient %q: want a fingerprint of 64 lower-case hex digits", r)
		}
	}
	if t, err := time.Parse(time.RFC3339, s.SignedUTC); err != nil || t.UTC().Format(time.RFC3339) != s.SignedUTC {
		return fmt.Errorf("signed_utc %q: want UTC like 2006-01-02T15:04:05Z", s.SignedUTC)
	}
	return nil
}

// Signed is a statement as it was signed.
type Signed struct {
	Text []byte
	Sig  []byte // armored SSH signature in the namespace approval@darksite
}

// Sign encodes the statement and signs these bytes.
func Sign(s Statement, key sign.Signer) (Signed, error) {
	text, err := s.Encode()
	if err != nil {
		return Signed{}, err
	}
	sig, err := key.Sign(sign.Approval, text)
	if err != nil {
		return Signed{}, fmt.Errorf("sign approval of %s: %w", s.BID, err)
	}
	return Signed{Text: text, Sig: sig}, nil
}
