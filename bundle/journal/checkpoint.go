package journal

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"darksite/bundle"

	"golang.org/x/mod/sumdb/tlog"
)

// maxCheckpoint bounds a checkpoint text in bytes.
const maxCheckpoint = 1 << 10

// ErrCheckpoint is wrapped by every refusal of a checkpoint text.
var ErrCheckpoint = errors.New("malformed journal checkpoint")

// Checkpoint fixes the first Size entries of a journal. Its text has the shape
// of a C2SP tlog-checkpoint body: origin, size in decimal, root in base64, each
// on a line of its own.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// Mark is the checkpoint as labels and manifests carry it.
func (c Checkpoint) Mark() bundle.JournalMark { return markOf(c.Size, c.Root) }

func markOf(size int64, root tlog.Hash) bundle.JournalMark {
	return bundle.JournalMark{Size: size, Root: bundle.Digest(hex.EncodeToString(root[:]))}
}

// Encode writes the text that is signed.
func (c Checkpoint) Encode() []byte {
	return fmt.Appendf(nil, "%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
}

// ParseCheckpoint reads a checkpoint and refuses every spelling Encode would
// not write. Errors wrap [ErrCheckpoint].
func ParseCheckpoint(text []byte) (Checkpoint, error) {
	if len(text) > maxCheckpoint {
		return Checkpoint{}, fmt.Errorf("%w: more than %d bytes", ErrCheckpoint, maxCheckpoint)
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) != 4 || lines[3] != "" {
		return Checkpoint{}, fmt.Errorf("%w: want three lines", ErrCheckpoint)
	}
	if err := checkOrigin(lines[0]); err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	c := Checkpoint{Origin: lines[0]}
	var err error
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 {
		return Checkpoint{}, fmt.Errorf("%w: size %q", ErrCheckpoint, lines[1])
	}
	if c.Root, err = tlog.ParseHash(lines[2]); err != nil {
		return Checkpoint{}, fmt.Errorf("%w: root %q", ErrCheckpoint, lines[2])
	}
	if string(c.Encode()) != string(text) {
		return Checkpoint{}, fmt.Errorf("%w: not in its one spelling", ErrCheckpoint)
	}
	return c, nil
}

func checkOrigin(s string) error {
	if s == "" || len(s) > 128 {
		return fmt.Errorf("origin %q: want 1 to 128 characters", s)
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' || c == '+' {
			return fmt.Errorf("origin %q: printable ASCII without spaces and +", s)
		}
	}
	return nil
}

// checkpointBase is the file name of a checkpoint without its ending; names
// sort by size.
func checkpointBase(size int64) string { return fmt.Sprintf("%012d", size) }
