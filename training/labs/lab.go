package labs

import (
	"time"

	"darksite/runbooks"
	"darksite/training/certificate"
	"darksite/training/exam"
	"darksite/training/scenario"
)

// Lab is one exercise.
type Lab struct {
	ID      string            `yaml:"id"` // l1, s-l1
	Version int               `yaml:"version"`
	Track   certificate.Track `yaml:"track"`
	Kind    exam.LabKind      `yaml:"kind"`
	Lessons []string          `yaml:"lessons"` // what it exercises: a4
	Minutes int               `yaml:"minutes"`
	Title   runbooks.Text     `yaml:"title"`
	Brief   runbooks.Text     `yaml:"brief"`
	First   string            `yaml:"first"` // what to type first

	Choices  map[string][]string `yaml:"draw"` // what a seed chooses from, by name
	Arrays   []scenario.Array    `yaml:"arrays"`
	Seed     uint64              `yaml:"seed"`
	Faults   []Fault             `yaml:"faults"`
	Watch    Watch               `yaml:"watch"`
	Settings map[string]string   `yaml:"settings"`
	Hands    []Hand              `yaml:"hands"`
	Desk     bool                `yaml:"desk"`    // a vendor's desk is made beside the site
	Files    map[string]string   `yaml:"files"`   // texts laid into the folder, by name
	Bundles  []Bundle            `yaml:"bundles"` // what others collected, in the order of their numbers
	Plants   []Plant             `yaml:"plants"`  // what stands in one of them besides
	Before   []Command           `yaml:"before"`  // what others did before the learner came
	Altered  []Altered           `yaml:"altered"` // and what befell their work then

	Goals      []Goal      `yaml:"goals"`
	Forbid     []Forbidden `yaml:"forbid"`
	Invariants []Forbidden `yaml:"invariants"` // of the state at every moment
	Hints      []Hint      `yaml:"hints"`
	Solutions  []Solution  `yaml:"solutions"` // the first is the reference
}

// Fault is what befalls an array.
type Fault struct {
	At       time.Duration     `yaml:"at"` // since the site has been watched
	Array    string            `yaml:"array"`
	Fault    string            `yaml:"fault"`
	Target   string            `yaml:"target"`
	Duration time.Duration     `yaml:"duration"`
	Params   map[string]string `yaml:"params"`
	ID       string            `yaml:"id"`
}

// Bundle is a small bundle of texts that goes through redaction, freezing and review as
// any other does.
type Bundle struct {
	Times    int               `yaml:"times"`    // as many of them; one when left out
	Files    map[string]string `yaml:"files"`    // by name
	Case     string            `yaml:"case"`     // command that makes its case; then the state of the arrays is in it too
	Approved []string          `yaml:"approved"` // officers who have read and signed it
}

// Plant is a text that is added to a file of a bundle before it is collected.
type Plant struct {
	Bundle string `yaml:"bundle"` // S042-000001 is the first
	File   string `yaml:"file"`
	Text   string `yaml:"text"`
}

// Altered is a byte that changes after everything was signed: in the folder of a bundle,
// or on a medium it was written on.
type Altered struct {
	Bundle string `yaml:"bundle"`
	Medium string `yaml:"medium"` // folder in work; empty for the folder of the bundle
}

// Watch is how long the site's monitor has looked before the learner comes, and how far
// apart two looks are.
type Watch struct {
	For   time.Duration `yaml:"for"`
	Every time.Duration `yaml:"every"`
}

// Hand is something a person can do at an array, its console or in the room.
type Hand struct {
	Verb   string        `yaml:"verb"`
	Says   runbooks.Text `yaml:"says"`
	Target string        `yaml:"target"` // what it is done to: a type of part, "text", or nothing
	Does   []Effect      `yaml:"does"`   // the first that fits happens
}

// Effect is what an act leads to.
type Effect struct {
	On     Match             `yaml:"on"`  // targets it holds for; all when empty
	Was    Match             `yaml:"was"` // status of the part before; any when empty
	Clear  string            `yaml:"clear"`
	Inject *Fault            `yaml:"inject"`
	Set    map[string]string `yaml:"set"` // settings, {target} stands for the target
	LED    string            `yaml:"led"` // on or off
	Says   runbooks.Text     `yaml:"says"`
}

// Goal is something to reach.
type Goal struct {
	ID     string        `yaml:"id"`
	Weight int           `yaml:"weight"`
	Says   runbooks.Text `yaml:"says"`   // what is wanted, without the way there
	Missed runbooks.Text `yaml:"missed"` // said after the lab was checked
	When   Predicate     `yaml:"when"`
}

// Forbidden is something that must not be done.
type Forbidden struct {
	ID      string        `yaml:"id"`
	Fatal   bool          `yaml:"fatal"`
	Penalty int           `yaml:"penalty"`
	Says    runbooks.Text `yaml:"says"` // said after the lab was checked
	When    Predicate     `yaml:"when"`
}

// Hint helps with a goal that is not reached yet.
type Hint struct {
	For  string        `yaml:"for"`
	When *Predicate    `yaml:"when"` // always when left out
	Cost int           `yaml:"cost"`
	Text runbooks.Text `yaml:"text"`
}

// Solution is a way through the lab, right or wrong, as a list of commands.
type Solution struct {
	Name  string    `yaml:"name"`
	Steps []Command `yaml:"steps"`
	Score int       `yaml:"score"` // points it must come to, of 100
	Fatal bool      `yaml:"fatal"`
}

// Command is one command of the kit and what is typed into it.
type Command struct {
	Run  string   `yaml:"run"`  // alerts list; a word in double quotes may hold spaces
	Type []string `yaml:"type"` // lines typed at its questions
	Code int      `yaml:"code"` // exit code it must end with
	File string   `yaml:"file"` // instead: a file of the site folder is written, such as work/note.txt
	Text string   `yaml:"text"` // what stands in it
}

// FullScore is what the weights of a lab add up to.
const FullScore = 100

// Goal returns a goal by name.
func (l *Lab) Goal(id string) (Goal, bool) {
	for _, g := range l.Goals {
		if g.ID == id {
			return g, true
		}
	}
	return Goal{}, false
}
