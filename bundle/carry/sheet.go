package carry

import (
	_ "embed" // the fixed texts
	"fmt"
	"slices"
	"strings"
	"text/template"
	"time"

	"darksite/bundle"
	"darksite/bundle/paper"
	"darksite/bundle/words"
)

//go:embed readme.tmpl
var readmeText string

//go:embed cover.tmpl
var coverText string

// sheet is what README.TXT and COVER.txt are made from.
type sheet struct {
	Label
	Site        string
	LabelSHA256 bundle.Digest
	SigNames    []string
	Here        []string // volumes on this medium
	NotHere     []string
	Medium      int
	Media       int
	Serial      string
	Written     string // RFC 3339
	VerifyTime  string // as ssh-keygen wants it
	TarName     string
	Slices      int // of a set of one volume, that may be damaged
}

func (w *writer) sheet() sheet {
	l := w.set.Label
	site, _, _ := splitID(l.BID) // checked with the label
	now := w.o.Now.UTC()
	s := sheet{
		Label:       l,
		Site:        site,
		LabelSHA256: bundle.DigestOf(w.set.LabelText),
		Medium:      max(w.o.Medium, 1),
		Media:       max(w.o.Media, w.o.Medium, 1),
		Serial:      w.o.Serial,
		Written:     now.Format(time.RFC3339),
		VerifyTime:  now.Format("20060102150405") + "Z",
		TarName:     string(l.BID) + ".tar",
		Slices:      perParity * l.Parity,
	}
	for name := range w.signatures {
		s.SigNames = append(s.SigNames, name)
	}
	slices.Sort(s.SigNames)
	for i, name := range w.names {
		if w.chosen[i] {
			s.Here = append(s.Here, name)
		} else {
			s.NotHere = append(s.NotHere, name)
		}
	}
	return s
}

func (s sheet) readme() (string, error) { return s.render("README.TXT", readmeText) }

// cover is the sheet that travels with the medium on paper.
func (s sheet) cover() (string, error) {
	text, err := s.render("COVER.txt", coverText)
	if err != nil {
		return "", err
	}
	code, err := paper.HalfBlocks(fmt.Sprintf("%s %s", s.BID, s.LabelSHA256))
	if err != nil {
		return "", fmt.Errorf("cover sheet: %w", err)
	}
	return text + code, nil
}

func (s sheet) render(name, text string) (string, error) {
	t, err := template.New(name).Option("missingkey=error").Funcs(template.FuncMap{
		"spoken": spoken,
		"list":   func(v []string) string { return strings.Join(v, "\n                ") },
	}).Parse(text)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	var b strings.Builder
	if err := t.Execute(&b, s); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return b.String(), nil
}

// spoken is a digest as numbered words, six on a line.
func spoken(lang string, d bundle.Digest) (string, error) {
	said, err := words.Digest(words.Language(lang), d)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for i, w := range said {
		switch end := i == len(said)-1 || i%6 == 5; {
		case end:
			fmt.Fprintf(&b, " %2d %s\n", i+1, w)
		case i%6 == 0:
			fmt.Fprintf(&b, "    %2d %-8s", i+1, w)
		default:
			fmt.Fprintf(&b, " %2d %-8s", i+1, w)
		}
	}
	return b.String(), nil
}
