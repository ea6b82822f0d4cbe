package workload

import "math"

// belief is what one who saw the past knows of a hidden level: a normal
// distribution. Without variance the level is known.
type belief struct{ mean, variance float64 }

// step is one scrape in which the level becomes keep times itself and normal
// noise.
func (b *belief) step(keep, noise float64) {
	b.mean *= keep
	b.variance = keep*keep*b.variance + noise*noise
}

// see takes in that offset + gain*level + normal noise lies between low and
// high, and returns how many bits that says.
func (b *belief) see(offset, gain, noise, low, high float64) (bits float64) {
	mean := offset + gain*b.mean
	deviation := math.Sqrt(gain*gain*b.variance + noise*noise)
	p, m, v := normalWithin((low-mean)/deviation, (high-mean)/deviation)
	k := gain * b.variance / deviation
	b.mean += k * m
	b.variance = max(0, b.variance-k*k*(1-v))
	return -math.Log2(p)
}

// surprise is see where no level is hidden.
func surprise(mean, noise, low, high float64) float64 {
	return new(belief).see(mean, 0, noise, low, high)
}

// surpriseLog is surprise for a whole number whose logarithm is normal.
// Of nothing there is always nothing.
func surpriseLog(mean, noise, seen float64) float64 {
	if mean <= 0 {
		return 0
	}
	low, high := logRounded(seen)
	return surprise(math.Log(mean), noise, low, high)
}

// logRounded is between which logarithms a number lies that was rounded to n.
func logRounded(n float64) (low, high float64) {
	if n < 1 {
		return math.Inf(-1), math.Log(0.5)
	}
	return math.Log(n - 0.5), math.Log(n + 0.5)
}

// rounded is between which numbers one lies that was first brought between
// 0 and 100 and then rounded to parts of a unit, such as tenths.
func rounded(seen, parts float64) (low, high float64) {
	n := math.Round(seen * parts)
	low, high = (n-0.5)/parts, (n+0.5)/parts
	if n == 0 {
		low = math.Inf(-1)
	}
	if n == 100*parts {
		high = math.Inf(1)
	}
	return low, high
}

// normalWithin is the probability that a standard normal lies between a and b,
// and its mean and variance when it does.
func normalWithin(a, b float64) (p, mean, variance float64) {
	if width, mid := b-a, (a+b)/2; width < 0.01 {
		return max(density(mid)*width, math.SmallestNonzeroFloat64), mid, width * width / 12
	}
	if a+b > 0 { // where differences of small numbers are exact
		p, mean, variance = normalWithin(-b, -a)
		return p, -mean, variance
	}
	if p = below(b) - below(a); p < 1e-200 {
		return math.SmallestNonzeroFloat64, b, 0 // as good as impossible
	}
	da, db := density(a), density(b)
	mean = (da - db) / p
	variance = 1 - mean*mean - b*db/p
	if !math.IsInf(a, -1) {
		variance += a * da / p
	}
	return p, mean, min(1, max(0, variance))
}

func density(x float64) float64 { return math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) }

func below(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
