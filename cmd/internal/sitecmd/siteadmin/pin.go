package siteadmin

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"strings"
	"unicode"

	"darksite/bundle/journal"
	"darksite/bundle/safefile"
	"darksite/bundle/words"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon/source/pinned"

	"github.com/spf13/cobra"
)

// pinOptions say what a person read at an array and who it was.
type pinOptions struct{ read, as string }

func (a *app) sitePinCommand() *cobra.Command {
	var o pinOptions
	c := &cobra.Command{
		Use: "pin URL|ARRAY", Short: "Show the certificate an array answers with; pin a renewed one", Args: cobra.ExactArgs(1),
		Long: `With an address: print the pin for site.yaml. Compare it with what the array's own
console shows before you trust it.

With the name of an array: show the fingerprint in site.yaml and whether it is the one
that answers. Where it is not, type the fingerprint that was read at the array's own
console, on a machine beside it. What answers is shown after that and not before, so
that nobody copies it. When both are the same, site.yaml gets it and the journal says
who compared it: a stranger in between would show his own.`,
		Example: "  darksite site pin https://10.1.0.10\n  darksite site pin fa-prod-1 --as mdurand",
		RunE: func(c *cobra.Command, args []string) error {
			if strings.Contains(args[0], "://") {
				return a.printPin(c.Context(), args[0])
			}
			return a.repin(c.Context(), args[0], o)
		},
	}
	c.Flags().StringVar(&o.read, "read", "", "the SHA-256 fingerprint as it was read at the array (default: asked for)")
	c.Flags().StringVar(&o.as, "as", "", "id of the person who compared it")
	return c
}

// printPin prints the pin of what answers at an address.
func (a *app) printPin(ctx context.Context, address string) error {
	if u, err := url.Parse(address); err != nil || u.Scheme != "https" || u.Host == "" {
		return cli.WithHint(cli.Usagef("%q: want the address of an array such as https://10.1.0.10", address), "darksite site pin https://10.1.0.10")
	}
	if a.Practice != nil {
		if err := a.Practice.Marker.Check([]string{address}, nil); err != nil {
			return cli.WithCode(cli.CodeRefused, err)
		}
	}
	pin, err := fetchPin(ctx, address)
	if err != nil {
		return err
	}
	fmt.Fprintln(a.Env.Out, pin)
	return nil
}

func fetchPin(ctx context.Context, address string) (string, error) {
	pin, err := pinned.Fetch(ctx, address)
	return pin, cli.WithHint(err, "check address, cable and power of the array")
}

// repin compares what an array answers with now with its pin, and takes the new one into
// site.yaml when a person has read the same at the array.
func (a *app) repin(ctx context.Context, name string, o pinOptions) error {
	conf, err := a.Config()
	if err != nil {
		return err
	}
	ar, ok := conf.Array(name)
	if !ok || ar.TLSPin == "" {
		return cli.WithHint(cli.Usagef("%q is no array of site.yaml with a pin, and no address", name), "darksite site pin https://10.1.0.10")
	}
	was, err := pinned.Parse(ar.TLSPin)
	if err != nil {
		return err
	}
	shown, err := fetchPin(ctx, ar.URL)
	if err != nil {
		return err
	}
	a.printFingerprint("in site.yaml", was)
	if shown == was {
		a.Env.Notef("%s answers with the certificate that is pinned", name)
		return nil
	}
	refused := cli.WithHint(cli.WithCode(cli.CodeRefused, errors.New("nothing was pinned")), "darksite runbook run certificate-expiry --array %s", name)
	if o.read == "" {
		a.Env.Notef("%s answers with another certificate. Have its administrator read the SHA-256 fingerprint at the array's own console, on a machine beside it, and type it here. What answers is shown after that.", name)
		o.read, err = a.Env.Asker().Line("fingerprint read at the array (Enter: none):")
		if errors.Is(err, cli.ErrNoAnswer) || err == nil && o.read == "" {
			return refused
		}
		if err != nil {
			return err
		}
	}
	typed, err := fingerprint(name, o.read)
	if err != nil {
		return err
	}
	a.printFingerprint("answers now", shown)
	if err := sameAsRead(name, typed, was, shown); err != nil {
		return err
	}
	return a.takePin(conf, ar, shown, o.as)
}

// printFingerprint is a part of a conversation, not data that another program reads.
func (a *app) printFingerprint(what, pin string) {
	for _, row := range words.Rows(strings.TrimPrefix(pin, "sha256:"), nil) {
		fmt.Fprintf(a.Env.Err, "%-12s  %s\n", what, strings.TrimSpace(strings.TrimPrefix(row, "hex")))
		what = ""
	}
}

// fingerprint takes what a person typed, however it is grouped.
func fingerprint(name, read string) (string, error) {
	digits := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == ':' || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, read)
	typed, err := pinned.Parse("sha256:" + strings.TrimPrefix(digits, "sha256"))
	if err != nil {
		return "", cli.WithHint(cli.Usagef("the fingerprint has 64 hex digits: %q has not", cli.Printable(read)), "darksite site pin %s --as ID", name)
	}
	return typed, nil
}

// sameAsRead refuses a certificate that a person has not read at the array.
func sameAsRead(name, typed, was, shown string) error {
	if typed == shown {
		return nil
	}
	err := errors.New("what was read at the array is not what answers: somebody may stand in between, or it was misread")
	if typed == was {
		err = errors.New("the array shows the certificate that is pinned: something else answers at its address")
	}
	return cli.WithHint(cli.WithCode(cli.CodeTampered, err), "tell the security officer; then: darksite runbook run certificate-expiry --array %s", name)
}

// takePin writes into the journal who compared the certificate, and it into site.yaml.
func (a *app) takePin(conf *siteconf.Config, ar siteconf.Array, pin, as string) error {
	r, err := a.Roster()
	if err != nil {
		return err
	}
	if _, ok := r.Person(as); !ok {
		return cli.WithHint(cli.Usagef("say who compared it with --as ID, an id of the roster"), "darksite site people")
	}
	file := a.Path(siteconf.FileName)
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read site.yaml: %w", err)
	}
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("read site.yaml: %w", err)
	}
	next, err := withPin(conf, text, ar, pin)
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "put it into %s by hand: tls_pin: %q", file, pin)
	}
	if err := a.Record(journal.Entry{Actor: as, Action: "array.pin", Details: map[string]string{"array": ar.Name, "was": ar.TLSPin, "pin": pin}}); err != nil {
		return err
	}
	if err := safefile.Write(file, next, info.Mode().Perm()); err != nil {
		return err
	}
	a.Env.Notef("site.yaml has the new pin of %s", ar.Name)
	again := "systemctl reload darksite   (where the monitor is a service; else start it again)"
	if a.Practice != nil {
		again = "darksite train lab wait 10m   (the monitor reads site.yaml again)"
	}
	a.Env.Next(again, "darksite status")
	return nil
}

// withPin is the text of site.yaml with one pin changed and nothing else.
func withPin(conf *siteconf.Config, text []byte, ar siteconf.Array, pin string) ([]byte, error) {
	unclear := fmt.Errorf("the pin of %s is not there once in site.yaml, so that it cannot be replaced", ar.Name)
	if strings.Count(string(text), ar.TLSPin) != 1 {
		return nil, unclear
	}
	next := []byte(strings.Replace(string(text), ar.TLSPin, pin, 1))
	got, err := siteconf.Parse(siteconf.FileName, next)
	if err != nil {
		return nil, err
	}
	for i := range got.Arrays {
		if got.Arrays[i].Name == ar.Name && got.Arrays[i].TLSPin == pin {
			got.Arrays[i].TLSPin = ar.TLSPin
		}
	}
	if !reflect.DeepEqual(got, conf) {
		return nil, unclear
	}
	return next, nil
}
