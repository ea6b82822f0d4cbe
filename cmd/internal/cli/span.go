package cli

import (
	"time"

	"darksite/localmon/units"

	"github.com/spf13/cobra"
)

// span is a flag that takes a length of time as people and screens write it:
// 30s, 6h12m, 90d, 2w.
type span struct{ d *time.Duration }

// SpanFlag gives a command a flag for a length of time.
func SpanFlag(c *cobra.Command, d *time.Duration, name, usage string) {
	c.Flags().Var(span{d}, name, usage)
}

// Set implements pflag.Value.
func (s span) Set(text string) (err error) {
	*s.d, err = units.ParseDuration(text)
	return err
}

// String implements pflag.Value. Cobra asks it of a zero value too.
func (s span) String() string {
	if s.d == nil || *s.d == 0 {
		return ""
	}
	return s.d.String()
}

// Type implements pflag.Value.
func (span) Type() string { return "duration" }
