// Package lab is practice: darksite train lab, where somebody works in a site folder of
// his own on simulated arrays and is judged by what he leaves behind, and darksite sim,
// which serves such arrays alone.
//
// # Start
//
// [Command] and [SimCommand]. A lab is furnished and solved with the commands a learner
// would type, so the whole program is handed in as a [Program]. A file is a matter of
// its own:
//
//	lab.go       what a lab is to a command; status, hints, hands, time that passes at once
//	start.go     a lab is begun: its folder, its arrays, what happened there before
//	bundles.go   bundles that others made and signed before the learner came
//	desk.go      the practice desk beside the site, for labs about casedesk
//	check.go     graded, and written into the learner's record
//	sim.go       simulated arrays of one's own choice
//
// # Promises
//
// A lab and a real site do not mix: not an address, a key, a token or a medium of the one
// is taken in the other. The same lab with the same seed is the same lab.
//
// # Limits
//
// What a lab asks and when it is reached is training/labs; what keeps a practice folder
// from touching anything real is [site.Practice].
package lab
