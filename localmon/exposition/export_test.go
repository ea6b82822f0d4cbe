package exposition

// Remembered counts the spellings of series that the parser keeps.
func (p *Parser) Remembered() int { return len(p.keys) }
