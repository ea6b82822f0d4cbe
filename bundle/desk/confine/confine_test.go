package confine_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle/desk/confine"

	"github.com/stretchr/testify/require"
)

// The test binary, started again with this variable, confines itself to the
// folder it names and says what it can still do.
const childEnv = "DARKSITE_CONFINE_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir == "tcp" {
		fmt.Println("TCP away:", confine.NoTCP())
		fmt.Println("dial:", denied(dial(os.Args[1])))
		fmt.Println("run a program:", exec.CommandContext(context.Background(), "/bin/true").Run())
		os.Exit(0)
	} else if dir != "" {
		if err := child(dir, os.Args[1]); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(dir, address string) error {
	open, err := os.Create(filepath.Join(dir, "open-before"))
	if err != nil {
		return err
	}
	desk, medium := filepath.Join(dir, "desk"), filepath.Join(dir, "medium")
	level, err := confine.Process(confine.Paths{Write: []string{desk}, Read: []string{medium, filepath.Join(dir, "pass")}})
	if err != nil {
		return err
	}
	fmt.Println("level:", level)
	try := func(what string, err error) { fmt.Printf("%s: %v\n", what, denied(err)) }
	write := func(path string) error { return os.WriteFile(path, []byte("x"), 0o600) }
	read := func(path string) error { _, err := os.ReadFile(path); return err }
	try("write the desk", write(filepath.Join(desk, "quarantine", "a")))
	try("rename in the desk", os.Rename(filepath.Join(desk, "quarantine", "a"), filepath.Join(desk, "opened", "a")))
	try("remove from the desk", os.Remove(filepath.Join(desk, "opened", "a")))
	try("read the medium", read(filepath.Join(medium, "label")))
	try("read the passphrase", read(filepath.Join(dir, "pass")))
	_, err = open.WriteString("x")
	try("write what was open", err)
	try("write the medium", write(filepath.Join(medium, "label")))
	try("read beside", read(filepath.Join(dir, "secret")))
	try("write beside", write(filepath.Join(dir, "new")))
	try("link out of the desk", os.Symlink(filepath.Join(dir, "secret"), filepath.Join(desk, "link")))
	try("run a program", exec.CommandContext(context.Background(), "/bin/true").Run())
	try("dial", dial(address))
	return nil
}

func denied(err error) error {
	if err != nil {
		return errors.New("denied")
	}
	return nil
}

func dial(address string) error {
	var d net.Dialer
	c, err := d.DialContext(context.Background(), "tcp", address)
	if err == nil {
		err = c.Close()
	}
	return err
}

// The desk itself gives TCP up and goes on with files and children.
func TestTCPAlone(t *testing.T) {
	if confine.Available() != confine.FilesAndTCP {
		t.Skip("this system cannot take TCP away")
	}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, l.Addr().String())
	cmd.Env = append(os.Environ(), childEnv+"=tcp")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, "TCP away: <nil>\ndial: denied\nrun a program: <nil>\n", string(out))
}

func TestWhatIsTakenAway(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"desk/quarantine", "desk/opened", "medium"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, d), 0o700))
	}
	for _, f := range []string{"medium/label", "secret", "pass"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, f), []byte("x"), 0o600))
	}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, l.Addr().String())
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	said := string(out)
	if strings.Contains(said, "level: none") {
		t.Skip("this system cannot confine a process: nothing is shown")
	}
	for _, may := range []string{"write the desk", "rename in the desk", "remove from the desk", "read the medium", "read the passphrase", "write what was open"} {
		require.Contains(t, said, may+": <nil>\n")
	}
	for _, not := range []string{"write the medium", "read beside", "write beside", "link out of the desk", "run a program"} {
		require.Contains(t, said, not+": denied\n")
	}
	if strings.Contains(said, "level: "+string(confine.FilesAndTCP)) {
		require.Contains(t, said, "dial: denied\n")
	}
}

func TestAPathThatIsNotThere(t *testing.T) {
	// It fails before anything is in force, so this process stays as it is.
	level, err := confine.Process(confine.Paths{Read: []string{filepath.Join(t.TempDir(), "gone")}})
	if err == nil {
		require.Equal(t, confine.None, level)
		t.Skip("this system cannot confine a process")
	}
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, os.WriteFile(filepath.Join(t.TempDir(), "x"), nil, 0o600))
}
