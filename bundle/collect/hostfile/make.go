package hostfile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"darksite/bundle/collect"
	"darksite/bundle/safefile"
)

// reportName is the report of the collection among the files of a host: what was
// taken there, from where, and what could not be had.
const reportName = "collect.json"

// Making says what is collected on a host, and into which file.
type Making struct {
	Out        string // must not exist
	Host       string
	Tool       string
	Profile    collect.Profile
	Collectors []collect.Collector
	Now        func() time.Time
	Progress   func(name string, done, of int)
}

// Made is what came of it.
type Made struct {
	Result collect.Result `json:"result"`
	Size   int64          `json:"size"`
	Digest string         `json:"sha256"`
}

// StagingSuffix is behind the name of the folder that [Make] works in.
const StagingSuffix = ".staging"

// Make collects on this host and writes the file. Until it is whole nothing
// stands at Out; the folder beside it, with [StagingSuffix], is where a run that
// was killed leaves what it had. Make refuses to work while there is one.
func Make(ctx context.Context, m Making) (_ Made, err error) {
	if _, err := os.Lstat(m.Out); err == nil {
		return Made{}, fmt.Errorf("make host file %s: %w", m.Out, fs.ErrExist)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return Made{}, fmt.Errorf("make host file: %w", err)
	}
	staging := m.Out + StagingSuffix
	if err := os.Mkdir(staging, 0o700); err != nil {
		return Made{}, fmt.Errorf("make host file %s: %w", m.Out, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(staging)) }()
	m.Profile.Total = min(m.Profile.Total, MaxBytes-reserve)
	res, err := collect.Run(ctx, collect.Options{Staging: staging, Profile: m.Profile, Now: m.Now, Progress: m.Progress}, m.Collectors)
	if err != nil {
		return Made{}, fmt.Errorf("make host file %s: %w", m.Out, err)
	}
	made, err := m.write(staging, res)
	if err != nil {
		return Made{}, fmt.Errorf("make host file %s: %w", m.Out, err)
	}
	return made, nil
}

// reserve is kept free for the report.
const reserve = 64 << 20

// write puts what was staged into the file.
func (m Making) write(staging string, res collect.Result) (Made, error) {
	files := filepath.Join(staging, "files")
	if err := os.Rename(filepath.Join(staging, filepath.FromSlash(collect.ReportName)), filepath.Join(files, reportName)); err != nil {
		return Made{}, err
	}
	report, err := os.Stat(filepath.Join(files, reportName))
	if err != nil {
		return Made{}, err
	}
	list := []File{{Name: reportName, Size: report.Size()}}
	for _, it := range res.Items {
		list = append(list, File{Name: strings.TrimPrefix(it.Path, "files/"), Size: it.Size})
	}
	slices.SortFunc(list, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	root, err := os.OpenRoot(files)
	if err != nil {
		return Made{}, err
	}
	defer root.Close()
	out, err := safefile.Create(m.Out, 0o600)
	if err != nil {
		return Made{}, err
	}
	defer out.Abort()
	h := Header{Host: HostName(m.Host), Made: m.Now().UTC().Truncate(time.Second), Tool: m.Tool, Profile: m.Profile.Name}
	digest, err := Write(out, h, root.FS(), list)
	if err != nil {
		return Made{}, err
	}
	info, err := out.Stat()
	if err != nil {
		return Made{}, err
	}
	return Made{Result: res, Size: info.Size(), Digest: digest}, out.Commit()
}
