package site

import (
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/siteconf"
)

// Site is the site folder that a command works in, and what every command of one process
// shares.
type Site struct {
	Env     *cli.Env
	Version string
	Given   string // the folder that --dir names; empty for the usual one

	Practice *Practice // where the site folder is that of a lab
}

// At is the same site by another clock.
func (s *Site) At(now func() time.Time) *Site {
	then, env := *s, *s.Env
	env.Now = now
	then.Env = &env
	return &then
}

// Dir is the site folder.
func (s *Site) Dir() string { return s.Env.Folder(s.Given, "DARKSITE_DIR", ".darksite") }

// Path names a file below the site folder.
func (s *Site) Path(elem ...string) string {
	return filepath.Join(append([]string{s.Dir()}, elem...)...)
}

// Config loads site.yaml and says what to do when there is none.
func (s *Site) Config() (*siteconf.Config, error) {
	c, err := siteconf.Load(s.Dir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cli.WithHint(err, "darksite init --code S042 --name \"your site\"   (or name the folder with --dir)")
	}
	if err != nil {
		return nil, cli.WithHint(cli.WithCode(cli.CodeUsage, err), "mend %s, then: darksite site check", s.Path(siteconf.FileName))
	}
	if err := s.checkPractice(c); err != nil {
		return nil, err
	}
	return c, nil
}

// Rooted is a file of site.yaml, below the site folder unless it is absolute.
func (s *Site) Rooted(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return s.Path(file)
}
