package exam

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Letter is how the option in this place of [Question.Shown] is called on a screen.
func Letter(i int) string { return string(rune('a' + i)) }

// ErrTyped says that what was typed is no answer to the question.
var ErrTyped = errors.New("that is no answer to this question")

// Typed turns what somebody types into an answer: letters for the options as they are
// shown, for partners a letter with its number such as a2, and else the number or word
// itself. Letters may stand together or be parted by spaces or commas. What comes out
// has the form that [Mark] wants, whether it is right or not.
func (q Question) Typed(line string) (Answer, error) {
	words := strings.Fields(strings.ReplaceAll(strings.ToLower(line), ",", " "))
	if len(words) == 0 {
		return "", fmt.Errorf("%w: it is empty", ErrTyped)
	}
	switch q.Kind {
	case Numeric, Screen:
		a := Answer(strings.Join(strings.Fields(line), " "))
		if _, err := Mark(q.Item, a, "-"); err != nil {
			return "", fmt.Errorf("%w: %w", ErrTyped, err)
		}
		return a, nil
	case Match:
		return q.pairs(words)
	}
	var ids []string
	for _, letter := range strings.Split(strings.Join(words, ""), "") {
		i := strings.Index(letters[:len(q.Shown)], letter)
		if i < 0 {
			return "", fmt.Errorf("%w: %q is none of the letters", ErrTyped, letter)
		}
		ids = append(ids, q.Shown[i].ID)
	}
	return q.wellFormed(ids)
}

const letters = "abcdefghijklmnopqrstuvwxyz"

func (q Question) pairs(words []string) (Answer, error) {
	var pairs []string
	for _, w := range words {
		i := strings.Index(letters[:len(q.Shown)], w[:1])
		n, err := strconv.Atoi(strings.TrimPrefix(w[1:], "="))
		if i < 0 || err != nil || n < 1 || n > len(q.Targets) {
			return "", fmt.Errorf("%w: %q: want a letter and a number such as a2", ErrTyped, w)
		}
		pairs = append(pairs, q.Shown[i].ID+"="+q.Targets[n-1].ID)
	}
	return q.wellFormed(pairs)
}

func (q Question) wellFormed(words []string) (Answer, error) {
	a := Answer(strings.Join(words, " "))
	if _, err := Mark(q.Item, a, ""); err != nil {
		return "", fmt.Errorf("%w: %w", ErrTyped, err)
	}
	return a, nil
}

// Words are an answer as [Question.Typed] would read it again, and dots where only a
// digest of it is known.
func (q Question) Words(a Answer) string {
	if strings.HasPrefix(string(a), digested) {
		return "..."
	}
	if q.Kind == Numeric || q.Kind == Screen {
		return string(a)
	}
	place := func(list []Option, id string) int {
		for i, o := range list {
			if o.ID == id {
				return i
			}
		}
		return 0
	}
	var out []string
	for _, w := range strings.Fields(string(a)) {
		left, right, pair := strings.Cut(w, "=")
		word := Letter(place(q.Shown, left))
		if pair {
			word += strconv.Itoa(place(q.Targets, right) + 1)
		}
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

// Right is the right answer of an item; want is that of a screen.
func Right(it *Item, want string) Answer {
	var words []string
	switch it.Kind {
	case Numeric:
		return Answer(strings.TrimSpace(strconv.FormatFloat(it.Number.Value, 'g', -1, 64) + " " + it.Number.Unit))
	case Screen:
		return Answer(want)
	case Match:
		for _, o := range it.Options {
			words = append(words, o.ID+"="+o.ID)
		}
	case Order:
		for _, o := range it.Options {
			words = append(words, o.ID)
		}
	case Single, Multi:
		words = it.keys()
	}
	return Answer(strings.Join(words, " "))
}
