package rounds

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"go.etcd.io/bbolt"
)

// Errors a caller decides on.
var (
	// ErrNotBegun says that no round is under way.
	ErrNotBegun = errors.New("no round is under way")
	// ErrNoName says that nobody is named who makes the round.
	ErrNoName = errors.New("who makes the round must be named")
	// ErrDamaged says that a stored value fails its checksum.
	ErrDamaged = errors.New("stored value is damaged")
)

// Bounds of what a person writes.
const (
	maxName = 100
	maxNote = 2000
)

var (
	root       = []byte("rounds")
	listName   = []byte("list")
	marksName  = []byte("marks")
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// Round is one daily round.
type Round struct {
	ID     uint64         `json:"id"`
	By     string         `json:"by"`
	Begun  time.Time      `json:"begun"`
	Done   time.Time      `json:"done,omitzero"` // zero while it is under way, or when it was given up
	DoneBy string         `json:"done_by,omitempty"`
	Note   string         `json:"note,omitempty"`
	State  string         `json:"state,omitempty"`  // the worst word that was found
	Counts map[string]int `json:"counts,omitempty"` // lines by their word in small letters
}

// Mark is what somebody, or the kit itself, said to have done.
type Mark struct {
	Name string    `json:"name"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	Note string    `json:"note,omitempty"`
	Bad  bool      `json:"bad,omitempty"` // it was done and did not go well
}

// Store keeps the rounds of one site.
type Store struct{ db *bbolt.DB }

// Open prepares the bucket in db, which stays the caller's to close. A db opened
// read-only in which nothing was stored reads as empty.
func Open(db *bbolt.DB) (*Store, error) {
	if db.IsReadOnly() {
		return &Store{db: db}, nil
	}
	err := db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(root)
		if err != nil {
			return err
		}
		_, err = b.CreateBucketIfNotExists(listName)
		if err != nil {
			return err
		}
		_, err = b.CreateBucketIfNotExists(marksName)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open the list of rounds: %w", err)
	}
	return &Store{db: db}, nil
}

// view runs a reading of one bucket, where it is there.
func (s *Store) view(name []byte, read func(*bbolt.Bucket) error) error {
	return s.db.View(func(tx *bbolt.Tx) error {
		top := tx.Bucket(root)
		if top == nil || top.Bucket(name) == nil {
			return nil
		}
		return read(top.Bucket(name))
	})
}

// Begin notes that somebody sets out. A round that is under way stays in the
// list as given up.
func (s *Store) Begin(now time.Time, by string) (Round, error) {
	if err := check(by, ""); err != nil {
		return Round{}, fmt.Errorf("begin a round: %w", err)
	}
	r := Round{By: by, Begun: now}
	err := s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(root).Bucket(listName)
		id, err := b.NextSequence()
		if err != nil {
			return err
		}
		r.ID = id
		return put(b, key(id), r)
	})
	if err != nil {
		return Round{}, fmt.Errorf("begin a round: %w", err)
	}
	return r, nil
}

// Done notes that the round under way was made, by whom and what was found.
func (s *Store) Done(now time.Time, found Round) (Round, error) {
	var r Round
	err := check(found.DoneBy, found.Note)
	if err == nil {
		err = s.db.Update(func(tx *bbolt.Tx) error {
			b := tx.Bucket(root).Bucket(listName)
			k, v := b.Cursor().Last()
			if k == nil {
				return ErrNotBegun
			}
			if err := get(v, &r); err != nil {
				return err
			}
			if !r.Done.IsZero() {
				return ErrNotBegun
			}
			r.Done, r.DoneBy, r.Note, r.State, r.Counts = now, found.DoneBy, found.Note, found.State, found.Counts
			return put(b, k, r)
		})
	}
	if err != nil {
		return Round{}, fmt.Errorf("end the round: %w", err)
	}
	return r, nil
}

// List returns the newest rounds, the newest first.
func (s *Store) List(limit int) ([]Round, error) {
	out := []Round{}
	err := s.view(listName, func(b *bbolt.Bucket) error {
		c := b.Cursor()
		for k, v := c.Last(); k != nil && len(out) < limit; k, v = c.Prev() {
			var r Round
			if err := get(v, &r); err != nil {
				return fmt.Errorf("round %d: %w", binary.BigEndian.Uint64(k), err)
			}
			out = append(out, r)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the rounds: %w", err)
	}
	return out, nil
}

// Last returns the newest round that was done; ok is false when none ever was.
func (s *Store) Last() (r Round, ok bool, err error) {
	err = s.view(listName, func(b *bbolt.Bucket) error {
		c := b.Cursor()
		for k, v := c.Last(); k != nil && !ok; k, v = c.Prev() {
			r = Round{}
			if err := get(v, &r); err != nil {
				return fmt.Errorf("round %d: %w", binary.BigEndian.Uint64(k), err)
			}
			ok = !r.Done.IsZero()
		}
		return nil
	})
	if err != nil {
		return Round{}, false, fmt.Errorf("find the last round: %w", err)
	}
	return r, ok, nil
}

// Mark notes what somebody has done; a newer word replaces the older.
func (s *Store) Mark(m Mark) error {
	err := check(m.By, m.Note)
	if err == nil && (m.Name == "" || len(m.Name) > maxName) {
		err = fmt.Errorf("the name %q: want 1 to %d characters", m.Name, maxName)
	}
	if err == nil {
		err = s.db.Update(func(tx *bbolt.Tx) error { return put(tx.Bucket(root).Bucket(marksName), []byte(m.Name), m) })
	}
	if err != nil {
		return fmt.Errorf("note what was done: %w", err)
	}
	return nil
}

// Marks returns the newest word for each name.
func (s *Store) Marks() (map[string]Mark, error) {
	out := map[string]Mark{}
	err := s.view(marksName, func(b *bbolt.Bucket) error {
		return b.ForEach(func(k, v []byte) error {
			var m Mark
			if err := get(v, &m); err != nil {
				return fmt.Errorf("%q: %w", k, err)
			}
			out[string(k)] = m
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read what was done: %w", err)
	}
	return out, nil
}

func check(by, note string) error {
	switch {
	case by == "":
		return ErrNoName
	case len(by) > maxName || len(note) > maxNote:
		return fmt.Errorf("a name has at most %d characters, a note %d", maxName, maxNote)
	}
	return nil
}

func key(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }

func put(b *bbolt.Bucket, k []byte, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	out := binary.BigEndian.AppendUint32([]byte{1}, crc32.Checksum(body, castagnoli))
	return b.Put(k, append(out, body...))
}

func get(data []byte, v any) error {
	if len(data) < 5 || data[0] != 1 || binary.BigEndian.Uint32(data[1:5]) != crc32.Checksum(data[5:], castagnoli) {
		return ErrDamaged
	}
	if err := json.Unmarshal(data[5:], v); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}
