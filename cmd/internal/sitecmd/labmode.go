package sitecmd

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/training/coach"

	"github.com/spf13/cobra"
)

// enterLab finds out whether the site folder is that of a lab. There the clock is the one
// of the simulated arrays, and every screen begins by saying that it is training.
func enterLab(s *site.Site, c *cobra.Command) error {
	marker, err := coach.ReadMarker(s.Dir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeTampered, err), "darksite train lab reset")
	}
	if real := s.RealSite(marker.Site); real != "" && learns(c) {
		s.Given = real
		return nil
	}
	s.Practice = &site.Practice{Marker: marker}
	if needsNoSite(c) {
		return nil
	}
	if s.Practice.Arrays, err = coach.Dial(c.Context(), marker, s.Env.Now); err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "darksite train lab start %s   (begins it anew)", marker.Lab)
	}
	env := *s.Env
	env.Now = s.Practice.Arrays.Now
	s.Env = &env
	s.Env.Notef("%s", s.Banner())
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
