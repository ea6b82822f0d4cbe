package site

import (
	"context"
	"errors"

	"darksite/bundle/journal"
	"darksite/cmd/internal/keyfile"
)

// OpenJournal opens the journal for writing; it is locked until closed.
func (s *Site) OpenJournal() (*journal.Journal, error) {
	conf, err := s.Config()
	if err != nil {
		return nil, err
	}
	key, err := keyfile.Signer(s.Path(KeysDir, JournalKeyID+".key"), keyfile.Ask(s.Env, ""))
	if err != nil {
		return nil, err
	}
	return journal.Open(s.Path(JournalDir), journal.Options{Origin: conf.Site.Code, Signer: key})
}

// ViewJournal opens the journal for reading; whoever writes it is not in the way.
func (s *Site) ViewJournal() (*journal.Log, error) {
	conf, err := s.Config()
	if err != nil {
		return nil, err
	}
	key, err := keyfile.PublicKey(s.Path(KeysDir, JournalKeyID+".pub"))
	if err != nil {
		return nil, err
	}
	return journal.View(s.Path(JournalDir), journal.Options{Origin: conf.Site.Code, Key: key})
}

// Record writes one entry into the journal and a checkpoint over it.
func (s *Site) Record(e journal.Entry) error {
	log, err := s.OpenJournal()
	if err != nil {
		return err
	}
	e.Time = s.Env.Now()
	_, err = log.Append(context.Background(), e)
	if err == nil {
		_, err = log.Checkpoint(context.Background())
	}
	return errors.Join(err, log.Close())
}
