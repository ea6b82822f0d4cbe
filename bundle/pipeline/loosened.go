package pipeline

import (
	"encoding/json"
	"fmt"
	"os"

	"darksite/bundle"
	"darksite/bundle/approve"
	"darksite/bundle/roster"
)

// officersForLoosening must agree where a policy lets words through, whatever the
// roster asks for.
const officersForLoosening = 2

// maxReport bounds the report of a redaction when it is read.
const maxReport = 1 << 30

// loosened are the words that the policy let through when the bundle was frozen.
// They are those of the report that the manifest fixes.
func (c *contents) loosened() ([]string, error) { return loosenedIn(c.root, c.frozen.Manifest()) }

func loosenedIn(root *os.Root, m bundle.Manifest) ([]string, error) {
	text, err := readSmall(root, ReportPath, maxReport)
	if err != nil {
		return nil, err
	}
	if bundle.DigestOf(text) != m.RedactionReportSHA256 {
		return nil, fmt.Errorf("%s was changed: %w", ReportPath, ErrTampered)
	}
	var report struct {
		Loosened []string `json:"loosened"`
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, fmt.Errorf("%s: %w", ReportPath, err)
	}
	return report.Loosened, nil
}

// twoForLoosening refuses what one officer agreed to under a policy that lets
// words through.
func (c *contents) twoForLoosening(people []roster.Person) error {
	if len(people) >= officersForLoosening {
		return nil
	}
	words, err := c.loosened()
	if err != nil {
		return err
	}
	if len(words) > 0 {
		return fmt.Errorf("the policy lets %d words through, and that takes two officers: %w: %w", len(words), approve.ErrNotApproved, ErrRefused)
	}
	return nil
}
