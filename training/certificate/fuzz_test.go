package certificate_test

import (
	"testing"

	"darksite/training/certificate"

	"github.com/stretchr/testify/require"
)

func FuzzParse(f *testing.F) {
	text, err := newPeople(f).certificate(f).Encode()
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte("format: darksite-certificate/1\nid: DSA-1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := certificate.Parse(text)
		if err != nil {
			return
		}
		again, err := c.Encode()
		require.NoError(t, err)
		require.Equal(t, text, again)
	})
}

func FuzzParseText(f *testing.F) {
	p := newPeople(f)
	text, err := certificate.Text(issue(f, p.certificate(f), p.vendor))
	require.NoError(f, err)
	f.Add(text)
	f.Add("DSC1:QED8WEX0")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := certificate.ParseText(text)
		if err != nil {
			return
		}
		again, err := certificate.Text(s)
		require.NoError(t, err)
		twice, err := certificate.ParseText(again)
		require.NoError(t, err)
		require.Equal(t, s, twice)
	})
}

func FuzzParseWithdrawals(f *testing.F) {
	text, err := certificate.Withdrawals{Number: 2, Issued: day(f, "2026-12-01"), List: []certificate.Withdrawal{{ID: "DSA-0007", On: day(f, "2026-11-30"), Why: "left"}}}.Encode()
	require.NoError(f, err)
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		w, err := certificate.ParseWithdrawals(text)
		if err != nil {
			return
		}
		again, err := w.Encode()
		require.NoError(t, err)
		require.Equal(t, text, again)
	})
}
