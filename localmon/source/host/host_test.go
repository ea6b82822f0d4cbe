package host_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/host"
	"darksite/localmon/source/sourcetest"

	"github.com/stretchr/testify/require"
)

var at = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// machine is a recorded tree: two processors, a disk with a partition, a RAID
// that lost a disk, a bond and its two links, a warm processor and a memory
// controller.
func machine() map[string]string {
	return map[string]string{
		"proc/stat": `cpu  1000 50 500 8000 400 10 20 20 5 0
cpu0 500 25 250 4000 200 5 10 10 5 0
cpu1 500 25 250 4000 200 5 10 10 0 0
intr 12345 0 0 0
ctxt 987654
btime 1700000000
processes 4321
procs_running 3
procs_blocked 1
`,
		"proc/loadavg": "0.50 0.75 1.25 3/456 7890\n",
		"proc/uptime":  "86400.25 160000.00\n",
		"proc/meminfo": `MemTotal:       16384000 kB
MemFree:         1024000 kB
MemAvailable:    8192000 kB
SwapTotal:       2048000 kB
SwapFree:        2000000 kB
HugePages_Total:       0
Hugepagesize:       2048 kB
`,
		"proc/vmstat": "nr_free_pages 256000\npswpin 7\npswpout 9\noom_kill 2\n",
		"proc/diskstats": `   8       0 sda 100 5 2000 300 200 10 4000 600 1 700 900 0 0 0 0 0 0
   8       1 sda1 90 5 1900 290 190 10 3900 590 0 690 890 0 0 0 0 0 0
   7       0 loop0 1 0 2 0 0 0 0 0 0 0 0 0 0 0 0 0 0
`,
		"sys/block/sda/size": "4096\n",
		"proc/self/mounts": `proc /proc proc rw 0 0
/dev/sda1 / ext4 rw,relatime 0 0
/dev/sda1 /var/lib/docker/containers ext4 rw 0 0
/dev/sdz9 /srv/with\040space ext4 rw 0 0
/dev/sdb1 /srv/with\040space xfs rw 0 0
/dev/sdc1 /archive ext4 ro 0 0
nas:/export /mnt/nas nfs4 rw 0 0
tmpfs /run/user/0 tmpfs rw 0 0
tmpfs /tmp tmpfs rw 0 0
`,
		"proc/net/dev": `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:  724928     502    0    0    0     0          0         0   724928     502    0    0    0     0       0          0
  eth0: 1000 20 3 4 0 1 0 6 2000 30 5 6 0 0 7 0
  eth1: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0
  eth2: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
`,
		"sys/class/net/lo/operstate":         "unknown\n",
		"sys/class/net/eth0/operstate":       "up\n",
		"sys/class/net/eth0/speed":           "10000\n",
		"sys/class/net/eth0/flags":           "0x1003\n",
		"sys/class/net/eth0/carrier_changes": "4\n",
		"sys/class/net/eth0/device/vendor":   "0x8086\n",
		"sys/class/net/eth1/operstate":       "down\n",
		"sys/class/net/eth1/speed":           "-1\n",
		"sys/class/net/eth1/flags":           "0x1003\n",
		"sys/class/net/eth1/device/vendor":   "0x8086\n",
		"sys/class/net/eth2/operstate":       "down\n",
		"sys/class/net/eth2/flags":           "0x1002\n",
		"sys/class/net/eth2/device/vendor":   "0x8086\n",
		"proc/pressure/cpu":                  "some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\n",
		"proc/pressure/io":                   "some avg10=0.16 avg60=0.18 avg300=0.28 total=6405224\nfull avg10=0.00 avg60=0.02 avg300=0.20 total=4820890\n",
		"proc/mdstat": `Personalities : [raid1] [raid6]
md0 : active raid1 sdb1[1] sda2[0]
      1048512 blocks super 1.2 [2/2] [UU]

md1 : active raid1 sdd1[1](F) sdc2[0]
      2097024 blocks super 1.2 [2/1] [U_]

md2 : active raid6 sdf1[2] sde1[1] sdg1[0] sdh1[3]
      292945152 blocks [4/3] [UUU_]
      [==>..................]  recovery = 12.6% (37043392/292945152) finish=127.5min speed=33440K/sec

md3 : inactive sdi1[0](S)
      1048512 blocks

unused devices: <none>
`,
		"sys/class/hwmon/hwmon3/name":                     "coretemp\n",
		"sys/class/hwmon/hwmon3/temp1_input":              "45000\n",
		"sys/class/hwmon/hwmon3/temp1_max":                "80000\n",
		"sys/class/hwmon/hwmon3/temp1_crit":               "100000\n",
		"sys/class/hwmon/hwmon3/temp1_label":              "Package id 0\n",
		"sys/class/hwmon/hwmon3/temp2_input":              "101500\n",
		"sys/class/hwmon/hwmon3/temp2_crit":               "100000\n",
		"sys/class/hwmon/hwmon3/fan1_input":               "1200\n",
		"sys/class/hwmon/hwmon3/temp3_input":              "\n",
		"sys/devices/system/edac/mc/mc0/ce_count":         "3\n",
		"sys/devices/system/edac/mc/mc0/ue_count":         "1\n",
		"sys/devices/system/edac/mc/power/runtime_status": "unsupported\n",
		"sys/class/dmi/id/product_name":                   "PowerEdge R650\n",
		"proc/sys/kernel/hostname":                        "watch1\n",
		"proc/sys/kernel/osrelease":                       "6.1.0-28-amd64\n",
		"etc/os-release":                                  "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n",
	}
}

func write(t testing.TB, tree map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for path, text := range tree {
		full := filepath.Join(root, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o755))
		require.NoError(t, os.WriteFile(full, []byte(text), 0o644))
	}
	return root
}

// spaces is how full the machine's file systems are, by mount point.
func spaces(root string) func(string) (host.Space, error) {
	return func(path string) (host.Space, error) {
		switch strings.TrimPrefix(path, root) {
		case "", "/":
			return host.Space{Size: 1000, Free: 200, Avail: 150, Files: 100, FilesFree: 90}, nil // 800 of 950
		case "/srv/with space":
			return host.Space{Size: 1000, Free: 20, Avail: 20}, nil
		case "/archive":
			return host.Space{Size: 1000, Free: 0, Avail: 0}, nil
		case "/tmp":
			return host.Space{Size: 1000, Free: 900, Avail: 900, Files: 10, FilesFree: 1}, nil
		}
		return host.Space{}, errors.New("no such file system in this test: " + path)
	}
}

func source(t testing.TB, tree map[string]string) *host.Source {
	t.Helper()
	root := write(t, tree)
	s, err := host.New(host.Options{Target: "this-host", Root: root, Statfs: spaces(root)})
	require.NoError(t, err)
	return s
}

func value(t *testing.T, b localmon.Batch, metric string, labels ...string) float64 {
	t.Helper()
	key := localmon.SeriesKey{Target: b.Target, Metric: metric, Labels: localmon.FormatLabels(labels...)}
	for _, s := range b.Samples {
		if s.Key == key {
			return s.Value
		}
	}
	require.Failf(t, "no such sample", "%s", key)
	return 0
}

func has(b localmon.Batch, metric string) bool {
	for _, s := range b.Samples {
		if s.Key.Metric == metric {
			return true
		}
	}
	return false
}

func TestConformance(t *testing.T) {
	sourcetest.Run(t, sourcetest.Subject{
		Target: "this-host", Now: at,
		New: func(t *testing.T) localmon.Source { return source(t, machine()) },
		Partial: func(t *testing.T) localmon.Source {
			tree := machine()
			delete(tree, "proc/meminfo")
			tree["proc/diskstats"] = "rubbish\n"
			return source(t, tree)
		},
		Gone: func(t *testing.T) localmon.Source { return source(t, nil) },
	})
}

func TestRecordedMachineGivesHandCheckedValues(t *testing.T) {
	b, err := source(t, machine()).Collect(t.Context(), at)
	require.NoError(t, err)
	require.Empty(t, b.Partial)
	require.Equal(t, &localmon.Array{
		Name: "watch1", Kind: localmon.KindHost, Model: "PowerEdge R650",
		OS: "Debian GNU/Linux 12 (bookworm)", Version: "6.1.0-28-amd64",
	}, b.Info)
	for _, want := range []struct {
		value  float64
		metric string
		labels []string
	}{
		{5, "node_cpu_seconds_total", []string{"cpu", "0", "mode", "user"}},
		{40, "node_cpu_seconds_total", []string{"cpu", "1", "mode", "idle"}},
		{1700000000, "node_boot_time_seconds", nil},
		{4321, "node_forks_total", nil},
		{0.75, "node_load5", nil},
		{86400.25, "localmon_host_uptime_seconds", nil},
		{8192000 * 1024, "node_memory_MemAvailable_bytes", nil},
		{2000000 * 1024, "node_memory_SwapFree_bytes", nil},
		{2, "node_vmstat_oom_kill", nil},
		{2000 * 512, "node_disk_read_bytes_total", []string{"device", "sda"}},
		{0.7, "node_disk_io_time_seconds_total", []string{"device", "sda"}},
		{150, "node_filesystem_avail_bytes", []string{"device", "/dev/sda1", "fstype", "ext4", "mountpoint", "/"}},
		{1, "node_filesystem_readonly", []string{"device", "/dev/sdc1", "fstype", "ext4", "mountpoint", "/archive"}},
		{3, "node_network_receive_errs_total", []string{"device", "eth0"}},
		{6, "node_network_transmit_drop_total", []string{"device", "eth0"}},
		{7, "node_network_transmit_carrier_total", []string{"device", "eth0"}},
		{724928, "node_network_transmit_bytes_total", []string{"device", "lo"}},
		{1.25e9, "node_network_speed_bytes", []string{"device", "eth0"}},
		{1, "node_network_up", []string{"device", "eth0"}},
		{4, "node_network_carrier_changes_total", []string{"device", "eth0"}},
		{2.5, "node_pressure_cpu_waiting_seconds_total", nil},
		{4.82089, "node_pressure_io_stalled_seconds_total", nil},
		{45, "node_hwmon_temp_celsius", []string{"chip", "coretemp_hwmon3", "sensor", "temp1"}},
		{1, "node_edac_uncorrectable_errors_total", []string{"controller", "0"}},
		{1, "node_md_disks", []string{"device", "md1", "state", "failed"}},
		{2, "node_md_disks_required", []string{"device", "md1"}},
	} {
		require.InDelta(t, want.value, value(t, b, want.metric, want.labels...), 1e-9, want.metric)
	}
	require.False(t, has(b, "localmon_host_cpu_utilisation_ratio"), "one look has no span")
	for _, s := range b.Samples {
		require.NotContains(t, s.Key.Labels, `"sda1"`)
		require.NotContains(t, s.Key.Labels, "loop0")
		require.NotContains(t, s.Key.Labels, "nas:")
		require.NotContains(t, s.Key.Labels, "docker")
		require.NotContains(t, s.Key.Labels, "sdz9", "another file system is mounted over it")
		require.NotContains(t, s.Key.Labels, "/run/user")
	}
}

func TestStates(t *testing.T) {
	b, err := source(t, machine()).Collect(t.Context(), at)
	require.NoError(t, err)
	type judged struct {
		status string
		health localmon.Health
	}
	got := map[string]judged{}
	for _, s := range b.States {
		got[s.Type+" "+s.Component] = judged{s.Status, s.Health}
	}
	require.Equal(t, map[string]judged{
		"filesystem /":                      {"ok", localmon.HealthOK},
		"filesystem /srv/with space":        {"full", localmon.HealthCritical},
		"filesystem /archive":               {"read-only", localmon.HealthWarning},
		"filesystem /tmp":                   {"filling", localmon.HealthWarning}, // by its inodes
		"network_interface eth0":            {"up", localmon.HealthOK},
		"network_interface eth1":            {"down", localmon.HealthWarning},
		"network_interface eth2":            {"disabled", localmon.HealthOK},
		"md_array md0":                      {"active", localmon.HealthOK},
		"md_array md1":                      {"degraded", localmon.HealthCritical},
		"md_array md2":                      {"recovering", localmon.HealthWarning},
		"md_array md3":                      {"inactive", localmon.HealthCritical},
		"temperature coretemp_hwmon3 temp1": {"ok", localmon.HealthOK},
		"temperature coretemp_hwmon3 temp2": {"critical", localmon.HealthCritical},
		"memory_controller mc0":             {"uncorrectable errors", localmon.HealthCritical},
	}, got)
}

func TestUtilisationIsOfTheSpanBetweenTwoLooks(t *testing.T) {
	root := write(t, machine())
	s, err := host.New(host.Options{Target: "h", Root: root, Statfs: spaces(root)})
	require.NoError(t, err)
	look := func(cpu string) localmon.Batch {
		require.NoError(t, os.WriteFile(filepath.Join(root, "proc/stat"), []byte(cpu), 0o644))
		b, err := s.Collect(t.Context(), at)
		require.NoError(t, err)
		return b
	}
	look("cpu 100 0 100 800 0 0 0 0\n")
	// 200 ticks more: 30 user, 20 system, 100 idle, 50 waiting for disks.
	b := look("cpu 130 0 120 900 50 0 0 0\n")
	require.InDelta(t, 0.25, value(t, b, "localmon_host_cpu_utilisation_ratio"), 1e-9)
	b = look("cpu 130 0 120 890 50 0 0 0\n")
	require.False(t, has(b, "localmon_host_cpu_utilisation_ratio"), "a counter that runs backwards says nothing")
	b = look("cpu 230 0 120 880 50 0 0 0\n")
	require.False(t, has(b, "localmon_host_cpu_utilisation_ratio"), "nor does one of several")
}

// TestChipIsNamedByItsDevice: the numbers of hwmon folders change from boot to
// boot, and a series must not.
func TestChipIsNamedByItsDevice(t *testing.T) {
	root := write(t, machine())
	require.NoError(t, os.Symlink("../../../devices/platform/coretemp.0", filepath.Join(root, "sys/class/hwmon/hwmon3/device")))
	s, err := host.New(host.Options{Target: "h", Root: root, Statfs: spaces(root)})
	require.NoError(t, err)
	b, err := s.Collect(t.Context(), at)
	require.NoError(t, err)
	require.Equal(t, 45.0, value(t, b, "node_hwmon_temp_celsius", "chip", "coretemp_coretemp.0", "sensor", "temp1"))
}

func TestMissingFiles(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(tree map[string]string)
		partial []string
	}{
		"hardware that is not there is no failure": {func(tree map[string]string) {
			for path := range tree {
				if strings.HasPrefix(path, "sys/") || strings.HasPrefix(path, "proc/pressure") || path == "proc/mdstat" || strings.HasPrefix(path, "etc/") {
					delete(tree, path)
				}
			}
		}, nil},
		"what every Linux has is missed":     {func(tree map[string]string) { delete(tree, "proc/loadavg") }, []string{"/proc/loadavg"}},
		"a file of rubbish is said":          {func(tree map[string]string) { tree["proc/stat"] = "hello\n" }, []string{"/proc/stat"}},
		"an empty file is said":              {func(tree map[string]string) { tree["proc/uptime"] = "" }, []string{"/proc/uptime"}},
		"an endless file is refused":         {func(tree map[string]string) { tree["proc/meminfo"] = strings.Repeat("x", 5<<20) }, []string{"/proc/meminfo"}},
		"pressure without a total is said":   {func(tree map[string]string) { tree["proc/pressure/io"] = "some avg10=0\n" }, []string{"/proc/pressure/io"}},
		"a file system that cannot be asked": {func(tree map[string]string) { tree["proc/self/mounts"] += "/dev/sdz /dead ext4 rw 0 0\n" }, []string{"/proc/self/mounts"}},
	} {
		t.Run(name, func(t *testing.T) {
			tree := machine()
			c.change(tree)
			b, err := source(t, tree).Collect(t.Context(), at)
			require.NoError(t, err)
			require.NoError(t, sourcetest.Check(b, "this-host", at))
			var got []string
			for _, p := range b.Partial {
				got = append(got, p.Endpoint)
			}
			require.Equal(t, c.partial, got)
		})
	}
}

func TestThisMachine(t *testing.T) {
	if _, err := os.Stat("/proc/stat"); err != nil {
		t.Skip("no /proc here: ", err)
	}
	s, err := host.New(host.Options{Target: "this-host"})
	require.NoError(t, err)
	b, err := s.Collect(t.Context(), at)
	require.NoError(t, err)
	require.NoError(t, sourcetest.Check(b, "this-host", at))
	require.Greater(t, value(t, b, "node_memory_MemTotal_bytes"), 0.0)
	require.True(t, has(b, "node_cpu_seconds_total"))
	require.True(t, has(b, "node_load1"))
}

func TestNewNeedsATarget(t *testing.T) {
	_, err := host.New(host.Options{})
	require.ErrorContains(t, err, "needs a name")
}

func BenchmarkCollectThisMachine(b *testing.B) {
	s, err := host.New(host.Options{Target: "this-host"})
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Collect(b.Context(), at); err != nil {
			b.Skip("this machine cannot be read: ", err)
		}
	}
}
