package redact_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"darksite/bundle/redact"

	"github.com/stretchr/testify/require"
)

// TestNamesThatMeet redacts files and folders whose names become one.
func TestNamesThatMeet(t *testing.T) {
	in := tree(t, map[string][]byte{
		"GWM-LYON2": []byte("host=gwm-lyon2 1\n"), "gwm-lyon2/a": []byte("2\n"), "Gwm-Lyon2/a": []byte("3\n"), "gwm-lyon2/A": []byte("4\n"),
		"gwm-lyon2/a~2": []byte("5\n"), "gwm-lyon2.log": []byte("6\n"), "GWM-lyon2.log": []byte("7\n"), "GWM-lyon2~2.log": []byte("8\n"),
		"kweissm": []byte("user=kweissm 9\n"), "x/kweissm/b": []byte("10\n"), "x/KWEISSM": []byte("11\n"),
	})
	var want map[string]string
	for _, jobs := range []int{1, 3} {
		got, res := redactTree(t, redact.Options{Workers: jobs}, in)
		require.Len(t, got, 11, "no file takes another's place")
		require.Empty(t, res.Withheld)
		said := map[string]bool{}
		for name, b := range got {
			f := strings.Fields(b)
			said[f[len(f)-1]] = true
			require.NotContains(t, strings.ToLower(name), "gwm-lyon2")
			require.NotContains(t, strings.ToLower(name), "kweissm")
		}
		require.Len(t, said, 11)
		if want == nil {
			want = got
		}
		require.Equal(t, want, got)
	}
}

// TestThousandsOfNamesThatMeet gives each of many files that become one name a name
// of its own, without trying every number for each.
func TestThousandsOfNamesThatMeet(t *testing.T) {
	files := map[string][]byte{}
	for i := range 300 {
		files[fmt.Sprintf("f%d/ghp_%036d.log", i%3, i)] = nil
	}
	got, _ := redactTree(t, redact.Options{}, tree(t, files))
	require.Len(t, got, 300)
	for name := range got {
		require.Contains(t, name, redact.Mask)
	}
}

// TestNamesThatAreNoNames goes through names that a shell could not type.
func TestNamesThatAreNoNames(t *testing.T) {
	long := strings.Repeat("10.1.2.3-", 27) + "end.log"
	in := tree(t, map[string][]byte{
		"a\nb-10.77.1.2": []byte("x\n"), "bad\xff\xfe-10.77.1.2": []byte("x\n"), "bad\xff\xfd-10.77.1.2": []byte("y\n"), long: []byte("z\n"),
		" ": []byte("blank\n"), "-rf": []byte("dash\n"), "\x1b[31mred-10.77.1.2": []byte("r\n"), "caf\u00e9-10.77.1.2": []byte("c\n"), "...": []byte("dots\n"),
		"empty": nil, strings.Repeat("d/", 60) + "deep-10.77.1.2": []byte("deep\n"),
	})
	got, res := redactTree(t, redact.Options{}, in)
	require.Len(t, got, 11)
	require.Empty(t, res.Withheld)
	for name, b := range got {
		require.NotContains(t, name, "10.77.1.2")
		require.NotContains(t, name, "10.1.2.3")
		for part := range strings.SplitSeq(name, "/") {
			require.LessOrEqual(t, len(part), 255)
		}
		if b == "z\n" {
			require.True(t, strings.HasSuffix(name, ".log"), "the ending of a shortened name stays")
		}
	}
	require.Contains(t, got, " ")
	require.Contains(t, got, "-rf")
	require.Contains(t, got, "empty")
}

// TestOddFiles withholds what is no file, says so, and does not wait for it.
func TestOddFiles(t *testing.T) {
	in := tree(t, map[string][]byte{"a.log": []byte(siteText), "sub/b.log": []byte(siteText)})
	require.NoError(t, syscall.Mkfifo(filepath.Join(in, "pipe"), 0o600))
	short, err := os.MkdirTemp("", "s") // paths of sockets are short
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(short) }) // nothing of it is needed any more
	socket, err := net.Listen("unix", filepath.Join(short, "socket"))
	require.NoError(t, err)
	defer socket.Close()
	require.NoError(t, os.Rename(filepath.Join(short, "socket"), filepath.Join(in, "socket")))
	for name, to := range map[string]string{
		"a-ring": "b-ring", "b-ring": "a-ring", "up": "..", "self": ".", "absolute": filepath.Join(in, "a.log"), "device": "/dev/zero", "around": "sub/../../" + filepath.Base(in) + "/a.log",
	} {
		require.NoError(t, os.Symlink(to, filepath.Join(in, name)))
	}
	want := map[string]string{"pipe": "not a regular file", "socket": "not a regular file"}
	if err := syscall.Mknod(filepath.Join(in, "zero"), syscall.S_IFCHR|0o600, 1<<8|5); err == nil { // root alone may
		want["zero"] = "not a regular file"
	}
	stuck := time.AfterFunc(time.Minute, func() { panic("it waits for a pipe") })
	defer stuck.Stop()
	got, res := redactTree(t, redact.Options{Links: true}, in)
	held := reasons(res)
	for _, link := range []string{"a-ring", "b-ring", "up", "absolute", "device", "around"} {
		require.Contains(t, held[link], "symbolic link", link)
	}
	for name, reason := range want {
		require.Equal(t, reason, held[name], name)
	}
	require.Len(t, got, len(res.Files))
}

// TestFilesThatGoOrTurnWhileTheyAreRead removes and exchanges files between the
// look at the folder, the first and the second pass.
func TestFilesThatGoOrTurnWhileTheyAreRead(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	require.NoError(t, os.WriteFile(outside, []byte("outside of the folder\n"), 0o600))
	turns := map[string]struct {
		turn   func(path string) error
		reason string
	}{
		"it is gone":             {os.Remove, "removed while the folder was read"},
		"its folder is gone":     {func(path string) error { return os.RemoveAll(filepath.Dir(path)) }, "removed while the folder was read"},
		"a pipe takes its place": {func(path string) error { return exchange(path, func() error { return syscall.Mkfifo(path, 0o600) }) }, "not a regular file"},
		"a link takes its place": {func(path string) error { return exchange(path, func() error { return os.Symlink(outside, path) }) }, "not a regular file"},
		"a folder takes its place": {func(path string) error {
			return exchange(path, func() error { return os.Mkdir(path, 0o700) })
		}, "not a regular file"},
	}
	for name, c := range turns {
		for _, pass := range []string{"learn", "redact"} {
			t.Run(name+" in "+pass, func(t *testing.T) {
				in := tree(t, map[string][]byte{"a.log": []byte(siteText), "sub/kweiss.log": []byte(siteText), "z.log": []byte("kweiss\n")})
				require.NoError(t, os.Symlink("sub/kweiss.log", filepath.Join(in, "current")))
				out := filepath.Join(t.TempDir(), "out")
				g := newGate(t, redact.Options{Workers: 1, Links: true})
				g.OnPass(func(p string) {
					if p == pass {
						require.NoError(t, c.turn(filepath.Join(in, "sub", "kweiss.log")))
					}
				})
				res, err := g.Tree(context.Background(), in, out)
				require.NoError(t, err)
				held := reasons(res)
				require.Equal(t, c.reason, held["sub/kweiss.log"])
				require.Contains(t, held["current"], "withheld")
				got := readTree(t, out)
				require.Len(t, got, 2)
				for _, b := range got {
					require.NotContains(t, b, "kweiss")
					require.NotContains(t, b, "outside")
				}
			})
		}
	}
}

func exchange(path string, with func() error) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return with()
}

// TestInputAndOutputInEachOther is refused by whatever path they are named, and
// leaves both as they were.
func TestInputAndOutputInEachOther(t *testing.T) {
	base := t.TempDir()
	in := filepath.Join(base, "in")
	require.NoError(t, os.MkdirAll(filepath.Join(in, "empty"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(in, "a.log"), []byte(siteText), 0o600))
	require.NoError(t, os.Symlink("in", filepath.Join(base, "also-in")))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(base, "to-nothing")))
	for name, pair := range map[string][2]string{
		"the same folder":                {"in", "in"},
		"the same by a link":             {"in", "also-in"},
		"output in input":                {"in", "in/below"},
		"output deep in input":           {"in", "in/below/deeper"},
		"an empty folder of the input":   {"in", "in/empty"},
		"output in input by a link":      {"in", "also-in/below"},
		"input by a link, output direct": {"also-in", "in/below"},
		"input in output":                {"in", "."},
		"output is a link to nothing":    {"in", "to-nothing"},
		"input is a file":                {"in/a.log", "out"},
		"input is not there":             {"gone", "out"},
		"output is a file":               {"in", "in/a.log"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newGate(t, redact.Options{}).Tree(context.Background(), filepath.Join(base, pair[0]), filepath.Join(base, pair[1]))
			require.Error(t, err)
			left, err := os.ReadDir(in)
			require.NoError(t, err)
			require.Len(t, left, 2)
			left, err = os.ReadDir(base)
			require.NoError(t, err)
			require.Len(t, left, 3)
		})
	}
	got := filepath.Join(base, "out")
	_, err := newGate(t, redact.Options{}).Tree(context.Background(), filepath.Join(base, "also-in"), got)
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(got, "a.log"), "an input named by a link is read")
	require.NoError(t, os.MkdirAll(filepath.Join(base, "other", "disk"), 0o700))
	require.NoError(t, os.Symlink("other/disk", filepath.Join(base, "to-disk")))
	_, err = newGate(t, redact.Options{}).Tree(context.Background(), in, filepath.Join(base, "to-disk"))
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(base, "other", "disk", "a.log"), "an output named by a link is made where it leads")
}

// TestSparseAndEmptyFiles reads holes as what they are and keeps empty files.
func TestSparseAndEmptyFiles(t *testing.T) {
	in := tree(t, map[string][]byte{"empty": nil, "a.log": []byte(siteText)})
	f, err := os.Create(filepath.Join(in, "sparse"))
	require.NoError(t, err)
	_, err = f.WriteAt([]byte(siteText), 1<<30)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	got, res := redactTree(t, redact.Options{}, in)
	require.Empty(t, got["empty"])
	require.Equal(t, map[string]string{"sparse": "binary content"}, reasons(res))
}

// TestManySmallFiles keeps a file apart from a hundred thousand others (a few
// thousand by default), each with the same stand-ins.
func TestManySmallFiles(t *testing.T) {
	n := 600
	if os.Getenv("REDACT_LONG") != "" {
		n = 100_000
	}
	in := t.TempDir()
	for i := range n {
		dir := filepath.Join(in, fmt.Sprint(i/500))
		if i%500 == 0 {
			require.NoError(t, os.Mkdir(dir, 0o700))
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d-gw-lyon2.log", i)), fmt.Appendf(nil, "%s%d\n", siteText, i), 0o600))
	}
	got, res := redactTree(t, redact.Options{}, in)
	require.Len(t, got, n)
	require.Len(t, res.Files, n)
	want := ""
	for name, b := range got {
		require.NotContains(t, name, "lyon2")
		text := b[:strings.LastIndexByte(strings.TrimSuffix(b, "\n"), '\n')+1]
		if want == "" {
			want = text
		}
		require.Equal(t, want, text)
	}
	require.NotContains(t, want, "kweiss")
}
