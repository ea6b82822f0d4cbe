package flasharray

import (
	"strings"
	"time"
)

// endpoint is one row of the positive list. The client asks for rows, never
// for strings, so a path that is not here cannot be asked for.
type endpoint struct {
	path  string // below /api/<version>/
	every time.Duration
	since restVersion // first REST version that has it
	// plural rows list things that repeat (volumes, hosts); their pages are
	// asked for by the thousand.
	plural bool
}

const (
	quick    = 30 * time.Second
	slow     = 5 * time.Minute
	onDemand = 0 // read by Raw only
)

// The rows Collect reads. Intervals follow what the array itself renews: space
// is computed every five minutes, performance of objects every thirty seconds.
var (
	epArraysPerformance  = &endpoint{path: "arrays/performance", every: quick}
	epAlerts             = &endpoint{path: "alerts", every: quick, plural: true}
	epDrives             = &endpoint{path: "drives", every: quick, plural: true}
	epControllers        = &endpoint{path: "controllers", every: quick}
	epHardware           = &endpoint{path: "hardware", every: quick, plural: true}
	epNetworkPerformance = &endpoint{path: "network-interfaces/performance", every: quick, plural: true}
	epVolumesPerformance = &endpoint{path: "volumes/performance", every: quick, plural: true}
	epHostsPerformance   = &endpoint{path: "hosts/performance", every: quick, plural: true}
	epArrays             = &endpoint{path: "arrays", every: slow}
	epVolumes            = &endpoint{path: "volumes", every: slow, plural: true}
	epHosts              = &endpoint{path: "hosts", every: slow, plural: true}
	epPods               = &endpoint{path: "pods", every: slow, plural: true}
	epNetworkInterfaces  = &endpoint{path: "network-interfaces", every: slow, plural: true}
	epSubscriptions      = &endpoint{path: "subscriptions", every: slow, since: restVersion{2, 26}}
	collected            = []*endpoint{epArraysPerformance, epAlerts, epDrives, epControllers, epHardware, epNetworkPerformance, epVolumesPerformance, epHostsPerformance, epArrays, epVolumes, epHosts, epPods, epNetworkInterfaces, epSubscriptions}
	rawOnly              = []*endpoint{
		{path: "arrays/space", every: onDemand},
		{path: "array-connections", every: onDemand, plural: true},
		{path: "connections", every: onDemand, plural: true},
		{path: "hosts/performance/balance", every: onDemand, plural: true},
		{path: "network-interfaces/port-details", every: onDemand, plural: true, since: restVersion{2, 16}},
		{path: "pod-replica-links/lag", every: onDemand, plural: true},
		{path: "ports", every: onDemand, plural: true},
		{path: "software", every: onDemand, since: restVersion{2, 2}},
		{path: "maintenance-windows", every: onDemand},
		{path: "alerts/rules/catalog", every: onDemand, plural: true, since: restVersion{2, 23}},
	}
)

// Paths lists every path a Source can ask of an array, for the site's own
// security review. All are read by GET.
func Paths() []string {
	var all []string
	for _, rows := range [][]*endpoint{collected, rawOnly} {
		for _, ep := range rows {
			all = append(all, ep.path)
		}
	}
	return all
}

// restVersion is a version of the REST interface. The zero value is older than
// any.
type restVersion struct{ major, minor int }

// The versions this package knows: the oldest with every row it cannot do
// without, and the newest it was held against.
var (
	oldestVersion = restVersion{2, 4}
	newestVersion = restVersion{2, 56}
)

func (v restVersion) less(o restVersion) bool {
	if v.major != o.major {
		return v.major < o.major
	}
	return v.minor < o.minor
}

// choose picks the newest version both sides know. Lists skip versions and are
// not taken to be in order.
func choose(offered []string) (restVersion, bool) {
	var best restVersion
	for _, s := range offered {
		v, ok := parseVersion(s)
		if ok && best.less(v) && !v.less(oldestVersion) && !newestVersion.less(v) {
			best = v
		}
	}
	return best, best != restVersion{}
}

func parseVersion(s string) (restVersion, bool) {
	major, minor, ok := strings.Cut(s, ".")
	if !ok {
		return restVersion{}, false
	}
	a, okA := smallInt(major)
	b, okB := smallInt(minor)
	return restVersion{a, b}, okA && okB
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
