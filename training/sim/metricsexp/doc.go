// Package metricsexp gives a simulated FlashArray the metrics endpoint that newer
// arrays serve of themselves, beside the REST interface of package arrayapi.
//
// # Start
//
//	a, err := sim.New(sim.Options{Name: "fa-prod-1", Seed: 7})
//	rest := arrayapi.New(a)
//	h, err := metricsexp.New(a, rest.Token())
//	s, err := arrayapi.Listen("127.0.0.1:0", rest, arrayapi.Face{Path: "/metrics", Handler: h})
//
// # What it answers
//
// GET /metrics, /metrics/array, /metrics/volumes, /metrics/hosts, /metrics/pods
// and /metrics/directories, with "Authorization: Bearer <token>", in OpenMetrics
// or in the older text of Prometheus, as Accept asks for. Without the parameter
// namespace, or with namespace=purefa, names begin with purefa_; no other
// namespace is modelled. Names and labels are those of the vendor's open
// exporter, and its numbers are those the exporter makes of the same array's REST
// replies, a null as zero included. /metrics/volumes tells of volume groups as
// well, and /metrics/pods of replication and replica links, as there.
//
// What the model has nothing of is left out: limits of bandwidth and of volume
// groups, and the limits of objects and the power of parts which the exporter's
// description announces and it does not serve.
//
// Only the software of FlashArrays is known to serve metrics by itself; for the
// FlashBlade there is an exporter that runs elsewhere. So [New] refuses an array
// of that kind.
//
// # Promises
//
//   - The text follows from the array and its clock alone: the same instant gives
//     the same bytes. A page of 500 is counted by the calls made so far.
//   - The faults of the interface are the array's: one that does not answer, a
//     refused token, a stall, an answer of 500, a page that is cut short, comes a
//     byte at a time or never ends, a label without an end, series that come
//     twice, a redirect to another host. Rules that name a path mean
//     metrics/array and so on. Faults of JSON and of versions have no meaning
//     here: nested lists, numbers that are null, a list with errors.
//   - Nothing but the standard library and the model is used, so that no mistake
//     is shared with the readers this is there to test.
//
// # Limits
//
// Where the array's own numbers are derived, they are derived as arrayapi does.
// The exporter takes one page of each REST list, so of an array with more than a
// thousand volumes or connections it tells less than is told here. A certificate is the
// business of whoever serves the handler.
package metricsexp
