// Package sitecmd is the command line of the site kit: it puts the commands together.
// Start with [Main].
//
// Each journey is a room of its own below it. A command parses flags, assembles packages
// from the site folder, and renders what they return as text or JSON; decisions live
// below cmd, sentences for people live here.
//
//	watch      monitor                     what is watched, stored, judged and told
//	rules      rule                        what counts as a fault at this site
//	history    history                     what was measured: asked, drawn, carried, mended
//	duty       status, alerts, round       what is read and done every day
//	remedy     runbook, case               what a person does about a fault
//	wayout     bundle, collect-host, redact, reveal   what leaves, and who agreed to it
//	replies    reply                       what comes back
//	siteadmin  init, site, journal, doctor the folder, its people, keys and decisions
//	train      train                       lessons, examinations, certificates
//	lab        train lab, sim              practice on simulated arrays
//
// What several of them need stands below them, named for what it is:
//
//	site       the folder of a site: configuration, people with keys, records
//	sight      what can be seen of the monitoring, through the socket or in the files
//	books      the runbooks in force, and where alerts lead
//	certified  who is certified, and by which papers
//	chart      values over time, drawn in a terminal
//
// Which room may use which is a list in archtest. The demo, and the rule that a command
// given the folder of a lab enters the lab, belong to the root alone.
package sitecmd
