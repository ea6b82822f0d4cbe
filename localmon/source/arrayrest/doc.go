// Package arrayrest is what the REST 2.x interfaces of both kinds of array have
// in common: one session over a pinned certificate, a positive list of what may
// be asked, pages, the schedule of what is due, and the watermark over alerts.
// Packages flasharray and flashblade are the two dialects on top of it.
//
// # How to start
//
//	client, err := arrayrest.NewClient(arrayrest.Options{Target: "fa1", URL: url, Token: token, Pin: pin, Dialect: dialect})
//	schedule := arrayrest.NewSchedule(rows)
//	alerts := arrayrest.NewAlertMemory(arrayrest.AlertRow{Row: rowAlerts, Open: "state='open'", Of: alertOf})
//	look, err := client.Look(ctx, now, schedule, map[*arrayrest.Row]arrayrest.Reader{rowAlerts: alerts.Read})
//	if err != nil {
//		return look.Nothing(), err
//	}
//	look.Few(rowDrives, func(f arrayrest.Fields) { ... })
//	batch.Alerts, batch.AlertsRead = look.Alerts(alerts)
//	look.Finish(&batch, sampler)
//
// A request is made from a [Row] and from nothing else. This matters: on these
// interfaces some GETs act (those ending in /test send mail, traps or messages
// to the outside). The only other requests are the version list, log-in and
// log-out.
//
// [Saved] makes a look of one reply that was saved to a file, found by its name
// with [RowOf], so that what is read from a file and what is read from an array
// become a batch by the same code.
//
// Package resttest holds the tests both dialects must pass.
//
// # Promises
//
//   - Only the address in Options.URL is ever dialled. Redirects are refused,
//     proxies are ignored, addresses inside replies are data.
//   - The array is known by the SHA-256 of its certificate and by nothing else;
//     without a pin there is no Client. [pinned.Fetch] shows it for the first use.
//   - One session is kept between looks and renewed once on a 401; at most four
//     requests run at once.
//   - One failing row, page or item is partial and drops nothing else. An array
//     that is lost as a whole costs one timeout and not one a row.
//   - Memory and time are bounded whatever the array answers: page size, depth,
//     items, pages, requests' and looks' duration (see page.go and client.go).
//   - null, absent and of a wrong type are the same and never a zero.
//   - The token and the session never appear in an error.
//   - An alert that opened and closed between two looks is told, once.
package arrayrest
