package verify_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"darksite/bundle/bundletest"
	"darksite/bundle/roster"
	"darksite/bundle/verify"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// The checker below was written from the format alone. It shares no parsing code
// with the packages under test: standard tar and JSON readers that write what
// they read again, a frame walker of its own, and stock ssh-keygen. Two filters
// with equal mistakes are one filter.
type checker struct {
	id     *age.HybridIdentity
	roster roster.Roster
	keygen string
	dir    string
}

func refuse(format string, args ...any) error { return fmt.Errorf(format, args...) }

// opened is what the checker found in a file.
type opened struct {
	archive  []byte
	members  map[string][]byte
	manifest map[string]any
}

func (c checker) check(sealed []byte) error {
	_, err := c.open(sealed, false)
	return err
}

func (c checker) open(sealed []byte, clear bool) (o opened, err error) {
	frame, stanzas := sealed, 0
	if !clear {
		if frame, stanzas, err = c.decrypt(sealed); err != nil {
			return o, err
		}
	}
	if o.archive, err = unframe(frame); err != nil {
		return o, err
	}
	var order []string
	if o.members, order, err = untar(o.archive); err != nil {
		return o, err
	}
	if o.manifest, err = c.manifest(o.members, order, clear); err != nil {
		return o, err
	}
	if len(list(o.manifest["recipients"])) != stanzas {
		return o, refuse("%d recipients of %d", stanzas, len(list(o.manifest["recipients"])))
	}
	return o, c.people(o.manifest, o.members)
}

func (c checker) decrypt(sealed []byte) ([]byte, int, error) {
	stanzas, err := ageLines(sealed)
	if err != nil {
		return nil, 0, err
	}
	plain, err := age.Decrypt(bytes.NewReader(sealed), c.id)
	if err != nil {
		return nil, 0, err
	}
	frame, err := io.ReadAll(plain)
	return frame, stanzas, err
}

func ageLines(sealed []byte) (int, error) {
	head, _, ok := bytes.Cut(sealed, []byte("\n--- "))
	if !ok || len(head) > 64<<10 || !bytes.HasPrefix(head, []byte("age-encryption.org/v1\n")) {
		return 0, refuse("no age header")
	}
	n := 0
	for line := range strings.Lines(string(head)) {
		if rest, ok := strings.CutPrefix(line, "-> "); ok {
			n++
			if !strings.HasPrefix(rest, "mlkem768x25519 ") {
				return 0, refuse("a stanza of another kind")
			}
		}
	}
	if n > 32 {
		return 0, refuse("%d stanzas", n)
	}
	return n, nil
}

// unframe walks one frame by its block sizes and wants it to fill the file.
func unframe(f []byte) ([]byte, error) {
	if len(f) < 9 || binary.BigEndian.Uint32(f) != 0x28b52ffd {
		return nil, refuse("no frame")
	}
	d := f[4]
	at, window := 5, 0
	if d&0b11011 != 0 || d&0b100 == 0 {
		return nil, refuse("frame descriptor %08b", d)
	}
	sizes := []int{0, 2, 4, 8}[d>>6]
	if d&0b100000 != 0 {
		sizes = max(sizes, 1)
	} else {
		window = (8 + int(f[5]&7)) << (f[5]>>3 + 7)
		at++
	}
	at += sizes
	if window > 8<<20 {
		return nil, refuse("window %d", window)
	}
	for last := false; !last; {
		if at+3 > len(f) {
			return nil, refuse("cut")
		}
		h := int(f[at]) | int(f[at+1])<<8 | int(f[at+2])<<16
		size := h >> 3
		last = h&1 == 1
		if size == 0 && !last {
			return nil, refuse("empty block")
		}
		if h>>1&3 == 1 {
			size = 1
		}
		at += 3 + size
	}
	if at+4 != len(f) {
		return nil, refuse("frame of %d bytes in a file of %d", at+4, len(f))
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(256<<20))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	return dec.DecodeAll(f, nil)
}

// untar reads with the standard reader and writes with the standard writer.
func untar(archive []byte) (map[string][]byte, []string, error) {
	members := map[string][]byte{}
	var order []string
	var again bytes.Buffer
	r, w := tar.NewReader(bytes.NewReader(archive)), tar.NewWriter(&again)
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		if h.Size > int64(len(archive)) || members[h.Name] != nil {
			return nil, nil, refuse("member %q twice or too large", h.Name)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, nil, err
		}
		plain := &tar.Header{Name: h.Name, Size: h.Size, Mode: 0o644, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
		if err := w.WriteHeader(plain); err != nil {
			return nil, nil, err
		}
		if _, err := w.Write(data); err != nil {
			return nil, nil, err
		}
		members[h.Name] = append([]byte{}, data...)
		order = append(order, h.Name)
	}
	if err := w.Close(); err != nil {
		return nil, nil, err
	}
	if !bytes.Equal(again.Bytes(), archive) {
		return nil, nil, refuse("the archive is written differently again")
	}
	return members, order, nil
}

var (
	payloadName = regexp.MustCompile(`^(meta|files)(/[a-z0-9_]([a-z0-9._-]*[a-z0-9_-])?)+$`)
	deviceName  = regexp.MustCompile(`/(con|prn|aux|nul|(com|lpt)[0-9])(\.[^/]*)?(/|$)`)
)

func list(v any) []any { l, _ := v.([]any); return l }

func number(v any) int64 {
	n, err := v.(json.Number).Int64()
	if err != nil {
		return -1
	}
	return n
}

// manifest checks order, the manifest and that it tells the truth of each file.
func (c checker) manifest(members map[string][]byte, order []string, clear bool) (map[string]any, error) {
	text := members["MANIFEST.json"]
	var m map[string]any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&m); err != nil {
		return nil, err
	}
	var again bytes.Buffer
	enc := json.NewEncoder(&again)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(m); err != nil || !bytes.Equal(again.Bytes(), text) {
		return nil, refuse("the manifest is written differently again")
	}
	if strings.ContainsAny(string(text), "\x1b.eE") && regexp.MustCompile(`": -?[0-9]+[.eE]`).Match(text) {
		return nil, refuse("a number that is not whole")
	}
	keys := []string{
		"bid", "case", "clear", "clock_note", "collector", "created_utc", "files", "format", "journal", "marking", "omitted",
		"policy", "prev_manifest_sha256", "pseudonym_map_id", "recipients", "redaction_report_sha256", "rules", "salt",
		"seq", "site", "tool", "totals", "trust",
	}
	var got []string
	for k := range m {
		got = append(got, k)
	}
	slices.Sort(got)
	if !slices.Equal(keys, got) || m["clear"] != clear || m["format"] != "darksite-bundle/1" || m["site"] != c.roster.Site ||
		m["bid"] != fmt.Sprintf("%s-%06d", m["site"], number(m["seq"])) || strings.ContainsAny(m["marking"].(string), "\x1b\n") {
		return nil, refuse("manifest of another kind")
	}
	want := []string{"FORMAT", "MANIFEST.json", "SHA256SUMS"}
	for _, prefix := range []string{"sig/", "approval/"} {
		from := len(want)
		for _, name := range order {
			if strings.HasPrefix(name, prefix) {
				want = append(want, name)
			}
		}
		slices.Sort(want[from:])
	}
	sums := fmt.Sprintf("%x  FORMAT\n%x  MANIFEST.json\n", sha256.Sum256(members["FORMAT"]), sha256.Sum256(text))
	total, last := int64(0), ""
	for _, f := range list(m["files"]) {
		e := f.(map[string]any)
		path := e["path"].(string)
		data, ok := members[path]
		if !ok || int64(len(data)) != number(e["size"]) || fmt.Sprintf("%x", sha256.Sum256(data)) != e["sha256"] {
			return nil, refuse("%q is not the listed file", path)
		}
		if len(path) > 100 || strings.Count(path, "/") > 15 || !payloadName.MatchString(path) || deviceName.MatchString(path) {
			return nil, refuse("name %q", path)
		}
		rank := strings.Replace(path, "meta/", "\x00", 1)
		if rank <= last {
			return nil, refuse("%q out of order", path)
		}
		last, total = rank, total+int64(len(data))
		want = append(want, path)
		sums += fmt.Sprintf("%x  %s\n", sha256.Sum256(data), path)
	}
	totals := m["totals"].(map[string]any)
	switch {
	case number(totals["files"]) != int64(len(list(m["files"]))) || number(totals["bytes"]) != total:
		return nil, refuse("totals")
	case string(members["FORMAT"]) != "darksite-bundle/1\n" || string(members["SHA256SUMS"]) != sums:
		return nil, refuse("FORMAT or SHA256SUMS")
	case !slices.Equal(want, order):
		return nil, refuse("order %q", order)
	}
	return m, nil
}

// people checks signatures with stock ssh-keygen and approvals by their lines.
func (c checker) people(m map[string]any, members map[string][]byte) error {
	collector := m["collector"].(map[string]any)
	var signed, approvals int
	reviewers := map[string]bool{}
	for name, sig := range members {
		if !strings.HasSuffix(name, ".sig") || strings.HasPrefix(name, "meta/") || strings.HasPrefix(name, "files/") {
			continue
		}
		textName, namespace := "MANIFEST.json", "manifest@darksite"
		if strings.HasPrefix(name, "approval/") {
			textName, namespace = name[:len("approval/1.txt")], "approval@darksite"
		}
		text, ok := members[textName]
		if !ok {
			return refuse("%s without its text", name)
		}
		keyID := strings.TrimSuffix(name, ".sig")
		keyID = keyID[strings.LastIndex(keyID, ".")+1:]
		who, err := c.signer(keyID, namespace, text, sig)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if namespace == "manifest@darksite" {
			if who == collector["principal"] && keyID == collector["keyid"] {
				signed++
			}
			continue
		}
		if reviewers[who] || who == collector["principal"] {
			return refuse("%s may not approve again", who)
		}
		reviewers[who] = true
		if err := approval(m, who, text, members["MANIFEST.json"]); err != nil {
			return err
		}
		approvals++
	}
	texts := 0
	for name := range members {
		if strings.HasPrefix(name, "approval/") && strings.HasSuffix(name, ".txt") {
			texts++
		}
	}
	if signed == 0 || approvals < 2 || texts != approvals {
		return refuse("%d signatures, %d approvals", signed, approvals)
	}
	return nil
}

// signer asks ssh-keygen, for the person whose key has this id.
func (c checker) signer(keyID, namespace string, text, sig []byte) (string, error) {
	for _, p := range c.roster.People {
		if p.Key.ID() != keyID {
			continue
		}
		path := filepath.Join(c.dir, "sig")
		if err := os.WriteFile(path, sig, 0o600); err != nil {
			return "", err
		}
		cmd := exec.Command(c.keygen, "-Y", "verify", "-f", filepath.Join(c.dir, "allowed"), "-I", p.ID+"@"+c.roster.Site, "-n", namespace, "-s", path)
		cmd.Stdin = bytes.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w: %s", err, out)
		}
		// ssh-keygen reads armor in looser spellings than the format allows.
		if !regexp.MustCompile(`^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=]{70}\n)*[A-Za-z0-9+/=]{1,70}\n-----END SSH SIGNATURE-----\n$`).Match(sig) {
			return "", errors.New("spelling of the armor")
		}
		return p.ID, nil
	}
	return "", refuse("nobody has key %s", keyID)
}

func approval(m map[string]any, who string, text, manifest []byte) error {
	got := map[string]string{}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		got[key] = strings.TrimPrefix(value, " ")
	}
	var recipients []string
	for _, r := range list(m["recipients"]) {
		recipients = append(recipients, r.(string))
	}
	until, err := strconv.ParseInt(got["valid_until_seq"], 10, 64)
	if err != nil || until < number(m["seq"]) {
		return refuse("lapsed")
	}
	sealed := "yes"
	if m["clear"] == true {
		sealed = "NO: not encrypted, whoever holds the medium can read it"
	}
	for key, want := range map[string]string{
		"statement": "export approval v1", "sealed": sealed, "decision": "release", "bid": m["bid"].(string),
		"manifest_sha256": fmt.Sprintf("%x", sha256.Sum256(manifest)), "reviewer": who,
		"recipients": strings.Join(recipients, " "), "marking_out": m["marking"].(string), "case": m["case"].(string),
		"redaction_report_sha256": m["redaction_report_sha256"].(string),
		"policy_sha256":           m["policy"].(map[string]any)["sha256"].(string),
		"rules_sha256":            m["rules"].(map[string]any)["sha256"].(string),
		"destination":             "vendor support",
	} {
		if got[key] != want {
			return refuse("approval: %s is %q", key, got[key])
		}
	}
	return nil
}

// Both filters come to the same verdict on every valid and every hostile file.
func TestIndependentCheckerAgrees(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("ssh-keygen is not installed: the independent checker cannot check signatures")
	}
	k := bundletest.New(t)
	c := checker{k.Intake, k.Roster, keygen, t.TempDir()}
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, "allowed"), k.Roster.AllowedSigners(), 0o600))
	o := verify.Options{Identities: []age.Identity{k.Intake}, Roster: k.Rosters}
	agree := func(name string, sealed []byte, ok bool) {
		t.Helper()
		_, ours := verify.Sealed(t.Context(), bytes.NewReader(sealed), o)
		theirs := c.check(sealed)
		require.Equal(t, ok, ours == nil, "%s: %v", name, ours)
		require.Equal(t, ok, theirs == nil, "%s: the checker says %v, we say %v", name, theirs, ours)
	}
	large := bundletest.Files()
	large["files/noise.txt"] = bundletest.Noise(300_000)
	for name, files := range map[string]map[string]string{
		"small": bundletest.Files(), "large": large, "one empty file": {"files/x": ""}, "no file": {},
	} {
		sealed, _ := k.Sealed(t, k.Contents(t, files))
		agree(name, sealed, true)
	}
	for _, f := range k.Hostile(t) {
		agree(f.String(), f.Sealed, false)
	}
}
