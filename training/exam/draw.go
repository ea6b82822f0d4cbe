package exam

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
)

// Form is what one candidate is asked, in this order.
type Form struct {
	Seed      uint64
	Questions []Question
}

// Question is an item with its options in the order in which they are shown.
type Question struct {
	*Item
	Domain  string
	Shown   []Option // of Match: the left sides
	Targets []Option // of Match: the partners, in an order of their own
}

// Overlap is the share of a form that may have been in the candidate's last one.
const Overlap = 0.3

// Draw makes a form. Previous are the IDs of the items of the candidate's last form.
// The same bank, blueprint, seed and previous give the same form. Items about safety that
// a blueprint wants are asked whether or not they were asked before.
func Draw(b *Bank, p Blueprint, seed uint64, previous []string) (Form, error) {
	form := Form{Seed: seed}
	again := int(Overlap * float64(p.Items()))
	for _, part := range p.Parts {
		items, err := pick(b.live(part.Objective), part, seed, previous, &again)
		if err != nil {
			return Form{}, fmt.Errorf("draw a form for %s: objective %s: %w", p.Track, part.Objective, err)
		}
		for _, it := range items {
			form.Questions = append(form.Questions, Ask(it, part.Domain, seed))
		}
	}
	byChance(form.Questions, seed, "order", func(q Question) string { return q.ID })
	return form, nil
}

// pick takes items by chance: first those about safety that are wanted, then others, of
// which at most so many as are left were asked before.
func pick(from []*Item, part Part, seed uint64, previous []string, again *int) ([]*Item, error) {
	from = slices.Clone(from)
	byChance(from, seed, "draw", func(it *Item) string { return it.ID })
	var out []*Item
	from = slices.DeleteFunc(from, func(it *Item) bool {
		take := it.Safety && len(out) < part.Safety
		if take {
			out = append(out, it)
		}
		return take
	})
	for _, it := range from {
		if len(out) == part.Items {
			break
		}
		if slices.Contains(previous, it.ID) {
			if *again == 0 {
				continue
			}
			*again--
		}
		out = append(out, it)
	}
	if len(out) < part.Items {
		return nil, fmt.Errorf("%d items are wanted and %d are left that were not asked last time", part.Items, len(out))
	}
	return out, nil
}

// Ask puts the options of an item into an order that the seed decides. The things of an
// order item never stand in the right one.
func Ask(it *Item, domain string, seed uint64) Question {
	q := Question{Item: it, Domain: domain, Shown: slices.Clone(it.Options)}
	id := func(o Option) string { return it.ID + "/" + o.ID }
	byChance(q.Shown, seed, "options", id)
	for it.Kind == Order && len(it.Options) > 1 && slices.EqualFunc(q.Shown, it.Options, sameOption) {
		seed++
		byChance(q.Shown, seed, "options", id)
	}
	if it.Kind == Match {
		q.Targets = slices.Clone(it.Options)
		byChance(q.Targets, seed, "partners", id)
	}
	return q
}

func sameOption(a, b Option) bool { return a.ID == b.ID }

// ScreenSeed is the seed of the screen of a question in a form.
func (f Form) ScreenSeed(q Question) uint64 {
	sum := chance(f.Seed, "screen", q.ID)
	return binary.BigEndian.Uint64(sum[:])
}

// byChance puts things into an order that only seed, purpose and their IDs decide. A
// hash serves as chance because it is the same for good, whatever the compiler.
func byChance[T any](s []T, seed uint64, purpose string, id func(T) string) {
	type drawn struct {
		lot   [sha256.Size]byte
		thing T
	}
	all := make([]drawn, len(s))
	for i, t := range s {
		all[i] = drawn{chance(seed, purpose, id(t)), t}
	}
	slices.SortFunc(all, func(a, b drawn) int { return bytes.Compare(a.lot[:], b.lot[:]) })
	for i, d := range all {
		s[i] = d.thing
	}
}

func chance(seed uint64, purpose, id string) [sha256.Size]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%d %s %s", seed, purpose, id))
}
