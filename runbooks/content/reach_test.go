package content_test

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"darksite/runbooks"
	"darksite/runbooks/content"

	"github.com/stretchr/testify/require"
)

// predicates lists every question of a step.
func predicates(s runbooks.Step) []runbooks.Predicate {
	var out []runbooks.Predicate
	for _, p := range []*runbooks.Predicate{s.Expect, s.Before, s.After} {
		if p != nil {
			out = append(out, *p)
		}
	}
	return out
}

// Every question of every runbook says itself in both languages, before it is
// asked and with each answer.
func TestEveryPredicateIsASentence(t *testing.T) {
	n := 0
	for _, b := range library(t) {
		for _, s := range b.book.Steps {
			for _, p := range predicates(s) {
				en, fr := p.Sentence(runbooks.English), p.Sentence(runbooks.French)
				require.NotEmpty(t, en, "%s %s", b.book.ID, s.ID)
				require.NotEqual(t, en, fr, "%s %s", b.book.ID, s.ID)
				for _, l := range runbooks.Languages() {
					for _, r := range []runbooks.Result{runbooks.Pass, runbooks.Fail, runbooks.Unknown} {
						text := p.Sentence(l) + ": " + p.Describe(l, runbooks.Verdict{Result: r, Reason: "x", Found: runbooks.Finding{Number: 1, Total: 2, Names: []string{"CT0"}}, At: time.Unix(0, 0)})
						require.NotContains(t, text, "%!", "%s %s", b.book.ID, s.ID)
						require.Equal(t, strings.TrimSpace(text), text)
					}
				}
				n++
			}
		}
	}
	t.Logf("%d questions", n)
}

var code = regexp.MustCompile("`([^`]*)`")

// looks are the commands of arrays and machines that words may name, for a person
// to type. Each lists or counts; the two tests ask the servers of the site that an
// array was given, and nobody else.
var looks = []string{
	"cat /proc/mdstat", "free -m", "ip -s link show {component}", "ip neigh",
	"purearray list --connect", "purearray list --controller", "purearray list --ntpserver", "purearray list --phonehome", "purearray list --proxy",
	"purearray remoteassist --status", "pureaudit list", "pureblade list", "purebucket list --space", "purecert list", "puredns list", "puredrive list",
	"purefs list", "purefs list --snap", "purefs list --space", "purehost list --all", "purehost monitor --balance", "purehw list",
	"purepgroup list --schedule", "purepgroup list --snap", "purepod list --mediator", "pureport list --initiator",
	"purevol list --pending", "purevol list --snap --pending", "purevol list --space", "purevol monitor --total",
	"pureds test", "purekmip test",
}

// No runbook holds a program, an address or a deed beyond the few: its folder
// holds words, logic and pictures; what stands between ticks is the kit's own
// command, one of the looks, or a word to look for; what the kit may do is one of the closed list.
func TestNothingInTheRunbooksReachesFurther(t *testing.T) {
	require.NoError(t, fs.WalkDir(content.Files(), ".", func(name string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		if d.IsDir() {
			return nil
		}
		known := slices.Contains([]string{"runbook.yaml", "tests.yaml", "en.md", "fr.md"}, path.Base(name)) || path.Ext(name) == ".svg"
		require.True(t, known, name)
		text, err := fs.ReadFile(content.Files(), name)
		require.NoError(t, err)
		if path.Ext(name) == ".svg" {
			for _, no := range []string{"<script", "javascript:", "<foreignObject", "xlink:href=\"http", "href=\"http", "url(http"} {
				require.NotContains(t, string(text), no, name)
			}
			return nil
		}
		for _, no := range []string{"://", "#!", "$(", "| sh", "sudo ", "curl ", "wget ", "ssh "} {
			if path.Base(name) == "tests.yaml" {
				continue
			}
			require.NotContains(t, string(text), no, name)
		}
		for _, m := range code.FindAllStringSubmatch(string(text), -1) {
			words := strings.Fields(m[1])
			if len(words) > 1 && path.Ext(name) == ".md" && words[0] != "darksite" {
				require.Contains(t, looks, strings.Join(words, " "), "%s: `%s` is a command of something else", name, m[1])
			}
		}
		return nil
	}))
	for _, b := range library(t) {
		for _, s := range b.book.Steps {
			if s.Do != nil {
				require.Contains(t, runbooks.Deeds(), s.Do.What)
			}
			require.LessOrEqual(t, s.Risk, runbooks.R3)
		}
	}
}
