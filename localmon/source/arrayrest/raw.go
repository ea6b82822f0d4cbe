package arrayrest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
)

// RawReply is one row as the array answered it.
type RawReply struct {
	Path  string // below the version, such as network-interfaces/performance
	File  string // a name for a file that holds it, such as arrays-space-array.json; [RowOf] understands it
	JSON  []byte // {"items":[...]}, one item a line, items in the array's own spelling; nil when nothing came
	Items int
	Err   error // why JSON is missing or not whole
}

// Raw reads rows once, for a diagnostic bundle. What fails is in its own reply;
// the error is set only when the array as a whole is lost. Rows that newer
// versions have in another place are passed over. Replies come in the order of the
// rows and are bounded as every look is: 20,000 items a row, 64 MiB
// in all. Of a row that is to be read newest first (alerts), the newest thousand
// are read. The text is not redacted.
func (c *Client) Raw(ctx context.Context, newest *Row, lists ...[]*Row) ([]RawReply, error) {
	v := c.visit()
	if _, err := v.enter(ctx, ""); err != nil {
		return nil, c.classify(err)
	}
	var all []RawReply
	for _, row := range slices.Concat(lists...) {
		if err := ctx.Err(); err != nil {
			return all, fmt.Errorf("array %s: read raw state: %w", c.target, err)
		}
		if row.Until != (Version{}) && !v.Version().Less(row.Until) {
			continue // another row has taken its place
		}
		all = append(all, rawOf(ctx, v, row, row == newest))
	}
	if err := v.lost(); err != nil {
		return all, c.classify(err)
	}
	return all, nil
}

func rawOf(ctx context.Context, v *Visit, row *Row, newest bool) RawReply {
	reply := RawReply{Path: row.String(), File: row.file() + ".json"}
	if version := v.Version(); !row.in(version) {
		reply.Err = fmt.Errorf("the array's REST %s does not have it", version)
		return reply
	}
	var l Listing
	err := error(nil)
	if newest {
		l, err = v.Page(ctx, row, url.Values{"sort": {"updated-"}, "limit": {"1000"}})
	}
	if !newest || Refused(err) {
		l, err = v.List(ctx, row, nil)
	}
	reply.Err = err
	if err == nil && len(l.Partial) > 0 {
		reply.Err = cmp.Or(l.Partial...)
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
