package sitecmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"strconv"
	"strings"
	"syscall"

	"darksite/cmd/internal/cli"
	"darksite/localmon"
	"darksite/localmon/boltfile"
	"darksite/localmon/history"
	"darksite/localmon/query"
)

const fileHelp = "read this copy of a history, not the site's own"

// withHistory is withSight, or the same with a copy of a history. A copy needs
// no site folder.
func (a *app) withHistory(ctx context.Context, file string, f func(s *sight) error) error {
	if file == "" {
		return a.withSight(ctx, f)
	}
	db, err := history.OpenReadOnly(file, history.Options{})
	if err != nil {
		return wayOutOfCopy(file, err)
	}
	s := &sight{Reader: db, history: db}
	return errors.Join(f(s), s.close())
}

// wayOut gives an error of opening the site's history what can be done about
// it. The file itself is never changed by an opening that fails.
func wayOut(path string, err error) error {
	const beside = "darksite history recover --start-beside   (the old file is kept; nothing of it is lost)"
	var busy *boltfile.BusyError
	switch {
	case err == nil, errors.As(err, &busy):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return err
	case errors.Is(err, boltfile.ErrNewer):
		return cli.WithHint(err, "use the newer darksite that wrote it; to go on without its past meanwhile:\n      %s", beside)
	case errors.Is(err, boltfile.ErrForeign):
		return cli.WithHint(fmt.Errorf("%w; it was left as it is", err), "%s", beside)
	case errors.Is(err, boltfile.ErrDamaged):
		return cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("%w; it was left as it is", err)), "%s", waysOut(path))
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return cli.WithHint(err, "find out why it cannot be written (a disk turns read-only when it fails); reading goes on: darksite history export --format csv --out FILE-ON-ANOTHER-DISK")
	}
	return err
}

// wayOutOfCopy is wayOut for a file that was named with --file.
func wayOutOfCopy(path string, err error) error {
	switch {
	case errors.Is(err, boltfile.ErrNewer):
		return cli.WithHint(err, "use the newer darksite that wrote it")
	case errors.Is(err, boltfile.ErrForeign):
		return cli.WithHint(err, "--file names a history.db or a copy of one; text is read by: darksite history import %s", path)
	case errors.Is(err, boltfile.ErrDamaged):
		return cli.WithHint(cli.WithCode(cli.CodeTampered, err), "nothing of it can be read; another copy may be whole")
	}
	return err
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

// number is a value without a unit, for people.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// fileFlag is the flag that names a copy again, in a hint.
func fileFlag(file string) string {
	if file == "" {
		return ""
	}
	return " --file " + file
}
