package exam

import (
	"darksite/runbooks"
)

// Kind is how an item is answered.
type Kind string

// The kinds of items.
const (
	Single  Kind = "single"  // one option is right
	Multi   Kind = "multi"   // each right option and no other is chosen
	Numeric Kind = "numeric" // a number, within a tolerance
	Order   Kind = "order"   // all options in the order in which they stand in the bank
	Match   Kind = "match"   // each option with its partner
	Screen  Kind = "screen"  // a number or word read from a screen that is made for the form
)

// Kinds are all kinds.
func Kinds() []Kind { return []Kind{Single, Multi, Numeric, Order, Match, Screen} }

// Item is one question.
type Item struct {
	ID         string         `yaml:"id"`
	Kind       Kind           `yaml:"kind"`
	Difficulty int            `yaml:"difficulty"` // 1 easy, 2, 3 hard
	Safety     bool           `yaml:"safety,omitempty"`
	Stem       runbooks.Text  `yaml:"stem"`
	Options    []Option       `yaml:"options,omitempty"`
	Number     *Number        `yaml:"number,omitempty"`
	Screen     string         `yaml:"screen,omitempty"` // which screen; see Screener
	Why        *runbooks.Text `yaml:"why,omitempty"`    // where no option says why
	Reference  string         `yaml:"reference"`        // lesson:a4 or runbook:psu-failed
	Retired    bool           `yaml:"retired,omitempty"`

	Objective string `yaml:"-"` // of the file it stands in
}

// Option is one thing to choose, to put in order or to match.
type Option struct {
	ID      string         `yaml:"id"`
	Text    runbooks.Text  `yaml:"text"`
	Right   bool           `yaml:"right,omitempty"`   // single and multi
	Partner *runbooks.Text `yaml:"partner,omitempty"` // match
	Why     *runbooks.Text `yaml:"why,omitempty"`     // single and multi: why it is right or wrong
}

// Number is the answer of a numeric item.
type Number struct {
	Value     float64 `yaml:"value"`
	Tolerance float64 `yaml:"tolerance"` // either way
	Unit      string  `yaml:"unit,omitempty"`
}

// Screener makes the screens of items of kind Screen. The same name and seed give the
// same picture for good.
type Screener interface {
	// Screen is what is shown, in both languages, and what the right answer is. It
	// reports false for a name it does not know.
	Screen(name string, seed uint64) (picture runbooks.Text, answer string, ok bool)
}

// keys are the options that must be chosen.
func (it *Item) keys() (ids []string) {
	for _, o := range it.Options {
		if o.Right {
			ids = append(ids, o.ID)
		}
	}
	return ids
}
