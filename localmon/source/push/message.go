package push

import (
	"net/netip"
	"time"

	"darksite/localmon"
)

// Channel is the way a message came in.
type Channel string

// The channels a site can open.
const (
	Syslog Channel = "syslog"
	Trap   Channel = "trap"
)

// channels are all of them: a counter exists for each from the first look on.
var channels = [...]Channel{Syslog, Trap}

// The severities of a message, in the words of [localmon.ArrayAlert].
const (
	Critical = "critical"
	Warning  = "warning"
	Info     = "info"
)

var severities = [...]string{Critical, Warning, Info}

// Message is one thing a target said without having been asked. Everything in
// it but At and Channel was said by the sender, and over UDP even From can be
// forged: a message is a hint to look and a line for the spool, never a proof.
type Message struct {
	At       time.Time            // the kit's clock when it arrived
	Channel  Channel              // how it came in
	From     netip.AddrPort       // who sent it, as the socket saw it
	Host     string               // the name the sender gives itself; empty when it gives none
	SentAt   time.Time            // the sender's clock; zero where it told none
	Severity string               // critical, warning or info, in the words of [localmon.ArrayAlert]
	Text     string               // the message for a person: one line, bounded, control characters made visible
	Raw      string               // the message as it came, in the form of [Escape]; for the spool
	Alert    *localmon.ArrayAlert // what the message says of an alert of the array; nil when it is about something else
}
