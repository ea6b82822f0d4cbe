package carry_test

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle"
	"darksite/bundle/carry"

	"github.com/stretchr/testify/require"
)

// The code on the cover sheet, as text and as PDF, is read by a scanner program
// that is not ours.
func TestTheCodeOfTheCoverIsRead(t *testing.T) {
	needPrograms(t, "zbarimg")
	p := prepare(t, noise(5000), carry.Layout{})
	folder := p.write(t, carry.Options{Now: stationClock})
	want := "S042-000017 " + string(bundle.DigestOf(p.set.LabelText))

	cover, err := os.ReadFile(filepath.Join(folder, carry.CoverName))
	require.NoError(t, err)
	_, code, ok := strings.Cut(string(cover), "SHA-256 de l'étiquette\n")
	require.True(t, ok)
	drawn := filepath.Join(t.TempDir(), "cover.png")
	f, err := os.Create(drawn)
	require.NoError(t, err)
	require.NoError(t, png.Encode(f, halfBlocks(code)))
	require.NoError(t, f.Close())
	require.Equal(t, want, scan(t, drawn))

	needPrograms(t, "pdftoppm")
	page := filepath.Join(t.TempDir(), "cover")
	out, err := exec.CommandContext(t.Context(), "pdftoppm", "-r", "200", "-png", "-singlefile", filepath.Join(folder, carry.CoverPDFName), page).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, want, scan(t, page+".png"))
}

// halfBlocks is what a printer makes of a code drawn in half blocks, and of nothing
// around it: the quiet zone is that of the drawing.
func halfBlocks(code string) image.Image {
	const module = 4
	rows := strings.Split(strings.TrimRight(code, "\n"), "\n")
	rows = append(rows, "", "") // blank rows at the end are trimmed above
	width := 0
	for _, row := range rows {
		width = max(width, len([]rune(row)))
	}
	width += 4 // blanks at the end of a row are not written
	img := image.NewGray(image.Rect(0, 0, width*module, 2*len(rows)*module))
	for i := range img.Pix {
		img.Pix[i] = 0xff
	}
	for y, row := range rows {
		for x, r := range []rune(row) {
			for half, drawn := range map[int]string{0: "█▀", 1: "█▄"} {
				if !strings.ContainsRune(drawn, r) {
					continue
				}
				for i := range module * module {
					img.SetGray(x*module+i%module, (2*y+half)*module+i/module, color.Gray{})
				}
			}
		}
	}
	return img
}

func scan(t *testing.T, picture string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", picture).Output()
	require.NoError(t, err)
	return strings.TrimSuffix(string(out), "\n")
}
