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
	switch n := g.r.IntN(28); n {
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
	default:
		g.more(w, n, h)
	}
}

// more writes lines of further sorts: web servers, audit records, traces of
// programs, tables, hypervisors, databases, orchestration.
func (g *generator) more(w io.Writer, n int, h string) {
	num := g.r.IntN
	switch n {
	case 14:
		fmt.Fprintf(w, "%s - - [%02d/Oct/2026:%02d:%02d:%02d +0200] \"GET /api/v2/%s/%d?limit=%d HTTP/1.1\" %d %d \"-\" \"Mozilla/5.0 (X11; Linux x86_64; rv:%d.0) Gecko/20100101\"\n",
			g.ip(), 1+num(28), num(24), num(60), num(60), pick(g, []string{"volumes", "hosts", "alerts", "arrays/performance"}), num(5000), num(500), pick(g, []int{200, 204, 304, 404, 500}), num(90000), 60+num(60))
	case 15:
		fmt.Fprintf(w, "type=SYSCALL msg=audit(%d.%03d:%d): arch=c000003e syscall=%d success=yes exit=%d a0=%x a1=%x items=%d ppid=%d pid=%d auid=%d uid=0 gid=0 tty=(none) ses=%d comm=\"%s\" exe=\"/usr/sbin/%s\" key=(null)\n",
			1791000000+g.sec, num(1000), num(1000000), num(330), num(9), g.r.Uint64(), g.r.Uint64(), num(4), num(30000), num(30000), 1000+num(50), num(900), "crond", "crond")
	case 16:
		fmt.Fprintf(w, "\tat org.apache.kafka.clients.%s.%s(%s.java:%d)\n", pick(g, []string{"consumer", "producer", "admin"}), pick(g, []string{"internals.Fetcher.collectFetch", "KafkaProducer.doSend", "NetworkClient.poll"}), pick(g, []string{"Fetcher", "KafkaProducer", "NetworkClient"}), num(2000))
	case 17:
		fmt.Fprintf(w, "{\"time\":%d.%06d,\"lvl\":\"WARN\",\"caller\":\"queue/drain.go:%d\",\"msg\":\"queue depth above mark\",\"depth\":%d,\"labels\":{\"app\":\"collector\",\"pod\":\"collector-%x-%c%c%d\",\"zone\":\"eu-%d\"},\"retry\":%t}\n",
			1791000000+g.sec, num(1000000), num(900), num(90000), 0x5f3a1c0+num(40), 'p'+rune(num(3)), 'b'+rune(num(3)), num(4), num(3), num(2) == 0)
	case 18:
		fmt.Fprintf(w, "%-20s %10d %10d %10d %3d%% /srv/data%d\n", fmt.Sprintf("/dev/mapper/mpath%c", 'a'+num(26)), num(1<<30), num(1<<29), num(1<<29), num(100), num(12))
	case 19:
		fmt.Fprintf(w, "root     %6d  %4.1f  %4.1f %7d %6d ?        Ss   %02d:%02d   %d:%02d /usr/lib/systemd/%s --unit=%d\n", num(60000), g.r.Float64()*9, g.r.Float64()*9, num(900000), num(90000), num(24), num(60), num(90), num(60), pick(g, []string{"systemd-udevd", "systemd-journald", "systemd-logind"}), num(100))
	case 20:
		fmt.Fprintf(w, "[%5d.%06d] nvme nvme%d: I/O %d QID %d timeout, completion polled; ctrl state %d, latency %d us, sectors %d..%d\n", num(90000), num(1000000), num(4), num(1024), num(32), num(5), num(100000), num(1<<30), num(1<<30))
	case 21:
		fmt.Fprintf(w, "2026-10-%02dT%02d:%02d:%02d.%03dZ info hostd[%d] [Originator@6876 sub=Vimsvc.ha-eventmgr opID=%08x-%02x] Event %d : Virtual machine state of vm-%d changed from poweredOn to %s in ha-datacenter\n", 1+num(28), num(24), num(60), num(60), num(1000), 2097152+num(999), g.r.Uint32(), num(256), num(90000), num(900), pick(g, []string{"poweredOff", "suspended"}))
	case 22:
		fmt.Fprintf(w, "2026-10-%02d %02d:%02d:%02d.%03d UTC [%d] LOG:  checkpoint complete: wrote %d buffers (%d.%d%%); %d WAL file(s) added, 0 removed, %d recycled; write=%d.%03d s, sync=0.%03d s, total=%d.%03d s\n", 1+num(28), num(24), num(60), num(60), num(1000), num(30000), num(9000), num(100), num(10), num(9), num(9), num(300), num(1000), num(1000), num(300), num(1000))
	case 23:
		fmt.Fprintf(w, "%d,%d,%.3f,%.3f,%.3f,%d,%s,%.2f\n", 1791000000+g.sec, num(16), g.r.Float64()*1000, g.r.Float64()*1000, g.r.Float64()*10, num(1<<20), pick(g, []string{"read", "write", "unmap"}), g.r.Float64()*100)
	case 24:
		fmt.Fprintf(w, "%s %s dhclient[%d]: bound to %s -- renewal in %d seconds.\n", g.stamp(), h, num(30000), g.ip(), num(90000))
	case 25:
		fmt.Fprintf(w, "  <Event id=\"%d\" severity=\"%s\"><Component>CT%d.ETH%d</Component><Value unit=\"C\">%d.%d</Value><Code>0x%08X</Code></Event>\n", num(100000), pick(g, []string{"info", "warning"}), num(2), num(10), 20+num(60), num(10), g.r.Uint32())
	case 26:
		fmt.Fprintf(w, "%02d:%02d:%02d.%06d IP %s.%d > %s.%d: Flags [P.], seq %d:%d, ack %d, win %d, length %d\n", num(24), num(60), num(60), num(1000000), g.ip(), 1024+num(60000), g.ip(), 3260, num(1<<30), num(1<<30), num(1<<30), num(65535), num(1460))
	case 27:
		fmt.Fprintf(w, "%s %s su[%d]: pam_unix(su-l:session): session %s for user %s(uid=%d) by (uid=0)\n", g.stamp(), h, num(30000), pick(g, []string{"opened", "closed"}), pick(g, g.users), 1000+num(90))
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
