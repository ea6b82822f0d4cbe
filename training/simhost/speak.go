package simhost

import (
	"context"
	"errors"
	"fmt"
	"time"

	"darksite/training/sim"
	"darksite/training/sim/snmpagent"
	"darksite/training/sim/syslogger"
)

// Speech says how the arrays of a site make themselves heard. The zero value is
// a site that only answers.
type Speech struct {
	SNMP      bool   // an agent for each array of the FlashArray kind, on a loopback port of its own
	Community string // of agents and traps; see [DefaultCommunity]
	Syslog    string // UDP address on loopback that gets every change of an alert
	Traps     string // UDP address on loopback that gets it as a trap of version 2c, from arrays of the FlashArray kind
}

// DefaultCommunity is the community of agents and traps when none is given. It
// is no secret, as nothing of a simulated array is.
const DefaultCommunity = "practice"

// voice is how one array makes itself heard.
type voice struct {
	array  *sim.Array
	agent  *snmpagent.Server
	syslog *syslogger.Sender
	traps  *snmpagent.Sender
}

func newVoice(a *sim.Array, s Speech) (_ *voice, err error) {
	v := &voice{array: a}
	defer func() {
		if err != nil {
			err = errors.Join(err, v.close())
		}
	}()
	if s.Syslog != "" {
		if v.syslog, err = syslogger.New(syslogger.Options{Name: a.Options().Name, Address: s.Syslog}); err != nil {
			return nil, err
		}
	}
	if a.Options().Family == sim.FlashBlade || !s.SNMP && s.Traps == "" {
		return v, nil // its MIB is another one, which is not modelled
	}
	agent, err := snmpagent.New(a, snmpagent.Options{Community: s.Community})
	if err != nil {
		return nil, err
	}
	if s.SNMP {
		if v.agent, err = snmpagent.Listen("127.0.0.1:0", agent); err != nil {
			return nil, err
		}
	}
	if s.Traps != "" {
		if v.traps, err = snmpagent.NewSender(agent, snmpagent.Receiver{Address: s.Traps}); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// address is where the array's agent listens, empty when it has none.
func (v *voice) address() string {
	if v.agent == nil {
		return ""
	}
	return v.agent.Address()
}

// advance moves the array's clock and says what has happened meanwhile.
func (v *voice) advance(d time.Duration) error {
	before, from := alertsOf(v.array), v.array.Now()
	v.array.Advance(d)
	if v.syslog == nil && v.traps == nil || v.array.Look().Protocol().Unreachable {
		return nil
	}
	after := alertsOf(v.array)
	var errs []error
	ctx := context.Background() // a datagram to this machine waits for nobody
	if v.syslog != nil {
		_, err := v.syslog.Send(ctx, after, from, v.array.Now())
		errs = append(errs, err)
	}
	if v.traps != nil {
		for _, n := range snmpagent.Notices(before, after) {
			errs = append(errs, v.traps.Send(ctx, n))
		}
	}
	return errors.Join(errs...)
}

func (v *voice) close() error {
	var errs []error
	if v.agent != nil {
		errs = append(errs, v.agent.Close())
	}
	if v.syslog != nil {
		errs = append(errs, v.syslog.Close())
	}
	if v.traps != nil {
		errs = append(errs, v.traps.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("silence array %s: %w", v.array.Options().Name, err)
	}
	return nil
}

// alerts are those of an array of either kind, in the form messages are made of.
type alerts []sim.Alert

// Alerts lists them.
func (a alerts) Alerts() []sim.Alert { return a }

func alertsOf(a *sim.Array) alerts {
	if a.Options().Family != sim.FlashBlade {
		return a.View().Alerts()
	}
	var all alerts
	for _, b := range a.Blade().Alerts() {
		one := sim.Alert{
			ID: b.ID, Number: b.Index, Code: b.Code, Severity: b.Severity, State: b.State, ComponentType: b.ComponentType,
			Component: b.Component, Issue: b.Summary, Created: b.Created, Updated: b.Updated, Notified: b.Notified,
		}
		if b.State == "closed" {
			one.Closed = sim.Some(b.Updated)
		}
		all = append(all, one)
	}
	return all
}
