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
			want: []string{"blade-unhealthy CH1.FB3 2"}, lasts: 40 * time.Minute, clears: 8 * time.Minute,
		},
		{
			name: "blade removed", fault: sim.Fault{Kind: sim.BladeRemoved, Target: "CH1.FB3"},
			want: []string{"blade-removed CH1.FB3 2"}, lasts: 44 * time.Minute, clears: 8 * time.Minute,
		},
		{
			name: "fabric module failed, with its fans and ports", fault: sim.Fault{Kind: sim.FMFail, Target: "CH1.FM2"}, short: true,
			want: []string{"fabric-module CH1.FM2 2"}, lasts: 20 * time.Minute,
		},
		{
			name: "other fabric module failed", fault: sim.Fault{Kind: sim.FMFail, Target: "CH1.FM1"},
			want: []string{"fabric-module CH1.FM1 2"}, lasts: 20 * time.Minute,
		},
		{
			name: "connector unhealthy", fault: sim.Fault{Kind: sim.ConnectorDown, Target: "CH1.FM1.ETH1.1"},
			want: []string{"port-down CH1.FM1.ETH1.1 3"}, lasts: 10 * time.Minute,
		},
		{
			name: "transceiver taken out", fault: sim.Fault{Kind: sim.ConnectorRemoved, Target: "CH1.FM1.ETH1.1"},
			want: []string{"port-down CH1.FM1.ETH1.1 3"}, lasts: 10 * time.Minute,
		},
		{
			name: "NFS not served", fault: sim.Fault{Kind: sim.NFSDown},
			want: []string{"fb-service-down nfs 1"}, lasts: 10 * time.Minute,
		},
		{
			name: "quota nearly used up", fault: sim.Fault{Kind: sim.QuotaFull, Target: "finance-data-004", Params: map[string]string{"over": "10m"}},
			shows: alarm(1101, "warning"), want: []string{"fb-quota finance-data-004 3"}, lasts: 10 * time.Minute, clears: 12 * time.Minute,
		},
		{
			name: "quota exceeded", fault: sim.Fault{Kind: sim.QuotaFull, Target: "finance-data-004", Params: map[string]string{"target": "120", "over": "10m"}},
			shows: alarm(1101, "critical"), want: []string{"fb-quota finance-data-004 2"}, lasts: 10 * time.Minute, clears: 12 * time.Minute,
		},
		{
			name: "power supply lost", fault: sim.Fault{Kind: sim.PSULoss, Target: "CH1.PWR2"},
			want: []string{"psu-failed CH1.PWR2 2"}, lasts: 10 * time.Minute,
		},
		{
			name: "fan slow", fault: sim.Fault{Kind: sim.FanSlow, Target: "CH1.FM1.FAN3"},
			want: []string{"fan-or-temperature CH1.FM1.FAN3 3"}, lasts: 10 * time.Minute,
		},
		filling("capacity above 80 %", "85", alarm(1100, "info"), "fb-capacity 4"),
		filling("capacity above 90 %", "92", alarm(1100, "warning"), "fb-capacity 3"),
		filledUp("fb-capacity 1"),
		{
			name: "latency bottleneck of every protocol", fault: sim.Fault{Kind: sim.Bottleneck}, normal: true, short: true,
			shows: slower(5000), looks: 22, waits: "above normal for ten minutes, in two looks", want: []string{"fb-latency-bottleneck 2"}, says: "it grew over: NFS, SMB, HTTP;",
			lasts: 20 * time.Minute, clears: 12 * time.Minute,
		},
		{
			name: "latency bottleneck of one protocol", fault: sim.Fault{Kind: sim.Bottleneck, Target: "NFS"}, normal: true,
			shows: slower(5000), looks: 22, waits: "above normal for ten minutes, in two looks", want: []string{"fb-latency-bottleneck 2"}, says: "it grew over: NFS;",
			lasts: 20 * time.Minute, clears: 12 * time.Minute,
		},
		{
			name: "array starts anew", fault: sim.Fault{Kind: sim.ArrayRestart},
			looks: 3, waits: threeLooks, want: []string{"no-data 2"}, passes: 8 * time.Minute,
		},
		{
			name: "many alerts of one code", fault: sim.Fault{Kind: sim.AlertBurst},
			want: []string{"array-alert:1124 3"}, lasts: 10 * time.Minute,
		},
		{
			name: "an alert that came and went between two looks", fault: sim.Fault{Kind: sim.AlertBlip},
			follows: []string{"port-down CH1.FM1.ETH1.1 3"}, passes: time.Minute,
		},
	}
}
