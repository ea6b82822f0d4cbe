package deskcmd

import (
	"errors"
	"fmt"
	"strings"

	"darksite/bundle/desk/confine"
	"darksite/cmd/internal/cli"

	"github.com/spf13/cobra"
)

func (a *app) checkCommand() *cobra.Command {
	var asJSON, mend bool
	c := &cobra.Command{
		Use: "check", Short: "Check the desk's store: everything derived must follow from the events", Args: cobra.NoArgs,
		Long: `Make everything derived anew from the events, in a transaction that is thrown
away, and name what differs. With --mend what differs is made anew for good; the
events themselves are never changed.`,
		Example: "  casedesk check\n  casedesk check --mend",
		RunE: func(c *cobra.Command, _ []string) error {
			store, done, err := a.openStore()
			if err != nil {
				return err
			}
			found, err := store.Check(c.Context())
			if err == nil && mend && len(found) > 0 {
				if err = store.Rebuild(c.Context()); err == nil {
					a.env.Notef("%d places were made anew from the events", len(found))
					found, err = store.Check(c.Context())
				}
			}
			if err = errors.Join(err, done()); err != nil {
				return err
			}
			places := []string{}
			for _, f := range found {
				places = append(places, fmt.Sprint(f))
			}
			if asJSON {
				if err := a.env.JSON(places); err != nil {
					return err
				}
			} else if len(places) > 0 {
				fmt.Fprintln(a.env.Out, cli.PrintableLines(strings.Join(places, "\n")))
			}
			if len(found) > 0 {
				return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("the store differs from its events in %d places", len(found))), "casedesk check --mend")
			}
			a.env.Notef("the store is what its events say")
			if confine.Available() == confine.None {
				a.env.Notef(unconfined)
			}
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	c.Flags().BoolVar(&mend, "mend", false, "make what differs anew from the events")
	return c
}
