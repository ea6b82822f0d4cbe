package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"darksite/runbooks"
)

// step carries one step out and logs it.
func (r *Run) step(ctx context.Context, s runbooks.Step) (result string, err error) {
	if r.dry && slices.Contains(acting, s.Kind) {
		return r.rehearse(ctx, s)
	}
	switch s.Kind {
	case runbooks.Read:
		return r.read(ctx, s)
	case runbooks.Check:
		return r.check(ctx, s)
	case runbooks.Observe:
		return r.observe(ctx, s)
	case runbooks.Confirm:
		return r.confirm(ctx, s)
	case runbooks.Action:
		return r.action(ctx, s)
	case runbooks.Branch:
		return "", r.finish(s, Entry{})
	case runbooks.Wait:
		return r.wait(ctx, s)
	case runbooks.Collect:
		return r.collect(ctx, s)
	case runbooks.Call:
		return r.call(ctx, s)
	case runbooks.Escalate:
		return r.escalate(ctx, s)
	}
	return "", fmt.Errorf("run %s: step %s: kind %q is not known", r.ID(), s.ID, s.Kind)
}

func (r *Run) finish(s runbooks.Step, e Entry) error {
	e.Event, e.Step, e.Kind = Finished, s.ID, s.Kind
	return r.write(e)
}

func (r *Run) read(ctx context.Context, s runbooks.Step) (string, error) {
	screen := r.screen(s)
	screen.Choices = r.onward()
	_, note, err := r.ask(ctx, screen)
	if err != nil {
		return note, err
	}
	return "seen", r.finish(s, Entry{Result: "seen", Note: note})
}

func (r *Run) check(ctx context.Context, s runbooks.Step) (string, error) {
	if r.dry && r.acted() {
		return r.blindCheck(ctx, s)
	}
	v := r.eval(ctx, *s.Expect, s.MaxAge)
	screen := r.screen(s)
	r.verdict(&screen, *s.Expect, v)
	if last := r.log.entries[len(r.log.entries)-1]; last.Event == Returned {
		screen.Notice = r.say("This passed before the interruption and does not pass any more.", "Ceci passait avant l'interruption et ne passe plus.")
	}
	screen.Choices = r.onward()
	_, note, err := r.ask(ctx, screen)
	if err != nil {
		return note, err
	}
	return string(v.Result), r.finish(s, Entry{Result: string(v.Result), Verdict: &v, Note: note})
}

// verdict puts a predicate and its answer on a screen.
func (r *Run) verdict(s *Screen, p runbooks.Predicate, v runbooks.Verdict) {
	s.Expected, s.Found = p.Sentence(r.o.Lang), p.Describe(r.o.Lang, v)
	s.Result, s.At = v.Result, v.At
}

func (r *Run) observe(ctx context.Context, s runbooks.Step) (string, error) {
	screen := r.screen(s)
	for _, c := range s.Choices {
		screen.Choices = append(screen.Choices, Choice{c.ID, r.fill(c.Text.In(r.o.Lang))})
	}
	answer, note, err := r.ask(ctx, screen)
	if err != nil {
		return note, err
	}
	return answer, r.finish(s, Entry{Result: answer, Note: note})
}

func (r *Run) confirm(ctx context.Context, s runbooks.Step) (string, error) {
	screen := r.screen(s)
	screen.Choices = r.yesNo()
	answer, note, err := r.ask(ctx, screen)
	if err != nil {
		return note, err
	}
	return answer, r.finish(s, Entry{Result: answer, Note: note})
}

func (r *Run) wait(ctx context.Context, s runbooks.Step) (string, error) {
	screen := r.screen(s)
	screen.Expected = s.Expect.Sentence(r.o.Lang)
	screen.Choices = r.onward()
	_, note, err := r.ask(ctx, screen)
	if err != nil {
		return note, err
	}
	v, err := r.until(ctx, *s.Expect, s)
	if err != nil {
		return "", err
	}
	result := map[runbooks.Result]string{runbooks.Pass: "reached", runbooks.Fail: "expired", runbooks.Unknown: "unknown"}[v.Result]
	return result, r.finish(s, Entry{Result: result, Verdict: &v, Note: note})
}

// until asks p every s.Every until it passes or s.Within is over, and returns
// the last verdict. The rounds are counted, not timed, so that a clock that
// jumps neither ends nor prolongs the wait.
func (r *Run) until(ctx context.Context, p runbooks.Predicate, s runbooks.Step) (runbooks.Verdict, error) {
	rounds := max(1, int(s.Within/s.Every))
	for i := 0; ; i++ {
		v := r.eval(ctx, p, s.MaxAge)
		if v.Result == runbooks.Pass || i == rounds {
			return v, nil
		}
		if err := r.o.Sleep(ctx, s.Every); err != nil {
			return v, fmt.Errorf("run %s: step %s: %w", r.ID(), s.ID, err)
		}
	}
}

func (r *Run) collect(ctx context.Context, s runbooks.Step) (string, error) {
	screen := r.screen(s)
	screen.Choices = r.onward()
	_, note, err := r.ask(ctx, screen)
	if err != nil {
		return note, err
	}
	files, err := r.o.Site.Evidence(ctx, s.Profile)
	if err != nil {
		return r.failed(ctx, s, note, err)
	}
	taken, err := r.keep(s.ID, files)
	if err != nil {
		return "", err
	}
	return "taken", r.finish(s, Entry{Result: "taken", Evidence: taken, Note: note})
}

// failed tells the person what went wrong before the run goes on without it. An
// interruption is no failure: the step is done anew when the run is taken up.
func (r *Run) failed(ctx context.Context, s runbooks.Step, note string, failure error) (string, error) {
	if ctx.Err() != nil {
		return "", fmt.Errorf("run %s: step %s: %w", r.ID(), s.ID, ctx.Err())
	}
	why := cut(failure)
	screen := r.screen(s)
	screen.Notice = r.say("This did not work: ", "Cela n'a pas fonctionné : ") + why
	screen.Choices = r.onward()
	_, more, err := r.ask(ctx, screen)
	if note = strings.TrimSpace(note + " " + more); err != nil {
		return note, err
	}
	return "failed", r.finish(s, Entry{Result: "failed", Error: why, Note: note})
}

// maxWhy bounds the text of an error in the log, in characters.
const maxWhy = 1000

// keep writes evidence below the run's folder before the log speaks of it.
func (r *Run) keep(step string, files map[string][]byte) ([]Evidence, error) {
	var out []Evidence
	// A repeated step keeps what an earlier one took.
	sub := filepath.Join(EvidenceDir, fmt.Sprintf("%03d-%s", len(r.log.entries), step))
	if err := os.MkdirAll(filepath.Join(r.dir, sub), 0o700); err != nil {
		return nil, fmt.Errorf("run %s: keep evidence: %w", r.ID(), err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !filepath.IsLocal(name) || filepath.Base(name) != name || name == "." {
			return nil, fmt.Errorf("run %s: keep evidence: name %s is not a plain file name", r.ID(), strconv.Quote(name))
		}
		if err := writeSynced(filepath.Join(r.dir, sub, name), files[name]); err != nil {
			return nil, err
		}
		out = append(out, Evidence{Name: filepath.ToSlash(filepath.Join(sub, name)), SHA256: digestOf(files[name]), Size: int64(len(files[name]))})
	}
	for _, dir := range []string{sub, EvidenceDir, "."} {
		if err := syncDir(filepath.Join(r.dir, dir)); err != nil {
			return nil, fmt.Errorf("run %s: keep evidence: %w", r.ID(), err)
		}
	}
	return out, nil
}

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("keep %s: %w", filepath.Base(path), err)
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(fmt.Errorf("keep %s: %w", filepath.Base(path), err), f.Close())
	}
	if err := f.Sync(); err != nil {
		return errors.Join(fmt.Errorf("keep %s: %w", filepath.Base(path), err), f.Close())
	}
	return f.Close()
}

func (r *Run) escalate(ctx context.Context, s runbooks.Step) (string, error) {
	c := r.draft(s.Severity, *s.Summary)
	for _, h := range s.Hold {
		c.Hold = append(c.Hold, r.fill(h.In(r.o.Lang)))
	}
	screen := r.screen(s)
	screen.Choices = r.onward()
	_, note, err := r.ask(ctx, screen)
	if err != nil {
		return note, err
	}
	id, err := r.o.Site.DraftCase(ctx, c)
	if err != nil {
		return r.failed(ctx, s, note, err)
	}
	return "drafted", r.finish(s, Entry{Result: "drafted", Case: id, Note: note})
}

// Age is how old the data on a screen is.
func (s Screen) Age(now time.Time) time.Duration {
	if s.At.IsZero() {
		return 0
	}
	return now.Sub(s.At)
}
