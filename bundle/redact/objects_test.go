package redact_test

import (
	"fmt"
	"strings"
	"testing"

	"darksite/bundle/redact"

	"github.com/stretchr/testify/require"
)

// TestInventoriesCutAnywhere takes lists of objects through in chunks of many sizes, by
// one and by many workers: what encloses a name can be chunks before it.
func TestInventoriesCutAnywhere(t *testing.T) {
	var lists, company strings.Builder
	lists.WriteString("{\n \"volumes\": [\n")
	company.WriteString("[\n")
	for i := range 120 {
		fmt.Fprintf(&lists, "  {\n   \"id\": %d,\n   \"links\": [\n    {\"name\": \"part\"}\n   ],\n   \"name\": \"qx-erp-%d\"\n  },\n", i, i)
		fmt.Fprintf(&company, " {\n  \"id\": %d,\n  \"name\": \"qy_log_%d\",\n  \"space\": {\n   \"unit\": 1\n  },\n  \"size\": 7,\n  \"serial\": null\n },\n", i, i)
	}
	lists.WriteString("  {}\n ]\n}\n")
	company.WriteString(" {}\n]\n")
	in := tree(t, map[string][]byte{"lists.txt": []byte(lists.String()), "company.txt": []byte(company.String())})
	var want map[string]string
	for i, size := range []int{1 << 20, 5000, 777, 64} {
		out := t.TempDir() + "/out"
		g := newGate(t, redact.Options{Workers: 1 + i})
		g.SetChunk(size)
		_, err := g.Tree(t.Context(), in, out)
		require.NoError(t, err)
		got := readTree(t, out)
		for file, text := range got {
			require.NotContains(t, text, "qx-erp", file)
			require.NotContains(t, text, "qy_log", file)
		}
		if want == nil {
			want = got
		}
		require.Equal(t, want, got, "chunks of %d", size)
	}
}
