package brief

import (
	"fmt"
	"slices"
	"strings"

	"darksite/bundle/words"
)

// spokenKeys are what is read out over the telephone, in this order.
var spokenKeys = []string{"bid", "case", "severity", "subject", "model", "version", "initiators", "impact", "message", "alert"}

// maxSpoken bounds how many alerts are read out; more belong into a mail.
const maxSpoken = 2

// Spoken is one numbered line of the telephone card.
type Spoken struct {
	N     int
	Text  string
	Check string // word, by which both ends hear a mistake
}

// Card picks what is read out of a brief, each line with its check word.
func Card(text []byte, lang words.Language) ([]Spoken, error) {
	var out []Spoken
	for _, key := range spokenKeys {
		said := 0
		for line := range strings.Lines(string(text)) {
			k, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			if !ok || k != key || said == maxSpoken {
				continue
			}
			said++
			one := fmt.Sprintf("%s: %s", key, value)
			check, err := words.Check(lang, one)
			if err != nil {
				return nil, err
			}
			out = append(out, Spoken{N: len(out) + 1, Text: one, Check: check})
		}
	}
	return slices.Clip(out), nil
}
