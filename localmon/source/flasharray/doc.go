// Package flasharray looks at one FlashArray over its REST interface, version
// 2.4 and newer, and brings back what the array says of itself as a
// [localmon.Batch].
//
// # How to start
//
//	pin, err := pinned.Fetch(ctx, "https://10.1.0.10") // once; a person compares it
//	src, err := flasharray.New(flasharray.Options{
//		Target: "fa-prod-1", URL: "https://10.1.0.10", Token: token, Pin: pin,
//	})
//	batch, err := src.Collect(ctx, now)
//	defer src.Close(ctx)
//
// One [Source] serves one array. Collect belongs to one goroutine; [Source.Raw]
// may run beside it. [Decode] makes a batch of a reply that was saved to a file.
//
// # What is read, and when
//
// The table in endpoints.go is the whole of it: a positive list of paths, each
// with the interval at which it is worth reading. Nothing else can be asked;
// package arrayrest, which holds session, pages and schedule, sees to that.
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
// States: every part in /hardware under its own type, "drive" from /drives,
// "controller" from /controllers, "transceiver" for the optics of a port and
// "replica-link" for the copying of a pod, known by the pod's name. A drive is believed to be as bad as the worse
// of /drives and its bay in /hardware, because arrays have been seen that call
// a bay ok whose drive has failed; the same holds for controllers, and for a
// controller's status and mode. Status is the word that was believed, Detail
// says the other; a controller that only /hardware lists is "not listed", the
// one word that is not the array's. Names are compared without case. A status
// word this package does not know is a warning, no word at all is unknown. A
// list that could not be read whole gives no states of its type; a part the
// array itself says it could not read is in unknown health, and where nobody
// knows what it was the list is not whole.
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
// Those of package arrayrest: one address, one pinned certificate, one session,
// bounded memory and time, and one failing endpoint, page or item drops nothing
// else.
//
// # Limits
//
// What the array recorded while nobody looked is filled back by [Source.Recall],
// in steps that grow with what was missed. FlashBlade has another interface and
// its own package.
package flasharray
