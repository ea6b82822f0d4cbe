package carry

import "darksite/bundle"

// ParseSums and EncodeSums are for fuzzing.
func ParseSums(text []byte) (map[string]bundle.Digest, error) { return parseSums(text) }

// EncodeSums writes SHA256SUMS.
func EncodeSums(sums map[string]bundle.Digest) []byte {
	var files []File
	for name, sum := range sums {
		files = append(files, File{Name: name, SHA256: sum})
	}
	return encodeSums(files)
}
