package airlock_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/carry"
	"darksite/bundle/desk/airlock"
	"darksite/bundle/desk/confine"
	"darksite/bundle/roster"
	"darksite/bundle/sign"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == airlock.Word {
		if err := airlock.Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if len(os.Args) == 3 && os.Args[1] == "bad" {
		in, j, err := airlock.Open()
		if err != nil {
			os.Exit(9)
		}
		bad()[os.Args[2]].does(in, j)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// behaviour is a process that was taken over, or is broken.
type behaviour struct {
	does func(in *airlock.Inside, j airlock.Job)
	says string // what the desk says of it
	code string // and the code of its refusal
}

// begun is a process that has come as far as to have its label believed.
func begun(in *airlock.Inside) {
	in.Fenced()
	in.Label("a label")
	in.Hear()
}

func bad() map[string]behaviour {
	forever := func() { time.Sleep(time.Hour) } // the desk ends it
	return map[string]behaviour{
		"never ends": {func(in *airlock.Inside, _ airlock.Job) {
			begun(in)
			if err := (confine.Limits{Seconds: 1}).Set(); err != nil {
				in.Refused("", err.Error())
			}
			for n := 0; ; n++ {
				if n%1_000_000 == 0 {
					runtime.Gosched()
				}
			}
		}, "died, and nothing of what it read is kept: ", airlock.Code},
		"panics": {func(in *airlock.Inside, _ airlock.Job) {
			begun(in)
			panic("index \x1b[2J out of range")
		}, "died, and nothing of what it read is kept: exit status 2; its last words: panic: index \ufffd[2J out of range", airlock.Code},
		"ends without a word": {func(in *airlock.Inside, _ airlock.Job) { begun(in) }, "it ended without a word", airlock.Code},
		"says nothing":        {func(in *airlock.Inside, _ airlock.Job) { begun(in); time.Sleep(time.Hour) }, "said nothing for 1s", airlock.Code},
		"never hears":         {func(_ *airlock.Inside, _ airlock.Job) { time.Sleep(time.Hour) }, "said nothing for 1s", airlock.Code},
		"repeats its progress for ever": {func(in *airlock.Inside, _ airlock.Job) {
			begun(in)
			for {
				in.Progress(1, 2)
			}
		}, "in all", airlock.Code},
		"announces four gigabytes": {func(in *airlock.Inside, _ airlock.Job) {
			begun(in)
			_, _ = os.Stdout.Write([]byte{0xff, 0xff, 0xff, 0xff, airlock.SayDone})
			forever()
		}, "more than 1048576 bytes at once", airlock.Code},
		"says what is no message": {func(in *airlock.Inside, _ airlock.Job) {
			begun(in)
			_, _ = os.Stdout.WriteString("\x00\x00\x00\x02" + string(rune(airlock.SayDone)) + "{}")
			forever()
		}, "does not keep to what was agreed", airlock.Code},
		"spells a message in another way": {func(in *airlock.Inside, _ airlock.Job) {
			begun(in)
			_, _ = os.Stdout.WriteString("\x00\x00\x00\x14" + string(rune(airlock.SayProgress)) + `{"done":1,"total":2}`)
			forever()
		}, "does not keep to what was agreed", airlock.Code},
		"says a message of no kind": {func(in *airlock.Inside, _ airlock.Job) {
			begun(in)
			_, _ = os.Stdout.WriteString("\x00\x00\x00\x00?")
			forever()
		}, `message '?' out of turn`, airlock.Code},
		"is not confined":             {func(in *airlock.Inside, _ airlock.Job) { in.Unfenced(); forever() }, `confined to "not at all"`, airlock.Code},
		"is done before it began":     {func(in *airlock.Inside, _ airlock.Job) { in.Done(0); forever() }, "out of turn", airlock.Code},
		"is done without a label":     {func(in *airlock.Inside, _ airlock.Job) { in.Fenced(); in.Done(0); forever() }, "out of turn", airlock.Code},
		"asks for a key first":        {func(in *airlock.Inside, _ airlock.Job) { in.Fenced(); in.Stanzas(0); forever() }, "out of turn", airlock.Code},
		"shows two labels":            {func(in *airlock.Inside, _ airlock.Job) { begun(in); in.Label("another"); forever() }, "out of turn", airlock.Code},
		"shows an endless label":      {func(in *airlock.Inside, _ airlock.Job) { in.Fenced(); in.Label(strings.Repeat("x", 5000)); forever() }, "a label of 5000 bytes", airlock.Code},
		"asks one key twice":          {func(in *airlock.Inside, _ airlock.Job) { begun(in); in.Stanzas(0); in.Hear(); in.Stanzas(0); forever() }, "asked again or is not there", airlock.Code},
		"asks a key that is not ours": {func(in *airlock.Inside, _ airlock.Job) { begun(in); in.Stanzas(7); forever() }, "asked again or is not there", airlock.Code},
		"has negative progress":       {func(in *airlock.Inside, _ airlock.Job) { begun(in); in.Progress(-1, 2); forever() }, "-1 of 2 bytes", airlock.Code},
		"has more behind it than there is": {func(in *airlock.Inside, _ airlock.Job) {
			begun(in)
			in.Progress(3, 2)
			forever()
		}, "3 of 2 bytes", airlock.Code},
		"repaired less than nothing": {func(in *airlock.Inside, _ airlock.Job) { begun(in); in.Done(-1); forever() }, "-1 repaired blocks", airlock.Code},
		"goes on after the end":      {func(in *airlock.Inside, _ airlock.Job) { begun(in); in.Done(0); in.Done(0); forever() }, "out of turn", airlock.Code},
		"stays after the end":        {func(in *airlock.Inside, _ airlock.Job) { begun(in); in.Done(0); time.Sleep(time.Hour) }, "said nothing for 1s", airlock.Code},
		"fails after the end":        {func(in *airlock.Inside, _ airlock.Job) { begun(in); in.Done(0); os.Exit(3) }, "failed at the very end", airlock.Code},
		"refuses in many lines": {func(in *airlock.Inside, _ airlock.Job) {
			begun(in)
			in.Refused("tar-link", "one\n\x1b[31mtwo"+strings.Repeat("x", 9000))
		}, "one\ufffd\ufffd[31mtwox", "tar-link"},
		"looks around":                   {lookAround, "env", ""},
		"refuses with a code of its own": {func(in *airlock.Inside, _ airlock.Job) { begun(in); in.Refused("Tar \x1b", "why") }, "why", ""},
		"wants more memory than there is": {func(in *airlock.Inside, j airlock.Job) {
			if err := airlock.Fence(j); err != nil {
				in.Refused("", err.Error())
				return
			}
			begun(in)
			in.Progress(int64(len(make([]byte, 2<<30)))>>40, 1)
			in.Refused("", "it got it")
		}, "died, and nothing of what it read is kept: exit status", airlock.Code},
		"fills the disk": {func(in *airlock.Inside, j airlock.Job) {
			if err := airlock.Fence(j); err != nil {
				in.Refused("", err.Error())
				return
			}
			begun(in)
			f, err := os.Create(filepath.Join(j.Work, "big"))
			if err == nil {
				_, err = f.WriteAt([]byte("x"), 1<<40)
			}
			in.Refused("", fmt.Sprintf("told: %v", err))
		}, "file too large", ""},
	}
}

// Whatever the process does, the desk gets an answer in bounded time, in one line
// that no terminal acts on, and the process is gone.
func TestAProcessThatMisbehaves(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	k := bundletest.New(t)
	for name, b := range bad() {
		t.Run("one that "+name, func(t *testing.T) {
			t.Parallel()
			p := airlock.Process{Path: self, Args: []string{self, "bad", name}, Env: []string{"GOTRACEBACK=none"}, Silence: time.Minute}
			if strings.HasPrefix(b.says, "said nothing") {
				p.Silence = time.Second
			}
			_, err := p.Read(t.Context(), airlock.Job{
				Folders: []string{t.TempDir()}, Work: t.TempDir(), MaxBytes: 1 << 20, Identities: []age.Identity{k.Escrow},
				Believe: func([]byte, [][]byte) (roster.Roster, error) { return k.Roster, nil },
			})
			require.ErrorContains(t, err, b.says)
			require.Equal(t, b.code, bundle.RefusalCode(err), err.Error())
			require.NotContains(t, err.Error(), "\x1b")
			require.NotContains(t, err.Error(), "\n")
			require.Less(t, len(err.Error()), 5000)
		})
	}
}

// A label that is not believed is the desk's own decision, told as it was made.
func TestALabelThatIsNotBelieved(t *testing.T) {
	no := errors.New("not this one")
	for name, r := range readers(t) {
		medium, k, _ := medium(t, bundletest.Files())
		_, err := r.Read(t.Context(), job(t, medium, k, func([]byte, [][]byte) (roster.Roster, error) { return roster.Roster{}, no }))
		require.Equal(t, no, err, name)
	}
}

type reader interface {
	Read(ctx context.Context, j airlock.Job) (airlock.Reading, error)
}

func readers(t *testing.T) map[string]reader {
	t.Helper()
	own, err := airlock.Own()
	require.NoError(t, err)
	return map[string]reader{"in a process": own, "here": airlock.Here{}}
}

// medium is the folder of a bundle on a medium.
func medium(t *testing.T, files map[string]string) (folder string, k *bundletest.Kit, sealed []byte) {
	t.Helper()
	k = bundletest.New(t)
	c := k.Contents(t, files)
	m := k.Manifest(t, files)
	sealed, res := k.Sealed(t, c)
	path := filepath.Join(t.TempDir(), "sealed")
	require.NoError(t, os.WriteFile(path, sealed, 0o600))
	l := carry.Label{
		BID: m.BID, Marking: m.Marking, SealedSHA256: res.SealedSHA256, SealedSize: res.SealedSize, TarSHA256: res.TarSHA256,
		ManifestSHA256: res.ManifestSHA256, Recipients: m.Recipients, ReleasedBy: bundletest.OfficerA, Seq: m.Seq, Journal: m.Journal,
	}
	for _, a := range c.Approvals {
		l.Approvals = append(l.Approvals, bundle.DigestOf(a.Text))
	}
	set, err := carry.Prepare(t.Context(), path, l, carry.Layout{}, nil)
	require.NoError(t, err)
	sig, err := k.Keys[bundletest.OfficerA].Sign(sign.Label, set.LabelText)
	require.NoError(t, err)
	dir := t.TempDir()
	_, err = carry.Write(t.Context(), dir, path, set, [][]byte{sig}, carry.Options{Now: time.Unix(1_800_000_000, 0)})
	require.NoError(t, err)
	return filepath.Join(dir, string(m.BID)), k, sealed
}

func job(t *testing.T, folder string, k *bundletest.Kit, believe func([]byte, [][]byte) (roster.Roster, error)) airlock.Job {
	t.Helper()
	return airlock.Job{Folders: []string{folder}, Work: t.TempDir(), MaxBytes: 1 << 30, Identities: []age.Identity{k.Intake}, Believe: believe}
}

func TestReading(t *testing.T) {
	for name, r := range readers(t) {
		t.Run(name, func(t *testing.T) {
			files := bundletest.Files()
			files["files/noise.txt"] = bundletest.Noise(3 << 20)
			folder, k, sealed := medium(t, files)
			require.NoError(t, os.WriteFile(filepath.Join(folder, "holiday.jpg"), nil, 0o600))
			steps := []int64{}
			other, err := age.GenerateHybridIdentity()
			require.NoError(t, err)
			j := job(t, folder, k, func(text []byte, sigs [][]byte) (roster.Roster, error) {
				_, err := carry.VerifyLabel(text, sigs, k.Roster)
				return k.Roster, err
			})
			j.Identities = []age.Identity{other, k.Intake}
			j.Progress = func(done, _ int64) { steps = append(steps, done) }
			got, err := r.Read(t.Context(), j)
			require.NoError(t, err)
			require.Equal(t, []string{"holiday.jpg"}, got.Extra)
			require.Zero(t, got.Repaired)
			require.NotEmpty(t, steps)
			kept, err := os.ReadFile(filepath.Join(j.Work, airlock.SealedName))
			require.NoError(t, err)
			require.Equal(t, sealed, kept)
			for _, path := range slices.Sorted(maps.Keys(files)) {
				text, err := os.ReadFile(filepath.Join(j.Work, airlock.TreeName, path))
				require.NoError(t, err)
				require.Equal(t, files[path], string(text))
			}
		})
	}
}

// Without the right key nothing is read, and who asked in vain is told so.
func TestNoKeyFits(t *testing.T) {
	for name, r := range readers(t) {
		folder, k, _ := medium(t, bundletest.Files())
		other, err := age.GenerateHybridIdentity()
		require.NoError(t, err)
		j := job(t, folder, k, func([]byte, [][]byte) (roster.Roster, error) { return k.Roster, nil })
		j.Identities = []age.Identity{other, broken{}}
		_, err = r.Read(t.Context(), j)
		require.ErrorContains(t, err, "the token was pulled", name)
		j.Identities, j.Work = j.Identities[:1], t.TempDir()
		_, err = r.Read(t.Context(), j)
		require.Equal(t, "age-no-identity", bundle.RefusalCode(err), name)
	}
}

// broken is a key that tells no recipient and does not work.
type broken struct{}

func (broken) Unwrap([]*age.Stanza) ([]byte, error) { return nil, errors.New("the token was pulled") }

// No key of the desk crosses, in no spelling.
func TestKeysStayOutside(t *testing.T) {
	k := bundletest.New(t)
	text, err := json.Marshal(airlock.Job{Folders: []string{"/m"}, Work: "/w", Identities: []age.Identity{k.Intake}}.Message())
	require.NoError(t, err)
	require.NotContains(t, strings.ToUpper(string(text)), "SECRET")
	require.Contains(t, string(text), k.Intake.Recipient().String())
}

// Killed from outside while it reads, as the system does when memory is short.
func TestAProcessThatIsKilled(t *testing.T) {
	own, err := airlock.Own()
	require.NoError(t, err)
	folder, k, _ := medium(t, bundletest.Files())
	_, err = own.Read(t.Context(), job(t, folder, k, func([]byte, [][]byte) (roster.Roster, error) {
		for _, pid := range children(t) {
			require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		}
		return k.Roster, nil
	}))
	require.ErrorContains(t, err, "died, and nothing of what it read is kept: signal: killed")
	require.Equal(t, airlock.Code, bundle.RefusalCode(err))
	require.Empty(t, children(t), "it is gone when Read returns")
}

func children(t *testing.T) (pids []int) {
	t.Helper()
	lists, err := filepath.Glob("/proc/self/task/*/children")
	require.NoError(t, err)
	if len(lists) == 0 {
		t.Skip("this system does not list the children of a process")
	}
	for _, path := range lists {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // a thread that has ended meanwhile
		}
		require.NoError(t, err)
		for _, word := range strings.Fields(string(text)) {
			pid, err := strconv.Atoi(word)
			require.NoError(t, err)
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestCancelKills(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	p := airlock.Process{Path: self, Args: []string{self, "bad", "says nothing"}}
	_, err = p.Read(ctx, airlock.Job{
		Folders: []string{t.TempDir()}, Work: t.TempDir(),
		Believe: func([]byte, [][]byte) (roster.Roster, error) { cancel(); return bundletest.New(t).Roster, nil },
	})
	require.ErrorIs(t, err, context.Canceled)
}

// What a process inside sees of the machine: no variable, no file, no network.
func TestWhatTheProcessHas(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	t.Setenv("DESK_SECRET", "hush")
	var lc net.ListenConfig
	here, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer here.Close()
	open, err := os.Create(filepath.Join(t.TempDir(), "open"))
	require.NoError(t, err)
	defer open.Close()
	p := airlock.Process{Path: self, Args: []string{self, "bad", "looks around"}, Env: []string{"WHERE=" + here.Addr().String()}}
	_, err = p.Read(t.Context(), airlock.Job{Folders: []string{"/"}, Work: t.TempDir(), Believe: nil})
	said := fmt.Sprint(err)
	require.Contains(t, said, "env 1;")
	require.Contains(t, said, "files pipe pipe pipe;")
	if strings.Contains(said, "net the same;") {
		t.Log("this account cannot make a namespace: the network is not taken away by it")
		return
	}
	require.Contains(t, said, "dial denied;")
	require.Contains(t, said, "pid 1;")
}

// lookAround is told in a refusal.
func lookAround(in *airlock.Inside, _ airlock.Job) {
	var said strings.Builder
	fmt.Fprintf(&said, "env %d; files", len(os.Environ()))
	for fd := range 64 {
		what, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		// The Go runtime itself opens the last two.
		if err == nil && !strings.HasPrefix(what, "/sys/fs/cgroup/") && !strings.HasPrefix(what, "anon_inode:") {
			fmt.Fprintf(&said, " %s", strings.TrimRight(what, ":[]0123456789"))
		}
	}
	said.WriteString("; ")
	interfaces, _ := net.Interfaces()
	up := slices.ContainsFunc(interfaces, func(i net.Interface) bool { return i.Flags&net.FlagUp != 0 })
	if up {
		said.WriteString("net the same; ")
	}
	var d net.Dialer
	c, err := d.DialContext(context.Background(), "tcp", os.Getenv("WHERE"))
	if err != nil {
		said.WriteString("dial denied; ")
	} else {
		_ = c.Close()
	}
	fmt.Fprintf(&said, "pid %d;", os.Getpid())
	in.Refused("", said.String())
}

// Nobody starts it by hand.
func TestByHand(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "f"))
	require.NoError(t, err)
	defer file.Close()
	require.ErrorIs(t, airlock.Serve(file, file), airlock.ErrByHand)
	for _, text := range []string{"", "hello, is anybody there?\n", "\x00\x00\x00\x02j{}", "\x00\x00\x00\x02g{}"} {
		in, to, err := os.Pipe()
		require.NoError(t, err)
		from, out, err := os.Pipe()
		require.NoError(t, err)
		_, err = io.WriteString(to, text)
		require.NoError(t, err)
		require.NoError(t, to.Close())
		require.ErrorIs(t, airlock.Serve(in, out), airlock.ErrByHand, text)
		require.NoError(t, errors.Join(in.Close(), out.Close()))
		said, err := io.ReadAll(from)
		require.NoError(t, err)
		require.Empty(t, said)
	}
}

// Whatever a process says, the desk hears it out in bounded memory or breaks it off,
// and what it takes from it is within bounds.
func FuzzWhatIsSaid(f *testing.F) {
	for _, kinds := range []string{"", "s", "sl", "slp", "slkd", "slr"} {
		var said []byte
		for _, kind := range []byte(kinds) {
			body := map[byte]string{
				's': "{\n  \"fence\": \"none\"\n}\n", 'l': "{\n  \"signatures\": [],\n  \"text\": \"eA==\"\n}\n",
				'p': "{\n  \"done\": 1,\n  \"total\": 2\n}\n", 'k': "{\n  \"key\": 0,\n  \"list\": []\n}\n",
				'd': "{\n  \"extra\": [\n    \"x\"\n  ],\n  \"more\": 1,\n  \"repaired\": 2\n}\n",
				'r': "{\n  \"causes\": [\n    \"mixed\"\n  ],\n  \"code\": \"tar-link\",\n  \"text\": \"a link\"\n}\n",
			}[kind]
			said = append(binary.BigEndian.AppendUint32(said, uint32(len(body))), kind) //nolint:gosec // short
			said = append(said, body...)
		}
		f.Add(said)
	}
	k := bundletest.New(f)
	f.Fuzz(func(t *testing.T, said []byte) {
		asked := 0
		r, err := airlock.Hear(bytes.NewReader(said), airlock.Job{
			MaxBytes: 1 << 20, Identities: []age.Identity{k.Escrow},
			Believe: func(text []byte, sigs [][]byte) (roster.Roster, error) {
				asked++
				require.LessOrEqual(t, len(text), carry.MaxLabel)
				require.LessOrEqual(t, len(sigs), carry.MaxSignatures)
				return k.Roster, nil
			},
			Progress: func(done, total int64) { require.True(t, 0 <= done && done <= total && total < 4<<20) },
		})
		require.LessOrEqual(t, asked, 1)
		if err != nil {
			require.NotContains(t, err.Error(), "\x1b")
			return
		}
		require.Equal(t, 1, asked)
		require.LessOrEqual(t, len(r.Extra), 101)
		require.GreaterOrEqual(t, r.Repaired, 0)
	})
}
