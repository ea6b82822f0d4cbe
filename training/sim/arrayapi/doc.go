// Package arrayapi gives a simulated array the interface of a real one: the
// REST 2.x calls that monitoring needs, over TLS, in the dialect of the array's
// family.
//
// # Start
//
//	a, err := sim.New(sim.Options{Name: "fa-prod-1", Seed: 7})
//	s, err := arrayapi.Listen("127.0.0.1:0", arrayapi.New(a))
//	defer s.Close()
//	// s.URL(), s.Pin() and s.Token() are what a client needs.
//
// [New] is a plain [net/http.Handler] as well, for tests that need no TLS. What
// else an array serves at its address, such as its metrics, is given to [Listen]
// as a [Face].
//
// # What a FlashArray answers
//
//   - GET /api/api_version, without a session.
//   - POST /api/login and /api/{version}/login with the header api-token, which
//     open a session and return x-auth-token; POST /api/logout and
//     /api/{version}/logout. A session ends after an hour of the array's time
//     without a call; then, as with any unknown token, the answer is 401.
//   - GET of arrays, alerts, connections, controllers, directories, drives,
//     hardware, hosts, network-interfaces, pods and their replica links, ports,
//     volume-groups and volumes, with the performance, space, balance, lag and
//     port-details lists below them; of what an array is set up with, such as
//     certificates, software, audits, sessions and its mail, trap and syslog
//     servers; and of some lists that are empty on the modelled arrays.
//     [Endpoints] names them all. alerts/events wants names or ids.
//   - GET of the endpoints that try something out, such as support/test. They
//     would have a real array send mails and traps; here they only count, and
//     [Handler.Acted] tells, so that a test can prove its client harmless.
//
// # What a FlashBlade answers
//
//   - GET /api/api_version, with the key versions in place of version.
//   - POST /api/login and /api/logout, without a version only; a session ends
//     after three hours without a call.
//   - GET of alerts, arrays, blades, buckets, drives, file-systems, hardware,
//     hardware-connectors, network-interfaces, nfs-export-policies,
//     object-store-accounts, usage and more, with the performance and space
//     lists below them, from the version on that brought them.
//
// Its replies always tell the count and never whether more remains. Rates are
// counts over half a minute, no whole numbers. Work lists take protocol, space
// takes type. A call may name five file systems or buckets whose work it wants,
// ten from 2.18 on; where that changed is not published, so the 18 is a guess.
// The list of clients comes whole and without tokens. Open alerts are refreshed
// every five minutes, so that their updated moves although nothing happened.
//
// # Both
//
// Field names, nulls and the form of lists are those of the published
// descriptions (FA 2.56, FB 2.28) and of the vendor's recorded replies; tests hold
// every reply against both. Lists take names, ids, filter, sort, limit, offset,
// continuation_token, total_item_count and total_only; performance and space
// take start_time, end_time and resolution as well, and answer from the same
// model, so that what a client missed can be fetched later.
//
// What the kit may do to an array is taken by both: PATCH of hardware (its locate
// LED) and of alerts (their flag), POST and DELETE of the one maintenance window.
// They are counted as acts too. An LED that is on changes no status here, and no
// alert is held back in the window.
//
// # Promises
//
//   - A reply depends on the array, its clock and the calls made so far, and on
//     nothing else: no wall clock, no random numbers. Session tokens, request
//     ids, the certificate and its key all follow from the seed.
//   - Replies may be asked for by any number of clients at once; what one
//     instant needs is worked out once.
//   - Nothing is sent that the model does not hold. An endpoint that is not
//     modelled answers 404, and no call but the four above changes anything.
//
// # Limits
//
// Since key and token follow from the seed, they keep no secret: serve on
// loopback. The faults of the interface itself (a stall, a refused token,
// another certificate, ...) are injected into the array like any other fault; a
// stall takes real time. Some of them are hostile: a body without an end, lists
// nested past all reason, a redirect to another host. They concern the lists,
// and the log-in or the list of versions when they name it. History is kept for 3 hours at 1 s, 7 days at 30 s, 30
// days at 5 minutes and a year above that; how long real arrays keep it is not
// published.
package arrayapi
