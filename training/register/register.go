package register

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"darksite/bundle/safefile"
	"darksite/bundle/statement"
)

// ErrBusy says that another process is writing the same thing.
var ErrBusy = errors.New("another command is writing this")

// Register is the folder.
type Register struct{ dir string }

// At is the register below a folder, which need not exist yet.
func At(dir string) *Register { return &Register{dir} }

const (
	progressDir     = "progress"
	examsDir        = "exams"
	certificatesDir = "certificates"
	withdrawnFile   = "withdrawn.txt"
	signature       = ".sig"
	text            = ".txt"

	siteWithdrawnDir = "withdrawn"
)

func (r *Register) path(elem ...string) string {
	return filepath.Join(append([]string{r.dir}, elem...)...)
}

// hold takes the lock of one thing and makes its folder.
func (r *Register) hold(elem ...string) (release func(), err error) {
	path := r.path(elem...) + ".lock"
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the register of training: %w", err)
	}
	if release, err = lock(path); err != nil {
		return nil, fmt.Errorf("write %s: %w", r.path(elem...), err)
	}
	return release, nil
}

// read returns a file; one that is not there wraps [fs.ErrNotExist].
func (r *Register) read(elem ...string) ([]byte, error) {
	root, err := os.OpenRoot(r.dir)
	if err != nil {
		return nil, fmt.Errorf("read the register of training: %w", err)
	}
	defer root.Close()
	f, _, err := safefile.OpenRegular(root, filepath.Join(elem...))
	if err != nil {
		return nil, fmt.Errorf("read the register of training: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, statement.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", r.path(elem...), err)
	}
	return data, nil
}

func (r *Register) write(data []byte, elem ...string) error {
	path := r.path(elem...)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the register of training: %w", err)
	}
	return safefile.Write(path, data, 0o600)
}

// names are what lies in a folder under names with this ending, without it.
func (r *Register) names(ending string, elem ...string) ([]string, error) {
	entries, err := os.ReadDir(r.path(elem...))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the register of training: %w", err)
	}
	var out []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ending); ok && e.IsDir() == (ending == "") {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out, nil
}
