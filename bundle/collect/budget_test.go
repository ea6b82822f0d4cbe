package collect_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"darksite/bundle/collect"

	"github.com/stretchr/testify/require"
)

func TestProgramThatHangsCostsOnlyItself(t *testing.T) {
	for name, polite := range map[string]bool{"one that can be stopped": true, "one that waits for a dead disk": false} {
		t.Run(name, func(t *testing.T) {
			staging := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				list := programs{
					"multipath": func(ctx context.Context, out io.Writer) error {
						if _, err := io.WriteString(out, "mpatha\n"); err != nil {
							return err
						}
						<-ctx.Done()
						if !polite {
							<-release
						}
						return ctx.Err()
					},
					"uname": func(_ context.Context, out io.Writer) error {
						_, err := io.WriteString(out, "Linux\n")
						return err
					},
				}
				res, err := collect.Run(t.Context(), collect.Options{Staging: staging, Profile: profile(1 << 20), Now: time.Now}, []collect.Collector{
					fake{"host", func(ctx context.Context, w *collect.Writer) error {
						for _, name := range []string{"multipath", "uname"} {
							if err := w.AddProgram(ctx, list, collect.Program{Name: name, As: name}, 1000); err != nil {
								return err
							}
						}
						return nil
					}},
				})
				require.NoError(t, err)
				require.Equal(t, collect.Partial, res.Collectors[0].State)
				require.Equal(t, []collect.Omission{{Origin: "multipath", Source: "host", Reason: "stopped after 20s; what it had printed is kept"}}, res.Omitted)
				require.Len(t, res.Items, 2)
				require.Equal(t, "mpatha\n", content(t, staging, res.Items[0]))
				require.Equal(t, "Linux\n", content(t, staging, res.Items[1]))
				close(release)
				synctest.Wait()
			})
		})
	}
}

func TestRealProgramIsStoppedInTime(t *testing.T) {
	if _, err := os.Stat("/usr/bin/sleep"); err != nil {
		t.Skip("no /usr/bin/sleep on this machine")
	}
	res, _ := one(t, profile(1<<20), func(ctx context.Context, w *collect.Writer) error {
		sleep := collect.Program{Name: "sleep", Args: []string{"600"}, As: "sleep", Time: 50 * time.Millisecond}
		return w.AddProgram(ctx, collect.HostPrograms{}, sleep, 1000)
	})
	require.Equal(t, "stopped after 50ms; what it had printed is kept", res.Omitted[0].Reason)
}

func TestLinesThatWereNotAskedForAreSaid(t *testing.T) {
	list := programs{"journalctl": func(_ context.Context, out io.Writer) error {
		_, err := io.WriteString(out, "b\nc\n")
		return err
	}}
	for most, want := range map[int][]collect.Omission{
		2: {{Origin: "journalctl", Source: "one", Reason: "lines before the last 2 were not asked for"}},
		3: {},
	} {
		res, _ := one(t, profile(1<<20), func(ctx context.Context, w *collect.Writer) error {
			return w.AddProgram(ctx, list, collect.Program{Name: "journalctl", As: "j", Lines: most}, 1000)
		})
		require.ElementsMatch(t, want, res.Omitted)
	}
}

func TestTotalTimeIsShared(t *testing.T) {
	staging := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		wait := func(ctx context.Context, w *collect.Writer) error {
			<-ctx.Done()
			return ctx.Err()
		}
		p := profile(100)
		p.Time = 90 * time.Second
		res, err := collect.Run(t.Context(), collect.Options{Staging: staging, Profile: p, Now: time.Now}, []collect.Collector{
			fake{"a", wait}, fake{"b", wait}, fake{"c", func(context.Context, *collect.Writer) error {
				t.Error("begun without time")
				return nil
			}},
		})
		require.NoError(t, err)
		require.Equal(t, "stopped after 1m0s", res.Collectors[0].Reason)
		require.Equal(t, "stopped at the end of the 1m30s for the whole collection", res.Collectors[1].Reason)
		require.Equal(t, collect.Timeout, res.Collectors[2].State)
		require.Equal(t, "not begun: the 1m30s for the whole collection are over", res.Collectors[2].Reason)
		require.False(t, res.Complete())
	})
}

func TestWatchIsToldHowFarItIs(t *testing.T) {
	var told []int64
	c := collect.Watch(fake{"one", func(_ context.Context, w *collect.Writer) error {
		return errors.Join(w.Add("a", "a", strings.NewReader("one\n")), w.Add("b", "b", strings.NewReader("three\n")))
	}}, func(n int64) { told = append(told, n) })
	run(t, profile(100), c)
	require.Equal(t, []int64{4, 4, 10, 10}, told)

	told = nil
	run(t, profile(1<<30), collect.Watch(fake{"one", func(_ context.Context, w *collect.Writer) error {
		return w.Tail("a", "a", strings.NewReader(strings.Repeat("a line\n", 1<<20)), 1<<20)
	}}, func(n int64) { told = append(told, n) }))
	require.Greater(t, len(told), 10, "a long item is no silence")
	require.LessOrEqual(t, told[len(told)-1], int64(1<<20))
}

func TestForeseeNamesWhatCannotBeHad(t *testing.T) {
	host := foreseeing{fake{"host", nil}, []collect.Foreseen{
		collect.Program{Name: "no-such-program", Args: []string{"-ll"}}.Foresee(collect.HostPrograms{}, 10),
		collect.Program{Name: "anything"}.Foresee(collect.NoPrograms{}, 10),
		{Origin: "a\x1b[2Jb", Files: 2, Bytes: 30},
	}, nil}
	broken := foreseeing{fake{"broken", nil}, nil, errors.New("open \x1b: no")}
	lines, err := collect.Foresee(t.Context(), profile(20), []collect.Collector{host, broken})
	require.NoError(t, err)
	require.Equal(t, 2, lines[0].Estimate.Files)
	require.Equal(t, int64(30), lines[0].Estimate.Bytes)
	require.Equal(t, int64(20), lines[0].AtMost())
	require.Equal(t, []collect.Foreseen{
		{Origin: "no-such-program -ll", Files: 1, Bytes: 10, Problem: "program is not installed"},
		{Origin: "anything", Files: 1, Bytes: 10, Problem: "not allowed at this site: program is not installed"},
	}, lines[0].Missing())
	require.Equal(t, `a\x1b[2Jb`, lines[0].Estimate.Items[2].Origin, "nothing in a preview steers a terminal")
	require.Equal(t, `open \x1b: no`, lines[1].Problem)
}

// foreseeing is a fake with an estimate of its own.
type foreseeing struct {
	fake
	items []collect.Foreseen
	err   error
}

func (f foreseeing) Estimate(context.Context) (collect.Estimate, error) {
	return collect.Sum(f.items), f.err
}

func TestStagingFolderThatTakesNoMoreEndsTheRun(t *testing.T) {
	staging := t.TempDir()
	_, err := collect.Run(t.Context(), collect.Options{Staging: staging, Profile: profile(1 << 20), Now: time.Now}, []collect.Collector{
		fake{"one", func(_ context.Context, w *collect.Writer) error {
			require.NoError(t, w.Add("a", "a", strings.NewReader("a\n")))
			require.NoError(t, os.RemoveAll(filepath.Join(staging, "spool")))
			err := w.Add("b", "b", strings.NewReader("b\n"))
			require.ErrorIs(t, err, collect.ErrClosed)
			w.Fail("b", err)
			return nil
		}},
		fake{"two", func(context.Context, *collect.Writer) error { t.Error("goes on without a place to write"); return nil }},
	})
	require.ErrorContains(t, err, "stage one: ")
	require.NoFileExists(t, filepath.Join(staging, collect.ReportName))
}

func TestKilledCollectionLeavesNothingWhole(t *testing.T) {
	staging := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := collect.Run(ctx, collect.Options{Staging: staging, Profile: profile(1 << 20), Now: time.Now}, []collect.Collector{
		fake{"one", func(_ context.Context, w *collect.Writer) error {
			cancel()
			return w.Add("a", "a", strings.NewReader("whole\n"))
		}},
	})
	require.ErrorIs(t, err, context.Canceled)
	require.NoFileExists(t, filepath.Join(staging, collect.ReportName), "without its report a collection is not whole")
}
