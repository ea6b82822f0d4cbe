package content_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"darksite/runbooks/content"

	"github.com/stretchr/testify/require"
)

// nouns are what a command line of an array is about, and where its published
// interface has the same. Not every list of the command line is one of the interface.
var nouns = map[string]string{
	"purearray": "arrays", "pureaudit": "audits", "pureblade": "blades", "purebucket": "buckets", "purecert": "certificates", "puredns": "dns",
	"puredrive": "drives", "pureds": "directory-services", "purefs": "file-systems", "purehost": "hosts", "purehw": "hardware", "purekmip": "kmip",
	"purepgroup": "protection-groups", "purepod": "pods", "pureport": "ports", "purevol": "volumes",
}

func spec(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(path.Join("../../../shared/data/specs", name))
	if err != nil {
		t.Skip("the published descriptions are not here: ", err)
	}
	return string(text)
}

// Whatever a person is told to look up on an array is something its published
// interface knows.
func TestWhatIsLookedUpIsThere(t *testing.T) {
	both := spec(t, "FA2.56.spec.yaml") + spec(t, "FB2.28.spec.yaml")
	seen := map[string]bool{}
	for _, b := range library(t) {
		for _, lang := range []string{"en.md", "fr.md"} {
			text, err := fs.ReadFile(content.Files(), b.book.ID+"/"+lang)
			require.NoError(t, err)
			for _, m := range code.FindAllStringSubmatch(string(text), -1) {
				noun, _, _ := strings.Cut(strings.Join(strings.Fields(m[1]), " "), " ")
				if !strings.HasPrefix(noun, "pure") {
					continue
				}
				require.Contains(t, nouns, noun, "%s: `%s`", b.book.ID, m[1])
				require.Regexp(t, `(?m)^  /api/2\.[0-9]+/`+nouns[noun]+`:$`, both, "%s: `%s`", b.book.ID, m[1])
				seen[noun] = true
			}
		}
	}
	require.Len(t, seen, len(nouns), "a noun that no runbook uses")
}

// The words a check on drives and controllers waits for are words the published
// interface has for them.
func TestTheWordsOfStatesAreTheArrays(t *testing.T) {
	fa := spec(t, "FA2.56.spec.yaml")
	words := map[string]string{}
	schema := func(name string) string {
		found := regexp.MustCompile(`(?m)^    ` + name + `:\n(?:(?:      .*)?\n)+`).FindString(fa)
		require.NotEmpty(t, found, name)
		return found
	}
	// A drive is as bad as the worse of its own list and the place it sits in.
	words["drive"] = schema("Drive") + schema("Hardware")
	words["controller"] = schema("Controller") + schema("Hardware")
	// Words other releases and products have used for parts that are not well.
	elsewhere := []string{"degraded", "device_off", "failed", "missing", "offline", "removed", "ok"}
	n := 0
	for _, b := range library(t) {
		if !slices.Equal(b.book.Products, []string{"flasharray"}) {
			continue
		}
		for _, s := range b.book.Steps {
			for _, p := range predicates(s) {
				var kind string
				var states []string
				switch {
				case p.Count != nil:
					kind, states = p.Count.Type, p.Count.Status
				case p.Each != nil:
					kind, states = p.Each.Type, p.Each.Status
				}
				for _, word := range states {
					if words[kind] == "" || slices.Contains(elsewhere, word) {
						continue
					}
					require.Contains(t, words[kind], "`"+word+"`", "%s, step %s: %s of a %s", b.book.ID, s.ID, word, kind)
					n++
				}
			}
		}
	}
	require.NotZero(t, n)
}
