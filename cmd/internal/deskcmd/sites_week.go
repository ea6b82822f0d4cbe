package deskcmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"darksite/bundle/desk"
	"darksite/bundle/desk/boltstore"
	"darksite/bundle/desk/triage"
	"darksite/bundle/desk/weekly"
	"darksite/cmd/internal/cli"
	"darksite/localmon/units"

	"github.com/spf13/cobra"
)

func (a *app) sitesWeekCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "week [SITE...]", Short: "The weekly summary: new, still, cleared, silent sites, versions at risk, plans that end", Args: cobra.ArbitraryArgs,
		Long: `Compare the newest bundle of each site with the newest that is at least a week older
and say what is new, still there and cleared, which bundles never came, which sites
have sent nothing for nine days, which arrays run a version with a known defect, and
which plans and certificates end within 90 days.`,
		Example: "  casedesk sites week\n  casedesk sites week S042 --json",
		RunE: func(c *cobra.Command, args []string) error {
			list, err := a.week(c.Context(), args)
			if err != nil {
				return err
			}
			if asJSON {
				return a.env.JSON(list)
			}
			a.printWeek(list)
			return nil
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

// siteCodes are the enrolled sites, or those that are named.
func (a *app) siteCodes(named []string) ([]string, error) {
	for _, s := range named {
		if _, err := a.enrolled(s); err != nil {
			return nil, err
		}
	}
	if len(named) > 0 {
		return named, nil
	}
	files, err := os.ReadDir(a.path(rostersDir))
	if err != nil {
		return nil, fmt.Errorf("list sites: %w", err)
	}
	var out []string
	for _, f := range files {
		if code, ok := strings.CutSuffix(f.Name(), ".txt"); ok {
			out = append(out, code)
		}
	}
	return out, nil
}

// weekView is the week of a site.
type weekView struct {
	weekly.Summary
	Certificates []certificateRow `json:"certificates_ending"`
}

func (a *app) week(ctx context.Context, named []string) (list []weekView, err error) {
	store, done, err := a.openStore()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	codes, err := a.siteCodes(named)
	if err != nil {
		return nil, err
	}
	rules, err := triage.Shipped()
	if err != nil {
		return nil, err
	}
	cases, err := store.Cases(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := a.certificateRows()
	if err != nil {
		return nil, err
	}
	for _, code := range codes {
		s, err := a.weekOf(ctx, store, code, cases)
		if err != nil {
			return nil, err
		}
		list = append(list, weekView{weekly.Build(s, rules, a.env.Now()), endingAt(code, rows)})
	}
	return list, nil
}

func (a *app) weekOf(ctx context.Context, store *boltstore.Store, code string, cases []desk.Case) (s weekly.Site, err error) {
	if s.File, err = store.Site(ctx, code); err != nil {
		return s, err
	}
	if s.Bundles, err = store.Bundles(ctx, code); err != nil {
		return s, err
	}
	for _, c := range cases {
		if c.Site == code && c.Status != desk.Closed {
			s.Open++
		}
	}
	newest, before := weekly.Choose(s.Bundles)
	read := func(i int) *triage.Facts {
		if i < 0 || err != nil {
			return nil
		}
		var f triage.Facts
		if f, err = a.facts(s.Bundles[i]); err != nil {
			return nil
		}
		return &f
	}
	s.Now, s.Before = read(newest), read(before)
	return s, err
}

func (a *app) printWeek(list []weekView) {
	w := a.env.Out
	for i, s := range list {
		if i > 0 {
			fmt.Fprintln(w)
		}
		last := "nothing has come yet"
		if !s.Last.IsZero() {
			last = "last bundle " + stamp(s.Last)
		}
		if s.Silent > 0 {
			last += ", SILENT for " + units.Duration(s.Silent)
		}
		fmt.Fprintf(w, "%s  %s, %d open cases: %d new, %d still, %d cleared\n", s.Site, last, s.Open, len(s.New), len(s.Still), len(s.Cleared))
		if len(s.Missing) > 0 {
			a.paragraph("missing", "bundles "+strings.Trim(fmt.Sprint(s.Missing), "[]")+": ask for them in the next reply")
		}
		if s.NoPlan {
			a.paragraph("plan", "none is on file")
		}
		if s.PlanEnds != nil {
			a.paragraph("plan", "ends on "+s.PlanEnds.Add(-time.Second).Format(time.DateOnly))
		}
		for _, c := range s.Certificates {
			a.paragraph("renew", fmt.Sprintf("certificate %s of %s (%s) ends on %s, in %d days: notice of %d days", c.ID, c.Holder, c.Track, c.Until, c.Left, c.Notice))
		}
		for _, r := range s.Risks {
			a.paragraph("at risk", fmt.Sprintf("%s runs %s, fixed in %s: %s", r.Array, r.Version, r.FixedIn, r.Title))
		}
		a.printFindings(append(append(append([]triage.Finding{}, s.New...), s.Still...), s.Cleared...))
		if n := len(s.Unchecked); n > 0 {
			a.paragraph("unchecked", fmt.Sprintf("%d rules could not be checked; see --json", n))
		}
	}
	if len(list) == 0 {
		a.env.Notef("no site is enrolled")
	}
	a.env.Next("casedesk case list")
}
