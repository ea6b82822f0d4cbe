// Package manual prints runbooks as a book on A4: a title page, contents with page
// numbers, one chapter a runbook, and an index of the words an admin looks for.
//
// [PDF] writes it in one language. Each step says what it is, its words, what the
// kit would check, and where each result leads, so that the book can be followed
// with a pencil where no kit runs; on paper nothing is checked, and the title page
// says so. The same runbooks and the same day give the same bytes.
// Package book prints the pages.
package manual
