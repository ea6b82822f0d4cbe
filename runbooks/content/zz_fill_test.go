package content_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"darksite/runbooks"
	"darksite/runbooks/content"
	"darksite/runbooks/engine"
	"darksite/runbooks/strictyaml"

	"github.com/stretchr/testify/require"
	"io/fs"
)

func TestZZFill(t *testing.T) {
	lib, err := content.Library()
	require.NoError(t, err)
	out := map[string]any{}
	for _, book := range lib.All() {
		data, err := fs.ReadFile(content.Files(), book.ID+"/tests.yaml")
		require.NoError(t, err)
		var file cases
		require.NoError(t, strictyaml.Decode(book.ID+"/tests.yaml", data, &file))
		for _, c := range file.Cases {
			w := newWorld(c)
			dir := filepath.Join(t.TempDir(), "R-0001")
			run, err := engine.Start(dir, book, begin(c), w.options())
			require.NoError(t, err)
			outcome, err := run.Go(t.Context())
			if err != nil {
				t.Log(book.ID, c.Name, err)
			}
			run.Close()
			sev := 0
			if len(w.drafts) > 0 {
				sev = w.drafts[0].Severity
			}
			out[book.ID+"/"+c.Name] = map[string]any{"path": w.path, "end": outcome, "sev": sev}
		}
	}
	_ = runbooks.English
	b, _ := json.MarshalIndent(out, "", " ")
	require.NoError(t, os.WriteFile("/tmp/b/books/paths.json", b, 0o644))
}
