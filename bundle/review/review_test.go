package review_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"darksite/bundle"
	"darksite/bundle/review"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

// input makes a bundle of these files.
func input(files map[string]string) review.Input {
	tree := fstest.MapFS{}
	m := bundle.Manifest{
		BID: "S042-000017", CreatedUTC: "2026-03-02T08:15:30Z", Marking: "INTERNAL", Case: "T-ABCDEFGHIJ",
		Collector: bundle.Principal{Principal: "mdurand", KeyID: "0123456789abcdef"},
		Rules:     bundle.Versioned{ID: "shipped", Version: 3}, Policy: bundle.Versioned{ID: "default", Version: 1},
	}
	for _, path := range sorted(files) {
		text := files[path]
		tree[path] = &fstest.MapFile{Data: []byte(text)}
		m.Files = append(m.Files, bundle.Entry{
			Path: path, Size: int64(len(text)), SHA256: bundle.DigestOf([]byte(text)),
			Inspected: bundle.InspectedFull, Source: "logs", Type: "text",
		})
	}
	return review.Input{Manifest: m, Digest: bundle.DigestOf([]byte("manifest")), Tree: tree}
}

func sorted(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	for i := range keys {
		for j := i; j > 0 && keys[j] < keys[j-1]; j-- {
			keys[j], keys[j-1] = keys[j-1], keys[j]
		}
	}
	return keys
}

func build(t *testing.T, in review.Input) (review.Summary, review.Known) {
	t.Helper()
	s, known, err := review.Build(t.Context(), in)
	require.NoError(t, err)
	return s, known
}

func forms(s review.Summary) map[string]int64 {
	out := map[string]int64{}
	for _, one := range s.Shapes {
		out[one.Form] += one.Count
	}
	return out
}

func TestFormOfALine(t *testing.T) {
	cases := map[string]string{
		"2026-03-02T08:15:30.123456+01:00 host-k7f3q2ab kernel: sd 7:0:0:1: rejecting I/O":    "<time> <host> kernel: sd <ip>: rejecting I/O",
		"Mar  2 08:15:30 took 12ms of 1.5e+06 (99%)":                                          "Mar <num> <time> took <num> of <num> (<num>%)",
		"purefa_latency{dimension=\"usec\"} 250":                                              "purefa_latency{dimension=\"usec\"} <num>",
		"  leading\tand   double blanks  ":                                                    "leading and double blanks",
		"from 240.1.2.3:22 to 2001:db8::1 mac 02:ab:cd:00:11:22":                              "from <ip> to <ip> mac <ip>",
		"vol-a2b3c4d5 on array-zzzz2222.dom-abcdef23.invalid by user-ab2cd3ef@host.invalid":   "<vol> on <name> by <name>",
		"bay CH0.BAY7 of ct0.eth4 uuid 123e4567-e89b-12d3-a456-426614174000 at 0xffff8881":    "bay <id> of <id> uuid <uuid> at <hex>",
		"/proc/4711/stat and /var/log/app.log:123":                                            "<path> and <path>:<num>",
		"run /usr/bin/java at \"/home/jean/x.log\", 10/100 of https://a.b/c/d and 5 /s // or": "run <path> at \"<path>\", <num>/<num> of https://a.b/c/d and <num> /s // or",
		"Setting up libjs-jquery (3.6.1+dfsg+~3.5.14-1) ...":                                  "Setting up <pkg> ...",
		"<time> status installed libc6:amd64 30+20221128-1~deb12u1":                           "<<time> status installed <pkg> <ver>",
		`{"a":null,"b":true,"c":12,"null":"true"}`:                                            `{"a":<num>,"b":<num>,"c":<num>,"null":"true"}`,
		"a line that says <num> itself":                                                       "a line that says <<num> itself",
		"value=deadbeef1234 size:1024 x-1y":                                                   "value=<hex> size:<num> <id>",
		"no values at all":                                                                    "no values at all",
		"2026-03-02,fa-prod-1,12":                                                             "<time>,<id>,<num>",
		"été à 20°C":                                                                          "été à <id>",
		"libc6 2.36-9+deb12u4 on 6.4.10 by 7.host.corp":                                       "<id> <ver> on <ver> by <id>",
		"-5 +7 - x": "<num> <num> - x",
	}
	for line, want := range cases {
		s, _ := build(t, input(map[string]string{"files/a.txt": line + "\n"}))
		require.Len(t, s.Shapes, 1, line)
		require.Equal(t, want, s.Shapes[0].Form, line)
	}
}

func TestEachShapeOnceWithCountsAndExamples(t *testing.T) {
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "2026-03-02T08:%02d:%02dZ disk %d took %d ms\n", i/60%60, i%60, i%3, i)
	}
	text.WriteString("one of its kind\n\n")
	s, _ := build(t, input(map[string]string{"files/a.log": text.String(), "files/b.log": "2026-03-02T09:00:00Z disk 7 took 1 ms\n"}))
	require.Equal(t, map[string]int64{"<time> disk <num> took <num> ms": 1001, "one of its kind": 1}, forms(s))
	first := s.Shapes[0]
	require.Equal(t, int64(2), first.Files)
	require.Equal(t, review.Place{Path: "files/a.log", Line: 1, Text: "2026-03-02T08:00:00Z disk 0 took 0 ms"}, first.Example)
	require.Equal(t, []string{"0", "1", "2", "7"}, first.Slots[1].Samples)
	require.False(t, first.Slots[1].More)
	require.True(t, first.Slots[2].More)
	require.Equal(t, int64(1003), s.Lines)
}

func TestShapesThatDifferInOneWordAreJoinedAndEveryWordIsShown(t *testing.T) {
	var text strings.Builder
	names := []string{"alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india"}
	for i, n := range names {
		fmt.Fprintf(&text, "at %d service %s <b> restarted %d times\n", i, n, i)
	}
	text.WriteString("at 9 service stopped for good\n")
	s, _ := build(t, input(map[string]string{"files/a.log": text.String()}))
	require.Equal(t, map[string]int64{"at <num> service <word> <<b> restarted <num> times": 9, "at <num> service stopped for good": 1}, forms(s))
	joined := s.Shapes[0]
	require.Equal(t, "<word>", joined.Slots[1].Kind)
	require.Equal(t, names, joined.Slots[1].Samples)
	require.Equal(t, []string{"0", "1", "2", "3"}, joined.Slots[0].Samples)

	few, _ := build(t, input(map[string]string{"files/a.log": "x alpha\nx bravo\n"}))
	require.Len(t, few.Shapes, 2, "few words are shown as they are")
}

func TestTwoWordsOfALineMayDiffer(t *testing.T) {
	var text strings.Builder
	for _, a := range []string{"alpha", "bravo", "charlie"} {
		for i, b := range []string{"up", "down", "left", "right"} {
			fmt.Fprintf(&text, "link %s went %s at %d\n", a, b, i)
		}
	}
	s, _ := build(t, input(map[string]string{"files/a.log": text.String()}))
	require.Equal(t, map[string]int64{"link <word> went <word> at <num>": 12}, forms(s))
	require.Equal(t, []string{"alpha", "bravo", "charlie"}, s.Shapes[0].Slots[0].Samples)
	require.Equal(t, []string{"down", "left", "right", "up"}, s.Shapes[0].Slots[1].Samples)
}

func TestEveryIdentifyingTokenIsListedOnce(t *testing.T) {
	s, _ := build(t, input(map[string]string{"files/a.log": "srv-db-12 at 240.1.2.3\nsrv-db-12 host-k7f3q2ab 17 ms\n"}))
	var got []string
	for _, tok := range s.Tokens {
		got = append(got, fmt.Sprintf("%s %s %d", tok.Kind, tok.Value, tok.Count))
	}
	require.Equal(t, []string{"<host> host-k7f3q2ab 1", "<id> srv-db-12 2", "<ip> 240.1.2.3 1"}, got)
	require.Equal(t, int64(1), s.Tokens[1].First.Line)
}

// What stands in a path, or as the name of a package, is a value of its line; no name
// in it is lost.
func TestNoNameIsLostInPathsAndPackages(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	name := func() string {
		b := make([]byte, 9)
		for i := range b {
			b[i] = "bcdfghjklmnpqrstvwxz"[rng.IntN(20)]
		}
		return string(b)
	}
	var text strings.Builder
	var names []string
	for i := range 400 {
		n := name()
		names = append(names, n)
		switch i % 5 {
		case 0:
			fmt.Fprintf(&text, "opened /srv/%s/data/%d.log for reading\n", n, i)
		case 1:
			fmt.Fprintf(&text, "Setting up %s (1.%d-2+deb12u1) ...\n", n, i)
		case 2:
			fmt.Fprintf(&text, "mount \"/mnt/a/%s\": ok\n", n)
		case 3:
			fmt.Fprintf(&text, "Selecting previously unselected package %s.\n", n)
		default:
			fmt.Fprintf(&text, "PATH=/opt/%s/bin:/usr/bin\n", n)
		}
	}
	s, _ := build(t, input(map[string]string{"files/a.log": text.String()}))
	require.Len(t, s.Shapes, 5)
	var b strings.Builder
	require.NoError(t, review.Text(&b, s, review.View{}))
	flat := " " + strings.Join(strings.Fields(b.String()), " ") + " "
	for _, n := range names {
		require.Contains(t, flat, " "+n+" ")
	}
}

// A line that is one long list is shown by its kind; what is in the list is shown
// as everywhere. A name that stands above is not said again with its ending.
func TestListsAndNamesAreSaidOnce(t *testing.T) {
	var list, files []string
	for i := range 40 {
		list = append(list, fmt.Sprintf("lib%c%c:amd64 (1.%d, automatic)", 'a'+i/26, 'a'+i%26, i))
	}
	in := map[string]string{"files/logs/history.log": "Install: " + strings.Join(list, ", ") + "\n"}
	for _, n := range []string{"alpha", "beta", "gamma", "delta"} {
		in["files/one/"+n+".csv"], in["files/two/"+n+".csv"] = "x\n", "x\n"
		files = append(files, "took "+n)
	}
	in["files/took.txt"] = strings.Join(files, "\n") + "\n"
	s, _ := build(t, input(in))
	var b strings.Builder
	require.NoError(t, review.Text(&b, s, review.View{}))
	require.Contains(t, b.String(), "Install: <pkg:~")
	require.Contains(t, b.String(), "files/two/ (4: the same names as in files/one/)")
	require.Contains(t, b.String(), "4x  took <word:4>\n")
	require.Equal(t, int64(1), s.Coverage.Shapes.Lines-8-4, "a list is not shown in full, and is not said to be")
	require.Equal(t, 1, strings.Count(b.String(), "libab"))
	require.Equal(t, 1, strings.Count(b.String(), "gamma"))
}

func TestMarkings(t *testing.T) {
	cases := map[string][]string{
		"This page is SECRET.":                  {"SECRET"},
		"the secret_key and Secret things":      nil,
		"SECRETS of the trade":                  nil,
		"Top Secret":                            {"TOP SECRET"},
		"DIFFUSION RESTREINTE":                  {"DIFFUSION RESTREINTE"},
		"diffusion restreinte":                  {"DIFFUSION RESTREINTE"},
		"TRÈS SECRET DÉFENSE":                   {"TRÈS SECRET", "SECRET"},
		"Confidentiel Défense":                  {"CONFIDENTIEL"},
		"CONFIDENTIEL":                          {"CONFIDENTIEL"},
		"official-sensitive":                    {"OFFICIAL-SENSITIVE"},
		"VS-NfD":                                {"VS-NfD"},
		"NATO RESTRICTED":                       {"RESTRICTED", "RESTREINT"},
		"unclassified, nothing restricted here": nil,
	}
	for line, want := range cases {
		s, _ := build(t, input(map[string]string{"files/a.txt": "\n" + line + "\n"}))
		var got []string
		for _, m := range s.Markings {
			got = append(got, m.What)
			require.Equal(t, int64(2), m.Places[0].Line)
		}
		require.ElementsMatch(t, want, got, line)
	}
}

func TestKeywordsAreFoundInAnySpellingAndZeroIsSaid(t *testing.T) {
	in := input(map[string]string{"files/a.txt": "project Mercure\nMERCURE2\nProjet Économie\n"})
	in.Keywords = []string{"mercure", "Économie", "venus", " "}
	s, _ := build(t, in)
	require.Len(t, s.Keywords, 3)
	require.Equal(t, "mercure", s.Keywords[0].What)
	require.Equal(t, int64(2), s.Keywords[0].Count)
	require.Equal(t, int64(1), s.Keywords[1].Count)
	require.Equal(t, review.Found{What: "venus", Places: []review.Place{}}, s.Keywords[2])
}

func TestHitsAreCountedBeyondWhatIsListed(t *testing.T) {
	in := input(map[string]string{"files/a.txt": strings.Repeat("mercure\n", review.MaxHits+5)})
	in.Keywords = []string{"mercure"}
	s, _ := build(t, in)
	require.Equal(t, int64(review.MaxHits+5), s.Keywords[0].Count)
	require.Len(t, s.Keywords[0].Places, review.MaxHits)
}

func TestSecretLikeStrings(t *testing.T) {
	yes := []string{"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "q3x9-k2LmN8pQ-rS4tUv_7wX", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "dGhpcyBpcyBhIHNlY3JldCBrZXkgMTIz", "9f86d081884c7d659a2feaa0c55ad015"}
	no := []string{"TCPACKSkippedFinWait2", "/usr/lib/jvm/java-17-openjdk-host-0cnwe75z/bin/java", "linux-image-6.18.44-amd64-unsigned", "libpython3-11-minimal-dbgsym", "usr/lib/x86/64/MainClassLoader2/Helper", "purefa_array_performance_latency_usec", "123e4567-e89b-12d3-a456-426614174000", "/var/log/apt/history2.log/term3", "aaaaaaaaaaaaaaaaaaaa11111", "12345678901234567890123456"}
	for _, one := range append(yes, no...) {
		s, _ := build(t, input(map[string]string{"files/a.txt": "x " + one + " y\nagain " + one + "\n"}))
		if !contains(yes, one) {
			require.Empty(t, s.Secrets, one)
			continue
		}
		require.Len(t, s.Secrets, 1, one)
		require.Equal(t, []string{one}, s.Secrets[0].Strings, "each string once")
		require.Equal(t, int64(2), s.Secrets[0].Count)
		require.Equal(t, int64(1), s.Secrets[0].Example.Line)
	}
}

func TestSecretsOfOneSortAreShownTogether(t *testing.T) {
	s, _ := build(t, input(map[string]string{"files/a.json": `{"n":1,"id":"163ac8968cebae4ab8a29b62c4d98f56"}
{"n":2,"id":"d0febf0d4d9665db6c35177047e15c2c"}
{"n":3,"id":"163ac8968cebae4ab8a29b62c4d98f56","key":"q3x9k2LmN8pQrS4tUv7wX5yZ"}
`}))
	require.Len(t, s.Secrets, 2)
	require.Equal(t, []string{"163ac8968cebae4ab8a29b62c4d98f56", "d0febf0d4d9665db6c35177047e15c2c"}, s.Secrets[0].Strings)
	require.Equal(t, int64(3), s.Secrets[0].Count)
	require.Equal(t, []string{"q3x9k2LmN8pQrS4tUv7wX5yZ"}, s.Secrets[1].Strings)
}

func contains(all []string, one string) bool {
	for _, a := range all {
		if a == one {
			return true
		}
	}
	return false
}

func TestWhatCannotBeReadIsSaid(t *testing.T) {
	in := input(map[string]string{"files/a.json": "{}\n", "files/b.json": "MZ\n", "files/c.bin": "text\n", "files/d.csv": "a,b\n"})
	in.Manifest.Files[1].Type = "binary"
	in.Manifest.Files[1].Inspected = bundle.InspectedNone
	in.Manifest.Files[1].Reason = "kept by policy"
	in.Manifest.Files[3].Inspected = bundle.InspectedPartial
	in.Manifest.Files[0].Redactions = map[string]int64{"ipv4": 3, "host": 1, "unused": 0}
	in.Manifest.Files[3].Redactions = map[string]int64{"ipv4": 2}
	in.Manifest.Omitted = []bundle.Omission{{OrigPath: "/var/log/wtmp", Reason: "binary"}}
	s, _ := build(t, in)
	require.Equal(t, []review.Note{{Path: "files/b.json", Remark: "inspected: none; kept by policy"}, {Path: "files/d.csv", Remark: "inspected: partial; "}}, s.Uninspected)
	require.Equal(t, []review.Note{{Path: "files/b.json", Remark: "the name says json, the content is binary"}, {Path: "files/c.bin", Remark: "the name promises bin, the content is text"}}, s.Disagree)
	require.Equal(t, []review.Count{{Name: "ipv4", Count: 5, Files: 2}, {Name: "host", Count: 1, Files: 1}}, s.Redactions)
	require.Equal(t, []review.Count{{Name: "files/a.json", Count: 4, Files: 1}, {Name: "files/d.csv", Count: 2, Files: 1}}, s.Redacted)
	require.Equal(t, int64(3), s.Lines, "a file that cannot be inspected is not read")
}

func TestWideTextIsReadAndArchivesAreNot(t *testing.T) {
	var le, be strings.Builder
	for _, u := range utf16.Encode([]rune("\ufeffprojet Économie 🗝 9\nend\n")) {
		le.Write([]byte{byte(u), byte(u >> 8)})
		be.Write([]byte{byte(u >> 8), byte(u)})
	}
	in := input(map[string]string{"files/a.txt": le.String(), "files/b.txt": be.String(), "files/c.gz": "\x1f\x8bzzz9\n", "files/d.txt": "odd"})
	in.Manifest.Files[0].Type, in.Manifest.Files[1].Type = "utf-16le", "utf-16be"
	in.Manifest.Files[2].Type, in.Manifest.Files[3].Type = "gzip", "utf-16le"
	in.Keywords = []string{"économie"}
	s, _ := build(t, in)
	require.Equal(t, int64(2), s.Keywords[0].Count)
	require.Equal(t, int64(2), forms(s)["projet Économie 🗝 <num>"])
	require.Equal(t, int64(5), s.Lines)
	require.Len(t, s.Uninspected, 1)
	require.Contains(t, s.Uninspected[0].Remark, "its lines are not shown here")
	require.Empty(t, s.Disagree)
}

func TestDifferenceToTheLastApproved(t *testing.T) {
	before := input(map[string]string{"files/a.log": "disk 1 ok\n", "files/b.log": "fan 2 ok\n", "files/gone.log": "x\n"})
	_, known := build(t, before)
	text, err := json.Marshal(known)
	require.NoError(t, err)
	var loaded review.Known
	require.NoError(t, json.Unmarshal(text, &loaded))

	now := input(map[string]string{"files/a.log": "disk 1 ok\n", "files/b.log": "fan 3 ok\nfan 3 failed\n", "files/c.log": "disk 9 ok\n"})
	now.Known = &loaded
	s, _ := build(t, now)
	require.Equal(t, review.Difference{Against: "S042-000017", New: []string{"files/c.log"}, Changed: []string{"files/b.log"}, Same: 1, Gone: []string{"files/gone.log"}, NewShapes: 1}, s.Difference)
	require.Equal(t, "fan <num> failed", s.Shapes[0].Form, "what is new comes first")
	require.True(t, s.Shapes[0].New)
	require.False(t, s.Shapes[1].New)
}

func TestATreeThatIsNotTheManifestsIsRefused(t *testing.T) {
	in := input(map[string]string{"files/a.log": "disk 1 ok\n"})
	in.Manifest.Files[0].Size++
	_, _, err := review.Build(t.Context(), in)
	require.ErrorContains(t, err, "files/a.log has 10 bytes, the manifest has 11")
	in.Tree = fstest.MapFS{}
	_, _, err = review.Build(t.Context(), in)
	require.ErrorContains(t, err, "review bundle S042-000017")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = review.Build(ctx, input(map[string]string{"files/a.log": "1\n2\n"}))
	require.ErrorIs(t, err, context.Canceled)
}

func TestTerminalsAreSafe(t *testing.T) {
	in := input(map[string]string{"files/a.log": "evil \x1b[2J\x9b31m \u202e mercure \r\x00 id7\x07\n" + "bad utf8 \xff\xfe9 ghp_16C7e42F292c6912E7710c\n"})
	in.Keywords = []string{"mercure"}
	in.Manifest.Omitted = []bundle.Omission{{OrigPath: "x\x1b]0;y", Reason: "r"}}
	s, _ := build(t, in)
	var out bytes.Buffer
	require.NoError(t, review.Text(&out, s, review.View{}))
	for _, r := range out.String() {
		require.True(t, r == '\n' || r >= ' ' && r != 0x7f && r != 0x9b && r != 0x202e && r != utf8.RuneError, "%U", r)
	}
	text, err := json.Marshal(s)
	require.NoError(t, err)
	require.NotContains(t, string(text), `\u001b`, "no text of a summary can act on a terminal")
}

func TestLongAndManyLinesAreBounded(t *testing.T) {
	long := strings.Repeat("x1 ", review.MaxLine/2)
	s, _ := build(t, input(map[string]string{"files/long.txt": long + "\nshort\n"}))
	require.Equal(t, int64(3), s.Lines, "a long line is looked at in pieces")
	require.Len(t, s.Overflow, 1)
	require.Contains(t, s.Overflow[0].Remark, "not shown to their end")
	whole := strings.Repeat("word ", 1000) + "last"
	s, _ = build(t, input(map[string]string{"files/whole.txt": whole + "\n"}))
	require.Empty(t, s.Overflow)
	var out bytes.Buffer
	require.NoError(t, review.Text(&out, s, review.View{}))
	require.Contains(t, out.String(), "last\n", "what is not said to be cut is shown to its end")

	var many strings.Builder
	word := func(i int) string {
		b := []byte("aaaaaa")
		for j := len(b) - 1; i > 0; j-- {
			b[j] = 'a' + byte(i%26)
			i /= 26
		}
		return string(b)
	}
	for i := range review.MaxShapes + 10 {
		fmt.Fprintf(&many, "%s\n", word(i))
	}
	s, _ = build(t, input(map[string]string{"files/many.txt": many.String()}))
	require.LessOrEqual(t, len(s.Shapes), review.MaxShapes)
	require.Len(t, s.Overflow, 1)
	require.Contains(t, s.Overflow[0].Remark, "10 lines (70 bytes) have no shape")
}

func TestSameBundleSameSummary(t *testing.T) {
	files := map[string]string{}
	rng := rand.New(rand.NewPCG(1, 2))
	for f := range 4 {
		var b strings.Builder
		for range 500 {
			fmt.Fprintf(&b, "%s host-%s%d went %s after %d\n", pick(rng), "abcdef2", rng.IntN(8), pick(rng), rng.IntN(1000))
		}
		files[fmt.Sprintf("files/%d.log", f)] = b.String()
	}
	one, known := build(t, input(files))
	for workers := range 4 {
		in := input(files)
		in.Workers = workers
		again, knownAgain := build(t, in)
		require.Equal(t, one, again)
		require.Equal(t, known, knownAgain)
	}
}

func pick(rng *rand.Rand) string {
	return []string{"red", "green", "blue", "up", "down", "left", "right", "north", "south", "east", "west"}[rng.IntN(11)]
}

func TestText(t *testing.T) {
	in := input(map[string]string{
		"files/logs/syslog":       "2026-03-02T08:15:30Z host-k7f3q2ab kernel: CH0.BAY7 failed\nDIFFUSION RESTREINTE\nkey ghp_16C7e42F292c6912E7710c838347Ae178B4a\nproject mercure\n",
		"files/monitor/space.csv": "at,target,value\n2026-03-02T08:00:00Z,array-abcd2345,1\n2026-03-02T08:00:30Z,array-abcd2345,2\n",
		"meta/collect.json":       "{}\n",
	})
	in.Keywords = []string{"mercure", "venus"}
	in.Recipients = []review.Recipient{{Name: "vendor intake 2026", Fingerprint: strings.Repeat("ab", 32), Words: strings.Fields("one two three")}, {Fingerprint: strings.Repeat("cd", 32)}}
	in.Near = []review.NearMiss{{Path: "files/logs/syslog", Line: 1, Text: "k7f3q2ac", Why: "one letter away from a known name"}}
	in.Manifest.Omitted = []bundle.Omission{{OrigPath: "/var/log/wtmp", Reason: "binary"}}
	in.Manifest.Files[0].Redactions = map[string]int64{"host": 1}
	in.Known = &review.Known{BID: "S042-000016", Files: map[string]bundle.Digest{"meta/collect.json": bundle.DigestOf([]byte("{}\n"))}}
	s, _ := build(t, in)
	s.ManifestWords = strings.Fields("alpha bravo")
	var out bytes.Buffer
	require.NoError(t, review.Text(&out, s, review.View{}))
	for line := range strings.Lines(out.String()) {
		require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 80, line)
	}
	path := filepath.Join("testdata", "review.txt")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, out.Bytes(), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), out.String())
	require.Error(t, review.Text(broken{}, s, review.View{}))
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, os.ErrClosed }

// Whatever stands in a bundle: every line is accounted for, the result does not
// depend on who read what, and nothing that is shown acts on a terminal or is
// wider than it.
func FuzzBuild(f *testing.F) {
	f.Add("2026-03-02T08:15:30Z host-k7f3q2ab ::1 <num> 0x1 -\n\xff\x00é", "b", 3)
	f.Add("evil \x1b[2J\x9b31m \u202e mercure \r\x00 id7\x07\njob-1\njob-2\n<<word>> SECRET", "\x1b]0;title\x07", 1)
	f.Add(strings.Repeat("a1b2c3d4e5f6a7b8c9d0 <x 4111111111111111,", 9), "\n\n \t", 2)
	f.Fuzz(func(t *testing.T, text, other string, workers int) {
		in := input(map[string]string{"files/a.txt": text, "files/b.txt": other, "files/c.txt": text + other})
		in.Keywords = []string{"é", "a", "mercure"}
		in.Workers = 1
		s, known, err := review.Build(t.Context(), in)
		require.NoError(t, err)
		require.Equal(t, s.Lines, s.Coverage.All().Lines)
		require.Equal(t, s.Bytes, s.Coverage.All().Bytes)
		in.Workers = 1 + workers&3
		again, _, err := review.Build(t.Context(), in)
		require.NoError(t, err)
		require.Equal(t, s, again)
		var out bytes.Buffer
		require.NoError(t, review.Text(&out, s, review.View{Folded: true}))
		if len(text)%16 == 0 { // the slow part
			require.NoError(t, review.PDF(&bytes.Buffer{}, s, review.View{Folded: true}))
		}
		for row := range strings.Lines(out.String()) {
			row = strings.TrimSuffix(row, "\n")
			require.LessOrEqual(t, utf8.RuneCountInString(row), 80)
			for _, r := range row {
				require.True(t, unicode.IsPrint(r), "%U", r)
			}
		}
		in.Known = &known
		s, _, err = review.Build(t.Context(), in)
		require.NoError(t, err)
		require.Zero(t, s.Difference.NewShapes, "what was approved is known")
		require.Zero(t, s.Difference.NewTokens)
		require.Equal(t, s.Lines, s.Coverage.Folded.Lines+s.Coverage.Blank.Lines)
	})
}

func BenchmarkBuild(b *testing.B) {
	var text strings.Builder
	rng := rand.New(rand.NewPCG(1, 2))
	for text.Len() < 16<<20 {
		fmt.Fprintf(&text, "2026-03-02T08:%02d:%02d.%06d+01:00 host-%s kernel: [%d.%06d] sd %d:0:0:%d: [sdb] tag#%d FAILED Result: hostbyte=DID_OK driverbyte=DRIVER_OK cmd_age=%ds %s\n",
			rng.IntN(60), rng.IntN(60), rng.IntN(1e6), "k7f3q2ab", rng.IntN(1e6), rng.IntN(1e6), rng.IntN(16), rng.IntN(9), rng.IntN(300), rng.IntN(60), pick(rng))
	}
	in := input(map[string]string{"files/a.log": text.String()})
	in.Keywords = strings.Fields("mercure venus mars jupiter saturne uranus neptune pluton")
	b.SetBytes(int64(text.Len()))
	b.ResetTimer()
	for b.Loop() {
		if _, _, err := review.Build(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
}

// Logs of a package manager are a few shapes, and every package is still shown.
func TestPackagesAreOnePlaceAndEachIsShown(t *testing.T) {
	var lines strings.Builder
	var names, list []string
	for i := range 300 {
		name := fmt.Sprintf("lib%c%c-part%d.%d+x", 'a'+i%26, 'a'+i/26, i%7, i%5)
		names = append(names, name)
		list = append(list, fmt.Sprintf("%s:amd64 (2:1.%d-%d~deb12u1, automatic)", name, i%9, i%4))
		fmt.Fprintf(&lines, "2026-05-09 07:29:%02d status unpacked %s:amd64 1.%d.2-3+b1\n", i%60, name, i%9)
		fmt.Fprintf(&lines, "Preparing to unpack .../%03d-%s_1.%d-2+deb12u%d_amd64.deb ...\n", i, name, i%9, i%3)
	}
	fmt.Fprintf(&lines, "Install: %s\n", strings.Join(list, ", "))
	fmt.Fprintf(&lines, "Install: %s\n", strings.Join(list[:150], ", "))
	fmt.Fprintf(&lines, "Install: %s, host-k7f3q2ab, %s\n", list[0], list[1])
	lines.WriteString("Install: libone:amd64 (northwind7, automatic), libtwo:amd64 (1.0, northwind)\n")
	lines.WriteString("Remove: not a package:other (1.2), tools:amd64x, x:amd64, libthree_northwind_amd64.deb\n")
	s, _ := build(t, input(map[string]string{"files/logs/dpkg.log": lines.String()}))
	got := forms(s)
	require.Equal(t, int64(2), got["Install: <pkg>"], "a list of any length is one shape: %v", got)
	require.Equal(t, int64(1), got["Install: <pkg>, <host>, <pkg>"], "what is no package is not swallowed by a list")
	require.Equal(t, int64(300), got["Preparing to unpack .../<pkg> ..."], "%v", got)
	require.Equal(t, int64(1), got["Install: <pkg> (<id>, automatic), <pkg> (<ver>, northwind)"]+got["Install: <pkg> (<id>, automatic), <pkg> (<num>, northwind)"], "no word hides between brackets: %v", got)
	require.LessOrEqual(t, len(got), 7, "%v", got)
	shown := map[string]int{}
	for _, token := range s.Tokens {
		shown[token.Value]++
	}
	for _, name := range names {
		require.Equal(t, 1, shown[name], "%s is shown once", name)
	}
	require.Equal(t, 1, shown["host-k7f3q2ab"])
	require.Equal(t, 1, shown["northwind7"])
}

// TestWhatThePolicyLetsThroughComesFirst shows each such word, where it stands, with
// none of the places in the report of the redaction.
func TestWhatThePolicyLetsThroughComesFirst(t *testing.T) {
	in := input(map[string]string{
		"files/logs/syslog":   "login of kestrel\nno bird\nKestrel: bye\n",
		"meta/redaction.json": "{\"loosened\":[\"kestrel\",\"zzyzx\"]}\n",
	})
	in.Loosened, in.Keywords = []string{"kestrel", "zzyzx"}, []string{"bird"}
	s, _ := build(t, in)
	require.Len(t, s.Keywords, 1)
	all := review.Sections(s, review.View{})
	require.Equal(t, "policy", all[0].Key)
	require.Equal(t, []string{
		"This policy lets through: 2 words that the shipped rules would hide. Such a",
		"bundle leaves when two officers have agreed, and not before.",
	}, all[0].Intro)
	require.Len(t, all[0].Items, 2)
	require.Equal(t, []string{"kestrel: stands in 2 lines, first in files/logs/syslog:1", "      login of kestrel"}, all[0].Items[0].Lines)
	require.Equal(t, []string{"zzyzx: stands nowhere in this bundle"}, all[0].Items[1].Lines)
	require.Contains(t, review.Head(s, all), "lets through 2 words that the shipped rules would hide")
	wide, seen := review.Sections(s, review.View{Width: 120}), all[0].Items[0].Marks
	require.Equal(t, seen, wide[0].Items[0].Marks, "what was read stays read at any width")
	left := review.Sections(s, review.View{Read: func(m review.Mark) bool { return m == seen[0] }})
	require.Len(t, left[0].Items, 1)

	in.Loosened = nil
	s, _ = build(t, in)
	require.Equal(t, "new", review.Sections(s, review.View{})[0].Key)
}
