package verify_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"darksite/bundle"
	"darksite/bundle/bundletest"
	"darksite/bundle/carry"
	"darksite/bundle/desk/airlock"
	"darksite/bundle/desk/boltstore"
	"darksite/bundle/desk/fileblobs"
	"darksite/bundle/desk/intake"
	"darksite/bundle/seal"
	"darksite/bundle/sign"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// The checker of media below was written from carry/FORMAT.md alone and shares no
// code with the packages that read a medium: one regular expression for the label,
// plain reading of whole files, its own arithmetic over GF(2^8), stock ssh-keygen.

// labelText is the one spelling of a label.
var labelText = regexp.MustCompile(`^format: darksite-label/1\n` +
	`bid: (?P<site>[A-Z][A-Z0-9]{1,11})-(?P<number>[0-9]{6,18})\n` +
	`marking: (?P<marking>[!-~]|[!-~][ -~]{0,62}[!-~])\n` +
	`sealed: (?P<sealed>yes|no)\n` +
	`sealed_sha256: (?P<sealed_sha256>[0-9a-f]{64})\n` +
	`sealed_size: (?P<sealed_size>[1-9][0-9]*)\n` +
	`tar_sha256: (?P<tar_sha256>[0-9a-f]{64})\n` +
	`volume_size: (?P<volume_size>[1-9][0-9]*)\n` +
	`volumes: (?P<volumes>[1-9][0-9]*)\n` +
	`parity: (?P<parity>[1-9][0-9]*)\n` +
	`blocks_sha256: (?P<blocks_sha256>[0-9a-f]{64})\n` +
	`manifest_sha256: (?P<manifest_sha256>[0-9a-f]{64})\n` +
	`recipients:(?P<recipients>( [!-~]{1,128})*)\n` +
	`approvals:(?P<approvals>( [0-9a-f]{64})*)\n` +
	`released_by: (?P<released_by>[!-~]{1,32})\n` +
	`seq: (?P<seq>[1-9][0-9]*)\n` +
	`journal_size: (0|[1-9][0-9]*)\n` +
	`journal_root: [0-9a-f]{64}\n$`)

const mib = 1 << 20

// onMedium is what the checker made of the folders of one bundle.
type onMedium struct {
	checker
	text    []byte
	label   map[string]string
	files   map[string][][]byte // copies of the files the label names
	blocks  [][]byte            // block lists
	signers [][2]string         // key id and signature

	volumes, parity, k, m, shard, size int
	names                              []string
}

func (c checker) medium(folders ...string) error {
	m := &onMedium{checker: c, files: map[string][][]byte{}}
	for _, folder := range folders {
		if err := m.readLabel(folder); err != nil {
			return err
		}
	}
	for _, folder := range folders {
		if err := m.readFolder(folder); err != nil {
			return err
		}
	}
	if err := m.released(); err != nil {
		return err
	}
	sealed, err := m.restore()
	if err != nil {
		return err
	}
	return m.inside(sealed)
}

func plain(path string, most int64) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, refuse("%s is no plain file of at most %d bytes", path, most)
	}
	return os.ReadFile(path)
}

func (m *onMedium) readLabel(folder string) error {
	if strings.HasSuffix(folder, ".partial") {
		return refuse("half a folder")
	}
	text, err := plain(filepath.Join(folder, "LABEL.txt"), 4096)
	if err != nil {
		return err
	}
	if m.text != nil && !bytes.Equal(m.text, text) {
		return refuse("two labels")
	}
	m.text = text
	found := labelText.FindStringSubmatch(string(text))
	if found == nil {
		return refuse("label spelled otherwise")
	}
	m.label = map[string]string{}
	for i, name := range labelText.SubexpNames() {
		m.label[name] = found[i]
	}
	if filepath.Base(folder) != m.label["site"]+"-"+m.label["number"] {
		return refuse("folder of another name")
	}
	return m.layout()
}

func (m *onMedium) int(key string) int {
	n, err := strconv.Atoi(m.label[key])
	if err != nil {
		return -1
	}
	return n
}

func up(a, b int) int { return (a + b - 1) / b }

func (m *onMedium) layout() error {
	m.size, m.volumes, m.parity = m.int("sealed_size"), m.int("volumes"), m.int("parity")
	volume := m.int("volume_size")
	switch {
	case fmt.Sprintf("%06d", m.int("seq")) != m.label["number"]:
		return refuse("number and seq")
	case m.label["site"] != m.roster.Site:
		return refuse("another site")
	case m.size < 1 || volume < mib || volume%mib != 0 || m.volumes != up(m.size, volume) || m.parity < 1 || m.parity > 256:
		return refuse("sizes")
	case (m.label["sealed"] == "no") != (m.label["recipients"] == ""):
		return refuse("recipients of a clear bundle")
	case m.label["sealed"] == "no" && !m.roster.Clear:
		return refuse("clear, and not allowed")
	}
	m.k, m.m, m.shard = m.volumes, m.parity, volume
	if m.volumes == 1 {
		m.k, m.m, m.shard = 20, 2*m.parity, up(up(m.size, 20), 4096)*4096
	}
	if m.k+m.m > 256 {
		return refuse("%d shards", m.k+m.m)
	}
	bid := m.label["site"] + "-" + m.label["number"]
	sealed := bid + ".tar.zst.age"
	if m.label["sealed"] == "no" {
		sealed = bid + ".tar.zst"
	}
	m.names = nil
	for n := range m.volumes {
		if m.volumes == 1 {
			m.names = append(m.names, sealed)
			break
		}
		m.names = append(m.names, fmt.Sprintf("%s.v%03d", sealed, n+1))
	}
	for n := range m.parity {
		m.names = append(m.names, fmt.Sprintf("%s.p%03d", bid, n+1))
	}
	return nil
}

var (
	labelSig = regexp.MustCompile(`^LABEL\.txt\.([0-9a-f]{16})\.sig$`)
	ofBundle = regexp.MustCompile(`^([A-Z][A-Z0-9]{1,11}-[0-9]{6,18})\.(tar\.zst(\.age)?(\.v[0-9]{3})?|p[0-9]{3}|blocks)$`)
)

func (m *onMedium) readFolder(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	if len(entries) > 1024 {
		return refuse("%d entries", len(entries))
	}
	bid := m.label["site"] + "-" + m.label["number"]
	for _, e := range entries {
		name, path := e.Name(), filepath.Join(folder, e.Name())
		sig, other := labelSig.FindStringSubmatch(name), ofBundle.FindStringSubmatch(name)
		most := int64(0)
		switch {
		case slices.Contains(m.names, name), name == bid+".blocks":
			most = 1 << 40
		case sig != nil:
			most = 8 << 10
		case other != nil && other[1] != bid:
			return refuse("%s lies here", name)
		default:
			continue
		}
		data, err := plain(path, most)
		if err != nil {
			return err
		}
		switch {
		case sig != nil:
			if pair := [2]string{sig[1], string(data)}; !slices.Contains(m.signers, pair) {
				m.signers = append(m.signers, pair)
			}
		case name == bid+".blocks":
			m.blocks = append(m.blocks, data)
		default:
			m.files[name] = append(m.files[name], data)
		}
	}
	if len(m.signers) > 16 {
		return refuse("%d signatures", len(m.signers))
	}
	return nil
}

// released asks ssh-keygen about each signature; who released it is among them.
func (m *onMedium) released() error {
	by := false
	for _, s := range m.signers {
		who, err := m.signer(s[0], "label@darksite", m.text, []byte(s[1]))
		if err != nil {
			return err
		}
		by = by || who == m.label["released_by"]
	}
	if !by {
		return refuse("not signed by who released it")
	}
	return nil
}

// lenOf is the length of shard n, from 0.
func (m *onMedium) lenOf(n int) int {
	if n >= m.k {
		return m.shard
	}
	return max(0, min(m.shard, m.size-n*m.shard))
}

// bytesOf gives what the copies have of a range of a shard.
func (m *onMedium) bytesOf(n, from, to int) (out [][]byte) {
	file, off := n, 0
	if m.volumes == 1 {
		file, off = 0, n*m.shard
		if n >= m.k {
			file, off = 1+(n-m.k)/2, (n-m.k)%2*m.shard
		}
	}
	for _, data := range m.files[m.names[file]] {
		if off+to <= len(data) {
			out = append(out, data[off+from:off+to])
		}
	}
	return out
}

var blockLine = regexp.MustCompile(`^[0-9]{3} [0-9]{6} [0-9a-f]{64}\n$`)

// digests are the lines of the lists that can be read, the better list first.
func (m *onMedium) digests() map[[2]int]string {
	best := map[[2]int]string{}
	for _, list := range m.blocks {
		got := map[[2]int]string{}
		at := 0
		for n := range m.k + m.m {
			for i := range up(m.lenOf(n), mib) {
				if at+76 > len(list) {
					break
				}
				line := string(list[at : at+76])
				at += 76
				if blockLine.MatchString(line) && strings.HasPrefix(line, fmt.Sprintf("%03d %06d ", n+1, i)) {
					got[[2]int{n, i}] = line[11:75]
				}
			}
		}
		if fmt.Sprintf("%x", sha256.Sum256(list)) == m.label["blocks_sha256"] {
			return got
		}
		if len(got) >= len(best) {
			best = got
		}
	}
	return best
}

// restore gives the sealed file. What is whole needs no list.
func (m *onMedium) restore() ([]byte, error) {
	is := func(b []byte) bool { return fmt.Sprintf("%x", sha256.Sum256(b)) == m.label["sealed_sha256"] }
	sums := m.digests()
	var whole []byte
	for n := range m.k {
		whole = append(whole, m.choose(n, sums)...)
	}
	if len(whole) == m.size && is(whole) {
		return whole, nil
	}
	var out []byte
	shards := make([][]byte, m.k)
	for i := range up(m.shard, mib) {
		stripe, err := m.stripe(i, sums)
		if err != nil {
			return nil, err
		}
		for n := range m.k {
			from := i * mib
			shards[n] = append(shards[n], stripe[n][:max(0, min(mib, m.lenOf(n)-from))]...)
		}
	}
	for _, s := range shards {
		out = append(out, s...)
	}
	if !is(out) {
		return nil, refuse("another file after repair")
	}
	return out, nil
}

// choose gives a shard, block by block, from copies that fit the list, or any.
func (m *onMedium) choose(n int, sums map[[2]int]string) (out []byte) {
	for i := range up(m.lenOf(n), mib) {
		copies := m.bytesOf(n, i*mib, min((i+1)*mib, m.lenOf(n)))
		if len(copies) == 0 {
			return nil
		}
		best := copies[len(copies)-1]
		for _, c := range copies {
			if fmt.Sprintf("%x", sha256.Sum256(c)) == sums[[2]int{n, i}] {
				best = c
				break
			}
		}
		out = append(out, best...)
	}
	return out
}

// stripe gives block i of every data shard, as long as a parity block.
func (m *onMedium) stripe(i int, sums map[[2]int]string) ([][]byte, error) {
	length := min(mib, m.shard-i*mib)
	var rows [][]byte // of the matrix, for each good block
	var have [][]byte
	matrix := coding(m.k, m.m)
	for n := range m.k + m.m {
		if len(rows) == m.k {
			break
		}
		to := min((i+1)*mib, m.lenOf(n))
		if to <= i*mib { // nothing but zeros
			rows, have = append(rows, matrix[n]), append(have, make([]byte, length))
			continue
		}
		for _, c := range m.bytesOf(n, i*mib, to) {
			if fmt.Sprintf("%x", sha256.Sum256(c)) == sums[[2]int{n, i}] {
				rows, have = append(rows, matrix[n]), append(have, append(bytes.Clone(c), make([]byte, length-len(c))...))
				break
			}
		}
	}
	if len(rows) < m.k {
		return nil, refuse("stripe %d has %d good blocks of %d", i, len(rows), m.k)
	}
	return product(inverse(rows), have), nil
}

// times multiplies over GF(2^8) by 0x11d.
func times(a, b byte) (p byte) {
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			p ^= a
		}
		carry := a&0x80 != 0
		a <<= 1
		if carry {
			a ^= 0x1d
		}
	}
	return p
}

func product(a, b [][]byte) [][]byte {
	out := make([][]byte, len(a))
	for r := range a {
		out[r] = make([]byte, len(b[0]))
		for c, factor := range a[r] {
			if factor == 0 {
				continue
			}
			var table [256]byte
			for x := range table {
				table[x] = times(factor, byte(x))
			}
			for i, x := range b[c] {
				out[r][i] ^= table[x]
			}
		}
	}
	return out
}

// inverse is by Gauss and Jordan.
func inverse(in [][]byte) [][]byte {
	n := len(in)
	a := make([][]byte, n)
	for r := range a {
		a[r] = append(bytes.Clone(in[r]), make([]byte, n)...)
		a[r][n+r] = 1
	}
	for c := range n {
		pivot := c
		for a[pivot][c] == 0 {
			pivot++
		}
		a[c], a[pivot] = a[pivot], a[c]
		inv := byte(1)
		for times(inv, a[c][c]) != 1 {
			inv++
		}
		for i := range a[c] {
			a[c][i] = times(a[c][i], inv)
		}
		for r := range n {
			if factor := a[r][c]; r != c && factor != 0 {
				for i := range a[r] {
					a[r][i] ^= times(a[c][i], factor)
				}
			}
		}
	}
	for r := range a {
		a[r] = a[r][n:]
	}
	return a
}

// coding is the matrix of the page: the identity on top.
func coding(k, m int) [][]byte {
	v := make([][]byte, k+m)
	for r := range v {
		v[r] = make([]byte, k)
		power := byte(1)
		for c := range v[r] {
			v[r][c] = power
			power = times(power, byte(r))
		}
	}
	return product(v, inverse(v[:k]))
}

// inside holds the label against what is in the file.
func (m *onMedium) inside(sealed []byte) error {
	o, err := m.open(sealed, m.label["sealed"] == "no")
	if err != nil {
		return err
	}
	digest := func(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }
	var recipients, approvals []string
	for _, r := range list(o.manifest["recipients"]) {
		recipients = append(recipients, r.(string))
	}
	for n := 1; o.members[fmt.Sprintf("approval/%d.txt", n)] != nil; n++ {
		approvals = append(approvals, digest(o.members[fmt.Sprintf("approval/%d.txt", n)]))
	}
	for key, got := range map[string]string{
		"tar_sha256": digest(o.archive), "manifest_sha256": digest(o.members["MANIFEST.json"]), "marking": o.manifest["marking"].(string),
		"seq": fmt.Sprint(number(o.manifest["seq"])), "sealed_size": fmt.Sprint(len(sealed)),
	} {
		if m.label[key] != got {
			return refuse("the label's %s", key)
		}
	}
	if strings.Join(recipients, " ") != strings.TrimSpace(m.label["recipients"]) || strings.Join(approvals, " ") != strings.TrimSpace(m.label["approvals"]) {
		return refuse("the label's recipients or approvals")
	}
	return nil
}

// desk is a real desk, empty before each import.
type desk struct {
	kit *bundletest.Kit
	in  *intake.Intake
}

func newDesk(t *testing.T, k *bundletest.Kit) desk {
	t.Helper()
	dir := t.TempDir()
	db, err := bbolt.Open(filepath.Join(dir, "desk.db"), 0o600, &bbolt.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	store, err := boltstore.New(db)
	require.NoError(t, err)
	blobs, err := fileblobs.New(filepath.Join(dir, "blobs"))
	require.NoError(t, err)
	in, err := intake.New(t.Context(), intake.Options{
		Store: store, Reader: airlock.Here{}, Blobs: blobs, Quarantine: filepath.Join(dir, "quarantine"), Opened: filepath.Join(dir, "opened"),
		Identities: []age.Identity{k.Intake}, Roster: k.Rosters, Now: func() time.Time { return time.Unix(1_800_000_000, 0) },
	})
	require.NoError(t, err)
	return desk{k, in}
}

func (d desk) take(ctx context.Context, folders ...string) error {
	_, err := d.in.Import(ctx, intake.Set{Name: filepath.Base(folders[0]), Folders: folders})
	return err
}

// carried is a bundle on a medium of its own, to be spoiled.
type carried struct {
	t      *testing.T
	kit    *bundletest.Kit
	folder string
	set    carry.Set
	sealed string
}

type cut struct {
	noise  int // bytes that do not compress
	layout carry.Layout
	clear  bool
	label  func(l *carry.Label)
	signer string
	space  sign.Namespace
	sealed []byte // instead of a bundle's
}

// common says that nothing is asked for but a bundle on a medium.
func (c cut) common() bool {
	return c.noise == 0 && !c.clear && c.label == nil && c.signer == "" && c.sealed == nil && c.layout == carry.Layout{}
}

// again is the same bundle on another medium.
func (c carried) again(t *testing.T) carried {
	t.Helper()
	folder := filepath.Join(t.TempDir(), filepath.Base(c.folder))
	require.NoError(t, os.CopyFS(folder, os.DirFS(c.folder)))
	c.t, c.folder = t, folder
	return c
}

func carry1(t *testing.T, k *bundletest.Kit, c cut) carried {
	t.Helper()
	files := bundletest.Files()
	if c.noise > 0 {
		files["files/noise.txt"] = bundletest.Noise(c.noise)
	}
	m := k.Manifest(t, files)
	if c.clear {
		m = bundletest.InClear(m)
	}
	contents := k.Approved(t, m, files)
	var sealed []byte
	var res seal.Result
	if c.clear {
		sealed, res = k.Unsealed(t, contents)
	} else {
		sealed, res = k.Sealed(t, contents)
	}
	if c.sealed != nil {
		sealed, res.SealedSHA256, res.SealedSize = c.sealed, bundle.DigestOf(c.sealed), int64(len(c.sealed))
	}
	path := filepath.Join(t.TempDir(), "sealed")
	require.NoError(t, os.WriteFile(path, sealed, 0o600))
	l := carry.Label{
		BID: m.BID, Marking: m.Marking, Clear: m.Clear, SealedSHA256: res.SealedSHA256, SealedSize: res.SealedSize, TarSHA256: res.TarSHA256,
		ManifestSHA256: res.ManifestSHA256, Recipients: m.Recipients, ReleasedBy: bundletest.OfficerA, Seq: m.Seq, Journal: m.Journal,
	}
	for _, a := range contents.Approvals {
		l.Approvals = append(l.Approvals, bundle.DigestOf(a.Text))
	}
	if c.label != nil {
		c.label(&l)
	}
	set, err := carry.Prepare(t.Context(), path, l, c.layout, nil)
	require.NoError(t, err)
	sig, err := k.Keys[bundletest.OfficerA].Sign(sign.Label, set.LabelText)
	require.NoError(t, err)
	out := carried{t: t, kit: k, set: set, sealed: path}
	out.folder = out.write(sig)
	if c.signer != "" {
		sig, err := k.Keys[c.signer].Sign(c.space, set.LabelText)
		require.NoError(t, err)
		require.NoError(t, os.Remove(out.path("LABEL.txt."+k.Keys[bundletest.OfficerA].Public().ID()+".sig")))
		require.NoError(t, os.WriteFile(out.path("LABEL.txt."+k.Keys[c.signer].Public().ID()+".sig"), sig, 0o600))
	}
	return out
}

func (c carried) write(sig []byte, only ...string) string {
	c.t.Helper()
	medium := c.t.TempDir()
	_, err := carry.Write(c.t.Context(), medium, c.sealed, c.set, [][]byte{sig}, carry.Options{Only: only, Now: time.Unix(1_800_000_000, 0)})
	require.NoError(c.t, err)
	return filepath.Join(medium, string(c.set.Label.BID))
}

func (c carried) path(name string) string { return filepath.Join(c.folder, name) }

func (c carried) file(n int) string { return c.path(c.set.Label.FileNames()[n]) }

// parity is the place of a parity volume among the files, from 0.
func (c carried) parity(n int) int { return c.set.Label.Volumes + n }

func (c carried) remove(n ...int) {
	c.t.Helper()
	for _, i := range n {
		require.NoError(c.t, os.Remove(c.file(i)))
	}
}

func (c carried) flip(name string, at int) {
	c.t.Helper()
	data, err := os.ReadFile(name)
	require.NoError(c.t, err)
	data[at] ^= 0x40
	require.NoError(c.t, os.WriteFile(name, data, 0o600))
}

// relabel puts another text in the place of the label, signed as it stands.
func (c carried) relabel(change func(text string) string) {
	c.t.Helper()
	text := []byte(change(string(c.set.LabelText)))
	require.NotEqual(c.t, string(c.set.LabelText), string(text), "the change changes something")
	sig, err := c.kit.Keys[bundletest.OfficerA].Sign(sign.Label, text)
	require.NoError(c.t, err)
	require.NoError(c.t, os.WriteFile(c.path("LABEL.txt"), text, 0o600))
	require.NoError(c.t, os.WriteFile(c.path("LABEL.txt."+c.kit.Keys[bundletest.OfficerA].Public().ID()+".sig"), sig, 0o600))
}

// trial is one medium, and whether it is to come in.
type trial struct {
	name  string
	cut   cut
	spoil func(t *testing.T, c carried) []string // the folders, nil for the one
	ok    bool
}

func spoilt(f func(t *testing.T, c carried)) func(*testing.T, carried) []string {
	return func(t *testing.T, c carried) []string { f(t, c); return nil }
}

func replaced(from, to string) func(*testing.T, carried) []string {
	return spoilt(func(_ *testing.T, c carried) {
		c.relabel(func(text string) string { return strings.Replace(text, from, to, 1) })
	})
}

func valid() []trial {
	several := cut{noise: 4 << 20, layout: carry.Layout{VolumeSize: mib, Parity: 2}}
	return []trial{
		{name: "one volume", ok: true},
		{name: "several volumes", cut: several, ok: true},
		{name: "in clear", cut: cut{clear: true}, ok: true},
		{name: "one volume with a flipped bit", ok: true, spoil: spoilt(func(_ *testing.T, c carried) { c.flip(c.file(0), 700) })},
		{name: "a volume lost within parity", cut: several, ok: true, spoil: spoilt(func(_ *testing.T, c carried) { c.remove(0) })},
		{name: "all parity lost", cut: several, ok: true, spoil: spoilt(func(_ *testing.T, c carried) { c.remove(c.parity(0), c.parity(1)) })},
		{name: "one volume and one parity volume lost", cut: several, ok: true, spoil: spoilt(func(_ *testing.T, c carried) { c.remove(2, c.parity(1)) })},
		{name: "damage in every volume, in different stripes", cut: cut{noise: 5 << 20, layout: carry.Layout{VolumeSize: 2 * mib}}, ok: true, spoil: spoilt(func(_ *testing.T, c carried) {
			c.flip(c.file(0), 10)
			c.flip(c.file(1), mib+10)
		})},
		{name: "no block list and no damage", cut: several, ok: true, spoil: spoilt(func(t *testing.T, c carried) { require.NoError(t, os.Remove(c.path("S042-000017.blocks"))) })},
		{name: "a damaged block list and damage elsewhere", cut: several, ok: true, spoil: spoilt(func(_ *testing.T, c carried) {
			c.flip(c.path("S042-000017.blocks"), 76*2+20)
			c.flip(c.file(0), 10)
		})},
		{name: "volumes in each other's place", cut: several, ok: true, spoil: spoilt(func(t *testing.T, c carried) {
			require.NoError(t, os.Rename(c.file(0), c.path("x")))
			require.NoError(t, os.Rename(c.file(1), c.file(0)))
			require.NoError(t, os.Rename(c.path("x"), c.file(1)))
		})},
		{name: "something behind the end of a volume", cut: several, ok: true, spoil: spoilt(func(t *testing.T, c carried) {
			data, err := os.ReadFile(c.file(1))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(c.file(1), append(data, "more"...), 0o600))
		})},
		{name: "unknown files, links among them", ok: true, spoil: spoilt(func(t *testing.T, c carried) {
			require.NoError(t, os.WriteFile(c.path("autorun.inf"), []byte("x"), 0o600))
			require.NoError(t, os.Symlink("/etc/passwd", c.path("more")))
		})},
		{name: "spread over two media", cut: several, ok: true, spoil: func(t *testing.T, c carried) []string {
			sig, err := os.ReadFile(c.path("LABEL.txt." + c.kit.Keys[bundletest.OfficerA].Public().ID() + ".sig"))
			require.NoError(t, err)
			names := c.set.Label.FileNames()
			return []string{c.write(sig, names[:2]...), c.write(sig, names[2:]...)}
		}},
		{name: "two copies, each damaged elsewhere", cut: cut{noise: 5 << 20, layout: carry.Layout{VolumeSize: 2 * mib}}, ok: true, spoil: func(t *testing.T, c carried) []string {
			sig, err := os.ReadFile(c.path("LABEL.txt." + c.kit.Keys[bundletest.OfficerA].Public().ID() + ".sig"))
			require.NoError(t, err)
			other := c
			other.folder = c.write(sig)
			for n := range c.set.Label.FileNames() {
				c.flip(c.file(n), 5)
				if n < 2 { // the last volume has one block
					other.flip(other.file(n), mib+5)
				}
			}
			return []string{c.folder, other.folder}
		}},
		{name: "the sheets for people are gone", ok: true, spoil: spoilt(func(t *testing.T, c carried) {
			for _, name := range []string{"README.TXT", "COVER.txt", "COVER.pdf", "SHA256SUMS"} {
				require.NoError(t, os.Remove(c.path(name)))
			}
		})},
	}
}

func hostile(t *testing.T, k *bundletest.Kit) []trial {
	t.Helper()
	several := cut{noise: 4 << 20, layout: carry.Layout{VolumeSize: mib, Parity: 2}}
	instead := func(name func(c carried) string, put func(path string) error) func(*testing.T, carried) []string {
		return spoilt(func(t *testing.T, c carried) {
			require.NoError(t, os.Remove(name(c)))
			require.NoError(t, put(name(c)))
		})
	}
	volume := func(c carried) string { return c.file(0) }
	label := func(c carried) string { return c.path("LABEL.txt") }
	add := func(name, text string) func(*testing.T, carried) []string {
		return spoilt(func(t *testing.T, c carried) { require.NoError(t, os.WriteFile(c.path(name), []byte(text), 0o600)) })
	}
	renamed := func(to string) func(*testing.T, carried) []string {
		return func(t *testing.T, c carried) []string {
			other := filepath.Join(t.TempDir(), to)
			require.NoError(t, os.Rename(c.folder, other))
			return []string{other}
		}
	}
	lie := func(change func(l *carry.Label)) cut { return cut{label: change} }
	another := bundle.DigestOf([]byte("another"))
	out := []trial{
		{name: "no label", spoil: spoilt(func(t *testing.T, c carried) { require.NoError(t, os.Remove(label(c))) })},
		{name: "a label that is a link", spoil: instead(label, func(p string) error { return os.Symlink("/etc/hostname", p) })},
		{name: "a label that is a pipe", spoil: instead(label, func(p string) error { return syscall.Mkfifo(p, 0o600) })},
		{name: "a label that is a folder", spoil: instead(label, func(p string) error { return os.Mkdir(p, 0o700) })},
		{name: "an empty label", spoil: add("LABEL.txt", "")},
		{name: "a label of 5000 bytes", spoil: add("LABEL.txt", strings.Repeat("x", 5000))},
		{name: "a volume that is a link", spoil: instead(volume, func(p string) error { return os.Symlink("/etc/hostname", p) })},
		{name: "a volume that is a pipe", spoil: instead(volume, func(p string) error { return syscall.Mkfifo(p, 0o600) })},
		{name: "a volume that is a folder", spoil: instead(volume, func(p string) error { return os.Mkdir(p, 0o700) })},
		{name: "a block list that is a link", spoil: instead(func(c carried) string { return c.path("S042-000017.blocks") }, func(p string) error { return os.Symlink("LABEL.txt", p) })},
		{name: "more lost than parity has", cut: several, spoil: spoilt(func(t *testing.T, c carried) {
			for n := range 3 {
				require.NoError(t, os.Remove(c.file(n)))
			}
		})},
		{name: "no volume at all", spoil: spoilt(func(t *testing.T, c carried) {
			for n := range c.set.Label.FileNames() {
				require.NoError(t, os.Remove(c.file(n)))
			}
		})},
		{name: "damage that a forged list calls good", cut: several, spoil: spoilt(func(t *testing.T, c carried) {
			c.flip(c.file(0), 10)
			data, err := os.ReadFile(c.file(0))
			require.NoError(t, err)
			list, err := os.ReadFile(c.path("S042-000017.blocks"))
			require.NoError(t, err)
			copy(list[11:75], hex.EncodeToString(sum(data[:mib])))
			require.NoError(t, os.WriteFile(c.path("S042-000017.blocks"), list, 0o600))
		})},
		{name: "damage and no list", cut: several, spoil: spoilt(func(t *testing.T, c carried) {
			c.flip(c.file(0), 10)
			require.NoError(t, os.Remove(c.path("S042-000017.blocks")))
		})},
		{name: "a volume of another bundle beside it", spoil: add("S042-000018.tar.zst.age", "x")},
		{name: "parity of another site beside it", spoil: add("S043-000017.p001", "x")},
		{name: "two bundles under one name", spoil: func(t *testing.T, c carried) []string {
			return []string{c.folder, carry1(t, k, cut{noise: 10}).folder}
		}},
		{name: "more files than a folder may have", spoil: spoilt(func(t *testing.T, c carried) {
			for i := range 1100 {
				require.NoError(t, os.WriteFile(c.path(fmt.Sprintf("f%d", i)), nil, 0o600))
			}
		})},
		{name: "a folder of another name", spoil: renamed("S042-000018")},
		{name: "a folder that was never finished", spoil: renamed("S042-000017.partial")},
		{name: "no signature", spoil: spoilt(func(t *testing.T, c carried) {
			require.NoError(t, os.Remove(c.path("LABEL.txt."+k.Keys[bundletest.OfficerA].Public().ID()+".sig")))
		})},
		{name: "a signature that is no signature", spoil: add("LABEL.txt.0123456789abcdef.sig", "hello\n")},
		{name: "an endless signature", spoil: add("LABEL.txt.0123456789abcdef.sig", strings.Repeat("x", 9000))},
		{name: "signed by the collector", cut: cut{signer: bundletest.Collector, space: sign.Manifest}},
		{name: "signed by the collector as a label", cut: cut{signer: bundletest.Collector, space: sign.Label}},
		{name: "signed for another purpose", cut: cut{signer: bundletest.OfficerA, space: sign.Approval}},
		{name: "signed by an officer who did not release it", cut: cut{signer: bundletest.OfficerB, space: sign.Label}},
		{name: "a label changed after it was signed", spoil: spoilt(func(t *testing.T, c carried) {
			require.NoError(t, os.WriteFile(label(c), bytes.Replace(c.set.LabelText, []byte("INTERNAL"), []byte("PUBLIC"), 1), 0o600))
		})},
		{name: "another archive than the label's", cut: lie(func(l *carry.Label) { l.TarSHA256 = another })},
		{name: "another manifest than the label's", cut: lie(func(l *carry.Label) { l.ManifestSHA256 = another })},
		{name: "another marking than the label's", cut: lie(func(l *carry.Label) { l.Marking = "PUBLIC" })},
		{name: "other approvals than the label's", cut: lie(func(l *carry.Label) { l.Approvals = l.Approvals[:1] })},
		{name: "approvals in another order", cut: lie(func(l *carry.Label) { slices.Reverse(l.Approvals) })},
		{name: "no approvals on the label", cut: lie(func(l *carry.Label) { l.Approvals = nil })},
		{name: "other recipients than the label's", cut: lie(func(l *carry.Label) { l.Recipients = l.Recipients[:1] })},
		{name: "another number than the label's", cut: lie(func(l *carry.Label) { l.BID, l.Seq = "S042-000018", 18 })},
		{name: "another site than the label's", cut: lie(func(l *carry.Label) { l.BID = "S043-000017" })},
		{name: "encrypted, which the label denies", cut: lie(func(l *carry.Label) { l.Clear, l.Recipients = true, nil })},
		{name: "clear, which the label denies", cut: cut{clear: true, label: func(l *carry.Label) {
			l.Clear, l.Recipients = false, k.Manifest(t, bundletest.Files()).Recipients
		}}},
	}
	for _, change := range [][3]string{
		{"a label with Windows line ends", "\n", "\r\n"},
		{"a label with another format", "darksite-label/1", "darksite-label/2"},
		{"a label with an upper-case key", "marking:", "Marking:"},
		{"a label without a space", "marking: ", "marking:"},
		{"a label with two spaces", "marking: ", "marking:  "},
		{"a label with a line twice", "volumes: 1\n", "volumes: 1\nvolumes: 1\n"},
		{"a label without a line", "parity: 1\n", ""},
		{"a label with lines in another order", "volumes: 1\nparity: 1\n", "parity: 1\nvolumes: 1\n"},
		{"a label with a leading zero", "parity: 1\n", "parity: 01\n"},
		{"a label with a sign", "parity: 1\n", "parity: +1\n"},
		{"a label with no parity", "parity: 1\n", "parity: 0\n"},
		{"a label with negative parity", "parity: 1\n", "parity: -1\n"},
		{"a label with more parity than shards", "parity: 1\n", "parity: 119\n"},
		{"a label with endless parity", "parity: 1\n", "parity: 99999999999999999999\n"},
		{"a label with two volumes of one", "volumes: 1\n", "volumes: 2\n"},
		{"a label with volumes that are no whole MiB", "volume_size: 4", "volume_size: 5"},
		{"a label of an empty file", "sealed_size: ", "sealed_size: 0\nx: "},
		{"a label that is neither sealed nor clear", "sealed: yes", "sealed: maybe"},
		{"a label with a control character", "INTERNAL", "INTER\x1bNAL"},
		{"a label that is not ASCII", "INTERNAL", "INTERNÉ"},
		{"a label with a site in small letters", "bid: S042", "bid: s042"},
		{"a label with a short number", "bid: S042-000017", "bid: S042-17"},
		{"a label with a path for an id", "bid: S042-000017", "bid: ../S042-000017"},
		{"a label with another seq than its id", "seq: 17", "seq: 18"},
		{"a label with an upper-case digest", "journal_root: ", "journal_root: A"},
		{"a label with something behind its end", "seq: 17\n", "seq: 17\nmore: 1\n"},
	} {
		out = append(out, trial{name: change[0], spoil: replaced(change[1], change[2])})
	}
	out = append(out, trial{name: "a label without its last line end", spoil: spoilt(func(_ *testing.T, c carried) {
		c.relabel(func(text string) string { return strings.TrimSuffix(text, "\n") })
	})})
	seen := map[int]bool{}
	for _, f := range k.Hostile(t) {
		if !seen[f.No] && f.No%7 == 0 && len(f.Sealed) > 0 { // all of them: TestIndependentCheckerAgrees
			seen[f.No] = true
			out = append(out, trial{name: f.String(), cut: cut{sealed: f.Sealed}})
		}
	}
	return out
}

func sum(b []byte) []byte { s := sha256.Sum256(b); return s[:] }

// Both filters come to the same verdict on every valid and every hostile medium:
// the checker, and an import at a real desk.
func TestIndependentCheckerAgreesOnMedia(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("ssh-keygen is not installed: the independent checker cannot check signatures")
	}
	k := bundletest.New(t)
	common := carry1(t, k, cut{})
	for _, tr := range slices.Concat(valid(), hostile(t, k)) {
		t.Run(tr.name, func(t *testing.T) {
			t.Parallel()
			kit := *k
			kit.Roster.Clear = tr.cut.clear
			c := checker{k.Intake, kit.Roster, keygen, t.TempDir()}
			require.NoError(t, os.WriteFile(filepath.Join(c.dir, "allowed"), k.Roster.AllowedSigners(), 0o600))
			medium := common.again(t)
			if !tr.cut.common() {
				medium = carry1(t, &kit, tr.cut)
			}
			folders := []string{medium.folder}
			if tr.spoil != nil {
				if others := tr.spoil(t, medium); others != nil {
					folders = others
				}
			}
			theirs := c.medium(folders...)
			ours := newDesk(t, &kit).take(t.Context(), folders...)
			require.Equal(t, tr.ok, ours == nil, "the desk: %v", ours)
			require.Equal(t, tr.ok, theirs == nil, "the checker: %v; the desk: %v", theirs, ours)
		})
	}
}
