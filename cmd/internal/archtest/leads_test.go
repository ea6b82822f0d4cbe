package archtest_test

import (
	"fmt"
	"slices"
	"testing"

	"darksite/localmon/rule"
	"darksite/runbooks"
	"darksite/runbooks/content"

	"github.com/stretchr/testify/require"
)

// TestEveryRuleLeadsSomewhere holds the shipped rules against the embedded
// runbooks, both ways: what a rule names is there, and what is there is named by
// a rule or says which task it is for.
func TestEveryRuleLeadsSomewhere(t *testing.T) {
	// What fails is not known beforehand, or it is mended by a line in site.yaml or by an
	// examination, which the rule says.
	nowhere := []string{"array-alert", "hardware-failed", "fb-chassis", "site-contacts", "site-revocations-old", "site-certificate-ends", "site-certificate-ends-soon"}
	rules, err := rule.Shipped()
	require.NoError(t, err)
	lib, err := content.Library()
	require.NoError(t, err)

	var wrong []string
	named := map[string]string{} // the runbook of each rule
	for _, r := range rules.Rules {
		named[r.ID] = r.Runbook
		if r.Runbook == "" {
			require.Contains(t, nowhere, r.ID, "a rule names the runbook it leads to")
			continue
		}
		book, embedded := lib.Get(r.Runbook)
		if !embedded {
			wrong = append(wrong, fmt.Sprintf("rule %s names runbook %s, which is not embedded", r.ID, r.Runbook))
			continue
		}
		for _, kind := range r.Kinds {
			if !slices.Contains(book.Products, string(kind)) {
				wrong = append(wrong, fmt.Sprintf("rule %s is for a %s and leads to runbook %s, which is not", r.ID, kind, book.ID))
			}
		}
		if !slices.ContainsFunc(book.Triggers, func(t runbooks.Trigger) bool { return t.Rule == r.ID }) {
			wrong = append(wrong, fmt.Sprintf("rule %s leads to runbook %s, which does not name it", r.ID, book.ID))
		}
	}
	require.Empty(t, wrong)
	for _, r := range rules.Rules {
		for _, m := range r.Alerts {
			for _, code := range m.Codes {
				if r.Runbook == "" || m.Absorb {
					continue
				}
				leads := slices.ContainsFunc(lib.For(runbooks.About{Code: code}), func(m runbooks.Match) bool { return m.Book.ID == r.Runbook })
				require.True(t, leads, "rule %s is about code %d, and the code does not lead to runbook %s", r.ID, code, r.Runbook)
			}
		}
	}
	used := func(book string) bool {
		for _, b := range named {
			if b == book {
				return true
			}
		}
		return false
	}
	for _, id := range nowhere {
		book, shipped := named[id]
		require.True(t, shipped && book == "", "%s is shipped without a runbook, or is off the list", id)
	}
	for _, b := range lib.All() {
		require.True(t, used(b.ID) || len(b.Tasks) > 0, "no shipped rule and no task leads to runbook %s", b.ID)
		for _, trigger := range b.Triggers {
			if trigger.Rule == "" {
				continue // the array's own number leads here, whatever rule tells of it
			}
			require.Equal(t, b.ID, named[trigger.Rule], "runbook %s says it is for rule %s, which leads elsewhere", b.ID, trigger.Rule)
		}
	}
}
