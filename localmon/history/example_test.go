package history_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"darksite/localmon"
	"darksite/localmon/history"
)

func Example() {
	dir, err := os.MkdirTemp("", "history")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	db, err := history.Open(filepath.Join(dir, "history.db"), history.Options{Holder: "example", Budget: 1 << 30})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()

	ctx := context.Background()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	key := localmon.SeriesKey{Target: "fa-1", Metric: "read_iops"}
	for i := range 20 {
		// on disk when Append returns
		_, err := db.Append(ctx, localmon.Batch{
			Target: "fa-1", At: at.Add(time.Duration(i) * 30 * time.Second),
			Samples: []localmon.Sample{{Key: key, Value: float64(100 * i)}},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	// between scrapes
	for more := true; more; {
		if more, err = db.Maintain(ctx, at.Add(time.Hour)); err != nil {
			fmt.Println(err)
			return
		}
	}
	w := localmon.Window{From: at, To: at.Add(time.Hour), Step: 5 * time.Minute, Agg: localmon.AggAvg}
	for p, err := range db.Range(ctx, key, w) {
		fmt.Println(p.At.UTC().Format("15:04"), p.Value, err)
	}
	// Output:
	// 12:00 450 <nil>
	// 12:05 1450 <nil>
}
