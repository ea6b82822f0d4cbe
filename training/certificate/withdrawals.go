package certificate

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

// Withdrawal ends one certificate.
type Withdrawal struct {
	ID  string
	On  Day
	Why string // for people: left the site, key lost
}

// Withdrawals is the numbered list of certificates that no longer count. A newer list
// holds all that the older held; a verifier never goes back to a lower number.
type Withdrawals struct {
	Number int64
	Issued Day
	List   []Withdrawal // by ID
}

const listFormat = "darksite-withdrawals/1"

// MaxWithdrawn bounds one list.
const MaxWithdrawn = 900

// ErrOlderList says that a list has a lower number than the one at hand, or drops
// something that list held.
var ErrOlderList = errors.New("not a newer list of withdrawn certificates")

func (w *Withdrawals) of(id string) (Withdrawal, bool) {
	if w == nil {
		return Withdrawal{}, false
	}
	i := slices.IndexFunc(w.List, func(e Withdrawal) bool { return e.ID == id })
	if i < 0 {
		return Withdrawal{}, false
	}
	return w.List[i], true
}

// Encode writes the list in its one spelling, by ID.
func (w Withdrawals) Encode() ([]byte, error) {
	if err := w.validate(); err != nil {
		return nil, fmt.Errorf("write list of withdrawn certificates: %w", err)
	}
	lines := []statement.Line{
		{Key: "format", Value: listFormat},
		{Key: "number", Value: strconv.FormatInt(w.Number, 10)},
		{Key: "issued", Value: w.Issued.String()},
	}
	for _, e := range slices.SortedFunc(slices.Values(w.List), func(a, b Withdrawal) int { return cmp.Compare(a.ID, b.ID) }) {
		lines = append(lines, statement.Line{Key: "withdrawn", Value: e.ID + " " + e.On.String() + " " + e.Why})
	}
	return statement.Encode(lines)
}

// ParseWithdrawals reads a list and refuses any spelling Encode would not write.
func ParseWithdrawals(text []byte) (Withdrawals, error) {
	f := statement.NewReader(text)
	f.Const("format", listFormat)
	w := Withdrawals{Number: f.Int("number"), Issued: day(f, "issued")}
	for _, line := range f.Repeat("withdrawn") {
		part := strings.SplitN(line, " ", 3)
		if len(part) != 3 {
			f.Fail("withdrawn", errors.New("want id, day and reason"))
			break
		}
		on, err := ParseDay(part[1])
		if err != nil {
			f.Fail("withdrawn", err)
			break
		}
		w.List = append(w.List, Withdrawal{part[0], on, part[2]})
	}
	if err := f.Done(); err != nil {
		return Withdrawals{}, fmt.Errorf("read list of withdrawn certificates: %w", err)
	}
	again, err := w.Encode()
	if err != nil {
		return Withdrawals{}, fmt.Errorf("read list of withdrawn certificates: %w", err)
	}
	if string(again) != string(text) {
		return Withdrawals{}, fmt.Errorf("read list of withdrawn certificates: %w: not in its one spelling (by id)", statement.ErrMalformed)
	}
	return w, nil
}

func (w Withdrawals) validate() error {
	if w.Number < 1 {
		return fmt.Errorf("number %d: want 1 or more", w.Number)
	}
	if len(w.List) > MaxWithdrawn {
		return fmt.Errorf("%d certificates, at most %d", len(w.List), MaxWithdrawn)
	}
	if w.Issued.year < firstYear {
		return errors.New("the day of issue is missing")
	}
	for i, e := range w.List {
		if e.On.year < firstYear {
			return fmt.Errorf("%s: the day it ended is missing", e.ID)
		}
		if !ValidID(e.ID) {
			return fmt.Errorf("id %q: want 3 to %d of A-Z, 0-9 and dashes", e.ID, MaxID)
		}
		if e.Why == "" {
			return fmt.Errorf("%s: a reason is needed", e.ID)
		}
		if slices.ContainsFunc(w.List[:i], func(o Withdrawal) bool { return o.ID == e.ID }) {
			return fmt.Errorf("%s stands twice", e.ID)
		}
	}
	return nil
}

// CheckWithdrawals reads a list with its armored signature by one of the vendor's keys
// and makes sure that it is newer than the one at hand, if there is one. The error
// wraps [sign.ErrBadSignature] or [ErrOlderList] where that is the reason.
func CheckWithdrawals(text, armored []byte, vendor []sign.PublicKey, have *Withdrawals) (Withdrawals, error) {
	by, err := sign.SignedBy(armored)
	if err != nil {
		return Withdrawals{}, fmt.Errorf("list of withdrawn certificates: %w", err)
	}
	if !slices.Contains(vendor, by) {
		return Withdrawals{}, fmt.Errorf("list of withdrawn certificates: %w: key %s is not the vendor's", sign.ErrBadSignature, by.ID())
	}
	if err := sign.Verify(sign.Certificate, text, armored, by); err != nil {
		return Withdrawals{}, fmt.Errorf("list of withdrawn certificates: %w", err)
	}
	w, err := ParseWithdrawals(text)
	if err != nil || have == nil {
		return w, err
	}
	if w.Number <= have.Number {
		return Withdrawals{}, fmt.Errorf("list %d and list %d is here: %w", w.Number, have.Number, ErrOlderList)
	}
	for _, e := range have.List {
		if _, ok := w.of(e.ID); !ok {
			return Withdrawals{}, fmt.Errorf("list %d leaves out %s of list %d: %w", w.Number, e.ID, have.Number, ErrOlderList)
		}
	}
	return w, nil
}
