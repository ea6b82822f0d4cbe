package host

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every parser takes any text, keeps numbers that are numbers, and never more
// entries than there are lines.

func fine(t *testing.T, v float64) {
	t.Helper()
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		t.Fatalf("not a count: %v", v)
	}
}

func FuzzStat(f *testing.F) {
	f.Add("cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4\nbtime 5\n")
	f.Add("cpu -1 x\ncpuX 1 2 3 4 5\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseStat(text)
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(s.cpus), strings.Count(text, "\n")+1)
		all, quiet := s.all.total()
		fine(t, all)
		fine(t, quiet)
	})
}

func FuzzMeminfo(f *testing.F) {
	f.Add("MemTotal: 1 kB\nMemFree:\t2 kB\n")
	f.Fuzz(func(t *testing.T, text string) {
		found, err := parseMeminfo(text)
		require.Equal(t, err != nil, len(found) == 0)
		for _, v := range found {
			fine(t, v)
		}
	})
}

func FuzzPressure(f *testing.F) {
	f.Add("some avg10=0.16 avg60=0.18 avg300=0.28 total=6405224\nfull total=1\n")
	f.Fuzz(func(t *testing.T, text string) {
		totals, _ := parsePressure(text)
		for _, v := range totals {
			fine(t, v)
		}
	})
}

func FuzzDiskstats(f *testing.F) {
	f.Add(" 8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, _ := parseDiskstats(text)
		require.LessOrEqual(t, len(all), strings.Count(text, "\n")+1)
		for _, d := range all {
			require.NotEmpty(t, d.device)
			for _, v := range d.values {
				fine(t, v)
			}
		}
	})
}

func FuzzMounts(f *testing.F) {
	f.Add("/dev/sda1 /with\\040space ext4 rw,relatime 0 0\n")
	f.Add("a /\\777 ext4 rw 0 0\nb /\\04 ext4 rw\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := parseMounts(text)
		if err != nil {
			return
		}
		points := map[string]bool{}
		for _, m := range worthAsking(all) {
			require.True(t, strings.HasPrefix(m.point, "/"))
			require.False(t, points[m.point], "a mount point is asked once")
			points[m.point] = true
		}
	})
}

func FuzzNetDev(f *testing.F) {
	f.Add("  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n eth0:1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, _ := parseNetDev(text)
		for _, n := range all {
			require.NotEmpty(t, n.device)
			for _, v := range n.values {
				fine(t, v)
			}
		}
	})
}

func FuzzMdstat(f *testing.F) {
	f.Add("md0 : active raid1 sdb1[1] sda1[0](F)\n  1048512 blocks super 1.2 [2/1] [U_]\n  [=>..] recovery = 12.6% (1/2)\n")
	f.Add("md0 : \nmd : inactive\n blocks [/] []\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, a := range parseMdstat(text) {
			fine(t, a.required)
			fine(t, a.up)
			status, health := a.judge()
			require.NotEmpty(t, status)
			require.NotZero(t, health)
			if !a.active {
				require.Equal(t, "inactive", status)
			}
		}
	})
}
