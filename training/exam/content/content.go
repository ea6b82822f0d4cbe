// Package content holds the bank of questions, one file for each objective, as package
// exam describes it. [Bank] loads it against the lessons and runbooks it refers to; a
// finding in it fails the build, because the tests load it.
//
// An objective has at least three times the questions that a form draws. Each puts the
// reader into a situation at the console, the array or the desk; what is wrong in it is
// what people really do wrong, and every choice says why it is right or wrong. Questions
// that are about safety concern deeds that must never be done.
//
// bank.yaml names the version. A record of an examination is marked with the bank of its
// own digest, so each change of a question is a new bank: count the version up with it.
package content

import (
	"embed"
	"fmt"
	"strings"

	runbookcontent "darksite/runbooks/content"
	"darksite/training/certificate"
	"darksite/training/course"
	lessons "darksite/training/course/content"
	"darksite/training/exam"
	"darksite/training/exam/screens"
)

//go:embed *.yaml
var files embed.FS

// Bank loads the bank of this kit.
func Bank() (*exam.Bank, error) {
	l, err := Limits()
	if err != nil {
		return nil, err
	}
	return exam.Load(files, l)
}

// Limits are what the bank of this kit, and what is to become part of it, is held
// against: the forms of all tracks, the lessons, the runbooks and the screens.
func Limits() (exam.Limits, error) {
	books, err := runbookcontent.Library()
	if err != nil {
		return exam.Limits{}, fmt.Errorf("load bank of questions: %w", err)
	}
	book := func(id string) bool { _, ok := books.Get(id); return ok }
	// Labs are no matter of a question: a lesson is known by its name alone.
	all, err := lessons.Course(course.Limits{Runbook: book, Lab: func(string) bool { return true }})
	if err != nil {
		return exam.Limits{}, fmt.Errorf("load bank of questions: %w", err)
	}
	l := exam.Limits{Screens: screens.Screens{}, Known: func(ref string) bool {
		if id, ok := strings.CutPrefix(ref, "lesson:"); ok {
			_, ok = all.Lesson(id)
			return ok
		}
		id, ok := strings.CutPrefix(ref, "runbook:")
		return ok && book(id)
	}}
	for _, t := range certificate.Tracks() {
		l.Blueprints = append(l.Blueprints, exam.Of(t))
	}
	return l, nil
}
