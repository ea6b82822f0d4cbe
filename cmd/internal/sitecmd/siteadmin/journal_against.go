package siteadmin

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"darksite/bundle"
	"darksite/bundle/carry"
	"darksite/bundle/journal"
	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"
	"darksite/cmd/internal/sitecmd/site"

	"github.com/spf13/cobra"
)

func (a *app) journalCheckpointCommand() *cobra.Command {
	return &cobra.Command{
		Use: "checkpoint", Short: "Sign the journal as it is and print that, to be kept out of reach of this station", Args: cobra.NoArgs,
		Long: `Print size and root of the journal with the signature of its key. A copy that is kept
outside, on paper, on a medium, with the vendor, is a witness: journal verify --against
FILE shows later whether the journal still goes on from there.`,
		Example: "  darksite journal checkpoint > /media/safe/S042-2026-03.txt",
		RunE: func(c *cobra.Command, _ []string) error {
			log, err := a.OpenJournal()
			if err != nil {
				return err
			}
			defer log.Close() // what was signed is on disk
			if _, err := log.Checkpoint(c.Context()); err != nil {
				return cli.WithHint(err, "darksite journal show")
			}
			text, sig, err := log.Newest()
			if err != nil {
				return err
			}
			if _, err := a.Env.Out.Write(roster.Bundle(text, [][]byte{sig})); err != nil {
				return err
			}
			a.Env.Next("darksite journal verify --against FILE")
			return nil
		},
	}
}

// maxWitness bounds a file that is read as a witness.
const maxWitness = 1 << 20

// witnesses reads the files that --against names: labels, cover sheets as text,
// checkpoints, or the folder of a medium.
func (a *app) witnesses(files []string) ([]journal.Witness, error) {
	var all []journal.Witness
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			return nil, fmt.Errorf("read a witness: %w", err)
		}
		found := []string{file}
		if info.IsDir() {
			found = found[:0]
			for _, pattern := range []string{carry.LabelName, filepath.Join("*", carry.LabelName)} {
				here, err := filepath.Glob(filepath.Join(file, pattern))
				if err != nil {
					return nil, fmt.Errorf("read a witness: %w", err)
				}
				found = append(found, here...)
			}
			if len(found) == 0 {
				return nil, cli.WithHint(fmt.Errorf("%s: no %s is there", file, carry.LabelName), "name a cover sheet, a label, or the folder of a medium")
			}
		}
		for _, one := range found {
			w, err := a.witness(one)
			if err != nil {
				return nil, cli.WithHint(fmt.Errorf("%s: %w", one, err), "name a cover sheet as text, a label, a checkpoint, or the folder of a medium")
			}
			all = append(all, w)
		}
	}
	return all, nil
}

func (a *app) witness(file string) (journal.Witness, error) {
	f, err := os.Open(file)
	if err != nil {
		return journal.Witness{}, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxWitness))
	if err != nil {
		return journal.Witness{}, err
	}
	if l, err := carry.ParseLabel(text); err == nil {
		return a.labelWitness(file, text, l)
	}
	if mark, ok := coverMark(text); ok {
		return journal.Witness{Name: file, Mark: mark}, nil
	}
	return a.checkpointWitness(file, text)
}

// labelWitness is a label; where its signatures lie beside it they must be good.
func (a *app) labelWitness(file string, text []byte, l carry.Label) (journal.Witness, error) {
	w := journal.Witness{Name: file, Mark: l.Journal}
	names, err := filepath.Glob(file + ".*.sig")
	if err != nil || len(names) == 0 {
		return w, err
	}
	var sigs [][]byte
	for _, name := range names {
		sig, err := os.ReadFile(name)
		if err != nil {
			return w, err
		}
		sigs = append(sigs, sig)
	}
	r, err := a.Roster()
	if err != nil {
		return w, err
	}
	_, err = carry.VerifyLabel(text, sigs, r)
	return w, err
}

var (
	coverSize = regexp.MustCompile(`(?m)^ *size/taille (\d{1,18})$`)
	coverRoot = regexp.MustCompile(`(?m)^ *root/racine ([0-9a-f]{64})$`)
)

// coverMark reads the mark off a cover sheet.
func coverMark(text []byte) (bundle.JournalMark, bool) {
	size, root := coverSize.FindSubmatch(text), coverRoot.FindSubmatch(text)
	if size == nil || root == nil {
		return bundle.JournalMark{}, false
	}
	n, err := strconv.ParseInt(string(size[1]), 10, 64)
	return bundle.JournalMark{Size: n, Root: bundle.Digest(root[1])}, err == nil
}

// checkpointWitness is a checkpoint with its signature below it.
func (a *app) checkpointWitness(file string, whole []byte) (journal.Witness, error) {
	text, sigs := roster.Unbundle(whole)
	cp, err := journal.ParseCheckpoint(text)
	if err != nil {
		return journal.Witness{}, fmt.Errorf("neither a label nor a cover sheet nor a checkpoint: %w", err)
	}
	conf, err := a.Config()
	if err != nil {
		return journal.Witness{}, err
	}
	if cp.Origin != conf.Site.Code {
		return journal.Witness{}, fmt.Errorf("it is of the journal of %s", cp.Origin)
	}
	if len(sigs) != 1 {
		return journal.Witness{}, fmt.Errorf("want one signature below the checkpoint, found %d", len(sigs))
	}
	key, err := keyfile.PublicKey(a.Path(site.KeysDir, site.JournalKeyID+".pub"))
	if err != nil {
		return journal.Witness{}, err
	}
	if err := sign.Verify(sign.Journal, text, sigs[0], key); err != nil {
		return journal.Witness{}, fmt.Errorf("it is not signed by the journal key that is here now: %w", err)
	}
	return journal.Witness{Name: file, Mark: cp.Mark()}, nil
}

// testimonyView is what one witness says, as verify prints it.
type testimonyView struct {
	Witness string `json:"witness"`
	Entries int64  `json:"entries"`
	Verdict string `json:"verdict"`
	Why     string `json:"why"`
}

func testimonyViews(all []journal.Testimony) []testimonyView {
	out := make([]testimonyView, 0, len(all))
	for _, t := range all {
		out = append(out, testimonyView{t.Name, t.Mark.Size, string(t.Verdict), t.Why})
	}
	return out
}

// contradicted is the error of a journal that witnesses contradict, or nil.
func contradicted(all []journal.Testimony) error {
	var lines []string
	for _, t := range all {
		if t.Verdict != journal.Agrees {
			lines = append(lines, fmt.Sprintf("%s by %s: %s", strings.ToUpper(string(t.Verdict)), t.Name, t.Why))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return cli.WithHint(cli.WithCode(cli.CodeTampered, errors.New(strings.Join(lines, "\n"))), "keep the folder and the witnesses as they are and inform the security officer")
}
