package coach

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"darksite/bundle/safefile"
	"darksite/training/exam"
	"darksite/training/labmark"
	"darksite/training/labs"
)

// Names below a home and in a practice site.
const (
	siteFolder  = "site"
	deskFolder  = "desk"
	resultsFile = "results.jsonl"
	learnerFile = "learner.json" // who began the newest lab here
	workFolder  = "work"         // in the site: what the learner writes down
)

const (
	maxResults = 8 << 20
	maxLearner = 64 << 10
)

// Home is the folder in which somebody practises.
type Home string

// Site is the folder of the practice site.
func (h Home) Site() string { return filepath.Join(string(h), siteFolder) }

// Desk is the folder of the practice desk, where a lab has one.
func (h Home) Desk() string { return filepath.Join(string(h), deskFolder) }

// Work is where a learner writes files that a lab asks for.
func (h Home) Work() string { return filepath.Join(h.Site(), workFolder) }

// HomeOf is the home of a practice site; ok is false when the folder is none.
func HomeOf(site string) (Home, bool) {
	if _, err := os.Stat(filepath.Join(site, labmark.File)); err != nil || filepath.Base(site) != siteFolder {
		return "", false
	}
	return Home(filepath.Dir(site)), true
}

// Marker stands in the folder of a practice site and says so.
type Marker = labmark.Marker

// Learner is who practises, and where that is written down.
type Learner = labmark.Learner

// Learner is who began the newest lab of the home; nobody before the first.
func (h Home) Learner() (Learner, error) {
	var l Learner
	data, err := readBounded(filepath.Join(string(h), learnerFile), maxLearner)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &l)
	}
	if err != nil {
		return Learner{}, fmt.Errorf("read who practises in %s: %w", h, err)
	}
	return l, nil
}

// Remember keeps who practises beyond the end of the lab.
func (h Home) Remember(l Learner) error {
	data, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("keep who practises: %w", err)
	}
	return safefile.Write(filepath.Join(string(h), learnerFile), append(data, '\n'), 0o600)
}

// ReadMarker reads the marker of a site folder; fs.ErrNotExist says that the folder is
// no practice site.
func ReadMarker(site string) (Marker, error) { return labmark.Read(site) }

// Secret is how a marker names a secret that the lab made.
func Secret(text []byte) string { return labmark.Secret(text) }

// Vacate makes room for a new practice site and desk. A folder with something in it that
// no lab made is refused, and left as it is.
func (h Home) Vacate() error {
	for _, dir := range []string{h.Site(), h.Desk()} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("make room for a lab: %w", err)
		}
		if len(entries) == 0 {
			continue
		}
		if _, err := os.Lstat(filepath.Join(dir, labmark.File)); err != nil {
			return fmt.Errorf("make room for a lab in %s: %w: no lab made what is there", dir, labmark.ErrMixed)
		}
	}
	return errors.Join(empty(h.Site()), empty(h.Desk()))
}

// empty removes a folder. Frozen folders are read-only, and a folder needs its x to be
// emptied.
func empty(dir string) error {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, os.RemoveAll(dir))
}

// Result is what a lab came to, as it is kept.
type Result struct {
	Lab    string       `json:"lab"`
	Kind   exam.LabKind `json:"kind"`
	Seed   uint64       `json:"seed"`
	At     time.Time    `json:"at"` // real time
	Points int          `json:"points"`
	Fatal  bool         `json:"fatal"`
	Hints  int          `json:"hints"`
	Solved bool         `json:"solved"` // played by the kit: counts for nobody
	Digest string       `json:"digest"`
	Learner
}

// Record is the result as an examination takes it.
func (r Result) Record() exam.LabResult {
	return exam.LabResult{Kind: r.Kind, Lab: r.Lab, Score: float64(r.Points) / labs.FullScore, Fatal: r.Fatal, Digest: r.Digest, At: r.At.UTC().Truncate(time.Second)}
}

// Keep adds a result to those of the home.
func (h Home) Keep(r Result) error {
	all, err := h.Results()
	if err != nil {
		return err
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	for _, one := range append(all, r) {
		if err := enc.Encode(one); err != nil {
			return fmt.Errorf("keep the result of a lab: %w", err)
		}
	}
	return safefile.Write(filepath.Join(string(h), resultsFile), text.Bytes(), 0o600)
}

// Results are those kept in a home, oldest first.
func (h Home) Results() ([]Result, error) {
	data, err := readBounded(filepath.Join(string(h), resultsFile), maxResults)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the results of labs: %w", err)
	}
	var all []Result
	for line := range bytes.Lines(data) {
		var r Result
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("read the results of labs in %s: line %d: %w", h, len(all)+1, err)
		}
		all = append(all, r)
	}
	return all, nil
}

func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || st.Size() > limit {
		return nil, fmt.Errorf("%s: want a file of at most %d bytes", path, limit)
	}
	data := make([]byte, st.Size())
	n, err := f.ReadAt(data, 0)
	if int64(n) == st.Size() {
		err = nil
	}
	return data[:n], err
}
