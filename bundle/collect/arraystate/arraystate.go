// Package arraystate collects what the arrays answer to every read-only
// question the kit knows: one file for each array and endpoint, in the array's
// own words.
//
// It asks through [Array.Raw], which a source of localmon provides; it opens no
// connection of its own. An endpoint that failed is listed as omitted, with the
// reason, and the others are kept; so are the replies that came before an array
// was lost.
package arraystate

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"darksite/bundle/collect"
)

// Name is the collector's name and the folder of its files.
const Name = "arraystate"

// Reply is one endpoint as the array answered it.
type Reply struct {
	Path string // such as network-interfaces/performance
	File string // name of the file it becomes; made of Path when empty
	JSON []byte // nil when nothing came
	Err  error  // why JSON is missing or not whole
}

// Array is one array to ask.
type Array struct {
	Target string // the site's name for the array
	// Raw reads every read-only endpoint once. The error is for an array that
	// is lost as a whole; replies that came before it are returned with it.
	Raw func(ctx context.Context) ([]Reply, error)
	// Reach, if set, asks the array one thing for a preview.
	Reach func(ctx context.Context) error
}

// State is the collector.
type State struct{ arrays []Array }

// New makes the collector.
func New(arrays ...Array) *State { return &State{arrays} }

// Plan says what is taken.
func (s *State) Plan() collect.Plan {
	from := []string{}
	for _, a := range s.arrays {
		from = append(from, "array "+a.Target+", read-only endpoints")
	}
	return collect.Plan{
		Name: Name,
		What: "raw replies of the arrays: hardware, drives, controllers, volumes, hosts, ports, network, alerts",
		Why:  "the array's own view, which support reads first",
		From: from,
	}
}

// Typical figures of an array of middle size, for the preview only.
const (
	typicalFiles = 30
	typicalBytes = 2 << 20
)

// reachTime is how long an array may take to say that it is there.
const reachTime = 5 * time.Second

// Estimate gives what an array of middle size would answer. Arrays that can be
// asked whether they answer at all are asked, all at once.
func (s *State) Estimate(ctx context.Context) (collect.Estimate, error) {
	timed, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	items := make([]collect.Foreseen, len(s.arrays))
	var all sync.WaitGroup
	for i, a := range s.arrays {
		items[i] = collect.Foreseen{Origin: "array " + a.Target, Files: typicalFiles, Bytes: typicalBytes}
		if a.Reach == nil {
			continue
		}
		all.Go(func() {
			if err := a.Reach(timed); err != nil {
				items[i].Problem = err.Error()
			}
		})
	}
	all.Wait()
	return collect.Sum(items), ctx.Err()
}

// arrayTime is how long one array may answer, so that one that hangs does not
// cost the others their turn.
const arrayTime = time.Minute

// Collect asks one array after the other, so that no array is asked twice at
// once and the order of files is the same in every bundle.
func (s *State) Collect(ctx context.Context, w *collect.Writer) error {
	for _, a := range s.arrays {
		timed, cancel := context.WithTimeout(ctx, arrayTime)
		replies, lost := a.Raw(timed)
		if timed.Err() != nil && ctx.Err() == nil {
			lost = fmt.Errorf("stopped after %s; what it had answered is kept", arrayTime)
		}
		cancel()
		for _, r := range replies {
			origin := fmt.Sprintf("array %s: %s", a.Target, r.Path)
			if r.Err != nil {
				w.Fail(origin, r.Err)
			}
			if r.JSON == nil {
				continue
			}
			name := a.Target + "/" + cmp.Or(r.File, strings.ReplaceAll(r.Path, "/", "-")+".json")
			if err := w.Add(name, origin, bytes.NewReader(r.JSON)); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if lost != nil {
			w.Fail("array "+a.Target, lost)
		}
	}
	return nil
}
