package runbooks

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// figureDir is the folder of a runbook's drawings.
const figureDir = "fig"

// FigureFile is the name of a drawing in a language.
func FigureFile(figure string, l Lang) string { return figure + "." + string(l) + ".svg" }

// figureElements are what a drawing may be made of. There is no script, no style
// from elsewhere, no picture in the picture and no link among them.
var figureElements = []string{"svg", "title", "desc", "style", "g", "rect", "line", "path", "circle", "polygon", "text", "tspan"}

// drawing is what lint holds against a drawing and its translation.
type drawing struct {
	shapes []string // every element but the words, in order
	texts  int
}

// readFigure reads an SVG of the small set and says what is wrong with it: it must
// be read out by a screen reader (role, title, desc), be readable on light and dark
// ground, and refer to nothing.
func readFigure(svg []byte, l Lang) (drawing, error) {
	var d drawing
	words := map[string]string{} // of title, desc and style
	dec := xml.NewDecoder(bytes.NewReader(svg))
	var open []string
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return d, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if err := figureElement(tok, len(open) == 0, l); err != nil {
				return d, err
			}
			open = append(open, tok.Name.Local)
			switch tok.Name.Local {
			case "text", "tspan":
				d.texts++
			case "title", "desc", "style":
			default:
				d.shapes = append(d.shapes, tok.Name.Local)
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				words[open[len(open)-1]] += string(tok)
			}
		case xml.ProcInst, xml.Directive:
			return d, errors.New("no declaration and no document type belong here")
		}
	}
	for _, name := range []string{"title", "desc"} {
		if strings.TrimSpace(words[name]) == "" {
			return d, fmt.Errorf("a %s is needed, for who does not see it", name)
		}
	}
	if style := words["style"]; !strings.Contains(style, "prefers-color-scheme: dark") || strings.Contains(style, "url(") || strings.Contains(style, "@import") {
		return d, errors.New("its style needs colours for a dark ground, and refers to nothing")
	}
	return d, nil
}

func figureElement(e xml.StartElement, root bool, l Lang) error {
	if !slices.Contains(figureElements, e.Name.Local) {
		return fmt.Errorf("element %s: only %s", e.Name.Local, strings.Join(figureElements, ", "))
	}
	if root != (e.Name.Local == "svg") {
		return errors.New("one svg, outermost")
	}
	has := map[string]string{}
	for _, a := range e.Attr {
		has[a.Name.Local] = a.Value
		if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" || strings.Contains(a.Value, "url(") {
			return fmt.Errorf("attribute %s of %s: a drawing does nothing and refers to nothing", a.Name.Local, e.Name.Local)
		}
	}
	if root && (has["role"] != "img" || has["lang"] != string(l) || has["viewBox"] == "") {
		return fmt.Errorf("svg needs role=\"img\", lang=%q and a viewBox", l)
	}
	return nil
}

// figure: a drawing is there in every language, is one that can be trusted, and
// shows the same in each.
func (l *linter) figure(s Step) {
	if s.Figure == "" {
		return
	}
	var first drawing
	for i, lang := range Languages() {
		name := FigureFile(s.Figure, lang)
		svg, ok := l.r.Figures[name]
		if !ok {
			l.fail(s.ID, "figure %s/%s is missing", figureDir, name)
			return
		}
		d, err := readFigure(svg, lang)
		if err != nil {
			l.fail(s.ID, "figure %s: %v", name, err)
			return
		}
		if i > 0 && (d.texts != first.texts || !slices.Equal(d.shapes, first.shapes)) {
			l.fail(s.ID, "figure %s does not show what its translation shows", s.Figure)
		}
		first = d
	}
}

// Transcript is the title and the description of a step's drawing, for who does not
// see it and for where no drawing can be shown; both are empty where there is none.
func (r *Runbook) Transcript(s Step, l Lang) (title, desc string) {
	svg, ok := r.Figures[FigureFile(s.Figure, l)]
	if s.Figure == "" || !ok {
		return "", ""
	}
	dec := xml.NewDecoder(bytes.NewReader(svg))
	in := ""
	for {
		tok, err := dec.Token()
		if err != nil {
			return oneLine(title), oneLine(desc) // lint has read it to its end
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			in = tok.Name.Local
		case xml.EndElement:
			in = ""
		case xml.CharData:
			switch in {
			case "title":
				title += string(tok)
			case "desc":
				desc += string(tok)
			}
		}
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
