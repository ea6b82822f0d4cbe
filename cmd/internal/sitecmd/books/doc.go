// Package books is the runbooks that are in force at a site, and where alerts lead.
//
// # Start
//
//	lib, err := books.Library(s)       // those of the kit, with the site's packs laid over them
//	leads, err := books.OpenLeads(s)   // the same, asked by alerts
//	book, why := leads.Alert(al, books.Product(s, al.Target))
//	p, err := books.Weigh(s, opened, code)   // may this pack be laid over them?
//
// # Promises
//
// A pack counts while two people of the vendor have signed it and it goes together with
// the kit. One that does not any more is left out and that is said; it takes nothing else
// away from people who stand before a fault. No screen names a runbook that is not here.
//
// # Limits
//
// Runbooks are found here; carrying one out is the matter of package remedy.
package books
