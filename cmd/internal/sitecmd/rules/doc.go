// Package rules is what counts as a fault at a site: the kit's rules with the site's own
// laid over them, and darksite rule, which lists, explains, lints and tries them.
//
// # Start
//
//	book, err := rules.InForce(s)             // as the running monitor has them
//	book, digest, late, err := rules.Plan(…)  // as a monitor that starts may take them
//	files, err := rules.Files(s)              // the site's own, as they are written
//	rules.Conditions(r)                       // a rule in sentences
//
// # Promises
//
// What would be dangerous at three in the morning is found when it is loaded: by lint,
// and by the monitor, from what the site's own history has seen ([ErrRefused], with the
// place in the file). A monitor that comes back after a power cut goes on with what it
// took before, and says so.
//
// # Limits
//
// The language of rules and what they mean is localmon/rule.
package rules
