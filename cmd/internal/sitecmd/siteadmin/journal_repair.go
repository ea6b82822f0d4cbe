package siteadmin

import (
	"darksite/bundle/journal"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"
	"darksite/cmd/internal/sitecmd/site"

	"github.com/spf13/cobra"
)

func (a *app) journalRepairCommand() *cobra.Command {
	var as string
	c := &cobra.Command{
		Use: "repair", Short: "Put aside an entry that a power cut left half written", Args: cobra.NoArgs,
		Long: `Put aside what stands after the last finished entry. Such an end is what a power cut
or kill -9 leaves; nothing was ever done on the word of it. The bytes are kept in
journal/torn, and an entry says who put them aside. Nothing else is ever removed:
a journal that disagrees with its own checkpoint is refused with exit code 5.`,
		Example: "  darksite journal repair --as amartin",
		RunE: func(c *cobra.Command, _ []string) error {
			if as == "" {
				return cli.Usagef("say who you are with --as ID")
			}
			conf, err := a.Config()
			if err != nil {
				return err
			}
			key, err := keyfile.Signer(a.Path(site.KeysDir, site.JournalKeyID+".key"), keyfile.Ask(a.Env, ""))
			if err != nil {
				return err
			}
			n, err := journal.Repair(c.Context(), a.Path(site.JournalDir), journal.Options{Origin: conf.Site.Code, Signer: key}, as, a.Env.Now())
			if err != nil {
				return err
			}
			if n == 0 {
				a.Env.Notef("the journal ends in a whole entry; nothing was changed")
			} else {
				a.Env.Notef("%d bytes of an unfinished entry were put aside into journal/torn", n)
			}
			a.Env.Next("darksite journal verify")
			return nil
		},
	}
	c.Flags().StringVar(&as, "as", "", "id of the person who does it")
	return c
}

// tornNote says that the journal ends in an entry that was never finished.
func (a *app) tornNote(bytes int) {
	if bytes == 0 {
		return
	}
	a.Env.Notef("after them %d bytes of an entry that was never finished, as a power cut leaves it; nothing can be journalled until they are put aside", bytes)
	a.Env.Next("darksite journal repair --as ID")
}
