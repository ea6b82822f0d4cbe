package notify_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/notify"
)

// The test binary is its own hook, and its own victim to kill.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "hook" {
		os.Exit(hook(os.Args[2], os.Args[3:]))
	}
	if dir := os.Getenv("NOTIFY_DIR"); dir != "" {
		os.Exit(victim(dir))
	}
	os.Exit(m.Run())
}

// hook is the program that Exec runs in the tests.
func hook(what string, args []string) int {
	in, _ := io.ReadAll(os.Stdin)
	switch what {
	case "keep":
		f, err := os.OpenFile(args[0], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		defer f.Close()
		_, _ = f.Write(append(bytes.TrimSpace(in), '\n'))
	case "environment":
		fmt.Print(strings.Join(os.Environ(), " "), "|", strings.Join(args, " "))
		return 7
	case "flood":
		for range 10_000 {
			fmt.Println(strings.Repeat("much", 20))
		}
		return 8
	case "hang":
		time.Sleep(time.Minute)
	}
	return 0
}

var start = time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)

// change is a change of an alert of one target.
func change(seq uint64, severity localmon.Severity, component, summary string) localmon.Change {
	return localmon.Change{
		Seq: seq, At: start.Add(time.Duration(seq) * time.Second), What: localmon.ChangeFired,
		Alert: localmon.Alert{
			ID: seq, Rule: "drive-failed", Target: "fa-1", Component: component, Status: localmon.StatusFiring,
			Severity: severity, Summary: summary, Runbook: "drive-failed", Since: start,
		},
	}
}

// message tells changes one by one.
func message(repeats int, changes ...localmon.Change) notify.Message {
	return notify.Message{
		Site: "S042", At: start, First: changes[0].Seq, Last: changes[len(changes)-1].Seq,
		Count: len(changes), Repeats: repeats, Changes: changes,
	}
}
