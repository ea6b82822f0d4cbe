package site

import (
	"crypto/rand"
	"errors"

	"darksite/bundle/casedraft"
	"darksite/bundle/pipeline"
	"darksite/localmon/boltfile"
)

// OpenCases opens the cases of the site for writing. The file, which holds more than
// cases, is to be closed.
func (s *Site) OpenCases() (*boltfile.File, *casedraft.Store, error) {
	if _, err := s.Config(); err != nil {
		return nil, nil, err
	}
	f, err := boltfile.Open(s.Path(CasesFile), boltfile.Options{Schema: "darksite-cases", Version: 1, Holder: "darksite"})
	if err != nil {
		return nil, nil, err
	}
	store, err := casedraft.Open(f.DB, rand.Reader)
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, store, nil
}

// LastBundle is the number of the newest bundle, up to which a key that is taken
// back stays believed.
func (s *Site) LastBundle() (int64, error) {
	f, _, err := s.OpenCases()
	if err != nil {
		return 0, err
	}
	seq, err := pipeline.NewCounters(f.DB).Latest()
	return seq, errors.Join(err, f.Close())
}
