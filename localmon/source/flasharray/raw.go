package flasharray

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
)

// RawReply is one endpoint as the array answered it.
type RawReply struct {
	Path  string // below the version, such as network-interfaces/performance
	JSON  []byte // {"items":[...]}, one item a line, items in the array's own spelling; nil when nothing came
	Items int
	Err   error // why JSON is missing or not whole
}

// Raw reads every row of the positive list once, for a diagnostic bundle. What
// fails is in its own reply; the error is set only when the array as a whole
// is lost. Replies come in the order of [Paths] and are bounded as every look
// is: 20,000 items an endpoint, 64 MiB in all. Of closed alerts the newest
// thousand are read. The text is not redacted.
func (s *Source) Raw(ctx context.Context) ([]RawReply, error) {
	v := s.client.visit()
	if _, err := v.enter(ctx, ""); err != nil {
		return nil, s.client.classify(err)
	}
	var all []RawReply
	for _, rows := range [][]*endpoint{collected, rawOnly} {
		for _, ep := range rows {
			if err := ctx.Err(); err != nil {
				return all, fmt.Errorf("array %s: read raw state: %w", s.target, err)
			}
			all = append(all, rawOf(ctx, v, ep))
		}
	}
	if err := v.lost(); err != nil {
		return all, s.client.classify(err)
	}
	return all, nil
}

func rawOf(ctx context.Context, v *visit, ep *endpoint) RawReply {
	reply := RawReply{Path: ep.path}
	var l listing
	var err error
	if v.version().less(ep.since) {
		reply.Err = fmt.Errorf("the array's REST %d.%d does not have it", v.version().major, v.version().minor)
		return reply
	}
	if ep == epAlerts {
		l, err = v.page(ctx, ep, url.Values{"sort": {"updated-"}, "limit": {"1000"}})
		if refused(err) {
			l, err = v.list(ctx, ep, nil)
		}
	} else {
		l, err = v.list(ctx, ep, nil)
	}
	reply.Err = err
	if err == nil && len(l.partial) > 0 {
		reply.Err = cmp.Or(l.partial...)
	}
	if err == nil || len(l.items) > 0 {
		reply.JSON, reply.Items = joined(l.items), len(l.items)
	}
	return reply
}

// joined makes a text an officer can read and a diff can show: one item a
// line.
func joined(items []json.RawMessage) []byte {
	var b bytes.Buffer
	b.WriteString("{\"items\":[")
	for i, item := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		var flat bytes.Buffer
		if json.Compact(&flat, item) == nil {
			item = flat.Bytes()
		}
		b.Write(item)
	}
	b.WriteString("\n]}\n")
	return b.Bytes()
}
