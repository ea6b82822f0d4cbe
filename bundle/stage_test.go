package bundle_test

import (
	"encoding/json"
	"errors"
	"testing"

	"darksite/bundle"

	"github.com/stretchr/testify/require"
)

func decode(text []byte) (bundle.Manifest, error) {
	var m bundle.Manifest
	return m, json.Unmarshal(text, &m)
}

func evidence() bundle.Redaction {
	return bundle.Redaction{
		Tree: "/staging/red", Report: bundle.DigestOf([]byte("report")), MapID: "map",
		Rules:  bundle.Versioned{ID: "rules", Version: 1, SHA256: bundle.DigestOf([]byte("rules"))},
		Policy: bundle.Versioned{ID: "policy", Version: 1, SHA256: bundle.DigestOf([]byte("policy"))},
	}
}

func manifest(t *testing.T, change func(*bundle.Manifest)) []byte {
	e := evidence()
	m := bundle.Manifest{BID: "S042-000001", RedactionReportSHA256: e.Report, Rules: e.Rules, Policy: e.Policy, PseudonymMapID: e.MapID}
	if change != nil {
		change(&m)
	}
	text, err := json.Marshal(m)
	require.NoError(t, err)
	return text
}

func yes(bundle.Manifest, bundle.Digest) error { return nil }

func sealedFile(d bundle.Digest) bundle.SealedFile {
	return bundle.SealedFile{Manifest: d, SealedSHA256: bundle.DigestOf([]byte("s")), SealedSize: 1, TarSHA256: bundle.DigestOf([]byte("t")), TarSize: 1}
}

func TestStagesFollowEachOther(t *testing.T) {
	collected, err := bundle.Begin("S042-000001", "/staging")
	require.NoError(t, err)
	redacted, err := collected.Redact(evidence())
	require.NoError(t, err)
	text := manifest(t, nil)
	frozen, err := redacted.Freeze(text, decode)
	require.NoError(t, err)
	require.Equal(t, bundle.DigestOf(text), frozen.Digest())
	text[0] ^= 1
	frozen.Text()[0] ^= 1
	require.Equal(t, bundle.DigestOf(manifest(t, nil)), frozen.Digest(), "nobody changes a frozen text from outside")
	approved, err := frozen.Approve(yes)
	require.NoError(t, err)
	sealed, err := approved.Seal(sealedFile(frozen.Digest()))
	require.NoError(t, err)
	require.Equal(t, frozen.Digest(), sealed.Approved().Frozen().Digest())
}

func TestNoStageCanBeSkipped(t *testing.T) {
	_, err := bundle.Begin("", "/staging")
	require.Error(t, err)
	_, err = bundle.Collected{}.Redact(evidence())
	require.ErrorIs(t, err, bundle.ErrStage)
	_, err = bundle.Redacted{}.Freeze(manifest(t, nil), decode)
	require.ErrorIs(t, err, bundle.ErrStage)
	_, err = bundle.Frozen{}.Approve(yes)
	require.ErrorIs(t, err, bundle.ErrStage)
	_, err = bundle.Approved{}.Seal(sealedFile(bundle.DigestOf(nil)))
	require.ErrorIs(t, err, bundle.ErrStage)
	_, err = bundle.LoadFrozen(manifest(t, nil), decode, nil)
	require.ErrorIs(t, err, bundle.ErrStage)

	no := errors.New("tree has changed")
	_, err = bundle.LoadFrozen(manifest(t, nil), decode, func(bundle.Manifest, bundle.Digest) error { return no })
	require.ErrorIs(t, err, no)
	frozen, err := bundle.LoadFrozen(manifest(t, nil), decode, yes)
	require.NoError(t, err)
	_, err = frozen.Approve(func(bundle.Manifest, bundle.Digest) error { return no })
	require.ErrorIs(t, err, no)
	_, err = frozen.Approve(nil)
	require.ErrorIs(t, err, bundle.ErrStage)
}

func TestRedactionEvidenceIsNeeded(t *testing.T) {
	collected, err := bundle.Begin("S042-000001", "/staging")
	require.NoError(t, err)
	for name, spoil := range map[string]func(*bundle.Redaction){
		"a leak":    func(r *bundle.Redaction) { r.Leaks = 1 },
		"no tree":   func(r *bundle.Redaction) { r.Tree = "" },
		"no report": func(r *bundle.Redaction) { r.Report = "" },
		"no rules":  func(r *bundle.Redaction) { r.Rules.SHA256 = "" },
		"no policy": func(r *bundle.Redaction) { r.Policy.SHA256 = "" },
		"no map":    func(r *bundle.Redaction) { r.MapID = "" },
	} {
		t.Run(name, func(t *testing.T) {
			e := evidence()
			spoil(&e)
			_, err := collected.Redact(e)
			require.ErrorIs(t, err, bundle.ErrStage)
		})
	}
}

func TestManifestMustBeOfThisRedaction(t *testing.T) {
	collected, err := bundle.Begin("S042-000001", "/staging")
	require.NoError(t, err)
	redacted, err := collected.Redact(evidence())
	require.NoError(t, err)
	for name, spoil := range map[string]func(*bundle.Manifest){
		"other bundle": func(m *bundle.Manifest) { m.BID = "S042-000002" },
		"other report": func(m *bundle.Manifest) { m.RedactionReportSHA256 = bundle.DigestOf(nil) },
		"other rules":  func(m *bundle.Manifest) { m.Rules.Version = 2 },
		"other policy": func(m *bundle.Manifest) { m.Policy.ID = "loose" },
		"other map":    func(m *bundle.Manifest) { m.PseudonymMapID = "other" },
	} {
		t.Run(name, func(t *testing.T) {
			_, err := redacted.Freeze(manifest(t, spoil), decode)
			require.ErrorIs(t, err, bundle.ErrStage)
		})
	}
	_, err = redacted.Freeze([]byte("{"), decode)
	require.Error(t, err)
}

func TestSealedFileMustBeOfTheApprovedManifest(t *testing.T) {
	frozen, err := bundle.LoadFrozen(manifest(t, nil), decode, yes)
	require.NoError(t, err)
	approved, err := frozen.Approve(yes)
	require.NoError(t, err)
	good := sealedFile(frozen.Digest())
	for name, spoil := range map[string]func(*bundle.SealedFile){
		"other manifest": func(s *bundle.SealedFile) { s.Manifest = bundle.DigestOf(nil) },
		"no digest":      func(s *bundle.SealedFile) { s.SealedSHA256 = "" },
		"no archive":     func(s *bundle.SealedFile) { s.TarSHA256 = "" },
		"empty":          func(s *bundle.SealedFile) { s.SealedSize = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			s := good
			spoil(&s)
			_, err := approved.Seal(s)
			require.ErrorIs(t, err, bundle.ErrStage)
		})
	}
}
