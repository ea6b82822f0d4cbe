package history

// SetLimits makes segments and weeks short, so that tests see many.
func (db *DB) SetLimits(scrapes, segments int) {
	db.limits = limits{scrapes: scrapes, segments: segments}
}

// WithHook has a function called at every named point of the work.
func WithHook(o Options, hook func(point string) error) Options {
	o.hook = hook
	return o
}
