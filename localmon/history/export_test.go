package history

// SetLimits makes segments and months short, so that tests see many.
func (db *DB) SetLimits(scrapes, segments int) {
	db.limits = limits{scrapes: scrapes, segments: segments}
}
