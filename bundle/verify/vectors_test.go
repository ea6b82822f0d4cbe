package verify

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

// vectorsModule is the release of the age test vectors that the age version in
// go.mod was tested against.
const vectorsModule = "c2sp.org/!c!c!t!v/age@v0.0.0-20260829155415-4448f2097b2d"

// vector is one file of the shared age test vectors.
type vector struct {
	name   string
	fields map[string]string
	ids    []age.Identity
	file   []byte
}

func vectors(t *testing.T) []vector {
	t.Helper()
	cache, err := exec.CommandContext(t.Context(), "go", "env", "GOMODCACHE").Output()
	require.NoError(t, err)
	paths, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(cache)), filepath.FromSlash(vectorsModule), "testdata", "*"))
	require.NoError(t, err)
	if len(paths) == 0 {
		t.Skip("the age test vectors are not in the module cache: agreement with them is not shown")
	}
	var all []vector
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		head, file, ok := bytes.Cut(raw, []byte("\n\n"))
		require.True(t, ok, path)
		v := vector{name: filepath.Base(path), fields: map[string]string{}, file: file}
		for line := range strings.Lines(string(head)) {
			key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			v.fields[key] = value
			if key == "identity" {
				ids, err := age.ParseIdentities(strings.NewReader(value))
				require.NoError(t, err, path)
				v.ids = append(v.ids, ids...)
			}
		}
		if v.fields["compressed"] == "zlib" {
			z, err := zlib.NewReader(bytes.NewReader(v.file))
			require.NoError(t, err)
			v.file, err = io.ReadAll(z)
			require.NoError(t, err)
		}
		if pass, ok := v.fields["passphrase"]; ok {
			id, err := age.NewScryptIdentity(pass)
			require.NoError(t, err)
			v.ids = append(v.ids, id)
		}
		if len(v.ids) == 0 {
			id, err := age.GenerateHybridIdentity()
			require.NoError(t, err)
			v.ids = append(v.ids, id)
		}
		all = append(all, v)
	}
	return all
}

// hybridOnly reports whether every recipient of a vector is of the one kind a
// bundle has.
func (v vector) hybridOnly() bool {
	stanzas := strings.Count(string(v.file), "\n-> ")
	return stanzas > 0 && stanzas == strings.Count(string(v.file), "\n-> "+hybridType+" ")
}

// The age layer takes what the vectors call a success, if it is binary and
// hybrid, and refuses all the rest, each with a code of its layer.
func TestAgeVectors(t *testing.T) {
	all := vectors(t)
	require.Len(t, all, 147)
	opened := 0
	for _, v := range all {
		plain, _, err := decrypt(bytes.NewReader(v.file), v.ids)
		var payload []byte
		if err == nil {
			payload, err = io.ReadAll(plain)
		}
		if v.fields["expect"] == "success" && v.hybridOnly() && v.fields["armored"] == "" {
			require.NoError(t, err, v.name)
			require.Equal(t, v.fields["payload"], fmt.Sprintf("%x", sha256.Sum256(payload)), v.name)
			opened++
			continue
		}
		require.Error(t, err, v.name)
		require.True(t, strings.HasPrefix(bundle.RefusalCode(err), "age-"), "%s: %v", v.name, err)
	}
	require.GreaterOrEqual(t, opened, 2)
	t.Logf("%d vectors opened, %d refused", opened, len(all)-opened)
}

// The payload half of the vectors, most of which is sealed to classic
// recipients: what comes out before a fault is what the vectors say may come.
func TestAgePayloadVectors(t *testing.T) {
	for _, v := range vectors(t) {
		if v.fields["armored"] != "" || v.fields["expect"] != "success" && v.fields["expect"] != "payload failure" {
			continue
		}
		plain, err := age.Decrypt(bytes.NewReader(v.file), v.ids...)
		require.NoError(t, err, v.name)
		payload, err := io.ReadAll(&ageReader{src: plain})
		require.Equal(t, v.fields["payload"], fmt.Sprintf("%x", sha256.Sum256(payload)), v.name)
		if v.fields["expect"] == "success" {
			require.NoError(t, err, v.name)
		} else {
			require.Contains(t, []string{"age-truncated", "age-trailing", "age-chunk"}, bundle.RefusalCode(err), "%s: %v", v.name, err)
		}
	}
}
