package casedraft

import (
	"embed"
	"errors"
	"fmt"
	"strings"
	"text/template"
	"unicode/utf8"
)

//go:embed templates/*.tmpl
var templates embed.FS

// Width is the widest line, in characters, that Mail and Card write, except
// for words that are longer and for error messages, which stay exact.
const Width = 76

// Languages lists the languages Mail and Card speak.
func Languages() []string { return []string{"en", "fr"} }

// Mail renders the case as the text of an e-mail, the subject line first.
func Mail(d Draft, lang string) (string, error) { return render("mail", d, lang) }

// Card renders what to say on the telephone, in the order support asks for it.
// With more than [SpokenMessages] error messages it says to send a mail.
func Card(d Draft, lang string) (string, error) { return render("card", d, lang) }

func render(kind string, d Draft, lang string) (string, error) {
	name := kind + "." + lang + ".tmpl"
	text, err := templates.ReadFile("templates/" + name)
	if err != nil {
		return "", fmt.Errorf("render case %s: no %s in language %q: want one of %v", d.Name(), kind, lang, Languages())
	}
	t, err := template.New(name).Funcs(template.FuncMap{
		"wrap":   wrap,
		"indent": indent,
		"spoken": func(m []string) bool { return len(m) <= SpokenMessages },
		"spell":  spell,
		"oneline": func(s string) string {
			return strings.Join(strings.Fields(s), " ")
		},
	}).Parse(string(text))
	if err != nil {
		return "", fmt.Errorf("render case %s: %w", d.Name(), err)
	}
	var b strings.Builder
	if err := t.Execute(&b, d); err != nil {
		return "", fmt.Errorf("render case %s: %w", d.Name(), err)
	}
	if !utf8.ValidString(b.String()) {
		return "", errors.New("render case " + d.Name() + ": a field is not UTF-8")
	}
	return b.String(), nil
}

// wrap breaks every line of s at spaces and indents all of it by n spaces.
func wrap(n int, s string) string {
	pad := strings.Repeat(" ", n)
	var out []string
	for _, line := range strings.Split(strings.TrimRight(s, "\n"), "\n") {
		row := pad
		for _, word := range strings.Fields(line) {
			if len(row) > n && utf8.RuneCountInString(row)+1+utf8.RuneCountInString(word) > Width {
				out = append(out, row)
				row = pad
			}
			if len(row) > n {
				row += " "
			}
			row += word
		}
		out = append(out, strings.TrimRight(row, " "))
	}
	return strings.Join(out, "\n")
}

// indent puts n spaces before every line and changes nothing else.
func indent(n int, s string) string {
	pad := strings.Repeat(" ", n)
	return pad + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n"+pad)
}

// spell parts a number into single digits, as it is read out.
func spell(s string) string { return strings.Join(strings.Split(s, ""), " ") }
