package container_test

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
	"testing/iotest"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/container"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

func decompress(t testing.TB, src io.Reader, expect int64) ([]byte, error) {
	t.Helper()
	d, err := container.Decompress(src)
	require.NoError(t, err)
	defer d.Close()
	if expect > 0 {
		d.Expect(expect)
	}
	return io.ReadAll(d)
}

func TestFrameRoundTrip(t *testing.T) {
	for name, text := range map[string]string{
		"empty":        "",
		"one byte":     "x",
		"repeated":     strings.Repeat("kernel: link up\n", 50_000),
		"noise":        bundletest.Noise(1 << 20),
		"several MiB":  bundletest.Noise(5<<20) + strings.Repeat("\x00", 5<<20),
		"a block long": bundletest.Noise(128 << 10),
	} {
		frame := bundletest.Frame(t, []byte(text))
		got, err := decompress(t, bytes.NewReader(frame), int64(len(text)))
		require.NoError(t, err, name)
		require.Equal(t, text, string(got), name)
		got, err = io.ReadAll(container.NewFrameReader(iotest.HalfReader(bytes.NewReader(frame))))
		require.NoError(t, err, name)
		require.Equal(t, frame, got, "the frame passes unchanged")
		require.Equal(t, frame, bundletest.Frame(t, []byte(text)), "the same content makes the same frame")
	}
}

func TestHostileFrames(t *testing.T) {
	k := bundletest.New(t)
	files := bundletest.Files()
	files["files/noise.txt"] = bundletest.Noise(300_000)
	for _, f := range bundletest.HostileFrames(t, bundletest.Tar(t, k.Contents(t, files))) {
		if f.Code == "zstd-data" || f.Code == "tar-order" {
			continue
		}
		_, err := decompress(t, bytes.NewReader(f.Frame), 0)
		require.Error(t, err, f.Name)
		require.Equal(t, f.Code, bundle.RefusalCode(err), "%s: %v", f.Name, err)
	}
}

// The decoder in use lets hidden bytes pass; the profile is what stops them.
func TestWhyTheProfileIsNeeded(t *testing.T) {
	tar := []byte(bundletest.Noise(300_000))
	for _, f := range bundletest.HostileFrames(t, tar) {
		if f.Code != "zstd-skippable" {
			continue
		}
		dec, err := zstd.NewReader(bytes.NewReader(f.Frame))
		require.NoError(t, err)
		got, err := io.ReadAll(dec)
		require.NoError(t, err)
		require.Equal(t, tar, got)
		dec.Close()
	}
}

// A changed byte is refused or changes nothing: zstd can say one thing in several
// ways, which is why the label carries the digest of the sealed file.
func TestChangedFrames(t *testing.T) {
	text := bundletest.Noise(3000) + strings.Repeat("abc", 1000)
	frame := bundletest.Frame(t, []byte(text))
	for i := range frame {
		for _, flip := range []byte{1, 0x80} {
			frame[i] ^= flip
			got, err := decompress(t, bytes.NewReader(frame), 0)
			if err == nil {
				require.Equal(t, text, string(got), "byte %d", i)
			}
			frame[i] ^= flip
		}
	}
	for n := range frame {
		_, err := decompress(t, bytes.NewReader(frame[:n]), 0)
		require.NotEmpty(t, bundle.RefusalCode(err), "cut at %d", n)
	}
}

func TestDecompressorBounds(t *testing.T) {
	zeros := bundletest.Frame(t, make([]byte, 64<<20))
	got, err := decompress(t, bytes.NewReader(zeros), 0)
	require.Equal(t, "zstd-ratio", bundle.RefusalCode(err))
	require.Less(t, len(got), 12<<20)

	got, err = decompress(t, bytes.NewReader(zeros), 5<<20)
	require.Equal(t, "zstd-output", bundle.RefusalCode(err))
	require.Len(t, got, 5<<20+1)

	got, err = decompress(t, bytes.NewReader(zeros), 64<<20)
	require.NoError(t, err)
	require.Len(t, got, 64<<20)
}

func TestDecompressorKeepsTheErrorsOfItsSource(t *testing.T) {
	broken := errors.New("the stick was pulled")
	frame := bundletest.Frame(t, []byte(bundletest.Noise(300_000)))
	for _, n := range []int{0, 3, 6, 8, 100_000, len(frame) - 2, len(frame)} {
		_, err := decompress(t, io.MultiReader(bytes.NewReader(frame[:n]), iotest.ErrReader(broken)), 0)
		require.ErrorIs(t, err, broken, "after %d bytes", n)
		require.Empty(t, bundle.RefusalCode(err))
	}
}

func TestStockZstdFrames(t *testing.T) {
	path, err := exec.LookPath("zstd")
	if err != nil {
		t.Skip("zstd is not installed: interoperation is not shown")
	}
	text := bundletest.Noise(200_000)
	run := func(stdin []byte, args ...string) []byte {
		cmd := exec.CommandContext(t.Context(), path, args...)
		cmd.Stdin = bytes.NewReader(stdin)
		out, err := cmd.Output()
		require.NoError(t, err)
		return out
	}
	require.Equal(t, text, string(run(bundletest.Frame(t, []byte(text)), "-dc")))
	for _, args := range [][]string{{"-1", "-c"}, {"-9", "-c"}, {"-3", "-T1", "-c", "--stream-size=200000"}} {
		got, err := decompress(t, bytes.NewReader(run([]byte(text), args...)), 0)
		require.NoError(t, err, args)
		require.Equal(t, text, string(got))
	}
	_, err = decompress(t, bytes.NewReader(run([]byte(text), "--no-check", "-c")), 0)
	require.Equal(t, "zstd-no-checksum", bundle.RefusalCode(err))
}

func FuzzFrameReader(f *testing.F) {
	frame := bundletest.Frame(f, []byte(strings.Repeat("abc", 300)))
	f.Add(frame)
	f.Add(bundletest.Frame(f, nil))
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x24, 0x01, 0x09, 0, 0, 'x', 1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, data []byte) {
		passed, err := io.ReadAll(container.NewFrameReader(bytes.NewReader(data)))
		require.True(t, bytes.HasPrefix(data, passed))
		if err == nil {
			require.Equal(t, data, passed)
		} else {
			require.NotEmpty(t, bundle.RefusalCode(err), err.Error())
		}
		out, decodeErr := decompress(t, bytes.NewReader(data), 1<<20)
		require.LessOrEqual(t, len(out), 1<<20+1)
		if err != nil {
			require.Error(t, decodeErr, "nothing decodes that the profile refuses")
		}
	})
}
