// Package archtest holds tests only: the import arrows, what each binary may
// link, and what every package owes its reader. Each rule stands beside its
// reason, so that whoever breaks one learns why it is there.
package archtest
