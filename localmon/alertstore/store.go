package alertstore

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"

	"darksite/localmon"
	"darksite/localmon/alert"

	"go.etcd.io/bbolt"
)

// Errors a caller decides on.
var (
	// ErrDamaged says that a stored value fails its checksum or cannot be read.
	ErrDamaged = errors.New("stored value is damaged")
	// ErrOutOfOrder says that a step does not follow what is stored.
	ErrOutOfOrder = errors.New("step does not follow the stored one")
	// ErrVersion says that a newer program wrote the bucket.
	ErrVersion = errors.New("written by a newer version")
	// ErrOld says that an older program wrote the bucket, and that it must be
	// opened once for writing before it can be read.
	ErrOld = errors.New("written by an older version")
)

// Bucket is the top-level bucket the package owns.
const Bucket = "alerts"

const version = 2

var (
	root        = []byte(Bucket)
	metaName    = []byte("meta")
	stateName   = []byte("state")
	memoryName  = []byte("memory")
	changeName  = []byte("changes")
	byIDName    = []byte("byid")
	byTimeName  = []byte("bytime")
	byAlertName = []byte("byalert")
	quietName   = []byte("quiets")
	metaKey     = []byte("meta")
	castagnoli  = crc32.MakeTable(crc32.Castagnoli)
)

// meta is the one record of the meta bucket.
type meta struct {
	Version int    `json:"version"`
	NextID  uint64 `json:"next_id"`
	Seq     uint64 `json:"seq"`
	Telling uint64 `json:"telling,omitempty"` // a notifier may have been told up to here
	Told    uint64 `json:"told,omitempty"`    // a notifier was told up to here
}

// DB is the file the store lives in: a *bbolt.DB, or one that guards against
// damaged pages.
type DB interface {
	View(func(*bbolt.Tx) error) error
	Update(func(*bbolt.Tx) error) error
	IsReadOnly() bool
}

// Store is the alerts of one site.
type Store struct{ db DB }

// Open prepares the bucket in db, which stays the caller's to close. A db
// opened read-only works as far as the bucket exists.
func Open(db DB) (*Store, error) {
	s := &Store{db: db}
	prepare := func(tx *bbolt.Tx) error {
		b := tx.Bucket(root)
		if b == nil {
			if !tx.Writable() {
				return nil // nothing was ever stored
			}
			return create(tx)
		}
		m, err := readMeta(b)
		if err != nil {
			return err
		}
		switch {
		case m.Version > version:
			return fmt.Errorf("format %d, this program knows %d: %w", m.Version, version, ErrVersion)
		case m.Version == version:
			return nil
		case !tx.Writable():
			return fmt.Errorf("format %d, this program reads %d: %w: start the monitor once", m.Version, version, ErrOld)
		}
		return upgrade(b, m)
	}
	run := db.Update
	if db.IsReadOnly() {
		run = db.View
	}
	if err := run(prepare); err != nil {
		return nil, fmt.Errorf("open alert store: %w", err)
	}
	return s, nil
}

func create(tx *bbolt.Tx) error {
	b, err := tx.CreateBucket(root)
	if err != nil {
		return err
	}
	for _, name := range [][]byte{metaName, stateName, memoryName, changeName, byIDName, byTimeName, byAlertName, quietName} {
		if _, err := b.CreateBucket(name); err != nil {
			return err
		}
	}
	return put(b.Bucket(metaName), metaKey, meta{Version: version})
}

// Memory is what the rules remember of one target.
type Memory struct {
	Scrape uint64          `json:"scrape"` // sequence of the newest scrape judged
	Data   json.RawMessage `json:"data,omitempty"`
}

// Step is what one Save writes. Changes must begin right after what is stored
// or repeat its end.
type Step struct {
	Result   alert.Result
	Memories map[string]Memory // by target; others stay as they are
}

// Load returns the state to go on from and the memory of every target.
func (s *Store) Load() (alert.State, map[string]Memory, error) {
	state := alert.State{Entries: map[alert.Key]alert.Entry{}}
	memories := map[string]Memory{}
	err := s.view(func(b *bbolt.Bucket) error {
		m, err := readMeta(b)
		if err != nil {
			return err
		}
		state.NextID, state.Seq = m.NextID, m.Seq
		if state.Quiets, state.NextQuiet, err = loadQuiets(b.Bucket(quietName)); err != nil {
			return err
		}
		err = each(b.Bucket(stateName), func(k []byte, e alert.Entry) error {
			if !bytes.Equal(k, entryKey(alert.KeyOf(e.Alert))) {
				return fmt.Errorf("state %q holds another alert: %w", k, ErrDamaged)
			}
			state.Entries[alert.KeyOf(e.Alert)] = e
			return nil
		})
		if err != nil {
			return err
		}
		return each(b.Bucket(memoryName), func(k []byte, m Memory) error {
			memories[string(k)] = m
			return nil
		})
	})
	if err != nil {
		return alert.State{}, nil, fmt.Errorf("load alerts: %w", err)
	}
	return state, memories, nil
}

// Save writes one step in one transaction, synced before it returns.
func (s *Store) Save(step Step) error {
	err := s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(root)
		m, err := readMeta(b)
		if err != nil {
			return err
		}
		if err := saveChanges(b, &m, step.Result); err != nil {
			return err
		}
		if err := saveState(b.Bucket(stateName), step.Result); err != nil {
			return err
		}
		if err := saveQuiets(b.Bucket(quietName), step.Result.Quiets); err != nil {
			return err
		}
		for _, target := range slices.Sorted(maps.Keys(step.Memories)) {
			if err := put(b.Bucket(memoryName), []byte(target), step.Memories[target]); err != nil {
				return err
			}
		}
		m.NextID = max(m.NextID, step.Result.State.NextID)
		return put(b.Bucket(metaName), metaKey, m)
	})
	if err != nil {
		return fmt.Errorf("save alerts: %w", err)
	}
	return nil
}

func saveChanges(b *bbolt.Bucket, m *meta, r alert.Result) error {
	if r.State.Seq < m.Seq {
		return fmt.Errorf("step ends at change %d, %d is stored: %w", r.State.Seq, m.Seq, ErrOutOfOrder)
	}
	changes := b.Bucket(changeName)
	for _, c := range r.Changes {
		if c.Seq <= m.Seq {
			if err := sameChange(changes, c); err != nil {
				return err
			}
			continue
		}
		if c.Seq != m.Seq+1 {
			return fmt.Errorf("change %d after %d: %w", c.Seq, m.Seq, ErrOutOfOrder)
		}
		if err := put(changes, number(c.Seq), c); err != nil {
			return err
		}
		if err := put(b.Bucket(byIDName), number(c.Alert.ID), c.Alert); err != nil {
			return err
		}
		if err := index(b, c); err != nil {
			return err
		}
		m.Seq = c.Seq
	}
	if m.Seq != r.State.Seq {
		return fmt.Errorf("step ends at change %d and brings changes to %d: %w", r.State.Seq, m.Seq, ErrOutOfOrder)
	}
	return nil
}

func sameChange(changes *bbolt.Bucket, c localmon.Change) error {
	want, err := encode(c)
	if err != nil {
		return err
	}
	if !bytes.Equal(changes.Get(number(c.Seq)), want) {
		return fmt.Errorf("change %d is stored with another content: %w", c.Seq, ErrOutOfOrder)
	}
	return nil
}

func saveState(b *bbolt.Bucket, r alert.Result) error {
	for _, k := range r.Touched {
		e, ok := r.State.Entries[k]
		if !ok {
			if err := b.Delete(entryKey(k)); err != nil {
				return err
			}
			continue
		}
		if err := put(b, entryKey(k), e); err != nil {
			return err
		}
	}
	return nil
}

// BeginTelling notes that a notifier is about to be told up to seq.
func (s *Store) BeginTelling(seq uint64) error {
	return s.mark(func(m *meta) { m.Telling = max(m.Telling, seq) })
}

// Told notes that a notifier was told up to seq.
func (s *Store) Told(seq uint64) error {
	return s.mark(func(m *meta) { m.Telling, m.Told = max(m.Telling, seq), max(m.Told, seq) })
}

func (s *Store) mark(change func(*meta)) error {
	err := s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(root)
		m, err := readMeta(b)
		if err != nil {
			return err
		}
		change(&m)
		return put(b.Bucket(metaName), metaKey, m)
	})
	if err != nil {
		return fmt.Errorf("mark alerts as told: %w", err)
	}
	return nil
}

// entryKey is the key of the state bucket: the parts joined by zero bytes, so
// that one target's entries stand together.
func entryKey(k alert.Key) []byte {
	return []byte(k.Target + "\x00" + k.Rule + "\x00" + k.Component)
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func readMeta(b *bbolt.Bucket) (meta, error) {
	var m meta
	if b == nil || b.Bucket(metaName) == nil {
		return m, fmt.Errorf("no meta record: %w", ErrDamaged)
	}
	if err := decode(b.Bucket(metaName).Get(metaKey), &m); err != nil {
		return m, fmt.Errorf("meta record: %w", err)
	}
	return m, nil
}

func put(b *bbolt.Bucket, key []byte, v any) error {
	data, err := encode(v)
	if err != nil {
		return err
	}
	return b.Put(key, data)
}

func encode(v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	out := append(make([]byte, 0, 5+len(body)), 1)
	out = binary.BigEndian.AppendUint32(out, crc32.Checksum(body, castagnoli))
	return append(out, body...), nil
}

func decode(data []byte, v any) error {
	if len(data) < 5 || data[0] != 1 || binary.BigEndian.Uint32(data[1:5]) != crc32.Checksum(data[5:], castagnoli) {
		return ErrDamaged
	}
	if err := json.Unmarshal(data[5:], v); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

// each decodes every value of a bucket.
func each[T any](b *bbolt.Bucket, visit func(k []byte, v T) error) error {
	if b == nil {
		return fmt.Errorf("a bucket is missing: %w", ErrDamaged)
	}
	return b.ForEach(func(k, data []byte) error {
		var v T
		if err := decode(data, &v); err != nil {
			return fmt.Errorf("key %q: %w", k, err)
		}
		return visit(k, v)
	})
}
