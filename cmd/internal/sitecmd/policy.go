package sitecmd

import (
	"errors"
	"fmt"
	"io/fs"

	"darksite/bundle/redact"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/siteconf"
)

// addPolicy puts the word list and the policy that site.yaml names into the options
// of a gate.
func (a *app) addPolicy(conf *siteconf.Config, o *redact.Options) (err error) {
	if conf.Review.Words != "" {
		if o.Words, err = readWords(a.path(conf.Review.Words)); err != nil {
			return err
		}
	}
	if conf.Review.Policy != "" {
		file := a.path(conf.Review.Policy)
		o.Policy, err = readPolicy(file)
		if errors.Is(err, fs.ErrNotExist) {
			return cli.WithHint(cli.WithCode(cli.CodeUsage, err), "write it, or take review.policy out of %s", a.path(siteconf.FileName))
		}
		if err != nil {
			return cli.WithHint(cli.WithCode(cli.CodeUsage, err), "mend it in %s, then darksite site check", file)
		}
	}
	return nil
}

// checkPolicy makes a gate of the site's word list and policy, which runs the cases
// of every rule, and throws it away. What the gate would refuse is refused here, where
// nothing has been taken yet.
func (a *app) checkPolicy(conf *siteconf.Config) (redact.Policy, error) {
	o := redact.Options{Key: newRandomKey()}
	if err := a.addPolicy(conf, &o); err != nil {
		return redact.Policy{}, err
	}
	if _, err := redact.New(o); err != nil {
		return redact.Policy{}, cli.WithHint(cli.WithCode(cli.CodeUsage, err), "mend it in %s, then darksite site check", a.path(conf.Review.Policy))
	}
	return o.Policy, nil
}

// approvals is how many officers must agree by the roster and by site.yaml, which may
// ask for more than the roster and never for fewer.
func (a *app) approvals(byRoster int64) int64 {
	conf, err := a.config()
	if err != nil {
		return byRoster // a site file that cannot be read is told of where it is needed
	}
	return max(byRoster, conf.Review.Approvals)
}

// officersFor is how many officers must agree: a policy that lets words through asks
// for two, whatever the roster says.
func officersFor(approvals int64, p redact.Policy) int64 {
	if len(p.Loosened()) > 0 {
		return max(approvals, 2)
	}
	return approvals
}

// examinePolicy says which policy bundles go through.
func (a *app) examinePolicy() (finding, redact.Policy) {
	conf, err := a.config()
	if err != nil {
		return finding{State: "CRIT", What: "redaction policy: " + err.Error()}, redact.Policy{}
	}
	p, err := a.checkPolicy(conf)
	return a.judgePolicy(conf, p, err), p
}

func (a *app) judgePolicy(conf *siteconf.Config, p redact.Policy, err error) finding {
	switch {
	case err != nil:
		return finding{State: "CRIT", What: "redaction is refused, no bundle can be made: " + err.Error(), Next: cli.Hint(err)}
	case conf.Review.Policy == "":
		return finding{State: "OK", What: "redaction by the shipped rules"}
	case len(p.Loosened()) > 0:
		return finding{State: "OK", What: fmt.Sprintf("redaction policy %s version %d; it lets %s through, so two officers must agree", p.ID, max(p.Version, 1), counted(len(p.Loosened()), "word"))}
	}
	return finding{State: "OK", What: fmt.Sprintf("redaction policy %s version %d", p.ID, max(p.Version, 1))}
}
