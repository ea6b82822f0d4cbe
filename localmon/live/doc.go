// Package live lets another process of the same user ask a running monitor:
// what it says of itself, its alerts, the history, and copies of both files.
// The monitor holds its files alone, so this is the way in while it runs; when
// [Dial] says [ErrNotRunning] the caller opens the files read-only instead.
//
// The monitor serves HTTP on a unix socket with [Listen] and [Server.Serve]:
//
//	GET  /v1/monitor                         overview.Monitor
//	GET  /v1/alerts                          living alerts
//	GET  /v1/alerts/{id}                     one alert and its changes
//	POST /v1/alerts/{id}/ack                 {"by": ..., "note": ...}
//	POST /v1/look                            {"target": ...}: look before its turn; all targets when empty
//	GET  /v1/quiets                          silences and maintenance that have not ended
//	POST /v1/quiets                          localmon.Quiet
//	POST /v1/quiets/{id}/end                 {"by": ...}
//	GET  /v1/quiets/ever                     all there ever were
//	GET  /v1/past?from=&to=&target=&rule=&component=&limit=   changes of alerts
//	GET  /v1/series?target=&metric=&label=   series table; label is name=value, repeated
//	GET  /v1/latest?target=&metric=&label=   newest sample of each series
//	GET  /v1/range?target=&metric=&labels=&from=&to=&step=&agg=
//	GET  /v1/stats                           figures of the history
//	GET  /v1/health                          200, or 503 and what stands still
//	GET  /v1/metrics                         the monitor's own figures, as OpenMetrics
//	GET  /v1/copy/history, /v1/copy/site     a consistent copy of a file
//
// Times are RFC 3339 with nanoseconds, durations as Go prints them. A range is
// a stream of JSON lines, each [nanoseconds since the epoch, "value"], values
// as text because JSON knows no NaN; the last line is {"end": count} or
// {"error": text}, so that a stream that was cut is never taken for whole.
//
// [Client] implements localmon.Reader and gives the rest by methods.
//
// Promises:
//   - The socket is open to its owner only: mode 0600 in a folder of mode 0700.
//   - A socket left by a crash is replaced; one that answers is not.
//   - A request is bounded: headers, body, time to send them, requests at once,
//     points of a range. A client that goes away ends its request.
//   - The client takes no more than [MaxAnswer] bytes for an answer in one
//     piece, and checks every line of a stream.
//
// Limits: whoever may open the socket may acknowledge and silence under any name;
// the socket says who of the machine's users, not who of the site's people.
package live
