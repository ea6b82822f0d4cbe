package snmp

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestClocksOfSendersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &Traps{clocks: map[string]*engine{}}
		say := func(n int, boots, seconds uint32) bool {
			return l.fresh(header{engine: fmt.Sprintf("engine %d", n), boots: boots, time: seconds})
		}
		for n := range maxClocks {
			require.True(t, say(n, 5, 1000))
			time.Sleep(time.Second)
		}
		require.False(t, say(0, 4, 9000), "an earlier boot")
		require.True(t, say(maxClocks, 1, 1))
		require.Len(t, l.clocks, maxClocks)
		require.NotContains(t, l.clocks, "engine 0", "the one that was silent for longest is forgotten")
		require.Contains(t, l.clocks, "engine 1")
	})
}

func TestClockOfASenderRunsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &Traps{clocks: map[string]*engine{}}
		say := func(boots, seconds uint32) bool {
			return l.fresh(header{engine: "engine", boots: boots, time: seconds})
		}
		require.True(t, say(5, 1000))
		time.Sleep(100 * time.Second)
		require.True(t, say(5, 1000), "100 s old")
		require.True(t, say(5, 950), "150 s old")
		time.Sleep(51 * time.Second)
		require.False(t, say(5, 1000), "151 s old")
		require.True(t, say(5, 1151))
		require.True(t, say(6, 0), "it started anew")
		require.False(t, say(5, 2000), "before it did")
	})
}
