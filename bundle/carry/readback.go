package carry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"darksite/bundle"
	"darksite/bundle/safefile"
)

// BackReport is what [ReadBack] found on a medium.
type BackReport struct {
	Report
	Bypass Bypass   // the weakest way any file was read
	Bytes  int64    // read from volumes
	Others []string // whatever else lies on the medium beside the folder of the bundle
}

// ReadBack reads what [Write] has put on a medium, past the page cache where
// the system can, and checks every file against SHA256SUMS, every block against
// the list the label fixes and, when all volumes are on this medium, the sealed
// file against the label. A medium that holds only a part of the set is checked
// for that part.
//
// A fresh medium has to be perfect: any difference is [ErrDamaged], also one
// that parity could repair. The report comes with the error and says what.
// Unknown files are listed, not judged.
func ReadBack(ctx context.Context, medium string, id bundle.ID, o ReadOptions) (*BackReport, error) {
	r, err := readBack(ctx, medium, id, o)
	if err != nil {
		return r, fmt.Errorf("read back %s from %s: %w", id, medium, err)
	}
	return r, nil
}

func readBack(ctx context.Context, medium string, id bundle.ID, o ReadOptions) (*BackReport, error) {
	if _, _, err := splitID(id); err != nil {
		return nil, err
	}
	m, err := openMedia([]string{filepath.Join(medium, string(id))}, true)
	if err != nil {
		return nil, err
	}
	defer m.close()
	if m.label.BID != id {
		return nil, fmt.Errorf("the label is of %s: %w", m.label.BID, ErrMixed)
	}
	if err := m.check(o); err != nil {
		return nil, err
	}
	others, err := beside(medium, id)
	if err != nil {
		return nil, err
	}
	r, err := m.scan(ctx, o, true)
	if err != nil {
		return nil, err
	}
	back := &BackReport{Report: *r, Bypass: Direct, Others: others}
	rank := []Bypass{Direct, Dropped, Cached}
	for _, f := range r.Files {
		if f.Found >= 0 {
			back.Bytes += f.Found
			back.Bypass = rank[max(slices.Index(rank, back.Bypass), slices.Index(rank, f.Read))]
		}
	}
	return back, m.perfect(r)
}

// perfect compares a medium with its SHA256SUMS and label.
func (m *media) perfect(r *Report) error {
	if m.list != ListGood {
		return fmt.Errorf("%w: %s is %s", ErrDamaged, m.label.BlocksName(), m.list)
	}
	if len(m.signatures) == 0 {
		return fmt.Errorf("%w: no signature beside the label", ErrDamaged)
	}
	for _, name := range []string{ReadmeName, CoverName, CoverPDFName, SumsName} {
		if m.small[name] == nil {
			return fmt.Errorf("%w: %s is missing", ErrDamaged, name)
		}
	}
	sums, err := parseSums(m.small[SumsName])
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	here := map[string]bundle.Digest{
		LabelName:            bundle.DigestOf(m.text),
		m.label.BlocksName(): m.blocks.Digest(),
		ReadmeName:           bundle.DigestOf(m.small[ReadmeName]),
		CoverName:            bundle.DigestOf(m.small[CoverName]),
		CoverPDFName:         bundle.DigestOf(m.small[CoverPDFName]),
	}
	all := true
	for i, f := range r.Files {
		if f.Found < 0 {
			all = all && i >= m.geo.volumes
			continue
		}
		if f.Bad > 0 || f.Found != f.Size {
			return fmt.Errorf("%w: %s: %d of %d bytes, %d blocks bad", ErrDamaged, f.Name, f.Found, f.Size, f.Bad)
		}
		here[f.Name] = f.SHA256
	}
	for i, name := range m.sigNames {
		here[name] = bundle.DigestOf(m.signatures[i])
	}
	for name, sum := range sums {
		if here[name] != sum {
			return fmt.Errorf("%w: %s is missing or differs from %s", ErrDamaged, name, SumsName)
		}
	}
	if len(sums) != len(here) {
		return fmt.Errorf("%w: %d files, %s lists %d", ErrDamaged, len(here), SumsName, len(sums))
	}
	if all && r.State != Whole {
		return fmt.Errorf("%w: %w", ErrDamaged, ErrDigest)
	}
	return nil
}

// beside lists what else lies on a medium, at most maxMediumFolder of it.
func beside(medium string, id bundle.ID) ([]string, error) {
	root, err := os.OpenRoot(medium)
	if err != nil {
		return nil, err
	}
	defer root.Close() // a folder handle
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close() // read only
	entries, err := dir.ReadDir(maxMediumFolder)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("list medium: %w", err)
	}
	var others []string
	for _, e := range entries {
		switch name := e.Name(); {
		case name == string(id):
		case strings.HasSuffix(name, safefile.Suffix):
			others = append(others, describe(e)+" (left by an interrupted write)")
		default:
			others = append(others, describe(e))
		}
	}
	slices.Sort(others)
	return others, nil
}
