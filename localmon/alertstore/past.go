package alertstore

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"

	"go.etcd.io/bbolt"
)

// MaxPast bounds one answer of [Store.Past].
const MaxPast = 100_000

// Query picks changes. The names are patterns of [localmon.Fits].
type Query struct {
	From, To  time.Time // From is included, To is not; zero is no bound
	Target    string
	Rule      string
	Component string
	Limit     int // the newest so many; 1000 when zero, at most MaxPast
}

// Past are changes of a span of time.
type Past struct {
	Changes []localmon.Change `json:"changes"`        // by time, the oldest first
	More    bool              `json:"more,omitempty"` // older ones fit too and were left out
}

// Past returns the newest changes that fit, by their wall time.
func (s *Store) Past(q Query) (Past, error) {
	limit := min(cmp.Or(q.Limit, 1000), MaxPast)
	p := Past{Changes: []localmon.Change{}}
	err := s.view(func(b *bbolt.Bucket) error {
		changes := b.Bucket(changeName)
		from, c := timeKey(q.From), b.Bucket(byTimeName).Cursor()
		for k, v := last(c, q.To); k != nil && (q.From.IsZero() || bytes.Compare(k, from) >= 0); k, v = c.Prev() {
			names := bytes.SplitN(v, []byte{0}, 3)
			if len(k) != 16 || len(names) != 3 {
				return fmt.Errorf("index by time, key %x: %w", k, ErrDamaged)
			}
			if !localmon.Fits(q.Target, string(names[0])) || !localmon.Fits(q.Rule, string(names[1])) || !localmon.Fits(q.Component, string(names[2])) {
				continue
			}
			if len(p.Changes) == limit {
				p.More = true
				break
			}
			ch, err := changeAt(changes, k[8:])
			if err != nil {
				return err
			}
			p.Changes = append(p.Changes, ch)
		}
		return nil
	})
	if err != nil {
		return Past{}, fmt.Errorf("read the past of alerts: %w", err)
	}
	slices.Reverse(p.Changes)
	return p, nil
}

// last stands on the newest key before a time.
func last(c *bbolt.Cursor, to time.Time) (k, v []byte) {
	if to.IsZero() {
		return c.Last()
	}
	if k, _ := c.Seek(timeKey(to)); k == nil {
		return c.Last()
	}
	return c.Prev()
}

func changeAt(changes *bbolt.Bucket, seq []byte) (localmon.Change, error) {
	var ch localmon.Change
	if err := decode(changes.Get(seq), &ch); err != nil {
		return ch, fmt.Errorf("change %d: %w", binary.BigEndian.Uint64(seq), err)
	}
	return ch, nil
}

// lifeOf are the changes of one alert, the oldest first.
func lifeOf(b *bbolt.Bucket, id uint64) ([]localmon.Change, error) {
	var out []localmon.Change
	c := b.Bucket(byAlertName).Cursor()
	prefix := number(id)
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix) && len(k) == 16; k, _ = c.Next() {
		ch, err := changeAt(b.Bucket(changeName), k[8:])
		if err != nil {
			return nil, err
		}
		out = append(out, ch)
	}
	return out, nil
}

// timeKey is a time as a key that sorts. Keys grow, so pages are kept full.
func timeKey(t time.Time) []byte { return number(uint64(t.UnixNano()) ^ 1<<63) }

// fill is how full pages of the indices are when they are split.
const fill = 0.9

func index(b *bbolt.Bucket, c localmon.Change) error {
	seq := number(c.Seq)
	byTime, byAlert := b.Bucket(byTimeName), b.Bucket(byAlertName)
	byTime.FillPercent = fill
	if err := byTime.Put(append(timeKey(c.At), seq...), entryKey(alert.KeyOf(c.Alert))); err != nil {
		return err
	}
	return byAlert.Put(append(number(c.Alert.ID), seq...), nil)
}

// upgrade makes the indices of a bucket that has none yet.
func upgrade(b *bbolt.Bucket, m meta) error {
	for _, name := range [][]byte{byTimeName, byAlertName, quietName} {
		if _, err := b.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	err := each(b.Bucket(changeName), func(_ []byte, c localmon.Change) error { return index(b, c) })
	if err != nil {
		return err
	}
	m.Version = version
	return put(b.Bucket(metaName), metaKey, m)
}

// checkIndex holds both indices against the changes.
func checkIndex(b *bbolt.Bucket, changes int) error {
	byTime, byAlert := b.Bucket(byTimeName), b.Bucket(byAlertName)
	for name, have := range map[string]*bbolt.Bucket{"time": byTime, "alert": byAlert} {
		if have == nil {
			return fmt.Errorf("the index by %s is missing: %w", name, ErrDamaged)
		}
		n := 0
		if err := have.ForEach(func(_, _ []byte) error { n++; return nil }); err != nil {
			return err
		}
		if n != changes {
			return fmt.Errorf("the index by %s names %d of %d changes: %w", name, n, changes, ErrDamaged)
		}
	}
	return each(b.Bucket(changeName), func(k []byte, c localmon.Change) error {
		key := append(number(c.Alert.ID), k...)
		if found, _ := byAlert.Cursor().Seek(key); !bytes.Equal(found, key) {
			return fmt.Errorf("change %d is not found by its alert: %w", c.Seq, ErrDamaged)
		}
		if !bytes.Equal(byTime.Get(append(timeKey(c.At), k...)), entryKey(alert.KeyOf(c.Alert))) {
			return fmt.Errorf("change %d is not found by its time: %w", c.Seq, ErrDamaged)
		}
		return nil
	})
}

// loadQuiets are those that have not ended, and the newest id.
func loadQuiets(b *bbolt.Bucket) (living []localmon.Quiet, newest uint64, err error) {
	if b == nil {
		return nil, 0, fmt.Errorf("silences: a bucket is missing: %w", ErrDamaged)
	}
	err = each(b, func(k []byte, q localmon.Quiet) error {
		newest = binary.BigEndian.Uint64(k)
		if q.ID != newest {
			return fmt.Errorf("silence %d stands where %d belongs: %w", q.ID, newest, ErrDamaged)
		}
		if q.Ended.IsZero() {
			living = append(living, q)
		}
		return nil
	})
	return living, newest, err
}

func saveQuiets(b *bbolt.Bucket, quiets []localmon.Quiet) error {
	for _, q := range quiets {
		if err := put(b, number(q.ID), q); err != nil {
			return fmt.Errorf("silence %d: %w", q.ID, err)
		}
	}
	return nil
}

// Quiets returns the newest silences and maintenance windows, ended or not,
// the newest first, at most limit.
func (s *Store) Quiets(limit int) ([]localmon.Quiet, error) {
	out := []localmon.Quiet{}
	err := s.view(func(b *bbolt.Bucket) error {
		c := b.Bucket(quietName).Cursor()
		for k, v := c.Last(); k != nil && len(out) < limit; k, v = c.Prev() {
			var q localmon.Quiet
			if err := decode(v, &q); err != nil {
				return fmt.Errorf("number %d: %w", binary.BigEndian.Uint64(k), err)
			}
			out = append(out, q)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list silences: %w", err)
	}
	return out, nil
}
