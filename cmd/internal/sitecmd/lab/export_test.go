package lab

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"darksite/cmd/internal/sitecmd/site"
	"darksite/training/coach"
	"darksite/training/labs"
	"darksite/training/simhost"

	"github.com/stretchr/testify/require"
)

// App is what a command of this package works with: the tests beside it play whole
// commands, and so have to stand outside of the package.
type App struct{ *app }

// NewApp is an app for a test.
func NewApp(s *site.Site, program Program) App { return App{&app{s, program}} }

// Home is where its labs are.
func (a App) Home() coach.Home { return a.labHome() }

// Begin begins a lab whose arrays are served by the test, on a clock that stands.
func (a App) Begin(t *testing.T, lab *labs.Lab, seed uint64) App {
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
	t.Cleanup(func() { require.NoError(t, s.home.Vacate()) })
	return App{in}
}

// Play runs one command as a learner would type it.
func (a App) Play(ctx context.Context, show io.Writer, c labs.Command) error {
	return a.play(ctx, show, c)
}

// World is what the lab is judged by.
func (a App) World(ctx context.Context) (labs.World, error) { return a.labWorld(ctx) }

// RunDesk runs one command of the practice desk in a folder.
func RunDesk(ctx context.Context, dir string, out io.Writer, args ...string) (int, error) {
	program, err := deskProgram()
	if err != nil {
		return 0, err
	}
	return labDesk{program, dir}.run(ctx, strings.NewReader(""), out, out, args...)
}
