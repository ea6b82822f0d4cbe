package snmp

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"darksite/localmon"
	"darksite/localmon/source/push"

	"github.com/gosnmp/gosnmp"
)

const (
	// maxText and maxRaw bound the text of a message and its whole, in octets.
	maxText = 512
	maxRaw  = 4096
	// maxField bounds the subject and the body of an alert.
	maxField = 2048
)

const snmpTrapOID = ".1.3.6.1.6.3.1.1.4.1.0"

// kind is what a trap's object id says.
type kind struct{ name, severity string }

// kinds are the traps known by name. Another one is a warning: that something
// is not known does not make it harmless.
func kinds(oid string) (kind, bool) {
	switch oid {
	case arrayMIB + ".2.50":
		return kind{"pureInfoTrap", "info"}, true
	case arrayMIB + ".2.51":
		return kind{"pureWarningTrap", "warning"}, true
	case arrayMIB + ".2.52":
		return kind{"pureCriticalTrap", "critical"}, true
	case ".1.3.6.1.6.3.1.1.5.1":
		return kind{"coldStart", "warning"}, false
	case ".1.3.6.1.6.3.1.1.5.2":
		return kind{"warmStart", "info"}, false
	case ".1.3.6.1.6.3.1.1.5.3":
		return kind{"linkDown", "warning"}, false
	case ".1.3.6.1.6.3.1.1.5.4":
		return kind{"linkUp", "info"}, false
	case ".1.3.6.1.6.3.1.1.5.5":
		return kind{"authenticationFailure", "warning"}, false
	}
	return kind{"trap " + strings.TrimPrefix(oid, "."), "warning"}, false
}

// fields are the variables of a trap of the array MIB.
type fields struct {
	host, subject, body string
	code                int
}

// message reads a trap or an inform. It reports false when it does not say
// which trap it is.
func message(m *gosnmp.SnmpPacket) (push.Message, bool) {
	trap := ""
	for _, b := range m.Variables {
		if b.Name == snmpTrapOID && b.Type == gosnmp.ObjectIdentifier {
			trap, _ = b.Value.(string)
			break
		}
	}
	if trap == "" {
		return push.Message{}, false
	}
	k, ofArray := kinds(trap)
	return compose(k, ofArray, fieldsOf(m.Variables), raw(m, k)), true
}

// compose makes the message of what was read.
func compose(k kind, ofArray bool, f fields, raw string) push.Message {
	msg := push.Message{Channel: push.Trap, Severity: k.severity, Host: f.host, Raw: raw}
	if !ofArray {
		msg.Text = line([]byte(raw), maxText)
		return msg
	}
	msg.Alert = alert(f, k.severity)
	switch {
	case f.subject != "":
		msg.Text = line([]byte(f.subject), maxText)
	case f.body != "":
		msg.Text = line([]byte(f.body), maxText)
	default:
		msg.Text = k.name + " without a subject"
	}
	if f.code != 0 {
		msg.Text += " [" + strconv.Itoa(f.code) + "]"
	}
	return msg
}

// fieldsOf finds the variables by the number below the array MIB, with the 0 of
// a scalar or without. The first of a number counts.
func fieldsOf(binds []gosnmp.SnmpPDU) fields {
	first := map[string]gosnmp.SnmpPDU{}
	for _, b := range binds {
		if number, ok := strings.CutPrefix(b.Name, arrayMIB+".3."); ok {
			number = strings.TrimSuffix(number, ".0")
			if _, twice := first[number]; !twice {
				first[number] = b
			}
		}
	}
	text := func(number string, limit int) string {
		b, _ := first[number].Value.([]byte)
		return line(b, limit)
	}
	f := fields{host: text("3", 255), subject: text("5", maxField), body: text("6", maxField)}
	if n, ok := first["4"].Value.(int); ok && n > 0 && n < 1<<31 {
		f.code = n
	}
	return f
}

// about is the shape of a subject: (type:name): issue. A name may hold colons
// and brackets itself.
var about = regexp.MustCompile(`^\(([a-z][a-z0-9_ ]*):(.+)\): (.+)$`)

func alert(f fields, severity string) *localmon.ArrayAlert {
	a := &localmon.ArrayAlert{Code: f.code, Severity: severity, State: "open", Summary: f.subject, Description: f.body}
	subject, over := ending(f.subject)
	if over || closedField.MatchString(f.body) {
		a.State = "closed"
	}
	if m := about.FindStringSubmatch(subject); m != nil {
		a.ComponentType, a.Component, a.Issue = m[1], strings.TrimSpace(m[2]), strings.TrimSpace(m[3])
	}
	return a
}

// closedField is how a body may say that the alert is over.
var closedField = regexp.MustCompile(`(?i)\b(?:state|status)\s*[:=]\s*(?:closed|cleared|resolved)\b`)

// ending says whether a subject tells that the alert is over, and gives the
// subject without those words. No trap says it by its kind, and the words alone
// occur in faults too ("connection closed", "name could not be resolved"), so
// only these are taken for it: a first word set off from the rest, such as
// "[CLOSED]" or "Resolved:"; a last "cleared" or "resolved" that is not denied;
// and a last "closed" that is set off, or said of the alert.
func ending(subject string) (rest string, over bool) {
	const marks = ":;,.!-()[]"
	words := strings.Fields(subject)
	if len(words) < 2 {
		return subject, false
	}
	said := func(w string) string { return strings.ToLower(strings.Trim(w, marks)) }
	switch first := words[0]; said(first) {
	case "closed", "cleared", "resolved":
		if strings.ContainsAny(first, ":[(") {
			return strings.Join(words[1:], " "), true
		}
	}
	last, before := words[len(words)-1], said(words[len(words)-2])
	setOff := strings.ContainsAny(last[:1], "([") || strings.ContainsAny(words[len(words)-2][len(words[len(words)-2])-1:], ":;,-")
	switch said(last) {
	case "cleared", "resolved":
		over = before != "not" && before != "be" && before != "never"
	case "closed":
		over = setOff || slices.Contains([]string{"alert", "issue", "is", "was", "been", "now"}, before)
	}
	if !over {
		return subject, false
	}
	words = words[:len(words)-1]
	for len(words) > 1 && slices.Contains([]string{"is", "was", "has", "been", "now"}, said(words[len(words)-1])) {
		words = words[:len(words)-1]
	}
	return strings.TrimRight(strings.Join(words, " "), " :;,-(["), true
}

// raw is the whole message on one line. Neither community nor engine is in it.
func raw(m *gosnmp.SnmpPacket, k kind) string {
	var b strings.Builder
	b.WriteString(k.name)
	for i, v := range m.Variables {
		if v.Name == snmpTrapOID {
			continue
		}
		if b.Len() > maxRaw-64 {
			fmt.Fprintf(&b, " (%d more)", len(m.Variables)-i)
			break
		}
		// A name of an object is as long as its sender likes.
		fmt.Fprintf(&b, " %s=%s", line([]byte(strings.TrimPrefix(v.Name, ".")), 256), printed(v, maxRaw-64-b.Len()))
	}
	return line([]byte(b.String()), maxRaw)
}

// printed is the value of a variable for a person.
func printed(v gosnmp.SnmpPDU, limit int) string {
	limit = max(limit, 16)
	switch value := v.Value.(type) {
	case []byte:
		return `"` + line(value, limit) + `"`
	case string:
		return line([]byte(strings.TrimPrefix(value, ".")), limit)
	case nil:
		return "null"
	default:
		return line(fmt.Append(nil, value), limit)
	}
}
