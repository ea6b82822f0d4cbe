package daemon_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/alertstore"
	"darksite/localmon/boltfile"
	"darksite/localmon/daemon"
	"darksite/localmon/history"
	"darksite/localmon/rule"
	"darksite/localmon/source/flasharray"
	"darksite/localmon/source/poll"
	"darksite/training/sim"
	"darksite/training/sim/arrayapi"

	"github.com/stretchr/testify/require"
)

// The arrays of the benchmarks live in a process of their own, so that what is
// measured here is the monitor and nothing else.

const arraysEnv = "DARKSITE_BENCH_ARRAYS"

func TestMain(m *testing.M) {
	if n := os.Getenv(arraysEnv); n != "" {
		if err := serveArrays(n, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	sideBySide()
	os.Exit(m.Run())
}

// sideBySide lets more tests run beside each other than there are processors,
// unless somebody said how many: stories of arrays that do not answer mostly wait.
func sideBySide() {
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if !said {
		_ = flag.Set("test.parallel", strconv.Itoa(4*runtime.GOMAXPROCS(0)))
	}
}

// servedArray is what the monitor needs to know of an array of the child.
type servedArray struct{ Name, URL, Token, Pin string }

// traffic is what the arrays were asked and answered since the start.
type traffic struct{ Requests, Bytes int64 }

// serveArrays serves large arrays until stdin ends: it writes what was served,
// then answers each line, a duration, with the traffic so far after moving the
// clock by it.
func serveArrays(count string, in io.Reader, out io.Writer) error {
	var n int
	if _, err := fmt.Sscan(count, &n); err != nil {
		return fmt.Errorf("number of arrays %q: %w", count, err)
	}
	var seen struct{ requests, bytes atomic.Int64 }
	var arrays []*sim.Array
	var served []servedArray
	for i := range n {
		array, err := sim.New(sim.Options{Name: fmt.Sprintf("fa-%02d", i), Seed: 7, Size: sim.Large})
		if err != nil {
			return err
		}
		handler := arrayapi.New(array)
		cert, err := arrayapi.Certificate(array.Options(), 0)
		if err != nil {
			return err
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		server := &http.Server{
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen.requests.Add(1)
				handler.ServeHTTP(&countingWriter{w, &seen.bytes}, r)
			}),
			ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute,
		}
		defer server.Close()
		go func() {
			_ = server.Serve(tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}))
		}()
		arrays = append(arrays, array)
		served = append(served, servedArray{array.Options().Name, "https://" + l.Addr().String(), handler.Token(), arrayapi.Pin(cert)})
	}
	encoder := json.NewEncoder(out)
	if err := encoder.Encode(served); err != nil {
		return err
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		step, err := time.ParseDuration(lines.Text())
		if err != nil {
			return err
		}
		for _, a := range arrays {
			a.Advance(step)
		}
		if err := encoder.Encode(traffic{seen.requests.Load(), seen.bytes.Load()}); err != nil {
			return err
		}
	}
	return nil
}

type countingWriter struct {
	http.ResponseWriter
	bytes *atomic.Int64
}

func (w *countingWriter) Write(b []byte) (int, error) {
	n, err := w.ResponseWriter.Write(b)
	w.bytes.Add(int64(n))
	return n, err
}

// fleet is the child and the monitor that watches its arrays.
type fleet struct {
	b       *testing.B
	in      io.WriteCloser
	out     *json.Decoder
	now     time.Time
	monitor *daemon.Daemon
}

func newFleet(b *testing.B, n int) *fleet {
	b.Helper()
	f := &fleet{b: b, now: sim.DefaultStart()}
	program, err := os.Executable()
	require.NoError(b, err)
	child := exec.CommandContext(context.WithoutCancel(b.Context()), program) // it ends with its input
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%d", arraysEnv, n))
	child.Stderr = os.Stderr
	f.in, err = child.StdinPipe()
	require.NoError(b, err)
	out, err := child.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, child.Start())
	b.Cleanup(func() {
		_ = f.in.Close()
		require.NoError(b, child.Wait())
	})
	f.out = json.NewDecoder(out)
	var served []servedArray
	require.NoError(b, f.out.Decode(&served))
	f.watch(served)
	return f
}

func (f *fleet) watch(served []servedArray) {
	b := f.b
	dir := b.TempDir()
	db, err := history.Open(filepath.Join(dir, "history.db"), history.Options{Budget: 20 << 30})
	require.NoError(b, err)
	file, err := boltfile.Open(filepath.Join(dir, "site.db"), boltfile.Options{Schema: "site", Version: 1})
	require.NoError(b, err)
	b.Cleanup(func() {
		require.NoError(b, db.Close())
		require.NoError(b, file.Close())
	})
	alerts, err := alertstore.Open(file)
	require.NoError(b, err)
	rules, err := rule.Shipped()
	require.NoError(b, err)
	var targets []daemon.Target
	for _, a := range served {
		src, err := flasharray.New(flasharray.Options{Target: a.Name, URL: a.URL, Token: a.Token, Pin: a.Pin, RequestTimeout: time.Minute, Timeout: time.Minute})
		require.NoError(b, err)
		targets = append(targets, daemon.Target{Source: src, Kind: localmon.KindFlashArray, Poll: poll.Options{Timeout: time.Minute}})
	}
	f.monitor, err = daemon.New(daemon.Options{Targets: targets, History: db, Alerts: alerts, Rules: rules, Now: func() time.Time { return f.now }})
	require.NoError(b, err)
}

// step moves every clock and says what the arrays have answered so far.
func (f *fleet) step(d time.Duration) traffic {
	f.b.Helper()
	f.now = f.now.Add(d)
	_, err := fmt.Fprintln(f.in, d)
	require.NoError(f.b, err)
	var t traffic
	require.NoError(f.b, f.out.Decode(&t))
	return t
}

// look looks at every array once and stores, judges and maintains.
func (f *fleet) look() {
	f.b.Helper()
	summary, err := f.monitor.Once(f.b.Context())
	require.NoError(f.b, err)
	for _, l := range summary.Looks {
		require.Empty(f.b, l.Error)
		require.Empty(f.b, l.Partial)
	}
	require.Empty(f.b, summary.Monitor.Trouble)
}

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// BenchmarkTenLargeArrays is ten arrays of a thousand volumes, looked at every
// thirty seconds of their clock, everything from TLS to fsync and rules
// included. core-% is the CPU of the monitor against one core at that pace; the
// limit is 10.
func BenchmarkTenLargeArrays(b *testing.B) {
	const arrays, every = 10, 30 * time.Second
	f := newFleet(b, arrays)
	f.step(every)
	f.look() // the first look logs in and reads the rows that are read rarely
	before, began, rounds := f.step(every), cpu(b), 0
	b.ReportAllocs()
	for b.Loop() {
		f.look()
		f.step(every)
		rounds++
	}
	used, after := cpu(b)-began, f.step(0)
	looks := float64(rounds * arrays)
	b.ReportMetric(float64(after.Requests-before.Requests)/looks, "requests/look")
	b.ReportMetric(float64(after.Bytes-before.Bytes)/looks/1e3, "kB/look")
	b.ReportMetric(used.Seconds()*1e3/looks, "cpu-ms/look")
	b.ReportMetric(used.Seconds()/float64(rounds)/every.Seconds()*100, "core-%")
}

// BenchmarkDayOfALargeArray is 2,880 looks at one array: the live heap after the
// first hour and at the end of the day, and what both have to do with each
// other.
func BenchmarkDayOfALargeArray(b *testing.B) {
	const every = 30 * time.Second
	for b.Loop() {
		f := newFleet(b, 1)
		var first float64
		for i := range 2880 {
			f.step(every)
			f.look()
			if i == 120 {
				first = heap()
			}
		}
		last := heap()
		b.ReportMetric(first, "MiB-1st-hour")
		b.ReportMetric(last, "MiB-24th-hour")
		b.ReportMetric(last/first, "growth")
	}
}
