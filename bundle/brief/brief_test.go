package brief_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"darksite/bundle"
	"darksite/bundle/brief"
	"darksite/bundle/paper"
	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/bundle/words"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
	"rsc.io/qr"
)

// site is a site with an approved bundle and a vendor to send its brief to.
type site struct {
	roster  roster.Roster
	officer sign.Signer
	other   sign.Signer // a collector
	intake  *age.HybridIdentity
	in      brief.Input
}

func newSite(t testing.TB) site {
	t.Helper()
	signer := func() sign.Signer {
		private, _, err := sign.GenerateKey(nil, "", nil)
		require.NoError(t, err)
		s, err := sign.ParsePrivateKey(private, nil)
		require.NoError(t, err)
		return s
	}
	s := site{officer: signer(), other: signer()}
	var err error
	s.intake, err = age.GenerateHybridIdentity()
	require.NoError(t, err)
	s.roster = roster.Roster{Site: "S042", Version: 1, Approvals: 2, Record: s.intake.Recipient().String(), People: []roster.Person{
		{ID: "amartin", Name: "A. Martin", Role: roster.Officer, Key: s.officer.Public()},
		{ID: "mdurand", Name: "M. Durand", Role: roster.Collector, Key: s.other.Public()},
	}}
	s.in = brief.Input{
		Manifest: bundle.Manifest{BID: "S042-000017", Marking: "INTERNAL", CreatedUTC: "2026-03-02T08:00:00Z", Tool: bundle.Tool{Version: "v1.2.0"}},
		Digest:   bundle.DigestOf([]byte("manifest")), Officer: "amartin", Tree: frozen(t, 6, 400),
	}
	return s
}

// frozen is what a brief is composed of: alerts of two arrays and samples of one.
func frozen(t testing.TB, alerts, samples int) fstest.MapFS {
	t.Helper()
	start := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)
	var jsonl, csv strings.Builder
	for i := range alerts {
		target := "array-0hz32y8v"
		if i%3 == 2 {
			target = "array-js6wash6"
		}
		text, err := json.Marshal(map[string]any{
			"rule": "drive-failed", "target": target, "component": fmt.Sprintf("CH0.BAY%d", i), "status": "firing", "severity": 2 + i%2,
			"summary": fmt.Sprintf("drive CH0.BAY%d is failed", i), "evidence": []string{"drive: failed SSD, NVMe, 1920383410176 bytes, drive has failed"}, "since": start,
		})
		require.NoError(t, err)
		jsonl.Write(append(text, '\n'))
	}
	csv.WriteString("target,metric,labels,unit,time,value\n")
	r := rand.New(rand.NewPCG(1, 2))
	for i := range samples {
		fmt.Fprintf(&csv, "array-0hz32y8v,purefa_array_performance_latency_usec,\"dimension=\"\"usec_per_read_op\"\"\",usec,%s,%d\n", start.Add(time.Duration(i)*30*time.Second).Format(time.RFC3339), 300+r.IntN(200))
	}
	fmt.Fprintf(&csv, "array-0hz32y8v,purefa_array_performance_latency_usec,\"dimension=\"\"usec_per_read_op\"\"\",usec,%s,98765\n", start.Add(time.Hour).Format(time.RFC3339))
	return fstest.MapFS{
		"files/case/case.json": {Data: []byte(`{"id":"T-7O75JG6SKO","number":"","severity":2,"subject":"a drive has failed and no replacement is on site",
			"description":"` + strings.Repeat("Drafted by a runbook run. ", 40) + `","impact":"Data stays available.","array":"array-0hz32y8v","model":"FA-X70R3",
			"os_version":"Purity//FA 6.6.3","initiator_os":"Linux 6.1","messages":["(drive:ch0.bay7): failure"]}`)},
		"files/monitor/alerts.jsonl":                                      {Data: []byte(jsonl.String())},
		"files/monitor/samples/purefa_array_performance_latency_usec.csv": {Data: []byte(csv.String())},
	}
}

func (s site) text(t testing.TB) []byte {
	t.Helper()
	text, err := brief.Compose(s.in, brief.Fits)
	require.NoError(t, err)
	return text
}

func (s site) sealed(t testing.TB, text []byte, by sign.Signer) []byte {
	t.Helper()
	sig, err := by.Sign(sign.Label, text)
	require.NoError(t, err)
	sealed, err := brief.Seal(text, sig, s.intake.Recipient().String())
	require.NoError(t, err)
	return sealed
}

func TestTheEssentialsAreInIt(t *testing.T) {
	s := newSite(t)
	text := string(s.text(t))
	for _, want := range []string{
		"bid: S042-000017\n", "manifest_sha256: " + string(s.in.Digest) + "\n", "marking: INTERNAL\n", "case: T-7O75JG6SKO\n", "severity: 2\n",
		"model: FA-X70R3\n", "version: Purity//FA 6.6.3\n", "message: (drive:ch0.bay7): failure\n", "alert: firing since 2026-03-02T06:00Z severity 2 drive-failed array-0hz32y8v CH0.BAY0: drive CH0.BAY0 is failed\n",
		"curve: fa_array_performance_latency_usec usec_per_read_op [usec] from 2026-03-02T06:00:00Z every ",
	} {
		require.Contains(t, text, want)
	}
	require.Contains(t, text, "9.88e+04", "a peak is not lost where points are put together")
	require.Less(t, strings.Index(text, "array-0hz32y8v CH0.BAY3"), strings.Index(text, "array-js6wash6"), "the array of the case comes first")
}

// Every word of a brief stands in the approved bundle, or is the brief's own.
func TestNothingIsInItThatIsNotInTheBundle(t *testing.T) {
	s := newSite(t)
	var all strings.Builder
	for _, f := range s.in.Tree.(fstest.MapFS) {
		all.Write(f.Data)
	}
	for line := range strings.Lines(string(s.text(t))) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if slices.Contains([]string{"subject", "model", "version", "initiators", "impact", "message", "evidence"}, key) {
			require.Contains(t, all.String(), value)
		}
	}
}

func TestWhatDoesNotFitIsLeftOutAndSaid(t *testing.T) {
	s := newSite(t)
	s.in.Tree = frozen(t, 200, 20000)
	text := s.text(t)
	ok, err := brief.Fits(text)
	require.NoError(t, err)
	require.True(t, ok)
	require.Contains(t, string(text), "left_out: ")
	_, err = brief.Compose(s.in, func([]byte) (bool, error) { return false, nil })
	require.ErrorContains(t, err, "not even one alert")
	s.in.Tree = fstest.MapFS{}
	require.Contains(t, string(s.text(t)), "bid: S042-000017\n", "a bundle without a case has a brief as well")
}

func TestAnyOneCodeMayBeMissing(t *testing.T) {
	s := newSite(t)
	text := s.text(t)
	sealed := s.sealed(t, text, s.officer)
	t.Logf("%d bytes of text, %d sealed", len(text), len(sealed))
	for _, n := range []int{1, brief.MaxFrame, brief.MaxFrame + 1, len(sealed), brief.MaxSealed} {
		whole := slices.Repeat(sealed, 2)[:n]
		frames, err := brief.Frames(whole)
		require.NoError(t, err)
		require.LessOrEqual(t, len(frames), brief.MaxFrames)
		for missing := range frames {
			left := slices.Delete(slices.Clone(frames), missing, missing+1)
			slices.Reverse(left)
			got, err := brief.Join(append(left, left[0], "", strings.ToLower(left[0])+"\r"))
			require.NoError(t, err)
			require.Equal(t, whole, got)
		}
		if len(frames) > 2 {
			_, err = brief.Join(frames[:len(frames)-2])
			require.ErrorIs(t, err, brief.ErrFrames)
			require.ErrorContains(t, err, "are missing, any one may be")
		}
	}
	_, err := brief.Frames(make([]byte, brief.MaxSealed+1))
	require.Error(t, err)
	_, err = brief.Frames(nil)
	require.Error(t, err)
}

func TestScannedRubbishIsRefused(t *testing.T) {
	s := newSite(t)
	frames, err := brief.Frames(s.sealed(t, s.text(t), s.officer))
	require.NoError(t, err)
	others, err := brief.Frames(s.sealed(t, s.text(t), s.officer))
	require.NoError(t, err)
	changed := func(i int, f func(parts []string)) []string {
		out := slices.Clone(frames)
		parts := strings.Split(out[i], "/")
		f(parts)
		out[i] = strings.Join(parts, "/")
		return out
	}
	for name, in := range map[string][]string{
		"nothing":          nil,
		"something else":   {"https://example.com/"},
		"two briefs":       {frames[0], others[1], frames[2]},
		"two misread":      append([]string{strings.Replace(frames[0], "A", "B", 1)}, strings.Replace(frames[1], "A", "B", 1), frames[2]),
		"another count":    changed(0, func(p []string) { p[3] = "9" }),
		"a number too big": changed(0, func(p []string) { p[2] = "99999999999999999999" }),
		"a size of zero":   changed(0, func(p []string) { p[4] = "0" }),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := brief.Join(in)
			if err == nil { // one bad code is one that may be missing
				_, err = brief.Open(got, s.intake)
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, brief.ErrFrames)
		})
	}
	// A code whose checksum was made to fit is found by the digest of the whole.
	all := changed(0, func(p []string) { p[1] = "00000000" })
	for i := range all {
		parts := strings.Split(all[i], "/")
		parts[1] = "00000000"
		all[i] = strings.Join(parts, "/")
	}
	_, err = brief.Join(all)
	require.ErrorIs(t, err, brief.ErrFrames)
	require.ErrorContains(t, err, "scan all of them again")
}

func TestTheDeskBelievesOnlyWhoMayHandThingsOver(t *testing.T) {
	s := newSite(t)
	text := s.text(t)
	o, err := brief.Open(s.sealed(t, text, s.officer), s.intake)
	require.NoError(t, err)
	require.Equal(t, text, o.Text)
	p, err := o.Check(s.roster)
	require.NoError(t, err)
	require.Equal(t, "amartin", p.ID)

	o, err = brief.Open(s.sealed(t, text, s.other), s.intake)
	require.NoError(t, err)
	_, err = o.Check(s.roster)
	require.ErrorIs(t, err, roster.ErrWrongRole)

	named := bytes.Replace(text, []byte("released_by: amartin"), []byte("released_by: mdurand"), 1)
	o, err = brief.Open(s.sealed(t, named, s.officer), s.intake)
	require.NoError(t, err)
	_, err = o.Check(s.roster)
	require.ErrorContains(t, err, "names mdurand")

	revoked := s.roster
	revoked.Revoked = []roster.Revocation{{KeyID: s.officer.Public().ID(), After: 16}}
	o, err = brief.Open(s.sealed(t, text, s.officer), s.intake)
	require.NoError(t, err)
	_, err = o.Check(revoked)
	require.ErrorIs(t, err, roster.ErrRevoked)
	elsewhere := s.roster
	elsewhere.Site = "S043"
	_, err = o.Check(elsewhere)
	require.ErrorContains(t, err, "not of site")

	stranger, err := age.GenerateHybridIdentity()
	require.NoError(t, err)
	_, err = brief.Open(s.sealed(t, text, s.officer), stranger)
	require.Error(t, err)
	_, err = brief.Seal(text, nil, "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq")
	require.Error(t, err, "a classic recipient is refused")
}

func TestTheTelephoneCard(t *testing.T) {
	s := newSite(t)
	card, err := brief.Card(s.text(t), words.English)
	require.NoError(t, err)
	require.Equal(t, "bid: S042-000017", card[0].Text)
	alerts := 0
	for i, one := range card {
		require.Equal(t, i+1, one.N)
		check, err := words.Check(words.English, strings.ToUpper(one.Text))
		require.NoError(t, err)
		require.Equal(t, one.Check, check)
		if strings.HasPrefix(one.Text, "alert: ") {
			alerts++
		}
	}
	require.Equal(t, 2, alerts, "more than two are not read out")
}

// The codes as they are printed, read by an independent reader of QR codes: once
// from the modules, once from the page as a printer would draw it.
func TestThePrintedPageIsRead(t *testing.T) {
	s := newSite(t)
	full := make([]byte, brief.MaxSealed)
	for i, r := 0, rand.New(rand.NewPCG(3, 4)); i < len(full); i++ {
		full[i] = byte(r.IntN(256))
	}
	for name, sealed := range map[string][]byte{"a brief": s.sealed(t, s.text(t), s.officer), "the fullest page": full} {
		t.Run(name, func(t *testing.T) {
			frames, err := brief.Frames(sealed)
			require.NoError(t, err)
			for _, f := range frames {
				code, err := qr.Encode(f, qr.M)
				require.NoError(t, err)
				require.LessOrEqual(t, code.Size, 153, "half a millimetre a module at 82 mm")
				require.Equal(t, f, readModules(t, code.Size, code.Black))
			}
			got, err := brief.Join(readPage(t, frames)[1:])
			require.NoError(t, err)
			require.Equal(t, sealed, got)
		})
	}
}

// readPage prints a page, draws it as a printer would and reads the codes on it.
func readPage(t *testing.T, frames []string) []string {
	t.Helper()
	dir := t.TempDir()
	page := filepath.Join(dir, "brief.pdf")
	file, err := os.Create(page)
	require.NoError(t, err)
	require.NoError(t, paper.PDF(file, paper.Sheet{Title: "Brief", Rows: slices.Repeat([]string{"a row"}, 6), Codes: frames}))
	require.NoError(t, file.Close())
	if _, err := exec.LookPath("pdftoppm"); err != nil {
		t.Skip("pdftoppm is not installed: the page itself is not read")
	}
	out, err := exec.CommandContext(t.Context(), "pdftoppm", "-gray", "-r", "300", page, filepath.Join(dir, "page")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	pages, err := filepath.Glob(filepath.Join(dir, "page*.pgm"))
	require.NoError(t, err)
	require.Len(t, pages, 1, "the codes are on one page")
	want := slices.Sorted(slices.Values(frames))
	if zbar, err := exec.LookPath("zbarimg"); err == nil {
		out, err := exec.CommandContext(t.Context(), zbar, "-q", "--raw", pages[0]).Output()
		require.NoError(t, err)
		require.Equal(t, want, slices.Sorted(strings.FieldsSeq(string(out))))
	} else {
		t.Log("zbarimg is not installed: read by the reader of this test alone")
	}
	var scanned []string
	for _, region := range codesOn(t, pages[0]) {
		scanned = append(scanned, readModules(t, region.size, region.black))
	}
	slices.Sort(scanned)
	require.Equal(t, want, scanned)
	return scanned
}

func FuzzJoin(f *testing.F) {
	frames, err := brief.Frames([]byte("sealed"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(strings.Join(frames, "\n"))
	f.Add("DSB1/00000000/1/2/1/00000000/AA")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := brief.Join(strings.Split(text, "\n"))
		if err != nil {
			require.ErrorIs(t, err, brief.ErrFrames)
			return
		}
		again, err := brief.Frames(got)
		require.NoError(t, err)
		back, err := brief.Join(again)
		require.NoError(t, err)
		require.Equal(t, got, back)
	})
}
