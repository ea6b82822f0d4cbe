// Package arrayact does to an array the few things the kit may do to one: light
// a locate LED, flag an alert, mute alerts for a time, and have the array test
// its own services. Everything else of the kit only reads.
//
//	client, err := arrayact.New(arrayact.Options{Target: "fa1", URL: url, Token: token, Pin: pin})
//	err = client.Locate(ctx, "CH0.BAY3", true)
//
// It has an API token of its own, which a site gives only where its policy turns
// this on; the token of the monitor stays read-only. Each call opens a session
// and ends it.
//
// # Promises
//
//   - Whatever asks it, a request leaves only when method, path, query and body
//     are one of the positive list ([Calls] names it). A gate below the HTTP
//     client looks at what is about to be sent, so that no code above it can send
//     anything else.
//   - The one address is dialled, over the pinned certificate; no redirect, no
//     proxy.
//   - Bounded time and memory. No token, and nothing but the array's own message,
//     in an error.
//   - support/test, which would call the vendor, is not on the list.
//
// # Limits
//
// FlashArray and FlashBlade, REST 2. What the array's role lets the token do is the
// array's business: a token that may do more is not made harmless, only this
// client is.
package arrayact
