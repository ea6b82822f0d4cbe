package rule_test

import (
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/rule"

	"github.com/stretchr/testify/require"
)

// bladeTimes is a look at the times of reads over each protocol and over all.
func bladeTimes(all, nfs, smb, s3 float64) localmon.Batch {
	s := localmon.NewSampler("fb-1")
	for protocol, usec := range map[string]float64{"all": all, "NFS": nfs, "SMB": smb, "S3": s3, "HTTP": 0} {
		s.Add(usec, "purefb_array_performance_latency_usec", "dimension", "usec_per_read_op", "protocol", protocol)
	}
	return localmon.Batch{Target: "fb-1", AlertsRead: true, Samples: s.Samples()}
}

// A target that tells no layers says at least over which protocol the time grew.
func TestABottleneckNamesTheProtocolsThatGrew(t *testing.T) {
	normal := bladeTimes(2000, 300, 350, 12_000)
	for _, c := range []struct {
		name string
		bad  localmon.Batch
		says string
	}{
		{"one protocol", bladeTimes(7000, 8000, 350, 12_000), "NFS read latency is 8 ms since 2026-11-22 09:00 UTC, normal is 0.3 ms; it grew over: NFS; in which layer the array does not tell"},
		{"one that has few operations", bladeTimes(2050, 300, 8000, 12_000), "SMB read latency is 8 ms since 2026-11-22 09:00 UTC, normal is 0.35 ms; it grew over: SMB;"},
		{"several", bladeTimes(8050, 8000, 8100, 12_000), "SMB read latency is 8.1 ms since 2026-11-22 09:00 UTC, normal is 0.35 ms; it grew over: NFS, SMB;"},
		{"every one that works", bladeTimes(30_000, 8000, 8100, 90_000), "read latency is 30 ms since 2026-11-22 09:00 UTC, normal is 2 ms; it grew over: NFS, SMB, S3;"},
		{"one that stood still before", bladeTimes(9000, 0, 8000, 0), "it grew over: SMB;"},
		{"more of what is slow by nature", bladeTimes(11_000, 310, 360, 12_500), "read latency is 11 ms since 2026-11-22 09:00 UTC, normal is 2 ms; it grew over: none alone, their mix changed;"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := rule.NewEvaluator(shipped(t), "fb-1", localmon.KindFlashBlade)
			now := start
			for range 120 {
				now = now.Add(30 * time.Second)
				require.Empty(t, e.Evaluate(now, normal))
			}
			var told []localmon.Condition
			for range 21 {
				now = now.Add(30 * time.Second)
				told = e.Evaluate(now, c.bad)
			}
			require.Len(t, told, 1)
			require.Equal(t, "fb-latency-bottleneck", told[0].Rule)
			require.Contains(t, told[0].Summary, c.says)
		})
	}
}
