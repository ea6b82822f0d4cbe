// Package search ranks texts by the words of a query, in English and French at
// once: BM25 over words without case, accents and plural endings, where a word in
// a title weighs more than one in the text.
//
// [New] makes an index of [Doc]s, [Index.Find] asks it. Everything is in memory
// and nothing is kept between calls; forty runbooks take some milliseconds.
//
// Limits: words are cut at everything that is neither letter nor digit, so
// CH0.BAY3 is two words. The one ending that is taken off is a plural s or x.
package search

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
)

// Field is a part of a text with the weight of its words.
type Field struct {
	Text   string
	Weight float64
}

// Doc is one text to be found, by an id of the caller's.
type Doc struct {
	ID     string
	Fields []Field
}

// Hit is a text that speaks of the query.
type Hit struct {
	ID    string
	Score float64
	Words []string // of the query, that it speaks of, sorted
}

// The usual constants of BM25: how soon more of a word stops to count, and how
// much a long text is held against it.
const (
	soon  = 1.2
	long  = 0.75
	least = 1e-9
)

// Index is ready to be asked, by any number of goroutines.
type Index struct {
	docs    []entry
	holding map[string]int // how many texts hold a word
	average float64        // weight of a text
}

type entry struct {
	id     string
	weight map[string]float64 // of each word
	total  float64
}

// New indexes the texts.
func New(docs []Doc) *Index {
	x := &Index{holding: map[string]int{}}
	for _, d := range docs {
		e := entry{id: d.ID, weight: map[string]float64{}}
		for _, f := range d.Fields {
			for _, w := range Words(f.Text) {
				if stop[w] {
					continue
				}
				e.weight[w] += f.Weight
				e.total += f.Weight
			}
		}
		for w := range e.weight {
			x.holding[w]++
		}
		x.average += e.total
		x.docs = append(x.docs, e)
	}
	if len(docs) > 0 {
		x.average = max(x.average/float64(len(docs)), least)
	}
	return x
}

// Find ranks the texts that hold a word of the query, best first, then by id. A
// word said twice weighs once.
func (x *Index) Find(query string) []Hit {
	words := slices.DeleteFunc(Words(query), func(w string) bool { return stop[w] })
	slices.Sort(words)
	words = slices.Compact(words)
	var hits []Hit
	for _, d := range x.docs {
		h := Hit{ID: d.id}
		for _, w := range words {
			tf := d.weight[w]
			if tf == 0 {
				continue
			}
			n := float64(x.holding[w])
			rare := math.Log(1 + (float64(len(x.docs))-n+0.5)/(n+0.5))
			h.Score += rare * tf * (soon + 1) / (tf + soon*(1-long+long*d.total/x.average))
			h.Words = append(h.Words, w)
		}
		if len(h.Words) > 0 {
			hits = append(hits, h)
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		if math.Abs(a.Score-b.Score) > least {
			return cmp.Compare(b.Score, a.Score)
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return hits
}

// Words cuts text into lower-case words without accents and plural endings.
func Words(s string) []string {
	s = ligatures.Replace(s)
	words := strings.FieldsFunc(strings.Map(fold, s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, w := range words {
		if len(w) > 3 && (w[len(w)-1] == 's' || w[len(w)-1] == 'x') && w[len(w)-2] != 's' {
			words[i] = w[:len(w)-1]
		}
	}
	return words
}

var ligatures = strings.NewReplacer("œ", "oe", "Œ", "oe", "æ", "ae", "Æ", "ae")

// fold lowers a rune and takes the accents of French off it, also those that
// stand as a mark of their own behind the letter.
func fold(r rune) rune {
	if unicode.Is(unicode.Mn, r) {
		return -1
	}
	switch r = unicode.ToLower(r); r {
	case 'à', 'â', 'ä':
		return 'a'
	case 'é', 'è', 'ê', 'ë':
		return 'e'
	case 'î', 'ï':
		return 'i'
	case 'ô', 'ö':
		return 'o'
	case 'ù', 'û', 'ü':
		return 'u'
	case 'ÿ':
		return 'y'
	case 'ç':
		return 'c'
	}
	return r
}

// stop are words that say nothing, folded as [Words] folds.
var stop = func() map[string]bool {
	const words = `a an and are at be by for from has have in is it of on or that the this to was with not no my
		au aux ce cette ces d dan de du elle en est et il ils je l la le les leur ma mai mon n ne ou par pa pour qu que qui
		s sa se ses son sont sur un une y`
	out := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		out[w] = true
	}
	return out
}()
