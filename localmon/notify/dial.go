package notify

import (
	"fmt"
	"net/netip"
	"time"
)

// literal accepts an address and a port, and no name: nothing is looked up.
func literal(address string) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || ap.Port() == 0 {
		return fmt.Errorf("address %q: want an address and a port, such as 10.1.0.5:514", address)
	}
	return nil
}

// deadlineIn is a moment for the network, which only knows moments.
func deadlineIn(d time.Duration) time.Time {
	return time.Now().Add(d) //nolint:forbidigo // a bound on the network, by the monotonic clock
}
