package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle"
	"darksite/bundle/review"
	"darksite/bundle/safefile"
)

// ErrOrders says that an officer has asked for changes that were not made yet.
var ErrOrders = errors.New("an officer has asked for changes")

// What an officer can ask for.
const (
	Hide   = "hide"   // words, wherever they stand
	Remove = "remove" // a file
)

// Bounds of what a pattern may stand for.
const (
	maxPatternHits = 1000
	minPatternHit  = 3
	maxPatternHit  = 256
	maxOrders      = 200
)

// Order is a change an officer wants before the bundle may leave. A collector
// makes it with [Pipeline.Amend]; then there is a new freeze and a new review.
type Order struct {
	N       int      `json:"n"`
	Officer string   `json:"officer"`
	What    string   `json:"what"`    // Hide or Remove
	Words   []string `json:"words"`   // to hide
	Pattern string   `json:"pattern"` // the words were found by, if any
	Path    string   `json:"path"`    // of a file to remove
	Reason  string   `json:"reason"`
}

// Orders are the changes that were asked for and not made yet. They name what
// must be hidden: they stay in the folder of the bundle and are neither in the
// journal nor in any bundle.
func (p *Pipeline) Orders(id bundle.ID) ([]Order, error) {
	r, err := p.load(id)
	if err != nil {
		return nil, err
	}
	var file ordersFile
	err = readJSON(p.ordersFile(id), &file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && file.Manifest != r.Manifest {
		return nil, nil // what is frozen now is what became of them
	}
	if err != nil {
		return nil, fmt.Errorf("orders of bundle %s: %w", id, err)
	}
	return file.Orders, nil
}

// ordersFile is how orders lie on disk: for one manifest.
type ordersFile struct {
	Manifest bundle.Digest `json:"manifest"`
	Orders   []Order       `json:"orders"`
}

func (p *Pipeline) ordersFile(id bundle.ID) string { return filepath.Join(p.Folder(id), "orders.json") }

func (p *Pipeline) saveOrders(r *Record, all []Order) error {
	text, err := json.Marshal(ordersFile{r.Manifest, all})
	if err != nil {
		return fmt.Errorf("orders of bundle %s: %w", r.BID, err)
	}
	return safefile.Write(p.ordersFile(r.BID), text, 0o600)
}

// Ask takes an order of an officer who has opened the review. N is given by it.
// The bundle cannot be approved until the order is carried out or taken back.
func (p *Pipeline) Ask(ctx context.Context, id bundle.ID, o Order) (Order, error) {
	r, release, err := p.reviewing(id, o.Officer)
	if err != nil {
		return Order{}, err
	}
	defer release()
	all, err := p.Orders(id)
	if err != nil {
		return Order{}, err
	}
	if len(all) >= maxOrders {
		return Order{}, fmt.Errorf("bundle %s: %d changes are asked for already: reject it instead: %w", id, len(all), ErrRefused)
	}
	details, err := p.checkOrder(ctx, r, &o)
	if err != nil {
		return Order{}, fmt.Errorf("bundle %s: %w", id, err)
	}
	for _, other := range all {
		o.N = max(o.N, other.N)
	}
	o.N++
	details["order"] = strconv.Itoa(o.N)
	if err := p.journal(ctx, r, "order-"+o.What, o.Officer, details); err != nil {
		return Order{}, err
	}
	return o, p.saveOrders(r, append(all, o))
}

// checkOrder holds an order to the bundle and says what the journal may know of
// it: never what is to be hidden.
func (p *Pipeline) checkOrder(ctx context.Context, r *Record, o *Order) (map[string]string, error) {
	o.Reason = oneLine(o.Reason)
	t, err := p.o.Trust()
	if err != nil {
		return nil, err
	}
	c, err := p.reload(ctx, r, t.Roster)
	if err != nil {
		return nil, p.void(ctx, r, o.Officer, err)
	}
	defer c.Close()
	m := c.frozen.Manifest()
	switch {
	case o.What == Remove && slices.ContainsFunc(m.Files, func(e bundle.Entry) bool { return e.Path == o.Path && e.Path != ReportPath }):
		return map[string]string{"path": o.Path, "reason": o.Reason}, nil
	case o.What == Remove:
		return nil, fmt.Errorf("remove %q: no such file that could be removed: %w", o.Path, ErrRefused)
	case o.What == Hide && o.Pattern != "":
		if o.Words, err = matches(ctx, c.tree(), m.Files, o.Pattern); err != nil {
			return nil, fmt.Errorf("hide by pattern: %w", err)
		}
	}
	for _, w := range o.Words {
		if n := len(strings.TrimSpace(w)); n < 2 || n > maxPatternHit || strings.ContainsAny(w, "\n\r") {
			return nil, fmt.Errorf("hide %q: want 2 to %d bytes on one line: %w", w, maxPatternHit, ErrRefused)
		}
	}
	if o.What != Hide || len(o.Words) == 0 {
		return nil, fmt.Errorf("nothing to change was named: %w", ErrRefused)
	}
	return map[string]string{"words": strconv.Itoa(len(o.Words)), "reason": o.Reason}, nil
}

// Unask takes an order back; only who gave it can.
func (p *Pipeline) Unask(ctx context.Context, id bundle.ID, officer string, n int) error {
	r, release, err := p.reviewing(id, officer)
	if err != nil {
		return err
	}
	defer release()
	all, err := p.Orders(id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(o Order) bool { return o.N == n && o.Officer == officer })
	if i < 0 {
		return fmt.Errorf("bundle %s: %s has given no order %d: %w", id, officer, n, ErrRefused)
	}
	if err := p.journal(ctx, r, "order-back", officer, map[string]string{"order": strconv.Itoa(n)}); err != nil {
		return err
	}
	return p.saveOrders(r, slices.Delete(all, i, i+1))
}

// Matches are the distinct strings in a bundle that a pattern finds: what would
// be hidden by it.
func (l *Look) Matches(ctx context.Context, pattern string) ([]string, error) {
	return matches(ctx, l.FS, l.Files, pattern)
}

func matches(ctx context.Context, tree fs.FS, files []bundle.Entry, pattern string) ([]string, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, ErrRefused)
	}
	found := map[string]bool{}
	err = review.Lines(ctx, tree, files, func(_ review.Place, line []byte) error {
		for _, hit := range re.FindAll(line, -1) {
			if len(hit) < minPatternHit || len(hit) > maxPatternHit {
				return fmt.Errorf("it finds %q: want %d to %d bytes: %w", hit, minPatternHit, maxPatternHit, ErrRefused)
			}
			if found[string(hit)] = true; len(found) > maxPatternHits {
				return fmt.Errorf("it finds more than %d different strings; remove the file instead: %w", maxPatternHits, ErrRefused)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("it finds nothing: %w", ErrRefused)
	}
	words := make([]string, 0, len(found))
	for w := range found {
		words = append(words, w)
	}
	slices.Sort(words)
	return words, nil
}

// removed reports whether a path is ordered away.
func removed(orders []Order, path string) (Order, bool) {
	i := slices.IndexFunc(orders, func(o Order) bool { return o.What == Remove && o.Path == path })
	if i < 0 {
		return Order{}, false
	}
	return orders[i], true
}

// hidden are all words ordered to be hidden.
func hidden(orders []Order) []string {
	var words []string
	for _, o := range orders {
		words = append(words, o.Words...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}
