package watch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/certified"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"
	"darksite/localmon/daemon"
	"darksite/localmon/source/arrayrest"
	"darksite/localmon/source/filedrop"
	"darksite/localmon/source/flasharray"
	"darksite/localmon/source/flashblade"
	"darksite/localmon/source/openmetrics"
	"darksite/localmon/source/poll"
	"darksite/localmon/source/push"
	"darksite/localmon/source/snmp"
)

// RawReader is a source that can hand over what its array answers as it came.
type RawReader interface {
	Raw(ctx context.Context) ([]arrayrest.RawReply, error)
}

// Keeper stores a batch of the past.
type Keeper func(context.Context, localmon.Batch) error

// OpenSource opens the source of one target, by the way site.yaml names. keep
// takes what files hold of the past; nil for a look that stores nothing.
func OpenSource(s *site.Site, ar siteconf.Array, keep Keeper) (localmon.Source, error) {
	a := &app{s}
	switch ar.Via {
	case siteconf.ViaOpenMetrics:
		return a.openMetrics(ar)
	case siteconf.ViaSNMP:
		return a.openSNMP(ar)
	case siteconf.ViaDrop:
		return a.openDrop(ar, keep)
	case siteconf.ViaPush:
		return nil, fmt.Errorf("target %s is never asked: it is known by what it says, while the monitor listens", ar.Name)
	}
	token, err := Secret(a.Site, ar, "API token", ar.TokenFile)
	if err != nil {
		return nil, err
	}
	if ar.Kind == localmon.KindFlashBlade {
		return flashblade.New(flashblade.Options{Target: ar.Name, URL: ar.URL, Token: token, Pin: ar.TLSPin})
	}
	return flasharray.New(flasharray.Options{Target: ar.Name, URL: ar.URL, Token: token, Pin: ar.TLSPin})
}

// Secret reads a file that holds one secret on one line.
func Secret(s *site.Site, ar siteconf.Array, what, file string) (string, error) {
	if !filepath.IsAbs(file) {
		file = s.Path(file)
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		hint := "put the " + what + " into " + file + ", mode 0600"
		if what == "API token" {
			hint = "put a read-only API token of the array into " + file + ", mode 0600"
		}
		return "", cli.WithHint(fmt.Errorf("array %s: read the %s: %w", ar.Name, what, err), "%s", hint)
	}
	if err != nil {
		return "", fmt.Errorf("array %s: read the %s: %w", ar.Name, what, err)
	}
	return site.TrimLine(text), nil
}

func (a *app) openMetrics(ar siteconf.Array) (localmon.Source, error) {
	o := openmetrics.Options{
		Target: ar.Name, URL: ar.URL, Pin: ar.TLSPin, Keep: openmetrics.Curated,
		AllowPlain: strings.HasPrefix(ar.URL, "http://"),
	}
	for _, p := range ar.Paths {
		o.Paths = append(o.Paths, openmetrics.Path{Path: p})
	}
	if ar.TokenFile != "" {
		var err error
		if o.Token, err = Secret(a.Site, ar, "API token", ar.TokenFile); err != nil {
			return nil, err
		}
	}
	return openmetrics.New(o)
}

func (a *app) openSNMP(ar siteconf.Array) (localmon.Source, error) {
	community, user, err := a.snmpUser(ar, ar.SNMP)
	if err != nil {
		return nil, err
	}
	return snmp.New(snmp.Options{Target: ar.Name, Address: ar.Address, Community: community, User: user})
}

// snmpUser reads the secrets of one identity: a community, or a user.
func (a *app) snmpUser(ar siteconf.Array, s siteconf.SNMP) (snmp.Secret, *snmp.User, error) {
	read := func(what, file string) (snmp.Secret, error) {
		if file == "" {
			return "", nil
		}
		text, err := Secret(a.Site, ar, what, file)
		return snmp.Secret(text), err
	}
	if s.CommunityFile != "" {
		community, err := read("SNMP community", s.CommunityFile)
		return community, nil, err
	}
	auth, err := read("SNMP pass phrase", s.AuthFile)
	if err != nil {
		return "", nil, err
	}
	priv, err := read("SNMP pass phrase", s.PrivFile)
	return "", &snmp.User{Name: s.User, Auth: spelled(s.Auth), AuthPassword: auth, Priv: spelled(s.Priv), PrivPassword: priv}, err
}

// spelled is a protocol as its standard writes it: sha256 is SHA-256.
func spelled(protocol string) string {
	up := strings.ToUpper(protocol)
	for _, family := range []string{"SHA", "AES"} {
		if bits, ok := strings.CutPrefix(up, family); ok && bits != "" {
			return family + "-" + bits
		}
	}
	return up
}

// dropMaxAge is how old carried data may be and still stand for now when
// site.yaml does not say: it is carried once a day, and people are late.
const dropMaxAge = 26 * time.Hour

func (a *app) openDrop(ar siteconf.Array, keep Keeper) (localmon.Source, error) {
	dir := a.Path(ar.DropFolder())
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for files of %s: %w", ar.Name, err)
	}
	o := filedrop.Options{Target: ar.Name, Dir: dir, MaxAge: cmp.Or(ar.MaxAge, dropMaxAge), Judge: localmon.JudgeWord}
	switch ar.Kind {
	case localmon.KindFlashArray:
		o.Decode = renamed(ar.Name, flasharray.Decode)
	case localmon.KindFlashBlade:
		o.Decode = renamed(ar.Name, flashblade.Decode)
	}
	src, err := filedrop.New(o)
	if err != nil {
		return nil, err
	}
	if keep == nil {
		return src, nil
	}
	return filedrop.Keeping(src, keep), nil
}

// decoder reads one reply that was saved to a file.
type decoder = func(name string, body []byte, at time.Time) (localmon.Batch, error)

// renamed gives what a saved reply holds the name of its target.
func renamed(target string, decode decoder) decoder {
	return func(name string, body []byte, at time.Time) (localmon.Batch, error) {
		b, err := decode(name, body, at)
		b.Target = target
		for i := range b.Samples {
			b.Samples[i].Key.Target = target
		}
		return b, err
	}
}

// lateSource opens the source of an array when it is first asked, and tries
// again at the next look when that fails: an array whose token file is missing
// costs its own data and never the others'.
type lateSource struct {
	target string
	box    *push.Mailbox // tells when somebody asks for a look
	open   func() (localmon.Source, error)
	source localmon.Source
}

// Target implements localmon.Source.
func (l *lateSource) Target() string { return l.target }

// Collect implements localmon.Source.
func (l *lateSource) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	if l.source == nil {
		source, err := l.open()
		if err != nil {
			return localmon.Batch{Target: l.target, At: now}, err
		}
		l.source = source
	}
	if src, able := l.source.(interface{ Afresh() }); able && l.box.Asked() {
		src.Afresh()
	}
	return l.source.Collect(ctx, now)
}

// Recall implements localmon.Recaller, as far as the source does.
func (l *lateSource) Recall(ctx context.Context, from, to time.Time) iter.Seq2[localmon.Batch, error] {
	if src, able := l.source.(localmon.Recaller); able {
		return src.Recall(ctx, from, to)
	}
	return func(func(localmon.Batch, error) bool) {}
}

// Hurry implements push.Hurrier, as far as the source does.
func (l *lateSource) Hurry() {
	if src, able := l.source.(push.Hurrier); able {
		src.Hurry()
	}
}

// close ends the session of the source.
func (l *lateSource) close() { CloseSource(l.source) }

// CloseSource ends what a source holds at its target. A session that cannot be
// ended ends by itself on the array, so the error changes nothing; the process
// may be on its way out already.
func CloseSource(src localmon.Source) {
	switch s := src.(type) {
	case interface{ Close(context.Context) error }:
		_ = s.Close(context.Background())
	case interface{ Close() }:
		s.Close()
	}
}

// watched is everything the monitor looks at.
type watched struct {
	targets []daemon.Target
	router  *push.Router          // finds whose a message is
	lone    map[string]*push.Lone // the targets that do nothing but speak, and have not been watched yet
	counts  *listenerCounts       // what listeners have counted, beside the machine's own look
	machine string                // name of the machine
	arrays  map[string]*watchedArray
}

// watchedArray is an array of site.yaml as it is watched.
type watchedArray struct {
	conf    siteconf.Array
	secrets string // digest of what its secret files hold
	source  localmon.Source
	box     *push.Mailbox
	late    *lateSource // nil where nothing is called
	lone    *push.Lone
}

func (w *watched) close() { w.closeBut(nil) }

// closeBut ends the sessions of what is not watched on by another.
func (w *watched) closeBut(on *watched) {
	for name, ar := range w.arrays {
		if ar.late != nil && (on == nil || on.arrays[name] != ar) {
			ar.late.close()
		}
	}
}

// watch makes the targets: the machine the kit runs on and all of site.yaml. What
// is watched already and did not change, its secrets included, goes on with its
// session and with what it has heard. used says how much the history takes.
func (a *app) watch(conf *siteconf.Config, keep Keeper, used historyUse, before *watched) (*watched, error) {
	w := &watched{lone: map[string]*push.Lone{}, machine: conf.Monitor.HostName, arrays: map[string]*watchedArray{}}
	if before != nil && before.machine == w.machine {
		w.counts = before.counts
	} else {
		machine, err := a.machine(conf.Monitor.HostName)
		if err != nil {
			return nil, err
		}
		w.counts = &listenerCounts{Source: machine}
	}
	if before != nil {
		w.counts.take(before.counts)
	}
	machine := &Order{Source: w.counts, Conf: conf, Card: a.Path(site.VendorFile), Kept: func(now time.Time) (certified.Coverage, error) { return certified.CountAt(a.Site, now) }, Used: used}
	w.targets = append(w.targets, daemon.Target{Source: machine, Kind: localmon.KindHost, Poll: poll.Options{Every: conf.Monitor.Every}})
	var speakers []push.Target
	for _, ar := range conf.Arrays {
		one := &watchedArray{conf: ar, secrets: a.secretsOf(ar)}
		if before != nil && before.arrays[ar.Name].same(one) {
			one = before.arrays[ar.Name]
		} else {
			a.open(one, keep)
			if one.lone != nil {
				w.lone[ar.Name] = one.lone
			}
		}
		w.arrays[ar.Name] = one
		t := daemon.Target{Source: one.source, Kind: ar.Kind, Poll: poll.Options{Every: cmp.Or(ar.Every, conf.Monitor.Every)}}
		t.Poll.Wake = one.box.Wake()
		if ar.Speaks() {
			speakers = append(speakers, push.Target{Name: ar.Name, From: ar.Prefixes(), Hosts: ar.SenderNames, Box: one.box})
		}
		w.targets = append(w.targets, t)
	}
	var err error
	if w.router, err = push.NewRouter(speakers); err != nil {
		return nil, fmt.Errorf("site.yaml: %w", err)
	}
	return w, nil
}

// open makes the source of an array; it is called at the first look.
func (a *app) open(one *watchedArray, keep Keeper) {
	ar := one.conf
	one.box = push.NewMailbox(0)
	if ar.Via == siteconf.ViaPush {
		one.lone = push.Alone(ar.Name, one.box, push.AloneOptions{})
		one.source = one.lone
		return
	}
	one.late = &lateSource{target: ar.Name, box: one.box, open: func() (localmon.Source, error) { return OpenSource(a.Site, ar, keep) }}
	one.source = one.late
	if ar.Speaks() {
		one.source = push.Join(one.late, one.box)
	}
}

// ask has targets looked at before their turn: one, or with an empty name all that
// are polled over the network.
func (w *watched) ask(target string) error {
	if target == "" {
		for _, one := range w.arrays {
			one.box.Ask()
		}
		return nil
	}
	one, ok := w.arrays[target]
	if !ok {
		return fmt.Errorf("%q is no array of site.yaml: one of %s", target, strings.Join(slices.Sorted(maps.Keys(w.arrays)), ", "))
	}
	one.box.Ask()
	return nil
}

// same reports whether an array is what it was.
func (w *watchedArray) same(o *watchedArray) bool {
	return w != nil && w.secrets == o.secrets && reflect.DeepEqual(w.conf, o.conf)
}

// secretsOf is a digest of what an array's secret files hold, so that a new token
// is found to be one.
func (a *app) secretsOf(ar siteconf.Array) string {
	sum := sha256.New()
	for _, file := range ar.Secrets() {
		text, err := os.ReadFile(a.Rooted(file)) // one that cannot be read is told at the look
		fmt.Fprintf(sum, "%q %q %t\n", file, text, err == nil)
	}
	return string(sum.Sum(nil))
}
