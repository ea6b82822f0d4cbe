package site

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"darksite/bundle/redact"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/siteconf"
)

// AddPolicy puts the word list and the policy that site.yaml names into the options
// of a gate.
func (s *Site) AddPolicy(conf *siteconf.Config, o *redact.Options) (err error) {
	if conf.Review.Words != "" {
		if o.Words, err = ReadWords(s.Path(conf.Review.Words)); err != nil {
			return err
		}
	}
	if conf.Review.Policy != "" {
		file := s.Path(conf.Review.Policy)
		o.Policy, err = ReadPolicy(file)
		if errors.Is(err, fs.ErrNotExist) {
			return cli.WithHint(cli.WithCode(cli.CodeUsage, err), "write it, or take review.policy out of %s", s.Path(siteconf.FileName))
		}
		if err != nil {
			return cli.WithHint(cli.WithCode(cli.CodeUsage, err), "mend it in %s, then darksite site check", file)
		}
	}
	return nil
}

// CheckPolicy makes a gate of the site's word list and policy, which runs the cases
// of every rule, and throws it away. What the gate would refuse is refused here, where
// nothing has been taken yet.
func (s *Site) CheckPolicy(conf *siteconf.Config) (redact.Policy, error) {
	o := redact.Options{Key: NewRandomKey()}
	if err := s.AddPolicy(conf, &o); err != nil {
		return redact.Policy{}, err
	}
	if _, err := redact.New(o); err != nil {
		return redact.Policy{}, cli.WithHint(cli.WithCode(cli.CodeUsage, err), "mend it in %s, then darksite site check", s.Path(conf.Review.Policy))
	}
	return o.Policy, nil
}

// Approvals is how many officers must agree by the roster and by site.yaml, which may
// ask for more than the roster and never for fewer.
func (s *Site) Approvals(byRoster int64) int64 {
	conf, err := s.Config()
	if err != nil {
		return byRoster // a site file that cannot be read is told of where it is needed
	}
	return max(byRoster, conf.Review.Approvals)
}

// OfficersFor is how many officers must agree: a policy that lets words through asks
// for two, whatever the roster says.
func OfficersFor(approvals int64, p redact.Policy) int64 {
	if len(p.Loosened()) > 0 {
		return max(approvals, 2)
	}
	return approvals
}

// ExaminePolicy says which policy bundles go through.
func (s *Site) ExaminePolicy() (Finding, redact.Policy) {
	conf, err := s.Config()
	if err != nil {
		return Finding{State: "CRIT", What: "redaction policy: " + err.Error()}, redact.Policy{}
	}
	p, err := s.CheckPolicy(conf)
	return s.judgePolicy(conf, p, err), p
}

func (s *Site) judgePolicy(conf *siteconf.Config, p redact.Policy, err error) Finding {
	switch {
	case err != nil:
		return Finding{State: "CRIT", What: "redaction is refused, no bundle can be made: " + err.Error(), Next: cli.Hint(err)}
	case conf.Review.Policy == "":
		return Finding{State: "OK", What: "redaction by the shipped rules"}
	case len(p.Loosened()) > 0:
		return Finding{State: "OK", What: fmt.Sprintf("redaction policy %s version %d; it lets %s through, so two officers must agree", p.ID, max(p.Version, 1), letThrough(p))}
	}
	return Finding{State: "OK", What: fmt.Sprintf("redaction policy %s version %d", p.ID, max(p.Version, 1))}
}

// letThrough says what a policy loosens.
func letThrough(p redact.Policy) string {
	words := cli.Counted(len(p.Keep), "word")
	switch {
	case p.Unknown != redact.KeepUnknown:
		return words
	case len(p.Keep) == 0:
		return "words that no rule knows"
	}
	return words + " and those that no rule knows"
}

// ReadPolicy reads a redaction policy; see [redact.ParsePolicy].
func ReadPolicy(file string) (redact.Policy, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return redact.Policy{}, fmt.Errorf("read the policy: %w", err)
	}
	return redact.ParsePolicy(file, string(text))
}

// ReadWords reads a word list; see [redact.ParseWords].
func ReadWords(file string) ([]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the word list: %w", err)
	}
	words, err := redact.ParseWords(file, data)
	return words, cli.WithHint(cli.WithCode(cli.CodeUsage, err), "mend the list; nothing was written")
}
