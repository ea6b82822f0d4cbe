package notify_test

import (
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/notify"

	"github.com/stretchr/testify/require"
)

func TestWhatPeopleAreToldOf(t *testing.T) {
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	hush := &localmon.Hush{Since: begin, Until: begin.Add(time.Hour)}
	for name, c := range map[string]struct {
		what  string
		fired time.Time
		hush  *localmon.Hush
		told  bool
	}{
		"an alert that fires":                           {localmon.ChangeFired, begin, nil, true},
		"one that is looked at twice":                   {localmon.ChangeRaised, time.Time{}, nil, false},
		"one that another tells of":                     {localmon.ChangeGrouped, begin, nil, false},
		"one that fires in maintenance":                 {localmon.ChangeFired, begin.Add(time.Minute), hush, false},
		"the begin of a silence":                        {localmon.ChangeHushed, begin.Add(-time.Hour), hush, false},
		"the end of what fired in a silence":            {localmon.ChangeCleared, begin.Add(time.Minute), hush, false},
		"the end of what was told before the silence":   {localmon.ChangeCleared, begin.Add(-time.Hour), hush, true},
		"what still fires when the maintenance is over": {localmon.ChangeUnhushed, begin.Add(time.Minute), nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			change := localmon.Change{What: c.what, Alert: localmon.Alert{Fired: c.fired, Hush: c.hush}}
			require.Equal(t, c.told, notify.Matters(change))
		})
	}
}
