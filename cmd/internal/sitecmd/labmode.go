package sitecmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/training/coach"

	"github.com/spf13/cobra"
)

// enterLab finds out whether the site folder is that of a lab. There the clock is the one
// of the simulated arrays, and every screen begins by saying that it is training.
func (a *app) enterLab(c *cobra.Command) error {
	marker, err := coach.ReadMarker(a.Dir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeTampered, err), "darksite train lab reset")
	}
	if real := a.RealSite(marker.Site); real != "" && learns(c) {
		a.Given = real
		return nil
	}
	a.Practice = &site.Practice{Marker: marker}
	if needsNoSite(c) {
		return nil
	}
	if a.Practice.Arrays, err = coach.Dial(c.Context(), marker, a.Env.Now); err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "darksite train lab start %s   (begins it anew)", marker.Lab)
	}
	env := *a.Env
	env.Now = a.Practice.Arrays.Now
	a.Env = &env
	a.Env.Notef("%s", a.Banner())
	return nil
}

// learns reports whether a command is about the record of a learner, which is kept in the
// real site and never in that of a lab: whoever sits in a lab need not leave it for them.
func learns(c *cobra.Command) bool {
	path := strings.Fields(c.CommandPath())
	return len(path) > 2 && path[1] == "train" && path[2] != "lab"
}

// needsNoSite reports whether a command works without the simulated arrays: those that
// explain, and those that begin and end labs.
func needsNoSite(c *cobra.Command) bool {
	path := strings.Fields(c.CommandPath())
	if len(path) < 2 {
		return true
	}
	return slices.Contains([]string{"train", "version", "help", "completion", "sim", "demo", cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd}, path[1])
}

// writeMachine makes the machine of a lab up.
func (a *app) writeMachine() error {
	now := a.Env.Now()
	for name, text := range coach.Machine() {
		file := a.Path(site.MachineDir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return fmt.Errorf("make the machine of a lab up: %w", err)
		}
		if err := safefile.Write(file, []byte(text), 0o600); err != nil {
			return err
		}
		if err := os.Chtimes(file, now, now); err != nil {
			return fmt.Errorf("make the machine of a lab up: %w", err)
		}
	}
	return nil
}
