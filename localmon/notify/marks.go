package notify

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"

	"go.etcd.io/bbolt"
)

// Bucket is the top-level bucket of the site's file the package owns. It holds
// for each way, by name, one format byte (1), a CRC32C (4 bytes, big endian) of
// the rest, then JSON.
const Bucket = "notify"

// ErrDamaged says that a stored mark fails its checksum or cannot be read.
var ErrDamaged = errors.New("stored mark of a notifier is damaged")

// DB is the file the marks live in.
type DB interface {
	View(func(*bbolt.Tx) error) error
	Update(func(*bbolt.Tx) error) error
}

// mark is how far a way is.
type mark struct {
	Told    uint64 `json:"told"`    // it was told up to here
	Telling uint64 `json:"telling"` // it may have been told up to here
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (m mark) encode() ([]byte, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	out := binary.BigEndian.AppendUint32([]byte{1}, crc32.Checksum(body, castagnoli))
	return append(out, body...), nil
}

func decodeMark(data []byte) (mark, error) {
	var m mark
	if len(data) < 5 || data[0] != 1 || binary.BigEndian.Uint32(data[1:5]) != crc32.Checksum(data[5:], castagnoli) {
		return m, ErrDamaged
	}
	if err := json.Unmarshal(data[5:], &m); err != nil {
		return m, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if m.Told > m.Telling {
		return m, ErrDamaged
	}
	return m, nil
}

// openMarks reads the marks of the ways named. One that is new begins at newest
// and one that is damaged too, because what it was told is not known any more;
// lost names those. Marks of others are dropped.
func openMarks(db DB, names []string, newest uint64) (marks map[string]mark, lost []string, err error) {
	marks = map[string]mark{}
	err = db.Update(func(tx *bbolt.Tx) error {
		marks, lost = map[string]mark{}, nil
		b, err := tx.CreateBucketIfNotExists([]byte(Bucket))
		if err != nil {
			return err
		}
		for _, name := range names {
			m := mark{newest, newest}
			if data := b.Get([]byte(name)); data != nil {
				if m, err = decodeMark(data); err != nil || m.Telling > newest {
					lost, m = append(lost, name), mark{newest, newest}
				}
			}
			marks[name] = m
		}
		var gone [][]byte
		if err := b.ForEach(func(k, _ []byte) error {
			if _, named := marks[string(k)]; !named {
				gone = append(gone, k)
			}
			return nil
		}); err != nil {
			return err
		}
		for _, k := range gone {
			if err := b.Delete(k); err != nil {
				return err
			}
		}
		for name, m := range marks {
			if err := putMark(b, name, m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read how far notifiers were told: %w", err)
	}
	return marks, lost, nil
}

func putMark(b *bbolt.Bucket, name string, m mark) error {
	data, err := m.encode()
	if err != nil {
		return err
	}
	return b.Put([]byte(name), data)
}

func saveMark(db DB, name string, m mark) error {
	err := db.Update(func(tx *bbolt.Tx) error { return putMark(tx.Bucket([]byte(Bucket)), name, m) })
	if err != nil {
		return fmt.Errorf("note how far %s was told: %w", name, err)
	}
	return nil
}
