package certificate

import "slices"

// Notices are the numbers of days before its last day on which the end of a certificate
// is said again.
func Notices() []int { return []int{90, 60, 30, 7} }

// Notice is the notice that is in force on a day for a certificate with this last day:
// the nearest that is reached. Nothing is said when the end is farther off, and nothing
// once it has come: then there is no time left to act in, and the certificate itself
// does not count.
func Notice(until, today Day) (days int, ok bool) {
	left := today.Until(until)
	if left < 0 {
		return 0, false
	}
	for _, n := range slices.Backward(Notices()) {
		if left <= n {
			return n, true
		}
	}
	return 0, false
}
