// Package roster knows the people, roles and keys a site and its vendor have
// agreed on.
//
// Two statements exist. A [Roster] lists the people of one site with their
// keys, how many officers must approve, the site's record recipient, and the
// keys revoked so far. A [Vendor] card lists the recipients that can open the
// site's bundles and the keys that sign replies. Both are plain statements
// (see bundle/statement): a person can read them, stock ssh-keygen can sign
// them, and [Roster.AllowedSigners] turns a roster into the file stock
// ssh-keygen verifies with.
//
// A key has one role and a role fixes the namespaces the key may sign in. One
// person has one key; one key belongs to one person. The package is pure.
//
// # Changes
//
// A roster changes by [Roster.Enrol], [Roster.Rotate], [Roster.Retire] and
// [Roster.Reset], each of which gives the next version. [Judge] says who has
// signed a version and who still must: as many officers of the version before as
// approve a bundle, and every key that is new in it, so that nobody is enrolled
// with a key he does not hold. The first version, and one after a reset, is
// signed by everybody in it.
//
// Revocations are numbered by the version that carries them, and cumulative: a
// later version repeats every one of them and never moves it to a later bundle.
// A key that was replaced or taken back stays in the roster as a former one, so
// that what it signed before can still be verified: by sequence, not by date.
package roster

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle/sign"
	"darksite/bundle/statement"
)

// Role says what a person's key may sign.
type Role string

// The roles. A collector makes bundles, an officer approves and releases them, a
// releaser only labels media and hands them to couriers, a replier of the vendor
// signs replies and receipts. Which of two officers is the second is a seat, taken
// by whoever signs second: see approve.SecondOfficer.
const (
	Collector Role = "collector"
	Officer   Role = "officer"
	Releaser  Role = "releaser"
	Replier   Role = "replier"
)

// Namespaces returns what a role may sign, or nil for a role that is not known.
func (r Role) Namespaces() []sign.Namespace {
	switch r {
	case Collector:
		return []sign.Namespace{sign.Manifest, sign.Run, sign.Step, sign.Enrol}
	case Officer:
		return []sign.Namespace{sign.Approval, sign.Label, sign.Roster}
	case Releaser:
		return []sign.Namespace{sign.Label, sign.Enrol}
	case Replier:
		return []sign.Namespace{sign.Reply, sign.Receipt, sign.Pack}
	}
	return nil
}

// Person is one holder of a key.
type Person struct {
	ID   string // short, lower-case, unique in the roster: mdurand
	Name string // for people
	Role Role
	Key  sign.PublicKey
}

// Revocation ends a key: bundles (or replies) with a sequence above After are
// no longer believed when this key signed them.
type Revocation struct {
	KeyID string
	After int64
}

// Roster is the people of one site.
type Roster struct {
	Site      string  // code such as S042
	Version   int64   // rises by one with every change
	Approvals int64   // officers who must agree; 1 or 2
	Record    string  // age recipient of the site's record key (hybrid)
	Clear     bool    // bundles may leave signed but not encrypted
	Resets    []int64 // versions that were made anew without the officers before
	People    []Person
	Former    []Person // keys no longer in force; each is revoked
	Revoked   []Revocation
}

// Vendor is what the vendor publishes to a site.
type Vendor struct {
	Name    string
	Version int64
	Intake  []string // age recipients (hybrid) that must be able to open bundles
	Escrow  []string // further ones, kept offline, for the day the intake keys are lost
	People  []Person // repliers
	Revoked []Revocation
}

// Errors a caller decides on.
var (
	ErrUnknownKey = errors.New("key is not on the roster")
	ErrWrongRole  = errors.New("role may not sign this")
	ErrRevoked    = errors.New("key is revoked")
)

const (
	siteFormat   = "darksite-roster/1"
	vendorFormat = "darksite-vendor/1"
	hybridPrefix = "age1pq1"
	clearAllowed = "allowed"
)

// Person returns the person with this id.
func (r Roster) Person(id string) (Person, bool) { return find(r.People, id) }

// Person returns the person with this id.
func (v Vendor) Person(id string) (Person, bool) { return find(v.People, id) }

func find(people []Person, id string) (Person, bool) {
	i := slices.IndexFunc(people, func(p Person) bool { return p.ID == id })
	if i < 0 {
		return Person{}, false
	}
	return people[i], true
}

// Recipients are everyone at the vendor who can open a bundle.
func (v Vendor) Recipients() []string { return slices.Concat(v.Intake, v.Escrow) }

// Check verifies a signature by anyone of the roster whose role allows the
// namespace and whose key is not revoked at seq. It returns who signed.
func (r Roster) Check(ns sign.Namespace, seq int64, text, armored []byte) (Person, error) {
	return check(slices.Concat(r.People, r.Former), r.Revoked, ns, seq, text, armored)
}

// Check is [Roster.Check] for the vendor's people.
func (v Vendor) Check(ns sign.Namespace, seq int64, text, armored []byte) (Person, error) {
	return check(v.People, v.Revoked, ns, seq, text, armored)
}

func check(people []Person, revoked []Revocation, ns sign.Namespace, seq int64, text, armored []byte) (Person, error) {
	key, err := sign.SignedBy(armored)
	if err != nil {
		return Person{}, err
	}
	i := slices.IndexFunc(people, func(p Person) bool { return p.Key == key })
	if i < 0 {
		return Person{}, fmt.Errorf("key %s: %w", key.ID(), ErrUnknownKey)
	}
	p := people[i]
	if !slices.Contains(p.Role.Namespaces(), ns) {
		return Person{}, fmt.Errorf("%s is a %s and signed in %s: %w", p.ID, p.Role, ns, ErrWrongRole)
	}
	for _, rev := range revoked {
		if rev.KeyID == key.ID() && seq > rev.After {
			return Person{}, fmt.Errorf("key %s of %s, since sequence %d: %w", rev.KeyID, p.ID, rev.After, ErrRevoked)
		}
	}
	if err := sign.Verify(ns, text, armored, key); err != nil {
		return Person{}, fmt.Errorf("signature of %s: %w", p.ID, err)
	}
	return p, nil
}

// Encode writes the roster in its one spelling: people by id, revocations by key.
func (r Roster) Encode() ([]byte, error) {
	if err := r.validate(); err != nil {
		return nil, fmt.Errorf("write roster: %w", err)
	}
	lines := []statement.Line{
		{Key: "format", Value: siteFormat},
		{Key: "site", Value: r.Site},
		{Key: "version", Value: strconv.FormatInt(r.Version, 10)},
		{Key: "approvals", Value: strconv.FormatInt(r.Approvals, 10)},
		{Key: "record", Value: r.Record},
	}
	if r.Clear {
		lines = append(lines, statement.Line{Key: "clear", Value: clearAllowed})
	}
	for _, v := range r.Resets {
		lines = append(lines, statement.Line{Key: "reset", Value: strconv.FormatInt(v, 10)})
	}
	return statement.Encode(append(lines, tail(r.People, r.Former, r.Revoked)...))
}

// Encode writes the vendor card in its one spelling.
func (v Vendor) Encode() ([]byte, error) {
	if err := v.validate(); err != nil {
		return nil, fmt.Errorf("write vendor card: %w", err)
	}
	lines := []statement.Line{
		{Key: "format", Value: vendorFormat},
		{Key: "name", Value: v.Name},
		{Key: "version", Value: strconv.FormatInt(v.Version, 10)},
	}
	for _, in := range v.Intake {
		lines = append(lines, statement.Line{Key: "intake", Value: in})
	}
	for _, e := range v.Escrow {
		lines = append(lines, statement.Line{Key: "escrow", Value: e})
	}
	return statement.Encode(append(lines, tail(v.People, nil, v.Revoked)...))
}

func tail(people, former []Person, revoked []Revocation) []statement.Line {
	var lines []statement.Line
	for _, p := range slices.SortedFunc(slices.Values(people), byID) {
		lines = append(lines, statement.Line{Key: "person", Value: personLine(p)})
	}
	for _, p := range slices.SortedFunc(slices.Values(former), byID) {
		lines = append(lines, statement.Line{Key: "former", Value: personLine(p)})
	}
	for _, rev := range slices.SortedFunc(slices.Values(revoked), func(a, b Revocation) int { return cmp.Compare(a.KeyID, b.KeyID) }) {
		lines = append(lines, statement.Line{Key: "revoked", Value: fmt.Sprintf("%s %d", rev.KeyID, rev.After)})
	}
	return lines
}

// byID orders people by their id, and the keys one person has had by key.
func byID(a, b Person) int {
	return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Key, b.Key))
}

func personLine(p Person) string { return fmt.Sprintf("%s %s %s %s", p.ID, p.Role, p.Key, p.Name) }

// Parse reads a roster and refuses any spelling Encode would not write.
func Parse(text []byte) (Roster, error) {
	f := statement.NewReader(text)
	f.Const("format", siteFormat)
	r := Roster{Site: f.Text("site"), Version: f.Int("version"), Approvals: f.Int("approvals"), Record: f.Text("record")}
	if clear := f.Repeat("clear"); len(clear) > 0 {
		if r.Clear = true; len(clear) > 1 || clear[0] != clearAllowed {
			f.Fail("clear", errors.New("want "+clearAllowed+", once, or nothing"))
		}
	}
	for _, line := range f.Repeat("reset") {
		v, err := strconv.ParseInt(line, 10, 64)
		if err != nil {
			f.Fail("reset", errors.New("want the version of a roster"))
		}
		r.Resets = append(r.Resets, v)
	}
	r.People = readPeople(f, "person")
	r.Former = readPeople(f, "former")
	r.Revoked = readRevoked(f)
	if err := f.Done(); err != nil {
		return Roster{}, fmt.Errorf("read roster: %w", err)
	}
	if err := sameSpelling(text, r.Encode); err != nil {
		return Roster{}, fmt.Errorf("read roster: %w", err)
	}
	return r, nil
}

// ParseVendor reads a vendor card and refuses any spelling Encode would not write.
func ParseVendor(text []byte) (Vendor, error) {
	f := statement.NewReader(text)
	f.Const("format", vendorFormat)
	v := Vendor{Name: f.Text("name"), Version: f.Int("version"), Intake: f.Repeat("intake"), Escrow: f.Repeat("escrow")}
	v.People, v.Revoked = readPeople(f, "person"), readRevoked(f)
	if err := f.Done(); err != nil {
		return Vendor{}, fmt.Errorf("read vendor card: %w", err)
	}
	if err := sameSpelling(text, v.Encode); err != nil {
		return Vendor{}, fmt.Errorf("read vendor card: %w", err)
	}
	return v, nil
}

func sameSpelling(text []byte, encode func() ([]byte, error)) error {
	again, err := encode()
	if err != nil {
		return err
	}
	if string(again) != string(text) {
		return fmt.Errorf("%w: not in its one spelling (people by id, revocations by key)", statement.ErrMalformed)
	}
	return nil
}

func readPeople(f *statement.Reader, field string) (people []Person) {
	for _, line := range f.Repeat(field) {
		part := strings.SplitN(line, " ", 5)
		if len(part) != 5 {
			f.Fail(field, errors.New("want id role keytype key name"))
			return nil
		}
		key, err := sign.ParsePublicKey(part[2] + " " + part[3])
		if err != nil {
			f.Fail(field, err)
			return nil
		}
		people = append(people, Person{ID: part[0], Role: Role(part[1]), Key: key, Name: part[4]})
	}
	return people
}

func readRevoked(f *statement.Reader) (revoked []Revocation) {
	for _, line := range f.Repeat("revoked") {
		id, after, _ := strings.Cut(line, " ")
		n, err := strconv.ParseInt(after, 10, 64)
		if err != nil || n < 0 {
			f.Fail("revoked", errors.New("want keyid and sequence"))
			return nil
		}
		revoked = append(revoked, Revocation{KeyID: id, After: n})
	}
	return revoked
}

func (r Roster) validate() error {
	if !ValidSite(r.Site) {
		return fmt.Errorf("site code %q: want 2 to 12 of A-Z and 0-9, beginning with a letter", r.Site)
	}
	if r.Version < 1 {
		return fmt.Errorf("version %d: want 1 or more", r.Version)
	}
	if r.Approvals != 1 && r.Approvals != 2 {
		return fmt.Errorf("approvals %d: want 1 or 2", r.Approvals)
	}
	if err := hybrid(r.Record); err != nil {
		return fmt.Errorf("record recipient: %w", err)
	}
	for i, v := range r.Resets {
		if v < 1 || v > r.Version || i > 0 && v <= r.Resets[i-1] {
			return fmt.Errorf("reset %d: want versions up to %d, rising", v, r.Version)
		}
	}
	return errors.Join(validatePeople(r.People, Collector, Officer, Releaser), validateFormer(r), validateRevoked(r.Revoked))
}

// validateFormer wants every former key revoked and held by nobody now.
func validateFormer(r Roster) error {
	for i, p := range r.Former {
		// A person may have had several keys; each is looked at by itself.
		if err := validatePeople([]Person{p}, Collector, Officer, Releaser); err != nil {
			return fmt.Errorf("former %w", err)
		}
		if !slices.ContainsFunc(r.Revoked, func(rev Revocation) bool { return rev.KeyID == p.Key.ID() }) {
			return fmt.Errorf("former key %s of %s is not revoked", p.Key.ID(), p.ID)
		}
		same := func(q Person) bool { return q.Key == p.Key }
		if slices.ContainsFunc(r.People, same) || slices.ContainsFunc(r.Former[:i], same) {
			return fmt.Errorf("former key %s of %s stands twice", p.Key.ID(), p.ID)
		}
	}
	return nil
}

func (v Vendor) validate() error {
	if v.Name == "" || v.Version < 1 || len(v.Intake) == 0 {
		return errors.New("name, version and at least one intake recipient are needed")
	}
	for i, one := range v.Recipients() {
		if err := hybrid(one); err != nil {
			return fmt.Errorf("intake recipient: %w", err)
		}
		if slices.Contains(v.Recipients()[:i], one) {
			return fmt.Errorf("intake recipient %.24s... stands twice", one)
		}
	}
	return errors.Join(validatePeople(v.People, Replier), validateRevoked(v.Revoked))
}

func validatePeople(people []Person, roles ...Role) error {
	for i, p := range people {
		if !validID(p.ID) {
			return fmt.Errorf("person id %q: want 2 to 32 of a-z, 0-9, dot and -", p.ID)
		}
		if p.Name == "" || strings.TrimSpace(p.Name) != p.Name {
			return fmt.Errorf("person %s: a name is needed, without spaces around it", p.ID)
		}
		// A key in another spelling would never be found by a signature.
		if key, err := sign.ParsePublicKey(string(p.Key)); err != nil || key != p.Key {
			return fmt.Errorf("person %s: key %.40q is not a public key in its short form", p.ID, p.Key)
		}
		if !slices.Contains(roles, p.Role) {
			return fmt.Errorf("person %s: role %q, want one of %v", p.ID, p.Role, roles)
		}
		for _, q := range people[:i] {
			if q.ID == p.ID {
				return fmt.Errorf("person %s stands twice", p.ID)
			}
			if q.Key == p.Key {
				return fmt.Errorf("%s and %s have the same key", q.ID, p.ID)
			}
		}
	}
	return nil
}

func validateRevoked(revoked []Revocation) error {
	for i, rev := range revoked {
		if len(rev.KeyID) != 16 || strings.Trim(rev.KeyID, "0123456789abcdef") != "" {
			return fmt.Errorf("revoked key %q: want 16 hex digits", rev.KeyID)
		}
		if rev.After < 0 {
			return fmt.Errorf("revoked key %s: sequence %d is below 0", rev.KeyID, rev.After)
		}
		if slices.ContainsFunc(revoked[:i], func(r Revocation) bool { return r.KeyID == rev.KeyID }) {
			return fmt.Errorf("key %s is revoked twice", rev.KeyID)
		}
	}
	return nil
}

// ValidSite reports whether s is a site code.
func ValidSite(s string) bool {
	if len(s) < 2 || len(s) > 12 || s[0] < 'A' || s[0] > 'Z' {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func validID(s string) bool {
	if len(s) < 2 || len(s) > 32 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

func hybrid(recipient string) error {
	if !strings.HasPrefix(recipient, hybridPrefix) || strings.ContainsAny(recipient, " \t") {
		return fmt.Errorf("want a hybrid age recipient (%s...): classic recipients are refused", hybridPrefix)
	}
	return nil
}

// AllowedSigners writes the file stock "ssh-keygen -Y verify -f" reads:
// principals are id@site, and each key is bound to the namespaces of its role.
func (r Roster) AllowedSigners() []byte {
	return allowedSigners(slices.Concat(r.People, r.Former), r.Site)
}

// AllowedSigners is [Roster.AllowedSigners] for the vendor; principals are id@vendor.
func (v Vendor) AllowedSigners() []byte { return allowedSigners(v.People, "vendor") }

func allowedSigners(people []Person, at string) []byte {
	var b strings.Builder
	for _, p := range slices.SortedFunc(slices.Values(people), byID) {
		names := make([]string, 0, 3)
		for _, ns := range p.Role.Namespaces() {
			names = append(names, string(ns))
		}
		fmt.Fprintf(&b, "%s@%s namespaces=\"%s\" %s\n", p.ID, at, strings.Join(names, ","), p.Key)
	}
	return []byte(b.String())
}

// RevokedKeys writes the file stock "ssh-keygen -Y verify -r" reads: the keys of
// the roster that count as revoked for a bundle of this sequence.
func (r Roster) RevokedKeys(seq int64) []byte {
	return revokedKeys(slices.Concat(r.People, r.Former), r.Revoked, seq)
}

// RevokedKeys is [Roster.RevokedKeys] for the vendor and a reply's sequence.
func (v Vendor) RevokedKeys(seq int64) []byte { return revokedKeys(v.People, v.Revoked, seq) }

func revokedKeys(people []Person, revoked []Revocation, seq int64) []byte {
	var b strings.Builder
	for _, p := range people {
		id := p.Key.ID()
		if slices.ContainsFunc(revoked, func(r Revocation) bool { return r.KeyID == id && seq > r.After }) {
			fmt.Fprintf(&b, "%s\n", p.Key)
		}
	}
	return []byte(b.String())
}
