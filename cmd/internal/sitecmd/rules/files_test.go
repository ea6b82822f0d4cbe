package rules

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"darksite/runbooks/strictyaml"

	"github.com/stretchr/testify/require"
)

func TestFilesThatAreNoRulesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	files, err := readRules(filepath.Join(dir, "none"))
	require.NoError(t, err)
	require.Empty(t, files)
	for _, name := range []string{".hidden.yaml", "volumes.yaml~", "README", "b.yaml", "a.yaml"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600))
	}
	files, err = readRules(dir)
	require.NoError(t, err)
	require.Len(t, files, 2)
	require.Equal(t, filepath.Join(dir, "a.yaml"), files[0].Name)
}

// An error of several files is taken apart, and what is no finding stays an error.
func TestFindingsAreTakenApart(t *testing.T) {
	at := func(file string) error { return &strictyaml.Error{File: file, Line: 2, Column: 3, Msg: "m"} }
	found, rest := ruleFindings(fmt.Errorf("%w: %w", at("a"), fmt.Errorf("in b: %w", at("b"))))
	require.NoError(t, rest)
	require.Equal(t, []ruleFinding{{File: "a", Line: 2, Column: 3, Message: "m"}, {File: "b", Line: 2, Column: 3, Message: "m"}}, found)
	_, rest = ruleFindings(fmt.Errorf("%w: %w", at("a"), os.ErrPermission))
	require.ErrorIs(t, rest, os.ErrPermission)
	found, rest = ruleFindings(nil)
	require.NoError(t, rest)
	require.Empty(t, found)
}
