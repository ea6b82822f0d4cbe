package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"
	"darksite/localmon/alertstore"
	"darksite/localmon/overview"
	"darksite/localmon/rule"
	"darksite/localmon/source/poll"
)

// History keeps looks. Append returns after the look is on disk. Maintain does
// one small step of upkeep and reports whether there is more.
type History interface {
	Append(ctx context.Context, b localmon.Batch) (uint64, error)
	Maintain(ctx context.Context, now time.Time) (bool, error)
}

// Notifier tells people inside the site. Changes come in order; the first
// repeats of them may have been told before a crash. An error means that none
// counts as told: all come again.
type Notifier interface {
	Notify(ctx context.Context, changes []localmon.Change, repeats int) error
}

// Target is one thing to look at.
type Target struct {
	Source localmon.Source
	Kind   localmon.Kind
	Poll   poll.Options
}

// Options are what a monitor needs.
type Options struct {
	Site       string // name of the site's own target in alerts; "site" when empty
	Targets    []Target
	History    History
	Alerts     *alertstore.Store
	Rules      rule.Set
	Engine     alert.Options
	Notifier   Notifier             // nil: nobody is told
	Seen       func(localmon.Batch) // hears of every look once it is judged; nil: nobody does
	Now        func() time.Time     // time.Now when nil
	Log        *slog.Logger         // what an operator should know; discarded when nil
	Upkeep     time.Duration        // between two turns of history upkeep; a minute when zero
	Standstill time.Duration        // how long storing or judging a look may take before it is told; a minute when zero
	MaxUnsaved int                  // changes that may wait for a disk; 10,000 when zero
}

// Daemon is one monitor. Its methods may be called from any goroutine; Run and
// Once one at a time.
type Daemon struct {
	o      Options
	engine alert.Engine
	wake   chan struct{} // there may be changes to tell

	mu        sync.Mutex
	started   time.Time
	state     alert.State
	judges    map[string]*judge
	trouble   map[string]overview.Trouble
	unsaved   []localmon.Change      // taken by the state, not yet on disk
	quiets    []localmon.Quiet       // set or ended, not yet on disk
	touched   map[alert.Key]struct{} // entries that differ from the disk
	remember  map[string]struct{}    // targets whose memory differs from the disk and must follow
	lastSaved map[string]time.Time   // when the memory of a target was saved
}

// judge is what belongs to one target.
type judge struct {
	// busy is held while a look is judged and until what came of it is the state,
	// so that a rule that does not come back stops its own target alone. It is
	// taken before Daemon.mu.
	busy      sync.Mutex
	evaluator *rule.Evaluator
	kind      localmon.Kind
	look      overview.Look
	pulse     pulse
	looks     uint64 // since the start
	failed    uint64 // of them those that read nothing
}

// New takes up the work where the stored alerts end.
func New(o Options) (*Daemon, error) {
	o.Site = cmp.Or(o.Site, "site")
	o.Upkeep = cmp.Or(o.Upkeep, time.Minute)
	o.Standstill = cmp.Or(o.Standstill, time.Minute)
	o.MaxUnsaved = cmp.Or(o.MaxUnsaved, 10_000)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.History == nil || o.Alerts == nil {
		return nil, errors.New("a monitor needs a history and an alert store")
	}
	d := &Daemon{
		o: o, engine: alert.New(o.Engine), wake: make(chan struct{}, 1), started: o.Now(),
		judges: map[string]*judge{}, trouble: map[string]overview.Trouble{}, touched: map[alert.Key]struct{}{},
		remember: map[string]struct{}{}, lastSaved: map[string]time.Time{},
	}
	state, memories, err := o.Alerts.Load()
	if err != nil {
		return nil, fmt.Errorf("start the monitor: %w", err)
	}
	d.state = state
	for _, t := range o.Targets {
		name := t.Source.Target()
		if _, twice := d.judges[name]; twice || name == o.Site {
			return nil, fmt.Errorf("start the monitor: the name %q is used twice", name)
		}
		e := rule.NewEvaluator(o.Rules, name, t.Kind)
		if err := e.Restore(memories[name].Data); err != nil {
			o.Log.Warn("what the rules remembered is lost, they begin anew", "target", name, "error", err)
		}
		d.judges[name] = &judge{evaluator: e, kind: t.Kind, look: overview.Look{Target: name, Kind: t.Kind, Scrape: memories[name].Scrape}}
	}
	res := d.engine.Retire(d.state, o.Now(), d.answered)
	d.take(res)
	d.save(o.Now(), "")
	return d, nil
}

// answered reports whether somebody will answer for an alert.
func (d *Daemon) answered(k alert.Key) bool {
	j := d.judges[k.Target]
	return k.Target == d.o.Site || j != nil && (k.Rule == alert.FloodRule || j.evaluator.Judges(k.Rule))
}

// Run watches until ctx ends, which is no error.
func (d *Daemon) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	failed := make([]error, len(d.o.Targets))
	for i, t := range d.o.Targets {
		j := d.judges[t.Source.Target()]
		j.pulse.set(phaseLooking, time.Now())
		wg.Go(func() {
			defer j.pulse.set(phaseNone, time.Now())
			failed[i] = poll.Run(ctx, d.recalling(t.Poll), t.Source, func(ctx context.Context, b localmon.Batch) error {
				b.Target = t.Source.Target() // whatever the source says: the site's name counts
				d.sink(ctx, b)
				return nil
			})
			if failed[i] != nil {
				stop() // the sink never fails, so this is the poller itself
			}
		})
	}
	wg.Go(func() { d.upkeep(ctx) })
	wg.Go(func() { d.tell(ctx) })
	wg.Go(func() { d.guard(ctx) })
	d.nudge()
	wg.Wait()
	d.finish()
	return errors.Join(failed...)
}

// Once looks at every target one time, beside each other, and ends.
func (d *Daemon) Once(ctx context.Context) (Summary, error) {
	s := Summary{Looks: make([]overview.Look, len(d.o.Targets))}
	errs := make([]error, len(d.o.Targets))
	var wg sync.WaitGroup
	for i, t := range d.o.Targets {
		wg.Go(func() {
			b, err := poll.Once(ctx, d.recalling(t.Poll), t.Source, d.o.Now())
			if err != nil {
				errs[i] = fmt.Errorf("look at %s: %w", t.Source.Target(), err)
			}
			b.Target = t.Source.Target()
			s.Looks[i] = d.sink(ctx, b)
		})
	}
	wg.Wait()
	for range 1000 { // a new day's work is some dozens of steps
		more, err := d.o.History.Maintain(ctx, d.o.Now())
		d.note("history upkeep", err)
		if err != nil || !more || ctx.Err() != nil {
			break
		}
	}
	d.finish()
	d.tellAll(ctx)
	s.Alerts, s.Monitor = d.Alerts(), d.Monitor()
	return s, errors.Join(errs...)
}

// recalling lets what a target recorded itself go into the history, beside the
// rules: what was is not judged as if it were now.
func (d *Daemon) recalling(o poll.Options) poll.Options {
	o.Recalled = func(ctx context.Context, b localmon.Batch) error {
		_, err := d.o.History.Append(ctx, b)
		d.note("history", err)
		return err
	}
	return o
}

// Summary is what one look at everything brought.
type Summary struct {
	Looks   []overview.Look  `json:"looks"`
	Alerts  []localmon.Alert `json:"alerts"` // living ones
	Monitor overview.Monitor `json:"monitor"`
}

// sink stores and judges one look. It never fails: what cannot be stored is
// said by an alert while the watching goes on.
func (d *Daemon) sink(ctx context.Context, b localmon.Batch) overview.Look {
	d.mu.Lock()
	j := d.judges[b.Target]
	d.mu.Unlock()
	defer j.pulse.set(phaseLooking, time.Now())
	j.pulse.set(phaseStoring, time.Now())
	// A look that is complete is stored even while the monitor stops.
	seq, err := d.o.History.Append(context.WithoutCancel(ctx), kept(b))
	d.note("history", err)
	if d.o.Seen != nil {
		defer d.o.Seen(b)
	}
	now := d.o.Now()
	j.pulse.set(phaseJudging, time.Now())
	j.busy.Lock()
	defer j.busy.Unlock()
	conditions := d.evaluate(now, j, b)
	d.mu.Lock()
	defer d.mu.Unlock()
	j.seen(b, seq)
	if len(conditions) > 0 {
		d.remember[b.Target] = struct{}{} // what the rules remember goes with what they said
	}
	conditions = append(conditions, d.own()...)
	if len(d.unsaved) < d.o.MaxUnsaved {
		d.take(d.engine.Step(d.state, now, conditions))
	} else {
		d.o.Log.Error("too many changes of alerts wait for the disk; alerts stand still")
	}
	d.save(now, b.Target)
	return j.look
}

// kept is a look as the history has it: what the target said of its parts is kept
// as series, so that the same questions can be asked of the past.
func kept(b localmon.Batch) localmon.Batch {
	b.Samples = slices.Concat(b.Samples, localmon.StateSamples(b))
	return b
}

// evaluate keeps a panic of the rules from ending the monitor.
func (d *Daemon) evaluate(now time.Time, j *judge, b localmon.Batch) (conditions []localmon.Condition) {
	what := "rules for " + b.Target
	defer func() {
		if v := recover(); v != nil {
			conditions = nil
			d.note(what, fmt.Errorf("fault of the kit, please report it: %v", v))
		}
	}()
	conditions = j.evaluator.Evaluate(now, b)
	d.note(what, nil)
	return conditions
}

// seen notes a look for the status.
func (j *judge) seen(b localmon.Batch, seq uint64) {
	l := overview.Look{
		Target: b.Target, Kind: j.kind, At: b.At, Good: j.look.Good, Took: b.Took, Samples: len(b.Samples),
		Parts: len(b.States), Alerts: len(b.Alerts), Scrape: seq, Info: j.look.Info, Failed: j.look.Failed + 1,
	}
	if b.Info != nil {
		l.Info = b.Info
	}
	for _, p := range b.Partial {
		if p.Endpoint == poll.WholeTarget && p.Err != nil {
			l.Error = p.Err.Error()
			continue
		}
		l.Partial = append(l.Partial, fmt.Sprintf("%s: %v", p.Endpoint, p.Err))
	}
	j.looks++
	if l.Error == "" {
		l.Good, l.Failed = b.At, 0
	} else {
		j.failed++
	}
	j.look = l
}

// Note sets or, with a nil error, clears a trouble of something that works
// beside the daemon, such as a listener.
func (d *Daemon) Note(what string, err error) { d.note(what, err) }

// note sets or clears a trouble of the monitor itself.
func (d *Daemon) note(what string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.noteLocked(what, err)
}

func (d *Daemon) noteLocked(what string, err error) {
	t, had := d.trouble[what]
	switch {
	case err == nil && had:
		delete(d.trouble, what)
		d.o.Log.Info("works again", "what", what, "since", t.Since)
	case err == nil || errors.Is(err, context.Canceled):
	case had:
		t.Error = err.Error()
		d.trouble[what] = t
	default:
		d.trouble[what] = overview.Trouble{What: what, Since: d.o.Now(), Error: err.Error()}
		d.o.Log.Error("does not work", "what", what, "error", err)
	}
}

// take makes a step the state and remembers what the disk does not know yet.
func (d *Daemon) take(r alert.Result) {
	d.state = r.State
	d.unsaved = append(d.unsaved, r.Changes...)
	d.quiets = append(d.quiets, r.Quiets...)
	for _, k := range r.Touched {
		d.touched[k] = struct{}{}
	}
}

// memoryEvery is how old the stored memory of a target in order may be.
const memoryEvery = 5 * time.Minute

// save writes what the disk does not know. On failure everything stays for the
// next time.
func (d *Daemon) save(now time.Time, target string) {
	if _, known := d.judges[target]; known && now.Sub(d.lastSaved[target]).Abs() >= memoryEvery {
		d.remember[target] = struct{}{}
	}
	if len(d.unsaved) == 0 && len(d.quiets) == 0 && len(d.touched) == 0 && len(d.remember) == 0 {
		return
	}
	step := alertstore.Step{
		Result:   alert.Result{State: d.state, Changes: d.unsaved, Quiets: d.quiets},
		Memories: map[string]alertstore.Memory{},
	}
	for k := range d.touched {
		step.Result.Touched = append(step.Result.Touched, k)
	}
	for name := range d.remember {
		j := d.judges[name]
		if name != target { // who saves holds that of its own target
			if !j.busy.TryLock() {
				continue // it is being judged: what its rules remember now belongs to a step to come
			}
			defer j.busy.Unlock()
		}
		data, err := j.evaluator.Memory()
		if err != nil {
			d.noteLocked("memory of "+name, err)
			continue
		}
		step.Memories[name] = alertstore.Memory{Scrape: j.look.Scrape, Data: data}
	}
	err := d.o.Alerts.Save(step)
	d.noteLocked("alerts", err)
	if err != nil {
		return
	}
	told := len(d.unsaved) > 0
	for name := range step.Memories {
		d.lastSaved[name] = now
		delete(d.remember, name)
	}
	d.unsaved, d.quiets = nil, nil
	clear(d.touched)
	if told {
		d.nudge()
	}
}

// finish saves what the rules remember of every target.
func (d *Daemon) finish() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, j := range d.judges {
		if !j.look.At.IsZero() {
			d.remember[name] = struct{}{}
		}
	}
	d.save(d.o.Now(), "")
}

// upkeep keeps the history small, a little at a time.
func (d *Daemon) upkeep(ctx context.Context) {
	turn := time.NewTicker(d.o.Upkeep)
	defer turn.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-turn.C:
		}
		for ctx.Err() == nil {
			more, err := d.o.History.Maintain(ctx, d.o.Now())
			d.note("history upkeep", err)
			if err != nil || !more {
				break
			}
		}
	}
}

// Alerts returns the living alerts, by id.
func (d *Daemon) Alerts() []localmon.Alert {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(d.state.Alerts(), func(a localmon.Alert) bool { return a.Status == localmon.StatusResolved })
}

// Alert returns one alert, living or not, with its changes.
func (d *Daemon) Alert(id uint64) (localmon.Alert, []localmon.Change, error) {
	return d.o.Alerts.Alert(id)
}

// Ack notes who has an alert in hand; it is on disk when Ack returns nil.
func (d *Daemon) Ack(id uint64, by, note string) (localmon.Alert, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	res, err := d.engine.Ack(d.state, d.o.Now(), id, by, note)
	if err != nil {
		return localmon.Alert{}, err
	}
	d.take(res)
	d.save(d.o.Now(), "")
	if t, bad := d.trouble["alerts"]; bad {
		return localmon.Alert{}, fmt.Errorf("the acknowledgement of alert %d is noted but not stored: %s", id, t.Error)
	}
	return res.Changes[0].Alert, nil
}

// Monitor is what the monitor says of itself.
func (d *Daemon) Monitor() overview.Monitor {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := overview.Monitor{Site: d.o.Site, Started: d.started, Now: d.o.Now(), Unsaved: len(d.unsaved)}
	for _, t := range d.o.Targets {
		m.Looks = append(m.Looks, d.judges[t.Source.Target()].look)
		m.Every = max(m.Every, cmp.Or(t.Poll.Every, 30*time.Second))
	}
	for _, t := range d.trouble {
		m.Trouble = append(m.Trouble, t)
	}
	slices.SortFunc(m.Trouble, func(a, b overview.Trouble) int { return cmp.Compare(a.What, b.What) })
	return m
}
