package course_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"darksite/runbooks"
	"darksite/training/certificate"
	"darksite/training/course"

	"github.com/stretchr/testify/require"
)

const lessonYAML = `id: %[1]s
track: %[2]s
minutes: 8
title: {en: Power supplies, fr: Blocs d'alimentation}
objective: {en: Find the supply that failed., fr: Trouver le bloc en défaut.}
lab: l1
runbooks: [psu-failed]
frames:
  - {file: psu.svg, text: {en: The left supply shows amber., fr: Le bloc de gauche est orange.}}
questions:
  - id: %[1]s-lamp
    kind: single
    difficulty: 1
    stem: {en: "Which lamp asks for attention?", fr: "Quel voyant demande attention ?"}
    options:
      - {id: amber, text: {en: amber, fr: orange}, right: true, why: {en: "It does.", fr: "C'est lui."}}
      - {id: green, text: {en: green, fr: vert}, why: {en: "All is well.", fr: "Tout va bien."}}
      - {id: blue, text: {en: blue, fr: bleu}, why: {en: "It locates.", fr: "Il localise."}}
    reference: lesson:%[1]s
  - id: %[1]s-order
    kind: order
    difficulty: 2
    stem: {en: "In which order?", fr: "Dans quel ordre ?"}
    options:
      - {id: look, text: {en: look, fr: regarder}}
      - {id: act, text: {en: act, fr: agir}}
      - {id: check, text: {en: check, fr: vérifier}}
    why: {en: "Look first.", fr: "Regardez d'abord."}
    reference: lesson:%[1]s
  - id: %[1]s-many
    kind: numeric
    difficulty: 1
    stem: {en: "How many supplies may fail?", fr: "Combien de blocs peuvent tomber ?"}
    number: {value: 1, tolerance: 0}
    why: {en: "The other one carries all.", fr: "L'autre porte tout."}
    reference: runbook:psu-failed
`

const (
	english = "## What it is\nAn array has two supplies. %s\n\n> Pull no cord yet.\n\n- look\n- ask\n\n```\ndarksite status\n```\n"
	french  = "## De quoi il s'agit\nUne baie a deux blocs. %s\n\n> Ne débranchez rien.\n\n- regarder\n- demander\n\n```\ndarksite status\n```\n"
	picture = `<svg viewBox="0 0 10 10" role="img"><rect width="4" height="4"/></svg>`
)

func files(ids ...string) fstest.MapFS {
	tracks := map[byte]string{'a': "admin", 's': "officer", 't': "tse"}
	out := fstest.MapFS{}
	put := func(name, text string) { out[name] = &fstest.MapFile{Data: []byte(text)} }
	for _, id := range ids {
		put(id+"/lesson.yaml", fmt.Sprintf(lessonYAML, id, tracks[id[0]]))
		put(id+"/en.md", fmt.Sprintf(english, strings.Repeat("They share the load. ", 16)))
		put(id+"/fr.md", fmt.Sprintf(french, strings.Repeat("Ils partagent la charge. ", 16)))
		put(id+"/psu.svg", picture)
	}
	return out
}

func limits() course.Limits {
	return course.Limits{
		Lab:     func(id string) bool { return id == "l1" },
		Runbook: func(id string) bool { return id == "psu-failed" },
		Command: func(line string) bool { return line == "darksite status" },
	}
}

func TestLoad(t *testing.T) {
	c, err := course.Load(files("a1", "a0", "s1", "t1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10"), limits())
	require.NoError(t, err)
	var order []string
	for _, l := range c.Lessons("") {
		order = append(order, l.ID)
	}
	require.Equal(t, "a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 s1 t1", strings.Join(order, " "))
	require.Len(t, c.Lessons(certificate.Officer), 1)
	next, ok := c.Next("a9")
	require.True(t, ok)
	require.Equal(t, "a10", next.ID)
	_, ok = c.Next("a10")
	require.False(t, ok)
	_, ok = c.Next("b1")
	require.False(t, ok)
}

func TestLint(t *testing.T) {
	for _, tt := range []struct{ name, file, old, new, says string }{
		{"a warning that only one language has", "fr.md", "> Ne", "Ne", "1 warnings in English and 0 in French"},
		{"another command in French", "fr.md", "darksite status", "darksite alerts", "the commands differ"},
		{"a point left out", "fr.md", "- demander\n", "", "2 points in lists in English and 1 in French"},
		{"a heading left out", "en.md", "## What it is\n", "", "0 headings in English and 1 in French"},
		{"no words to speak of", "en.md", "They share the load. ", "", "want 60 to"},
		{"a command without its fence", "en.md", "```\ndarksite status\n```", "    darksite status", "four spaces"},
		{"a control character", "en.md", "An array", "An\tarray", "control characters"},
		{"a lab that is not there", "lesson.yaml", "lab: l1", "lab: l99", `lab "l99" does not exist`},
		{"a runbook that is not there", "lesson.yaml", "runbooks: [psu-failed]", "runbooks: [psu]", `runbook "psu" does not exist`},
		{"more than ten minutes", "lesson.yaml", "minutes: 8", "minutes: 11", "cut it in two"},
		{"an objective in one language", "lesson.yaml", "fr: Trouver le bloc en défaut.", "fr: ''", "objective: want words"},
		{"a question without a reason", "lesson.yaml", `, why: {en: "It does.", fr: "C'est lui."}`, "", "says why"},
		{"a question about another lesson", "lesson.yaml", "reference: lesson:a0", "reference: lesson:a1", "leads nowhere"},
		{"a track that is none", "lesson.yaml", "track: admin", "track: boss", "want one of"},
		{"a track of other lessons", "lesson.yaml", "track: admin", "track: tse", "are called t and a number"},
		{"a picture that runs", "psu.svg", "<rect", "<script>", "run nothing"},
		{"a picture that fetches", "psu.svg", "<rect ", `<use href="x" `, "fetch nothing"},
		{"a picture that is none", "psu.svg", "<svg", "<div", "want an SVG"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fsys := files("a0")
			text := string(fsys["a0/"+tt.file].Data)
			require.Contains(t, text, tt.old)
			fsys["a0/"+tt.file].Data = []byte(strings.ReplaceAll(text, tt.old, tt.new))
			_, err := course.Load(fsys, limits())
			require.ErrorContains(t, err, tt.says)
		})
	}
	t.Run("a command that the kit does not have", func(t *testing.T) {
		fsys := files("a0")
		for _, name := range []string{"a0/en.md", "a0/fr.md"} {
			fsys[name].Data = bytes.ReplaceAll(fsys[name].Data, []byte("darksite status"), []byte("darksite statuts"))
		}
		_, err := course.Load(fsys, limits())
		require.ErrorContains(t, err, `"darksite statuts" is no command`)
	})
	t.Run("a lesson left out", func(t *testing.T) {
		_, err := course.Load(files("a0", "a2"), limits())
		require.ErrorContains(t, err, "the lesson 1 of this track is missing")
	})
	t.Run("a folder of another name", func(t *testing.T) {
		fsys := files("a0")
		fsys["a0/lesson.yaml"].Data = bytes.Replace(fsys["a0/lesson.yaml"].Data, []byte("id: a0\n"), []byte("id: a1\n"), 1)
		_, err := course.Load(fsys, limits())
		require.ErrorContains(t, err, `a0/lesson.yaml:1:5: "a1"`)
	})
	t.Run("a picture that is missing", func(t *testing.T) {
		fsys := files("a0")
		delete(fsys, "a0/psu.svg")
		_, err := course.Load(fsys, limits())
		require.ErrorContains(t, err, "psu.svg")
	})
}

// The right one stands nowhere in particular, and what is to be put in order is not.
func TestQuestionsOnPaper(t *testing.T) {
	c, err := course.Load(files("a0"), limits())
	require.NoError(t, err)
	l, ok := c.Lesson("a0")
	require.True(t, ok)
	got := l.Printed(runbooks.English)
	require.Len(t, got, 3)
	for i, words := range [][]string{{"amber"}, {"look", "act", "check"}} {
		var want []string
		for _, w := range words {
			for _, o := range got[i].Options {
				if strings.HasSuffix(o, ") "+w) {
					want = append(want, o[:1])
				}
			}
		}
		require.Equal(t, strings.Join(want, ", "), got[i].Answer)
	}
	require.NotEqual(t, "a, b, c", got[1].Answer, "it stands in another order")
	require.Equal(t, "1", got[2].Answer)
}

func TestManual(t *testing.T) {
	fsys := files("a0", "s1")
	fsys["a0/fr.md"].Data = append(fsys["a0/fr.md"].Data, "\n<script>alert(1)</script>\n"...)
	c, err := course.Load(fsys, limits())
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, course.Manual(&b, c.Lessons(""), runbooks.French, "1.2"))
	page := b.String()
	for _, want := range []string{
		`<html lang="fr">`, "Manuel de formation", "Version 1.2", `href="#s1"`, "Officier de sécurité", "Trouver le bloc en défaut.",
		"<blockquote>", "Étape 1. Le bloc de gauche est orange.", `viewBox="0 0 10 10"`, ") orange", "1. L&#39;autre porte tout.",
	} {
		require.Contains(t, page, want)
	}
	for _, never := range []string{"<script", "http:", "https:", "src="} {
		require.NotContains(t, page, never, "the page fetches and runs nothing")
	}
}
