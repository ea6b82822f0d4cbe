// Package snmp looks at one array over SNMP and listens for the traps of many:
// for arrays that are too old for their REST interface to be of use, and for
// sites that give out no API token.
//
// # How to start
//
//	src, err := snmp.New(snmp.Options{
//		Target: "fa-old-1", Address: "10.1.0.10",
//		User: &snmp.User{Name: "watcher", Auth: "SHA-256", AuthPassword: a, Priv: "AES", PrivPassword: p},
//	})
//	batch, err := src.Collect(ctx, now)
//
//	traps, err := snmp.Listen(snmp.TrapOptions{
//		Address: "10.1.0.2:162", Users: []snmp.User{u},
//		Handle: func(m push.Message) { spool <- m },
//	})
//	err = traps.Run(ctx)
//
// Collect belongs to one goroutine; Handle is called by the one that runs Run.
//
// # What a source reads
//
// Nine objects in one request, every look: the six scalars of the array MIB
// (below 1.3.6.1.4.1.40482.4) and the description, name and up time of the
// system group. The six come back under the names the vendor's open metrics
// exporter has for them, so that rules and dashboards do not care which way
// they came:
//
//	purefa_array_performance_bandwidth_bytes{dimension="read_bytes_per_sec"}   and write_bytes_per_sec
//	purefa_array_performance_throughput_iops{dimension="reads_per_sec"}        and writes_per_sec
//	purefa_array_performance_latency_usec{dimension="usec_per_read_op"}        and usec_per_write_op
//	localmon_snmp_uptime_seconds                                               of the agent, back at 0 after 497 days
//
// What an agent does not have, gives no value for, or gives in another type
// than the MIB says is no sample and stands in Batch.Partial under its object
// id. It is never a zero.
//
// The six are Integer32 in the MIB, so the largest rate one can say is 2.1 GB/s.
// What an array says above that differs: a negative number is read as the
// unsigned number of 32 bits it stands for (up to 4.3 GB/s); a number that
// stays at 2147483647 is kept as it came, since the truth cannot be known. Use
// the REST interface for arrays that do more.
//
// # What the listener hands on
//
// Traps and informs of versions 2c and 3 become a [push.Message] each; an
// inform is receipted once it was handed on. The info, warning and critical
// traps of the array MIB carry an alert: code, subject as summary, body as
// description, and component and issue where the subject has the shape
// "(type:name): issue". The MIB has no trap for the end of an alert, so it is
// open unless the words of the subject or a state in the body say that it is
// closed, cleared or resolved. Every other trap (a cold start, a link that goes
// down) is a message without an alert.
//
// # Who is believed
//
// A source asks the one address it was given, from a fresh port every look, and
// takes an answer only from there, with the number of its request and, over
// version 3, signed by who knows the password. What does not fit is passed
// over and the wait goes on. A report that the user or a password is wrong is
// unsigned by nature; it ends the look with [localmon.ErrTokenRefused]. A wrong
// community cannot be told from an agent that is down: both are silent.
//
// The listener believes version 2c from who names one of its communities, and
// version 3 from its users, each at exactly its own level of security. An old
// trap sent again is refused when it is older than 150 seconds against others
// of its engine. Version 1 is refused. A community travels in the clear, and
// over UDP an address proves nothing: a message is a reason to look, never a
// fact.
//
// # Promises
//
//   - Nothing but the configured address is asked, and nobody but the sender of
//     an inform, or of a question about the engine, is answered.
//   - Whatever arrives, memory and time are bounded: 8 KiB an answer, 64 packets
//     that are no answer, 64 KiB a trap, a rate for each sender and for all, a
//     thousand senders remembered. A malformed packet is counted and nothing
//     else; see [Traps.Counts].
//   - A community or password appears in no error, message or printed value.
//
// # Limits
//
// HMAC with SHA-1 and the SHA-2 family, AES with 128, 192 and 256 bits, the
// longer keys made as the stock programs make them (not as some routers do).
// MD5, DES and version 1 are left out on purpose. Alerts, drives and volumes
// cannot be read over this MIB. A sender that repeats an inform because the
// receipt was lost is heard twice. What was learnt of senders' clocks is
// forgotten at the end of the process. Without TrapOptions.Engine every start
// is a new engine to those who inform over version 3; most ask again by
// themselves.
//
// Packets are encoded and decoded by gosnmp; who is believed is decided here,
// from a header that is read before gosnmp sees the packet.
package snmp
