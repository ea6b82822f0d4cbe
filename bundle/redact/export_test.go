package redact

// SetChunk makes the gate cut texts finer than a process would.
func (g *Gate) SetChunk(size int) { g.chunk = size }

// OnChunk is told of every chunk before it is scanned, and may fail as a
// recogniser would.
func (g *Gate) OnChunk(f func([]byte)) { g.met = f }

// Rescan makes the second pass scan in full for itself, as it does where a file has
// changed since the first.
func (g *Gate) Rescan() { g.rescan = true }

// OnPass is told of each pass as it begins: learn, redact, prove, and of the end.
func (g *Gate) OnPass(f func(pass string)) { g.entered = f }
