package deskcmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"darksite/bundle"
	"darksite/bundle/desk"
	"darksite/bundle/reply"
	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/localmon/rule"
	"darksite/runbooks/content"
	"darksite/runbooks/pack"
	"darksite/runbooks/strictyaml"
)

// attach puts into a reply what was asked for, and what an earlier reply brought
// that no bundle of the site says it has opened. Each file is kept as a blob, so
// that it can be sealed again.
func (a *app) attach(ctx context.Context, store desk.Store, to *reply.Reply, o replyOptions, seen int64) (*desk.Attached, error) {
	blobs, err := a.blobs()
	if err != nil {
		return nil, err
	}
	owed, err := owed(ctx, store, to.Audience, seen)
	if err != nil {
		return nil, err
	}
	o.card = o.card || owed.Card != "" // of the card the newest counts
	fresh, err := a.freshFiles(to.Audience, o)
	if err != nil {
		return nil, err
	}
	var out desk.Attached
	for _, f := range []struct {
		fresh  []byte
		owed   bundle.Digest
		in     *[]byte
		record *bundle.Digest
	}{
		{fresh.Card, "", &to.Card, &out.Card}, {fresh.Rules, owed.Rules, &to.Rules, &out.Rules}, {fresh.Pack, owed.Pack, &to.Pack, &out.Pack},
	} {
		switch {
		case f.fresh != nil:
			*f.in, *f.record = f.fresh, bundle.DigestOf(f.fresh)
			err = blobs.Put(ctx, *f.record, bytes.NewReader(f.fresh))
		case f.owed != "":
			*f.record = f.owed
			*f.in, err = readBlob(ctx, blobs, f.owed)
		}
		if err != nil {
			return nil, err
		}
	}
	if out == (desk.Attached{}) {
		return nil, nil
	}
	return &out, nil
}

func readBlob(ctx context.Context, blobs desk.Blobs, d bundle.Digest) ([]byte, error) {
	f, err := blobs.Open(ctx, d)
	if err != nil {
		return nil, fmt.Errorf("attach what an earlier reply brought: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, reply.MaxBytes))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("attach what an earlier reply brought: %w", err)
	}
	return data, nil
}

// owed are the newest files that replies brought to a site and nobody there is
// known to have opened.
func owed(ctx context.Context, store desk.Store, site string, seen int64) (out desk.Attached, err error) {
	all, err := store.Cases(ctx)
	if err != nil {
		return out, err
	}
	var card, rules, books int64 // the replies they stand from
	for _, c := range all {
		if c.Site != site {
			continue
		}
		_, events, err := store.Case(ctx, c.ID)
		if err != nil {
			return out, err
		}
		for _, e := range events {
			if e.Kind != desk.Replied || e.Attached == nil || e.ReplySeq <= seen {
				continue
			}
			for _, f := range []struct {
				of   *int64
				to   *bundle.Digest
				from bundle.Digest
			}{{&card, &out.Card, e.Attached.Card}, {&rules, &out.Rules, e.Attached.Rules}, {&books, &out.Pack, e.Attached.Pack}} {
				if f.from != "" && e.ReplySeq > *f.of {
					*f.of, *f.to = e.ReplySeq, f.from
				}
			}
		}
	}
	return out, nil
}

// freshFiles reads and tries what a reply is to bring. What no site would take is
// not sealed.
func (a *app) freshFiles(site string, o replyOptions) (r reply.Reply, err error) {
	if o.card {
		if r.Card, err = os.ReadFile(a.path(vendorFile)); err != nil {
			return r, fmt.Errorf("read the vendor card: %w", err)
		}
	}
	if o.pack != "" {
		if r.Pack, err = readFile(o.pack, reply.MaxBytes); err != nil {
			return r, err
		}
		if err := a.tryPack(r.Pack, site); err != nil {
			return r, err
		}
	}
	if o.rules != "" {
		if r.Rules, err = readFile(o.rules, strictyaml.MaxBytes); err != nil {
			return r, err
		}
		if err := tryRules(o.rules, r.Rules); err != nil {
			return r, err
		}
	}
	return r, nil
}

func readFile(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if int64(len(data)) > most {
		return nil, cli.WithCode(cli.CodeRefused, fmt.Errorf("%s has more than the %d bytes a reply can bring", name, most))
	}
	return data, nil
}

// tryRules puts rules beside those of the kit and runs their cases. They may name
// runbooks that only the site has.
func tryRules(name string, text []byte) error {
	b, err := rule.Site{}.Join(rule.File{Name: name, Data: text})
	if err == nil {
		err = b.Check()
	}
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("no site would take these rules:\n%w", err)), "mend them where it says; darksite rule test FILE tries them")
	}
	return nil
}

func (a *app) tryPack(data []byte, site string) error {
	refuse := func(err error) error {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("no site would take this pack: %w", err)), "casedesk pack build DIR --number N --out FILE")
	}
	o, err := pack.Read(data)
	if err != nil {
		return refuse(err)
	}
	if o.Site != "" && o.Site != site {
		return refuse(fmt.Errorf("it is for site %s, not for %s", o.Site, site))
	}
	v, err := a.vendor()
	if err != nil {
		return err
	}
	if err := signedByTwo(v, o); err != nil {
		return refuse(err)
	}
	base, err := content.Library()
	if err != nil {
		return err
	}
	if _, _, err := pack.Overlay(base, o.Pack); err != nil {
		return refuse(err)
	}
	return nil
}

func signedByTwo(v roster.Vendor, o *pack.Opened) error {
	by := map[string]bool{}
	for _, sig := range o.Sigs {
		p, err := v.Check(sign.Pack, packSeq, o.Text, sig)
		if err != nil {
			return err
		}
		by[p.ID] = true
	}
	if len(by) < 2 {
		return errors.New("two people of the vendor must have signed it")
	}
	return nil
}

// bringsWords is what a reply brings besides words.
func bringsWords(r reply.Reply) string {
	var what []string
	for _, f := range []struct {
		data []byte
		word string
	}{{r.Card, "the vendor card"}, {r.Rules, "rules"}, {r.Pack, "a pack of runbooks"}, {r.Certificates, "certificates"}, {r.Withdrawn, "the list of withdrawn certificates"}} {
		if f.data != nil {
			what = append(what, f.word)
		}
	}
	if len(what) == 0 {
		return ""
	}
	return ", with " + strings.Join(what, ", ")
}
