// Package deskcmd is the command line of the central case desk, one file per
// command. Start with [Main].
//
// A command opens the desk's folder, calls the packages below bundle, and
// renders what they return as text or JSON. The rules of cases stand in
// bundle/desk; the sentences stand here.
package deskcmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"darksite/bundle/desk/airlock"
	"darksite/bundle/desk/boltstore"
	"darksite/bundle/desk/fileblobs"
	"darksite/bundle/desk/intake"
	"darksite/bundle/roster"
	"darksite/cmd/internal/cli"
	"darksite/localmon/boltfile"

	"github.com/spf13/cobra"
)

// Names below the desk's folder.
const (
	deskDB        = "desk.db"
	blobsDir      = "blobs"
	openedDir     = "opened"
	quarantineDir = "quarantine"
	keysDir       = "keys"
	rostersDir    = "rosters"
	vendorFile    = "vendor.txt"
	intakeKey     = "intake.key"
	repliesDir    = "replies"
)

type app struct {
	env     *cli.Env
	version string
	dirFlag string
}

// Main runs one command and returns the exit code.
func Main(ctx context.Context, env *cli.Env, version string, args []string) int {
	if len(args) == 1 && args[0] == airlock.Word { // an import started us, to read one medium
		return inside(env)
	}
	a := &app{env: env, version: version}
	return cli.Run(ctx, env, a.root(), args, classify)
}

// inside is the process that reads a medium for an import.
func inside(env *cli.Env) int {
	switch err := airlock.Serve(os.Stdin, os.Stdout); {
	case errors.Is(err, airlock.ErrByHand):
		env.Notef("casedesk: %s", err)
		env.Next("casedesk import MEDIUM")
		return cli.CodeUsage
	case err != nil:
		env.Notef("casedesk: %s", err)
		return cli.CodeFailed
	}
	return 0
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "casedesk",
		Short: "Central case desk for carried bundles",
		Long: `casedesk imports the bundles that sites carry out, keeps their cases, and seals
the replies that are carried back.

The desk folder is --dir, else $CASEDESK_DIR, else ~/.casedesk.

` + cli.ExitHelp,
		Example: `  casedesk init --name "Vendor support"
  casedesk sites enrol roster.txt
  casedesk import /media/usb
  casedesk case list`,
		Version: a.version,
	}
	root.PersistentFlags().StringVar(&a.dirFlag, "dir", "", "desk folder (default $CASEDESK_DIR or ~/.casedesk)")
	root.PersistentPreRunE = func(c *cobra.Command, args []string) error { return a.keepApart(c, args) }
	root.AddCommand(a.initCommand(), a.importCommand(), a.verifyCommand(), a.openCommand(), a.caseCommand(), a.analyzeCommand(), a.replyCommand(), a.packCommand(),
		a.briefCommand(), a.sitesCommand(), a.trainCommand(), a.keysCommand(), a.checkCommand(), cli.VersionCommand(a.env, "casedesk", a.version))
	return root
}

func (a *app) dir() string { return a.env.Folder(a.dirFlag, "CASEDESK_DIR", ".casedesk") }

func (a *app) path(elem ...string) string {
	return filepath.Join(append([]string{a.dir()}, elem...)...)
}

// made says where the folder is no desk.
func (a *app) made() error {
	if _, err := os.Stat(a.path(vendorFile)); err != nil {
		return cli.WithHint(fmt.Errorf("open the desk: %w", err), "casedesk init --name \"Vendor support\"   (or name the folder with --dir)")
	}
	return nil
}

// openStore opens the desk's database; close it with the returned function.
func (a *app) openStore() (*boltstore.Store, func() error, error) {
	if err := a.made(); err != nil {
		return nil, nil, err
	}
	f, err := boltfile.Open(a.path(deskDB), boltfile.Options{Schema: "darksite-desk", Version: 1, Holder: "casedesk"})
	if err != nil {
		return nil, nil, err
	}
	s, err := boltstore.New(f.DB)
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return s, f.Close, nil
}

// roster reads the roster a site has enrolled.
func (a *app) roster(site string) (roster.Roster, error) {
	if !roster.ValidSite(site) {
		return roster.Roster{}, fmt.Errorf("site %q: %w", site, intake.ErrUnknownSite)
	}
	text, err := os.ReadFile(a.path(rostersDir, site+".txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return roster.Roster{}, fmt.Errorf("site %s: %w", site, intake.ErrUnknownSite)
	}
	if err != nil {
		return roster.Roster{}, fmt.Errorf("read the roster of site %s: %w", site, err)
	}
	return roster.Parse(text)
}

func (a *app) vendor() (roster.Vendor, error) {
	text, err := os.ReadFile(a.path(vendorFile))
	if err != nil {
		return roster.Vendor{}, cli.WithHint(fmt.Errorf("read the vendor card: %w", err), "casedesk init --name \"Vendor support\"")
	}
	return roster.ParseVendor(text)
}

func (a *app) blobs() (*fileblobs.Store, error) { return fileblobs.New(a.path(blobsDir)) }
