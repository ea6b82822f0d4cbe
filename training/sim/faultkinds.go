package sim

import "strings"

// losesData says whether a kind of fault takes a drive's data, so that it has
// to be rebuilt from the others.
func (k Kind) losesData() bool {
	return k == DriveFail || k == DriveMissing || k == DriveUnadmitted
}

// losesController says whether a kind of fault takes a controller.
func (k Kind) losesController() bool { return k == ControllerFail || k == CPUFail }

// ruleOf is what a fault of the replies does to them.
func ruleOf(e Entry) ProtocolRule {
	r := ProtocolRule{
		Kind: e.Kind, Path: strings.Trim(e.Params["path"], "/"),
		Every: int(e.param("every")), Stall: e.duration("stall"),
	}
	switch e.Kind {
	case EndlessBody, HugeString:
		r.Size = int64(e.param("megabytes") * (1 << 20))
	case DeepJSON:
		r.Size = int64(e.param("levels"))
	case SlowDrip:
		r.Stall = e.duration("pause")
	case WrongVersion:
		r.Word = e.text("offer")
	case Redirect:
		r.Word = strings.TrimRight(e.text("to"), "/")
	}
	return r
}
