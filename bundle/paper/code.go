package paper

import (
	"fmt"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"rsc.io/qr"
)

// quiet is how many modules of nothing a scanner wants around a code.
const quiet = 4

// encode makes a code of level M, which stands a stain, or where the text is too long
// for that one of level L, which stands less.
func encode(text string) (*qr.Code, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		code, err = qr.Encode(text, qr.L)
	}
	if err != nil {
		return nil, fmt.Errorf("QR code: %w", err)
	}
	return code, nil
}

// HalfBlocks draws a QR code in characters, two modules each one above
// the other, dark on light, with its quiet zone.
func HalfBlocks(text string) (string, error) {
	code, err := encode(text)
	if err != nil {
		return "", err
	}
	dark := func(x, y int) bool {
		return x >= 0 && y >= 0 && x < code.Size && y < code.Size && code.Black(x, y)
	}
	var b strings.Builder
	for y := -quiet; y < code.Size+quiet; y += 2 {
		var row strings.Builder
		for x := -quiet; x < code.Size+quiet; x++ {
			switch top, bottom := dark(x, y), dark(x, y+1); {
			case top && bottom:
				row.WriteRune('█')
			case top:
				row.WriteRune('▀')
			case bottom:
				row.WriteRune('▄')
			default:
				row.WriteByte(' ')
			}
		}
		b.WriteString(strings.TrimRight(row.String(), " ") + "\n")
	}
	return b.String(), nil
}

// DrawCode draws a QR code into a square of a page, its quiet zone
// included. The fill colour must be dark.
func DrawCode(doc *fpdf.Fpdf, text string, left, top, side float64) error {
	code, err := encode(text)
	if err != nil {
		return err
	}
	draw(doc, code, left, top, side)
	return nil
}

func draw(doc *fpdf.Fpdf, code *qr.Code, left, top, side float64) {
	module := side / float64(code.Size+2*quiet)
	for row := range code.Size {
		for from := 0; from < code.Size; from++ {
			end := from
			for end < code.Size && code.Black(end, row) {
				end++
			}
			if end > from { // one bar a run: bars that touch have no seam
				doc.Rect(left+float64(quiet+from)*module, top+float64(quiet+row)*module, float64(end-from)*module, module, "F")
				from = end
			}
		}
	}
}
