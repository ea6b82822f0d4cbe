// Package boltstore keeps the desk's events and cases in one bbolt file.
//
// Buckets: "events" (sequence -> event, append only) is the truth; "sites",
// "cases", "trail" (the events of each case), "numbers", "bundles", "chain" and
// "replies" are derived in the same transaction, and [Store.Rebuild] makes them
// anew from the events. [Store.Check] compares the two. Every Record is one
// transaction and so one sync.
package boltstore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"darksite/bundle"
	"darksite/bundle/desk"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Store implements desk.Store and desk.Index.
type Store struct{ db *bbolt.DB }

var (
	events  = []byte("events")
	sites   = []byte("sites")
	cases   = []byte("cases")
	trail   = []byte("trail")   // case id 0x00 seq -> nothing
	numbers = []byte("numbers") // number -> case id
	bundles = []byte("bundles") // sealed digest -> bundle
	chain   = []byte("chain")   // site 0x00 seq -> sealed digest
	replies = []byte("replies") // site -> newest reply
)

func derived() [][]byte { return [][]byte{sites, cases, trail, numbers, bundles, chain, replies} }

// New uses an open database, making the buckets it lacks.
func New(db *bbolt.DB) (*Store, error) {
	err := db.Update(func(tx *bbolt.Tx) error {
		for _, name := range append(derived(), events) {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open the desk's store: %w", err)
	}
	return &Store{db}, nil
}

// Record implements desk.Store.
func (s *Store) Record(ctx context.Context, list ...desk.Event) ([]desk.Case, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var out []desk.Case
	err := s.db.Update(func(tx *bbolt.Tx) error {
		out = out[:0]
		for _, e := range list {
			c, err := record(tx, e)
			if err != nil {
				return err
			}
			out = append(out, c)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("record at the desk: %w", err)
	}
	return out, nil
}

func record(tx *bbolt.Tx, e desk.Event) (desk.Case, error) {
	log := tx.Bucket(events)
	seq, err := log.NextSequence()
	if err != nil {
		return desk.Case{}, err
	}
	e.Seq = seq
	if e.Kind == desk.Acknowledged && e.Number == "" {
		last, _ := tx.Bucket(numbers).Cursor().Last()
		if e.Number, err = desk.NextNumber(string(last)); err != nil {
			return desk.Case{}, err
		}
	}
	c, err := derive(tx, e)
	if err != nil {
		return desk.Case{}, err
	}
	return c, put(log, binary.BigEndian.AppendUint64(nil, seq), e)
}

// derive brings everything that follows from an event up to date.
func derive(tx *bbolt.Tx, e desk.Event) (desk.Case, error) {
	if e.Case == "" {
		return desk.Case{}, deriveSite(tx, e)
	}
	var c desk.Case
	if _, err := get(tx.Bucket(cases), e.Case, &c); err != nil {
		return desk.Case{}, err
	}
	owner := c.Site
	if e.Bundle != nil {
		owner = e.Bundle.Site
	}
	s, err := site(tx, owner)
	if err != nil {
		return desk.Case{}, err
	}
	if c, err = desk.Apply(c, s, e); err != nil {
		return desk.Case{}, err
	}
	switch e.Kind {
	case desk.Imported:
		err = keepBundle(tx, *e.Bundle)
	case desk.Acknowledged:
		if owner := tx.Bucket(numbers).Get([]byte(e.Number)); owner != nil {
			return desk.Case{}, fmt.Errorf("%w: number %s belongs to case %s", desk.ErrRule, e.Number, owner)
		}
		err = tx.Bucket(numbers).Put([]byte(e.Number), []byte(c.ID))
	case desk.Replied:
		err = keepReply(tx, c.Site, e)
	}
	if err != nil {
		return desk.Case{}, err
	}
	if err := tx.Bucket(trail).Put(trailKey(c.ID, e.Seq), nil); err != nil {
		return desk.Case{}, err
	}
	return c, put(tx.Bucket(cases), []byte(c.ID), c)
}

func deriveSite(tx *bbolt.Tx, e desk.Event) error {
	s, err := site(tx, e.Site)
	if err != nil {
		return err
	}
	if s, err = desk.ApplySite(s, e); err != nil {
		return err
	}
	return put(tx.Bucket(sites), []byte(s.Code), s)
}

func site(tx *bbolt.Tx, code string) (desk.Site, error) {
	s := desk.Site{Code: code}
	_, err := get(tx.Bucket(sites), code, &s)
	return s, err
}

// get reads a document, when it is there.
func get(b *bbolt.Bucket, key string, v any) (found bool, err error) {
	data := b.Get([]byte(key))
	if data == nil {
		return false, nil
	}
	if err := json.Unmarshal(data, v); err != nil {
		return false, fmt.Errorf("%s: %w", key, err)
	}
	return true, nil
}

func trailKey(id string, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(id), 0), seq)
}

func keepBundle(tx *bbolt.Tx, b desk.Bundle) error {
	if tx.Bucket(bundles).Get([]byte(b.SealedSHA256)) != nil {
		return fmt.Errorf("bundle %s: %w", b.BID, desk.ErrKnown)
	}
	key := chainKey(b.Site, b.Seq)
	if other := tx.Bucket(chain).Get(key); other != nil {
		return fmt.Errorf("bundle %s: %w: the other is %s", b.BID, desk.ErrFork, other)
	}
	if err := tx.Bucket(chain).Put(key, []byte(b.SealedSHA256)); err != nil {
		return err
	}
	return put(tx.Bucket(bundles), []byte(b.SealedSHA256), b)
}

type reply struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"sha256"`
}

func keepReply(tx *bbolt.Tx, site string, e desk.Event) error {
	last, err := lastReply(tx, site)
	if err != nil {
		return err
	}
	if e.ReplySeq != last.Seq+1 {
		return fmt.Errorf("%w: reply %d of site %s does not follow reply %d", desk.ErrRule, e.ReplySeq, site, last.Seq)
	}
	return put(tx.Bucket(replies), []byte(site), reply{e.ReplySeq, e.ReplyHash})
}

func lastReply(tx *bbolt.Tx, site string) (reply, error) {
	var r reply
	data := tx.Bucket(replies).Get([]byte(site))
	if data == nil {
		return r, nil
	}
	return r, json.Unmarshal(data, &r)
}

func chainKey(site string, seq int64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(site), 0), uint64(seq))
}

func put(b *bbolt.Bucket, key []byte, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return b.Put(key, data)
}

// Case implements desk.Store.
func (s *Store) Case(ctx context.Context, name string) (desk.Case, []desk.Event, error) {
	var c desk.Case
	var list []desk.Event
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		id := []byte(name)
		if owner := tx.Bucket(numbers).Get(id); owner != nil {
			id = owner
		}
		data := tx.Bucket(cases).Get(id)
		if data == nil {
			return desk.ErrNotFound
		}
		if err := json.Unmarshal(data, &c); err != nil {
			return err
		}
		prefix := append([]byte(c.ID), 0)
		cursor := tx.Bucket(trail).Cursor()
		for k, _ := cursor.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = cursor.Next() {
			var e desk.Event
			if err := json.Unmarshal(tx.Bucket(events).Get(k[len(prefix):]), &e); err != nil {
				return err
			}
			list = append(list, e)
		}
		return nil
	})
	if err != nil {
		return desk.Case{}, nil, fmt.Errorf("case %s: %w", name, err)
	}
	return c, list, nil
}

// Cases implements desk.Store.
func (s *Store) Cases(ctx context.Context) ([]desk.Case, error) {
	var out []desk.Case
	err := s.view(ctx, func(tx *bbolt.Tx) error { return all(tx.Bucket(cases), &out) })
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	slices.SortFunc(out, func(a, b desk.Case) int {
		return cmp.Or(b.Received.Compare(a.Received), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

func all[T any](b *bbolt.Bucket, out *[]T) error {
	return b.ForEach(func(_, v []byte) error {
		var t T
		if err := json.Unmarshal(v, &t); err != nil {
			return err
		}
		*out = append(*out, t)
		return nil
	})
}

// Site implements desk.Store.
func (s *Store) Site(ctx context.Context, code string) (desk.Site, error) {
	var out desk.Site
	err := s.view(ctx, func(tx *bbolt.Tx) (err error) {
		out, err = site(tx, code)
		return err
	})
	if err != nil {
		return desk.Site{}, fmt.Errorf("file of site %s: %w", code, err)
	}
	return out, nil
}

// Bundle implements desk.Index.
func (s *Store) Bundle(ctx context.Context, sealed bundle.Digest) (desk.Bundle, error) {
	var b desk.Bundle
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		data := tx.Bucket(bundles).Get([]byte(sealed))
		if data == nil {
			return desk.ErrNotFound
		}
		return json.Unmarshal(data, &b)
	})
	if err != nil {
		return desk.Bundle{}, fmt.Errorf("bundle %s: %w", sealed, err)
	}
	return b, nil
}

// Bundles implements desk.Index.
func (s *Store) Bundles(ctx context.Context, site string) ([]desk.Bundle, error) {
	var out []desk.Bundle
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		prefix := append([]byte(site), 0)
		c := tx.Bucket(chain).Cursor()
		for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
			var b desk.Bundle
			if err := json.Unmarshal(tx.Bucket(bundles).Get(v), &b); err != nil {
				return err
			}
			out = append(out, b)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("bundles of site %s: %w", site, err)
	}
	return out, nil
}

// LastReply implements desk.Index.
func (s *Store) LastReply(ctx context.Context, site string) (int64, string, error) {
	var r reply
	err := s.view(ctx, func(tx *bbolt.Tx) (err error) {
		r, err = lastReply(tx, site)
		return err
	})
	if err != nil {
		return 0, "", fmt.Errorf("replies of site %s: %w", site, err)
	}
	return r.Seq, r.Hash, nil
}

func (s *Store) view(ctx context.Context, f func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.db.View(f)
}

// Rebuild throws everything derived away and makes it anew from the events, in
// one transaction.
func (s *Store) Rebuild(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := s.db.Update(rebuild)
	if err != nil {
		return fmt.Errorf("rebuild the desk's store: %w", err)
	}
	return nil
}

func rebuild(tx *bbolt.Tx) error {
	for _, name := range derived() {
		if err := tx.DeleteBucket(name); err != nil && !errors.Is(err, berrors.ErrBucketNotFound) {
			return err
		}
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	return tx.Bucket(events).ForEach(func(k, v []byte) error {
		var e desk.Event
		if err := json.Unmarshal(v, &e); err != nil {
			return fmt.Errorf("event %x: %w", k, err)
		}
		if !bytes.Equal(k, binary.BigEndian.AppendUint64(nil, e.Seq)) {
			return fmt.Errorf("event %x: it is numbered %d", k, e.Seq)
		}
		if _, err := derive(tx, e); err != nil {
			return fmt.Errorf("event %x: %w", k, err)
		}
		return nil
	})
}

// errDiscard ends a transaction that was only to be looked at.
var errDiscard = errors.New("discard")

// Check rebuilds in a transaction that is thrown away and returns what differs
// from what is stored, one sentence each.
func (s *Store) Check(ctx context.Context) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var found []string
	err := s.db.Update(func(tx *bbolt.Tx) error {
		before := map[string]map[string]string{}
		for _, name := range derived() {
			before[string(name)] = dump(tx.Bucket(name))
		}
		if err := rebuild(tx); err != nil {
			found = append(found, err.Error())
			return errDiscard
		}
		for _, name := range derived() {
			found = append(found, differ(string(name), before[string(name)], dump(tx.Bucket(name)))...)
		}
		return errDiscard
	})
	if !errors.Is(err, errDiscard) {
		return nil, fmt.Errorf("check the desk's store: %w", err)
	}
	slices.Sort(found)
	return found, nil
}

func dump(b *bbolt.Bucket) map[string]string {
	out := map[string]string{}
	if b == nil {
		return out
	}
	_ = b.ForEach(func(k, v []byte) error { // the visitor never fails
		out[string(k)] = string(v)
		return nil
	})
	return out
}

func differ(bucket string, have, want map[string]string) []string {
	var out []string
	for k, v := range want {
		if have[k] != v {
			out = append(out, fmt.Sprintf("%s: %q is not what its events say", bucket, k))
		}
	}
	for k := range have {
		if _, ok := want[k]; !ok {
			out = append(out, fmt.Sprintf("%s: %q has no event", bucket, k))
		}
	}
	return out
}
