package daemon_test

import (
	"time"

	"darksite/training/sim"
)

// impatient is how long a request may take where a fault holds replies back,
// so that the stories of such faults are not told in real time. It is far more
// than a reply takes on a machine that is busy.
const impatient = time.Second

// interfaceStories are the faults of the interface, which are alike for both
// kinds of array. Those that can be kept to one list are: the rest of the look
// goes on, and after five minutes the operator hears which part is blind.
func interfaceStories() []story {
	onHardware := func(name string, kind sim.Kind, how setting, params ...string) story {
		f := sim.Fault{Kind: kind, Params: map[string]string{"path": "hardware"}}
		for i := 0; i+1 < len(params); i += 2 {
			f.Params[params[i]] = params[i+1]
		}
		return story{
			name: name, fault: f, how: how,
			looks: 10, waits: "ten looks without the list", want: []string{"partial-data hardware 4"}, lasts: 2 * time.Minute,
		}
	}
	refused := func(name string, kind sim.Kind, want string) story {
		return story{name: name, fault: sim.Fault{Kind: kind}, short: true, want: []string{want}, lasts: 10 * time.Minute}
	}
	lost := func(name string, f sim.Fault) story {
		return story{name: name, fault: f, looks: 3, waits: threeLooks, want: []string{"no-data 2"}, lasts: 10 * time.Minute}
	}
	unseen := func(name string, kind sim.Kind) story {
		return story{name: name, fault: sim.Fault{Kind: kind}, looks: 10, lasts: 10 * time.Minute, clears: time.Minute}
	}
	late := setting{request: impatient}
	return []story{
		refused("token refused", sim.TokenRefused, "token-refused 3"),
		refused("certificate changed", sim.CertChange, "certificate-changed 2"),
		lost("no version both sides know", sim.Fault{Kind: sim.WrongVersion}),
		lost("versions nobody has heard of", sim.Fault{Kind: sim.WrongVersion, Params: map[string]string{"offer": "unknown"}}),
		lost("every list fails", sim.Fault{Kind: sim.HTTP500}),
		lost("every call is sent to another host", sim.Fault{Kind: sim.Redirect}),

		unseen("session ended", sim.ExpireSession),
		unseen("items listed twice", sim.DuplicateItems),
		{
			name: "the array's clock is off", fault: sim.Fault{Kind: sim.ClockSkew},
			want: []string{"clock-off 3"}, lasts: 10 * time.Minute,
		},
		{
			name: "the array's clock is behind by some minutes", fault: sim.Fault{Kind: sim.ClockSkew, Params: map[string]string{"by": "-3m"}},
			want: []string{"clock-off 4"}, lasts: 10 * time.Minute,
		},

		onHardware("one list fails", sim.HTTP500, setting{}),
		onHardware("one list is cut off", sim.TruncatedJSON, setting{}),
		onHardware("one list lacks an item", sim.Partial207, setting{}),
		onHardware("one list does not end", sim.EndlessBody, setting{}, "megabytes", "9"),
		onHardware("one list is nested too deep", sim.DeepJSON, setting{}),
		onHardware("one list holds a name of one megabyte", sim.HugeString, setting{}, "megabytes", "1"),
		onHardware("one list is sent to another host", sim.Redirect, setting{}),
		onHardware("one list stalls", sim.Slow, late, "stall", "5s"),
		onHardware("one list drips", sim.SlowDrip, late),
	}
}

// nullNumbers is told by what is no longer told: numbers that were there before.
func nullNumbers(want string) story {
	return story{
		name: "every number is null", fault: sim.Fault{Kind: sim.CounterNull},
		looks: 22, waits: "ten minutes without a number", want: []string{want}, lasts: 20 * time.Minute,
	}
}
