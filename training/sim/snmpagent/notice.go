package snmpagent

import (
	"fmt"
	"slices"
	"time"

	"darksite/training/sim"
)

// Alerter lists the alerts of an array at one instant; a [sim.View] does.
type Alerter interface{ Alerts() []sim.Alert }

// Notice is one thing an array says of an alert.
type Notice struct {
	At       time.Time // of the array's clock
	Severity string    // info, warning or critical: which trap it is
	Code     int
	Subject  string
	Body     string
}

// Notices are what an array says of its alerts between two instants, in the
// order in which it happened: those that opened, whose severity changed, and
// that closed.
func Notices(before, after Alerter) []Notice {
	known := map[string]sim.Alert{}
	for _, a := range before.Alerts() {
		known[a.ID] = a
	}
	var all []Notice
	for _, a := range after.Alerts() {
		was, old := known[a.ID]
		over := a.State == "closed" && was.State != "closed"
		switch {
		case !old:
			all = append(all, notice(a, a.Created, a.Severity, ""))
		case was.Severity != a.Severity && a.State != "closed":
			all = append(all, notice(a, a.Updated, a.Severity, ""))
		}
		if over {
			all = append(all, notice(a, a.Updated, "info", ": closed"))
		}
	}
	slices.SortStableFunc(all, func(x, y Notice) int { return x.At.Compare(y.At) })
	return all
}

func notice(a sim.Alert, at time.Time, severity, ending string) Notice {
	subject := fmt.Sprintf("(%s:%s): %s", a.ComponentType, a.Component, a.Issue)
	body := subject
	if a.Expected != "" || a.Actual != "" {
		body += fmt.Sprintf(" Expected: %s, Actual: %s", a.Expected, a.Actual)
	}
	return Notice{At: at, Severity: severity, Code: a.Code, Subject: subject + ending, Body: body + ending}
}

// traps are the numbers of the traps below the array MIB.
var traps = map[string]uint32{"info": 50, "warning": 51, "critical": 52}

// notification is a notice as a PDU: up time, which trap, and the six variables
// of the array MIB.
func (a *Agent) notification(n Notice, kind byte) (pdu, error) {
	number, ok := traps[n.Severity]
	if !ok {
		return pdu{}, fmt.Errorf("notice of severity %q: there are traps for info, warning and critical", n.Severity)
	}
	id := a.array.View().Identity()
	mib := must(arrayMIB)
	field := func(i uint32, v value) bind { return bind{append(slices.Clone(mib), 3, i, 0), v} }
	a.mu.Lock()
	a.requests++
	request := a.requests
	a.mu.Unlock()
	return pdu{kind: kind, id: request, binds: []bind{
		{must(sysUpTime), ticks(n.At.Sub(a.booted(n.At).at).Milliseconds() / 10)},
		{must(trapOID), objectName(append(slices.Clone(mib), 2, number))},
		field(1, text(id.OS)),
		field(2, text(id.Version)),
		field(3, text(id.Name)),
		field(4, integer(int64(n.Code))),
		field(5, text(n.Subject)),
		field(6, text(n.Body)),
	}}, nil
}

// Trap is the packet of a trap of version 2c, or with v3 of version 3. Of a
// trap its sender's engine counts.
func (a *Agent) Trap(n Notice, v3 bool) ([]byte, error) {
	p, err := a.notification(n, pduTrap)
	if err != nil {
		return nil, err
	}
	if !v3 {
		return message2{a.options.Community, p}.encode(), nil
	}
	boots, now := a.clock(a.array.Now())
	return a.own.finish(message3{
		id: p.id, maxSize: 65507, model: usmModel,
		engine: a.engine, boots: boots, time: now, user: a.user.Name,
		body: scoped(a.engine, p),
	}, a.user.flags(), a.nextSalt()), nil
}
