package rules_test

import (
	"errors"
	"strings"
	"testing"

	"darksite/bundle/redact/rules"

	"github.com/stretchr/testify/require"
)

func TestPatternsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		pattern string
		at      int
		why     string
	}{
		"everything":                     {".*", 0, "holds JSON, XML or tables together"},
		"the rest of the line":           {"PRJ-.+", 4, "holds JSON, XML or tables together"},
		"across lines":                   {`(?s)PRJ-[0-9]+.`, 14, "holds JSON"},
		"all but blanks":                 {"PRJ[^ ]+", 3, "holds JSON"},
		"no blanks":                      {`PRJ\S+`, 3, "holds JSON"},
		"quotes around it":               {`"PRJ-[0-9]+"`, 0, "holds JSON"},
		"columns":                        {"PRJ[0-9]+,[a-z]+", 9, "holds JSON"},
		"an escape":                      {`PRJ\\[0-9]+`, 3, "holds JSON"},
		"nothing":                        {"", 0, "as little as 0 characters"},
		"the beginning of lines":         {"^", 0, "as little as 0 characters"},
		"edges of words":                 {`\b`, 0, "as little as 0 characters"},
		"none or more":                   {"(PRJ-[0-9]+)*", 0, "as little as 0 characters"},
		"one way is empty":               {"PRJ-[0-9]+|", 0, "as little as 0 characters"},
		"a letter":                       {"e", 0, "as little as 1 characters"},
		"a digit or two":                 {"[0-9]{1,2}", 0, "as little as 1 characters"},
		"a small count of a small thing": {"(?:x{0,9}y){2}", 0, "as little as 2 characters"},
		"a huge count":                   {"PRJ-[0-9]{900}", 9, "steps for every character"},
		"counts of counts":               {"PRJ(?:[a-z]{1,10}[0-9]{1,10}){9}", 0, "steps for every character"},
		"counts past what RE2 takes":     {"(?:a{1000}){1000}", 0, "invalid repeat count"},
		"a bracket that is not closed":   {"PRJ-[0-9", 4, "missing closing ]"},
		"a group that is not closed":     {"PRJ(", 0, "missing closing )"},
		"back references":                {`(PRJ)\1`, 5, "invalid escape sequence"},
		"looking ahead":                  {"PRJ(?=x)", 3, "invalid or unsupported Perl syntax"},
		"days":                           {`\d{4}-\d{2}-\d{2}`, 0, `matches "2026-03-02"`},
		"times":                          {`\d\d:\d\d:\d\d`, 0, "must stay"},
		"numbers":                        {"[0-9]{3,}", 0, "must stay"},
		"words":                          {"[a-z]{3,}", 0, "must stay"},
		"versions":                       {`\d+\.\d+\.\d+`, 0, "must stay"},
		"digests":                        {"[0-9a-f]{32}", 0, "must stay"},
		"slots":                          {`CH\d\.BAY\d+`, 0, `"CH0.BAY7"`},
		"netmasks":                       {`255\.255\.\d+\.\d+`, 0, "must stay"},
		"metrics":                        {"[a-z]+(?:_[a-z]+)+", 0, "must stay"},
		"status words":                   {"(?i)degraded", 0, "must stay"},
		"accounts":                       {"root|admin", 0, "must stay"},
		"keys":                           {"serial_number", 0, "must stay"},
		"stand-ins":                      {"host-[a-z0-9]+", 0, "must stay"},
		"stand-ins of addresses":         {`24\d\.\d+\.\d+\.\d+`, 0, "must stay"},
		"the mask":                       {"masked-[a-z]+", 0, "must stay"},
		"too long":                       {"PRJ" + strings.Repeat("x", 200), 200, "longer than 200 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			var bad *rules.PatternError
			require.ErrorAs(t, rules.CheckPattern(c.pattern), &bad)
			require.Contains(t, bad.Why, c.why)
			require.GreaterOrEqual(t, bad.At, 0)
			require.LessOrEqual(t, bad.At, len(c.pattern))
			if c.at > 0 {
				require.Equal(t, c.at, bad.At)
			}
		})
	}
}

func TestPatternsThatSitesUse(t *testing.T) {
	for _, p := range []string{
		"PRJ-[0-9]{4,8}", `\bLY[0-9]{2}-R[0-9]{1,3}\b`, "(?i)contract [A-Z]{2}[0-9]{6}", "rack (?:north|south) [0-9]+", `\bKD[0-9]{7}\b`, "Raum [A-Z][0-9]{3}", "M(?:\u00fc|ue)ller-[0-9]+",
	} {
		require.NoError(t, rules.CheckPattern(p), p)
	}
}

// FuzzPattern wants of every pattern a refusal with a place in it, or one that can be
// used.
func FuzzPattern(f *testing.F) {
	for _, p := range []string{"PRJ-[0-9]{4,8}", "(", ".*", "[^a]", `\pL+`, "(?i:x){3,5}", "a{1000}", "\xff"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p string) {
		err := rules.CheckPattern(p)
		if bad := (*rules.PatternError)(nil); errors.As(err, &bad) && (bad.At < 0 || bad.At > max(len(p), 200) || bad.Why == "") {
			t.Errorf("%q: %+v", p, bad)
		}
	})
}
