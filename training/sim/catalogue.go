package sim

import "slices"

// Catalogue describes every kind of fault once, in a fixed order. What one
// family makes of a kind that several have is told by [CatalogueOf].
func Catalogue() []Info { return allKinds() }

// Describe describes one kind of fault as Catalogue does.
func Describe(k Kind) (Info, bool) {
	all := allKinds()
	n := slices.IndexFunc(all, func(i Info) bool { return i.Kind == k })
	if n < 0 {
		return Info{}, false
	}
	return all[n], true
}

const (
	minute = 60.0
	hour   = 60 * minute
	day    = 24 * hour
)

// anyPath is the parameter of faults that can be kept to one endpoint.
var anyPath = Param{Name: "path", Type: Text, Default: "", Doc: "only this endpoint, such as volumes/performance; all lists when left out; login and api_version only when named"}

var catalogue = []Info{
	{
		Kind: DriveFail, Target: "a drive, such as CH0.BAY3",
		Doc:    "the drive is failed while its bay stays ok; alert 60 for drive and shelf after 5 s; parity below 1 and slower reads until rebuilt",
		Params: []Param{{Name: "rebuild", Type: Span, Default: "40m", Min: 1, Max: 7 * day, Doc: "time until the data is whole again"}},
	},
	{
		Kind: DriveMissing, Target: "a drive, such as CH0.BAY3",
		Doc:    "the drive is missing and its bay not_installed; alert 60; rebuild as after a failure",
		Params: []Param{{Name: "rebuild", Type: Span, Default: "40m", Min: 1, Max: 7 * day, Doc: "time until the data is whole again"}},
	},
	{
		Kind: DriveUnadmitted, Target: "a drive, such as CH0.BAY3",
		Doc:    "the drive was swapped for one the array has not admitted; alert 61; rebuild as after a failure, admitted by the repair",
		Params: []Param{{Name: "rebuild", Type: Span, Default: "40m", Min: 1, Max: 7 * day, Doc: "time until the data is whole again"}},
	},
	{
		Kind: DrivePathLost, Target: "a drive, such as CH0.BAY3",
		Doc:    "the bay is critical while its drive stays healthy; alert 62; reads take a tenth longer while the path is lost",
		Params: []Param{{Name: "flap", Type: Span, Default: "0s", Min: 0, Max: hour, Doc: "from one loss to the next, such as 40s, half of it lost; 0s loses the path for good"}},
	},
	{
		Kind: SASCable, Target: "a port of a shelf, such as SH0.SAS0",
		Doc: "both ends of a cable to a shelf are critical and the shelf's bays unknown; alert 40; every operation takes a little longer; arrays without a shelf refuse it",
	},
	{
		Kind: NVRAMFail, Target: "an NVRAM module, such as CH0.NVB1",
		Doc: "the module is failed; alert 60; writes take half as long again",
	},
	{
		Kind: ControllerFail, Target: "a controller, CT0 or CT1; the primary when left out",
		Doc:    "not ready and offline, its ports gone; the peer becomes primary; the interface drops for a moment when the primary was lost; alert 4",
		Params: []Param{{Name: "boot", Type: Span, Default: "90s", Min: 1, Max: hour, Doc: "from repair to ready"}},
	},
	{
		Kind: CPUFail, Target: "a controller, CT0 or CT1; the primary when left out",
		Doc:    "the controller is lost as with controller_fail, for a processor that failed; alert 16",
		Params: []Param{{Name: "boot", Type: Span, Default: "90s", Min: 1, Max: hour, Doc: "from repair to ready"}},
	},
	{
		Kind: Failover, Moment: true,
		Doc: "the primary hands over to its peer without a failure; the interface drops for a moment; no alert",
	},
	{
		Kind: FanSlow, Target: "a fan, such as CT0.FAN3",
		Doc: "the fan is critical and the sensors of its controller rise by 4 degrees; alert 13",
	},
	{
		Kind: TempHigh, Target: "a sensor, such as CT0.TMP9",
		Doc:    "the sensor rises by one degree every 10 s and is critical from its limit; alert 14",
		Params: []Param{{Name: "rise", Type: Number, Default: "35", Min: 1, Max: 80, Doc: "degrees above normal in the end"}, {Name: "limit", Type: Number, Default: "20", Min: 1, Max: 80, Doc: "degrees above normal at which the status changes"}},
	},
	{
		Kind: PSULoss, Target: "a power supply, such as CH0.PWR0",
		Doc: "the supply is critical at 0 V; alert 15",
	},
	{
		Kind: PortErrors, Target: "a port, such as CT0.FC3",
		Doc:    "invalid words (FC) or CRC errors (Ethernet) rise to a rate; alert 45",
		Params: []Param{{Name: "rate", Type: Number, Default: "40", Min: 1, Max: 1e6, Doc: "errors a second in the end"}, {Name: "ramp", Type: Span, Default: "5m", Min: 1, Max: day, Doc: "time until the rate is reached"}},
	},
	{
		Kind: LinkFlap, Target: "an FC port, such as CT0.FC2",
		Doc:    "the link is lost and found over and over; alert 39; its hosts' paths are uneven while it is down",
		Params: []Param{{Name: "period", Type: Span, Default: "40s", Min: 2, Max: hour, Doc: "from one loss to the next; half of it is down"}},
	},
	{
		Kind: SFPDegrade, Target: "an FC port, such as CT1.FC0",
		Doc: "the optical power received falls, past the warning and the alarm limit of the transceiver; alert 41 at the alarm limit",
		Params: []Param{
			{Name: "power", Type: Number, Default: "0.01", Min: 0, Max: 2, Doc: "milliwatts received in the end"},
			{Name: "ramp", Type: Span, Default: "10m", Min: 1, Max: 30 * day, Doc: "time until that power is reached"},
		},
	},
	{
		Kind: Upgrade,
		Doc:  "nothing answers for a while as in array_restart; then the software has a new version and the list of REST versions is longer, for good",
		Params: []Param{
			{Name: "downtime", Type: Span, Default: "6m", Min: 1, Max: hour, Doc: "how long nothing answers, when no duration is given"},
			{Name: "version", Type: Text, Default: "6.6.10", Doc: "version of the software afterwards"},
		},
	},
	{
		Kind:   ArrayRestart,
		Doc:    "nothing answers for a while; then both controllers have a new mode_since and every session is gone",
		Params: []Param{{Name: "downtime", Type: Span, Default: "4m", Min: 1, Max: hour, Doc: "how long nothing answers, when no duration is given"}},
	},
	{
		Kind: CapacityFill, Target: "a volume that grows; all in proportion when left out",
		Doc: "unique space grows until a share of capacity is used; alert 25 at 80 (info), 90 (warning) and 95 % (critical); writes stop at 100 %",
		Params: []Param{
			{Name: "target", Type: Number, Default: "92", Min: 1, Max: 100, Doc: "per cent used in the end"},
			{Name: "over", Type: Span, Default: "30m", Min: 1, Max: 365 * day, Doc: "time until the target is reached"},
			{Name: "reclaim", Type: Span, Default: "10m", Min: 1, Max: 7 * day, Doc: "time from repair until the space is free again"},
		},
	},
	{
		Kind: Bottleneck, Target: "a volume that is the cause; the whole array when left out",
		Doc: "offered load rises, service time and queue grow with it, then it ends; the array raises no alert",
		Params: []Param{
			{Name: "latency", Type: Span, Default: "8ms", Min: 0.0005, Max: 5, Doc: "service time of an operation at the worst"},
			{Name: "load", Type: Number, Default: "2.5", Min: 1, Max: 50, Doc: "offered load against normal at the worst"},
			{Name: "ramp", Type: Span, Default: "2m", Min: 1, Max: day, Doc: "time to the worst, and from repair back to normal"},
		},
	},
	{
		Kind: NoisyVolume, Target: "a volume; the busiest when left out",
		Doc: "one volume takes most of the array's operations and the others get less; the array raises no alert",
		Params: []Param{
			{Name: "share", Type: Number, Default: "80", Min: 10, Max: 95, Doc: "per cent of all operations in the end"},
			{Name: "ramp", Type: Span, Default: "2m", Min: 1, Max: day, Doc: "time to the share, and from repair back to normal"},
		},
	},
	{
		Kind: QoSCap, Target: "a volume; the busiest when left out",
		Doc: "a limit holds a volume back: its operations stop at the limit and wait, in qos_rate_limit_usec, ever longer; the array raises no alert",
		Params: []Param{
			{Name: "iops", Type: Number, Default: "100", Min: 100, Max: 1e8, Doc: "operations a second that are let through"},
			{Name: "ramp", Type: Span, Default: "2m", Min: 1, Max: day, Doc: "time until the wait is at its longest"},
		},
	},
	{
		Kind: ReplicationLag, Target: "a pod that is replicated; the first when left out",
		Doc: "the recovery point of a replica link stands still and its lag grows second by second; alert 123 past a limit; the repair catches up",
		Params: []Param{
			{Name: "limit", Type: Span, Default: "5m", Min: 1, Max: day, Doc: "lag at which the array speaks up"},
			{Name: "catch_up", Type: Span, Default: "3m", Min: 1, Max: day, Doc: "time from repair until the lag is normal"},
		},
	},
	{
		Kind: MediatorDown, Target: "a stretched pod; the first when left out",
		Doc: "the mediator of a stretched pod is unreachable from this array; alert 122",
	},
	{
		Kind:   AlertBurst,
		Doc:    "many alerts of one code (231, directory service) open at once",
		Params: []Param{{Name: "count", Type: Number, Default: "20", Min: 1, Max: 200, Doc: "how many"}},
	},
	{
		Kind: AlertBlip, Target: "a component named in the alert, such as ct0.fc3", Moment: true,
		Doc:    "one alert opens and closes between two looks",
		Params: []Param{{Name: "life", Type: Span, Default: "8s", Min: 0, Max: hour, Doc: "from created to closed"}},
	},
	{Kind: ExpireSession, Moment: true, Doc: "every session ends; the next call answers 401"},
	{Kind: TokenRefused, Doc: "every session ends and no API token is accepted"},
	{Kind: HTTP500, Doc: "calls answer 500", Params: []Param{
		anyPath,
		{Name: "every", Type: Number, Default: "1", Min: 1, Max: 1e6, Doc: "only every so many calls"},
	}},
	{Kind: Slow, Doc: "calls stall before they answer", Params: []Param{
		anyPath,
		{Name: "stall", Type: Span, Default: "20s", Min: 0, Max: 10 * minute, Doc: "how long, in real time"},
	}},
	{Kind: TruncatedJSON, Doc: "replies end in the middle", Params: []Param{anyPath}},
	{Kind: DuplicateItems, Doc: "lists hold every third item twice", Params: []Param{anyPath}},
	{Kind: CertChange, Doc: "new connections are answered with another certificate"},
	{Kind: ClockSkew, Doc: "every time the array tells is off", Params: []Param{
		{Name: "by", Type: Span, Default: "7m", Min: -365 * day, Max: 365 * day, Doc: "how far ahead; may be negative"},
	}},
	{Kind: WrongVersion, Doc: "the list of REST versions offers none a client of 2.x knows, and calls with a version answer 404", Params: []Param{
		{Name: "offer", Type: Text, Default: "old", Words: []string{"old", "unknown"}, Doc: "old: only 1.x; unknown: only numbers nobody has heard of"},
	}},
	{Kind: Partial207, Doc: "lists leave out their last item and answer 207 with an error for it", Params: []Param{anyPath}},
	{Kind: CounterNull, Doc: "every number of an item is null", Params: []Param{anyPath}},
	{Kind: EndlessBody, Doc: "a reply never ends", Params: []Param{
		anyPath,
		{Name: "megabytes", Type: Number, Default: "4096", Min: 1, Max: 1e6, Doc: "after which it ends all the same"},
	}},
	{Kind: DeepJSON, Doc: "a reply nests lists so deep that a naive reader falls over", Params: []Param{
		anyPath,
		{Name: "levels", Type: Number, Default: "200000", Min: 1, Max: 5e6, Doc: "how deep"},
	}},
	{Kind: HugeString, Doc: "the name of the first item is a very long text", Params: []Param{
		anyPath,
		{Name: "megabytes", Type: Number, Default: "10", Min: 1, Max: 1000, Doc: "how long"},
	}},
	{Kind: SlowDrip, Doc: "replies come a byte at a time", Params: []Param{
		anyPath,
		{Name: "pause", Type: Span, Default: "1s", Min: 0.001, Max: minute, Doc: "between two bytes, in real time"},
	}},
	{Kind: Redirect, Doc: "calls are sent on to another host", Params: []Param{
		anyPath,
		{Name: "to", Type: Text, Default: "https://192.0.2.1", Doc: "the other host; the default is an address kept for documentation"},
	}},
}
