package course

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"darksite/runbooks"
	"darksite/runbooks/strictyaml"
	"darksite/training/certificate"
	"darksite/training/exam"
)

// Lesson is one sitting.
type Lesson struct {
	ID        string            `yaml:"id"` // letter of the track and number: a4
	Track     certificate.Track `yaml:"track"`
	Minutes   int               `yaml:"minutes"`
	Title     runbooks.Text     `yaml:"title"`
	Objective runbooks.Text     `yaml:"objective"` // what one can do afterwards
	Lab       string            `yaml:"lab,omitempty"`
	Runbooks  []string          `yaml:"runbooks,omitempty"`
	Frames    []Frame           `yaml:"frames,omitempty"`
	Questions []exam.Item       `yaml:"questions"`

	Words map[runbooks.Lang]string `yaml:"-"` // Markdown
}

// Frame is one picture of a sequence, with the same in words.
type Frame struct {
	File string        `yaml:"file"` // SVG in the folder of the lesson
	Text runbooks.Text `yaml:"text"`

	SVG []byte `yaml:"-"`
}

// Bounds of a lesson.
const (
	MaxMinutes = 10
	MaxWords   = 1400 // in one language: what ten minutes allow, at 140 words a minute
	Checks     = 3    // questions
	maxFile    = 256 << 10
)

// Course is a set of lessons that passed [Lint], in the order in which they are taken.
type Course struct{ lessons []*Lesson }

// Lessons returns the lessons of a track, or of all for "".
func (c *Course) Lessons(t certificate.Track) []*Lesson {
	if t == "" {
		return slices.Clone(c.lessons)
	}
	return slices.DeleteFunc(slices.Clone(c.lessons), func(l *Lesson) bool { return l.Track != t })
}

// Lesson returns the lesson with this ID.
func (c *Course) Lesson(id string) (*Lesson, bool) {
	i := slices.IndexFunc(c.lessons, func(l *Lesson) bool { return l.ID == id })
	if i < 0 {
		return nil, false
	}
	return c.lessons[i], true
}

// Next is the lesson that comes after one, in its track.
func (c *Course) Next(id string) (*Lesson, bool) {
	at, ok := c.Lesson(id)
	if !ok {
		return nil, false
	}
	track := c.Lessons(at.Track)
	if i := slices.Index(track, at) + 1; i < len(track) {
		return track[i], true
	}
	return nil, false
}

// Load reads every folder of fsys as a lesson. Any finding of Lint refuses all.
func Load(fsys fs.FS, l Limits) (*Course, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("load course: %w", err)
	}
	c := &Course{}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		lesson, err := read(fsys, e.Name())
		if err != nil {
			return nil, fmt.Errorf("load lesson %s: %w", e.Name(), err)
		}
		c.lessons = append(c.lessons, lesson)
	}
	slices.SortFunc(c.lessons, func(a, b *Lesson) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.number(), b.number()))
	})
	var errs []error
	for _, f := range Lint(c, l) {
		errs = append(errs, f)
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("load course: %w", errors.Join(errs...))
	}
	return c, nil
}

func (l *Lesson) rank() int { return slices.Index(certificate.Tracks(), l.Track) }

// number is the lesson's place in its track; -1 when its ID has none.
func (l *Lesson) number() int {
	if len(l.ID) < 2 {
		return -1
	}
	n, err := strconv.Atoi(l.ID[1:])
	if err != nil {
		return -1
	}
	return n
}

func read(fsys fs.FS, dir string) (*Lesson, error) {
	l := &Lesson{Words: map[runbooks.Lang]string{}}
	file := func(name string) ([]byte, error) {
		data, err := fs.ReadFile(fsys, path.Join(dir, name))
		if err == nil && len(data) > maxFile {
			err = fmt.Errorf("%s has %d bytes, at most %d", name, len(data), maxFile)
		}
		return data, err
	}
	data, err := file("lesson.yaml")
	if err != nil {
		return nil, err
	}
	at, err := strictyaml.Read(path.Join(dir, "lesson.yaml"), data, l)
	if err != nil {
		return nil, err
	}
	if l.ID != dir {
		at.Key("id").Fail("%q: a lesson and its folder have the same name, here %q", l.ID, dir)
		return nil, at.Err()
	}
	for _, lang := range runbooks.Languages() {
		words, err := file(string(lang) + ".md")
		if err != nil {
			return nil, err
		}
		l.Words[lang] = strings.TrimSpace(string(words))
	}
	for i := range l.Frames {
		if l.Frames[i].SVG, err = file(l.Frames[i].File); err != nil {
			return nil, err
		}
	}
	for i := range l.Questions {
		l.Questions[i].Objective = l.ID
	}
	return l, nil
}
