package paper_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"darksite/bundle/paper"

	"github.com/stretchr/testify/require"
)

func sheet(rows, codes int) paper.Sheet {
	s := paper.Sheet{Title: "Site S042: a sheet", Made: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
	for i := range rows {
		s.Rows = append(s.Rows, fmt.Sprintf("row %d, é and 中", i))
	}
	for i := range codes {
		s.Codes = append(s.Codes, strings.Repeat("A", 200+i))
		s.Labels = append(s.Labels, fmt.Sprintf("code %d", i+1))
	}
	return s
}

func pages(pdf []byte) int { return bytes.Count(pdf, []byte("/Type /Page\n")) }

func TestTheSameSheetGivesTheSameBytes(t *testing.T) {
	var first, second bytes.Buffer
	require.NoError(t, paper.PDF(&first, sheet(12, 4)))
	require.NoError(t, paper.PDF(&second, sheet(12, 4)))
	require.Equal(t, first.Bytes(), second.Bytes())
}

func TestFourCodesStayOnOnePage(t *testing.T) {
	for name, c := range map[string]struct{ rows, codes, want int }{
		"rows alone":                  {20, 0, 1},
		"more rows than a page has":   {70, 0, 2},
		"four codes below a few rows": {10, 4, 1},
		"four codes below many rows":  {40, 4, 2},
		"nothing but codes":           {0, 2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, paper.PDF(&out, sheet(c.rows, c.codes)))
			require.Equal(t, c.want, pages(out.Bytes()))
		})
	}
	require.ErrorContains(t, paper.PDF(&bytes.Buffer{}, sheet(1, 5)), "more than four")
	huge := sheet(1, 1)
	huge.Codes[0] = strings.Repeat("x", 9000)
	require.ErrorContains(t, paper.PDF(&bytes.Buffer{}, huge), "1 of 1: QR code")
	require.ErrorContains(t, paper.Text(&bytes.Buffer{}, huge), "1 of 1: QR code")
}

func TestTextHasTheRowsAndDrawsTheCodes(t *testing.T) {
	var out bytes.Buffer
	s := sheet(3, 1)
	require.NoError(t, paper.Text(&out, s))
	lines := strings.Split(out.String(), "\n")
	require.Equal(t, s.Rows, lines[:3])
	require.True(t, slices.Contains(lines, "code 1"))
	require.Contains(t, out.String(), "█▀▀▀▀▀█")
}
