package history

import "time"

func (db *DB) rollNext(target string, now time.Time) (bool, error) { return false, nil }
func (db *DB) retainNext() (bool, error)                           { return false, nil }
