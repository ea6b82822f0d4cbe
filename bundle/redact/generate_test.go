package redact_test

import (
	"fmt"
	"io"
	"math/rand/v2"
)

// generator writes logs as a site makes them: syslog, JSON and output of
// commands mixed. The same seed gives the same bytes.
type generator struct {
	r     *rand.Rand
	hosts []string
	users []string
	sec   int
}

const benchSeed = 20261122

func newGenerator(seed uint64) *generator {
	g := &generator{r: rand.New(rand.NewPCG(seed, 1))}
	for i := range 60 {
		g.hosts = append(g.hosts, fmt.Sprintf("%s-%02d", []string{"esx-lyon", "dbsrv", "app-fr", "filer", "stor-mgmt"}[i%5], i))
	}
	for i := range 80 {
		g.users = append(g.users, fmt.Sprintf("%c%s%d", 'a'+i%26, []string{"meyer", "dupont", "lindq", "okafor", "svc_run"}[i%5], i))
	}
	return g
}

func pick[T any](g *generator, l []T) T { return l[g.r.IntN(len(l))] }

func (g *generator) ip() string {
	return fmt.Sprintf("10.%d.%d.%d", g.r.IntN(4), g.r.IntN(16), 1+g.r.IntN(250))
}

func (g *generator) stamp() string {
	g.sec += g.r.IntN(3)
	return fmt.Sprintf("Oct %2d %02d:%02d:%02d", 1+g.sec/86400%28, g.sec/3600%24, g.sec/60%60, g.sec%60)
}

// line writes one line of one of many sorts.
func (g *generator) line(w io.Writer) {
	h := pick(g, g.hosts)
	switch g.r.IntN(14) {
	case 0:
		fmt.Fprintf(w, "%s %s sshd[%d]: Accepted publickey for %s from %s port %d ssh2: RSA SHA256:%08x%08x\n", g.stamp(), h, g.r.IntN(30000), pick(g, g.users), g.ip(), 1024+g.r.IntN(60000), g.r.Uint32(), g.r.Uint32())
	case 1:
		fmt.Fprintf(w, "%s %s kernel: [%d.%06d] sd 7:0:%d:%d: [sdb] tag#%d FAILED Result: hostbyte=DID_OK driverbyte=DRIVER_SENSE cmd_age=%ds\n", g.stamp(), h, g.r.IntN(1000000), g.r.IntN(1000000), g.r.IntN(8), g.r.IntN(256), g.r.IntN(64), g.r.IntN(30))
	case 2:
		fmt.Fprintf(w, "{\"ts\":\"2026-10-%02dT%02d:%02d:%02dZ\",\"level\":\"info\",\"logger\":\"io.pool\",\"msg\":\"request served\",\"src\":\"%s\",\"user\":\"%s\",\"status\":200,\"took_ms\":%d,\"trace\":\"%016x%016x\"}\n", 1+g.r.IntN(28), g.r.IntN(24), g.r.IntN(60), g.r.IntN(60), g.ip(), pick(g, g.users), g.r.IntN(900), g.r.Uint64(), g.r.Uint64())
	case 3:
		fmt.Fprintf(w, "CH0.BAY%-3d healthy  SSD   %d.%02dT   FA-X70R3  last scrub 2026-10-%02d 04:12:55 UTC  errors 0\n", g.r.IntN(40), 1+g.r.IntN(15), g.r.IntN(100), 1+g.r.IntN(28))
	case 4:
		fmt.Fprintf(w, "purefa_array_performance_latency_usec{dimension=\"usec_per_%s_op\"} %d.%03d\n", pick(g, []string{"read", "write", "mirrored_write"}), g.r.IntN(5000), g.r.IntN(1000))
	case 5:
		fmt.Fprintf(w, "2026-10-%02d %02d:%02d:%02d,%03d INFO [pool-%d-thread-%d] com.example.io.BlockManager: committed block blk_%d in %d ms, replicas=%d, size=%d\n", 1+g.r.IntN(28), g.r.IntN(24), g.r.IntN(60), g.r.IntN(60), g.r.IntN(1000), g.r.IntN(9), g.r.IntN(40), g.r.Uint32(), g.r.IntN(90), 1+g.r.IntN(3), g.r.Uint32())
	case 6:
		fmt.Fprintf(w, "%s %s multipathd[%d]: 3624a9370%016x%08x: sd%c - tur checker reports path is %s\n", g.stamp(), h, g.r.IntN(9999), 0x6c1b16ce1c034d1c, 0x11000+g.r.IntN(64), 'a'+rune(g.r.IntN(26)), pick(g, []string{"up", "down"}))
	case 7:
		fmt.Fprintf(w, "CT%d.FC%d  52:4a:93:71:af:4e:82:%02x  online  16G  rx %d tx %d crc 0 loss 0\n", g.r.IntN(2), g.r.IntN(8), g.r.IntN(16), g.r.Uint32(), g.r.Uint32())
	case 8:
		fmt.Fprintf(w, "%s %s CRON[%d]: (root) CMD (/usr/lib/sysstat/sa1 1 1)\n", g.stamp(), h, g.r.IntN(30000))
	case 9:
		fmt.Fprintf(w, "tcp        0      0 %s:%d      %s:%d     ESTABLISHED %d/java\n", g.ip(), 1024+g.r.IntN(60000), g.ip(), 443, g.r.IntN(30000))
	case 10:
		fmt.Fprintf(w, "%s %s systemd[1]: Starting Daily apt download activities... this is an ordinary line without any value worth hiding in it.\n", g.stamp(), h)
	case 11:
		fmt.Fprintf(w, "%s %s app[%d]: retrying connection to %s.nordbank.example:5432 (attempt %d of 10), last error: connection refused, backing off %dms\n", g.stamp(), h, g.r.IntN(30000), pick(g, g.hosts), g.r.IntN(10), g.r.IntN(5000))
	case 12:
		fmt.Fprintf(w, "%8d %8d %6.2f%% %6.2f%% %10d KiB/s %10d KiB/s  await %5.2f svctm %5.2f\n", g.r.IntN(100000), g.r.IntN(100000), g.r.Float64()*100, g.r.Float64()*100, g.r.IntN(1000000), g.r.IntN(1000000), g.r.Float64()*50, g.r.Float64()*5)
	case 13:
		if g.r.IntN(40) == 0 {
			fmt.Fprintf(w, "%s %s backup[%d]: using password=%08xQz! for share \\\\%s\\backup$\n", g.stamp(), h, g.r.IntN(30000), g.r.Uint32(), h)
			return
		}
		fmt.Fprintf(w, "%s %s vmkernel: cpu%d:%d)ScsiDeviceIO: 4115: Cmd(0x459a40b7a540) 0x2a, CmdSN 0x%x from world %d to dev \"naa.624a9370%016x%08x\" failed H:0x0 D:0x2 P:0x0\n", g.stamp(), h, g.r.IntN(48), 2097614+g.r.IntN(99), g.r.Uint32(), 2097614+g.r.IntN(99), 0x6c1b16ce1c034d1c, 0x11000+g.r.IntN(64))
	}
}

// fill writes lines up to a size.
func (g *generator) fill(w io.Writer, size int64) (int64, error) {
	c := &countingWriter{w: w}
	for c.n < size && c.err == nil {
		g.line(c)
	}
	return c.n, c.err
}

type countingWriter struct {
	w   io.Writer
	n   int64
	err error
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	if err != nil {
		c.err = err
	}
	return n, err
}
