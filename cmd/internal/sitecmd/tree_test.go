package sitecmd

import (
	"testing"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/cli/clitest"
	"darksite/cmd/internal/sitecmd/site"

	"github.com/spf13/cobra"
)

func TestTree(t *testing.T) { clitest.Run(t, program()) }

func program() clitest.Program {
	return clitest.Program{
		Name: "darksite", Main: Main,
		Root: func(env *cli.Env) *cobra.Command { return root(&site.Site{Env: env}) },
		NoData: map[string]string{
			"alerts ack":           "acts and says so",
			"alerts unsilence":     "acts; the record is in alerts silences --all --json",
			"bundle amend":         "acts; the record is in bundle show --json",
			"bundle approve":       "acts; the record is in bundle show --json",
			"bundle reject":        "acts; the record is in bundle show --json",
			"bundle release":       "acts; the record is in bundle show --json",
			"bundle seal":          "acts; the record is in bundle show --json",
			"bundle verify":        "acts; the record is in bundle show --json",
			"bundle withdraw":      "acts; the record is in bundle show --json",
			"bundle write":         "prints the folder it made",
			"demo":                 "a story",
			"history compact":      "acts and says so",
			"history export":       "prints the samples themselves, as OpenMetrics or CSV",
			"history snapshot":     "acts and says so",
			"history plot":         "a picture; the values are in history query --json",
			"init":                 "acts and says so",
			"monitor unit":         "prints a file for systemd",
			"journal repair":       "acts; the entry is in journal show --json",
			"reply open":           "acts; the cases are in case list --json",
			"round mark":           "acts; the round shows it",
			"runbook abort":        "acts and says so; the log is the record",
			"runbook approve":      "prints one value",
			"runbook export":       "prints a file to print",
			"runbook handover":     "acts and says so; the log is the record",
			"runbook lint":         "prints no data",
			"runbook pack build":   "prints the file it made",
			"runbook pack install": "acts; the packs are in runbook pack list --json",
			"runbook pack show":    "a text to read",
			"runbook resume":       "a conversation; its log is the record",
			"runbook run":          "a conversation; its log is the record",
			"runbook show":         "a text to read",
			"runbook sign":         "acts; the log is what it signs",
			"sim":                  "prints lines for site.yaml",
			"bundle brief":         "prints a page to print",
			"journal checkpoint":   "prints the file that is carried",
			"site keys card":       "prints a page to print",
			"site keys checklist":  "prints a page to print",
			"site keys drop":       "acts; the keys are in site keys --json",
			"site keys found":      "acts; the keys are in site keys --json",
			"site keys policy":     "acts; the keys are in site keys --json",
			"site keys reset":      "acts; the keys are in site keys --json",
			"site keys revoke":     "acts; the keys are in site keys --json",
			"site keys rotate":     "acts; the keys are in site keys --json",
			"site keys sign":       "acts; the keys are in site keys --json",
			"site people add":      "acts; the people are in site people --json",
			"site pin":             "prints one value, or is a conversation",
			"train lab do":         "acts and says what is seen",
			"train lab hint":       "a text to read; it costs points",
			"train lab look":       "a text to read",
			"train lab reset":      "acts and says so",
			"train lab serve":      "a process in the background; its line is for train lab start",
			"train lab solve":      "a story",
			"train lab start":      "a text to read; the goals are in train lab status --json",
			"train lab wait":       "acts and says so",
			"train lesson":         "a text to read",
			"train manual":         "prints the file it made",
			"train bank export":    "prints the file it made",
			"train bank import":    "prints the files it made",
			"site roster":          "prints the file that is carried",

			"train certificate issue":    "acts; the certificate is in train certificate list --json",
			"train certificate withdraw": "acts; what counts is in train certificate list --json",
			"train certificate print":    "prints a page to print",
			"train exam practice":        "a conversation",
			"train exam resume":          "a conversation; its record is in train exam status --json",
			"train exam start":           "a conversation; its record is in train exam status --json",
		},
	}
}
