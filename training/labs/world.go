package labs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Fact is one thing that is so, or that happened. What stays so has the time at which it
// was looked at.
type Fact struct {
	Kind   string
	At     time.Duration // since the lab began, in the time of its arrays
	Fields map[string]string
}

// World is everything a lab is judged by, oldest first.
type World []Fact

// Digest is the SHA-256 of the world in its one spelling, hex.
func (w World) Digest() string {
	h := sha256.New()
	for _, f := range w {
		fmt.Fprintf(h, "%s %d\n", f.Kind, f.At.Milliseconds())
		for _, k := range slices.Sorted(maps.Keys(f.Fields)) {
			fmt.Fprintf(h, " %s=%q\n", k, f.Fields[k])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Of are the facts of a kind.
func (w World) Of(kind string) World {
	var out World
	for _, f := range w {
		if f.Kind == kind {
			out = append(out, f)
		}
	}
	return out
}

// Kind describes a kind of fact.
type Kind struct {
	Name   string
	Fields []string
	Doc    string
}

// Vocabulary lists the kinds of facts.
func Vocabulary() []Kind {
	return []Kind{
		{"act", []string{"verb", "target", "array", "was", "type", "by"}, "hands did something: what the part was before"},
		{"look", []string{"target"}, "somebody stood before a part and looked"},
		{"setting", []string{"name", "value"}, "a setting of an array as it is now"},
		{"part", []string{"array", "name", "type", "status", "led"}, "a part of an array as it is now"},
		{"array", []string{"name", "used", "down", "lag"}, "an array as it is now: per cent used, calls it refuses, seconds a replica is behind"},
		{"certificate", []string{"array", "first", "now"}, "the pins of the certificates an array had at first and answers with now"},
		{"pin", []string{"array", "is"}, "the pin of an array in site.yaml: now where it is of what answers now, first, or other"},
		{"call", []string{"array", "call"}, "a call that has an array do or change something"},
		{"run", []string{"run", "book", "target", "component", "owner", "outcome", "end", "alert", "change"}, "a run of a runbook; outcome is open while it is not ended"},
		{"step", []string{"run", "book", "step", "kind", "result", "by", "note"}, "a step of a run that ended"},
		{"entered", []string{"run", "book", "step", "by"}, "an action that a person said to begin"},
		{"approved", []string{"run", "book", "step", "by"}, "a second person agreed to a step"},
		{"handed", []string{"run", "from", "to"}, "a run went over to another person"},
		{"evidence", []string{"run", "name", "text"}, "a file that a run took and whose hash its log holds"},
		{"case", []string{"case", "array", "severity", "subject", "text", "number", "runs"}, "a case draft; text is all its words"},
		{"bundle", []string{"bundle", "state", "case", "runs"}, "a bundle and where it stands"},
		{"line", []string{"bundle", "state", "file", "text"}, "the text of a file in a bundle, as it would leave"},
		{"journal", []string{"action", "by", "bundle", "note"}, "an entry of the site's journal"},
		{"alert", []string{"target", "rule", "component", "state", "acked"}, "an alert of the monitor"},
		{"desk", []string{"case", "kind", "by", "text", "status", "severity", "profile", "risk", "expect", "rollback", "pack", "advice"}, "what happened to a case at the desk; pack is the site that a carried pack of runbooks is bound to, any, or no; advice is its words"},
		{"saved", []string{"name", "text"}, "a file that the learner left in the folder work"},
		{"rule", []string{"name"}, "an invariant of the lab that was broken at some moment"},
	}
}

func kindNamed(name string) (Kind, bool) {
	all := Vocabulary()
	i := slices.IndexFunc(all, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return all[i], true
}

// Values of the fields of a fact that are made here and asked for there.
const (
	Open = "open" // the outcome of a run that goes on
)

func fold(s string) string { return strings.ToLower(s) }
