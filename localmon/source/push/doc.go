// Package push is what the listening sources have in common: a message that a
// target sent without having been asked, and how it finds its way to the
// target it is about.
package push
