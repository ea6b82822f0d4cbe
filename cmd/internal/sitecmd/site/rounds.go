package site

import (
	"errors"
	"fmt"
	"io/fs"

	"darksite/localmon/boltfile"
	"darksite/localmon/history"
	"darksite/localmon/rounds"
)

// WithRounds opens the list of rounds, which is beside the cases so that it can
// be written while the monitor runs.
func (s *Site) WithRounds(f func(*rounds.Store) error) error {
	file, _, err := s.OpenCases()
	if err != nil {
		return err
	}
	store, err := rounds.Open(file.DB)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	return errors.Join(f(store), file.Close())
}

// ReadRounds is WithRounds for reading: nothing is made where there is nothing.
func (s *Site) ReadRounds(f func(*rounds.Store) error) error {
	file, err := boltfile.Open(s.Path(CasesFile), boltfile.Options{Schema: "darksite-cases", Version: 1, ReadOnly: true})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	store, err := rounds.Open(file.DB)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	return errors.Join(f(store), file.Close())
}

// LastRound is when the last round was done, and the marks people left.
func (s *Site) LastRound() (last rounds.Round, marks map[string]rounds.Mark, begun *rounds.Round, err error) {
	err = s.ReadRounds(func(store *rounds.Store) error {
		if last, _, err = store.Last(); err != nil {
			return err
		}
		list, err := store.List(1)
		if err != nil {
			return err
		}
		if len(list) == 1 && list[0].Done.IsZero() {
			begun = &list[0]
		}
		marks, err = store.Marks()
		return err
	})
	return last, marks, begun, err
}

// HistoryChecked is the mark that a check of the history leaves.
const HistoryChecked = "history-checked"

// NoteCheck leaves a mark of a check of the site's own history, for the round. A
// disk that takes no mark does not make the check void, so that is only said.
func (s *Site) NoteCheck(damage []history.Damage) {
	m := rounds.Mark{Name: HistoryChecked, By: "darksite history check", At: s.Env.Now(), Bad: len(damage) > 0, Note: fmt.Sprintf("%d values are damaged", len(damage))}
	if err := s.WithRounds(func(store *rounds.Store) error { return store.Mark(m) }); err != nil {
		s.Env.Notef("for the daily round it is not noted that the history was checked: %v", err)
	}
}
