package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/training/scenario"
	"darksite/training/sim"
	"darksite/training/simhost"

	"github.com/spf13/cobra"
)

type simOptions struct {
	scenario, size, control string
	speech                  simhost.Speech
	speed                   float64
	seed                    int64
	list, faults            bool
}

// SimCommand is darksite sim.
func SimCommand(s *site.Site) *cobra.Command {
	a := &app{Site: s}
	var o simOptions
	c := &cobra.Command{
		Use: "sim", Short: "Serve simulated arrays on loopback, for practice and tests", Args: cobra.NoArgs,
		Long: `Serve the arrays of a scenario over the same TLS interface real arrays have, on
loopback only. The clock of the arrays is virtual: --speed 60 makes an hour pass
in a minute. Prints the lines for site.yaml and writes the tokens beside them.

A FlashArray also serves its metrics, at https://ADDRESS/metrics/array and beside
it. The control interface lets faults happen, ends them, and moves the clock:

  curl CONTROL/v1/state
  curl CONTROL/v1/inject -H Content-Type:application/json \
    -d '{"array":"fa-prod-1","fault":"drive_fail","target":"CH0.BAY3"}'`,
		Example: "  darksite sim --list\n  darksite sim --scenario drive-failed --speed 60\n  darksite sim --faults\n  darksite sim --scenario demo --snmp --syslog 127.0.0.1:5514",
		RunE:    func(c *cobra.Command, _ []string) error { return a.runSim(c.Context(), o) },
	}
	c.Flags().StringVar(&o.scenario, "scenario", "quiet", "ready scenario, or a scenario file (*.yaml)")
	c.Flags().StringVar(&o.size, "size", "", "size of the arrays: small, recorded or large (default: as the scenario says)")
	c.Flags().StringVar(&o.control, "control", "127.0.0.1:0", "address of the control interface")
	c.Flags().Float64Var(&o.speed, "speed", 1, "how much faster than real time the arrays' clock runs")
	c.Flags().Int64Var(&o.seed, "seed", -1, "seed in place of the scenario's own")
	c.Flags().BoolVar(&o.speech.SNMP, "snmp", false, "let the arrays answer over SNMP too")
	c.Flags().StringVar(&o.speech.Syslog, "syslog", "", "address that hears of alerts by syslog, such as 127.0.0.1:5514")
	c.Flags().StringVar(&o.speech.Traps, "traps", "", "address that hears of alerts by SNMP traps, such as 127.0.0.1:1162")
	c.Flags().StringVar(&o.speech.Community, "community", simhost.DefaultCommunity, "community of SNMP agents and traps")
	c.Flags().BoolVar(&o.list, "list", false, "list the ready scenarios")
	c.Flags().BoolVar(&o.faults, "faults", false, "list every kind of fault with its parameters")
	return c
}

func (a *app) runSim(ctx context.Context, o simOptions) error {
	if o.list {
		for _, name := range scenario.Names() {
			s, err := scenario.Ready(name)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.Env.Out, "%-22s %s\n", name, s.Title)
		}
		return nil
	}
	if o.faults {
		a.printFaults()
		return nil
	}
	s, err := loadScenario(o.scenario)
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeUsage, err), "darksite sim --list")
	}
	if o.size != "" && !slices.Contains(sim.Sizes(), sim.Size(o.size)) {
		return cli.Usagef("--size %q: want small, recorded or large", o.size)
	}
	options := simhost.Options{Scenario: s, Size: sim.Size(o.size), Control: o.control, Start: a.Env.Now(), Speech: o.speech}
	if o.seed >= 0 {
		seed := uint64(o.seed)
		options.Seed = &seed
	}
	host, err := simhost.Start(options)
	if err != nil {
		return err
	}
	defer host.Close()
	if err := host.SetSpeed(o.speed); err != nil {
		return cli.WithCode(cli.CodeUsage, err)
	}
	tokens, err := os.MkdirTemp("", "darksite-sim-")
	if err != nil {
		return fmt.Errorf("write the tokens: %w", err)
	}
	defer os.RemoveAll(tokens)
	if err := a.printServed(host, o.speech, tokens); err != nil {
		return err
	}
	host.Run(ctx)
	if err := host.Unsaid(); err != nil {
		a.Env.Notef("not everything the arrays said was heard: %v", err)
	}
	a.Env.Notef("the simulator has stopped at %s of its own clock", host.Now().Format("2006-01-02 15:04:05"))
	return nil
}

// printFaults lists the catalogue of the simulator.
func (a *app) printFaults() {
	for _, f := range sim.Catalogue() {
		var kinds []string
		for _, k := range f.Families {
			kinds = append(kinds, string(k))
		}
		fmt.Fprintf(a.Env.Out, "%s  (%s)\n", f.Kind, strings.Join(kinds, ", "))
		lines := []string{f.Doc}
		if f.Target != "" {
			lines = append(lines, "target: "+f.Target)
		}
		for _, p := range f.Params {
			lines = append(lines, fmt.Sprintf("%s=%s: %s", p.Name, p.Default, p.Doc))
		}
		for _, l := range lines {
			for _, part := range cli.Wrap(l, a.Env.Width()-4) {
				fmt.Fprintln(a.Env.Out, "    "+part)
			}
		}
	}
}

func loadScenario(name string) (scenario.Scenario, error) {
	if !strings.HasSuffix(name, ".yaml") {
		return scenario.Ready(name)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return scenario.Scenario{}, fmt.Errorf("read scenario: %w", err)
	}
	return scenario.Parse(name, data)
}

// printServed prints the lines that go into site.yaml.
func (a *app) printServed(host *simhost.Host, speech simhost.Speech, folder string) error {
	keep := func(name, secret string) (string, error) {
		file := filepath.Join(folder, name)
		return file, safefile.Write(file, []byte(secret+"\n"), 0o600)
	}
	w := a.Env.Out
	fmt.Fprintln(w, "arrays:")
	for _, s := range host.Served() {
		file, err := keep(s.Name+".token", s.Token)
		if err != nil {
			return err
		}
		speaks := ""
		if speech.Syslog != "" || speech.Traps != "" {
			speaks = fmt.Sprintf(", sender_names: [%s]", s.Name)
		}
		fmt.Fprintf(w, "  - {name: %s, kind: %s, url: %q, token_file: %q, tls_pin: %q%s}\n", s.Name, s.Kind, s.URL, file, s.Pin, speaks)
	}
	community, err := keep("community", speech.Community)
	if err != nil {
		return err
	}
	for _, s := range host.Served() {
		if s.SNMP != "" {
			fmt.Fprintf(w, "  # the same by SNMP: {name: %s-snmp, kind: %s, via: snmp, address: %q, snmp: {community_file: %q}}\n", s.Name, s.Kind, s.SNMP, community)
		}
	}
	if speech.Syslog != "" || speech.Traps != "" {
		fmt.Fprintln(w, "listen:")
	}
	if speech.Syslog != "" {
		fmt.Fprintf(w, "  syslog: %s\n", speech.Syslog)
	}
	if speech.Traps != "" {
		fmt.Fprintf(w, "  traps: %s\n  trap_users: [{community_file: %q}]\n", speech.Traps, community)
	}
	a.Env.Notef("simulated arrays, no real data; control interface: %s", host.ControlURL())
	a.Env.Next("put the lines above into site.yaml, then: darksite monitor", "Ctrl-C stops the simulator")
	return nil
}
