package history

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"math"
	"strconv"
	"strings"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/localmon"
	"darksite/localmon/history"
	"darksite/localmon/query"
)

const fileHelp = "read this copy of a history, not the site's own"

// withHistory is sight.With, or the same with a copy of a history. A copy needs
// no site folder.
func (a *app) withHistory(ctx context.Context, file string, f func(s *sight.Sight) error) error {
	if file == "" {
		return sight.With(ctx, a.Site, f)
	}
	db, err := history.OpenReadOnly(file, history.Options{})
	if err != nil {
		return sight.WayOutOfCopy(file, err)
	}
	s := &sight.Sight{Reader: db, History: db}
	return errors.Join(f(s), s.Close())
}

// quantile reads aggregations such as p95 and p99.9; ok is false for others.
func quantile(agg string) (q float64, ok bool) {
	digits, ok := strings.CutPrefix(agg, "p")
	if !ok || strings.Trim(digits, "0123456789.") != "" {
		return 0, false
	}
	percent, err := strconv.ParseFloat(digits, 64)
	return percent / 100, err == nil && percent >= 0 && percent <= 100
}

// points reads one series in the way that was asked for.
func (o *seriesOptions) points(ctx context.Context, r localmon.Reader, key localmon.SeriesKey, w localmon.Window) iter.Seq2[localmon.Point, error] {
	if q, ok := quantile(o.agg); ok {
		return query.Quantile(ctx, r, key, w, q)
	}
	return r.Range(ctx, key, w)
}

// checkAcross says what is wrong with how --across was asked for.
func (o *seriesOptions) checkAcross(w localmon.Window) error {
	switch localmon.Agg(o.across) {
	case localmon.AggNone:
		return nil
	case localmon.AggSum, localmon.AggAvg, localmon.AggMin, localmon.AggMax:
	default:
		return cli.Usagef("--across %q: want sum, avg, min or max", o.across)
	}
	if w.Step == 0 {
		return cli.Usagef("--across needs --step")
	}
	return nil
}

// jsonNumber is a number, or where JSON has none for it, its name as text.
type jsonNumber float64

// MarshalJSON implements json.Marshaler.
func (n jsonNumber) MarshalJSON() ([]byte, error) {
	if v := float64(n); math.IsNaN(v) || math.IsInf(v, 0) {
		return json.Marshal(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return json.Marshal(float64(n))
}

// fileFlag is the flag that names a copy again, in a hint.
func fileFlag(file string) string {
	if file == "" {
		return ""
	}
	return " --file " + file
}
