package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"darksite/bundle"
	"darksite/bundle/collect"
	"darksite/bundle/pipeline"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/wayout"
	"darksite/training/labs"
)

// makeBundles collects the bundles of a lab in the name of its collector, and has them
// read and signed in the names of officers. Each is made of a few texts, so that it takes
// no time; redaction and review are those of any bundle.
func (a *app) makeBundles(ctx context.Context, lab *labs.Lab) error {
	if len(lab.Bundles) == 0 {
		return nil
	}
	env := *a.Env
	env.Err = io.Discard
	a = a.at(&site.Site{Env: &env, Version: a.Version, Given: a.Given, Practice: a.Practice})
	about := make([]caseOf, len(lab.Bundles)) // the database of cases is the journey's later on
	for i, b := range lab.Bundles {
		if b.Case == "" {
			continue
		}
		var err error
		if about[i], err = a.ofCase(ctx, b.Case); err != nil {
			return err
		}
		defer about[i].end()
	}
	s, err := sight.Open(ctx, a.Site)
	if err != nil {
		return err
	}
	j, err := wayout.Open(a.Site, s)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	for i, b := range lab.Bundles {
		for range max(1, b.Times) {
			if err == nil {
				err = a.makeBundle(ctx, j, lab, b, about[i])
			}
		}
	}
	return errors.Join(err, j.Close(), s.Close())
}

// caseOf is a case and what is collected for it.
type caseOf struct {
	name string
	list []collect.Collector
	end  func()
}

func (a *app) makeBundle(ctx context.Context, j *wayout.Journey, lab *labs.Lab, b labs.Bundle, about caseOf) error {
	key, err := a.Signer("mdurand", "", "")
	if err != nil {
		return err
	}
	latest, err := pipeline.NewCounters(j.Cases.DB).Latest()
	if err != nil {
		return err
	}
	next := string(bundle.NewID(j.Conf.Site.Code, uint64(latest)+1))
	files := maps.Clone(b.Files)
	for _, p := range lab.Plants {
		if p.Bundle == next {
			files[p.File] += p.Text
		}
	}
	var texts []collect.Collector
	for i, name := range slices.Sorted(maps.Keys(files)) {
		texts = append(texts, collect.Document{
			About: collect.Plan{Name: fmt.Sprintf("text-%d", i+1), What: "a text of the host", Why: "asked for in the case", From: []string{name}},
			Name:  name, Text: []byte(files[name]),
		})
	}
	profile, err := collect.ProfileNamed("quick")
	if err != nil {
		return err
	}
	id, err := j.Collect(ctx, pipeline.Request{
		Collectors: append(texts, about.list...), Profile: profile, Signer: key, Case: about.name, Marking: "INTERNAL", ClockNote: wayout.ClockNote(a.Site),
	})
	if err != nil {
		return err
	}
	for _, officer := range b.Approved {
		if err := a.signAs(ctx, j, id, officer); err != nil {
			return err
		}
	}
	return nil
}

// ofCase makes a case with a command and collects it with the state of the arrays, which
// is what a desk needs. The rest of a profile is left out for the sake of time.
func (a *app) ofCase(ctx context.Context, command string) (c caseOf, err error) {
	if err := a.play(ctx, io.Discard, labs.Command{Run: command}); err != nil {
		return c, err
	}
	if c.name, err = a.named(ctx, "{case}"); err != nil {
		return c, err
	}
	all, end, err := wayout.Collectors(ctx, a.Site, "quick", c.name)
	if err != nil {
		return c, err
	}
	c.end = end
	for _, one := range all {
		if slices.Contains([]string{"case", "arraystate"}, one.Plan().Name) {
			c.list = append(c.list, one)
		}
	}
	return c, nil
}

// signAs reads and signs in the name of an officer of the lab.
func (a *app) signAs(ctx context.Context, j *wayout.Journey, id bundle.ID, officer string) error {
	key, err := a.Signer(officer, "", "")
	if err != nil {
		return err
	}
	if _, err := wayout.Review(ctx, a.Site, j, id, officer); err != nil {
		return err
	}
	r, err := j.Show(id)
	if err != nil {
		return err
	}
	return j.Approve(ctx, id, key, pipeline.Decision{MarkingIn: r.Marking, ViewedPartial: r.Totals.Files})
}

// alter changes one byte of a bundle's largest text, or of the sealed file on a medium it
// was written on.
func (a *app) alter(x labs.Altered) error {
	root := a.Path(site.BundlesDir, x.Bundle, "frozen", "files")
	if x.Medium != "" {
		root = a.Path("work", x.Medium)
	}
	var largest string
	var size int64
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || x.Medium != "" && filepath.Ext(path) != ".age" {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Size() > size {
			largest, size = path, info.Size()
		}
		return err
	})
	if err != nil {
		return err
	}
	if largest == "" {
		return fmt.Errorf("%s: %w", root, fs.ErrNotExist)
	}
	data, err := os.ReadFile(largest)
	if err != nil {
		return err
	}
	data[len(data)*3/4] ^= 1
	info, err := os.Stat(largest)
	if err != nil {
		return err
	}
	if err := os.Chmod(largest, 0o600); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(largest, data, 0o600), os.Chmod(largest, info.Mode().Perm()))
}
