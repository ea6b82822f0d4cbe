package carry

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"darksite/bundle"
)

// maxSums bounds SHA256SUMS: every file of the largest set and its sheets.
const maxSums = 64 << 10

// encodeSums writes SHA256SUMS, sorted by name.
func encodeSums(files []File) []byte {
	files = slices.SortedFunc(slices.Values(files), func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	var b bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&b, "%s  %s\n", f.SHA256, f.Name)
	}
	return b.Bytes()
}

// parseSums reads SHA256SUMS and refuses every other spelling of it.
func parseSums(text []byte) (map[string]bundle.Digest, error) {
	if len(text) > maxSums {
		return nil, fmt.Errorf("%s: more than %d bytes", SumsName, maxSums)
	}
	var files []File
	sums := make(map[string]bundle.Digest)
	for line := range strings.Lines(string(text)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if _, twice := sums[name]; !ok || twice || !bundle.Digest(sum).Valid() || name == "" || strings.ContainsAny(name, "/\\") {
			return nil, fmt.Errorf("%s: line %d is not \"sha256  name\"", SumsName, len(files)+1)
		}
		files = append(files, File{Name: name, SHA256: bundle.Digest(sum)})
		sums[name] = bundle.Digest(sum)
	}
	if !bytes.Equal(encodeSums(files), text) {
		return nil, fmt.Errorf("%s: not sorted by name, or not ended by a line feed", SumsName)
	}
	return sums, nil
}
