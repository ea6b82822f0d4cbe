package pseudonym

// Kind is what a value is. It takes part in the derivation, so that a host and
// a user of the same spelling get unrelated stand-ins.
type Kind uint8

// The kinds of values. Secret is masked for good and never gets a stand-in.
const (
	None Kind = iota
	Secret
	IPv4
	IPv6
	MAC
	WWN
	NAA
	IQN
	NQN
	SID
	UUID
	Email
	FQDN
	Domain
	Host
	User
	Person
	Phone
	Serial
	Array
	Volume
	Group
	Pod
	FileSystem
	Name // something a site named, of no closer known sort
	Word // an entry of the site's word list
	Org
	kinds // number of kinds
)

// kindNames are the spellings of the kinds in maps and reports.
var kindNames = [kinds]string{
	"none", "secret", "ipv4", "ipv6", "mac", "wwn", "naa", "iqn", "nqn", "sid", "uuid",
	"email", "fqdn", "domain", "host", "user", "person", "phone", "serial", "array",
	"volume", "group", "pod", "filesystem", "name", "word", "org",
}

// prefixes begin the stand-ins of kinds that are plain tokens.
var prefixes = [kinds]string{
	Domain: "dom", Host: "host", User: "user", Person: "person", Phone: "tel",
	Serial: "sn", Array: "array", Volume: "vol", Group: "grp", Pod: "pod",
	FileSystem: "fs", Name: "name", Word: "word", Org: "org", IQN: "iqn", NQN: "nqn",
}

// String gives the kind's spelling in maps and reports.
func (k Kind) String() string {
	if k >= kinds {
		return "unknown"
	}
	return kindNames[k]
}

// ParseKind reads a spelling made by [Kind.String].
func ParseKind(s string) (Kind, bool) {
	for k, n := range kindNames {
		if n == s {
			return Kind(k), true
		}
	}
	return None, false
}

// IsName reports whether the kind is a plain name, whose stand-in is one token.
func (k Kind) IsName() bool { return k < kinds && prefixes[k] != "" }
