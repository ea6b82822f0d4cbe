package review

import (
	"fmt"
	"io"
	"time"

	"darksite/bundle/paper"

	"codeberg.org/go-pdf/fpdf"
)

// Measures of a page, in points: 80 columns of Courier on A4 with room for holes.
const (
	pageLeft   = 62
	pageTop    = 58
	pageBottom = 794
	rowHeight  = 11
	fontSize   = 9
)

// PDF prints what [Text] prints on A4 pages, each headed by the bundle and by the
// manifest, so that a page that was taken out still says what it is of. The same
// summary gives the same bytes. A letter outside Windows-1252 is written as an
// escape such as \u4e2d.
func PDF(w io.Writer, s Summary, v View) error {
	doc := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", SizeStr: "A4"})
	made, err := time.Parse(time.RFC3339, s.Created)
	if err != nil {
		made = time.Unix(0, 0).UTC() // a page needs some date, and it must not be today's
	}
	doc.SetCreationDate(made)
	doc.SetModificationDate(made)
	doc.SetCatalogSort(true)
	doc.SetProducer("darksite", false)
	doc.SetTitle("Review of bundle "+string(s.BID), false)
	doc.SetAutoPageBreak(false, 0)
	doc.AliasNbPages("{pages}")
	latin := doc.UnicodeTranslatorFromDescriptor("")
	y := float64(pageBottom)
	for _, row := range rows(s, v) {
		if y >= pageBottom {
			doc.AddPage()
			doc.SetFont("Courier", "", 7)
			doc.Text(pageLeft, pageTop-22, fmt.Sprintf("Review of bundle %s, marked %s, page %d of {pages}", s.BID, or(s.Marking, "nothing"), doc.PageNo()))
			doc.Text(pageLeft, pageTop-13, "manifest "+string(s.Manifest))
			doc.SetFont("Courier", "", fontSize)
			y = pageTop
		}
		doc.Text(pageLeft, y, latin(paper.Escaped(row)))
		y += rowHeight
	}
	if err := doc.Output(w); err != nil {
		return fmt.Errorf("print review of bundle %s as PDF: %w", s.BID, err)
	}
	return nil
}
