package redact_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"darksite/bundle/redact"

	"github.com/stretchr/testify/require"
	"github.com/ulikunitz/xz"
)

// fileCases are the hard cases that need files, containers or the whole gate.
func fileCases() map[int]map[string]func(*testing.T) {
	return map[int]map[string]func(*testing.T){
		29: {"an address made from a MAC follows it": TestRelationsHold},
		30: {"stand-ins lie in reserved ranges": standInsAreReserved},
		31: {"stand-ins parse as what they replace": standInsParse},
		44: {
			"PEM of many lines":          func(t *testing.T) { certificateIn(t, func(p, _ []byte) string { return string(p) }) },
			"PEM behind a log prefix":    func(t *testing.T) { certificateIn(t, behindPrefix) },
			"PEM escaped in JSON":        func(t *testing.T) { certificateIn(t, escapedPEM) },
			"base64 of a PEM":            func(t *testing.T) { certificateIn(t, func(p, _ []byte) string { return "ca: " + b64(string(p)) }) },
			"base64 of the bytes":        func(t *testing.T) { certificateIn(t, bareCertificate) },
			"a file of the bytes":        certificateFile,
			"a certificate cut in two":   cutCertificate,
			"a private key is no result": privateKeyBeside,
		},
		45: {"names of files, folders and members": namesOfFiles},
		46: {
			"links inside the tree are kept": linksInside, "withheld by default": linksOutside,
			"links in tar": linksInTar, "hard links": hardLinks,
		},
		47: {"archives of every sort": everyArchive, "withheld without a reader": withheldArchives},
		48: {"owners, comments and names in headers": TestContainersAndEncodings},
		49: {"encodings of text": encodings},
		50: {"a line of megabytes": TestLongLines},
		51: {"withheld databases": withheldDatabases, "journal exports": journalExport},
		52: {"withheld documents": withheldDocuments},
		53: {"any place of a cut": anyCut},
		54: {"NUL bytes and ends": fidelity},
		55: {"withheld devices and files without permission": withheldDevices},
		56: {"nothing is left on failure": TestNothingIsLeftOnFailure},
		57: {"twice changes nothing": TestTwiceChangesNothing},
		58: {"another key, another stand-in": keyed},
		59: {"the report tells nothing": TestReportTellsNothing},
		60: {"errors name redacted paths": errorsTellNothing},
		61: {"rules of a site are bounded": TestPolicyRefuses},
		62: {"withheld bombs": withheldBombs},
		64: {"workers agree": TestWorkersAgree},
	}
}

// redactTree runs files through a new gate and returns what came out.
func redactTree(t *testing.T, o redact.Options, in string) (map[string]string, *redact.Result) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	res, err := newGate(t, o).Tree(context.Background(), in, out)
	require.NoError(t, err)
	return readTree(t, out), res
}

func reasons(r *redact.Result) map[string]string {
	out := map[string]string{}
	for _, w := range r.Withheld {
		out[w.In] = w.Reason
	}
	return out
}

func standInsAreReserved(t *testing.T) {
	f := strings.Fields(redactFile(t, newGate(t, redact.Options{}), "10.4.4.9 172.17.0.1 2a02:8071::9 host=gwr-77.nordr.example\n"))
	for _, s := range f[:2] {
		require.True(t, netip.MustParsePrefix("240.0.0.0/4").Contains(netip.MustParseAddr(s)), s)
	}
	require.True(t, netip.MustParsePrefix("2001:db8::/32").Contains(netip.MustParseAddr(f[2])))
	require.True(t, strings.HasSuffix(f[3], ".invalid"), f[3])
}

func standInsParse(t *testing.T) {
	f := strings.Fields(redactFile(t, newGate(t, redact.Options{}), "3c:52:82:bb:77:88 50:06:0e:80:12:34:56:78 10.4.4.0/24 naa.600a098038304437415d4b6a59676d42\n"))
	_, err := net.ParseMAC(f[0])
	require.NoError(t, err)
	require.Len(t, f[1], 23)
	_, err = netip.ParsePrefix(f[2])
	require.NoError(t, err)
	require.Len(t, f[3], 36)
}

// made is a certificate that names many things of a site.
func made(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(0x7a11c0ffee42), NotBefore: time.Unix(1.7e9, 0), NotAfter: time.Unix(1.8e9, 0),
		Subject:  pkix.Name{CommonName: "fa-mgmt7.nordcert.example", Organization: []string{"Nordcert AG"}, Country: []string{"FR"}, ExtraNames: []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, Value: "petra.cert@nordcert.example"}}},
		DNSNames: []string{"fa-ct0-7.nordcert.example", "*.lab.nordcert.example", "localhost"}, IPAddresses: []net.IP{net.IPv4(10, 66, 1, 9), net.IPv4(127, 0, 0, 1)},
		OCSPServer: []string{"http://ocsp7.nordcert.example/x"}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	require.NoError(t, err)
	return der
}

var inCertificate = []string{"nordcert", "fa-mgmt7", "fa-ct0-7", "10.66.1.9", "petra", "Nordcert", "ocsp7", "7a11c0ffee42"}

// certificateIn puts a certificate into a text, which must come out with as many
// lines, with what a diagnosis needs and without a name, and stay so.
func certificateIn(t *testing.T, dress func(pem, der []byte) string) {
	der := made(t)
	text := "before\n" + dress(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), der) + "\nafter: 10.66.1.9 and fa-mgmt7 too\n"
	g := newGate(t, redact.Options{})
	got := redactFile(t, g, text)
	require.Equal(t, strings.Count(text, "\n"), strings.Count(got, "\n"), got)
	all := got
	for w := range strings.FieldsSeq(got) {
		if b, err := base64.StdEncoding.DecodeString(w); err == nil {
			all += string(b)
		}
	}
	for _, v := range inCertificate {
		require.NotContains(t, all, v)
	}
	for _, v := range []string{"certificate summary:", "ECDSA on P-256", "2027-01-15T08:00:00Z", "C=FR", "subjectAltName", "localhost", "127.0.0.1"} {
		require.Contains(t, all, v)
	}
	require.Equal(t, got, redactFile(t, newGate(t, redact.Options{}), got), "again")
}

func behindPrefix(p, _ []byte) string {
	return "Oct  3 08:00:01 gwr-7 app: " + strings.ReplaceAll(strings.TrimSpace(string(p)), "\n", "\nOct  3 08:00:01 gwr-7 app: ")
}

func escapedPEM(p, _ []byte) string {
	return `{"ca":"` + strings.ReplaceAll(string(p), "\n", `\n`) + `","n":1}`
}

func bareCertificate(_, der []byte) string {
	return "userCertificate: " + base64.StdEncoding.EncodeToString(der)
}

func certificateFile(t *testing.T) {
	got, res := redactTree(t, redact.Options{}, tree(t, map[string][]byte{"ca.der": made(t)}))
	require.Empty(t, res.Withheld)
	require.Contains(t, got["ca.der"], "certificate summary:")
	for _, v := range inCertificate {
		require.NotContains(t, got["ca.der"], v)
	}
}

func cutCertificate(t *testing.T) {
	p := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made(t)})
	got := redactFile(t, newGate(t, redact.Options{}), string(p[:400]))
	require.NotContains(t, got, string(p[100:140]), "what cannot be read is masked")
}

func privateKeyBeside(t *testing.T) {
	got := redactFile(t, newGate(t, redact.Options{}), pemForms()+string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made(t)})))
	require.NotContains(t, got, "c2VjcmV0Ym9keQ")
	require.Contains(t, got, "certificate summary:")
}

func namesOfFiles(t *testing.T) {
	got, _ := redactTree(t, redact.Options{}, tree(t, map[string][]byte{
		"gwn-lyon2/10.77.4.21-x.log": []byte("host=gwn-lyon2\n"), "dump-gwn-lyon2.tar": tarOf(t, map[string][]byte{"gwn-lyon2/a.log": []byte("x\n")}),
	}))
	require.Len(t, got, 2)
	for name, b := range got {
		require.NotContains(t, name+b, "gwn-lyon2")
		require.NotContains(t, name+b, "10.77.4.21")
	}
}

func linkTree(t *testing.T) string {
	in := tree(t, map[string][]byte{"logs/gwl-lyon2.log": []byte("host=gwl-lyon2\n"), "db": []byte("SQLite format 3\x00"), "d/a": []byte("a\n")})
	for name, to := range map[string]string{
		"logs/current": "gwl-lyon2.log", "folder": "d", "chain": "logs/current", "out": "../secret-place7", "abs": "/home/kweissl", "gone": "nothing", "held": "db", "ring": "ring",
	} {
		require.NoError(t, os.Symlink(to, filepath.Join(in, name)))
	}
	return in
}

func linksInside(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	res, err := newGate(t, redact.Options{Links: true}).Tree(context.Background(), linkTree(t), out)
	require.NoError(t, err)
	to, err := os.Readlink(filepath.Join(out, "logs", "current"))
	require.NoError(t, err)
	require.NotContains(t, to, "gwl-lyon2")
	for _, name := range []string{"logs/current", "chain", "folder/a"} {
		_, err := os.ReadFile(filepath.Join(out, name))
		require.NoError(t, err, name)
	}
	held := reasons(res)
	for _, name := range []string{"out", "abs", "gone", "held", "ring"} {
		require.Contains(t, held, name)
		require.NoFileExists(t, filepath.Join(out, name))
	}
}

func linksOutside(t *testing.T) {
	got, res := redactTree(t, redact.Options{}, linkTree(t))
	require.Len(t, got, 2)
	require.Len(t, res.Withheld, 9)
}

func linksInTar(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []*tar.Header{
		{Name: "logs/gwt-lyon2.log", Typeflag: tar.TypeReg, Size: 15},
		{Name: "logs/current", Typeflag: tar.TypeSymlink, Linkname: "gwt-lyon2.log"},
		{Name: "same", Typeflag: tar.TypeLink, Linkname: "logs/gwt-lyon2.log"},
		{Name: "up", Typeflag: tar.TypeSymlink, Linkname: "../../etc/kweisst"},
		{Name: "fifo", Typeflag: tar.TypeFifo},
	} {
		require.NoError(t, w.WriteHeader(h))
		if h.Size > 0 {
			_, err := w.Write([]byte("host=gwt-lyon2\n"))
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	got, res := redactTree(t, redact.Options{}, tree(t, map[string][]byte{"a.tar": b.Bytes()}))
	require.Len(t, res.Withheld, 2, "listed though they lie in an archive")
	r := tar.NewReader(strings.NewReader(got["a.tar"]))
	links := map[string]string{}
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		require.NotContains(t, h.Name+h.Linkname, "lyon2")
		require.NotContains(t, h.Linkname, "kweisst")
		links[h.Name] = h.Linkname
	}
	require.NotEmpty(t, links["logs/current"])
	require.Equal(t, "logs/"+links["logs/current"], links["same"])
}

func hardLinks(t *testing.T) {
	in := tree(t, map[string][]byte{"a": []byte(siteText)})
	require.NoError(t, os.Link(filepath.Join(in, "a"), filepath.Join(in, "b")))
	got, _ := redactTree(t, redact.Options{}, in)
	require.Equal(t, got["a"], got["b"])
}

func xzOf(t *testing.T, b []byte) []byte {
	var out bytes.Buffer
	w, err := xz.NewWriter(&out)
	require.NoError(t, err)
	_, err = w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

// bzipped is "password=hunterB9z\n" as bzip2 packs it: the library only reads.
const bzipped = "QlpoOTFBWSZTWZ64o3sAAAVNgAAQACIQACZB3pAgACKaAD0m9UKGmmAAthJvag2ocCh8XckU4UJCeuKN7A=="

func everyArchive(t *testing.T) {
	bz, err := base64.StdEncoding.DecodeString(bzipped)
	require.NoError(t, err)
	in := tree(t, map[string][]byte{
		"p.tbz2": bz, "plain": []byte(siteText), "a.xz": xzOf(t, []byte(siteText)), "b.tar.xz": xzOf(t, tarOf(t, map[string][]byte{"m.log.xz": xzOf(t, []byte(siteText))})),
		"c.log.gz": xzOf(t, []byte(siteText)), "d.zip": zipOf(t, map[string][]byte{"x.tgz": gz(t, tarOf(t, map[string][]byte{"y": zst(t, []byte(siteText))}))}),
		"bad.xz": append(xzOf(t, []byte(strings.Repeat(siteText, 9)))[:120], "garbage"...),
	})
	got, res := redactTree(t, redact.Options{}, in)
	require.Contains(t, reasons(res), "bad.xz")
	require.Equal(t, "password="+redact.Mask+"\n", gunzip(t, got["p.tgz"]))
	require.Equal(t, got["plain"], gunzip(t, got["a.gz"]))
	require.Equal(t, got["plain"], gunzip(t, got["c.log.gz"]))
	checkTar(t, []byte(gunzip(t, got["b.tar.gz"])), got["plain"])
	z, err := zip.NewReader(strings.NewReader(got["d.zip"]), int64(len(got["d.zip"])))
	require.NoError(t, err)
	require.Len(t, z.File, 1)
}

func withheldArchives(t *testing.T) {
	_, res := redactTree(t, redact.Options{}, tree(t, map[string][]byte{
		"a.7z": []byte("7z\xbc\xaf\x27\x1c rest"), "b.lz4": []byte("\x04\x22\x4d\x18 rest"), "c.gz": []byte("\x1f\x8bno"), "d.bz2": []byte("BZh91AY&SYbroken..."),
		"e.xz": []byte("\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x28\x00\x00\x00\x37\x27\x97\xd6"),
	}))
	require.Len(t, res.Withheld, 5)
	require.Contains(t, reasons(res)["e.xz"], "memory")
}

func encodings(t *testing.T) {
	const text = "host=gwe-lyon2 caf\u00e9\r\npassword=Wq8-zero-e1\nuser=kweisse \U0001f5a5 end"
	plain := redactFile(t, newGate(t, redact.Options{}), text)
	big := func(mark bool) []byte {
		var b []byte
		if mark {
			b = append(b, 0xfe, 0xff)
		}
		for _, u := range utf16.Encode([]rune(text)) {
			b = binary.BigEndian.AppendUint16(b, u)
		}
		return b
	}
	latin := []byte(strings.ReplaceAll(strings.ReplaceAll(text, "\u00e9", "\xe9"), "\U0001f5a5", "\xb5"))
	got, res := redactTree(t, redact.Options{}, tree(t, map[string][]byte{
		"le": wide(text, true), "le-bare": wide(text, false), "be": big(true), "be-bare": big(false), "utf8": append([]byte("\xef\xbb\xbf"), text...), "latin": latin,
		"cr": []byte(strings.ReplaceAll(text, "\n", "\r")), "odd": append(wide(text, true), 'x'),
	}))
	require.Len(t, res.Withheld, 1, "half a character is no text")
	require.Equal(t, string(wide(plain, true)), got["le"])
	require.Equal(t, string(wide(plain, false)), got["le-bare"])
	require.Len(t, got["be"], len(got["le"]))
	require.Equal(t, got["be"][2:], got["be-bare"])
	require.Equal(t, "\xef\xbb\xbf"+plain, got["utf8"])
	require.Equal(t, strings.ReplaceAll(strings.ReplaceAll(plain, "\u00e9", "\xe9"), "\U0001f5a5", "\xb5"), got["latin"])
	for name, b := range got {
		for _, v := range []string{"gwe-lyon2", "Wq8-zero-e1", "kweisse"} {
			require.NotContains(t, strings.ReplaceAll(b, "\x00", ""), v, name)
		}
	}
}

func withheldDatabases(t *testing.T) {
	_, res := redactTree(t, redact.Options{}, tree(t, map[string][]byte{
		"a.db": []byte("SQLite format 3\x00 kweiss"), "b.evtx": []byte("ElfFile\x00 kweiss"), "c.pcap": []byte("\xd4\xc3\xb2\xa1 kweiss"), "d.journal": []byte("LPKSHHRH kweiss"),
		"e.parquet": []byte("PAR1 kweiss"), "core.1": []byte("\x7fELF kweiss"), "f.bolt": append(make([]byte, 16), "\xed\xda\x0c\xed\x02\x00\x00\x00 kweiss\x01\x02\x03\x04\x05\x06"...),
		"krb5.keytab": []byte("\x05\x02\x00\x00\x00\x3a\x00\x01\x00\x0cNORD.EXAMPLE\x00\x04host"),
	}))
	require.Len(t, res.Withheld, 8)
	require.Empty(t, res.Files)
}

func journalExport(t *testing.T) {
	var b bytes.Buffer
	field := func(name, value string) {
		b.WriteString(name + "\n")
		_ = binary.Write(&b, binary.LittleEndian, uint64(len(value))) // a buffer takes it
		b.WriteString(value + "\n")
	}
	for i := range 3 {
		fmt.Fprintf(&b, "__CURSOR=s=6c1b;i=%x\n__REALTIME_TIMESTAMP=17000000000000%02d\n_HOSTNAME=gwj-lyon2\nPRIORITY=6\n", i, i)
		field("MESSAGE", "login of kweissj\nuser=kweissj\npassword=Wq8-zero-j1\n")
		field("COREDUMP", "\x7fELF\x00\x01\x02\x03\x04\x05kweissj")
		b.WriteString("\n")
	}
	got, res := redactTree(t, redact.Options{}, tree(t, map[string][]byte{"j.export": b.Bytes(), "bad.export": append(b.Bytes()[:len(b.Bytes())-20:len(b.Bytes())-20], "\nMESSAGE\n\xff\xff\xff\xff\xff\xff\xff\x7f"...)}))
	out := got["j.export"]
	for _, v := range []string{"gwj-lyon2", "kweissj", "Wq8-zero-j1"} {
		require.NotContains(t, out, v)
	}
	require.Equal(t, 3, strings.Count(out, "__CURSOR=s=6c1b;i="))
	at := strings.Index(out, "MESSAGE\n") + len("MESSAGE\n")
	n := binary.LittleEndian.Uint64([]byte(out[at:]))
	require.True(t, strings.HasPrefix(out[at+8+int(n):], "\nCOREDUMP\n"), "the length fits the new value")
	held := reasons(res)
	require.Contains(t, held, "bad.export")
	require.Contains(t, held, "j.export!COREDUMP")
}

func withheldDocuments(t *testing.T) {
	office := zipOf(t, map[string][]byte{"[Content_Types].xml": []byte("<x/>"), "word/document.xml": []byte("<w>kweiss</w>"), "docProps/core.xml": []byte("<creator>Petra Vogel</creator>")})
	_, res := redactTree(t, redact.Options{}, tree(t, map[string][]byte{
		"a.png": []byte("\x89PNG\r\n\x1a\n kweiss"), "b.jpg": []byte("\xff\xd8\xff\xe1Exif kweiss"), "c.pdf": []byte("%PDF-1.7 kweiss"), "d.doc": []byte("\xd0\xcf\x11\xe0\xa1 kweiss"), "e.docx": office,
	}))
	require.Len(t, res.Withheld, 5)
	require.Contains(t, reasons(res)["e.docx"], "office")
}

// anyCut redacts the same text cut at every size from one byte up.
func anyCut(t *testing.T) {
	text := strings.Repeat("Oct  3 08:00:01 gwc-lyon2 app[1]: ok\n", 3) + "{\n  \"value\": \"Wq8-zero-n1\",\n  \"name\": \"DB_PASSWORD\"\n}\nsecret: |\n  Wq8-zero-n2\n  more\nuser=kweissc ip=10.88.1.2\n" + pemForms()
	want := ""
	for _, size := range []int{1 << 20, 1, 2, 3, 7, 16, 33, 64, 100, 257, 400} {
		g := newGate(t, redact.Options{})
		g.SetChunk(size)
		got := redactFile(t, g, text)
		for _, v := range []string{"Wq8-zero-n1", "Wq8-zero-n2", "gwc-lyon2", "kweissc", "10.88.1.2", "MIIEabcd", "c2VjcmV0Ym9keQ"} {
			require.NotContains(t, got, v, "chunks of %d", size)
		}
		if want == "" {
			want = got
		}
		require.Equal(t, strings.Count(want, "\n"), strings.Count(got, "\n"))
	}
}

func fidelity(t *testing.T) {
	for _, text := range []string{"no end", "\n\n \t\r\n", "", "cut \x00\x00\x00\x00 by a crash, and then more text as it was\n", "\x1b[2Jred\x07\b\n", "\xff\xfe"} {
		got, res := redactTree(t, redact.Options{}, tree(t, map[string][]byte{"x": []byte(text)}))
		require.Empty(t, res.Withheld, "%q", text)
		require.Equal(t, text, got["x"])
	}
}

func withheldDevices(t *testing.T) {
	in := tree(t, map[string][]byte{"ok": []byte("x\n"), "shut": []byte("x\n"), "closed/a": []byte("y\n")})
	require.NoError(t, syscall.Mkfifo(filepath.Join(in, "pipe"), 0o600))
	f, err := os.OpenFile(filepath.Join(in, "sparse"), os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	require.NoError(t, f.Truncate(8<<20))
	require.NoError(t, f.Close())
	want := 2
	if os.Geteuid() != 0 {
		require.NoError(t, os.Chmod(filepath.Join(in, "shut"), 0))
		require.NoError(t, os.Chmod(filepath.Join(in, "closed"), 0))
		t.Cleanup(func() { _ = os.Chmod(filepath.Join(in, "closed"), 0o700) }) // so that the folder can be removed
		want = 4
	}
	_, res := redactTree(t, redact.Options{}, in)
	require.Len(t, res.Withheld, want)
	require.Equal(t, "not a regular file", reasons(res)["pipe"])
}

func keyed(t *testing.T) {
	a := redactFile(t, newGate(t, redact.Options{}), "10.4.4.9")
	b := redactFile(t, newGate(t, redact.Options{Key: []byte("another key of exactly 32 bytes.")}), "10.4.4.9")
	require.NotEqual(t, a, b)
}

func errorsTellNothing(t *testing.T) {
	in := tree(t, map[string][]byte{"gwx-lyon2/kweissx.log": []byte(siteText + "host=gwx-lyon2 user=kweissx\n"), "z": []byte("z\n")})
	for _, nth := range []int{1, 3} {
		g, n := newGate(t, redact.Options{Workers: 1}), 0
		g.OnOpen(func(r io.Reader) io.Reader {
			if n++; n != nth {
				return r
			}
			return breaking(&fs.PathError{Op: "read", Path: filepath.Join(in, "gwx-lyon2", "kweissx.log"), Err: syscall.EIO}, 10)(r)
		})
		out := filepath.Join(t.TempDir(), "out")
		_, err := g.Tree(context.Background(), in, out)
		require.ErrorContains(t, err, "input/output error")
		require.NotContains(t, err.Error(), "lyon2")
		require.NotContains(t, err.Error(), "kweissx")
		require.NoDirExists(t, out)
	}
}

func withheldBombs(t *testing.T) {
	g := redact.Options{Policy: redact.Policy{ID: "x", MaxRatio: 10}}
	_, res := redactTree(t, g, tree(t, map[string][]byte{"a.gz": gz(t, bytes.Repeat([]byte("a line of nothing\n"), 8<<20/2)), "deep.gz": gz(t, gz(t, gz(t, gz(t, gz(t, []byte("x"))))))}))
	require.Len(t, res.Withheld, 2)
	_, res = redactTree(t, redact.Options{Policy: redact.Policy{ID: "x", MaxBytes: 1000}}, tree(t, map[string][]byte{"a.gz": gz(t, bytes.Repeat([]byte("line\n"), 1000))}))
	require.Len(t, res.Withheld, 1)
}
