package carry

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"darksite/bundle/paper"

	"codeberg.org/go-pdf/fpdf"
)

// Measures of the printed cover sheet, in points on A4.
const (
	paperLeft  = 50.0
	paperWidth = 495.0
	paperEnd   = 800.0
	factWidth  = 150.0
	qrSide     = 92.0
)

// page is the cover sheet being drawn.
type page struct {
	*fpdf.Fpdf
	latin func(string) string
	s     sheet
}

// pdf is what cover says, for a printer: the same sheet gives the same bytes.
func (s sheet) pdf() ([]byte, error) {
	made, err := time.Parse(time.RFC3339, s.Written)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", CoverPDFName, err)
	}
	doc := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", SizeStr: "A4"})
	doc.SetCreationDate(made)
	doc.SetModificationDate(made)
	doc.SetCatalogSort(true)
	doc.SetCompression(false) // the same bytes from every compiler, and a search finds what is said
	doc.SetProducer("darksite", false)
	doc.SetTitle("Cover sheet of bundle "+string(s.BID), false)
	doc.SetMargins(paperLeft, 44, paperLeft)
	doc.SetAutoPageBreak(true, 842-paperEnd)
	doc.AliasNbPages("{pages}")
	p := page{doc, doc.UnicodeTranslatorFromDescriptor(""), s}
	doc.SetFooterFunc(p.footer)
	doc.AddPage()
	if err := p.head(); err != nil {
		return nil, err
	}
	if err := p.body(); err != nil {
		return nil, err
	}
	p.custody()
	var b bytes.Buffer
	if err := doc.Output(&b); err != nil {
		return nil, fmt.Errorf("%s: %w", CoverPDFName, err)
	}
	return b.Bytes(), nil
}

// footer lets a page that was taken out say what it is of.
func (p page) footer() {
	p.SetY(814)
	p.SetFont("Courier", "", 7)
	p.CellFormat(paperWidth, 9, fmt.Sprintf("%s  page %d of {pages}  label %s", p.s.BID, p.PageNo(), p.s.LabelSHA256), "", 0, "L", false, 0, "")
}

func (p page) head() error {
	p.SetFont("Helvetica", "", 10)
	p.CellFormat(paperWidth, 14, p.latin("COVER SHEET / BORDEREAU"), "", 1, "L", false, 0, "")
	p.SetFont("Helvetica", "B", 24)
	p.CellFormat(paperWidth-qrSide, 30, string(p.s.BID), "", 1, "L", false, 0, "")
	p.SetFont("Helvetica", "B", 13)
	p.CellFormat(paperWidth-qrSide-14, 22, p.latin(p.s.Marking), "1", 1, "C", false, 0, "")
	if p.s.Clear {
		p.Ln(4)
		p.SetFillColor(190, 0, 0)
		p.SetTextColor(255, 255, 255)
		p.CellFormat(paperWidth-qrSide-14, 22, p.latin("NOT ENCRYPTED / NON CHIFFRÉ"), "", 1, "C", true, 0, "")
		p.SetTextColor(0, 0, 0)
	}
	if len(p.s.Approvals) == 1 {
		p.Ln(4)
		p.CellFormat(paperWidth-qrSide-14, 22, p.latin("SINGLE REVIEW / UNE SEULE REVUE"), "1", 1, "C", false, 0, "")
	}
	if err := p.code(paperLeft+paperWidth-qrSide, 44); err != nil {
		return err
	}
	p.SetY(max(p.GetY(), 44+qrSide) + 8)
	return nil
}

// code draws the QR code of COVER.txt: bundle id and digest of the label.
func (p page) code(x, y float64) error {
	p.SetFillColor(0, 0, 0)
	return paper.DrawCode(p.Fpdf, fmt.Sprintf("%s %s", p.s.BID, p.s.LabelSHA256), x, y, qrSide)
}

func (p page) body() error {
	s := p.s
	medium := fmt.Sprintf("%d of/sur %d", s.Medium, s.Media)
	if s.Serial != "" {
		medium += ", " + s.Serial
	}
	p.fact("Site", s.Site)
	p.fact("Medium / Support", medium)
	p.fact("Released by / Sorti par", s.ReleasedBy)
	p.fact("Written / Écrit le", s.Written+" (station clock / horloge locale)")
	file, digest := "Sealed file / Fichier scellé", "Sealed file, SHA-256 / Fichier scellé, SHA-256"
	if s.Clear {
		file, digest = "File, in clear / Fichier en clair", "File in clear, SHA-256 / Fichier en clair, SHA-256"
	}
	p.fact(file, fmt.Sprintf("%d bytes/octets, %d volume(s), %d parity/parité", s.SealedSize, s.Volumes, s.Parity))
	p.fact("On this medium / Ici", strings.Join(s.Here, "  "))
	if len(s.NotHere) > 0 {
		p.fact("On other media / Ailleurs", strings.Join(s.NotHere, "  "))
	}
	p.title(digest)
	p.mono(string(s.SealedSHA256))
	if err := p.words("en", "in words, its first 16 bytes and a check word"); err != nil {
		return err
	}
	if err := p.words("fr", "en mots, ses 16 premiers octets et un mot de contrôle"); err != nil {
		return err
	}
	p.title("Label, SHA-256 / Étiquette, SHA-256")
	p.mono(string(s.LabelSHA256))
	p.title("Manifest, SHA-256 / Manifeste, SHA-256")
	p.mono(string(s.ManifestSHA256))
	p.title("Approvals / Approbations")
	for _, a := range s.Approvals {
		p.mono(string(a))
	}
	if len(s.Recipients) > 0 {
		p.title("Recipients / Destinataires")
		for _, r := range s.Recipients {
			p.mono(r)
		}
	}
	p.title("Journal of the site / Journal du site: keep this sheet, it is the witness / ce bordereau en témoigne")
	p.mono(fmt.Sprintf("size/taille %d", s.Journal.Size))
	p.mono("root/racine " + string(s.Journal.Root))
	return nil
}

func (p page) fact(key, value string) {
	p.SetFont("Helvetica", "", 9)
	p.CellFormat(factWidth, 12, p.latin(key), "", 0, "L", false, 0, "")
	p.SetFont("Helvetica", "B", 9)
	p.MultiCell(paperWidth-factWidth, 12, p.latin(value), "", "L", false)
}

func (p page) title(text string) {
	p.Ln(4)
	p.SetFont("Helvetica", "B", 9)
	p.CellFormat(paperWidth, 12, p.latin(text), "", 1, "L", false, 0, "")
}

func (p page) mono(text string) {
	p.SetFont("Courier", "", 9)
	p.CellFormat(paperWidth, 11, p.latin("  "+text), "", 1, "L", false, 0, "")
}

func (p page) words(lang, intro string) error {
	said, err := spoken(lang, p.s.SealedSHA256)
	if err != nil {
		return err
	}
	p.SetFont("Helvetica", "", 8)
	p.CellFormat(paperWidth, 11, p.latin("   "+intro), "", 1, "L", false, 0, "")
	for line := range strings.Lines(said) {
		p.mono(strings.TrimPrefix(strings.TrimRight(line, "\n"), "    "))
	}
	return nil
}

// custody is the table of who handed the medium to whom. It stays on one page.
func (p page) custody() {
	const rows, height = 6, 24.0
	if p.GetY()+(rows+2)*height > paperEnd {
		p.AddPage()
	}
	p.title("Custody / Chaîne de garde")
	columns := []struct {
		name  string
		width float64
	}{{"From / De", 140}, {"To / À", 140}, {"Date", 80}, {"Signature", 135}}
	p.SetFont("Helvetica", "", 8)
	for _, c := range columns {
		p.CellFormat(c.width, 14, p.latin(c.name), "1", 0, "L", false, 0, "")
	}
	p.Ln(14)
	for range rows {
		for _, c := range columns {
			p.CellFormat(c.width, height, "", "1", 0, "L", false, 0, "")
		}
		p.Ln(height)
	}
}
