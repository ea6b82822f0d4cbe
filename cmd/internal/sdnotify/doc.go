// Package sdnotify tells a service manager how a service is doing, by the
// protocol of sd_notify(3): datagrams to the unix socket that NOTIFY_SOCKET
// names. Where nobody asked to be told, [New] gives nil, and every method of a
// nil *Socket does nothing.
//
//	s, err := sdnotify.New(os.Getenv, os.Getpid())
//	err = s.Ready("watching 3 targets")
//	err = s.Feed(ctx, healthy)   // until ctx ends, where a watchdog was asked for
//	err = s.Stopping()
//
// Promises: the watchdog is fed only while healthy says so, twice as often as it
// asks for. Only the socket that was named is written to. Nothing is read.
package sdnotify
