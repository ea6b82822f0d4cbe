package history_test

import (
	"darksite/cmd/internal/cli/clitest"
	"darksite/cmd/internal/sitecmd"
)

// program is the whole of darksite, as its users have it.
func program() clitest.Program { return clitest.Program{Name: "darksite", Main: sitecmd.Main} }
