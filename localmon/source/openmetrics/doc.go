// Package openmetrics looks at one host that serves its metrics as text, in
// OpenMetrics or in the older text of Prometheus: the array's own endpoint where
// a site allows nothing else, node_exporter on a server, or anything alike.
//
// # How to start
//
//	src, err := openmetrics.New(openmetrics.Options{
//		Target: "fa-prod-1", URL: "https://10.1.0.10", Token: token, Pin: pin,
//		Paths:  openmetrics.FlashArrayPaths(),
//		Keep:   openmetrics.Curated,
//	})
//	batch, err := src.Collect(ctx, now)
//	defer src.Close()
//
// One [Source] serves one host. Collect belongs to one goroutine.
//
// # What is read, and when
//
// The paths of Options and nothing else, each with its own interval, by at most
// four requests at once. The path with the shortest interval is read at every
// look, so that no look is made without asking the host. A path that failed
// stays due.
//
// # What comes back
//
// A sample for each line, under the names the exporter gives, where they fit
// the kit's own rule for names: a metric begins with a small letter and goes on
// with letters, digits and underscores, a label is small letters, digits and
// underscores and begins with a letter. What does not fit is left out, never
// renamed, and the number of such series stands in Batch.Partial; so it is with
// lines that cannot be read, and with series that come twice on one path, of
// which the first is kept. A series that several paths serve alike, such as
// purefa_info, is kept once and is no fault. A value that is no number (NaN, an
// infinity) is no sample: exporters say so that they have none now.
//
// A sample that carries a time of its own is kept while that is at most five
// minutes before the reply, by the clock of the host; older ones are left out
// and counted in Partial, so that what an exporter only remembers never reads as
// now. Beyond Options.MaxSeries of a path the rest is left out, and
// localmon_endpoint_items_left_out says how many. Options.Keep leaves out what
// a history should not hold; that is a choice and is not counted.
//
// Where the names are those of the vendor's exporters, states and alerts come
// from them as well: hardware from purefa_hw_component_status, drives from
// purefa_drive_capacity_bytes, controllers from purefa_hw_controller_info,
// blades and modules from purefb_hardware_health, alerts from purefa_alerts_open
// and purefb_alerts_open, the identity from purefa_info and purefb_info. A drive
// or controller is believed to be as bad as the worse of what its own series
// and the hardware say, because hardware has been seen that calls a bay ok whose
// drive has failed. The worst of several series of one part counts. A page that
// was cut gives no states and no alerts, and a line of such a series that cannot
// be read takes the states, or the alerts, of its page away: half a list is no
// list.
//
// Units that an OpenMetrics page tells of the metrics that are kept come with
// the look, in Batch.Units.
//
// The kit's own series: localmon_endpoint_last_success_timestamp_seconds,
// localmon_endpoint_took_seconds, localmon_endpoint_items and
// localmon_endpoint_items_left_out, each with the label endpoint, which is the
// path.
//
// # Promises
//
//   - Only the host and port in Options.URL are ever dialled. Redirects are
//     refused, proxies ignored, compression is not asked for.
//   - Over https the host is known by the SHA-256 of its certificate and by
//     nothing else. Plain http is refused unless Options.AllowPlain says so, and
//     a token is never sent over it.
//   - A path that fails is listed in Batch.Partial and drops nothing else. When
//     none could be read the error wraps one of localmon's sentinels or
//     [ErrNoData].
//   - Memory and time are bounded whatever is answered: 32 MiB a reply, 64 KiB a
//     line, 64 labels, 20,000 series a path, 16 paths; a reply is read as it
//     comes and never held.
//   - The token never appears in an error.
//
// # Limits
//
// An alert of a FlashArray has no label for its component there; it is taken from
// the summary where that has the form arrays write, else it is empty. Only open
// alerts are listed, so that one which opened and closed between two looks is
// not seen; REST tells more, see package flasharray. An exporter that
// could not read its alerts serves a page without any, which cannot be told
// from there being none. purefb_hardware_health knows only healthy, unused and
// anything else, which counts as critical.
package openmetrics
