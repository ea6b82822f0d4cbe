package alertstore

import "go.etcd.io/bbolt"

// SetVersion makes a bucket say that an older program wrote it.
func SetVersion(b *bbolt.Bucket, v int) error {
	m, err := readMeta(b)
	if err != nil {
		return err
	}
	m.Version = v
	return put(b.Bucket(metaName), metaKey, m)
}
