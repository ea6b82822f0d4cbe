package flasharray

// Hurry makes the lists that tell of faults due at the next look. Package push
// calls it when the array has said by itself that something happened.
func (s *Source) Hurry() {
	s.memory.schedule.Again(rowAlerts, rowDrives, rowControllers, rowHardware)
}

// Afresh makes every list due at the next look, for one who must not wait for the
// turn of those that are read less often.
func (s *Source) Afresh() { s.memory.schedule.AllAgain() }
