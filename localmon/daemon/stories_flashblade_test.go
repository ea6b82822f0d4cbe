package daemon_test

import (
	"time"

	"darksite/training/sim"
)

// flashBladeStories are the faults of the array itself.
func flashBladeStories() []story {
	return []story{
		{
			name: "blade unhealthy and emptied", fault: sim.Fault{Kind: sim.BladeUnhealthy, Target: "CH1.FB3"}, short: true,
			within: soon, want: []string{"blade-unhealthy CH1.FB3 2"}, lasts: 40 * time.Minute, clears: 40 * time.Minute,
		},
		{
			name: "blade removed", fault: sim.Fault{Kind: sim.BladeRemoved, Target: "CH1.FB3"},
			within: soon, want: []string{"blade-removed CH1.FB3 2"}, lasts: 44 * time.Minute, clears: 15 * time.Minute, every: 4 * time.Minute,
		},
		{
			name: "fabric module failed, with its fans and ports", fault: sim.Fault{Kind: sim.FMFail, Target: "CH1.FM2"}, short: true,
			within: soon, want: []string{"fabric-module CH1.FM2 2"}, lasts: 20 * time.Minute, clears: 20 * time.Minute,
		},
		{
			name: "other fabric module failed", fault: sim.Fault{Kind: sim.FMFail, Target: "CH1.FM1"},
			within: soon, want: []string{"fabric-module CH1.FM1 2"}, lasts: 20 * time.Minute, clears: 20 * time.Minute,
		},
		{
			name: "connector unhealthy", fault: sim.Fault{Kind: sim.ConnectorDown, Target: "CH1.FM1.ETH1.1"},
			within: soon, want: []string{"port-down CH1.FM1.ETH1.1 3"}, lasts: 10 * time.Minute, clears: 15 * time.Minute,
		},
		{
			name: "transceiver taken out", fault: sim.Fault{Kind: sim.ConnectorRemoved, Target: "CH1.FM1.ETH1.1"},
			within: soon, want: []string{"port-down CH1.FM1.ETH1.1 3"}, lasts: 10 * time.Minute, clears: 15 * time.Minute,
		},
		{
			name: "NFS not served", fault: sim.Fault{Kind: sim.NFSDown},
			within: soon, want: []string{"fb-service-down nfs 1"}, lasts: 10 * time.Minute, clears: 15 * time.Minute,
		},
		{
			name: "quota nearly used up", fault: sim.Fault{Kind: sim.QuotaFull, Target: "finance-data-004"},
			within: 45 * time.Minute, want: []string{"array-alert:1101 finance-data-004 3"}, lasts: 10 * time.Minute, clears: 40 * time.Minute,
		},
		{
			name: "quota exceeded", fault: sim.Fault{Kind: sim.QuotaFull, Target: "finance-data-004", Params: map[string]string{"target": "120"}},
			within: 45 * time.Minute, want: []string{"array-alert:1101 finance-data-004 2"}, lasts: 10 * time.Minute, clears: 40 * time.Minute,
		},
		{
			name: "power supply lost", fault: sim.Fault{Kind: sim.PSULoss, Target: "CH1.PWR2"},
			within: soon, want: []string{"psu-failed CH1.PWR2 2"}, lasts: 10 * time.Minute, clears: 15 * time.Minute,
		},
		{
			name: "fan slow", fault: sim.Fault{Kind: sim.FanSlow, Target: "CH1.FM1.FAN3"},
			within: soon, want: []string{"fan-or-temperature CH1.FM1.FAN3 3"}, lasts: 10 * time.Minute, clears: 15 * time.Minute,
		},
		{
			name: "capacity filling", fault: sim.Fault{Kind: sim.CapacityFill}, short: true,
			within: 45 * time.Minute, want: []string{"fb-capacity 3"}, lasts: 20 * time.Minute, clears: 60 * time.Minute,
		},
		{
			name: "array starts anew", fault: sim.Fault{Kind: sim.ArrayRestart},
			within: 2 * time.Minute, want: []string{"no-data 2"}, later: []string{}, lasts: 20 * time.Minute,
		},
		{
			name: "many alerts of one code", fault: sim.Fault{Kind: sim.AlertBurst},
			within: soon, want: []string{"array-alert:1124 3"}, lasts: 10 * time.Minute, clears: 15 * time.Minute,
		},
		{
			name: "an alert that came and went between two looks", fault: sim.Fault{Kind: sim.AlertBlip},
			within: soon, told: []string{"port-down CH1.FM1.ETH1.1"}, lasts: 10 * time.Minute,
		},
	}
}
