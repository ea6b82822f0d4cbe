package hostfile_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"darksite/bundle/collect"
	"darksite/bundle/collect/hostfile"

	"github.com/stretchr/testify/require"
)

var made = time.Date(2026, 11, 22, 14, 48, 49, 0, time.UTC)

func header() hostfile.Header {
	return hostfile.Header{Host: "db7", Made: made, Tool: "v1", Profile: "quick"}
}

// written is a host file with these files.
func written(t testing.TB, h hostfile.Header, files map[string]string) []byte {
	t.Helper()
	tree, list := fstest.MapFS{}, []hostfile.File{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
		list = append(list, hostfile.File{Name: name, Size: int64(len(text))})
	}
	slices.SortFunc(list, func(a, b hostfile.File) int { return strings.Compare(a.Name, b.Name) })
	var out bytes.Buffer
	_, err := hostfile.Write(&out, h, tree, list)
	require.NoError(t, err)
	return out.Bytes()
}

// sealed is a text with the digest that fits it behind it, as a forger would.
func sealed(text string) []byte {
	return fmt.Appendf(nil, "%ssha256 %x\n", text, sha256.Sum256([]byte(text)))
}

func read(in []byte) (hostfile.Header, map[string]string, error) {
	files := map[string]string{}
	h, _, err := hostfile.Read(bytes.NewReader(in), func(f hostfile.File, text io.Reader) error {
		all, err := io.ReadAll(text)
		files[f.Name] = string(all)
		return err
	})
	return h, files, err
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	files := map[string]string{"collect.json": "{}\n", "hostfacts/etc/os-release": "NAME=Test\nVERSION=", "logs/empty": "", "logs/sys log": "sha256 no\nfile 1 x\n"}
	text := written(t, header(), files)
	h, got, err := read(text)
	require.NoError(t, err)
	require.Equal(t, files, got)
	want := header()
	want.Files, want.Bytes = 4, 40
	require.Equal(t, want, h)
	require.True(t, bytes.HasPrefix(text, []byte("darksite-host-file 1\nhost: db7\nmade: 2026-11-22T14:48:49Z\ntool: v1\nprofile: quick\nfiles: 4\nbytes: 40\n\nfile 3 collect.json\n{}\n\n")), "%s", text)

	t.Run("also by one who reads nothing of it", func(t *testing.T) {
		_, _, err := hostfile.Read(bytes.NewReader(text), func(hostfile.File, io.Reader) error { return nil })
		require.NoError(t, err)
	})
	t.Run("what take says ends the reading", func(t *testing.T) {
		_, _, err := hostfile.Read(bytes.NewReader(text), func(hostfile.File, io.Reader) error { return collect.ErrBudget })
		require.ErrorIs(t, err, collect.ErrBudget)
	})
}

func TestEveryChangedByteAndEveryCutIsFound(t *testing.T) {
	text := written(t, header(), map[string]string{"a": "one\n", "b/c": "two\n"})
	for i := range text {
		changed := slices.Clone(text)
		changed[i] ^= 1
		_, _, err := read(changed)
		require.ErrorIs(t, err, hostfile.ErrMalformed, "byte %d", i)
		_, _, err = read(text[:i])
		require.ErrorIs(t, err, hostfile.ErrMalformed, "cut at %d", i)
	}
	_, _, err := read(append(slices.Clone(text), 'x'))
	require.ErrorContains(t, err, "something stands behind its end")
}

func TestHostileFilesAreRefused(t *testing.T) {
	const head = "darksite-host-file 1\nhost: %s\nmade: %s\ntool: v1\nprofile: quick\nfiles: %s\nbytes: %s\n\n"
	const stamp = "2026-11-22T14:48:49Z"
	good := func(files string, bytes string, rest string) string {
		return fmt.Sprintf(head, "db7", stamp, files, bytes) + rest
	}
	file := func(name string) string { return good("1", "2", "file 2 "+name+"\nx\n\n") }
	_, _, err := read(sealed(file("fine")))
	require.NoError(t, err, "the frame of the cases below is a good one")
	for name, c := range map[string]struct{ text, want string }{
		"name that climbs":             {file("../x"), "no name of a file"},
		"name inside that climbs":      {file("a/../../x"), "no name of a file"},
		"absolute name":                {file("/etc/passwd"), "no name of a file"},
		"name of a folder":             {file("a/"), "no name of a file"},
		"name with a backslash":        {file(`a\..\x`), "no name of a file"},
		"name that steers a terminal":  {file("a\x1b[2J"), "no name of a file"},
		"name that turns its letters":  {file("a\u202egpj"), "no name of a file"},
		"name that is not UTF-8":       {file("a\xff"), "no name of a file"},
		"name without end":             {file(strings.Repeat("a", 5000)), "longer than 4096"},
		"name too deep":                {file(strings.Repeat("a/", 40) + "a"), "no name of a file"},
		"line without end":             {good("1", "2", "file "+strings.Repeat("1", 100<<10)), "longer than"},
		"one name twice":               {good("2", "4", "file 2 a\nx\n\nfile 2 a\nx\n\n"), "out of order"},
		"names out of order":           {good("2", "4", "file 2 b\nx\n\nfile 2 a\nx\n\n"), "out of order"},
		"size beyond the header":       {good("1", "2", "file 3 a\nxx\n\n"), "longer than the 2 bytes"},
		"size beyond everything":       {good("1", "2", "file 9223372036854775807 a\nxx\n\n"), "longer than the 2 bytes"},
		"size that runs over":          {good("1", "2", "file 99999999999999999999 a\nxx\n\n"), "no number"},
		"negative size":                {good("1", "2", "file -1 a\nxx\n\n"), "no number"},
		"size in another spelling":     {good("1", "2", "file 02 a\nxx\n\n"), "no number"},
		"size that is too small":       {good("1", "1", "file 1 a\nx\n\n"), ""},
		"header promises more":         {good("1", "3", "file 2 a\nx\n\n"), "shorter than the 3 bytes"},
		"more files than it says":      {good("0", "0", "file 2 a\nx\n\n"), "its digest should stand"},
		"fewer files than it says":     {good("2", "2", "file 2 a\nx\n\n"), "should begin"},
		"more files than are allowed":  {good("30001", "2", ""), "at most 30000"},
		"more bytes than are allowed":  {good("1", "2147483649", ""), "at most"},
		"host that climbs":             {fmt.Sprintf(head, "../db7", stamp, "0", "0"), "no name of a host"},
		"host without a name":          {fmt.Sprintf(head, "", stamp, "0", "0"), "no name of a host"},
		"time in another spelling":     {fmt.Sprintf(head, "db7", "2026-11-22T14:48:49+00:00", "0", "0"), "not as it was written"},
		"time with a fraction":         {fmt.Sprintf(head, "db7", "2026-11-22T14:48:49.5Z", "0", "0"), "not as it was written"},
		"no time":                      {fmt.Sprintf(head, "db7", "today", "0", "0"), "made is no time"},
		"another version":              {"darksite-host-file 2\n", "does not begin with"},
		"nothing at all":               {"", ""},
		"a carriage return":            {strings.ReplaceAll(file("fine"), "\n", "\r\n"), ""},
		"a tar":                        {strings.Repeat("\x00", 1024), ""},
		"a header in another order":    {"darksite-host-file 1\nmade: " + stamp + "\nhost: db7\n", "no host where it should stand"},
		"a header with one line more":  {strings.Replace(file("fine"), "files: 1", "note: hello\nfiles: 1", 1), "no files where it should stand"},
		"a digest of something before": {file("fine") + "sha256 00\n", "another one"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := read(sealed(c.text))
			require.ErrorIs(t, err, hostfile.ErrMalformed)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "\x1b")
			require.Less(t, len(err.Error()), 400)
		})
	}
}

func TestWriteRefusesWhatItCouldNotRead(t *testing.T) {
	tree := fstest.MapFS{"a": {Data: []byte("xx")}, "b": {Data: []byte("y")}}
	for name, c := range map[string]struct {
		h     hostfile.Header
		files []hostfile.File
	}{
		"names out of order":      {header(), []hostfile.File{{Name: "b", Size: 1}, {Name: "a", Size: 2}}},
		"a name that climbs":      {header(), []hostfile.File{{Name: "../a", Size: 2}}},
		"a file that has grown":   {header(), []hostfile.File{{Name: "a", Size: 1}}},
		"a file that has shrunk":  {header(), []hostfile.File{{Name: "a", Size: 3}}},
		"a file that is gone":     {header(), []hostfile.File{{Name: "c", Size: 3}}},
		"a host that is no name":  {hostfile.Header{Host: "a b", Made: made, Tool: "v1", Profile: "quick"}, nil},
		"a tool of several words": {hostfile.Header{Host: "a", Made: made, Tool: "v1 x\ny", Profile: "quick"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := hostfile.Write(io.Discard, c.h, tree, c.files)
			require.Error(t, err)
		})
	}
}

func TestHostNames(t *testing.T) {
	for in, want := range map[string]string{
		"db7": "db7", "db7.lyon.example": "db7.lyon.example", "": "unnamed", "../..": "unnamed", "a b\n\x1b": "a-b",
		"caf\u00e9": "caf", strings.Repeat("a", 90): strings.Repeat("a", 64), ".hidden": "hidden", strings.Repeat("a", 63) + "-b": strings.Repeat("a", 63),
	} {
		require.Equal(t, want, hostfile.HostName(in), in)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(written(f, header(), map[string]string{"a": "one\n", "b/c": ""}))
	f.Add(written(f, header(), nil))
	f.Add([]byte("darksite-host-file 1\nhost: a\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		h, files, err := read(in)
		if err != nil {
			require.ErrorIs(t, err, hostfile.ErrMalformed)
			return
		}
		require.Equal(t, string(in), string(written(t, h, files)), "what is read has one spelling")
	})
}

// texts collects a map.
type texts struct {
	name  string
	files map[string]string
	err   error
}

func (c texts) Plan() collect.Plan { return collect.Plan{Name: c.name} }

func (c texts) Estimate(context.Context) (collect.Estimate, error) { return collect.Sum(nil), nil }

func (c texts) Collect(_ context.Context, w *collect.Writer) error {
	for name, text := range c.files {
		if err := w.Add(name, name, strings.NewReader(text)); err != nil {
			return err
		}
	}
	return c.err
}

func making(out string, collectors ...collect.Collector) hostfile.Making {
	return hostfile.Making{
		Out: out, Host: "db7.lyon.example", Tool: "v1", Collectors: collectors, Now: func() time.Time { return made },
		Profile: collect.Profile{Name: "quick", Each: collect.Budget{Bytes: 1 << 20, Time: time.Minute}, Total: 1 << 20},
	}
}

func TestAFileIsMadeAndTakenIn(t *testing.T) {
	out := filepath.Join(t.TempDir(), "db7.host")
	m, err := hostfile.Make(t.Context(), making(out, texts{"logs", map[string]string{"syslog": "line\n", "sub/app": "app\n"}, errors.New("half")}))
	require.NoError(t, err)
	require.Equal(t, collect.Partial, m.Result.Collectors[0].State)
	info, err := os.Stat(out)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	require.Equal(t, m.Size, info.Size())
	require.NoDirExists(t, out+hostfile.StagingSuffix)

	scratch := t.TempDir()
	hosts, err := hostfile.New(t.Context(), hostfile.Options{Files: []string{out}, Scratch: scratch})
	require.NoError(t, err)
	require.Equal(t, m.Digest, hosts.Found()[0].Digest)
	require.Contains(t, hosts.Plan().From[0], "made on db7.lyon.example")
	e, err := hosts.Estimate(t.Context())
	require.NoError(t, err)
	require.Equal(t, 3, e.Files)

	staging := t.TempDir()
	res, err := collect.Run(t.Context(), collect.Options{Staging: staging, Profile: making(out).Profile, Now: time.Now}, []collect.Collector{hosts})
	require.NoError(t, err)
	require.Equal(t, collect.OK, res.Collectors[0].State, res.Collectors[0].Reason)
	require.Equal(t, e.Bytes, res.Bytes(), "what was foreseen is what was taken")
	text, err := os.ReadFile(filepath.Join(staging, "files/hosts/db7.lyon.example/logs/sub/app"))
	require.NoError(t, err)
	require.Equal(t, "app\n", string(text))
	report, err := os.ReadFile(filepath.Join(staging, "files/hosts/db7.lyon.example/collect.json"))
	require.NoError(t, err)
	require.Contains(t, string(report), `"reason": "half"`, "what could not be had there is said here")
	left, err := os.ReadDir(scratch)
	require.NoError(t, err)
	require.Empty(t, left)

	t.Run("a budget cuts it at a line end", func(t *testing.T) {
		p := making(out).Profile
		p.Each.Bytes = e.Bytes - 1
		res, err := collect.Run(t.Context(), collect.Options{Staging: t.TempDir(), Profile: p, Now: time.Now}, []collect.Collector{hosts})
		require.NoError(t, err)
		require.Equal(t, collect.Partial, res.Collectors[0].State)
		last := res.Items[len(res.Items)-1]
		require.Equal(t, "files/hosts/db7.lyon.example/logs/syslog", last.Path)
		require.Equal(t, collect.Truncated, last.State)
		require.Zero(t, last.Size, "its only line is not whole")
	})
	t.Run("one that was exchanged since costs only itself", func(t *testing.T) {
		require.NoError(t, os.WriteFile(out, written(t, header(), map[string]string{"evil": "x"}), 0o600))
		res, err := collect.Run(t.Context(), collect.Options{Staging: t.TempDir(), Profile: making(out).Profile, Now: time.Now},
			[]collect.Collector{hosts, texts{"next", map[string]string{"a": "a\n"}, nil}})
		require.NoError(t, err)
		require.Equal(t, "it is not the file that was looked at", res.Omitted[0].Reason)
		require.Len(t, res.Items, 1)
	})
	t.Run("two files of one host are refused", func(t *testing.T) {
		_, err := hostfile.New(t.Context(), hostfile.Options{Files: []string{out, out}, Scratch: scratch})
		require.ErrorIs(t, err, hostfile.ErrTwice)
	})
}

func TestOnlyAPlainWholeFileIsTakenIn(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.WriteFile(at("damaged"), written(t, header(), nil)[1:], 0o600))
	require.NoError(t, os.WriteFile(at("good"), written(t, header(), nil), 0o600))
	require.NoError(t, os.Symlink("good", at("link")))
	require.NoError(t, syscall.Mkfifo(at("pipe"), 0o600))
	for _, name := range []string{"damaged", "link", "pipe", "absent", "."} {
		_, err := hostfile.New(t.Context(), hostfile.Options{Files: []string{at(name)}, Scratch: t.TempDir()})
		require.Error(t, err, name)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := hostfile.New(ctx, hostfile.Options{Files: []string{at("good")}, Scratch: t.TempDir()})
	require.ErrorIs(t, err, context.Canceled)
}

func TestNothingIsLeftOfAFileThatFailed(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "db7.host")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := hostfile.Make(ctx, making(out, texts{"logs", nil, nil}))
	require.ErrorIs(t, err, context.Canceled)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)

	require.NoError(t, os.Mkdir(out+hostfile.StagingSuffix, 0o700))
	_, err = hostfile.Make(t.Context(), making(out))
	require.ErrorIs(t, err, fs.ErrExist, "what a killed run left is not taken for its own")
	require.DirExists(t, out+hostfile.StagingSuffix)
	require.NoError(t, os.Remove(out+hostfile.StagingSuffix))

	require.NoError(t, os.WriteFile(out, []byte("mine"), 0o600))
	_, err = hostfile.Make(t.Context(), making(out))
	require.ErrorIs(t, err, fs.ErrExist)
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, "mine", string(text))
}
