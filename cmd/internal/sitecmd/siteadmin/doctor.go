package siteadmin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/rules"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/watch"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon/units"
	"darksite/runbooks/content"

	"github.com/spf13/cobra"
)

// DoctorCommand is darksite doctor.
func DoctorCommand(s *site.Site) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "doctor", Short: "Is this machine fit for the kit: folder, space, clock, stock programs", Args: cobra.NoArgs,
		Long:    "Check what the kit needs of the machine. Nothing is changed. Exit 3 when something\nneeds attention.",
		Example: "  darksite doctor",
		RunE: func(c *cobra.Command, _ []string) error {
			findings := Examine(c.Context(), s)
			if asJSON {
				if err := s.Env.JSON(findings); err != nil {
					return err
				}
				return s.Attention(findings)
			}
			t := &cli.Table{Header: []string{"STATE", "WHAT"}}
			for _, f := range findings {
				t.Add(f.State, f.What)
			}
			t.Print(s.Env.Out, s.Env.Width(), s.Env.Color())
			return s.Attention(findings)
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

// leastSpace is the room a site folder should have.
const leastSpace = 1 << 30

// Examine is everything the kit finds out about itself.
func Examine(ctx context.Context, s *site.Site) []site.Finding {
	a := &app{s}
	out := []site.Finding{a.examineFolder(), ExamineSpace(a.Site), ExamineClock(a.Site)}
	if lib, err := content.Library(); err != nil {
		out = append(out, site.Finding{State: "CRIT", What: "runbooks: " + err.Error()})
	} else {
		out = append(out, site.Finding{State: "OK", What: fmt.Sprintf("%d runbooks are embedded", len(lib.All()))})
	}
	for _, p := range []struct{ name, use string }{
		{"age", "opens a bundle without this kit; version 1.3 or newer"},
		{"zstd", "opens a bundle without this kit"},
		{"ssh-keygen", "checks signatures without this kit"},
		{"sha256sum", "checks a medium without this kit"},
	} {
		if _, err := exec.LookPath(p.name); err != nil {
			out = append(out, site.Finding{State: "WARN", What: fmt.Sprintf("%s is not installed: %s", p.name, p.use)})
			continue
		}
		out = append(out, site.Finding{State: "OK", What: p.name + " is installed"})
	}
	out = append(out, ExamineKeys(a.Site)...)
	out = append(out, ExamineStaging(a.Site)...)
	out = append(out, watch.ExamineNotify(a.Site)...)
	if _, err := a.Config(); err == nil { // else the folder was complained of
		policy, _ := a.ExaminePolicy()
		out = append(out, policy)
	}
	out = append(out, rules.Examine(ctx, a.Site)...)
	return append(out, a.examineMonitor(ctx))
}

// ExamineKeys finds private keys that others may read.
func ExamineKeys(s *site.Site) []site.Finding {
	files, _ := filepath.Glob(s.Path(site.KeysDir, "*.key")) // the pattern is a valid one
	var out []site.Finding
	for _, file := range files {
		if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o077 != 0 {
			out = append(out, site.Finding{State: "CRIT", What: fmt.Sprintf("%s may be read by others (mode %o)", file, info.Mode().Perm()), Next: "chmod 600 " + file})
		}
	}
	return out
}

// ExamineStaging finds raw data that an interrupted collection left.
func ExamineStaging(s *site.Site) []site.Finding {
	dirs, _ := filepath.Glob(s.Path(site.BundlesDir, "*", "staging")) // the pattern is a valid one
	var out []site.Finding
	for _, dir := range dirs {
		id := filepath.Base(filepath.Dir(dir))
		out = append(out, site.Finding{
			State: "WARN", What: "raw data of an interrupted collection lies in " + dir + ": go on with it, or remove it with bundle withdraw",
			Next: fmt.Sprintf("darksite bundle collect --as ID --resume %s   (or: darksite bundle withdraw %s --as ID --reason \"interrupted\")", id, id),
		})
	}
	return out
}

func (a *app) examineFolder() site.Finding {
	info, err := os.Stat(a.Dir())
	if err != nil {
		return site.Finding{State: "WARN", What: "no site folder at " + a.Dir(), Next: "darksite init --code S042 --name \"your site\""}
	}
	if info.Mode().Perm()&0o077 != 0 {
		return site.Finding{State: "CRIT", What: fmt.Sprintf("%s is open to others (mode %o)", a.Dir(), info.Mode().Perm()), Next: "chmod 700 " + a.Dir()}
	}
	if _, err := siteconf.Load(a.Dir()); err != nil {
		return site.Finding{State: "CRIT", What: err.Error(), Next: "darksite site check"}
	}
	return site.Finding{State: "OK", What: "site folder " + a.Dir() + " is private and site.yaml is read"}
}

// ExamineSpace says whether the disk has room for a bundle.
func ExamineSpace(s *site.Site) site.Finding {
	dir := s.Dir()
	for {
		var st syscall.Statfs_t
		err := syscall.Statfs(dir, &st)
		if err == nil {
			free := float64(st.Bavail) * float64(st.Bsize)
			if free < leastSpace {
				return site.Finding{State: "WARN", What: units.Bytes(free) + " are free at " + dir + ": at least " + units.Bytes(leastSpace) + " are wanted"}
			}
			return site.Finding{State: "OK", What: units.Bytes(free) + " are free at " + dir}
		}
		up := dir[:max(0, strings.LastIndexByte(dir, '/'))]
		if !errors.Is(err, syscall.ENOENT) || up == "" || up == dir {
			return site.Finding{State: "WARN", What: "free space at " + dir + " cannot be read: " + err.Error()}
		}
		dir = up
	}
}

// oldest is before anything this kit could have been used for.
const oldestYear = 2026

// ExamineClock says whether the clock can be right at all.
func ExamineClock(s *site.Site) site.Finding {
	now := s.Env.Now()
	if now.Year() < oldestYear {
		return site.Finding{State: "CRIT", What: "the clock says " + now.Format("2006-01-02") + ": it has lost its time", Next: "set the clock by hand"}
	}
	return site.Finding{State: "OK", What: "the clock says " + now.Format("2006-01-02 15:04 MST") + "; compare it with a watch"}
}

func (a *app) examineMonitor(ctx context.Context) site.Finding {
	s, err := sight.Open(ctx, a.Site)
	if err != nil {
		return site.Finding{State: "WARN", What: "monitoring cannot be read: " + err.Error()}
	}
	defer s.Close()
	if s.Client == nil {
		return site.Finding{State: "WARN", What: "no monitor is running", Next: "darksite monitor"}
	}
	return site.Finding{State: "OK", What: "a monitor is running and answers"}
}
