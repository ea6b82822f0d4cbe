package siteadmin

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// Both languages have every checklist, give the same steps and the same commands,
// and fit the sheet.
func TestChecklistsSayTheSameInBothLanguages(t *testing.T) {
	field := regexp.MustCompile(`\{\{[^}]*\}\}`)
	step := regexp.MustCompile(`(?m)^\[ \] +([0-9]+) `)
	command := regexp.MustCompile(`(?m)^ {12}((?:darksite|ssh-keygen|sudo|cp|shred|chmod|useradd|ls|cat) .*)$`)
	placeholder := regexp.MustCompile(`"[^"]*"|\b(?:NAME|NOM|ROLE|RÔLE|KEY|CLÉ|DIR|DOSSIER)\b|RÔLE|CLÉ`)
	for _, one := range topics() {
		require.NotEmpty(t, one.fr)
		said := map[string][]string{}
		steps := map[string]int{}
		for _, lang := range []string{"en", "fr"} {
			text, err := fs.ReadFile(checklists, path.Join("checklists", lang, one.name+".txt"))
			require.NoError(t, err)
			for line := range strings.Lines(string(text)) {
				shown := field.ReplaceAllString(strings.TrimRight(line, "\n"), "00")
				require.LessOrEqual(t, utf8.RuneCountInString(shown), 80, "%s %s: %s", one.name, lang, shown)
			}
			for _, m := range command.FindAllStringSubmatch(string(text), -1) {
				said[lang] = append(said[lang], placeholder.ReplaceAllString(m[1], "X"))
			}
			steps[lang] = len(step.FindAllString(string(text), -1))
		}
		require.Equal(t, said["en"], said["fr"], one.name)
		require.Equal(t, steps["en"], steps["fr"], one.name)
	}
	files, err := fs.Glob(checklists, "checklists/*/*.txt")
	require.NoError(t, err)
	require.Len(t, files, 2*len(topics()))
}
