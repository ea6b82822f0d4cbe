package container_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/container"

	"github.com/stretchr/testify/require"
)

// fixed is a manifest that is the same in every run.
func fixed(t testing.TB) bundle.Manifest {
	t.Helper()
	m := bundletest.New(t).Manifest(t, bundletest.Files())
	m.Collector.KeyID = "0123456789abcdef"
	m.Recipients = []string{string(bundle.DigestOf([]byte("intake"))), string(bundle.DigestOf([]byte("record")))}
	return m
}

func TestManifestSpelling(t *testing.T) {
	m := fixed(t)
	text, err := container.EncodeManifest(m)
	require.NoError(t, err)
	golden(t, "manifest.json", text)
	back, err := container.DecodeManifest(text)
	require.NoError(t, err)
	again, err := container.EncodeManifest(back)
	require.NoError(t, err)
	require.Equal(t, string(text), string(again))
	require.ElementsMatch(t, m.Files, back.Files)
}

func TestEncodeManifestPutsInOrder(t *testing.T) {
	m := fixed(t)
	m.Omitted = []bundle.Omission{{OrigPath: "b", Reason: "x"}, {OrigPath: "a", Reason: "y"}, {OrigPath: "a", Reason: "x"}}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(m.Files), func(i, j int) { m.Files[i], m.Files[j] = m.Files[j], m.Files[i] })
	m.Recipients[0], m.Recipients[1] = m.Recipients[1], m.Recipients[0]
	before := m.Files[0]
	text, err := container.EncodeManifest(m)
	require.NoError(t, err)
	require.Equal(t, before, m.Files[0], "the caller's list stays as it was")
	back, err := container.DecodeManifest(text)
	require.NoError(t, err)
	require.Equal(t, "meta/case.txt", back.Files[0].Path)
	require.Equal(t, []bundle.Omission{{OrigPath: "a", Reason: "x"}, {OrigPath: "a", Reason: "y"}, {OrigPath: "b", Reason: "x"}}, back.Omitted)
}

func TestManifestRules(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(m *bundle.Manifest)
		code string
	}{
		"readers and in clear":  {func(m *bundle.Manifest) { m.Clear = true }, "manifest-field"},
		"nobody can read it":    {func(m *bundle.Manifest) { m.Recipients = nil }, "manifest-field"},
		"format":                {func(m *bundle.Manifest) { m.Format = "darksite-bundle/9" }, "manifest-version"},
		"site":                  {func(m *bundle.Manifest) { m.Site = "s042" }, "manifest-field"},
		"seq":                   {func(m *bundle.Manifest) { m.Seq = 0 }, "manifest-field"},
		"bid of another seq":    {func(m *bundle.Manifest) { m.Seq = 18 }, "manifest-field"},
		"bid of another site":   {func(m *bundle.Manifest) { m.BID = "S043-000017" }, "manifest-field"},
		"case with a space":     {func(m *bundle.Manifest) { m.Case = "10 41" }, "manifest-field"},
		"case in other letters": {func(m *bundle.Manifest) { m.Case = "١٢٣" }, "manifest-field"},
		"time zone":             {func(m *bundle.Manifest) { m.CreatedUTC = "2026-11-22T09:30:00+01:00" }, "manifest-field"},
		"parts of a second":     {func(m *bundle.Manifest) { m.CreatedUTC = "2026-11-22T09:30:00.5Z" }, "manifest-field"},
		"no time":               {func(m *bundle.Manifest) { m.CreatedUTC = "" }, "manifest-field"},
		"collector":             {func(m *bundle.Manifest) { m.Collector.Principal = "" }, "manifest-field"},
		"collector's key":       {func(m *bundle.Manifest) { m.Collector.KeyID = "0123" }, "manifest-field"},
		"salt":                  {func(m *bundle.Manifest) { m.Salt = strings.Repeat("g", 32) }, "manifest-field"},
		"no salt":               {func(m *bundle.Manifest) { m.Salt = "" }, "manifest-field"},
		"trust":                 {func(m *bundle.Manifest) { m.Trust.ReplySeqSeen = -1 }, "manifest-field"},
		"journal":               {func(m *bundle.Manifest) { m.Journal.Root = "" }, "manifest-field"},
		"digest in capitals":    {func(m *bundle.Manifest) { m.Tool.SHA256 = bundle.Digest(strings.ToUpper(string(m.Tool.SHA256))) }, "manifest-field"},
		"no report":             {func(m *bundle.Manifest) { m.RedactionReportSHA256 = "" }, "manifest-field"},
		"short previous":        {func(m *bundle.Manifest) { m.PrevManifestSHA256 = "abc" }, "manifest-field"},
		"marking of two lines":  {func(m *bundle.Manifest) { m.Marking = "INTERNAL\nPUBLIC" }, "manifest-field"},
		"marking with a space":  {func(m *bundle.Manifest) { m.Marking = " INTERNAL" }, "manifest-field"},
		"long clock note":       {func(m *bundle.Manifest) { m.ClockNote = strings.Repeat("x", 257) }, "manifest-field"},
		"no tool version":       {func(m *bundle.Manifest) { m.Tool.Version = "" }, "manifest-field"},
		"no recipient":          {func(m *bundle.Manifest) { m.Recipients = nil }, "manifest-field"},
		"recipient twice":       {func(m *bundle.Manifest) { m.Recipients[1] = m.Recipients[0] }, "manifest-field"},
		"no fingerprint":        {func(m *bundle.Manifest) { m.Recipients[1] = "age1pq1xyz" }, "manifest-field"},
		"file elsewhere":        {func(m *bundle.Manifest) { m.Files[0].Path = "tmp/x" }, "name-folder"},
		"file at the top":       {func(m *bundle.Manifest) { m.Files[0].Path = "files" }, "name-folder"},
		"path in capitals":      {func(m *bundle.Manifest) { m.Files[0].Path = "files/README" }, "name-character"},
		"path too long":         {func(m *bundle.Manifest) { m.Files[0].Path = "files/" + strings.Repeat("x", 95) }, "name-long"},
		"path twice":            {func(m *bundle.Manifest) { m.Files[0].Path = m.Files[1].Path }, "manifest-order"},
		"file and folder":       {func(m *bundle.Manifest) { m.Files[0].Path = "files/host" }, "name-conflict"},
		"size below zero":       {func(m *bundle.Manifest) { m.Files[0].Size = -1 }, "manifest-field"},
		"size above 8 GiB":      {func(m *bundle.Manifest) { m.Files[0].Size = 8 << 30 }, "manifest-field"},
		"file digest":           {func(m *bundle.Manifest) { m.Files[0].SHA256 = "" }, "manifest-field"},
		"inspected":             {func(m *bundle.Manifest) { m.Files[0].Inspected = "mostly" }, "manifest-field"},
		"partial, no reason":    {func(m *bundle.Manifest) { m.Files[0].Inspected = bundle.InspectedPartial }, "manifest-field"},
		"redactions below zero": {func(m *bundle.Manifest) { m.Files[0].Redactions = map[string]int64{"ipv4": -1} }, "manifest-field"},
		"rule without a name":   {func(m *bundle.Manifest) { m.Files[0].Redactions = map[string]int64{"": 1} }, "manifest-field"},
		"long original path":    {func(m *bundle.Manifest) { m.Files[0].OrigPath = strings.Repeat("x", 4097) }, "manifest-field"},
		"omitted, no reason":    {func(m *bundle.Manifest) { m.Omitted[0].Reason = "" }, "manifest-field"},
		"total of files":        {func(m *bundle.Manifest) { m.Totals.Files++ }, "manifest-totals"},
		"total of bytes":        {func(m *bundle.Manifest) { m.Totals.Bytes-- }, "manifest-totals"},
	} {
		m := fixed(t)
		c.edit(&m)
		_, err := container.EncodeManifest(m)
		require.Equal(t, c.code, bundle.RefusalCode(err), "%s: %v", name, err)
	}
	first := fixed(t)
	first.PrevManifestSHA256, first.Journal, first.Case, first.Marking = "", bundle.JournalMark{}, "", ""
	_, err := container.EncodeManifest(first)
	require.NoError(t, err, "a first bundle without journal, case and marking")
}

func TestManyFiles(t *testing.T) {
	m := fixed(t)
	m.Files, m.Totals = nil, bundle.Totals{}
	for i := range 20_000 {
		m.Files = append(m.Files, bundle.Entry{Path: fmt.Sprintf("files/d%02d/f%05d.txt", i%97, i), SHA256: bundle.DigestOf(nil), Inspected: bundle.InspectedFull})
		m.Totals.Files++
	}
	text, err := container.EncodeManifest(m)
	require.NoError(t, err)
	back, err := container.DecodeManifest(text)
	require.NoError(t, err)
	require.Len(t, back.Files, 20_000)
}

func FuzzDecodeManifest(f *testing.F) {
	text, err := container.EncodeManifest(fixed(f))
	require.NoError(f, err)
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := container.DecodeManifest(text)
		if err != nil {
			require.NotEmpty(t, bundle.RefusalCode(err), err.Error())
			return
		}
		again, err := container.EncodeManifest(m)
		require.NoError(t, err)
		require.Equal(t, string(text), string(again))
	})
}

func TestNamer(t *testing.T) {
	for orig, want := range map[string]string{
		"var/log/messages":                "files/host/var/log/messages",
		"/var/log/messages.1":             "files/host/var/log/messages.1",
		"./a//b":                          "files/host/a/b",
		"Var/log":                         `^files/host/var-[0-9a-f]{8}/log$`,
		"a/../b":                          `^files/host/a/x-[0-9a-f]{8}/b$`,
		"log file.TXT":                    `^files/host/log-file-[0-9a-f]{8}\.txt$`,
		".bashrc":                         `^files/host/bashrc-[0-9a-f]{8}$`,
		"con.txt":                         `^files/host/xcon-[0-9a-f]{8}\.txt$`,
		"Ünïcode":                         `^files/host/[a-z-]+-[0-9a-f]{8}$`,
		`C:\Windows\x`:                    `^files/host/c-[0-9a-f]{8}/windows-[0-9a-f]{8}/x$`,
		"":                                `^files/host/x-[0-9a-f]{8}$`,
		"/":                               `^files/host/x-[0-9a-f]{8}$`,
		strings.Repeat("long/", 30) + "f": `^files/host/[0-9a-f]{16}-f$`,
		strings.Repeat("l", 200) + ".log": `^files/host/[0-9a-f]{16}-l+\.log$`,
		"a\x00b":                          `^files/host/a-b-[0-9a-f]{8}$`,
	} {
		n, err := container.NewNamer("files/host")
		require.NoError(t, err)
		got := n.Name(orig)
		if strings.HasPrefix(want, "^") {
			require.Regexp(t, want, got, orig)
		} else {
			require.Equal(t, want, got)
		}
	}
}

func TestNamerFolders(t *testing.T) {
	for _, folder := range []string{"", "files/", "/files", "tmp/x", "files/UP", "files/" + strings.Repeat("x", 60), "files" + strings.Repeat("/x", 8)} {
		_, err := container.NewNamer(folder)
		require.Error(t, err, folder)
	}
	for _, folder := range []string{"files", "meta", "files/a/b"} {
		_, err := container.NewNamer(folder)
		require.NoError(t, err, folder)
	}
}

// Whatever the paths were: every name is valid, no two are equal, none is the
// folder of another, and the same questions get the same names.
func TestNamerAlways(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	pieces := []string{"a", "A", "b", "a-" + "ca978112", "..", "", ".", "con", "é", "e\u0301", "x y", strings.Repeat("z", 90), "log.1", "LOG.1", "\x1b", `\`}
	var origs []string
	for range 3000 {
		var parts []string
		for range 1 + rng.IntN(5) {
			parts = append(parts, pieces[rng.IntN(len(pieces))])
		}
		origs = append(origs, strings.Join(parts, "/"))
	}
	names := func() []string {
		n, err := container.NewNamer("files/host")
		require.NoError(t, err)
		var out []string
		for _, orig := range origs {
			out = append(out, n.Name(orig))
		}
		return out
	}
	got := names()
	require.Equal(t, got, names())
	m := fixed(t)
	m.Files, m.Totals = nil, bundle.Totals{}
	for _, name := range got {
		m.Files = append(m.Files, bundle.Entry{Path: name, SHA256: bundle.DigestOf(nil), Inspected: bundle.InspectedFull})
		m.Totals.Files++
	}
	_, err := container.EncodeManifest(m)
	require.NoError(t, err)
}

func BenchmarkDecodeManifest(b *testing.B) {
	m := fixed(b)
	m.Files, m.Totals = nil, bundle.Totals{}
	for i := range 100_000 {
		m.Files = append(m.Files, bundle.Entry{
			Path: fmt.Sprintf("files/d%03d/f%06d.txt", i%997, i), OrigPath: fmt.Sprintf("/var/log/d%03d/f%06d.txt", i%997, i),
			SHA256: bundle.DigestOf(nil), Inspected: bundle.InspectedFull, Source: "logs", Type: "text/plain",
			Redactions: map[string]int64{"ipv4": 3, "hostname": 9},
		})
		m.Totals.Files++
	}
	text, err := container.EncodeManifest(m)
	require.NoError(b, err)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		_, err := container.DecodeManifest(text)
		require.NoError(b, err)
	}
}
