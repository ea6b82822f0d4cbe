package redact

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"darksite/bundle"
)

// maxHops bounds how many links may lead to one another.
const maxHops = 16

// writeLinks makes the symbolic links of a tree again, with the redacted names of
// what they point to. One that leads out of the tree, to what is withheld or to
// nothing is withheld: its target can say what the tree does not.
func (g *Gate) writeLinks(p *plan) error {
	byName := map[string]*task{}
	for _, t := range p.tasks {
		byName[t.rel] = t
	}
	for _, t := range p.tasks {
		if t.link == "" {
			continue
		}
		to, reason := p.target(t, byName)
		if !g.links {
			reason = "symbolic link"
		}
		if reason != "" {
			t.withheld = reason
			continue
		}
		at := filepath.Join(p.out, filepath.FromSlash(t.outRel))
		rel, err := filepath.Rel(path.Dir("/"+t.outRel), "/"+to)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(at), 0o700)
		}
		if err == nil {
			err = os.Symlink(rel, at)
		}
		if err != nil {
			return fmt.Errorf("write link %s: %w", t.outRel, cause(err))
		}
		t.file = File{In: t.rel, Out: t.outRel, Inspected: bundle.InspectedFull, Type: "link", Redactions: map[string]int64{}}
	}
	return nil
}

// target finds where a link leads in the output, or why it is withheld.
func (p *plan) target(t *task, byName map[string]*task) (out, reason string) {
	seen := t
	for range maxHops {
		to := path.Join(path.Dir(seen.rel), filepath.ToSlash(seen.link))
		if filepath.IsAbs(seen.link) || to == ".." || strings.HasPrefix(to, "../") {
			return "", "symbolic link to something outside"
		}
		next, ok := byName[to]
		switch {
		case !ok:
			return p.folder(to, t, seen)
		case next.withheld != "":
			return "", "symbolic link to something withheld"
		case seen == t:
			out = next.outRel
		}
		if next.link == "" {
			return out, ""
		}
		seen = next
	}
	return "", "symbolic link that leads round in a circle"
}

// folder finds the output name of a folder by that of a file in it.
func (p *plan) folder(rel string, t, last *task) (out, reason string) {
	for _, f := range p.tasks {
		if f.withheld != "" || f.link != "" || !strings.HasPrefix(f.rel, rel+"/") {
			continue
		}
		if last != t {
			return "", "symbolic link to a link to a folder"
		}
		parts := strings.Split(f.outRel, "/")
		return strings.Join(parts[:strings.Count(rel, "/")+1], "/"), ""
	}
	return "", "symbolic link to nothing in the tree"
}

// withholdDangling removes links whose target was withheld after all.
func (p *plan) withholdDangling() error {
	for again := true; again; {
		again = false
		for _, t := range p.tasks {
			if t.link == "" || t.withheld != "" {
				continue
			}
			at := filepath.Join(p.out, filepath.FromSlash(t.outRel))
			if _, err := os.Stat(at); err == nil {
				continue
			}
			if err := os.Remove(at); err != nil {
				return fmt.Errorf("withhold link %s: %w", t.outRel, cause(err))
			}
			if err := removeEmptyParents(p.out, filepath.Dir(at)); err != nil {
				return err
			}
			t.withheld, again = "symbolic link to something withheld", true
		}
	}
	return nil
}
