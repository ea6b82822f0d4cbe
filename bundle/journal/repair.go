package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"darksite/bundle"
	"darksite/bundle/safefile"
)

// ActionRepaired is the action of the entry Repair appends.
const ActionRepaired = "journal.repaired"

// Repair puts aside a torn last entry: bytes after the last finished line, which
// Append never acknowledged. The bytes are kept in the folder torn, cut off the
// log, and noted in a new entry by actor. Nothing else is ever removed: a
// journal that is not torn is left alone (0 bytes), and one that disagrees with
// its newest checkpoint is refused with [ErrTampered].
func Repair(ctx context.Context, dir string, o Options, actor string, now time.Time) (dropped int, err error) {
	dropped, err = repair(ctx, dir, o, actor, now)
	if err != nil {
		return 0, fmt.Errorf("repair journal %s: %w", dir, err)
	}
	return dropped, nil
}

func repair(ctx context.Context, dir string, o Options, actor string, now time.Time) (_ int, err error) {
	if _, err := os.Stat(filepath.Join(dir, logName)); err != nil {
		return 0, err // open would make a new journal
	}
	j, err := open(dir, o)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if len(j.torn) == 0 {
		return 0, nil
	}
	info, err := j.file.Stat()
	if err != nil {
		return 0, err
	}
	if info.Size()-j.bytes > MaxLine {
		return 0, fmt.Errorf("%w: %d bytes after the last entry, more than one entry can have", ErrTampered, info.Size()-j.bytes)
	}
	torn := make([]byte, info.Size()-j.bytes)
	if _, err := j.file.ReadAt(torn, j.bytes); err != nil {
		return 0, err
	}
	sum := bundle.DigestOf(torn)
	if err := os.MkdirAll(filepath.Join(dir, tornDir), 0o700); err != nil {
		return 0, err
	}
	name := fmt.Sprintf("%012d-%s", j.n+1, sum[:16])
	if err := safefile.Write(filepath.Join(dir, tornDir, name), torn, 0o600); err != nil {
		return 0, err
	}
	if err := safefile.SyncDir(dir); err != nil {
		return 0, err
	}
	if err := errors.Join(j.file.Truncate(j.bytes), j.file.Sync()); err != nil {
		return 0, err
	}
	_, err = j.Append(ctx, Entry{Time: now, Actor: actor, Action: ActionRepaired, Details: map[string]string{
		"bytes":  strconv.Itoa(len(torn)),
		"sha256": string(sum),
	}})
	return len(torn), err
}
