package sitecmd

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/runbooks"
	"darksite/runbooks/content"

	"github.com/stretchr/testify/require"
)

// What the words of a runbook tell a person to type is there: each command of the
// kit with its flags, and each runbook they send somebody to.
func TestRunbooksNameCommandsAndRunbooksThereAre(t *testing.T) {
	lib, err := content.Library()
	require.NoError(t, err)
	root := root(&site.Site{Env: &cli.Env{Out: io.Discard, Err: io.Discard}})
	span := regexp.MustCompile("`darksite ([^`]+)`")
	follow := regexp.MustCompile(`(?:[Ff]ollow|[Ss]uivez|[Rr]unbook|procédure)(?: maintenant| d'abord)? ([a-z0-9]+(?:-[a-z0-9]+)+)`)
	commands, books := 0, 0
	for _, book := range lib.All() {
		for _, lang := range runbooks.Languages() {
			text := strings.Join(strings.Fields(string(book.Files[string(lang)+".md"])), " ")
			for _, found := range span.FindAllStringSubmatch(text, -1) {
				commands++
				cmd, rest, err := root.Find(strings.Fields(found[1]))
				require.NoError(t, err, "%s, %s: %s", book.ID, lang, found[0])
				require.False(t, cmd.HasSubCommands() && len(rest) > 0 && !strings.HasPrefix(rest[0], "-"), "%s, %s: %s is no command", book.ID, lang, found[0])
				for _, word := range rest {
					if flag, ok := strings.CutPrefix(word, "--"); ok {
						require.NotNil(t, cmd.Flag(flag), "%s, %s: %s has no such flag", book.ID, lang, found[0])
					}
				}
			}
			for _, found := range follow.FindAllStringSubmatch(text, -1) {
				books++
				_, ok := lib.Get(found[1])
				require.True(t, ok, "%s, %s: %q leads to no runbook", book.ID, lang, found[0])
			}
		}
	}
	require.Greater(t, commands, 50)
	require.Greater(t, books, 30)
}
