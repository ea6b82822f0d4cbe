// Package rule says what counts as a fault. Rules are YAML; [Shipped] are the
// kit's own, and [Site.Join] puts those of a site beside them. An [Evaluator]
// takes the looks at one target one by one and answers each with conditions for
// the alert engine. This comment is the manual of the language.
//
// # A rule
//
//	rules:
//	  - id: drive-failed                 # for good: alerts are known by it
//	    about: A drive has failed, is missing or is not recognised.
//	    kinds: [flasharray]              # every kind when left out
//	    replaces: true                   # of a site only: in the place of the kit's own
//	    severity: 2                      # 1 urgent, 2 major, 3 minor, 4 information
//	    why: the shelf has lost part of its redundancy   # why this severity
//	    hard: true                       # one look is enough to fire
//	    runbook: drive-failed
//	    summary: drive {component} is {status}
//	    states: [{types: [drive], not_names: ["*.NVB*"], statuses: [failed, missing], vanished: true}]
//	    alerts: [{codes: [60], types: [drive], not_names: ["*.NVB*"]}, {codes: [60], types: [shelf], absorb: true}]
//	    worse: [{count: 2, same: whole, severity: 1, why: two drives of one shelf}]
//	    explained_by: [{rule: nvram-unhealthy, same: part}]
//	    cases:
//	      - name: it fires
//	        looks: [{states: ["drive CH0.BAY7 failed"]}]
//	        fires: [CH0.BAY7 2]
//	      - name: it does not
//	        looks: [{states: ["drive CH0.BAY7 healthy"]}]
//
// All evidence of one rule about one component is one condition: a drive's
// state, the array's alert for it and the one for its shelf are one fault.
//
// Evidence is one or more of: states (what the target says of its parts),
// alerts (what the target raised itself), and one of metric (levels, shares,
// rates, hits in a window, forecast, growth, absence, and what is unusual for the
// hour of the week), bottleneck (latency that grew, and the layer or part it grew in),
// jump (a start time that moved, or a clock that was set), identity (a version
// that changed) and source (the look itself failed, or a rule found more than it
// may look at). The fields are documented on the types [StateMatch],
// [AlertMatch], [MetricMatch], [UnusualMatch], [BottleneckMatch], [JumpMatch],
// [IdentityMatch] and [SourceMatch].
//
// How far the target's clock is from the kit's is a metric as well,
// localmon_target_clock_off_seconds, that the evaluator makes of each look that
// tells a time.
//
// So is how long the certificate that the target showed still holds,
// localmon_target_certificate_left_seconds.
//
// What the site itself must keep in order is told with the look at the host:
//
//	localmon_site_contacts                  contacts of site.yaml
//	localmon_site_certified_admins          people certified as admins, by certificates that count or as site.yaml says
//	localmon_site_coverage_seconds          until fewer than two of them are
//	localmon_site_certificate_notice_seconds{certificate,days} until a certificate ends, of the notice in force; 0 of the others
//	localmon_site_revocations_age_seconds   since the vendor's card with the revoked keys was taken
//	localmon_history_bytes                  of the history, in use
//	localmon_history_budget_bytes           of the history, allowed
//
// What is not told is not judged: a list of contacts nobody has filled in says
// nothing of people.
//
// # The hour of the week
//
// unusual keeps, for at most 32 series of a target, the mean of each hour of the
// week in the newest five weeks, in UTC. A value is unusual when it is above the
// floor, above so many times the median of its hour, and four deviations above it;
// the deviations of the hours before and after count as well. One bad day among
// the weeks moves nothing. Before an hour was seen in the weeks asked for, unusual
// says nothing, and beside above the limit alone decides.
//
// Placeholders of summary: {target} {component} {status} {type} {detail}
// {issue} {code} {value} {limit} {forecast} {side} {layer} {normal} {from} {to}
// {error} {count} {since}.
//
// # Three values
//
// An answer is yes, no or unknown. A component is answered No only by the same
// evidence that said Yes before: when that was not read, there is no answer,
// and after three looks that read nothing every open component is answered
// Unknown. A status word that was not reported is unknown. Components that
// were never in trouble are not answered at all.
//
// # Cases
//
// Every rule carries cases: looks at a target and what must fire after the
// last of them. A rule without a case that fires and one that does not is
// refused. [Set.Check] runs them against all rules of the set, so a case also
// fails when another rule speaks up unasked; also names those that may. A look is
// written as states ("drive CH0.BAY7 failed"), metrics ('name{label="value"} 3',
// or 10..90 that runs evenly over times looks), and alerts of the target; see
// [Look].
//
// # Rules of a site
//
// The files rules/*.yaml of a site folder are read in the order of their names
// and put beside the kit's own rules when the monitor starts, and when it is told
// to read its files again. To try one before it counts:
//
//	darksite rule lint draft.yaml
//	darksite rule test draft.yaml
//
// A rule whose id is one of the kit's is refused, unless it says that it is meant
// to stand in its place:
//
//	rules:
//	  - id: noisy-volume
//	    replaces: true
//	    ...
//
// To change a limit of a rule of the kit, begin with its own text, which
// "darksite rule show noisy-volume --yaml" prints, cases included. What the site
// can do without is switched off, with the reason, which is shown wherever rules
// are listed:
//
//	off:
//	  - {rule: site-contacts, why: the only contact is agreed with the vendor}
//
// An alert that is open when its rule goes is retired, as nobody will answer for
// it any more. A runbook that a rule names has to exist; a rule may name none.
//
// # What a rule may ask for
//
// [Site.Join] holds each rule against the series the site's targets are known to
// have, and refuses with its place one that would make too many comparisons in
// every look, remember too many series, by itself or with the rules before it, or
// tell of too many components one by one. What replaces a rule of the kit may cost
// what that one did. It runs all cases of the site's rules, which may take 20,000
// looks together. A forecast looks at most 90 days ahead, from at most 20 days of
// history.
//
// Nothing of this helps against a target that tells more tomorrow: a look that
// brings a rule more than 20,000 samples of one metric leaves that rule out. It
// gives no answer, and a rule on the trouble budget tells.
//
// # Promises
//
//   - Strict: an unknown key, type, word or placeholder is an error with line
//     and column and the nearest known one.
//   - Pure: answers follow from the looks and the time given, nothing else.
//   - Incremental and bounded: what is remembered of a target has fixed upper
//     sizes (see memory.go), and a look costs time in proportion to its size.
//     [Evaluator.Memory] and [Evaluator.Restore] carry it over a restart.
//   - What a target says is hostile: texts are cut and freed of control
//     characters before they come into a summary or evidence.
//
// Names of array parts are compared without case and written in capitals
// (ct0.fc3 is CT0.FC3), because arrays spell them both ways.
package rule
