// Package reply is the way back: what the desk answers, in one small file that
// is carried to the site and opened there.
//
// A reply pack is a ustar archive of REPLY.txt, its signatures and items.json, and
// of what is attached: vendor.txt, rules.yaml, runbooks.pack, certificates.txt,
// withdrawn.txt. It is sealed with age
// to the site's record recipient. REPLY.txt is a statement (see bundle/statement)
// that lists the digest of every other member, whom it is for, its number in the
// site's chain, the hash of the reply before, and which roster of the site the desk
// works by. Two people of the vendor sign it in the namespace reply@darksite;
// [Open] wants both, from two different people on the site's vendor card. What the
// rules, the pack of runbooks and the certificates say is for the caller to read and to refuse.
//
// A short reply also fits one QR code, [Built.Code], where no medium goes in: the same
// pack, compressed and sealed. [FromCode] gives [Open] what it needs.
//
// The desk calls [Build], the site [Open]. What Open returns is verified, but
// its order is not: the caller compares Seq and Prev with what it has applied
// (see [Order]). Nothing in a reply is ever executed; instructions are text, and
// text holds no character that a terminal would act on or hide.
//
// Limits: a pack is at most [MaxBytes], held in memory. The archive has one
// spelling: what is read is built again and compared byte for byte, so no place
// is left for anything a reader does not see.
package reply

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"darksite/bundle"
	"darksite/bundle/roster"
	"darksite/bundle/sign"
	"darksite/bundle/statement"
	"darksite/bundle/strictjson"

	"filippo.io/age"
)

// Bounds of a pack.
const (
	MaxBytes = 1 << 20
	MaxItems = 200
	MaxText  = 4000 // characters of an item, the vendor's bound of a comment
	maxWord  = 64   // characters of a name or a status
	signers  = 2
)

const (
	format    = "darksite-reply/1"
	textName  = "REPLY.txt"
	itemsName = "items.json"
	cardName  = "vendor.txt"
	rulesName = "rules.yaml"
	packName  = "runbooks.pack"
	certsName = "certificates.txt"
	goneName  = "withdrawn.txt"
	sigSuffix = ".sig"
)

// Errors a caller decides on.
var (
	// ErrRefused says that a pack is malformed, not signed as it must be, or not
	// for this site.
	ErrRefused = errors.New("reply is refused")
	// ErrApplied says that this reply was applied before.
	ErrApplied = errors.New("reply was applied before")
)

// Kind is what an item says.
type Kind string

// The kinds of item.
const (
	Ack         Kind = "ack"         // case number, severity, first diagnosis
	Comment     Kind = "comment"     // words for the case
	Status      Kind = "status"      // where the case stands
	Severity    Kind = "severity"    // it was raised
	Need        Kind = "need"        // more data: a profile of the collector, how far back, why
	Instruction Kind = "instruction" // steps for people; never run by anything
	Part        Kind = "part"        // a part is on its way, or what becomes of the old one
	Advice      Kind = "advice"      // a defect, and the version that has the fix
	Confirm     Kind = "confirm"     // is the case at its end? the contact answers
	Survey      Kind = "survey"      // the short survey after the end
)

// The risks of an instruction, in the order of what may happen.
const (
	RiskNone  = "none"
	RiskSlow  = "slow"  // hosts may wait
	RiskPaths = "paths" // hosts lose paths and must have others
	RiskDown  = "down"  // hosts lose the array
)

// Item is one thing said about one case. An item that no later bundle of the site
// has acknowledged is sealed again with the next reply: it is the same item when
// case, kind, time and words are the same.
type Item struct {
	At       string `json:"at"`       // when it was said at the desk, RFC 3339 in UTC, or empty
	Case     string `json:"case"`     // the site's draft id, or the eight-digit number
	Engineer string `json:"engineer"` // who answers
	Expect   string `json:"expect"`   // instruction: what is seen when it went well
	FixedIn  string `json:"fixed_in"` // advice
	Kind     Kind   `json:"kind"`
	Profile  string `json:"profile"`  // need: of the collector
	Risk     string `json:"risk"`     // instruction
	Rollback string `json:"rollback"` // instruction: how it is taken back
	Window   string `json:"window"`   // need: how far back, such as 6h or 3d
	Number   string `json:"number"`   // eight digits, or empty where the kind does not need it
	Severity int    `json:"severity"` // 1 to 4, or 0 where the kind does not need it
	Status   string `json:"status"`   // lower-case words, or empty where the kind does not need it
	Text     string `json:"text"`     // lines of text; an acknowledgement and a comment need it
}

// Receipt says that a bundle has arrived whole.
type Receipt struct {
	BID    bundle.ID
	Sealed bundle.Digest
}

// Reply is one reply.
type Reply struct {
	Audience string // site code
	Seq      int64  // 1, 2, 3 ... per site
	Prev     string // SHA-256 of the REPLY.txt before, "" for the first
	Issued   time.Time
	Receipts []Receipt
	Items    []Item
	Roster   Roster // the roster of the site that the desk works by
	Card     []byte // a new vendor card: who signs, who opens, which keys are taken back; nil for none
	Rules    []byte // the vendor's rules of alerts, all of them, in the place of those before; nil for none
	Pack     []byte // a signed pack of runbooks; nil for none

	Certificates []byte // of people of the site, in their text form, one a line; nil for none
	Withdrawn    []byte // the signed list of certificates that count no more; nil for none
}

// Roster names a version of a site's roster. The zero one says nothing.
type Roster struct {
	Version int64
	SHA256  bundle.Digest // of its text
}

func (r Roster) line() string {
	if r == (Roster{}) {
		return ""
	}
	return fmt.Sprintf("%d %s", r.Version, r.SHA256)
}

func parseRoster(line string) (Roster, error) {
	if line == "" {
		return Roster{}, nil
	}
	number, digest, _ := strings.Cut(line, " ")
	version, err := strconv.ParseInt(number, 10, 64)
	r := Roster{version, bundle.Digest(digest)}
	if err != nil || version < 1 || !r.SHA256.Valid() {
		return Roster{}, fmt.Errorf("roster_seen %.80q: want a version and a digest", line)
	}
	return r, nil
}

// FileName is how the file of a reply is called.
func (r Reply) FileName() string { return fmt.Sprintf("R-%s-%06d.reply", r.Audience, r.Seq) }

// Built is a sealed reply.
type Built struct {
	File []byte // what is carried
	Hash string // SHA-256 of REPLY.txt, the Prev of the next one
	Code string // the same reply as the text of one QR code; empty where it does not fit one
}

// Build signs a reply by two people and seals it to the site.
func Build(r Reply, by []sign.Signer, recipient string) (Built, error) {
	to, err := age.ParseHybridRecipient(recipient)
	if err != nil {
		return Built{}, fmt.Errorf("build reply: recipient: %w", err)
	}
	if len(by) != signers || by[0].Public() == by[1].Public() {
		return Built{}, fmt.Errorf("build reply: %d different signers are needed", signers)
	}
	items, err := strictjson.Encode(list{Items: r.Items})
	if err != nil {
		return Built{}, fmt.Errorf("build reply: %w", err)
	}
	text, err := r.encode(items)
	if err != nil {
		return Built{}, fmt.Errorf("build reply: %w", err)
	}
	members := []member{{textName, text}}
	for _, s := range by {
		sig, err := s.Sign(sign.Reply, text)
		if err != nil {
			return Built{}, fmt.Errorf("build reply: %w", err)
		}
		members = append(members, member{sigName(s.Public()), sig})
	}
	plain, err := archive(append(members, r.listed(items)...))
	if err != nil {
		return Built{}, fmt.Errorf("build reply: %w", err)
	}
	file, err := seal(plain, to)
	if err != nil {
		return Built{}, fmt.Errorf("build reply: %w", err)
	}
	if len(file) > MaxBytes {
		return Built{}, fmt.Errorf("build reply: %d bytes, at most %d: answer in two", len(file), MaxBytes)
	}
	qr, err := code(plain, to)
	if err != nil {
		return Built{}, fmt.Errorf("build reply: %w", err)
	}
	return Built{File: file, Hash: string(bundle.DigestOf(text)), Code: qr}, nil
}

func sigName(key sign.PublicKey) string { return textName + "." + key.ID() + sigSuffix }

// list is the document items.json.
type list struct {
	Items []Item `json:"items"`
}

func (r Reply) encode(items []byte) ([]byte, error) {
	if err := r.validate(); err != nil {
		return nil, err
	}
	lines := []statement.Line{
		{Key: "format", Value: format},
		{Key: "audience", Value: r.Audience},
		{Key: "reply_seq", Value: strconv.FormatInt(r.Seq, 10)},
		{Key: "prev_reply_sha256", Value: r.Prev},
		{Key: "issued_utc", Value: r.Issued.UTC().Format(time.RFC3339)},
		{Key: "roster_seen", Value: r.Roster.line()},
	}
	for _, rc := range r.Receipts {
		lines = append(lines, statement.Line{Key: "receipt", Value: string(rc.BID) + " " + string(rc.Sealed)})
	}
	for _, m := range r.listed(items) {
		lines = append(lines, statement.Line{Key: "member", Value: fmt.Sprintf("%s %d %s", bundle.DigestOf(m.data), len(m.data), m.name)})
	}
	return statement.Encode(lines)
}

// listed are the members whose digests the statement carries, in their order.
func (r Reply) listed(items []byte) []member {
	list := []member{{itemsName, items}}
	for _, m := range []member{{cardName, r.Card}, {rulesName, r.Rules}, {packName, r.Pack}, {certsName, r.Certificates}, {goneName, r.Withdrawn}} {
		if m.data != nil {
			list = append(list, m)
		}
	}
	return list
}

// attach takes what is attached from the members behind the items.
func (r *Reply) attach(members []member) {
	for _, m := range members {
		switch m.name {
		case cardName:
			r.Card = m.data
		case rulesName:
			r.Rules = m.data
		case packName:
			r.Pack = m.data
		case certsName:
			r.Certificates = m.data
		case goneName:
			r.Withdrawn = m.data
		}
	}
}

// attachments is how many members a reply may have besides what every one has.
const attachments = 5

func (r Reply) validate() error {
	if !roster.ValidSite(r.Audience) || r.Seq < 1 || (r.Seq == 1) != (r.Prev == "") || r.Prev != "" && !bundle.Digest(r.Prev).Valid() {
		return errors.New("audience, sequence or the hash of the reply before is not valid")
	}
	if len(r.Items) == 0 && len(r.Receipts) == 0 && len(r.listed(nil)) == 1 {
		return errors.New("it says nothing: neither an item nor a receipt")
	}
	if again, err := parseRoster(r.Roster.line()); err != nil || again != r.Roster {
		return errors.New("the roster of the site is not a version and a digest")
	}
	if r.Card != nil {
		if _, err := roster.ParseVendor(r.Card); err != nil {
			return fmt.Errorf("%s: %w", cardName, err)
		}
	}
	for _, rc := range r.Receipts {
		if !rc.of(r.Audience) {
			return fmt.Errorf("receipt %q %q: want a bundle of site %s and the digest of its sealed file", rc.BID, rc.Sealed, r.Audience)
		}
	}
	if len(r.Items) > MaxItems {
		return fmt.Errorf("%d items, at most %d", len(r.Items), MaxItems)
	}
	for i, it := range r.Items {
		if err := it.validate(); err != nil {
			return fmt.Errorf("item %d: %w", i+1, err)
		}
	}
	return nil
}

// of reports whether a receipt is for a bundle of this site.
func (rc Receipt) of(site string) bool {
	seq, err := strconv.ParseInt(strings.TrimPrefix(string(rc.BID), site+"-"), 10, 64)
	return err == nil && seq > 0 && bundle.NewID(site, uint64(seq)) == rc.BID && rc.Sealed.Valid()
}

func (it Item) validate() error {
	switch {
	case !bundle.ValidDraft(it.Case) && !bundle.ValidNumber(it.Case):
		return fmt.Errorf("%q names no case: want the id of a draft or eight digits", it.Case)
	case it.Number != "" && !bundle.ValidNumber(it.Number):
		return fmt.Errorf("number %q: want eight digits", it.Number)
	case it.Severity < 0 || it.Severity > 4:
		return fmt.Errorf("severity %d: want 1 to 4", it.Severity)
	case !shown(it.Engineer, maxWord, ""):
		return fmt.Errorf("name of the engineer: want at most %d characters that can be shown", maxWord)
	case len(it.Status) > maxWord || strings.Trim(it.Status, "abcdefghijklmnopqrstuvwxyz ") != "":
		return fmt.Errorf("status %.80q: want at most %d lower-case letters", it.Status, maxWord)
	case !shown(it.Text, MaxText, "\n\t") || !shown(it.Expect, MaxText, "\n\t") || !shown(it.Rollback, MaxText, "\n\t"):
		return fmt.Errorf("text: want at most %d characters that can be shown", MaxText)
	case !plain(it.Profile, "abcdefghijklmnopqrstuvwxyz-") || !plain(it.Window, "0123456789smhd") || !plain(it.FixedIn, "0123456789."):
		return errors.New("profile, window or version: want a word of a profile, a span such as 6h, a version such as 6.6.10")
	}
	if it.At != "" {
		if at, err := time.Parse(time.RFC3339, it.At); err != nil || at.UTC().Format(time.RFC3339) != it.At {
			return fmt.Errorf("time %.40q: want RFC 3339 in UTC", it.At)
		}
	}
	said := !blank(it.Text)
	switch it.Kind {
	case Ack:
		if it.Number == "" || it.Severity == 0 || !said {
			return errors.New("an acknowledgement needs an eight-digit number, a severity and a first diagnosis")
		}
	case Comment:
		if !said {
			return errors.New("a comment needs text")
		}
	case Status:
		if strings.TrimSpace(it.Status) == "" {
			return errors.New("a change of status needs the status")
		}
	case Severity:
		if it.Severity == 0 {
			return errors.New("a raised severity needs the severity")
		}
	case Need:
		if it.Profile == "" || !said {
			return errors.New("a need for data names a profile of the collector and says why")
		}
	case Instruction:
		if !slices.Contains([]string{RiskNone, RiskSlow, RiskPaths, RiskDown}, it.Risk) || !said || blank(it.Expect) || blank(it.Rollback) {
			return errors.New("an instruction needs steps, a risk (none, slow, paths, down), what to expect and how to take it back")
		}
	case Part, Advice, Confirm, Survey:
		if !said {
			return fmt.Errorf("%s needs words", it.Kind)
		}
	default:
		return fmt.Errorf("unknown kind %q", it.Kind)
	}
	return nil
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// plain reports whether a word is short and of these characters.
func plain(s, of string) bool { return len(s) <= maxWord && strings.Trim(s, of) == "" }

// shown reports whether text is short enough and holds nothing that a terminal
// would act on or hide.
func shown(text string, most int, allowed string) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= most && !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.IsGraphic(r) && !strings.ContainsRune(allowed, r)
	})
}

// Opened is a verified reply.
type Opened struct {
	Reply
	Hash    string // of REPLY.txt
	Signers []roster.Person
}

// Open decrypts, reads and verifies a reply for a site. Every refusal wraps
// ErrRefused.
func Open(file []byte, ids []age.Identity, site string, v roster.Vendor) (Opened, error) {
	o, err := openPack(file, ids, site, v)
	if err != nil {
		return Opened{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return o, nil
}

func openPack(file []byte, ids []age.Identity, site string, v roster.Vendor) (Opened, error) {
	if len(file) > MaxBytes {
		return Opened{}, fmt.Errorf("%d bytes, at most %d", len(file), MaxBytes)
	}
	plain, err := unseal(file, ids)
	if err != nil {
		return Opened{}, err
	}
	if !bytes.HasPrefix(plain, []byte(textName)) { // it came as a code
		if plain, err = inflate(plain); err != nil {
			return Opened{}, err
		}
	}
	members, err := unarchive(plain)
	if err != nil {
		return Opened{}, err
	}
	if len(members) < signers+2 || members[0].name != textName || members[signers+1].name != itemsName {
		return Opened{}, fmt.Errorf("want %s, %d signatures, %s and what is attached, in this order", textName, signers, itemsName)
	}
	text, items := members[0].data, members[signers+1].data
	r, err := parse(text, items, members[signers+2:])
	if err != nil {
		return Opened{}, err
	}
	if r.Audience != site {
		return Opened{}, fmt.Errorf("it is for site %s, this is %s", r.Audience, site)
	}
	people, err := verify(text, members[1:signers+1], r.Seq, v)
	if err != nil {
		return Opened{}, err
	}
	return Opened{Reply: r, Hash: string(bundle.DigestOf(text)), Signers: people}, nil
}

func verify(text []byte, sigs []member, seq int64, v roster.Vendor) ([]roster.Person, error) {
	var people []roster.Person
	for _, s := range sigs {
		p, err := v.Check(sign.Reply, seq, text, s.data)
		if err != nil {
			return nil, err
		}
		if s.name != sigName(p.Key) {
			return nil, fmt.Errorf("signature of %s has the name %q", p.ID, s.name)
		}
		if len(people) > 0 && people[0].ID == p.ID {
			return nil, fmt.Errorf("%s has signed twice: two people must sign", p.ID)
		}
		people = append(people, p)
	}
	return people, nil
}

func parse(text, items []byte, attached []member) (Reply, error) {
	f := statement.NewReader(text)
	f.Const("format", format)
	r := Reply{Audience: f.Text("audience"), Seq: f.Int("reply_seq"), Prev: f.Text("prev_reply_sha256")}
	r.attach(attached)
	if !slices.EqualFunc(r.listed(items)[1:], attached, func(x, y member) bool { return x.name == y.name }) {
		return Reply{}, errors.New("a member does not belong here, or stands in another order")
	}
	issued, seen := f.Text("issued_utc"), f.Text("roster_seen")
	for _, line := range f.Repeat("receipt") {
		bid, digest, _ := strings.Cut(line, " ") // validate looks at both
		r.Receipts = append(r.Receipts, Receipt{bundle.ID(bid), bundle.Digest(digest)})
	}
	for _, m := range r.listed(items) {
		f.Const("member", fmt.Sprintf("%s %d %s", bundle.DigestOf(m.data), len(m.data), m.name))
	}
	if err := f.Done(); err != nil {
		return Reply{}, err
	}
	var err error
	if r.Issued, err = time.Parse(time.RFC3339, issued); err != nil {
		return Reply{}, fmt.Errorf("issued_utc: %w", err)
	}
	if r.Roster, err = parseRoster(seen); err != nil {
		return Reply{}, err
	}
	doc, err := strictjson.Decode[list](items, strictjson.Limits{Bytes: MaxBytes, Depth: 4})
	if err != nil {
		return Reply{}, fmt.Errorf("%s: %w", itemsName, err)
	}
	r.Items = doc.Items
	again, err := r.encode(items)
	if err != nil {
		return Reply{}, err
	}
	if !bytes.Equal(again, text) {
		return Reply{}, fmt.Errorf("%s is not in its one spelling", textName)
	}
	return r, nil
}

// Order holds a verified reply against the newest one applied. It returns how
// many replies between them are missing; they are still to come, and items do
// not depend on them. A reply that was applied before is ErrApplied; one that
// claims a place already taken, or another predecessor, is refused.
func Order(o Opened, seq int64, hash string) (missing int64, err error) {
	switch {
	case o.Seq == seq && o.Hash == hash:
		return 0, ErrApplied
	case o.Seq <= seq:
		return 0, fmt.Errorf("%w: it is number %d and number %d is applied: an old reply could bring an old word back", ErrRefused, o.Seq, seq)
	case o.Seq == seq+1 && o.Prev != hash:
		return 0, fmt.Errorf("%w: it follows another reply %d than the one applied here", ErrRefused, seq)
	case o.Seq > seq+1000:
		return 0, fmt.Errorf("%w: it is number %d and number %d is applied: a leap of more than 1,000", ErrRefused, o.Seq, seq)
	}
	return o.Seq - seq - 1, nil
}
