package snmp

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/gosnmp/gosnmp"
)

const (
	// maxReply is how large an answer may be. Nine short values are far less.
	maxReply = 8 << 10
	// maxJunk is how many packets that are no answer are looked at for one
	// request.
	maxJunk = 64
	// usmReports is the branch of reports about users and clocks.
	usmReports = ".1.3.6.1.6.3.15.1.1."
)

// errUseless marks a target of whose answers none could be used.
var errUseless = errors.New("no usable answer")

// errSilence says that nothing came in time.
var errSilence = errors.New("no answer")

// client asks one agent at one address.
type client struct {
	target, address string
	community       Secret
	user            *credential // nil for version 2c
	timeout         time.Duration
	tries           int

	engine *engine // what is known of the agent's engine; nil before the first look
}

// engine is the clock of an agent and the user's keys for it.
type engine struct {
	keys
	boots, time uint32
	at          time.Time // when it was told
}

// now is what the agent's clock shows, as far as can be known.
func (e *engine) now() (boots, seconds uint32) {
	return e.boots, e.time + uint32(time.Since(e.at)/time.Second)
}

// heard takes over what a genuine message says of the clock.
func (e *engine) heard(h header) { e.boots, e.time, e.at = h.boots, h.time, time.Now() }

// get asks for objects and returns the variables of the answer. A failed look
// forgets the engine, so that an agent that was replaced is met anew.
func (c *client) get(ctx context.Context, names []string) (*gosnmp.SnmpPacket, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", c.address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	binds := make([]gosnmp.SnmpPDU, 0, len(names))
	for _, n := range names {
		binds = append(binds, gosnmp.SnmpPDU{Name: n, Type: gosnmp.Null})
	}
	if c.user == nil {
		return c.get2(ctx, conn, binds)
	}
	m, err := c.get3(ctx, conn, binds)
	if err != nil {
		c.engine = nil
	}
	return m, err
}

func (c *client) get2(ctx context.Context, conn net.Conn, binds []gosnmp.SnmpPDU) (*gosnmp.SnmpPacket, error) {
	id := newID()
	packet, err := write(&gosnmp.SnmpPacket{
		Version: gosnmp.Version2c, Community: string(c.community),
		PDUType: gosnmp.GetRequest, RequestID: id, Variables: binds,
	})
	if err != nil {
		return nil, err
	}
	var answer *gosnmp.SnmpPacket
	err = c.ask(ctx, conn, packet, func(reply []byte) error {
		h, err := readHeader(reply)
		if err != nil {
			return err
		}
		if h.version != 1 || same(h.community, c.community) == 0 {
			return errors.New("an answer of another version or community")
		}
		m, err := read(reply, h, keys{})
		if err == nil {
			err = answers(m, id)
		}
		answer = m
		return err
	})
	return answer, err
}

// answers says whether a message is the response to a request.
func answers(m *gosnmp.SnmpPacket, id uint32) error {
	if m.PDUType != gosnmp.GetResponse || m.RequestID != id {
		return errors.New("an answer to another request")
	}
	return nil
}

// get3 asks over version 3: it meets the engine when it is not known, and asks
// again when the engine or its clock is not what was thought.
func (c *client) get3(ctx context.Context, conn net.Conn, binds []gosnmp.SnmpPDU) (*gosnmp.SnmpPacket, error) {
	for range 3 {
		if c.engine == nil {
			if err := c.discover(ctx, conn); err != nil {
				return nil, err
			}
		}
		m, again, err := c.request3(ctx, conn, binds)
		if err != nil {
			return nil, err
		}
		if !again {
			return m, nil
		}
	}
	return nil, fmt.Errorf("%w: the agent keeps changing its engine or its clock", errUseless)
}

// discover asks the agent for its engine.
func (c *client) discover(ctx context.Context, conn net.Conn) error {
	id := newID()
	packet, err := write(&gosnmp.SnmpPacket{
		Version: gosnmp.Version3, MsgFlags: gosnmp.Reportable, SecurityModel: gosnmp.UserSecurityModel,
		SecurityParameters: &gosnmp.UsmSecurityParameters{AuthenticationProtocol: gosnmp.NoAuth, PrivacyProtocol: gosnmp.NoPriv},
		PDUType:            gosnmp.GetRequest, MsgID: id, RequestID: id, MsgMaxSize: maxReply,
	})
	if err != nil {
		return err
	}
	return c.ask(ctx, conn, packet, func(reply []byte) error {
		h, err := readHeader(reply)
		if err != nil {
			return err
		}
		if h.version != 3 || h.id != int64(id) || !engineLength(h.engine) {
			return errors.New("an answer that tells no engine")
		}
		c.engine = &engine{keys: c.user.at(h.engine)}
		c.engine.heard(h)
		return nil
	})
}

// request3 asks once. It reports whether to ask again, with what was learnt.
func (c *client) request3(ctx context.Context, conn net.Conn, binds []gosnmp.SnmpPDU) (answer *gosnmp.SnmpPacket, again bool, err error) {
	id := newID()
	boots, seconds := c.engine.now()
	packet, err := write(&gosnmp.SnmpPacket{
		Version: gosnmp.Version3, MsgFlags: c.user.level | gosnmp.Reportable, SecurityModel: gosnmp.UserSecurityModel,
		SecurityParameters: c.engine.parameters(c.user.level, boots, seconds), ContextEngineID: c.engine.engine,
		PDUType: gosnmp.GetRequest, MsgID: id, RequestID: id, MsgMaxSize: maxReply, Variables: binds,
	})
	if err != nil {
		return nil, false, err
	}
	var refusedBy *refusal
	err = c.ask(ctx, conn, packet, func(reply []byte) error {
		h, err := readHeader(reply)
		if err != nil {
			return err
		}
		if h.version != 3 || h.id != int64(id) {
			return errors.New("an answer to another request")
		}
		if h.level() != c.user.level || h.engine != c.engine.engine {
			again, refusedBy, err = c.report(reply, h)
			return err
		}
		if err := c.believe(reply, h); err != nil {
			return err
		}
		m, err := read(reply, h, c.engine.keys)
		if err != nil {
			return err
		}
		if m.PDUType == gosnmp.Report {
			again, refusedBy, err = c.judge(m, h)
			return err
		}
		if err := answers(m, id); err != nil {
			return err
		}
		answer = m
		c.engine.heard(h)
		return nil
	})
	if refusedBy != nil {
		return nil, false, refusedBy
	}
	return answer, again, err
}

// believe says whether a message at the user's level is the agent's own.
func (c *client) believe(reply []byte, h header) error {
	switch {
	case h.user != c.user.name:
		return errors.New("an answer for another user")
	case h.level() != 0 && !c.engine.genuine(reply, h):
		return errors.New("an answer whose sender does not know the password")
	}
	return nil
}

// report reads an answer below the user's level, which can only be a report:
// who cannot read a request cannot sign the answer. Whoever forges one needs
// the number of the request, and gains that a look fails.
func (c *client) report(reply []byte, h header) (again bool, why *refusal, err error) {
	k := keys{credential: credential{name: h.user}, engine: h.engine}
	if h.level() != 0 {
		if h.level() != gosnmp.AuthNoPriv || h.engine != c.engine.engine {
			return false, nil, errors.New("an answer at another level of security")
		}
		if err := c.believe(reply, h); err != nil {
			return false, nil, err
		}
		k = c.engine.keys
	}
	m, err := read(reply, h, k)
	if err != nil {
		return false, nil, err
	}
	if m.PDUType != gosnmp.Report {
		return false, nil, errors.New("an answer below the user's level of security")
	}
	return c.judge(m, h)
}

// judge says what a report leads to.
func (c *client) judge(m *gosnmp.SnmpPacket, h header) (again bool, why *refusal, err error) {
	number := ""
	if len(m.Variables) == 1 {
		number, _, _ = strings.Cut(strings.TrimPrefix(m.Variables[0].Name, usmReports), ".")
	}
	switch why := refused(number); {
	case why != nil:
		return false, why, nil
	case number == "2" && (h.level() != 0 || c.user.level == 0): // not in the time window
		c.engine.heard(h)
		return true, nil, nil
	case number == "4": // unknown engine
		c.engine = nil
		return true, nil, nil
	}
	return false, nil, errors.New("a report that says nothing of use")
}

// ask sends a packet until accept takes an answer. What accept does not take is
// passed over, as if it had never come: on a datagram socket anybody may put
// in a word. The socket is connected, so the system itself drops what comes
// from another address.
func (c *client) ask(ctx context.Context, conn net.Conn, packet []byte, accept func([]byte) error) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	junk := 0
	var last error
	buf := make([]byte, maxReply+1)
	for range c.tries {
		if err := conn.SetDeadline(time.Now().Add(c.timeout)); err != nil {
			return err
		}
		// The context may have ended just before the deadline was set.
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := conn.Write(packet); err != nil {
			return err
		}
		for {
			n, err := conn.Read(buf)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if errors.Is(err, syscall.ECONNREFUSED) {
				return errors.New("nothing listens at the port")
			}
			if err != nil {
				break // the time of this try is over
			}
			if n > maxReply {
				err = fmt.Errorf("an answer of more than %d octets", maxReply)
			} else if err = accept(buf[:n]); err == nil {
				return nil
			}
			if last, junk = err, junk+1; junk == maxJunk {
				return fmt.Errorf("%w among %d packets; the last was %w", errUseless, junk, last)
			}
		}
	}
	if last != nil {
		return fmt.Errorf("%w in %d tries of %s; what came was %w", errUseless, c.tries, c.timeout, last)
	}
	return fmt.Errorf("%w in %d tries of %s", errSilence, c.tries, c.timeout)
}

// newID is a number for a request that cannot be guessed.
func newID() uint32 {
	var b [4]byte
	rand.Read(b[:])
	return max(binary.BigEndian.Uint32(b[:])>>1, 1)
}
