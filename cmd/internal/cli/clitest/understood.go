package clitest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Understood says whether a program has a command as it stands on a screen or in a
// text, with its flags and with as many arguments: nil, or what is wrong with it. The
// line comes without the name of the program. Root must be fresh, since flags stay set.
func Understood(root *cobra.Command, line string) error {
	c, rest, err := root.Find(fields(line))
	if err != nil {
		return err
	}
	if !c.Runnable() && c.HasSubCommands() {
		return fmt.Errorf("%q is no whole command", line)
	}
	switch err := c.ParseFlags(rest); {
	case errors.Is(err, pflag.ErrHelp):
		return nil
	case err != nil:
		return err
	case c.Args != nil:
		return c.Args(c, c.Flags().Args())
	}
	return nil
}

// fields cuts a line at its spaces, but for those in double quotes.
func fields(line string) (out []string) {
	quoted := false
	cut := strings.FieldsFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
	for _, f := range cut {
		out = append(out, strings.ReplaceAll(f, `"`, ""))
	}
	return out
}
