package book_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/book"

	"github.com/stretchr/testify/require"
)

var day = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func printed(t *testing.T, whole func(*book.Printer)) []byte {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, book.Print(&file, book.Title{Title: "A book", Under: []string{"of two lines", "below it"}, Lang: runbooks.English, Made: day, Kit: "darksite 1", Bold: "Mind.", Words: "This."}, whole))
	return file.Bytes()
}

// chapters prints contents of n rows and as many chapters of three pages.
func chapters(n int) func(*book.Printer) {
	return func(p *book.Printer) {
		p.Rows("Contents", n, func(i int) { p.Row(fmt.Sprintf("chapter %d", i), fmt.Sprint(i)) })
		for i := range n {
			p.Chapter(fmt.Sprint(i), "head", "bookmark", fmt.Sprintf("The chapter %d", i))
			p.Markdown(strings.Repeat("Words of a paragraph.\n\n- a point\n\n> a warning\n\n", 60))
		}
	}
}

// Contents stand before the chapters and still say on which pages they begin.
func TestContentsNameThePagesOfChapters(t *testing.T) {
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext is not installed")
	}
	cmd := exec.CommandContext(t.Context(), "pdftotext", "-layout", "-enc", "UTF-8", "-", "-")
	cmd.Stdin = bytes.NewReader(printed(t, chapters(50)))
	out, err := cmd.Output()
	require.NoError(t, err)
	pages := strings.Split(string(out), "\f")
	require.Contains(t, pages[0], "A book")
	require.Contains(t, pages[0], "2026-11-23 · darksite 1")
	found := 0
	for _, contents := range pages[1:3] { // fifty rows take two pages
		for line := range strings.Lines(contents) {
			var chapter, page int
			if n, _ := fmt.Sscanf(strings.TrimSpace(line), "chapter %d %d", &chapter, &page); n == 2 {
				require.Contains(t, pages[page-1], fmt.Sprintf("The chapter %d\n", chapter))
				found++
			}
		}
	}
	require.Equal(t, 50, found)
}

func TestTheSameWordsAreTheSameBytes(t *testing.T) {
	require.Equal(t, printed(t, chapters(3)), printed(t, chapters(3)))
}

func TestCodeAndStrangeLettersArePrinted(t *testing.T) {
	file := printed(t, func(p *book.Printer) {
		p.Chapter("a", "head", "中", "→ \x1b 中")
		p.Keep()
		p.Gap(3)
		p.Markdown("before\n\n```\ndarksite status\n```\n\nbehind")
	})
	require.Contains(t, string(file), "/Courier")
}
