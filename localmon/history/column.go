package history

import (
	"math"

	"darksite/localmon/chunk"
)

// column gathers the values of one series of a segment, row by row: as
// mantissas of one exponent as long as it can, because that is what the log
// has of them and what blocks are made of.
type column struct {
	decimal  bool
	exponent uint8
	mants    []int64
	peak     int64 // the largest of them, without sign
	floats   []float64

	until int32   // rows before this are done
	first int32   // of the open run of rows that have values,
	end   int32   // and where that ends; both are zero before the first run
	runs  []int32 // begin and end of each run before
	last  uint64  // bits of the newest value
	moves int     // values that differ from the one before
}

func (c *column) reset() {
	*c = column{decimal: true, mants: c.mants[:0], floats: c.floats[:0], runs: c.runs[:0]}
}

// len is how many values there are.
func (c *column) len() int { return len(c.mants) + len(c.floats) }

// fill adds the value that the series had since it was last touched to the rows
// before row.
func (c *column) fill(row int32, x *cell) {
	from := c.until
	c.until = row
	if !x.present || from == row {
		return
	}
	if c.end != from || c.len() == 0 {
		if c.len() > 0 {
			c.runs = append(c.runs, c.first, c.end)
		}
		c.first = from
	}
	if c.end = row; c.last != x.bits || c.len() == 0 {
		c.moves++
		c.last = x.bits
	}
	if m, ok := c.mantissa(x); ok {
		c.peak = max(c.peak, m, -m)
		for range row - from {
			c.mants = append(c.mants, m)
		}
		return
	}
	v := math.Float64frombits(x.bits)
	for range row - from {
		c.floats = append(c.floats, v)
	}
}

// mantissa is the value of a cell at the column's exponent. A finer one makes
// that of all values finer; a value that has none makes floats of them.
func (c *column) mantissa(x *cell) (int64, bool) {
	if !c.decimal {
		return 0, false
	}
	if x.exponent == c.exponent {
		return x.mantissa, true
	}
	if x.exponent <= chunk.MaxExponent {
		if x.exponent < c.exponent {
			if m, ok := chunk.Rescale(x.mantissa, c.exponent-x.exponent); ok {
				return m, true
			}
		} else if c.refine(x.exponent) {
			return x.mantissa, true
		}
	}
	c.decimal = false
	for _, m := range c.mants {
		c.floats = append(c.floats, chunk.Float(m, c.exponent))
	}
	c.mants = c.mants[:0]
	return 0, false
}

// refine gives all mantissas a finer exponent, or none.
func (c *column) refine(exponent uint8) (ok bool) {
	digits := exponent - c.exponent
	if c.peak, ok = chunk.Rescale(c.peak, digits); !ok {
		return false
	}
	for i, m := range c.mants {
		c.mants[i], _ = chunk.Rescale(m, digits) // the largest one fits
	}
	c.exponent = exponent
	return true
}

// eachRun calls fn for every run of rows that have values.
func (c *column) eachRun(fn func(from, to int32)) {
	for k := 0; k < len(c.runs); k += 2 {
		fn(c.runs[k], c.runs[k+1])
	}
	if c.len() > 0 {
		fn(c.first, c.end)
	}
}
