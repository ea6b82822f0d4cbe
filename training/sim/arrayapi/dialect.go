package arrayapi

import (
	"strconv"
	"strings"
	"time"

	"darksite/training/sim"
)

// dialect is what the interfaces of the two families do not have in common.
// Sessions, parameters, filters, pages and disturbances are shared.
type dialect struct {
	versionKey  string   // of the list of versions
	versions    []string // in the order they are told
	idleTimeout time.Duration
	// versioned says whether login and logout are answered below a version too.
	versioned bool
	endpoints map[string]func(*call) resource
	window    string // the one name of a maintenance window
	// acting are the endpoints that look like the others and do something.
	acting map[string]string
	// since is the first REST 2 version of endpoints that came later.
	since map[string]int
	// mostNames is how many objects one call may name; 0 for any number.
	mostNames func(path string, minor int) int
	// learned is how many versions an upgrade of the software brings, and newest
	// the last that is described.
	learned, newest int
	// look takes the view of an instant that a call is answered from.
	look func(c *call, s sim.Sight)
	// body is a page in the form of this interface.
	body func(page) any
}

func dialectOf(f sim.Family) dialect {
	switch f {
	case sim.FlashBlade:
		return flashBlade
	default:
		return flashArray
	}
}

// endpoint finds what answers a path of a known version.
func (d dialect) endpoint(c *call) (func(*call) resource, bool) {
	build, ok := d.endpoints[c.path]
	return build, ok && c.minor >= d.since[c.path]
}

// minorOf is the number behind the dot of a version such as 2.17.
func minorOf(version string) int {
	_, text, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// flashArray is the interface of the FlashArray kind. Some numbers of its
// versions were never used.
var flashArray = dialect{
	versionKey: "version",
	versions: []string{
		"1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9", "1.10", "1.11", "1.12", "1.13",
		"1.14", "1.15", "1.16", "1.17", "1.18", "1.19", "2.0", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7",
		"2.8", "2.9", "2.10", "2.11", "2.13", "2.14", "2.15", "2.16", "2.17", "2.19", "2.20", "2.21", "2.22",
		"2.23", "2.24", "2.25", "2.26",
	},
	idleTimeout: arrayIdleTimeout,
	versioned:   true,
	endpoints:   endpoints,
	acting:      acting,
	window:      "environment",
	learned:     4,
	newest:      56,
	mostNames:   func(string, int) int { return 0 },
	look: func(c *call, s sim.Sight) {
		c.view = s.(sim.View)
		c.moment = c.h.moment(c.view)
	},
	body: func(p page) any { return p.arrayPage() },
}

// arrayIdleTimeout is how long a session of a FlashArray lives without a call,
// in array time.
const arrayIdleTimeout = time.Hour

// arrayPage is the form of every reply of a FlashArray that holds items. The
// count is told when it was asked for.
type arrayPage struct {
	ContinuationToken  *string    `json:"continuation_token"`
	Errors             []apiError `json:"errors,omitempty"`
	Items              []any      `json:"items"`
	MoreItemsRemaining bool       `json:"more_items_remaining"`
	Total              []any      `json:"total,omitempty"`
	TotalItemCount     *int       `json:"total_item_count"`
}

func (p page) arrayPage() arrayPage {
	a := arrayPage{ContinuationToken: p.token, Errors: p.errors, Items: p.items, MoreItemsRemaining: p.more, Total: p.total}
	if p.counted {
		a.TotalItemCount = &p.count
	}
	return a
}
