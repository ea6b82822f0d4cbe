package intake

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"unicode"

	"darksite/bundle"
	"darksite/bundle/desk"
)

// draftSource is the collector whose case.json is the site's case draft.
const draftSource = "case"

// Bounds of a draft: the file in bytes, a line and the description in characters.
const (
	maxDraft       = 1 << 20
	maxLine        = 500
	maxDescription = 16000
)

// readDraft finds the case draft of a bundle. A bundle without one is a bundle
// without one; a draft that cannot be read is told and does not stop the import,
// since the rest of the bundle is an urgent customer's.
func readDraft(tree string, m bundle.Manifest) (*desk.Draft, []string, error) {
	text, warnings, err := readListed(tree, m, draftSource, "case.json", maxDraft)
	if text == nil || err != nil {
		return nil, warnings, err
	}
	d, err := decodeDraft(text)
	if err != nil {
		return nil, []string{fmt.Sprintf("the case draft cannot be read: %v", err)}, nil
	}
	return d, nil, nil
}

// readListed reads the file of a collector, nil where the manifest lists none. One
// that is too large is told.
func readListed(tree string, m bundle.Manifest, source, name string, most int64) ([]byte, []string, error) {
	i := listed(m, source, name)
	if i < 0 {
		return nil, nil, nil
	}
	if m.Files[i].Size > most {
		return nil, []string{fmt.Sprintf("%s was not read: %d bytes, at most %d", name, m.Files[i].Size, most)}, nil
	}
	root, err := os.OpenRoot(tree)
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", name, err)
	}
	defer root.Close()
	text, err := fs.ReadFile(root.FS(), m.Files[i].Path)
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", name, err)
	}
	return text, nil, nil
}

// carriedDraft is the part of the site's draft the desk reads. It has been
// through the redactor, so names in it are pseudonyms.
type carriedDraft struct {
	ID          string `json:"id"`
	Number      string `json:"number"`
	Array       string `json:"array"`
	Model       string `json:"model"`
	OSVersion   string `json:"os_version"`
	InitiatorOS string `json:"initiator_os"`
	Subject     string `json:"subject"`
	Description string `json:"description"`
	Severity    int    `json:"severity"`
	Primary     person `json:"primary"`
	Secondary   person `json:"secondary"`
}

type person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// decodeDraft reads the draft and tames its words: they are shown on terminals
// and pages for years. The file itself stays as it came.
func decodeDraft(text []byte) (*desk.Draft, error) {
	var c carriedDraft
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, err
	}
	switch {
	case c.Severity < 0 || c.Severity > 4:
		return nil, fmt.Errorf("severity %d: want 1 to 4", c.Severity)
	case c.ID != "" && !bundle.ValidDraft(c.ID):
		return nil, fmt.Errorf("id %.40q is not the id of a draft", c.ID)
	case c.Number != "" && !bundle.ValidNumber(c.Number):
		return nil, fmt.Errorf("number %.40q is not a case number", c.Number)
	}
	return &desk.Draft{
		ID: c.ID, Number: c.Number, Severity: c.Severity, Description: tame(c.Description, "\n", maxDescription),
		Array: line(c.Array), Model: line(c.Model), OSVersion: line(c.OSVersion), InitiatorOS: line(c.InitiatorOS),
		Subject: line(c.Subject), Primary: line(c.Primary.Name), PrimaryID: line(c.Primary.ID),
		Secondary: line(c.Secondary.Name), SecondaryID: line(c.Secondary.ID),
	}, nil
}

func line(s string) string { return tame(s, "", maxLine) }

// tame replaces what a terminal would act on or hide, and cuts what is too long.
func tame(s, keep string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) || strings.ContainsRune(keep, r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
