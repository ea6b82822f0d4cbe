package redact_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle/redact"

	"github.com/stretchr/testify/require"
)

// member is a member of an archive made for a test.
type member struct {
	name string
	body string
	mode fs.FileMode
	flag uint16 // of a zip
}

func zipWith(t testing.TB, members []member) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: zip.Deflate, Comment: "by kweiss"}
		if m.mode != 0 {
			h.SetMode(m.mode)
		}
		f, err := w.CreateHeader(h)
		require.NoError(t, err)
		_, err = io.WriteString(f, m.body)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	b := out.Bytes()
	for _, m := range members {
		if m.flag != 0 { // in the central directory, as the library writes none
			at := bytes.LastIndex(b, []byte(m.name)) - 46
			binary.LittleEndian.PutUint16(b[at+8:], binary.LittleEndian.Uint16(b[at+8:])|m.flag)
		}
	}
	return b
}

func tarWith(t testing.TB, headers []*tar.Header, bodies []string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for i, h := range headers {
		h.Size = int64(len(bodies[i]))
		require.NoError(t, w.WriteHeader(h))
		_, err := io.WriteString(w, bodies[i])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

// safeMembers reads an archive back and wants names that stay inside, each once, and
// nothing of the site.
func safeMembers(t *testing.T, names []string) {
	t.Helper()
	seen := map[string]bool{}
	for _, n := range names {
		require.False(t, seen[strings.ToLower(n)], "%s twice", n)
		seen[strings.ToLower(n)] = true
		require.True(t, fs.ValidPath(n), n)
		require.NotContains(t, n, `\`)
		require.NotContains(t, n, "kweiss")
		require.LessOrEqual(t, len(n), 255)
	}
}

// TestMembersWithEvilNames packs names that climb out, begin at the root, are longer
// than any system takes, or come twice.
func TestMembersWithEvilNames(t *testing.T) {
	evil := []string{
		"../../etc/kweiss", "/etc/kweiss", `..\..\kweiss.txt`, `C:\Users\kweiss\x`, "a/../../kweiss", "./kweiss/./x", "twice.log", "twice.log", "TWICE.log", strings.Repeat("long/", 60) + "kweiss",
		strings.Repeat("k", 300), "new\nline", "..", "dir/..", "nul\x00byte",
	}
	var members []member
	var headers []*tar.Header
	var bodies []string
	for i, name := range evil {
		body := fmt.Sprintf("%s%d\n", siteText, i)
		members = append(members, member{name: name, body: body})
		if !strings.Contains(name, "\x00") {
			headers = append(headers, &tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o600, Uname: "kweiss"})
			bodies = append(bodies, body)
		}
	}
	got, res := redactTree(t, redact.Options{}, tree(t, map[string][]byte{"a.zip": zipWith(t, members), "b.tar": tarWith(t, headers, bodies)}))
	require.Empty(t, res.Withheld)
	z, err := zip.NewReader(strings.NewReader(got["a.zip"]), int64(len(got["a.zip"])))
	require.NoError(t, err)
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		require.Empty(t, f.Comment)
	}
	require.Len(t, names, len(members), "no member takes another's place")
	safeMembers(t, names)
	names = nil
	r := tar.NewReader(strings.NewReader(got["b.tar"]))
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		names = append(names, h.Name)
	}
	require.Len(t, names, len(headers))
	safeMembers(t, names)
}

// TestMembersThatCannotPass withholds them alone, or the archive that breaks off, and
// lists each.
func TestMembersThatCannotPass(t *testing.T) {
	whole := zipWith(t, []member{{name: "a.log", body: strings.Repeat(siteText, 50)}})
	packed := tarOf(t, map[string][]byte{"a.log": []byte(strings.Repeat(siteText, 50))})
	long := []byte(strings.Repeat(siteText, 3000))
	in := map[string][]byte{
		"ok.zip": zipWith(t, []member{{name: "good.log", body: siteText}, {name: "locked-kweiss.log", body: siteText, flag: 1}, {name: "to-kweiss", body: "/home/kweiss", mode: fs.ModeSymlink | 0o777}, {name: "shot.png", body: "\x89PNG kweiss"}}),
		"ok.tar": tarWith(t, []*tar.Header{{Name: "good.log", Typeflag: tar.TypeReg}, {Name: "dev-kweiss", Typeflag: tar.TypeChar}, {Name: "inner.zip", Typeflag: tar.TypeReg}}, []string{siteText, "", "PK\x03\x04 no more"}),

		"cut.zip": whole[:len(whole)-9], "cut-early.zip": whole[:40], "cut.tar": packed[:700], "cut.tar.gz": gz(t, packed)[:60], "cut.gz": gz(t, long)[:200], "cut.zst": zst(t, long)[:200], "cut.xz": xzOf(t, long)[:80],
		"sum.gz": flipped(gz(t, long), -6), "sum.zip": flipped(whole, 60), "tail.gz": append(gz(t, []byte(siteText)), "kweiss was here"...),
	}
	got, res := redactTree(t, redact.Options{}, tree(t, in))
	held := map[string]string{}
	for _, w := range res.Withheld {
		require.NotContains(t, w.Path+w.Reason, "kweiss")
		held[w.In] = w.Reason
	}
	for name, reason := range map[string]string{
		"ok.zip!locked-kweiss.log": "encrypted", "ok.zip!to-kweiss": "not a regular file", "ok.zip!shot.png": "image", "ok.tar!dev-kweiss": "not a regular file", "ok.tar!inner.zip": "damaged zip file",
		"cut.zip": "damaged zip file", "cut-early.zip": "damaged zip file", "cut.tar": "damaged tar file", "cut.tar.gz": "damaged", "cut.gz": "damaged gzip file", "cut.zst": "damaged zstd file", "cut.xz": "damaged xz file",
		"sum.gz": "damaged gzip file", "sum.zip": "damaged zip file", "tail.gz": "damaged gzip file",
	} {
		require.Contains(t, held[name], reason, name)
	}
	require.Len(t, held, 15)
	require.Len(t, got, 2, "what stays are the two archives of which members passed")
	for name, b := range got {
		require.NotContains(t, b, "kweiss", name)
		require.Contains(t, b, ".withheld", "the place of what is missing is marked")
	}
	for _, f := range res.Files {
		require.EqualValues(t, "partial", f.Inspected)
	}
}

func flipped(b []byte, at int) []byte {
	if at < 0 {
		at += len(b)
	}
	b[at] ^= 0x55
	return b
}

// TestNestedToTheLimit reads archives as deep as the policy says and no deeper.
func TestNestedToTheLimit(t *testing.T) {
	nested := func(n int) []byte {
		b := []byte(siteText)
		for i := range n {
			switch i % 4 {
			case 0:
				b = gz(t, b)
			case 1:
				b = zipWith(t, []member{{name: "m", body: string(b)}})
			case 2:
				b = zst(t, b)
			default:
				b = tarWith(t, []*tar.Header{{Name: "m", Typeflag: tar.TypeReg}}, []string{string(b)})
			}
		}
		return b
	}
	for limit := 1; limit <= 5; limit++ {
		for n := limit - 1; n <= limit+1; n++ {
			got, res := redactTree(t, redact.Options{Policy: redact.Policy{ID: "x", MaxDepth: limit}}, tree(t, map[string][]byte{"a": nested(n)}))
			if n <= limit {
				require.Empty(t, res.Withheld, "%d deep, %d allowed", n, limit)
				require.Len(t, got, 1)
				continue
			}
			require.NotEmpty(t, res.Withheld, "%d deep, %d allowed", n, limit)
			for _, w := range res.Withheld {
				require.Contains(t, w.Reason, "nested deeper")
			}
		}
	}
}

// TestManySmallBombs packs what each by itself is not too much, into an archive, and
// the same in an archive of archives. What is over the whole measure is withheld.
func TestManySmallBombs(t *testing.T) {
	line := strings.Repeat("a line of nothing\n", 1<<14) // 300 KB, some 1 KB packed
	var members []member
	for i := range 40 {
		members = append(members, member{name: fmt.Sprint(i), body: line})
	}
	bomb := zipWith(t, members)
	in := tree(t, map[string][]byte{"a.zip": bomb, "b.tar": tarWith(t, []*tar.Header{{Name: "a.zip", Typeflag: tar.TypeReg}}, []string{string(bomb)}), "c.log": []byte(siteText)})
	g := newGate(t, redact.Options{Policy: redact.Policy{ID: "x", MaxRatio: 50}})
	g.SetFree(1 << 20)
	out := filepath.Join(t.TempDir(), "out")
	res, err := g.Tree(t.Context(), in, out)
	require.NoError(t, err)
	require.Greater(t, len(res.Withheld), 40)
	whole := 0
	for _, w := range res.Withheld {
		require.Contains(t, w.Reason, "unpacks to far more than its size")
		if strings.HasPrefix(w.In, "a.zip!") {
			whole++
		}
	}
	require.Less(t, 40-whole, 10, "not more than the measure is unpacked")
	require.Contains(t, readTree(t, out), "c.log")
}

// TestArchivesOfManyMembers keeps thousands of members apart, empty ones and ones of
// one name.
func TestArchivesOfManyMembers(t *testing.T) {
	n := 1000
	if os.Getenv("REDACT_LONG") != "" {
		n = 10_000
	}
	members := make([]member, n)
	for i := range members {
		members[i] = member{name: "same"}
		if i%2 == 0 {
			members[i].name = fmt.Sprint(i)
		}
	}
	got, res := redactTree(t, redact.Options{}, tree(t, map[string][]byte{"a.zip": zipWith(t, members)}))
	require.Empty(t, res.Withheld)
	z, err := zip.NewReader(strings.NewReader(got["a.zip"]), int64(len(got["a.zip"])))
	require.NoError(t, err)
	names := make([]string, 0, n)
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	require.Len(t, names, n)
	safeMembers(t, names)
}
