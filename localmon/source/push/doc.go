// Package push is what the listening sources have in common: a message that a
// target sent without having been asked ([Message]), and how it finds its way
// into the looks at the target it is about.
//
//	box := push.NewMailbox(0)
//	router, err := push.NewRouter([]push.Target{{
//		Name: "fa-prod-1", From: []netip.Prefix{netip.MustParsePrefix("10.1.0.10/32")}, Box: box,
//	}})
//	src := push.Join(polled, box)                            // a target that is polled and speaks
//	src := push.Alone("fa-old-1", box, push.AloneOptions{})  // one that only speaks
//	// listeners call router.Route(m) for every message
//
// # Whom a message is about
//
// The [Router] goes by the address of the sender first and by the name the
// sender gives itself second, and by the name only for targets that list it:
// those whose messages come through a relay. A message from nobody known is
// counted under its sender and goes nowhere; its text belongs into the spool
// before it is routed.
//
// # What a message is worth
//
// Over UDP any machine that can reach the port can forge a sender. So a message
// never proves that something is well: it raises and closes alerts of the
// target, adds counters, and nothing else.
//
// A target that is polled is believed over what it says unasked. [Join] adds an
// alert told by a message only where the target's own list did not hold it
// shortly before, as one that came and went between two looks; a third of the
// alerts of a recorded array lived for less than a minute.
//
// A target that is not polled is believed until it is silent. These protocols
// know no message that an alert is over; arrays repeat an open alert once a day
// for seven days (those of information level not at all). So [Alone] holds an
// alert open for 25 hours after it was last told, then tells it closed once. A
// text that says that its alert was closed, cleared or resolved closes it at
// once. What is held is in memory only: hand the messages of the last 25 hours
// to [Lone.Replay] when the monitor starts, or open alerts would read as gone.
//
// # Series
//
//	localmon_push_messages{channel,severity}        messages since the look before; 0 in silence
//	localmon_push_dropped                           messages about alerts lost since then to a full mailbox
//	localmon_push_last_message_timestamp_seconds    the newest message, of targets that only speak
//
// # Alerts in texts
//
// [ReadAlert] finds what a line of text says of an array's alert. No syslog
// line of a real array was ever recorded in public; what is recorded is the
// text of the alerts, "(drive:ch0.nvb1): failure Expected: healthy, Actual:
// failed", and the words that parsers of such lines look for. So it asks for
// little and takes what it finds; a line it does not understand is a message
// without an alert, and never an error.
//
// # Promises
//
// Everything is bounded: 1,000 messages a mailbox (the oldest go first and are
// counted), 2,000 alerts held, 256 unknown senders. Only messages about an
// alert are queued, so that chatter cannot push an alert out.
package push
