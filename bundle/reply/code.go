package reply

import (
	"bytes"
	"compress/flate"
	"encoding/base32"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"

	"filippo.io/age"
)

// MaxCode is the most letters of a reply's QR code: an alphanumeric code of the
// largest version at error correction L.
const MaxCode = 4296

// codeMagic begins the text of a code.
const codeMagic = "DSR1"

var alphabet = base32.StdEncoding.WithPadding(base32.NoPadding)

// code seals a pack once more, compressed, as the text of one QR code. It is empty
// where the reply does not fit.
func code(plain []byte, to age.Recipient) (string, error) {
	small, err := deflate(plain)
	if err != nil {
		return "", err
	}
	file, err := seal(small, to)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("%s/%08X/%s", codeMagic, crc32.ChecksumIEEE(file), alphabet.EncodeToString(file))
	if len(text) > MaxCode {
		return "", nil
	}
	return text, nil
}

// IsCode reports whether a text looks like that of a reply's code.
func IsCode(text string) bool {
	return strings.HasPrefix(strings.ToUpper(strings.TrimSpace(text)), codeMagic+"/")
}

// FromCode gives the file of a reply that was read from its QR code, for [Open].
func FromCode(text string) ([]byte, error) {
	part := strings.Split(strings.ToUpper(strings.TrimSpace(text)), "/")
	if len(text) > 2*MaxCode || len(part) != 3 || part[0] != codeMagic {
		return nil, fmt.Errorf("%w: this is no code of a reply: it begins with %s/", ErrRefused, codeMagic)
	}
	file, err := alphabet.DecodeString(part[2])
	if err != nil {
		return nil, fmt.Errorf("%w: the code is not whole: %w", ErrRefused, err)
	}
	if sum, err := strconv.ParseUint(part[1], 16, 32); err != nil || uint32(sum) != crc32.ChecksumIEEE(file) {
		return nil, fmt.Errorf("%w: the code was not read right: scan it again", ErrRefused)
	}
	return file, nil
}

// deflate compresses a pack against what every pack has in common.
func deflate(plain []byte) ([]byte, error) {
	common, err := commonPack()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w, err := flate.NewWriterDict(&out, flate.BestCompression, common)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("compress the reply: %w", err)
	}
	return out.Bytes(), nil
}

// inflate is bounded by what a pack may have.
func inflate(small []byte) ([]byte, error) {
	common, err := commonPack()
	if err != nil {
		return nil, err
	}
	in := bytes.NewReader(small)
	plain, err := io.ReadAll(io.LimitReader(flate.NewReaderDict(in, common), MaxBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("unpack: %w", err)
	case len(plain) > MaxBytes:
		return nil, fmt.Errorf("unpack: more than %d bytes", MaxBytes)
	case in.Len() > 0:
		return nil, errors.New("unpack: bytes behind the end")
	}
	return plain, nil
}

// commonPack is a pack as most are. It is a part of the format: a code that was made
// against another one cannot be read, and so it may never change.
func commonPack() ([]byte, error) {
	digest := strings.Repeat("0", 64)
	signature := "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg" + strings.Repeat("A", 24) + "\n" +
		"AAAADnJlcGx5QGRhcmtzaXRlAAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1lZDI1NTE5AAAAQ\n" + "-----END SSH SIGNATURE-----\n"
	text := "format: darksite-reply/1\naudience: S042\nreply_seq: 1\nprev_reply_sha256: \nissued_utc: 2026-11-23T09:30:00Z\n" +
		"roster_seen: 1 " + digest + "\nreceipt: S042-000001 " + digest + "\nmember: " + digest + " 512 items.json\n"
	var items strings.Builder
	items.WriteString("{\n  \"items\": [\n")
	for _, kind := range []Kind{Survey, Confirm, Advice, Part, Instruction, Need, Severity, Status, Comment, Ack} {
		fmt.Fprintf(&items, "    {\n      \"at\": \"2026-11-23T09:30:00Z\",\n      \"case\": \"T-AAAAAAAAAA\",\n      \"engineer\": \"\",\n      \"expect\": \"\",\n"+
			"      \"fixed_in\": \"\",\n      \"kind\": %q,\n      \"number\": \"00000001\",\n      \"profile\": \"\",\n      \"risk\": \"none\",\n      \"rollback\": \"\",\n"+
			"      \"severity\": 0,\n      \"status\": \"in progress\",\n      \"text\": \"drive CH0.BAY1 of controller CT0 has failed\",\n      \"window\": \"\"\n    },\n", kind)
	}
	items.WriteString("  ]\n}\n")
	key := textName + "." + strings.Repeat("0", 16) + sigSuffix
	return archive([]member{{textName, []byte(text)}, {key, []byte(signature)}, {key, []byte(signature)}, {itemsName, []byte(items.String())}})
}
