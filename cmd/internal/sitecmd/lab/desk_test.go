package lab_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"darksite/bundle/desk/airlock"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/deskcmd"
	"darksite/cmd/internal/sitecmd/lab"
	"darksite/training/labs/content"

	"github.com/stretchr/testify/require"
)

// asDesk makes this test program the program casedesk, which is never run inside of
// another: an import gives up the files and the network of its process.
const asDesk = "DARKSITE_TEST_IS_CASEDESK"

func TestMain(m *testing.M) {
	if os.Getenv(asDesk) != "" || len(os.Args) == 2 && os.Args[1] == airlock.Word { // an import has no environment
		os.Exit(deskcmd.Main(context.Background(), cli.System(), "test", os.Args[1:]))
	}
	os.Exit(m.Run())
}

// deskInPath puts a program casedesk where labs look for it.
func deskInPath(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\n%s=1 exec '%s' \"$@\"\n", asDesk, self)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "casedesk"), []byte(script), 0o700))
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// The desk of a lab and a real one have nothing to do with each other.
func TestPracticeAndRealDesksDoNotMix(t *testing.T) {
	all, err := content.Library()
	require.NoError(t, err)
	first, ok := all.Get("t-l1")
	require.True(t, ok)
	deskInPath(t)
	a := practiceApp(t, &bytes.Buffer{})
	in := a.Begin(t, first, 1)
	home := a.Home()
	run := func(dir string, args ...string) (int, string) {
		out := &bytes.Buffer{}
		code, err := lab.RunDesk(t.Context(), dir, out, args...)
		require.NoError(t, err)
		return code, out.String()
	}
	elsewhere := t.TempDir()
	code, said := run(home.Desk(), "import", elsewhere)
	require.Equal(t, cli.CodeRefused, code, said)
	require.Contains(t, said, "practice and real sites do not mix")
	code, said = run(home.Desk(), "sites", "list")
	require.Zero(t, code, said)
	require.Contains(t, said, "== TRAINING  lab t-l1")

	live := filepath.Join(elsewhere, "desk")
	code, said = run(live, "init", "--name", "Vendor support", "--no-passphrase")
	require.Zero(t, code, said)
	for _, args := range [][]string{
		{"import", filepath.Join(in.Dir(), "work", "usb")},
		{"verify", filepath.Join(in.Dir(), "work", "usb")},
		{"sites", "enrol", filepath.Join(home.Desk(), "site-roster.txt"), "--yes"},
		{"reply", "00000001", "--out", filepath.Join(in.Dir(), "work", "usb")},
	} {
		code, said = run(live, args...)
		require.Equal(t, cli.CodeRefused, code, "%v: %s", args, said)
		require.Contains(t, said, "lies in a lab")
	}
}
