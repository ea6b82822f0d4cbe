package casedraft

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"go.etcd.io/bbolt"
)

// ErrNotFound says that no case has this id or number.
var ErrNotFound = errors.New("no such case")

// Bucket layout inside "cases": "drafts" maps sequence (8 bytes, big endian) to
// the encoded draft, "ids" maps temporary id to sequence, "numbers" maps the
// vendor's number to sequence.
var (
	bucketCases   = []byte("cases")
	bucketDrafts  = []byte("drafts")
	bucketIDs     = []byte("ids")
	bucketNumbers = []byte("numbers")
)

// Store keeps drafts in the site's database. What a method reported done is on
// disk. It is safe for use by several goroutines.
type Store struct {
	db     *bbolt.DB
	random io.Reader
}

// Open makes the buckets when they are missing. The caller owns db. Random
// feeds new ids; nil means crypto/rand.
func Open(db *bbolt.DB, random io.Reader) (*Store, error) {
	if random == nil {
		random = rand.Reader
	}
	if db.IsReadOnly() {
		return &Store{db: db, random: random}, nil
	}
	err := db.Update(func(tx *bbolt.Tx) error {
		root, err := tx.CreateBucketIfNotExists(bucketCases)
		if err != nil {
			return err
		}
		for _, name := range [][]byte{bucketDrafts, bucketIDs, bucketNumbers} {
			if _, err := root.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open cases: %w", err)
	}
	return &Store{db: db, random: random}, nil
}

// Add stores a new case, which must be valid for these contacts, and returns it
// with its temporary id, status and times.
func (s *Store) Add(d Draft, authorised []Contact, now time.Time) (Draft, error) {
	d.Status, d.Number, d.Ack = StatusDraft, "", Ack{}
	d.ID, d.Format, d.Created, d.Updated = "", Format, utc(now), utc(now)
	if err := d.Validate(authorised); err != nil {
		return Draft{}, err
	}
	err := s.db.Update(func(tx *bbolt.Tx) error {
		root := tx.Bucket(bucketCases)
		seq, err := root.NextSequence()
		if err != nil {
			return err
		}
		if d.ID, err = s.freeID(root.Bucket(bucketIDs)); err != nil {
			return err
		}
		if err := root.Bucket(bucketIDs).Put([]byte(d.ID), key(seq)); err != nil {
			return err
		}
		d, err = put(root, seq, d)
		return err
	})
	if err != nil {
		return Draft{}, fmt.Errorf("add case: %w", err)
	}
	return d, nil
}

func (s *Store) freeID(ids *bbolt.Bucket) (ID, error) {
	for range 8 {
		id, err := NewID(s.random)
		if err != nil {
			return "", err
		}
		if ids.Get([]byte(id)) == nil {
			return id, nil
		}
	}
	return "", errors.New("no free temporary id after eight draws: the source of randomness repeats itself")
}

func key(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// put stores a draft and returns it as it will be read back.
func put(root *bbolt.Bucket, seq uint64, d Draft) (Draft, error) {
	text, err := Encode(d)
	if err != nil {
		return Draft{}, err
	}
	if d, err = Decode(text); err != nil {
		return Draft{}, err
	}
	return d, root.Bucket(bucketDrafts).Put(key(seq), text)
}

// Get finds a case by temporary id or by number.
func (s *Store) Get(name string) (Draft, error) {
	var d Draft
	err := s.db.View(func(tx *bbolt.Tx) error {
		root := tx.Bucket(bucketCases)
		if root == nil {
			return ErrNotFound
		}
		var err error
		_, d, err = find(root, name)
		return err
	})
	if err != nil {
		return Draft{}, fmt.Errorf("case %s: %w", name, err)
	}
	return d, nil
}

func find(root *bbolt.Bucket, name string) (seq uint64, d Draft, err error) {
	at := root.Bucket(bucketIDs).Get([]byte(name))
	if at == nil {
		at = root.Bucket(bucketNumbers).Get([]byte(name))
	}
	if at == nil {
		return 0, Draft{}, ErrNotFound
	}
	d, err = Decode(root.Bucket(bucketDrafts).Get(at))
	return binary.BigEndian.Uint64(at), d, err
}

// List returns every case, oldest first.
func (s *Store) List() ([]Draft, error) {
	var all []Draft
	err := s.db.View(func(tx *bbolt.Tx) error {
		root := tx.Bucket(bucketCases)
		if root == nil {
			return nil
		}
		return root.Bucket(bucketDrafts).ForEach(func(k, text []byte) error {
			d, err := Decode(text)
			if err != nil {
				return fmt.Errorf("record %d: %w", binary.BigEndian.Uint64(k), err)
			}
			all = append(all, d)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	return all, nil
}

// Update changes a case in one transaction. Id, site and creation time stay as
// they are; a number that was given stays given; an error of change leaves the
// case as it was.
func (s *Store) Update(name string, now time.Time, change func(*Draft) error) (Draft, error) {
	if err := s.UpdateAll(now, []Change{{name, change}}); err != nil {
		return Draft{}, err
	}
	return s.Get(name)
}

// Change is one change of one case.
type Change struct {
	Name  string // temporary id or number
	Apply func(*Draft) error
}

// UpdateAll makes changes in their order, all in one transaction: when one fails
// none is made. A change sees what those before it did.
func (s *Store) UpdateAll(now time.Time, changes []Change) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		root := tx.Bucket(bucketCases)
		for _, c := range changes {
			if err := update(root, now, c); err != nil {
				return fmt.Errorf("change case %s: %w", c.Name, err)
			}
		}
		return nil
	})
}

func update(root *bbolt.Bucket, now time.Time, c Change) error {
	seq, old, err := find(root, c.Name)
	if err != nil {
		return err
	}
	d := old
	if err := c.Apply(&d); err != nil {
		return err
	}
	d.ID, d.Site, d.Created, d.Updated = old.ID, old.Site, old.Created, utc(now)
	if err := index(root, seq, old, d); err != nil {
		return err
	}
	_, err = put(root, seq, d)
	return err
}

// index keeps numbers unique: one number belongs to one case for good.
func index(root *bbolt.Bucket, seq uint64, old, d Draft) error {
	if old.Number != "" && d.Number != old.Number {
		return fmt.Errorf("number %s cannot be changed: %w", old.Number, ErrRule)
	}
	if d.Number == "" {
		return nil
	}
	if !ValidNumber(d.Number) {
		return fmt.Errorf("case number %q: want the eight digits given by the vendor", d.Number)
	}
	numbers := root.Bucket(bucketNumbers)
	if at := numbers.Get([]byte(d.Number)); at != nil && binary.BigEndian.Uint64(at) != seq {
		return fmt.Errorf("number %s belongs to another case: %w", d.Number, ErrRule)
	}
	return numbers.Put([]byte(d.Number), key(seq))
}
