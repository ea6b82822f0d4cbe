package arrayrest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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
	maxItems = 20_000   // items of one Row
	maxPages = 3_000    // pages of one Row
	perPage  = 1000     // items asked for at once; arrays give fewer as they like
	MaxName  = 256      // bytes of a name that becomes a label
)

// Listing is everything one row gave, page after page. The items stay as
// they came until they are needed, so that memory is what the array sent and
// not a multiple of it.
type Listing struct {
	items []json.RawMessage
	// Partial holds what the array itself reported as missing (HTTP 207) and
	// items that were left out.
	Partial []error
	// Missing names what the array could not read, where it gave a name; Short
	// says that something without a name is missing as well.
	Missing []string
	Short   bool
	Date    time.Time // the array's clock from the last reply, zero when not given
	Count   int       // items read
}

// List reads all pages of one row. On an error the pages before it are still
// returned.
func (v *Visit) List(ctx context.Context, ep *Row, query url.Values) (Listing, error) {
	var all Listing
	query = cloned(query)
	if ep.Plural && query.Get("limit") == "" {
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
			all.items, all.Count = all.items[:maxItems], maxItems
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

// Page reads the first page only, for lists that are sorted and cut.
func (v *Visit) Page(ctx context.Context, ep *Row, query url.Values) (Listing, error) {
	var one Listing
	_, err := v.read(ctx, ep, query, &one)
	return one, err
}

// read adds one page to what was read before it.
func (v *Visit) read(ctx context.Context, ep *Row, query url.Values, into *Listing) (page, error) {
	var body page
	r, err := v.get(ctx, ep, query)
	if err != nil {
		return body, err
	}
	if when, err := time.Parse(time.RFC1123, r.header.Get("Date")); err == nil {
		into.Date = when
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
	maps.Copy(c, q)
	return c
}

// page is the outside of every list reply.
type page struct {
	Items  []json.RawMessage `json:"items"`
	Token  *string           `json:"continuation_token"`
	More   bool              `json:"more_items_remaining"`
	Errors []struct {
		Context string `json:"context"`
		Message string `json:"message"`
	} `json:"errors"`
}

// ParsePage reads the body of one reply as if it had been the only page. That
// more pages follow it is not seen; see [Saved].
func ParsePage(body []byte) (Listing, error) {
	l, _, err := parsePage(body)
	return l, err
}

// parsePage also says what keeps the list from being whole.
func parsePage(body []byte) (l Listing, missing, err error) {
	if len(body) > maxPage {
		return l, nil, fmt.Errorf("%w: more than %d bytes", errReplyLimit, maxPage)
	}
	var p page
	if err := decodeBounded(body, &p); err != nil {
		return l, nil, err
	}
	l.add(&p)
	if p.Token != nil && *p.Token != "" || p.More {
		missing = errMorePages
	}
	if len(l.items) > maxItems {
		l.items, l.Count = l.items[:maxItems], maxItems
		missing = fmt.Errorf("%w: more than %d items", errReplyLimit, maxItems)
	}
	return l, missing, nil
}

func (e *page) next() string {
	if e.Token == nil || len(*e.Token) > 4096 {
		return ""
	}
	return *e.Token
}

func (l *Listing) add(e *page) {
	for _, said := range e.Errors {
		l.miss(said.Context)
		if len(l.Partial) < 10 {
			l.Partial = append(l.Partial, fmt.Errorf("the array could not read all: %s", Shorten(said.Context+" "+said.Message, 300)))
		}
	}
	for _, item := range e.Items {
		if len(item) > maxItem {
			l.Partial = append(l.Partial, fmt.Errorf("%w: an item of %d bytes was left out", errReplyLimit, len(item)))
			l.Short = true
			continue
		}
		l.items = append(l.items, item)
	}
	l.Count = len(l.items)
}

// maxMissing is how many names of what could not be read are kept.
const maxMissing = 100

// miss notes something the array could not read.
func (l *Listing) miss(name string) {
	if name == "" || len(name) > MaxName || len(l.Missing) == maxMissing {
		l.Short = true
		return
	}
	l.Missing = append(l.Missing, name)
}

// Join adds what another reading of the same row gave.
func (l *Listing) Join(o Listing) {
	l.items = append(l.items, o.items...)
	l.Partial = append(l.Partial, o.Partial...)
	l.Missing, l.Short = append(l.Missing, o.Missing...), l.Short || o.Short
	l.Count += o.Count
	if !o.Date.IsZero() {
		l.Date = o.Date
	}
}

// Each decodes the items one by one. An item that is not an object is passed
// to bad.
func (l *Listing) Each(use func(Fields), bad func(error)) {
	for i, raw := range l.items {
		var f Fields
		if err := json.Unmarshal(raw, &f); err != nil || f == nil {
			bad(fmt.Errorf("item %d: %w", i+1, errReplyShape))
			continue
		}
		use(f)
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

// Fields is one item of a list. Every getter says whether the field is there with the
// right type: null, absent and wrong are the same and never a zero.
type Fields map[string]any

// Num gives a number.
func (f Fields) Num(name string) (float64, bool) {
	v, ok := f[name].(float64)
	return v, ok && !math.IsInf(v, 0) && !math.IsNaN(v)
}

// Str gives a string of at most limit bytes, shortened with a mark.
func (f Fields) Str(name string, limit int) string {
	s, _ := f[name].(string)
	return Shorten(s, limit)
}

// Name gives a string that becomes part of a series or component name. Names
// are not shortened, because two might become one: too long is absent.
func (f Fields) Name(name string) (string, bool) {
	s, _ := f[name].(string)
	return s, s != "" && len(s) <= MaxName
}

// Flag gives a truth value.
func (f Fields) Flag(name string) (value, ok bool) {
	value, ok = f[name].(bool)
	return value, ok
}

// Sub gives an object; an empty one when absent.
func (f Fields) Sub(name string) Fields {
	m, _ := f[name].(map[string]any)
	return m
}

// List gives a list; an empty one when absent.
func (f Fields) List(name string) []any {
	l, _ := f[name].([]any)
	return l
}

// Time reads milliseconds since the epoch; zero when absent or absurd.
func (f Fields) Time(name string) time.Time {
	ms, ok := f.Num(name)
	if !ok || ms <= 0 || ms > 1<<46 {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms)).UTC()
}

// Shorten cuts at a character and marks the cut.
func Shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	cut := s[:limit]
	for len(cut) > 0 && !utf8.RuneStart(s[len(cut)]) {
		cut = cut[:len(cut)-1]
	}
	return cut + "…"
}
