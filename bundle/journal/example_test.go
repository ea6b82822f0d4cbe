package journal_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"darksite/bundle"
	"darksite/bundle/journal"
)

// What a cover sheet witnessed is compared with the journal months later.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "journal")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	j, err := journal.Open(dir, journal.Options{Origin: "S042"})
	if err != nil {
		panic(err)
	}
	defer j.Close()

	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var cover bundle.JournalMark
	for _, action := range []string{"bundle.freeze", "bundle.approve", "bundle.approve", "bundle.seal"} {
		if _, err := j.Append(ctx, journal.Entry{Time: now, Actor: "mdurand", Action: action, Bundle: "S042-000017"}); err != nil {
			panic(err)
		}
		cover = j.Mark()
	}
	report, err := j.Verify(ctx, cover)
	fmt.Println(report.Proven, "entries witnessed,", len(report.Problems), "problems", err)
	// Output: 4 entries witnessed, 0 problems <nil>
}
