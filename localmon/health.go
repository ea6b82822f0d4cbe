package localmon

import (
	"cmp"
	"strings"
)

// JudgeWord turns a status word of an array into the kit's health. The words are
// those of the interface descriptions, those seen in recordings, and those other
// products report having seen. A word that is not here is a warning: a new word
// is news.
func JudgeWord(word string) Health {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "":
		return HealthUnknown
	case "ok", "healthy", "ready", "unused", "not_installed", "not installed", "empty":
		return HealthOK
	case "critical", "unhealthy", "failed", "missing", "unrecognized", "device_off", "not ready", "not_ready", "offline", "not present", "not_present":
		return HealthCritical
	default: // identifying, recovering, unadmitted, updating, degraded, unknown, ...
		return HealthWarning
	}
}

// WorseThan orders health for belief: what is known to be bad beats what is not
// known, and what is not known beats OK.
func (h Health) WorseThan(o Health) bool { return h.badness() > o.badness() }

func (h Health) badness() int {
	switch h {
	case HealthOK:
		return 0
	case HealthWarning:
		return 2
	case HealthCritical:
		return 3
	default:
		return 1
	}
}

// WorseOf is own, or own with the word and health that another list gives
// where those are worse, so that word and health always belong together. Arrays
// have been seen that call a bay ok whose drive has failed, and the other way
// round. A place without a word says nothing of what is in it, and neither does
// one whose lamp is lit or whose firmware is renewed.
func WorseOf(own, place ComponentState) ComponentState {
	word := strings.ToLower(place.Status)
	if word == "" || word == "identifying" || word == "updating" || !place.Health.WorseThan(own.Health) {
		return own
	}
	said := "the word is of its " + place.Type + ", its own list says " + cmp.Or(own.Status, "nothing")
	if own.Detail != "" {
		said = own.Detail + ", " + said
	}
	own.Detail, own.Status, own.Health = said, place.Status, place.Health
	return own
}
