package simhost

import "maps"

// Acted is how often each array was called to do or change something, by the name of the
// array and the call; see arrayapi.Handler.Acted.
func (h *Host) Acted() map[string]map[string]int {
	all := map[string]map[string]int{}
	for i, s := range h.servers {
		all[h.arrays[i].Options().Name] = maps.Clone(s.Handler().Acted())
	}
	return all
}
