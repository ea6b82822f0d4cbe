package history

import (
	"math"
	"slices"

	"darksite/localmon/chunk"
)

// stepColumns is how many columns a block of steps has.
const stepColumns = chunk.StepCount + 1

// tier collects the steps of one series: as mantissas where all values are
// decimals, because sums of these are exact and have few digits.
type tier struct {
	present  []bool
	decimal  bool
	exponent uint8
	mants    [stepColumns][]int64
	cols     [stepColumns][]float64
	mant     []int64
}

// stepsOf gives each row the number of its step and the begins of the steps.
// Neighbouring rows in the same step share it.
func stepsOf(at []int64, width int64) (of []int32, begins []int64) {
	of = make([]int32, len(at))
	for i, t := range at {
		begin := floorDiv(t, width) * width
		if n := len(begins); n == 0 || begins[n-1] != begin {
			begins = append(begins, begin)
		}
		of[i] = int32(len(begins) - 1)
	}
	return of, begins
}

// reset begins a series without values.
func (t *tier) reset(steps int) {
	t.present = slices.Grow(t.present[:0], steps)[:steps]
	clear(t.present)
	t.decimal = false
	for i := range t.cols {
		t.cols[i], t.mants[i] = t.cols[i][:0], t.mants[i][:0]
	}
}

// put adds the next step that has samples.
func (t *tier) put(step int32, low, high, sum, count float64) {
	t.present[step] = true
	t.cols[chunk.StepMin] = append(t.cols[chunk.StepMin], low)
	t.cols[chunk.StepMax] = append(t.cols[chunk.StepMax], high)
	t.cols[chunk.StepSum] = append(t.cols[chunk.StepSum], sum)
	t.cols[chunk.StepCount] = append(t.cols[chunk.StepCount], count)
}

// putDecimal is put for mantissas.
func (t *tier) putDecimal(step int32, low, high, sum, count int64) {
	t.present[step] = true
	t.mants[chunk.StepMin] = append(t.mants[chunk.StepMin], low)
	t.mants[chunk.StepMax] = append(t.mants[chunk.StepMax], high)
	t.mants[chunk.StepSum] = append(t.mants[chunk.StepSum], sum)
	t.mants[chunk.StepCount] = append(t.mants[chunk.StepCount], count)
}

// ofDecimals fills the tier from samples that are mantissas; step tells the step
// of each.
func (t *tier) ofDecimals(m []int64, exponent uint8, step []int32) {
	t.decimal, t.exponent = true, exponent
	for i := 0; i < len(m); {
		s := step[i]
		low, high, sum := m[i], m[i], int64(0)
		j := i
		for ; j < len(m) && step[j] == s; j++ {
			low, high, sum = min(low, m[j]), max(high, m[j]), sum+m[j]
		}
		t.putDecimal(s, low, high, sum, int64(j-i))
		i = j
	}
}

// ofResting fills the tier from a series that has one mantissa in every row;
// rows tells how many each step has.
func (t *tier) ofResting(m int64, exponent uint8, rows []int64) {
	t.decimal, t.exponent = true, exponent
	for i, n := range rows {
		t.putDecimal(int32(i), m, m, m*n, n)
	}
}

// ofFloats fills the tier from samples that are no decimals.
func (t *tier) ofFloats(v []float64, step []int32) {
	for i := 0; i < len(v); {
		s := step[i]
		low, high, sum := v[i], v[i], 0.0
		j := i
		for ; j < len(v) && step[j] == s; j++ {
			low, high, sum = math.Min(low, v[j]), math.Max(high, v[j]), sum+v[j]
		}
		t.put(s, low, high, sum, float64(j-i))
		i = j
	}
}

// ofSteps fills the tier from the finer steps of one series; at tells the step
// of each.
func (t *tier) ofSteps(at []int32, cols *[stepColumns][]float64) {
	m, e, short := t.decimals(cols[chunk.StepSum])
	for i := 0; i < len(at); {
		low, high, count := cols[chunk.StepMin][i], cols[chunk.StepMax][i], 0.0
		sum, exact := 0.0, int64(0)
		j := i
		for ; j < len(at) && at[j] == at[i]; j++ {
			low, high = math.Min(low, cols[chunk.StepMin][j]), math.Max(high, cols[chunk.StepMax][j])
			sum += cols[chunk.StepSum][j]
			count += cols[chunk.StepCount][j]
			if short {
				exact += m[j]
			}
		}
		if short {
			sum = chunk.Float(exact, e)
		}
		t.put(at[i], low, high, sum, count)
		i = j
	}
}

func (t *tier) decimals(v []float64) ([]int64, uint8, bool) {
	t.mant = slices.Grow(t.mant[:0], len(v))[:len(v)]
	e, ok := chunk.Decimals(t.mant, v)
	return t.mant, e, ok
}

// add puts the tier into a block.
func (t *tier) add(b *chunk.Builder) {
	present := t.present
	if n := len(t.cols[0]) + len(t.mants[0]); n == len(present) {
		present = nil
	}
	if t.decimal {
		b.AddDecimals(present, t.exponent, t.mants[:]...)
		return
	}
	b.Add(present, t.cols[:]...)
}
