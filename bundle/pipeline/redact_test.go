package pipeline_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/casedraft"
	"darksite/bundle/collect"
	"darksite/bundle/collect/logs"
	"darksite/bundle/container"
	"darksite/bundle/pipeline"
	"darksite/bundle/redact"

	"github.com/stretchr/testify/require"
)

// The journey with the real redactor, real files and a real case draft.
func TestJourneyThroughTheRealGate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	options := redact.Options{
		Key:   []byte(strings.Repeat("k", 32)),
		Known: []redact.Known{{Kind: redact.Array, Value: "fa-lyon-prod"}, {Kind: redact.Host, Value: "mercure"}},
		Words: []string{"Jupiter"},
	}
	s.opts.Gate = func(context.Context) (pipeline.Gate, error) { return pipeline.NewGate(options) }
	s.opts.Versions = func() (bundle.Versioned, bundle.Versioned, error) {
		g, err := pipeline.NewGate(options)
		if err != nil {
			return bundle.Versioned{}, bundle.Versioned{}, err
		}
		return g.Rules(), g.Policy(), nil
	}
	var err error
	s.p, err = pipeline.New(s.opts)
	require.NoError(t, err)

	log := t.TempDir()
	secrets := []string{"10.42.7.19", "52:4a:93:7a:1b:2c", "fa-lyon-prod", "mercure", "Jupiter", "hunter2horse", "m.durand@example.net"}
	lines := "Mar  2 08:00:00 mercure kernel: sd 7:0:0:1: link to 10.42.7.19 (52:4a:93:7a:1b:2c) is down\n" +
		"Mar  2 08:00:01 mercure app: password=hunter2horse project Jupiter array fa-lyon-prod\n"
	require.NoError(t, os.MkdirAll(filepath.Join(log, "mercure"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(log, "mercure", "10.42.7.19.log"), []byte(lines), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(log, "mercure-wtmp"), []byte("bin\x00ary"), 0o600))
	draft, err := casedraft.Encode(casedraft.Draft{
		ID: "T-ABCDEFGHIJ", Site: "S042", Array: "fa-lyon-prod", Subject: "Array fa-lyon-prod lost the path to mercure",
		Primary: casedraft.Contact{ID: "mdurand", Name: "M. Durand", Mail: "m.durand@example.net"}, Status: casedraft.StatusDraft, Severity: 2,
	})
	require.NoError(t, err)

	q := s.request(
		logs.New(logs.Options{Dir: log, Label: "/var/log", Now: s.now}),
		collect.Document{About: collect.Plan{Name: "case"}, Name: "case.json", Text: draft},
	)
	q.ClockNote = "set by hand on mercure"
	id, err := s.p.Collect(t.Context(), q)
	require.NoError(t, err)
	s.review(id, bundletest.OfficerA)
	for _, secret := range secrets {
		found, err := holding(s.dir, secret)
		require.NoError(t, err)
		require.Empty(t, found, secret)
	}
	text, err := os.ReadFile(s.frozen(id, "MANIFEST.json"))
	require.NoError(t, err)
	m, err := container.DecodeManifest(text)
	require.NoError(t, err)
	require.NotEmpty(t, m.Omitted)
	require.Equal(t, "T-ABCDEFGHIJ", m.Case)

	redacted, err := os.ReadFile(s.frozen(id, "files/case/case.json"))
	require.NoError(t, err)
	back, err := casedraft.Decode(redacted)
	require.NoError(t, err, "a redacted draft is still a draft:\n%s", redacted)
	require.Equal(t, casedraft.ID("T-ABCDEFGHIJ"), back.ID)
	require.Equal(t, "S042", back.Site)

	require.NoError(t, s.approve(id, bundletest.OfficerA))
	s.review(id, bundletest.OfficerB)
	require.NoError(t, s.approve(id, bundletest.OfficerB))
	require.NoError(t, s.p.Seal(t.Context(), id, bundletest.OfficerB))
	sealedMap, err := os.Open(s.p.MapFile(id))
	require.NoError(t, err)
	defer sealedMap.Close()
	known, err := redact.OpenMap(sealedMap, s.kit.Record)
	require.NoError(t, err)
	require.Positive(t, known.Len())

	options.Words = append(options.Words, "Saturne")
	second := s.approvedWith(q)
	options.Words = options.Words[:1]
	require.ErrorIs(t, s.p.Seal(t.Context(), second, "x"), pipeline.ErrInvalidated, "another word list is another policy")
}
