package flashblade

import (
	"context"
	"net/url"
	"strings"
	"time"

	"darksite/localmon/source/arrayrest"
)

// An array gives the performance of its file systems and buckets for a few
// names a request: ten on newer versions, five on older ones, and it does not
// say which it is. A request has been seen to take more than half a second, so
// a look makes a few and the next goes on from there.
const (
	manyNames  = 10
	fewNames   = 5
	perLook    = 12              // requests of one row in one look, five more where names are gone
	shareOfOne = 8 * time.Second // after which a look begins no further request of the row
)

// byName reads one row name by name, in rounds over several looks. Read and
// want are never called at once.
type byName struct {
	row   *arrayrest.Row
	names []string        // what a round reads
	left  []string        // of the round that is under way
	step  int             // names a request
	asked map[string]bool // by the last Read
}

// want says what the next round is to read.
func (n *byName) want(names []string) { n.names = names }

// under reports whether a round is under way, so that the next look goes on.
func (n *byName) under() bool { return len(n.left) > 0 }

// Read reads the next names. It is an [arrayrest.Reader]. Names that the array
// no longer knows are passed over; when it refuses all, that is the error.
func (n *byName) Read(ctx context.Context, v *arrayrest.Visit, _ time.Time) (arrayrest.Listing, error) {
	n.asked = map[string]bool{}
	if !n.under() {
		n.left, n.step = n.names, manyNames
	}
	if !n.under() {
		return arrayrest.Listing{}, arrayrest.ErrNothingToAsk
	}
	share, cancel := context.WithTimeout(ctx, shareOfOne)
	defer cancel()
	var all arrayrest.Listing
	var refused error
	for requests := 0; requests < perLook && n.under() && share.Err() == nil; requests++ {
		group := n.left[:min(n.step, len(n.left))]
		err := n.ask(ctx, v, &all, group...)
		switch {
		case arrayrest.Refused(err) && len(group) > fewNames:
			n.step = fewNames
			continue
		case arrayrest.Refused(err):
			var others int
			if others, err = n.askEach(ctx, v, &all, group, err); err != nil && !arrayrest.Refused(err) {
				return all, err
			}
			requests += others
			refused = err
		case err != nil:
			return all, err
		}
		n.left = n.left[len(group):]
	}
	if all.Count == 0 && refused != nil {
		return all, refused
	}
	return all, nil
}

// ask reads some names in one request.
func (n *byName) ask(ctx context.Context, v *arrayrest.Visit, all *arrayrest.Listing, names ...string) error {
	l, err := v.List(ctx, n.row, url.Values{"names": {strings.Join(names, ",")}})
	if err != nil {
		return err
	}
	for _, name := range names {
		n.asked[name] = true
	}
	all.Join(l)
	return nil
}

// askEach asks for names that were refused together one by one, because one
// name that is gone makes the array refuse all. It says how many requests that
// took and the last refusal.
func (n *byName) askEach(ctx context.Context, v *arrayrest.Visit, all *arrayrest.Listing, names []string, refused error) (int, error) {
	if len(names) == 1 {
		return 0, refused
	}
	var last error
	for i, name := range names {
		err := n.ask(ctx, v, all, name)
		switch {
		case arrayrest.Refused(err):
			last = err
		case err != nil:
			return i + 1, err
		}
	}
	return len(names), last
}
