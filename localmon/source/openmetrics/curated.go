package openmetrics

import (
	"slices"
	"strings"

	"darksite/localmon"
)

// perObject are the dimensions of volumes, hosts, pods and directories that are
// worth a history: of the thirty-seven series the array serves for a volume six
// tell its work and two its space.
var perObject = []string{
	"usec_per_read_op", "usec_per_write_op", "reads_per_sec", "writes_per_sec", "read_bytes_per_sec", "write_bytes_per_sec",
}

// Curated keeps of a FlashArray's own endpoint what the REST source keeps:
// everything of the array as a whole, and of each volume, host, pod or directory
// its work and, of volumes, the space of data and snapshots. Which volume is
// given to which host is left out. Series of other exporters are all kept.
func Curated(metric string, labels []localmon.Label) bool {
	rest, ok := strings.CutPrefix(metric, "purefa_")
	if !ok {
		return true
	}
	object, what, ok := strings.Cut(rest, "_")
	if object == "volume" && strings.HasPrefix(what, "group_") {
		what = strings.TrimPrefix(what, "group_")
	}
	if !ok || !slices.Contains([]string{"volume", "host", "pod", "directory"}, object) {
		return true
	}
	switch {
	case what == "performance_average_bytes", what == "connections_info":
		return false
	case strings.HasPrefix(what, "performance_"):
		return slices.Contains(perObject, label(labels, "dimension"))
	case what == "space_bytes":
		space := label(labels, "space")
		return object == "volume" && (space == "unique" || space == "snapshots")
	case strings.HasPrefix(what, "space_"):
		return false
	}
	return true
}

func label(labels []localmon.Label, name string) string {
	for _, l := range labels {
		if l.Name == name {
			return l.Value
		}
	}
	return ""
}
