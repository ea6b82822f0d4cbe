package watch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"darksite/bundle/redact"
	"darksite/bundle/redact/pseudonym"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/books"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"
	"darksite/localmon/console"
	"darksite/localmon/overview"
	"darksite/localmon/source/push"
	"darksite/localmon/source/snmp"
	"darksite/localmon/source/syslog"
	"darksite/localmon/spool"
)

// ears is everything the monitor listens at.
type ears struct {
	spool  *spool.Spool
	router atomic.Pointer[push.Router] // exchanged when site.yaml is read again
	serve  []func(context.Context) error
	close  []func() error
	note   func(what string, err error)
	open   []string // for people
	counts *listenerCounts

	mu       sync.Mutex
	reported time.Time // when strangers were last told of
}

// listenAt opens what site.yaml names. Nothing is taken in before run.
func (a *app) listenAt(ctx context.Context, m *Monitor) (_ *ears, err error) {
	conf := m.conf
	e := &ears{note: m.note, counts: m.watched.counts}
	e.router.Store(m.watched.router)
	defer func() {
		if err != nil {
			err = errors.Join(err, e.end())
		}
	}()
	l := conf.Listen
	if l.Syslog != "" || l.SyslogTLS != "" || l.Traps != "" {
		if e.spool, err = spool.Open(a.Path(site.SpoolDir), spool.Options{}); err != nil {
			return nil, err
		}
		e.close = append(e.close, e.spool.Close)
	}
	for _, open := range []func(context.Context, *siteconf.Config, *ears) error{a.listenSyslog, a.listenTraps} {
		if err := open(ctx, conf, e); err != nil {
			return nil, listenHint(err)
		}
	}
	return e, listenHint(a.listenConsole(ctx, m, e))
}

func listenHint(err error) error {
	return cli.WithHint(err, "see listen in site.yaml: another program may hold the port, or the address may not be this machine's")
}

func (a *app) listenSyslog(ctx context.Context, conf *siteconf.Config, e *ears) error {
	l := conf.Listen
	if l.Syslog == "" && l.SyslogTLS == "" {
		return nil
	}
	o := syslog.Options{Handle: e.hear, Known: func(from netip.Addr) bool { return e.router.Load().Knows(from) }, Now: a.Env.Now}
	if l.Syslog != "" {
		o.UDP, o.TCP = []string{l.Syslog}, []string{l.Syslog}
		e.open = append(e.open, "syslog at "+l.Syslog)
	}
	if l.SyslogTLS != "" {
		cert, err := tls.LoadX509KeyPair(a.Rooted(l.CertFile), a.Rooted(l.KeyFile))
		if err != nil {
			return fmt.Errorf("listen for syslog over TLS: %w", err)
		}
		o.TLS, o.TLSConfig = []string{l.SyslogTLS}, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}
		e.open = append(e.open, "syslog over TLS at "+l.SyslogTLS)
	}
	listener, err := syslog.Listen(ctx, o)
	if err != nil {
		return err
	}
	e.serve, e.close = append(e.serve, listener.Serve), append(e.close, listener.Close)
	e.counts.set(push.Syslog, func() map[string]uint64 {
		c := listener.Counters()
		return map[string]uint64{"received": c.Received, "cut": c.Cut, "malformed": c.Malformed, "dropped": c.Dropped, "refused": c.Refused}
	})
	return nil
}

func (a *app) listenTraps(_ context.Context, conf *siteconf.Config, e *ears) error {
	l := conf.Listen
	if l.Traps == "" {
		return nil
	}
	o := snmp.TrapOptions{Address: l.Traps, Handle: e.hear, Now: a.Env.Now}
	for _, u := range l.TrapUsers {
		community, user, err := a.snmpUser(siteconf.Array{Name: "listen.trap_users"}, u)
		if err != nil {
			return err
		}
		if user != nil {
			o.Users = append(o.Users, *user)
		} else {
			o.Communities = append(o.Communities, community)
		}
	}
	traps, err := snmp.Listen(o)
	if err != nil {
		return err
	}
	e.open = append(e.open, "traps at "+l.Traps)
	e.serve, e.close = append(e.serve, traps.Run), append(e.close, traps.Close)
	e.counts.set(push.Trap, func() map[string]uint64 {
		c := traps.Counts()
		return map[string]uint64{"received": c.Believed, "malformed": c.Malformed, "dropped": c.Dropped, "refused": c.Refused}
	})
	return nil
}

func (a *app) listenConsole(ctx context.Context, m *Monitor, e *ears) error {
	l := m.conf.Listen
	if l.Console == "" {
		return nil
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", l.Console)
	if err != nil {
		return fmt.Errorf("listen for the console: %w", err)
	}
	c := console.New(console.Options{Batches: m.board, Now: a.Env.Now, Own: func() localmon.Batch { return a.own(m) }, Health: m.health, View: a.consoleView(m)})
	e.open = append(e.open, "console at http://"+listener.Addr().String())
	e.serve = append(e.serve, func(ctx context.Context) error { return c.Serve(ctx, listener) })
	e.close = append(e.close, listener.Close)
	return nil
}

// consoleView is the overview for the page, made in the process of the monitor.
func (a *app) consoleView(m *Monitor) console.Views {
	return func(ctx context.Context) (console.View, error) {
		leads, err := books.OpenLeads(a.Site)
		if err != nil {
			return console.View{}, err
		}
		m.mu.RLock()
		conf, d := m.conf, m.Daemon
		m.mu.RUnlock()
		in, said := sight.OverviewInput(a.Site, conf), d.Monitor()
		in.Reader, in.Monitor, in.Quiets = m.history, &said, d.Quiets()
		in.Alerts = slices.DeleteFunc(slices.Clone(d.Alerts()), func(al localmon.Alert) bool { return al.Status == localmon.StatusResolved })
		in.Now = in.Now.In(conf.Location())
		o, err := overview.Build(ctx, in)
		if err != nil {
			return console.View{}, err
		}
		v := console.View{Overview: o}
		for _, n := range o.Next {
			v.Commands = append(v.Commands, leads.NextFor(n, true))
		}
		return v, nil
	}
}

// hear keeps a message and hands it to the target it is about. A message that
// cannot be kept is told on all the same, and the monitor says so.
func (e *ears) hear(m push.Message) {
	err := e.spool.Append(string(m.Channel), spool.Line{At: m.At, From: m.From.String(), Severity: m.Severity, Raw: m.Raw})
	e.note("spool", err)
	if _, known := e.router.Load().Route(m); !known {
		e.strangers(m.At)
	}
}

// strangers tells, at most once a minute, who speaks and is no target: an array
// that is not named in site.yaml is heard by nobody.
func (e *ears) strangers(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if since := now.Sub(e.reported); since >= 0 && since < time.Minute {
		return
	}
	e.reported = now
	senders, beyond := e.router.Load().Unknown()
	var said []string
	for _, s := range senders[:min(len(senders), 3)] {
		said = append(said, fmt.Sprintf("%s (%d)", s.Addr, s.Messages))
	}
	if more := len(senders) - len(said); more > 0 || beyond > 0 {
		said = append(said, "and others")
	}
	e.note("messages of strangers", fmt.Errorf("kept in the spool and believed by nobody, from %s; name the address in senders of its target, or silence it", strings.Join(said, ", ")))
}

// remembered is how far back messages of an earlier run still count: a little
// longer than [push.Lone] holds an alert.
const remembered = 26 * time.Hour

// remember hands the messages of an earlier run to the targets that only
// speak, so that what was open is open again.
func (a *app) remember(ctx context.Context, w *watched) error {
	if len(w.lone) == 0 {
		return nil
	}
	now := a.Env.Now()
	for _, channel := range []push.Channel{push.Syslog, push.Trap} {
		for line, err := range spool.Read(ctx, a.Path(site.SpoolDir), string(channel), now.Add(-remembered), now.Add(time.Second)) {
			if err != nil {
				return fmt.Errorf("take up what was heard before: %w", err)
			}
			m, ok := reread(channel, line)
			if !ok {
				continue
			}
			if target, known := w.router.Whose(m); known && w.lone[target] != nil {
				w.lone[target].Replay(m)
			}
		}
	}
	return nil
}

// reread makes a message of its line in the spool again.
func reread(channel push.Channel, line spool.Line) (push.Message, bool) {
	from, err := netip.ParseAddrPort(line.From)
	if err != nil {
		return push.Message{}, false
	}
	if channel == push.Trap {
		m, ok := snmp.Reread(line.Raw)
		m.At, m.From = line.At, from
		return m, ok
	}
	m, _ := syslog.Decode(push.Unescape(line.Raw), from, line.At) // what has no form is text, now as then
	return m, true
}

// maxSpeakers is how many names of senders are made known to the redactor. A
// site has some dozens; more are made up by somebody.
const maxSpeakers = 10_000

// Speakers are the names senders gave themselves in what is kept of their
// messages, but for those that are known already. More than can be hidden is
// an error: what is not known to the redactor might leave.
func Speakers(ctx context.Context, s *site.Site, known []redact.Known) ([]redact.Known, error) {
	seen := map[string]bool{}
	for _, k := range known {
		seen[strings.ToLower(k.Value)] = true
	}
	var out []redact.Known
	for _, channel := range []push.Channel{push.Syslog, push.Trap} {
		for line, err := range spool.Read(ctx, s.Path(site.SpoolDir), string(channel), time.Time{}, time.Time{}) {
			if err != nil {
				return nil, fmt.Errorf("see who has spoken: %w", err)
			}
			m, ok := reread(channel, line)
			name := strings.ToLower(m.Host)
			if !ok || name == "" || seen[name] {
				continue
			}
			if len(out) == maxSpeakers {
				return nil, cli.WithHint(fmt.Errorf("see who has spoken: more than %d names of senders in %s", maxSpeakers, s.Path(site.SpoolDir)),
					"somebody floods the listener with made-up names; take %s away and collect again", s.Path(site.SpoolDir, string(channel)))
			}
			seen[name] = true
			out = append(out, redact.Known{Kind: pseudonym.Host, Value: m.Host})
		}
	}
	return out, nil
}

// run listens until ctx ends.
func (e *ears) run(ctx context.Context, stop func()) error {
	errs := make([]error, len(e.serve))
	var wg sync.WaitGroup
	for i, serve := range e.serve {
		wg.Go(func() {
			if errs[i] = serve(ctx); errs[i] != nil {
				stop() // a monitor that is deaf without saying so is worse than none
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// end closes what is open.
func (e *ears) end() error {
	var errs []error
	for i := len(e.close) - 1; i >= 0; i-- {
		if err := e.close[i](); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	e.close = nil
	return errors.Join(errs...)
}
