package carry

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"

	"darksite/bundle"
)

// State says what can be had from the volumes at hand.
type State string

// The states of a set.
const (
	Whole      State = "whole"         // the sealed file is there, every byte
	Repairable State = "repairable"    // parity makes up for the damage
	Lost       State = "beyond repair" // more volumes have to be brought
)

// ListState says how the block list was found.
type ListState string

// The states of the block list.
const (
	ListGood    ListState = "good"    // its digest is the label's
	ListDamaged ListState = "damaged" // lines that can be read still help to repair
	ListMissing ListState = "missing"
)

// Span is a range of bytes in a file, To not included.
type Span struct{ From, To int64 }

// Piece is a part of a file: damaged, or needed.
type Piece struct {
	File    string
	Missing bool   // the whole file
	Blocks  int    // how many blocks of 1 MiB, the last of a slice may be shorter
	Spans   []Span // where they lie in the file, in order; nil when Missing
	Found   int64  // bytes the longest copy of the file has
	Size    int64  // bytes it must have
}

// String names the piece for a person: the file, and the bytes unless all.
func (p Piece) String() string {
	if p.Missing || len(p.Spans) == 0 {
		return p.File
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s: bytes", p.File, counted(p.Blocks, "block"))
	for i, s := range p.Spans {
		if i == 4 {
			fmt.Fprintf(&b, " and %d more ranges", len(p.Spans)-i)
			break
		}
		fmt.Fprintf(&b, " %d-%d", s.From, s.To-1)
	}
	return b.String() + ")"
}

// Fault says what is wrong with the piece of a damaged set.
func (p Piece) Fault() string {
	switch {
	case p.Missing:
		return p.File + " is missing"
	case p.Found < p.Size:
		return fmt.Sprintf("%s is cut short, %d of %d bytes", p, p.Found, p.Size)
	}
	return p.String() + " is damaged"
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// FileState is one volume or parity volume of a set.
type FileState struct {
	Name   string
	Size   int64 // as the label says
	Found  int64 // bytes found, of the longest copy; -1 when missing
	SHA256 bundle.Digest
	Bad    int // blocks that are missing or damaged
	Read   Bypass
}

// Report is what was found in the folders of a set.
type Report struct {
	Label      Label
	LabelText  []byte   // to be checked with VerifyLabel
	Signatures [][]byte // armored, unchecked
	Files      []FileState
	List       ListState
	State      State
	Damaged    []Piece // everything missing or damaged, parity too; without a line in the list a block counts as damaged
	Bring      []Piece // when Lost: bringing these is enough to repair
	Short      Shortage
	Repaired   int // blocks rebuilt by Reassemble
	Extra      []string
}

// ReadOptions of everything that reads media.
type ReadOptions struct {
	// Check is called with the label and its signatures before anything else is
	// read or written; its error ends the operation. This is the place for
	// VerifyLabel.
	Check func(text []byte, signatures [][]byte) error
	// Sealed, for ReadBack only, gets the sealed file as it is read from the
	// medium, for decrypting and hashing it again. It is trusted only when
	// ReadBack returns no error.
	Sealed   io.Writer
	Progress Progress
}

func (m *media) check(o ReadOptions) error {
	if o.Check == nil {
		return nil
	}
	return o.Check(m.text, m.signatures)
}

// Inspect reads every block in the folders, which together hold one set or
// part of it, and says what is there, what is damaged, and whether it can be
// repaired. A damaged or incomplete set is a report, not an error; an error is
// a label that cannot be read, something else than plain files, or mixed
// bundles. Nothing is written.
func Inspect(ctx context.Context, o ReadOptions, folders ...string) (*Report, error) {
	m, err := openMedia(folders, false)
	if err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	defer m.close()
	if err := m.check(o); err != nil {
		return nil, fmt.Errorf("inspect %s: %w", m.label.BID, err)
	}
	r, err := m.scan(ctx, o, false)
	if err != nil {
		return nil, fmt.Errorf("inspect %s: %w", m.label.BID, err)
	}
	return r, nil
}

// report begins a report with what the label and the folders say.
func (m *media) report() *Report {
	return &Report{Label: m.label, LabelText: m.text, Signatures: m.signatures, List: m.list, Extra: m.extra}
}

// scanner reads all blocks once, in file order.
type scanner struct {
	*media
	o        ReadOptions
	fileSums bool
	meter    meter
	bad      []bool // by place in the block list
	whole    hash.Hash
	complete bool // every data block could be read from some copy
	bufs     [2][]byte
	turn     int
	behind   behind
}

// scan reads everything. With fileSums it also hashes every file as a whole.
func (m *media) scan(ctx context.Context, o ReadOptions, fileSums bool) (*Report, error) {
	s := &scanner{media: m, o: o, fileSums: fileSums, bad: make([]bool, m.geo.total()), whole: sha256.New(), complete: true}
	for i := range s.bufs {
		buf, free, err := alignedBlock()
		if err != nil {
			return nil, err
		}
		defer free()
		s.bufs[i] = buf
	}
	s.meter.tell = o.Progress
	for f := range m.names {
		if len(m.copies[f]) > 0 {
			s.meter.total += m.geo.fileSize(f)
		}
	}
	r := m.report()
	for f := range m.names {
		state, err := s.file(ctx, f)
		s.behind.wait()
		if err != nil {
			return nil, err
		}
		r.Files = append(r.Files, state)
	}
	s.judge(r)
	return r, nil
}

func (s *scanner) file(ctx context.Context, f int) (FileState, error) {
	state := FileState{Name: s.names[f], Size: s.geo.fileSize(f), Found: -1}
	for _, v := range s.copies[f] {
		state.Found = max(state.Found, v.size)
		state.Read = v.how
	}
	running := []hash.Hash{}
	if f < s.geo.volumes {
		running = append(running, s.whole)
	}
	own := s.whole
	if s.fileSums && !(f == 0 && s.geo.volumes == 1) {
		own = sha256.New()
		running = append(running, own)
	}
	readable := true
	from, to := s.geo.shards(f)
	for n := from; n < to; n++ {
		for i := range s.geo.blocks(n) {
			if err := ctx.Err(); err != nil {
				return state, err
			}
			block, good := s.block(f, n, i)
			if !good {
				s.bad[s.geo.first[n]+i] = true
				state.Bad++
			}
			if block == nil {
				readable = false
				continue
			}
			if f < s.geo.volumes && s.o.Sealed != nil {
				if _, err := s.o.Sealed.Write(block); err != nil {
					return state, err
				}
			}
			s.behind.write(block, running...)
			s.turn = 1 - s.turn
			s.meter.add(len(block))
		}
	}
	s.behind.wait()
	if f < s.geo.volumes && !readable {
		s.complete = false
	}
	if s.fileSums && readable {
		state.SHA256 = hexSum(own)
	}
	return state, nil
}

// block reads block i of shard n from the first copy that is good. It returns
// the bytes of a copy that may not be good when none is, and nil when nothing
// could be read.
func (s *scanner) block(f, n, i int) (block []byte, good bool) {
	_, off := s.geo.place(n)
	buf := s.bufs[s.turn][:s.geo.blockLen(n, i)]
	for _, v := range s.copies[f] {
		if v.read(buf, off+int64(i)*BlockSize) < len(buf) {
			continue
		}
		block = buf
		if s.blocks.matches(n, i, sha256.Sum256(buf)) {
			return buf, true
		}
	}
	return block, false
}

// judge turns what was read into the report's state and lists.
func (s *scanner) judge(r *Report) {
	if s.complete && hexSum(s.whole) == s.label.SealedSHA256 {
		r.State = Whole // whatever the list says: this digest is the one that counts
		for n := range s.geo.k {
			for i := range s.geo.blocks(n) {
				s.bad[s.geo.first[n]+i] = false
			}
		}
		for f := range s.geo.volumes {
			r.Files[f].Bad = 0
		}
	} else {
		r.State = Repairable
	}
	r.Damaged = s.pieces(func(n, i int) bool { return s.bad[s.geo.first[n]+i] })
	if r.State == Whole {
		return
	}
	if lacking, blocks := s.lacking(); blocks > 0 {
		r.State, r.Bring = Lost, s.bring(lacking)
		r.Short = Shortage{Blocks: blocks, Any: s.anyOf(len(r.Bring))}
	}
	if !slices.Contains(s.bad[:s.geo.first[s.geo.k]], true) {
		r.State = Lost // the list knows of no damage, and yet the file is another
	}
	if r.State == Lost && r.List != ListGood {
		r.Bring = append(r.Bring, Piece{File: s.label.BlocksName(), Missing: true})
	}
}

// pieces lists the blocks for which pick is true, by file.
func (s *scanner) pieces(pick func(n, i int) bool) []Piece {
	var out []Piece
	for f, name := range s.names {
		p := Piece{File: name, Missing: len(s.copies[f]) == 0, Size: s.geo.fileSize(f)}
		for _, v := range s.copies[f] {
			p.Found = max(p.Found, v.size)
		}
		from, to := s.geo.shards(f)
		for n := from; n < to; n++ {
			_, off := s.geo.place(n)
			for i := range s.geo.blocks(n) {
				if !pick(n, i) {
					continue
				}
				p.Blocks++
				start := off + int64(i)*BlockSize
				end := start + int64(s.geo.blockLen(n, i))
				if last := len(p.Spans) - 1; last >= 0 && p.Spans[last].To == start {
					p.Spans[last].To = end
				} else {
					p.Spans = append(p.Spans, Span{start, end})
				}
			}
		}
		if p.Missing {
			p.Spans = nil
		}
		if p.Blocks > 0 {
			out = append(out, p)
		}
	}
	return out
}

// bring chooses files whose good copies would make every stripe repairable:
// each time the one that helps the most stripes, the first of equals.
func (s *scanner) bring(lacking []int) []Piece {
	stripes := 0
	for _, n := range lacking {
		stripes += min(n, 1)
	}
	chosen := make([]bool, s.geo.total())
	taken := make([]bool, len(s.names))
	for stripes > 0 {
		best, most := -1, 0
		for f := range s.names {
			if gain := s.helps(f, lacking, func(int, int) {}); !taken[f] && gain > most {
				best, most = f, gain
			}
		}
		if best < 0 {
			break // cannot be: every lacking stripe has its bad blocks in some file
		}
		taken[best] = true
		s.helps(best, lacking, func(n, i int) {
			chosen[s.geo.first[n]+i] = true
			if lacking[i]--; lacking[i] == 0 {
				stripes--
			}
		})
	}
	return s.pieces(func(n, i int) bool { return chosen[s.geo.first[n]+i] })
}

// helps counts and visits the bad blocks of a file that lie in lacking stripes.
func (s *scanner) helps(f int, lacking []int, visit func(n, i int)) int {
	gain := 0
	from, to := s.geo.shards(f)
	for n := from; n < to; n++ {
		for i := range s.geo.blocks(n) {
			if lacking[i] > 0 && s.bad[s.geo.first[n]+i] {
				gain++
				visit(n, i)
			}
		}
	}
	return gain
}
