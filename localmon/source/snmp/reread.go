package snmp

import (
	"regexp"
	"strconv"
	"strings"

	"darksite/localmon/source/push"
)

// variable finds where a variable of the array MIB begins in a raw line, with
// or without the 0 of a scalar.
var variable = regexp.MustCompile(` 1\.3\.6\.1\.4\.1\.40482\.3\.([1-9])(?:\.0)?=`)

// anyVariable finds where the next one of whatever kind begins.
var anyVariable = regexp.MustCompile(` (?:\d+\.){3,}\d+=| \(\d+ more\)$`)

// Reread makes a message of an array's trap from its Raw, as it was kept in a
// spool. It reports false for other traps, which tell nothing of an alert. At
// and From are left to the caller, who kept them beside it.
func Reread(raw string) (push.Message, bool) {
	name, _, _ := strings.Cut(raw, " ")
	for _, number := range []string{".2.50", ".2.51", ".2.52"} {
		if k, _ := kinds(arrayMIB + number); k.name == name {
			return compose(k, true, reread(raw), raw), true
		}
	}
	return push.Message{}, false
}

// reread finds the variables in a raw line. The first of a number counts.
func reread(raw string) fields {
	first := map[string]string{}
	for _, at := range variable.FindAllStringSubmatchIndex(raw, -1) {
		value := raw[at[1]:]
		if next := anyVariable.FindStringIndex(value); next != nil {
			value = value[:next[0]]
		}
		if number := raw[at[2]:at[3]]; first[number] == "" {
			first[number] = value
		}
	}
	text := func(number string, limit int) string {
		quoted := first[number]
		if len(quoted) < 2 || quoted[0] != '"' || quoted[len(quoted)-1] != '"' {
			return ""
		}
		return line([]byte(quoted[1:len(quoted)-1]), limit)
	}
	f := fields{host: text("3", 255), subject: text("5", maxField), body: text("6", maxField)}
	if n, err := strconv.Atoi(first["4"]); err == nil && n > 0 && n < 1<<31 {
		f.code = n
	}
	return f
}
