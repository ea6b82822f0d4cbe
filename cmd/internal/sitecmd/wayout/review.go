package wayout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"darksite/bundle"
	"darksite/bundle/pipeline"
	"darksite/bundle/review"
	"darksite/bundle/seal"
	"darksite/bundle/words"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"

	"github.com/spf13/cobra"
)

type reviewOptions struct {
	site.Person
	report        string
	again, folded bool
	asJSON        bool
}

func (a *app) bundleReviewCommand() *cobra.Command {
	var o reviewOptions
	c := &cobra.Command{
		Use: "review BUNDLE", Short: "Read what would leave, and decide", Args: cobra.ExactArgs(1),
		Long: `Show an officer what would leave, a screen at a time: first what is new since the
last approved bundle, each kind of line once and each identifying token once; then
words of the site and markings, to be answered one by one; strings that look like
secrets; what could not be inspected; who will be able to read it; and how much of
the text all this shows. The bundle is hashed again first; what is shown is what
would be signed.

At each screen: Enter says that it was read, ? lists what else can be done: look
around a line, find a text, have a word or pattern hidden, have a file removed,
refuse, approve. What was read and answered is kept at once: leave with q, or pull
the plug, and go on where you were. With --report the same is written as text, or
as PDF where the file is called so, and nothing is asked.`,
		Example: "  darksite bundle review S042-000017 --as amartin\n  darksite bundle review S042-000017 --as amartin --report review.pdf",
		RunE: func(c *cobra.Command, args []string) error {
			if o.As == "" {
				return cli.Usagef("say who you are with --as ID")
			}
			if o.report == "" && !o.asJSON {
				return a.reviewSession(c.Context(), args[0], o)
			}
			return a.onOne(args[0], func(j *Journey, id bundle.ID) error {
				out, done, err := a.reviewOutput(o.report)
				if err != nil {
					return err
				}
				s, err := Review(c.Context(), a.Site, j, id, o.As)
				if err == nil {
					err = a.writeReview(out, s, o)
				}
				if err := done(err); err != nil {
					return err
				}
				return a.after(j, id, "reviewed by %s", o.As)
			})
		},
	}
	o.Person.Flags(c)
	f := c.Flags()
	f.StringVar(&o.report, "report", "", "write it into this file, as PDF if it ends in .pdf; - prints the text")
	f.BoolVar(&o.again, "again", false, "show also what you have read already")
	f.BoolVar(&o.folded, "all", false, "show also what an approved bundle had")
	cli.JSONFlag(c, &o.asJSON)
	return c
}

func (a *app) writeReview(out io.Writer, s review.Summary, o reviewOptions) error {
	v := review.View{Folded: o.folded}
	switch {
	case o.asJSON:
		return a.Env.JSON(s)
	case strings.HasSuffix(o.report, ".pdf"):
		return review.PDF(out, s, v)
	}
	return review.Text(out, s, v)
}

// Review is a bundle as an officer reads it.
func Review(ctx context.Context, s *site.Site, j *Journey, id bundle.ID, as string) (review.Summary, error) {
	reader := pipeline.Reader{Officer: as, Recipients: map[string]string{}, Words: spell, Progress: s.Env.Progress("read the bundle").Step}
	if j.Conf.Review.Words != "" {
		var err error
		if reader.Keywords, err = site.ReadWords(s.Path(j.Conf.Review.Words)); err != nil {
			return review.Summary{}, err
		}
	}
	r, err := s.Roster()
	if err != nil {
		return review.Summary{}, err
	}
	v, err := s.Vendor()
	if err != nil {
		return review.Summary{}, err
	}
	reader.Recipients[seal.Fingerprint(r.Record)] = "record key of this site"
	for _, in := range v.Intake {
		reader.Recipients[seal.Fingerprint(in)] = "intake of " + v.Name
	}
	for _, e := range v.Escrow {
		reader.Recipients[seal.Fingerprint(e)] = "escrow of " + v.Name
	}
	return j.Review(ctx, id, reader)
}

// spell writes a fingerprint as words, for comparing over the telephone.
func spell(fingerprint string) []string {
	list, err := words.Digest(words.English, bundle.Digest(fingerprint))
	if err != nil {
		return nil // not a digest: the fingerprint itself is shown
	}
	return list
}

// reviewOutput opens where the review is written, before the review counts as
// opened: an officer who could not be shown anything has not looked. done closes
// it, and removes a file that did not become whole.
func (a *app) reviewOutput(file string) (w io.Writer, done func(error) error, err error) {
	if file == "" || file == "-" {
		return a.Env.Out, func(err error) error { return err }, nil
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, nil, cli.WithHint(fmt.Errorf("write the review: %w", err), "name a file that is not there yet with --report")
	}
	return f, func(err error) error {
		if err = errors.Join(err, f.Close()); err != nil {
			return errors.Join(err, os.Remove(file))
		}
		return nil
	}, nil
}
