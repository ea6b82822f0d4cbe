package deskcmd

import (
	"testing"

	"github.com/spf13/cobra"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/cli/clitest"
)

func TestTree(t *testing.T) {
	clitest.Run(t, clitest.Program{
		Name: "casedesk", Main: Main,
		Root: func(env *cli.Env) *cobra.Command { return (&app{env: env}).root() },
		NoData: map[string]string{
			"brief":              "prints the text of the brief",
			"case ack":           "acts; the case is in case show --json",
			"case admit":         "acts; the case is in case show --json",
			"case agree":         "acts; the case is in case show --json",
			"case need":          "acts; the case is in case show --json",
			"case instruct":      "acts; the case is in case show --json",
			"case advise":        "acts; the case is in case show --json",
			"case mail":          "prints the text of a mail",
			"case answer":        "acts; the case is in case show --json",
			"case close":         "acts; the case is in case show --json",
			"case comment":       "acts; the case is in case show --json",
			"case escalate":      "acts; the case is in case show --json",
			"case part":          "acts; the case is in case show --json",
			"case part-moved":    "acts; the case is in case show --json",
			"case refuse":        "acts; the case is in case show --json",
			"case reopen":        "acts; the case is in case show --json",
			"case severity":      "acts; the case is in case show --json",
			"case status":        "acts; the case is in case show --json",
			"case survey":        "acts; the case is in case show --json",
			"init":               "acts and says so",
			"keys add":           "acts; the card is what keys card prints",
			"keys revoke":        "acts; the card is what keys card prints",
			"keys intake add":    "acts; the keys are in keys intake --json",
			"keys intake retire": "acts; the keys are in keys intake --json",
			"keys card":          "prints the file that is carried",
			"open":               "unpacks a folder",
			"pack build":         "prints the file it made",
			"reply":              "prints the file it made",
			"sites access":       "acts; the site is in sites show --json",
			"sites contact":      "acts; the site is in sites show --json",
			"sites enrol":        "acts; the site is in sites show --json",
			"sites hours":        "acts; the site is in sites show --json",
			"sites plan":         "acts; the site is in sites show --json",

			"train withdraw": "acts; the certificates are in train list --json",
		},
	})
}
