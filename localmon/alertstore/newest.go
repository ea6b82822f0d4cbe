package alertstore

import (
	"fmt"

	"go.etcd.io/bbolt"
)

// Newest is the sequence number of the newest change; zero when there is none.
func (s *Store) Newest() (uint64, error) {
	var m meta
	err := s.view(func(b *bbolt.Bucket) (err error) {
		m, err = readMeta(b)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("find the newest change: %w", err)
	}
	return m.Seq, nil
}
