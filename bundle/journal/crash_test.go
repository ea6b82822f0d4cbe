package journal_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"darksite/bundle/journal"
	"darksite/bundle/sign"

	"github.com/stretchr/testify/require"
)

const childEnv = "DARKSITE_JOURNAL_TEST_CHILD"

func TestMain(m *testing.M) {
	if how := os.Getenv(childEnv); how != "" {
		if err := child(how, os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child appends for ever and prints each sequence once it is acknowledged, with
// a checkpoint after every fifth. As "full" the log cannot grow beyond 4 KiB;
// then it goes on until an append fails and prints what Mark says after that.
func child(how, dir string) error {
	key, err := os.ReadFile(filepath.Join(filepath.Dir(dir), "key"))
	if err != nil {
		return err
	}
	signer, err := sign.ParsePrivateKey(key, nil)
	if err != nil {
		return err
	}
	j, err := journal.Open(dir, journal.Options{Origin: "S042", Signer: signer})
	if err != nil {
		return err
	}
	if how == "full" {
		signal.Ignore(syscall.SIGXFSZ)
		limit := syscall.Rlimit{Cur: 4096, Max: 1 << 20}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			return err
		}
	}
	for i := 0; ; i++ {
		seq, err := j.Append(context.Background(), entry(i))
		if err != nil {
			if how == "full" && !errors.Is(err, journal.ErrBroken) {
				return goOn(j)
			}
			return err
		}
		fmt.Println(seq)
		if i%5 == 4 {
			if _, err := j.Checkpoint(context.Background()); err != nil {
				return err
			}
		}
	}
}

// goOn shows that a refused append leaves a journal that still works once there
// is room again.
func goOn(j *journal.Journal) error {
	limit := syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	seq, err := j.Append(context.Background(), entry(0))
	if err != nil {
		return err
	}
	fmt.Println(seq)
	_, err = j.Verify(context.Background())
	return err
}

func childDir(t *testing.T) (dir string, o journal.Options) {
	t.Helper()
	base := t.TempDir()
	private, public, err := sign.GenerateKey(nil, "journal", nil)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(base, "key"), private, 0o600))
	return filepath.Join(base, "journal"), journal.Options{Origin: "S042", Key: public}
}

func startChild(t *testing.T, how, dir string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, dir)
	cmd.Env = append(os.Environ(), childEnv+"="+how)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return cmd, bufio.NewReader(out)
}

// Killed again and again while it appends, the journal keeps every entry it
// acknowledged.
func TestKilledWhileAppending(t *testing.T) {
	dir, o := childDir(t)
	var acknowledged int64
	for round := range 6 {
		cmd, out := startChild(t, "append", dir)
		for range 3 + 4*round {
			line, err := out.ReadString('\n')
			require.NoError(t, err)
			acknowledged, err = strconv.ParseInt(strings.TrimSpace(line), 10, 64)
			require.NoError(t, err)
		}
		require.NoError(t, cmd.Process.Kill())
		rest, err := io.ReadAll(out)
		require.NoError(t, err)
		require.Error(t, cmd.Wait())
		for line := range bytes.Lines(rest) {
			if n, err := strconv.ParseInt(strings.TrimSpace(string(line)), 10, 64); err == nil && bytes.HasSuffix(line, []byte("\n")) {
				acknowledged = n
			}
		}

		_, err = journal.Repair(t.Context(), dir, o, "mdurand", clock)
		require.NoError(t, err)
		v, err := journal.View(dir, o)
		require.NoError(t, err)
		require.GreaterOrEqual(t, v.Mark().Size, acknowledged)
		_, err = v.Verify(t.Context())
		require.NoError(t, err)
	}
}

// Where an append does not fit, it is refused, taken back whole, and the
// journal goes on when there is room.
func TestDiskFullWhileAppending(t *testing.T) {
	dir, o := childDir(t)
	cmd, out := startChild(t, "full", dir)
	text, err := io.ReadAll(out)
	require.NoError(t, err)
	require.NoError(t, cmd.Wait())
	n := int64(bytes.Count(text, []byte("\n")))
	require.Greater(t, n, int64(10))
	v, err := journal.View(dir, o)
	require.NoError(t, err)
	require.Equal(t, n, v.Mark().Size)
	r, err := v.Verify(t.Context())
	require.NoError(t, err)
	require.Zero(t, r.Torn)
	require.NotZero(t, r.Checkpoints)
}
