package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/training/coach"
	"darksite/training/labs"
)

// labDesk runs commands of the desk in the practice desk of a lab. They are another
// program: this one links nothing that opens a bundle.
type labDesk struct{ program, dir string }

// deskOf is the practice desk of a lab; ok is false where it has none.
func (a *app) deskOf(home coach.Home) (labDesk, bool, error) {
	if _, err := os.Stat(home.Desk()); err != nil {
		return labDesk{}, false, nil //nolint:nilerr // most labs have none
	}
	program, err := deskProgram()
	return labDesk{program, home.Desk()}, true, err
}

// deskProgram finds casedesk, beside this program or where the shell would.
func deskProgram() (string, error) {
	program, err := CaseDesk("")
	if err == nil {
		return program, nil
	}
	if found, pathErr := exec.LookPath("casedesk"); pathErr == nil {
		return filepath.Abs(found)
	}
	return "", err
}

// run runs one command of the desk and returns its exit code.
func (d labDesk) run(ctx context.Context, in io.Reader, out, talk io.Writer, args ...string) (int, error) {
	c := exec.CommandContext(ctx, d.program, append([]string{"--dir", d.dir}, args...)...)
	c.Stdin, c.Stdout, c.Stderr = in, out, talk
	c.Dir = filepath.Dir(d.dir)
	err := c.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 0, fmt.Errorf("run casedesk: %w", err)
	}
	return 0, nil
}

// ask runs a command of the desk that must not fail and returns its data.
func (d labDesk) ask(ctx context.Context, args ...string) ([]byte, error) {
	var out, talk bytes.Buffer
	code, err := d.run(ctx, strings.NewReader(""), &out, &talk, args...)
	if err == nil && code != 0 {
		err = fmt.Errorf("casedesk %s: exit code %d: %s", strings.Join(args, " "), code, strings.TrimSpace(talk.String()))
	}
	return out.Bytes(), err
}

// furnishDesk makes the practice desk, and its card for the site.
func (a *app) furnishDesk(ctx context.Context, home coach.Home) error {
	if err := os.MkdirAll(home.Desk(), 0o700); err != nil {
		return fmt.Errorf("make the desk of a lab: %w", err)
	}
	marker := a.Practice.Marker
	marker.URL, marker.Token = "", "" // the desk has no business with the arrays
	if err := marker.Write(home.Desk()); err != nil {
		return err
	}
	d, _, err := a.deskOf(home)
	if err != nil {
		return err
	}
	if _, err := d.ask(ctx, "init", "--name", "Practice desk", "--person", "ruth", "--person", "sam", "--no-passphrase"); err != nil {
		return err
	}
	card, err := d.ask(ctx, "keys", "card")
	if err != nil {
		return err
	}
	return safefile.Write(a.Path(site.RunDir, "vendor-card.txt"), card, 0o644)
}

// enrolSite makes the site known at the practice desk, with who may ask and its plan.
func (a *app) enrolSite(ctx context.Context, home coach.Home) error {
	d, ok, err := a.deskOf(home)
	if err != nil || !ok {
		return err
	}
	r, err := a.Roster()
	if err != nil {
		return err
	}
	text, err := r.Encode()
	if err != nil {
		return err
	}
	file := filepath.Join(home.Desk(), "site-roster.txt")
	if err := safefile.Write(file, text, 0o600); err != nil {
		return err
	}
	for _, command := range []string{
		`sites enrol "` + file + `" --yes`,
		`sites contact S042 mdurand --role admin --name "M. Durand" --phone "+33 1 23 45 67 89" --as ruth`,
		`sites plan S042 premium --until 2099-12-31 --as ruth`,
	} {
		if _, err := d.ask(ctx, splitWords(command)...); err != nil {
			return err
		}
	}
	return nil
}

// deskEvents is what happened at the desk of the lab.
func (a *app) deskEvents(ctx context.Context) ([]coach.DeskEvent, error) {
	home, _ := coach.HomeOf(a.Dir())
	d, ok, err := a.deskOf(home)
	if err != nil || !ok {
		return nil, err
	}
	data, err := d.ask(ctx, "case", "list", "--all", "--json")
	if err != nil {
		return nil, err
	}
	var cases []struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		return nil, fmt.Errorf("read the cases of the desk: %w", err)
	}
	var all []coach.DeskEvent
	for _, c := range cases {
		if data, err = d.ask(ctx, "case", "show", c.ID, "--json"); err != nil {
			return nil, err
		}
		var view struct {
			Events []coach.DeskEvent `json:"events"`
		}
		if err := json.Unmarshal(data, &view); err != nil {
			return nil, fmt.Errorf("read case %s of the desk: %w", c.ID, err)
		}
		all = append(all, view.Events...)
	}
	slices.SortStableFunc(all, func(x, y coach.DeskEvent) int { return x.At.Compare(y.At) })
	return all, nil
}

// playDesk runs one command of the desk as a learner would type it.
func (a *app) playDesk(ctx context.Context, show io.Writer, line string, c labs.Command) error {
	fmt.Fprintf(show, "\n$ casedesk %s\n", line)
	home, _ := coach.HomeOf(a.Dir())
	d, ok, err := a.deskOf(home)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%w: this lab has no desk", errPlayed)
	}
	var said bytes.Buffer
	both := io.MultiWriter(show, &said)
	code, err := d.run(ctx, strings.NewReader(linesOf(c)), both, both, splitWords(line)...)
	if err == nil && code != c.Code {
		err = fmt.Errorf("%w: casedesk %s: exit code %d, want %d: %s", errPlayed, line, code, c.Code, cli.PrintableLines(said.String()))
	}
	return err
}

// linesOf is what is typed into a command.
func linesOf(c labs.Command) string {
	text := ""
	for _, l := range c.Type {
		text += l + "\n"
	}
	return text
}

// CaseDesk finds the program casedesk: the one named, else the one beside this program.
func CaseDesk(path string) (string, error) {
	if path == "" {
		self, err := os.Executable()
		if err != nil {
			return "", fmt.Errorf("find casedesk: %w", err)
		}
		path = filepath.Join(filepath.Dir(self), "casedesk")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find casedesk: %w", err)
	}
	if _, err := os.Stat(abs); err != nil {
		return "", cli.WithHint(fmt.Errorf("find casedesk: %w", err), "make   (builds both programs), or name it with --casedesk")
	}
	return abs, nil
}
