package history

import (
	"math"
	"slices"

	"darksite/localmon/chunk"
)

// stepColumns is how many columns a block of steps has.
const stepColumns = chunk.StepCount + 1

// tier collects the steps of one series.
type tier struct {
	present []bool
	cols    [stepColumns][]float64
	mant    []int64
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

func (t *tier) reset(steps int) {
	t.present = t.present[:0]
	for range steps {
		t.present = append(t.present, false)
	}
	for i := range t.cols {
		t.cols[i] = t.cols[i][:0]
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

// ofSamples fills the tier from samples; step tells the step of each.
func (t *tier) ofSamples(v []float64, step []int32) {
	// Sums of mantissas are exact and have few digits; sums of floats have
	// many, which pack badly.
	if m, e, ok := t.decimals(v); ok {
		for i := 0; i < len(v); {
			s := step[i]
			low, high, sum := m[i], m[i], int64(0)
			j := i
			for ; j < len(v) && step[j] == s; j++ {
				low, high, sum = min(low, m[j]), max(high, m[j]), sum+m[j]
			}
			t.put(s, chunk.Float(low, e), chunk.Float(high, e), chunk.Float(sum, e), float64(j-i))
			i = j
		}
		return
	}
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

// add puts the tier into a block.
func (t *tier) add(b *chunk.Builder) {
	present := t.present
	if len(t.cols[0]) == len(present) {
		present = nil
	}
	b.Add(present, t.cols[:]...)
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

// ofConstant fills the tier from a series that has one value in every row; rows
// tells how many each step has.
func (t *tier) ofConstant(v float64, rows []int64) {
	m, e, short := chunk.Decimal(v, 0)
	for i, n := range rows {
		sum := v * float64(n)
		if short {
			sum = chunk.Float(m*n, e)
		}
		t.put(int32(i), v, v, sum, float64(n))
	}
}

func (t *tier) decimals(v []float64) ([]int64, uint8, bool) {
	t.mant = slices.Grow(t.mant[:0], len(v))[:len(v)]
	e, ok := chunk.Decimals(t.mant, v)
	return t.mant, e, ok
}
