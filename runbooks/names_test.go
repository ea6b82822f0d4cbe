package runbooks_test

import (
	"testing"

	"darksite/runbooks"

	"github.com/stretchr/testify/require"
)

func TestFill(t *testing.T) {
	const words = "{target}: {component} in {run}, {other}"
	cases := []struct {
		name  string
		names runbooks.Names
		lang  runbooks.Lang
		want  string
	}{
		{"all named", runbooks.Names{Target: "fa-1", Component: "CH0.BAY3", Run: "R-0001"}, runbooks.English, "fa-1: CH0.BAY3 in R-0001, {other}"},
		{"no part", runbooks.Names{Target: "fa-1", Run: "R-0001"}, runbooks.English, "fa-1: no single part in R-0001, {other}"},
		{"no part, in French", runbooks.Names{Target: "fa-1", Run: "R-0001"}, runbooks.French, "fa-1: aucune pièce en particulier in R-0001, {other}"},
		{"a name that would steer a terminal", runbooks.Names{Target: "fa\x1b[2J", Component: "x", Run: "R"}, runbooks.English, runbooks.Printable("fa\x1b[2J") + ": x in R, {other}"},
		{"a name that looks like a placeholder is not filled again", runbooks.Names{Target: "{component}", Component: "x", Run: "R"}, runbooks.English, "{component}: x in R, {other}"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, c.names.Fill(c.lang, words)) })
	}
}
