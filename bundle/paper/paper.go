// Package paper prints sheets for people who carry nothing else: lines of text in
// a fixed width and QR codes, on A4 pages as PDF or as plain text.
//
// Fill a [Sheet] and call [PDF] or [Text]; who lays out pages of its own takes the
// codes alone, from [HalfBlocks] and [DrawCode]. Rows of 80 columns fit; longer ones are
// cut by nobody and run off the page, so wrap before. The same sheet gives the
// same bytes. Codes come after the rows, two beside each other, at the size that
// a scanner reads best, all of them on one page.
//
// A letter outside Windows-1252 is written in the PDF as an escape such as
// \u4e2d. The package is pure.
package paper

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// Sheet is what is printed.
type Sheet struct {
	Title  string    // in the head of every page
	Made   time.Time // stands in the file, never on the page
	Rows   []string
	Codes  []string // texts of QR codes
	Labels []string // under each code; may be shorter than Codes
}

// Measures of a page, in points: 80 columns of Courier on A4 with room for holes.
const (
	pageLeft   = 62
	pageTop    = 58
	pageBottom = 794
	rowHeight  = 11
	fontSize   = 9

	// CodeWidth is the side of a code on paper, its quiet zone included. Four of
	// them and their labels fill the lower part of a page.
	CodeWidth = 232.0
	codeGap   = 8.0
	labelRoom = 12.0
)

// PDF writes the sheet as A4 pages.
func PDF(w io.Writer, s Sheet) error {
	doc := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", SizeStr: "A4"})
	doc.SetCreationDate(s.Made)
	doc.SetModificationDate(s.Made)
	doc.SetCatalogSort(true)
	doc.SetProducer("darksite", false)
	doc.SetTitle(s.Title, false)
	doc.SetAutoPageBreak(false, 0)
	doc.AliasNbPages("{pages}")
	latin := doc.UnicodeTranslatorFromDescriptor("")
	page := func() float64 {
		doc.AddPage()
		doc.SetFont("Courier", "", 7)
		doc.Text(pageLeft, pageTop-22, latin(Escaped(fmt.Sprintf("%s, page %d of {pages}", s.Title, doc.PageNo()))))
		doc.SetFont("Courier", "", fontSize)
		return pageTop
	}
	y := page()
	for _, row := range s.Rows {
		if y >= pageBottom {
			y = page()
		}
		doc.Text(pageLeft, y, latin(Escaped(row)))
		y += rowHeight
	}
	if err := codes(doc, s, y, page); err != nil {
		return fmt.Errorf("print %q: %w", s.Title, err)
	}
	if err := doc.Output(w); err != nil {
		return fmt.Errorf("print %q: %w", s.Title, err)
	}
	return nil
}

// A single code of so many modules or more gets the width of the page, where there
// is the room.
const (
	dense = 157 // version 35
	wide  = 2*CodeWidth + codeGap
)

// codes draws the codes below row y, or on a page of their own where the rest of
// this one is too short for all.
func codes(doc *fpdf.Fpdf, s Sheet, y float64, page func() float64) error {
	if len(s.Codes) == 0 {
		return nil
	}
	if len(s.Codes) > 4 {
		return errors.New("more than four codes do not fit one page")
	}
	const step = CodeWidth + labelRoom + codeGap
	rows := float64((len(s.Codes) + 1) / 2)
	if y+rows*step > pageBottom+rowHeight {
		y = page()
	}
	for i, text := range s.Codes {
		left, top := pageLeft+float64(i%2)*(CodeWidth+codeGap), y+float64(i/2)*step
		code, err := encode(text)
		if err != nil {
			return fmt.Errorf("%d of %d: %w", i+1, len(s.Codes), err)
		}
		width := CodeWidth
		if len(s.Codes) == 1 && code.Size >= dense && y+wide <= pageBottom+rowHeight {
			width = wide
		}
		draw(doc, code, left, top, width)
		if i < len(s.Labels) {
			doc.Text(left+codeGap, top+width+labelRoom-4, Escaped(s.Labels[i]))
		}
	}
	return nil
}

// Text writes the rows, and the codes drawn with half blocks.
func Text(w io.Writer, s Sheet) error {
	var b strings.Builder
	for _, row := range s.Rows {
		b.WriteString(row + "\n")
	}
	for i, text := range s.Codes {
		code, err := HalfBlocks(text)
		if err != nil {
			return fmt.Errorf("print %q: %d of %d: %w", s.Title, i+1, len(s.Codes), err)
		}
		b.WriteString("\n")
		if i < len(s.Labels) {
			b.WriteString(s.Labels[i] + "\n")
		}
		b.WriteString(code)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Escaped writes what a page font of Windows-1252 does not have as an escape.
func Escaped(row string) string {
	var b strings.Builder
	for _, r := range row {
		if r < 0x7f || r >= 0xa0 && r <= 0xff || strings.ContainsRune("€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ", r) {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}
