package wayout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle"
	"darksite/bundle/carry"
	"darksite/bundle/pipeline"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/localmon/units"

	"filippo.io/age"
	"github.com/spf13/cobra"
)

type writeOptions struct {
	site.Person
	medium, volume, serial, part string
	parity                       int
}

func (a *app) bundleWriteCommand() *cobra.Command {
	var o writeOptions
	c := &cobra.Command{
		Use: "write BUNDLE", Short: "Put a sealed bundle on a medium, with label, volumes and parity", Args: cobra.ExactArgs(1),
		Long: `Write the sealed bundle into a folder of the medium: volumes, parity that repairs
damage on the road, a signed label, a cover sheet to print, and a README with the
stock commands that open it. Nothing is overwritten; an interrupted write leaves
nothing that looks whole.

A bundle that needs several media is written one after the other with --part 1/3,
--part 2/3 and --part 3/3, under one label. Without --volume each medium then gets
one file, the last of them parity: any one of the media may be lost.`,
		Example: "  darksite bundle write S042-000017 --as amartin --medium /media/usb\n  darksite bundle write S042-000017 --as amartin --medium /media/usb --part 2/3",
		RunE: func(c *cobra.Command, args []string) error {
			if o.part != "" && !c.Flags().Changed("volume") {
				o.volume = ""
			}
			return a.write(c.Context(), args[0], o)
		},
	}
	o.Flags(c)
	f := c.Flags()
	f.StringVar(&o.medium, "medium", "", "folder where the medium is mounted")
	f.StringVar(&o.volume, "volume", "fat32", "size of a volume: fat32, cd, dvd, bd25 or such as 512MiB")
	f.StringVar(&o.part, "part", "", "medium of several, such as 1/3; each takes its share of the volumes")
	f.IntVar(&o.parity, "parity", 0, "parity volumes (default: by the number of volumes)")
	f.StringVar(&o.serial, "serial", "", "serial number of the medium, for cover sheet and journal")
	_ = c.MarkFlagRequired("medium") // the flag exists: it was defined above
	return c
}

func (a *app) write(ctx context.Context, name string, o writeOptions) error {
	number, of, err := partOf(o.part)
	if err != nil {
		return err
	}
	size, err := volumeSize(o.volume)
	if err != nil {
		return err
	}
	if err := isFolder(o.medium); err != nil {
		return err
	}
	key, err := a.Signer(o.As, o.Key, o.PassFile)
	if err != nil {
		return err
	}
	return a.onOne(name, func(j *Journey, id bundle.ID) error {
		w, err := j.Write(ctx, id, pipeline.MediumOptions{
			Dir: o.medium, Signer: key, Serial: o.serial, Layout: carry.Layout{VolumeSize: size, Parity: o.parity},
			Number: number, Of: of,
			Progress: a.Env.Progress("writing").Step,
		})
		if err != nil {
			return err
		}
		fmt.Fprintln(a.Env.Out, w.Folder)
		r, err := j.Show(id)
		if err != nil {
			return err
		}
		a.notEncrypted(r)
		return a.after(j, id, "written: %s; print COVER.pdf from it", units.Bytes(float64(w.Bytes)))
	})
}

// partOf reads --part: number and how many, both 0 when it was not given.
func partOf(s string) (number, of int, err error) {
	if s == "" {
		return 0, 0, nil
	}
	n, m, _ := strings.Cut(s, "/")
	number, numberErr := strconv.Atoi(n)
	of, ofErr := strconv.Atoi(m)
	if numberErr != nil || ofErr != nil || number < 1 || of < 2 || number > of {
		return 0, 0, cli.Usagef("--part %q: want such as 2/3, the second of three media", s)
	}
	return number, of, nil
}

// volumeSize reads --volume; nothing means that the number of media decides.
func volumeSize(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	if n, err := carry.Preset(s); err == nil {
		return n, nil
	}
	n, err := units.ParseBytes(s)
	if err != nil || n < carry.BlockSize {
		return 0, cli.Usagef("--volume %q: want fat32, cd, dvd, bd25 or a size of at least 1MiB", s)
	}
	return n, nil
}

func isFolder(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return cli.WithHint(fmt.Errorf("medium: %w", err), "mount the medium first")
	}
	if !info.IsDir() {
		return cli.Usagef("medium %s is not a folder", path)
	}
	return nil
}

func (a *app) bundleVerifyCommand() *cobra.Command {
	var o writeOptions
	var identity string
	c := &cobra.Command{
		Use: "verify BUNDLE", Short: "Read a medium back and compare with what was approved", Args: cobra.ExactArgs(1),
		Long: `Read every block of the medium, past the memory of the system where it can be, and
compare with the label. With the record key the sealed file is also decrypted,
writing nothing, and every file compared with the approved manifest.`,
		Example: "  darksite bundle verify S042-000017 --as amartin --medium /media/usb --identity /media/safe/record.key",
		RunE: func(c *cobra.Command, args []string) error {
			return a.readBack(c.Context(), args[0], o, identity)
		},
	}
	c.Flags().StringVar(&o.As, "as", "", "id of the person who verifies")
	c.Flags().StringVar(&o.medium, "medium", "", "folder where the medium is mounted")
	c.Flags().StringVar(&identity, "identity", "", "file of the record key (default: keys/record.key when it is there)")
	c.Flags().StringVar(&o.PassFile, "passphrase-file", "", "passphrase of the record key")
	_ = c.MarkFlagRequired("medium") // the flag exists: it was defined above
	return c
}

func (a *app) readBack(ctx context.Context, name string, o writeOptions, identity string) error {
	if o.As == "" {
		return cli.Usagef("say who you are with --as ID")
	}
	if err := isFolder(o.medium); err != nil {
		return err
	}
	ids, err := RecordIdentities(a.Site, identity, o.PassFile)
	if err != nil {
		return err
	}
	return a.onOne(name, func(j *Journey, id bundle.ID) error {
		report, err := j.Verify(ctx, id, o.medium, o.As, a.Env.Progress("reading back").Step, ids...)
		if err != nil {
			return err
		}
		for _, other := range report.Others {
			a.Env.Notef("also on the medium: %s", cli.Printable(other))
		}
		opened := "the sealed file was not decrypted: no record key at hand"
		switch {
		case slices.ContainsFunc(report.Files, func(f carry.FileState) bool { return f.Found < 0 }):
			opened = "a part of the set: the sealed file can only be decrypted where all of it is"
		case report.Label.Clear:
			opened = "not encrypted; every file compared with the approved manifest"
		case len(ids) > 0:
			opened = "decrypted and every file compared with the approved manifest"
		}
		return a.after(j, id, "%s read back (%s); %s", units.Bytes(float64(report.Bytes)), report.Bypass, opened)
	})
}

// RecordIdentities loads the record key when one is named or lies in keys/.
func RecordIdentities(s *site.Site, file, passFile string) ([]age.Identity, error) {
	a := &app{s}
	if file == "" {
		file = a.Path(site.KeysDir, site.RecordKey)
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
	}
	return a.identities(file, passFile)
}

// identities reads what opens a sealed file.
func (a *app) identities(file, passFile string) ([]age.Identity, error) {
	if err := a.OwnKey(file); err != nil {
		return nil, err
	}
	return keyfile.Identities(file, keyfile.Ask(a.Env, passFile))
}
