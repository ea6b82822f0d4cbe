package arrayapi

import (
	"strings"
	"time"

	"darksite/training/sim"
)

// bladeIdleTimeout is how long a session of a FlashBlade lives without a call,
// in array time.
const bladeIdleTimeout = 3 * time.Hour

// flashBlade is the interface of the FlashBlade kind.
var flashBlade = dialect{
	versionKey: "versions",
	versions: []string{
		"1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.8.1", "1.9", "1.10", "1.11", "1.12",
		"2.0", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8", "2.9", "2.10", "2.11", "2.12", "2.13", "2.14",
		"2.15", "2.16", "2.17", "2.18", "2.19", "2.20", "2.21", "2.22", "2.23", "2.24", "2.25", "2.26", "2.27", "2.28",
	},
	idleTimeout: bladeIdleTimeout,
	endpoints: map[string]func(*call) resource{
		"alerts":                 bladeAlerts,
		"array-connections":      none,
		"array-connections/path": none,
		"array-connections/performance/replication": none,
		"arrays":                                    bladeArrays,
		"arrays/clients/performance":                bladeClients,
		"arrays/clients/s3-specific-performance":    bladeS3Clients,
		"arrays/http-specific-performance":          bladeArrayHTTP,
		"arrays/nfs-specific-performance":           bladeArrayNFS,
		"arrays/performance":                        bladeArrayPerformance,
		"arrays/performance/replication":            bladeArrayReplication,
		"arrays/s3-specific-performance":            bladeArrayS3,
		"arrays/space":                              bladeArraySpace,
		"blades":                                    blades,
		"bucket-replica-links":                      none,
		"buckets":                                   buckets,
		"buckets/performance":                       bucketsPerformance,
		"buckets/s3-specific-performance":           bucketsS3,
		"certificates":                              bladeCertificates,
		"dns":                                       bladeDNS,
		"drives":                                    bladeDrives,
		"file-system-replica-links":                 none,
		"file-system-snapshots":                     none,
		"file-systems":                              bladeFileSystems,
		"file-systems/performance":                  fileSystemsPerformance,
		"hardware":                                  bladeHardware,
		"hardware-connectors":                       bladeConnectors,
		"hardware-connectors/performance":           bladeConnectorsPerformance,
		"link-aggregation-groups":                   bladeAggregates,
		"maintenance-windows":                       maintenanceWindows,
		"network-interfaces":                        bladeInterfaces,
		"network-interfaces/connectors":             bladeConnectors,
		"network-interfaces/connectors/performance": bladeConnectorsPerformance,
		"nfs-export-policies":                       exportPolicies,
		"nfs-export-policies/rules":                 exportRules,
		"nodes":                                     none,
		"object-store-accounts":                     accounts,
		"smtp-servers":                              none,
		"snmp-managers":                             none,
		"subnets":                                   bladeSubnets,
		"support":                                   bladeSupport,
		"syslog-servers":                            none,
		"targets":                                   none,
		"usage/groups":                              usageOfGroups,
		"usage/users":                               usageOfUsers,
	},
	since: map[string]int{
		"drives": 4, "hardware-connectors/performance": 3, "network-interfaces/connectors": 17,
		"network-interfaces/connectors/performance": 17, "nodes": 18,
	},
	window:    "array",
	mostNames: bladeMostNames,
	look:      func(c *call, s sim.Sight) { c.blade = s.(sim.BladeView) },
	body:      func(p page) any { return p.bladePage() },
}

// bladeMostNames bounds the lists whose rows cost an array much: five objects a
// call, ten in newer software. Which version brought the ten is not published;
// 2.18 is a guess.
func bladeMostNames(path string, minor int) int {
	switch path {
	case "file-systems/performance", "buckets/performance", "buckets/s3-specific-performance":
		if minor < 18 {
			return 5
		}
		return 10
	}
	return 0
}

// bladePage is the form of every reply of a FlashBlade that holds items. The
// count is always told, and some totals are one object.
type bladePage struct {
	Total             any        `json:"total,omitempty"`
	ContinuationToken *string    `json:"continuation_token"`
	Errors            []apiError `json:"errors,omitempty"`
	TotalItemCount    int        `json:"total_item_count"`
	Items             []any      `json:"items"`
}

func (p page) bladePage() bladePage {
	b := bladePage{ContinuationToken: p.token, Errors: p.errors, TotalItemCount: p.count, Items: p.items}
	switch {
	case p.whole && len(p.total) > 0:
		b.Total = p.total[0]
	case p.total != nil:
		b.Total = p.total
	}
	return b
}

// The resolutions of history a FlashBlade has.
var (
	bladeSpaceSteps  = []time.Duration{5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 24 * time.Hour}
	bladeObjectSteps = append([]time.Duration{30 * time.Second}, bladeSpaceSteps...)
	bladeArraySteps  = append([]time.Duration{time.Second}, bladeObjectSteps...)
)

// refused is a resource that cannot be served.
func refused(err error) resource { return resource{err: err} }

// oneOf reads a parameter that is one of some words, the first when it is not
// given. Case does not matter.
func oneOf[W ~string](c *call, name string, words ...W) (W, error) {
	given := c.r.URL.Query().Get(name)
	if given == "" {
		return words[0], nil
	}
	for _, w := range words {
		if strings.EqualFold(given, string(w)) {
			return w, nil
		}
	}
	return "", apiError{name, "Invalid value for this endpoint."}
}
