package sim

// The kinds of fault that befall arrays of the FlashBlade kind only.
const (
	BladeUnhealthy   Kind = "blade_unhealthy"
	BladeRemoved     Kind = "blade_removed"
	FMFail           Kind = "fm_fail"
	ConnectorDown    Kind = "connector_down"
	ConnectorRemoved Kind = "connector_removed"
	NFSDown          Kind = "nfs_down"
	QuotaFull        Kind = "quota_full"
)

// bladeCatalogue describes what befalls a FlashBlade. A kind that both families
// have takes the same parameters in both, so that it can be checked before the
// array is known.
var bladeCatalogue = append([]Info{
	{
		Kind: BladeUnhealthy, Target: "a blade, such as CH1.FB3",
		Doc:    "the blade is unhealthy (alert 1000, warning), after a minute it is evacuated (critical), parity below 1 until that is done",
		Params: []Param{{Name: "evacuate", Type: Span, Default: "30m", Min: 1, Max: 7 * day, Doc: "time until the data of the blade is elsewhere"}},
	},
	{
		Kind: BladeRemoved, Target: "a blade, such as CH1.FB3",
		Doc:    "the slot says unused while the blade list says critical; alert 1001; capacity and parity fall, parity rises as data is rebuilt",
		Params: []Param{{Name: "rebuild", Type: Span, Default: "40m", Min: 1, Max: 7 * day, Doc: "time until the data is whole again"}},
	},
	{
		Kind: FMFail, Target: "a fabric module, such as CH1.FM2",
		Doc: "the module is critical, its ports are unknown and carry nothing; alert 1002; the interface drops for a moment when the module had the management address",
	},
	{
		Kind: ConnectorDown, Target: "a port in use, such as CH1.FM1.ETH1.1",
		Doc: "the port is unhealthy and carries nothing; alert 1004",
	},
	{
		Kind: ConnectorRemoved, Target: "a port in use, such as CH1.FM1.ETH1.1",
		Doc: "the transceiver is gone and the port says unused; alert 1005",
	},
	{
		Kind: NFSDown,
		Doc:  "nothing is served over NFS; alert 1006; the other protocols go on",
	},
	{
		Kind: QuotaFull, Target: "a file system with a quota; the largest when left out",
		Doc: "the file system grows towards a share of its quota; alert 1101 above 80 (info), 90 (warning) and 100 % (critical)",
		Params: []Param{
			{Name: "target", Type: Number, Default: "97", Min: 1, Max: 300, Doc: "per cent of the quota used in the end"},
			{Name: "over", Type: Span, Default: "30m", Min: 1, Max: 365 * day, Doc: "time until the target is reached"},
			{Name: "reclaim", Type: Span, Default: "10m", Min: 1, Max: 7 * day, Doc: "time from repair until the space is free again"},
		},
	},
	{
		Kind: PSULoss, Target: "a power supply, such as CH1.PWR2",
		Doc: "the supply is critical; alert 1007",
	},
	{
		Kind: FanSlow, Target: "a fan, such as CH1.FM1.FAN3",
		Doc: "the fan is critical; alert 1013",
	},
	{
		Kind: CapacityFill, Target: "a file system without a quota that grows; all of those and the buckets when left out",
		Doc:    "space is used until a share of capacity is reached; alert 1100 above 80 (info) and 90 % (warning); writes stop at 100 %",
		Params: paramsOf(CapacityFill),
	},
	{
		Kind: Bottleneck, Target: "a protocol it holds up, such as NFS; every one when left out",
		Doc:    "offered load rises and the time of operations with it, then it ends; the array raises no alert and tells no layer, only each protocol by itself",
		Params: paramsOf(Bottleneck),
	},
	{
		Kind:   ArrayRestart,
		Doc:    "nothing answers for a while; then every session is gone",
		Params: paramsOf(ArrayRestart),
	},
	{
		Kind:   AlertBurst,
		Doc:    "many alerts of one code (1124, active directory) open at once",
		Params: paramsOf(AlertBurst),
	},
	{
		Kind: AlertBlip, Target: "a component named in the alert, such as CH1.FM1.ETH1.1", Moment: true,
		Doc:    "one alert opens and closes between two looks",
		Params: paramsOf(AlertBlip),
	},
}, interfaceFaults()...)

// paramsOf are the parameters a kind takes in either family.
func paramsOf(k Kind) []Param {
	for _, i := range catalogue {
		if i.Kind == k {
			return i.Params
		}
	}
	return nil
}

// interfaceFaults befall the interface of an array, whatever is behind it.
func interfaceFaults() []Info {
	var all []Info
	for _, i := range catalogue {
		switch i.Kind {
		case ExpireSession, TokenRefused, HTTP500, Slow, TruncatedJSON, DuplicateItems, CertChange, ClockSkew,
			WrongVersion, Partial207, CounterNull, EndlessBody, DeepJSON, HugeString, SlowDrip, Redirect:
			all = append(all, i)
		}
	}
	return all
}
