package sdnotify_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"darksite/cmd/internal/sdnotify"

	"github.com/stretchr/testify/require"
)

// manager is a service manager that hears.
func manager(t *testing.T) (path string, hear func() string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "ds") // short: a socket stands in it
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path = filepath.Join(dir, "notify")
	c, err := net.ListenPacket("unixgram", path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return path, func() string {
		buf := make([]byte, 4096)
		require.NoError(t, c.SetReadDeadline(time.Now().Add(20*time.Second)))
		n, _, err := c.ReadFrom(buf)
		require.NoError(t, err)
		return string(buf[:n])
	}
}

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestTheManagerIsTold(t *testing.T) {
	path, hear := manager(t)
	s, err := sdnotify.New(environment("NOTIFY_SOCKET", path), 1)
	require.NoError(t, err)
	require.NoError(t, s.Ready("watching 3 targets\nMAINPID=1"))
	require.Equal(t, "READY=1\nSTATUS=watching 3 targets MAINPID=1", hear())
	require.NoError(t, s.Status("reloaded"))
	require.Equal(t, "STATUS=reloaded", hear())
	require.NoError(t, s.Stopping())
	require.Equal(t, "STOPPING=1", hear())
	require.NoError(t, s.Feed(t.Context(), nil), "no watchdog was asked for")
}

func TestTheWatchdogIsFedWhileAllIsWell(t *testing.T) {
	path, hear := manager(t)
	s, err := sdnotify.New(environment("NOTIFY_SOCKET", path, "WATCHDOG_USEC", "20000", "WATCHDOG_PID", "7"), 7)
	require.NoError(t, err)
	var sick atomic.Bool
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- s.Feed(ctx, func() error {
			if sick.Load() {
				return errors.New("standstill of fa-1")
			}
			return nil
		})
	}()
	for range 3 {
		require.Equal(t, "WATCHDOG=1", hear())
	}
	sick.Store(true)
	for heard := ""; heard != "STATUS=standstill of fa-1"; {
		heard = hear()
	}
	require.Equal(t, "STATUS=standstill of fa-1", hear(), "and it is not fed any more")
	stop()
	require.NoError(t, <-done)
}

func TestNobodyToTell(t *testing.T) {
	s, err := sdnotify.New(environment(), 1)
	require.NoError(t, err)
	require.Nil(t, s)
	require.NoError(t, s.Ready("x"))
	require.NoError(t, s.Feed(t.Context(), nil))
	require.NoError(t, s.Stopping())
}

func TestAnEnvironmentThatMakesNoSense(t *testing.T) {
	for _, pairs := range [][]string{
		{"NOTIFY_SOCKET", "relative"},
		{"NOTIFY_SOCKET", "/x", "WATCHDOG_USEC", "soon"},
		{"NOTIFY_SOCKET", "/x", "WATCHDOG_USEC", "-1"},
	} {
		_, err := sdnotify.New(environment(pairs...), 1)
		require.Error(t, err)
	}
	s, err := sdnotify.New(environment("NOTIFY_SOCKET", "/nowhere/socket", "WATCHDOG_USEC", "1000", "WATCHDOG_PID", "8"), 7)
	require.NoError(t, err)
	require.NoError(t, s.Feed(t.Context(), nil), "the watchdog of another process")
	require.ErrorContains(t, s.Ready("x"), "tell the service manager")
}
