package daemon_test

import (
	"time"

	"darksite/training/sim"
)

// flashArrayStories are the faults of the array itself.
func flashArrayStories() []story {
	return []story{
		{
			name: "drive failed", fault: sim.Fault{Kind: sim.DriveFail, Target: "CH0.BAY3"}, short: true,
			want: []string{"drive-failed CH0.BAY3 2"}, lasts: 10 * time.Minute, clears: 8 * time.Minute,
		},
		{
			name: "drive missing", fault: sim.Fault{Kind: sim.DriveMissing, Target: "CH0.BAY3"},
			want: []string{"drive-failed CH0.BAY3 2"}, lasts: 10 * time.Minute, clears: 8 * time.Minute,
		},
		{
			name: "drive not admitted", fault: sim.Fault{Kind: sim.DriveUnadmitted, Target: "CH0.BAY3"},
			want: []string{"drive-attention CH0.BAY3 3"}, lasts: 10 * time.Minute, clears: 8 * time.Minute,
		},
		{
			name: "path to a drive lost", fault: sim.Fault{Kind: sim.DrivePathLost, Target: "CH0.BAY3"},
			want: []string{"drive-path-lost CH0.BAY3 3"}, lasts: 10 * time.Minute,
		},
		{
			name: "path to a drive lost and found over and over", fault: sim.Fault{Kind: sim.DrivePathLost, Target: "CH0.BAY3", Params: map[string]string{"flap": "40s"}},
			want: []string{"drive-path-lost CH0.BAY3 3"}, lasts: 10 * time.Minute,
		},
		{
			name: "cable to a shelf", fault: sim.Fault{Kind: sim.SASCable, Target: "SH0.SAS0"}, how: setting{size: sim.Large},
			want: []string{"sas-cabling SH0.SAS0 2"}, lasts: 6 * time.Minute,
		},
		{
			name: "NVRAM failed", fault: sim.Fault{Kind: sim.NVRAMFail, Target: "CH0.NVB1"},
			want: []string{"nvram-unhealthy CH0.NVB1 2"}, lasts: 10 * time.Minute, clears: 8 * time.Minute,
		},
		{
			name: "controller failed", fault: sim.Fault{Kind: sim.ControllerFail, Target: "CT0"}, short: true,
			want: []string{"controller-not-ready CT0 1"}, lasts: 15 * time.Minute, clears: 8 * time.Minute,
		},
		{
			name: "other controller failed", fault: sim.Fault{Kind: sim.ControllerFail, Target: "CT1"},
			want: []string{"controller-not-ready CT1 1"}, lasts: 15 * time.Minute, clears: 8 * time.Minute,
		},
		{
			name: "processor failed", fault: sim.Fault{Kind: sim.CPUFail, Target: "CT0"},
			want: []string{"controller-not-ready CT0 1"}, lasts: 15 * time.Minute, clears: 8 * time.Minute,
		},
		{
			name: "one controller hands over to the other", fault: sim.Fault{Kind: sim.Failover},
			want: []string{"controllers-changed-roles 3"}, passes: 12 * time.Minute,
		},
		{
			name: "fan slow", fault: sim.Fault{Kind: sim.FanSlow, Target: "CT0.FAN3"},
			want: []string{"fan-or-temperature CT0.FAN3 3"}, lasts: 10 * time.Minute,
		},
		{
			name: "temperature high", fault: sim.Fault{Kind: sim.TempHigh, Target: "CT0.TMP9"},
			shows: alarm(14, "critical"), want: []string{"fan-or-temperature CT0.TMP9 3"}, lasts: 10 * time.Minute,
		},
		{
			name: "power supply lost", fault: sim.Fault{Kind: sim.PSULoss, Target: "CH0.PWR0"},
			want: []string{"psu-failed CH0.PWR0 2"}, lasts: 10 * time.Minute,
		},
		{
			name: "port errors", fault: sim.Fault{Kind: sim.PortErrors, Target: "CT0.FC3"},
			want: []string{"port-errors CT0.FC3 3"}, lasts: 10 * time.Minute, clears: 16 * time.Minute, // ten looks and what clears everything
		},
		{
			name: "link flaps", fault: sim.Fault{Kind: sim.LinkFlap, Target: "CT0.FC2"},
			want: []string{"port-down CT0.FC2 3"}, lasts: 12 * time.Minute,
		},
		{
			name: "optics wear out, told before the limit", fault: sim.Fault{Kind: sim.SFPDegrade, Target: "CT1.FC0", Params: map[string]string{"power": "0.05", "ramp": "2m"}},
			shows: dim("CT1.FC0", sim.RxPowerLimits.WarnLow), looks: 20, waits: "optics are read every five minutes, and must say so twice",
			want: []string{"optics CT1.FC0 4"}, lasts: 10 * time.Minute, clears: 16 * time.Minute, // three readings
		},
		{
			name: "optics beyond the limit, with the array's own alert", fault: sim.Fault{Kind: sim.SFPDegrade, Target: "CT1.FC0"},
			shows: alarm(41, "warning"), want: []string{"optics CT1.FC0 3"}, lasts: 10 * time.Minute, clears: 16 * time.Minute, // three readings
		},
		{
			name: "planned upgrade", fault: sim.Fault{Kind: sim.Upgrade},
			looks: 3, waits: threeLooks, want: []string{"no-data 2"}, follows: []string{"version-changed 4"}, passes: 40 * time.Minute,
		},
		{
			name: "array starts anew", fault: sim.Fault{Kind: sim.ArrayRestart},
			looks: 3, waits: threeLooks, want: []string{"no-data 2"}, follows: []string{"array-restarted 4"}, passes: 12 * time.Minute,
		},
		filling("capacity above 80 %", "85", alarm(25, "info"), "capacity 4"),
		filling("capacity above 90 %", "92", alarm(25, "warning"), "capacity 3"),
		filling("capacity above 95 %", "97", alarm(25, "critical"), "capacity 2"),
		filledUp("capacity 1"),
		{
			name: "latency bottleneck", fault: sim.Fault{Kind: sim.Bottleneck}, normal: true, short: true,
			shows: slower(2000), looks: 12, waits: "above normal for five minutes, in two looks", want: []string{"latency-bottleneck 2"}, says: "the time grew in: service",
			lasts: 20 * time.Minute, clears: 12 * time.Minute,
		},
		{
			name: "noisy volume", fault: sim.Fault{Kind: sim.NoisyVolume}, normal: true,
			shows: leads("sql-prod-data-01", 0.65), looks: 16, waits: "most of the work in twelve of sixteen looks", want: []string{"noisy-volume sql-prod-data-01 4"},
			lasts: 20 * time.Minute, clears: 10 * time.Minute,
		},
		{
			name: "volume at its limit", fault: sim.Fault{Kind: sim.QoSCap}, normal: true,
			shows: heldBack(500), looks: 10, waits: "waiting in eight of ten looks", want: []string{"qos-limit 4"},
			lasts: 20 * time.Minute, clears: 8 * time.Minute,
		},
		{
			name: "replication stands still", fault: sim.Fault{Kind: sim.ReplicationLag},
			looks: 13, waits: "links are read every five minutes, and say so from a minute on", want: []string{"replication dr-apps 3"},
			lasts: 30 * time.Minute, clears: 15 * time.Minute,
		},
		{
			name: "mediator unreachable", fault: sim.Fault{Kind: sim.MediatorDown},
			want: []string{"mediator prod 3"}, lasts: 20 * time.Minute, clears: 15 * time.Minute,
		},
		{
			name: "many alerts of one code", fault: sim.Fault{Kind: sim.AlertBurst},
			want: []string{"array-alert:231 4"}, lasts: 10 * time.Minute,
		},
		{
			name: "an alert that came and went between two looks", fault: sim.Fault{Kind: sim.AlertBlip},
			follows: []string{"port-errors CT0.FC3 3"}, passes: time.Minute,
		},
	}
}
