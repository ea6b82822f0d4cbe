package intake_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/carry"
	"darksite/bundle/container"
	"darksite/bundle/desk"
	"darksite/bundle/desk/airlock"
	"darksite/bundle/desk/intake"

	"github.com/stretchr/testify/require"
)

func TestImport(t *testing.T) {
	k := bundletest.New(t)
	s := newStation(t, k)
	p := pack(t, k, cargo{caseName: draftID, draft: draft(draftID, 2)})
	out, err := s.only(t, p.write(t))
	require.NoError(t, err)
	require.False(t, out.Duplicate)
	require.Equal(t, "S042/"+draftID, out.Case)
	require.Equal(t, desk.Bundle{
		BID: "S042-000001", Site: "S042", Seq: 1, SealedSHA256: p.set.Label.SealedSHA256, SealedSize: p.set.Label.SealedSize,
		ManifestSHA256: p.manifest, Taken: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC), Received: arrival,
		Collector: bundletest.Collector, Officers: []string{bundletest.OfficerA, bundletest.OfficerB}, ReleasedBy: bundletest.OfficerA,
		Files: 7, Bytes: out.Bundle.Bytes, Recipients: k.Manifest(t, nil).Recipients, ReplySeqSeen: 8,
		Omitted: []bundle.Omission{{OrigPath: "/var/crash/core", Reason: "binary"}}, OmittedAll: 1,
	}, out.Bundle)
	c, events, err := s.store.Case(t.Context(), out.Case)
	require.NoError(t, err)
	require.Len(t, events, 1)
	require.Equal(t, draftID, c.DraftID)
	require.Equal(t, 2, c.Severity)
	require.Equal(t, desk.Draft{
		ID: draftID, Array: "host-1", Model: "FA-X20R3", OSVersion: "6.6.2", Subject: "A drive has failed",
		Description: "line one\nline two", Severity: 2, Primary: "name-1", PrimaryID: "p1", Secondary: "name-2",
	}, c.Draft)
	require.Equal(t, mustRead(t, p.sealed), mustRead(t, files(t, filepath.Join(s.dir, "blobs"))[0]))
	require.Equal(t, draft(draftID, 2), string(mustRead(t, filepath.Join(s.Tree(out.Bundle.SealedSHA256), "files", "case", "case.json"))))
}

// A bundle in clear comes in where label, manifest, approvals and roster agree,
// and the desk says what it was; one that was relabelled does not.
func TestABundleInClear(t *testing.T) {
	k := bundletest.New(t)
	k.Roster.Clear = true
	s := newStation(t, k)
	out, err := s.only(t, pack(t, k, cargo{clear: true}).write(t))
	require.NoError(t, err)
	require.True(t, out.Bundle.Clear)
	require.Contains(t, strings.Join(out.Bundle.Warnings, " "), "NOT ENCRYPTED")
	require.FileExists(t, filepath.Join(s.Tree(out.Bundle.SealedSHA256), "files", "host", "messages.txt"))

	for name, c := range map[string]struct {
		cargo cargo
		code  string
	}{
		"an encrypted one called clear": {cargo{seq: 2, label: func(l *carry.Label) { l.Clear, l.Recipients = true, nil }}, "zstd-magic"},
		"a clear one called encrypted": {cargo{seq: 2, clear: true, label: func(l *carry.Label) {
			l.Clear, l.Recipients = false, k.Manifest(t, bundletest.Files()).Recipients
		}}, "age-magic"},
		"a clear file of a bundle that was approved to be encrypted": {cargo{seq: 2, clear: true, asSealed: true}, "profile"},
	} {
		_, err := s.only(t, pack(t, k, c.cargo).write(t))
		require.Equal(t, c.code, bundle.RefusalCode(err), "%s: %v", name, err)
	}
}

func TestImportTwiceIsADuplicate(t *testing.T) {
	k := bundletest.New(t)
	s := newStation(t, k)
	p := pack(t, k, cargo{caseName: draftID})
	medium := p.write(t)
	first, err := s.only(t, medium)
	require.NoError(t, err)
	acked, err := s.store.Record(t.Context(), desk.Event{Case: first.Case, Kind: desk.Acknowledged, Severity: 2, Text: "seen", At: arrival})
	require.NoError(t, err)
	before := s.state(t)
	// Nothing more than the label is needed to know it.
	for _, name := range p.volumes() {
		require.NoError(t, os.Remove(filepath.Join(medium, string(p.bid), name)))
	}
	again, err := s.only(t, medium)
	require.NoError(t, err)
	require.Equal(t, intake.Outcome{Bundle: first.Bundle, Case: first.Case, Number: acked[0].Number, Status: desk.InProgress, Duplicate: true}, again)
	require.Equal(t, before, s.state(t))
}

// A medium was lost and the same bundle was sealed once more: other bytes, the
// same content, and no alarm.
func TestTheSameBundleSealedAnewIsADuplicate(t *testing.T) {
	k := bundletest.New(t)
	s := newStation(t, k)
	one, two := pack(t, k, cargo{}), pack(t, k, cargo{})
	require.Equal(t, one.manifest, two.manifest)
	require.NotEqual(t, one.set.Label.SealedSHA256, two.set.Label.SealedSHA256)
	first, err := s.only(t, one.write(t))
	require.NoError(t, err)
	before := s.state(t)
	again, err := s.only(t, two.write(t))
	require.NoError(t, err)
	require.True(t, again.Duplicate)
	require.Equal(t, first.Bundle, again.Bundle)
	require.Equal(t, before, s.state(t))
}

func TestDamageIsRepaired(t *testing.T) {
	k := bundletest.New(t)
	s := newStation(t, k)
	p := pack(t, k, cargo{files: map[string]string{"files/noise.txt": bundletest.Noise(3 << 20)}})
	medium := p.write(t)
	flip(t, filepath.Join(medium, string(p.bid), p.volumes()[0]), 1000)
	out, err := s.only(t, medium)
	require.NoError(t, err)
	require.Equal(t, 1, out.Bundle.Repaired)
	require.Empty(t, out.Bundle.Warnings)
}

func flip(t *testing.T, path string, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer f.Close()
	b := make([]byte, 1)
	_, err = f.ReadAt(b, at)
	require.NoError(t, err)
	b[0] ^= 0xff
	_, err = f.WriteAt(b, at)
	require.NoError(t, err)
}

func TestABundleSpreadOverTwoMedia(t *testing.T) {
	k := bundletest.New(t)
	p := pack(t, k, cargo{files: map[string]string{"files/noise.txt": bundletest.Noise(5 << 20)}, layout: carry.Layout{VolumeSize: 1 << 20}})
	names := p.volumes()
	require.Greater(t, len(names), 3)
	one, two := p.write(t, names[:2]...), p.write(t, names[2:]...)

	s := newStation(t, k)
	_, err := s.only(t, one)
	require.ErrorIs(t, err, carry.ErrBeyondRepair, "one of them is not enough")
	out, err := s.only(t, two, one)
	require.NoError(t, err)
	require.Equal(t, p.bid, out.Bundle.BID)
}

func TestFind(t *testing.T) {
	k := bundletest.New(t)
	a, b := pack(t, k, cargo{seq: 1}), pack(t, k, cargo{seq: 2})
	medium := a.write(t)
	b.writeTo(t, medium)
	require.NoError(t, os.Mkdir(filepath.Join(medium, "holiday"), 0o700))
	require.NoError(t, os.Symlink(filepath.Join(medium, string(a.bid)), filepath.Join(medium, "S042-000099")))
	require.NoError(t, os.Rename(filepath.Join(b.write(t), string(b.bid)), filepath.Join(medium, "S042-000003.partial")))
	sets, err := intake.Find(medium)
	require.NoError(t, err)
	require.Equal(t, []intake.Set{
		{Name: "S042-000001", Folders: []string{filepath.Join(medium, "S042-000001")}},
		{Name: "S042-000002", Folders: []string{filepath.Join(medium, "S042-000002")}},
	}, sets, "no link is followed and no half-written folder taken")
	direct, err := intake.Find(sets[1].Folders[0], sets[0].Folders[0])
	require.NoError(t, err)
	require.Equal(t, sets, direct, "the folder itself may be named")
	_, err = intake.Find(filepath.Join(medium, "gone"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// Every refusal has its code or its error, and leaves the desk as it was.
func TestRefusals(t *testing.T) {
	k := bundletest.New(t)
	stranger := bundletest.New(t) // another site's people under the same names
	elsewhere := func(c *cargo) {
		c.label = func(l *carry.Label) { l.BID, l.Seq = "S043-000001", 1 }
	}
	// in is the folder of the bundle on its medium.
	cases := []struct {
		name  string
		cargo func(c *cargo)
		spoil func(t *testing.T, p packed, in string) // the medium
		code  string
		is    error
		says  string
	}{
		{name: "beyond repair", spoil: func(t *testing.T, p packed, in string) {
			require.NoError(t, os.Truncate(filepath.Join(in, p.volumes()[0]), 100))
			require.NoError(t, os.Remove(filepath.Join(in, p.volumes()[1])))
		}, says: "beyond repair"},
		{name: "site unknown", cargo: elsewhere, spoil: rename("S043-000001"), code: "site-unknown"},
		{name: "label signed by the collector", cargo: func(c *cargo) { c.signer = bundletest.Collector }, is: carry.ErrLabel, says: "role may not sign this"},
		{name: "label signed by an officer who did not release it", cargo: func(c *cargo) { c.signer = bundletest.OfficerB }, is: carry.ErrLabel, says: "did not sign"},
		{name: "label not signed", spoil: func(t *testing.T, _ packed, in string) {
			sigs, err := filepath.Glob(filepath.Join(in, "*.sig"))
			require.NoError(t, err)
			for _, sig := range sigs {
				require.NoError(t, os.Remove(sig))
			}
		}, is: carry.ErrLabel, says: "no signature"},
		{name: "label altered", spoil: func(t *testing.T, _ packed, in string) {
			path := filepath.Join(in, carry.LabelName)
			text := strings.Replace(string(mustRead(t, path)), "INTERNAL", "PUBLIC", 1)
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		}, is: carry.ErrLabel},
		{name: "label of another bundle", spoil: func(t *testing.T, _ packed, in string) {
			copyLabel(t, filepath.Join(pack(t, k, cargo{seq: 2}).write(t), "S042-000002"), in)
		}, is: carry.ErrMixed},
		{name: "folder renamed", spoil: rename("S042-000007"), code: "label-folder"},
		{name: "a volume is a link", spoil: func(t *testing.T, p packed, in string) {
			path := filepath.Join(in, p.volumes()[0])
			require.NoError(t, os.Rename(path, filepath.Join(filepath.Dir(in), "moved")))
			require.NoError(t, os.Symlink(filepath.Join(filepath.Dir(in), "moved"), path))
		}, is: carry.ErrIrregular},
		{name: "the label is a link", spoil: func(t *testing.T, _ packed, in string) {
			path := filepath.Join(in, carry.LabelName)
			require.NoError(t, os.Rename(path, filepath.Join(filepath.Dir(in), "moved")))
			require.NoError(t, os.Symlink(filepath.Join(filepath.Dir(in), "moved"), path))
		}, is: carry.ErrIrregular},
		{name: "one approval of two", cargo: func(c *cargo) {
			c.contents = func(c *container.Contents) { c.Approvals = c.Approvals[:1] }
		}, code: "approval-missing"},
		{name: "approved by the collector", cargo: func(c *cargo) {
			c.contents = func(c *container.Contents) {
				m, err := container.DecodeManifest(c.Manifest)
				require.NoError(t, err)
				c.Approvals[1] = k.Approve(t, bundletest.Statement(m, c.Manifest, bundletest.Collector, "second-officer"), bundletest.Collector)
			}
		}, code: "sig-wrong-role"},
		{name: "manifest signed by an officer", cargo: func(c *cargo) {
			c.contents = func(c *container.Contents) {
				c.Signatures[0] = k.SignManifest(t, c.Manifest, bundletest.OfficerC)
			}
		}, code: "sig-wrong-role"},
		{name: "manifest signed by the stranger of the same name", cargo: func(c *cargo) {
			c.contents = func(c *container.Contents) {
				c.Signatures[0] = stranger.SignManifest(t, c.Manifest, bundletest.Collector)
			}
		}, code: "sig-unknown-key"},
		{name: "label tells another archive", cargo: func(c *cargo) {
			c.label = func(l *carry.Label) { l.TarSHA256 = bundle.DigestOf([]byte("another")) }
		}, code: "label"},
		{name: "label tells another manifest", cargo: func(c *cargo) {
			c.label = func(l *carry.Label) { l.ManifestSHA256 = bundle.DigestOf([]byte("another")) }
		}, code: "label"},
		{name: "label tells another marking", cargo: func(c *cargo) {
			c.label = func(l *carry.Label) { l.Marking = "PUBLIC" }
		}, code: "label"},
		{name: "label tells other approvals", cargo: func(c *cargo) {
			c.label = func(l *carry.Label) { l.Approvals = l.Approvals[:1] }
		}, code: "label"},
		{name: "label tells of no approvals", cargo: func(c *cargo) {
			c.label = func(l *carry.Label) { l.Approvals = nil }
		}, code: "label"},
		{name: "label gives it another number", cargo: func(c *cargo) {
			c.label = func(l *carry.Label) { l.BID, l.Seq = "S042-000002", 2 }
		}, spoil: rename("S042-000002"), code: "label"},
		{name: "in clear, which the roster does not allow", cargo: func(c *cargo) { c.clear = true }, is: carry.ErrClear},
		{name: "label says it is clear", cargo: func(c *cargo) {
			c.label = func(l *carry.Label) { l.Clear, l.Recipients = true, nil }
		}, is: carry.ErrClear},
		{name: "a fork of the chain", cargo: func(c *cargo) { c.seq, c.edit = 5, func(m *bundle.Manifest) { m.ClockNote = "another" } }, code: "chain-fork", is: desk.ErrFork},
		{name: "more than the quota", cargo: func(c *cargo) {
			c.files = map[string]string{"files/zeros.txt": strings.Repeat("a quiet line\n", 200_000)}
		}, code: "quota", says: "1048576"},
		{name: "a sealed file beyond the quota", cargo: func(c *cargo) { c.files = map[string]string{"files/noise.txt": bundletest.Noise(5 << 20)} }, code: "quota"},
	}
	s := newSmallStation(t, k, 1<<20)
	_, err := s.only(t, pack(t, k, cargo{seq: 5}).write(t))
	require.NoError(t, err)
	before := s.state(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g := cargo{}
			if c.cargo != nil {
				c.cargo(&g)
			}
			p := pack(t, k, g)
			medium := p.write(t)
			folders, err := os.ReadDir(medium)
			require.NoError(t, err)
			if c.spoil != nil {
				c.spoil(t, p, filepath.Join(medium, folders[0].Name()))
			}
			_, err = s.only(t, medium)
			require.Error(t, err)
			require.Equal(t, c.code, bundle.RefusalCode(err), err.Error())
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), "\x1b")
			require.Equal(t, before, s.state(t), "a refusal changes nothing")
			left, err := os.ReadDir(filepath.Join(s.dir, "quarantine"))
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

func rename(to string) func(t *testing.T, p packed, in string) {
	return func(t *testing.T, _ packed, in string) {
		require.NoError(t, os.Rename(in, in+"-"), "so that the same name is one too")
		require.NoError(t, os.Rename(in+"-", filepath.Join(filepath.Dir(in), to)))
	}
}

func copyLabel(t *testing.T, from, to string) {
	t.Helper()
	for _, dir := range []string{to, from} {
		names, err := filepath.Glob(filepath.Join(dir, "LABEL*"))
		require.NoError(t, err)
		for _, name := range names {
			if dir == to {
				require.NoError(t, os.Remove(name))
			} else {
				require.NoError(t, os.WriteFile(filepath.Join(to, filepath.Base(name)), mustRead(t, name), 0o600))
			}
		}
	}
}

// Two media with the same folder name and different bundles in them.
func TestTwoBundlesUnderOneNameAreNotMixed(t *testing.T) {
	k := bundletest.New(t)
	s := newStation(t, k)
	one := pack(t, k, cargo{}).write(t)
	two := pack(t, k, cargo{edit: func(m *bundle.Manifest) { m.ClockNote = "another" }}).write(t)
	before := s.state(t)
	_, err := s.only(t, one, two)
	require.ErrorIs(t, err, carry.ErrMixed)
	require.Equal(t, before, s.state(t))
}

// A label is believed as it was read: exchanging it while the volumes are read
// changes nothing, because it is never read a second time.
func TestALabelExchangedMeanwhileIsNotSeen(t *testing.T) {
	k := bundletest.New(t)
	p := pack(t, k, cargo{})
	medium := p.write(t)
	s := newStation(t, k)
	asked := 0
	// The roster is asked after the label was read and before the volumes are.
	rosters := k.Rosters
	in, err := intake.New(t.Context(), intake.Options{
		Store: s.store, Reader: airlock.Here{}, Blobs: noBlobs{}, Quarantine: filepath.Join(s.dir, "quarantine"), Opened: filepath.Join(s.dir, "opened"),
		Roster: func(site string) (r rosterOf, err error) {
			if asked++; asked == 1 {
				require.NoError(t, os.WriteFile(filepath.Join(medium, string(p.bid), carry.LabelName), []byte("another\n"), 0o600))
			}
			return rosters(site)
		},
		Identities: identities(k), Now: func() time.Time { return arrival },
	})
	require.NoError(t, err)
	sets, err := intake.Find(medium)
	require.NoError(t, err)
	out, err := in.Import(t.Context(), sets[0])
	require.NoError(t, err)
	require.Equal(t, p.set.Label.SealedSHA256, out.Bundle.SealedSHA256)
}

func TestOrderOfASite(t *testing.T) {
	k := bundletest.New(t)
	s := newStation(t, k)
	take := func(c cargo) (bundle.Digest, []string) {
		t.Helper()
		p := pack(t, k, c)
		out, err := s.only(t, p.write(t))
		require.NoError(t, err)
		return p.manifest, out.Bundle.Warnings
	}
	third, warnings := take(cargo{seq: 3, prev: string(bundle.DigestOf([]byte("2")))})
	require.Equal(t, []string{"bundles 1 to 2 of site S042 have not come"}, warnings)
	_, warnings = take(cargo{seq: 4, prev: string(third)})
	require.Empty(t, warnings)
	fifth, warnings := take(cargo{seq: 5, prev: string(third)})
	require.Equal(t, []string{"bundle 5 says it follows another bundle than the 4 we have"}, warnings)
	_, warnings = take(cargo{seq: 7, prev: string(fifth)})
	require.Equal(t, []string{"bundle 6 of site S042 has not come"}, warnings)
	_, warnings = take(cargo{seq: 2})
	require.Equal(t, []string{"bundle 1 of site S042 has not come", "bundle 3, which we have, says it follows another bundle than this 2"}, warnings)
	chain, err := s.store.Bundles(t.Context(), "S042")
	require.NoError(t, err)
	require.Len(t, chain, 5)
}

func TestExtraFilesAreToldAndLeft(t *testing.T) {
	k := bundletest.New(t)
	s := newStation(t, k)
	p := pack(t, k, cargo{})
	medium := p.write(t)
	in := filepath.Join(medium, string(p.bid))
	require.NoError(t, os.WriteFile(filepath.Join(in, "autorun\x1b[2J.inf"), []byte("x"), 0o600))
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(in, "more")))
	out, err := s.only(t, medium)
	require.NoError(t, err)
	require.Len(t, out.Bundle.Warnings, 2)
	require.Contains(t, out.Bundle.Warnings[0], "unknown file on the medium, ignored: ")
	require.Contains(t, strings.Join(out.Bundle.Warnings, "\n"), "more (link)")
	require.NotContains(t, strings.Join(out.Bundle.Warnings, ""), "\x1b")
	for _, path := range files(t, s.Tree(out.Bundle.SealedSHA256)) {
		require.NotContains(t, path, "autorun")
	}
}

func TestOneOfficerAloneIsTold(t *testing.T) {
	k := bundletest.New(t)
	k.Roster.Approvals = 1
	s := newStation(t, k)
	out, err := s.only(t, pack(t, k, cargo{contents: func(c *container.Contents) { c.Approvals = c.Approvals[:1] }}).write(t))
	require.NoError(t, err)
	require.Equal(t, []string{"single review: one officer released this bundle alone"}, out.Bundle.Warnings)
}

func TestDrafts(t *testing.T) {
	cases := []struct {
		name, draft string
		want        desk.Draft
		warning     string // part of the only one
	}{
		{"absent", "", desk.Draft{}, ""},
		{"not JSON", "\x1b[2J", desk.Draft{}, "the case draft cannot be read: "},
		{"a severity that does not exist", draft(draftID, 5), desk.Draft{}, "severity 5"},
		{"an id that is a path", draft("../../T-A", 2), desk.Draft{}, `id "../../T-A" is not`},
		{"a number in letters", `{"number": "oh\u001b"}`, desk.Draft{}, `number "oh\x1b" is not`},
		{"too large", `{"subject": "` + strings.Repeat("x", 1<<20) + `"}`, desk.Draft{}, "case.json was not read: 1048591 bytes"},
		{
			"control characters", `{"subject": "a\u001b[2Jb\nc\u202e", "description": "one\ntwo\u0007\r", "primary": {"name": "\u0000"}}`,
			desk.Draft{Subject: "a\ufffd[2Jb\ufffdc\ufffd", Description: "one\ntwo\ufffd\ufffd", Primary: "\ufffd"},
			"",
		},
		{
			"an endless subject", fmt.Sprintf(`{"subject": %q}`, strings.Repeat("é", 600)),
			desk.Draft{Subject: strings.Repeat("é", 499) + "…"},
			"",
		},
	}
	k := bundletest.New(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newStation(t, k)
			out, err := s.only(t, pack(t, k, cargo{caseName: draftID, draft: c.draft}).write(t))
			require.NoError(t, err)
			got, _, err := s.store.Case(t.Context(), out.Case)
			require.NoError(t, err)
			require.Equal(t, c.want, got.Draft)
			require.Equal(t, draftID, got.DraftID, "the site must be able to find its case in the answer")
			require.Contains(t, strings.Join(out.Bundle.Warnings, "\n"), c.warning)
			require.Equal(t, c.warning != "", len(out.Bundle.Warnings) == 1, out.Bundle.Warnings)
			require.NotContains(t, strings.Join(out.Bundle.Warnings, ""), "\x1b")
		})
	}
}

// What was taken out on purpose is told first, and what the site left out of our
// replies is told with it.
func TestWhatIsNotInABundle(t *testing.T) {
	k := bundletest.New(t)
	s := newStation(t, k)
	files := bundletest.Files()
	files["files/kit/replies.json"] = `{"newest": 5, "left_out": [{"reply": 4, "what": "rules"}, {"reply": 5, "what": "run\u001bbooks"}]}`
	p := pack(t, k, cargo{files: files, edit: func(m *bundle.Manifest) {
		m.Files[slices.IndexFunc(m.Files, func(e bundle.Entry) bool { return e.Path == "files/kit/replies.json" })].Source = "kit"
		m.Omitted = nil
		for i := range 60 {
			m.Omitted = append(m.Omitted, bundle.Omission{OrigPath: fmt.Sprintf("/a/%02d", i), Reason: "too large"})
		}
		m.Omitted = append(m.Omitted, bundle.Omission{OrigPath: "/b", Reason: "withheld: binary"}, bundle.Omission{OrigPath: "/c", Reason: "removed at review: a name"})
	}})
	out, err := s.only(t, p.write(t))
	require.NoError(t, err)
	require.Equal(t, 62, out.Bundle.OmittedAll)
	require.Len(t, out.Bundle.Omitted, 40)
	require.Equal(t, []bundle.Omission{{OrigPath: "/c", Reason: "removed at review: a name"}, {OrigPath: "/b", Reason: "withheld: binary"}, {OrigPath: "/a/00", Reason: "too large"}}, out.Bundle.Omitted[:3])
	require.Equal(t, []desk.LeftOut{{Reply: 4, What: "rules"}, {Reply: 5, What: "run\ufffdbooks"}}, out.Bundle.LeftOut)
	require.Empty(t, out.Bundle.Warnings)

	files["files/kit/replies.json"] = "no JSON"
	out, err = s.only(t, pack(t, k, cargo{seq: 2, prev: string(p.manifest), files: files, edit: func(m *bundle.Manifest) {
		m.Files[slices.IndexFunc(m.Files, func(e bundle.Entry) bool { return e.Path == "files/kit/replies.json" })].Source = "kit"
	}}).write(t))
	require.NoError(t, err)
	require.Empty(t, out.Bundle.LeftOut)
	require.Len(t, out.Bundle.Warnings, 1)
}

// A draft that cannot be read does not wipe out the one that could.
func TestAnUnreadableDraftKeepsTheOneBefore(t *testing.T) {
	k := bundletest.New(t)
	s := newStation(t, k)
	one := pack(t, k, cargo{seq: 1, caseName: draftID, draft: draft(draftID, 2)})
	_, err := s.only(t, one.write(t))
	require.NoError(t, err)
	out, err := s.only(t, pack(t, k, cargo{seq: 2, prev: string(one.manifest), caseName: draftID, draft: "{"}).write(t))
	require.NoError(t, err)
	c, _, err := s.store.Case(t.Context(), out.Case)
	require.NoError(t, err)
	require.Equal(t, "A drive has failed", c.Draft.Subject)
	require.Equal(t, 2, c.Severity)
}

func TestBundlesFindTheirCase(t *testing.T) {
	k := bundletest.New(t)
	s := newStation(t, k)
	seq, prev := int64(0), ""
	take := func(name string) intake.Outcome {
		t.Helper()
		seq++
		p := pack(t, k, cargo{seq: seq, prev: prev, caseName: name, draft: draft(draftID, 3)})
		prev = string(p.manifest)
		out, err := s.only(t, p.write(t))
		require.NoError(t, err)
		return out
	}
	first := take(draftID)
	require.Equal(t, first.Case, take(draftID).Case, "by the draft")
	acked, err := s.store.Record(t.Context(), desk.Event{Case: first.Case, Kind: desk.Acknowledged, Severity: 2, Text: "seen", At: arrival})
	require.NoError(t, err)
	number := acked[0].Number
	third := take(number)
	require.Equal(t, []string{first.Case, number}, []string{third.Case, third.Number}, "by the number")
	fourth := take(draftID)
	require.Equal(t, number, fourth.Number, "by the draft, after the number was given")
	require.Empty(t, fourth.Bundle.Warnings)

	for name, warns := range map[string]int{"": 0, "99999999": 1, "T-lower": 1, "S042": 1, "CASE..-1": 1} {
		out := take(name)
		require.Equal(t, "S042/"+string(out.Bundle.BID), out.Case, "a case of its own")
		require.Len(t, out.Bundle.Warnings, warns)
	}

	_, err = s.store.Record(t.Context(), desk.Event{Case: first.Case, Kind: desk.Moved, Status: desk.Closed, By: "p1", Text: "confirmed", At: arrival})
	require.NoError(t, err)
	late := take(number)
	require.Equal(t, first.Case, late.Case)
	require.Equal(t, []string{"case " + number + " is closed: decide whether this reopens it"}, late.Bundle.Warnings)
	found, err := s.store.Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, found)
}

func TestACancelledImportLeavesNothing(t *testing.T) {
	k := bundletest.New(t)
	s := newStation(t, k)
	sets, err := intake.Find(pack(t, k, cargo{}).write(t))
	require.NoError(t, err)
	before := s.state(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Import(ctx, sets[0])
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, before, s.state(t))
}

// What a crash left in the quarantine is thrown away, and what it left in its
// place is taken over.
func TestNewBeginsClean(t *testing.T) {
	k := bundletest.New(t)
	dir := t.TempDir()
	p := pack(t, k, cargo{})
	half := filepath.Join(dir, "quarantine", "import-1", "tree", "files")
	require.NoError(t, os.MkdirAll(half, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(half, "x"), []byte("half"), 0o400))
	s, err := open(dir, identities(k), k.Rosters, 0)
	require.NoError(t, err)
	defer s.db.Close()
	require.Empty(t, files(t, filepath.Join(dir, "quarantine")))

	s.db.NoSync = true
	medium := p.write(t)
	first, err := s.only(t, medium)
	require.NoError(t, err)
	require.NoError(t, s.db.Close())
	require.NoError(t, os.Remove(filepath.Join(dir, "desk.db")), "as if the last transaction had not been written")
	s, err = open(dir, identities(k), k.Rosters, 0)
	require.NoError(t, err)
	defer s.db.Close()
	again, err := s.only(t, medium)
	require.NoError(t, err)
	require.False(t, again.Duplicate)
	require.Equal(t, first, again)
	require.Len(t, files(t, filepath.Join(dir, "blobs")), 1)
}
