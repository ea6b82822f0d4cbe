package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"
	"darksite/localmon/notify"
	"darksite/localmon/units"

	"github.com/spf13/cobra"
)

// ways makes the notifiers of site.yaml. Nothing is called or written yet.
func (a *app) ways(conf *siteconf.Config) ([]notify.Way, error) {
	var out []notify.Way
	for _, n := range conf.Notify {
		notifier, err := a.notifier(n)
		if err != nil {
			return nil, fmt.Errorf("notifier %s: %w", n.Name, err)
		}
		out = append(out, notify.Way{
			Name: n.Name, Kind: n.Via, Notifier: notifier, Least: localmon.Severity(n.Severity), All: n.All,
			Digest: int(n.Digest), Gather: n.Gather, PerHour: int(n.AtMost), Timeout: n.Timeout, Patience: n.Patience,
		})
	}
	return out, nil
}

func (a *app) notifier(n siteconf.Notifier) (notify.Notifier, error) {
	switch n.Via {
	case siteconf.NotifyFile:
		return notify.NewFile(notify.FileOptions{Path: a.Path(n.Path), JSON: n.Format == "json", MaxSize: int64(n.MaxSize), Keep: int(n.Keep)})
	case siteconf.NotifySyslog:
		o := n.Syslog(notify.Facilities[n.Facility])
		o.Host, _ = os.Hostname() // a message without a name is one too
		return notify.NewSyslog(o)
	case siteconf.NotifyMail:
		o := notify.MailOptions{Address: n.Address, From: n.From, To: n.To, Pin: n.TLSPin, Name: n.TLSName, User: n.User}
		if n.User != "" {
			o.Password = func() (string, error) { // read at each mail, so that a new one needs no restart
				text, err := os.ReadFile(a.Rooted(n.PasswordFile))
				return site.TrimLine(text), err
			}
		}
		return notify.NewMail(o)
	}
	return notify.NewExec(notify.ExecOptions{Command: n.Command, Dir: a.Dir(), Timeout: n.Timeout})
}

// tried is one line of `monitor test-notify`.
type tried struct {
	Name  string        `json:"name"`
	Via   string        `json:"via"`
	Where string        `json:"where"`
	State string        `json:"state"` // OK, CRIT
	Took  time.Duration `json:"took_ns"`
	Error string        `json:"error,omitempty"`
}

func (a *app) testNotifyCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "test-notify [NAME...]", Short: "Send a marked test message through each notifier of site.yaml",
		Long: `Send a message that says it is a test through each notifier, or through those named,
and say of each whether it was taken. A monitor that runs is not disturbed. Exit 3
when one of them fails.`,
		Example: "  darksite monitor test-notify\n  darksite monitor test-notify admins",
		RunE: func(c *cobra.Command, args []string) error {
			conf, err := a.Config()
			if err != nil {
				return err
			}
			out, err := a.testNotify(c.Context(), conf, args)
			if err != nil {
				return err
			}
			if asJSON {
				err = a.Env.JSON(out)
			} else {
				a.printTried(out)
			}
			if err == nil && slices.ContainsFunc(out, func(t tried) bool { return t.Error != "" }) {
				err = cli.ErrAttention
			}
			return err
		},
	}
	cli.JSONFlag(c, &asJSON)
	return c
}

func (a *app) testNotify(ctx context.Context, conf *siteconf.Config, names []string) ([]tried, error) {
	if len(conf.Notify) == 0 {
		return nil, cli.WithHint(cli.WithCode(cli.CodeRefused, errors.New("site.yaml names no notifier")), "add one to notify in %s", a.Path(siteconf.FileName))
	}
	for _, name := range names {
		if !slices.ContainsFunc(conf.Notify, func(n siteconf.Notifier) bool { return n.Name == name }) {
			return nil, cli.Usagef("site.yaml names no notifier %q", name)
		}
	}
	chosen := *conf
	if len(names) > 0 {
		chosen.Notify = slices.DeleteFunc(slices.Clone(conf.Notify), func(n siteconf.Notifier) bool { return !slices.Contains(names, n.Name) })
	}
	ways, err := a.ways(&chosen)
	if err != nil {
		return nil, err
	}
	out := []tried{}
	for i, t := range notify.Test(ctx, conf.Site.Code, ways, a.Env.Now) {
		line := tried{Name: t.Name, Via: t.Kind, Where: chosen.Notify[i].Where(), State: "OK", Took: t.Took}
		if t.Err != nil {
			line.State, line.Error = "CRIT", t.Err.Error()
		}
		out = append(out, line)
	}
	return out, ctx.Err()
}

func (a *app) printTried(all []tried) {
	t := &cli.Table{Header: []string{"STATE", "NOTIFIER", "VIA", "TOOK", "WHERE, OR WHY NOT"}}
	for _, r := range all {
		t.Add(r.State, r.Name, r.Via, units.Duration(r.Took), cmp.Or(r.Error, r.Where))
	}
	t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
}

// Notifier is a notifier as `site show` prints it.
type Notifier struct {
	Name     string `json:"name"`
	Via      string `json:"via"`
	Where    string `json:"where"`
	Severity int64  `json:"severity"` // the least urgent that is told
}

// Notifiers are the notifiers of site.yaml as site show prints them.
func Notifiers(conf *siteconf.Config) []Notifier {
	out := make([]Notifier, 0, len(conf.Notify))
	for _, n := range conf.Notify {
		out = append(out, Notifier{n.Name, n.Via, n.Where(), n.Severity})
	}
	return out
}

// ExamineNotify finds what would keep notifiers from working, as far as that
// shows without a word to anybody.
func ExamineNotify(s *site.Site) []site.Finding {
	conf, err := siteconf.Load(s.Dir())
	if err != nil {
		return nil // told with the folder
	}
	if len(conf.Notify) == 0 {
		return []site.Finding{{State: "WARN", What: "nobody is told of alerts: site.yaml names no notifier", Next: "add one to notify in " + s.Path(siteconf.FileName)}}
	}
	var out []site.Finding
	for _, n := range conf.Notify {
		var why error
		switch {
		case n.Via == siteconf.NotifyExec:
			why = executable(n.Command[0])
		case n.PasswordFile != "":
			why = private(s.Rooted(n.PasswordFile))
		}
		if why != nil {
			out = append(out, site.Finding{State: "CRIT", What: fmt.Sprintf("notifier %s cannot work: %v", n.Name, why), Next: "darksite monitor test-notify " + n.Name})
		}
	}
	if len(out) == 0 {
		out = append(out, site.Finding{State: "OK", What: fmt.Sprintf("%d notifiers are named; darksite monitor test-notify tries them", len(conf.Notify))})
	}
	return out
}

func executable(program string) error {
	info, err := os.Stat(program)
	if err == nil && (info.IsDir() || info.Mode().Perm()&0o111 == 0) {
		err = fmt.Errorf("%s is no program that can be run", program)
	}
	return err
}

func private(file string) error {
	info, err := os.Stat(file)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		err = fmt.Errorf("%s may be read by others (mode %o)", file, info.Mode().Perm())
	}
	return err
}
