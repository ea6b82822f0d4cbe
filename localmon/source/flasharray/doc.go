// Package flasharray looks at one FlashArray over its REST interface, version
// 2.4 and newer, and brings back what the array says of itself as a
// [localmon.Batch].
//
// # How to start
//
//	pin, err := flasharray.FetchPin(ctx, "https://10.1.0.10") // once; a person compares it
//	src, err := flasharray.New(flasharray.Options{
//		Target: "fa-prod-1", URL: "https://10.1.0.10", Token: token, Pin: pin,
//	})
//	batch, err := src.Collect(ctx, now)
//	defer src.Close(ctx)
//
// One [Source] serves one array. Collect belongs to one goroutine; [Source.Raw]
// may run beside it.
//
// # What is read, and when
//
// The table in endpoint.go is the whole of it: a positive list of paths, each
// with the interval at which it is worth reading. Nothing else can be asked,
// because a request is made from a row of that table and from nothing else.
// This matters: on this interface some GETs act (those ending in /test send
// mail, traps or messages to the outside). The only other requests are the
// version list, log-in and log-out.
//
// Collect decides from now which rows are due; a row that failed stays due.
// Rows are read by at most four requests at once over one session, which is
// kept between looks and renewed once on a 401.
//
// # What comes back
//
// Samples carry the metric names and labels of the vendor's open metrics
// exporter, so that dashboards made for it fit. Volumes and hosts are kept to
// six series each (operations, bytes and latency, read and write), because all
// thirty-seven per volume would not fit a year of history; beyond
// Options.MaxVolumes the busiest are kept and
// localmon_endpoint_items_left_out says how many were not. A null is no
// sample: it is never a zero.
//
// States: every part in /hardware under its own type, "drive" from /drives and
// "controller" from /controllers. A drive is believed to be as bad as the worse
// of /drives and its bay in /hardware, because arrays have been seen that call
// a bay ok whose drive has failed; the same holds for controllers, and for a
// controller's status and mode. Status is the word that was believed, Detail
// says the other; a controller that only /hardware lists is "not listed", the
// one word that is not the array's. Names are compared without case. A status
// word this package does not know is a warning, no word at all is unknown. A
// list that could not be read whole gives no states of its type.
//
// Alerts: the first look reads those that are open and the newest of any state;
// later looks read what was updated since the newest seen, with ten minutes of
// overlap, so that an alert that opened and closed between two looks is kept.
// Batch.Alerts always holds every alert that is not closed. Where an array
// refuses the filter, the newest thousand are read instead.
//
// The kit's own series: localmon_endpoint_last_success_timestamp_seconds,
// localmon_endpoint_took_seconds, localmon_endpoint_items and
// localmon_endpoint_items_left_out, each with the label endpoint. Whether the
// array as a whole was reached (localmon_source_up) is said by package poll,
// which also knows when nothing came back.
//
// # Promises
//
//   - Only the address in Options.URL is ever dialled. Redirects are refused,
//     proxies are ignored, addresses inside replies are data.
//   - The array is known by the SHA-256 of its certificate and by nothing else;
//     without a pin there is no Source.
//   - One failing endpoint, page or item is listed in Batch.Partial and drops
//     nothing else.
//   - Memory and time are bounded whatever the array answers: page size, depth,
//     items, pages, requests' and looks' duration (see limits in page.go and
//     client.go).
//   - The token and the session never appear in an error.
//
// # Limits
//
// No history is filled back from the array yet. FlashBlade has another
// interface and its own package.
package flasharray
