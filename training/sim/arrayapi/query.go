package arrayapi

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxLimit is the largest page; a larger limit is cut to it without a word, as
// the arrays do.
const maxLimit = 1000

// maxRows bounds what one call may make the model work out when it filters or
// sorts over history.
const maxRows = 200_000

// resource is a list an endpoint can answer with.
type resource struct {
	count int
	name  func(i int) string
	id    func(i int) string    // nil where the endpoint takes no ids
	item  func(i int) any       // a struct that encodes as the reply has it
	total func(sel []int) any   // the aggregate of some of them; nil where there is none
	past  func(p period) series // nil where there is no history
	steps []time.Duration       // resolutions of the history
	// aggregate is set where the total is one object and no list.
	aggregate bool
	// unpaged is set where the list comes whole, whatever its length.
	unpaged bool
	err     error // the call cannot be served
	// wantsNames is set where the whole list is not to be had.
	wantsNames bool
}

// series is a resource at one time of its history.
type series struct {
	item  func(i int) any
	total func(sel []int) any
}

// period is one sample of history: the length of time up to an instant.
type period struct {
	end    time.Time
	length time.Duration
}

// query is what a call asks of a list.
type query struct {
	names, ids  []string
	filter      expr
	sort        []sortKey
	limit       int
	limited     bool // a limit was given
	countOnly   bool // limit=0
	offset      int
	wantCount   bool
	totalOnly   bool
	allowErrors bool
	history     bool
	start, end  int64 // ms by the array's clock; 0 when not given
	resolution  int64 // ms; 0 when not given
	fingerprint string
	flagged     string
	destroyed   string
}

type sortKey struct {
	field string
	down  bool
}

func parseQuery(v url.Values, path string) (query, error) {
	p := params{values: v}
	q := query{
		names: words(slices.Concat(v["names"], v["local_pod_names"])), ids: words(v["ids"]),
		wantCount: p.truth("total_item_count"), totalOnly: p.truth("total_only"), allowErrors: p.truth("allow_errors"),
		flagged: p.choice("flagged"), destroyed: p.choice("destroyed"),
		limit: maxLimit, offset: int(min(p.number("offset"), 1<<31)),
		start: p.number("start_time"), end: p.number("end_time"), resolution: p.number("resolution"),
		history:     v.Has("start_time") || v.Has("end_time") || v.Has("resolution"),
		fingerprint: fingerprint(path, v),
	}
	if v.Has("limit") {
		n := p.number("limit")
		q.limited, q.limit, q.countOnly = true, int(min(n, maxLimit)), n == 0
	}
	for _, w := range words(v["sort"]) {
		q.sort = append(q.sort, sortKey{
			field: strings.Trim(w, "+-"), down: strings.HasPrefix(w, "-") || strings.HasSuffix(w, "-"),
		})
	}
	if text := v.Get("filter"); text != "" && p.err == nil {
		q.filter, p.err = parseFilter(text)
	}
	if token := v.Get("continuation_token"); token != "" && p.err == nil {
		q.offset, p.err = q.readToken(token)
	}
	return q, p.err
}

// params reads parameters and keeps the first mistake.
type params struct {
	values url.Values
	err    error
}

func (p *params) fail(name, why string) {
	if p.err == nil {
		p.err = apiError{name, "Invalid value: " + why}
	}
}

func (p *params) number(name string) int64 {
	text := p.values.Get(name)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		p.fail(name, "not a whole number of zero or more.")
		return 0
	}
	return n
}

func (p *params) truth(name string) bool {
	switch p.values.Get(name) {
	case "true", "True":
		return true
	case "", "false", "False":
	default:
		p.fail(name, "use true or false.")
	}
	return false
}

// choice is true, false, or empty for a parameter that is not given.
func (p *params) choice(name string) string {
	if p.values.Get(name) == "" {
		return ""
	}
	return strconv.FormatBool(p.truth(name))
}

// words splits comma-separated values and drops quotes around them.
func words(values []string) []string {
	var out []string
	for _, v := range values {
		for _, w := range strings.Split(v, ",") {
			if w = strings.Trim(strings.TrimSpace(w), `'"`); w != "" {
				out = append(out, w)
			}
		}
	}
	return out
}

// fingerprint ties a token to the question it continues.
func fingerprint(path string, v url.Values) string {
	rest := url.Values{}
	for k, w := range v {
		if k != "continuation_token" && k != "limit" && k != "offset" && k != "total_item_count" {
			rest[k] = w
		}
	}
	sum := sha256.Sum256([]byte(path + "?" + rest.Encode()))
	return hex.EncodeToString(sum[:6])
}

func (q query) token(offset int) string {
	return base64.URLEncoding.EncodeToString(fmt.Appendf(nil, "%s:%d", q.fingerprint, offset))
}

func (q query) readToken(token string) (int, error) {
	b, err := base64.URLEncoding.DecodeString(token)
	mark, text, _ := strings.Cut(string(b), ":")
	n, notNumber := strconv.Atoi(text)
	if err != nil || notNumber != nil || n < 0 || mark != q.fingerprint {
		return 0, apiError{"continuation_token", "Invalid token, or the token of another query."}
	}
	return n, nil
}

// answer picks what was asked for out of a resource.
func (q query) answer(c *call, r resource) (page, error) {
	if r.err != nil {
		return page{}, r.err
	}
	sel, missing, err := q.choose(r)
	if err != nil {
		return page{}, err
	}
	p := page{items: []any{}, errors: missing, whole: r.aggregate}
	rows, err := q.rows(c, r, sel)
	if err == nil {
		err = q.arrange(&rows)
	}
	if err != nil {
		return page{}, err
	}
	p.count, p.counted = rows.count, q.wantCount || q.countOnly
	if rows.total != nil && (q.totalOnly || !q.history) {
		p.total = rows.total()
	}
	if q.totalOnly || q.countOnly {
		return p, nil
	}
	from := min(q.offset, rows.count)
	to := min(from+q.limit, rows.count)
	if r.unpaged && !q.limited {
		to = rows.count
	}
	for i := range to - from {
		p.items = append(p.items, rows.at(from+i))
	}
	p.more = to < rows.count
	if p.more && len(q.sort) == 0 && !r.unpaged {
		t := q.token(to)
		p.token = &t
	}
	return p, nil
}

// namesAtMost refuses a call that names more objects than it may; 0 is no bound.
func (q query) namesAtMost(most int) error {
	if n := max(len(q.names), len(q.ids)); most > 0 && n > most {
		return apiError{"names", fmt.Sprintf("At most %d objects may be named in one call, not %d.", most, n)}
	}
	return nil
}

// choose finds the objects named by names and ids.
func (q query) choose(r resource) (sel []int, missing []apiError, err error) {
	if len(q.names) == 0 && len(q.ids) == 0 {
		if r.wantsNames {
			return nil, nil, apiError{"names", "Use names or ids: the whole list is not given."}
		}
		return count(r.count), nil, nil
	}
	if len(q.names) > 0 && len(q.ids) > 0 {
		return nil, nil, apiError{"names", "Use either names or ids."}
	}
	asked, of, fold := q.names, r.name, true
	if len(q.ids) > 0 {
		asked, of, fold = q.ids, r.id, false
	}
	if of == nil {
		return nil, nil, apiError{Message: "The endpoint takes no names or ids of that kind."}
	}
	index := make(map[string][]int, r.count)
	norm := func(s string) string {
		if fold {
			return strings.ToLower(s)
		}
		return s
	}
	for i := range r.count {
		k := norm(of(i))
		index[k] = append(index[k], i)
	}
	for _, a := range asked {
		found := index[norm(a)]
		if len(found) == 0 {
			missing = append(missing, apiError{a, "Object does not exist."})
		}
		sel = append(sel, found...)
	}
	if len(missing) > 0 && !q.allowErrors {
		return nil, nil, missing[0]
	}
	return slices.Compact(slices.Sorted(slices.Values(sel))), missing, nil
}

// table is the rows of an answer before it is cut into pages. Rows are worked
// out when they are asked for.
type table struct {
	count int
	at    func(i int) any
	total func() []any
}

// keep leaves the rows of a table with these numbers, in their order.
func (t *table) keep(rows []int) {
	at := t.at
	t.count, t.at = len(rows), func(i int) any { return at(rows[i]) }
}

func (q query) rows(c *call, r resource, sel []int) (table, error) {
	if q.history && r.past != nil {
		return q.pastRows(c, r, sel)
	}
	sel, err := q.passing(r.item, sel)
	t := table{count: len(sel), at: func(i int) any { return r.item(sel[i]) }}
	if r.total != nil {
		t.total = func() []any { return []any{r.total(sel)} }
	}
	return t, err
}

// pastRows are the rows of every object at every time, by time.
func (q query) pastRows(c *call, r resource, sel []int) (table, error) {
	periods, err := q.periods(c, r.steps)
	if err != nil {
		return table{}, err
	}
	held, last := -1, series{} // rows come by time, so one time is held
	at := func(k int) series {
		if held != k {
			held, last = k, r.past(periods[k])
		}
		return last
	}
	t := table{
		count: len(periods) * len(sel),
		at:    func(i int) any { return at(i / len(sel)).item(sel[i%len(sel)]) },
	}
	if r.total != nil {
		t.total = func() []any {
			all := []any{}
			for k := range min(len(periods), maxLimit) {
				some, err := q.passing(at(k).item, sel)
				if err == nil { // a mistake in the filter shows below
					all = append(all, at(k).total(some))
				}
			}
			return all
		}
	}
	if !q.selective() {
		return t, nil
	}
	if err := bounded(t.count); err != nil {
		return t, err
	}
	rows, err := q.passing(t.at, count(t.count))
	t.keep(rows)
	return t, err
}

func bounded(rows int) error {
	if rows > maxRows {
		return apiError{"filter", "Too many rows to filter or sort: ask for a shorter time or fewer names."}
	}
	return nil
}

// count is the numbers below n.
func count(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func (q query) selective() bool { return q.filter != nil || q.flagged != "" || q.destroyed != "" }

// passing is the part of some items that a filter lets through.
func (q query) passing(item func(int) any, sel []int) ([]int, error) {
	if !q.selective() {
		return sel, nil
	}
	var out []int
	for _, i := range sel {
		ok, err := q.passes(item(i))
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, i)
		}
	}
	return out, nil
}

func (q query) passes(item any) (bool, error) {
	if q.flagged != "" {
		if v, _ := lookup(item, "flagged"); fmt.Sprint(v) != q.flagged {
			return false, nil
		}
	}
	if q.destroyed != "" {
		if v, ok := lookup(item, "destroyed"); ok && fmt.Sprint(v) != q.destroyed {
			return false, nil
		}
	}
	if q.filter == nil {
		return true, nil
	}
	return q.filter.holds(item)
}

// arrange sorts a table.
func (q query) arrange(t *table) error {
	if len(q.sort) == 0 || t.count == 0 {
		return nil
	}
	if err := bounded(t.count); err != nil {
		return err
	}
	rows := count(t.count)
	for _, k := range slices.Backward(q.sort) {
		values := make([]any, t.count)
		for i := range values {
			v, ok := lookup(t.at(i), k.field)
			if !ok {
				return apiError{"sort", fmt.Sprintf("Unknown field %q.", k.field)}
			}
			values[i] = v
		}
		slices.SortStableFunc(rows, func(a, b int) int {
			if k.down {
				a, b = b, a
			}
			return order(values[a], values[b])
		})
	}
	t.keep(rows)
	return nil
}

// retention is how long history is kept at a resolution.
func retention(step time.Duration) time.Duration {
	switch {
	case step < 30*time.Second:
		return 3 * time.Hour
	case step < 5*time.Minute:
		return 7 * 24 * time.Hour
	case step < 30*time.Minute:
		return 30 * 24 * time.Hour
	}
	return 365 * 24 * time.Hour
}

// farFuture is beyond any clock, in ms, and far from where sums overflow.
const farFuture = 1 << 53

// periods are the samples a call asks for, oldest first.
func (q query) periods(c *call, steps []time.Duration) ([]period, error) {
	step := time.Duration(q.resolution) * time.Millisecond
	if step == 0 {
		step = steps[0]
	}
	if !slices.Contains(steps, step) {
		return nil, apiError{"resolution", "Invalid value for this endpoint."}
	}
	now, ms := c.now, step.Milliseconds()
	last := now.UnixMilli()
	if q.end != 0 {
		last = min(last, min(q.end, farFuture)-c.protocol.Skew.Milliseconds())
	}
	last -= last % ms
	first := last
	if q.start != 0 {
		first = min(q.start, farFuture) - c.protocol.Skew.Milliseconds()
		if q.end != 0 && q.start > q.end {
			return nil, apiError{"start_time", "The start is after the end."}
		}
	}
	if first > last {
		return nil, nil
	}
	first = max(first, now.Add(-retention(step)).UnixMilli())
	first += (ms - first%ms) % ms
	var ps []period
	for t := first; t <= last; t += ms {
		ps = append(ps, period{time.UnixMilli(t).UTC(), step})
	}
	return ps, nil
}
