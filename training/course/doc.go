// Package course is the written part of the training: lessons for three tracks, in
// English and French, and the manual that is printed from them.
//
// A lesson lies in a folder of its own name: lesson.yaml (title, one objective, minutes,
// three check questions, one lab, the runbooks it speaks of, pictures step by step) and
// the words in en.md and fr.md, in the small Markdown that runbooks use. [Load] reads a
// set of lessons and refuses it whole when [Lint] finds anything. [Manual] prints lessons
// as one HTML page that needs nothing beside it, and [PDF] as a book on A4.
//
// The check questions are items as package exam has them. They are for the learner alone
// and never stand in an examination.
//
// Promises: the two languages have the same headings, warnings, commands and pictures in
// the same order; a lesson is read in ten minutes; each picture has its words, so that
// the course can be taken without seeing one. The package is pure.
package course
