package wayout

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"darksite/bundle"
	"darksite/bundle/journal"
	"darksite/bundle/pipeline"
	"darksite/bundle/redact"
	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/roster"
	"darksite/cmd/internal/sitecmd/certified"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/watch"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"
	"darksite/localmon/boltfile"
)

// Journey is the pipeline with everything it holds open.
type Journey struct {
	*pipeline.Pipeline
	Conf    *siteconf.Config
	Cases   *boltfile.File
	Journal *journal.Journal
}

// Close closes what the journey holds open.
func (j *Journey) Close() error { return errors.Join(j.Journal.Close(), j.Cases.Close()) }

// Open opens the journey; close it. The sight is asked for the site's inventory when a
// bundle is collected, and may be nil otherwise.
func Open(s *site.Site, v *sight.Sight) (*Journey, error) {
	a := &app{s}
	conf, err := a.Config()
	if err != nil {
		return nil, err
	}
	log, err := a.OpenJournal()
	if err != nil {
		return nil, err
	}
	cases, _, err := a.OpenCases()
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	j := &Journey{Conf: conf, Cases: cases, Journal: log}
	gate := func(ctx context.Context) (pipeline.Gate, error) {
		o, err := a.redactOptions(ctx, conf, v)
		if err != nil {
			return nil, err
		}
		return pipeline.NewGate(o)
	}
	j.Pipeline, err = pipeline.New(pipeline.Options{
		Dir: a.Path(site.BundlesDir), MapDir: a.Path(site.MapsDir), Counters: pipeline.NewCounters(cases.DB), Journal: log,
		Trust: func() (pipeline.Trust, error) { return a.trust(cases) },
		Gate:  gate,
		GateHiding: func(ctx context.Context, words []string) (pipeline.Gate, error) {
			o, err := a.redactOptions(ctx, conf, v)
			if err != nil {
				return nil, err
			}
			o.Words = append(o.Words, words...)
			return pipeline.NewGate(o)
		},
		Versions: func() (rules, policy bundle.Versioned, err error) {
			g, err := gate(context.Background())
			if err != nil {
				return rules, policy, err
			}
			return g.Rules(), g.Policy(), nil
		},
		Now: a.Env.Now, Tool: sync.OnceValues(a.tool), ValidFor: conf.Review.LapseAfter,
	})
	if err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

// trust reads whom the site believes, anew at every call.
func (a *app) trust(cases *boltfile.File) (pipeline.Trust, error) {
	r, err := a.Roster()
	if err != nil {
		return pipeline.Trust{}, err
	}
	r.Approvals = a.Approvals(r.Approvals)
	v, err := a.Vendor()
	if err != nil {
		return pipeline.Trust{}, err
	}
	seen, err := site.ReadReplies(cases.DB)
	if err != nil {
		return pipeline.Trust{}, err
	}
	return pipeline.Trust{Roster: r, Vendor: v, Seen: bundle.Trust{ReplySeqSeen: seen.Seq, RevocationVersion: v.Version}}, nil
}

// tool names this program by version and digest, which takes a while: it is asked
// only where a bundle is bound to it.
func (a *app) tool() (bundle.Tool, error) {
	path, err := os.Executable()
	if err != nil {
		return bundle.Tool{}, fmt.Errorf("name this program: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return bundle.Tool{}, fmt.Errorf("name this program: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return bundle.Tool{}, fmt.Errorf("name this program: %w", err)
	}
	return bundle.Tool{Version: a.Version, SHA256: bundle.Digest(hex.EncodeToString(h.Sum(nil)))}, nil
}

// ids are what the people of the roster are called in manifests and approvals, in
// clear: without them the desk could not tell who asks it for support. Their names
// and how to reach them are not among them.
func ids(r roster.Roster) []string {
	var out []string
	for _, p := range r.People {
		out = append(out, p.ID)
	}
	return out
}

// redactOptions is the site's gate: its key, its words, and what it knows by
// name. Without a sight the inventory is that of site.yaml alone, which is
// enough to name rules and policy.
func (a *app) redactOptions(ctx context.Context, conf *siteconf.Config, s *sight.Sight) (redact.Options, error) {
	key, err := site.ReadSecret(a.Path(site.KeysDir, site.PseudonymKey))
	if err != nil {
		return redact.Options{}, err
	}
	a.frugal()
	r, err := a.Roster()
	if err != nil {
		return redact.Options{}, err
	}
	o := redact.Options{Key: key, Known: a.known(conf), Public: ids(r), Progress: a.redactProgress()}
	if err := a.AddPolicy(conf, &o); err != nil {
		return redact.Options{}, err
	}
	if s != nil {
		seen, err := inventory(ctx, s)
		if err != nil {
			return redact.Options{}, err
		}
		speakers, err := watch.Speakers(ctx, a.Site, o.Known)
		if err != nil {
			return redact.Options{}, err
		}
		o.Known = append(append(o.Known, seen...), speakers...)
		for _, host := range s.Carried {
			o.Known = append(o.Known, redact.Known{Kind: pseudonym.Host, Value: host})
		}
		if told, err := certified.Told(a.Site); err == nil { // else the records are left out, and it is said
			o.Public = append(o.Public, unknownAmong(told, o.Known)...)
		}
	}
	return o, nil
}

// unknownAmong are the names that no known value of the site has: where a machine is
// called as a question of an examination is, its name goes.
func unknownAmong(names []string, known []redact.Known) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(known, func(k redact.Known) bool { return strings.EqualFold(k.Value, name) })
	})
}

// known is what the machine and site.yaml name: the host, arrays, people, and every
// secret that opens a target.
func (a *app) known(conf *siteconf.Config) []redact.Known {
	var out []redact.Known
	add := func(kind redact.Kind, value string) {
		if k := (redact.Known{Kind: kind, Value: value}); value != "" && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	add(pseudonym.Name, conf.Site.Name)
	if name, err := os.Hostname(); err == nil { // a machine without a name has none to hide
		add(pseudonym.Host, name)
	}
	for _, ar := range conf.Arrays {
		add(pseudonym.Array, ar.Name)
		for _, name := range ar.SenderNames {
			if !strings.EqualFold(name, ar.Name) { // one name has one stand-in
				add(pseudonym.Host, name)
			}
		}
	}
	for _, file := range conf.Secrets() {
		if secret, err := os.ReadFile(a.Rooted(file)); err == nil { // a target without its secret is watched by nobody
			add(pseudonym.Secret, site.TrimLine(secret))
		}
	}
	for _, n := range conf.Notify {
		for _, address := range append(slices.Clone(n.To), n.From) {
			add(pseudonym.Email, address)
		}
	}
	for _, p := range conf.Contacts {
		add(pseudonym.Person, p.Name)
		add(pseudonym.Phone, p.Phone)
		add(pseudonym.Email, p.Mail)
	}
	return out
}

// inventory is what the monitor has seen by name.
func inventory(ctx context.Context, s *sight.Sight) ([]redact.Known, error) {
	series, err := s.Series(ctx, localmon.Selector{})
	if err != nil {
		return nil, fmt.Errorf("read the inventory: %w", err)
	}
	seen := map[redact.Known]bool{}
	for _, one := range series {
		labels, err := localmon.ParseLabels(one.Key.Labels)
		if err != nil {
			continue // a label that cannot be read names nothing
		}
		for _, l := range labels {
			if kind := namedBy(one.Key.Metric, l.Name); kind != pseudonym.None && l.Value != "" {
				seen[redact.Known{Kind: kind, Value: l.Value}] = true
			}
		}
	}
	out := make([]redact.Known, 0, len(seen))
	for k := range seen {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b redact.Known) int { return strings.Compare(a.Value, b.Value) })
	return out, nil
}

// namedBy says what the label of a metric names, when it names something of the
// site's. Parts of an array (CT0, CH0.BAY3) are the vendor's words and stay.
func namedBy(metric, label string) redact.Kind {
	switch {
	case label == "array_name":
		return pseudonym.Array
	case label == "system_id":
		return pseudonym.Serial
	case label == "host":
		return pseudonym.Host
	case label == "pod":
		return pseudonym.Pod
	case label == "volume_group":
		return pseudonym.Group
	case label == "name" && strings.HasPrefix(metric, "purefa_volume_"):
		return pseudonym.Volume
	case label == "name" && strings.HasPrefix(metric, "purefa_pod_"):
		return pseudonym.Pod
	case label == "nodename":
		return pseudonym.Host
	}
	return pseudonym.None
}
