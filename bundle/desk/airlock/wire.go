package airlock

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"darksite/bundle/strictjson"

	"filippo.io/age"
)

// The kinds of message. A message is its length in four bytes, its kind in one, and
// one strict JSON document.
const (
	tellJob     = 'j' // in: what to do
	tellGo      = 'g' // in: the label is believed
	tellKey     = 'f' // in: the key of the file, or why there is none
	sayFenced   = 's' // out: how far the process is confined
	sayLabel    = 'l' // out: what stands on the medium
	sayStanzas  = 'k' // out: who can open the file
	sayProgress = 'p' // out: how far it is
	sayDone     = 'd' // out: all is in the folder
	sayRefused  = 'r' // out: it is not, and why
)

// Bounds of the conversation, in either direction.
const (
	maxMessage      = 1 << 20
	maxConversation = 2 << 20
	maxText         = 4096 // characters of a refusal
	maxExtra        = 100  // names of unknown files
	maxStanzas      = 32
)

type job struct {
	Folders    []string `json:"folders"`
	MaxBytes   int64    `json:"max_bytes"`
	Recipients []string `json:"recipients"` // of the keys outside, empty for one that does not tell
	Work       string   `json:"work"`
}

type fenced struct {
	Fence string `json:"fence"`
}

type label struct {
	Signatures []string `json:"signatures"`
	Text       string   `json:"text"`
}

type believed struct {
	Roster string `json:"roster"`
}

type stanzas struct {
	Key  int64    `json:"key"` // which of the recipients is asked
	List []stanza `json:"list"`
}

type stanza struct {
	Args []string `json:"args"`
	Body string   `json:"body"`
	Type string   `json:"type"`
}

type fileKey struct {
	Key   string `json:"key"`   // empty: it opens none of them
	Wrong string `json:"wrong"` // or what went wrong
}

type progress struct {
	Done  int64 `json:"done"`
	Total int64 `json:"total"`
}

type done struct {
	Extra    []string `json:"extra"`
	More     int64    `json:"more"` // unknown files that are not listed
	Repaired int64    `json:"repaired"`
}

type refused struct {
	Causes []string `json:"causes"`
	Code   string   `json:"code"`
	Text   string   `json:"text"`
}

// errTalk says that what came is not a message.
var errTalk = errors.New("it does not keep to what was agreed")

// link is one end of the conversation.
type link struct {
	r     *bufio.Reader
	w     io.Writer
	wait  func() error // before each message that is waited for
	heard int64
}

func newLink(r io.Reader, w io.Writer) *link {
	return &link{r: bufio.NewReader(r), w: w, wait: func() error { return nil }}
}

func (l *link) send(kind byte, v any) error {
	body, err := strictjson.Encode(v)
	if err != nil {
		return err
	}
	if len(body) > maxMessage {
		return fmt.Errorf("a message of %d bytes, at most %d", len(body), maxMessage)
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(len(body))) //nolint:gosec // bounded above
	_, err = l.w.Write(append(append(head, kind), body...))
	return err
}

// receive waits for a message. io.EOF is the end of the conversation.
func (l *link) receive() (kind byte, body []byte, err error) {
	if err := l.wait(); err != nil {
		return 0, nil, err
	}
	var head [5]byte
	if _, err := io.ReadFull(l.r, head[:]); err != nil {
		return 0, nil, err
	}
	size := int64(binary.BigEndian.Uint32(head[:4]))
	if l.heard += size; size > maxMessage || l.heard > maxConversation {
		return 0, nil, fmt.Errorf("%w: more than %d bytes at once or %d in all", errTalk, maxMessage, maxConversation)
	}
	body = make([]byte, size)
	if _, err := io.ReadFull(l.r, body); err != nil {
		return 0, nil, err
	}
	return head[4], body, nil
}

// decode reads a message of which the kind is known.
func decode[T any](body []byte) (T, error) {
	v, err := strictjson.Decode[T](body, strictjson.Limits{Bytes: maxMessage, Depth: 4})
	if err != nil {
		return v, fmt.Errorf("%w: %w", errTalk, err)
	}
	return v, nil
}

func enc(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func dec(s string) ([]byte, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errTalk, err)
	}
	return b, nil
}

func packStanzas(key int, list []*age.Stanza) stanzas {
	out := stanzas{Key: int64(key)}
	for _, s := range list {
		out.List = append(out.List, stanza{Args: s.Args, Body: enc(s.Body), Type: s.Type})
	}
	return out
}

func (s stanzas) unpack() ([]*age.Stanza, error) {
	if len(s.List) > maxStanzas {
		return nil, fmt.Errorf("%w: %d stanzas", errTalk, len(s.List))
	}
	var list []*age.Stanza
	for _, one := range s.List {
		body, err := dec(one.Body)
		if err != nil {
			return nil, err
		}
		list = append(list, &age.Stanza{Type: one.Type, Args: one.Args, Body: body})
	}
	return list, nil
}
