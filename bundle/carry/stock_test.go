package carry_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle"
	"darksite/bundle/carry"
	"darksite/bundle/roster"
	"darksite/bundle/sign"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

func needPrograms(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed: what README.TXT says cannot be tried", name)
		}
	}
}

// commands are the indented lines of one language and these steps of README.TXT.
func commands(t *testing.T, readme, language string, steps string) string {
	t.Helper()
	english, french, ok := strings.Cut(readme, "\n\n\n")
	require.True(t, ok)
	text := map[string]string{"en": english, "fr": french}[language]
	var b strings.Builder
	in := false
	for line := range strings.Lines(text) {
		if len(line) > 2 && line[1] == '.' {
			in = strings.Contains(steps, line[:1])
		}
		if in && strings.HasPrefix(line, "     ") {
			b.WriteString(line)
		}
	}
	require.NotEmpty(t, b.String())
	return b.String()
}

func shell(t *testing.T, dir, script string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// believe puts the files a receiver has from the site beside the bundle.
func believe(t *testing.T, folder string) {
	t.Helper()
	r := roster.Roster{Site: "S042", People: []roster.Person{{ID: "mdurand", Name: "M. Durand", Role: roster.Officer, Key: officer(t).Public()}}}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "allowed_signers"), r.AllowedSigners(), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "revoked"), nil, 0o600))
}

// The commands printed in README.TXT, as they stand, in both languages.
func TestReadmeCommandsWork(t *testing.T) {
	needPrograms(t, "sh", "sha256sum", "cat", "ssh-keygen")
	for name, size := range map[string]int{"one volume": 5000, "four volumes": 3*mib + 7} {
		for _, lang := range []string{"en", "fr"} {
			t.Run(name+" "+lang, func(t *testing.T) {
				content := noise(size)
				p := prepare(t, content, carry.Layout{VolumeSize: mib})
				folder := p.write(t, carry.Options{})
				believe(t, folder)
				readme, err := os.ReadFile(filepath.Join(folder, "README.TXT"))
				require.NoError(t, err)
				out, err := shell(t, folder, commands(t, string(readme), lang, "123"))
				require.NoError(t, err, out)
				require.Contains(t, out, `Good "label@darksite" signature for mdurand@S042`)
				got, err := os.ReadFile(filepath.Join(folder, p.set.Label.SealedName()))
				require.NoError(t, err)
				require.True(t, bytes.Equal(content, got))

				flip(t, filepath.Join(folder, "LABEL.txt"), 40)
				out, err = shell(t, folder, commands(t, string(readme), lang, "1"))
				require.Error(t, err)
				require.Contains(t, out, "LABEL.txt: FAILED")
				_, err = shell(t, folder, commands(t, string(readme), lang, "2"))
				require.Error(t, err)
			})
		}
	}
}

// A bundle in clear is opened to the last file with nothing of ours.
func TestReadmeOpensAClearBundle(t *testing.T) {
	needPrograms(t, "sh", "sha256sum", "cat", "ssh-keygen", "zstd", "tar")
	manifest := []byte("{}\n")
	sums := fmt.Appendf(nil, "%x  MANIFEST.json\n", sha256.Sum256(manifest))
	var archive, packed bytes.Buffer
	w := tar.NewWriter(&archive)
	for name, b := range map[string][]byte{"MANIFEST.json": manifest, "SHA256SUMS": sums} {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: name, Size: int64(len(b)), Mode: 0o644, Format: tar.FormatUSTAR}))
		_, err := w.Write(b)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	z, err := zstd.NewWriter(&packed)
	require.NoError(t, err)
	_, err = z.Write(archive.Bytes())
	require.NoError(t, err)
	require.NoError(t, z.Close())

	l := label(packed.Bytes())
	l.Clear, l.Recipients = true, nil
	l.TarSHA256, l.ManifestSHA256 = bundle.DigestOf(archive.Bytes()), bundle.DigestOf(manifest)
	path := sealedFile(t, packed.Bytes())
	set, err := carry.Prepare(t.Context(), path, l, carry.Layout{}, nil)
	require.NoError(t, err)
	sig, err := officer(t).Sign(sign.Label, set.LabelText)
	require.NoError(t, err)
	for _, lang := range []string{"en", "fr"} {
		done, err := carry.Write(t.Context(), t.TempDir(), path, set, [][]byte{sig}, carry.Options{Now: stationClock})
		require.NoError(t, err)
		believe(t, done.Folder)
		readme, err := os.ReadFile(filepath.Join(done.Folder, "README.TXT"))
		require.NoError(t, err)
		out, err := shell(t, done.Folder, commands(t, string(readme), lang, "1234"))
		require.NoError(t, err, out)
		require.FileExists(t, filepath.Join(done.Folder, "out", "MANIFEST.json"))
	}
}
