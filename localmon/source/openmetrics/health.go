package openmetrics

import (
	"strings"

	"darksite/localmon"
)

// judge turns the array's word for a part into the kit's health. A word that is
// not here is a warning: a new word is news.
func judge(word string) localmon.Health {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "":
		return localmon.HealthUnknown
	case "ok", "healthy", "ready", "unused", "not_installed", "not installed", "empty":
		return localmon.HealthOK
	case "critical", "unhealthy", "failed", "missing", "unrecognized", "device_off", "not ready", "not_ready", "offline", "not present", "not_present":
		return localmon.HealthCritical
	default:
		return localmon.HealthWarning
	}
}

// badness orders health for belief: what is known to be bad beats what is not
// known, and that beats OK.
func badness(h localmon.Health) int {
	switch h {
	case localmon.HealthOK:
		return 0
	case localmon.HealthWarning:
		return 2
	case localmon.HealthCritical:
		return 3
	default:
		return 1
	}
}
