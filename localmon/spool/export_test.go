package spool

import "time"

// Encode and Decode are the form of a line, for the tests.
func Encode(l Line) string { return string(l.encode()) }

// Decode reads what Encode wrote.
func Decode(s string) Line { return decode(s[:len(s)-1], time.Time{}) }

// MaxLine is how long a line on disk is at most.
const MaxLine = maxLine
