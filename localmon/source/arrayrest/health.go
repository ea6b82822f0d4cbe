package arrayrest

import (
	"strings"

	"darksite/localmon"
)

// Judge turns a status word into the kit's health. The words are those of the
// interface description (drives, controllers, hardware, hosts), those seen in
// recordings, and those other products report having seen. A word that is not
// here is a warning: a new word is news.
func Judge(word string) localmon.Health {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "":
		return localmon.HealthUnknown
	case "ok", "healthy", "ready", "unused", "not_installed", "not installed", "empty":
		return localmon.HealthOK
	case "critical", "unhealthy", "failed", "missing", "unrecognized", "device_off", "not ready", "not_ready", "offline", "not present", "not_present":
		return localmon.HealthCritical
	default: // identifying, recovering, unadmitted, updating, degraded, unknown, ...
		return localmon.HealthWarning
	}
}

// Worse orders health for belief: what is known to be bad beats what is not
// known, and what is not known beats OK.
func Worse(a, b localmon.Health) localmon.Health {
	if badness(b) > badness(a) {
		return b
	}
	return a
}

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
