package casedraft

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Format is the value of the field format in version 1.
const Format = "darksite-case/1"

// MaxEncoded bounds an encoded draft in bytes.
const MaxEncoded = 1 << 20

// ErrMalformed is wrapped by every error of Decode.
var ErrMalformed = errors.New("malformed case draft")

// Encode writes the one spelling of a draft: JSON with keys in order, two
// spaces of indentation, times in UTC with seconds, a line feed at the end. It
// is made to be read by an officer as it is.
func Encode(d Draft) ([]byte, error) {
	d.Format = Format
	d.Created, d.Updated, d.Ack.At = utc(d.Created), utc(d.Updated), utc(d.Ack.At)
	d.Alerts = orEmpty(d.Alerts)
	d.Answers = orEmpty(d.Answers)
	d.Attachments = orEmpty(d.Attachments)
	d.Messages = orEmpty(d.Messages)
	d.Runs = orEmpty(d.Runs)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // a person reads it: < stays <
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		return nil, fmt.Errorf("write case draft %s: %w", d.ID, err)
	}
	if b.Len() > MaxEncoded {
		return nil, fmt.Errorf("write case draft %s: %d bytes, at most %d", d.ID, b.Len(), MaxEncoded)
	}
	return b.Bytes(), nil
}

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}

// orEmpty writes [] rather than null: a list that is not there is empty.
func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// Decode reads a draft and refuses every spelling Encode would not write:
// unknown, repeated or reordered keys, a second value, other spacing. It does
// not validate: a draft that went through the redactor is well formed but holds
// pseudonyms.
func Decode(text []byte) (Draft, error) {
	if len(text) > MaxEncoded {
		return Draft{}, fmt.Errorf("%w: %d bytes, at most %d", ErrMalformed, len(text), MaxEncoded)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var d Draft
	if err := dec.Decode(&d); err != nil {
		return Draft{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if d.Format != Format {
		return Draft{}, fmt.Errorf("%w: format %q, want %q", ErrMalformed, d.Format, Format)
	}
	again, err := Encode(d)
	if err != nil {
		return Draft{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if !bytes.Equal(again, text) {
		return Draft{}, fmt.Errorf("%w: not in its one spelling (keys in order, two spaces, UTC with seconds)", ErrMalformed)
	}
	return d, nil
}
