// Package syslog listens for what arrays and other machines send by syslog.
//
// # How to start
//
//	l, err := syslog.Listen(ctx, syslog.Options{
//		UDP: []string{"10.1.0.5:5514"}, TCP: []string{"10.1.0.5:5514"},
//		Known: router.Knows,
//		Handle: func(m push.Message) { ... }, // spool it, then router.Route(m)
//	})
//	err = l.Serve(ctx) // until ctx ends
//
// An address without a host is one on loopback: ":5514" is 127.0.0.1:5514.
// Whoever wants more says so.
//
// # Messages
//
// [Parse] reads RFC 5424 and, where a message is not that, RFC 3164 as it is
// found in the field: with or without priority, host name, year, fraction and
// zone; with the sequence numbers, marks and zones of network equipment; with
// the time of RFC 3339 in place of the old one. The old time tells neither
// year nor zone: it is read in the zone of the kit's clock and as the year that
// brings it within half a year of now.
//
// Everything can be read in the end: what has no form is text. [Decode] makes a
// [push.Message] of it, which also says what the message tells of an alert of
// the array.
//
// No syslog line of a real array was ever recorded in public. What
// [push.ReadAlert] looks for comes from recorded alerts and from the words that
// others' parsers look for; so it is asked for little, and nothing is required.
//
// # Transport
//
// UDP: a datagram is a message. TCP: both framings of RFC 6587, told apart for
// every message: a count of bytes followed by "<", else a line that ends with a
// line feed or a NUL. TLS (RFC 5425) likewise; Options.TLSConfig holds the
// certificate and, where senders have certificates of their own, how they are
// checked.
//
// # Bounds
//
//   - A message: 8 KiB. A longer one is cut, marked and counted, and the rest of
//     it is passed over as it comes in.
//   - Connections: 64 in all, 8 of one address. Others are refused.
//   - Time: a TLS handshake 10 s; a message 30 s from its first byte to its
//     last; between two messages 24 h, because arrays are silent for days and
//     lose what they send into a connection that was closed meanwhile.
//     Connections whose other end has gone are found by probes of the system.
//   - Rate: 100 messages a second from one address after the first 1,000, and
//     2,000 a second from all addresses that Options.Known does not know, so
//     that forged senders cannot starve the arrays. What is beyond is dropped
//     and counted before it is parsed.
//   - Memory: 1,024 messages wait for Handle. Beyond that datagrams are dropped
//     and counted, and connections are read from no further.
//
// # Promises
//
// Handle is called by one goroutine. When ctx ends nothing new is let in, and
// everything that had been received, unfinished messages included, is handed
// over before Serve returns. No address is ever dialled, and no name looked up
// for a sender.
package syslog
