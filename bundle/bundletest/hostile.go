package bundletest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"darksite/bundle"
	"darksite/bundle/approve"
	"darksite/bundle/container"
	"darksite/bundle/sign"

	"filippo.io/age"
	"filippo.io/age/armor"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// Fixture is one hostile or damaged sealed file. No is its number in the list of
// hostile inputs the format documents; Code is the refusal it must meet.
type Fixture struct {
	No     int
	Name   string
	Code   string
	Sealed []byte
}

// Hostile makes every hostile sealed file of the layers age, zstd, archive,
// manifest and signatures. All of them could have been written by someone who
// knows the vendor's public recipients.
func (k *Kit) Hostile(tb testing.TB) []Fixture {
	tb.Helper()
	return slices.Concat(k.hostileAge(tb), k.hostileFrames(tb), k.hostileTars(tb), k.hostileManifests(tb), k.hostileSignatures(tb))
}

// noisy is a bundle of several age chunks.
func (k *Kit) noisy(tb testing.TB) container.Contents {
	files := Files()
	files["files/noise.txt"] = Noise(600_000)
	return k.Contents(tb, files)
}

// mixed hides the label by which age refuses to mix kinds of recipients.
type mixed struct{ to age.Recipient }

func (m mixed) Wrap(key []byte) ([]*age.Stanza, error) { return m.to.Wrap(key) }

// forged is a recipient whose stanza says anything.
type forged age.Stanza

func (f forged) Wrap([]byte) ([]*age.Stanza, error) {
	s := age.Stanza(f)
	return []*age.Stanza{&s}, nil
}

func (k *Kit) hostileAge(tb testing.TB) []Fixture {
	frame := Frame(tb, Tar(tb, k.noisy(tb)))
	good := k.Encrypt(tb, frame)
	header := bytes.Index(good, []byte("\n--- ")) + 1
	header += bytes.IndexByte(good[header:], '\n') + 1
	const nonce, chunk = 16, 64<<10 + 16
	payload := header + nonce
	require.Greater(tb, len(good), payload+3*chunk)
	swapped := slices.Concat(good[:payload], good[payload+chunk:payload+2*chunk], good[payload:payload+chunk], good[payload+2*chunk:])
	doubled := slices.Concat(good[:payload+chunk], good[payload:])
	mac := bytes.Clone(good)
	at := bytes.Index(mac, []byte("\n--- ")) + 6
	mac[at] = flipLetter(mac[at])
	damaged := bytes.Clone(good)
	damaged[payload+chunk+5] ^= 1
	stanza := bytes.Clone(good)
	at = bytes.LastIndex(stanza, []byte("\n-> ")) + 40
	stanza[at] = flipLetter(stanza[at])

	x25519, err := age.GenerateX25519Identity()
	require.NoError(tb, err)
	pass, err := age.NewScryptRecipient("passphrase")
	require.NoError(tb, err)
	pass.SetWorkFactor(2)
	stranger, err := age.GenerateHybridIdentity()
	require.NoError(tb, err)
	var armored bytes.Buffer
	aw := armor.NewWriter(&armored)
	_, err = aw.Write(good)
	require.NoError(tb, err)
	require.NoError(tb, aw.Close())
	many := make([]age.Recipient, 33)
	for i := range many {
		many[i] = k.Intake.Recipient()
	}
	large := forged{Type: "mlkem768x25519", Args: []string{"x"}, Body: make([]byte, 60<<10)}

	return []Fixture{
		{1, "empty file", "age-empty", nil},
		{2, "armored", "age-armor", armored.Bytes()},
		{3, "passphrase", "age-scrypt", k.Encrypt(tb, frame, pass)},
		{4, "classic recipient", "age-recipient", k.Encrypt(tb, frame, x25519.Recipient())},
		{4, "classic beside hybrid", "age-recipient", k.Encrypt(tb, frame, mixed{k.Intake.Recipient()}, mixed{x25519.Recipient()})},
		{5, "sealed to others", "age-no-identity", k.Encrypt(tb, frame, stranger.Recipient())},
		{6, "large header", "age-header-size", k.Encrypt(tb, frame, mixed{k.Intake.Recipient()}, large)},
		{6, "many recipients", "age-stanzas", k.Encrypt(tb, frame, many...)},
		{6, "endless line", "age-header-size", append([]byte("age-encryption.org/v1\n-> "), bytes.Repeat([]byte("x"), 1<<20)...)},
		{7, "header mac", "age-mac", mac},
		{7, "changed stanza", "age-mac", stanza},
		{8, "cut in the first line", "age-truncated", good[:9]},
		{8, "cut in the header", "age-truncated", good[:header-40]},
		{8, "cut behind the header", "age-truncated", good[:header]},
		{8, "cut in a chunk", "age-chunk", good[:payload+chunk+chunk/2]},
		{8, "cut at the edge of a chunk", "age-truncated", good[:payload+2*chunk]},
		{9, "one byte more", "age-chunk", append(bytes.Clone(good), 0)},
		{10, "chunks swapped", "age-chunk", swapped},
		{10, "chunk twice", "age-chunk", doubled},
		{10, "chunk damaged", "age-chunk", damaged},
		{11, "another file", "age-magic", []byte("Salted__12345678\n")},
		{11, "a later version", "age-magic", bytes.Replace(good, []byte("/v1\n"), []byte("/v2\n"), 1)},
		{12, "unknown plugin", "age-recipient", k.Encrypt(tb, frame, forged{Type: "piv-p256", Args: []string{"x"}, Body: []byte("y")})},
	}
}

// flipLetter changes a character of base64 into another one.
func flipLetter(c byte) byte {
	if c == 'A' {
		return 'B'
	}
	return 'A'
}

func skippable(text string) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 0x184D2A53)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(text))), text...)
}

func frameWith(tb testing.TB, content []byte, opts ...zstd.EOption) []byte {
	tb.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, opts...)
	require.NoError(tb, err)
	_, err = w.Write(content)
	require.NoError(tb, err)
	require.NoError(tb, w.Close())
	return b.Bytes()
}

// HostileFrame is a hostile compressed file, before sealing.
type HostileFrame struct {
	No         int
	Name, Code string
	Frame      []byte
}

// HostileFrames spoils the frame around content that is larger than one block.
func HostileFrames(tb testing.TB, tar []byte) []HostileFrame {
	tb.Helper()
	good := Frame(tb, tar)
	edit := func(at int, b byte) []byte {
		out := bytes.Clone(good)
		out[at] = b
		return out
	}
	require.Zero(tb, good[4]>>5, "a streamed frame names its window")
	half := len(tar) / 2
	dictionary := slices.Concat(good[:4], []byte{good[4] | 1}, good[5:6], []byte{7}, good[6:])
	bomb := bytes.Repeat([]byte("x"), 16<<20)
	flushed := frameWithEmptyBlock(good)
	return []HostileFrame{
		{13, "skippable frame first", "zstd-skippable", append(skippable("hidden"), good...)},
		{13, "skippable frame in the middle", "zstd-skippable", slices.Concat(Frame(tb, tar[:half]), skippable("hidden"), Frame(tb, tar[half:]))},
		{13, "skippable frame last", "zstd-skippable", append(bytes.Clone(good), skippable("hidden")...)},
		{14, "second frame", "zstd-second-frame", append(bytes.Clone(good), Frame(tb, []byte("hidden"))...)},
		{14, "second, empty frame", "zstd-second-frame", append(bytes.Clone(good), Frame(tb, nil)...)},
		{15, "no checksum", "zstd-no-checksum", frameWith(tb, tar, zstd.WithEncoderCRC(false))},
		{15, "wrong checksum", "zstd-checksum", edit(len(good)-1, good[len(good)-1]^1)},
		{16, "dictionary", "zstd-dictionary", dictionary},
		{17, "large window", "zstd-window", frameWith(tb, tar, zstd.WithWindowSize(16<<20))},
		{17, "huge window", "zstd-window", edit(5, 0xff)},
		{19, "bomb", "zstd-ratio", Frame(tb, bomb)},
		{20, "cut in the header", "zstd-truncated", good[:5]},
		{20, "cut in a block", "zstd-truncated", good[:len(good)/2]},
		{20, "cut in the checksum", "zstd-truncated", good[:len(good)-2]},
		{20, "nothing", "zstd-truncated", nil},
		{21, "one byte more", "zstd-trailing", append(bytes.Clone(good), 0)},
		{21, "zeros more", "zstd-trailing", append(bytes.Clone(good), make([]byte, 512)...)},
		{0, "reserved bit", "zstd-reserved", edit(4, good[4]|1<<3)},
		{0, "unused bit", "zstd-reserved", edit(4, good[4]|1<<4)},
		{0, "empty block in the middle", "zstd-block", flushed},
		{0, "not compressed", "zstd-magic", tar},
	}
}

// frameWithEmptyBlock puts an empty raw block in front of the first one: it
// means nothing, so it could mean anything.
func frameWithEmptyBlock(good []byte) []byte {
	return slices.Concat(good[:6], []byte{0, 0, 0}, good[6:])
}

func (k *Kit) hostileFrames(tb testing.TB) []Fixture {
	var out []Fixture
	tar := Tar(tb, k.noisy(tb))
	members := Split(tb, tar)
	inManifest := JoinOpen(members[0], members[1].File("MANIFEST.json", strings.Repeat(" ", 16<<20)))
	out = append(out, Fixture{19, "bomb in the place of the manifest", "zstd-ratio", k.SealTar(tb, inManifest)})
	for _, f := range HostileFrames(tb, tar) {
		if f.No == 19 {
			continue // without an archive it is refused for that
		}
		out = append(out, Fixture{f.No, f.Name, f.Code, k.Encrypt(tb, f.Frame)})
	}
	return out
}

// HostileTar is a hostile archive, before compression.
type HostileTar struct {
	No         int
	Name, Code string
	Tar        []byte
}

func (k *Kit) hostileTars(tb testing.TB) []Fixture {
	var out []Fixture
	for _, f := range HostileTars(tb, Tar(tb, k.Contents(tb, Files()))) {
		out = append(out, Fixture{f.No, f.Name, f.Code, k.SealTar(tb, f.Tar)})
	}
	return out
}

// HostileTars spoils a good archive of [Files].
func HostileTars(tb testing.TB, tar []byte) []HostileTar {
	tb.Helper()
	good := Split(tb, tar)
	last := len(good) - 1
	at := func(name string) int {
		i := slices.IndexFunc(good, func(m Member) bool { return m.Name() == name })
		require.GreaterOrEqual(tb, i, 0, name)
		return i
	}
	edited := func(i int, edit func(h []byte)) []byte {
		ms := slices.Clone(good)
		ms[i] = ms[i].With(edit)
		return Join(ms...)
	}
	// extra puts a member before the last file.
	extra := func(m Member) []byte { return Join(slices.Insert(slices.Clone(good), last, m)...) }
	named := func(name string) []byte { return extra(good[last].File(name, "hidden")) }
	kind := func(flag byte, data string) []byte {
		return extra(good[last].File("files/host/m", data).With(func(h []byte) { h[156] = flag }))
	}
	field := func(at, width int, text string) []byte {
		return edited(last, func(h []byte) { Put(h, at, width, text) })
	}
	swap := func(i, j int) []byte {
		ms := slices.Clone(good)
		ms[i], ms[j] = ms[j], ms[i]
		return Join(ms...)
	}
	without := func(name string) []byte { return Join(slices.Delete(slices.Clone(good), at(name), at(name)+1)...) }
	replaced := func(name, data string) []byte {
		ms := slices.Clone(good)
		ms[at(name)] = ms[at(name)].File(name, data)
		return Join(ms...)
	}
	checksum := slices.Clone(good)
	checksum[last] = checksum[last].Clone()
	checksum[last].Header[148] ^= 1
	padded := slices.Clone(good)
	padded[last] = padded[last].Clone()
	require.NotEmpty(tb, padded[last].Pad)
	padded[last].Pad[0] = 'x'
	text := Files()["files/host/messages.txt"]

	return []HostileTar{
		{22, "absolute path", "name-absolute", named("/etc/cron.d/x")},
		{23, "parent folder", "name-segment", named("files/../../x")},
		{23, "this folder", "name-segment", named("files/./x")},
		{23, "empty part", "name-segment", named("files//x")},
		{24, "backslash", "name-character", named(`files\x`)},
		{24, "colon", "name-character", named("files/c:x")},
		{24, "byte behind NUL", "tar-header", named("files/host/m\x00hidden")},
		{24, "control", "name-character", named("files/a\nb")},
		{24, "escape", "name-character", named("files/a\x1b[31m")},
		{24, "right to left", "name-character", named("files/a\u202etxt.exe")},
		{24, "accent", "name-character", named("files/é")},
		{24, "no name", "name-empty", named("")},
		{25, "symbolic link", "tar-link", kind('2', "")},
		{26, "hard link", "tar-link", kind('1', "")},
		{27, "character device", "tar-device", kind('3', "")},
		{27, "block device", "tar-device", kind('4', "")},
		{27, "pipe", "tar-device", kind('6', "")},
		{28, "folder", "tar-directory", kind('5', "")},
		{29, "extended header", "tar-pax", kind('x', "30 comment=hidden hidden hidden\n")},
		{29, "extended header with size", "tar-pax", kind('x', "15 size=999999\n")},
		{29, "global header", "tar-pax", kind('g', "30 comment=hidden hidden hidden\n")},
		{29, "Solaris header", "tar-pax", kind('X', "x")},
		{30, "GNU long name", "tar-gnu", kind('L', "files/host/m")},
		{30, "GNU long link", "tar-gnu", kind('K', "files/host/m")},
		{30, "GNU sparse", "tar-gnu", kind('S', "")},
		{30, "GNU volume", "tar-gnu", kind('V', "")},
		{30, "GNU continued", "tar-gnu", kind('M', "")},
		{30, "GNU incremental", "tar-gnu", kind('D', "")},
		{30, "contiguous file", "tar-type", kind('7', "")},
		{30, "old type", "tar-type", kind(0, "")},
		{31, "size in base 256", "tar-size", edited(last, func(h []byte) { Put(h, 124, 12, "\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00") })},
		{31, "negative size", "tar-size", field(124, 12, "-0000000001")},
		{31, "size with a space", "tar-size", field(124, 12, "0000000010 ")},
		{31, "no size", "tar-size", field(124, 12, "")},
		{31, "wrong checksum", "tar-checksum", Join(checksum...)},
		{32, "one name twice", "tar-duplicate", extra(good[last-1])},
		{33, "equal but for case", "name-character", named("files/HOST/messages.txt")},
		{34, "device name", "name-segment", named("files/nul.txt")},
		{34, "another device name", "name-segment", named("files/com1")},
		{34, "dot at the end", "name-segment", named("files/a.")},
		{34, "space at the end", "name-character", named("files/a ")},
		{34, "dot first", "name-segment", named("files/.ssh")},
		{34, "dash first", "name-segment", named("files/-rf")},
		{35, "name with prefix", "tar-header", field(345, 155, "files/long")},
		{35, "many levels", "name-deep", named("files" + strings.Repeat("/a", 16))},
		{37, "set-user-id", "tar-header", field(100, 8, "0004644\x00")},
		{37, "executable", "tar-header", field(100, 8, "0000755\x00")},
		{37, "owner", "tar-header", field(108, 8, "0001750\x00")},
		{37, "group", "tar-header", field(116, 8, "0001750\x00")},
		{37, "time", "tar-header", field(136, 12, "14720312345\x00")},
		{37, "owner's name", "tar-header", field(265, 32, "root")},
		{37, "link name", "tar-header", field(157, 100, "hidden")},
		{37, "device number", "tar-header", field(329, 8, "0000001\x00")},
		{37, "GNU magic", "tar-header", field(257, 8, "ustar  \x00")},
		{37, "bytes behind the fields", "tar-header", edited(last, func(h []byte) { h[511] = 1 })},
		{37, "mode in another spelling", "tar-header", field(100, 8, "000644 \x00")},
		{38, "data behind the end", "tar-trailing", append(bytes.Clone(tar), "hidden"...)},
		{38, "more zeros", "tar-trailing", append(bytes.Clone(tar), make([]byte, 8192)...)},
		{38, "one zero block", "tar-end", tar[:len(tar)-512]},
		{38, "no zero block", "tar-truncated", tar[:len(tar)-1024]},
		{38, "something between zero blocks", "tar-end", slices.Concat(tar[:len(tar)-512], good[last].Header, tar[len(tar)-512:])},
		{38, "cut in a file", "tar-truncated", tar[:len(tar)-1024-700]},
		{39, "format not first", "tar-order", swap(0, 1)},
		{39, "sums before manifest", "tar-order", swap(1, 2)},
		{39, "files before approvals", "file-missing", swap(3, last)},
		{39, "signature behind approvals", "tar-order", swap(3, 5)},
		{39, "approvals swapped", "tar-order", Join(slices.Concat(good[:4], good[6:8], good[4:6], good[8:])...)},
		{39, "approval without signature", "tar-order", Join(slices.Delete(slices.Clone(good), 5, 6)...)},
		{39, "unknown member at the top", "tar-order", Join(slices.Insert(slices.Clone(good), 3, good[3].File("notes", "x"))...)},
		{39, "meta behind files", "file-missing", swap(at("meta/case.txt"), last)},
		{39, "no manifest", "tar-order", Join(good[0])},
		{40, "not listed", "file-unlisted", named("files/host/aaa.txt")},
		{40, "not listed, last", "file-unlisted", Join(append(slices.Clone(good), good[last].File("files/zzz.txt", "x"))...)},
		{40, "listed, again at the end", "tar-duplicate", Join(append(slices.Clone(good), good[last])...)},
		{41, "listed and missing", "file-missing", without("files/array/alerts.csv")},
		{41, "last one missing", "file-missing", Join(good[:last]...)},
		{42, "longer", "file-size", replaced("files/host/messages.txt", text+"x")},
		{42, "shorter", "file-size", replaced("files/host/messages.txt", text[1:])},
		{42, "one byte differs", "file-digest", replaced("files/host/messages.txt", "K"+text[1:])},
		{43, "padding", "tar-padding", Join(padded...)},
		{0, "another format", "format-version", replaced("FORMAT", "darksite-bundle/2\n")},
		{0, "format too long", "tar-large", replaced("FORMAT", bundle.Format+"\n ")},
		{0, "huge manifest", "tar-large", Join(good[0], good[1].With(func(h []byte) { Put(h, 124, 12, "77777777777") }))},
		{0, "huge approval", "tar-large", replaced("approval/1.txt", strings.Repeat("x", container.MaxApproval+1))},
		{45, "sums shorter", "sums", replaced("SHA256SUMS", string(good[2].Data[:len(good[2].Data)-2]))},
		{45, "sums differ", "sums", replaced("SHA256SUMS", strings.Replace(string(good[2].Data), "files/array", "files/brray", 1))},
		{45, "sums longer", "tar-large", replaced("SHA256SUMS", string(good[2].Data)+"\n")},
	}
}

func (k *Kit) hostileManifests(tb testing.TB) []Fixture {
	tar := Tar(tb, k.Contents(tb, Files()))
	good := Split(tb, tar)
	text := string(good[1].Data)
	with := func(manifest string) []byte {
		ms := slices.Clone(good)
		ms[1] = ms[1].File("MANIFEST.json", manifest)
		return k.SealTar(tb, Join(ms...))
	}
	sub := func(from, to string) []byte {
		require.Contains(tb, text, from)
		return with(strings.Replace(text, from, to, 1))
	}
	const bid = `"bid": "S042-000017"`
	return []Fixture{
		{44, "key twice", "manifest-json", sub(bid, bid+",\n  "+bid)},
		{44, "key in other case", "manifest-json", sub(bid, bid+",\n  "+strings.ToUpper(bid))},
		{44, "second value", "manifest-json", with(text + "{}\n")},
		{44, "byte order mark", "manifest-json", with("\ufeff" + text)},
		{44, "not UTF-8", "manifest-json", sub("INTERNAL", "INTERN\xc1L")},
		{44, "fraction", "manifest-json", sub(`"seq": 17`, `"seq": 17.0`)},
		{44, "huge number", "manifest-json", sub(`"seq": 17`, `"seq": 1e999`)},
		{44, "deep", "manifest-json", sub(`"omitted": [`, `"omitted": `+strings.Repeat("[", 64))},
		{44, "unknown key", "manifest-json", sub(bid, bid+",\n  \"bonus\": 1")},
		{44, "other spacing", "manifest-json", sub(bid, `"bid":"S042-000017"`)},
		{44, "later version", "manifest-version", sub(`"format": "darksite-bundle/1"`, `"format": "darksite-bundle/2"`)},
		{44, "path outside", "name-folder", sub(`"path": "files/host/messages.txt"`, `"path": "sig/host/messages.txt"`)},
		{44, "path up", "name-segment", sub(`"path": "files/host/messages.txt"`, `"path": "files/../messages.txt"`)},
		{44, "path twice", "manifest-order", sub(`"path": "files/host/messages.txt"`, `"path": "files/array/empty.txt"`)},
		{44, "file is a folder", "name-conflict", sub(`"path": "files/array/alerts.csv"`, `"path": "files/array"`)},
		{46, "totals: files", "manifest-totals", sub(`"files": 6`, `"files": 5`)},
		{46, "totals: bytes", "manifest-totals", sub(`"bytes": `, `"bytes": 1`)},
		{46, "negative size", "manifest-field", sub(`"size": 512`, `"size": -512`)},
		{47, "raw escape", "manifest-json", sub("INTERNAL", "\x1b[2JINTERNAL")},
		{47, "escape in the marking", "manifest-field", sub("INTERNAL", `\u001b[2JINTERNAL`)},
	}
}

func (k *Kit) hostileSignatures(tb testing.TB) []Fixture {
	files := Files()
	m := k.Manifest(tb, files)
	whole := k.Approved(tb, m, files)
	sealed := func(edit func(c *container.Contents)) []byte {
		c := whole
		c.Signatures, c.Approvals = slices.Clone(c.Signatures), slices.Clone(c.Approvals)
		edit(&c)
		return k.SealTar(tb, Tar(tb, c))
	}
	statement := func(officer string, edit func(s *approve.Statement)) container.Approval {
		s := Statement(m, whole.Manifest, officer, approve.SecondOfficer)
		edit(&s)
		return k.Approve(tb, s, officer)
	}
	second := func(officer string, edit func(s *approve.Statement)) []byte {
		return sealed(func(c *container.Contents) { c.Approvals[1] = statement(officer, edit) })
	}
	same := func(*approve.Statement) {}
	k.NewKey(tb, "stranger")
	wrongNamespace := func() container.Signature {
		armored, err := k.Keys[Collector].Sign(sign.Run, whole.Manifest)
		require.NoError(tb, err)
		sig, err := container.SignatureOf(armored)
		require.NoError(tb, err)
		return sig
	}
	// spoilt replaces bytes of the manifest's signature, keeping its name.
	spoilt := func(edit func([]byte) []byte) []byte {
		ms := Split(tb, Tar(tb, whole))
		ms[3] = ms[3].File(ms[3].Name(), string(edit(bytes.Clone(ms[3].Data))))
		return k.SealTar(tb, Join(ms...))
	}
	other := k.Manifest(tb, files)
	other.Site, other.BID = "S043", "S043-000017"
	elsewhere := k.Approved(tb, other, files)
	replaced := m
	replaced.Marking = "PUBLIC"
	changed := k.Approved(tb, replaced, files)
	changed.Approvals = whole.Approvals

	return []Fixture{
		{48, "manifest not signed", "sig-none", sealed(func(c *container.Contents) { c.Signatures = nil })},
		{48, "not approved", "approval-missing", sealed(func(c *container.Contents) { c.Approvals = nil })},
		{48, "approved once", "approval-missing", sealed(func(c *container.Contents) { c.Approvals = c.Approvals[:1] })},
		{49, "signed by a stranger", "sig-unknown-key", sealed(func(c *container.Contents) {
			c.Signatures[0] = k.SignManifest(tb, c.Manifest, "stranger")
		})},
		{49, "approved by a stranger", "sig-unknown-key", second("stranger", same)},
		{50, "signed for something else", "sig-bad", sealed(func(c *container.Contents) { c.Signatures[0] = wrongNamespace() })},
		{51, "approved by the collector", "sig-wrong-role", second(Collector, same)},
		{51, "signed by an officer", "sig-wrong-role", sealed(func(c *container.Contents) {
			c.Signatures[0] = k.SignManifest(tb, c.Manifest, OfficerA)
		})},
		{52, "approved twice by one", "approval-one-person", second(OfficerA, same)},
		{52, "same approval twice", "approval-one-person", sealed(func(c *container.Contents) { c.Approvals[1] = c.Approvals[0] })},
		{53, "approval of another manifest", "approval-other-bundle", second(OfficerB, func(s *approve.Statement) {
			s.ManifestSHA256 = bundle.DigestOf([]byte("another"))
		})},
		{53, "manifest changed after approval", "approval-other-bundle", k.SealTar(tb, Tar(tb, changed))},
		{54, "rejected beside an approval", "approval-rejected", second(OfficerB, reject)},
		{54, "rejected beside two approvals", "approval-rejected", sealed(func(c *container.Contents) {
			c.Approvals = append(c.Approvals, statement(OfficerC, reject))
		})},
		{53, "approval names someone else", "approval-reviewer", second(OfficerB, func(s *approve.Statement) { s.Reviewer = OfficerC })},
		{53, "approval of other recipients", "approval-mismatch", second(OfficerB, func(s *approve.Statement) {
			s.Recipients = s.Recipients[:2]
		})},
		{53, "approval lapsed", "approval-lapsed", second(OfficerB, func(s *approve.Statement) { s.ValidUntilSeq = 16 })},
		{53, "approval unreadable", "approval-malformed", sealed(func(c *container.Contents) {
			text := []byte("I agree.\n")
			armored, err := k.Keys[OfficerB].Sign(sign.Approval, text)
			require.NoError(tb, err)
			sig, err := container.SignatureOf(armored)
			require.NoError(tb, err)
			c.Approvals[1] = container.Approval{Text: text, Signature: sig}
		})},
		{58, "carriage returns", "sig-armor", spoilt(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) })},
		{58, "text behind the armor", "sig-armor", spoilt(func(b []byte) []byte { return append(b, "hidden"...) })},
		{58, "named after another key", "sig-armor", spoilt(func([]byte) []byte { return whole.Approvals[0].Signature.Armored })},
		{59, "sealed to fewer than approved", "recipients", k.Encrypt(tb, Frame(tb, Tar(tb, whole)), k.Intake.Recipient())},
		{59, "sealed to more than approved", "recipients", k.Encrypt(tb, Frame(tb, Tar(tb, whole)),
			k.Intake.Recipient(), k.Intake.Recipient(), k.Escrow.Recipient(), k.Record.Recipient())},
		{60, "of a site without roster", "site", k.SealTar(tb, Tar(tb, elsewhere))},
	}
}

func reject(s *approve.Statement) {
	s.Decision, s.Reason = approve.Reject, "customer names in files/host"
}

// String names a fixture in test output.
func (f Fixture) String() string { return fmt.Sprintf("%02d %s", f.No, f.Name) }
