package review

import "bytes"

// A path of a file is one value: /usr/share/man/man1/java.1.gz stands as <path>
// in a shape, however deep it is. Its parts are listed as tokens of their own, each
// once, so that no name of a person or a project is lost among thousands of paths.
const (
	pathKind = "<path>"
	partKind = "<part>"
)

// leastParts is how many parts a path has: a slash with one word behind it is a
// unit or an option as often as a path.
const leastParts = 2

// maxPath bounds a path; the rest of a longer one is cut as words are.
const maxPath = 1 << 10

// pathEnd is the end of an absolute path that begins at the slash at i, or 0. What
// stands before it must end a word: a slash within one, as in 10/100 or in a URL,
// begins no path.
func pathEnd(line []byte, i int) int {
	if i > 0 && (class[line[i-1]]&(clsLetter|clsDigit) != 0 || bytes.IndexByte([]byte("./@+-~%*?$}\\"), line[i-1]) >= 0) {
		return 0
	}
	end, parts, inside := i, 0, 0
	for j := i; j < len(line) && j-i < maxPath; j++ {
		c := line[j]
		switch {
		case c == '/':
			if j > i && inside == 0 {
				return 0 // two slashes: a comment, an authority, an empty place
			}
			inside = 0
			continue
		case class[c]&(clsLetter|clsDigit) != 0 || bytes.IndexByte([]byte("@+-~"), c) >= 0,
			c == '.' && j+1 < len(line) && class[line[j+1]]&(clsLetter|clsDigit) != 0:
		default:
			if inside == 0 && parts < leastParts {
				return 0
			}
			return done(parts, end)
		}
		if inside++; inside == 1 {
			parts++
		}
		end = j + 1
	}
	return done(parts, end)
}

func done(parts, end int) int {
	if parts < leastParts {
		return 0
	}
	return end
}

// path takes a path as one value and lists its parts as tokens.
func (m *cutter) path(path []byte, place int) {
	m.form = append(m.form, pathKind...)
	m.slots = append(m.slots, slotValue{pathKind, path, place})
	for part := range bytes.SplitSeq(path, []byte("/")) {
		if len(part) == 0 {
			continue
		}
		kind := kindOf(part)
		if kind == "" {
			kind = partKind
		}
		m.slots = append(m.slots, slotValue{kind, part, noPlace})
	}
}
