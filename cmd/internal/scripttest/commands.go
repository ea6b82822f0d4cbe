package scripttest

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// positive refuses `! command` where it would mean nothing, and a wrong number
// of arguments.
func positive(ts *testscript.TestScript, neg bool, args []string, least, most int, usage string) {
	if neg || len(args) < least || most >= 0 && len(args) > most {
		ts.Fatalf("usage: %s", usage)
	}
}

// exitCode runs a command and wants one exit code.
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, -1, "exitcode N command [args...]")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s ended with exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

var hintLine = regexp.MustCompile(`(?m)^next: \S`)

// refused is exitcode for a refusal: no data, and a hint.
func refused(ts *testscript.TestScript, neg bool, args []string) {
	exitCode(ts, neg, args)
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("a refusal must print no data, but it printed:\n%s", out)
	}
	if !hintLine.MatchString(ts.ReadFile("stderr")) {
		ts.Fatalf("a refusal must say what to do next, but there is no line \"next: ...\"")
	}
}

var upperKey = regexp.MustCompile(`(?m)^\s*"([^"]*[A-Z][^"]*)": `)

// oneDocument wants stdout to be what another program can rely on: one JSON
// document, keys in one style.
func oneDocument(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 0, 0, "json")
	out := ts.ReadFile("stdout")
	var doc any
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		ts.Fatalf("stdout is not one JSON document: %v", err)
	}
	if doc == nil {
		ts.Fatalf("stdout is null: nothing is said with [] or {}")
	}
	if key := upperKey.FindStringSubmatch(out); key != nil {
		ts.Fatalf("key %q is not in lower case", key[1])
	}
}

// capture puts a part of what was printed into a variable.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, 2, "capture NAME regexp-with-one-group")
	re, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	found := re.FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) != 2 {
		ts.Fatalf("stdout has nothing that fits %s", args[1])
	}
	ts.Setenv(args[0], found[1])
}

// corrupt flips one bit of a file.
func corrupt(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, 2, "corrupt FILE OFFSET")
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	change(ts, args[0], func(data []byte) []byte {
		if at < 0 {
			at += len(data)
		}
		if at < 0 || at >= len(data) {
			ts.Fatalf("offset %s is outside of %s, which has %d bytes", args[1], args[0], len(data))
		}
		data[at] ^= 1
		return data
	})
}

// cut takes the end of a file away.
func cut(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, 2, "cut FILE N")
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	change(ts, args[0], func(data []byte) []byte {
		if n <= 0 || n > len(data) {
			ts.Fatalf("%s has %d bytes", args[0], len(data))
		}
		return data[:len(data)-n]
	})
}

// replace changes the only place of a text in a file.
func replace(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 3, 3, "replace FILE OLD NEW")
	change(ts, args[0], func(data []byte) []byte {
		if n := strings.Count(string(data), args[1]); n != 1 {
			ts.Fatalf("%q is in %s %d times, want once", args[1], args[0], n)
		}
		return []byte(strings.Replace(string(data), args[1], args[2], 1))
	})
}

// change rewrites a file in place, also one that is read-only.
func change(ts *testscript.TestScript, file string, f func([]byte) []byte) {
	path := ts.MkAbs(file)
	info, err := os.Stat(path)
	ts.Check(err)
	data, err := os.ReadFile(path)
	ts.Check(err)
	ts.Check(os.Chmod(path, 0o600))
	ts.Check(os.WriteFile(path, f(data), 0o600))
	ts.Check(os.Chmod(path, info.Mode().Perm()))
}

// bound is how long a script waits for another process.
const bound = 20 * time.Second

// listening waits until a socket takes connections.
func listening(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 1, 1, "listening SOCKET")
	path := ts.MkAbs(args[0])
	var last error
	for end := time.Now().Add(bound); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		c, err := net.Dial("unix", path) //nolint:noctx // answers or fails at once
		if err == nil {
			ts.Check(c.Close())
			return
		}
		last = err
	}
	ts.Fatalf("nothing listens on %s after %s: %v", args[0], bound, last)
}

// terminate asks the newest background command to end in order.
func terminate(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 0, 0, "terminate")
	running := ts.BackgroundCmds()
	if len(running) == 0 {
		ts.Fatalf("no command runs in the background")
	}
	ts.Check(running[len(running)-1].Process.Signal(syscall.SIGTERM))
}
