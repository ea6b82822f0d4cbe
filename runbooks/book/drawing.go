package book

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"codeberg.org/go-pdf/fpdf"
)

// figureWidth is how wide a drawing is printed, in points, and figureMost how high.
const (
	figureWidth = 390.0
	figureMost  = 400.0
)

// Drawing prints an SVG of plain shapes where the page stands, and reports whether it
// could: what is made of more is left to its words.
func (p *Printer) Drawing(svg []byte) bool {
	pic, err := readPicture(svg)
	if err == nil {
		p.draw(pic)
	}
	return err == nil
}

// picture is a drawing as shapes.
type picture struct {
	width, height float64
	styles        map[string]style
	shapes        []shape
}

// style is how a class of shapes looks on white paper.
type style struct {
	fill, stroke []int // red, green, blue; nil for none
	width        float64
	size         float64 // of letters
	bold, middle bool
}

// shape is one element with its numbers.
type shape struct {
	kind    string
	classes []string
	at      map[string]float64
	points  [][2]float64
	text    string
}

var errNotPlain = errors.New("the drawing is made of more than plain shapes")

// readPicture reads the small SVG that lint allows, as far as it is plain: no groups
// that move, no curves.
func readPicture(svg []byte) (picture, error) {
	pic := picture{styles: map[string]style{}}
	dec := xml.NewDecoder(bytes.NewReader(svg))
	in := ""
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			if pic.width <= 0 || pic.height <= 0 {
				return pic, errNotPlain
			}
			return pic, nil
		}
		if err != nil {
			return pic, fmt.Errorf("read the drawing: %w", err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			in = tok.Name.Local
			if err := pic.element(tok); err != nil {
				return pic, err
			}
		case xml.EndElement:
			in = ""
		case xml.CharData:
			switch in {
			case "style":
				pic.style(string(tok))
			case "text":
				pic.shapes[len(pic.shapes)-1].text += string(tok)
			}
		}
	}
}

func (pic *picture) element(e xml.StartElement) error {
	s := shape{kind: e.Name.Local, at: map[string]float64{}}
	for _, a := range e.Attr {
		switch a.Name.Local {
		case "class":
			s.classes = strings.Fields(a.Value)
		case "viewBox":
			n, err := numbers(a.Value)
			if err != nil || len(n) != 4 || n[0] != 0 || n[1] != 0 {
				return errNotPlain
			}
			pic.width, pic.height = n[2], n[3]
		case "d":
			points, err := straight(a.Value)
			if err != nil {
				return err
			}
			s.points = points
		case "points":
			n, err := numbers(strings.ReplaceAll(a.Value, ",", " "))
			if err != nil || len(n)%2 != 0 {
				return errNotPlain
			}
			for i := 0; i < len(n); i += 2 {
				s.points = append(s.points, [2]float64{n[i], n[i+1]})
			}
		case "transform", "style":
			return errNotPlain
		default:
			if v, err := number(a.Value); err == nil {
				s.at[a.Name.Local] = v
			}
		}
	}
	switch s.kind {
	case "svg", "title", "desc", "style":
	case "rect", "circle", "line", "path", "polygon", "text":
		pic.shapes = append(pic.shapes, s)
	default:
		return errNotPlain
	}
	return nil
}

func number(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err == nil && (math.IsNaN(v) || math.Abs(v) > 10_000) {
		err = errNotPlain
	}
	return v, err
}

func numbers(s string) ([]float64, error) {
	var out []float64
	for _, word := range strings.Fields(s) {
		v, err := number(word)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// straight reads a path of one line of straight pieces: M and L alone.
func straight(d string) ([][2]float64, error) {
	if strings.Trim(d, "MLZ0123456789. -") != "" || !strings.HasPrefix(d, "M") || strings.Count(d, "M") != 1 {
		return nil, errNotPlain
	}
	closed := strings.HasSuffix(d, "Z")
	n, err := numbers(strings.NewReplacer("M", " ", "L", " ", "Z", " ").Replace(d))
	if err != nil || len(n) < 4 || len(n)%2 != 0 {
		return nil, errNotPlain
	}
	var out [][2]float64
	for i := 0; i < len(n); i += 2 {
		out = append(out, [2]float64{n[i], n[i+1]})
	}
	if closed {
		out = append(out, out[0])
	}
	return out, nil
}

var (
	classRule = regexp.MustCompile(`\.([a-z]+)\{([^{}]*)\}`)
	fontSize  = regexp.MustCompile(`([0-9.]+)px`)
)

// style reads the classes for a light ground; those for a dark one follow behind.
func (pic *picture) style(text string) {
	light, _, _ := strings.Cut(text, "@media")
	for _, m := range classRule.FindAllStringSubmatch(light, -1) {
		s := pic.styles[m[1]]
		for _, line := range strings.Split(m[2], ";") {
			name, value, _ := strings.Cut(line, ":")
			switch strings.TrimSpace(name) {
			case "fill":
				s.fill = colour(value)
			case "stroke":
				s.stroke = colour(value)
			case "stroke-width":
				s.width, _ = number(strings.TrimSpace(value)) // zero prints no line
			case "font":
				if size := fontSize.FindStringSubmatch(value); size != nil {
					s.size, _ = number(size[1])
				}
			case "font-weight":
				s.bold = strings.Contains(value, "bold")
			case "text-anchor":
				s.middle = strings.Contains(value, "middle")
			}
		}
		pic.styles[m[1]] = s
	}
}

// colour reads #rrggbb; nil for none.
func colour(s string) []int {
	n, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimSpace(s), "#"), 16, 24)
	if err != nil || !strings.Contains(s, "#") {
		return nil
	}
	return []int{int(n >> 16), int(n >> 8 & 0xff), int(n & 0xff)}
}

// look is how the classes of a shape look together, later ones over earlier.
func (pic picture) look(classes []string) style {
	var out style
	for _, c := range classes {
		s := pic.styles[c]
		if s.fill != nil {
			out.fill = s.fill
		}
		if s.stroke != nil {
			out.stroke = s.stroke
		}
		out.width, out.size = max(out.width, s.width), max(out.size, s.size)
		out.bold, out.middle = out.bold || s.bold, out.middle || s.middle
	}
	return out
}

// draw prints the shapes where the page stands.
func (p *Printer) draw(pic picture) {
	scale := min(figureWidth/pic.width, figureMost/pic.height)
	if p.doc.GetY()+pic.height*scale > pageHeight-bottom {
		p.doc.AddPage()
	}
	x0, y0 := left+12, p.doc.GetY()+2
	for _, s := range pic.shapes {
		look := pic.look(s.classes)
		how := ""
		if look.fill != nil {
			p.doc.SetFillColor(look.fill[0], look.fill[1], look.fill[2])
			how = "F"
		}
		if look.stroke != nil && look.width > 0 {
			p.doc.SetDrawColor(look.stroke[0], look.stroke[1], look.stroke[2])
			p.doc.SetLineWidth(look.width * scale)
			how += "D"
		}
		at := func(name string) float64 { return s.at[name] * scale }
		switch {
		case s.kind == "text":
			p.letters(s, look, x0, y0, scale)
		case how == "":
		case s.kind == "rect":
			p.doc.RoundedRect(x0+at("x"), y0+at("y"), at("width"), at("height"), at("rx"), "1234", how)
		case s.kind == "circle":
			p.doc.Circle(x0+at("cx"), y0+at("cy"), at("r"), how)
		case s.kind == "line":
			p.doc.Line(x0+at("x1"), y0+at("y1"), x0+at("x2"), y0+at("y2"))
		case s.kind == "polygon" || strings.Contains(how, "F"):
			p.polygon(s.points, x0, y0, scale, how)
		default:
			for i := 1; i < len(s.points); i++ {
				a, b := s.points[i-1], s.points[i]
				p.doc.Line(x0+a[0]*scale, y0+a[1]*scale, x0+b[0]*scale, y0+b[1]*scale)
			}
		}
	}
	p.doc.SetDrawColor(0, 0, 0)
	p.doc.SetLineWidth(0.5)
	p.doc.SetTextColor(0, 0, 0)
	p.doc.SetY(y0 + pic.height*scale + 4)
}

func (p *Printer) letters(s shape, look style, x0, y0, scale float64) {
	weight := ""
	if look.bold {
		weight = "B"
	}
	p.doc.SetFont("Helvetica", weight, look.size*scale)
	p.doc.SetTextColor(0, 0, 0)
	if look.fill != nil {
		p.doc.SetTextColor(look.fill[0], look.fill[1], look.fill[2])
	}
	text := p.plain(strings.Join(strings.Fields(s.text), " "))
	x := x0 + s.at["x"]*scale
	if look.middle {
		x -= p.doc.GetStringWidth(text) / 2
	}
	p.doc.Text(x, y0+s.at["y"]*scale, text)
}

func (p *Printer) polygon(points [][2]float64, x0, y0, scale float64, how string) {
	var out []fpdf.PointType
	for _, q := range points {
		out = append(out, fpdf.PointType{X: x0 + q[0]*scale, Y: y0 + q[1]*scale})
	}
	p.doc.Polygon(out, how)
}
