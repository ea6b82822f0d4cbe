package sitecmd

import (
	"context"
	"fmt"
	"strings"

	"darksite/cmd/internal/siteconf"
	"darksite/localmon/source/arrayact"
	"darksite/runbooks"
	"darksite/runbooks/engine"
)

// arrayHands does what steps of risk R1 ask, where the site allows it.
type arrayHands struct {
	client *arrayact.Client
	facts  *liveFacts
}

// hands are those of the kit on an array: none unless the site's policy says so
// and there is a token for it.
func (a *app) hands(conf *siteconf.Config, f *liveFacts) (engine.Hands, error) {
	ar, ok := conf.Array(f.target)
	if !ok || !conf.Runbooks.KitMayAct || ar.ActTokenFile == "" || ar.Via != siteconf.ViaREST {
		return nil, nil
	}
	token, err := a.secret(ar, "token for the kit's own acts", ar.ActTokenFile)
	if err != nil {
		return nil, err
	}
	client, err := arrayact.New(arrayact.Options{Target: ar.Name, Kind: ar.Kind, URL: ar.URL, Token: token, Pin: ar.TLSPin})
	if err != nil {
		return nil, err
	}
	return &arrayHands{client, f}, nil
}

// Do implements engine.Hands.
func (h *arrayHands) Do(ctx context.Context, o engine.Order) error {
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
func (h *arrayHands) Undo(ctx context.Context, o engine.Order) error {
	if o.Deed.What != runbooks.Locate {
		return fmt.Errorf("%s is not taken back", o.Deed.What)
	}
	return h.client.Locate(ctx, o.Component, false)
}

// alertOf is the number of the one open alert of the array about a part.
func (h *arrayHands) alertOf(ctx context.Context, part string) (string, error) {
	b, err := h.facts.look(ctx)
	if err != nil {
		return "", err
	}
	var names []string
	for _, al := range b.Alerts {
		if part != "" && strings.EqualFold(al.Component, part) {
			names = append(names, al.Name)
		}
	}
	if len(names) != 1 {
		return "", fmt.Errorf("%d alerts of the array are about %q: flag the right one there", len(names), part)
	}
	return names[0], nil
}
