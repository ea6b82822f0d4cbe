package exam

import (
	"bytes"
	"errors"
	"fmt"

	"darksite/runbooks"

	"go.yaml.in/yaml/v3"
)

// Encode writes items of one objective as the file of a bank, in the form in which the
// kit's own files stand: what is one thought is one line.
func Encode(objective string, items []*Item) ([]byte, error) {
	f := struct {
		Objective string  `yaml:"objective"`
		Items     []*Item `yaml:"items"`
	}{objective, items}
	var doc yaml.Node
	if err := doc.Encode(f); err != nil {
		return nil, fmt.Errorf("write questions of %s: %w", objective, err)
	}
	for _, it := range child(&doc, "items").Content {
		for _, key := range []string{"stem", "why", "number"} {
			inOneLine(child(it, key))
		}
		for _, o := range child(it, "options").Content {
			inOneLine(o)
		}
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(&doc), enc.Close()); err != nil {
		return nil, fmt.Errorf("write questions of %s: %w", objective, err)
	}
	return out.Bytes(), nil
}

// child is the value of a key; an empty node where there is none.
func child(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return &yaml.Node{}
}

// inOneLine writes a mapping in braces, with its words in quotes.
func inOneLine(n *yaml.Node) {
	n.Style = yaml.FlowStyle
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch key, value := n.Content[i].Value, n.Content[i+1]; {
		case value.Kind == yaml.MappingNode:
			inOneLine(value)
		case key == "en" || key == "fr" || key == "unit":
			value.Style = yaml.DoubleQuotedStyle
		}
	}
}

// Merge joins the same items in English and in French, as two files of another system
// bring them. The order is that of the English ones.
func Merge(english, french []*Item) ([]*Item, error) {
	byID := map[string]*Item{}
	for _, it := range french {
		byID[it.ID] = it
	}
	var out []*Item
	var errs []error
	for _, en := range english {
		fr, ok := byID[en.ID]
		delete(byID, en.ID)
		if !ok {
			errs = append(errs, fmt.Errorf("item %s: only in English", en.ID))
			continue
		}
		it, err := en.with(fr)
		if err != nil {
			errs = append(errs, fmt.Errorf("item %s: %w", en.ID, err))
			continue
		}
		out = append(out, it)
	}
	for _, fr := range french {
		if byID[fr.ID] == fr {
			errs = append(errs, fmt.Errorf("item %s: only in French", fr.ID))
		}
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("join the languages of items: %w", errors.Join(errs[:min(len(errs), 20)]...))
	}
	return out, nil
}

// with is the item with the French words of another one, which must be the same but for
// its words.
func (it *Item) with(fr *Item) (*Item, error) {
	if it.Kind != fr.Kind || len(it.Options) != len(fr.Options) {
		return nil, fmt.Errorf("a %s item with %d options in English and a %s item with %d in French", it.Kind, len(it.Options), fr.Kind, len(fr.Options))
	}
	if (it.Number == nil) != (fr.Number == nil) || it.Number != nil && *it.Number != *fr.Number {
		return nil, errors.New("the numbers differ")
	}
	out := *it
	out.Stem.FR = fr.Stem.FR
	out.Options = make([]Option, len(it.Options))
	for i, o := range it.Options {
		f := fr.Options[i]
		if o.ID != f.ID || o.Right != f.Right {
			return nil, fmt.Errorf("option %s in English stands where %s stands in French, or one is right and the other is not", o.ID, f.ID)
		}
		o.Text.FR = f.Text.FR
		var err error
		if o.Why, err = both("why", o.Why, f.Why); err != nil {
			return nil, fmt.Errorf("option %s: %w", o.ID, err)
		}
		if o.Partner, err = both("partner", o.Partner, f.Partner); err != nil {
			return nil, fmt.Errorf("option %s: %w", o.ID, err)
		}
		out.Options[i] = o
	}
	if len(out.Options) == 0 {
		out.Options = nil
	}
	why, err := both("why", it.Why, fr.Why)
	if err != nil {
		return nil, err
	}
	out.Why = why
	return &out, nil
}

func both(what string, en, fr *runbooks.Text) (*runbooks.Text, error) {
	switch {
	case en == nil && fr == nil:
		return nil, nil //nolint:nilnil // words that neither language has are no error
	case en == nil || fr == nil:
		return nil, fmt.Errorf("%s stands in one language only", what)
	}
	return &runbooks.Text{EN: en.EN, FR: fr.FR}, nil
}
