package site

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"darksite/cmd/internal/cli"
	"darksite/runbooks/engine"
)

// WithCalled adds to runs those that they called, which lie beside them.
func (s *Site) WithCalled(ids []string) []string {
	out := slices.Clone(ids)
	entries, err := os.ReadDir(s.Path(RunsDir))
	if err != nil {
		return out // who reads the runs says why
	}
	for _, e := range entries {
		root, _, called := strings.Cut(e.Name(), ".")
		if called && slices.Contains(ids, root) && !slices.Contains(ids, e.Name()) {
			out = append(out, e.Name())
		}
	}
	return out
}

// CheckRuns refuses runs this site does not have, before they are promised as
// evidence.
func (s *Site) CheckRuns(ids []string) error {
	for _, id := range ids {
		if _, err := os.Stat(s.Path(RunsDir, id, engine.LogFile)); err != nil || filepath.Base(id) != id {
			return cli.WithHint(cli.Usagef("no run is named %q", id), "ls %s", s.Path(RunsDir))
		}
	}
	return nil
}
