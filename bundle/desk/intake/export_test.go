package intake

// OnStep is called after each step of an import.
func (in *Intake) OnStep(do func(name string)) { in.step = do }
