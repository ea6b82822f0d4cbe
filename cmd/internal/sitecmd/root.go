package sitecmd

import (
	"context"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/duty"
	historycmd "darksite/cmd/internal/sitecmd/history"
	"darksite/cmd/internal/sitecmd/lab"
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
	return cli.Run(ctx, env, root(&site.Site{Env: env, Version: version}), args, site.Classify)
}

// root is darksite with all its commands.
func root(s *site.Site) *cobra.Command {
	c := &cobra.Command{
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
		Version: s.Version,
	}
	c.PersistentFlags().StringVar(&s.Given, "dir", "", "site folder (default $DARKSITE_DIR or ~/.darksite)")
	c.CompletionOptions.HiddenDefaultCmd = false
	c.PersistentPreRunE = func(called *cobra.Command, _ []string) error { return enterLab(s, called) }
	c.AddCommand(
		siteadmin.InitCommand(s),
		demoCommand(s),
		lab.SimCommand(s),
		train.Command(s, lab.Command(s, Main)),
		siteadmin.DoctorCommand(s),
		cli.VersionCommand(s.Env, "darksite", s.Version),
		watch.Command(s),
		duty.StatusCommand(s),
		duty.AlertsCommand(s),
		duty.RoundCommand(s),
		rules.Command(s),
		historycmd.Command(s),
		remedy.RunbookCommand(s),
		remedy.CaseCommand(s),
		wayout.Command(s),
		wayout.CollectHostCommand(s),
		wayout.RedactCommand(s),
		wayout.RevealCommand(s),
		replies.Command(s),
		siteadmin.JournalCommand(s),
		siteadmin.Command(s),
	)
	return c
}
