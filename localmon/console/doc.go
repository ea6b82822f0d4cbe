// Package console shows what the kit has seen to other programs of the site,
// over http: a Prometheus that is there already, a dashboard, a probe.
//
// # How to start
//
//	board := console.NewBoard(0)   // the sink of every look calls board.Put(batch)
//	c := console.New(console.Options{Batches: board, Now: time.Now, Names: []string{"kit.site.example"}})
//	err := c.Serve(ctx, listener)  // until ctx ends
//
// A [Console] is a plain [net/http.Handler] as well. [Board] is one answer to
// [Batches]; anything that knows the newest look at each target is another.
//
// # What it answers
//
// To GET and HEAD only:
//
//	/                  a page for people: what to do next, the targets with the age of
//	                   what is known, the alerts as groups, silences and
//	                   maintenance, the daily round, and what is read
//	/console.css       its style
//	/healthz           200 while some target has been looked at lately and nothing
//	                   of the kit stands still, else 503
//	/metrics           the series of all targets, each with the label instance
//	/metrics/<target>  the series of one target, with exactly the names and labels
//	                   of the vendor's exporter, and the kit's own
//	/metrics/<site>    what the monitor counts of itself, localmon_monitor_*,
//	                   localmon_history_* and localmon_notifier_*
//
// The text is OpenMetrics or the older one of Prometheus, as Accept asks for. A
// label instance that a series has of its own is called exported_instance on the
// page of all targets, as Prometheus would call it. All values are as of the
// newest look; nothing carries a time.
//
// # Promises
//
//   - Nothing old reads as now. Of a target whose newest look failed only
//     localmon_source_up 0 and what else is known of the looking stay; of one
//     that has not been looked at for Options.Stale the same holds, whatever the
//     newest look said.
//   - The console answers under addresses, localhost and the names it was given: a
//     page in a browser that had its own name turned to this address (DNS
//     rebinding) gets nothing.
//   - A page is always one that a reader takes: what cannot be said in the text is
//     left out, and the header Darksite-Left-Out says what.
//   - The page for people holds no scripts and loads nothing but its style from
//     here; it reads on a telephone and on paper, and no meaning is in colour alone.
//   - However often the page is asked for, the overview behind it is made once in
//     two seconds.
//   - Sixteen requests at once, bounded headers, bounded time. Nothing that is
//     asked changes anything.
//
// # Limits
//
// It speaks plain http and asks nobody who they are: listen on loopback, or
// behind something that does. The kit keeps six series of a volume's work, not
// the vendor's thirty-seven.
package console
