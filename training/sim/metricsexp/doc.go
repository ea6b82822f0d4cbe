// Package metricsexp gives a simulated array the metrics endpoint that newer
// arrays serve of themselves, beside the REST interface of package arrayapi.
//
// # Start
//
//	a, err := sim.New(sim.Options{Name: "fa-prod-1", Seed: 7})
//	h := metricsexp.New(a, token)
//	http.Serve(listener, h) // over TLS, as arrays do
//
// # What it answers
//
// GET /metrics, /metrics/array, /metrics/volumes, /metrics/hosts, /metrics/pods
// and /metrics/directories, with "Authorization: Bearer <token>", in OpenMetrics
// or in the older text of Prometheus, as Accept asks for. Without the parameter
// namespace, or with namespace=purefa, names begin with purefa_; no other
// namespace is modelled. Names and labels are those of the vendor's open
// exporter, and its numbers are those the exporter makes of the same array's REST
// replies, a null as zero included. The modelled arrays have no pods, directories, groups of volumes or
// limits, so their pages hold purefa_info alone.
//
// # Promises
//
//   - The text follows from the array and its clock alone: the same instant gives
//     the same bytes. A page of 500 is counted by the calls made so far.
//   - The faults of the interface are the array's: one that does not answer, a
//     refused token, a stall, an answer of 500, a page that is cut short, series
//     that come twice. Rules that name a path mean metrics/array and so on.
//   - Nothing but the standard library and the model is used, so that no mistake
//     is shared with the readers this is there to test.
//
// # Limits
//
// Where the array's own numbers are derived, they are derived as arrayapi does.
// A certificate is the business of whoever serves the handler.
package metricsexp
