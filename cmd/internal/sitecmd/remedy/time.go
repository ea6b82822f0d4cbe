package remedy

import (
	"context"
	"os"
	"strconv"
	"strings"
	"time"
)

// boot is the time since the machine started; in a lab since its clock began.
func (a *app) boot() func() time.Duration {
	began := a.Env.Now()
	if a.Practice != nil && a.Practice.Arrays != nil {
		someday := a.Practice.Marker.Ends.AddDate(-1, 0, 0) // any fixed moment before the lab does
		return func() time.Duration { return a.Env.Now().Sub(someday) }
	}
	return func() time.Duration { return uptime(began, a.Env.Now()) }
}

// sleep is how a command waits: in a lab time passes at once.
func (a *app) sleep(ctx context.Context, d time.Duration) error {
	if a.Practice != nil && a.Practice.Arrays != nil {
		return a.Practice.Arrays.Advance(ctx, d, max(d, 2*time.Minute))
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// uptime reads how long this machine has run; where it cannot be read the time
// since this process began serves, which still shows a jump within a run.
func uptime(began, now time.Time) time.Duration {
	if data, err := os.ReadFile("/proc/uptime"); err == nil {
		first, _, _ := strings.Cut(string(data), " ")
		if s, err := strconv.ParseFloat(first, 64); err == nil {
			return time.Duration(s * float64(time.Second))
		}
	}
	return now.Sub(began)
}
