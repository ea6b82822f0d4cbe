package history

// pause is called at the points where a crash would hurt most. Tests stop the
// process there; elsewhere the hook is nil and nothing happens. An error
// stops the step as a failing disk would.
func (db *DB) pause(point string) error {
	if db.o.hook == nil {
		return nil
	}
	return db.o.hook(point)
}

// passed is pause where the step is done and cannot fail any more.
func (db *DB) passed(point string) { _ = db.pause(point) }
