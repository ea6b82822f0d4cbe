package deskcmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"darksite/cmd/internal/cli"
	"darksite/training/labmark"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// keepApart keeps practice and real desks apart. The desk of a lab says on every screen
// that it is one and takes nothing from outside of the lab; a real desk takes nothing that
// lies in a lab.
func (a *app) keepApart(c *cobra.Command, args []string) error {
	marker, err := labmark.Read(a.dir())
	lab := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cli.WithHint(cli.WithCode(cli.CodeTampered, err), "darksite train lab reset")
	}
	for _, name := range handed(c, args) {
		if err := a.ofThisSide(lab, name); err != nil {
			return err
		}
	}
	if lab {
		say := "TRAINING  lab " + marker.Lab + "  practice desk, nothing here is real"
		if marker.Lang == "fr" {
			say = "EXERCICE  lab " + marker.Lab + "  bureau d'exercice, rien n'est réel"
		}
		a.env.Notef("== %s ==", say)
	}
	return nil
}

// handed are the files and folders a command is handed, by arguments and flags.
func handed(c *cobra.Command, args []string) []string {
	var files []string
	file := func(name string) {
		if _, err := os.Lstat(name); name != "" && err == nil {
			files = append(files, name)
		} else if dir := filepath.Dir(name); strings.ContainsRune(name, filepath.Separator) {
			if _, err := os.Lstat(dir); err == nil {
				files = append(files, dir)
			}
		}
	}
	for _, arg := range args {
		file(arg)
	}
	c.Flags().Visit(func(f *pflag.Flag) {
		if list, ok := f.Value.(pflag.SliceValue); ok {
			for _, v := range list.GetSlice() {
				file(v)
			}
		} else if f.Name != "dir" {
			file(f.Value.String())
		}
	})
	return files
}

func (a *app) ofThisSide(lab bool, name string) error {
	if lab {
		home := filepath.Dir(filepath.Clean(a.dir()))
		return cli.WithHint(cli.WithCode(cli.CodeRefused, labmark.Inside(home, name)), "use what lies in the folder of the lab, %s", home)
	}
	within, err := labmark.Within(name)
	if err == nil && within {
		err = cli.WithCode(cli.CodeRefused, fmt.Errorf("%s lies in a lab: %w", name, labmark.ErrMixed))
	}
	return cli.WithHint(err, "casedesk --dir DESK   (names the desk of the lab)")
}
