package manual_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/content"
	"darksite/runbooks/manual"

	"github.com/stretchr/testify/require"
)

var day = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

func book(t *testing.T, l runbooks.Lang) manual.Book {
	t.Helper()
	lib, err := content.Library()
	require.NoError(t, err)
	return manual.Book{Books: lib.All(), Lang: l, Made: day, Kit: "darksite 1"}
}

func TestTheSameBooksAreTheSameBytes(t *testing.T) {
	var one, two bytes.Buffer
	require.NoError(t, manual.PDF(&one, book(t, runbooks.English)))
	require.NoError(t, manual.PDF(&two, book(t, runbooks.English)))
	require.True(t, bytes.Equal(one.Bytes(), two.Bytes()))
	require.True(t, bytes.HasPrefix(one.Bytes(), []byte("%PDF-")))
}

// A stock reader finds every runbook on the page the contents name.
func TestAStockReaderReadsIt(t *testing.T) {
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext is not installed")
	}
	for _, l := range runbooks.Languages() {
		t.Run(string(l), func(t *testing.T) {
			b := book(t, l)
			var file bytes.Buffer
			require.NoError(t, manual.PDF(&file, b))
			cmd := exec.CommandContext(t.Context(), "pdftotext", "-layout", "-enc", "UTF-8", "-", "-")
			cmd.Stdin = &file
			out, err := cmd.Output()
			require.NoError(t, err)
			pages := strings.Split(string(out), "\f")
			require.NotContains(t, string(out), "{")
			for i, r := range b.Books {
				var page int
				for line := range strings.Lines(pages[1]) {
					if strings.Contains(line, "("+r.ID+")") {
						fields := strings.Fields(line)
						_, err := fmt.Sscan(fields[len(fields)-1], &page)
						require.NoError(t, err, line)
					}
				}
				require.NotZero(t, page, r.ID)
				require.Contains(t, pages[page-1], fmt.Sprintf("%d %s", i+1, strings.Fields(r.Title.In(l))[0]))
				for _, s := range r.Steps {
					title := strings.Fields(r.Prose[l].Sections[s.ID].Title)
					require.Contains(t, string(out), title[0])
				}
			}
			require.Contains(t, pages[len(pages)-2], "Index")
		})
	}
}

// Letters no page font has are no reason to fail.
func TestAStrangeLetter(t *testing.T) {
	b := book(t, runbooks.French)
	strange := *b.Books[0]
	strange.Title = runbooks.Text{EN: "中 disk", FR: "中 disque"}
	strange.Withdrawn = "→ \x1b"
	b.Books = []*runbooks.Runbook{&strange}
	var file bytes.Buffer
	require.NoError(t, manual.PDF(&file, b))
}
