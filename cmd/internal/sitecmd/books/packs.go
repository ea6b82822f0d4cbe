package books

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle/journal"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/runbooks/content"
	"darksite/runbooks/pack"
)

// ErrNotNewer says that a newer pack of the name is installed.
var ErrNotNewer = errors.New("this is not newer")

// NewPack is a pack that may be laid over the runbooks of the site.
type NewPack struct {
	*pack.Opened
	By      []string
	Changes []pack.Change
}

// Weigh refuses a pack that is not signed by two, is for another site, is older
// than the one of its name, or does not go together with what is here. It is nil
// where this very pack is installed.
func Weigh(s *site.Site, o *pack.Opened, code string) (*NewPack, error) {
	refuse := func(err error) error {
		return cli.WithCode(cli.CodeRefused, fmt.Errorf("pack %s %d: %w", o.Name, o.Number, err))
	}
	by, err := Signed(s, o)
	if err != nil {
		return nil, refuse(err)
	}
	if o.Site != "" && o.Site != code {
		return nil, refuse(fmt.Errorf("it is for site %s, this is %s", o.Site, code))
	}
	packs, err := Packs(s)
	if err != nil {
		return nil, err
	}
	var others []*pack.Opened
	for _, have := range packs {
		switch {
		case have.Name != o.Name:
			others = append(others, have)
		case have.Number == o.Number && bytes.Equal(have.Text, o.Text):
			return nil, nil
		case have.Number >= o.Number:
			return nil, refuse(fmt.Errorf("number %d is installed, and %w", have.Number, ErrNotNewer))
		}
	}
	base, err := content.Library()
	if err != nil {
		return nil, err
	}
	_, laid := layAll(s, base, others)
	laid = append(laid, o.Pack)
	slices.SortFunc(laid, func(x, y pack.Pack) int { return strings.Compare(x.Name, y.Name) }) // as they are read
	_, changes, err := pack.Overlay(base, laid...)
	if err != nil {
		return nil, refuse(fmt.Errorf("it does not go together with the runbooks of this site: %w", err))
	}
	changes = slices.DeleteFunc(changes, func(c pack.Change) bool { return c.Pack != o.Name })
	return &NewPack{o, by, changes}, nil
}

// Lay installs a pack, in the journal first. The pack before stays beside it
// under another name.
func Lay(ctx context.Context, s *site.Site, log *journal.Journal, p *NewPack, data []byte, actor string) error {
	_, err := log.Append(ctx, journal.Entry{
		Time: s.Env.Now(), Actor: actor, Action: "pack.install",
		Details: map[string]string{"name": p.Name, "number": strconv.FormatInt(p.Number, 10), "signed_by": strings.Join(p.By, " ")},
	})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.Path(packsDir), 0o700); err != nil {
		return fmt.Errorf("install the pack: %w", err)
	}
	return site.ReplaceKept(s.Path(packsDir, p.Name+".pack"), data)
}

// ChangeWords says what a pack changes of the runbooks that are here.
func ChangeWords(c pack.Change) string {
	switch c.What {
	case pack.Adds:
		return fmt.Sprintf("adds %s v%d", c.Book, c.To)
	case pack.Replaces:
		return fmt.Sprintf("replaces %s v%d by v%d", c.Book, c.From, c.To)
	case pack.Withdraws:
		return fmt.Sprintf("withdraws %s v%d: %s", c.Book, c.From, c.Why)
	}
	return fmt.Sprintf("passes over %s: v%d is here", c.Book, c.From)
}
