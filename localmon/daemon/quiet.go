package daemon

import (
	"fmt"
	"slices"

	"darksite/localmon"
	"darksite/localmon/alert"
)

// Quiets returns the silences and maintenance windows that have not ended, by id.
func (d *Daemon) Quiets() []localmon.Quiet {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.state.Quiets)
}

// SetQuiet sets a silence or a maintenance window; it is on disk when SetQuiet
// returns nil.
func (d *Daemon) SetQuiet(q localmon.Quiet) (localmon.Quiet, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	res, err := d.engine.Quiet(d.state, d.o.Now(), q)
	return d.takeQuiet(res, err)
}

// EndQuiet ends one before its time; what it still covered and fires is told.
func (d *Daemon) EndQuiet(id uint64, by string) (localmon.Quiet, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	res, err := d.engine.EndQuiet(d.state, d.o.Now(), id, by)
	return d.takeQuiet(res, err)
}

// takeQuiet makes a step that set or ended a quiet the state.
func (d *Daemon) takeQuiet(res alert.Result, err error) (localmon.Quiet, error) {
	if err != nil {
		return localmon.Quiet{}, err
	}
	d.take(res)
	d.save(d.o.Now(), "")
	q := res.Quiets[len(res.Quiets)-1]
	if t, bad := d.trouble["alerts"]; bad {
		return q, fmt.Errorf("%s %d is noted but not stored: %s", q.Kind, q.ID, t.Error)
	}
	return q, nil
}
