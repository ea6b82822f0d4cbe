package flasharray

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"
)

// Limits of what one look keeps. The largest array known to us answers about
// 2 MB a look for a thousand volumes.
const (
	maxPage  = 8 << 20  // bytes of one page
	maxVisit = 64 << 20 // bytes of one look, all pages together
	maxDepth = 32       // nesting of a reply
	maxItem  = 64 << 10 // bytes of one item
	maxItems = 20_000   // items of one endpoint
	maxPages = 3_000    // pages of one endpoint
	perPage  = 1000     // items asked for at once; arrays give fewer as they like
	maxName  = 256      // bytes of a name that becomes a label
)

// listing is everything one endpoint gave, page after page. The items stay as
// they came until they are needed, so that memory is what the array sent and
// not a multiple of it.
type listing struct {
	items []json.RawMessage
	// partial holds what the array itself reported as missing (HTTP 207) and
	// items that were left out.
	partial []error
	date    time.Time // the array's clock from the last reply, zero when not given
}

// list reads all pages of one row. On an error the pages before it are still
// returned.
func (v *visit) list(ctx context.Context, ep *endpoint, query url.Values) (listing, error) {
	var all listing
	query = cloned(query)
	if ep.plural {
		query.Set("limit", strconv.Itoa(perPage))
	}
	seen := map[string]bool{}
	for page := 1; ; page++ {
		body, err := v.read(ctx, ep, query, &all)
		if err != nil {
			return all, pageError(page, err)
		}
		token := body.next()
		switch {
		case len(all.items) > maxItems:
			all.items = all.items[:maxItems]
			return all, fmt.Errorf("%w: more than %d items", errReplyLimit, maxItems)
		case token == "" && body.More:
			return all, pageError(page, errors.New("the array says more items follow but gives no token for them"))
		case token == "" || len(body.Items) == 0:
			return all, nil
		case seen[token] || page == maxPages:
			return all, pageError(page, fmt.Errorf("%w: pages do not end", errReplyLimit))
		}
		seen[token] = true
		query.Set("continuation_token", token)
	}
}

// page reads the first page only, for lists that are sorted and cut.
func (v *visit) page(ctx context.Context, ep *endpoint, query url.Values) (listing, error) {
	var one listing
	_, err := v.read(ctx, ep, query, &one)
	return one, err
}

// read adds one page to what was read before it.
func (v *visit) read(ctx context.Context, ep *endpoint, query url.Values, into *listing) (envelope, error) {
	var body envelope
	r, err := v.get(ctx, ep, query)
	if err != nil {
		return body, err
	}
	if when, err := time.Parse(time.RFC1123, r.header.Get("Date")); err == nil {
		into.date = when
	}
	if err := decodeBounded(r.body, &body); err != nil {
		return body, err
	}
	into.add(&body)
	return body, nil
}

func pageError(page int, err error) error {
	if page == 1 {
		return err
	}
	return fmt.Errorf("page %d: %w", page, err)
}

func cloned(q url.Values) url.Values {
	c := url.Values{}
	for k, v := range q {
		c[k] = v
	}
	return c
}

// envelope is the outside of every list reply.
type envelope struct {
	Items  []json.RawMessage `json:"items"`
	Token  *string           `json:"continuation_token"`
	More   bool              `json:"more_items_remaining"`
	Errors []struct {
		Context string `json:"context"`
		Message string `json:"message"`
	} `json:"errors"`
}

func (e *envelope) next() string {
	if e.Token == nil || len(*e.Token) > 4096 {
		return ""
	}
	return *e.Token
}

func (l *listing) add(e *envelope) {
	for _, said := range e.Errors {
		if len(l.partial) < 10 {
			l.partial = append(l.partial, fmt.Errorf("the array could not read all: %s", shorten(said.Context+" "+said.Message, 300)))
		}
	}
	for _, item := range e.Items {
		if len(item) > maxItem {
			l.partial = append(l.partial, fmt.Errorf("%w: an item of %d bytes was left out", errReplyLimit, len(item)))
			continue
		}
		l.items = append(l.items, item)
	}
}

// checkDepth refuses nesting beyond what the interface uses, before anything
// is built from the reply.
func checkDepth(body []byte) error {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch b := body[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			if depth++; depth > maxDepth {
				return fmt.Errorf("%w: nested deeper than %d", errReplyLimit, maxDepth)
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return nil
}

// fields is one item. Every getter says whether the field is there with the
// right type: null, absent and wrong are the same and never a zero.
type fields map[string]any

// each decodes the items one by one. An item that is not an object is passed
// to bad.
func (l *listing) each(use func(fields), bad func(error)) {
	for i, raw := range l.items {
		var f fields
		if err := json.Unmarshal(raw, &f); err != nil || f == nil {
			bad(fmt.Errorf("item %d: %w", i+1, errReplyShape))
			continue
		}
		use(f)
	}
}

func (f fields) num(name string) (float64, bool) {
	v, ok := f[name].(float64)
	return v, ok && !math.IsInf(v, 0) && !math.IsNaN(v)
}

// str gives a string of at most limit bytes, shortened with a mark.
func (f fields) str(name string, limit int) string {
	s, _ := f[name].(string)
	return shorten(s, limit)
}

// name gives a string that becomes part of a series or component name. Names
// are not shortened, because two might become one: too long is absent.
func (f fields) name(name string) (string, bool) {
	s, _ := f[name].(string)
	return s, s != "" && len(s) <= maxName
}

func (f fields) flag(name string) (value, ok bool) {
	value, ok = f[name].(bool)
	return value, ok
}

func (f fields) sub(name string) fields {
	m, _ := f[name].(map[string]any)
	return m
}

func (f fields) list(name string) []any {
	l, _ := f[name].([]any)
	return l
}

// time reads milliseconds since the epoch; zero when absent or absurd.
func (f fields) time(name string) time.Time {
	ms, ok := f.num(name)
	if !ok || ms <= 0 || ms > 1<<46 {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms)).UTC()
}

// shorten cuts at a character and marks the cut.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	cut := s[:limit]
	for len(cut) > 0 && !utf8.RuneStart(s[len(cut)]) {
		cut = cut[:len(cut)-1]
	}
	return cut + "…"
}
