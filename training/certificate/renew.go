package certificate

import "fmt"

// RenewGrace is how many days after its last day a certificate can still be renewed by
// the short form. It does not count meanwhile.
const RenewGrace = 60

// Renewable says why a certificate cannot be renewed by the short form on a day, in words
// for people, and nothing where it can: it is the vendor's, it counts or has ended within
// the grace, and its end is near.
func Renewable(s Signed, t Trust, today Day) (why string) {
	v := Verify(s, t, today)
	switch left := today.Until(s.Until); {
	case !v.OK() && v.Reason != Ended:
		return fmt.Sprintf("it does not count: %s: %s", v.Reason, v.Detail)
	case s.Provisional:
		return "it is provisional: the vendor's follows without another examination"
	case left > RenewWithin:
		return fmt.Sprintf("it can be renewed from %s on, %d days before its last day", s.Until.Add(-RenewWithin), RenewWithin)
	case left < -RenewGrace:
		return fmt.Sprintf("it ended on %s, more than %d days ago: the whole examination is needed", s.Until, RenewGrace)
	}
	return ""
}
