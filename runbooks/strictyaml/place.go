package strictyaml

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// Place is a value of a file that was read. Problems said at its places gather
// in the order in which they were found, up to [MaxErrors].
type Place struct {
	file *decoder
	node *yaml.Node
	past bool // a step led to nothing: this is the nearest value before it
}

// Key is the value of a key. Where there is none, the place stays at what
// should have held it, and further steps do not move it.
func (p Place) Key(name string) Place {
	for i := 0; !p.past && p.node.Kind == yaml.MappingNode && i+1 < len(p.node.Content); i += 2 {
		if p.node.Content[i].Value == name {
			return Place{file: p.file, node: p.node.Content[i+1]}
		}
	}
	return Place{p.file, p.node, true}
}

// Item is the member of a list, from 0; where there is none, as with
// [Place.Key].
func (p Place) Item(i int) Place {
	if !p.past && p.node.Kind == yaml.SequenceNode && i < len(p.node.Content) {
		return Place{file: p.file, node: p.node.Content[i]}
	}
	return Place{p.file, p.node, true}
}

// Line is the line of the value, from 1.
func (p Place) Line() int { return p.node.Line }

// Fail says what is wrong here.
func (p Place) Fail(format string, args ...any) { p.file.fail(p.node, format, args...) }

// Word fails unless got is one of the known words, and names the nearest.
func (p Place) Word(what, got string, known []string) {
	if !slices.Contains(known, got) && !p.file.full() {
		p.Fail("%s %q is not known%s", what, clip(got), Suggest(got, known))
	}
}

// Err joins one [Error] for each problem said at any place of the file; nil
// when there is none.
func (p Place) Err() error { return p.file.err() }
