package spool

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"time"
)

// Channels lists the channels of a spool; none where there is no spool.
func Channels(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list the spool: %w", err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && channelName.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// Read gives the lines of a channel that came from the one time on and before
// the other, in their order; a zero time is no bound. A spool or channel that
// is not there holds no line. The sequence ends after its first error.
func Read(ctx context.Context, dir, channel string, from, to time.Time) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		err := read(ctx, dir, channel, func(l Line) bool {
			if l.At.Before(from) || !to.IsZero() && !l.At.Before(to) {
				return true
			}
			return yield(l, nil)
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(Line{}, fmt.Errorf("read channel %s of the spool: %w", channel, err))
		}
	}
}

// errEnough ends reading when the reader has seen enough.
var errEnough = errors.New("enough")

func read(ctx context.Context, dir, channel string, each func(Line) bool) error {
	if !channelName.MatchString(channel) {
		return errors.New("want letters, digits and - as its name")
	}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	files, err := list(root, channel)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var last time.Time
	buffer := bufio.NewReaderSize(nil, 2*maxLine)
	for _, f := range files {
		in, err := root.Open(channel + "/" + f.name())
		if errors.Is(err, fs.ErrNotExist) {
			continue // its time had come
		}
		if err != nil {
			return err
		}
		buffer.Reset(in)
		err = errors.Join(readFile(ctx, buffer, &last, each), in.Close())
		if err != nil {
			return err
		}
	}
	return nil
}

// readFile hands on every whole line.
func readFile(ctx context.Context, r *bufio.Reader, last *time.Time, each func(Line) bool) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		text, err := r.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return nil // what is left is torn, or being written
		}
		line := decode(string(text[:max(len(text)-1, 0)]), *last)
		for errors.Is(err, bufio.ErrBufferFull) { // no line of ours: the rest of it says nothing
			_, err = r.ReadSlice('\n')
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		*last = line.At
		if !each(line) {
			return errEnough
		}
	}
}
