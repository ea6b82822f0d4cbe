package archtest_test

import (
	"slices"
	"testing"

	"darksite/localmon/rule"
	"darksite/runbooks/content"

	"github.com/stretchr/testify/require"
)

// TestEveryRuleLeadsSomewhere holds the shipped rules against the embedded
// runbooks, both ways. A rule may name a runbook that is still to be written; it
// is listed here until it is, and no screen names it before.
func TestEveryRuleLeadsSomewhere(t *testing.T) {
	toCome := []string{
		"certified-admins-below-2",
		"host-disk-errors", "host-load", "host-memory", "iops-or-bandwidth-noisy-neighbour",
		"planned-upgrade-from-media", "sync-replica-offline",
	}
	// What fails is not known beforehand, or it is mended by a line in site.yaml.
	nowhere := []string{"array-alert", "hardware-failed", "fb-chassis", "site-contacts", "site-revocations-old"}
	rules, err := rule.Shipped()
	require.NoError(t, err)
	lib, err := content.Library()
	require.NoError(t, err)

	named := map[string]string{} // the runbook of each rule
	for _, r := range rules.Rules {
		named[r.ID] = r.Runbook
		_, embedded := lib.Get(r.Runbook)
		switch {
		case r.Runbook == "":
			require.Contains(t, nowhere, r.ID, "a rule names the runbook it leads to")
		case !embedded:
			require.Contains(t, toCome, r.Runbook, "rule %s names a runbook that is neither embedded nor to come", r.ID)
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
	for _, id := range toCome {
		_, embedded := lib.Get(id)
		require.False(t, embedded, "%s is embedded now: take it off the list", id)
		require.True(t, used(id), "no rule leads to %s any more: take it off the list", id)
	}
	for _, id := range nowhere {
		book, shipped := named[id]
		require.True(t, shipped && book == "", "%s is shipped without a runbook, or is off the list", id)
	}
	for _, b := range lib.All() {
		require.True(t, used(b.ID), "no shipped rule leads to runbook %s", b.ID)
		for _, trigger := range b.Triggers {
			require.Equal(t, b.ID, named[trigger.Rule], "runbook %s says it is for rule %s, which leads elsewhere", b.ID, trigger.Rule)
		}
	}
	require.True(t, slices.IsSorted(toCome))
}
