package certificate_test

import (
	"strings"
	"testing"

	"darksite/bundle/sign"
	"darksite/training/certificate"

	"github.com/stretchr/testify/require"
)

func TestTheWithdrawalOfASiteIsCheckedToTheByte(t *testing.T) {
	key, other := newKey(t), newKey(t)
	w := certificate.SiteWithdrawal{ID: "DSA-0031", Site: "S042", On: day(t, "2026-11-23"), Why: certificate.KeyLost, By: key.Public().ID()}
	text, err := w.Encode()
	require.NoError(t, err)
	armored, err := key.Sign(sign.Certificate, text)
	require.NoError(t, err)
	people := []sign.PublicKey{other.Public(), key.Public()}
	got, err := certificate.CheckSiteWithdrawal(text, armored, people)
	require.NoError(t, err)
	require.Equal(t, w, got)
	_, err = certificate.CheckSiteWithdrawal(text, armored, people[:1])
	require.ErrorIs(t, err, sign.ErrBadSignature)

	for name, wrong := range map[string]string{
		"another certificate": strings.Replace(string(text), "DSA-0031", "DSA-0032", 1),
		"another reason":      strings.Replace(string(text), "key-lost", "left", 1),
		"a reason in prose":   strings.Replace(string(text), "key-lost", "the key was lost", 1),
		"no day":              strings.Replace(string(text), w.On.String(), "today", 1),
		"another site":        strings.Replace(string(text), "S042", "S043", 1),
		"a line more":         string(text) + "restored: yes\n",
		"another signer":      strings.Replace(string(text), w.By, other.Public().ID(), 1),
		"nothing":             "",
	} {
		_, err := certificate.CheckSiteWithdrawal([]byte(wrong), armored, people)
		require.Error(t, err, name)
	}
	for _, change := range []func(*certificate.SiteWithdrawal){
		func(w *certificate.SiteWithdrawal) { w.ID = "x" },
		func(w *certificate.SiteWithdrawal) { w.Site = "" },
		func(w *certificate.SiteWithdrawal) { w.On = certificate.Day{} },
		func(w *certificate.SiteWithdrawal) { w.Why = "whim" },
		func(w *certificate.SiteWithdrawal) { w.By = "me" },
	} {
		bad := w
		change(&bad)
		_, err := bad.Encode()
		require.Error(t, err)
	}
}

func FuzzSiteWithdrawal(f *testing.F) {
	text, err := certificate.SiteWithdrawal{ID: "DSA-0031", Site: "S042", On: day(f, "2026-11-23"), Why: certificate.HasLeft, By: "0123456789abcdef"}.Encode()
	require.NoError(f, err)
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		w, err := certificate.ParseSiteWithdrawal(text)
		if err != nil {
			return
		}
		again, err := w.Encode()
		require.NoError(t, err)
		require.Equal(t, text, again)
	})
}
