package site

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle/journal"
	"darksite/bundle/roster"
	"darksite/bundle/safefile"
	"darksite/bundle/sign"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/keyfile"
)

// rostersDir holds every version of the roster that was in force since it was
// founded, as NNNNNN.txt with signatures NNNNNN.KEYID.sig, and the change that is
// proposed as next.txt. roster.txt is a copy of the newest.
const (
	RostersDir = "rosters"
	Proposal   = "next"

	rosterForce = "roster.force" // in the journal
)

func rosterName(version int64) string { return fmt.Sprintf("%06d", version) }

// Roster reads the roster in force. Once it was founded every version must be
// signed as the version before demands; until then it is what was written.
func (s *Site) Roster() (roster.Roster, error) {
	data, err := os.ReadFile(s.Path(RosterFile))
	if err != nil {
		return roster.Roster{}, cli.WithHint(fmt.Errorf("read the roster: %w", err), "darksite init --code S042 --name \"your site\"")
	}
	r, err := roster.Parse(data)
	if err != nil {
		return r, s.Unreadable(RosterFile, err)
	}
	standing, text, err := s.RosterChain()
	if err != nil {
		return roster.Roster{}, s.Unreadable(RostersDir, err)
	}
	if standing == nil {
		return r, s.neverFounded()
	}
	if bytes.Equal(text, data) {
		return r, nil
	}
	if r.Version == standing.Next.Version-1 {
		// A crash came between the two writes; the signed version counts.
		return standing.Next, safefile.Write(s.Path(RosterFile), text, 0o644)
	}
	return roster.Roster{}, s.Unreadable(RosterFile, fmt.Errorf("it is not roster %d, which the officers signed", standing.Next.Version))
}

// neverFounded refuses a roster without signatures where the journal says that
// one was signed: somebody has removed them.
func (s *Site) neverFounded() error {
	log, err := s.ViewJournal()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was decided yet
	}
	if err != nil {
		return err
	}
	for e, err := range log.Entries(context.Background(), 1) {
		if err != nil {
			return err
		}
		if e.Action == rosterForce {
			return s.Unreadable(RostersDir, fmt.Errorf("the journal says in entry %d that roster %s was signed, but the signed rosters are gone", e.Seq, e.Details["version"]))
		}
	}
	return nil
}

// RosterChain checks every signed version against the one before and returns how
// the newest stands, or nil where the roster was never founded.
func (s *Site) RosterChain() (*roster.Standing, []byte, error) {
	files, err := filepath.Glob(s.Path(RostersDir, "[0-9]*.txt"))
	if err != nil {
		return nil, nil, fmt.Errorf("list rosters: %w", err)
	}
	slices.Sort(files)
	var last *roster.Standing
	var text []byte
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		var sigs [][]byte
		if text, sigs, err = s.signedRoster(name); err != nil {
			return nil, nil, err
		}
		var base *roster.Roster
		if last != nil {
			base = &last.Next
		}
		st, err := roster.Judge(base, text, sigs)
		if err == nil && !st.Complete() {
			err = errors.New("signatures are missing: " + Unsigned(st))
		}
		if err == nil && rosterName(st.Next.Version) != name {
			err = fmt.Errorf("it is roster %d", st.Next.Version)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		last = &st
	}
	return last, text, nil
}

// signedRoster reads a version, or the proposal, and the signatures beside it.
func (s *Site) signedRoster(name string) (text []byte, sigs [][]byte, err error) {
	if text, err = os.ReadFile(s.Path(RostersDir, name+".txt")); err != nil {
		return nil, nil, err
	}
	files, err := s.rosterSigs(name)
	if err != nil {
		return nil, nil, err
	}
	for _, file := range files {
		sig, err := os.ReadFile(file)
		if err != nil {
			return nil, nil, err
		}
		sigs = append(sigs, sig)
	}
	return text, sigs, nil
}

func (s *Site) rosterSigs(name string) ([]string, error) {
	files, err := filepath.Glob(s.Path(RostersDir, name+".*.sig"))
	if err != nil {
		return nil, fmt.Errorf("list signatures: %w", err)
	}
	return files, nil
}

// SignedText is the roster in force with the signatures under it.
func (s *Site) SignedText(r roster.Roster) ([]byte, error) {
	text, sigs, err := s.signedRoster(rosterName(r.Version))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cli.WithHint(cli.WithCode(cli.CodeRefused, errors.New("the roster is signed by nobody yet")), "darksite site keys checklist found")
	}
	if err != nil {
		return nil, fmt.Errorf("read roster %d: %w", r.Version, err)
	}
	return roster.Bundle(text, sigs), nil
}

// SaveRoster keeps the next version: at once while the roster is not founded,
// else as a proposal that officers sign. It reports whether it is in force.
func (s *Site) SaveRoster(r roster.Roster) (inForce bool, err error) {
	text, err := r.Encode()
	if err != nil {
		return false, err
	}
	standing, _, err := s.RosterChain()
	if err != nil {
		return false, s.Unreadable(RostersDir, err)
	}
	if standing == nil {
		// What was proposed as the first is no longer what is there.
		return true, errors.Join(s.DropProposal(), safefile.Write(s.Path(RosterFile), text, 0o644))
	}
	return false, s.ProposeRoster(&standing.Next, text)
}

// ProposeRoster keeps a proposal and drops the signatures under an earlier one. What
// may never come into force is refused at once.
func (s *Site) ProposeRoster(base *roster.Roster, text []byte) error {
	st, err := roster.Judge(base, text, nil)
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "darksite site keys   (shows who holds what)")
	}
	if err := os.MkdirAll(s.Path(RostersDir), 0o700); err != nil {
		return fmt.Errorf("keep the proposal: %w", err)
	}
	if err := s.DropProposal(); err != nil {
		return err
	}
	if err := safefile.Write(s.Path(RostersDir, Proposal+".txt"), text, 0o644); err != nil {
		return err
	}
	if err := s.Record(journal.Entry{Actor: "admin", Action: "roster.propose", Details: RosterDetails(st.Next)}); err != nil {
		return err
	}
	s.Env.Notef("roster %d is proposed; it comes into force when it is signed", st.Next.Version)
	s.Env.Notef("%s", Unsigned(st))
	s.Env.Next("darksite site keys sign --as ID", "darksite site keys drop --as ID --reason \"...\"")
	return nil
}

// RosterDetails are what the journal keeps of a version of the roster.
func RosterDetails(r roster.Roster) map[string]string {
	return map[string]string{"version": strconv.FormatInt(r.Version, 10)}
}

// DropProposal removes the text last: without it signatures mean nothing.
func (s *Site) DropProposal() error {
	files, err := s.rosterSigs(Proposal)
	if err != nil {
		return err
	}
	for _, file := range append(files, s.Path(RostersDir, Proposal+".txt")) {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("drop the proposal: %w", err)
		}
	}
	return nil
}

// ProposedRoster reads the proposal; ok is false where there is none.
func (s *Site) ProposedRoster() (st roster.Standing, text []byte, ok bool, err error) {
	text, sigs, err := s.signedRoster(Proposal)
	if errors.Is(err, fs.ErrNotExist) {
		return st, nil, false, nil
	}
	if err != nil {
		return st, nil, false, fmt.Errorf("read the proposal: %w", err)
	}
	base, _, err := s.RosterChain()
	if err != nil {
		return st, nil, false, s.Unreadable(RostersDir, err)
	}
	if base == nil {
		st, err = roster.Judge(nil, text, sigs)
	} else {
		st, err = roster.Judge(&base.Next, text, sigs)
	}
	if err != nil {
		err = cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("the proposal: %w", err)), "darksite site keys drop --as ID --reason \"...\"   (and propose it again)")
	}
	return st, text, true, err
}

// LatestRoster is the roster a further change builds on: the proposal where there is
// one, else the roster in force. number is the version that the change gets.
func (s *Site) LatestRoster() (r roster.Roster, number int64, err error) {
	r, err = s.Roster()
	if err != nil {
		return r, 0, err
	}
	chain, _, err := s.RosterChain()
	if err != nil {
		return r, 0, s.Unreadable(RostersDir, err)
	}
	st, _, ok, err := s.ProposedRoster()
	if err != nil || !ok || chain == nil {
		return r, r.Version + 1, err
	}
	return st.Next, st.Next.Version, nil
}

// Unsigned says in words which signatures a version lacks.
func Unsigned(s roster.Standing) string {
	var parts []string
	if s.Votes < s.Needed {
		var who []string
		for _, p := range s.Voters {
			who = append(who, p.ID)
		}
		parts = append(parts, fmt.Sprintf("%d of %d officers of the roster in force have signed; still can: %s", s.Votes, s.Needed, strings.Join(who, ", ")))
	}
	if len(s.Keys) > 0 {
		var who []string
		for _, p := range s.Keys {
			who = append(who, p.ID)
		}
		parts = append(parts, "must show by signing that they hold their key: "+strings.Join(who, ", "))
	}
	if len(parts) == 0 {
		return "every signature is there"
	}
	return strings.Join(parts, "; ")
}

// SignProposal keeps a signature under the proposal, once it is known to count.
func (s *Site) SignProposal(text []byte, key sign.Signer, ns sign.Namespace) error {
	sig, err := key.Sign(ns, text)
	if err != nil {
		return err
	}
	if err := sign.Verify(ns, text, sig, key.Public()); err != nil {
		return fmt.Errorf("the signature just made: %w", err)
	}
	return safefile.Write(s.Path(RostersDir, Proposal+"."+key.Public().ID()+".sig"), sig, 0o644)
}

// PutInForce puts a proposal that is fully signed into force: journal first, then the
// signatures, then the version, whose file is what counts.
func (s *Site) PutInForce(st roster.Standing, text []byte, actor string) error {
	var by []string
	for _, p := range st.Signed {
		by = append(by, p.ID)
	}
	slices.Sort(by)
	details := RosterDetails(st.Next)
	details["signed_by"] = strings.Join(by, " ")
	if err := s.Record(journal.Entry{Actor: actor, Action: rosterForce, Details: details}); err != nil {
		return err
	}
	name := rosterName(st.Next.Version)
	files, err := s.rosterSigs(Proposal)
	if err != nil {
		return err
	}
	for _, file := range files {
		sig, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("put roster %d into force: %w", st.Next.Version, err)
		}
		to := s.Path(RostersDir, name+strings.TrimPrefix(filepath.Base(file), Proposal))
		if err := safefile.Write(to, sig, 0o644); err != nil {
			return err
		}
	}
	if err := safefile.Write(s.Path(RostersDir, name+".txt"), text, 0o644); err != nil {
		return err
	}
	if err := safefile.Write(s.Path(RosterFile), text, 0o644); err != nil {
		return err
	}
	return errors.Join(s.DropProposal(), s.renewKeyFiles(st.Next))
}

// NextKey is the name of a key that was made for a person and is not in force.
func NextKey(id string) string { return id + ".next" }

// renewKeyFiles gives a key that came into force the usual name; the one before
// keeps its file under its key id, for nothing is deleted.
func (s *Site) renewKeyFiles(r roster.Roster) error {
	for _, p := range r.People {
		fresh, err := keyfile.PublicKey(s.Path(KeysDir, NextKey(p.ID)+".pub"))
		if err != nil || fresh != p.Key {
			continue // none was made, or not this one
		}
		old, err := keyfile.PublicKey(s.Path(KeysDir, p.ID+".pub"))
		for _, suffix := range []string{".key", ".pub"} {
			at := s.Path(KeysDir, p.ID+suffix)
			if err == nil {
				if err := os.Rename(at, s.Path(KeysDir, p.ID+"."+old.ID()+suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return fmt.Errorf("put the old key of %s aside: %w", p.ID, err)
				}
			}
			if err := os.Rename(s.Path(KeysDir, NextKey(p.ID)+suffix), at); err != nil {
				return fmt.Errorf("put the new key of %s in its place: %w", p.ID, err)
			}
		}
	}
	return nil
}
