package rules

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/books"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/siteconf"
	"darksite/localmon"
	"darksite/localmon/history"
	"darksite/localmon/rule"
	"darksite/runbooks/content"
	"darksite/runbooks/strictyaml"
)

// Dir holds the site's own rules, below its folder, in files that end in Ext.
const (
	Dir = "rules"
	Ext = ".yaml"

	maxRuleFiles = 100
)

// ErrRefused says that the site's own rules cannot be taken.
var ErrRefused = errors.New("the site's rules are refused")

// ruleHint is what to do then.
const ruleHint = "mend the file at the places named, then: darksite rule lint"

// siteRules are the kit's rules and those of the site folder, checked against what
// the site's targets are known to tell.
func (a *app) siteRules(ctx context.Context, conf *siteconf.Config, r localmon.Reader) (rule.Book, error) {
	files, err := Files(a.Site)
	if err != nil {
		return rule.Book{}, err
	}
	return a.joinRules(ctx, conf, r, files)
}

// Files are the files of the site's own rules.
func Files(s *site.Site) ([]rule.File, error) {
	files, err := readRules(s.Path(Dir))
	if err != nil {
		return nil, fmt.Errorf("%w:\n%w", ErrRefused, err)
	}
	return files, nil
}

func (a *app) joinRules(ctx context.Context, conf *siteconf.Config, r localmon.Reader, files []rule.File) (rule.Book, error) {
	site, err := Site(ctx, a.Site, conf, r)
	if err != nil {
		return rule.Book{}, err
	}
	b, err := site.Join(files...)
	if err == nil {
		err = b.Check()
	}
	if err != nil {
		return rule.Book{}, fmt.Errorf("%w:\n%w", ErrRefused, err)
	}
	return b, nil
}

// Plan are the rules a monitor is to work by. One that starts again with files
// it has taken before does so, whatever its targets have come to tell meanwhile: it
// may be nobody who started it, in the night after a power cut. What would be
// refused now is late, and is told.
func Plan(ctx context.Context, s *site.Site, db *history.DB, conf *siteconf.Config, starts bool) (b rule.Book, digest string, late, err error) {
	a := &app{s}
	files, err := Files(a.Site)
	if err != nil {
		return rule.Book{}, "", nil, err
	}
	digest = digestOf(files)
	b, err = a.joinRules(ctx, conf, db, files)
	if !starts || !errors.Is(err, ErrRefused) || digest != a.rulesTaken() {
		return b, digest, nil, err
	}
	known := *conf
	known.Arrays = nil
	was := err
	b, err = a.joinRules(ctx, &known, sight.Nothing{}, files)
	return b, digest, fmt.Errorf("the monitor goes on with rules that it took before and would not take now: %w", was), err
}

// takenFile holds the digest of the files of rules that a monitor took last.
const takenFile = "rules.taken"

func digestOf(files []rule.File) string {
	sum := sha256.New()
	for _, f := range files {
		fmt.Fprintf(sum, "%q %q\n", filepath.Base(f.Name), f.Data)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// rulesTaken is empty where nothing was taken yet, or nothing can be read of it.
func (a *app) rulesTaken() string {
	text, err := os.ReadFile(a.Path(site.RunDir, takenFile))
	if err != nil {
		return ""
	}
	return site.TrimLine(text)
}

// NoteTaken notes which files of rules were taken. A disk that takes no note does
// not keep a monitor from watching, so that is only said.
func NoteTaken(s *site.Site, digest string) {
	a := &app{s}
	if digest == a.rulesTaken() {
		return
	}
	err := os.MkdirAll(a.Path(site.RunDir), 0o700)
	if err == nil {
		err = safefile.Write(a.Path(site.RunDir, takenFile), []byte(digest+"\n"), 0o600)
	}
	if err != nil {
		a.Env.Notef("it is not noted which rules were taken: %v", err)
	}
}

// readRules reads the files of rules in a folder, by name. Hidden files, and those
// an editor leaves behind, are none.
func readRules(dir string) ([]rule.File, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the rules: %w", err)
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("read the rules: %w", err)
	}
	var files []rule.File
	var errs []error
	for _, e := range entries {
		name := e.Name()
		switch ext := filepath.Ext(name); {
		case strings.HasPrefix(name, "."), ext != Ext && ext != ".yml":
			continue
		case ext == ".yml":
			errs = append(errs, &strictyaml.Error{File: filepath.Join(dir, name), Msg: "a file of rules ends in " + Ext + ": rename it"})
			continue
		case len(files) == maxRuleFiles:
			errs = append(errs, &strictyaml.Error{File: filepath.Join(dir, name), Msg: fmt.Sprintf("this is one file more than the %d there may be", maxRuleFiles)})
			return nil, errors.Join(errs...)
		}
		f, err := readRule(root, dir, name)
		errs = append(errs, err)
		files = append(files, f)
	}
	return files, errors.Join(errs...)
}

// readRule reads one file: a plain one, and no more of it than a file may hold.
func readRule(root *os.Root, dir, name string) (rule.File, error) {
	path := filepath.Join(dir, name)
	refuse := func(format string, args ...any) (rule.File, error) {
		return rule.File{Name: path}, &strictyaml.Error{File: path, Msg: fmt.Sprintf(format, args...)}
	}
	f, info, err := safefile.OpenRegular(root, name)
	switch {
	case errors.Is(err, safefile.ErrIrregular):
		return refuse("%v: put the file itself here", err)
	case err != nil:
		return rule.File{}, fmt.Errorf("read the rules of %s: %w", path, err)
	}
	defer f.Close()
	if info.Size() > strictyaml.MaxBytes {
		return refuse("%d bytes, at most %d: make several files of it", info.Size(), strictyaml.MaxBytes)
	}
	data, err := io.ReadAll(io.LimitReader(f, strictyaml.MaxBytes+1))
	if err != nil {
		return rule.File{}, fmt.Errorf("read the rules of %s: %w", path, err)
	}
	return rule.File{Name: path, Data: data}, nil
}

// Site is what the rules of the site are held against.
func Site(ctx context.Context, s *site.Site, conf *siteconf.Config, r localmon.Reader) (rule.Site, error) {
	lib, err := content.Library()
	if err != nil {
		return rule.Site{}, err
	}
	var known rule.Site
	for _, b := range lib.All() {
		known.Runbooks = append(known.Runbooks, b.ID)
	}
	known.Runbooks = append(known.Runbooks, books.Packed(s)...)
	targets := []rule.Known{{Target: conf.Monitor.HostName, Kind: localmon.KindHost}}
	for _, ar := range conf.Arrays {
		targets = append(targets, rule.Known{Target: ar.Name, Kind: ar.Kind})
	}
	for _, k := range targets {
		if k.Series, err = toldOf(ctx, r, k.Target); err != nil {
			return rule.Site{}, fmt.Errorf("find what %s tells: %w", k.Target, err)
		}
		known.Known = append(known.Known, k)
	}
	return known, nil
}

// toldFor is how long a series that is not told any more still counts as one of
// its target.
const toldFor = 7 * 24 * time.Hour

// toldOf are the series a target has told of late.
func toldOf(ctx context.Context, r localmon.Reader, target string) ([]localmon.SeriesKey, error) {
	all, err := r.Series(ctx, localmon.Selector{Target: target})
	if err != nil {
		return nil, err
	}
	var newest time.Time
	for _, s := range all {
		if s.Last.After(newest) {
			newest = s.Last
		}
	}
	var keys []localmon.SeriesKey
	for _, s := range all {
		if newest.Sub(s.Last) <= toldFor {
			keys = append(keys, s.Key)
		}
	}
	return keys, nil
}

// InForce are the rules that stand behind alerts: the site's where they can be
// read, else the kit's.
func InForce(s *site.Site) (rule.Set, error) {
	if files, err := readRules(s.Path(Dir)); err == nil {
		if b, err := (rule.Site{}).Join(files...); err == nil {
			return b.Set, nil
		}
	}
	return rule.Shipped()
}

// Examine is the line of doctor about the site's own rules.
func Examine(ctx context.Context, s *site.Site) []site.Finding {
	a := &app{s}
	if files, err := readRules(a.Path(Dir)); err == nil && len(files) == 0 {
		return nil
	}
	conf, err := siteconf.Load(a.Dir())
	if err != nil {
		return nil // told by itself
	}
	var b rule.Book
	err = sight.With(ctx, a.Site, func(s *sight.Sight) (err error) {
		b, err = a.siteRules(ctx, conf, s)
		return err
	})
	switch {
	case errors.Is(err, ErrRefused):
		return []site.Finding{{State: "CRIT", What: strings.ReplaceAll(err.Error(), "\n", " ") + "; the monitor would not start", Next: "darksite rule lint"}}
	case err != nil:
		return []site.Finding{{State: "WARN", What: "the site's rules cannot be checked: " + err.Error()}}
	}
	return []site.Finding{{State: "OK", What: Summary(b)}}
}

// Summary says what a site made of the kit's rules; nothing where it changed
// nothing.
func Summary(b rule.Book) string {
	own := b.Own()
	if len(own)+len(b.Off) == 0 {
		return ""
	}
	replaced := 0
	for _, r := range own {
		if r.Replaces {
			replaced++
		}
	}
	return fmt.Sprintf("rules of the site: %d, of them %d in the place of the kit's; %d of the kit's are off", len(own), replaced, len(b.Off))
}

// Refused gives an error of the site's rules its exit code and hint.
func Refused(err error) error {
	if !errors.Is(err, ErrRefused) {
		return err
	}
	return cli.WithHint(cli.WithCode(cli.CodeUsage, err), ruleHint)
}
