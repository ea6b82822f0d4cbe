// Package sla says until when the desk owes what: the first response, the next
// update, a manager's answer to an escalation, a part.
//
// A [Calendar] is when the desk works for a site: a week of opening hours and
// closed days in one time zone. [Parse] reads it from the file of the site, and
// [Default] stands in where there is none. [Calendar.Add] walks it, day by day on
// the wall clock of its zone, so that a day of 23 hours is one.
//
// [Clocks] derives every clock of a case from the case alone, at a moment given
// as an argument; nothing of it is stored. The times are those of the vendor's
// guide:
//
//   - first response: 15 minutes at severity 1 and 30 at severity 2, day and
//     night; 1 and 2 hours of business at 3 and 4. It counts from when the desk
//     read the medium. When a severity rises the time of the new one counts from
//     the rise, but nothing is due later than before.
//   - updates: continuous at severity 1, here every hour; daily at 2; by the end
//     of the next business day at 3; at 4 as agreed. An agreed time replaces the
//     rule. While the next word is the customer's no update is due. An update
//     counts as made when its reply is sealed: carrying it is the site's part.
//   - an escalation: 15 minutes, day and night.
//   - a part: shipped the same day (basic), at the site by the end of the next
//     business day (advanced), or within four hours at severity 1 (premium).
//
// What the medium spent on the road is [Transit]: it is shown and never counted,
// since the site's clock may be wrong by years.
//
// The package is pure; time zones are embedded, because a station may have none
// or old ones.
package sla
