package redact

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"
)

// value is a value in canonical form and what it is.
type value struct {
	kind  pseudonym.Kind
	canon string
}

// findings are what a pass has met.
type findings struct {
	values   map[value]uint8 // everything found, with what learnMarks says of it
	alien    map[string]bool
	programs map[string]bool           // what runs here, which strangers are not
	told     recent[address, struct{}] // that were entered as told
	brief    recent[brief, struct{}]
	recent   []noted
}

// noted is a finding that was entered and has no brief.
type noted struct {
	kind  pseudonym.Kind
	form  detect.Form
	marks uint8
	text  string
	value string
}

// recentSize is how many findings without a brief are remembered as entered.
const recentSize = 1 << 12

// entered reports whether a finding like it was just entered, and remembers it.
func (f *findings) entered(d *detect.Finding, t []byte) bool {
	marks := learnMarks(d)
	if b, ok := briefOf(d, t, marks); ok {
		if _, ok := f.brief.find(b); ok {
			return true
		}
		f.brief.keep(b, struct{}{})
		return false
	}
	if len(t) > 64 {
		return false
	}
	if f.recent == nil {
		f.recent = make([]noted, recentSize)
	}
	n := &f.recent[(quickHash(t)+uint64(d.Kind))%recentSize]
	if n.text == string(t) && n.kind == d.Kind && n.form == d.Form && n.marks == marks && n.value == d.Value {
		return true
	}
	*n = noted{d.Kind, d.Form, marks, string(t), d.Value}
	return false
}

// learnMarks says of a value that was found whether it is looked for bare, and whether its
// surroundings told it.
func learnMarks(d *detect.Finding) uint8 {
	switch {
	case !d.Learn:
		return 0
	case byForm(d.Rule):
		return isLearnt
	}
	return isLearnt | isTold
}

func newFindings() *findings {
	return &findings{values: map[value]uint8{}, alien: map[string]bool{}, programs: map[string]bool{}}
}

// add takes over the findings of another; the order of adding changes nothing.
func (f *findings) add(o *findings) {
	for v, m := range o.values {
		f.enter(v, m)
	}
	maps.Copy(f.alien, o.alien)
	maps.Copy(f.programs, o.programs)
}

// enter adds a value, or marks to one that is there.
func (f *findings) enter(v value, m uint8) {
	if have, ok := f.values[v]; !ok || have|m != have {
		f.values[v] = have | m
	}
}

// note enters a finding. The text is copied only when it is new.
func (f *findings) note(d *detect.Finding, text []byte) {
	if d.Form == detect.Base64 || d.Form == detect.Number || d.Tentative {
		return
	}
	if d.Start == d.End {
		switch {
		case d.Rule == detect.ProgramRule:
			f.programs[d.Value] = true
		case d.Value != "":
			f.alien[d.Value] = true
		}
		return
	}
	if d.Form == detect.Certificate {
		f.noteParts(detect.DecodeParts(d.Value))
		return
	}
	addr, toldAddress := addressOf(d, text[d.Start:d.End])
	if toldAddress = toldAddress && d.Learn && !byForm(d.Rule); toldAddress {
		if _, ok := f.told.find(addr); ok {
			return
		}
	} else if f.entered(d, text[d.Start:d.End]) {
		return
	}
	v := value{d.Kind, canonical(*d, text)}
	if v.canon == "" {
		return
	}
	if toldAddress {
		f.told.keep(addr, struct{}{})
	}
	f.enter(v, learnMarks(d))
}

// byForm tells the rules of names that only their own form gave away, or signs. The host
// of such a name may be a service of the world, called by any word.
func byForm(rule string) bool {
	return rule == "fqdn" || rule == "url-host" || rule == "email" || rule == detect.StrangerRule
}

// evidence is how sure it is that a value names something of the site.
type evidence uint8

const (
	guessed evidence = iota // by its form alone
	told                    // by its surroundings
	given                   // by the caller
)

// noteParts enters the values of a certificate's summary.
func (f *findings) noteParts(ps []detect.Part) {
	for _, p := range ps {
		if p.Kind != pseudonym.None {
			f.enter(value{p.Kind, p.Text}, isLearnt|isTold)
		}
	}
}

// canonical is the form of a value its stand-in is made from.
func canonical(d detect.Finding, text []byte) string {
	if d.Value != "" {
		return d.Value
	}
	t := text[d.Start:d.End]
	switch d.Kind {
	case pseudonym.Secret, pseudonym.IPv4:
		return string(t)
	case pseudonym.Phone:
		var b strings.Builder
		for _, c := range t {
			if c >= '0' && c <= '9' {
				b.WriteByte(c)
			}
		}
		return b.String()
	case pseudonym.Person, pseudonym.Org:
		return strings.Join(strings.Fields(strings.ToLower(string(t))), " ")
	case pseudonym.MAC, pseudonym.WWN, pseudonym.NAA:
		return string(hexDigits(nil, t))
	}
	return strings.ToLower(string(t))
}

// hexDigits appends the hex digits of a text, folded.
func hexDigits(out, t []byte) []byte {
	for _, c := range t {
		switch {
		case c >= '0' && c <= '9' || c >= 'a' && c <= 'f':
			out = append(out, c)
		case c >= 'A' && c <= 'F':
			out = append(out, c|0x20)
		}
	}
	return out
}

// saysItself reports whether the canonical form that a finding has is the one that
// its text gives.
func saysItself(d *detect.Finding, text []byte) bool {
	t := text[d.Start:d.End]
	switch d.Kind {
	case pseudonym.Secret, pseudonym.IPv4:
		return string(t) == d.Value
	case pseudonym.Phone, pseudonym.Person, pseudonym.Org:
		return canonical(detect.Finding{Start: d.Start, End: d.End, Kind: d.Kind}, text) == d.Value
	case pseudonym.MAC, pseudonym.WWN, pseudonym.NAA:
		var buf [64]byte
		return len(t) <= len(buf) && string(hexDigits(buf[:0], t)) == d.Value
	}
	if len(t) != len(d.Value) {
		return false
	}
	for i, c := range t {
		if c >= 0x80 {
			return strings.ToLower(string(t)) == d.Value
		}
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != d.Value[i] {
			return false
		}
	}
	return true
}

// sorted are the values that have all of the marks, in order.
func (f *findings) sorted(with uint8) []value {
	var vs []value
	for v, m := range f.values {
		if m&with == with {
			vs = append(vs, v)
		}
	}
	slices.SortFunc(vs, func(a, b value) int {
		if c := cmp.Compare(a.kind, b.kind); c != 0 {
			return c
		}
		return cmp.Compare(a.canon, b.canon)
	})
	return vs
}

// itemsOf are the spellings in which a value is looked for bare. What the
// caller gave is looked for even when it is short.
func itemsOf(k *detect.Knowledge, v value, by evidence) []detect.Item {
	one := detect.Item{Text: v.canon, Canon: v.canon, Kind: v.kind}
	switch v.kind {
	case pseudonym.Secret:
		one.Exact = true
		if by != given && (len(v.canon) < 6 || k.Common(strings.ToLower(v.canon))) {
			return nil
		}
		return []detect.Item{one}
	case pseudonym.IPv4:
		return ipv4Items(v)
	case pseudonym.MAC:
		return []detect.Item{one}
	case pseudonym.WWN:
		return []detect.Item{one}
	case pseudonym.NAA:
		if serial, ok := strings.CutPrefix(v.canon, "624a9370"); ok {
			return []detect.Item{one, {Text: serial, Canon: serial, Kind: pseudonym.Serial}}
		}
		if serial, ok := pseudonym.VolumeOfNGUID(v.canon); ok {
			return []detect.Item{one, {Text: serial, Canon: serial, Kind: pseudonym.Serial}}
		}
		return []detect.Item{one}
	case pseudonym.IPv6, pseudonym.UUID, pseudonym.Phone, pseudonym.IQN, pseudonym.NQN, pseudonym.SID:
		return nil // known by their form wherever they stand
	case pseudonym.FQDN:
		return fqdnItems(k, v, by)
	case pseudonym.Domain:
		return domainItems(k, v)
	case pseudonym.Email:
		return emailItems(k, v)
	}
	if !worthLooking(k, v.canon, by == given) {
		return nil
	}
	return append(append([]detect.Item{one}, otherCase(one)...), cutItems(k, v)...)
}

// otherCase are the spellings in capitals, and with one at the beginning, of a name
// with letters that are folded only as Unicode has it.
func otherCase(it detect.Item) []detect.Item {
	if !slices.ContainsFunc([]byte(it.Text), func(c byte) bool { return c >= 0x80 }) {
		return nil
	}
	r, n := utf8.DecodeRuneInString(it.Text)
	var items []detect.Item
	for _, t := range []string{strings.ToUpper(it.Text), string(unicode.ToUpper(r)) + it.Text[n:]} {
		other := it
		other.Text = strings.Map(func(r rune) rune {
			if r >= 'A' && r <= 'Z' {
				return r | 0x20
			}
			return r
		}, t)
		if other.Text != it.Text && !slices.Contains(items, other) {
			items = append(items, other)
		}
	}
	return items
}

// cutItems are the names that columns cut short: eight characters of an account,
// or seven and a plus, sixteen of a host.
func cutItems(k *detect.Knowledge, v value) []detect.Item {
	cut := func(n int, mark string) []detect.Item {
		if len(v.canon) <= n || !worthLooking(k, v.canon[:n], false) || v.canon[0] == '_' || !alnum(v.canon[n-1]) {
			return nil
		}
		return []detect.Item{{Text: v.canon[:n] + mark, Canon: v.canon, Kind: v.kind, Form: detect.Truncated}}
	}
	switch v.kind {
	case pseudonym.User:
		return append(cut(8, ""), cut(7, "+")...)
	case pseudonym.Host:
		return cut(16, "")
	}
	return nil
}

func alnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 0x80
}

// worthLooking says whether a name is distinct enough to be hidden wherever it
// stands alone: no word of every log, no small number.
func worthLooking(k *detect.Knowledge, name string, fixed bool) bool {
	if k.Keeps(name) || name == "localhost" || k.Common(name) {
		return false
	}
	digits := 0
	for _, c := range []byte(name) {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	if digits == len(name) {
		return len(name) >= 8
	}
	if fixed {
		return len(name) >= 2
	}
	return len(name) >= 4 || len(name) == 3
}

func ipv4Items(v value) []detect.Item {
	a, ok := parse4(v.canon)
	if !ok {
		return nil
	}
	fwd := hex4(a)
	back := hex4([4]byte{a[3], a[2], a[1], a[0]})
	var items []detect.Item
	if strings.ContainsAny(fwd, "abcdef") {
		items = append(items, detect.Item{Text: "0x" + fwd, Canon: v.canon, Kind: v.kind, Form: detect.HexForward},
			detect.Item{Text: fwd, Canon: v.canon, Kind: v.kind, Form: detect.HexForward})
	}
	if strings.ContainsAny(back, "abcdef") {
		items = append(items, detect.Item{Text: back, Canon: v.canon, Kind: v.kind, Form: detect.HexBack})
	}
	return items
}

// fqdnItems look for the host alone as well; its domain is known by suffix.
func fqdnItems(k *detect.Knowledge, v value, by evidence) []detect.Item {
	host, domain, _ := strings.Cut(v.canon, ".")
	items := []detect.Item{{Text: v.canon, Canon: v.canon, Kind: v.kind}}
	if worthLooking(k, host, by == given) && len(host) > 3 && (by != guessed || strings.ContainsAny(host, "0123456789-_")) {
		items = append(items, detect.Item{Text: host, Canon: host, Kind: pseudonym.Host})
		items = append(items, cutItems(k, value{pseudonym.Host, host})...)
	}
	return append(items, domainItems(k, value{pseudonym.Domain, domain})...)
}

// domainItems look for a domain of at least two labels, and for the first label
// as a Windows domain when it is a word of its own.
func domainItems(k *detect.Knowledge, v value) []detect.Item {
	if pseudonym.Authority(v.canon) {
		return nil // a maker's, which stays in the stand-ins of IQN and NQN
	}
	if strings.HasSuffix(v.canon, pseudonym.Suffix) {
		return nil // of a text that was redacted before
	}
	if strings.IndexByte(v.canon, '.') < 0 {
		if !worthLooking(k, v.canon, false) || detect.TopLevel(v.canon) {
			return nil
		}
	}
	return []detect.Item{{Text: v.canon, Canon: v.canon, Kind: v.kind}}
}

func emailItems(k *detect.Knowledge, v value) []detect.Item {
	local, domain, _ := strings.Cut(v.canon, "@")
	items := []detect.Item{{Text: v.canon, Canon: v.canon, Kind: v.kind}}
	if worthLooking(k, local, false) && len(local) > 3 {
		items = append(items, detect.Item{Text: local, Canon: local, Kind: pseudonym.User})
	}
	if strings.IndexByte(domain, '.') > 0 {
		items = append(items, domainItems(k, value{pseudonym.Domain, domain})...)
	}
	return items
}
