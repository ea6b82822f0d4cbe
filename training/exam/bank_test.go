package exam_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"darksite/runbooks"
	"darksite/training/certificate"
	"darksite/training/exam"

	"github.com/stretchr/testify/require"
)

// screens makes a screen that shows one number.
type screens struct{}

func (screens) Screen(name string, seed uint64) (runbooks.Text, string, bool) {
	answer := fmt.Sprint(1000 + seed%7919)
	return runbooks.Text{EN: "used " + answer + " GiB", FR: "utilisé " + answer + " Gio"}, answer, name == "capacity"
}

func limits() exam.Limits {
	return exam.Limits{
		Blueprints: []exam.Blueprint{exam.Of(certificate.Officer)},
		Known:      func(ref string) bool { return ref == "lesson:s1" || ref == "runbook:psu-failed" },
		Screens:    screens{},
	}
}

// one of each kind; %[1]s is the objective and %[2]d a number that keeps IDs apart.
const kinds = `
  - id: %[1]s-single-%[2]d
    kind: single
    difficulty: 1
    safety: true
    stem: {en: "Which light means trouble?", fr: "Quel voyant signale un défaut ?"}
    options:
      - {id: red, text: {en: amber, fr: orange}, right: true, why: {en: "It asks for attention.", fr: "Il demande attention."}}
      - {id: green, text: {en: green, fr: vert}, why: {en: "All is well.", fr: "Tout va bien."}}
      - {id: blue, text: {en: blue, fr: bleu}, why: {en: "It only locates.", fr: "Il ne fait que localiser."}}
    reference: runbook:psu-failed
  - id: %[1]s-multi-%[2]d
    kind: multi
    difficulty: 2
    stem: {en: "What goes: 100%% of it?", fr: "Que part-il : 100%% ?"}
    options:
      - {id: host, text: {en: "host = name", fr: "hôte = nom"}, right: true, why: {en: "It names a host.", fr: "Il nomme un hôte."}}
      - {id: mail, text: {en: "%%mail ~ address", fr: "%%adresse ~ courriel"}, right: true, why: {en: "A person.", fr: "Une personne."}}
      - {id: version, text: {en: "version {x} -> y", fr: "version {x} -> z"}, why: {en: "It stays # kept.", fr: "Elle reste # gardée."}}
    reference: lesson:s1
  - id: %[1]s-numeric-%[2]d
    kind: numeric
    difficulty: 2
    stem: {en: "How many officers by default?", fr: "Combien d'officiers par défaut ?"}
    number: {value: 2, tolerance: 0.25, unit: people}
    why: {en: "Two must agree: four eyes.", fr: "Deux doivent être d'accord : quatre yeux."}
    reference: lesson:s1
  - id: %[1]s-order-%[2]d
    kind: order
    difficulty: 3
    stem: {en: "Put the journey in order.", fr: "Remettez le trajet en ordre."}
    options:
      - {id: collect, text: {en: collect, fr: collecter}}
      - {id: redact, text: {en: redact, fr: caviarder}}
      - {id: seal, text: {en: seal, fr: sceller}}
    why: {en: "Nothing leaves unread.", fr: "Rien ne part sans lecture."}
    reference: lesson:s1
  - id: %[1]s-match-%[2]d
    kind: match
    difficulty: 2
    stem: {en: "Who does what?", fr: "Qui fait quoi ?"}
    options:
      - {id: admin, text: {en: admin, fr: administrateur}, partner: {en: collects, fr: collecte}}
      - {id: officer, text: {en: officer, fr: officier}, partner: {en: approves, fr: approuve}}
      - {id: tse, text: {en: engineer, fr: ingénieur}, partner: {en: imports, fr: importe}}
    why: {en: "Each has one part.", fr: "Chacun a un rôle."}
    reference: lesson:s1
  - id: %[1]s-screen-%[2]d
    kind: screen
    difficulty: 1
    stem: {en: "How much is used?", fr: "Combien est utilisé ?"}
    screen: capacity
    why: {en: "It stands there.", fr: "C'est affiché."}
    reference: lesson:s1
`

// bankFiles is a bank for the officer's track: 18 items for each objective, of which a
// form draws 5.
func bankFiles() fstest.MapFS {
	files := fstest.MapFS{"bank.yaml": {Data: []byte("version: 2026.1\n")}}
	for _, objective := range []string{"s1", "s2", "s3", "s4"} {
		text := "objective: " + objective + "\nitems:"
		for i := range 3 {
			text += fmt.Sprintf(kinds, objective, i)
		}
		files[objective+".yaml"] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

func loadBank(t testing.TB) *exam.Bank {
	t.Helper()
	b, err := exam.Load(bankFiles(), limits())
	require.NoError(t, err)
	return b
}

func TestLoad(t *testing.T) {
	b := loadBank(t)
	require.Equal(t, "2026.1", b.Version)
	require.Len(t, b.Items(), 72)
	it, ok := b.Item("s2-order-1")
	require.True(t, ok)
	require.Equal(t, "s2", it.Objective)
	_, ok = b.Item("s2-order-9")
	require.False(t, ok)

	files := bankFiles()
	files["s1.yaml"].Data = append(files["s1.yaml"].Data, "# a remark\n"...)
	other, err := exam.Load(files, limits())
	require.NoError(t, err)
	require.NotEqual(t, b.Digest, other.Digest, "the digest is of the files as they are")
}

func TestLint(t *testing.T) {
	tests := []struct{ name, old, new, says string }{
		{"an item without French words", `fr: "Qui fait quoi ?"`, `fr: ""`, "stem: want words in English and French"},
		{"numbers that differ between the languages", `fr: "Que part-il : 100% ?"`, `fr: "Que part-il : 10% ?"`, "the numbers differ"},
		{"two right answers to a single item", `{id: green, text: {en: green, fr: vert},`, `{id: green, right: true, text: {en: green, fr: vert},`, "2 options are right: want one"},
		{"a multi item in which all is right", `{id: version, text`, `{id: version, right: true, text`, "3 of 3 options are right"},
		{"an answer without its reason", `, why: {en: "All is well.", fr: "Tout va bien."}`, ``, "says why it is right or wrong"},
		{"a reference to nothing", `reference: runbook:psu-failed`, `reference: runbook:psu-fixed`, "leads nowhere"},
		{"a catch-all option", `{en: blue, fr: bleu}`, `{en: None of the above, fr: bleu}`, "shown in another order"},
		{"a catch-all option in French", `{en: blue, fr: bleu}`, `{en: blue, fr: toutes ces réponses}`, "shown in another order"},
		{"the same words twice", `{en: blue, fr: bleu}`, `{en: green, fr: bleu}`, "stands twice"},
		{"a long answer among short ones", `{en: amber, fr: orange}`, `{en: "amber, which is the light that the array turns on when it asks for attention", fr: orange}`, "length gives the answer away"},
		{"a screen nobody makes", `screen: capacity`, `screen: weather`, `there is no screen "weather"`},
		{"a number with a choice", "reference: runbook:psu-failed", "reference: runbook:psu-failed\n    number: {value: 1, tolerance: 0}", "a number stands with numeric items"},
		{"a tolerance below 0", "tolerance: 0.25", "tolerance: -1", "tolerance below 0"},
		{"a difficulty that is none", "difficulty: 3", "difficulty: 4", "want 1 to 3"},
		{"an ID of another objective", "id: s1-order-0", "id: s2-order-0", "begins with s1-"},
		{"an ID twice", "id: s1-order-1", "id: s1-order-0", "stands twice"},
		{"a partner in the wrong place", `{id: seal, text: {en: seal, fr: sceller}}`, `{id: seal, text: {en: seal, fr: sceller}, partner: {en: a, fr: b}}`, "partners stand with match items"},
		{"too few options", "      - {id: seal, text: {en: seal, fr: sceller}}\n", "", "2 options: a order item has 3 to 7"},
		{"a kind that is none", "kind: order", "kind: essay", `kind "essay"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := bankFiles()
			text := string(files["s1.yaml"].Data)
			require.Contains(t, text, tt.old)
			files["s1.yaml"].Data = []byte(strings.Replace(text, tt.old, tt.new, 1))
			_, err := exam.Load(files, limits())
			require.ErrorContains(t, err, tt.says)
		})
	}
}

func TestLintOfTheWhole(t *testing.T) {
	t.Run("an objective with too few items", func(t *testing.T) {
		files := bankFiles()
		files["s3.yaml"].Data = []byte("objective: s3\nitems:" + fmt.Sprintf(kinds, "s3", 0))
		_, err := exam.Load(files, limits())
		require.ErrorContains(t, err, "objective s3 has 6 items: a form for officer draws 5, so want 15")
	})
	t.Run("retired items do not count", func(t *testing.T) {
		files := bankFiles()
		text := strings.ReplaceAll(string(files["s3.yaml"].Data), "kind: match\n", "kind: match\n    retired: true\n")
		files["s3.yaml"].Data = []byte(strings.ReplaceAll(text, "kind: order\n", "kind: order\n    retired: true\n"))
		_, err := exam.Load(files, limits())
		require.ErrorContains(t, err, "objective s3 has 12 items")
	})
	t.Run("an objective no form asks for", func(t *testing.T) {
		files := bankFiles()
		files["s9.yaml"] = &fstest.MapFile{Data: []byte("objective: s9\nitems:" + fmt.Sprintf(kinds, "s9", 0))}
		_, err := exam.Load(files, limits())
		require.ErrorContains(t, err, "no form asks for the objective s9")
	})
	t.Run("the right one is the longest too often", func(t *testing.T) {
		l := limits()
		l.Blueprints = nil
		text := "objective: s1\nitems:"
		for i := range 20 {
			text += strings.Replace(strings.Split(fmt.Sprintf(kinds, "s1", i), "  - id: s1-multi")[0], "en: amber", "en: amber light", 1)
		}
		_, err := exam.Load(fstest.MapFS{"bank.yaml": {Data: []byte("version: 1\n")}, "s1.yaml": {Data: []byte(text)}}, l)
		require.ErrorContains(t, err, "choosing by length would pay")
	})
	t.Run("a file under another name", func(t *testing.T) {
		files := bankFiles()
		files["s8.yaml"] = files["s1.yaml"]
		_, err := exam.Load(files, limits())
		require.ErrorContains(t, err, `s8.yaml:1:12: "s1"`)
	})
	t.Run("no version", func(t *testing.T) {
		files := bankFiles()
		delete(files, "bank.yaml")
		_, err := exam.Load(files, limits())
		require.ErrorContains(t, err, "bank.yaml with the version is missing")
	})
}
