// Package pinned is how the kit calls a machine of the site over http: one
// address, one certificate, nothing else.
//
//	pin, err := pinned.Fetch(ctx, "https://10.1.0.10") // once; a person compares it
//	client := &http.Client{Transport: pinned.Transport("10.1.0.10:443", pin, 4), CheckRedirect: pinned.NoRedirect}
//
// # Promises
//
//   - Only the address given is ever dialled, whatever a reply, a redirect or the
//     environment says: proxies are ignored and redirects are not followed.
//   - The machine is known by the SHA-256 of its certificate. Names, dates and
//     authorities are not looked at: arrays come with certificates they signed
//     themselves, and the clock of a dark site may be wrong. Another certificate
//     is a [*CertificateError], which is a localmon.ErrCertificateChanged.
//   - A small reply does not become a large one: compression is not asked for.
//
// # Limits
//
// With an empty pin the transport speaks plain http to its address and refuses
// TLS. Who uses it so decides that what is read may be forged on the way.
package pinned
