package sitecmd

import (
	"bytes"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"darksite/cmd/internal/cli"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

func try(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	env := &cli.Env{
		In: strings.NewReader(""), Out: &stdout, Err: &stderr,
		Getenv: func(string) string { return "" }, Now: time.Now,
	}
	code = Main(t.Context(), env, "test", args)
	return code, stdout.String(), stderr.String()
}

// commands are all commands of the tree but those cobra makes.
func commands(t *testing.T) []*cobra.Command {
	t.Helper()
	a := &app{env: &cli.Env{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Getenv: func(string) string { return "" }, Now: time.Now}}
	var all []*cobra.Command
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		all = append(all, c)
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(a.root())
	return all
}

func TestEveryCommandExplainsItself(t *testing.T) {
	for _, c := range commands(t) {
		t.Run(c.CommandPath(), func(t *testing.T) {
			require.NotEmpty(t, c.Short)
			require.NotEmpty(t, c.Example, "show how it is called")
			for line := range strings.Lines(c.Example) {
				require.LessOrEqual(t, len(strings.TrimRight(line, "\n")), 130, "an example is one line of a terminal")
			}
			code, out, errs := try(t, append(strings.Fields(c.CommandPath())[1:], "--help")...)
			require.Zero(t, code)
			require.Empty(t, errs)
			require.Contains(t, out, "Examples:")
			require.Contains(t, out, c.CommandPath())
		})
	}
}

// noData are commands that act and print at most the name of what they made, or
// that print text for another program. Every other one has --json.
var noData = map[string]string{
	"alerts ack":      "acts and says so",
	"bundle approve":  "acts; the record is in bundle show --json",
	"bundle reject":   "acts; the record is in bundle show --json",
	"bundle release":  "acts; the record is in bundle show --json",
	"bundle seal":     "acts; the record is in bundle show --json",
	"bundle verify":   "acts; the record is in bundle show --json",
	"bundle withdraw": "acts; the record is in bundle show --json",
	"bundle write":    "prints the folder it made",
	"demo":            "a story",
	"history compact": "acts and says so",
	"history export":  "prints the samples themselves, as OpenMetrics or CSV",
	"history plot":    "a picture; the values are in history query --json",
	"init":            "acts and says so",
	"monitor unit":    "prints a file for systemd",
	"redact":          "writes its report with --report",
	"reply open":      "acts; the cases are in case list --json",
	"runbook lint":    "prints no data",
	"runbook resume":  "a conversation; its log is the record",
	"runbook run":     "a conversation; its log is the record",
	"runbook show":    "a text to read",
	"runbook sign":    "acts; the log is what it signs",
	"sim":             "prints lines for site.yaml",
	"site people add": "acts; the people are in site people --json",
	"site pin":        "prints one value",
	"site roster":     "prints the file that is carried",
}

func TestWhatPrintsDataPrintsJSON(t *testing.T) {
	seen := map[string]bool{}
	var missing []string
	for _, c := range commands(t) {
		if !c.Runnable() {
			continue
		}
		path := strings.Join(strings.Fields(c.CommandPath())[1:], " ")
		seen[path] = true
		if why, ok := noData[path]; ok {
			require.Nilf(t, c.Flags().Lookup("json"), "%s has --json and is said to have none: %s", path, why)
			continue
		}
		if c.Flags().Lookup("json") == nil {
			missing = append(missing, path)
		}
	}
	require.Empty(t, missing, "these print data and have no --json")
	for path := range noData {
		require.Truef(t, seen[path], "%s is no command any more", path)
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		t.Run(shell, func(t *testing.T) {
			code, out, _ := try(t, "completion", shell)
			require.Zero(t, code)
			require.Contains(t, out, "darksite")
			program, err := exec.LookPath(shell)
			if err != nil {
				t.Skipf("%s is not installed", shell)
			}
			check := exec.CommandContext(t.Context(), program, "-n")
			check.Stdin = strings.NewReader(out)
			said, err := check.CombinedOutput()
			require.NoError(t, err, string(said))
		})
	}
}
