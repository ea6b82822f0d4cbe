package deskcmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle"
	"darksite/bundle/desk"
	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/bundle/seal"
	"darksite/bundle/sign"
	spoken "darksite/bundle/words"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"

	"filippo.io/age"
	"github.com/spf13/cobra"
)

func (a *app) keysIntakeCommand() *cobra.Command {
	var asJSON bool
	var lang string
	c := &cobra.Command{
		Use: "intake", Short: "The keys that open bundles: list, add one, retire one", Args: cobra.NoArgs,
		Long: `List the keys that open bundles, the newest first: whether sites are told to seal to
them, which sites did so with their newest bundle, and what a site reads out over the
telephone before it takes the card; --lang is the language of the site.

A key is replaced in three steps. Add a second one: the new card carries both, and
bundles are sealed to both once a site has opened a reply with that card. Retire the
old one when every site seals to the new one. Its file still opens what came before:
put it away once no site is listed beside it.`,
		Example: "  casedesk keys intake",
		RunE: func(c *cobra.Command, _ []string) error {
			keys, err := a.intakeKeys(c.Context())
			if err != nil {
				return err
			}
			for i := range keys {
				if keys[i].Words, err = spoken.Digest(spoken.Language(lang), bundle.Digest(keys[i].Fingerprint)); err != nil {
					return cli.Usagef("--lang %q: want en or fr", lang)
				}
			}
			if asJSON {
				return a.env.JSON(keys)
			}
			a.printIntake(keys)
			return nil
		},
	}
	c.Flags().StringVar(&lang, "lang", "en", "language of the words: en or fr")
	cli.JSONFlag(c, &asJSON)
	c.AddCommand(a.intakeAddCommand(), a.intakeRetireCommand())
	return c
}

func (a *app) intakeAddCommand() *cobra.Command {
	var passFile, escrow string
	var noPass bool
	c := &cobra.Command{
		Use: "add", Short: "Make a further key that opens bundles, and a new vendor card", Args: cobra.NoArgs,
		Long: `Make a further intake key and a card that names it before the others. With --escrow
name the recipient of a key that is kept elsewhere instead of making one.

Sites take the card with a reply made with --card; two officers there have to agree,
and what they have frozen before is collected again, because it names its readers.
Where commands read the passphrase from a file, give all intake keys the same one.`,
		Example: "  casedesk keys intake add\n  casedesk keys intake add --escrow age1pq1...",
		RunE: func(*cobra.Command, []string) error {
			v, err := a.vendor()
			if err != nil {
				return err
			}
			if escrow != "" {
				v.Escrow = append(v.Escrow, escrow)
				return a.newReaders(v)
			}
			pass, err := keyfile.NewPassphrase(a.env, "the new intake key", passFile, noPass)
			if err != nil {
				return err
			}
			recipient, err := a.newIntake(pass)
			if err != nil {
				return err
			}
			v.Intake = slices.Insert(v.Intake, 0, recipient)
			return a.newReaders(v)
		},
	}
	c.Flags().StringVar(&escrow, "escrow", "", "recipient of a key kept offline elsewhere; no key is made")
	c.Flags().StringVar(&passFile, "passphrase-file", "", "read the passphrase of the new key from this file")
	c.Flags().BoolVar(&noPass, "no-passphrase", false, "leave the key unprotected (exercises only)")
	return c
}

func (a *app) intakeRetireCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "retire FINGERPRINT", Short: "Take a key that opens bundles off a new vendor card", Args: cobra.ExactArgs(1),
		Long: `Write a card without this key: sites that have it seal to the others only. The file of
the key stays, because it opens what came before and what is still on its way.`,
		Example: "  casedesk keys intake retire 3f09c1d2",
		RunE: func(c *cobra.Command, args []string) error {
			v, err := a.vendor()
			if err != nil {
				return err
			}
			recipient, err := named(v, args[0])
			if err != nil {
				return err
			}
			is := func(r string) bool { return r == recipient }
			v.Intake, v.Escrow = slices.DeleteFunc(v.Intake, is), slices.DeleteFunc(v.Escrow, is)
			if len(v.Intake) == 0 {
				return cli.WithHint(cli.WithCode(cli.CodeRefused, errors.New("it is the only key that opens bundles here")), "casedesk keys intake add")
			}
			keys, err := a.intakeKeys(c.Context())
			if err != nil {
				return err
			}
			if err := a.newReaders(v); err != nil {
				return err
			}
			for _, k := range keys {
				if k.Fingerprint == seal.Fingerprint(recipient) && len(k.Sites) > 0 {
					a.env.Notef("still sealed to by %s: keep the file until their bundles show the new card", strings.Join(k.Sites, ", "))
				}
			}
			return nil
		},
	}
	return c
}

// named finds the recipient of the card whose fingerprint begins so.
func named(v roster.Vendor, prefix string) (string, error) {
	var found []string
	for _, r := range v.Recipients() {
		if len(prefix) >= shortPrint/2 && strings.HasPrefix(seal.Fingerprint(r), strings.ToLower(prefix)) {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		return "", cli.WithHint(cli.WithCode(cli.CodeUsage, fmt.Errorf("%q names %d keys of the card: want the first eight digits, or more, of one fingerprint", prefix, len(found))), "casedesk keys intake")
	}
	return found[0], nil
}

// newReaders checks the recipients of a card before it is written.
func (a *app) newReaders(v roster.Vendor) error {
	if _, err := seal.Fingerprints(v.Recipients()); err != nil {
		return cli.WithCode(cli.CodeUsage, err)
	}
	return a.newCard(v)
}

// shortPrint is how many digits of a fingerprint are shown.
const shortPrint = 16

// An intake key is intake.key, and further ones intake-2.key and so on; beside
// each lies its public half.
const (
	intakeName = "intake"
	pubSuffix  = ".pub"
)

func intakeFile(n int) string {
	if n == 1 {
		return intakeKey
	}
	return fmt.Sprintf("%s-%d.key", intakeName, n)
}

// newIntake makes the next intake key.
func (a *app) newIntake(pass []byte) (recipient string, err error) {
	files, err := a.intakeFiles()
	if err != nil {
		return "", err
	}
	next := 1
	if len(files) > 0 {
		next = files[0] + 1
	}
	path := a.path(keysDir, intakeFile(next))
	if recipient, err = keyfile.NewIdentity(path, pass); err != nil {
		return "", err
	}
	return recipient, safefile.Write(strings.TrimSuffix(path, filepath.Ext(path))+pubSuffix, []byte(recipient+"\n"), 0o644)
}

var intakePattern = regexp.MustCompile(`^intake(?:-([1-9][0-9]{0,3}))?\.key$`)

// intakeFiles are the numbers of the intake keys that lie here, the newest first.
func (a *app) intakeFiles() ([]int, error) {
	entries, err := os.ReadDir(a.path(keysDir))
	if err != nil {
		return nil, fmt.Errorf("look for intake keys: %w", err)
	}
	var numbers []int
	for _, e := range entries {
		m := intakePattern.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		n := 1
		if m[1] != "" {
			n, _ = strconv.Atoi(m[1]) // the pattern lets only digits through
		}
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	slices.Reverse(numbers)
	return numbers, nil
}

// identities reads every intake key that lies here: a site that has not heard of
// the newest still seals to the one before. A passphrase that opened one key is
// tried on the next before it is asked for.
func (a *app) identities(passFile string) ([]age.Identity, error) {
	files, err := a.intakeFiles()
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		files = []int{1} // and the error says which file is missing
	}
	var all []age.Identity
	var known []byte
	ask := keyfile.Ask(a.env, passFile)
	for _, n := range files {
		path := a.path(keysDir, intakeFile(n))
		var ids []age.Identity
		err := sign.ErrPassphrase
		if known != nil {
			ids, err = keyfile.Identities(path, func(string) ([]byte, error) { return known, nil })
		}
		if errors.Is(err, sign.ErrPassphrase) {
			ids, err = keyfile.Identities(path, func(what string) (pass []byte, err error) {
				pass, err = ask(what)
				known = pass
				return pass, err
			})
		}
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	return all, nil
}

// intakeView is one key that opens bundles.
type intakeView struct {
	Fingerprint string   `json:"fingerprint"`
	Kind        string   `json:"kind"`    // intake, escrow
	Words       []string `json:"words"`   // the fingerprint, as it is read out
	OnCard      bool     `json:"on_card"` // sites are told to seal to it
	File        string   `json:"file"`    // empty where it lies elsewhere
	Sites       []string `json:"sites"`   // whose newest bundle is sealed to it
}

// intakeKeys lists the keys of the card and those whose files lie here.
func (a *app) intakeKeys(ctx context.Context) ([]intakeView, error) {
	v, err := a.vendor()
	if err != nil {
		return nil, err
	}
	files, unnamed, err := a.intakeByRecipient()
	if err != nil {
		return nil, err
	}
	sealedTo, err := a.sealedTo(ctx)
	if err != nil {
		return nil, err
	}
	var keys []intakeView
	add := func(recipient, kind string, onCard bool) {
		k := intakeView{Fingerprint: seal.Fingerprint(recipient), Kind: kind, OnCard: onCard, File: files[recipient]}
		k.Sites = slices.Sorted(slices.Values(sealedTo[k.Fingerprint]))
		keys = append(keys, k)
		delete(files, recipient)
	}
	for i, r := range v.Intake {
		if files[r] == "" && i == len(v.Intake)-1 {
			files[r] = unnamed // made before keys had a public half beside them
		}
		add(r, "intake", true)
	}
	for _, r := range v.Escrow {
		add(r, "escrow", true)
	}
	for r := range files {
		if files[r] != "" {
			add(r, "intake", false)
		}
	}
	return keys, nil
}

// intakeByRecipient tells the files of the intake keys by what they open; unnamed
// is the one that has no public half beside it.
func (a *app) intakeByRecipient() (files map[string]string, unnamed string, err error) {
	numbers, err := a.intakeFiles()
	if err != nil {
		return nil, "", err
	}
	files = map[string]string{}
	for _, n := range numbers {
		name := intakeFile(n)
		pub, err := os.ReadFile(a.path(keysDir, strings.TrimSuffix(name, filepath.Ext(name))+pubSuffix))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			unnamed = name
		case err != nil:
			return nil, "", fmt.Errorf("read an intake key's public half: %w", err)
		default:
			files[strings.TrimSpace(string(pub))] = name
		}
	}
	return files, unnamed, nil
}

// sealedTo says, for each fingerprint, which sites' newest bundle is sealed to it.
func (a *app) sealedTo(ctx context.Context) (map[string][]string, error) {
	store, done, err := a.openStore()
	if err != nil {
		return nil, err
	}
	sites, err := a.newestBySite(ctx, store)
	if err = errors.Join(err, done()); err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for _, b := range sites {
		for _, print := range b.Recipients {
			out[print] = append(out[print], b.Site)
		}
	}
	return out, nil
}

// newestBySite is the newest bundle of each enrolled site that has sent one.
func (a *app) newestBySite(ctx context.Context, index desk.Index) ([]desk.Bundle, error) {
	files, err := os.ReadDir(a.path(rostersDir))
	if err != nil {
		return nil, fmt.Errorf("list the sites: %w", err)
	}
	var newest []desk.Bundle
	for _, f := range files {
		site, ok := strings.CutSuffix(f.Name(), ".txt")
		if !ok || !roster.ValidSite(site) {
			continue
		}
		chain, err := index.Bundles(ctx, site)
		if err != nil {
			return nil, err
		}
		if len(chain) > 0 {
			newest = append(newest, chain[len(chain)-1])
		}
	}
	return newest, nil
}

func (a *app) printIntake(keys []intakeView) {
	t := &cli.Table{Header: []string{"FINGERPRINT", "KIND", "CARD", "FILE", "SEALED TO BY"}}
	for _, k := range keys {
		card, file, sites := "yes", k.File, strings.Join(k.Sites, ", ")
		if !k.OnCard {
			card = "retired"
		}
		if file == "" {
			file = "elsewhere"
		}
		if sites == "" {
			sites = "no site yet"
			if !k.OnCard {
				sites = "no site: put the file away"
			}
		}
		t.Add(k.Fingerprint[:shortPrint], k.Kind, card, file, sites)
	}
	t.Print(a.env.Out, a.env.Width(), a.env.Color())
	for _, k := range keys {
		if k.OnCard {
			fmt.Fprintf(a.env.Out, "\n%s\n%s\n", k.Fingerprint[:shortPrint], strings.Join(spoken.Rows(k.Fingerprint, k.Words), "\n"))
		}
	}
	a.env.Next("casedesk keys intake add", "casedesk keys intake retire FINGERPRINT   (when every site seals to another one)")
}
