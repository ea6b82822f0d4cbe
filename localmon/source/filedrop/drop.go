package filedrop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"time"

	"darksite/localmon"
)

// endpoint is what Partial and the kit's own series call the folder.
const endpoint = "drop"

// Options say which folder belongs to which target.
type Options struct {
	Target string // the site's name for the target; required
	Dir    string // the folder; required
	// MaxAge is how old data may be and still stand for now; 15 minutes when
	// zero. A site that carries once a day sets a little more than a day.
	MaxAge time.Duration
	// Settle is how long a file without sidecar must be unchanged; 30 seconds
	// when zero.
	Settle time.Duration
	// Sums takes only files that have a sidecar.
	Sums bool
	// Judge turns a status word into health; when nil only a handful of plain
	// words is known, and every other is a warning.
	Judge func(word string) localmon.Health
	// Decode reads JSON of another form than the kit's: the replies of an array
	// as a person saved them. It gives a batch with the time of the data. nil
	// refuses such files.
	Decode func(name string, body []byte, modified time.Time) (localmon.Batch, error)
}

// Source reads one folder. It implements [localmon.Source].
type Source struct {
	o Options

	newest   newest
	recalled bool
	waiting  map[string]waiting // files without sidecar, by name
	taken    []string           // digests, the newest last
	applied  map[string]bool    // digests whose newest values are known
	cursor   map[string]int     // batches of a digest that were kept, while it is taken
	notes    []localmon.EndpointError
	lastTook time.Time // when the newest file was read
}

// waiting is how a file looked, and since when it looks so.
type waiting struct {
	size     int64
	modified time.Time
	since    time.Time
	read     string // its digest, once read and left in place
}

var _ localmon.Source = (*Source)(nil)

// New checks the options. It touches no file.
func New(o Options) (*Source, error) {
	if o.Target == "" || o.Dir == "" {
		return nil, errors.New("filedrop: a target needs a name and a folder")
	}
	if o.MaxAge < 0 || o.Settle < 0 {
		return nil, fmt.Errorf("target %s: age %s and settling time %s must not be below zero", o.Target, o.MaxAge, o.Settle)
	}
	o.MaxAge = cmp.Or(o.MaxAge, 15*time.Minute)
	o.Settle = cmp.Or(o.Settle, 30*time.Second)
	if o.Judge == nil {
		o.Judge = plainJudge
	}
	return &Source{o: o, waiting: map[string]waiting{}, applied: map[string]bool{}, cursor: map[string]int{}}, nil
}

// Target is the site's name for the target.
func (s *Source) Target() string { return s.o.Target }

// Past gives what the complete files hold, file by file, each in order of time. A
// file moves to done/ when the loop comes back after its last batch; a loop that
// ends early leaves it, and the next goes on with the batch that was not kept. An
// error ends the sequence; files that are refused are no error, and told by the
// next Collect.
func (s *Source) Past(ctx context.Context, now time.Time) iter.Seq2[localmon.Batch, error] {
	return func(yield func(localmon.Batch, error) bool) {
		if err := s.past(ctx, now, func(b localmon.Batch) bool { return yield(b, nil) }); err != nil {
			yield(localmon.Batch{}, fmt.Errorf("target %s: %w", s.o.Target, err))
		}
	}
}

func (s *Source) past(ctx context.Context, now time.Time, yield func(localmon.Batch) bool) error {
	f, ready, err := s.look(ctx, now)
	if err != nil {
		return err
	}
	defer f.close()
	for _, e := range ready {
		if err := ctx.Err(); err != nil {
			return err
		}
		c, digest, err := s.open(f, e, now)
		if err != nil {
			return err
		}
		if c != nil {
			s.know(c, digest, now)
			n := 0
			for b := range c.batches() {
				if n++; n <= s.cursor[digest] {
					continue
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				if !yield(b) {
					return nil
				}
				s.cursor[digest] = n
			}
		}
		if digest != "" {
			if err := s.finish(f, e, digest, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish remembers that a file was taken, and then moves it: what lies between is
// mended by the next look, which knows the digest.
func (s *Source) finish(f *folder, e entry, digest string, now time.Time) error {
	if !slices.Contains(s.taken, digest) {
		taken := append(slices.Clone(s.taken), digest)
		taken = taken[max(0, len(taken)-maxTaken):]
		if err := f.take(taken); err != nil {
			return err
		}
		s.taken = taken
	}
	delete(s.cursor, digest)
	delete(s.waiting, e.name)
	if err := f.move(e, place(doneDir, e.name, digest, now)); err != nil {
		return fmt.Errorf("move %s to %s/: %w", clean(e.name), doneDir, err)
	}
	return nil
}

// look opens the folder and lists the files that are complete.
func (s *Source) look(ctx context.Context, now time.Time) (*folder, []entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	f, err := openFolder(s.o.Dir)
	if err != nil {
		return nil, nil, fmt.Errorf("open the drop folder: %w", err)
	}
	ready, err := s.ready(f, now)
	if err == nil && !s.recalled {
		err = s.recall(f, now)
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("look into the drop folder %s: %w", s.o.Dir, err), f.close())
	}
	return f, ready, nil
}

// ready lists the files that may be read now, and forgets those that have gone.
func (s *Source) ready(f *folder, now time.Time) ([]entry, error) {
	entries, more, err := f.list()
	if err != nil {
		return nil, err
	}
	if more {
		s.note(endpoint, fmt.Errorf("more than %d files: not all were looked at", maxEntries))
	}
	var ready []entry
	there := map[string]bool{}
	for _, e := range entries {
		there[e.name] = true
		have, known := s.waiting[e.name]
		if !known || have.size != e.info.Size() || !have.modified.Equal(e.info.ModTime()) || now.Before(have.since) {
			have = waiting{size: e.info.Size(), modified: e.info.ModTime(), since: now}
			s.waiting[e.name] = have
		}
		if e.sealed || now.Sub(have.since) >= s.o.Settle || !e.info.Mode().IsRegular() {
			ready = append(ready, e)
		}
	}
	for name := range s.waiting {
		if !there[name] {
			delete(s.waiting, name)
		}
	}
	return ready, nil
}

// recall reads the newest files of done/ again, once after the start.
func (s *Source) recall(f *folder, now time.Time) error {
	taken, err := f.taken()
	if err != nil {
		return err
	}
	entries, err := f.kept(doneDir)
	if err != nil {
		return err
	}
	s.taken, s.recalled = taken, true
	const most = 16
	entries = entries[:min(len(entries), most)]
	for _, e := range slices.Backward(entries) {
		if body, digest, err := f.read(e.name, maxFile); err == nil {
			if c, err := s.decode(given(e.name), body, e.info.ModTime()); err == nil {
				s.know(c, digest, now)
			}
		}
	}
	return nil
}

// open reads a complete file. What was taken before comes back with its digest
// alone; what is refused, or not complete after all, with neither.
func (s *Source) open(f *folder, e entry, now time.Time) (*content, string, error) {
	body, digest, err := s.complete(f, e, now)
	switch {
	case errors.Is(err, errChanging), errors.Is(err, fs.ErrNotExist):
		return nil, "", nil // the next look decides
	case err != nil:
		return nil, "", s.refuse(f, e, err, now)
	case slices.Contains(s.taken, digest):
		return nil, digest, nil
	}
	c, err := s.decode(e.name, body, e.info.ModTime())
	if err != nil {
		return nil, "", s.refuse(f, e, err, now)
	}
	return c, digest, nil
}

// complete reads a file and holds it against its sidecar.
func (s *Source) complete(f *folder, e entry, now time.Time) ([]byte, string, error) {
	if !e.info.Mode().IsRegular() {
		return nil, "", errors.New("it is no regular file")
	}
	if e.info.Size() > maxFile {
		return nil, "", tooLarge(e.info.Size())
	}
	if !e.sealed && s.o.Sums {
		return nil, "", fmt.Errorf("it has no sidecar %s%s, which this site asks for", clean(e.name), sumEnding)
	}
	body, digest, err := f.read(e.name, maxFile)
	if err != nil || !e.sealed {
		return body, digest, err
	}
	want, err := f.sidecar(e.name)
	if err == nil && want != digest {
		err = fmt.Errorf("its SHA-256 is %s, its sidecar says %s", digest, want)
	}
	if err != nil && now.Sub(s.waiting[e.name].since) < s.o.Settle {
		return nil, "", errChanging // both may still be on their way
	}
	return body, digest, err
}

func (s *Source) refuse(f *folder, e entry, why error, now time.Time) error {
	s.note(clean(e.name), fmt.Errorf("refused: %w", why))
	delete(s.waiting, e.name)
	if err := f.refuse(e, why, now); err != nil {
		return fmt.Errorf("move %s to %s/: %w", clean(e.name), refusedDir, err)
	}
	return nil
}

// maxNotes bounds what is kept to be told.
const maxNotes = 100

func (s *Source) note(name string, err error) {
	if len(s.notes) < maxNotes {
		s.notes = append(s.notes, localmon.EndpointError{Endpoint: cmp.Or(name, endpoint), Err: err})
	}
}

// know takes over what a file says of now, once.
func (s *Source) know(c *content, digest string, now time.Time) {
	if s.applied[digest] {
		return
	}
	if len(s.applied) >= maxTaken {
		clear(s.applied)
	}
	s.applied[digest] = true
	s.newest.apply(c)
	s.lastTook = now
	if c.leftOut > 0 {
		s.note(endpoint, fmt.Errorf("%d samples have names the kit does not keep, the first: %s", c.leftOut, c.first))
	}
}

// Collect gives what is known of now. It reads complete files that Past has not
// read, and leaves them where they are.
func (s *Source) Collect(ctx context.Context, now time.Time) (localmon.Batch, error) {
	began := time.Now() // measures only; the batch's time is now
	b := localmon.Batch{Target: s.o.Target, At: now}
	err := s.readForNow(ctx, now)
	b.Partial, s.notes = s.notes, nil
	if err == nil && !s.newest.batch(&b, s.o.MaxAge) {
		err = fmt.Errorf("%w: %s", localmon.ErrUnreachable, s.nothing(now))
	}
	if err != nil {
		b = localmon.Batch{Target: s.o.Target, At: now, Partial: b.Partial, Took: time.Since(began)}
		return b, fmt.Errorf("target %s: %w", s.o.Target, err)
	}
	own := localmon.NewSampler(s.o.Target)
	own.Add(time.Since(began).Seconds(), "localmon_endpoint_took_seconds", "endpoint", endpoint)
	own.Add(float64(len(b.Samples)), "localmon_endpoint_items", "endpoint", endpoint)
	own.Add(float64(len(s.newest.over)), "localmon_endpoint_items_left_out", "endpoint", endpoint)
	own.Add(float64(s.lastTook.UnixMilli())/1000, "localmon_endpoint_last_success_timestamp_seconds", "endpoint", endpoint)
	own.Add(float64(s.newest.at.UnixMilli())/1000, "localmon_drop_newest_timestamp_seconds")
	b.Samples = slices.DeleteFunc(b.Samples, ofTheLooking)
	b.Samples = append(b.Samples, own.Samples()...)
	slices.SortFunc(b.Samples, func(x, y localmon.Sample) int { return x.Key.Compare(y.Key) })
	s.newest.forget(now, s.o.MaxAge)
	b.Took = time.Since(began)
	return b, nil
}

// ofTheLooking reports whether a sample of a file tells how another kit looked,
// which is not to be taken for how this one does.
func ofTheLooking(one localmon.Sample) bool {
	for _, prefix := range []string{"localmon_source_", "localmon_endpoint_", "localmon_drop_"} {
		if strings.HasPrefix(one.Key.Metric, prefix) {
			return true
		}
	}
	return false
}

// readForNow reads the complete files whose values are not known yet.
func (s *Source) readForNow(ctx context.Context, now time.Time) error {
	f, ready, err := s.look(ctx, now)
	if err != nil {
		return err
	}
	defer f.close()
	for _, e := range ready {
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.waiting[e.name].read != "" {
			continue
		}
		c, digest, err := s.open(f, e, now)
		if err != nil {
			return err
		}
		if c != nil {
			s.know(c, digest, now)
		}
		if w, still := s.waiting[e.name]; still && digest != "" {
			w.read = digest
			s.waiting[e.name] = w
		}
	}
	return nil
}

// nothing says why a look has nothing to show.
func (s *Source) nothing(now time.Time) string {
	if s.newest.at.IsZero() {
		return "no complete file has been dropped into " + s.o.Dir
	}
	age := now.Sub(s.newest.at).Round(time.Second)
	if age < 0 {
		return fmt.Sprintf("the newest data is dated %s, %s in the future: compare the clocks", s.newest.at.Format(time.RFC3339), -age)
	}
	return fmt.Sprintf("the newest data is %s old, of %s; at most %s stand for now", age, s.newest.at.Format(time.RFC3339), s.o.MaxAge)
}
