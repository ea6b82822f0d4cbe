package wayout

import (
	"context"
	"fmt"

	"darksite/bundle"
	"darksite/bundle/pipeline"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"

	"github.com/spf13/cobra"
)

func (a *app) bundleAmendCommand() *cobra.Command {
	var p site.Person
	c := &cobra.Command{
		Use: "amend BUNDLE", Short: "Hide and remove what an officer asked for, and freeze again", Args: cobra.ExactArgs(1),
		Long: `Send the frozen files through the redactor once more, hiding the words and leaving
out the files that officers asked for in the review, prove the result and freeze it
under a new manifest, signed by the collector who collected it. Approvals so far are
worth nothing, and officers review again: they are shown what they have not read.`,
		Example: "  darksite bundle amend S042-000017 --as mdurand",
		RunE:    func(c *cobra.Command, args []string) error { return a.amend(c.Context(), args[0], p) },
	}
	p.Flags(c)
	return c
}

func (a *app) amend(ctx context.Context, name string, p site.Person) error {
	key, err := a.Signer(p.As, p.Key, p.PassFile)
	if err != nil {
		return err
	}
	return a.onOne(name, func(j *Journey, id bundle.ID) error {
		orders, err := j.Orders(id)
		if err != nil {
			return err
		}
		q := pipeline.Request{Signer: key, Progress: func(step string, _, _ int) { a.Env.Notef("%s ...", step) }}
		if err := j.Amend(ctx, id, q); err != nil {
			return err
		}
		for _, o := range orders {
			a.Env.Notef("%s", cli.Printable(orderText(o)))
		}
		return a.after(j, id, "frozen again; every officer reviews again")
	})
}

// orderText says what an order asks for.
func orderText(o pipeline.Order) string {
	text := fmt.Sprintf("%d  %s asks to ", o.N, o.Officer)
	switch {
	case o.What == pipeline.Remove:
		text += "remove " + o.Path
	case o.Pattern != "":
		text += fmt.Sprintf("hide what /%s/ finds: %d different strings", o.Pattern, len(o.Words))
	default:
		text += fmt.Sprintf("hide %q", o.Words[0])
	}
	if o.Reason != "" {
		text += " (" + o.Reason + ")"
	}
	return text
}
