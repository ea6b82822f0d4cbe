package logs_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"darksite/bundle/collect"
	"darksite/bundle/collect/logs"

	"github.com/stretchr/testify/require"
)

var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

type journal struct{ asked *[]string }

func (j journal) Output(_ context.Context, p collect.Program, out io.Writer) error {
	*j.asked = append(*j.asked, p.String())
	if p.Name != "journalctl" {
		return collect.ErrMissing
	}
	_, err := io.WriteString(out, "journal line\n")
	return err
}

func put(t *testing.T, dir, name string, age time.Duration, text []byte) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, text, 0o600))
	require.NoError(t, os.Chtimes(path, now.Add(-age), now.Add(-age)))
}

func run(t *testing.T, budget int64, c collect.Collector) (collect.Result, string) {
	t.Helper()
	staging := t.TempDir()
	p := collect.Profile{Each: collect.Budget{Bytes: budget, Time: time.Minute}, Total: budget}
	res, err := collect.Run(t.Context(), collect.Options{Staging: staging, Profile: p, Now: time.Now}, []collect.Collector{c})
	require.NoError(t, err)
	return res, staging
}

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

func TestNewestTextFirst(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(outside, []byte("secret\n"), 0o600))
	put(t, dir, "syslog", time.Minute, []byte("newest\n"))
	put(t, dir, "syslog.1", 2*time.Hour, []byte("older\n"))
	put(t, dir, "syslog.2.gz", 3*time.Hour, zipped(t, "oldest\n"))
	put(t, dir, "sub/app.log", time.Hour, []byte("app\n"))
	put(t, dir, "wtmp", time.Minute, []byte("a\x00b"))
	put(t, dir, "bin.gz", time.Minute, zipped(t, "a\x00b"))
	put(t, dir, "torn.gz", time.Minute, zipped(t, strings.Repeat("torn line\n", 5000))[:40])
	put(t, dir, "wide.txt", 30*time.Minute, []byte("\xff\xfea\x00\n\x00"))
	put(t, dir, "ancient", 72*time.Hour, []byte("ancient\n"))
	put(t, dir, "empty", time.Minute, nil)
	put(t, dir, "journal/x/system.journal", time.Minute, []byte("binary\x00"))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "link.log")))
	require.NoError(t, os.Symlink(filepath.Dir(outside), filepath.Join(dir, "linked")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))

	var asked []string
	c := logs.New(logs.Options{Dir: dir, Label: "/var/log/", Window: 48 * time.Hour, Now: now, Programs: journal{&asked}})
	res, staging := run(t, 1<<20, c)
	var paths []string
	for _, it := range res.Items {
		paths = append(paths, it.Path)
	}
	require.Equal(t, []string{
		"files/logs/journal.txt", "files/logs/syslog", "files/logs/wide.txt", "files/logs/sub/app.log",
		"files/logs/syslog.1", "files/logs/syslog.2",
	}, paths)
	require.Contains(t, asked[0], "--since=@1772280000", "the journal has the same window")
	text, err := os.ReadFile(filepath.Join(staging, "files", "logs", "syslog.2"))
	require.NoError(t, err)
	require.Equal(t, "oldest\n", string(text))

	reasons := map[string]string{}
	for _, o := range res.Omitted {
		reasons[o.Origin] = o.Reason
	}
	require.Equal(t, "not a regular file", reasons["/var/log/link.log"])
	require.Equal(t, "not a regular file", reasons["/var/log/linked"])
	require.Equal(t, "not a regular file", reasons["/var/log/pipe"])
	require.Equal(t, "binary", reasons["/var/log/wtmp"])
	require.Equal(t, "binary inside", reasons["/var/log/bin.gz"])
	require.Equal(t, "last written before the window", reasons["/var/log/ancient"])
	require.Contains(t, reasons["/var/log/journal"], "journalctl")
	require.Contains(t, reasons["/var/log/torn.gz"], "EOF")
	require.NotContains(t, reasons, "/var/log/empty")
	require.Equal(t, collect.Partial, res.Collectors[0].State, "a torn file is a loss")

	e, err := c.Estimate(t.Context())
	require.NoError(t, err)
	require.Equal(t, 7+2, e.Files, "what looks like text, and two programs")
	problems := map[string]string{}
	for _, it := range e.Items {
		if it.Problem != "" {
			problems[it.Origin] = it.Problem
		}
	}
	require.Equal(t, map[string]string{
		"/var/log/wtmp": "binary", "/var/log/ancient": "last written before the window", "/var/log/journal": "binary journal: its text is taken from journalctl",
		"/var/log/link.log": "not a regular file", "/var/log/linked": "not a regular file", "/var/log/pipe": "not a regular file",
	}, problems, "what cannot be had is named before anything is taken")
}

func TestOneHugeLogDoesNotStarveTheOthers(t *testing.T) {
	dir := t.TempDir()
	var huge bytes.Buffer
	for i := range 10000 {
		huge.WriteString(strings.Repeat("x", i%50))
		huge.WriteByte('\n')
	}
	huge.WriteString("the newest line\n")
	put(t, dir, "huge", time.Minute, huge.Bytes())
	put(t, dir, "huge.1.gz", 2*time.Minute, zipped(t, huge.String()))
	put(t, dir, "small", time.Hour, []byte("small\n"))
	res, staging := run(t, 40<<10, logs.New(logs.Options{Dir: dir, Now: now}))
	require.Len(t, res.Items, 3)
	for _, it := range res.Items[:2] {
		require.Equal(t, collect.Truncated, it.State)
		text, err := os.ReadFile(filepath.Join(staging, it.Path))
		require.NoError(t, err)
		require.LessOrEqual(t, len(text), 10<<10)
		require.True(t, bytes.HasSuffix(text, []byte("\nthe newest line\n")))
		require.Contains(t, huge.String(), "\n"+string(text), "whole lines only")
	}
	require.Equal(t, collect.OK, res.Items[2].State)
	require.LessOrEqual(t, res.Bytes(), int64(40<<10))
}

func TestBudgetEndsTheWork(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		put(t, dir, name, time.Minute, []byte(strings.Repeat("0123456\n", 64)))
	}
	res, _ := run(t, 1024, logs.New(logs.Options{Dir: dir, Now: now}))
	require.Equal(t, collect.Partial, res.Collectors[0].State)
	require.LessOrEqual(t, res.Bytes(), int64(1024))
	require.NotEmpty(t, res.Items)
}

func TestNoFolderIsAFailure(t *testing.T) {
	c := logs.New(logs.Options{Dir: filepath.Join(t.TempDir(), "absent"), Now: now})
	res, _ := run(t, 1024, c)
	require.Equal(t, collect.Failed, res.Collectors[0].State)
	_, err := c.Estimate(t.Context())
	require.Error(t, err)
}

func TestLogsOfThisMachine(t *testing.T) {
	if _, err := os.ReadDir("/var/log"); err != nil {
		t.Skip("no readable /var/log on this machine")
	}
	c := logs.New(logs.Options{Dir: "/var/log", Now: time.Now(), Programs: collect.HostPrograms{}})
	res, staging := run(t, 8<<20, c)
	require.NotEqual(t, collect.Failed, res.Collectors[0].State, res.Collectors[0].Reason)
	require.LessOrEqual(t, res.Bytes(), int64(8<<20))
	for _, it := range res.Items {
		text, err := os.ReadFile(filepath.Join(staging, it.Path))
		require.NoError(t, err)
		require.Equal(t, it.Size, int64(len(text)))
		head := text[:min(len(text), 1024)]
		require.NotContains(t, string(head), "\x00", it.Origin)
		require.True(t, utf8.ValidString(it.Origin))
	}
	t.Logf("%d files, %d bytes, %d omitted", len(res.Items), res.Bytes(), len(res.Omitted))
}
