package sitecmd

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
	"darksite/cmd/internal/siteconf"
	"darksite/localmon/units"
	"darksite/runbooks/content"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return cli.VersionCommand(a.env, "darksite", a.version)
}

func (a *app) doctorCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "doctor", Short: "Is this machine fit for the kit: folder, space, clock, stock programs", Args: cobra.NoArgs,
		Long:    "Check what the kit needs of the machine. Nothing is changed. Exit 3 when something\nneeds attention.",
		Example: "  darksite doctor",
		RunE: func(c *cobra.Command, _ []string) error {
			findings := a.examine(c.Context())
			if asJSON {
				if err := a.env.JSON(findings); err != nil {
					return err
				}
				return a.attention(findings)
			}
			t := &cli.Table{Header: []string{"STATE", "WHAT"}}
			for _, f := range findings {
				t.Add(f.State, f.What)
			}
			t.Print(a.env.Out, a.env.Width(), a.env.Color())
			return a.attention(findings)
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

// leastSpace is the room a site folder should have.
const leastSpace = 1 << 30

func (a *app) examine(ctx context.Context) []finding {
	out := []finding{a.examineFolder(), a.examineSpace(), a.examineClock()}
	if lib, err := content.Library(); err != nil {
		out = append(out, finding{State: "CRIT", What: "runbooks: " + err.Error()})
	} else {
		out = append(out, finding{State: "OK", What: fmt.Sprintf("%d runbooks are embedded", len(lib.All()))})
	}
	for _, p := range []struct{ name, use string }{
		{"age", "opens a bundle without this kit; version 1.3 or newer"},
		{"zstd", "opens a bundle without this kit"},
		{"ssh-keygen", "checks signatures without this kit"},
		{"sha256sum", "checks a medium without this kit"},
	} {
		if _, err := exec.LookPath(p.name); err != nil {
			out = append(out, finding{State: "WARN", What: fmt.Sprintf("%s is not installed: %s", p.name, p.use)})
			continue
		}
		out = append(out, finding{State: "OK", What: p.name + " is installed"})
	}
	out = append(out, a.examineKeys()...)
	out = append(out, a.examineStaging()...)
	out = append(out, a.examineNotify()...)
	if _, err := a.config(); err == nil { // else the folder was complained of
		policy, _ := a.examinePolicy()
		out = append(out, policy)
	}
	out = append(out, a.examineRules(ctx)...)
	return append(out, a.examineMonitor(ctx))
}

// examineKeys finds private keys that others may read.
func (a *app) examineKeys() []finding {
	files, _ := filepath.Glob(a.path(keysDir, "*.key")) // the pattern is a valid one
	var out []finding
	for _, file := range files {
		if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o077 != 0 {
			out = append(out, finding{State: "CRIT", What: fmt.Sprintf("%s may be read by others (mode %o)", file, info.Mode().Perm()), Next: "chmod 600 " + file})
		}
	}
	return out
}

// examineStaging finds raw data that an interrupted collection left.
func (a *app) examineStaging() []finding {
	dirs, _ := filepath.Glob(a.path(bundlesDir, "*", "staging")) // the pattern is a valid one
	var out []finding
	for _, dir := range dirs {
		id := filepath.Base(filepath.Dir(dir))
		out = append(out, finding{
			State: "WARN", What: "raw data of an interrupted collection lies in " + dir + ": go on with it, or remove it with bundle withdraw",
			Next: fmt.Sprintf("darksite bundle collect --as ID --resume %s   (or: darksite bundle withdraw %s --as ID --reason \"interrupted\")", id, id),
		})
	}
	return out
}

func (a *app) examineFolder() finding {
	info, err := os.Stat(a.dir())
	if err != nil {
		return finding{State: "WARN", What: "no site folder at " + a.dir(), Next: "darksite init --code S042 --name \"your site\""}
	}
	if info.Mode().Perm()&0o077 != 0 {
		return finding{State: "CRIT", What: fmt.Sprintf("%s is open to others (mode %o)", a.dir(), info.Mode().Perm()), Next: "chmod 700 " + a.dir()}
	}
	if _, err := siteconf.Load(a.dir()); err != nil {
		return finding{State: "CRIT", What: err.Error(), Next: "darksite site check"}
	}
	return finding{State: "OK", What: "site folder " + a.dir() + " is private and site.yaml is read"}
}

func (a *app) examineSpace() finding {
	dir := a.dir()
	for {
		var st syscall.Statfs_t
		err := syscall.Statfs(dir, &st)
		if err == nil {
			free := float64(st.Bavail) * float64(st.Bsize)
			if free < leastSpace {
				return finding{State: "WARN", What: units.Bytes(free) + " are free at " + dir + ": at least " + units.Bytes(leastSpace) + " are wanted"}
			}
			return finding{State: "OK", What: units.Bytes(free) + " are free at " + dir}
		}
		up := dir[:max(0, strings.LastIndexByte(dir, '/'))]
		if !errors.Is(err, syscall.ENOENT) || up == "" || up == dir {
			return finding{State: "WARN", What: "free space at " + dir + " cannot be read: " + err.Error()}
		}
		dir = up
	}
}

// oldest is before anything this kit could have been used for.
const oldestYear = 2026

func (a *app) examineClock() finding {
	now := a.env.Now()
	if now.Year() < oldestYear {
		return finding{State: "CRIT", What: "the clock says " + now.Format("2006-01-02") + ": it has lost its time", Next: "set the clock by hand"}
	}
	return finding{State: "OK", What: "the clock says " + now.Format("2006-01-02 15:04 MST") + "; compare it with a watch"}
}

func (a *app) examineMonitor(ctx context.Context) finding {
	s, err := a.sight(ctx)
	if err != nil {
		return finding{State: "WARN", What: "monitoring cannot be read: " + err.Error()}
	}
	defer s.close()
	if s.client == nil {
		return finding{State: "WARN", What: "no monitor is running", Next: "darksite monitor"}
	}
	return finding{State: "OK", What: "a monitor is running and answers"}
}
