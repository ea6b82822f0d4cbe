// Package syslogger lets a simulated array speak unasked: it sends the changes
// of the array's alerts by syslog while the virtual clock moves.
//
//	s, err := syslogger.New(syslogger.Options{
//		Name: "fa-prod-1", Network: syslogger.UDP, Address: "127.0.0.1:5514",
//	})
//	defer s.Close()
//	from := a.Now()
//	a.Advance(30 * time.Second)
//	sent, err := s.Send(ctx, a.View(), from, a.Now())
//
// [Messages] gives the same without a network.
//
// # What is sent
//
// In the window from from on and before to: that an alert was raised, that it
// changed while it was open, that it is closed; and, as arrays do, that an open
// one of warning or above is still open, each day for seven days. Messages come
// in the order of the array's time, which is also the time they carry.
//
// A view tells of an alert how it stands at its end. Of several changes within
// one window only the newest is sent, and an alert that was raised within it
// has the severity of its end: so take steps no longer than a change matters.
//
// # The text
//
// No syslog line of a real array is public. This model writes the text recorded
// alerts have, "(drive:ch0.bay3): failure Expected: healthy, Actual: failed",
// the code in brackets, and then the labels that parsers made for real lines
// look for, line breaks as #012. That an alert is closed stands in the line as
// well; no source says that real arrays send this, and Options.NeverClosed
// leaves it out.
//
// # Promises
//
//   - Same view, same window, same options: the same bytes.
//   - Only loopback is dialled. What is simulated stays on the machine.
//   - The package imports the standard library and the model, so that it shares
//     no mistake with the listener it is there to test.
package syslogger
