package labmark

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"darksite/bundle/safefile"
)

// File is the name of the marker in the folder of a practice site or desk.
const File = "training.json"

const maxMarker = 64 << 10

// ErrMixed says that something real is where only practice may be, or the other way
// round.
var ErrMixed = errors.New("practice and real sites do not mix")

// Marker stands in the folder of a practice site and says so.
type Marker struct {
	Lab     string    `json:"lab"`
	Version int       `json:"version"`
	Seed    uint64    `json:"seed"`
	Lang    string    `json:"lang"`
	URL     string    `json:"url"`
	Token   string    `json:"token"`
	Began   time.Time `json:"began"` // the clock of the arrays when the learner came
	Ends    time.Time `json:"ends"`  // real time at which it ends by itself
	Secrets []string  `json:"secrets"`
	Hints   []int     `json:"hints"`
	Solved  bool      `json:"solved"` // by the kit: it does not count
	Learner
}

// Learner is who practises, and where that is written down.
type Learner struct {
	ID   string `json:"learner"`
	Site string `json:"real_site"` // folder of the real site that keeps the record; "" where there is none
}

// Read reads the marker of a site folder; fs.ErrNotExist says that the folder is
// no practice site.
func Read(site string) (Marker, error) {
	var m Marker
	data, err := readBounded(filepath.Join(site, File), maxMarker)
	if err != nil {
		return m, fmt.Errorf("read the marker of a practice site: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return m, fmt.Errorf("read the marker of a practice site %s: %w", site, err)
	}
	return m, nil
}

// Write puts the marker into a site folder.
func (m Marker) Write(site string) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("write the marker of a practice site: %w", err)
	}
	return safefile.Write(filepath.Join(site, File), append(data, '\n'), 0o600)
}

// Secret is how a marker names a secret that the lab made.
func Secret(text []byte) string {
	sum := sha256.Sum256(bytes.TrimSpace(text))
	return hex.EncodeToString(sum[:])
}

// Check refuses what a practice site must not have: an address beyond this machine, and
// a secret that the lab did not make.
func (m Marker) Check(addresses []string, secrets map[string][]byte) error {
	for _, a := range addresses {
		if !loopback(a) {
			return fmt.Errorf("address %s: %w: a practice site calls and hears this machine alone", a, ErrMixed)
		}
	}
	for name, text := range secrets {
		if !slices.Contains(m.Secrets, Secret(text)) {
			return fmt.Errorf("secret in %s: %w: the lab did not make it", name, ErrMixed)
		}
	}
	return nil
}

func loopback(address string) bool {
	host := address
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		host = u.Hostname()
	} else if h, _, err := net.SplitHostPort(address); err == nil {
		host = h
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// Inside refuses a file that does not lie in a folder, wherever links lead.
func Inside(dir, file string) error {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return fmt.Errorf("find the folder of a practice site: %w", err)
	}
	if file, err = filepath.Abs(file); err != nil {
		return fmt.Errorf("find %s: %w", file, err)
	}
	real, err := filepath.EvalSymlinks(file)
	if err != nil {
		folder, err := filepath.EvalSymlinks(filepath.Dir(file)) // where a file would be that is not there
		if err != nil {
			return fmt.Errorf("find key %s: %w", file, err)
		}
		real = filepath.Join(folder, filepath.Base(file))
	}
	rel, err := filepath.Rel(root, real)
	if err != nil || !filepath.IsLocal(rel) {
		return fmt.Errorf("key %s: %w: it lies outside of the lab", file, ErrMixed)
	}
	return nil
}

// Within reports whether a file or folder lies in the folder of a lab: it, or a folder
// above it, holds a marker.
func Within(path string) (bool, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return false, fmt.Errorf("find %s: %w", path, err)
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	for {
		if _, err := os.Lstat(filepath.Join(abs, File)); err == nil {
			return true, nil
		}
		up := filepath.Dir(abs)
		if up == abs {
			return false, nil
		}
		abs = up
	}
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
	return io.ReadAll(io.LimitReader(f, limit))
}
