package detect_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/rules"

	"github.com/stretchr/testify/require"
)

// TestTornLines holds the scanner to lines that end where a header would go on.
func TestTornLines(t *testing.T) {
	runCases(t, []scanCase{
		{"a time stamp and nothing behind", "Dec  6 19:11:01 ", nil},
		{"a time stamp and a name cut short", "2026-10-25 07:05:22-0400 lo::gd", nil},
		{"a host and its colon twice, torn", "Oct  3 09:00:00 qz01: qz01", nil},
		{"an address of a proxy and nothing behind", "192.0.2.77:4321 ", []string{"ipv4 192.0.2.77"}},
		{"an address in a name glued to a mark", "gw «19:2.0.2.1» dns", []string{"ipv4 2.0.2.1"}},
		{"a number that begins within one of an object", "1.4.10.1.1.13.196 = INTEGER: 1", nil},
		{"an address in brackets that begins a text", " (192.0.2.77) by x", []string{"ipv4 192.0.2.77"}},
		{"a level and nothing behind", "WARNING: \nInfo    ", nil},
		{"dots and nothing before them", "....10000090FA0B1C2D", []string{"wwn 10000090FA0B1C2D"}},
	})
}

// TestBrokenText holds the scanner to bytes that are no text inside names.
func TestBrokenText(t *testing.T) {
	runCases(t, []scanCase{
		{"a pod and a volume", "\"volume\": \"pod\xff7::vol\xfe9\"", []string{"pod pod\xff7", "volume vol\xfe9"}},
		{"a login and its realm", "user=mloewe\xff@NORD\u212aLDAP7,", []string{"user mloewe\xff", "host NORD\u212aLDAP7"}},
		{"a value that holds the name of the next pair", "  value: a name=password b\n  value: x", nil},
	})
}

// TestEveryCut holds the scanner to every line of the cases, ended at every place: a
// file can be cut anywhere, and what is found must lie in what is there.
func TestEveryCut(t *testing.T) {
	rs, err := rules.Shipped()
	require.NoError(t, err)
	know, err := detect.Compile(rs, nil)
	require.NoError(t, err)
	s := detect.NewScanner(know, detect.NewInventory(nil, nil), func(pseudonym.Kind, string) bool { return false })
	files, err := filepath.Glob("../testdata/*/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		for line := range bytes.Lines(b) {
			line = bytes.TrimSuffix(line, []byte{'\n'})
			line = bytes.ReplaceAll(bytes.ReplaceAll(line, []byte("«"), nil), []byte("»"), nil)
			for end := 0; end < len(line); end += 1 + len(line)/160 {
				found, _ := s.Scan(line[:end:end], detect.State{})
				for _, d := range found {
					require.True(t, 0 <= d.Start && d.Start <= d.End && d.End <= end, "%s in %q", d.Rule, line[:end])
				}
			}
		}
	}
}
