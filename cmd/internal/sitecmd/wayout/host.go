package wayout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"darksite/bundle/collect"
	"darksite/bundle/collect/hostfacts"
	"darksite/bundle/collect/hostfile"
	"darksite/bundle/collect/logs"
	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon/units"

	"github.com/spf13/cobra"
)

type hostOptions struct {
	out, profile         string
	dryRun, each, asJSON bool
}

// CollectHostCommand is darksite collect-host.
func CollectHostCommand(s *site.Site) *cobra.Command {
	a := &app{s}
	var o hostOptions
	c := &cobra.Command{
		Use: "collect-host", Short: "Collect facts and logs of this host into one file, for a bundle made elsewhere", Args: cobra.NoArgs,
		Long: `Run this program on another host of the site, and carry the file it writes to the
host of the kit: darksite bundle collect --host-file FILE takes it in. It needs no
site folder, changes nothing and dials nobody. What a user may not read is listed
in the file; as root it finds more.

The file is raw: it has met no redactor and must not leave the site.`,
		Example: `  darksite collect-host --dry-run
  darksite collect-host --out /media/usb/db7.host`,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.dryRun {
				return a.foreseeHost(c.Context(), o)
			}
			return a.collectHost(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.out, "out", "", "file to write; it must not exist")
	f.StringVar(&o.profile, "profile", "quick", "how much to take: quick, standard, full")
	f.BoolVar(&o.dryRun, "dry-run", false, "only say what would be taken")
	f.BoolVar(&o.each, "each", false, "with --dry-run: one line for each item")
	cli.JSONFlag(c, &o.asJSON)
	return c
}

// ofThisHost are the collectors that need no site.
func (a *app) ofThisHost(o hostOptions) (*gathering, error) {
	p, err := collect.ProfileNamed(o.profile)
	if err != nil {
		return nil, cli.WithCode(cli.CodeUsage, err)
	}
	return &gathering{profile: p, collectors: []collect.Collector{a.hostFacts(), a.hostLogs(p.Logs)}}, nil
}

// hostFacts collects what this machine is. In a lab it is a machine that the lab made
// up: what a learner's machine is has no place in a practice bundle.
func (a *app) hostFacts() collect.Collector {
	if a.Practice != nil {
		return hostfacts.New(hostfacts.Options{Root: a.Path(site.MachineDir)})
	}
	return hostfacts.New(hostfacts.Options{Root: "/", Programs: collect.HostPrograms{}})
}

// hostLogs collects what this machine wrote, or the one of the lab.
func (a *app) hostLogs(window time.Duration) collect.Collector {
	if a.Practice != nil {
		return logs.New(logs.Options{Dir: a.Path(site.MachineDir, "var", "log"), Label: "/var/log", Window: window, Now: a.Env.Now()})
	}
	return logs.New(logs.Options{Dir: "/var/log", Window: window, Now: a.Env.Now(), Programs: collect.HostPrograms{}})
}

func (a *app) foreseeHost(ctx context.Context, o hostOptions) error {
	g, err := a.ofThisHost(o)
	if err != nil {
		return err
	}
	list, err := collect.Foresee(ctx, g.profile, g.collectors)
	if err != nil {
		return err
	}
	return a.printPreview(g.profile, list, o.each, o.asJSON, "darksite collect-host --out FILE")
}

func (a *app) collectHost(ctx context.Context, o hostOptions) error {
	if o.out == "" {
		return cli.WithHint(cli.Usagef("name the file with --out"), "darksite collect-host --out FILE")
	}
	g, err := a.ofThisHost(o)
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("name this host: %w", err)
	}
	watched, err := a.watched(ctx, g)
	if err != nil {
		return err
	}
	made, err := hostfile.Make(ctx, hostfile.Making{
		Out: o.out, Host: host, Tool: cmp.Or(a.Version, "unknown"), Profile: g.profile, Collectors: watched, Now: a.Env.Now,
		Progress: func(name string, done, of int) {
			if name != "" {
				a.Env.Notef("collect %s (%d of %d)", name, done, of)
			}
		},
	})
	if errors.Is(err, fs.ErrExist) {
		return cli.WithHint(err, "choose another name, or remove %s (and %s, which a killed run leaves)", o.out, o.out+hostfile.StagingSuffix)
	}
	if err != nil {
		return err
	}
	if o.asJSON {
		return a.Env.JSON(made)
	}
	fmt.Fprintf(a.Env.Out, "%s\nsha256 %s\n", o.out, made.Digest)
	a.printOutcomes(made.Result.Collectors)
	a.Env.Notef("%d files, %s; raw, so it must not leave the site; %d things could not be had or were left out, they are listed in it",
		len(made.Result.Items), units.Bytes(float64(made.Size)), len(made.Result.Omitted))
	a.Env.Next("darksite bundle collect --as ID --host-file " + o.out + "   (on the host of the kit)")
	return nil
}

// carriedHosts opens the files of other hosts; nil when there are none.
func (a *app) carriedHosts(ctx context.Context, files []string) (*hostfile.Hosts, error) {
	if len(files) == 0 {
		return nil, nil
	}
	if err := os.MkdirAll(a.Path(site.BundlesDir), 0o700); err != nil {
		return nil, fmt.Errorf("take in host files: %w", err)
	}
	h, err := hostfile.New(ctx, hostfile.Options{Files: files, Scratch: a.Path(site.BundlesDir)})
	switch {
	case errors.Is(err, hostfile.ErrMalformed):
		return nil, cli.WithHint(cli.WithCode(cli.CodeTampered, err), "make it again on its host: darksite collect-host --out FILE")
	case errors.Is(err, hostfile.ErrTwice):
		return nil, cli.WithHint(cli.WithCode(cli.CodeUsage, err), "name the newer of the two only")
	case errors.Is(err, safefile.ErrIrregular):
		return nil, cli.WithHint(err, "name the file itself: links, pipes and devices are not read")
	case err != nil:
		return nil, err
	}
	for _, c := range h.Found() {
		a.Env.Notef("host %s, %d files, made %s, sha256 %s", c.Host, c.Files, c.Made.Format("2006-01-02 15:04 MST"), c.Digest)
	}
	return h, nil
}

// hostNames is a name of a host, and the short one that its own logs call it by.
func hostNames(name string) []string {
	if short, _, long := strings.Cut(name, "."); long {
		return []string{name, short}
	}
	return []string{name}
}
