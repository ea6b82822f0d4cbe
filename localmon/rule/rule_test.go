package rule_test

import (
	"strings"
	"testing"

	"darksite/localmon/rule"

	"github.com/stretchr/testify/require"
)

func TestShippedRulesKeepTheirCases(t *testing.T) {
	s, err := rule.Shipped()
	require.NoError(t, err)
	require.NoError(t, s.Check())
}

// Every runbook id is one of the reference list, or one of the kit's own.
func TestShippedRulesNameRunbooks(t *testing.T) {
	known := strings.Fields(`drive-failed drive-unadmitted nvram-unhealthy controller-not-ready controller-failover-happened psu-failed
		fan-or-temperature host-port-down capacity volume-latency-high certificate-expiry planned-upgrade-from-media
		collector-stale ntp-drift kit-clock certified-admins-below-2
		iops-or-bandwidth-noisy-neighbour replication-lag sync-replica-offline host-filesystem-full host-disk-errors host-memory host-load`)
	none := []string{"array-alert", "hardware-failed", "fb-chassis", "site-contacts", "site-revocations-old"} // what fails is not known beforehand
	s, err := rule.Shipped()
	require.NoError(t, err)
	for _, r := range s.Rules {
		if r.Runbook == "" {
			require.Contains(t, none, r.ID)
			continue
		}
		require.Contains(t, known, r.Runbook, r.ID)
	}
}
