package sitecmd

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
	"darksite/bundle/pipeline"
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
	rostersDir = "rosters"
	proposal   = "next"

	rosterForce = "roster.force" // in the journal
)

func rosterName(version int64) string { return fmt.Sprintf("%06d", version) }

// loadRoster reads the roster in force. Once it was founded every version must be
// signed as the version before demands; until then it is what was written.
func (a *app) loadRoster() (roster.Roster, error) {
	data, err := os.ReadFile(a.path(rosterFile))
	if err != nil {
		return roster.Roster{}, cli.WithHint(fmt.Errorf("read the roster: %w", err), "darksite init --code S042 --name \"your site\"")
	}
	r, err := roster.Parse(data)
	if err != nil {
		return r, a.unreadable(rosterFile, err)
	}
	standing, text, err := a.rosterChain()
	if err != nil {
		return roster.Roster{}, a.unreadable(rostersDir, err)
	}
	if standing == nil {
		return r, a.neverFounded()
	}
	if bytes.Equal(text, data) {
		return r, nil
	}
	if r.Version == standing.Next.Version-1 {
		// A crash came between the two writes; the signed version counts.
		return standing.Next, safefile.Write(a.path(rosterFile), text, 0o644)
	}
	return roster.Roster{}, a.unreadable(rosterFile, fmt.Errorf("it is not roster %d, which the officers signed", standing.Next.Version))
}

// neverFounded refuses a roster without signatures where the journal says that
// one was signed: somebody has removed them.
func (a *app) neverFounded() error {
	log, err := a.viewJournal()
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
			return a.unreadable(rostersDir, fmt.Errorf("the journal says in entry %d that roster %s was signed, but the signed rosters are gone", e.Seq, e.Details["version"]))
		}
	}
	return nil
}

// rosterChain checks every signed version against the one before and returns how
// the newest stands, or nil where the roster was never founded.
func (a *app) rosterChain() (*roster.Standing, []byte, error) {
	files, err := filepath.Glob(a.path(rostersDir, "[0-9]*.txt"))
	if err != nil {
		return nil, nil, fmt.Errorf("list rosters: %w", err)
	}
	slices.Sort(files)
	var last *roster.Standing
	var text []byte
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		var sigs [][]byte
		if text, sigs, err = a.signedRoster(name); err != nil {
			return nil, nil, err
		}
		var base *roster.Roster
		if last != nil {
			base = &last.Next
		}
		s, err := roster.Judge(base, text, sigs)
		if err == nil && !s.Complete() {
			err = errors.New("signatures are missing: " + unsigned(s))
		}
		if err == nil && rosterName(s.Next.Version) != name {
			err = fmt.Errorf("it is roster %d", s.Next.Version)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		last = &s
	}
	return last, text, nil
}

// signedRoster reads a version, or the proposal, and the signatures beside it.
func (a *app) signedRoster(name string) (text []byte, sigs [][]byte, err error) {
	if text, err = os.ReadFile(a.path(rostersDir, name+".txt")); err != nil {
		return nil, nil, err
	}
	files, err := a.rosterSigs(name)
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

func (a *app) rosterSigs(name string) ([]string, error) {
	files, err := filepath.Glob(a.path(rostersDir, name+".*.sig"))
	if err != nil {
		return nil, fmt.Errorf("list signatures: %w", err)
	}
	return files, nil
}

// signedText is the roster in force with the signatures under it.
func (a *app) signedText(r roster.Roster) ([]byte, error) {
	text, sigs, err := a.signedRoster(rosterName(r.Version))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cli.WithHint(cli.WithCode(cli.CodeRefused, errors.New("the roster is signed by nobody yet")), "darksite site keys checklist found")
	}
	if err != nil {
		return nil, fmt.Errorf("read roster %d: %w", r.Version, err)
	}
	return roster.Bundle(text, sigs), nil
}

// saveRoster keeps the next version: at once while the roster is not founded,
// else as a proposal that officers sign. It reports whether it is in force.
func (a *app) saveRoster(r roster.Roster) (inForce bool, err error) {
	text, err := r.Encode()
	if err != nil {
		return false, err
	}
	standing, _, err := a.rosterChain()
	if err != nil {
		return false, a.unreadable(rostersDir, err)
	}
	if standing == nil {
		// What was proposed as the first is no longer what is there.
		return true, errors.Join(a.dropProposal(), safefile.Write(a.path(rosterFile), text, 0o644))
	}
	return false, a.propose(&standing.Next, text)
}

// propose keeps a proposal and drops the signatures under an earlier one. What
// may never come into force is refused at once.
func (a *app) propose(base *roster.Roster, text []byte) error {
	s, err := roster.Judge(base, text, nil)
	if err != nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, err), "darksite site keys   (shows who holds what)")
	}
	if err := os.MkdirAll(a.path(rostersDir), 0o700); err != nil {
		return fmt.Errorf("keep the proposal: %w", err)
	}
	if err := a.dropProposal(); err != nil {
		return err
	}
	if err := safefile.Write(a.path(rostersDir, proposal+".txt"), text, 0o644); err != nil {
		return err
	}
	if err := a.record(journal.Entry{Actor: "admin", Action: "roster.propose", Details: rosterDetails(s.Next)}); err != nil {
		return err
	}
	a.env.Notef("roster %d is proposed; it comes into force when it is signed", s.Next.Version)
	a.env.Notef("%s", unsigned(s))
	a.env.Next("darksite site keys sign --as ID", "darksite site keys drop --as ID --reason \"...\"")
	return nil
}

func rosterDetails(r roster.Roster) map[string]string {
	return map[string]string{"version": strconv.FormatInt(r.Version, 10)}
}

// dropProposal removes the text last: without it signatures mean nothing.
func (a *app) dropProposal() error {
	files, err := a.rosterSigs(proposal)
	if err != nil {
		return err
	}
	for _, file := range append(files, a.path(rostersDir, proposal+".txt")) {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("drop the proposal: %w", err)
		}
	}
	return nil
}

// proposed reads the proposal; ok is false where there is none.
func (a *app) proposed() (s roster.Standing, text []byte, ok bool, err error) {
	text, sigs, err := a.signedRoster(proposal)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil, false, nil
	}
	if err != nil {
		return s, nil, false, fmt.Errorf("read the proposal: %w", err)
	}
	base, _, err := a.rosterChain()
	if err != nil {
		return s, nil, false, a.unreadable(rostersDir, err)
	}
	if base == nil {
		s, err = roster.Judge(nil, text, sigs)
	} else {
		s, err = roster.Judge(&base.Next, text, sigs)
	}
	if err != nil {
		err = cli.WithHint(cli.WithCode(cli.CodeTampered, fmt.Errorf("the proposal: %w", err)), "darksite site keys drop --as ID --reason \"...\"   (and propose it again)")
	}
	return s, text, true, err
}

// latest is the roster a further change builds on: the proposal where there is
// one, else the roster in force. number is the version that the change gets.
func (a *app) latest() (r roster.Roster, number int64, err error) {
	r, err = a.loadRoster()
	if err != nil {
		return r, 0, err
	}
	chain, _, err := a.rosterChain()
	if err != nil {
		return r, 0, a.unreadable(rostersDir, err)
	}
	s, _, ok, err := a.proposed()
	if err != nil || !ok || chain == nil {
		return r, r.Version + 1, err
	}
	return s.Next, s.Next.Version, nil
}

// unsigned says in words which signatures a version lacks.
func unsigned(s roster.Standing) string {
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

// addSignature keeps a signature under the proposal, once it is known to count.
func (a *app) addSignature(text []byte, key sign.Signer, ns sign.Namespace) error {
	sig, err := key.Sign(ns, text)
	if err != nil {
		return err
	}
	if err := sign.Verify(ns, text, sig, key.Public()); err != nil {
		return fmt.Errorf("the signature just made: %w", err)
	}
	return safefile.Write(a.path(rostersDir, proposal+"."+key.Public().ID()+".sig"), sig, 0o644)
}

// enact puts a proposal that is fully signed into force: journal first, then the
// signatures, then the version, whose file is what counts.
func (a *app) enact(s roster.Standing, text []byte, actor string) error {
	var by []string
	for _, p := range s.Signed {
		by = append(by, p.ID)
	}
	slices.Sort(by)
	details := rosterDetails(s.Next)
	details["signed_by"] = strings.Join(by, " ")
	if err := a.record(journal.Entry{Actor: actor, Action: rosterForce, Details: details}); err != nil {
		return err
	}
	name := rosterName(s.Next.Version)
	files, err := a.rosterSigs(proposal)
	if err != nil {
		return err
	}
	for _, file := range files {
		sig, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("put roster %d into force: %w", s.Next.Version, err)
		}
		to := a.path(rostersDir, name+strings.TrimPrefix(filepath.Base(file), proposal))
		if err := safefile.Write(to, sig, 0o644); err != nil {
			return err
		}
	}
	if err := safefile.Write(a.path(rostersDir, name+".txt"), text, 0o644); err != nil {
		return err
	}
	if err := safefile.Write(a.path(rosterFile), text, 0o644); err != nil {
		return err
	}
	return errors.Join(a.dropProposal(), a.renewKeyFiles(s.Next))
}

// nextKey is the name of a key that was made for a person and is not in force.
func nextKey(id string) string { return id + ".next" }

// renewKeyFiles gives a key that came into force the usual name; the one before
// keeps its file under its key id, for nothing is deleted.
func (a *app) renewKeyFiles(r roster.Roster) error {
	for _, p := range r.People {
		fresh, err := keyfile.PublicKey(a.path(keysDir, nextKey(p.ID)+".pub"))
		if err != nil || fresh != p.Key {
			continue // none was made, or not this one
		}
		old, err := keyfile.PublicKey(a.path(keysDir, p.ID+".pub"))
		for _, suffix := range []string{".key", ".pub"} {
			at := a.path(keysDir, p.ID+suffix)
			if err == nil {
				if err := os.Rename(at, a.path(keysDir, p.ID+"."+old.ID()+suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return fmt.Errorf("put the old key of %s aside: %w", p.ID, err)
				}
			}
			if err := os.Rename(a.path(keysDir, nextKey(p.ID)+suffix), at); err != nil {
				return fmt.Errorf("put the new key of %s in its place: %w", p.ID, err)
			}
		}
	}
	return nil
}

// record writes one entry into the journal and a checkpoint over it.
func (a *app) record(e journal.Entry) error {
	log, err := a.openJournal()
	if err != nil {
		return err
	}
	e.Time = a.env.Now()
	_, err = log.Append(context.Background(), e)
	if err == nil {
		_, err = log.Checkpoint(context.Background())
	}
	return errors.Join(err, log.Close())
}

// lastBundle is the number of the newest bundle, up to which a key that is taken
// back stays believed.
func (a *app) lastBundle() (int64, error) {
	f, _, err := a.openCases()
	if err != nil {
		return 0, err
	}
	seq, err := pipeline.NewCounters(f.DB).Latest()
	return seq, errors.Join(err, f.Close())
}
