package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"darksite/bundle"
)

// Limits of an entry.
const (
	MaxLine    = 64 << 10 // bytes of an encoded entry with its line feed
	MaxDetails = 64
	maxName    = 64 // bytes of actor, action, bundle and the keys of details
)

// ErrEntry is wrapped by every refusal of an entry.
var ErrEntry = errors.New("malformed journal entry")

// Entry is one decision.
type Entry struct {
	Seq     int64             // from 1, without gaps; set by Append
	Time    time.Time         // station clock, kept in whole seconds UTC; order comes from Seq
	Actor   string            // person or program: mdurand
	Action  string            // lower-case words joined by . or -: bundle.approve
	Bundle  bundle.ID         // may be empty
	Details map[string]string // more facts; keys like those of a statement, text values
}

// wire is the one spelling of an entry: these fields, in this order.
type wire struct {
	Seq     int64             `json:"seq"`
	Time    string            `json:"time"`
	Actor   string            `json:"actor"`
	Action  string            `json:"action"`
	Bundle  string            `json:"bundle"`
	Details map[string]string `json:"details"`
}

// Encode writes the entry as one line with its line feed. The line is the leaf
// of the tree.
func (e Entry) Encode() ([]byte, error) {
	if err := e.validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEntry, err)
	}
	w := wire{e.Seq, e.Time.UTC().Format(time.RFC3339), e.Actor, e.Action, string(e.Bundle), e.Details}
	if w.Details == nil {
		w.Details = map[string]string{}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(w); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEntry, err)
	}
	if b.Len() > MaxLine {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrEntry, b.Len(), MaxLine)
	}
	return b.Bytes(), nil
}

// ParseEntry reads one line with its line feed and refuses every spelling
// Encode would not write. Errors wrap [ErrEntry].
func ParseEntry(line []byte) (Entry, error) {
	if len(line) > MaxLine {
		return Entry{}, fmt.Errorf("%w: more than %d bytes", ErrEntry, MaxLine)
	}
	var w wire
	if err := json.Unmarshal(line, &w); err != nil {
		return Entry{}, fmt.Errorf("%w: %w", ErrEntry, err)
	}
	at, err := time.Parse(time.RFC3339, w.Time)
	if err != nil {
		return Entry{}, fmt.Errorf("%w: time: %w", ErrEntry, err)
	}
	e := Entry{w.Seq, at.UTC(), w.Actor, w.Action, bundle.ID(w.Bundle), w.Details}
	again, err := e.Encode()
	if err != nil {
		return Entry{}, err
	}
	// Unknown, repeated or differently spelled fields all come out here.
	if !bytes.Equal(again, line) {
		return Entry{}, fmt.Errorf("%w: not in its one spelling", ErrEntry)
	}
	return e, nil
}

func (e Entry) validate() error {
	if e.Seq < 1 {
		return fmt.Errorf("seq %d: want 1 or more", e.Seq)
	}
	if y := e.Time.UTC().Year(); e.Time.IsZero() || y < 1 || y > 9999 {
		return errors.New("time is missing or out of range")
	}
	if err := word("actor", e.Actor, "-.@_"); err != nil {
		return err
	}
	if err := word("action", e.Action, "-."); err != nil {
		return err
	}
	if e.Bundle != "" {
		if err := word("bundle", strings.ToLower(string(e.Bundle)), "-"); err != nil {
			return err
		}
	}
	if len(e.Details) > MaxDetails {
		return fmt.Errorf("%d details, at most %d", len(e.Details), MaxDetails)
	}
	for k, v := range e.Details {
		if err := word("key of details", k, "_"); err != nil {
			return err
		}
		if err := text(k, v); err != nil {
			return err
		}
	}
	return nil
}

// word checks a name of lower-case letters, digits and the joints given, which
// neither begins nor ends with a joint.
func word(what, s, joints string) error {
	if s == "" || len(s) > maxName {
		return fmt.Errorf("%s: want 1 to %d characters, have %d", what, maxName, len(s))
	}
	for i, c := range []byte(s) {
		plain := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		joint := strings.IndexByte(joints, c) >= 0 && i > 0 && i < len(s)-1
		if !plain && !joint {
			return fmt.Errorf("%s %q: only a-z, 0-9 and, between them, %s", what, s, joints)
		}
	}
	return nil
}

// text checks a value that people will read on a terminal.
func text(key, s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("%s is not UTF-8", key)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' {
			return fmt.Errorf("%s holds %U, which cannot be shown", key, r)
		}
	}
	return nil
}
