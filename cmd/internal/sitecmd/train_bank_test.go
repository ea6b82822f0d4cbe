package sitecmd

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/training/exam"
	questions "darksite/training/exam/content"
	"darksite/training/exam/screens"

	"github.com/stretchr/testify/require"
)

// typed is a command that a choice of a question spells out.
var typed = regexp.MustCompile(`^darksite [^,:;]*`)

// What a question offers to type is understood, be it the right thing to do or not.
func TestQuestionsSpeakOfCommandsThatAreThere(t *testing.T) {
	b, err := questions.Bank()
	require.NoError(t, err)
	met := 0
	for _, it := range b.Items() {
		for _, o := range it.Options {
			line := strings.TrimSpace(typed.FindString(o.Text.EN))
			if line == "" {
				continue
			}
			met++
			words := strings.Fields(strings.TrimPrefix(line, "darksite "))
			c, _, err := root(&site.Site{Env: &cli.Env{}}).Find(words)
			require.NoError(t, err, it.ID)
			require.True(t, c.Runnable(), "%s: %s is no command", it.ID, line)
		}
	}
	require.GreaterOrEqual(t, met, 7)
}

// The screens of the bank are drawn apart from the commands, so that they stay what they
// were; they are those of the commands as long as the headings are.
func TestScreensHaveTheHeadingsOfTheCommands(t *testing.T) {
	golden := func(name string) string {
		data, err := os.ReadFile(filepath.Join("testdata", "screens", name+".80.txt"))
		require.NoError(t, err)
		return string(data)
	}
	require.Regexp(t, spaced(screens.StatusHeader), golden("status"))
	require.Regexp(t, spaced(screens.AlertsHeader), golden("alerts-list"))
	require.Regexp(t, spaced(screens.TopHeader), golden("history-top"))
	for file, header := range map[string][]string{"wayout/view.go": screens.EachHeader, "remedy/ends.go": screens.ReplayHeader} {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Contains(t, string(source), `"`+strings.Join(header, `", "`)+`"`)
	}
}

func spaced(header []string) string { return strings.Join(header, " +") }

// Questions go out in both languages, and come back as files that fit into a bank.
func TestBankGoesOutAndComesBack(t *testing.T) {
	t.Chdir(t.TempDir())
	do := func(code int, args ...string) string {
		out, got := command(t, "site", "", 80, false, append([]string{"train", "bank"}, args...)...)
		require.Equal(t, code, got, "%v: %s", args, out)
		return out
	}
	require.Contains(t, do(cli.CodeDone, "lint"), "no finding")
	do(cli.CodeDone, "export", "--gift", "en.gift", "--track", "officer", "--lang", "en")
	do(cli.CodeDone, "export", "--gift", "fr.gift", "--track", "officer", "--lang", "fr")
	do(cli.CodeDone, "import", "--en", "en.gift", "--fr", "fr.gift", "--out", "both")
	for _, lesson := range []string{"s1", "s2", "s3", "s4"} {
		require.FileExists(t, filepath.Join("both", lesson+".yaml"))
	}
	require.Contains(t, do(cli.CodePartial, "import", "--en", "en.gift", "--out", "half"), "have no French words yet")
	require.FileExists(t, filepath.Join("half", "s1.yaml"))
	do(cli.CodeFailed, "import", "--en", "en.gift", "--fr", "fr.gift", "--out", "both") // is there already

	require.NoError(t, os.WriteFile("foreign.gift", []byte("::Fans:: Where first? {=the room #many are the room ~the fan #one is a part ~the sensor #rarely}\n"), 0o600))
	require.Contains(t, do(cli.CodeFailed, "import", "--en", "foreign.gift", "--out", "foreign"), "no note that names its lesson")
	do(cli.CodePartial, "import", "--en", "foreign.gift", "--lesson", "a4", "--out", "foreign")
	data, err := os.ReadFile(filepath.Join("foreign", "a4.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(data), "id: a4-fans")

	require.NoError(t, os.WriteFile("hostile.gift", []byte("//darksite id=../up-x kind=single\nWhere? {=a #x ~b #x ~c #x}\n"), 0o600))
	do(cli.CodeFailed, "import", "--en", "hostile.gift", "--out", "hostile")
	require.NoDirExists(t, "hostile")
	require.NoError(t, os.WriteFile("large.gift", make([]byte, exam.MaxGIFT+2), 0o600))
	require.Contains(t, do(cli.CodeFailed, "import", "--en", "large.gift", "--out", "large"), "at most")
	do(cli.CodeUsage, "import", "--out", "none")
	do(cli.CodeUsage, "export")
	do(cli.CodeUsage, "export", "--gift", "x", "--lesson", "q9")
	do(cli.CodeUsage, "lint", "nowhere")
}
