package daemon_test

import (
	"time"

	"darksite/training/sim"
)

const soon = time.Minute // two looks

// flashArrayStories are the faults of the array itself.
func flashArrayStories() []story {
	return []story{
		{
			name: "drive failed", fault: sim.Fault{Kind: sim.DriveFail, Target: "CH0.BAY3"}, short: true,
			within: soon, want: []string{"drive-failed CH0.BAY3 2"}, lasts: 10 * time.Minute, clears: 30 * time.Minute,
		},
		{
			name: "drive missing", fault: sim.Fault{Kind: sim.DriveMissing, Target: "CH0.BAY3"},
			within: soon, want: []string{"drive-failed CH0.BAY3 2"}, lasts: 10 * time.Minute, clears: 30 * time.Minute,
		},
		{
			name: "drive not admitted", fault: sim.Fault{Kind: sim.DriveUnadmitted, Target: "CH0.BAY3"},
			within: soon, want: []string{"drive-attention CH0.BAY3 3"}, lasts: 10 * time.Minute, clears: 30 * time.Minute,
		},
		{
			name: "path to a drive lost", fault: sim.Fault{Kind: sim.DrivePathLost, Target: "CH0.BAY3"},
			within: soon, want: []string{"drive-path-lost CH0.BAY3 3"}, lasts: 10 * time.Minute, clears: 15 * time.Minute,
		},
		{
			name: "path to a drive lost and found over and over", fault: sim.Fault{Kind: sim.DrivePathLost, Target: "CH0.BAY3", Params: map[string]string{"flap": "40s"}},
			within: 90 * time.Second, want: []string{"drive-path-lost CH0.BAY3 3"}, lasts: 10 * time.Minute, clears: 15 * time.Minute,
		},
		{
			name: "cable to a shelf", fault: sim.Fault{Kind: sim.SASCable, Target: "SH0.SAS0"}, how: setting{size: sim.Large},
			within: soon, want: []string{"sas-cabling SH0.SAS0 2"}, lasts: 6 * time.Minute, clears: 10 * time.Minute,
		},
		{
			name: "NVRAM failed", fault: sim.Fault{Kind: sim.NVRAMFail, Target: "CH0.NVB1"},
			within: soon, want: []string{"nvram-unhealthy CH0.NVB1 2"}, lasts: 10 * time.Minute, clears: 30 * time.Minute,
		},
		{
			name: "controller failed", fault: sim.Fault{Kind: sim.ControllerFail, Target: "CT0"}, short: true,
			within: soon, want: []string{"controller-not-ready CT0 1"}, lasts: 15 * time.Minute, clears: 20 * time.Minute,
		},
		{
			name: "other controller failed", fault: sim.Fault{Kind: sim.ControllerFail, Target: "CT1"},
			within: soon, want: []string{"controller-not-ready CT1 1"}, lasts: 15 * time.Minute, clears: 20 * time.Minute,
		},
		{
			name: "processor failed", fault: sim.Fault{Kind: sim.CPUFail, Target: "CT0"},
			within: soon, want: []string{"controller-not-ready CT0 1"}, lasts: 15 * time.Minute, clears: 20 * time.Minute,
		},
		{
			name: "one controller hands over to the other", fault: sim.Fault{Kind: sim.Failover},
			within: soon, want: []string{"controllers-changed-roles 3"}, later: []string{}, lasts: 16 * time.Minute,
		},
		{
			name: "fan slow", fault: sim.Fault{Kind: sim.FanSlow, Target: "CT0.FAN3"},
			within: soon, want: []string{"fan-or-temperature CT0.FAN3 3"}, lasts: 10 * time.Minute, clears: 15 * time.Minute,
		},
		{
			name: "temperature high", fault: sim.Fault{Kind: sim.TempHigh, Target: "CT0.TMP9"},
			within: 5 * time.Minute, want: []string{"fan-or-temperature CT0.TMP9 3"}, lasts: 10 * time.Minute, clears: 25 * time.Minute,
		},
		{
			name: "power supply lost", fault: sim.Fault{Kind: sim.PSULoss, Target: "CH0.PWR0"},
			within: soon, want: []string{"psu-failed CH0.PWR0 2"}, lasts: 10 * time.Minute, clears: 15 * time.Minute,
		},
		{
			name: "port errors", fault: sim.Fault{Kind: sim.PortErrors, Target: "CT0.FC3"},
			within: 90 * time.Second, want: []string{"port-errors CT0.FC3 3"}, lasts: 10 * time.Minute, clears: 30 * time.Minute,
		},
		{
			// At the usual pace: while the link flaps its errors are the same fault.
			name: "link flaps", fault: sim.Fault{Kind: sim.LinkFlap, Target: "CT0.FC2"},
			within: 90 * time.Second, want: []string{"port-down CT0.FC2 3"}, lasts: 12 * time.Minute, clears: 20 * time.Minute, every: 30 * time.Second,
		},
		{
			name: "optics wear out, told before the limit", fault: sim.Fault{Kind: sim.SFPDegrade, Target: "CT1.FC0", Params: map[string]string{"power": "0.05", "ramp": "2m"}},
			within: 12 * time.Minute, want: []string{"optics CT1.FC0 4"}, lasts: 10 * time.Minute, clears: 25 * time.Minute,
		},
		{
			name: "optics beyond the limit, with the array's own alert", fault: sim.Fault{Kind: sim.SFPDegrade, Target: "CT1.FC0"},
			within: 15 * time.Minute, want: []string{"optics CT1.FC0 3"}, lasts: 10 * time.Minute, clears: 25 * time.Minute,
		},
		{
			name: "planned upgrade", fault: sim.Fault{Kind: sim.Upgrade},
			within: 2 * time.Minute, want: []string{"no-data 2"}, told: []string{"no-data", "version-changed"},
			later: []string{}, lasts: 50 * time.Minute,
		},
		{
			name: "array starts anew", fault: sim.Fault{Kind: sim.ArrayRestart},
			within: 2 * time.Minute, want: []string{"no-data 2"}, told: []string{"array-restarted", "no-data"},
			later: []string{}, lasts: 20 * time.Minute, every: 30 * time.Second,
		},
		{
			name: "capacity filling", fault: sim.Fault{Kind: sim.CapacityFill, Params: map[string]string{"target": "92", "over": "30m"}}, short: true,
			within: 45 * time.Minute, want: []string{"capacity 3"}, lasts: 20 * time.Minute, clears: 60 * time.Minute,
		},
		{
			name: "latency bottleneck", fault: sim.Fault{Kind: sim.Bottleneck}, normal: true, short: true,
			within: 10 * time.Minute, want: []string{"latency-bottleneck 2"}, lasts: 20 * time.Minute, clears: 25 * time.Minute,
		},
		{
			// Two minutes until it has its share, then six of watching.
			name: "noisy volume", fault: sim.Fault{Kind: sim.NoisyVolume}, normal: true,
			within: 10 * time.Minute, want: []string{"noisy-volume sql-prod-data-01 4"}, lasts: 20 * time.Minute, clears: 40 * time.Minute,
		},
		{
			name: "volume at its limit", fault: sim.Fault{Kind: sim.QoSCap}, normal: true,
			within: 8 * time.Minute, want: []string{"qos-limit 4"}, lasts: 20 * time.Minute, clears: 20 * time.Minute,
		},
		{
			name: "replication stands still", fault: sim.Fault{Kind: sim.ReplicationLag},
			within: 10 * time.Minute, want: []string{"replication dr-apps 3"}, lasts: 30 * time.Minute, clears: 30 * time.Minute,
		},
		{
			name: "mediator unreachable", fault: sim.Fault{Kind: sim.MediatorDown},
			within: soon, want: []string{"mediator prod 3"}, lasts: 20 * time.Minute, clears: 25 * time.Minute,
		},
		{
			name: "many alerts of one code", fault: sim.Fault{Kind: sim.AlertBurst},
			within: soon, want: []string{"array-alert:231 4"}, lasts: 10 * time.Minute, clears: 15 * time.Minute,
		},
		{
			name: "an alert that came and went between two looks", fault: sim.Fault{Kind: sim.AlertBlip},
			within: soon, told: []string{"port-errors CT0.FC3"}, lasts: 10 * time.Minute,
		},
	}
}
