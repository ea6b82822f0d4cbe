package sim

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrNoFault says that there is no fault with an id.
var ErrNoFault = errors.New("no such fault")

// Array is one simulated array with its virtual clock. Its methods may be
// called by any number of goroutines.
type Array struct {
	options Options
	inv     *inventory      // of the FlashArray kind, else nil
	blade   *bladeInventory // of the FlashBlade kind, else nil

	mu      sync.RWMutex
	now     time.Time
	entries []Entry // never changed in place: views share it
	made    int
}

// New makes an array at the start of its clock, with no fault.
func New(o Options) (*Array, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("simulate an array: %w", err)
	}
	a := &Array{options: o, now: o.Start}
	if o.Family == FlashBlade {
		a.blade = newBladeInventory(o)
	} else {
		a.inv = newInventory(o)
	}
	return a, nil
}

// Options returns the options the array was made with, defaults filled in.
func (a *Array) Options() Options { return a.options }

// Now is the time of the virtual clock.
func (a *Array) Now() time.Time {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.now
}

// Advance moves the virtual clock. One long step and many short ones lead to
// the same state. Time never goes back: d <= 0 does nothing.
func (a *Array) Advance(d time.Duration) {
	if d <= 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = a.now.Add(d)
}

// View is the array as it is now. It stays as it is when the clock moves. It
// panics when the array is not of the FlashArray kind; see [Array.Look].
func (a *Array) View() View {
	v, ok := a.Look().(View)
	if !ok {
		panic(fmt.Sprintf("sim: View of %s, which is a %s", a.options.Name, a.options.Family))
	}
	return v
}

// Inject lets a fault happen, now or at a later time, and returns its id.
func (a *Array) Inject(f Fault) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for f.ID == "" {
		a.made++
		if id := fmt.Sprintf("f%d", a.made); !a.taken(id) {
			f.ID = id
		}
	}
	e, err := a.admit(f)
	if err != nil {
		return "", err
	}
	a.entries = append(slices.Clip(a.entries), e)
	return e.ID, nil
}

// Check says whether Inject would take a fault, as things stand.
func (a *Array) Check(f Fault) error {
	a.mu.RLock()
	defer a.mu.RUnlock()
	_, err := a.admit(f)
	return err
}

func (a *Array) taken(id string) bool {
	return slices.ContainsFunc(a.entries, func(e Entry) bool { return e.ID == id })
}

func (a *Array) admit(f Fault) (Entry, error) {
	e, err := a.entry(f)
	if err != nil {
		return Entry{}, fmt.Errorf("inject into %s: %w", a.options.Name, err)
	}
	return e, nil
}

func (a *Array) entry(f Fault) (Entry, error) {
	if err := f.Check(); err != nil {
		return Entry{}, err
	}
	if err := checkFamily(a.options.Family, f.Kind); err != nil {
		return Entry{}, err
	}
	if f.At.IsZero() {
		f.At = a.now
	}
	f.At = f.At.UTC()
	if f.At.Before(a.now) {
		return Entry{}, fmt.Errorf("fault %s at %s: the array's clock is already at %s, and what has been seen cannot change", f.Kind, f.At.Format(time.RFC3339), a.now.Format(time.RFC3339))
	}
	if f.ID != "" && a.taken(f.ID) {
		return Entry{}, fmt.Errorf("fault id %q is taken", f.ID)
	}
	var err error
	if f.Target, err = a.target(f); err != nil {
		return Entry{}, err
	}
	info, _ := Describe(f.Kind)
	e := Entry{Fault: f}
	if e.values, err = info.values(f.Params); err != nil {
		return Entry{}, err
	}
	switch {
	case (f.Kind == ArrayRestart || f.Kind == Upgrade) && f.Duration == 0:
		e.Until = f.At.Add(e.duration("downtime"))
	case f.Duration > 0:
		e.Until = f.At.Add(f.Duration)
	}
	if !info.Moment {
		if other := a.overlapping(e); other != "" {
			return Entry{}, fmt.Errorf("fault %s on %q: fault %s is the same and not over by then", f.Kind, f.Target, other)
		}
	}
	return e, nil
}

func (a *Array) overlapping(e Entry) string {
	for _, o := range a.entries {
		if o.Kind == e.Kind && o.Target == e.Target && (o.Until.IsZero() || o.Until.After(e.At)) && (e.Until.IsZero() || e.Until.After(o.At)) {
			return o.ID
		}
	}
	return ""
}

// Clear repairs a fault, now: what it broke recovers and its alerts close. A
// fault that has not begun is taken off the list.
func (a *Array) Clear(id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := slices.IndexFunc(a.entries, func(e Entry) bool { return e.ID == id })
	if n < 0 {
		return fmt.Errorf("clear fault %q of %s: %w", id, a.options.Name, ErrNoFault)
	}
	e := a.entries[n]
	if info, _ := Describe(e.Kind); info.Moment && e.begun(a.now) {
		return nil // over as soon as it happened
	}
	if e.repaired(a.now) {
		return nil
	}
	next := slices.Clone(a.entries)
	if a.now.Before(e.At) {
		next = slices.Delete(next, n, n+1)
	} else {
		next[n].Until = a.now
	}
	a.entries = next
	return nil
}

// Faults lists the faults the array has been told of, by the time they begin.
func (a *Array) Faults() []Entry {
	a.mu.RLock()
	defer a.mu.RUnlock()
	s := slices.Clone(a.entries)
	slices.SortStableFunc(s, func(x, y Entry) int { return x.At.Compare(y.At) })
	return s
}

// resolve finds the part of a FlashArray.
func (a *Array) resolve(f Fault) (string, error) {
	var names []string
	preset := ""
	hardware := func(typ string) {
		for _, h := range a.inv.hardware {
			if h.Type == typ {
				names = append(names, h.Name)
			}
		}
	}
	switch f.Kind {
	case DriveFail, DriveMissing, DriveUnadmitted, DrivePathLost:
		hardware("drive_bay")
		preset = "CH0.BAY3"
	case NVRAMFail:
		hardware("nvram_bay")
		preset = "CH0.NVB1"
	case ControllerFail, CPUFail:
		names, preset = []string{"CT0", "CT1"}, newView(a.options, a.inv, a.entries, f.At).primary()
	case FanSlow:
		hardware("cooling")
		preset = "CT0.FAN3"
	case TempHigh:
		hardware("temp_sensor")
		preset = "CT0.TMP9"
	case PSULoss:
		hardware("power_supply")
		preset = "CH0.PWR0"
	case LinkFlap:
		hardware("fc_port")
		preset = "CT0.FC2"
	case PortErrors:
		hardware("fc_port")
		hardware("eth_port")
		preset = "CT0.FC3"
	case SFPDegrade:
		hardware("fc_port")
		preset = "CT1.FC0"
	case SASCable:
		if names = a.inv.shelfPorts(); len(names) == 0 {
			return "", fmt.Errorf("fault %s: an array of size %s has no shelf: use size %s", f.Kind, a.options.Size, Large)
		}
		preset = names[0]
	case ReplicationLag:
		names = a.inv.linkedPods()
		preset = names[0]
	case MediatorDown:
		names = a.inv.stretchedPods()
		preset = names[0]
	case CapacityFill, Bottleneck, NoisyVolume, QoSCap:
		if f.Kind == NoisyVolume || f.Kind == QoSCap {
			preset = a.inv.busiest()
		}
		for _, v := range a.inv.volumes {
			if !v.protocolEndpoint {
				names = append(names, v.name)
			}
		}
	case AlertBlip:
		return cmp.Or(strings.ToLower(f.Target), "ct0.fc3"), nil
	default:
		return "", nil
	}
	if f.Target == "" {
		return preset, nil
	}
	for _, n := range names {
		if strings.EqualFold(n, f.Target) {
			return n, nil
		}
	}
	return "", fmt.Errorf("fault %s: the array has no part %q: name %s", f.Kind, f.Target, targetHint(f.Kind))
}

func targetHint(k Kind) string {
	info, _ := Describe(k)
	return info.Target
}
