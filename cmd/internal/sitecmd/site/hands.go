package site

import (
	"context"
	"strings"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/runbooks"
	"darksite/training/coach"
)

// Hand does something with hands and says what is seen.
func (s *Site) Hand(ctx context.Context, array string, args []string) error {
	act := coach.Act{Verb: args[0], Array: array, Lang: runbooks.Lang(s.PracticeLang())}
	if len(args) > 1 {
		act.Target = args[1]
	}
	says, err := s.Practice.Arrays.Do(ctx, act)
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeUsage, err), "darksite train lab do   (lists what there is)")
	}
	s.Env.Point("", says)
	return nil
}

// LookAt says what somebody sees who stands before a part of a simulated array.
func (s *Site) LookAt(ctx context.Context, array, part string) error {
	says, err := s.Practice.Arrays.Look(ctx, coach.Act{Target: part, Array: array, Lang: runbooks.Lang(s.PracticeLang())})
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeUsage, err), "darksite runbook show drive-failed   (parts are named as CH0.BAY3, CT0, CT0.FC1)")
	}
	s.Env.Point("", says)
	return nil
}

// Aside lets a person at a question of a runbook use hands and eyes, as with another
// terminal: lab do replace CH0.BAY3.
func (s *Site) Aside(ctx context.Context, array, line string) bool {
	words := strings.Fields(line)
	if s.Practice == nil || s.Practice.Arrays == nil || len(words) < 3 || words[0] != "lab" {
		return false
	}
	var err error
	switch words[1] {
	case "do":
		err = s.Hand(ctx, array, words[2:min(len(words), 4)])
	case "look":
		err = s.LookAt(ctx, array, words[2])
	case "wait":
		var d time.Duration
		if d, err = time.ParseDuration(words[2]); err == nil {
			err = s.Practice.Arrays.Advance(ctx, d, WatchEvery(d))
		}
	default:
		return false
	}
	if err != nil {
		s.Env.Notef("%s", err)
	}
	return true
}

// maxLooks bounds how often the site is looked at while a person waits.
const maxLooks = 30

// WatchEvery is how far apart looks are while time passes.
func WatchEvery(d time.Duration) time.Duration { return max(30*time.Second, d/maxLooks) }
