package pipeline

// OnStep lets a test look on, or stop the process, at the named points of the
// work.
func (p *Pipeline) OnStep(do func(name string)) { p.step = do }
