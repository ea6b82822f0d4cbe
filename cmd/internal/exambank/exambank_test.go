package exambank_test

import (
	"os"
	"path/filepath"
	"testing"

	"darksite/cmd/internal/exambank"
	"darksite/training/certificate"
	"darksite/training/exam"

	"github.com/stretchr/testify/require"
)

func TestACarriedBankIsTakenInThePlaceOfTheKits(t *testing.T) {
	own, screens, err := exambank.Load("")
	require.NoError(t, err)
	require.NotNil(t, screens)
	form, err := exam.Draw(own, exam.Of(certificate.Officer), 1, nil)
	require.NoError(t, err)
	require.Len(t, form.Questions, exam.Of(certificate.Officer).Items())

	dir := t.TempDir()
	copied := 0
	for _, name := range []string{"bank.yaml", "s1.yaml", "s2.yaml", "s3.yaml", "s4.yaml"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "..", "training", "exam", "content", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
		copied++
	}
	require.Equal(t, 5, copied)
	carried, _, err := exambank.Load(dir)
	require.NoError(t, err)
	require.NotEqual(t, own.Digest, carried.Digest, "it is another bank, though with the same words")

	require.NoError(t, os.Remove(filepath.Join(dir, "s3.yaml")))
	_, _, err = exambank.Load(dir)
	require.ErrorContains(t, err, "s3", "the officers' part is not whole")
	_, _, err = exambank.Load(t.TempDir())
	require.ErrorContains(t, err, "no track")
}
