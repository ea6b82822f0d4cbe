package books

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/runbooks"
	"darksite/runbooks/content"
	"darksite/runbooks/pack"
)

// packsDir holds the packs of runbooks that were installed, one file a name.
const packsDir = "packs"

// Signers is how many people of the vendor must have signed a pack.
const Signers = 2

// Library is the runbooks of this site: the embedded ones with the installed
// packs laid over them. A pack whose signatures do not hold any more is left out,
// and so is one that does not go together with the kit or the packs before it, as
// may come about when the kit is renewed; both are said. No pack takes the others,
// or the kit's own runbooks, away from people who stand before a fault.
func Library(s *site.Site) (*runbooks.Library, error) {
	base, err := content.Library()
	if err != nil {
		return nil, err
	}
	packs, err := Packs(s)
	if err != nil || len(packs) == 0 {
		return base, err
	}
	lib, _ := layAll(s, base, packs)
	return lib, nil
}

// layAll lays packs over the embedded runbooks, one after the other, and returns
// what comes of it and which were laid.
func layAll(s *site.Site, base *runbooks.Library, packs []*pack.Opened) (lib *runbooks.Library, laid []pack.Pack) {
	lib = base
	for _, o := range packs {
		if _, err := Signed(s, o); err != nil {
			s.Env.Notef("pack %s %d is left out: %v", o.Name, o.Number, err)
			continue
		}
		next, _, err := pack.Overlay(base, append(slices.Clone(laid), o.Pack)...)
		if err != nil {
			s.Env.Notef("pack %s %d is left out: %s; ask the vendor for a newer one", o.Name, o.Number, strings.ReplaceAll(err.Error(), "\n", "; "))
			continue
		}
		lib, laid = next, append(laid, o.Pack)
	}
	return lib, laid
}

// Packed are the ids of the runbooks in the installed packs, whoever signed
// them: a rule that names one stays a rule when its pack is left out.
func Packed(s *site.Site) (ids []string) {
	files, err := filepath.Glob(s.Path(packsDir, "*.pack"))
	if err != nil {
		return nil
	}
	for _, file := range files {
		if o, err := ReadPack(file); err == nil {
			ids = append(ids, slices.Sorted(maps.Keys(o.Books))...)
		}
	}
	return ids
}

// Packs reads what was installed, by name.
func Packs(s *site.Site) ([]*pack.Opened, error) {
	files, err := os.ReadDir(s.Path(packsDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the packs: %w", err)
	}
	var out []*pack.Opened
	for _, f := range files {
		if filepath.Ext(f.Name()) != ".pack" {
			continue
		}
		o, err := ReadPack(s.Path(packsDir, f.Name()))
		if err != nil { // the embedded runbooks are there all the same
			s.Env.Notef("left out: %v; install the pack again, or move the file away", err)
			continue
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(x, y *pack.Opened) int { return strings.Compare(x.Name, y.Name) })
	return out, nil
}

// ReadPack reads a pack of runbooks, whoever signed it.
func ReadPack(path string) (*pack.Opened, error) {
	data, err := site.ReadBounded(path, pack.MaxBytes+1)
	if err != nil {
		return nil, err
	}
	o, err := pack.Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return o, nil
}

// Signed returns who of the vendor signed a pack, or why it may not be run.
func Signed(s *site.Site, o *pack.Opened) ([]string, error) {
	if len(o.Sigs) == 0 {
		return nil, errors.New("nobody has signed it: it can be read, not run")
	}
	vendor, err := s.Vendor()
	if err != nil {
		return nil, err
	}
	return vendorSigned(vendor, o)
}

func vendorSigned(vendor roster.Vendor, o *pack.Opened) ([]string, error) {
	by := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(o.Sigs)) {
		p, err := vendor.Check(sign.Pack, math.MaxInt64, o.Text, o.Sigs[key])
		if err != nil {
			return nil, err
		}
		by[p.ID] = true
	}
	who := slices.Sorted(maps.Keys(by))
	if len(who) < Signers {
		return who, fmt.Errorf("signed by %s alone: %d people of the vendor must sign", strings.Join(who, ", "), Signers)
	}
	return who, nil
}
