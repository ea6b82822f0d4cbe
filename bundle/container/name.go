package container

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"darksite/bundle"
)

// Bounds of a name in a bundle.
const (
	maxName     = 100 // bytes, the name field of a ustar header
	maxSegments = 16
)

// checkName refuses names that do not stand in a bundle, saying what is wrong.
func checkName(name string) error {
	if name == nameFormat || name == nameManifest || name == nameSums {
		return nil
	}
	plain := name
	if rest, ok := strings.CutPrefix(name, dirSig+nameManifest); ok {
		plain = dirSig + "x" + rest
	}
	return checkPath(plain, name)
}

// checkPath holds the grammar of section "Names" in FORMAT.md. It speaks of
// shown when it refuses.
func checkPath(path, shown string) error {
	switch {
	case path == "":
		return bundle.Refuse("name-empty", "a member has no name")
	case len(path) > maxName:
		return bundle.Refuse("name-long", "the name %.100q... has %d bytes, at most %d", shown, len(path), maxName)
	case path[0] == '/':
		return bundle.Refuse("name-absolute", "the name %q is absolute", shown)
	}
	for _, c := range []byte(path) {
		if !nameByte(c) && c != '/' {
			return bundle.Refuse("name-character", "the name %q holds %q; only a-z, 0-9, dot, dash and underscore are used", shown, string(rune(c)))
		}
	}
	segments := strings.Split(path, "/")
	if len(segments) > maxSegments {
		return bundle.Refuse("name-deep", "the name %q has %d levels, at most %d", shown, len(segments), maxSegments)
	}
	for _, s := range segments {
		if why := badSegment(s); why != "" {
			return bundle.Refuse("name-segment", "the name %q has a part that %s", shown, why)
		}
	}
	return nil
}

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-'
}

func badSegment(s string) string {
	switch {
	case s == "":
		return "is empty"
	case s == "." || s == "..":
		return "points elsewhere"
	case s[0] == '.' || s[0] == '-':
		return "begins with a dot or dash"
	case s[len(s)-1] == '.':
		return "ends with a dot"
	case deviceName(s):
		return "is the name of a device on some systems"
	}
	return ""
}

// deviceName knows the names that Windows opens as devices, with any extension.
func deviceName(s string) bool {
	stem, _, _ := strings.Cut(s, ".")
	switch stem {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(stem) == 4 && (stem[:3] == "com" || stem[:3] == "lpt") && stem[3] >= '0' && stem[3] <= '9'
}

// payloadPath refuses what is not the name of a file of the payload.
func payloadPath(path string) error {
	if !strings.HasPrefix(path, dirMeta) && !strings.HasPrefix(path, dirFiles) {
		return bundle.Refuse("name-folder", "the name %q stands neither below meta/ nor below files/", path)
	}
	return checkPath(path, path)
}

// comparePaths is the order of the payload: meta/ before files/, bytewise inside.
func comparePaths(a, b string) int {
	am, bm := strings.HasPrefix(a, dirMeta), strings.HasPrefix(b, dirMeta)
	if am != bm {
		if am {
			return -1
		}
		return 1
	}
	return strings.Compare(a, b)
}

// folders refuses paths of which one is the folder of another: such a bundle
// cannot be unpacked. Paths must be valid.
func folders(paths map[string]bool) error {
	for path := range paths {
		for i := strings.LastIndexByte(path, '/'); i > 0; i = strings.LastIndexByte(path[:i], '/') {
			if paths[path[:i]] {
				return bundle.Refuse("name-conflict", "%q is a file and the folder of %q", path[:i], path)
			}
		}
	}
	return nil
}

// Namer gives the files of one bundle their names. Make one for each bundle and
// ask in a settled order (sorted): the same questions give the same names.
//
// A part of a path that a bundle allows stays as it is. Any other is put in
// lower case, its foreign characters become dashes, and a short digest of the
// original part is added, so that different things stay different and one folder
// stays one folder. A path that is too long keeps its end. The digest would
// confirm a guess of the original: ask with paths that are already redacted.
type Namer struct {
	prefix string
	files  map[string]bool
	dirs   map[string]bool
}

// NewNamer gives names below a folder of the payload, such as "files/host".
// The folder may have at most 60 bytes and 8 levels.
func NewNamer(folder string) (*Namer, error) {
	if len(folder) > 60 || strings.Count(folder, "/") >= 8 {
		return nil, fmt.Errorf("folder %q of a bundle: more than 60 bytes or 8 levels", folder)
	}
	if err := payloadPath(folder + "/x"); err != nil {
		return nil, fmt.Errorf("folder %q of a bundle: %w", folder, err)
	}
	return &Namer{prefix: folder + "/", files: map[string]bool{}, dirs: map[string]bool{}}, nil
}

// Name gives a name for the file that had the path orig. It never gives one
// name twice, nor a name that is the folder of another.
func (n *Namer) Name(orig string) string {
	var parts []string
	for part := range strings.SplitSeq(strings.ReplaceAll(orig, `\`, "/"), "/") {
		if part != "" && part != "." {
			parts = append(parts, canonical(part))
		}
	}
	if len(parts) == 0 {
		parts = []string{canonical("")}
	}
	path := n.prefix + strings.Join(parts, "/")
	if len(path) > maxName || strings.Count(path, "/") >= maxSegments {
		path = n.prefix + shorten(parts[len(parts)-1], orig, maxName-len(n.prefix))
	}
	for i := 2; n.taken(path); i++ {
		path = n.prefix + shorten(parts[len(parts)-1], fmt.Sprintf("%s\x00%d", orig, i), maxName-len(n.prefix))
	}
	n.files[path] = true
	for i := strings.LastIndexByte(path, '/'); i > 0; i = strings.LastIndexByte(path[:i], '/') {
		n.dirs[path[:i]] = true
	}
	return path
}

func (n *Namer) taken(path string) bool {
	if n.files[path] || n.dirs[path] {
		return true
	}
	for i := strings.LastIndexByte(path, '/'); i > 0; i = strings.LastIndexByte(path[:i], '/') {
		if n.files[path[:i]] {
			return true
		}
	}
	return false
}

// canonical makes one part of a path an allowed segment.
func canonical(part string) string {
	if badSegment(part) == "" && !slices.ContainsFunc([]byte(part), func(c byte) bool { return !nameByte(c) }) {
		return part
	}
	stem, ext := clean(part), ""
	if i := strings.LastIndexByte(stem, '.'); i > 0 && len(stem)-i <= 9 {
		stem, ext = stem[:i], stem[i:]
	}
	return stem + "-" + digits(part, 8) + ext
}

// clean keeps what can be kept of a part, without the ends a segment must not have.
func clean(part string) string {
	b := []byte(strings.ToLower(part))
	for i, c := range b {
		if !nameByte(c) {
			b[i] = '-'
		}
	}
	s := strings.Trim(string(b), ".-")
	if s == "" || deviceName(s) {
		s = "x" + s
	}
	return s
}

// shorten keeps the end of a segment behind a digest of the whole path.
func shorten(segment, orig string, room int) string {
	id := digits(orig, 16)
	if keep := room - len(id) - 1; len(segment) > keep {
		segment = strings.TrimLeft(segment[len(segment)-max(keep, 0):], ".-")
	}
	if segment == "" {
		return id
	}
	return id + "-" + segment
}

func digits(s string, n int) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:n]
}
