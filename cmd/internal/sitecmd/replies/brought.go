package replies

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle"
	"darksite/bundle/journal"
	"darksite/bundle/reply"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/books"
	"darksite/cmd/internal/sitecmd/rules"
	"darksite/cmd/internal/sitecmd/sight"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/wayout"
	"darksite/localmon/rule"
	"darksite/runbooks/pack"
)

// vendorRules is the file of rules that replies bring, beside the site's own. Each
// reply with rules replaces it as a whole.
const vendorRules = "vendor" + rules.Ext

// What --without leaves out.
const (
	withoutRules = "rules"
	withoutBooks = "runbooks"
)

// brought are the files that a reply brings and that are to be put in force.
type brought struct {
	rules   []byte // nil where nothing changes
	changes []rule.Change
	books   *books.NewPack // nil where nothing changes
	pack    []byte
}

// loosens says in words what two officers have to agree to.
func (b brought) loosens(card *newCard) (why []string) {
	if card != nil && card.change.Loosens() {
		why = append(why, "the card lets somebody do more than before")
	}
	if slices.ContainsFunc(b.changes, func(c rule.Change) bool { return len(c.Loosens) > 0 }) {
		why = append(why, "the rules may tell less than before")
	}
	return why
}

// weighBrought shows what the rules and the runbooks of a reply would change. What
// does not go together with this site refuses the reply as a whole.
func (a *app) weighBrought(ctx context.Context, j *wayout.Journey, o reply.Opened, without []string) (b brought, err error) {
	if o.Pack != nil && !slices.Contains(without, withoutBooks) {
		if b.books, err = a.weighReplyPack(o.Pack, j.Conf.Site.Code); err != nil {
			return b, cli.WithHint(err, "ask the vendor for another pack; what else the reply says: darksite reply open FILE --without %s", withoutBooks)
		}
		b.pack = o.Pack
	}
	if o.Rules != nil && !slices.Contains(without, withoutRules) {
		if b.changes, err = a.weighRules(ctx, j, o.Rules, b.books); err != nil {
			return b, cli.WithHint(err, "ask the vendor for other rules; what else the reply says: darksite reply open FILE --without %s", withoutRules)
		}
		if was, err := os.ReadFile(a.Path(rules.Dir, vendorRules)); err != nil || !bytes.Equal(was, o.Rules) {
			b.rules = o.Rules
		}
	}
	a.printBrought(b)
	return b, nil
}

// weighReplyPack is nil where the pack changes nothing.
func (a *app) weighReplyPack(data []byte, site string) (*books.NewPack, error) {
	o, err := pack.Read(data)
	if err != nil {
		return nil, cli.WithCode(cli.CodeTampered, fmt.Errorf("the reply brings a pack of runbooks: %w", err))
	}
	p, err := books.Weigh(a.Site, o, site)
	if errors.Is(err, books.ErrNotNewer) { // it was sealed again, and somebody was quicker
		a.Env.Notef("passed over: %v", err)
		return nil, nil
	}
	return p, err
}

// weighRules puts the rules of a reply in the place of the vendor's before and says
// what changes. They may name the runbooks that come with them.
func (a *app) weighRules(ctx context.Context, j *wayout.Journey, text []byte, books *books.NewPack) (changes []rule.Change, err error) {
	files, err := rules.Files(a.Site)
	if err != nil {
		return nil, rules.Refused(err)
	}
	name := a.Path(rules.Dir, vendorRules)
	next := slices.DeleteFunc(slices.Clone(files), func(f rule.File) bool { return f.Name == name })
	next = append(next, rule.File{Name: name, Data: text})
	slices.SortFunc(next, func(x, y rule.File) int { return strings.Compare(filepath.Base(x.Name), filepath.Base(y.Name)) })
	err = sight.With(ctx, a.Site, func(s *sight.Sight) error {
		site, err := rules.Site(ctx, a.Site, j.Conf, s)
		if err != nil {
			return err
		}
		was, err := site.Join(files...)
		if err != nil {
			return rules.Refused(fmt.Errorf("%w:\n%w", rules.ErrRefused, err))
		}
		if books != nil {
			for id := range books.Books {
				site.Runbooks = append(site.Runbooks, id)
			}
		}
		is, err := site.Join(next...)
		if err == nil {
			err = is.Check()
		}
		if err != nil {
			return cli.WithCode(cli.CodeRefused, fmt.Errorf("the reply brings rules that do not go together with those of this site, so nothing of it is applied:\n%w", err))
		}
		changes = rule.Compare(was, is)
		return nil
	})
	return changes, err
}

func (a *app) printBrought(b brought) {
	if b.books != nil {
		a.Env.Paragraph("", fmt.Sprintf("pack of runbooks %s %d, signed by %s:", b.books.Name, b.books.Number, strings.Join(b.books.By, " and ")))
		for _, c := range b.books.Changes {
			a.Env.Paragraph("  ", books.ChangeWords(c))
		}
	}
	if b.rules == nil {
		return
	}
	a.Env.Paragraph("", "rules of the vendor:")
	if len(b.changes) == 0 {
		a.Env.Paragraph("  ", "nothing changes but words beside the rules")
	}
	for _, c := range b.changes {
		for i, line := range ruleChangeWords(c) {
			indent := "  "
			if i > 0 {
				indent = "    "
			}
			a.Env.Paragraph(indent, line)
		}
	}
}

// ruleChangeWords says what becomes of a rule: the first line what, then what it
// does no longer and what it does now, last why that loosens.
func ruleChangeWords(c rule.Change) (out []string) {
	switch {
	case c.Is == nil && c.Off != "":
		out = append(out, fmt.Sprintf("switches %s off: %s", c.Rule, c.Off))
	case c.Is == nil:
		out = append(out, "takes "+c.Rule+" away")
	case c.Was == nil:
		out = append(out, fmt.Sprintf("adds %s, severity %d: %s", c.Rule, c.Is.Severity, c.Is.About))
	default:
		out = append(out, "changes "+c.Rule)
		was, is := ruleFacts(*c.Was), ruleFacts(*c.Is)
		for _, line := range was {
			if !slices.Contains(is, line) {
				out = append(out, "no longer: "+line)
			}
		}
		for _, line := range is {
			if !slices.Contains(was, line) {
				out = append(out, "now: "+line)
			}
		}
		if len(out) == 1 {
			out[0] += ": words or cases beside it alone"
		}
	}
	if len(c.Loosens) > 0 {
		out = append(out, "LOOSENS: "+c.Why())
	}
	return out
}

// ruleFacts are the lines of a rule that somebody relies on.
func ruleFacts(r rule.Rule) []string {
	kinds := rules.KindsOf(r.Kinds)
	facts := []string{fmt.Sprintf("severity %d", r.Severity), "targets: " + kinds, "why: " + r.Why, "about: " + r.About}
	if r.Runbook != "" {
		facts = append(facts, "runbook "+r.Runbook)
	}
	return append(facts, rules.Conditions(r)...)
}

// layBrought puts the files of a reply in force, the journal first. What was there
// before stays beside it.
func (a *app) layBrought(ctx context.Context, j *wayout.Journey, b brought, officers []string) error {
	if b.books != nil {
		if err := books.Lay(ctx, a.Site, j.Journal, b.books, b.pack, "vendor"); err != nil {
			return err
		}
	}
	if b.rules == nil {
		return nil
	}
	loosened := 0
	for _, c := range b.changes {
		if len(c.Loosens) > 0 {
			loosened++
		}
	}
	details := map[string]string{"sha256": string(bundle.DigestOf(b.rules)), "changes": strconv.Itoa(len(b.changes)), "loosened": strconv.Itoa(loosened)}
	if loosened > 0 {
		details["officers"] = strings.Join(officers, " ")
	}
	if _, err := j.Journal.Append(ctx, journal.Entry{Time: a.Env.Now(), Actor: "vendor", Action: "rules.install", Details: details}); err != nil {
		return err
	}
	if err := os.MkdirAll(a.Path(rules.Dir), 0o700); err != nil {
		return fmt.Errorf("install the rules: %w", err)
	}
	return site.ReplaceKept(a.Path(rules.Dir, vendorRules), b.rules)
}

// tellRoster says where the vendor works by another roster than this site.
func (a *app) tellRoster(seen reply.Roster) {
	if seen == (reply.Roster{}) {
		return
	}
	r, err := a.Roster()
	if err != nil {
		return // every command that needs it says so
	}
	text, err := os.ReadFile(a.Path(site.RosterFile))
	switch {
	case errors.Is(err, fs.ErrNotExist), err != nil:
	case seen.Version < r.Version:
		a.Env.Notef("the vendor works by roster %d of this site and %d is in force here: keys that were taken back since are still believed there; carry it with: darksite site roster", seen.Version, r.Version)
	case seen.Version > r.Version || seen.SHA256 != bundle.DigestOf(text):
		a.Env.Notef("the vendor works by a roster %d of this site that is not the one here: telephone the vendor before you believe this reply", seen.Version)
	}
}
