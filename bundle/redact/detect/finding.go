package detect

import (
	"bytes"
	"slices"

	"darksite/bundle/redact/pseudonym"
)

// Form is how a value is spelled where it stands, so that its stand-in can be
// spelled alike.
type Form uint8

// The forms of spelling. Everything made of hex digits needs none: the digits of
// the stand-in are put where the digits of the value were.
const (
	Plain       Form = iota
	Joined           // IPv4 with dashes or underscores for dots
	HexForward       // IPv4 as eight hex digits, first octet first
	HexBack          // IPv4 as eight hex digits, last octet first, as in /proc/net
	Decimal          // IPv4 as one decimal number
	Arpa             // octets or nibbles of an address in reverse, before .arpa
	Number           // a secret that stands for a number in JSON
	Truncated        // a name cut short by a column
	Base64           // text that holds findings once decoded
	Percent          // a name with percent escapes
	HexText          // text that holds findings once read from its hex digits
	Certificate      // a line of a certificate; the value is a line of its summary
)

// Finding is a stretch of text that must go.
type Finding struct {
	Start, End int
	Kind       pseudonym.Kind
	Form       Form
	Learn      bool   // the value may be looked for wherever it stands bare
	Tentative  bool   // counts only when the inventory has it; see [Scanner.Known]
	Rule       string // the name under which it is counted
	Value      string // canonical form, where the text does not say it
}

// resolve sorts findings and settles overlaps: a secret swallows what it
// touches, else what its form proves stays, else the longer one, and what sticks
// out of the other keeps a finding of its own.
func resolve(fs []Finding) []Finding {
	if len(fs) < 2 {
		return fs
	}
	if apart(fs) {
		return fs
	}
	if !slices.IsSortedFunc(fs, byPlace) {
		slices.SortStableFunc(fs, byPlace)
	}
	out := fs[:1]
	for _, f := range fs[1:] {
		last := &out[len(out)-1]
		if f.Start >= last.End {
			out = append(out, f)
			continue
		}
		settle(last, &f)
		if f.Start < f.End {
			out = append(out, f)
		}
	}
	return out
}

// ownRule is the rule of findings of stand-ins, which are there so that nothing takes a
// part of one for something else, and gone before anybody sees them.
const ownRule = "own"

// foreign drops findings of what is all a stand-in, whatever rule took it for something
// else: text that was redacted stays as it is.
func (s *Scanner) foreign(fs []Finding) []Finding {
	for i := range fs {
		if f := &fs[i]; f.Start < f.End && s.ownText(f) {
			return slices.DeleteFunc(fs, func(f Finding) bool { return f.Start < f.End && s.ownText(&f) })
		}
	}
	return fs
}

// ownText reports whether the text of a finding is a stand-in, or a mail address of one's
// domain. What is found by its form is not asked again.
func (s *Scanner) ownText(f *Finding) bool {
	w := s.buf[f.Start:f.End]
	n := len(w) - pseudonym.Tail - 1
	switch {
	case f.Rule == ownRule:
		return true
	case f.Form == Certificate || f.Form == Base64:
		return false
	case len(w) > 4 && w[3] == '.' && (string(w[:4]) == "iqn." || string(w[:4]) == "nqn."):
		_, domain, ok := bytes.Cut(w, []byte(pseudonym.Suffix+"."))
		domain, name, named := bytes.Cut(domain, []byte{':'})
		return ok && s.owns(pseudonym.Name, string(domain)) && (!named || s.owns(pseudonym.Name, string(name)))
	case f.Kind == pseudonym.Email:
		at := bytes.IndexByte(w, '@')
		return at > 0 && bytes.HasSuffix(w, []byte(pseudonym.Suffix)) && s.staysName(s.fold(w[:at])) && s.owns(pseudonym.Name, string(w[at+1:]))
	case len(w) == 17 && f.Kind != pseudonym.MAC && (w[2] == '-' || w[2] == ':') && hexDigits(w) == 12:
		return s.owns(pseudonym.MAC, digitsOf(w))
	case n > 0 && w[n] == '-' || bytes.HasSuffix(w, []byte(pseudonym.Suffix)):
		return s.owns(pseudonym.Name, string(w))
	}
	return false
}

// apart reports whether findings are in order and do not overlap.
func apart(fs []Finding) bool {
	for i := 1; i < len(fs); i++ {
		if fs[i].Start < fs[i-1].End {
			return false
		}
	}
	return true
}

// byPlace orders findings by where they begin, the longer first.
func byPlace(a, b Finding) int {
	if a.Start != b.Start {
		return a.Start - b.Start
	}
	return b.End - a.End
}

// settle leaves last and f without overlap. An f that is used up is empty.
func settle(last, f *Finding) {
	switch {
	case last.Kind == pseudonym.Secret || f.Kind == pseudonym.Secret:
		if f.Start == last.Start && f.End >= last.End && f.Kind != last.Kind && f.Kind == pseudonym.Secret {
			*last = *f
		}
		last.End = max(last.End, f.End)
		if last.Kind != pseudonym.Secret {
			last.Kind, last.Form, last.Value, last.Rule, last.Learn = pseudonym.Secret, Plain, "", f.Rule, false
		}
		f.Start = f.End
	case f.End <= last.End:
		if f.Start == last.Start && f.End == last.End && rank(f.Kind) < rank(last.Kind) {
			*last = *f
		}
		f.Start = f.End
	case rank(f.Kind) < proven && rank(last.Kind) >= proven || f.End-f.Start > last.End-last.Start && !(rank(last.Kind) < proven && rank(f.Kind) >= proven):
		if f.Start == last.Start {
			*last = *f
			f.Start = f.End
			return
		}
		last.End = f.Start
		last.cut()
	default:
		f.Start = last.End
		f.cut()
	}
}

// cut makes what is left of a finding a plain name: half an address has no
// canonical form.
func (f *Finding) cut() {
	f.Value, f.Form, f.Learn = "", Plain, false
	if !f.Kind.IsName() || f.Kind == pseudonym.IQN || f.Kind == pseudonym.NQN {
		f.Kind = pseudonym.Name
	}
}

// proven is the first rank of kinds that a name's own form does not prove.
const proven = 3

// rank orders kinds for one and the same text: forms that prove themselves
// come before kinds that only a context gave.
func rank(k pseudonym.Kind) int {
	switch k {
	case pseudonym.Secret:
		return 0
	case pseudonym.Word:
		return 1
	case pseudonym.Email, pseudonym.IQN, pseudonym.NQN, pseudonym.SID, pseudonym.NAA, pseudonym.WWN, pseudonym.MAC, pseudonym.IPv4, pseudonym.IPv6:
		return 2
	case pseudonym.FQDN, pseudonym.Domain:
		return 3
	case pseudonym.Array, pseudonym.Host:
		return 4
	case pseudonym.User:
		return 5
	}
	return 6
}
