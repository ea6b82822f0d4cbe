package stranger

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func shipped(t testing.TB) *Judge {
	t.Helper()
	j, err := Load()
	require.NoError(t, err)
	return j
}

func TestParseEvidence(t *testing.T) {
	j, err := parse("alpha 1\n", "start  -10\nleast usual 50\nleast eager -20\nleast spelling -30\nleast place 10\nword node 70\nbefore ␣ 5\nhex  -3\ngram ^q# 9\nword-gram -_. 8\nnext-gram yz$ -7\n")
	require.NoError(t, err)
	require.Equal(t, 70, j.evidence.of(sign(wordTag, []byte("node"))))
	require.Equal(t, 5, j.evidence.of(sign(beforeTag, []byte(" "))))
	require.Equal(t, -3, j.evidence.of(sign(hexTag, nil)))
	require.Zero(t, j.evidence.of(sign(word2Tag, []byte("node"))), "another tag")
	require.True(t, j.Enough(60, Usual))
	require.False(t, j.Enough(59, Usual))
	require.True(t, j.Enough(-10, Eager))
	require.False(t, j.Enough(-11, Eager))
	for tag, text := range []string{gramTag: "^q#", wordGram: "-_.", nextGram: "yz$"} {
		g, ok := packed(text)
		require.True(t, ok, text)
		require.Equal(t, text, unpacked(g))
		require.Equal(t, []int16{9, 8, -7}[tag], j.evidence.grams[tag][g])
	}
	require.True(t, j.WorthLine(10, Usual))
	require.False(t, j.WorthLine(9, Usual))
	require.True(t, j.WorthLine(-60, Eager))
	require.False(t, j.WorthLine(-61, Eager))
	require.True(t, j.Worth(-30, Usual))
	require.False(t, j.Worth(-31, Usual))
	require.True(t, j.Worth(-100, Eager))
	require.False(t, j.Worth(-101, Eager))
}

func TestParseEvidenceRefuses(t *testing.T) {
	const head = "start  0\nleast usual 1\nleast eager 0\nleast spelling -3\nleast place -2\n"
	for _, c := range []struct{ name, text, want string }{
		{"too few fields", head + "word node\n", "evidence.txt:6: want a tag, a text and a weight"},
		{"too many fields", head + "word a node 3\n", "evidence.txt:6: want a tag"},
		{"no number", head + "word node x\n", "evidence.txt:6: weight"},
		{"a weight out of range", head + "word node 40000\n", "evidence.txt:6: weight"},
		{"an unknown tag", head + "mood node 3\n", "evidence.txt:6: no sign has the tag mood"},
		{"a sign twice", head + "word node 3\nword node 4\n", "evidence.txt:7: word node is there twice"},
		{"three letters twice", head + "gram abc 3\ngram abc 4\n", "evidence.txt:7: gram abc is there twice"},
		{"two letters for three", head + "gram ab 3\n", "evidence.txt:6: gram ab is not three letters"},
		{"a capital among three", head + "gram aBc 3\n", "is not three letters"},
		{"a digit among three", head + "gram a1c 3\n", "is not three letters"},
		{"the beginning in the midst", head + "gram a^c 3\n", "is not three letters"},
		{"the end in the midst", head + "gram a$c 3\n", "is not three letters"},
		{"a letter of no word", head + "gram a/c 3\n", "is not three letters"},
		{"three letters that weigh nothing", head + "gram abc 0\n", "evidence.txt:6: gram abc weighs nothing"},
		{"no levels", "start  0\n", "want one line each"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse("alpha 1\n", c.text)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// TestSpellingIsBlindToDigits holds that words which differ in nothing but their digits
// weigh the same: scanners remember but one of them.
func TestSpellingIsBlindToDigits(t *testing.T) {
	j := shipped(t)
	r := rand.New(rand.NewPCG(3, 4))
	parts := []string{"0", "1", "7", "42", "1999", "qx", "lyon", "Db", "NODE", "ms", "T", "e", "ab", "jan", "lib", "sda", "-", "_", "."}
	for range 100000 {
		var b []byte
		for range 1 + r.IntN(8) {
			b = append(b, parts[r.IntN(len(parts))]...)
		}
		b = bytes.Trim(b, joints)
		same := bytes.Map(func(c rune) rune {
			if c >= '0' && c <= '9' {
				return '0'
			}
			return c
		}, b)
		weight, may := j.Spelling(b, nil)
		also, mayAlso := j.Spelling(same, nil)
		require.Equal(t, may, mayAlso, "%s", b)
		require.Equal(t, weight, also, "%s", b)
	}
}

// TestSpelling tells words that may be names from those that cannot.
func TestSpelling(t *testing.T) {
	j := shipped(t)
	for _, c := range []struct {
		word string
		may  bool
	}{
		{"qxlyon", true},
		{"qxlyon-db07", true},
		{"mpvault_hot", true},
		{"ZRH4SAN2", true},
		{"dKowalczyk", true},
		{"volume", false},
		{"error", false},
		{"eth0", false},
		{"device7", false},
		{"eth14", true}, // see TestNumbered
		{"a", false},
		{"ab", false},
		{strings.Repeat("qx", 21), false}, // too short, too long
		{"gsed-4.9nb1", false},
		{"libslf4j-java", false},
		{"librarysrv7", true},
		{"qxl-17", true}, // packages, and numbered names
		{"qxl_vmstat_oom_kill", false},
		{"qxl_p99_latency_usec", false},
		{"qxl_vault", true},
		{"qxl_vault_7", true}, // metrics
		{"17-Jan-2026", false},
		{"09Feb", false},
		{"28Jul26", false},
		{"May06", false}, // dates
		{"may006", true},
		{"deadbeef", false},
		{"5d4f7c9", false},
		{"1234", false}, // hex and numbers
		{"sh36o9iujctyj8tkx0vzhvdha", false},
		{"Tk7Qp2Zx9Lm4Vb8", false},
		{"ctx-3f61b71e", false},
		{"k87fda99833880ed0", false}, // drawn
		{"a.b.cd", false},
		{"x@yzzy", false},
		{"zürichs", false}, // for the rules
	} {
		_, may := j.Spelling([]byte(c.word), nil)
		require.Equal(t, c.may, may, c.word)
	}
}

// TestNumbered tells what everyone counts from numbers with zeros before them.
func TestNumbered(t *testing.T) {
	j := shipped(t)
	for word, want := range map[string]bool{"eth14": true, "sda1": true, "eth014": false, "cpu01": false, "qxl14": false, "eth0": true} {
		require.Equal(t, want, j.Numbered([]byte(word)), word)
	}
	for word, want := range map[string]int{"": 0, "c1": 0, "c0": 0, "c01": 2, "c001r01": 3, "r01c007": 3, "007": 0, "007-x": 0, "x-007": 3, "c10": 0, "a0b00c": 2} {
		require.Equal(t, want, paddedTo([]byte(word)), word)
	}
}

// gramsOf are the three letters in a row that are looked at in a word.
func gramsOf(t *testing.T, w string) (grams []string) {
	t.Helper()
	sc := scales{e: shipped(t).evidence, see: func(tag, text string) {
		require.Equal(t, "gram", tag)
		grams = append(grams, text)
	}}
	sc.addGrams(gramTag, []byte(w))
	return grams
}

func TestGrams(t *testing.T) {
	for word, want := range map[string][]string{
		"Srv":      {"^sr", "srv", "rv$"},
		"n0815":    {"^n#", "n#$"},
		"7x":       {"^#x", "#x$"},
		"a-1_2.b":  {"^a-", "a-#", "-#_", "#_#", "_#.", "#.b", ".b$"},
		"q":        {"^q$"},
		"QXL-0042": {"^qx", "qxl", "xl-", "l-#", "-#$"},
	} {
		require.Equal(t, want, gramsOf(t, word), word)
	}
}

// TestGramsWeigh holds that each three letters of a word weigh once, and that those of
// words beside it weigh where the world uses them.
func TestGramsWeigh(t *testing.T) {
	j, err := parse("node 1\n", "start  0\nleast usual 0\nleast eager 0\nleast spelling 0\nleast place 0\ngram ^qx 5\ngram qx# 7\ngram x#$ 11\nword-gram nod 100\nnext-gram nod 1000\n")
	require.NoError(t, err)
	sc := scales{e: j.evidence}
	sc.addGrams(gramTag, []byte("QX17"))
	require.Equal(t, 23, sc.sum)
	for line, want := range map[string]int{"node qx17": 100, "qx17 node": 1000, "node qx17 node": 1100, "nodq qx17 nodq": 0, "x qx17": 0} {
		lo, hi := placeIn(t, line, "qx17")
		weight, _ := j.Around([]byte(line), lo, hi, 0, nil)
		require.Equal(t, want, weight, line)
	}
}

// besides are the words of a line that are looked at for one of them.
func besides(t *testing.T, j *Judge, line, word string) (words []string, weight int) {
	t.Helper()
	lo, hi := placeIn(t, line, word)
	l := j.Line([]byte(line))
	weight = j.Beside(&l, []byte(line), lo, hi, func(tag, text string) {
		require.Equal(t, "line", tag)
		words = append(words, text)
	})
	require.Equal(t, weight, j.Beside(&l, []byte(line), lo, hi, nil))
	return words, weight
}

// TestLine holds which words of a line count for one of them, and that each counts once.
func TestLine(t *testing.T) {
	j, err := parse("node 1\n", "start  0\nleast usual 0\nleast eager 0\nleast spelling 0\nleast place 0\nline node 5\nline up 7\nline qx17 100\nline no-de 11\n")
	require.NoError(t, err)
	for _, c := range []struct {
		name, line string
		want       []string
		weight     int
	}{
		{"both sides", "Node qx17 is UP", []string{"node", "is", "up"}, 12},
		{"once", "node qx17 node Node", []string{"node"}, 5},
		{"not itself", "qx17 up QX17", []string{"up"}, 7},
		{"joined words are one", "no-de qx17 up.", []string{"no-de", "up."}, 11},
		{"no numbers, no single letters", "7up a qx17 #1 node", []string{"node"}, 5},
		{"no long ones", strings.Repeat("x", maxSign+1) + " qx17 " + strings.Repeat("y", maxSign), []string{strings.Repeat("y", maxSign)}, 0},
		{"alone", "qx17", nil, 0},
		{"the first of many", "qx17" + strings.Repeat(" q", 3) + " ab ac ad ae af ag ah ai aj ak al am an ao node up", []string{"ab", "ac", "ad", "ae", "af", "ag", "ah", "ai", "aj", "ak", "al", "am", "an", "ao", "node"}, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			words, weight := besides(t, j, c.line, "qx17")
			require.Equal(t, c.want, words)
			require.Equal(t, c.weight, weight)
		})
	}
}

func TestTraits(t *testing.T) {
	for word, want := range map[string]traits{
		"qxlyon":   {plain: true, beyondHex: true, letters: "lower"},
		"QX-LYON7": {plain: true, beyondHex: true, letters: "upper", join: "-", number: "end"},
		"Lyon":     {plain: true, beyondHex: true, letters: "title", mixed: true},
		"lyonDb":   {plain: true, beyondHex: true, letters: "camel", mixed: true},
		"LyonDb":   {plain: true, beyondHex: true, letters: "mixed", mixed: true},
		"7l-_yon":  {plain: true, beyondHex: true, letters: "lower", join: "-_", number: "start"},
		"l7y8n":    {plain: true, beyondHex: true, letters: "lower", number: "two"},
		"l7y8n9":   {plain: true, beyondHex: true, letters: "lower", number: "many"},
		"ly7n":     {plain: true, beyondHex: true, letters: "lower", number: "inside"},
		"l.y-on":   {plain: true, beyondHex: true, letters: "lower", join: "-."},
		"l+yon":    {beyondHex: true, letters: "lower"},
		"abc":      {plain: true, letters: "lower"},
	} {
		require.Equal(t, want, traitsOf([]byte(word)), word)
	}
}

func TestPieces(t *testing.T) {
	w, err := parseWords("disk 3\nhot 4\nserver 4\nvault 2\n")
	require.NoError(t, err)
	j := &Judge{words: w}
	for word, want := range map[string]pieces{
		"server-disk":     {rarest: '3', n: 2},
		"server_vault":    {rarest: '2', n: 2},
		"serverDisk":      {rarest: '3', n: 1},
		"HTTPServer":      {rarest: '0', n: 1},
		"hot7disk":        {rarest: '3', n: 1},
		"qxlyon-server":   {rarest: '0', n: 2},
		"m1c6":            {rarest: '2', n: 1}, // nothing of three letters to ask for
		"a-b":             {rarest: '-', n: 2},
		"server-3f61b71e": {rarest: '4', n: 2, hex: true},
		"vault7.server":   {rarest: '2', n: 2},
	} {
		require.Equal(t, want, j.piecesOf([]byte(word)), word)
	}
}

// placeIn is where a word stands in a line.
func placeIn(t *testing.T, line, word string) (lo, hi int) {
	t.Helper()
	lo = strings.Index(line, word)
	require.GreaterOrEqual(t, lo, 0)
	return lo, lo + len(word)
}

// TestPlaces tells words that take turns in one place.
func TestPlaces(t *testing.T) {
	j := shipped(t)
	place := func(line, word string) uint64 {
		lo, hi := placeIn(t, line, word)
		_, p := j.Around([]byte(line), lo, hi, 0, nil)
		return p
	}
	here := place("Proxy qxweb started.", "qxweb")
	require.Equal(t, here, place("Oct 3 09:00:00 Proxy mpgit started.", "mpgit"))
	require.NotEqual(t, here, place("Proxy qxweb stopped.", "qxweb"))
	require.NotEqual(t, here, place("Proxy=qxweb started.", "qxweb"))
	require.NotEqual(t, here, place("Group qxweb started.", "qxweb"))
}

// TestAroundSeesNoNames holds that a stand-in beside a word says what the name said.
func TestAroundSeesNoNames(t *testing.T) {
	j := shipped(t)
	weigh := func(line string) int {
		lo, hi := placeIn(t, line, "mpgit")
		w, _ := j.Around([]byte(line), lo, hi, 0, nil)
		l := j.Line([]byte(line))
		return w + j.Beside(&l, []byte(line), lo, hi, nil)
	}
	for _, pair := range [][2]string{
		{"qxlyon7 mpgit qxlyon8", "host-6q1jsdh2 mpgit host-9cmm4t1x"},
		{"from qxlyon7/mpgit: up", "from host-6q1jsdh2/mpgit: up"},
	} {
		require.Equal(t, weigh(pair[0]), weigh(pair[1]), pair)
	}
}

// TestSigns holds what is looked at around a word.
func TestSigns(t *testing.T) {
	j := shipped(t)
	for _, c := range []struct {
		name, line, word string
		body             int
		want             []string
	}{
		{"a value behind its key", "pool: mpvault", "mpvault", 0, []string{"word pool", "key pool|:", "before ␣", "after $", "both ␣$"}},
		{"in quotes", `on "mpvault" (7)`, "mpvault", 0, []string{`before "`, `after "`, "word on", `key on|"`, "next #"}},
		{"first of the message", "Oct 3 mpvault: up", "mpvault", 6, []string{"at message", "after :", "next up", "word #"}},
		{"first of the line", "mpvault  up", "mpvault", 0, []string{"at line", "before ^", "wide after"}},
		{"in brackets", "peer (node mpvault)", "mpvault", 0, []string{"in brackets", "word node", "word2 peer"}},
		{"behind brackets", "peer (node) mpvault", "mpvault", 0, []string{"key node|)"}},
		{"behind a long word", strings.Repeat("x", 30) + " mpvault", "mpvault", 0, []string{"word ~"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var seen []string
			lo, hi := placeIn(t, c.line, c.word)
			j.Around([]byte(c.line), lo, hi, c.body, func(tag, text string) { seen = append(seen, tag+" "+text) })
			for _, want := range c.want {
				require.Contains(t, seen, want)
			}
		})
	}
}

// TestEveryTagIsSeen holds that the list of tags and what is looked at agree.
func TestEveryTagIsSeen(t *testing.T) {
	j := shipped(t)
	seen := map[string]bool{}
	see := func(tag, _ string) { seen[tag] = true }
	for _, line := range []string{"the (node  QXZRH4SAN2  x", "qxlyon-3f61c-7 y", "node qxlyon07 node"} {
		for word := range strings.FieldsSeq(strings.ReplaceAll(line, "(", "")) {
			lo, hi := placeIn(t, line, word)
			j.Spelling([]byte(word), see)
			j.Around([]byte(line), lo, hi, 0, see)
			l := j.Line([]byte(line))
			j.Beside(&l, []byte(line), lo, hi, see)
		}
	}
	j.Turns(3, see)
	for _, tag := range tagNames {
		require.True(t, seen[tag], tag)
	}
}

// TestNamesAndWords holds the judge of this build against lines whose names are plain to
// see, and lines that hold none.
func TestNamesAndWords(t *testing.T) {
	j := shipped(t)
	for _, c := range []struct {
		line, word string
		name       bool
	}{
		{"Proxy qxlyon07 started.", "qxlyon07", true},
		{"sync to mpzrhsan02: done", "mpzrhsan02", true},
		{"requesting resource qxvault07", "qxvault07", true},
		{"Started HttpServer2 on port 8080", "HttpServer2", false},
		{"rescanning after relogin", "relogin", false},
		{"flags: sortbitwise,purged_snapdirs", "purged_snapdirs", false},
	} {
		t.Run(c.word, func(t *testing.T) {
			lo, hi := placeIn(t, c.line, c.word)
			weight, may := j.Spelling([]byte(c.word), nil)
			around, _ := j.Around([]byte(c.line), lo, hi, 0, nil)
			l := j.Line([]byte(c.line))
			around += j.Beside(&l, []byte(c.line), lo, hi, nil)
			require.Equal(t, c.name, may && j.Enough(weight+around+j.Turns(1, nil), Usual), weight+around)
		})
	}
}

func TestEveryday(t *testing.T) {
	j := shipped(t)
	for text, want := range map[string]bool{"": true, "-ct0": true, "_vol1": true, "-backup-server": true, "-qxlyon": false, "-ct0-qxlyon": false} {
		require.Equal(t, want, j.Everyday(text), text)
	}
}

// FuzzJudge holds that any line and any place in it can be weighed, and that the same
// always weighs the same.
func FuzzJudge(f *testing.F) {
	j := shipped(f)
	f.Add([]byte("node qxlyon07 is up"), 5, 13)
	f.Add([]byte("\t( \x80\xff=@.-_"), 1, 2)
	f.Fuzz(func(t *testing.T, line []byte, lo, hi int) {
		if lo < 0 || hi > len(line) || lo >= hi {
			return
		}
		keep := bytes.Clone(line)
		weight, may := j.Spelling(line[lo:hi], nil)
		around, place := j.Around(line, lo, hi, lo/2, nil)
		l := j.Line(line)
		beside := j.Beside(&l, line, lo, hi, nil)
		require.Equal(t, keep, line)
		require.Equal(t, beside, j.Beside(&l, line, lo, hi, nil))
		again, mayStill := j.Spelling(line[lo:hi], nil)
		require.Equal(t, []any{weight, may}, []any{again, mayStill})
		aroundAgain, placeAgain := j.Around(line, lo, hi, lo/2, nil)
		require.Equal(t, []any{around, place}, []any{aroundAgain, placeAgain})
	})
}

func BenchmarkJudge(b *testing.B) {
	j := shipped(b)
	line := []byte("Oct  3 09:00:00 n7 agent[812]: volume qxvault_hot on node mpzrh-san02 is degraded")
	lo := bytes.Index(line, []byte("qxvault_hot"))
	b.ReportAllocs()
	for b.Loop() {
		j.Spelling(line[lo:lo+len("qxvault_hot")], nil)
		j.Around(line, lo, lo+len("qxvault_hot"), 16, nil)
	}
}
