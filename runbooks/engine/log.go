package engine

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"darksite/runbooks"
)

// Names in a run's folder.
const (
	LogFile     = "log.jsonl"
	FactsFile   = "facts.jsonl" // what the checks were answered, one line a verdict
	SigFile     = "log.jsonl.sig"
	EvidenceDir = "evidence"
)

// maxLine bounds one log line when it is read back.
const maxLine = 1 << 20

// Errors a caller decides on.
var (
	// ErrBusy says that another process is working on the run.
	ErrBusy = errors.New("the run is open elsewhere")
	// ErrLogDamaged says that the log is altered, reordered or not whole.
	ErrLogDamaged = errors.New("the run log is damaged")
)

// Event is what a log line records.
type Event string

// The events of a run.
const (
	Began    Event = "began"    // the run was made
	Resumed  Event = "resumed"  // somebody took it up again
	Entered  Event = "entered"  // a step began; for an action: the intention
	Finished Event = "finished" // a step ended with a result
	Returned Event = "returned" // a check changed while nobody looked: back to it
	Left     Event = "left"     // the person stopped for now
	Stopped  Event = "stopped"  // "!": a case is drafted, the run closes next
	Closed   Event = "closed"   // the outcome
	Approved Event = "approved" // a second person agreed to a step
	Offered  Event = "offered"  // the owner asks another person to go on
	Handed   Event = "handed"   // another person goes on from here
	Undone   Event = "undone"   // what the kit did to the array was taken back, or could not be
)

// Evidence is one file taken, as the log fixes it.
type Evidence struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// Entry is one line of the log.
type Entry struct {
	Seq      int               `json:"seq"`
	Run      string            `json:"run"`
	Event    Event             `json:"event"`
	Book     string            `json:"book,omitempty"`   // id@version, on began
	Digest   string            `json:"digest,omitempty"` // of the runbook, on began
	Target   string            `json:"target,omitempty"`
	About    string            `json:"about,omitempty"` // component
	Alert    uint64            `json:"alert,omitempty"`
	Refers   string            `json:"refers,omitempty"` // an older run this one follows
	Step     string            `json:"step,omitempty"`
	Kind     runbooks.Kind     `json:"kind,omitempty"`
	Actor    string            `json:"actor"`
	At       time.Time         `json:"at"`    // wall clock
	Boot     int64             `json:"boot"`  // seconds since the machine started
	Clock    string            `json:"clock"` // steady, jumped, rebooted
	Result   string            `json:"result,omitempty"`
	Verdict  *runbooks.Verdict `json:"verdict,omitempty"`
	Case     string            `json:"case,omitempty"`  // id of the case that was drafted
	Error    string            `json:"error,omitempty"` // why evidence or a draft failed
	Note     string            `json:"note,omitempty"`  // free text of a person, and nothing else
	Evidence []Evidence        `json:"evidence,omitempty"`
	Serial   string            `json:"serial,omitempty"`   // what the target calls itself, on began
	Product  string            `json:"product,omitempty"`  // kind of target, on began
	Change   string            `json:"change,omitempty"`   // the change request that allows risk R3, on began
	To       string            `json:"to,omitempty"`       // on offered: who is asked to go on
	From     string            `json:"from,omitempty"`     // on handed: who had it before
	Child    string            `json:"child,omitempty"`    // the run that a call began
	Did      string            `json:"did,omitempty"`      // what the kit did or took back
	Approval *Approval         `json:"approval,omitempty"` // on approved
	Facts    string            `json:"facts,omitempty"`    // SHA-256 of the line of facts.jsonl behind the verdict
	Prev     string            `json:"prev"`               // SHA-256 of the line before, hex
}

// ReadLog reads and checks a whole log: what reads has one spelling. An
// unfinished last line, which a power cut leaves, is reported by torn and is not
// part of the entries.
//
// The chain shows every change but one: whole lines cut off at the end. Against
// that stands the last line of a run that has ended ([Closed]) and its signature.
func ReadLog(r io.Reader) (entries []Entry, torn bool, err error) {
	in := bufio.NewReaderSize(r, 64<<10)
	prev := ""
	for {
		line, err := readLine(in)
		if errors.Is(err, io.EOF) {
			return entries, len(line) > 0, nil
		}
		if err != nil {
			return nil, false, err
		}
		var e Entry
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&e); err != nil {
			return nil, false, fmt.Errorf("%w: line %d: %w", ErrLogDamaged, len(entries)+1, err)
		}
		if again, err := json.Marshal(e); err != nil || !bytes.Equal(again, line[:len(line)-1]) {
			return nil, false, fmt.Errorf("%w: line %d is not as it was written", ErrLogDamaged, len(entries)+1)
		}
		if e.Seq != len(entries)+1 || e.Prev != prev || (e.Event == Began) != (len(entries) == 0) || len(entries) > 0 && !follows(entries[len(entries)-1], e) {
			return nil, false, fmt.Errorf("%w: line %d does not follow the one before", ErrLogDamaged, len(entries)+1)
		}
		prev = hash(line)
		entries = append(entries, e)
	}
}

// follows reports whether an entry may stand behind another of the same run.
func follows(last, e Entry) bool {
	return e.Run == last.Run && last.Event != Closed && (last.Event != Stopped || e.Event == Resumed || e.Event == Closed)
}

func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return nil, fmt.Errorf("%w: a line has more than %d bytes", ErrLogDamaged, maxLine)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

func hash(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// log is the open log of one run, held by one process.
type log struct {
	f       *os.File // nil in a dry run, which leaves nothing behind
	entries []Entry
	prev    string
	run     string
	broken  error // the first failed write: what lies on disk is not known any more
}

// openLog locks the log, checks it and cuts a torn last line off: it was never
// acknowledged. With os.O_CREATE in how it makes the log.
func openLog(dir string, how int) (*log, error) {
	path := filepath.Join(dir, LogFile)
	f, err := os.OpenFile(path, os.O_RDWR|how, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open run log: %w", err)
	}
	l := &log{f: f}
	if err := l.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("open run log %s: %w", path, err), f.Close())
	}
	return l, nil
}

func (l *log) load() error {
	if err := lock(l.f); err != nil {
		return err
	}
	entries, torn, err := ReadLog(l.f)
	if err != nil {
		return err
	}
	var size int64
	for _, e := range entries {
		line, err := encode(e)
		if err != nil {
			return err
		}
		size += int64(len(line))
		l.prev = hash(line)
		l.run = e.Run
	}
	l.entries = entries
	if torn {
		if err := l.f.Truncate(size); err != nil {
			return err
		}
	}
	_, err = l.f.Seek(size, io.SeekStart)
	return err
}

func encode(e Entry) ([]byte, error) {
	line, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("write run log: %w", err)
	}
	return append(line, '\n'), nil
}

// append writes one entry and returns when it is on disk. After a failure nothing
// more is written: the run must be opened anew, which reads what really is there.
func (l *log) append(e Entry) error {
	if l.broken != nil {
		return l.broken
	}
	e.Seq, e.Run, e.Prev = len(l.entries)+1, l.run, l.prev
	e.Clock = l.clock(e)
	line, err := encode(e)
	if err != nil {
		return err
	}
	if len(line) > maxLine {
		return fmt.Errorf("write run log: a line of %d bytes, at most %d: shorten the note", len(line), maxLine)
	}
	if err := l.keep(line); err != nil {
		l.broken = err
		return err
	}
	l.entries, l.prev = append(l.entries, e), hash(line)
	return nil
}

func (l *log) keep(line []byte) error {
	if l.f == nil {
		return nil
	}
	if _, err := l.f.Write(line); err != nil {
		return fmt.Errorf("write run log: %w", err)
	}
	if err := l.f.Sync(); err != nil {
		return fmt.Errorf("sync run log: %w", err)
	}
	return nil
}

// clock compares how far the wall clock and the time since boot have moved.
func (l *log) clock(e Entry) string {
	if len(l.entries) == 0 {
		return "steady"
	}
	last := l.entries[len(l.entries)-1]
	if e.Boot < last.Boot {
		return "rebooted"
	}
	drift := e.At.Sub(last.At) - time.Duration(e.Boot-last.Boot)*time.Second
	if drift.Abs() > 3*time.Second {
		return "jumped"
	}
	return "steady"
}

func (l *log) close() error {
	if l.f == nil {
		return nil
	}
	return l.f.Close()
}
