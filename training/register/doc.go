// Package register keeps what a site or the desk knows of training, as plain files
// below one folder:
//
//	progress/LEARNER.txt                lessons read, checks answered, labs done
//	exams/SESSION/record.txt            the record of an examination, as it happened
//	exams/SESSION/KEYID.sig             the signatures under it
//	certificates/ID.txt                 a certificate in its text form
//	withdrawn/SITE-ID.txt               a certificate the site took out of force, signed
//	withdrawn.txt                       the newest list of withdrawn certificates, signed
//
// Start with [At]. Reading takes no lock. Whoever writes holds one for the learner,
// the examination or the list concerned, which the system gives back when the process
// ends in whatever way; a second writer is told [ErrBusy]. Every file is replaced
// whole, so that a crash leaves the old or the new one.
//
// Promises: what cannot be read is an error and never taken for nothing. A certificate
// that is kept is never replaced by another of its ID. A list of withdrawn certificates
// is only replaced by a newer one that the vendor signed.
//
// Limits: the folder holds one site, some dozen learners; everything is read into
// memory, each file within the bounds of a statement.
package register
