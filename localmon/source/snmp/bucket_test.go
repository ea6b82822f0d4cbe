package snmp_test

import (
	"net/netip"
	"testing"
	"time"

	"darksite/localmon/source/snmp"

	"github.com/stretchr/testify/require"
)

func number(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{198, 18, byte(n >> 8), byte(n)})
}

func TestOneSenderDoesNotShutOutAnother(t *testing.T) {
	take, _ := snmp.Gate(snmp.Rate{PerSecond: 1, Burst: 5}, snmp.Rate{PerSecond: 10, Burst: 20}, at)
	taken := 0
	for range 1000 {
		if take(number(1), at) {
			taken++
		}
	}
	require.Equal(t, 5, taken)
	require.True(t, take(number(2), at))
	require.False(t, take(number(1), at.Add(-time.Hour)), "a clock that was set back gives nothing")
	require.False(t, take(number(1), at.Add(-time.Hour+900*time.Millisecond)))
	require.True(t, take(number(1), at.Add(-time.Hour+2*time.Second)))
}

func TestForgedSendersCostNoMemory(t *testing.T) {
	take, senders := snmp.Gate(snmp.Rate{PerSecond: 1, Burst: 2}, snmp.Rate{PerSecond: 1e9, Burst: 1e9}, at)
	taken := 0
	for n := range 5000 {
		if take(number(n), at) {
			taken++
		}
	}
	require.Equal(t, 1024, senders())
	require.Equal(t, 1024+2, taken, "newcomers share one bucket")
	require.True(t, take(number(9000), at.Add(10*time.Second)))
	require.Less(t, senders(), 10, "those that fell silent are forgotten")
}
