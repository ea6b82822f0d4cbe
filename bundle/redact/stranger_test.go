package redact_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle/redact"

	"github.com/stretchr/testify/require"
)

const unknownText = "Proxy qxlyon07 started.\nthen qxlyon07 left, seen in qxlyon07.png\n"

func unknownGate(t *testing.T, u redact.Unknown) *redact.Gate {
	t.Helper()
	return newGate(t, redact.Options{Policy: redact.Policy{ID: "lyon", Unknown: u}})
}

// TestUnknownWords holds what becomes of a word that no rule knows, wherever it stands.
func TestUnknownWords(t *testing.T) {
	require.Equal(t, unknownText, redactFile(t, unknownGate(t, redact.KeepUnknown), unknownText))
	for _, u := range []redact.Unknown{redact.HideUnknown, redact.DoubtUnknown} {
		got := redactFile(t, unknownGate(t, u), unknownText)
		require.NotContains(t, got, "qxlyon07")
		words := strings.Fields(got)
		require.Equal(t, words[1], words[4], "one stand-in for both")
		require.Equal(t, got, redactFile(t, unknownGate(t, u), got), "again")
	}
}

// TestProgramsStay holds that a word stays everywhere that is told for a program in one
// place, unless a rule tells it for a name of the site.
func TestProgramsStay(t *testing.T) {
	process := "qxlyon07[4711]: ready\n"
	for _, text := range []string{process + unknownText, unknownText + process} {
		require.Equal(t, text, redactFile(t, newGate(t, redact.Options{}), text))
	}
	require.NotContains(t, redactFile(t, newGate(t, redact.Options{}), process+unknownText+"hostname=qxlyon07\n"), "qxlyon07")
}

// TestUnknownWordsTakeTheKindOfRules holds that a name some rule tells elsewhere is of the
// kind that rule says.
func TestUnknownWordsTakeTheKindOfRules(t *testing.T) {
	got := redactFile(t, newGate(t, redact.Options{}), unknownText+"hostname=qxlyon07\n")
	require.NotContains(t, got, "name-")
	require.Equal(t, 4, strings.Count(got, "host-"))
}

// TestKnownNamesStayApart holds that a known name with everyday words beside it keeps
// them, and that a name beside it does not stay.
func TestKnownNamesStayApart(t *testing.T) {
	text := "hostname=qxlyon07\nProxy qxlyon07-ct0 started.\nProxy added \"qxlyon07-mpzrh\"\n"
	got := strings.Split(redactFile(t, unknownGate(t, redact.DoubtUnknown), text), "\n")
	host := strings.TrimPrefix(got[0], "hostname=")
	require.Equal(t, "Proxy "+host+"-ct0 started.", got[1])
	require.NotContains(t, got[2], "mpzrh")
}

// TestNumbersOfCasesStay holds that the number under which a site and the desk know a case
// stays, whatever letters were drawn for it.
func TestNumbersOfCasesStay(t *testing.T) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	r := rand.New(rand.NewPCG(6, 12))
	var text strings.Builder
	for range 500 {
		id := []byte("T-..........")
		for i := 2; i < len(id); i++ {
			id[i] = letters[r.IntN(len(letters))]
		}
		fmt.Fprintf(&text, "  \"id\": \"%s\",\ncase %s is open\n%s\n", id, id, id)
	}
	for _, u := range []redact.Unknown{redact.HideUnknown, redact.DoubtUnknown} {
		require.Equal(t, text.String(), redactFile(t, unknownGate(t, u), text.String()))
	}
}

// TestUnknownWordsAreNotLearntFromFileNames holds that programs may call their files what
// they like.
func TestUnknownWordsAreNotLearntFromFileNames(t *testing.T) {
	in, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	require.NoError(t, os.WriteFile(filepath.Join(in, "qxctl-dump7.txt"), []byte("ok\n"), 0o600))
	res, err := newGate(t, redact.Options{}).Tree(context.Background(), in, out)
	require.NoError(t, err)
	require.Equal(t, "qxctl-dump7.txt", res.Files[0].Out)
}

// TestUnknownInPolicies holds how policies say what becomes of such words.
func TestUnknownInPolicies(t *testing.T) {
	for arg, want := range map[string]redact.Unknown{"hide": redact.HideUnknown, "doubt": redact.DoubtUnknown, "stay": redact.KeepUnknown} {
		p, err := redact.ParsePolicy("p", "id: lyon\nunknown: "+arg+"\n")
		require.NoError(t, err)
		require.Equal(t, want, p.Unknown)
		require.Equal(t, want == redact.KeepUnknown, len(p.Loosened()) > 0, arg)
	}
	_, err := redact.ParsePolicy("p", "id: lyon\nunknown: maybe\n")
	require.ErrorContains(t, err, `p:2:1: unknown: "maybe" is none of hide, doubt, stay`)
	_, err = redact.New(redact.Options{Key: testKey, Policy: redact.Policy{ID: "lyon", Unknown: "maybe"}})
	require.ErrorContains(t, err, "none of hide, doubt, stay")
	require.NotEqual(t, unknownGate(t, redact.KeepUnknown).Policy().SHA256, unknownGate(t, redact.HideUnknown).Policy().SHA256)
}
