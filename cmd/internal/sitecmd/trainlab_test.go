package sitecmd

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"darksite/cmd/internal/cli"
	"darksite/training/coach"
	"darksite/training/labs"
	"darksite/training/labs/content"
	"darksite/training/simhost"
)

// allLabs is set to play every solution of every lab; else the reference and one that
// goes wrong are played.
const allLabs = "DARKSITE_ALL_LABS"

// TestLabs plays the solutions of every lab, right and wrong, with the commands a learner
// would type, and holds each to the points it must come to.
func TestLabs(t *testing.T) {
	all, err := content.Library()
	require.NoError(t, err)
	for _, lab := range all.All() {
		t.Run(lab.ID, func(t *testing.T) {
			for i, s := range lab.Solutions {
				if os.Getenv(allLabs) == "" && i > 0 && !s.Fatal {
					continue
				}
				t.Run(s.Name, func(t *testing.T) { playSolution(t, lab, i) })
			}
		})
	}
}

func playSolution(t *testing.T, lab *labs.Lab, i int) {
	var out bytes.Buffer
	a := practiceApp(t, &out)
	began := time.Now()
	in := beginLab(t, a, lab, uint64(i)+1)
	ready := time.Since(began)
	drawn, _ := lab.Draw(uint64(i) + 1)
	want := drawn.Solutions[i]
	for _, step := range want.Steps {
		// A person takes some time for each command.
		require.NoError(t, in.practice.site.Advance(t.Context(), 10*time.Second, 30*time.Second))
		require.NoError(t, in.play(t.Context(), &out, step), "%s", &out)
	}
	world, err := in.labWorld(t.Context())
	require.NoError(t, err)
	v := labs.Grade(drawn, world, 0)
	var goals strings.Builder
	for _, g := range v.Goals {
		fmt.Fprintf(&goals, "%s=%v ", g.ID, g.Got)
	}
	t.Logf("%s | %s | %d points, fatal %v | ready %s, all %s", lab.ID, want.Name, v.Points, v.Fatal, ready.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	require.Equal(t, want.Score, v.Points, "%s\n%s", &goals, &out)
	require.Equal(t, want.Fatal, v.Fatal, &out)
}

// practiceApp is an app that works in a home of its own.
func practiceApp(t *testing.T, out *bytes.Buffer) *app {
	// The folder of a test has too long a name for the monitor's socket.
	home, err := os.MkdirTemp("", "lab-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(home)) })
	env := &cli.Env{
		In: strings.NewReader(""), Out: out, Err: out, Now: time.Now,
		Getenv: func(k string) string { return map[string]string{"DARKSITE_TRAINING": home, "HOME": home}[k] },
	}
	return &app{env: env, version: "test"}
}

// beginLab begins a lab whose arrays are served by this test, on a clock that stands.
func beginLab(t *testing.T, a *app, lab *labs.Lab, seed uint64) *app {
	s := labStart{lab: lab, seed: seed, lang: "en", home: a.labHome(), life: time.Hour, serve: func(_ context.Context, s labStart) ([]simhost.Served, error) {
		running, err := a.serveLab(s, time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC))
		if err != nil {
			return nil, err
		}
		t.Cleanup(func() { require.NoError(t, running.Close()) })
		return running.Served(), nil
	}}
	in, err := a.startLab(t.Context(), s)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, coach.Home(s.home).Vacate()) })
	return in
}
