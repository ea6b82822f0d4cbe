package redact

import (
	"bufio"
	"bytes"
	"io"
)

// sniffSize is how much of a file decides its type.
const sniffSize = 8 << 10

// content tells the type of a stream by its beginning, takes it through the
// gate and returns the type.
func (s *stream) content(r io.Reader, w io.Writer, name string, depth int) (string, error) {
	br := bufio.NewReaderSize(r, sniffSize)
	head, err := br.Peek(sniffSize)
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		return "", err
	}
	kind := sniff(head)
	switch kind {
	case "text":
		return kind, s.bom(br, w, head)
	case "utf-16le", "utf-16be":
		return kind, s.utf16(br, w, head, kind == "utf-16be")
	case "journal export":
		return kind, s.journal(br, w)
	case "certificate":
		return kind, s.der(br, w)
	case "gzip", "zstd", "xz", "bzip2", "tar", "zip":
		if depth >= s.gate.policy.depth() {
			return kind, withhold("archives nested deeper than the policy allows")
		}
		return kind, s.archive(kind, br, w, name, depth)
	}
	return kind, withhold(kind)
}

// magics are the beginnings of contents that are no text, with what is said of
// them when withheld.
var magics = []struct{ head, kind string }{
	{"\x1f\x8b", "gzip"},
	{"\x28\xb5\x2f\xfd", "zstd"},
	{"PK\x03\x04", "zip"},
	{"PK\x05\x06", "zip"},
	{"\xfd7zXZ\x00", "xz"},
	{"BZh", "bzip2"},
	{"7z\xbc\xaf\x27\x1c", "7z archive, for which there is no reader here"},
	{"SQLite format 3\x00", "SQLite database"},
	{"\x7fELF", "program or core dump"},
	{"MZ\x90", "program"},
	{"%PDF-", "PDF document"},
	{"\x89PNG", "image"},
	{"\xff\xd8\xff", "image"},
	{"GIF8", "image"},
	{"\xd4\xc3\xb2\xa1", "packet capture"},
	{"\xa1\xb2\xc3\xd4", "packet capture"},
	{"\x0a\x0d\x0d\x0a", "packet capture"},
	{"ElfFile\x00", "event log database"},
	{"LPKSHHRH", "journal database"},
	{"PAR1", "Parquet table"},
	{"\xd0\xcf\x11\xe0", "office document"},
	{"\xca\xfe\xba\xbe", "program"},
	{"age-encryption.org/v1", "encrypted file"},
	{"-----BEGIN AGE ENCRYPTED FILE-----", "encrypted file"},
	{"\x04\x22\x4d\x18", "lz4 archive, for which there is no reader here"},
}

// sniff tells a type by content, whatever the name says.
func sniff(head []byte) string {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.head)) && (m.head != "BZh" || len(head) > 10 && bytes.HasPrefix(head[4:], []byte("1AY&SY"))) {
			return m.kind
		}
	}
	switch {
	case journalHead(head):
		return "journal export"
	case derHead(head):
		return "certificate"
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return "utf-16le"
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "utf-16be"
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return "tar"
	}
	if le, be := wide(head); le {
		return "utf-16le"
	} else if be {
		return "utf-16be"
	}
	if !textual(head) {
		return "binary content"
	}
	return "text"
}

// wide tells UTF-16 without a mark: every other byte of mostly ASCII text is 0.
func wide(head []byte) (le, be bool) {
	n := min(len(head), 2048) &^ 1
	if n < 8 {
		return false, false
	}
	even, odd := 0, 0
	for i := 0; i < n; i += 2 {
		if head[i] == 0 {
			even++
		}
		if head[i+1] == 0 {
			odd++
		}
	}
	half := n / 2
	return odd*10 > half*7 && even*20 < half, even*10 > half*7 && odd*20 < half
}

// textual says whether bytes are text with at most a few stray control bytes:
// crashes leave runs of zeros in logs.
func textual(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	control, zeros := 0, 0
	for _, c := range b {
		switch {
		case c == 0:
			zeros++
		case c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != 0x1b && c != '\f' && c != '\b' && c != 7:
			control++
		}
	}
	text := len(b) - control - zeros
	return control*50 <= len(b) && (zeros == 0 || zeros*10 <= len(b) || control == 0 && text > 0 && inOneRun(b, zeros))
}

// inOneRun reports whether all zeros stand together.
func inOneRun(b []byte, zeros int) bool {
	i := bytes.IndexByte(b, 0)
	return i+zeros <= len(b) && bytes.Count(b[i:i+zeros], []byte{0}) == zeros
}

// utf8Mark begins some UTF-8 texts.
var utf8Mark = []byte("\xef\xbb\xbf")

// bom takes a mark off a text so that it does not hide the first word.
func (s *stream) bom(br *bufio.Reader, w io.Writer, head []byte) error {
	if bytes.HasPrefix(head, utf8Mark) {
		if _, err := br.Discard(len(utf8Mark)); err != nil {
			return err
		}
		if _, err := w.Write(utf8Mark); err != nil {
			return err
		}
	}
	return s.text(br, w)
}
