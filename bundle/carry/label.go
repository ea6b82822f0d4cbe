package carry

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle"
	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/bundle/statement"
)

// Names on the medium.
const (
	LabelName  = "LABEL.txt"
	ReadmeName = "README.TXT"
	SumsName   = "SHA256SUMS"
	CoverName  = "COVER.txt"
	// CoverPDFName is the same sheet for a printer.
	CoverPDFName = "COVER.pdf"
)

const (
	// MaxLabel bounds a label in bytes.
	MaxLabel = 4 << 10
	// MaxSignatures bounds the signatures beside a label.
	MaxSignatures = 16

	labelFormat  = "darksite-label/1"
	maxMarking   = 64
	maxPrincipal = 32
)

// Label is the clear, signed text on the outside of a bundle. It says nothing
// of the content. Its fields stand in the order of the text.
type Label struct {
	BID            bundle.ID
	Marking        string        // such as INTERNAL; printable ASCII
	Clear          bool          // not encrypted: only for sites whose roster allows it
	SealedSHA256   bundle.Digest // of the sealed file as a whole
	SealedSize     int64         // bytes
	TarSHA256      bundle.Digest // of the tar inside
	VolumeSize     int64         // bytes of every volume but the last; whole MiB
	Volumes        int           // files that hold the sealed file
	Parity         int           // files that hold parity
	BlocksSHA256   bundle.Digest // of the block list
	ManifestSHA256 bundle.Digest
	Recipients     []string        // fingerprints of the age recipients
	Approvals      []bundle.Digest // of the approval statements
	ReleasedBy     string          // id of the officer who signs the label
	Seq            int64           // of the bundle, as in its id
	Journal        bundle.JournalMark
}

// Encode writes the label in its one spelling, at most [MaxLabel] bytes.
func (l Label) Encode() ([]byte, error) {
	if err := l.validate(); err != nil {
		return nil, fmt.Errorf("write label: %w", err)
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	approvals := make([]string, len(l.Approvals))
	for i, a := range l.Approvals {
		approvals[i] = string(a)
	}
	sealed := "yes"
	if l.Clear {
		sealed = "no"
	}
	text, err := statement.Encode([]statement.Line{
		{Key: "format", Value: labelFormat},
		{Key: "bid", Value: string(l.BID)},
		{Key: "marking", Value: l.Marking},
		{Key: "sealed", Value: sealed},
		{Key: "sealed_sha256", Value: string(l.SealedSHA256)},
		{Key: "sealed_size", Value: number(l.SealedSize)},
		{Key: "tar_sha256", Value: string(l.TarSHA256)},
		{Key: "volume_size", Value: number(l.VolumeSize)},
		{Key: "volumes", Value: number(int64(l.Volumes))},
		{Key: "parity", Value: number(int64(l.Parity))},
		{Key: "blocks_sha256", Value: string(l.BlocksSHA256)},
		{Key: "manifest_sha256", Value: string(l.ManifestSHA256)},
		{Key: "recipients", Value: strings.Join(l.Recipients, " ")},
		{Key: "approvals", Value: strings.Join(approvals, " ")},
		{Key: "released_by", Value: l.ReleasedBy},
		{Key: "seq", Value: number(l.Seq)},
		{Key: "journal_size", Value: number(l.Journal.Size)},
		{Key: "journal_root", Value: string(l.Journal.Root)},
	})
	if err != nil {
		return nil, fmt.Errorf("write label: %w", err)
	}
	if len(text) > MaxLabel {
		return nil, fmt.Errorf("write label: %d bytes, at most %d", len(text), MaxLabel)
	}
	return text, nil
}

// ParseLabel reads a label and refuses every spelling Encode would not write.
// Errors wrap [ErrLabel].
func ParseLabel(text []byte) (Label, error) {
	if len(text) > MaxLabel {
		return Label{}, fmt.Errorf("%w: more than %d bytes", ErrLabel, MaxLabel)
	}
	f := statement.NewReader(text)
	f.Const("format", labelFormat)
	l := Label{BID: bundle.ID(f.Text("bid")), Marking: f.Text("marking")}
	switch sealed := f.Text("sealed"); sealed {
	case "yes":
	case "no":
		l.Clear = true
	default:
		f.Fail("sealed", fmt.Errorf("%q is neither yes nor no", sealed))
	}
	l.SealedSHA256 = bundle.Digest(f.Text("sealed_sha256"))
	l.SealedSize = f.Int("sealed_size")
	l.TarSHA256 = bundle.Digest(f.Text("tar_sha256"))
	l.VolumeSize = f.Int("volume_size")
	l.Volumes = int(min(f.Int("volumes"), 1<<20))
	l.Parity = int(min(f.Int("parity"), 1<<20))
	l.BlocksSHA256 = bundle.Digest(f.Text("blocks_sha256"))
	l.ManifestSHA256 = bundle.Digest(f.Text("manifest_sha256"))
	l.Recipients = f.Words("recipients")
	for _, a := range f.Words("approvals") {
		l.Approvals = append(l.Approvals, bundle.Digest(a))
	}
	l.ReleasedBy = f.Text("released_by")
	l.Seq = f.Int("seq")
	l.Journal = bundle.JournalMark{Size: f.Int("journal_size"), Root: bundle.Digest(f.Text("journal_root"))}
	if err := f.Done(); err != nil {
		return Label{}, fmt.Errorf("%w: %w", ErrLabel, err)
	}
	if err := l.validate(); err != nil {
		return Label{}, fmt.Errorf("%w: %w", ErrLabel, err)
	}
	return l, nil
}

func (l Label) validate() error {
	site, seq, err := splitID(l.BID)
	if err != nil {
		return err
	}
	if seq != l.Seq {
		return fmt.Errorf("seq %d does not belong to bundle %s of site %s", l.Seq, l.BID, site)
	}
	if err := token("marking", l.Marking, maxMarking, " "); err != nil {
		return err
	}
	if err := token("released_by", l.ReleasedBy, maxPrincipal, ""); err != nil {
		return err
	}
	for _, d := range []struct {
		key   string
		value bundle.Digest
	}{
		{"sealed_sha256", l.SealedSHA256},
		{"tar_sha256", l.TarSHA256},
		{"blocks_sha256", l.BlocksSHA256},
		{"manifest_sha256", l.ManifestSHA256},
		{"journal_root", l.Journal.Root},
	} {
		if !d.value.Valid() {
			return fmt.Errorf("%s %q is not a SHA-256", d.key, d.value)
		}
	}
	for _, a := range l.Approvals {
		if !a.Valid() {
			return fmt.Errorf("approvals: %q is not a SHA-256", a)
		}
	}
	for _, r := range l.Recipients {
		if err := token("recipients", r, 128, ""); err != nil {
			return err
		}
	}
	if l.Clear != (len(l.Recipients) == 0) {
		return errors.New("a sealed bundle has recipients, a clear one has none")
	}
	if l.Journal.Size < 0 {
		return fmt.Errorf("journal_size %d is negative", l.Journal.Size)
	}
	_, err = l.geometry()
	return err
}

// token checks a printable ASCII value without spaces but those allowed.
func token(key, value string, limit int, allowed string) error {
	if value == "" || len(value) > limit {
		return fmt.Errorf("%s: want 1 to %d characters, have %d", key, limit, len(value))
	}
	for _, c := range []byte(value) {
		if (c <= ' ' || c > '~') && !strings.ContainsRune(allowed, rune(c)) {
			return fmt.Errorf("%s %q: only printable ASCII", key, value)
		}
	}
	return nil
}

// splitID takes a bundle id apart and refuses any spelling [bundle.NewID]
// would not write, so that the id is safe as a file name.
func splitID(id bundle.ID) (site string, seq int64, err error) {
	site, seq, ok := id.Split()
	if !ok || !roster.ValidSite(site) {
		return "", 0, fmt.Errorf("bundle id %q: want site and number, such as S042-000017", id)
	}
	return site, seq, nil
}

// SignatureName is the file name of a label signature made by this key.
func SignatureName(key sign.PublicKey) string { return LabelName + "." + key.ID() + ".sig" }

// VerifyLabel checks a label's signatures against the roster of its site: each
// must be by a person who may sign labels and was not revoked at the label's
// sequence, and the officer named in released_by must be among them. It
// returns that officer. A label that says "sealed: no" wants the roster's leave
// besides. Errors wrap [ErrLabel] and the roster's reason, or [ErrClear].
func VerifyLabel(text []byte, signatures [][]byte, r roster.Roster) (roster.Person, error) {
	l, err := ParseLabel(text)
	if err != nil {
		return roster.Person{}, err
	}
	if site, _, _ := l.BID.Split(); site != r.Site {
		return roster.Person{}, fmt.Errorf("%w: bundle %s is not of site %s", ErrLabel, l.BID, r.Site)
	}
	if len(signatures) == 0 {
		return roster.Person{}, fmt.Errorf("%w: bundle %s: no signature beside the label", ErrLabel, l.BID)
	}
	people := make([]roster.Person, len(signatures))
	for i, sig := range signatures {
		if people[i], err = r.Check(sign.Label, l.Seq, text, sig); err != nil {
			return roster.Person{}, fmt.Errorf("%w: bundle %s: %w", ErrLabel, l.BID, err)
		}
	}
	if l.Clear && !r.Clear {
		return roster.Person{}, fmt.Errorf("%w: bundle %s: %w", ErrLabel, l.BID, ErrClear)
	}
	i := slices.IndexFunc(people, func(p roster.Person) bool { return p.ID == l.ReleasedBy })
	if i < 0 {
		return roster.Person{}, fmt.Errorf("%w: bundle %s: %s, who released it, did not sign", ErrLabel, l.BID, l.ReleasedBy)
	}
	return people[i], nil
}
