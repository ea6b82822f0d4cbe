package snmpagent

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"darksite/training/sim"
)

// maxRequest is how large a packet may be to be looked at.
const maxRequest = 8 << 10

// Server answers packets for one agent until it is closed.
type Server struct {
	agent *Agent
	conn  *net.UDPConn
	end   chan struct{}
	once  sync.Once
	done  chan struct{} // closed when serving has ended
}

// Listen serves an agent on a loopback address such as 127.0.0.1:0. Other
// addresses are refused: what protects a simulated agent is no secret.
func Listen(address string, a *Agent) (*Server, error) {
	name := a.array.Options().Name
	udp, err := loopback(address)
	if err != nil {
		return nil, fmt.Errorf("serve SNMP of array %s: %w", name, err)
	}
	conn, err := net.ListenUDP("udp", udp)
	if err != nil {
		return nil, fmt.Errorf("serve SNMP of array %s: %w", name, err)
	}
	s := &Server{agent: a, conn: conn, end: make(chan struct{}), done: make(chan struct{})}
	go s.serve()
	return s, nil
}

func loopback(address string) (*net.UDPAddr, error) {
	udp, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, err
	}
	if !udp.IP.IsLoopback() {
		return nil, fmt.Errorf("address %s: a simulated array speaks on loopback only, such as 127.0.0.1:0", address)
	}
	return udp, nil
}

func (s *Server) serve() {
	defer close(s.done)
	buf := make([]byte, maxRequest+1)
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil || n > maxRequest || !s.disturb():
			continue
		}
		if out := s.agent.Answer(buf[:n]); out != nil {
			// A packet that gets lost is what the protocol is made for.
			_, _ = s.conn.WriteToUDPAddrPort(out, from)
		}
	}
}

// disturb lets the faults of the interface happen. It reports whether there is
// an answer at all.
func (s *Server) disturb() bool {
	p := s.agent.array.View().Protocol()
	if p.Unreachable {
		return false
	}
	for _, r := range p.Rules {
		if r.Kind != sim.Slow || r.Path != "" && r.Path != "snmp" {
			continue
		}
		t := time.NewTimer(r.Stall)
		defer t.Stop()
		select {
		case <-t.C:
			return true
		case <-s.end:
			return false
		}
	}
	return true
}

// Address is where the agent is reached.
func (s *Server) Address() string { return s.conn.LocalAddr().String() }

// Agent is what answers.
func (s *Server) Agent() *Agent { return s.agent }

// Close stops serving at once. It may be called again.
func (s *Server) Close() error {
	var err error
	s.once.Do(func() {
		close(s.end)
		err = s.conn.Close()
		<-s.done
	})
	if err != nil {
		return fmt.Errorf("stop SNMP of array %s: %w", s.agent.array.Options().Name, err)
	}
	return nil
}
