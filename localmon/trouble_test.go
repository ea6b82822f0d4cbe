package localmon_test

import (
	"errors"
	"testing"

	"darksite/localmon"

	"github.com/stretchr/testify/require"
)

func TestATargetErrorSaysWhichWhatAndWhatToDo(t *testing.T) {
	cause := errors.New("connection refused")
	for want, err := range map[string]*localmon.TargetError{
		"array fa1 (https://10.1.0.10): unreachable: connection refused; check that it is up": {
			What: "array", Target: "fa1", Address: "https://10.1.0.10", Kind: localmon.ErrUnreachable, Err: cause, Hint: "check that it is up",
		},
		"SNMP of fa1 (10.1.0.10:161): token refused": {What: "SNMP of", Target: "fa1", Address: "10.1.0.10:161", Kind: localmon.ErrTokenRefused},
	} {
		require.EqualError(t, err, want)
		require.ErrorIs(t, err, err.Kind)
		require.Equal(t, err.Err != nil, errors.Is(err, cause))
	}
}
