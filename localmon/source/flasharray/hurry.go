package flasharray

// Hurry makes the lists that tell of faults due at the next look. Package push
// calls it when the array has said by itself that something happened.
func (s *Source) Hurry() {
	s.memory.schedule.Again(rowAlerts, rowDrives, rowControllers, rowHardware)
}
