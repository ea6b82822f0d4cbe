// Package book prints a book on A4: a title page, contents with page numbers, chapters
// of small Markdown, an index. What stands in it is for its callers; the manuals of the
// runbooks and of the course are made with it.
//
// [Print] calls the function that prints the book twice. The first time round only tells
// on which pages the chapters begin, so the function does the same both times. The same
// words and the same day give the same bytes.
//
// A letter outside Windows-1252 is printed as a question mark: the pages use the fonts
// every reader has, and none is embedded.
package book
