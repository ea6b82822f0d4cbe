package wayout

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"darksite/bundle"
	"darksite/bundle/collect/hostfile"
	"darksite/bundle/pipeline"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
)

// resume goes on with a bundle that an interruption left between its collection
// and its freeze. One whose collection itself was cut short is withdrawn.
func (a *app) resume(ctx context.Context, o collectOptions) error {
	key, err := a.Signer(o.As, o.Key, o.PassFile)
	if err != nil {
		return err
	}
	id := bundle.ID(o.resume)
	s, err := sight.Open(ctx, a.Site)
	if err != nil {
		return err
	}
	defer s.Close()
	if s.Carried, err = a.stagedHosts(id); err != nil {
		return err
	}
	j, err := Open(a.Site, s)
	if err != nil {
		return err
	}
	err = j.Resume(ctx, id, pipeline.Request{
		Signer: key, ClockNote: ClockNote(a.Site),
		Progress: func(step string, done, of int) { a.Env.Notef("%s (%d of %d)", step, done, of) },
	})
	if err == nil {
		err = a.afterCollect(j, id, o.asJSON)
	}
	return errors.Join(err, j.Close())
}

// stagedHosts are the other hosts whose files were taken in before the
// interruption: the redactor has to know them by name again.
func (a *app) stagedHosts(id bundle.ID) ([]string, error) {
	if _, _, ok := id.Split(); !ok {
		return nil, cli.WithHint(cli.Usagef("%q is not the id of a bundle", string(id)), "darksite bundle list")
	}
	entries, err := os.ReadDir(a.Path(site.BundlesDir, string(id), "staging", "raw", "files", hostfile.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("see which hosts were taken in: %w", err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, hostNames(e.Name())...)
	}
	return names, nil
}
