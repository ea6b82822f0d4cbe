package flasharray

import (
	"darksite/localmon/source/arrayrest"
)

// The versions this package knows: the oldest with every row it cannot do
// without, and the newest it was held against.
var dialect = arrayrest.Dialect{
	Array: "FlashArray", Versions: "version", Release: "Purity 6.1.0",
	Oldest: arrayrest.Version{Major: 2, Minor: 4}, Newest: arrayrest.Version{Major: 2, Minor: 56},
}

// The rows Collect reads. Intervals follow what the array itself renews: space
// is computed every five minutes, performance of objects every thirty seconds.
var (
	rowArraysPerformance  = &arrayrest.Row{Path: "arrays/performance", Every: arrayrest.Quick, History: arrayrest.Quick}
	rowAlerts             = &arrayrest.Row{Path: "alerts", Every: arrayrest.Quick, Plural: true}
	rowDrives             = &arrayrest.Row{Path: "drives", Every: arrayrest.Quick, Plural: true}
	rowControllers        = &arrayrest.Row{Path: "controllers", Every: arrayrest.Quick}
	rowHardware           = &arrayrest.Row{Path: "hardware", Every: arrayrest.Quick, Plural: true}
	rowNetworkPerformance = &arrayrest.Row{Path: "network-interfaces/performance", Every: arrayrest.Quick, Plural: true, History: arrayrest.Quick}
	rowVolumesPerformance = &arrayrest.Row{Path: "volumes/performance", Every: arrayrest.Quick, Plural: true, History: arrayrest.Quick}
	rowHostsPerformance   = &arrayrest.Row{Path: "hosts/performance", Every: arrayrest.Quick, Plural: true, History: arrayrest.Quick}
	rowArrays             = &arrayrest.Row{Path: "arrays", Every: arrayrest.Slow}
	rowVolumes            = &arrayrest.Row{Path: "volumes", Every: arrayrest.Slow, Plural: true}
	rowHosts              = &arrayrest.Row{Path: "hosts", Every: arrayrest.Slow, Plural: true}
	rowPods               = &arrayrest.Row{Path: "pods", Every: arrayrest.Slow, Plural: true}
	rowNetworkInterfaces  = &arrayrest.Row{Path: "network-interfaces", Every: arrayrest.Slow, Plural: true}
	rowPortDetails        = &arrayrest.Row{Path: "network-interfaces/port-details", Every: arrayrest.Slow, Plural: true, Since: arrayrest.Version{Major: 2, Minor: 16}}
	rowReplicaLinks       = &arrayrest.Row{Path: "pod-replica-links/lag", Every: arrayrest.Slow, Plural: true}
	rowSubscriptions      = &arrayrest.Row{Path: "subscriptions", Every: arrayrest.Slow, Since: arrayrest.Version{Major: 2, Minor: 26}}

	// Read for what was missed only: /arrays tells the same of now.
	rowArraysSpace = &arrayrest.Row{Path: "arrays/space", History: arrayrest.Slow}

	collected = []*arrayrest.Row{
		rowArraysPerformance, rowAlerts, rowDrives, rowControllers, rowHardware, rowNetworkPerformance, rowVolumesPerformance,
		rowHostsPerformance, rowArrays, rowVolumes, rowHosts, rowPods, rowNetworkInterfaces, rowPortDetails, rowReplicaLinks, rowSubscriptions,
	}
	rawOnly = []*arrayrest.Row{
		rowArraysSpace,
		{Path: "array-connections", Plural: true},
		{Path: "connections", Plural: true},
		{Path: "hosts/performance/balance", Plural: true},
		{Path: "ports", Plural: true},
		{Path: "software", Since: arrayrest.Version{Major: 2, Minor: 2}},
		{Path: "maintenance-windows"},
		{Path: "alerts/rules/catalog", Plural: true, Since: arrayrest.Version{Major: 2, Minor: 23}},
	}
)

// Paths lists every path a Source can ask of an array, for the site's own
// security review. All are read by GET.
func Paths() []string { return arrayrest.Paths(collected, rawOnly) }
