package carry_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"darksite/bundle/carry"
	"darksite/bundle/sign"

	"github.com/stretchr/testify/require"
)

// The test binary, started again with this variable, is the process that is
// killed while it writes, or that runs out of space.
const childEnv = "DARKSITE_CARRY_TEST_CHILD"

func TestMain(m *testing.M) {
	if how := os.Getenv(childEnv); how != "" {
		os.Exit(child(how))
	}
	os.Exit(m.Run())
}

// child prepares and writes the sealed file named by the first argument to the
// medium named by the second. As "steps" it waits for a line on standard input
// after every block it has written; as "full" no file can grow beyond half a MiB.
func child(how string) int {
	sealed, medium := os.Args[1], os.Args[2]
	step := func(int64, int64) {}
	switch how {
	case "steps":
		in := bufio.NewReader(os.Stdin)
		step = func(done, total int64) {
			fmt.Println(done, total)
			_, _ = in.ReadString('\n') // when the parent is gone there is nothing to wait for
		}
	case "full":
		signal.Ignore(syscall.SIGXFSZ)
		limit := syscall.Rlimit{Cur: mib / 2, Max: mib / 2}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			return 3
		}
	}
	if err := writeChild(sealed, medium, step); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func writeChild(sealed, medium string, step carry.Progress) error {
	content, err := os.ReadFile(sealed)
	if err != nil {
		return err
	}
	key, err := os.ReadFile("testdata/officer")
	if err != nil {
		return err
	}
	signer, err := sign.ParsePrivateKey(key, nil)
	if err != nil {
		return err
	}
	ctx := context.Background()
	set, err := carry.Prepare(ctx, sealed, label(content), carry.Layout{VolumeSize: mib}, nil)
	if err != nil {
		return err
	}
	sig, err := signer.Sign(sign.Label, set.LabelText)
	if err != nil {
		return err
	}
	_, err = carry.Write(ctx, medium, sealed, set, [][]byte{sig}, carry.Options{Now: stationClock, Progress: step})
	return err
}

func startChild(t *testing.T, how, sealed, medium string) (*exec.Cmd, io.WriteCloser, *bufio.Reader) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, sealed, medium)
	cmd.Env = append(os.Environ(), childEnv+"="+how)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return cmd, in, bufio.NewReader(out)
}

// Killed after any block, a write leaves nothing that looks whole and nothing
// that stops the next attempt once it has been cleared away.
func TestKilledWhileWriting(t *testing.T) {
	content := noise(2 * mib)
	p := prepare(t, content, carry.Layout{VolumeSize: mib})
	const steps = 3 // two blocks of data, one of parity
	for kill := 1; kill <= steps; kill++ {
		medium := t.TempDir()
		cmd, in, out := startChild(t, "steps", p.sealed, medium)
		for range kill - 1 {
			_, err := out.ReadString('\n')
			require.NoError(t, err)
			_, err = in.Write([]byte("\n"))
			require.NoError(t, err)
		}
		line, err := out.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, kill == steps, strings.Fields(line)[0] == strings.Fields(line)[1])
		require.NoError(t, cmd.Process.Kill())
		require.Error(t, cmd.Wait())

		found, err := carry.Find(medium)
		require.NoError(t, err)
		require.Empty(t, found, "nothing on the medium is taken for a bundle")
		partial := filepath.Join(medium, "S042-000017.partial")
		_, err = carry.Inspect(t.Context(), carry.ReadOptions{}, partial)
		require.ErrorIs(t, err, carry.ErrIncomplete)
		require.NoFileExists(t, filepath.Join(partial, "LABEL.txt"))
		moved := filepath.Join(medium, "renamed-by-hand")
		require.NoError(t, os.Rename(partial, moved))
		_, _, err = restore(t, moved)
		require.ErrorIs(t, err, carry.ErrLabel)
		require.NoError(t, os.Rename(moved, partial))

		o := carry.Options{Now: stationClock}
		_, err = carry.Write(t.Context(), medium, p.sealed, p.set, p.sigs, o)
		require.ErrorIs(t, err, carry.ErrExists)
		require.ErrorContains(t, err, "S042-000017.partial")
		gone, err := carry.RemovePartial(medium, "S042-000017")
		require.NoError(t, err)
		require.True(t, gone)
		_, err = carry.Write(t.Context(), medium, p.sealed, p.set, p.sigs, o)
		require.NoError(t, err)
		_, err = carry.ReadBack(t.Context(), medium, "S042-000017", carry.ReadOptions{})
		require.NoError(t, err)
	}
}

// Killed at any moment, a write leaves all or nothing.
func TestKilledAtAnyMoment(t *testing.T) {
	sealed := sealedFile(t, noise(2*mib))
	for kill := range 4 {
		medium := t.TempDir()
		cmd, in, out := startChild(t, "steps", sealed, medium)
		for range 3 {
			_, err := out.ReadString('\n')
			require.NoError(t, err)
			_, err = in.Write([]byte("\n"))
			require.NoError(t, err)
		}
		// Now it writes lists and sheets, and renames. How far it gets is chance.
		for range kill * 2 {
			_, _ = os.ReadDir(medium)
		}
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait() // killed, or just done
		found, err := carry.Find(medium)
		require.NoError(t, err)
		if len(found) > 0 {
			_, err := carry.ReadBack(t.Context(), medium, "S042-000017", carry.ReadOptions{})
			require.NoError(t, err)
		}
	}
}

// When the medium takes no more, the half that was written goes away again.
func TestMediumFillsUp(t *testing.T) {
	medium := t.TempDir()
	sealed := sealedFile(t, noise(2*mib))
	cmd, _, out := startChild(t, "full", sealed, medium)
	text, err := io.ReadAll(out)
	require.NoError(t, err)
	require.Error(t, cmd.Wait())
	require.Contains(t, string(text), "S042-000017.tar.zst.age.v001")
	require.Contains(t, string(text), syscall.EFBIG.Error())
	require.Equal(t, 1, cmd.ProcessState.ExitCode())
	left, err := os.ReadDir(medium)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestWholeChildForComparison(t *testing.T) {
	medium := t.TempDir()
	sealed := sealedFile(t, noise(2*mib))
	require.NoError(t, writeChild(sealed, medium, nil))
	_, err := carry.ReadBack(t.Context(), medium, "S042-000017", carry.ReadOptions{})
	require.NoError(t, err)
}
