package collect_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"darksite/bundle/collect"

	"github.com/stretchr/testify/require"
)

// fake is a collector made of a function.
type fake struct {
	name string
	do   func(ctx context.Context, w *collect.Writer) error
}

func (f fake) Plan() collect.Plan {
	return collect.Plan{Name: f.name, What: "what", Why: "why", From: []string{"here"}}
}

func (f fake) Estimate(context.Context) (collect.Estimate, error) {
	return collect.Estimate{Files: 1, Bytes: 10}, nil
}
func (f fake) Collect(ctx context.Context, w *collect.Writer) error { return f.do(ctx, w) }

func profile(bytes int64) collect.Profile {
	return collect.Profile{Name: "test", Each: collect.Budget{Bytes: bytes, Time: time.Minute}, Total: 1 << 30}
}

func run(t *testing.T, p collect.Profile, collectors ...collect.Collector) (collect.Result, string) {
	t.Helper()
	staging := t.TempDir()
	res, err := collect.Run(t.Context(), collect.Options{Staging: staging, Profile: p, Now: time.Now}, collectors)
	require.NoError(t, err)
	require.NoDirExists(t, filepath.Join(staging, "spool"), "nothing half-written stays")
	report, err := os.ReadFile(filepath.Join(staging, collect.ReportName))
	require.NoError(t, err)
	var read collect.Result
	require.NoError(t, json.Unmarshal(report, &read))
	require.Equal(t, res, read, "the report says what Run says")
	return res, staging
}

func one(t *testing.T, p collect.Profile, do func(ctx context.Context, w *collect.Writer) error) (collect.Result, string) {
	return run(t, p, fake{"one", do})
}

func content(t *testing.T, staging string, it collect.Item) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(staging, filepath.FromSlash(it.Path)))
	require.NoError(t, err)
	require.Equal(t, it.Size, int64(len(text)))
	return string(text)
}

func TestAddCutsAtLineEnd(t *testing.T) {
	cases := map[string]struct {
		budget int64
		text   string
		want   string
		state  collect.State
	}{
		"fits exactly":       {8, "one\ntwo\n", "one\ntwo\n", collect.OK},
		"no last line feed":  {8, "one\ntwo", "one\ntwo", collect.OK},
		"cut in a line":      {7, "one\ntwo\n", "one\n", collect.Truncated},
		"cut at a line":      {4, "one\ntwo\n", "one\n", collect.Truncated},
		"first line too big": {3, "one\ntwo\n", "", collect.Truncated},
		"empty":              {3, "", "", collect.OK},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			res, staging := one(t, profile(c.budget), func(_ context.Context, w *collect.Writer) error {
				return w.Add("f.txt", "somewhere", iotest.OneByteReader(strings.NewReader(c.text)))
			})
			require.Len(t, res.Items, 1)
			require.Equal(t, c.state, res.Items[0].State)
			require.Equal(t, c.want, content(t, staging, res.Items[0]))
			require.Equal(t, c.state == collect.OK, res.Complete())
		})
	}
}

func TestTailKeepsTheNewestWholeLines(t *testing.T) {
	long := strings.Repeat("x", 70<<10) // longer than one step of the search
	cases := map[string]struct {
		limit int64
		text  string
		want  string
	}{
		"fits":                {8, "one\ntwo\n", "one\ntwo\n"},
		"last line":           {6, "one\ntwo\n", "two\n"},
		"exactly a line":      {4, "one\ntwo\n", "two\n"},
		"unfinished last one": {5, "one\ntwo\nthr", "thr"},
		"behind a long line":  {70 << 10, long + "\nend\n", "end\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			res, staging := one(t, profile(1<<20), func(_ context.Context, w *collect.Writer) error {
				dir := t.TempDir()
				if err := os.WriteFile(filepath.Join(dir, "log"), []byte(c.text), 0o600); err != nil {
					return err
				}
				root, err := os.OpenRoot(dir)
				if err != nil {
					return err
				}
				defer root.Close()
				return errors.Join(w.Tail("a", "stream", strings.NewReader(c.text), c.limit), w.AddFile(root, "log", "b", "file", c.limit))
			})
			require.Len(t, res.Items, 2)
			for _, it := range res.Items {
				require.Equal(t, c.want, content(t, staging, it))
				require.Equal(t, len(c.want) < len(c.text), it.State == collect.Truncated, it.Reason)
			}
		})
	}
	t.Run("not one whole line", func(t *testing.T) {
		res, _ := one(t, profile(1<<20), func(_ context.Context, w *collect.Writer) error {
			return w.Tail("a", "stream", strings.NewReader(long+"\n"), 100)
		})
		require.Empty(t, res.Items)
		require.Equal(t, "its last line alone is longer than 100 bytes", res.Omitted[0].Reason)
		require.Equal(t, collect.Partial, res.Collectors[0].State)
	})
}

func TestReadErrorKeepsNothingOfTheFile(t *testing.T) {
	boom := errors.New("boom")
	res, staging := one(t, profile(1<<20), func(_ context.Context, w *collect.Writer) error {
		if err := w.Add("good", "good", strings.NewReader("good\n")); err != nil {
			return err
		}
		return w.Add("bad", "bad", io.MultiReader(strings.NewReader("half\n"), iotest.ErrReader(boom)))
	})
	require.Len(t, res.Items, 1)
	require.Equal(t, collect.Partial, res.Collectors[0].State)
	require.Contains(t, res.Collectors[0].Reason, "take bad: boom")
	require.NoFileExists(t, filepath.Join(staging, "files", "one", "bad"))
}

func TestNamesStayInTheirFolder(t *testing.T) {
	names := []string{
		"../../etc/passwd", "/abs/olute", "a\x00b", "A", "a", "a", "dir/file", "dir", "", "..", "x\\y:z", "tab\there",
		strings.Repeat("n", 500), strings.Repeat("d/", 40) + "f", "caf\xe9", " blank ", "A/below a file",
	}
	res, staging := one(t, profile(1<<20), func(_ context.Context, w *collect.Writer) error {
		for i, n := range names {
			if err := w.Add(n, n, strings.NewReader(fmt.Sprint(i))); err != nil {
				return err
			}
		}
		return nil
	})
	require.Len(t, res.Items, len(names))
	seen := map[string]bool{}
	for i, it := range res.Items {
		require.True(t, fs.ValidPath(it.Path), it.Path)
		require.True(t, strings.HasPrefix(it.Path, "files/one/"), it.Path)
		require.LessOrEqual(t, strings.Count(it.Path, "/"), 14)
		require.False(t, seen[strings.ToLower(it.Path)], it.Path)
		seen[strings.ToLower(it.Path)] = true
		require.Equal(t, fmt.Sprint(i), content(t, staging, it))
	}
	require.Equal(t, "files/one/etc/passwd", res.Items[0].Path)
	require.Equal(t, "files/one/dir~2", res.Items[7].Path, "a file never takes the place of a folder")
}

func TestOneFailureCostsNoOther(t *testing.T) {
	boom := errors.New("boom")
	res, _ := run(t, profile(100),
		fake{"breaks", func(context.Context, *collect.Writer) error { return boom }},
		fake{"misses", func(_ context.Context, w *collect.Writer) error { w.Fail("x", boom); return nil }},
		fake{"leaves-out", func(_ context.Context, w *collect.Writer) error { w.Omit("y", "binary"); return nil }},
		fake{"swallows", func(_ context.Context, w *collect.Writer) error {
			return w.Add("z", "z", strings.NewReader(strings.Repeat("line\n", 100)))
		}},
		fake{"works", func(_ context.Context, w *collect.Writer) error { return w.Add("a", "a", strings.NewReader("ok\n")) }},
	)
	states := map[string]collect.State{}
	for _, c := range res.Collectors {
		states[c.Name] = c.State
	}
	require.Equal(t, map[string]collect.State{
		"breaks": collect.Failed, "misses": collect.Partial, "leaves-out": collect.OK,
		"swallows": collect.Partial, "works": collect.OK,
	}, states)
	require.Equal(t, []collect.Omission{{Origin: "x", Source: "misses", Reason: "boom"}, {Origin: "y", Source: "leaves-out", Reason: "binary"}}, res.Omitted)
	require.False(t, res.Complete())
}

func TestTotalBudgetIsShared(t *testing.T) {
	p := profile(1000)
	p.Total = 15
	add := func(_ context.Context, w *collect.Writer) error {
		return w.Add("f", "f", strings.NewReader("0123456789\n"))
	}
	res, _ := run(t, p, fake{"a", add}, fake{"b", add}, fake{"c", add})
	require.LessOrEqual(t, res.Bytes(), p.Total)
	require.Equal(t, collect.OK, res.Collectors[0].State)
	require.Equal(t, collect.Partial, res.Collectors[1].State)
}

func TestSlowAndHungCollectorsAreLeftBehind(t *testing.T) {
	for name, c := range map[string]struct {
		polite bool
		want   string
	}{"slow": {true, "stopped after 1m0s"}, "hung": {false, "was left behind"}} {
		t.Run(name, func(t *testing.T) {
			staging := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				release, late := make(chan struct{}), make(chan error, 1)
				stuck := fake{"stuck", func(ctx context.Context, w *collect.Writer) error {
					if err := w.Add("early", "early", strings.NewReader("kept\n")); err != nil {
						return err
					}
					<-ctx.Done()
					if c.polite {
						late <- nil
						return ctx.Err()
					}
					<-release
					late <- w.Add("late", "late", strings.NewReader("too late\n"))
					return nil
				}}
				next := fake{"next", func(_ context.Context, w *collect.Writer) error { return w.Add("n", "n", strings.NewReader("n\n")) }}
				res, err := collect.Run(t.Context(), collect.Options{Staging: staging, Profile: profile(100), Now: time.Now}, []collect.Collector{stuck, next})
				require.NoError(t, err)
				require.Equal(t, collect.Timeout, res.Collectors[0].State)
				require.Contains(t, res.Collectors[0].Reason, c.want)
				require.Equal(t, 1, res.Collectors[0].Files, "what was taken in time is kept")
				require.Equal(t, collect.OK, res.Collectors[1].State)
				close(release)
				if err := <-late; !c.polite {
					require.ErrorIs(t, err, collect.ErrClosed)
				}
			})
			require.NoFileExists(t, filepath.Join(staging, "files", "stuck", "late"))
		})
	}
}

func TestInterruptEndsTheRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := collect.Run(ctx, collect.Options{Staging: t.TempDir(), Profile: profile(100), Now: time.Now}, []collect.Collector{
		fake{"one", func(ctx context.Context, _ *collect.Writer) error { cancel(); <-ctx.Done(); return ctx.Err() }},
		fake{"two", func(context.Context, *collect.Writer) error { t.Error("runs after the interrupt"); return nil }},
	})
	require.ErrorIs(t, err, context.Canceled)
}

func TestNamesOfCollectors(t *testing.T) {
	for _, names := range [][]string{{""}, {"Upper"}, {"a/b"}, {".."}, {"a", "a"}, {strings.Repeat("a", 33)}} {
		var cs []collect.Collector
		for _, n := range names {
			cs = append(cs, fake{n, nil})
		}
		_, err := collect.Run(t.Context(), collect.Options{Staging: t.TempDir()}, cs)
		require.Error(t, err, names)
		_, err = collect.Foresee(t.Context(), profile(1), cs)
		require.Error(t, err, names)
	}
}

func TestForeseeWritesNothing(t *testing.T) {
	p := profile(7)
	p.Special = map[string]collect.Budget{"big": {Bytes: 99, Time: time.Second}}
	lines, err := collect.Foresee(t.Context(), p, []collect.Collector{
		fake{"small", nil}, fake{"big", nil}, collect.Document{About: collect.Plan{Name: "doc"}, Text: []byte("12345")},
	})
	require.NoError(t, err)
	require.Equal(t, int64(7), lines[0].Budget.Bytes)
	require.Equal(t, int64(99), lines[1].Budget.Bytes)
	require.Equal(t, collect.Estimate{Files: 1, Bytes: 5, Exact: true, Items: []collect.Foreseen{
		{Origin: "doc", Files: 1, Bytes: 5, Exact: true},
	}}, lines[2].Estimate)
}

func TestDocumentIsWholeOrNotAtAll(t *testing.T) {
	doc := collect.Document{About: collect.Plan{Name: "case"}, Name: "case.json", Text: []byte("{}\n")}
	res, staging := run(t, profile(3), doc)
	require.Equal(t, "{}\n", content(t, staging, res.Items[0]))
	res, _ = run(t, profile(2), doc)
	require.Empty(t, res.Items)
	require.Equal(t, collect.Partial, res.Collectors[0].State)
}

func TestShippedProfiles(t *testing.T) {
	for _, p := range collect.Profiles() {
		got, err := collect.ProfileNamed(p.Name)
		require.NoError(t, err)
		require.Equal(t, p, got)
		require.Positive(t, p.Total)
		for _, name := range []string{"logs", "monitor", "hosts", "other"} {
			b := p.For(name)
			require.Positive(t, b.Time)
			require.LessOrEqual(t, b.Bytes, p.Total)
		}
	}
	_, err := collect.ProfileNamed("huge")
	require.EqualError(t, err, `profile "huge" is not known: want quick, standard, full`)
}

// programs answers from a table.
type programs map[string]func(ctx context.Context, out io.Writer) error

func (p programs) Output(ctx context.Context, prog collect.Program, out io.Writer) error {
	if do, ok := p[prog.Name]; ok {
		return do(ctx, out)
	}
	return collect.ErrMissing
}

func TestProgramOutput(t *testing.T) {
	prints := func(text string, err error) func(context.Context, io.Writer) error {
		return func(_ context.Context, out io.Writer) error {
			_, werr := io.WriteString(out, text)
			return errors.Join(werr, err)
		}
	}
	boom := errors.New("exit status 1")
	list := programs{
		"good": prints("out\n", nil), "silent": prints("", nil), "fails": prints("half\n", boom), "fails-silently": prints("", boom),
		"endless": func(_ context.Context, out io.Writer) error {
			for {
				if _, err := out.Write(bytes.Repeat([]byte("line\n"), 1000)); err != nil {
					return err
				}
			}
		},
	}
	res, staging := one(t, profile(1<<20), func(ctx context.Context, w *collect.Writer) error {
		for _, name := range []string{"good", "silent", "fails", "fails-silently", "absent"} {
			if err := w.AddProgram(ctx, list, collect.Program{Name: name, Args: []string{"-a"}, As: name + ".txt"}, 1000); err != nil {
				return err
			}
		}
		return nil
	})
	require.Len(t, res.Items, 2)
	require.Equal(t, "good -a", res.Items[0].Origin)
	require.Equal(t, "out\n", content(t, staging, res.Items[0]))
	require.Equal(t, "half\n", content(t, staging, res.Items[1]))
	reasons := map[string]string{}
	for _, o := range res.Omitted {
		reasons[o.Origin] = o.Reason
	}
	require.Equal(t, map[string]string{
		"silent -a": "it printed nothing", "fails -a": "exit status 1",
		"fails-silently -a": "exit status 1", "absent -a": "program is not installed",
	}, reasons)

	t.Run("without budget an endless program ends", func(t *testing.T) {
		res, _ := one(t, profile(0), func(ctx context.Context, w *collect.Writer) error {
			return w.AddProgram(ctx, list, collect.Program{Name: "endless", As: "e"}, 1000)
		})
		require.Equal(t, collect.Partial, res.Collectors[0].State)
	})
}

func TestRealPrograms(t *testing.T) {
	if _, err := os.Stat("/usr/bin/env"); err != nil {
		t.Skip("no /usr/bin/env on this machine")
	}
	t.Setenv("DARKSITE_CANARY", "leaked")
	var out bytes.Buffer
	require.NoError(t, collect.HostPrograms{}.Output(t.Context(), collect.Program{Name: "env"}, &out))
	require.Contains(t, out.String(), "LC_ALL=C")
	require.NotContains(t, out.String(), "leaked", "the environment is not handed on")

	out.Reset()
	require.NoError(t, collect.HostPrograms{}.Output(t.Context(), collect.Program{Name: "cat"}, &out), "standard input is empty")
	require.Empty(t, out.String())

	err := collect.HostPrograms{}.Output(t.Context(), collect.Program{Name: "cat", Args: []string{"/nonexistent; echo $HOME"}}, &out)
	require.ErrorContains(t, err, "exit status 1")
	require.ErrorContains(t, err, "echo $HOME", "no shell looks at the arguments")

	for _, name := range []string{"no-such-program", "../bin/env", ""} {
		err = collect.HostPrograms{}.Output(t.Context(), collect.Program{Name: name}, &out)
		require.ErrorIs(t, err, collect.ErrMissing, name)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.Error(t, collect.HostPrograms{}.Output(ctx, collect.Program{Name: "sleep", Args: []string{"60"}}, &out))
	require.ErrorIs(t, collect.NoPrograms{}.Output(t.Context(), collect.Program{Name: "env"}, &out), collect.ErrMissing)
}
