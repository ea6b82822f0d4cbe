package book

import "strings"

// commandShare is how large the face of commands is beside that of the words, which runs
// narrower.
const commandShare = 0.92

// run is a piece of text in one face.
type run struct {
	text    string
	command bool
}

// words cuts a line at its spaces. Each word is one or more runs that stay together: a
// command and the mark behind it. A tick without a second one is a letter like any other,
// and a space that does not break does not part.
func words(line string) (out [][]run) {
	parts := strings.Split(line, "`")
	if len(parts)%2 == 0 { // the last tick has no second one
		last := len(parts) - 1
		parts = append(parts[:last-1], parts[last-1]+"`"+parts[last])
	}
	open := false // the next run continues the last word
	for i, part := range parts {
		for j, text := range strings.Split(part, " ") {
			if j > 0 {
				open = false
			}
			if text == "" {
				continue
			}
			if !open {
				out = append(out, nil)
			}
			out[len(out)-1] = append(out[len(out)-1], run{text, i%2 == 1})
			open = true
		}
	}
	return out
}

// flow sets a line of text, broken where the page ends at the right.
func (p *Printer) flow(style string, points, indent float64, line string) {
	margin, height := p.doc.GetCellMargin(), points*lineHeight/Size
	p.doc.SetCellMargin(0)
	defer p.doc.SetCellMargin(margin)
	begin, end := left+indent+margin, left+textWidth-margin
	p.doc.SetX(begin)
	face := func(command bool) {
		if command {
			p.doc.SetFont("Courier", style, points*commandShare)
			return
		}
		p.doc.SetFont("Helvetica", style, points)
	}
	put := func(r run) {
		face(r.command)
		p.doc.CellFormat(p.doc.GetStringWidth(r.text), height, r.text, "", 0, "L", false, 0, "")
	}
	command := false // the last run is one
	for _, word := range words(line) {
		width := 0.0
		for i := range word {
			face(word[i].command)
			word[i].text = p.plain(word[i].text)
			width += p.doc.GetStringWidth(word[i].text)
		}
		face(command && word[0].command)
		space := p.doc.GetStringWidth(" ")
		switch at := p.doc.GetX(); {
		case at == begin:
		case at+space+width > end:
			p.doc.Ln(height)
			p.doc.SetX(begin)
		default:
			p.doc.SetX(at + space)
		}
		for _, r := range word {
			for _, piece := range p.pieces(r, end-begin, face) {
				if p.doc.GetX() > begin && p.doc.GetX()+p.doc.GetStringWidth(piece) > end+1 {
					p.doc.Ln(height)
					p.doc.SetX(begin)
				}
				put(run{piece, r.command})
			}
			command = r.command
		}
	}
	p.doc.Ln(height)
}

// pieces cuts a run that is wider than a line.
func (p *Printer) pieces(r run, width float64, face func(bool)) (out []string) {
	face(r.command)
	text := r.text // in the encoding of the page: a byte is a letter
	for p.doc.GetStringWidth(text) > width && len(text) > 1 {
		n := len(text)
		for n > 1 && p.doc.GetStringWidth(text[:n]) > width {
			n--
		}
		out, text = append(out, text[:n]), text[n:]
	}
	return append(out, text)
}
