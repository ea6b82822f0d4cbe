package bundle_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write THREATS.md")

// defence is one line of code that stands against an attack, and the test that
// fails without it.
type defence struct {
	who, attack, stands string
	test                string      // folder and function
	file, on, off       string      // the line, and what it is when the defence is switched off
	also                [][2]string // a second defence in the file that stands against the same, off as well
}

// defences are those of the site, in the order of the threat model: the
// collector, one officer, the station, the courier, who finds a medium, who
// writes replies, who has the host, and accidents.
var defences = []defence{
	{
		"collector", "slips a file into what was reviewed, or takes one out", "every step after FROZEN holds the tree to the manifest",
		"pipeline.TestWhatVoidsEveryApproval", "pipeline/frozen.go", "return c.compare(ctx, m, name)", "return nil", nil,
	},
	{
		"collector", "changes a byte while it is being sealed", "what is sealed is hashed once more as it streams",
		"pipeline.TestAChangeWhileSealingIsFound", "container/tar.go", "got != e.SHA256 {\n\t\treturn fmt.Errorf(\"%s has digest", "got == \"\" {\n\t\treturn fmt.Errorf(\"%s has digest", nil,
	},
	{
		"collector", "changes a byte between review and signature", "the manifest on disk must be the recorded one",
		"pipeline.TestWhatVoidsEveryApproval", "pipeline/frozen.go", "got != r.Manifest {", "got == \"\" {", nil,
	},
	{
		"collector", "makes the tree writable to change it later", "a writable file or folder voids the approvals",
		"pipeline.TestWhatVoidsEveryApproval", "pipeline/frozen.go", "info.Mode().Perm()&0o222 != 0", "info.Mode().Perm()&0o222 == 0o1000", nil,
	},
	{
		"collector", "changes rules, policy, readers, program or marking after the review", "sealing compares them with what is in force",
		"pipeline.TestWhatVoidsEveryApproval", "pipeline/seal.go", "if err := p.unchanged(m, r, t); err != nil {", "if err := p.unchanged(m, r, t); err != nil && r == nil {", nil,
	},
	{
		"collector", "approves his own bundle with an officer's key", "neither his name nor his key may decide",
		"approve.TestWhoMayNotApprove", "approve/approve.go", "p.ID == m.Collector.Principal || p.Key.ID() == m.Collector.KeyID", "false", nil,
	},
	{
		"collector", "approves with the collector's key", "a role fixes what its keys may sign",
		"roster.TestCheck", "roster/roster.go", "if !slices.Contains(p.Role.Namespaces(), ns) {", "if false {", nil,
	},
	{
		"collector", "hides bytes in a tar header: PAX, owner, time, mode", "a header must be the one we would write",
		"container.TestHostileArchives", "container/tar.go", "if want := header(name, size); *h != want {", "if want := header(name, size); h[0] != want[0] {", nil,
	},
	{
		"collector", "hides bytes behind a file of the archive", "padding is zero",
		"container.TestHostileArchives", "container/reader.go", "if pad != (block{}) {", "if len(pad) == 0 {", nil,
	},
	{
		"collector", "hides bytes behind the archive", "nothing follows its end",
		"container.TestHostileArchives", "container/reader.go", "if _, err := r.src.ReadByte(); err == nil {", "if _, err := r.src.ReadByte(); err == nil && r.size == 0 {", nil,
	},
	{
		"collector", "hides bytes in a skippable zstd frame", "the frame is read by our own reader first",
		"container.TestHostileFrames", "container/zstd.go", "case magic&^0xf == skippableMagic:", "case magic&^0xf == skippableMagic+1:", nil,
	},
	{
		"collector", "hides bytes in the label", "a label has one spelling",
		"carry.TestLabelHasOneSpelling", "carry/label.go", "if err := f.Done(); err != nil {\n\t\treturn Label{}", "if err := f.Done(); err != nil && len(text) == 0 {\n\t\treturn Label{}", nil,
	},
	{
		"collector", "collects under another bundle's number", "a number is given out once",
		"pipeline.TestBundlesFormAChain", "pipeline/counters.go", "decodeSeq(b.Get(keySequence)) + 1", "max(decodeSeq(b.Get(keySequence)), 1)", nil,
	},
	{
		"one officer", "releases alone", "as many statements as the roster demands",
		"approve.TestNoOfficerReleasesAlone", "approve/approve.go", "int64(len(people)) < need", "int64(len(people)) < need-1", nil,
	},
	{
		"one officer", "signs twice, or with a second key", "one person counts once",
		"approve.TestNoOfficerReleasesAlone", "approve/approve.go", "return q.ID == p.ID || q.Key == p.Key", "return false", nil,
	},
	{
		"one officer", "releases what another has rejected", "a rejection outweighs every approval",
		"approve.TestRejectionAloneSaysWhy", "approve/approve.go", "if s.Decision == Reject && rejected == nil {", "if s.Decision == Reject && false {", nil,
	},
	{
		"one officer", "approves what he has not opened", "the record knows who has read",
		"pipeline.TestWhatIsShownIsWhatIsSigned", "pipeline/decide.go", "if !r.looked(officer) {", "if false {", nil,
	},
	{
		"one officer", "uses an approval for another bundle", "the statement names the manifest",
		"approve.TestOneWrongStatementVoidsAll", "approve/approve.go", "s.BID != m.BID || s.ManifestSHA256 != sha", "s.BID != m.BID", nil,
	},
	{
		"lost token", "approves with a revoked key", "revocation counts by sequence",
		"approve.TestWhoMayNotApprove", "roster/roster.go", "if rev.KeyID == key.ID() && seq > rev.After {\n\t\t\treturn Person{}", "if rev.KeyID == key.ID() && seq < 0 {\n\t\t\treturn Person{}", nil,
	},
	{
		"station", "shows one text and has another signed", "what is confirmed is the text that is signed",
		"pipeline.TestWhatIsShownIsWhatIsSigned", "pipeline/decide.go", "\treturn d.Confirm(text)", "\treturn d.Confirm(text[:len(text)-1])", nil,
	},
	{
		"station", "swaps the sealed file before it is written", "every block written is one the signed label fixes",
		"carry.TestSourceChanges", "carry/write.go", "if !w.set.Blocks.matches(n, i, sumBoth(block, running...)) {", "if sumBoth(block, running...) == (digest{}) {",
		[][2]string{{"if sum != (digest{}) && !w.set.Blocks.matches(shard, i, sum) {", "if sum != (digest{}) && i < 0 {"}},
	},
	{
		"station", "writes something else to the medium than it was given", "it is read back past the page cache, block by block",
		"carry.TestReadBackFindsEveryChange", "carry/readback.go", "if f.Bad > 0 || f.Found != f.Size {", "if f.Found < 0 {",
		[][2]string{{"if here[name] != sum {", "if here[name] == \"\" && sum == \"\" {"}, {"if all && r.State != Whole {", "if all && r.State == \"\" {"}},
	},
	{
		"station", "seals something else than was approved", "the record key opens what is on the medium, and every file is compared",
		"pipeline.TestAMediumThatDoesNotReadBackIsNotVerified", "pipeline/medium.go", "if inside != nil && (err == nil || errors.Is(err, inside)) {", "if inside != nil && err != nil && errors.Is(err, inside) {", nil,
	},
	{
		"officers", "let a bundle leave in clear at a site that forbids it", "the roster must allow it, whoever signs",
		"approve.TestABundleInClear", "approve/approve.go", "if m.Clear && !r.Clear {", "if m.Clear && r.Site == \"\" {", nil,
	},
	{
		"one officer", "uses an approval for an encrypted export to let it leave in clear", "the statement says whether it is encrypted",
		"approve.TestABundleInClear", "approve/approve.go", "if s.Clear != want.Clear {", "if false {",
		[][2]string{{"if !slices.Equal(s.Recipients, want.Recipients) {", "if false {"}},
	},
	{
		"collector", "seals in clear what was approved to leave encrypted", "a bundle becomes what its manifest says",
		"seal.TestTheProfileIsTheApprovedOne", "seal/seal.go", "if !m.Clear {", "if m.BID == \"\" {", nil,
	},
	{
		"station", "sets the record of an approved bundle to leave in clear", "the manifest that was signed decides",
		"pipeline.TestAnApprovedExportDoesNotLeaveInClear", "pipeline/seal.go", "if m.Clear != r.Clear {", "if false {",
		[][2]string{{"if c.frozen.Manifest().Clear {", "if r.Clear {"}},
	},
	{
		"station", "puts a label on that says the bundle is in clear", "the label must say what the record says",
		"pipeline.TestAMediumRelabelledIsNotVerified", "pipeline/medium.go", "if l.Clear != r.Clear {", "if false {", nil,
	},
	{
		"courier", "takes the encryption off, or puts some on", "the file is what the signed manifest says",
		"verify.TestRelabelled", "verify/stream.go", "if h.Manifest.Clear != s.clear {", "if h.Manifest.Clear && s.stanzas > 99 {", nil,
	},
	{
		"outsider", "writes a label in clear for a site that forbids it", "the roster must allow what a label says",
		"carry.TestALabelInClearWantsTheRosterToAllowIt", "carry/label.go", "if l.Clear && !r.Clear {", "if false {", nil,
	},
	{
		"courier", "reads what he carries", "everything passes age",
		"seal.TestEveryRecipientOpens", "seal/seal.go", "container.Compress(encrypted)", "container.Compress(sealed)", nil,
	},
	{
		"courier", "exchanges the medium for another", "the label must be of this bundle and this sealed file",
		"pipeline.TestAnotherMediumIsNotVerified", "pipeline/medium.go", "if l.BID != r.BID || l.SealedSHA256 != r.Sealed.SealedSHA256", "if l.BID != r.BID && l.SealedSHA256 != r.Sealed.SealedSHA256", nil,
	},
	{
		"courier", "brings a receipt for another file", "a receipt names the sealed file",
		"pipeline.TestWholeJourney", "pipeline/medium.go", "if sealed != r.Sealed.SealedSHA256 {", "if sealed == \"\" {", nil,
	},
	{
		"courier", "loses a volume", "parity makes up for it",
		"carry.TestEveryLossPattern", "carry/reassemble.go", "if have < b.geo.k {", "if have <= b.geo.k {", nil,
	},
	{
		"courier", "mixes volumes of two bundles", "they are not read together",
		"carry.TestMixedBundles", "carry/media.go", "if !bytes.Equal(m.text, text) {", "if len(m.text) == 0 {", nil,
	},
	{
		"courier", "puts a link, a pipe or a device on the medium", "only plain files are opened",
		"carry.TestHostileFolders", "safefile/open.go", "if !before.Mode().IsRegular() {", "if false {", nil,
	},
	{
		"thief of years", "keeps the medium until curves fall", "hybrid recipients only, no other beside them",
		"seal.TestOnlyHybridRecipients", "seal/seal.go", "return nil, fmt.Errorf(\"%w: %s\", ErrRecipient, short(r))", "continue", nil,
	},
	{
		"outsider", "adds himself to the readers", "the readers are those the officers signed",
		"seal.TestOnlyHybridRecipients", "seal/seal.go", "if !slices.Equal(prints, m.Recipients) {", "if len(prints) == 0 {", nil,
	},
	{
		"outsider", "writes a reply in the vendor's name", "two people of the card sign it",
		"reply.TestOpenRefusesForgedArchives", "reply/reply.go", "if len(people) > 0 && people[0].ID == p.ID {", "if false {", nil,
	},
	{
		"outsider", "brings a reply meant for another site", "a reply names its site",
		"reply.TestOpenRefuses", "reply/reply.go", "if r.Audience != site {", "if r.Audience == \"\" {", nil,
	},
	{
		"withholder", "brings an old reply once more", "numbers only rise",
		"reply.TestOrder", "reply/reply.go", "case o.Seq <= seq:", "case o.Seq < 0:", nil,
	},
	{
		"dead battery", "lets a wrong clock decide", "approvals lapse by sequence",
		"approve.TestApprovalsLapseBySequence", "approve/approve.go", "if seq > s.ValidUntilSeq {", "if seq > s.ValidUntilSeq+1000 {", nil,
	},
	{
		"host admin", "rewrites the journal", "marks that left are compared",
		"journal.TestMarks", "journal/verify.go", "if got != want {", "if len(got) != len(want) {", nil,
	},
	{
		"host admin", "cuts the end off the journal", "a mark may not be longer than it",
		"journal.TestMarks", "journal/verify.go", "return fmt.Sprintf(\"the journal has only %d entries: the end was cut off\", l.n)", "return \"\"", nil,
	},
	{
		"host admin", "sets the record forward by hand", "sealing asks for the signatures themselves",
		"pipeline.TestARecordThatWasEditedIsNotBelieved", "pipeline/seal.go", "people, err := approve.Check(m, sha, t.Roster, signed, latest)\n\t\tif err != nil {", "people, err := approve.Check(m, sha, t.Roster, signed, latest)\n\t\tif err != nil && !errors.Is(err, approve.ErrNotApproved) {", nil,
	},
	{
		"officer", "lets words through by a policy that he alone agreed to", "a bundle under a policy that loosens takes two officers",
		"pipeline.TestALooseningTakesTwoOfficers", "pipeline/loosened.go", "if len(words) > 0 {", "if len(words) > 1<<20 {", nil,
	},
	{
		"power cut", "leaves half a medium that looks whole", "a folder gets its name last",
		"carry.TestKilledWhileWriting", "carry/write.go", "return w.final() + safefile.Suffix", "return w.final() + \"-\"", nil,
	},
	{
		"power cut", "leaves half a sealed file that looks whole", "a file gets its name once it is whole",
		"pipeline.TestKillAtEveryPoint", "safefile/safefile.go", "os.Rename(f.Name(), f.path)", "os.WriteFile(f.path, nil, 0o600)", nil,
	},
	{
		"full disk", "skips an entry of the journal", "no state without its entry",
		"pipeline.TestNoStepWithoutTheJournal", "pipeline/record.go", "if err := p.note(ctx, r, s, actor, note, details); err != nil {", "if err := p.note(ctx, r, s, actor, note, details); err != nil && ctx == nil {", nil,
	},
	{
		"failure", "leaves raw data lying about", "a failure before FROZEN removes what was staged",
		"pipeline.TestAFailureBeforeFrozenLeavesNoRawData", "pipeline/collect.go", "if err := p.wipe(r.BID); err != nil {", "if err := error(nil); err != nil {", nil,
	},
}

// overlay is what go build -overlay reads: another text for a file.
type overlay struct{ Replace map[string]string }

// TestThreats holds THREATS.md to the table above and the table to the code: each
// line that is a defence stands once where it is said to stand, and each test is
// there. With THREATS=1 every defence is switched off in turn, in a copy that
// only the compiler sees, and its test must fail then; that takes minutes.
func TestThreats(t *testing.T) {
	var page strings.Builder
	page.WriteString(threatsHead)
	for _, d := range defences {
		pkg, test, _ := strings.Cut(d.test, ".")
		source, err := os.ReadFile(filepath.FromSlash(d.file))
		require.NoError(t, err)
		require.Equalf(t, 1, strings.Count(string(source), d.on), "%s: %q must stand once in %s", d.attack, d.on, d.file)
		require.Truef(t, hasTest(t, pkg, test), "%s: there is no %s in %s", d.attack, test, pkg)
		fmt.Fprintf(&page, "| %s | %s | %s | `%s` | `%s` |\n", d.who, d.attack, d.stands, d.file, d.test)
	}
	page.WriteString(threatsTail)
	if *update {
		require.NoError(t, os.WriteFile("THREATS.md", []byte(page.String()), 0o600))
	}
	have, err := os.ReadFile("THREATS.md")
	require.NoError(t, err)
	require.Equal(t, page.String(), string(have), "THREATS.md is not of this table: go test ./bundle -run TestThreats -update")
	if os.Getenv("THREATS") == "" {
		return
	}
	for _, d := range defences {
		t.Run(d.who+" "+d.attack, func(t *testing.T) { switchOff(t, d) })
	}
}

func hasTest(t *testing.T, pkg, test string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(pkg, "*_test.go"))
	require.NoError(t, err)
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		if strings.Contains(string(text), "\nfunc "+test+"(t *testing.T) {") {
			return true
		}
	}
	return false
}

// switchOff runs the test of a defence against a build without it.
func switchOff(t *testing.T, d defence) {
	path, err := filepath.Abs(filepath.FromSlash(d.file))
	require.NoError(t, err)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	without := filepath.Join(t.TempDir(), "without.go")
	changed := strings.Replace(string(text), d.on, d.off, 1)
	for _, a := range d.also {
		require.Equal(t, 1, strings.Count(changed, a[0]), a[0])
		changed = strings.Replace(changed, a[0], a[1], 1)
	}
	require.NoError(t, os.WriteFile(without, []byte(changed), 0o600))
	list, err := json.Marshal(overlay{map[string]string{path: without}})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(file, list, 0o600))
	pkg, test, _ := strings.Cut(d.test, ".")
	out, err := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "-short", "-overlay", file, "-run", "^"+test+"$", "./"+pkg).CombinedOutput()
	require.NotContains(t, string(out), "[build failed]", "the defence was not switched off, the build was: %s", out)
	require.Errorf(t, err, "%s still passes without %q", d.test, d.on)
	require.Contains(t, string(out), "--- FAIL: "+test, "%s", out)
}

const threatsHead = `# What stands against which attack, at the site

One line a defence: who attacks, what he tries, what stands against it, where, and the test that fails without it.
The table is written by ` + "`threats_test.go`" + `, which holds that each line and each test is there.
` + "`make threats`" + ` switches every defence off in turn, in a copy that only the compiler sees, and demands that its test fails.

| who | tries | what stands against it | in | test |
|---|---|---|---|---|
`

const threatsTail = `
Beside these, over whole commands:

| attack | test |
|---|---|
| kill -9 or a full disk at any change of the disk, in every command of the journey | ` + "`cmd/darksite TestTheJourneySurvivesAFaultAtEveryChange`" + ` |
| a found medium is searched for what was deleted from it, down to the raw blocks | ` + "`cmd/darksite TestAFoundMediumHoldsNothingInClear`" + ` |
| a second station checks everything with stock programs only, by the commands printed on the medium | ` + "`cmd/darksite TestStockProgramsOpenTheMedium`" + ` |
| every hostile input of section 7, in the importer | ` + "`bundle/open TestHostileInputs`, `bundle/verify TestIndependentCheckerAgrees`, `bundle/verify TestIndependentCheckerAgreesOnMedia`" + ` |
| a medium takes over the process that reads it at the desk, which then lies, hangs, talks without end or wants the keys | ` + "`bundle/desk/intake TestAProcessThatLies`, `bundle/desk/airlock TestAProcessThatMisbehaves`, `bundle/desk/airlock TestKeysStayOutside`" + ` |

Nothing here stands against two officers who agree to leak, or against a secret hidden in words; the journal, the record key and the vendor's
receipt show the first afterwards. Who rules the station can show what he likes: verify on a second one.
`
