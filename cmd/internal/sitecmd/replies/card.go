package replies

import (
	"context"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle/journal"
	"darksite/bundle/pipeline"
	"darksite/bundle/reply"
	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/bundle/seal"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/cmd/internal/sitecmd/wayout"
)

// newCard is a vendor card that came with a reply and is to be put in force.
type newCard struct {
	text    []byte
	version int64
	change  roster.CardChange
}

// weighCard shows what the card of a reply would change. It is nil where nothing
// would: no card, or the one in force.
func (a *app) weighCard(o reply.Opened) (*newCard, error) {
	if o.Card == nil {
		return nil, nil
	}
	v, err := roster.ParseVendor(o.Card)
	if err != nil {
		return nil, cli.WithCode(cli.CodeTampered, err)
	}
	old, err := a.Vendor()
	if err != nil {
		return nil, err
	}
	switch {
	case v.Version < old.Version:
		return nil, cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("the reply brings card %d and card %d is in force: a key taken back would come alive again", v.Version, old.Version)),
			"ask the vendor for a reply with the newest card")
	case v.Version == old.Version && !reflect.DeepEqual(v, old):
		return nil, cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("the reply's card %d differs from the card %d in force: a card that changes gets a new number", v.Version, old.Version)),
			"telephone the vendor: two different cards carry one number")
	case v.Version == old.Version:
		return nil, nil
	}
	card := &newCard{o.Card, v.Version, v.Against(old)}
	a.printCard(card)
	return card, nil
}

func (a *app) printCard(card *newCard) {
	fmt.Fprintf(a.Env.Out, "vendor card %d:\n", card.version)
	row := func(what, who string) { a.Env.Paragraph("", "  "+what+" "+who) }
	for _, p := range card.change.TakenBack {
		row("takes back", fmt.Sprintf("key %s for replies after %d", p.KeyID, p.After))
	}
	for _, p := range card.change.Removed {
		row("removes", p.ID+" "+p.Key.Fingerprint())
	}
	for _, r := range card.change.OpensNot {
		row("opens bundles no more:", seal.Fingerprint(r))
	}
	for _, p := range card.change.Added {
		row("LOOSENS: may sign replies:", p.ID+" "+p.Key.Fingerprint())
	}
	for _, r := range card.change.Opens {
		row("LOOSENS: may open bundles:", seal.Fingerprint(r))
	}
	for _, p := range card.change.GivenAgain {
		row("LOOSENS: gives again", "key "+p.KeyID)
	}
}

// officersAgree wants two different officers with their keys where a reply lets
// somebody do more than before, or makes the alerts tell less.
func (a *app) officersAgree(why []string, officers []string, passFile string) error {
	if len(why) == 0 {
		return nil
	}
	if len(officers) != 2 || officers[0] == officers[1] {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("%s: two officers have to agree", strings.Join(why, ", and "))),
			"compare what is marked LOOSENS over the telephone, then: darksite reply open FILE --officer ONE --officer OTHER")
	}
	r, err := a.Roster()
	if err != nil {
		return err
	}
	for _, id := range officers {
		p, ok := r.Person(id)
		if !ok || p.Role != roster.Officer {
			return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("%s is not an officer of this site", id)), "darksite site people")
		}
		key, err := a.Signer(id, "", passFile)
		if err != nil {
			return err
		}
		if key.Public() != p.Key {
			return cli.WithCode(cli.CodeRefused, fmt.Errorf("the key of %s is not the one on the roster", id))
		}
	}
	return nil
}

// putInForce writes the card down, in the journal first.
func (a *app) putInForce(ctx context.Context, j *wayout.Journey, card *newCard, officers []string) error {
	if card == nil {
		return nil
	}
	_, err := j.Journal.Append(ctx, journal.Entry{
		Time: a.Env.Now(), Actor: "vendor", Action: "vendor.card",
		Details: map[string]string{"version": strconv.FormatInt(card.version, 10), "officers": strings.Join(officers, " ")},
	})
	if err != nil {
		return err
	}
	if err := safefile.Write(a.Path(site.VendorFile), card.text, fs.FileMode(0o644)); err != nil {
		return err
	}
	if len(card.change.Opens)+len(card.change.OpensNot) == 0 {
		return nil
	}
	all, err := j.List()
	for _, r := range all {
		if !r.Clear && slices.Contains([]pipeline.State{pipeline.Frozen, pipeline.InReview, pipeline.Approved1, pipeline.Approved}, r.State) {
			a.Env.Notef("%s names other readers than the new card: withdraw it and collect it again", r.BID)
		}
	}
	return err
}
