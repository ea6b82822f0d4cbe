package site

import (
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// Replies is how far the site has come in the vendor's chain.
type Replies struct {
	Seq  int64     `json:"seq"`
	Hash string    `json:"sha256"`
	At   time.Time `json:"at,omitzero"` // when it was opened here
	Left []LeftOut `json:"left,omitempty"`
}

// LeftOut is a part of a reply that the site does without, until a later reply
// brings it again. The vendor is told with the next bundle.
type LeftOut struct {
	Reply int64  `json:"reply"`
	What  string `json:"what"` // withoutRules or withoutBooks
}

var repliesBucket = []byte("replies") // a constant; Go has none for bytes

// ReadReplies reads how far the site has come in the vendor's chain; nothing was opened
// yet where there is no record.
func ReadReplies(db *bbolt.DB) (seen Replies, err error) {
	err = db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(repliesBucket)
		if b == nil {
			return nil
		}
		data := b.Get([]byte("newest"))
		if data == nil {
			return nil
		}
		return json.Unmarshal(data, &seen)
	})
	if err != nil {
		return seen, fmt.Errorf("read the chain of replies: %w", err)
	}
	return seen, nil
}

// WriteReplies keeps how far the site has come in the vendor's chain.
func WriteReplies(db *bbolt.DB, seen Replies) error {
	err := db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(repliesBucket)
		if err != nil {
			return err
		}
		data, err := json.Marshal(seen)
		if err != nil {
			return err
		}
		return b.Put([]byte("newest"), data)
	})
	if err != nil {
		return fmt.Errorf("store the chain of replies: %w", err)
	}
	return nil
}
