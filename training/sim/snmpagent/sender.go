package snmpagent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// Receiver is where notices go.
type Receiver struct {
	Address string        // on loopback
	V3      bool          // as the agent's user; else with its community
	Inform  bool          // ask for a receipt
	Wait    time.Duration // for a receipt, before it is asked for again; a second when zero
}

// tries is how often an inform is sent before it is given up.
const tries = 3

// Sender sends an agent's notices to one receiver. It belongs to one
// goroutine.
type Sender struct {
	agent *Agent
	to    Receiver
	conn  *net.UDPConn

	// The receiver's engine, whose clock and keys count for informs.
	engine      string
	boots, time int32
	keys        keys
}

// NewSender makes a sender. Receivers that are not on loopback are refused.
func NewSender(a *Agent, to Receiver) (*Sender, error) {
	fail := func(err error) (*Sender, error) {
		return nil, fmt.Errorf("send notices of array %s: %w", a.array.Options().Name, err)
	}
	if to.V3 && a.user.Name == "" {
		return fail(errors.New("version 3 needs a user, and the agent has none"))
	}
	udp, err := loopback(to.Address)
	if err != nil {
		return fail(err)
	}
	conn, err := net.DialUDP("udp", nil, udp)
	if err != nil {
		return fail(err)
	}
	if to.Wait <= 0 {
		to.Wait = time.Second
	}
	return &Sender{agent: a, to: to, conn: conn}, nil
}

// Close gives the socket back.
func (s *Sender) Close() error { return s.conn.Close() }

// Send sends one notice. Of a trap nobody learns whether it arrived; an inform
// without a receipt is an error.
func (s *Sender) Send(ctx context.Context, n Notice) error {
	if err := s.send(ctx, n); err != nil {
		return fmt.Errorf("send a notice of array %s to %s: %w", s.agent.array.Options().Name, s.to.Address, err)
	}
	return nil
}

func (s *Sender) send(ctx context.Context, n Notice) error {
	if !s.to.Inform {
		packet, err := s.agent.Trap(n, s.to.V3)
		if err != nil {
			return err
		}
		_, err = s.conn.Write(packet)
		return err
	}
	p, err := s.agent.notification(n, pduInform)
	if err != nil {
		return err
	}
	if !s.to.V3 {
		return s.ask(ctx, message2{s.agent.options.Community, p}.encode(), func(packet []byte) bool {
			version, rest, err := open(packet)
			if err != nil || version != version2c {
				return false
			}
			m, err := decode2(rest)
			return err == nil && m.kind == pduResponse && m.id == p.id
		})
	}
	return s.inform3(ctx, p)
}

// inform3 informs over version 3. An engine that is not known, or whose clock
// is not, is asked first.
func (s *Sender) inform3(ctx context.Context, p pdu) error {
	for range tries {
		if s.engine == "" {
			if err := s.discover(ctx, p.id); err != nil {
				return err
			}
		}
		request := s.keys.finish(message3{
			id: p.id, maxSize: 65507, model: usmModel, flags: flagReportable,
			engine: s.engine, boots: s.boots, time: s.time, user: s.agent.user.Name,
			body: scoped(s.agent.engine, p),
		}, s.agent.user.flags(), s.agent.nextSalt())
		answer, err := s.ask3(ctx, request, p.id)
		if err != nil {
			return err
		}
		if answer.kind == pduResponse {
			return nil
		}
		why := uint32(0)
		if len(answer.binds) == 1 && len(answer.binds[0].name) > 1 {
			why = answer.binds[0].name[len(answer.binds[0].name)-2]
		}
		if why != notInWindow && why != unknownEngine {
			return fmt.Errorf("the receiver refused the inform with report %d", why)
		}
		s.engine = ""
	}
	return errors.New("the receiver knows neither its engine nor its clock")
}

// discover asks the receiver for its engine.
func (s *Sender) discover(ctx context.Context, id int32) error {
	probe, _ := message3{id: id, maxSize: 65507, model: usmModel, flags: flagReportable, body: scoped("", pdu{kind: pduGet, id: id})}.encode()
	return s.ask(ctx, probe, func(packet []byte) bool {
		m, ok := read3(packet, id)
		if !ok || m.engine == "" {
			return false
		}
		s.engine, s.boots, s.time = m.engine, m.boots, m.time
		s.keys = s.agent.user.at(s.engine)
		return true
	})
}

// read3 reads a message of version 3 that answers the one with an id.
func read3(packet []byte, id int32) (message3, bool) {
	version, rest, err := open(packet)
	if err != nil || version != version3 {
		return message3{}, false
	}
	m, err := decode3(rest)
	return m, err == nil && m.id == id
}

// ask3 sends a request and waits for the answer to it. A response must be
// genuine; a report need not be, since who sends it may lack the keys.
func (s *Sender) ask3(ctx context.Context, request []byte, id int32) (answer pdu, err error) {
	err = s.ask(ctx, request, func(packet []byte) bool {
		m, ok := read3(packet, id)
		if !ok {
			return false
		}
		genuine := m.flags&(flagAuth|flagPriv) == s.agent.user.flags() && m.engine == s.engine &&
			(s.agent.user.Auth == "" || s.keys.genuine(packet, m))
		body := m.body
		if m.sealed {
			if !genuine {
				return false
			}
			if body, err = s.keys.unseal(m); err != nil {
				return false
			}
		}
		_, _, answer, err = decodeScoped(body)
		return err == nil && (genuine && answer.kind == pduResponse || answer.kind == pduReport)
	})
	return answer, err
}

// ask sends a packet, over and over, until the right answer comes.
func (s *Sender) ask(ctx context.Context, packet []byte, right func([]byte) bool) error {
	for range tries {
		done, err := s.try(ctx, packet, right)
		if done || err != nil {
			return err
		}
	}
	return fmt.Errorf("no receipt after %d tries", tries)
}

// try sends a packet once and waits for the answer.
func (s *Sender) try(ctx context.Context, packet []byte, right func([]byte) bool) (bool, error) {
	turn, cancel := context.WithTimeout(ctx, s.to.Wait)
	defer cancel()
	if err := s.conn.SetReadDeadline(time.Time{}); err != nil {
		return false, err
	}
	stop := context.AfterFunc(turn, func() { _ = s.conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := s.conn.Write(packet); err != nil {
		return false, err
	}
	buf := make([]byte, maxRequest)
	for {
		n, err := s.conn.Read(buf)
		switch {
		case turn.Err() != nil:
			return false, ctx.Err()
		case err != nil:
			return false, err
		case right(buf[:n]):
			return true, nil
		}
	}
}
