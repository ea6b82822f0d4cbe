package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon/live"
	"darksite/localmon/overview"

	"github.com/spf13/cobra"
)

const (
	// lookPatience is how long a look that was asked for is waited for: the calm
	// between two looks, the look itself, and what the disk takes.
	lookPatience = time.Minute
	// lookPause is the time between two questions whether it is done.
	lookPause = 300 * time.Millisecond
)

func (a *app) monitorLookCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "look [ARRAY]", Short: "Have the running monitor look now, before its turn", Args: cobra.MaximumNArgs(1),
		Long: `Have the running monitor look at an array before its turn, or at all of them, and
read every list, also those it reads only every few minutes. It is for the moment
after a part was changed: alerts that are over close with the look.

The command waits for the look, a minute at the most, and says what it brought.
A target that does nothing but speak is not asked. An array that does not answer
is tried at the pace the monitor has for it.`,
		Example: "  darksite monitor look\n  darksite monitor look fa-1\n  darksite monitor look --json",
		RunE: func(c *cobra.Command, args []string) error {
			client, err := live.Dial(c.Context(), a.Path(site.RunDir, site.MonitorSocket))
			if errors.Is(err, live.ErrNotRunning) {
				return cli.WithHint(err, "darksite monitor --once   looks at everything one time")
			}
			if err != nil {
				return err
			}
			defer client.Close()
			looks, err := a.lookNow(c.Context(), client, strings.Join(args, ""))
			if err != nil {
				return err
			}
			if asJSON {
				return a.Env.JSON(looks)
			}
			a.printLooks(looks)
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	c.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		conf, err := a.Config()
		if err != nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		for _, ar := range conf.Arrays {
			names = append(names, ar.Name)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	return c
}

// lookNow asks for looks, waits until those that are polled were looked at, and returns
// the newest look of each.
func (a *app) lookNow(ctx context.Context, client *live.Client, target string) ([]overview.Look, error) {
	conf, err := a.Config()
	if err != nil {
		return nil, err
	}
	if _, ok := conf.Array(target); !ok && target != "" {
		return nil, cli.WithHint(cli.Usagef("no array is named %q in site.yaml", target), "darksite monitor look   asks for all of them")
	}
	asked, err := client.Monitor(ctx)
	if err != nil {
		return nil, err
	}
	if err := client.Look(ctx, target); err != nil {
		return nil, err
	}
	polled := func(l overview.Look) bool {
		ar, ok := conf.Array(l.Target)
		return ok && ar.Via != siteconf.ViaPush && (target == "" || l.Target == target)
	}
	over := time.After(lookPatience)
	for {
		m, err := client.Monitor(ctx)
		if err != nil {
			return nil, err
		}
		looks := slices.DeleteFunc(m.Looks, func(l overview.Look) bool { return !polled(l) })
		if done := !slices.ContainsFunc(looks, func(l overview.Look) bool { return !l.At.After(asked.Now) }); done {
			return looks, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-over:
			return nil, cli.WithHint(fmt.Errorf("a look that was asked for did not end within %s", lookPatience), "darksite status")
		case <-time.After(lookPause):
		}
	}
}
