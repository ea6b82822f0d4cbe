package review_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"darksite/bundle"
	"darksite/bundle/review"

	"github.com/stretchr/testify/require"
)

// corpus is a simulated bundle of a site with arrays: logs of hosts, array
// state, history as CSV, an audit trail. The seed decides every byte.
type corpus struct {
	rng      *rand.Rand
	standIns map[string][]string // by kind
	messages []string            // of hosts, with places %N %H %V %I %P %U %D %G %S
	secrets  []string            // planted
	odd      string              // a line that stands once
	words    []string
}

const letters = "abcdefghjkmnpqrstvwxyz0123456789"

func (c *corpus) tail() string {
	b := make([]byte, 8)
	for i := range b {
		b[i] = letters[c.rng.IntN(len(letters))]
	}
	return string(b)
}

func newCorpus(seed uint64, messages int) *corpus {
	c := &corpus{rng: rand.New(rand.NewPCG(seed, 42)), standIns: map[string][]string{}, odd: "the ambassador will arrive by the northern gate on thursday"}
	for kind, n := range map[string]int{"host": 120, "user": 60, "array": 8, "vol": 500, "sn": 160, "pod": 12, "grp": 30} {
		c.standIns[kind] = make([]string, n)
	}
	for _, kind := range []string{"host", "user", "array", "vol", "sn", "pod", "grp"} {
		for i := range c.standIns[kind] {
			c.standIns[kind][i] = kind + "-" + c.tail()
		}
	}
	for range 200 {
		c.standIns["ip"] = append(c.standIns["ip"], fmt.Sprintf("240.%d.%d.%d", c.rng.IntN(250), c.rng.IntN(250), 1+c.rng.IntN(250)))
	}
	syllables := strings.Fields("re con dis trans link port mount queue path fabric write cache drive shelf login sess time out ab ort reset scan map init state sync flush lease grant lock node peer mirror repl snap clone quota")
	for range 900 {
		w := ""
		for range 1 + c.rng.IntN(3) {
			w += syllables[c.rng.IntN(len(syllables))]
		}
		c.words = append(c.words, w)
	}
	verbs := []string{"%D", "%G", "%N", "%H", "%V", "%I", "%P", "%U", "%N", "%N", "%S"}
	for range messages {
		parts := []string{c.words[c.rng.IntN(len(c.words))] + ":"}
		for range 3 + c.rng.IntN(7) {
			if c.rng.IntN(3) == 0 {
				parts = append(parts, c.words[c.rng.IntN(len(c.words))]+"="+verbs[c.rng.IntN(len(verbs))])
			} else {
				parts = append(parts, c.words[c.rng.IntN(len(c.words))])
			}
		}
		c.messages = append(c.messages, strings.Join(parts, " "))
	}
	for range 40 {
		const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
		b := make([]byte, 32)
		for i := range b {
			b[i] = alphabet[c.rng.IntN(len(alphabet))]
		}
		c.secrets = append(c.secrets, string(b))
	}
	return c
}

func (c *corpus) pick(kind string) string {
	all := c.standIns[kind]
	return all[c.rng.IntN(len(all))]
}

func (c *corpus) message(b []byte) []byte {
	// A few messages are most of a log; many are rare.
	n := int(float64(len(c.messages)) * c.rng.Float64() * c.rng.Float64() * c.rng.Float64())
	m := c.messages[n]
	for i := 0; i < len(m); i++ {
		if m[i] != '%' {
			b = append(b, m[i])
			continue
		}
		i++
		switch m[i] {
		case 'N':
			b = strconv.AppendInt(b, int64(c.rng.IntN(100_000)), 10)
		case 'H':
			b = append(b, c.pick("host")...)
		case 'V':
			b = append(b, c.pick("vol")...)
		case 'I':
			b = append(b, c.pick("ip")...)
		case 'P':
			b = fmt.Appendf(b, "CT%d.FC%d", c.rng.IntN(2), c.rng.IntN(4))
		case 'U':
			b = append(b, c.pick("user")...)
		case 'D':
			b = append(b, c.pick("pod")...)
		case 'G':
			b = append(b, c.pick("grp")...)
		case 'S':
			b = append(b, c.pick("sn")...)
		}
	}
	return b
}

var start = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// write makes files of so many lines in all below dir and returns what a review
// takes. Secrets and the odd line are planted in the logs.
func (c *corpus) write(t testing.TB, dir string, lines int) review.Input {
	t.Helper()
	in := review.Input{Manifest: bundle.Manifest{
		BID: "S042-000017", CreatedUTC: "2026-03-02T08:15:30Z", Marking: "INTERNAL",
		Collector: bundle.Principal{Principal: "mdurand", KeyID: "0123456789abcdef"},
		Rules:     bundle.Versioned{ID: "shipped", Version: 3, SHA256: bundle.DigestOf([]byte("rules"))},
		Policy:    bundle.Versioned{ID: "default", Version: 1, SHA256: bundle.DigestOf([]byte("policy"))},
	}, Tree: os.DirFS(dir), Keywords: strings.Fields("mercure venus mars jupiter saturne uranus neptune pluton")}
	file := func(path string, n int, line func(b []byte, i int) []byte) {
		to := filepath.Join(dir, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
		f, err := os.Create(to)
		require.NoError(t, err)
		w := bufio.NewWriterSize(f, 1<<20)
		var b []byte
		for i := range n {
			b = append(line(b[:0], i), '\n')
			_, err := w.Write(b)
			require.NoError(t, err)
		}
		require.NoError(t, w.Flush())
		info, err := f.Stat()
		require.NoError(t, err)
		require.NoError(t, f.Close())
		in.Manifest.Files = append(in.Manifest.Files, bundle.Entry{
			Path: path, Size: info.Size(), SHA256: bundle.DigestOf([]byte(path)), Inspected: bundle.InspectedFull,
			Source: strings.Split(path, "/")[1], Type: "text", Redactions: map[string]int64{"host": int64(n)},
		})
	}
	const logs = 10
	perLog := lines / 2 / logs
	secret := 0
	for f := range logs {
		host := c.standIns["host"][f]
		file(fmt.Sprintf("files/logs/syslog.%d", f), perLog, func(b []byte, i int) []byte {
			b = start.Add(time.Duration(i)*time.Second).AppendFormat(b, time.RFC3339)
			b = fmt.Appendf(append(append(append(b, ' '), host...), ' '), "%s[%d]: ", c.words[c.rng.IntN(12)], c.rng.IntN(30_000))
			switch {
			case f == 7 && i == perLog/3:
				return append(b, c.odd...)
			case i%(perLog/5) == 1 && secret < len(c.secrets):
				secret++
				return append(append(b, "session opened with key "...), c.secrets[secret-1]...)
			case i%50 == 0:
				return fmt.Appendf(b, "request %08x-%04x-4%03x-8%03x-%012x took %d ms", c.rng.Uint32(), c.rng.Uint32()&0xffff, c.rng.Uint32()&0xfff, c.rng.Uint32()&0xfff, c.rng.Uint64()&0xffffffffffff, c.rng.IntN(900))
			}
			return c.message(b)
		})
	}
	const families = 12
	for f := range families {
		array := c.standIns["array"]
		file(fmt.Sprintf("files/monitor/samples/family-%d.csv", f), lines*3/10/families, func(b []byte, i int) []byte {
			if i == 0 {
				return append(b, "at,target,name,value,unit"...)
			}
			b = start.Add(time.Duration(i)*30*time.Second).AppendFormat(b, time.RFC3339)
			return fmt.Appendf(b, ",%s,%s,%.3f,us", array[i%len(array)], c.pick("vol"), c.rng.Float64()*900)
		})
	}
	keys := c.words[100:180]
	file("files/arraystate/volumes.json", lines/10, func(b []byte, i int) []byte {
		switch k := keys[i%len(keys)]; i % 4 {
		case 0:
			return fmt.Appendf(b, "    %q: %q,", k, c.pick("vol"))
		case 1:
			return fmt.Appendf(b, "    %q: %d,", k, c.rng.IntN(1<<30))
		case 2:
			return fmt.Appendf(b, "    %q: true,", k)
		default:
			return fmt.Appendf(b, "    %q: %q,", k, c.pick("sn"))
		}
	})
	file("files/arraystate/audit.jsonl", lines/10, func(b []byte, i int) []byte {
		return fmt.Appendf(b, `{"at":%d,"user":%q,"command":"pure%s","object":%q,"from":%q,"job":"job-%d"}`,
			start.UnixMilli()+int64(i)*17, c.pick("user"), keys[c.rng.IntN(40)], c.pick("vol"), c.pick("ip"), i)
	})
	return in
}

// economy is what the officer of a bundle has to read.
type economy struct {
	lines, rows, first, items int64
	took                      time.Duration
	peak                      uint64
	text                      string
}

func measure(t testing.TB, in review.Input) (economy, review.Known) {
	t.Helper()
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	peak := before.HeapAlloc
	stop := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				peak = max(peak, now.HeapAlloc)
			}
		}
	})
	began := time.Now()
	s, known, err := review.Build(t.Context(), in)
	require.NoError(t, err)
	e := economy{lines: s.Lines}
	sections := review.Sections(s, review.View{})
	e.first = int64(len(review.Head(s, sections)))
	e.took = time.Since(began)
	close(stop)
	watch.Wait()
	e.peak = peak - min(peak, before.HeapAlloc)
	for _, sec := range sections {
		e.items += int64(len(sec.Items))
	}
	var b strings.Builder
	require.NoError(t, review.Text(&b, s, review.View{}))
	e.text = b.String()
	e.rows = int64(strings.Count(e.text, "\n"))
	require.Equal(t, s.Lines, s.Coverage.All().Lines, "every line is accounted for")
	require.Zero(t, s.Coverage.Unlisted.Lines)
	return e, known
}

func (e economy) perMillion() float64 { return float64(e.rows) / float64(e.lines) * 1e6 }

// economyLines is how many lines the test of the economy simulates. REVIEW_LINES
// asks for another number, such as 2000000.
func economyLines(t testing.TB) int {
	n, err := strconv.Atoi(os.Getenv("REVIEW_LINES"))
	if err != nil {
		return 100_000
	}
	t.Logf("REVIEW_LINES=%d", n)
	return n
}

func TestReviewEconomy(t *testing.T) {
	lines := economyLines(t)
	c := newCorpus(7, 300)
	dir := t.TempDir()
	in := c.write(t, dir, lines)
	e, known := measure(t, in)
	t.Logf("first bundle: %d lines, %d rows to read (%.0f per million) in %d items; first screen of %d rows after %v; peak memory %d MiB",
		e.lines, e.rows, e.perMillion(), e.items, e.first, e.took.Round(time.Millisecond), e.peak>>20)

	flat := strings.Join(strings.Fields(e.text), " ") + " "
	require.Equal(t, 1, strings.Count(flat, c.odd), "a line that stands once in so many is shown, and once")
	for kind, all := range c.standIns {
		for _, one := range all {
			require.Containsf(t, flat, " "+one+" ", "%s is shown as a token", kind)
		}
	}
	for _, one := range c.secrets {
		require.Equal(t, 1, strings.Count(flat, one), one)
	}
	if lines >= 2_000_000 {
		require.LessOrEqual(t, e.perMillion(), 500.0)
		require.Less(t, e.peak, uint64(256<<20))
	}

	// The next bundle of the same site: other bytes, the same site, one new
	// message, one new name, one new secret.
	c.odd = "nobody has seen such a line before"
	c.standIns["vol"][3] = "vol-nnnn3333"
	fresh := "Zq8Xw3Vt6Rk9Pm2Jh5Gd7Sb4Ny1Fc0Tu"
	c.secrets[5] = fresh
	next := c.write(t, t.TempDir(), lines)
	next.Manifest.BID = "S042-000018"
	next.Known = &known
	e2, _ := measure(t, next)
	t.Logf("second bundle: %d lines, %d rows to read (%.0f per million) in %d items; first screen after %v; peak memory %d MiB",
		e2.lines, e2.rows, e2.perMillion(), e2.items, e2.took.Round(time.Millisecond), e2.peak>>20)
	flat = strings.Join(strings.Fields(e2.text), " ")
	require.Contains(t, flat, c.odd)
	require.Contains(t, flat, "vol-nnnn3333")
	require.Contains(t, flat, fresh)
	require.NotContains(t, flat, c.secrets[6], "an old one is folded")
	require.NotContains(t, flat, c.standIns["host"][50])
	require.Less(t, 3*e2.rows, 2*e.rows, "what is new is a part of it")
}

func BenchmarkReviewEconomy(b *testing.B) {
	c := newCorpus(7, 300)
	dir := b.TempDir()
	in := c.write(b, dir, 2_000_000)
	var size int64
	for _, e := range in.Manifest.Files {
		size += e.Size
	}
	b.SetBytes(size)
	var e economy
	for b.Loop() {
		e, _ = measure(b, in)
	}
	b.ReportMetric(e.perMillion(), "rows/Mlines")
	b.ReportMetric(e.took.Seconds(), "s-to-first-screen")
	b.ReportMetric(float64(e.peak)/(1<<20), "peak-MiB")
}
