package intake_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/carry"
	"darksite/bundle/container"
	"darksite/bundle/desk"
	"darksite/bundle/desk/airlock"
	"darksite/bundle/desk/boltstore"
	"darksite/bundle/desk/fileblobs"
	"darksite/bundle/desk/intake"
	"darksite/bundle/roster"
	"darksite/bundle/seal"
	"darksite/bundle/sign"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == airlock.Word {
		if err := airlock.Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if len(os.Args) == 4 && os.Args[1] == "liar" {
		if err := liar(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if dir := os.Getenv(childEnv); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var arrival = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// station is a desk: store, blobs and intake in one folder.
type station struct {
	dir   string
	db    *bbolt.DB
	store *boltstore.Store
	*intake.Intake
}

func open(dir string, ids []age.Identity, rosters func(string) (roster.Roster, error), maxBytes int64) (*station, error) {
	return openWith(airlock.Here{}, dir, ids, rosters, maxBytes)
}

// openApart is open with a process for each bundle, as the product has it.
func openApart(dir string, ids []age.Identity, rosters func(string) (roster.Roster, error), maxBytes int64) (*station, error) {
	own, err := airlock.Own()
	if err != nil {
		return nil, err
	}
	return openWith(own, dir, ids, rosters, maxBytes)
}

func openWith(r intake.Reader, dir string, ids []age.Identity, rosters func(string) (roster.Roster, error), maxBytes int64) (*station, error) {
	db, err := bbolt.Open(filepath.Join(dir, "desk.db"), 0o600, &bbolt.Options{Timeout: 5 * time.Second})
	if err != nil {
		return nil, err
	}
	s := &station{dir: dir, db: db}
	if s.store, err = boltstore.New(db); err != nil {
		return nil, err
	}
	blobs, err := fileblobs.New(filepath.Join(dir, "blobs"))
	if err != nil {
		return nil, err
	}
	s.Intake, err = intake.New(context.Background(), intake.Options{
		Store: s.store, Reader: r, Blobs: blobs, Quarantine: filepath.Join(dir, "quarantine"), Opened: filepath.Join(dir, "opened"),
		Identities: ids, Roster: rosters, Now: func() time.Time { return arrival }, MaxBytes: maxBytes,
	})
	return s, err
}

func newStation(t *testing.T, k *bundletest.Kit) *station {
	t.Helper()
	return newSmallStation(t, k, 0)
}

func newSmallStation(t *testing.T, k *bundletest.Kit, maxBytes int64) *station {
	t.Helper()
	s, err := open(t.TempDir(), []age.Identity{k.Intake}, k.Rosters, maxBytes)
	require.NoError(t, err)
	s.begin(t)
	return s
}

// newApart is a station that reads media as the product does.
func newApart(t *testing.T, k *bundletest.Kit) *station {
	t.Helper()
	s, err := openApart(t.TempDir(), []age.Identity{k.Intake}, k.Rosters, 0)
	require.NoError(t, err)
	s.begin(t)
	return s
}

// with is an intake of the same station that reads in another way.
func (s *station) with(r intake.Reader, ids []age.Identity, rosters func(string) (roster.Roster, error)) *intake.Intake {
	blobs, err := fileblobs.New(filepath.Join(s.dir, "blobs"))
	if err != nil {
		panic(err)
	}
	in, err := intake.New(context.Background(), intake.Options{
		Store: s.store, Reader: r, Blobs: blobs, Quarantine: filepath.Join(s.dir, "quarantine"), Opened: filepath.Join(s.dir, "opened"),
		Identities: ids, Roster: rosters, Now: func() time.Time { return arrival },
	})
	if err != nil {
		panic(err)
	}
	return in
}

// begin tells the desk of its site.
func (s *station) begin(t *testing.T) {
	t.Helper()
	_, err := s.store.Record(
		t.Context(),
		desk.Event{Site: "S042", Kind: desk.ContactSet, Contact: &desk.Contact{ID: "p1", Name: "name-1", Role: desk.ContactAdmin, Phone: "1"}},
		desk.Event{Site: "S042", Kind: desk.PlanSet, Plan: &desk.Plan{Kind: desk.Premium, From: arrival.AddDate(-1, 0, 0), Until: arrival.AddDate(1, 0, 0)}},
	)
	require.NoError(t, err)
	t.Cleanup(func() {
		left, err := os.ReadDir(filepath.Join(s.dir, "quarantine"))
		require.NoError(t, err)
		require.Empty(t, left, "the quarantine is empty after every import")
		require.NoError(t, s.db.Close())
	})
}

// state is everything a desk keeps: each record of the store and each file.
func (s *station) state(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	require.NoError(t, s.db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				out[fmt.Sprintf("%s %q", name, k)] = string(v)
				return nil
			})
		})
	}))
	for _, sub := range []string{"blobs", "opened"} {
		root := filepath.Join(s.dir, sub)
		require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				out[path] = string(bundle.DigestOf(mustRead(t, path)))
			}
			return err
		}))
	}
	return out
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

// only finds the one set on the media and imports it.
func (s *station) only(t *testing.T, media ...string) (intake.Outcome, error) {
	t.Helper()
	sets, err := intake.Find(media...)
	require.NoError(t, err)
	require.Len(t, sets, 1)
	return s.Import(t.Context(), sets[0])
}

// cargo is one bundle on its way; a test changes it before it is sealed.
type cargo struct {
	seq      int64
	prev     string
	caseName string
	draft    string // content of case.json, "" for none
	files    map[string]string
	edit     func(m *bundle.Manifest)
	contents func(c *container.Contents)
	label    func(l *carry.Label)
	signer   string
	layout   carry.Layout
	clear    bool // not encrypted
	asSealed bool // although it was approved to be
}

// packed is a bundle ready to be written to media.
type packed struct {
	bid      bundle.ID
	manifest bundle.Digest
	sealed   string
	set      carry.Set
	sigs     [][]byte
}

func pack(t testing.TB, k *bundletest.Kit, c cargo) packed {
	t.Helper()
	files := c.files
	if files == nil {
		files = bundletest.Files()
	}
	if c.draft != "" {
		files["files/case/case.json"] = c.draft
	}
	m := k.Manifest(t, files)
	if c.seq == 0 {
		c.seq = 1
	}
	m.Seq, m.BID, m.PrevManifestSHA256, m.Case = c.seq, bundle.NewID("S042", uint64(c.seq)), c.prev, c.caseName
	for i := range m.Files {
		if m.Files[i].Path == "files/case/case.json" {
			m.Files[i].Source = "case"
		}
	}
	if c.edit != nil {
		c.edit(&m)
	}
	if c.clear && !c.asSealed {
		m = bundletest.InClear(m)
	}
	contents := k.Approved(t, m, files)
	if c.contents != nil {
		c.contents(&contents)
	}
	sealed, res := sealedAs(t, k, c, contents)
	path := filepath.Join(t.TempDir(), "sealed")
	require.NoError(t, os.WriteFile(path, sealed, 0o600))
	l := labelOf(t, m, contents, res)
	if c.clear {
		l.Clear, l.Recipients = true, nil
	}
	if c.label != nil {
		c.label(&l)
	}
	set, err := carry.Prepare(t.Context(), path, l, c.layout, nil)
	require.NoError(t, err)
	if c.signer == "" {
		c.signer = bundletest.OfficerA
	}
	sig, err := k.Keys[c.signer].Sign(sign.Label, set.LabelText)
	require.NoError(t, err)
	return packed{m.BID, res.ManifestSHA256, path, set, [][]byte{sig}}
}

func sealedAs(t testing.TB, k *bundletest.Kit, c cargo, contents container.Contents) ([]byte, seal.Result) {
	t.Helper()
	switch {
	case c.asSealed: // somebody with a key took the encryption off
		tar := bundletest.Tar(t, contents)
		frame := bundletest.Frame(t, tar)
		return frame, seal.Result{
			SealedSHA256: bundle.DigestOf(frame), SealedSize: int64(len(frame)), TarSHA256: bundle.DigestOf(tar),
			TarSize: int64(len(tar)), ManifestSHA256: bundle.DigestOf(contents.Manifest),
		}
	case c.clear:
		return k.Unsealed(t, contents)
	}
	return k.Sealed(t, contents)
}

func labelOf(t testing.TB, m bundle.Manifest, c container.Contents, res seal.Result) carry.Label {
	t.Helper()
	l := carry.Label{
		BID: m.BID, Marking: m.Marking, Clear: m.Clear, SealedSHA256: res.SealedSHA256, SealedSize: res.SealedSize, TarSHA256: res.TarSHA256,
		ManifestSHA256: res.ManifestSHA256, Recipients: m.Recipients, ReleasedBy: bundletest.OfficerA, Seq: m.Seq, Journal: m.Journal,
	}
	for _, a := range c.Approvals {
		l.Approvals = append(l.Approvals, bundle.DigestOf(a.Text))
	}
	return l
}

// write puts the bundle, or the named files of it, on a new medium.
func (p packed) write(t testing.TB, only ...string) string {
	t.Helper()
	medium := t.TempDir()
	p.writeTo(t, medium, only...)
	return medium
}

func (p packed) writeTo(t testing.TB, medium string, only ...string) {
	t.Helper()
	_, err := carry.Write(t.Context(), medium, p.sealed, p.set, p.sigs, carry.Options{Only: only, Now: arrival})
	require.NoError(t, err)
}

// volumes lists the files of a set: sealed ones first, parity last.
func (p packed) volumes() []string { return slices.Clone(p.set.Label.FileNames()) }

func draft(id string, severity int) string {
	return fmt.Sprintf(`{"id": %q, "array": "host-1", "model": "FA-X20R3", "os_version": "6.6.2", "subject": "A drive has failed", `+
		`"description": "line one\nline two", "severity": %d, "primary": {"id": "p1", "name": "name-1"}, "secondary": {"name": "name-2"}, "comments": "more"}`, id, severity)
}

const draftID = "T-ABCDEFGH22"

type rosterOf = roster.Roster

func identities(k *bundletest.Kit) []age.Identity { return []age.Identity{k.Intake} }

// noBlobs keeps nothing.
type noBlobs struct{}

func (noBlobs) Put(_ context.Context, _ bundle.Digest, r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

func (noBlobs) Open(context.Context, bundle.Digest) (io.ReadCloser, error) {
	return nil, desk.ErrNotFound
}

func (noBlobs) Remove(context.Context, bundle.Digest) error { return nil }
