package bundle

import "strings"

// ValidDraft reports whether id is the temporary id a site gives its case draft:
// T- and ten letters or digits of base32.
func ValidDraft(id string) bool {
	return len(id) == 12 && id[:2] == "T-" && strings.Trim(id[2:], "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// ValidNumber reports whether s is a case number of the vendor: eight digits.
func ValidNumber(s string) bool { return len(s) == 8 && strings.Trim(s, "0123456789") == "" }
