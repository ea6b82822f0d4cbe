package remedy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"darksite/bundle/safefile"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/runbooks"
	"darksite/runbooks/engine"

	"github.com/spf13/cobra"
)

// second finds the second person of a step: at this console with the own key, or
// at another one, from where a code is carried back on paper.
type second struct {
	a    *app
	ask  *cli.Asker
	say  func(en, fr string) string
	mine string // id of the key of who asks; empty when that key is not known
}

// newSecond knows the key of the person who asks, so that the same key under
// another name is refused.
func (a *app) newSecond(o runOptions, ask *cli.Asker, say func(en, fr string) string) *second {
	s := &second{a: a, ask: ask, say: say}
	if r, err := a.Roster(); err == nil {
		if p, ok := r.Person(o.as); ok {
			s.mine = p.Key.ID()
		}
	}
	return s
}

// Requester implements engine.Second.
func (s *second) Requester() string { return s.mine }

// Approve implements engine.Second.
func (s *second) Approve(_ context.Context, r engine.Request) (engine.Approval, error) {
	env := s.a.Env
	fmt.Fprintf(env.Err, "\n%s\n", s.say("A second person must agree to this step. This is what is signed:", "Une deuxième personne doit accepter cette étape. Voici ce qui est signé :"))
	fmt.Fprintln(env.Err, cli.Indent(cli.PrintableLines(strings.TrimRight(string(r.Statement), "\n"))))
	id, err := s.ask.Line(s.say("id of the second person, Enter for nobody:", "identifiant de la deuxième personne, Entrée pour personne :"))
	if err != nil {
		return engine.Approval{}, err
	}
	if id == "" {
		return engine.Approval{}, engine.ErrNoSecond
	}
	if id == r.By {
		return engine.Approval{}, errors.New(s.say("the second person is the first", "la deuxième personne est la première"))
	}
	path := s.a.Path(site.KeysDir, filepath.Base(id)+".key")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return s.byCode(r, id)
	}
	signer, err := keyfile.Signer(path, func(what string) ([]byte, error) { return s.ask.Secret(what + ":") })
	if err != nil {
		return engine.Approval{}, err
	}
	sig, err := signer.Sign(sign.Step, r.Statement)
	return engine.Approval{By: id, Way: "key", Signature: string(sig)}, err
}

// byCode writes the request down for another console and takes the code that
// comes back.
func (s *second) byCode(r engine.Request, id string) (engine.Approval, error) {
	people, err := s.a.Roster()
	if err != nil {
		return engine.Approval{}, err
	}
	p, ok := people.Person(id)
	if !ok {
		return engine.Approval{}, fmt.Errorf(s.say("%s is not on the roster", "%s n'est pas dans la liste"), runbooks.Printable(id))
	}
	if err := os.MkdirAll(s.a.Path(approvalsDir), 0o700); err != nil {
		return engine.Approval{}, fmt.Errorf("write the request: %w", err)
	}
	file := s.a.Path(approvalsDir, r.Run+"-"+r.Step+".txt")
	if err := safefile.Write(file, r.Statement, 0o644); err != nil {
		return engine.Approval{}, err
	}
	fmt.Fprintf(s.a.Env.Err, s.say("The key of %s is not here. The request is %s.\n%s signs it where the key is, until %s:\n", "La clé de %s n'est pas ici. La demande est %s.\n%s la signe là où est la clé, avant %s :\n"),
		id, file, id, r.Expires.UTC().Format("15:04:05Z"))
	fmt.Fprintf(s.a.Env.Err, "  darksite runbook approve %s --as %s --key FILE\n", filepath.Base(file), id)
	code, err := s.ask.Line(s.say("code that comes back, Enter for none:", "code qui revient, Entrée si aucun :"))
	if err != nil {
		return engine.Approval{}, err
	}
	if code == "" {
		return engine.Approval{}, engine.ErrNoSecond
	}
	sig, err := sign.FromCode(sign.Step, code, p.Key)
	return engine.Approval{By: id, Way: "code", Signature: string(sig)}, err
}

// Check implements engine.Second: the roster says whose key it is, and that this
// person may agree to steps.
func (s *second) Check(a engine.Approval) (string, error) { return s.a.checkApproval(a) }

func (a *app) checkApproval(ap engine.Approval) (string, error) {
	r, err := a.Roster()
	if err != nil {
		return "", err
	}
	p, err := r.Check(sign.Step, math.MaxInt64, []byte(ap.Statement), []byte(ap.Signature))
	if err != nil {
		return "", err
	}
	if p.ID != ap.By {
		return "", fmt.Errorf("signed by %s, not by %s", p.ID, runbooks.Printable(ap.By))
	}
	return p.Key.ID(), nil
}

func (a *app) runbookApproveCommand() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use: "approve REQUEST", Short: "Agree to another person's step, as a code to carry back", Args: cobra.ExactArgs(1),
		Long: `Read a request that a run wrote for a second person, show all of it, and sign it with
your key. What comes out is a code of 22 groups: say it or carry it on paper to the
console where the run waits. It holds for this one step, for a quarter of an hour.`,
		Example: "  darksite runbook approve R-0007-failover.txt --as ppetit --key /media/ppetit/ppetit.key",
		RunE: func(_ *cobra.Command, args []string) error {
			return a.approve(args[0], o)
		},
	}
	o.flags(c)
	return c
}

func (a *app) approve(file string, o runOptions) error {
	if o.as == "" {
		return cli.Usagef("say who you are with --as ID")
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) && filepath.Base(file) == file {
		file = a.Path(approvalsDir, file)
	}
	text, err := site.ReadBounded(file, maxRequest)
	if err != nil {
		return err
	}
	field := func(name string) string {
		for line := range strings.Lines(string(text)) {
			if v, ok := strings.CutPrefix(line, name+": "); ok {
				return strings.TrimSpace(v)
			}
		}
		return ""
	}
	if field("darksite approval of a step") != "1" || field("target") == "" {
		return cli.WithCode(cli.CodeRefused, fmt.Errorf("%s is no request for a second person", file))
	}
	if field("requested by") == o.as {
		return cli.WithCode(cli.CodeRefused, errors.New("the second person is the first: somebody else must agree"))
	}
	fmt.Fprintln(a.Env.Err, cli.Indent(cli.PrintableLines(strings.TrimRight(string(text), "\n"))))
	typed, err := a.Env.Asker().Line("type the name of the target to agree, Enter to refuse:")
	if err != nil {
		return err
	}
	if typed != field("target") {
		return cli.WithCode(cli.CodeRefused, errors.New("not agreed: nothing is signed"))
	}
	signer, err := a.Signer(o.as, o.keyFile, o.passFile)
	if err != nil {
		return err
	}
	sig, err := signer.Sign(sign.Step, text)
	if err != nil {
		return err
	}
	code, err := sign.Code(sig)
	if err != nil {
		return err
	}
	for _, line := range cli.Wrap(code, min(a.Env.Width(), 36)) { // six groups a line
		fmt.Fprintln(a.Env.Out, line)
	}
	a.Env.Next("say or carry the code to the console where the run waits")
	return nil
}

// approvalsDir holds the requests that a second person takes to another console.
const approvalsDir = "approvals"

// maxRequest bounds a request file.
const maxRequest = 64 << 10
