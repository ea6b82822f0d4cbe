package deskcmd

import (
	"testing"

	"darksite/training/certificate"

	"github.com/stretchr/testify/require"
)

func TestTheWeekNamesCertificatesThatEndAndAreNotRenewed(t *testing.T) {
	row := func(id, site, key string, left, notice int, state certificate.Reason) certificateRow {
		return certificateRow{ID: id, Site: site, Track: "admin", State: string(state), Left: left, Notice: notice, key: key}
	}
	rows := []certificateRow{
		row("DSA-1", "S042", "a", 50, 60, certificate.Counts),
		row("DSA-2", "S042", "b", 5, 7, certificate.Counts),
		row("DSA-3", "S042", "c", 20, 30, certificate.Counts),
		row("DSA-4", "S042", "c", 700, 0, certificate.Counts),
		row("DSA-5", "S042", "a", 700, 0, certificate.Withdrawn),
		row("DSA-6", "S043", "d", 5, 7, certificate.Counts),
	}
	var ids []string
	for _, r := range endingAt("S042", rows) {
		ids = append(ids, r.ID)
	}
	require.Equal(t, []string{"DSA-2", "DSA-1"}, ids, "the next to end first; what was renewed is passed over, and a withdrawn one renews nothing")
}
