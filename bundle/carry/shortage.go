package carry

import (
	"fmt"
	"slices"
	"strings"
)

// Shortage says how far a lost set is from what its parity repairs.
type Shortage struct {
	Blocks int // blocks that are lost beyond what parity makes up for, over all stripes
	// Any lists files of which any as many as Report.Bring has are enough; nil
	// where only those of Report.Bring are known to be.
	Any []string
}

// BeyondRepairError says that too much is missing: what is wrong with the set, how
// much too much, and what would help.
type BeyondRepairError struct {
	BID     string
	Damaged []Piece // everything that is missing, cut short or damaged
	Short   Shortage
	Bring   []Piece // bringing all of these makes the set repairable
}

// Beyond is the refusal of a set that the report calls Lost.
func (r *Report) Beyond() *BeyondRepairError {
	return &BeyondRepairError{BID: string(r.Label.BID), Damaged: r.Damaged, Short: r.Short, Bring: r.Bring}
}

func (e *BeyondRepairError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "bundle %s: %v", e.BID, ErrBeyondRepair)
	if e.Short.Blocks > 0 {
		fmt.Fprintf(&b, ": %s more than its parity can rebuild", counted(e.Short.Blocks, "block"))
	}
	if len(e.Damaged) > 0 {
		fmt.Fprintf(&b, "; %s", listed(e.Damaged, Piece.Fault))
	}
	if n := len(e.Bring); len(e.Short.Any) > n {
		fmt.Fprintf(&b, "; bring good copies of any %d of these: %s", n, listed(e.Short.Any, func(name string) string { return name }))
	} else if n > 0 {
		fmt.Fprintf(&b, "; bring a good copy of %s", listed(e.Bring, Piece.String))
	}
	return b.String()
}

// listed names the first of many things: an error is read by a person.
func listed[T any](all []T, say func(T) string) string {
	const most = 8
	var said []string
	for _, one := range all[:min(len(all), most)] {
		said = append(said, say(one))
	}
	if more := len(all) - most; more > 0 {
		said = append(said, fmt.Sprintf("and %s more", counted(more, "file")))
	}
	return strings.Join(said, ", ")
}

// Unwrap makes errors.Is(err, ErrBeyondRepair) true.
func (e *BeyondRepairError) Unwrap() error { return ErrBeyondRepair }

// lacking counts, for each stripe, the lost blocks that parity cannot make up
// for, and all of them.
func (s *scanner) lacking() (of []int, all int) {
	of = make([]int, s.geo.stripes())
	for i := range of {
		bad := 0
		for f := range s.names {
			bad += s.badIn(f, i)
		}
		of[i] = max(0, bad-s.geo.m)
		all += of[i]
	}
	return of, all
}

// badIn counts the bad blocks of a file in a stripe.
func (s *scanner) badIn(f, stripe int) (bad int) {
	from, to := s.geo.shards(f)
	for n := from; n < to; n++ {
		if stripe < s.geo.blocks(n) && s.bad[s.geo.first[n]+stripe] {
			bad++
		}
	}
	return bad
}

// anyOf lists the files of which any n help every stripe that lacks blocks, or
// nothing where it matters which.
func (s *scanner) anyOf(n int) []string {
	lacking, _ := s.lacking()
	var files []int
	for f := range s.names {
		helps := true
		for i, l := range lacking {
			helps = helps && (l == 0 || s.badIn(f, i) > 0)
		}
		if helps {
			files = append(files, f)
		}
	}
	for i, l := range lacking {
		var gains []int
		for _, f := range files {
			gains = append(gains, s.badIn(f, i))
		}
		slices.Sort(gains)
		worst := 0
		for _, g := range gains[:min(n, len(gains))] {
			worst += g
		}
		if worst < l {
			return nil
		}
	}
	var names []string
	for _, f := range files {
		names = append(names, s.names[f])
	}
	return names
}
