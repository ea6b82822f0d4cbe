// Package labs says what a practical exercise is and what it came to.
//
// A [Lab] is one lab.yaml: the simulated arrays and what befalls them, what a person can
// do with their hands there, and the [Goal]s, forbidden acts and hints. [Load] reads all
// labs of a file system and refuses them whole when one has a mistake. [Lab.Draw] fixes
// from a seed what the lab leaves open (which drive, which array): {name} in its texts.
//
// Everything is judged from state. A [World] is a list of [Fact]s in the order in which
// they came about: calls, acts of hands, runs of runbooks and their steps, cases,
// bundles, the parts of the arrays. Package coach gathers it; a [Predicate] asks it. The
// [Vocabulary] lists the kinds of facts and their fields, and a lab that asks for others
// is refused, so that a goal cannot be one that nobody can reach by a spelling mistake.
//
// [Grade] adds the weights of the goals that are reached, takes off what hints and
// forbidden acts cost, and gives nothing at all after a fatal act. The same world gives
// the same [Verdict], and the verdict carries the digest of the world.
//
// Limits: a lab cannot know why somebody did what they did. A goal asks for what is left
// behind, and a lucky path counts as a right one. The package is pure.
package labs
