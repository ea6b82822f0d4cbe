// Package content holds the embedded lessons, one folder each, as package course
// describes them. [Course] loads them against what they refer to; the tests turn any
// finding into a failed build.
package content

import (
	"embed"

	"darksite/training/course"
)

//go:embed all:a0 all:a1 all:a2 all:a3 all:a4 all:a5 all:a6 all:a7 all:a8 all:a9 all:a10 all:a11 all:a12 all:s1 all:s2 all:s3 all:s4 all:t1 all:t2 all:t3 all:t4 all:t5
var files embed.FS

// Course loads the embedded lessons.
func Course(l course.Limits) (*course.Course, error) { return course.Load(files, l) }
