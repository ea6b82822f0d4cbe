package console

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"time"

	"darksite/localmon"
	"darksite/localmon/overview"
	"darksite/localmon/units"
)

//go:embed console.css
var style []byte

//go:embed index.html
var indexHTML string

// View is the overview of a site with the command that leads on from each of its
// next steps.
type View struct {
	Overview overview.Overview
	Commands []string // of Overview.Next, in its order
}

// Views makes the view of now. It is asked at most once every two seconds,
// however many ask the console.
type Views func(ctx context.Context) (View, error)

// viewGood is how long a view is shown again.
const viewGood = 2 * time.Second

// look is one target as it is read.
type look struct {
	Target, Path, At, Age, State string
	Series                       int
}

// step is one thing to do.
type step struct {
	overview.Next
	Command string
}

// page is what the page for people shows.
type page struct {
	At       time.Time
	Site     bool // there is an overview
	Trouble  string
	Overview overview.Overview
	Steps    []step
	Looks    []look
}

// funcs are the words of the page. A time is in the zone of the site.
func funcs() template.FuncMap {
	return template.FuncMap{
		"when": func(p page, at time.Time) string { return at.In(p.At.Location()).Format("2006-01-02 15:04") },
		"ago":  func(p page, at time.Time) string { return units.Duration(max(0, p.At.Sub(at)).Truncate(time.Second)) },
		"span": func(d time.Duration) string { return units.Duration(d.Truncate(time.Second)) },
		"used": func(c *overview.Capacity) string {
			if c == nil {
				return "not known"
			}
			return units.Percent(c.UsedPercent / 100)
		},
		"outlook": func(c *overview.Capacity) string {
			if c == nil {
				return "not known"
			}
			return overview.Outlook(c)
		},
		"unknown": func(r overview.Row) bool { return r.State == overview.Unknown },
		"about": func(q localmon.Quiet) string {
			if q.Alert != 0 {
				return fmt.Sprintf("alert %d", q.Alert)
			}
			return q.About()
		},
		"holds": func(p page, q localmon.Quiet) string {
			if q.At(p.At) {
				return "holds"
			}
			return "planned"
		},
	}
}

func (c *Console) index(w http.ResponseWriter, r *http.Request) {
	p := page{At: c.o.Now(), Looks: c.looks()}
	if c.o.View != nil {
		v, err := c.view(r.Context(), p.At)
		if err != nil {
			p.Trouble = err.Error()
		} else {
			p.Site, p.Overview = true, v.Overview
			for i, n := range v.Overview.Next {
				s := step{Next: n}
				if i < len(v.Commands) {
					s.Command = v.Commands[i]
				}
				p.Steps = append(p.Steps, s)
			}
		}
	}
	var out bytes.Buffer
	if err := c.pages.Execute(&out, p); err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(out.Bytes())
}

// view is the newest view, or a new one. One is made at a time.
func (c *Console) view(ctx context.Context, now time.Time) (View, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if age := now.Sub(c.seen); age >= 0 && age < viewGood {
		return c.kept, nil
	}
	v, err := c.o.View(ctx)
	if err != nil {
		return View{}, err
	}
	c.kept, c.seen = v, now
	return v, nil
}

func (c *Console) looks() []look {
	var looks []look
	now := c.o.Now()
	for _, b := range c.o.Batches.Batches() {
		l := look{
			Target: b.Target, Path: url.PathEscape(b.Target), At: b.At.In(now.Location()).Format("2006-01-02 15:04:05"),
			Age: units.Duration(max(0, now.Sub(b.At)).Truncate(time.Second)), State: "seen", Series: len(c.current(b, now)),
		}
		switch {
		case c.stale(b, now):
			l.State = "unknown: not looked at lately"
		case failed(b):
			l.State = "unknown: could not be read"
		}
		looks = append(looks, l)
	}
	return looks
}

func (*Console) css(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(style)
}
