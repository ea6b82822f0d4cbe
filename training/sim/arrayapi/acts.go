package arrayapi

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// acting are the endpoints that look like the others and do something: they
// send mails, traps and messages, or try log-ins, to see whether those arrive.
// A monitor must never call them. They answer as if all had gone well, and the
// call is counted; see Handler.Acted.
var acting = map[string]string{
	"active-directory/test":             "ldap-connecting",
	"alert-watchers/test":               "alert-watcher",
	"arrays/ntp-test":                   "validate-ntp-configuration",
	"directory-services/test":           "binding",
	"kmip/test":                         "connecting",
	"log-targets/syslog/test":           "connecting",
	"policies/alert-watcher/rules/test": "alert-watcher",
	"snmp-managers/test":                "connecting",
	"sso/saml2/idps/test":               "connecting",
	"support/test":                      "phonehome",
	"syslog-servers/test":               "connecting",
}

// ActingEndpoints lists the paths below /api/{version}/ that are read with GET
// and make a real array do something.
func ActingEndpoints() []string { return slices.Sorted(maps.Keys(acting)) }

// Acted is how often a call was made that would have had a real array do or
// change something, by method and path: "GET support/test", "PATCH volumes".
// Calls without a session count as well; log-in and log-out do not.
func (h *Handler) Acted() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.acted)
}

// The keys under which calls are counted are bounded, as clients choose them.
const (
	maxActs = 1000
	maxAct  = 200
)

// watch counts a call that acts.
func (h *Handler) watch(c *call) {
	last := c.path[strings.LastIndexByte(c.path, '/')+1:]
	if c.r.Method == http.MethodGet && last != "test" && !strings.HasSuffix(last, "-test") {
		return
	}
	what := c.r.Method + " " + c.path
	what = what[:min(len(what), maxAct)]
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.acted[what]; !ok && len(h.acted) >= maxActs {
		what = "others"
	}
	h.acted[what]++
}

type testResult struct {
	ComponentName string `json:"component_name"`
	Description   string `json:"description"`
	Destination   string `json:"destination"`
	Enabled       bool   `json:"enabled"`
	ResultDetails string `json:"result_details"`
	Success       bool   `json:"success"`
	TestType      string `json:"test_type"`
}

// tried answers a call that acts: one result for each controller, in a list
// that has no pages.
func (c *call) tried(kind string) {
	var results []testResult
	for _, ct := range c.view.Controllers() {
		results = append(results, testResult{
			ComponentName: strings.ToLower(ct.Name), Description: "Test of " + c.path, Enabled: true, Success: true, TestType: kind,
		})
	}
	c.send(http.StatusOK, map[string][]testResult{"items": results})
}
