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
var anyPath = Param{Name: "path", Type: Text, Default: "", Doc: "only this endpoint, such as volumes/performance; all when left out"}

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
		Kind: NVRAMFail, Target: "an NVRAM module, such as CH0.NVB1",
		Doc: "the module is failed; alert 60; writes take half as long again",
	},
	{
		Kind: ControllerFail, Target: "a controller, CT0 or CT1; the primary when left out",
		Doc:    "not ready and offline, its ports gone; the peer becomes primary; the interface drops for a moment when the primary was lost; alert 4",
		Params: []Param{{Name: "boot", Type: Span, Default: "90s", Min: 1, Max: hour, Doc: "from repair to ready"}},
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
}
