package certificate_test

import (
	"testing"

	"darksite/training/certificate"

	"github.com/stretchr/testify/require"
)

func TestEachNoticeIsInForceUntilTheNext(t *testing.T) {
	today, err := certificate.ParseDay("2026-11-23")
	require.NoError(t, err)
	for _, tt := range []struct {
		name   string
		left   int
		notice int // 0 for none
	}{
		{"farther off than any notice", 91, 0},
		{"the day of the first", 90, 90},
		{"between the first and the second", 61, 90},
		{"the day of the second", 60, 60},
		{"between the second and the third", 31, 60},
		{"the day of the third", 30, 30},
		{"between the third and the last", 8, 30},
		{"the day of the last", 7, 7},
		{"its last day", 0, 7},
		{"the day after", -1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			days, ok := certificate.Notice(today.Add(tt.left), today)
			require.Equal(t, tt.notice, days)
			require.Equal(t, tt.notice != 0, ok)
		})
	}
	seen := map[int]int{}
	for left := 200; left >= -10; left-- {
		if days, ok := certificate.Notice(today.Add(left), today); ok {
			seen[days]++
		}
	}
	require.Equal(t, map[int]int{90: 30, 60: 30, 30: 23, 7: 8}, seen, "each for one span of days, and none twice")
}
