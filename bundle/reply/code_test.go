package reply_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle"
	"darksite/bundle/paper"
	"darksite/bundle/reply"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

// answer is an acknowledgement as an engineer writes one, in the middle of a chain.
func answer() reply.Reply {
	r := first()
	r.Seq, r.Prev = 12, string(bundle.DigestOf([]byte("before")))
	r.Roster = reply.Roster{Version: 6, SHA256: bundle.DigestOf([]byte("roster"))}
	r.Items[0].At, r.Items[0].Status = "2026-11-22T09:58:00Z", "in progress"
	r.Items[0].Text = "The drive in CH0.BAY3 has failed and the rebuild runs. Leave it in its bay; a new one is on its way."
	return r
}

func TestAShortReplyFitsOneCode(t *testing.T) {
	p := meet(t)
	b := build(t, p, answer(), "ruth", "sam")
	require.NotEmpty(t, b.Code)
	t.Logf("%d letters of %d, the file has %d bytes", len(b.Code), reply.MaxCode, len(b.File))
	require.Empty(t, strings.Trim(b.Code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"), "an alphanumeric code")
	for name, text := range map[string]string{"as it is": b.Code, "as a scanner gives it": " " + strings.ToLower(b.Code) + "\n"} {
		t.Run(name, func(t *testing.T) {
			file, err := reply.FromCode(text)
			require.NoError(t, err)
			got, err := reply.Open(file, []age.Identity{p.site}, "S042", p.vendor)
			require.NoError(t, err)
			require.Equal(t, answer(), got.Reply)
			require.Equal(t, b.Hash, got.Hash, "it is the same reply")
		})
	}
	long := answer()
	long.Items[0].Text = strings.Repeat("nothing like any other word ", 20) + fmt.Sprintf("%x", sha256.Sum256([]byte("a")))
	for i := range 8 {
		long.Items = append(long.Items, comment(fmt.Sprintf("%x", sha256.Sum256([]byte{byte(i)}))))
	}
	require.Empty(t, build(t, p, long, "ruth", "sam").Code, "what does not fit has none")
}

// A stock reader finds the reply on the printed page.
func TestStockReadsThePrintedReply(t *testing.T) {
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("zbarimg is not installed: reading the printed code is not shown")
	}
	draw, err := exec.LookPath("pdftoppm")
	if err != nil {
		t.Skip("pdftoppm is not installed: reading the printed code is not shown")
	}
	p := meet(t)
	b := build(t, p, answer(), "ruth", "sam")
	dir := t.TempDir()
	var page bytes.Buffer
	require.NoError(t, paper.PDF(&page, paper.Sheet{Title: "Reply", Rows: []string{"a row"}, Codes: []string{b.Code}}))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "reply.pdf"), page.Bytes(), 0o600))
	said, err := exec.CommandContext(t.Context(), draw, "-gray", "-r", "300", "-singlefile", filepath.Join(dir, "reply.pdf"), filepath.Join(dir, "page")).CombinedOutput()
	require.NoError(t, err, string(said))
	text, err := exec.CommandContext(t.Context(), zbar, "-q", "--raw", filepath.Join(dir, "page.pgm")).Output()
	require.NoError(t, err)
	require.Equal(t, b.Code+"\n", string(text))
}

func TestWhatIsNoCode(t *testing.T) {
	p := meet(t)
	good := build(t, p, answer(), "ruth", "sam").Code
	misread := []byte(good)
	if misread[200] = 'Z'; good[200] == 'Z' {
		misread[200] = 'Y'
	}
	for name, text := range map[string]string{
		"nothing": "", "another": "DSB1/0/1", "too long": good + strings.Repeat("A", 10000),
		"a letter misread": string(misread), "cut": good[:len(good)-8], "a part more": good + "/A", "no base32": good[:14] + "!!!",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := reply.FromCode(text)
			require.ErrorIs(t, err, reply.ErrRefused)
		})
	}
	for name, plain := range map[string][]byte{
		"rubbish":  []byte("rubbish"),
		"no bytes": {},
	} {
		t.Run("sealed "+name, func(t *testing.T) {
			_, err := reply.Open(reseal(t, plain, p.site), []age.Identity{p.site}, "S042", p.vendor)
			require.ErrorIs(t, err, reply.ErrRefused)
		})
	}
}

func FuzzFromCode(f *testing.F) {
	f.Add("DSR1/00000000/AAAA")
	f.Add("DSR1//")
	f.Fuzz(func(t *testing.T, text string) {
		if file, err := reply.FromCode(text); err == nil {
			require.LessOrEqual(t, len(file), 2*reply.MaxCode)
		}
	})
}
