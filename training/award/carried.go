package award

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"darksite/bundle/sign"
	"darksite/bundle/statement"
)

// A bundle is redacted before it leaves, and what is signed may not be changed. So a
// statement with its signatures travels in a spelling in which nothing looks like a
// name of a port, a secret or a serial number: long runs of hex digits have a letter
// before them that is none, and the signatures are such runs as well.
//
//	format: darksite-exam/1
//	candidate: k60b62330601f4f56
//	...
//	signature: k5353... k...

// signatureKey begins the lines of signatures in the carried spelling.
const signatureKey = "signature: "

// MaxSignatures is how many signatures stand under a carried statement at most.
const MaxSignatures = 4

var (
	digits = regexp.MustCompile(`\b[0-9a-f]{16,}\b`)
	marked = regexp.MustCompile(`\bk([0-9a-f]{16,})\b`)
)

// Carried is the spelling of a statement and the signatures under it that passes a
// redaction unchanged.
func Carried(text []byte, armored ...[]byte) ([]byte, error) {
	var b bytes.Buffer
	b.Write(text)
	for _, sig := range armored {
		groups, err := sign.Digits(sig)
		if err != nil {
			return nil, fmt.Errorf("write a signed statement to be carried: %w", err)
		}
		b.WriteString(signatureKey + strings.Join(groups, " ") + "\n")
	}
	out := digits.ReplaceAll(b.Bytes(), []byte("k$0"))
	if again, _, err := Arrived(out); err != nil || !bytes.Equal(again, text) {
		return nil, fmt.Errorf("write a signed statement to be carried: it would not arrive as it is: %w", err)
	}
	return out, nil
}

// Arrived is a statement and the signatures under it as they were before they were
// carried. It proves nothing.
func Arrived(carried []byte) (text []byte, armored [][]byte, err error) {
	if len(carried) > 2*statement.MaxBytes {
		return nil, nil, fmt.Errorf("read a carried statement: %d bytes, at most %d", len(carried), 2*statement.MaxBytes)
	}
	rest := string(marked.ReplaceAll(carried, []byte("$1")))
	var b strings.Builder
	for line := range strings.Lines(rest) {
		groups, ok := strings.CutPrefix(line, signatureKey)
		if !ok && armored == nil {
			b.WriteString(line)
			continue
		}
		if !ok || len(armored) == MaxSignatures {
			return nil, nil, fmt.Errorf("read a carried statement: want at most %d signatures, and nothing behind them", MaxSignatures)
		}
		sig, err := sign.FromDigits(strings.Fields(groups))
		if err != nil {
			return nil, nil, fmt.Errorf("read a carried statement: %w", err)
		}
		armored = append(armored, sig)
	}
	return []byte(b.String()), armored, nil
}
