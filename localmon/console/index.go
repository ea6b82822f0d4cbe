package console

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"
	"time"
)

// row is one target as a person reads it.
type row struct {
	Target, Path, Look, Age, State string
	Series                         int
}

var indexPage = template.Must(template.New("index").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Darksite</title></head><body>
<h1>Darksite</h1>
<table border="1">
<tr><th>Target</th><th>State</th><th>Newest look</th><th>Age</th><th>Series</th></tr>
{{range .}}<tr><td><a href="/metrics/{{.Path}}">{{.Target}}</a></td><td>{{.State}}</td><td>{{.Look}}</td><td>{{.Age}}</td><td>{{.Series}}</td></tr>
{{else}}<tr><td colspan="5">No target has been looked at yet.</td></tr>
{{end}}</table>
<p><a href="/metrics">all series</a> <a href="/healthz">health of the kit</a></p>
</body></html>
`))

func (c *Console) index(w http.ResponseWriter, _ *http.Request) {
	var rows []row
	now := c.o.Now()
	for _, b := range c.o.Batches.Batches() {
		r := row{
			Target: b.Target, Path: url.PathEscape(b.Target), Look: b.At.UTC().Format(time.RFC3339),
			Age: now.Sub(b.At).Round(time.Second).String(), State: "seen", Series: len(c.current(b, now)),
		}
		switch {
		case c.stale(b, now):
			r.State = "unknown: not looked at lately"
		case failed(b):
			r.State = "unknown: could not be read"
		}
		rows = append(rows, r)
	}
	var page bytes.Buffer
	if err := indexPage.Execute(&page, rows); err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(page.Bytes())
}
