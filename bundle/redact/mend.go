package redact

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"darksite/bundle/redact/proof"
)

// ProofFound is the rule of what the proof found left, and had hidden.
const ProofFound = "found-by-proof"

// mend hides what the proof found in texts, where it was found, and says in how
// many files. The leaks whose place is not known come back.
func (p *plan) mend(leaks []proof.Leak) (mended int, rest []proof.Leak, err error) {
	at := map[string][]proof.Leak{}
	for _, l := range leaks {
		if l.To > l.From {
			at[l.File] = append(at[l.File], l)
			continue
		}
		rest = append(rest, l)
	}
	for _, t := range p.tasks {
		if t.withheld != "" || len(at[t.outRel]) == 0 {
			continue
		}
		path := filepath.Join(p.out, filepath.FromSlash(t.outRel))
		n, size, err := hide(path, filepath.Join(p.tmp, "mended"), at[t.outRel])
		if err != nil {
			return mended, rest, fmt.Errorf("hide what the proof found in %s: %w", t.outRel, cause(err))
		}
		if t.file.Redactions == nil {
			t.file.Redactions = map[string]int64{}
		}
		t.file.Redactions[ProofFound] += n
		t.file.Size = size
		delete(at, t.outRel)
		mended++
	}
	for _, left := range at { // a file that is no task of ours is nobody's to change
		rest = append(rest, left...)
	}
	return mended, rest, nil
}

// hide rewrites a file without the stretches of the leaks, by way of a file
// beside it, and returns how many there were and the new size.
func hide(path, tmp string, leaks []proof.Leak) (n, size int64, err error) {
	in, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer in.Close()
	out, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, 0, err
	}
	w := bufio.NewWriter(out)
	if n, err = hideIn(w, in, leaks); err == nil {
		err = w.Flush()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return 0, 0, err
	}
	info, err := os.Stat(tmp)
	if err != nil {
		return 0, 0, err
	}
	return n, info.Size(), os.Rename(tmp, path)
}

// hideIn copies a text and leaves out the stretches of the leaks.
func hideIn(w *bufio.Writer, r io.Reader, leaks []proof.Leak) (n int64, err error) {
	slices.SortFunc(leaks, func(a, b proof.Leak) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	br := bufio.NewReader(r)
	at := int64(0)
	for i := 0; i < len(leaks); {
		from, to := leaks[i].From, leaks[i].To
		for i++; i < len(leaks) && leaks[i].From < to; i++ {
			to = max(to, leaks[i].To)
		}
		if _, err := io.CopyN(w, br, from-at); err != nil {
			return n, err
		}
		gone := make([]byte, to-from)
		if _, err := io.ReadFull(br, gone); err != nil {
			return n, err
		}
		if _, err := w.WriteString(blank(gone)); err != nil {
			return n, err
		}
		at = to
		n++
	}
	_, err = io.Copy(w, br)
	return n, err
}

// blank is what stands for a stretch: a number where it was one, so that JSON
// still parses.
func blank(gone []byte) string {
	for _, c := range gone {
		if c < '0' || c > '9' {
			return Mask
		}
	}
	return "0"
}
