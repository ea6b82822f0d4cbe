package deskcmd

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"

	"darksite/bundle/desk"
	"darksite/bundle/desk/replay"
	"darksite/bundle/desk/triage"
	"darksite/cmd/internal/cli"
	"darksite/runbooks"
	"darksite/runbooks/content"
)

// ranRun is a run of a runbook at the site, and how its checks come out here.
type ranRun struct {
	Run      string           `json:"run"`
	Runbook  string           `json:"runbook"` // with its version
	Array    string           `json:"array"`
	Outcome  runbooks.Outcome `json:"outcome"`
	Checks   int              `json:"checks"`
	Disagree int              `json:"disagree"`
	Unasked  int              `json:"not_asked_again"`
	Error    string           `json:"error,omitempty"`
}

// replayed asks the runs in a bundle again.
func (a *app) replayed(ctx context.Context, b desk.Bundle) ([]ranRun, []triage.Finding, error) {
	root, err := os.OpenRoot(a.path(openedDir, string(b.SealedSHA256)))
	if err != nil {
		return nil, nil, fmt.Errorf("read bundle %s: %w", b.BID, err)
	}
	defer root.Close()
	lib, err := content.Library()
	if err != nil {
		return nil, nil, err
	}
	runs, err := replay.Runs(ctx, root.FS(), lib)
	if err != nil {
		return nil, nil, err
	}
	out := []ranRun{}
	for _, r := range runs {
		row := ranRun{Run: r.Name, Runbook: r.Book, Array: r.Target, Outcome: r.Outcome, Checks: len(r.Verdicts), Disagree: len(r.Disagree()), Unasked: len(r.Unasked())}
		if r.Err != nil {
			row.Error = r.Err.Error()
		}
		out = append(out, row)
	}
	return out, replay.Findings(runs), nil
}

// checked asks the checks of the runbooks that open alerts of the site's monitor
// lead to, once for each array.
func (a *app) checked(ctx context.Context, b desk.Bundle, now triage.Facts) ([]replay.Check, error) {
	lib, err := content.Library()
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(a.path(openedDir, string(b.SealedSHA256)))
	if err != nil {
		return nil, fmt.Errorf("read bundle %s: %w", b.BID, err)
	}
	defer root.Close()
	past := replay.NewSamples(root.FS(), b.Taken)
	out := []replay.Check{}
	done := map[string]bool{}
	for _, r := range now.Raised {
		book, ok := lib.Get(r.Runbook)
		if !r.Open || !ok || done[r.Runbook+"\x00"+r.Array] {
			continue
		}
		done[r.Runbook+"\x00"+r.Array] = true
		out = append(out, replay.Checks(ctx, book, now, past, r.Array)...)
	}
	slices.SortStableFunc(out, func(x, y replay.Check) int {
		return cmp.Or(cmp.Compare(x.Array, y.Array), cmp.Compare(x.Runbook, y.Runbook))
	})
	return out, nil
}

func (a *app) printReplayed(v analysis) {
	w, width, color := a.env.Out, a.env.Width(), a.env.Color()
	if len(v.Runs) > 0 {
		t := &cli.Table{Header: []string{"RUN", "RUNBOOK", "ARRAY", "ENDED", "ITS CHECKS, ASKED AGAIN"}}
		for _, r := range v.Runs {
			t.Add(r.Run, r.Runbook, r.Array, cmp.Or(string(r.Outcome), "not ended"), againWords(r))
		}
		fmt.Fprintln(w)
		t.Print(w, width, color)
	}
	if len(v.Checks) > 0 {
		t := &cli.Table{Header: []string{"ASKED OF THE BUNDLE", "ARRAY", "RESULT", "CHECK"}}
		for _, c := range v.Checks {
			t.Add(c.Runbook, c.Array, string(c.Result), c.Asks+"; seen: "+c.Saw)
		}
		fmt.Fprintln(w)
		t.Print(w, width, color)
	}
}

func againWords(r ranRun) string {
	switch {
	case r.Error != "":
		return "cannot be read: " + r.Error
	case r.Checks == 0:
		return "it asked nothing"
	case r.Disagree > 0:
		return fmt.Sprintf("%d of %d come out otherwise", r.Disagree, r.Checks)
	case r.Unasked > 0:
		return fmt.Sprintf("%d of %d come out the same, %d cannot be asked again", r.Checks-r.Unasked, r.Checks, r.Unasked)
	}
	return fmt.Sprintf("all %d come out the same", r.Checks)
}
