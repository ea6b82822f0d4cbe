// Package exambank finds the bank of questions that an examination is held and marked
// by: the one of the kit, or one that a trainer carries in a folder, because what lies
// in a program must be taken as known to everyone.
//
// [Load] holds either against the lessons, runbooks and screens of this kit. A record is
// marked by the bank of its digest and by no other, so whoever checks a record of an
// older kit names a folder with the bank of then.
package exambank

import (
	"fmt"
	"os"
	"path/filepath"

	"darksite/training/certificate"
	"darksite/training/exam"
	"darksite/training/exam/content"
)

// Load reads the bank of a folder, or for "" that of the kit, with what makes its
// screens. A carried bank is whole for the tracks it has questions of.
func Load(dir string) (*exam.Bank, exam.Screener, error) {
	l, err := content.Limits()
	if err != nil {
		return nil, nil, err
	}
	if dir == "" {
		b, err := content.Bank()
		return b, l.Screens, err
	}
	l.Blueprints = nil
	for _, t := range certificate.Tracks() {
		p := exam.Of(t)
		if _, err := os.Stat(filepath.Join(dir, p.Parts[0].Objective+".yaml")); err == nil {
			l.Blueprints = append(l.Blueprints, p)
		}
	}
	if len(l.Blueprints) == 0 {
		return nil, nil, fmt.Errorf("load bank of questions: %s has questions of no track", dir)
	}
	b, err := exam.Load(os.DirFS(dir), l)
	return b, l.Screens, err
}
