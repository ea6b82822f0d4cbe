package sitecmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"
	"darksite/localmon/source/host"
	"darksite/training/coach"
	"darksite/training/labmark"

	"github.com/spf13/cobra"
)

// practice is what a command knows that works in the folder of a lab.
type practice struct {
	marker coach.Marker
	site   *coach.Client // nil for commands that do without
}

// enterLab finds out whether the site folder is that of a lab. There the clock is the one
// of the simulated arrays, and every screen begins by saying that it is training.
func (a *app) enterLab(c *cobra.Command) error {
	marker, err := coach.ReadMarker(a.dir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeTampered, err), "darksite train lab reset")
	}
	if real := a.realSite(marker.Site); real != "" && learns(c) {
		a.dirFlag = real
		return nil
	}
	a.practice = &practice{marker: marker}
	if needsNoSite(c) {
		return nil
	}
	if a.practice.site, err = coach.Dial(c.Context(), marker, a.env.Now); err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "darksite train lab start %s   (begins it anew)", marker.Lab)
	}
	env := *a.env
	env.Now = a.practice.site.Now
	a.env = &env
	a.env.Notef("%s", a.labBanner())
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

func (a *app) labBanner() string {
	m := a.practice.marker
	return "== " + labSay(m.Lang, "TRAINING", "EXERCICE") + "  lab " + m.Lab + "  " +
		labSay(m.Lang, "simulated arrays, nothing here is real", "baies simulées, rien n'est réel") + "  " + a.env.Now().UTC().Format("15:04") + " =="
}

func labSay(lang, en, fr string) string {
	if lang == "fr" {
		return fr
	}
	return en
}

// checkPractice refuses the site file of a lab that names anything of a real site.
func (a *app) checkPractice(conf *siteconf.Config) error {
	m, err := coach.ReadMarker(a.dir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return cli.WithCode(cli.CodeTampered, err)
	}
	var addresses []string
	for _, ar := range conf.Arrays {
		if d := ar.Dialled(); d != "" {
			addresses = append(addresses, d)
		}
	}
	for _, l := range []string{conf.Listen.Console, conf.Listen.Syslog, conf.Listen.SyslogTLS, conf.Listen.Traps} {
		if l != "" {
			addresses = append(addresses, l)
		}
	}
	for _, n := range conf.Notify {
		addresses = append(addresses, "notifier "+n.Name) // it tells people of what is not real
	}
	secrets := map[string][]byte{}
	for _, name := range conf.Secrets() {
		path := name
		if !filepath.IsAbs(path) {
			path = a.path(path)
		}
		text, err := readBounded(path, maxRequest)
		if errors.Is(err, fs.ErrNotExist) {
			continue // who reads it says so
		}
		if err != nil {
			return err
		}
		secrets[name] = text
	}
	return cli.WithHint(cli.WithCode(cli.CodeRefused, m.Check(addresses, secrets)), "darksite train lab reset")
}

// machine is the kit's own machine as a target. In a lab it is one that is always well:
// how busy a learner's machine happens to be has no place there.
func (a *app) machine(name string) (localmon.Source, error) {
	if a.practice != nil {
		return wellMachine(name), nil
	}
	return host.New(host.Options{Target: name})
}

// wellMachine is a machine of which there is nothing to say.
type wellMachine string

// Target implements localmon.Source.
func (m wellMachine) Target() string { return string(m) }

// Collect implements localmon.Source.
func (m wellMachine) Collect(_ context.Context, now time.Time) (localmon.Batch, error) {
	load := localmon.SeriesKey{Target: string(m), Metric: "node_load1"}
	return localmon.Batch{Target: string(m), At: now, Samples: []localmon.Sample{{Key: load, Value: 0.1}}}, nil
}

// machineDir is where the made-up machine of a lab lies, as it would below /.
const machineDir = "machine"

// writeMachine makes the machine of a lab up.
func (a *app) writeMachine() error {
	now := a.env.Now()
	for name, text := range coach.Machine() {
		file := a.path(machineDir, filepath.FromSlash(name))
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

// ownKey refuses a private key that lies outside of the lab's folder: what signs and
// opens for real is not to be used in practice, not even by mistake.
func (a *app) ownKey(file string) error {
	if a.practice == nil {
		return nil
	}
	return cli.WithHint(cli.WithCode(cli.CodeRefused, labmark.Inside(a.dir(), file)), "leave the key out: the keys of the lab are in its folder keys")
}

// sleep is how a command waits: in a lab time passes at once.
func (a *app) sleep(ctx context.Context, d time.Duration) error {
	if a.practice != nil && a.practice.site != nil {
		return a.practice.site.Advance(ctx, d, max(d, 2*time.Minute))
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// boot is the time since the machine started; in a lab since its clock began.
func (a *app) boot() func() time.Duration {
	began := a.env.Now()
	if a.practice != nil && a.practice.site != nil {
		someday := a.practice.marker.Ends.AddDate(-1, 0, 0) // any fixed moment before the lab does
		return func() time.Duration { return a.env.Now().Sub(someday) }
	}
	return func() time.Duration { return uptime(began, a.env.Now()) }
}
