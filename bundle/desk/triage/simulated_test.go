package triage_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"darksite/bundle/desk/triage"
	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
)

// state asks a simulated array what a bundle would hold of it.
func state(t *testing.T, a *sim.Array, base string) fstest.MapFS {
	t.Helper()
	h := arrayapi.New(a)
	call := func(method, path, header, value string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		r.Header.Set(header, value)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	session := call(http.MethodPost, "/api/login", "api-token", h.Token()).Header().Get("x-auth-token")
	if session == "" {
		session = call(http.MethodPost, base+"login", "api-token", h.Token()).Header().Get("x-auth-token")
	}
	require.NotEmpty(t, session)
	out := fstest.MapFS{
		"files/monitor/alerts.jsonl":  {Data: nil},
		"files/monitor/changes.jsonl": {Data: nil},
	}
	for _, path := range []string{"arrays", "arrays/space", "alerts", "controllers", "drives", "hardware", "blades", "array-connections", "pod-replica-links/lag", "arrays/space?type=array"} {
		w := call(http.MethodGet, base+path, "x-auth-token", session)
		if w.Code != http.StatusOK || !json.Valid(w.Body.Bytes()) {
			continue // the other kind's, or a fault of the interface
		}
		out["files/arraystate/a/"+strings.NewReplacer("/", "-", "?type=", "-").Replace(path)+".json"] = &fstest.MapFile{Data: w.Body.Bytes()}
	}
	return out
}

// answers are the faults of the interface, which change nothing of the array.
func answers() []sim.Kind {
	return []sim.Kind{
		sim.ExpireSession, sim.TokenRefused, sim.HTTP500, sim.Slow, sim.TruncatedJSON, sim.DuplicateItems, sim.CertChange, sim.ClockSkew,
		sim.WrongVersion, sim.Partial207, sim.CounterNull, sim.EndlessBody, sim.DeepJSON, sim.HugeString, sim.SlowDrip, sim.Redirect,
	}
}

// What the rules of the desk find in the state of an array alone, without what
// the site's monitor raised, for every fault of the simulator. A fault that shows
// only over time, or in how the interface answers, is named by the monitor, whose
// findings come first: those have an empty name here.
func TestEverySimulatedFault(t *testing.T) {
	known := rules(t)
	for _, family := range []struct {
		of   sim.Family
		base string
		want map[sim.Kind]string
	}{
		{sim.FlashArray, "/api/2.26/", map[sim.Kind]string{
			sim.DriveFail: "drive-not-healthy", sim.DriveMissing: "drive-not-healthy", sim.DriveUnadmitted: "drive-not-healthy",
			sim.NVRAMFail: "nvram-not-healthy", sim.ControllerFail: "controller-not-ready", sim.CPUFail: "controller-not-ready",
			sim.FanSlow: "part-not-ok", sim.TempHigh: "part-not-ok", sim.PSULoss: "part-not-ok",
			sim.SASCable: "part-not-ok", sim.ReplicationLag: "copy-behind",
			// what no rule names is told in the array's own words
			sim.DrivePathLost: "array-warns", sim.PortErrors: "array-warns", sim.LinkFlap: "array-warns",
			sim.SFPDegrade: "array-warns", sim.MediatorDown: "array-warns",
		}},
		{sim.FlashBlade, "/api/2.20/", map[sim.Kind]string{
			sim.BladeUnhealthy: "blade-not-healthy", sim.BladeRemoved: "blade-not-healthy",
			sim.FMFail: "part-not-ok", sim.PSULoss: "part-not-ok", sim.FanSlow: "part-not-ok",
			sim.NFSDown: "array-calls-it-critical", sim.ConnectorDown: "array-warns", sim.ConnectorRemoved: "array-warns", sim.AlertBurst: "array-warns",
		}},
	} {
		for _, kind := range append([]sim.Info{{}}, sim.CatalogueOf(family.of)...) {
			if slices.Contains(answers(), kind.Kind) {
				continue
			}
			name := string(kind.Kind)
			if name == "" {
				name = "none"
			}
			t.Run(string(family.of)+" "+name, func(t *testing.T) {
				size := sim.Small
				if kind.Kind == sim.SASCable {
					size = sim.Large
				}
				a, err := sim.New(sim.Options{Family: family.of, Size: size})
				require.NoError(t, err)
				if kind.Kind != "" {
					_, err = a.Inject(sim.Fault{Kind: kind.Kind})
					require.NoError(t, err)
				}
				a.Advance(20 * time.Minute)
				facts, err := triage.Read(state(t, a, family.base), a.Now())
				require.NoError(t, err)
				found := ""
				r := triage.Analyze(facts, nil, known)
				if len(r.Findings) > 0 {
					found = r.Findings[0].Rule
				}
				t.Logf("%s %s: %v, %d unchecked", family.of, name, names(r), len(r.Unchecked))
				require.Equal(t, family.want[kind.Kind], found)
			})
		}
	}
}
