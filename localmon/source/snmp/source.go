package snmp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"darksite/localmon"

	"github.com/gosnmp/gosnmp"
)

// Options say which agent to ask and as whom. Exactly one of Community and
// User is needed.
type Options struct {
	Target    string // the site's name for the target; required
	Address   string // host or host:port of the agent; port 161 when left out
	Community Secret // for version 2c
	User      *User  // for version 3

	// Timeout is how long one try waits for an answer; 2 seconds when zero.
	Timeout time.Duration
	// Tries is how often a request is sent before it is given up; 3 when zero.
	Tries int
}

// Source looks at one array over SNMP. It implements [localmon.Source].
type Source struct {
	client client
}

var _ localmon.Source = (*Source)(nil)

// New checks the options. It opens no socket.
func New(o Options) (*Source, error) {
	if o.Target == "" {
		return nil, errors.New("snmp: a target needs a name")
	}
	fail := func(err error) (*Source, error) { return nil, fmt.Errorf("SNMP of %s: %w", o.Target, err) }
	address, err := withPort(o.Address, "161")
	if err != nil {
		return fail(err)
	}
	c := client{target: o.Target, address: address, community: o.Community, timeout: cmp.Or(max(o.Timeout, 0), 2*time.Second), tries: cmp.Or(max(o.Tries, 0), 3)}
	switch {
	case (o.User != nil) == (o.Community != ""):
		return fail(errors.New("give either a community (version 2c) or a user (version 3)"))
	case o.User == nil:
		if err := checkCommunity(o.Community); err != nil {
			return fail(err)
		}
	default:
		user, err := o.User.credential()
		if err != nil {
			return fail(err)
		}
		c.user = &user
	}
	return &Source{c}, nil
}

// withPort gives the address a port when it has none.
func withPort(address, preset string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port = strings.Trim(address, "[]"), preset
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || host == "" || strings.ContainsAny(host, "/ ") || strings.Contains(host, ":") && net.ParseIP(host) == nil {
		return "", fmt.Errorf("address %q: use a host or host:port, such as 10.1.0.10:161", address)
	}
	return net.JoinHostPort(host, port), nil
}

// Target is the site's name for the target.
func (s *Source) Target() string { return s.client.target }

// Names of what is read. arrayMIB is the enterprise of the array.
const (
	arrayMIB  = ".1.3.6.1.4.1.40482"
	sysDescr  = ".1.3.6.1.2.1.1.1.0"
	sysUpTime = ".1.3.6.1.2.1.1.3.0"
	sysName   = ".1.3.6.1.2.1.1.5.0"
)

// scalar is one of the six numbers, under the name the vendor's exporter gives
// it.
type scalar struct{ oid, metric, dimension string }

func scalars() []scalar {
	const bandwidth, throughput, latency = "purefa_array_performance_bandwidth_bytes", "purefa_array_performance_throughput_iops", "purefa_array_performance_latency_usec"
	return []scalar{
		{arrayMIB + ".4.1.0", bandwidth, "read_bytes_per_sec"},
		{arrayMIB + ".4.2.0", bandwidth, "write_bytes_per_sec"},
		{arrayMIB + ".4.3.0", throughput, "reads_per_sec"},
		{arrayMIB + ".4.4.0", throughput, "writes_per_sec"},
		{arrayMIB + ".4.5.0", latency, "usec_per_read_op"},
		{arrayMIB + ".4.6.0", latency, "usec_per_write_op"},
	}
}

func asked() []string {
	names := []string{sysDescr, sysUpTime, sysName}
	for _, s := range scalars() {
		names = append(names, s.oid)
	}
	return names
}

// Collect asks for all objects at once. When nothing could be read the error
// is an [*Error].
func (s *Source) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	began := time.Now() // measures only; the batch's time is now
	r, err := s.look(ctx)
	b := localmon.Batch{Target: s.Target(), At: now}
	if err == nil && r.good == 0 {
		b.Partial = r.partial
		err = fmt.Errorf("%w: none of the %d objects has a value", errUseless, len(asked()))
	}
	if err != nil {
		b.Took = time.Since(began)
		return b, s.client.fail(err)
	}
	b = r.batch(s.Target(), now)
	b.Took = time.Since(began)
	return b, nil
}

// batch is what is handed on of a look.
func (r *reading) batch(target string, now time.Time) localmon.Batch {
	out := localmon.NewSampler(target)
	for _, x := range scalars() {
		if n, ok := r.integer(x.oid); ok {
			out.Add(float64(n), x.metric, "dimension", x.dimension)
		}
	}
	if v, ok := r.uptime(); ok {
		out.Add(v.Seconds(), "localmon_snmp_uptime_seconds")
	}
	return localmon.Batch{Target: target, At: now, Info: r.identity(), Samples: out.Samples(), Partial: r.partial}
}

// look asks, and asks again without what an agent stumbles over: in version 2c
// one object in error is an error of the whole answer.
func (s *Source) look(ctx context.Context) (*reading, error) {
	names := asked()
	r := &reading{}
	for len(names) > 0 {
		m, err := s.client.get(ctx, names)
		if err != nil {
			return nil, err
		}
		if m.Error == gosnmp.NoError {
			r.take(names, m.Variables)
			return r, nil
		}
		n := int(m.ErrorIndex) - 1
		if n < 0 || n >= len(names) {
			return nil, fmt.Errorf("%w: the agent answered with error %s", errUseless, m.Error)
		}
		r.miss(names[n], fmt.Errorf("the agent answered with error %s", m.Error))
		names = append(names[:n:n], names[n+1:]...)
	}
	return r, nil
}

// reading is what one look brought back.
type reading struct {
	values  map[string]gosnmp.SnmpPDU
	good    int // how many values could be used
	partial []localmon.EndpointError
}

func (r *reading) miss(oid string, err error) {
	r.partial = append(r.partial, localmon.EndpointError{Endpoint: strings.TrimPrefix(oid, "."), Err: err})
}

// take checks the value of every name that was asked for. Missing is never
// zero.
func (r *reading) take(names []string, binds []gosnmp.SnmpPDU) {
	given := map[string]gosnmp.SnmpPDU{}
	for _, b := range binds {
		if _, twice := given[b.Name]; !twice {
			given[b.Name] = b
		}
	}
	r.values = map[string]gosnmp.SnmpPDU{}
	for _, n := range names {
		b, ok := given[n]
		err := errors.New("the answer does not hold it")
		if ok {
			err = usable(n, b)
		}
		if err != nil {
			r.miss(n, err)
			continue
		}
		r.values[n] = b
		r.good++
	}
}

// usable says what keeps a value from being used.
func usable(oid string, b gosnmp.SnmpPDU) error {
	switch b.Type {
	case gosnmp.NoSuchObject, gosnmp.NoSuchInstance, gosnmp.EndOfMibView:
		return errors.New("the agent has no such object")
	case gosnmp.Null:
		return errors.New("the agent gave no value")
	}
	want := gosnmp.Integer
	switch oid {
	case sysDescr, sysName:
		want = gosnmp.OctetString
	case sysUpTime:
		want = gosnmp.TimeTicks
	}
	if b.Type != want {
		return fmt.Errorf("a value of type %#x, where %s was expected", byte(b.Type), want)
	}
	if want == gosnmp.Integer {
		if n, ok := b.Value.(int); !ok || n < math.MinInt32 || n > math.MaxUint32 {
			return errors.New("a number beyond 32 bits")
		}
	}
	return nil
}

// integer reads a number. The objects are Integer32; what is negative there
// can only be an unsigned number that did not fit.
func (r *reading) integer(oid string) (int64, bool) {
	n, ok := r.values[oid].Value.(int)
	if n < 0 {
		return int64(uint32(n)), ok
	}
	return int64(n), ok
}

func (r *reading) uptime() (time.Duration, bool) {
	n, ok := r.values[sysUpTime].Value.(uint32)
	return time.Duration(n) * 10 * time.Millisecond, ok
}

// software finds the operating system in a description such as "Pure Storage
// MercuryB, Purity//FA 6.5.6".
var software = regexp.MustCompile(`(Purity//[A-Za-z]+) ([0-9][0-9A-Za-z.+-]*)`)

func (r *reading) identity() *localmon.Array {
	text := func(oid string) string {
		b, _ := r.values[oid].Value.([]byte)
		return line(b, 255)
	}
	descr := text(sysDescr)
	a := localmon.Array{Name: text(sysName), Kind: localmon.KindFlashArray}
	if m := software.FindStringSubmatch(descr); m != nil {
		a.OS, a.Version = m[1], m[2]
	}
	if model, _, found := strings.Cut(strings.TrimPrefix(descr, "Pure Storage "), ","); found && strings.HasPrefix(descr, "Pure Storage ") {
		a.Model = model
	}
	if a == (localmon.Array{Kind: a.Kind}) {
		return nil
	}
	return &a
}
