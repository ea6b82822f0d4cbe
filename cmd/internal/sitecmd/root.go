// Package sitecmd is the command line of the site kit, one file per command.
//
// A command parses flags, assembles packages from the site folder, and renders
// what they return as text or JSON. Decisions live below; sentences for people
// live here. Start with [Main].
package sitecmd

import (
	"context"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/duty"
	historycmd "darksite/cmd/internal/sitecmd/history"
	"darksite/cmd/internal/sitecmd/remedy"
	"darksite/cmd/internal/sitecmd/replies"
	"darksite/cmd/internal/sitecmd/rules"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/siteadmin"
	"darksite/cmd/internal/sitecmd/train"
	"darksite/cmd/internal/sitecmd/watch"
	"darksite/cmd/internal/sitecmd/wayout"

	"github.com/spf13/cobra"
)

// Main runs one command and returns the exit code.
func Main(ctx context.Context, env *cli.Env, version string, args []string) int {
	a := &app{&site.Site{Env: env, Version: version}}
	return cli.Run(ctx, env, a.root(), args, site.Classify)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "darksite",
		Short: "Support kit for storage sites with no connection out",
		Long: `darksite watches the arrays of a disconnected site, leads through runbooks, and
makes the redacted, signed and sealed bundle that is carried to the vendor.

The site folder is --dir, else $DARKSITE_DIR, else ~/.darksite.

` + cli.ExitHelp,
		Example: `  darksite init --code S042 --name "Lyon 3"
  darksite monitor
  darksite status
  darksite bundle collect --case T-4KQ7ZC2M5A`,
		Version: a.Version,
	}
	root.PersistentFlags().StringVar(&a.Given, "dir", "", "site folder (default $DARKSITE_DIR or ~/.darksite)")
	root.CompletionOptions.HiddenDefaultCmd = false
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error { return a.enterLab(c) }
	root.AddCommand(
		siteadmin.InitCommand(a.Site),
		a.demoCommand(),
		a.simCommand(),
		train.Command(a.Site, a.trainLabCommand()),
		siteadmin.DoctorCommand(a.Site),
		a.versionCommand(),
		watch.Command(a.Site),
		duty.StatusCommand(a.Site),
		duty.AlertsCommand(a.Site),
		duty.RoundCommand(a.Site),
		rules.Command(a.Site),
		historycmd.Command(a.Site),
		remedy.RunbookCommand(a.Site),
		remedy.CaseCommand(a.Site),
		wayout.Command(a.Site),
		wayout.CollectHostCommand(a.Site),
		wayout.RedactCommand(a.Site),
		wayout.RevealCommand(a.Site),
		replies.Command(a.Site),
		siteadmin.JournalCommand(a.Site),
		siteadmin.Command(a.Site),
	)
	return root
}

func (a *app) versionCommand() *cobra.Command {
	return cli.VersionCommand(a.Env, "darksite", a.Version)
}
