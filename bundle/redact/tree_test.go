package redact_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"darksite/bundle/redact"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// tree writes files into a new folder.
func tree(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, b := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, b, 0o600))
	}
	return dir
}

// readTree reads a folder back.
func readTree(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(rel)] = string(b)
		return err
	}))
	return out
}

func gz(t testing.TB, b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Name, w.Comment = "web01.log", "packed by kweiss"
	_, err := w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func zst(t testing.TB, b []byte) []byte {
	w, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return w.EncodeAll(b, nil)
}

func tarOf(t testing.TB, files map[string][]byte) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for name, b := range files {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: name, Size: int64(len(b)), Mode: 0o600, Uname: "kweiss", Gname: "storage9", Typeflag: tar.TypeReg}))
		_, err := w.Write(b)
		require.NoError(t, err)
	}
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "link", Linkname: "/home/kweiss", Typeflag: tar.TypeSymlink}))
	require.NoError(t, w.Close())
	return out.Bytes()
}

func zipOf(t testing.TB, files map[string][]byte) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	require.NoError(t, w.SetComment("by kweiss"))
	for name, b := range files {
		f, err := w.Create(name)
		require.NoError(t, err)
		_, err = f.Write(b)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

func wide(s string, mark bool) []byte {
	var b []byte
	if mark {
		b = append(b, 0xff, 0xfe)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

const siteText = "Oct  3 08:00:01 gw-lyon2 sshd[1]: Accepted password for kweiss from 10.8.4.21 port 1 ssh2\npassword=hunterA1x\n"

// gunzip unpacks.
func gunzip(t testing.TB, s string) string {
	r, err := gzip.NewReader(strings.NewReader(s))
	require.NoError(t, err)
	require.Empty(t, r.Name, "the name of the packed file")
	require.Empty(t, r.Comment)
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(b)
}

// TestContainersAndEncodings is hard cases 45 to 49, 51 and 52.
func TestContainersAndEncodings(t *testing.T) {
	in := tree(t, map[string][]byte{
		"plain.log":                     []byte(siteText),
		"gw-lyon2/10.8.4.21-kweiss.log": []byte("nothing\n"),
		"a.gz":                          gz(t, []byte(siteText)),
		"b.zst":                         zst(t, []byte(siteText)),
		"c.tar":                         tarOf(t, map[string][]byte{"logs/gw-lyon2.log": []byte(siteText), "x.bin": {0, 1, 2, 3, 0, 200, 7, 0}}),
		"d.tar.gz":                      gz(t, tarOf(t, map[string][]byte{"logs/gw-lyon2.log.gz": gz(t, []byte(siteText))})),
		"e.zip":                         zipOf(t, map[string][]byte{"in/kweiss.txt": []byte(siteText), "f.tar": tarOf(t, map[string][]byte{"deep": []byte(siteText)})}),
		"wrong-ending.txt":              gz(t, []byte(siteText)),
		"u16.txt":                       wide(siteText, true),
		"u16-bare.txt":                  wide(siteText, false),
		"bom.txt":                       append([]byte("\xef\xbb\xbf"), "password=hunterA1x\r\n"...),
		"latin1.txt":                    []byte("Stra\xdfe: user=m\xfcller9 host=gw-lyon2\n"),
		"mac.txt":                       []byte("host=gw-lyon2\rpassword=hunterA1x\rend\r"),
		"db.sqlite":                     append([]byte("SQLite format 3\x00"), siteText...),
		"p.png":                         []byte("\x89PNG\r\n\x1a\n kweiss"),
		"x.xz":                          []byte("\xfd7zXZ\x00rest"),
		"bad.gz":                        []byte("\x1f\x8bnot gzip at all"),
		"core":                          []byte("\x7fELF kweiss"),
	})
	require.NoError(t, os.Symlink("/home/kweiss/x", filepath.Join(in, "kweiss-link")))
	out := filepath.Join(t.TempDir(), "out")
	g := newGate(t, redact.Options{})
	res, err := g.Tree(context.Background(), in, out)
	require.NoError(t, err)
	got := readTree(t, out)

	withheld := map[string]string{}
	for _, w := range res.Withheld {
		withheld[w.In] = w.Reason
		require.NotContains(t, w.Path, "kweiss")
	}
	for _, name := range []string{"db.sqlite", "p.png", "x.xz", "bad.gz", "core", "kweiss-link"} {
		require.Contains(t, withheld, name)
	}
	want := got["plain.log"]
	require.NotContains(t, want, "hunterA1x")
	require.Equal(t, want, gunzip(t, got["a.gz"]))
	require.Equal(t, want, gunzip(t, got["wrong-ending.txt"]))
	zr, err := zstd.NewReader(nil)
	require.NoError(t, err)
	plain, err := zr.DecodeAll([]byte(got["b.zst"]), nil)
	require.NoError(t, err)
	require.Equal(t, want, string(plain))
	require.Equal(t, string(wide(want, true)), got["u16.txt"])
	require.Equal(t, string(wide(want, false)), got["u16-bare.txt"])
	require.True(t, strings.HasPrefix(got["bom.txt"], "\xef\xbb\xbfpassword="))
	require.True(t, strings.HasSuffix(got["bom.txt"], "\r\n"))
	require.Equal(t, 3, strings.Count(got["mac.txt"], "\r"))
	for name, b := range got {
		for _, v := range []string{"hunterA1x", "kweiss", "gw-lyon2", "10.8.4.21", "m\xfcller9"} {
			require.NotContains(t, name, v)
			require.NotContains(t, b, v, name)
		}
	}
	checkTar(t, []byte(got["c.tar"]), want)
	checkTar(t, []byte(gunzip(t, got["d.tar.gz"])), want)
	members, err := zip.NewReader(strings.NewReader(got["e.zip"]), int64(len(got["e.zip"])))
	require.NoError(t, err)
	require.Empty(t, members.Comment)
	require.Len(t, members.File, 2)
}

// checkTar looks into a re-packed archive: names and owners are gone.
func checkTar(t *testing.T, b []byte, want string) {
	t.Helper()
	r := tar.NewReader(bytes.NewReader(b))
	seen := false
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		require.Empty(t, h.Uname+h.Gname+h.Linkname)
		require.NotContains(t, h.Name, "gw-lyon2")
		body, err := io.ReadAll(r)
		require.NoError(t, err)
		if strings.HasPrefix(string(body), "\x1f\x8b") {
			body = []byte(gunzip(t, string(body)))
		}
		seen = seen || string(body) == want
	}
	require.True(t, seen, "the member with the text")
}

// TestWorkersAgree is hard case 64: the result does not depend on how many work.
func TestWorkersAgree(t *testing.T) {
	files := map[string][]byte{}
	for i := range 12 {
		var b bytes.Buffer
		_, err := newGenerator(uint64(i)).fill(&b, 40<<10)
		require.NoError(t, err)
		files[fmt.Sprintf("f%02d.log", i)] = b.Bytes()
	}
	in := tree(t, files)
	var want map[string]string
	for _, n := range []int{1, 2, 7} {
		out := filepath.Join(t.TempDir(), "out")
		_, err := newGate(t, redact.Options{Workers: n}).Tree(context.Background(), in, out)
		require.NoError(t, err)
		if got := readTree(t, out); want == nil {
			want = got
		} else {
			require.Equal(t, want, got, "%d workers", n)
		}
	}
}

// TestTwiceChangesNothing redacts a result again: with the same gate, and with a
// new one of the same key that knows nothing of the first.
func TestTwiceChangesNothing(t *testing.T) {
	b, err := os.ReadFile("testdata/labelled.txt")
	require.NoError(t, err)
	text := strings.NewReplacer("«", "", "»", "").Replace(string(b))
	g := newGate(t, redact.Options{})
	once := redactFile(t, g, text)
	again := strings.Split(redactFile(t, g, once), "\n")
	fresh := strings.Split(redactFile(t, newGate(t, redact.Options{}), once), "\n")
	for i, l := range strings.Split(once, "\n") {
		if again[i] != l {
			t.Errorf("same gate\n%s\n%s", l, again[i])
		}
		if fresh[i] != l {
			t.Errorf("new gate\n%s\n%s", l, fresh[i])
		}
	}
}

// TestStructureSurvives parses what parsed before.
func TestStructureSurvives(t *testing.T) {
	doc := `{"host":"gw-lyon2","password":"a\"b\\c","pin":123456,"secret":null,"list":["10.8.4.21",{"user":"kweiss"}],"in":"{\"token\":\"t-1\\\"2x\"}","u":"\u00fcser=kweiss","pem":"-----BEGIN ` + `RSA PRIVATE KEY-----\nMIIEabcd\n-----END RSA PRIVATE KEY-----\n","n":-1.5e3}`
	require.True(t, json.Valid([]byte(doc)))
	got := redactFile(t, newGate(t, redact.Options{}), doc+"\n")
	require.True(t, json.Valid([]byte(got)), got)
	require.NotContains(t, got, "kweiss")
	require.NotContains(t, got, "MIIEabcd")

	x := "<c><password>a&amp;b</password><u name=\"kweiss\" password='q&quot;r'/><h>gw-lyon2.lab.example.com</h></c>"
	got = redactFile(t, newGate(t, redact.Options{}), x)
	require.NoError(t, xml.Unmarshal([]byte(got), new(struct{})), got)

	table := "host,user,password,comment\ngw-lyon2,kweiss,\"a,\"\"b\",\"said \"\"hi\"\", twice\"\nfiler7,pvogel,pw-77-x,none\n"
	got = redactFile(t, newGate(t, redact.Options{}), table)
	rows, err := csv.NewReader(strings.NewReader(got)).ReadAll()
	require.NoError(t, err, got)
	require.Len(t, rows, 3)
	require.Equal(t, "said \"hi\", twice", rows[1][3])
	for _, v := range []string{"gw-lyon2", "kweiss", "filer7", "pvogel", "pw-77-x", "\"\"b\""} {
		require.NotContains(t, got, v)
	}
}

// TestNothingIsLeftOnFailure is hard case 56 and the promise to fail closed.
func TestNothingIsLeftOnFailure(t *testing.T) {
	in := tree(t, map[string][]byte{"a.log": []byte(siteText), "b.log": bytes.Repeat([]byte(siteText), 1000)})
	parent := t.TempDir()
	out := filepath.Join(parent, "out")
	ctx, cancel := context.WithCancel(context.Background())
	g := newGate(t, redact.Options{Progress: func(pass string, done, total int64) {
		if pass == "redact" {
			cancel()
		}
	}})
	_, err := g.Tree(ctx, in, out)
	require.ErrorIs(t, err, context.Canceled)
	require.NoDirExists(t, out)

	for _, where := range []string{"learn", "redact", "prove"} {
		g = newGate(t, redact.Options{Progress: func(pass string, done, total int64) {
			if pass == where {
				panic("a fault in the middle")
			}
		}})
		_, err = g.Tree(context.Background(), in, out)
		require.ErrorContains(t, err, "failed unexpectedly", where)
		require.NoDirExists(t, out, where)
	}

	require.NoError(t, os.MkdirAll(out, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(out, "mine"), nil, 0o600))
	_, err = newGate(t, redact.Options{}).Tree(context.Background(), in, out)
	require.ErrorContains(t, err, "not empty")
	require.FileExists(t, filepath.Join(out, "mine"), "what was there before is not ours to remove")
}

// TestKnownValuesGo holds the gate to what the caller knows, files without any
// context included, in the caller's and other spellings.
func TestKnownValuesGo(t *testing.T) {
	g := newGate(t, redact.Options{
		Known: []redact.Known{{Kind: redact.Array, Value: "zx70a"}, {Kind: redact.Volume, Value: "Ora_Data07"}, {Kind: redact.Serial, Value: "PCTFJ20090109"}, {Kind: redact.Secret, Value: "s3cr3t-no-key"}},
		Words: []string{"Project Nightjar", "kestrel"},
	})
	got := redactFile(t, g, "x ZX70A y zx70a-ct0 ora_data07 pctfj20090109 s3cr3t-no-key project-nightjar PROJECT_NIGHTJAR projectnightjar Kestrel kestrels CT0.ETH4\n")
	for _, v := range []string{"zx70a", "ZX70A", "ora_data07", "pctfj", "s3cr3t", "nightjar", "NIGHTJAR", "Kestrel "} {
		require.NotContains(t, got, v)
	}
	require.Contains(t, got, " CT0.ETH4")
	require.Contains(t, got, "kestrels", "a longer word is not the word")
	f := strings.Fields(got)
	require.Equal(t, f[1]+"-ct0", f[3], "one name, one stand-in")
	require.Equal(t, f[7], f[8])
	require.Equal(t, f[7], f[9])
	require.NotContains(t, g.Text("call about zx70a"), "zx70a")
}

// TestSameAcrossBundles gives the same stand-ins with and without the map.
func TestSameAcrossBundles(t *testing.T) {
	id, err := age.GenerateHybridIdentity()
	require.NoError(t, err)
	first := newGate(t, redact.Options{})
	a := redactFile(t, first, siteText)
	var sealed bytes.Buffer
	require.NoError(t, first.Map().Seal(&sealed, id.Recipient()))
	require.NotContains(t, sealed.String(), "kweiss")
	prior, err := redact.OpenMap(bytes.NewReader(sealed.Bytes()), id)
	require.NoError(t, err)
	require.Equal(t, a, redactFile(t, newGate(t, redact.Options{Prior: prior}), siteText))
	require.Equal(t, a, redactFile(t, newGate(t, redact.Options{}), siteText))
	other := redactFile(t, newGate(t, redact.Options{Key: []byte("another key of exactly 32 bytes.")}), siteText)
	require.NotEqual(t, a, other)
	for tok := range strings.FieldsSeq(a) {
		if strings.HasPrefix(tok, "user-") {
			e, ok := prior.Lookup(tok)
			require.True(t, ok)
			require.Equal(t, "kweiss", e.Original)
		}
	}
	require.Error(t, first.Map().Seal(io.Discard), "a map is never written in plain")
}

// TestRelationsHold keeps what a diagnosis needs: subnets, joined identities.
func TestRelationsHold(t *testing.T) {
	got := redactFile(t, newGate(t, redact.Options{}), "10.20.30.4 10.20.30.77 10.20.31.4\n"+
		"3c:52:82:aa:10:0f 3C-52-82-AA-10-0F 3c52.82aa.100f fe80::3e52:82ff:feaa:100f\n"+
		"web07.corp.example.com host=web07 sql.corp.example.com\n")
	l := strings.Split(got, "\n")
	a := strings.Fields(l[0])
	net := func(s string, n int) string { return strings.Join(strings.Split(s, ".")[:n], ".") }
	require.Equal(t, net(a[0], 3), net(a[1], 3))
	require.NotEqual(t, net(a[0], 3), net(a[2], 3))
	require.Equal(t, net(a[0], 2), net(a[2], 2))
	m := strings.Fields(l[1])
	digits := func(s string) string {
		return strings.ToLower(strings.NewReplacer(":", "", "-", "", ".", "").Replace(s))
	}
	require.Equal(t, digits(m[0]), digits(m[1]))
	require.Equal(t, digits(m[0]), digits(m[2]))
	require.True(t, strings.HasSuffix(digits(m[3]), digits(m[0])[6:]), "EUI-64 follows the MAC")
	n := strings.Fields(l[2])
	host, domain, _ := strings.Cut(n[0], ".")
	require.Equal(t, "host="+host, n[1])
	require.True(t, strings.HasSuffix(n[2], domain))
}

// TestReportTellsNothing is hard case 59.
func TestReportTellsNothing(t *testing.T) {
	in := tree(t, map[string][]byte{"gw-lyon2.log": []byte(siteText), "kweiss.bin": {0, 1, 2, 0, 3, 9, 0}})
	res, err := newGate(t, redact.Options{Words: []string{"nightjar"}}).Tree(context.Background(), in, filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	b, err := json.Marshal(res.Report)
	require.NoError(t, err)
	for _, v := range []string{"gw-lyon2", "kweiss", "10.8.4.21", "hunterA1x", "nightjar"} {
		require.NotContains(t, string(b), v)
	}
	require.NotEmpty(t, res.Report.ByRule)
	require.Len(t, res.Report.Withheld, 1)
}

// TestLongLines is hard cases 50 and 53: one line of many megabytes without end.
func TestLongLines(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 10 MB")
	}
	var b bytes.Buffer
	for i := 0; b.Len() < 10<<20; i++ {
		fmt.Fprintf(&b, "{\"n\":%d,\"user\":\"kweiss%d\",\"password\":\"pw-%05d-X\",\"ip\":\"10.9.%d.%d\"},", i, i%50, i%3000, i/200%200, 1+i%200)
	}
	got := redactFile(t, newGate(t, redact.Options{}), b.String())
	require.NotContains(t, got, "kweiss")
	require.NotContains(t, got, "pw-")
	require.NotContains(t, got, "\"10.9.")
}
