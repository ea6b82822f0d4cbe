package content

import (
	"fmt"
	"io/fs"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/strictyaml"
)

// CasesFile is the file of a runbook's cases.
const CasesFile = "tests.yaml"

// Case is one way through a runbook, as its tests.yaml states it: a world, what a
// person answers, and where that must lead.
type Case struct {
	Name     string            `yaml:"name"`
	About    string            `yaml:"about"` // the component
	Age      time.Duration     `yaml:"age"`   // of the data
	Facts    Components        `yaml:"facts"`
	Metrics  Series            `yaml:"metrics"`
	Alerts   []string          `yaml:"alerts"` // rules with an open alert; none known without this line
	After    []Change          `yaml:"after"`
	Answers  map[string]string `yaml:"answers"` // by step; the first choice for those not named
	Broken   bool              `yaml:"broken"`  // neither evidence nor a draft can be written
	Path     []string          `yaml:"path"`
	End      runbooks.Outcome  `yaml:"end"`
	Severity int               `yaml:"severity"`
	// Simulator says which simulated array is in the state of the case. Then the same
	// way is gone on what that array itself answers.
	Simulator *Simulator `yaml:"simulator"`
}

// Components is the status of each part, by type.
type Components map[string]map[string]string

// Series is the value of each metric an hour ago, and now.
type Series map[string][]float64

// Change is what the world looks like once a step has been answered.
type Change struct {
	Step    string     `yaml:"step"`
	Facts   Components `yaml:"facts"`
	Metrics Series     `yaml:"metrics"`
	Alerts  []string   `yaml:"alerts"`
}

// Simulator is a state of a simulated array. Without a fault it is well.
type Simulator struct {
	Family string        `yaml:"family"` // flasharray when left out
	Size   string        `yaml:"size"`   // small when left out
	Before time.Duration `yaml:"before"` // watched before the faults come; two minutes when left out
	Faults []Fault       `yaml:"faults"`
	Wait   time.Duration `yaml:"wait"` // watched with them before the run begins; two minutes when left out
	After  []Turn        `yaml:"after"`
}

// Fault is one of the simulator's catalogue.
type Fault struct {
	Kind   string            `yaml:"kind"`
	Part   string            `yaml:"part"`
	Params map[string]string `yaml:"params"`
}

// Turn is what becomes of the array once a step has been answered.
type Turn struct {
	Step   string   `yaml:"step"`
	Clear  []string `yaml:"clear"`  // kinds of fault that are repaired
	Faults []Fault  `yaml:"faults"` // that come
}

// Cases are those of one runbook.
func Cases(id string) ([]Case, error) {
	data, err := fs.ReadFile(files, id+"/"+CasesFile)
	if err != nil {
		return nil, fmt.Errorf("cases of runbook %s: %w", id, err)
	}
	var file struct {
		Cases []Case `yaml:"cases"`
	}
	if err := strictyaml.Decode(id+"/"+CasesFile, data, &file); err != nil {
		return nil, fmt.Errorf("cases of runbook %s: %w", id, err)
	}
	return file.Cases, nil
}
