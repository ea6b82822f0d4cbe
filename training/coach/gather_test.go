package coach_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"darksite/bundle"
	"darksite/runbooks/pack"
	"darksite/training/coach"
	"darksite/training/labs"
)

func TestAPinIsWhatItsArrayShowsOrNot(t *testing.T) {
	w := labs.World{
		{Kind: "certificate", Fields: map[string]string{"array": "a", "first": "sha256:1", "now": "sha256:2"}},
		{Kind: "certificate", Fields: map[string]string{"array": "b", "first": "sha256:3", "now": "sha256:3"}},
	}
	for name, c := range map[string]struct{ pin, is string }{
		"the renewed one": {"sha256:2", "now"}, "the one before": {"sha256:1", "first"}, "neither": {"sha256:9", "other"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := coach.Gather(t.TempDir(), w, time.Now(), coach.Kept{Pins: map[string]string{"a": c.pin, "b": "sha256:3"}})
			require.NoError(t, err)
			pins := got.Of("pin")
			require.Len(t, pins, 2)
			require.Equal(t, map[string]string{"array": "a", "is": c.is}, pins[0].Fields)
			require.Equal(t, "now", pins[1].Fields["is"], "a certificate that never changed is the one that answers")
		})
	}
}

func TestWhatADeskSentIsReadFromItsPack(t *testing.T) {
	home := coach.Home(t.TempDir())
	keep := func(site string) string {
		data, err := pack.Write(pack.Pack{
			Name: "vendor", Number: 1, Site: site, Issued: time.Unix(0, 0).UTC(),
			Books: map[string]map[string][]byte{"one-off": {"runbook.yaml": []byte("id: one-off\n"), "en.md": []byte("change CH0.BAY3")}},
		}, map[string][]byte{"1234567890abcdef": []byte("a signature")})
		require.NoError(t, err)
		digest := string(bundle.DigestOf(data))
		require.NoError(t, os.MkdirAll(filepath.Join(home.Desk(), "blobs", digest[:2]), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(home.Desk(), "blobs", digest[:2], digest), data, 0o600))
		return digest
	}
	began := time.Now()
	replied := func(digest string) labs.Fact {
		e := coach.DeskEvent{Case: "S042/T-1", Kind: "replied", At: began.Add(time.Minute)}
		e.Attached.Pack = digest
		w, err := coach.Gather(home.Site(), nil, began, coach.Kept{Desk: []coach.DeskEvent{e}})
		require.NoError(t, err)
		require.Len(t, w.Of("desk"), 1)
		return w.Of("desk")[0]
	}
	f := replied(keep("S042"))
	require.Equal(t, time.Minute, f.At)
	require.Equal(t, "S042", f.Fields["pack"])
	require.Contains(t, f.Fields["advice"], "CH0.BAY3")
	require.Equal(t, "any", replied(keep("")).Fields["pack"])
	require.Equal(t, "no", replied("").Fields["pack"])
	require.Equal(t, "no", replied("../../etc/passwd").Fields["pack"], "a digest is no way out of the desk")
	garbage := string(bundle.DigestOf([]byte("x")))
	require.NoError(t, os.MkdirAll(filepath.Join(home.Desk(), "blobs", garbage[:2]), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(home.Desk(), "blobs", garbage[:2], garbage), bytes.Repeat([]byte("x"), 600), 0o600))
	require.Equal(t, "no", replied(garbage).Fields["pack"])
}
