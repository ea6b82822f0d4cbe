package cli_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"darksite/cmd/internal/cli"

	"github.com/stretchr/testify/require"
)

func TestRefusalsOfTheSystemHaveAHint(t *testing.T) {
	for _, err := range []error{syscall.ENOSPC, syscall.EFBIG, syscall.EROFS, syscall.EACCES, fs.ErrNotExist} {
		wrapped := fmt.Errorf("store: %w", &os.PathError{Op: "write", Path: "history.db", Err: err})
		require.NotEmpty(t, cli.SystemHint(wrapped), err)
	}
	require.Empty(t, cli.SystemHint(errors.New("anything else")))
}
