package hostfacts_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"darksite/bundle/collect"
	"darksite/bundle/collect/hostfacts"

	"github.com/stretchr/testify/require"
)

type only map[string]string

func (o only) Output(_ context.Context, p collect.Program, out io.Writer) error {
	text, ok := o[p.Name]
	if !ok {
		return collect.ErrMissing
	}
	_, err := io.WriteString(out, text)
	return err
}

func run(t *testing.T, c collect.Collector) (collect.Result, map[string]string) {
	t.Helper()
	staging := t.TempDir()
	p := collect.Profile{Each: collect.Budget{Bytes: 16 << 20, Time: time.Minute}, Total: 16 << 20}
	res, err := collect.Run(t.Context(), collect.Options{Staging: staging, Profile: p, Now: time.Now}, []collect.Collector{c})
	require.NoError(t, err)
	files := map[string]string{}
	for _, it := range res.Items {
		text, err := os.ReadFile(filepath.Join(staging, it.Path))
		require.NoError(t, err)
		files[strings.TrimPrefix(it.Path, "files/hostfacts/")] = string(text)
	}
	return res, files
}

func put(t *testing.T, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

func TestPositiveListOnly(t *testing.T) {
	root := t.TempDir()
	put(t, root, "usr/lib/os-release", "NAME=Test\n")
	require.NoError(t, os.MkdirAll(filepath.Join(root, "etc"), 0o755))
	require.NoError(t, os.Symlink("../usr/lib/os-release", filepath.Join(root, "etc/os-release")))
	put(t, root, "etc/shadow", "root:$6$secret\n")
	put(t, root, "etc/iscsi/iscsid.conf", "node.session.auth.password = secret\n")
	put(t, root, "etc/iscsi/initiatorname.iscsi", "InitiatorName=iqn.1994-05.com.redhat:1\n")
	put(t, root, "etc/multipath/conf.d/a.conf", "defaults {}\n")
	put(t, root, "home/u/key", "secret\n")
	require.NoError(t, os.Symlink("/home/u/key", filepath.Join(root, "etc/hosts")))
	require.NoError(t, os.Symlink("../../../../../../../../etc/passwd", filepath.Join(root, "etc/fstab")))
	require.NoError(t, os.Symlink("resolv.conf", filepath.Join(root, "etc/resolv.conf")))
	put(t, root, "proc/meminfo", "MemTotal: 1 kB\n")
	put(t, root, "proc/7/mounts", "/dev/sda / ext4 rw 0 0\n")
	require.NoError(t, os.Symlink("7", filepath.Join(root, "proc/self")))
	require.NoError(t, os.Symlink("self/mounts", filepath.Join(root, "proc/mounts")))
	put(t, root, "sys/devices/pci0/sda/size", "2048\n")
	put(t, root, "sys/devices/pci0/sda/queue/scheduler", "[mq-deadline] none\n")
	require.NoError(t, os.MkdirAll(filepath.Join(root, "sys/block"), 0o755))
	require.NoError(t, os.Symlink("../devices/pci0/sda", filepath.Join(root, "sys/block/sda")))

	c := hostfacts.New(hostfacts.Options{Root: root, Programs: only{"uname": "Linux test\n"}})
	res, files := run(t, c)
	require.Equal(t, "NAME=Test\n", files["etc/os-release"])
	require.Equal(t, "/dev/sda / ext4 rw 0 0\n", files["proc/mounts"])
	require.Equal(t, "defaults {}\n", files["etc/multipath/conf.d/a.conf"])
	require.Equal(t, "Linux test\n", files["programs/uname.txt"])
	require.Contains(t, files["block.txt"], "2048")
	require.Contains(t, files["block.txt"], "[mq-deadline] none")
	require.NotContains(t, files, "net.txt", "no table without entries")
	for name, text := range files {
		require.NotContains(t, text, "secret", name)
		require.NotContains(t, text, "root:", name)
	}
	reasons := map[string]string{}
	for _, o := range res.Omitted {
		reasons[o.Origin] = o.Reason
	}
	require.Contains(t, reasons["/etc/hosts"], "not a place for facts")
	require.NotContains(t, files, "etc/fstab", "a link that climbs ends inside the root, where nothing is")
	require.NotContains(t, files, "etc/resolv.conf")
	require.Contains(t, reasons["/etc/resolv.conf"], "chain of more than four links")
	require.Equal(t, collect.Partial, res.Collectors[0].State)
}

func TestPlanNamesEveryPlace(t *testing.T) {
	plan := hostfacts.New(hostfacts.Options{Root: "/"}).Plan()
	require.Contains(t, plan.From, "/etc/os-release")
	require.Contains(t, plan.From, "uname -a")
	for _, from := range plan.From {
		require.NotContains(t, from, "shadow")
		require.NotContains(t, from, "iscsid.conf")
	}
}

func TestThisMachine(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("facts are read from /proc and /sys of Linux")
	}
	c := hostfacts.New(hostfacts.Options{Root: "/", Programs: collect.HostPrograms{}})
	e, err := c.Estimate(t.Context())
	require.NoError(t, err)
	require.Positive(t, e.Files)
	res, files := run(t, c)
	require.NotEqual(t, collect.Failed, res.Collectors[0].State, res.Collectors[0].Reason)
	require.Contains(t, files["proc/meminfo"], "MemTotal:")
	require.Contains(t, files["proc/mounts"], " / ")
	require.Contains(t, files["proc/version"], "Linux")
	require.Contains(t, files["net.txt"], "lo")
	t.Logf("%d files, %d bytes; %s %s; omitted %v", len(res.Items), res.Bytes(), res.Collectors[0].State, res.Collectors[0].Reason, res.Omitted)
}
