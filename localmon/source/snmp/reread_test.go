package snmp_test

import (
	"strings"
	"testing"

	"darksite/localmon/source/push"
	"darksite/localmon/source/snmp"

	"github.com/stretchr/testify/require"
)

func TestRereadHearsArraysOnly(t *testing.T) {
	for name, c := range map[string]struct {
		raw, text, component string
		code                 int
		ok                   bool
	}{
		"an alert": {
			`pureWarningTrap 1.3.6.1.2.1.1.3.0=5 1.3.6.1.4.1.40482.3.3.0="fa-1" 1.3.6.1.4.1.40482.3.4.0=39 1.3.6.1.4.1.40482.3.5.0="(hardware:ct0.fc1): link failure" 1.3.6.1.4.1.40482.3.6.0="b"`,
			"(hardware:ct0.fc1): link failure [39]", "ct0.fc1", 39, true,
		},
		"without the 0 of a scalar, with quotes and numbers in the text": {
			`pureCriticalTrap 1.3.6.1.4.1.40482.3.5="(drive:"a" 1.2=3): x" 1.3.6.1.2.1.1.3.0=5`,
			`(drive:"a" 1.2=3): x`, `"a" 1.2=3`, 0, true,
		},
		"an alert without anything": {`pureInfoTrap`, "pureInfoTrap without a subject", "", 0, true},
		"another trap":              {`linkDown 1.3.6.1.2.1.1.3.0=5`, "", "", 0, false},
		"nothing":                   {"", "", "", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			m, ok := snmp.Reread(c.raw)
			require.Equal(t, c.ok, ok)
			if !ok {
				return
			}
			require.Equal(t, push.Trap, m.Channel)
			require.Equal(t, c.text, m.Text)
			require.Equal(t, c.component, m.Alert.Component)
			require.Equal(t, c.code, m.Alert.Code)
			require.Equal(t, c.raw, m.Raw)
		})
	}
}

func FuzzReread(f *testing.F) {
	f.Add(`pureWarningTrap 1.3.6.1.4.1.40482.3.4.0=39 1.3.6.1.4.1.40482.3.5.0="(hardware:ct0.fc1): link failure"`)
	f.Add(`pureWarningTrap 1.3.6.1.4.1.40482.3.5.0=" 1.3.6.1.4.1.40482.3.5.0="`)
	f.Fuzz(func(t *testing.T, raw string) {
		m, ok := snmp.Reread(raw)
		if ok {
			require.True(t, strings.HasPrefix(raw, "pure"))
			require.NotNil(t, m.Alert)
			require.LessOrEqual(t, len(m.Alert.Summary), 4*2048)
		}
	})
}
