// Package train is darksite train: lessons, examinations and certificates of a site.
//
// # Start
//
// [Command] is the whole command; labs are handed in, for they use every other one.
// A file is a matter of its own:
//
//	train.go, ask.go              lessons, their questions, the printed manual
//	bank.go                       the bank of questions, its lint, GIFT out and in
//	exam.go, exam_sit.go          an examination: begun, sat, gone on with after a cut
//	exam_submit.go                closed, judged and signed by whoever watched
//	certificate.go, withdraw.go   certificates issued, shown, printed, verified, taken out of force
//	learner.go, progress.go       who learns, what he did, how far he came
//	status.go                     all of it at once, and what comes next
//
// # Promises
//
// What counts is signed: an examination by its supervisor, a certificate by its issuer.
// The record of a learner is kept in the real site, also by somebody who sits in a lab.
// An examination that was cut goes on where it was.
//
// # Limits
//
// Questions are judged in training/exam, papers in package certified. How certificates
// come and go with bundles and replies is the matter of those.
package train
