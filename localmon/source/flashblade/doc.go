// Package flashblade looks at one FlashBlade over its REST interface, version
// 2.0 and newer, and brings back what the array says of itself as a
// [localmon.Batch].
//
// # How to start
//
//	pin, err := pinned.Fetch(ctx, "https://10.1.0.20") // once; a person compares it
//	src, err := flashblade.New(flashblade.Options{
//		Target: "fb-prod-1", URL: "https://10.1.0.20", Token: token, Pin: pin,
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
// The performance of file systems and buckets is given by name, five or ten a
// request. A look makes twelve such requests for either, the next goes on from
// there, and five minutes after a round has ended another begins: 500 file
// systems, of which each then has a value about every seven minutes, take five
// looks at ten names a request, 270 take three.
//
// Not read by Collect: single clients, which are hundreds of series named by
// addresses that come and go (a bundle has them), and what users and groups
// take, which is one request a file system and minutes of the array's time.
//
// # What comes back
//
// Samples carry the metric names and labels of the vendor's open metrics
// exporter, so that dashboards made for it fit. File systems and buckets are
// kept to six series of performance each (operations, bytes and latency, read
// and write) and two of space; their performance is that of all protocols
// together. Of NFS there are reads, writes and the array's sums over the kinds
// of operation on metadata. Beyond Options.MaxFileSystems and MaxBuckets the
// largest are kept and localmon_endpoint_items_left_out says how many were not.
// A null is no sample: it is never a zero. Values are floats as they came.
//
// States: every part in /hardware under its own type (ch, fb, fm, xfm, bay, eth,
// fan, pwr), "blade" from /blades, "drive" from /drives and "array-connection".
// A blade is believed to be as bad as the worse of /blades and its place in
// /hardware, a drive as its bay, a part as the worst of its sensors. Status is
// the word that was believed, Detail says the other. A blade, port or bay that
// is unused is in order. Names are compared without case. A status word this
// package does not know is a warning, no word at all is unknown. A list that
// could not be read whole gives no states of its type; a part the array itself
// says it could not read is in unknown health, and where nobody knows what it
// was the list is not whole.
//
// Alerts: the first look reads those that are not closed and the newest of any
// state; later looks read what was updated since the newest seen, with ten
// minutes of overlap, so that an alert that opened and closed between two looks
// is kept. An alert that is closing or waits to be downgraded is open. Closed is
// when a closed alert was last changed, because the array does not tell more.
//
// The kit's own series are those of package flasharray.
//
// # Promises
//
// Those of package arrayrest: one address, one pinned certificate, one session,
// bounded memory and time, and one failing endpoint, page, item or name drops
// nothing else.
//
// # Limits
//
// What the array recorded while nobody looked is filled back by [Source.Recall]
// for the array as a whole, not for single file systems and buckets. Which of the
// file systems beyond the cap is busy is not known; their sum is in the array's
// own series.
package flashblade
