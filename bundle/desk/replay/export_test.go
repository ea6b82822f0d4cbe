package replay

// ReadAtMost bounds what is read for all questions together.
func (s *Samples) ReadAtMost(bytes int64) { s.left = bytes }
