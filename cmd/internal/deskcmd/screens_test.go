package deskcmd

import (
	"os"
	"strings"
	"testing"

	"darksite/training/exam/screens"

	"github.com/stretchr/testify/require"
)

// The desk's screens in the bank of questions are drawn apart from the commands, so that
// they stay what they were; they are those of the commands as long as the headings are.
func TestQuestionsShowTheHeadingsOfTheDesk(t *testing.T) {
	for file, headers := range map[string][][]string{
		"case_list.go": {screens.CasesHeader},
		"analyze.go":   {screens.FindingsHeader, screens.UncheckedHeader},
	} {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, h := range headers {
			require.Contains(t, string(source), `"`+strings.Join(h, `", "`)+`"`)
		}
	}
}
