package site

import (
	"slices"

	"darksite/cmd/internal/cli"
)

// Finding is one line of `site check`.
type Finding struct {
	State string `json:"state"` // OK, WARN, CRIT
	What  string `json:"what"`
	Next  string `json:"next,omitempty"`
}

// Attention prints what to do about findings, and is an error where one of them is not
// OK.
func (s *Site) Attention(findings []Finding) error {
	bad := false
	var next []string
	for _, f := range findings {
		bad = bad || f.State != "OK"
		if f.Next != "" && !slices.Contains(next, f.Next) {
			next = append(next, f.Next)
		}
	}
	s.Env.Next(next...)
	if bad {
		return cli.ErrAttention
	}
	return nil
}
