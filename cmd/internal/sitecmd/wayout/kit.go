package wayout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"darksite/bundle/collect/kit"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/siteadmin"
)

// ownChecks are what the kit says of itself. The machine is examined now, while
// the bundle that is being collected is not among the things found.
func (a *app) ownChecks(ctx context.Context, s *sight.Sight) *kit.Kit {
	doctor := findingLines(siteadmin.Examine(ctx, a.Site))
	last := a.lastHistoryCheck()
	replies, failed := a.openedReplies()
	return kit.New(
		kit.Check{Name: "version.txt", What: "darksite version", Say: func(_ context.Context, w io.Writer) error {
			_, err := fmt.Fprintf(w, "darksite %s (%s, %s/%s)\n", a.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		}},
		kit.Check{Name: "doctor.txt", What: "darksite doctor", Say: func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, doctor)
			return err
		}},
		kit.Check{Name: "replies.json", What: "the replies opened here, and what was left out of them", Say: func(_ context.Context, w io.Writer) error {
			if failed != nil {
				return failed
			}
			_, err := w.Write(replies)
			return err
		}},
		kit.Check{Name: "monitor.json", What: "what the running monitor says of itself", Say: func(ctx context.Context, w io.Writer) error { return sayMonitor(ctx, s, w) }},
		// Last, because a large history takes all the time there is.
		kit.Check{Name: "history-check.txt", What: "darksite history check", Say: func(ctx context.Context, w io.Writer) error {
			return checkHistory(ctx, s, w, last)
		}},
	)
}

// openedReplies is how far the site has come in the vendor's chain, and what it does
// without. It is read now: while a bundle is collected its journey holds the file.
func (a *app) openedReplies() ([]byte, error) {
	file, _, err := a.OpenCases()
	if err != nil {
		return nil, err
	}
	seen, err := site.ReadReplies(file.DB)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(struct {
		Newest int64          `json:"newest"`
		Left   []site.LeftOut `json:"left_out"`
	}{seen.Seq, append([]site.LeftOut{}, seen.Left...)}, "", "  ")
	return append(text, '\n'), err
}

func findingLines(list []site.Finding) string {
	var b strings.Builder
	for _, f := range list {
		fmt.Fprintf(&b, "%-4s  %s\n", f.State, f.What)
	}
	return b.String()
}

// lastHistoryCheck is what is known of the newest check of the history.
func (a *app) lastHistoryCheck() string {
	_, marks, _, err := a.LastRound()
	if err != nil {
		return "when the history was checked last cannot be read: " + err.Error() + "\n"
	}
	m, ok := marks[site.HistoryChecked]
	if !ok {
		return "the history was never checked by hand\n"
	}
	return fmt.Sprintf("checked last %s: %s\n", m.At.UTC().Format(time.RFC3339), m.Note)
}

// checkHistory reads every value of a history that nobody writes. While a monitor
// writes it, only a copy could be checked, which may be as large as a disk: then
// the newest check has to do.
func checkHistory(ctx context.Context, s *sight.Sight, w io.Writer, last string) error {
	if s.History == nil {
		if s.Client == nil {
			return fmt.Errorf("nothing was measured yet: %w", kit.ErrNothing)
		}
		_, err := io.WriteString(w, "a monitor writes it, so it was not checked now\n"+last)
		return err
	}
	damage, err := s.History.Check(ctx)
	if err != nil {
		return err
	}
	for _, d := range damage {
		if _, err := fmt.Fprintln(w, d); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(w, "%d values are damaged\n%s", len(damage), last)
	return err
}

// sayMonitor writes how the monitor's looks go.
func sayMonitor(ctx context.Context, s *sight.Sight, w io.Writer) error {
	m, err := s.Monitor(ctx)
	if err != nil {
		return err
	}
	if m == nil {
		return fmt.Errorf("no monitor runs: %w", kit.ErrNothing)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(m)
}
