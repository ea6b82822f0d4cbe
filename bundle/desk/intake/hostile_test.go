package intake_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/carry"
	"darksite/bundle/desk/intake"
	"darksite/bundle/sign"

	"github.com/stretchr/testify/require"
)

// The hostile inputs are numbered from 1 to this in the list the importer is
// written against.
const numbered = 76

// allFixtures is the variable that has every fixture carried in, and not only the
// first of each number. The packages open and verify see all of them always.
const allFixtures = "INTAKE_EVERY_FIXTURE"

// heldElsewhere are the numbers no fixture of a sealed file stands for, because
// they are about the medium, the order of a site or its replies, or because a
// fixture would be too large: each with the test that holds it.
func heldElsewhere() map[int][2]string {
	return map[int][2]string{
		18: {"../../container/zstd_test.go", "TestDecompressorBounds"},
		36: {"../../container/container_test.go", "TestReaderKeepsLimits"},
		55: {"../../approve/approve_test.go", "revoked before this bundle"},
		56: {"../../../cmd/casedesk/testdata/script/init.txtar", "refused 4 casedesk sites enrol older.txt"},
		57: {"../../sign/sign_test.go", "TestTokenSignatureNeedsATouch"},
		61: {"intake_test.go", "TestRefusals"},
		62: {"../../carry/loss_test.go", "TestEveryLossPattern"},
		63: {"../../carry/hostile_test.go", "TestMixedBundles"},
		64: {"../../carry/hostile_test.go", "TestRenamedAndLongVolumes"},
		65: {"../../carry/loss_test.go", "TestBlockListDamaged"},
		66: {"../../carry/format_test.go", "TestLabelHasOneSpelling"},
		67: {"../../carry/hostile_test.go", "TestRenamedAndLongVolumes"},
		68: {"intake_test.go", "TestExtraFilesAreToldAndLeft"},
		69: {"intake_test.go", "TestALabelExchangedMeanwhileIsNotSeen"},
		70: {"../../carry/hostile_test.go", "TestHostileFolders"},
		71: {"intake_test.go", "TestImportTwiceIsADuplicate"},
		72: {"intake_test.go", "TestRefusals"},
		73: {"intake_test.go", "TestOrderOfASite"},
		74: {"intake_test.go", "TestOrderOfASite"},
		75: {"../../bundletest/hostile.go", "another format"},
		76: {"../../reply/reply_test.go", "TestOpenRefuses"},
	}
}

// Every sealed file somebody could forge who knows the vendor's recipients is
// carried in on a medium whose label an officer has signed. Each is refused for
// what it is, and nothing of it is anywhere but in the quarantine, which is empty
// again.
func TestEveryNumberedInputIsRefused(t *testing.T) {
	k := bundletest.New(t)
	s := newApart(t, k)
	good := pack(t, k, cargo{seq: 17})
	before := s.state(t)
	seen := map[int]bool{}
	for _, f := range k.Hostile(t) {
		again := seen[f.No]
		seen[f.No] = true
		if len(f.Sealed) == 0 || again && os.Getenv(allFixtures) == "" {
			continue // a label of an empty file has no spelling; see package carry
		}
		_, err := s.only(t, forged(t, k, good, f.Sealed))
		require.Error(t, err, f.String())
		code := bundle.RefusalCode(err)
		if code != "label" { // the label is compared as soon as there is a head to compare it with
			require.Equal(t, f.Code, code, "%s: %v", f, err)
		}
		require.NotContains(t, err.Error(), "\x1b")
		require.NotContains(t, err.Error(), "\n", "one sentence")
		require.Equal(t, before, s.state(t), "%s: nothing is kept", f)
	}
	var most syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_CHILDREN, &most))
	t.Logf("the largest process that read one had %d MiB", most.Maxrss>>10)
	if !underRace {
		require.Less(t, most.Maxrss, int64(256<<10), "KiB")
	}
	for no := 1; no <= numbered; no++ {
		place, elsewhere := heldElsewhere()[no]
		require.True(t, seen[no] || elsewhere, "number %d has neither a fixture nor a test", no)
		if !elsewhere {
			continue
		}
		text, err := os.ReadFile(filepath.FromSlash(place[0]))
		require.NoError(t, err, "number %d", no)
		require.Contains(t, string(text), place[1], "number %d is held by a test that is gone", no)
	}
}

// forged is a medium of the good bundle's label over other bytes.
func forged(t *testing.T, k *bundletest.Kit, good packed, sealed []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sealed")
	require.NoError(t, os.WriteFile(path, sealed, 0o600))
	l := good.set.Label
	l.SealedSHA256, l.SealedSize = bundle.DigestOf(sealed), int64(len(sealed))
	set, err := carry.Prepare(t.Context(), path, l, carry.Layout{}, nil)
	require.NoError(t, err)
	sig, err := k.Keys[bundletest.OfficerA].Sign(sign.Label, set.LabelText)
	require.NoError(t, err)
	medium := t.TempDir()
	_, err = carry.Write(t.Context(), medium, path, set, [][]byte{sig}, carry.Options{Now: arrival})
	require.NoError(t, err)
	return medium
}

// A medium is bounded in time as well: the longest of the fixtures is over in a
// moment, also where it would unpack to gigabytes.
func TestABombIsOverInAMoment(t *testing.T) {
	k := bundletest.New(t)
	s := newSmallStation(t, k, 1<<20)
	good := pack(t, k, cargo{seq: 17})
	for _, f := range k.Hostile(t) {
		if f.No != 19 {
			continue
		}
		sets, err := intake.Find(forged(t, k, good, f.Sealed))
		require.NoError(t, err)
		_, err = s.Import(t.Context(), sets[0])
		require.Error(t, err)
		require.Empty(t, files(t, filepath.Join(s.dir, "blobs")))
	}
}
