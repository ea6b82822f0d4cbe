// Package certified says who of a site is certified, until when, and what the vendor
// needs to certify people.
//
// # Start
//
//	c, papers, err := certified.Count(s)   // how many admins count, and by which papers
//	c, err := certified.CountAt(s, now)    // the same at a look of the monitor
//	p, err := certified.Read(s)            // every certificate kept here, with who may issue
//	certified.Findings(s)                  // what site check says of it
//	certified.Collect(s)                   // what a bundle carries to the vendor
//
// # Promises
//
// A certificate counts by its signature, its dates and the lists of withdrawn ones, each
// time anew. Somebody is counted once, whatever papers he has. What site.yaml says of a
// contact counts only where nothing of him is kept, and is told apart. What cannot be
// read is an error and never nobody. No name leaves the site: keys stand for people.
//
// # Limits
//
// Papers are read here and never written; examinations and certificates are made by the
// commands of package train.
package certified
