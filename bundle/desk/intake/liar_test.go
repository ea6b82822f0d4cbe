package intake_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/desk/airlock"
	"darksite/bundle/desk/intake"

	"github.com/stretchr/testify/require"
)

// A lie is what a process that was taken over does to the folder of the import
// after it has read the medium and said that all is well. It may do anything there:
// here it does it without any fence.
type lie struct {
	does func(work string) error
	code string
	says string
}

func lies() map[string]lie {
	in := func(work, name string) string { return filepath.Join(work, airlock.TreeName, filepath.FromSlash(name)) }
	write := func(name, text string) func(string) error {
		return func(work string) error { return os.WriteFile(in(work, name), []byte(text), 0o600) }
	}
	instead := func(name string, put func(path string) error) func(string) error {
		return func(work string) error {
			if err := os.Remove(in(work, name)); err != nil {
				return err
			}
			return put(in(work, name))
		}
	}
	const file = "files/host/messages.txt"
	return map[string]lie{
		"changes one byte of a file":           {write(file, "x"+strings.Repeat("kernel: link up on port-7f3a\n", 400)[1:]), airlock.Code, "is not the file of the manifest"},
		"makes a file longer":                  {write(file, strings.Repeat("kernel: link up on port-7f3a\n", 401)), airlock.Code, "bytes, at most"},
		"makes a file shorter":                 {write(file, "kernel"), airlock.Code, "is not the file of the manifest"},
		"leaves a file out":                    {func(work string) error { return os.Remove(in(work, file)) }, airlock.Code, "not there as a plain file"},
		"adds a file":                          {write("files/host/zz.txt", "more"), airlock.Code, "which is in no manifest"},
		"adds a file at the top":               {write("run.sh", "more"), airlock.Code, "which is in no manifest"},
		"puts a link in the place of a file":   {instead(file, func(p string) error { return os.Symlink("/etc/passwd", p) }), airlock.Code, "not there as a plain file"},
		"puts a pipe in the place of a file":   {instead(file, func(p string) error { return syscall.Mkfifo(p, 0o600) }), airlock.Code, "not there as a plain file"},
		"puts a folder in the place of one":    {instead(file, func(p string) error { return os.Mkdir(p, 0o700) }), airlock.Code, "not there as a plain file"},
		"adds a link":                          {func(work string) error { return os.Symlink("/etc", in(work, "files/etc")) }, airlock.Code, "which is in no manifest"},
		"makes a folder a link to another":     {func(work string) error { return moved(in(work, "files/host")) }, airlock.Code, ""},
		"writes another manifest":              {write("MANIFEST.json", "{}\n"), airlock.Code, "the label is of"},
		"writes an endless manifest":           {func(work string) error { return os.Truncate(in(work, "MANIFEST.json"), 1<<40) }, airlock.Code, "at most 67108864"},
		"writes another FORMAT":                {write("FORMAT", "darksite-bundle/2\n"), airlock.Code, "FORMAT is not what belongs"},
		"writes other sums":                    {write("SHA256SUMS", ""), airlock.Code, "SHA256SUMS is not what belongs"},
		"leaves the collector's signature out": {func(work string) error { return os.RemoveAll(in(work, "sig")) }, "sig-none", "is not signed"},
		"leaves an approval out": {func(work string) error {
			return each(in(work, "approval/2.txt*"), os.Remove)
		}, "approval-missing", ""},
		"alters an approval": {write("approval/2.txt", "decision: release\n"), "sig-bad", ""},
		"puts the signature of another text": {func(work string) error {
			return each(in(work, "sig/*"), func(path string) error {
				return each(in(work, "approval/1.txt.*"), func(other string) error {
					text, err := os.ReadFile(other)
					if err != nil {
						return err
					}
					return os.WriteFile(path, text, 0o600)
				})
			})
		}, airlock.Code, ""},
		"fills the folder of signatures": {func(work string) error {
			for i := range 50 {
				if err := write(fmt.Sprintf("sig/%d", i), "x")(work); err != nil {
					return err
				}
			}
			return nil
		}, airlock.Code, "more than 4 files in sig"},
		"leaves no tree":           {func(work string) error { return os.RemoveAll(in(work, "")) }, airlock.Code, "left no folder"},
		"leaves a link for a tree": {func(work string) error { return moved(filepath.Join(work, airlock.TreeName)) }, airlock.Code, "left no folder"},
		"leaves no sealed file":    {func(work string) error { return os.Remove(filepath.Join(work, airlock.SealedName)) }, airlock.Code, "holds no sealed file"},
		"leaves another sealed file": {func(work string) error {
			path := filepath.Join(work, airlock.SealedName)
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text[len(text)/2] ^= 1
			return os.WriteFile(path, text, 0o600)
		}, "", "the content has the digest"},
		"leaves a shorter sealed file": {func(work string) error { return os.Truncate(filepath.Join(work, airlock.SealedName), 10) }, airlock.Code, "has 10 bytes, the label says"},
		"fails instead":                {func(string) error { return errors.New("no") }, airlock.Code, "failed at the very end"},
	}
}

func each(pattern string, do func(path string) error) error {
	found, err := filepath.Glob(pattern)
	for _, path := range found {
		if err := do(path); err != nil {
			return err
		}
	}
	return err
}

// moved puts a folder elsewhere and a link to it in its place.
func moved(path string) error {
	if err := os.Rename(path, path+"-"); err != nil {
		return err
	}
	return os.Symlink(filepath.Base(path)+"-", path)
}

// liar has a medium read as it should be, and then lies.
func liar(what, quarantine string) error {
	honest := exec.CommandContext(context.Background(), os.Args[0], airlock.Word)
	honest.Stdin, honest.Stdout, honest.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := honest.Run(); err != nil {
		return err
	}
	work, err := filepath.Glob(filepath.Join(quarantine, "import-*"))
	if err != nil || len(work) != 1 {
		return fmt.Errorf("%d imports at once: %w", len(work), err)
	}
	return lies()[what].does(work[0])
}

// A process that lies about what it read is found out, whatever the lie, and
// nothing of it is kept; the same medium comes in when it is read honestly.
func TestAProcessThatLies(t *testing.T) {
	k := bundletest.New(t)
	self, err := os.Executable()
	require.NoError(t, err)
	medium := pack(t, k, cargo{draft: draft(draftID, 2)}).write(t)
	s := newApart(t, k)
	before := s.state(t)
	sets, err := intake.Find(medium)
	require.NoError(t, err)
	for name, l := range lies() {
		t.Run("one that "+name, func(t *testing.T) {
			quarantine := filepath.Join(s.dir, "quarantine")
			p := airlock.Process{Path: self, Args: []string{self, "liar", name, quarantine}}
			_, err := s.with(p, identities(k), k.Rosters).Import(t.Context(), sets[0])
			require.ErrorContains(t, err, l.says)
			require.Equal(t, l.code, bundle.RefusalCode(err), err.Error())
			require.NotContains(t, err.Error(), "\n")
			require.Equal(t, before, s.state(t), "nothing is kept")
			left, err := os.ReadDir(quarantine)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
	out, err := s.Import(t.Context(), sets[0])
	require.NoError(t, err)
	require.False(t, out.Duplicate)
	require.True(t, slices.Equal(out.Bundle.Officers, []string{bundletest.OfficerA, bundletest.OfficerB}))
}
