package redact_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/rules"
	"darksite/bundle/redact/stranger"

	"github.com/stretchr/testify/require"
)

// weightSets are folders of texts to which the weights of signs are fitted: in each a
// folder a source, with log.txt and labels.tsv, whose rows are the number of a line, a
// kind or "stay", and a value. All that is not marked must stay. Where there is no
// labels.tsv, what the rules replace counts as marked, at a tenth of the weight.
var weightSets = flag.String("weights", "", "folders of marked texts, apart by colons, to fit stranger/evidence.txt to")

// The levels are set where so many of the words that must stay are taken.
const (
	usualTaken = 0.014
	eagerTaken = 0.07
)

// TestFitWeights fits the weights of package stranger to marked texts and writes them.
func TestFitWeights(t *testing.T) {
	if *weightSets == "" {
		t.Skip("no marked texts given; -weights DIR:DIR fits the weights of signs to them")
	}
	rs, err := rules.Shipped()
	require.NoError(t, err)
	know, err := detect.Compile(rs, nil)
	require.NoError(t, err)
	judge, err := stranger.Load()
	require.NoError(t, err)
	know = know.Suspecting(judge, stranger.Usual)
	var all []*sample
	for _, set := range strings.Split(*weightSets, ":") {
		logs, err := filepath.Glob(filepath.Join(set, "*", "log.txt"))
		require.NoError(t, err)
		require.NotEmpty(t, logs, set)
		for _, l := range logs {
			all = append(all, samplesOf(t, know, filepath.Dir(l))...)
		}
	}
	usual, eager := thresholds(t, all)
	w := fit(all)
	spelling := w.worth(all, usual, func(s *sample) int { return s.spelling }, lostBySpelling)
	place := w.worth(all, usual, func(s *sample) int { return s.placed }, lostByPlace)
	list := w.list(usual, eager, spelling, place)
	require.NoError(t, os.WriteFile(filepath.Join("stranger", "evidence.txt"), []byte(list), 0o600))
}

// So many of the words taken would not be were those left out that are not worth a look at
// the rest of their signs. To look around a word costs as much as all else about it: two in
// three need no such look for one in fifty of the names that signs tell.
const (
	lostBySpelling = 0.02
	lostByPlace    = 0.005
)

// worth is what the first signs of all but a few of the words taken weigh.
func (w weights) worth(all []*sample, usual float64, first func(*sample) int, lost float64) float64 {
	var taken []float64
	for _, s := range all {
		if s.marked && w.sum(s) >= usual {
			taken = append(taken, w.sum(&sample{signs: s.signs[:first(s)]})-w.start)
		}
	}
	slices.Sort(taken)
	return taken[int(lost*float64(len(taken)))]
}

// sample is a word that may be a name, where it stands.
type sample struct {
	source   string
	signs    []string
	spelling int // how many of the signs are of the word itself
	placed   int // how many are of these and of its place
	name     bool
	weight   float64
	marked   bool // by a reader, not by the rules
}

// maxOfWord is how often a word of one source counts.
const maxOfWord = 6

// samplesOf are the samples of one source.
func samplesOf(t *testing.T, know *detect.Knowledge, dir string) []*sample {
	text, err := os.ReadFile(filepath.Join(dir, "log.txt"))
	require.NoError(t, err)
	lines := strings.Split(string(text), "\n")
	ruled := strings.Split(redactFile(t, ruleGate(t), string(text)), "\n")
	marks, marked := marksOf(t, filepath.Join(dir, "labels.tsv"))
	var out []*sample
	met := map[string]int{}
	for _, w := range weighed(know, text) {
		at := bytes.Count(text[:w.lo], []byte{'\n'})
		word := string(text[w.lo:w.hi])
		gone := at < len(ruled) && strings.Count(ruled[at], word) < strings.Count(lines[at], word)
		s := &sample{source: dir, signs: w.signs, spelling: w.spelling, placed: w.placed, name: gone, weight: 0.1, marked: marked}
		if marked {
			from := w.lo - bytes.LastIndexByte(text[:w.lo], '\n') - 1
			name, stays := touches(lines[at], marks[at], from, from+len(word))
			if gone && !name {
				continue // replaced for another reason
			}
			s.name, s.weight = name, 1
			if stays || name && !gone {
				s.weight = 3
			}
		}
		key := strings.ToLower(word) + strconv.FormatBool(s.name)
		if met[key]++; met[key] <= maxOfWord {
			s.weight /= math.Sqrt(float64(met[key]))
			out = append(out, s)
		}
	}
	return out
}

// mark is a value that a reader marked in a line.
type mark struct {
	value string
	stays bool
}

func marksOf(t *testing.T, path string) (map[int][]mark, bool) {
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, false
	}
	require.NoError(t, err)
	marks := map[int][]mark{}
	for l := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSuffix(l, "\n"), "\t")
		if n, err := strconv.Atoi(f[0]); err == nil && len(f) > 2 && f[2] != "" {
			marks[n-1] = append(marks[n-1], mark{strings.ToLower(f[2]), f[1] == "stay"})
		}
	}
	return marks, true
}

// touches reports whether a marked value lies on a place of a line.
func touches(line string, marks []mark, lo, hi int) (name, stays bool) {
	low := strings.ToLower(line)
	if len(low) != len(line) {
		low = line
	}
	for _, m := range marks {
		for from := 0; ; {
			i := strings.Index(low[from:], m.value)
			if i < 0 {
				break
			}
			at, end := from+i, from+i+len(m.value)
			from = at + 1
			if at < hi && lo < end && !(at > 0 && letterOrDigit(low[at-1]) && letterOrDigit(low[at])) && !(end < len(low) && letterOrDigit(low[end]) && letterOrDigit(low[end-1])) {
				name, stays = name || !m.stays, stays || m.stays
			}
		}
	}
	return name, stays && !name
}

func letterOrDigit(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }

// weighedWord is a word and all signs looked at.
type weighedWord struct {
	lo, hi   int
	signs    []string
	spelling int // how many of them are of the word itself
	placed   int // how many are of these and of its place
}

// weighed are the words of a text that may be names.
func weighed(know *detect.Knowledge, text []byte) []*weighedWord {
	s := detect.NewScanner(know, detect.NewInventory(nil, nil), func(pseudonym.Kind, string) bool { return false })
	words := map[int]*weighedWord{}
	s.Weigh(func(lo, hi int) stranger.See {
		if words[lo] == nil {
			words[lo] = &weighedWord{lo: lo, hi: hi}
		}
		return func(tag, text string) {
			if tag == "before" {
				words[lo].spelling = len(words[lo].signs) // the first of those around it
			}
			if words[lo].placed == 0 && (tag == "line" || tag == "turns") {
				words[lo].placed = len(words[lo].signs)
			}
			if !strings.ContainsAny(text, " \n\r") {
				words[lo].signs = append(words[lo].signs, tag+" "+text)
			}
		}
	})
	s.Scan(text, detect.State{})
	return slices.SortedFunc(maps.Values(words), func(a, b *weighedWord) int { return a.lo - b.lo })
}

// weights are what signs weigh, as natural logarithms of odds.
type weights struct {
	start float64
	of    map[string]float64
}

func (w weights) sum(s *sample) float64 {
	sum := w.start
	for _, sign := range s.signs {
		sum += w.of[sign]
	}
	return sum
}

// list spells weights as evidence.txt has them.
func (w weights) list(usual, eager, spelling, place float64) string {
	var b strings.Builder
	hundredths := func(v float64) int { return int(math.Round(100 * v)) }
	fmt.Fprintf(&b, "start  %d\nleast usual %d\nleast eager %d\nleast spelling %d\nleast place %d\n", hundredths(w.start), hundredths(usual), hundredths(eager), hundredths(spelling), hundredths(place))
	for _, sign := range slices.Sorted(maps.Keys(w.of)) {
		if math.Abs(w.of[sign]) >= 0.1 {
			fmt.Fprintf(&b, "%s %d\n", sign, hundredths(w.of[sign]))
		}
	}
	return b.String()
}

// fit fits weights to samples by logistic regression: some rounds of steps down the
// gradient, each sign with steps that get shorter as it has taken more of them.
func fit(all []*sample) weights {
	const rounds, step, decay, leastSources = 8, 0.2, 0.001, 10
	sources := map[string]map[string]bool{}
	for _, s := range all {
		for _, sign := range s.signs {
			if sources[sign] == nil {
				sources[sign] = map[string]bool{}
			}
			sources[sign][s.source] = true
		}
	}
	w, steps, startSteps := weights{of: map[string]float64{}}, map[string]float64{}, 1e-4
	for sign, in := range sources {
		if len(in) >= leastSources {
			w.of[sign], steps[sign] = 0, 1e-4
		}
	}
	order := slices.Clone(all)
	rng := rand.New(rand.NewPCG(1, 2))
	mean := weights{of: map[string]float64{}}
	for round := range rounds {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, s := range order {
			slope := 1 / (1 + math.Exp(-max(-30, min(30, w.sum(s)))))
			if s.name {
				slope--
			}
			slope *= s.weight
			startSteps += slope * slope
			w.start -= step * slope / math.Sqrt(startSteps)
			for _, sign := range s.signs {
				if have, ok := w.of[sign]; ok {
					g := slope + decay*have
					steps[sign] += g * g
					w.of[sign] = have - step*g/math.Sqrt(steps[sign])
				}
			}
		}
		if round >= rounds/2 { // the mean of the later rounds hangs less on their order
			mean.start += w.start / (rounds - rounds/2)
			for sign, of := range w.of {
				mean.of[sign] += of / (rounds - rounds/2)
			}
		}
	}
	return mean
}

// thresholds are the sums from which words are taken: those at which so many words that
// must stay are taken of sources the weights were not fitted to.
func thresholds(t *testing.T, all []*sample) (usual, eager float64) {
	const folds = 6
	fold := map[string]int{}
	for _, s := range all {
		if _, ok := fold[s.source]; s.marked && !ok {
			fold[s.source] = len(fold) % folds
		}
	}
	type scored struct {
		sum  float64
		name bool
	}
	var out []scored
	names, stays := 0, 0
	for f := range folds {
		of := func(s *sample) bool { in, ok := fold[s.source]; return ok && in == f }
		w := fit(slices.DeleteFunc(slices.Clone(all), of))
		for _, s := range all {
			if of(s) {
				out = append(out, scored{w.sum(s), s.name})
				if s.name {
					names++
				} else {
					stays++
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b scored) int { return cmp.Compare(b.sum, a.sum) })
	gone, taken := 0, 0
	for _, s := range out {
		if s.name {
			gone++
			continue
		}
		taken++
		for _, at := range []float64{0.005, 0.0075, 0.01, 0.0125, 0.015, 0.02, 0.03} {
			if taken == int(at*float64(stays)) {
				t.Logf("%.2f %%: %.0f %% of the names from %.2f on", 100*at, 100*float64(gone)/float64(names), s.sum)
			}
		}
		switch taken {
		case int(usualTaken * float64(stays)):
			usual = s.sum
			t.Logf("usual: %.0f %% of %d names and %.1f %% of %d other words, of %d sources", 100*float64(gone)/float64(names), names, 100*usualTaken, stays, len(fold))
		case int(eagerTaken * float64(stays)):
			eager = s.sum
			t.Logf("eager: %.0f %% of the names and %.1f %% of the others", 100*float64(gone)/float64(names), 100*eagerTaken)
		}
	}
	return usual, eager
}
