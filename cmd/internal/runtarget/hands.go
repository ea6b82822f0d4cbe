package runtarget

import (
	"context"
	"fmt"
	"strings"

	"darksite/localmon/source/arrayact"
	"darksite/runbooks"
	"darksite/runbooks/engine"
)

// Hands do what steps of risk R1 ask.
type Hands struct {
	client *arrayact.Client
	facts  *Live
}

// NewHands makes the hands of the kit on an array.
func NewHands(client *arrayact.Client, facts *Live) *Hands { return &Hands{client, facts} }

// Do implements engine.Hands.
func (h *Hands) Do(ctx context.Context, o engine.Order) error {
	switch what := o.Deed.What; what {
	case runbooks.Locate:
		return h.client.Locate(ctx, o.Component, true)
	case runbooks.Mute:
		return h.client.Mute(ctx, o.Deed.For)
	case runbooks.FlagAlert:
		name, err := h.alertOf(ctx, o.Component)
		if err != nil {
			return err
		}
		return h.client.Flag(ctx, name)
	default:
		return h.client.Test(ctx, strings.TrimPrefix(what, "test-"))
	}
}

// Undo implements engine.Hands.
func (h *Hands) Undo(ctx context.Context, o engine.Order) error {
	if o.Deed.What != runbooks.Locate {
		return fmt.Errorf("%s is not taken back", o.Deed.What)
	}
	return h.client.Locate(ctx, o.Component, false)
}

// alertOf is the number of the one open alert of the array about a part.
func (h *Hands) alertOf(ctx context.Context, part string) (string, error) {
	b, err := h.facts.Look(ctx)
	if err != nil {
		return "", err
	}
	var names []string
	for _, al := range b.Alerts {
		if part != "" && al.State != "closed" && strings.EqualFold(al.Component, part) {
			names = append(names, al.Name)
		}
	}
	if len(names) != 1 {
		return "", fmt.Errorf("%d alerts of the array are about %q: flag the right one there", len(names), part)
	}
	return names[0], nil
}
