package arrayrest

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Row is one row of a positive list. The client asks for rows, never for
// strings, so a path that is in no row cannot be asked for. Rows are made once,
// as variables of the package that speaks the interface, and compared by
// pointer.
type Row struct {
	Path  string        // below the version, such as hardware
	Query string        // what every request of the row asks, such as protocol=NFS
	Every time.Duration // between two readings; zero for rows that are read on demand
	Since Version       // first REST version that has it
	Until Version       // first REST version that no longer has it; zero for none
	// Plural rows list things that repeat (volumes, hosts); their pages are
	// asked for by the thousand.
	Plural bool
	// History is the finest step at which the array keeps the row's past; zero
	// for rows without one.
	History time.Duration
}

// Intervals that fit what arrays renew themselves: performance every thirty
// seconds, space every five minutes, what people set up hardly ever.
const (
	Quick = 30 * time.Second
	Slow  = 5 * time.Minute
	Rare  = time.Hour
)

// String names the row as it stands in the label endpoint and in errors.
func (r *Row) String() string {
	if r.Query == "" {
		return r.Path
	}
	return r.Path + "?" + r.Query
}

// in reports whether a version of the interface has the row.
func (r *Row) in(v Version) bool {
	return !v.Less(r.Since) && (r.Until == Version{} || v.Less(r.Until))
}

// query is what a request of the row asks, with more of its own.
func (r *Row) query(more url.Values) url.Values {
	q, err := url.ParseQuery(r.Query)
	if err != nil {
		panic("arrayrest: the query of row " + r.Path + " is not one: " + err.Error())
	}
	for name, values := range more {
		q[name] = values
	}
	return q
}

// Paths lists what rows can ask for, for the site's own security review.
func Paths(lists ...[]*Row) []string {
	var all []string
	for _, rows := range lists {
		for _, r := range rows {
			all = append(all, r.String())
		}
	}
	return all
}

// Version is a version of the REST interface. The zero value is older than
// any.
type Version struct{ Major, Minor int }

// Less orders versions.
func (v Version) Less(o Version) bool {
	if v.Major != o.Major {
		return v.Major < o.Major
	}
	return v.Minor < o.Minor
}

// String spells the version as it stands in a path.
func (v Version) String() string { return strconv.Itoa(v.Major) + "." + strconv.Itoa(v.Minor) }

// ParseVersion reads major.minor; versions of three parts, as very old arrays
// list them, are not of this interface.
func ParseVersion(s string) (Version, bool) {
	major, minor, ok := strings.Cut(s, ".")
	if !ok {
		return Version{}, false
	}
	a, okA := smallInt(major)
	b, okB := smallInt(minor)
	return Version{a, b}, okA && okB
}

func smallInt(s string) (int, bool) {
	if s == "" || len(s) > 4 {
		return 0, false
	}
	n := 0
	for _, r := range s {
		if r < '0' || r > '9' {
			return 0, false
		}
		n = n*10 + int(r-'0')
	}
	return n, true
}

// Dialect is what tells the interfaces of the two kinds of array apart before
// the first list is read.
type Dialect struct {
	Array    string  // what the array is called, such as FlashArray
	Versions string  // the key of the version list's reply
	Oldest   Version // with every row a source cannot do without
	Newest   Version // the newest the source was held against
	Release  string  // the array software that Oldest came with, for people; empty when not known
	// Unversioned says that log-in and log-out have no version in their path.
	Unversioned bool
}

// choose picks the newest version both sides know. Lists skip versions and are
// not taken to be in order.
func (d Dialect) choose(offered []string) (Version, bool) {
	var best Version
	for _, s := range offered {
		v, ok := ParseVersion(s)
		if ok && best.Less(v) && !v.Less(d.Oldest) && !d.Newest.Less(v) {
			best = v
		}
	}
	return best, best != Version{}
}

// session is the path of log-in or log-out.
func (d Dialect) session(v Version, what string) string {
	if d.Unversioned {
		return "/api/" + what
	}
	return versioned(v, what)
}

func versioned(v Version, path string) string { return "/api/" + v.String() + "/" + path }
