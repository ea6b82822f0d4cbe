package alertstore

import (
	"encoding/binary"
	"fmt"
	"slices"

	"darksite/localmon"
	"darksite/localmon/alert"

	"go.etcd.io/bbolt"
)

// view runs a reading with the package's bucket; a file in which nothing was
// ever stored reads as empty.
func (s *Store) view(read func(*bbolt.Bucket) error) error {
	return s.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(root)
		if b == nil {
			return nil
		}
		return read(b)
	})
}

// Living returns the alerts that are pending or firing, by id.
func (s *Store) Living() ([]localmon.Alert, error) {
	state, _, err := s.Load()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(state.Alerts(), func(a localmon.Alert) bool { return a.Status == localmon.StatusResolved }), nil
}

// List returns the newest alerts of any status, newest id first, at most limit.
func (s *Store) List(limit int) ([]localmon.Alert, error) {
	var out []localmon.Alert
	err := s.view(func(b *bbolt.Bucket) error {
		live, err := liveByID(b)
		if err != nil {
			return err
		}
		c := b.Bucket(byIDName).Cursor()
		for k, v := c.Last(); k != nil && len(out) < limit; k, v = c.Prev() {
			var a localmon.Alert
			if err := decode(v, &a); err != nil {
				return fmt.Errorf("alert %d: %w", binary.BigEndian.Uint64(k), err)
			}
			if now, ok := live[a.ID]; ok {
				a = now
			}
			out = append(out, a)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	return out, nil
}

// liveByID is the living state, which is newer than the newest change: a
// summary follows the values without a change being recorded.
func liveByID(b *bbolt.Bucket) (map[uint64]localmon.Alert, error) {
	live := map[uint64]localmon.Alert{}
	err := each(b.Bucket(stateName), func(_ []byte, e alert.Entry) error {
		live[e.Alert.ID] = e.Alert
		return nil
	})
	return live, err
}

// Alert returns one alert and all its changes, oldest first.
func (s *Store) Alert(id uint64) (localmon.Alert, []localmon.Change, error) {
	var a localmon.Alert
	var changes []localmon.Change
	err := s.view(func(b *bbolt.Bucket) error {
		data := b.Bucket(byIDName).Get(number(id))
		if data == nil {
			return nil
		}
		if err := decode(data, &a); err != nil {
			return err
		}
		live, err := liveByID(b)
		if err != nil {
			return err
		}
		if now, ok := live[id]; ok {
			a = now
		}
		changes, err = lifeOf(b, id)
		return err
	})
	if err == nil && a.ID == 0 {
		err = alert.ErrNoAlert
	}
	if err != nil {
		return localmon.Alert{}, nil, fmt.Errorf("alert %d: %w", id, err)
	}
	return a, changes, nil
}

// Changes returns the changes after seq in order, at most limit.
func (s *Store) Changes(after uint64, limit int) ([]localmon.Change, error) {
	var out []localmon.Change
	err := s.view(func(b *bbolt.Bucket) error {
		c := b.Bucket(changeName).Cursor()
		for k, v := c.Seek(number(after + 1)); k != nil && len(out) < limit; k, v = c.Next() {
			var ch localmon.Change
			if err := decode(v, &ch); err != nil {
				return fmt.Errorf("change %d: %w", binary.BigEndian.Uint64(k), err)
			}
			out = append(out, ch)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	return out, nil
}

// Untold returns the oldest changes no notifier is known to have taken, at most
// limit, and the highest sequence number it may have been told already.
func (s *Store) Untold(limit int) (changes []localmon.Change, maybe uint64, err error) {
	var m meta
	err = s.view(func(b *bbolt.Bucket) error {
		m, err = readMeta(b)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read what was told: %w", err)
	}
	changes, err = s.Changes(m.Told, limit)
	return changes, m.Telling, err
}

// Stats are the sizes of the store.
type Stats struct {
	Alerts  int `json:"alerts"` // ever
	Living  int `json:"living"`
	Changes int `json:"changes"`
}

// Check reads every value and compares what must agree. It reports the first
// thing that does not, with its place.
func (s *Store) Check() (Stats, error) {
	var st Stats
	err := s.view(func(b *bbolt.Bucket) error {
		m, err := readMeta(b)
		if err != nil {
			return err
		}
		var next uint64 = 1
		last := map[uint64]localmon.Status{}
		err = each(b.Bucket(changeName), func(k []byte, c localmon.Change) error {
			if binary.BigEndian.Uint64(k) != c.Seq || c.Seq != next {
				return fmt.Errorf("change %d stands where %d belongs: %w", c.Seq, next, ErrDamaged)
			}
			next++
			st.Changes++
			last[c.Alert.ID] = c.Alert.Status
			return nil
		})
		if err != nil {
			return err
		}
		if m.Told > m.Telling || m.Telling > m.Seq {
			return fmt.Errorf("told to %d, telling to %d of %d changes: %w", m.Told, m.Telling, m.Seq, ErrDamaged)
		}
		if m.Seq != next-1 {
			return fmt.Errorf("meta says %d changes, %d are there: %w", m.Seq, next-1, ErrDamaged)
		}
		err = each(b.Bucket(stateName), func(k []byte, e alert.Entry) error {
			if e.Alert.Status != localmon.StatusResolved {
				st.Living++
			}
			if last[e.Alert.ID] != e.Alert.Status {
				return fmt.Errorf("alert %d is %s in the state and %s in its changes: %w", e.Alert.ID, e.Alert.Status, last[e.Alert.ID], ErrDamaged)
			}
			return nil
		})
		if err != nil {
			return err
		}
		err = each(b.Bucket(byIDName), func(_ []byte, a localmon.Alert) error {
			st.Alerts++
			if a.ID > m.NextID || last[a.ID] != a.Status {
				return fmt.Errorf("alert %d does not agree with its changes: %w", a.ID, ErrDamaged)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := checkIndex(b, st.Changes); err != nil {
			return err
		}
		if err := each(b.Bucket(quietName), func([]byte, localmon.Quiet) error { return nil }); err != nil {
			return err
		}
		return each(b.Bucket(memoryName), func([]byte, Memory) error { return nil })
	})
	if err != nil {
		return Stats{}, fmt.Errorf("check alerts: %w", err)
	}
	return st, nil
}
