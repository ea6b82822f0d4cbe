package push

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Target is one that may speak, and by what it is known.
type Target struct {
	Name  string
	From  []netip.Prefix // addresses it sends from
	Hosts []string       // names it gives itself, for messages that come from no listed address
	Box   *Mailbox
}

// maxUnknown is how many unknown senders are told apart.
const maxUnknown = 256

// Sender is an address that speaks and is no target's.
type Sender struct {
	Addr     netip.Addr
	Messages int
	Last     time.Time
	Text     string // the newest message
}

// Router finds the target a message is about. It may be used by any number of
// goroutines.
type Router struct {
	nets  []network // the narrowest first
	hosts map[string]*Target

	mu      sync.Mutex
	unknown map[netip.Addr]*Sender
	beyond  int // messages of unknown senders that found no room of their own
}

type network struct {
	prefix netip.Prefix
	target *Target
}

// NewRouter refuses targets that could not be told apart: one network or one
// host name listed by two of them.
func NewRouter(targets []Target) (*Router, error) {
	r := &Router{hosts: map[string]*Target{}, unknown: map[netip.Addr]*Sender{}}
	owner := map[netip.Prefix]string{}
	for _, t := range targets {
		if t.Box == nil {
			return nil, fmt.Errorf("route messages of %s: it has no mailbox", t.Name)
		}
		for _, p := range t.From {
			p, err := plainPrefix(p)
			if err != nil {
				return nil, fmt.Errorf("route messages of %s: %w", t.Name, err)
			}
			if other, taken := owner[p]; taken {
				return nil, fmt.Errorf("messages from %s cannot be both of %s and of %s", p, other, t.Name)
			}
			owner[p] = t.Name
			r.nets = append(r.nets, network{p, &t})
		}
		for _, h := range t.Hosts {
			if other, taken := r.hosts[plainHost(h)]; taken {
				return nil, fmt.Errorf("messages of host %q cannot be both of %s and of %s", h, other.Name, t.Name)
			}
			r.hosts[plainHost(h)] = &t
		}
	}
	slices.SortFunc(r.nets, func(a, b network) int {
		return cmp.Or(cmp.Compare(b.prefix.Bits(), a.prefix.Bits()), a.prefix.Addr().Compare(b.prefix.Addr()))
	})
	return r, nil
}

// plainPrefix makes the two spellings of an IPv4 network one.
func plainPrefix(p netip.Prefix) (netip.Prefix, error) {
	addr, bits := p.Addr(), p.Bits()
	if addr.Is4In6() && bits >= 96 {
		addr, bits = addr.Unmap(), bits-96
	}
	plain := netip.PrefixFrom(addr.WithZone(""), bits)
	if !plain.IsValid() {
		return p, fmt.Errorf("%s is not a network", p)
	}
	return plain.Masked(), nil
}

func plainAddr(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func plainHost(h string) string { return strings.ToLower(strings.TrimSuffix(h, ".")) }

// Knows reports whether a target lists the address. Listeners use it to keep
// room for those when unknown senders flood them.
func (r *Router) Knows(a netip.Addr) bool { return r.byAddr(a) != nil }

func (r *Router) byAddr(a netip.Addr) *Target {
	a = plainAddr(a)
	for _, n := range r.nets {
		if n.prefix.Contains(a) {
			return n.target
		}
	}
	return nil
}

// Whose is the name of the target a message is about; false when it is about
// none. Nothing is put or counted.
func (r *Router) Whose(m Message) (string, bool) {
	t := r.target(m)
	if t == nil {
		return "", false
	}
	return t.Name, true
}

func (r *Router) target(m Message) *Target {
	if t := r.byAddr(m.From.Addr()); t != nil || m.Host == "" {
		return t
	}
	return r.hosts[plainHost(m.Host)]
}

// Route puts a message into the mailbox of the target it is about and returns
// the target's name; false when it is about none.
func (r *Router) Route(m Message) (string, bool) {
	t := r.target(m)
	if t == nil {
		r.stranger(m)
		return "", false
	}
	t.Box.Put(m)
	return t.Name, true
}

func (r *Router) stranger(m Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	addr := plainAddr(m.From.Addr())
	s := r.unknown[addr]
	if s == nil {
		if len(r.unknown) >= maxUnknown {
			r.beyond++
			return
		}
		s = &Sender{Addr: addr}
		r.unknown[addr] = s
	}
	s.Messages++
	s.Last, s.Text = m.At, m.Text
}

// Unknown lists the first 256 senders that are no target's, the busiest first,
// and how many messages came from others beyond them.
func (r *Router) Unknown() (senders []Sender, beyond int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.unknown {
		senders = append(senders, *s)
	}
	slices.SortFunc(senders, func(a, b Sender) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), a.Addr.Compare(b.Addr))
	})
	return senders, r.beyond
}
