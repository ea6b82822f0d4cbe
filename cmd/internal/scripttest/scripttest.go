// Package scripttest runs the end-to-end scripts of both commands: txtar files
// in which darksite and casedesk are started as processes of their own, with
// real files, real sockets and, where a script asks for arrays, real TLS.
//
// # Start
//
//	func TestMain(m *testing.M) { scripttest.Main(m) }
//	func TestScripts(t *testing.T) { scripttest.Run(t, "testdata/script") }
//
// Every script has a work folder of its own ($WORK) with HOME, $DARKSITE_DIR
// ($WORK/site) and $CASEDESK_DIR ($WORK/desk) in it, 80 columns and no colour.
//
// # Commands beside those of testscript
//
//	refused N CMD...       CMD ends with exit code N, prints no data and says what to do next
//	exitcode N CMD...      CMD ends with exit code N
//	ready                  a site and a desk that know each other, made with the commands
//	sim start NAME...      serve small simulated arrays; sim/arrays.yaml has their lines,
//	                       $URL1, $PIN1 and so on what a person would type
//	sim inject ARRAY FAULT [TARGET] [NAME=VALUE...]   a fault from now on; sim clear ARRAY FAULT
//	pass DURATION          let time pass: for the arrays and for the commands
//	look N                 N times: 30 seconds pass, darksite monitor --once
//	json                   stdout is one JSON document whose keys are all lower case
//	capture NAME REGEXP    put the first group found in stdout into $NAME
//	corrupt FILE OFFSET    flip one bit; a negative offset counts from the end
//	replace FILE OLD NEW   replace the only OLD in a file
//	cut FILE N             take the last N bytes away
//	listening SOCKET       wait, at most 20 seconds, until a socket answers
//	terminate              ask the newest background command to end, with SIGTERM
//
// # Time
//
// The commands see the real clock plus what `pass` added, so that a rule that
// needs two minutes is not waited for.
package scripttest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/deskcmd"
	"darksite/cmd/internal/sitecmd"

	"github.com/rogpeppe/go-internal/testscript"
)

// Version is what both commands say they are in scripts.
const Version = "v0.0.0-script"

// shiftVar names the file with the time that scripts let pass.
const shiftVar = "SCRIPT_CLOCK"

// Main runs the tests of a package, or one of the two commands when the process
// was started under its name.
func Main(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"darksite": func() { run(sitecmd.Main) },
		"casedesk": func() { run(deskcmd.Main) },
	})
}

// run is what the main of both commands does, with the clock of the script.
func run(command func(context.Context, *cli.Env, string, []string) int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	env := cli.System()
	env.Now = func() time.Time { return time.Now().Add(shift(os.Getenv(shiftVar))) }
	code := command(ctx, env, Version, os.Args[1:])
	stop()
	os.Exit(code)
}

// shift reads the time that has passed beside the real one.
func shift(file string) time.Duration {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0 // no script has let time pass
	}
	d, err := time.ParseDuration(string(text))
	if err != nil {
		panic(err) // a script must not run on another clock than it asked for
	}
	return d
}

// Run runs every script of a folder.
func Run(t *testing.T, dir string) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"refused":   refused,
			"exitcode":  exitCode,
			"ready":     ready,
			"sim":       simulate,
			"pass":      pass,
			"look":      look,
			"json":      oneDocument,
			"capture":   capture,
			"corrupt":   corrupt,
			"replace":   replace,
			"cut":       cut,
			"listening": listening,
			"addresses": addresses,
			"expand":    expand,
			"page":      page,
			"say":       say,
			"until":     until,
			"terminate": terminate,
		},
	})
}

func setup(env *testscript.Env) error {
	for name, value := range map[string]string{
		"HOME":         filepath.Join(env.WorkDir, "home"),
		"DARKSITE_DIR": filepath.Join(env.WorkDir, "site"),
		"CASEDESK_DIR": filepath.Join(env.WorkDir, "desk"),
		"COLUMNS":      "80",
		"NO_COLOR":     "1",
		"TERM":         "dumb",
		"TZ":           "UTC",
		"LC_ALL":       "C",
		shiftVar:       filepath.Join(env.WorkDir, "clock"),
	} {
		env.Setenv(name, value)
	}
	env.Values[arraysKey{}] = &arrays{}
	// Frozen folders are read-only; the work folder is removed after the test.
	env.Defer(func() { unlock(env.WorkDir) })
	return nil
}

func unlock(dir string) {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return errors.Join(os.Chmod(path, 0o700)) // a folder needs x
		}
		return nil
	})
}
