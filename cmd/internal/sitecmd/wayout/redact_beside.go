package wayout

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"darksite/bundle/redact"
	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"

	"filippo.io/age"
)

// beside is what a redaction writes beside its output: the report, and at a site the
// map that leads back. Their files are begun before it, so that what cannot be
// written is known early.
type beside struct {
	report, pseudonyms *safefile.File // or nil
	to                 age.Recipient  // of the map
}

func (a *app) openBeside(o redactOptions, ofSite bool) (*beside, error) {
	b := &beside{}
	var err error
	if o.report != "" {
		if err := safefile.SweepBeside(o.report); err != nil {
			return nil, cli.WithHint(fmt.Errorf("write report: %w", err), "name another file with --report; nothing was written to %s", o.out)
		}
		if b.report, err = safefile.Create(o.report, 0o600); err != nil {
			return nil, cli.WithHint(fmt.Errorf("write report: %w", err), "name another file with --report; nothing was written to %s", o.out)
		}
	}
	if ofSite {
		if err := b.openMap(a); err != nil {
			b.abort()
			return nil, cli.WithHint(err, "the map of the pseudonyms is kept in %s; nothing was written to %s", a.Path(site.MapsDir), o.out)
		}
	}
	return b, nil
}

func (b *beside) openMap(a *app) error {
	r, err := a.Roster()
	if err != nil {
		return err
	}
	if b.to, err = age.ParseHybridRecipient(r.Record); err != nil {
		return fmt.Errorf("record key of the roster: %w", err)
	}
	if err := os.MkdirAll(a.Path(site.MapsDir), 0o700); err != nil {
		return fmt.Errorf("keep the map: %w", err)
	}
	if _, err := safefile.Sweep(a.Path(site.MapsDir)); err != nil {
		return fmt.Errorf("keep the map: %w", err)
	}
	name := "redact-" + a.Env.Now().UTC().Format("20060102T150405.000000Z") + ".age"
	if b.pseudonyms, err = safefile.Create(a.Path(site.MapsDir, name), 0o600); err != nil {
		return fmt.Errorf("keep the map: %w", err)
	}
	return nil
}

// abort throws away what was not written.
func (b *beside) abort() {
	for _, f := range []*safefile.File{b.report, b.pseudonyms} {
		if f != nil {
			f.Abort()
		}
	}
}

// write writes what stands beside a result. When that fails the result goes too: all
// is there, or nothing.
func (b *beside) write(r *redact.Result, out string) error {
	err := b.writeAll(r)
	if err == nil {
		return nil
	}
	if found, there := filepath.EvalSymlinks(out); there == nil {
		out = found
	}
	return errors.Join(err, os.RemoveAll(out))
}

func (b *beside) writeAll(r *redact.Result) error {
	if b.pseudonyms != nil {
		if err := r.Map.Seal(b.pseudonyms, b.to); err != nil {
			return fmt.Errorf("keep the map: %w", err)
		}
		if err := b.pseudonyms.Commit(); err != nil {
			return fmt.Errorf("keep the map: %w", err)
		}
	}
	if b.report == nil {
		return nil
	}
	text, err := json.MarshalIndent(r.Report, "", "  ")
	if err == nil {
		_, err = b.report.Write(append(text, '\n'))
	}
	if err == nil {
		err = b.report.Commit()
	}
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
