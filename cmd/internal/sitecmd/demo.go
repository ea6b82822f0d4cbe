package sitecmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/demo"
	"darksite/cmd/internal/sitecmd/lab"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/watch"

	"github.com/spf13/cobra"
)

func demoCommand(s *site.Site) *cobra.Command {
	var out, desk string
	c := &cobra.Command{
		Use: "demo", Short: "The whole journey in one terminal, with simulated arrays", Args: cobra.NoArgs,
		Long: `Lead through the whole journey: arrays are watched, a drive fails, a runbook is
followed, a bundle is collected, redacted, approved by two officers, sealed, carried,
imported at the desk, and answered. Needs no answers and no network but loopback.`,
		Example: "  darksite demo --out demo",
		RunE: func(c *cobra.Command, _ []string) error {
			program, err := lab.CaseDesk(desk)
			if err != nil {
				return err
			}
			self, err := os.Executable()
			if err != nil {
				return fmt.Errorf("name this program: %w", err)
			}
			return demo.Run(c.Context(), demo.Options{
				Env: s.Env, Out: short(out), CaseDesk: program, SiteName: short(self), DeskName: short(program),
				Watch: func(ctx context.Context, env *cli.Env, dir string, steps int, before func()) error {
					return watchSteps(ctx, &site.Site{Env: env, Version: s.Version, Given: dir}, steps, before)
				},
				Site: func(ctx context.Context, env *cli.Env, args []string) int { return Main(ctx, env, s.Version, args) },
			})
		},
	}
	c.Flags().StringVar(&out, "out", "demo", "folder for everything the demo makes")
	c.Flags().StringVar(&desk, "casedesk", "", "the program casedesk (default: beside this one)")
	return c
}

// short is a path as it is called from here, where it lies below here.
func short(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	here, err := os.Getwd()
	if err != nil {
		return abs
	}
	if rel, err := filepath.Rel(here, abs); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return abs
}

// watchSteps looks at everything a site folder names, several times, with one
// monitor and one session per array.
func watchSteps(ctx context.Context, s *site.Site, steps int, before func()) error {
	m, err := watch.Open(s)
	if err != nil {
		return err
	}
	for range steps {
		before()
		if _, err := m.Daemon.Once(ctx); err != nil {
			return errors.Join(err, m.Close())
		}
	}
	return m.Close()
}
