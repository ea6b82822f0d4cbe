package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"darksite/bundle"
	"darksite/bundle/redact"
	"darksite/bundle/redact/proof"
	"darksite/bundle/review"

	"filippo.io/age"
)

// NewGate makes the site's redactor for one bundle.
func NewGate(o redact.Options) (Gate, error) {
	g, err := redact.New(o)
	if err != nil {
		return nil, err
	}
	return &redactGate{g: g}, nil
}

// redactGate is package redact as the journey uses it.
type redactGate struct {
	g   *redact.Gate
	res *redact.Result
}

func (g *redactGate) Rules() bundle.Versioned  { return g.g.Rules() }
func (g *redactGate) Policy() bundle.Versioned { return g.g.Policy() }
func (g *redactGate) Text(s string) string     { return g.g.Text(s) }

func (g *redactGate) Tree(ctx context.Context, in, out string) (Gated, error) {
	res, err := g.g.Tree(ctx, in, out)
	var leak *redact.LeakError
	if errors.As(err, &leak) {
		return Gated{}, fmt.Errorf("%w: %w: %w", err, ErrLeak, ErrRefused)
	}
	if err != nil {
		return Gated{}, err
	}
	g.res = res
	gated := Gated{Loosened: res.Report.Loosened}
	for _, f := range res.Files {
		file := GatedFile{In: f.In, Out: f.Out, Inspected: f.Inspected, Type: f.Type, Redactions: f.Redactions}
		if f.Inspected != bundle.InspectedFull {
			file.Reason = "the gate could not read all of it"
		}
		gated.Files = append(gated.Files, file)
		if f.NearMisses > 0 {
			gated.Near = append(gated.Near, review.NearMiss{Path: f.Out, Text: strconv.FormatInt(f.NearMisses, 10), Why: "words kept that look drawn by chance"})
		}
	}
	for _, w := range res.Withheld {
		gated.Withheld = append(gated.Withheld, Withheld{In: w.In, Reason: w.Reason})
	}
	return gated, nil
}

func (g *redactGate) Prove(ctx context.Context, dir string) ([]string, error) {
	if g.res == nil {
		return nil, errors.New("nothing was redacted")
	}
	leaks, err := proof.Search(ctx, dir, g.res.Originals(), nil)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, l := range leaks {
		out = append(out, fmt.Sprintf("%s at byte %d (kind %s, spelled %s)", l.File, l.Offset, l.Kind, l.Spelling))
	}
	return out, nil
}

func (g *redactGate) SealMap(w io.Writer, to ...age.Recipient) error { return g.g.Map().Seal(w, to...) }
