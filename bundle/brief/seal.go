package brief

import (
	"bytes"
	"encoding/base32"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle"
	"darksite/bundle/roster"
	"darksite/bundle/sign"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// Bounds of a brief.
const (
	MaxFrames = 4
	// MaxFrame is how many sealed bytes one frame carries.
	MaxFrame = 1480
	// MaxSealed is the most that fits a page.
	MaxSealed = (MaxFrames - 1) * MaxFrame
	// maxText bounds what a sealed brief may unpack to.
	maxText = 64 << 10

	magic = "DSB1"
)

// ErrFrames is wrapped by every refusal of scanned frames.
var ErrFrames = errors.New("these codes do not make a brief")

// Fits reports whether a text still fits the page once it is signed and sealed.
// The signature that is not made yet is reckoned at the size of the largest kind.
func Fits(text []byte) (bool, error) {
	const signature, ageAdds = 420, 1700 // a token's signature in base64; a hybrid header and a chunk
	packed, err := pack(text)
	return len(packed)+signature+ageAdds <= MaxSealed, err
}

func pack(plain []byte) ([]byte, error) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, fmt.Errorf("compress the brief: %w", err)
	}
	out := z.EncodeAll(plain, nil)
	return out, z.Close()
}

// Seal encrypts a signed brief to one intake recipient of the vendor.
func Seal(text, signature []byte, recipient string) ([]byte, error) {
	to, err := age.ParseHybridRecipient(recipient)
	if err != nil {
		return nil, fmt.Errorf("seal the brief: %w", err)
	}
	packed, err := pack(roster.Bundle(text, [][]byte{signature}))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err == nil {
		_, err = w.Write(packed)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("seal the brief: %w", err)
	}
	if out.Len() > MaxSealed {
		return nil, fmt.Errorf("seal the brief: %d bytes, at most %d fit the page", out.Len(), MaxSealed)
	}
	return out.Bytes(), nil
}

// Opened is a brief as it arrived.
type Opened struct {
	Text      []byte
	Signature []byte
	BID       bundle.ID
	Officer   string
}

// Open decrypts a brief. Its signature is not checked: see [Opened.Check].
func Open(sealed []byte, identities ...age.Identity) (Opened, error) {
	if len(sealed) > MaxSealed {
		return Opened{}, fmt.Errorf("open the brief: %d bytes, at most %d", len(sealed), MaxSealed)
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), identities...)
	if err != nil {
		return Opened{}, fmt.Errorf("open the brief: %w", err)
	}
	packed, err := io.ReadAll(r) // bounded by what is sealed
	if err != nil {
		return Opened{}, fmt.Errorf("open the brief: %w", err)
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxText), zstd.WithDecoderMaxWindow(maxText))
	if err != nil {
		return Opened{}, fmt.Errorf("open the brief: %w", err)
	}
	defer z.Close()
	whole, err := z.DecodeAll(packed, nil)
	if err != nil {
		return Opened{}, fmt.Errorf("open the brief: %w", err)
	}
	text, sigs := roster.Unbundle(whole)
	if len(sigs) != 1 {
		return Opened{}, fmt.Errorf("open the brief: want one signature, found %d", len(sigs))
	}
	o := Opened{Text: text, Signature: sigs[0]}
	fields := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); ok && fields[key] == "" {
			fields[key] = value
		}
	}
	if fields["format"] != format {
		return Opened{}, fmt.Errorf("open the brief: format %q, want %s", fields["format"], format)
	}
	o.BID, o.Officer = bundle.ID(fields["bid"]), fields["released_by"]
	return o, nil
}

// Check holds a brief to the roster of its site: signed by whom it names, who may
// hand things over and was not revoked at its number.
func (o Opened) Check(r roster.Roster) (roster.Person, error) {
	site, seq, ok := o.BID.Split()
	if !ok || site != r.Site {
		return roster.Person{}, fmt.Errorf("brief of %s: not of site %s", o.BID, r.Site)
	}
	p, err := r.Check(sign.Label, seq, o.Text, o.Signature)
	if err != nil {
		return roster.Person{}, fmt.Errorf("brief of %s: %w", o.BID, err)
	}
	if p.ID != o.Officer {
		return roster.Person{}, fmt.Errorf("brief of %s: it names %s, and %s signed it", o.BID, o.Officer, p.ID)
	}
	return p, nil
}

var alphabet = base32.StdEncoding.WithPadding(base32.NoPadding)

// Frames cuts a sealed brief into texts for codes, the last of which is parity.
func Frames(sealed []byte) ([]string, error) {
	if len(sealed) == 0 || len(sealed) > MaxSealed {
		return nil, fmt.Errorf("cut the brief: %d bytes, want 1 to %d", len(sealed), MaxSealed)
	}
	k := (len(sealed) + MaxFrame - 1) / MaxFrame
	size := (len(sealed) + k - 1) / k // frames of one size scan alike
	parity := make([]byte, size)
	id := string(bundle.DigestOf(sealed)[:8])
	var out []string
	frame := func(n int, data []byte) {
		out = append(out, strings.ToUpper(fmt.Sprintf("%s/%s/%d/%d/%d/%08x/%s", magic, id, n, k+1, len(sealed), crc32.ChecksumIEEE(data), alphabet.EncodeToString(data))))
	}
	for i := range k {
		part := make([]byte, size)
		copy(part, sealed[i*size:min((i+1)*size, len(sealed))])
		for j, c := range part {
			parity[j] ^= c
		}
		frame(i+1, part)
	}
	frame(k+1, parity)
	return out, nil
}

// scanned is one frame that was read.
type scanned struct {
	id    string
	n, of int
	size  int
	data  []byte
}

func parseFrame(text string) (f scanned, err error) {
	part := strings.Split(strings.ToUpper(strings.TrimSpace(text)), "/")
	if len(part) != 7 || part[0] != magic || len(part[1]) != 8 {
		return f, errors.New("not a code of a brief")
	}
	var sum uint64
	numbers := []*int{&f.n, &f.of, &f.size}
	for i, into := range numbers {
		if *into, err = strconv.Atoi(part[2+i]); err != nil || strconv.Itoa(*into) != part[2+i] {
			return f, fmt.Errorf("%q is no number", part[2+i])
		}
	}
	if sum, err = strconv.ParseUint(part[5], 16, 32); err != nil {
		return f, fmt.Errorf("%q is no checksum", part[5])
	}
	if f.of < 2 || f.of > MaxFrames || f.n < 1 || f.n > f.of || f.size < 1 || f.size > MaxSealed {
		return f, fmt.Errorf("code %d of %d over %d bytes is none", f.n, f.of, f.size)
	}
	if f.data, err = alphabet.DecodeString(part[6]); err != nil {
		return f, fmt.Errorf("code %d: %w", f.n, err)
	}
	if k := f.of - 1; len(f.data) != (f.size+k-1)/k {
		return f, fmt.Errorf("code %d has %d bytes, want %d", f.n, len(f.data), (f.size+k-1)/k)
	}
	if crc32.ChecksumIEEE(f.data) != uint32(sum) {
		return f, fmt.Errorf("code %d was read with a mistake: scan it again", f.n)
	}
	f.id = part[1]
	return f, nil
}

// Join puts scanned frames together: in any order, each as often as it was read,
// one of them missing. Errors wrap [ErrFrames] and say what to scan.
func Join(texts []string) ([]byte, error) {
	got := map[int]scanned{}
	var first scanned
	var bad []string
	for _, text := range texts {
		if strings.TrimSpace(text) == "" {
			continue
		}
		f, err := parseFrame(text)
		if err != nil {
			bad = append(bad, err.Error())
			continue
		}
		if first.of == 0 {
			first = f
		}
		if f.id != first.id || f.of != first.of || f.size != first.size {
			return nil, fmt.Errorf("%w: codes of two briefs, %s and %s; scan one page at a time", ErrFrames, first.id, f.id)
		}
		got[f.n] = f
	}
	if first.of == 0 {
		return nil, fmt.Errorf("%w: %s", ErrFrames, strings.Join(append(bad, "no code was read"), "; "))
	}
	var missing []string
	for n := 1; n <= first.of; n++ {
		if _, ok := got[n]; !ok {
			missing = append(missing, strconv.Itoa(n))
		}
	}
	if len(missing) > 1 {
		return nil, fmt.Errorf("%w: codes %s of %d are missing, any one may be; %s", ErrFrames, strings.Join(missing, " and "), first.of, strings.Join(append(bad, "scan one more"), "; "))
	}
	return assemble(first, got)
}

// assemble fills in the one part that may be missing and checks the whole.
func assemble(first scanned, got map[int]scanned) ([]byte, error) {
	k := first.of - 1
	size := len(first.data)
	whole := make([]byte, 0, k*size)
	for n := 1; n <= k; n++ {
		part := slices.Clone(got[n].data)
		if part == nil {
			part = make([]byte, size)
			for _, f := range got {
				for j, c := range f.data {
					part[j] ^= c
				}
			}
		}
		whole = append(whole, part...)
	}
	whole = whole[:first.size]
	if id := strings.ToUpper(string(bundle.DigestOf(whole)[:8])); id != first.id {
		return nil, fmt.Errorf("%w: together they are %s, each says %s; scan all of them again", ErrFrames, id, first.id)
	}
	return whole, nil
}
