package flashblade

import "darksite/localmon/source/arrayrest"

// The versions this package knows. 2.0 has every row it cannot do without;
// connectors' performance came with 2.3 and drives with 2.4, and the array is
// watched without them before. 2.28 is the newest it was held against.
var dialect = arrayrest.Dialect{
	Array: "FlashBlade", Versions: "versions", Unversioned: true,
	Oldest: arrayrest.Version{Major: 2, Minor: 0}, Newest: arrayrest.Version{Major: 2, Minor: 28},
}

// connectorsMoved is the version from which on the array asks to read the
// performance of its connectors elsewhere.
var connectorsMoved = arrayrest.Version{Major: 2, Minor: 17}

// performance is the row of one protocol of the array as a whole.
func performance(protocol string) *arrayrest.Row {
	return &arrayrest.Row{Path: "arrays/performance", Query: "protocol=" + protocol, Every: arrayrest.Quick, History: arrayrest.Quick}
}

// space is the row of the space of one type of object.
func space(kind string) *arrayrest.Row {
	return &arrayrest.Row{Path: "arrays/space", Query: "type=" + kind, Every: arrayrest.Slow, History: arrayrest.Slow}
}

// The rows Collect reads. The performance of file systems and buckets is given
// by name only, a handful a request; see names.go.
var (
	rowPerformanceAll  = performance("all")
	rowPerformanceHTTP = performance("HTTP")
	rowPerformanceSMB  = performance("SMB")
	rowPerformanceNFS  = performance("NFS")
	rowPerformanceS3   = performance("S3")
	rowNFS             = &arrayrest.Row{Path: "arrays/nfs-specific-performance", Every: arrayrest.Quick}
	rowHTTP            = &arrayrest.Row{Path: "arrays/http-specific-performance", Every: arrayrest.Quick}
	rowS3              = &arrayrest.Row{Path: "arrays/s3-specific-performance", Every: arrayrest.Quick}
	rowAlerts          = &arrayrest.Row{Path: "alerts", Every: arrayrest.Quick, Plural: true}
	rowHardware        = &arrayrest.Row{Path: "hardware", Every: arrayrest.Quick, Plural: true}
	rowBlades          = &arrayrest.Row{Path: "blades", Every: arrayrest.Quick, Plural: true}
	rowDrives          = &arrayrest.Row{Path: "drives", Every: arrayrest.Quick, Plural: true, Since: arrayrest.Version{Major: 2, Minor: 4}}

	rowArrays           = &arrayrest.Row{Path: "arrays", Every: arrayrest.Slow}
	rowSpaceArray       = space("array")
	rowSpaceFileSystem  = space("file-system")
	rowSpaceObjectStore = space("object-store")
	rowOldConnectors    = &arrayrest.Row{Path: "hardware-connectors/performance", Every: arrayrest.Slow, Since: arrayrest.Version{Major: 2, Minor: 3}, Until: connectorsMoved}
	rowConnectors       = &arrayrest.Row{Path: "network-interfaces/connectors/performance", Every: arrayrest.Slow, Since: connectorsMoved}
	rowFileSystems      = &arrayrest.Row{Path: "file-systems", Every: arrayrest.Slow, Plural: true}
	rowFileSystemsPerf  = &arrayrest.Row{Path: "file-systems/performance", Every: arrayrest.Slow}
	rowBuckets          = &arrayrest.Row{Path: "buckets", Every: arrayrest.Slow, Plural: true}
	rowBucketsPerf      = &arrayrest.Row{Path: "buckets/performance", Every: arrayrest.Slow}
	rowArrayConnections = &arrayrest.Row{Path: "array-connections", Every: arrayrest.Slow, Plural: true}

	// rowsPerformance and rowsSpace are in the order of rows and values of the
	// label: protocol, and type.
	rowsPerformance = []labelled{{rowPerformanceAll, "all"}, {rowPerformanceHTTP, "HTTP"}, {rowPerformanceSMB, "SMB"}, {rowPerformanceNFS, "NFS"}, {rowPerformanceS3, "S3"}}
	rowsSpace       = []labelled{{rowSpaceArray, "array"}, {rowSpaceFileSystem, "file-system"}, {rowSpaceObjectStore, "object-store"}}

	collected = []*arrayrest.Row{
		rowPerformanceAll, rowPerformanceHTTP, rowPerformanceSMB, rowPerformanceNFS, rowPerformanceS3, rowNFS, rowHTTP, rowS3,
		rowAlerts, rowHardware, rowBlades, rowDrives,
		rowArrays, rowSpaceArray, rowSpaceFileSystem, rowSpaceObjectStore, rowOldConnectors, rowConnectors,
		rowFileSystems, rowFileSystemsPerf, rowBuckets, rowBucketsPerf, rowArrayConnections,
	}
	// rawOnly adds what a support case asks for. Clients are there and not in
	// collected: hundreds of series named by addresses that come and go. What
	// users and groups take (usage) is nowhere: it is one request a file
	// system, and on large arrays minutes of the array's time.
	rawOnly = []*arrayrest.Row{
		{Path: "arrays/performance/replication"},
		{Path: "arrays/clients/performance"},
		{Path: "array-connections/path", Plural: true},
		{Path: "hardware-connectors", Plural: true, Until: connectorsMoved},
		{Path: "network-interfaces/connectors", Plural: true, Since: connectorsMoved},
		{Path: "network-interfaces", Plural: true},
		{Path: "link-aggregation-groups", Plural: true},
		{Path: "file-system-replica-links", Plural: true},
		{Path: "bucket-replica-links", Plural: true},
		{Path: "nodes", Plural: true, Since: arrayrest.Version{Major: 2, Minor: 18}},
		{Path: "maintenance-windows", Plural: true, Since: arrayrest.Version{Major: 2, Minor: 16}},
	}
)

// labelled is a row whose query is also the value of a label.
type labelled struct {
	row   *arrayrest.Row
	value string
}

// Paths lists every path a Source can ask of an array, for the site's own
// security review. All are read by GET.
func Paths() []string { return arrayrest.Paths(collected, rawOnly) }
