// Package sight is what a command can see of the monitoring: through the socket of a
// running monitor, else in the files, opened for reading only.
//
//	err := sight.With(ctx, s, func(v *sight.Sight) error {
//		alerts, err := v.Alerts(ctx)
//		...
//	})
//
// # Promises
//
// Both ways show the same. Looking changes nothing and holds nobody up; a file that is
// damaged, newer or foreign is left as it is, and the error says what can be done about
// it ([WayOut]). A site where nothing was stored yet is an empty sight and no error.
//
// # Limits
//
// What a view showed is as old as its opening. Whoever wants to change something, such
// as an acknowledgement, asks the monitor itself, which is [Sight.Client] where one runs.
package sight
