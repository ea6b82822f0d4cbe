package redact

import (
	"fmt"
	"path"
	"strings"

	"darksite/bundle/redact/detect"
)

// learnNames notes what the names of files and folders tell. Programs choose most of
// them, so only the rules are asked.
func (g *Gate) learnNames(p *plan) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	w := g.newWorker()
	w.scan = detect.NewScanner(g.rulesOnly, g.inv, g.mint.Owns)
	for _, t := range p.tasks {
		for part := range strings.SplitSeq(t.rel, "/") {
			if _, _, err := w.learn([]byte(stem(part)), detect.State{}); err != nil {
				return fmt.Errorf("learn from names: %w", err)
			}
		}
	}
	g.learnt.add(w.seen)
	return nil
}

// nameOutputs gives every file its name in the output. Names that were different
// stay different, also where case does not count, and no file gets the name of a
// folder.
func (g *Gate) nameOutputs(p *plan) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	w := g.newWorker()
	taken := map[string]bool{}
	for _, t := range p.tasks {
		name, err := w.path(t.rel)
		if err != nil {
			return fmt.Errorf("name outputs: %w", err)
		}
		t.outRel = repackedName(name, t.kind)
		for dir := path.Dir(t.outRel); dir != "."; dir = path.Dir(dir) {
			taken[strings.ToLower(dir)] = true
		}
	}
	next := map[string]int{} // thousands of files can get one name
	for _, t := range p.tasks {
		dir, base := path.Split(t.outRel)
		ext := path.Ext(base)
		name, same := t.outRel, strings.ToLower(t.outRel)
		for n := max(2, next[same]); taken[strings.ToLower(name)]; n++ {
			name = dir + fmt.Sprintf("%s~%d%s", strings.TrimSuffix(base, ext), n, ext)
			next[same] = n + 1
		}
		taken[strings.ToLower(name)] = true
		t.outRel = name
	}
	return nil
}

// maxName is how long a name may get, with room for a number behind it; systems
// take 255 bytes.
const maxName = 240

// fitted cuts out the middle of a name that got too long.
func fitted(name string) string {
	if len(name) <= maxName {
		return name
	}
	return strings.ToValidUTF8(name[:maxName/2], "") + "~" + strings.ToValidUTF8(name[len(name)-maxName/2+1:], "")
}

// path redacts each part of a relative path.
func (w *worker) path(rel string) (string, error) {
	parts := strings.Split(rel, "/")
	for i, part := range parts {
		s := stem(part)
		out, err := w.redactText([]byte(s))
		if err != nil {
			return "", err
		}
		clean := strings.Map(func(r rune) rune {
			if r == '/' || r == 0 {
				return '-'
			}
			return r
		}, string(out))
		if clean == "" || clean == "." || clean == ".." {
			clean = "name"
		}
		parts[i] = fitted(clean + part[len(s):])
	}
	return strings.Join(parts, "/"), nil
}

// stem is a file name without the endings that say what is in it, so that
// web01.log is not read as a host in a domain named log.
func stem(name string) string {
	for {
		ext := path.Ext(name)
		if len(ext) < 2 || len(ext) > 6 || len(ext) == len(name) || !endings[strings.ToLower(ext)] {
			return name
		}
		name = strings.TrimSuffix(name, ext)
	}
}

var endings = map[string]bool{
	".log": true, ".txt": true, ".gz": true, ".zst": true, ".tar": true, ".tgz": true, ".zip": true, ".json": true,
	".yaml": true, ".yml": true, ".xml": true, ".csv": true, ".conf": true, ".cfg": true, ".ini": true, ".out": true, ".err": true, ".xz": true,
	".bz2": true, ".md": true, ".html": true, ".ndjson": true, ".jsonl": true, ".tsv": true, ".sql": true, ".pem": true, ".crt": true, ".old": true, ".bak": true,
}

// pathText is a path as it may be shown outside, such as in an error.
func (g *Gate) pathText(rel string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	out, err := g.newWorker().path(rel)
	if err != nil {
		return Mask
	}
	return out
}

// memberPath redacts the path of an archive member, or in the first pass learns
// from it.
func (w *worker) memberPath(name string, write bool) (string, error) {
	if write {
		return w.path(name)
	}
	for part := range strings.SplitSeq(name, "/") {
		if _, _, err := w.learn([]byte(stem(part)), detect.State{}); err != nil {
			return "", err
		}
	}
	return name, nil
}
