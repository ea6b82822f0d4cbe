package resttest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest"
	"darksite/localmon/source/pinned"

	"github.com/stretchr/testify/require"
)

func (s Subject) sessions(t *testing.T) {
	t.Run("one log-in serves many looks, at most four requests at once", func(t *testing.T) {
		a, src := s.both(t)
		for i := range 10 {
			require.Empty(t, Collect(t, src, At().Add(time.Duration(i)*30*time.Second)).Partial)
		}
		require.Equal(t, 1, a.Logins)
		require.LessOrEqual(t, a.Busiest, 4, "requests at once")
		require.NoError(t, src.Close(t.Context()))
		require.Equal(t, 1, a.Logouts)
	})
	t.Run("a session that has expired is renewed once", func(t *testing.T) {
		a, src := s.both(t)
		Collect(t, src, At())
		a.Set(func() { a.Session++ }) // the array forgets the session
		b := Collect(t, src, At().Add(30*time.Second))
		require.Empty(t, b.Partial, "the operator sees nothing of it")
		require.Equal(t, 2, a.Logins, "all requests met the old session, one logged in")
	})
	t.Run("a session that is never accepted does not log in for ever", func(t *testing.T) {
		a, src := s.both(t)
		a.Set(func() {
			a.Misbehave = func(w http.ResponseWriter, r *http.Request, path string) bool {
				refuse := r.Method == http.MethodGet && path != "api_version"
				if refuse {
					Answer(w, http.StatusUnauthorized, Problem("Invalid session."))
				}
				return refuse
			}
		})
		_, err := src.Collect(t.Context(), At())
		require.Error(t, err)
		require.ErrorContains(t, err, "array "+target)
		require.LessOrEqual(t, a.Logins, 2)
	})
	t.Run("a refused token is told and not shown", func(t *testing.T) {
		_, src := s.both(t, func(o *Options) { o.Token = "secret-token-of-another-array" })
		_, err := src.Collect(t.Context(), At())
		require.ErrorIs(t, err, localmon.ErrTokenRefused)
		require.ErrorContains(t, err, "array "+target)
		require.ErrorContains(t, err, "Invalid API token.")
		require.ErrorContains(t, err, "make a new API token")
		require.NotContains(t, err.Error(), "secret-token")
	})
	t.Run("another certificate is told and sees no token", func(t *testing.T) {
		wrong := "sha256:" + strings.Repeat("ab", 32)
		a, src := s.both(t, func(o *Options) { o.Pin = wrong })
		b, err := src.Collect(t.Context(), At())
		require.ErrorIs(t, err, localmon.ErrCertificateChanged)
		require.ErrorContains(t, err, "array "+target+" (https://127.0.0.1:")
		require.ErrorContains(t, err, wrong)
		require.ErrorContains(t, err, a.Pin())
		require.ErrorContains(t, err, "set tls_pin")
		var cert *pinned.CertificateError
		require.ErrorAs(t, err, &cert)
		require.Equal(t, pinned.CertificateError{Want: wrong, Got: a.Pin()}, *cert)
		require.Empty(t, b.Samples)
		require.Zero(t, a.Logins, "the token was not shown to a stranger")
	})
	t.Run("an array that is gone is unreachable", func(t *testing.T) {
		a, src := s.both(t)
		a.Close()
		_, err := src.Collect(t.Context(), At())
		require.ErrorIs(t, err, localmon.ErrUnreachable)
		require.ErrorContains(t, err, "check that the array is up")
		require.NotContains(t, err.Error(), Token)
	})
}

func (s Subject) versions(t *testing.T) {
	t.Run("an array that is too old is told what is spoken", func(t *testing.T) {
		a, src := s.both(t)
		a.Set(func() { a.Versions = s.TooOld })
		_, err := src.Collect(t.Context(), At())
		require.ErrorIs(t, err, arrayrest.ErrTooOld)
		require.ErrorContains(t, err, s.Speaks)
		require.ErrorContains(t, err, "upgrade the array")
	})
	t.Run("the newest version both know is spoken", func(t *testing.T) {
		a, src := s.both(t)
		var spoken string
		a.Set(func() {
			a.Versions = s.NewestOf
			a.Misbehave = func(_ http.ResponseWriter, r *http.Request, path string) bool {
				if path == "hardware" {
					spoken = r.URL.Path
				}
				return false
			}
		})
		Collect(t, src, At())
		require.Equal(t, "/api/"+s.Newest+"/hardware", spoken)
	})
}
