// Package triage reads an imported bundle and says what is in it, so that an
// engineer begins with a diagnosed case and not with a folder of files.
//
//	facts, err := triage.Read(tree, when)     // arrays, parts, alerts; what could not be read
//	report := triage.Analyze(facts, before, rules)
//
// [Read] takes the files of a bundle as an fs.FS. Everything in them is foreign:
// files are bounded, text is tamed, what cannot be read is a [Gap] with its name
// and its reason, and never an error of the whole.
//
// [Analyze] compares the facts with those of the bundle before (new, still,
// cleared), and holds [Rules] against them. A rule is data: a condition on parts,
// alerts, numbers and versions, the documents it needs, an advice, and examples of
// what it must find, must not find and cannot check; [Parse] runs the examples and
// refuses a rule that fails one. A rule ends in one of three verdicts: found, not
// found, or could not check, which names what is missing. Missing data is never
// taken for health.
//
// What the site's own monitor raised is a finding as well, under the name of its
// rule, since the site looked every 30 seconds and the bundle is one moment.
//
// Where neither the monitor nor a rule names a part that the array itself raises an
// alert for, the array's own words are the finding. What is found about parts of a
// controller or fabric module that has failed stands under the finding about it.
//
// [Timeline] puts what happened in order over files and arrays, on the clock of
// the kit: times of an array are corrected by how far its clock was measured to be
// off. Every entry carries its uncertainty; two entries whose uncertainties
// overlap are in no certain order, and the timeline says so.
//
// [Similar] ranks other cases by the fingerprints they share, rare ones weighing
// more, and says which.
//
// The package is pure: no clock, no network, no database.
package triage
