// Package snmpagent gives a simulated array its SNMP side: an agent that
// answers what the small MIB of such arrays holds, and a sender that tells the
// array's alerts as traps or informs.
//
// # Start
//
//	a, err := sim.New(sim.Options{Name: "fa-prod-1", Seed: 7})
//	g, err := snmpagent.New(a, snmpagent.Options{Community: "lab"})
//	s, err := snmpagent.Listen("127.0.0.1:0", g)
//	defer s.Close()
//	// snmpwalk -v2c -c lab 127.0.0.1:port 1.3.6.1
//
//	out, err := snmpagent.NewSender(g, snmpagent.Receiver{Address: "127.0.0.1:162"})
//	defer out.Close()
//	before := a.View()
//	a.Advance(30 * time.Second)
//	for _, n := range snmpagent.Notices(before, a.View()) {
//		err = out.Send(ctx, n)
//	}
//
// # What it answers
//
// GET, GETNEXT and GETBULK, over version 2c with one community and over version
// 3 with one user, for the system group and for the six scalars of the array
// MIB (below 1.3.6.1.4.1.40482.4): bytes and operations a second and
// microseconds an operation, read and write, at the instant of the request.
// They are Integer32 there, so rates stay at 2147483647 when they are above it.
// A SET is refused, anything else is met with silence, as is a wrong community.
//
// Version 3 is the user-based security model: discovery of the engine, reports,
// time window; HMAC-SHA-1 and the SHA-2 family for authentication, AES with 128,
// 192 and 256 bits in CFB mode for privacy. A user is answered at its own level
// of security and at no other.
//
// # Notices
//
// [Notices] compares the alerts of two instants. An alert that opened, changed
// its severity or closed is one notice each, an alert that opened and closed in
// between is two. A notice goes out as the info, warning or critical trap of
// the array MIB with the six variables such traps carry. The MIB has no trap
// for an alert that is over; here that is an info trap whose subject ends in
// ": closed", which is this model's own wording.
//
// # Promises
//
//   - A reply depends on the seed, the array, its clock and the packets so far:
//     engine id, boots, engine time and salts follow from them, and nothing is
//     read from a wall clock or a random generator.
//   - Whatever arrives, the answer is bounded, and no request changes the array.
//
// # Limits
//
// Salts and passwords keep no secret here: agents listen on loopback only and
// senders send to loopback only. Of the faults of the interface two are
// modelled: an array that is unreachable is silent, and a slow one (of path
// "snmp", or of every path) stalls in real time. Requests are answered one
// after the other. There is one context, the default one.
package snmpagent
