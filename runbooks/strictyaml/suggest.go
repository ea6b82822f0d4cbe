package strictyaml

import (
	"fmt"
	"slices"
	"strings"
)

// Suggest returns a phrase that names the known word nearest to the unknown
// one, or lists all known words when none is near.
func Suggest(word string, known []string) string {
	best, dist := "", len(word)/2+2
	for _, k := range known {
		if len(word) > maxShown {
			break // nobody meant that, and telling how far it is off costs
		}
		if n := distance(word, k); n < dist {
			best, dist = k, n
		}
	}
	if best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return "; known here: " + strings.Join(slices.Sorted(slices.Values(known)), ", ")
}

// maxShown is how much of a foreign word an error repeats, in bytes.
const maxShown = 64

func clip(s string) string {
	if len(s) > maxShown {
		return strings.ToValidUTF8(s[:maxShown], "") + "…"
	}
	return s
}

// distance is the edit distance that counts an exchange of neighbours as one
// (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
