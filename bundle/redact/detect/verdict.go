package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// acts say what has to be looked at when a word is met. They depend on the word
// alone, so they are remembered.
type acts uint32

const (
	aQuad      acts = 1 << iota // digits and dots: perhaps IPv4
	aEmbedded                   // a quad, dotted or dashed, inside a longer word
	aDotMAC                     // 0011.2233.4455
	aDashHex                    // pairs of hex digits with dashes, UUID
	aHex                        // a long run of hex digits
	aToken                      // begins like a provider's token
	aQualified                  // iqn. nqn. eui. naa. wwn. t10., or of the daemon of a host
	aDotted                     // a dotted name with a known top-level domain
	aWeak                       // the same, but the last label also ends file names
	aMail                       // has an @ inside
	aKey                        // names a value that must go
	aNoun                       // stands before a name in running text
	aPhrase                     // for, by, from, to and the like
	aPath                       // home, Users: a path part before a name
	aSID
	aLong // perhaps base64
	aNameKey
	aDN
	aRandom  // looks drawn by chance
	aMixed   // has letters of both cases
	aMachine // spelled as only machines are: esx14, node-246
	aStamp   // a month, perhaps of a time stamp
	aStart   // a word that begins a phrase of a command or a config line
	aDotFile // a file or folder that only homes have, behind its dot
	aLeader  // a key and its value that dots join
	aGuest   // the name of a file that guests of hypervisors have, or a job of a backup and its time
	aLink    // a link to a device, which holds what it leads to behind a dash
	aTarget  // a disk named after its identity: c0t624A...d0s2, disk@g624a...
	aOpener  // names what an object or list holds
	aReplica // named as the schedulers of containers name what they start
	aSuspect // may be a name nobody else uses
)

// verdict is what a word's spelling says.
type verdict struct {
	acts acts
	key  int16
	noun int16 // the rule of a noun; of a suspect, what its spelling weighs
}

// classify looks at a word once.
func (s *Scanner) classify(w []byte) verdict {
	v := verdict{key: noRule, noun: noRule}
	acc := flagsOf(w)
	if s.ownToken(w, acc) {
		return v
	}
	v.acts = s.shape(w, acc)
	if v.acts&(aDotted|aWeak) != 0 && s.neverName(w, v.acts) {
		v.acts &^= aDotted | aWeak
	}
	if acc&(fLetter|fHigh) != 0 && (acc&fDigit == 0 || digits(indexed(w, acc)) < 4) {
		s.vocabulary(w, acc, &v) // names of keys hold few digits, numbered things many
	}
	if n, ok := s.isSuspect(w, acc, v.acts); ok {
		v.acts |= aSuspect
		v.noun = n
	}
	return v
}

func digits(w []byte) (n int) {
	for _, c := range w {
		if isDigit(c) {
			n++
		}
	}
	return n
}

// ownToken reports whether a word is a stand-in already.
func (s *Scanner) ownToken(w []byte, acc flags) bool {
	if acc&fDash == 0 || acc&fUpper != 0 {
		return false
	}
	n := len(w) - pseudonym.Tail - 1
	if n < 2 || w[n] != '-' && !bytes.HasSuffix(w, []byte(pseudonym.Suffix)) {
		return string(w) == Mask
	}
	return s.owns(pseudonym.Name, string(w)) || string(w) == Mask
}

// shape finds the acts that follow from the characters of a word.
func (s *Scanner) shape(w []byte, acc flags) (a acts) {
	digits, letters := acc&fDigit != 0, acc&fLetter != 0
	if acc&fHigh != 0 {
		acc |= fAlpha // no number of any sort
	}
	switch {
	case acc&fAt != 0 && bytes.IndexByte(w, '@') > 0:
		a |= aMail
	case acc&fDot != 0 && digits && !letters && acc&(fDash|fUnder) == 0:
		if quartets(w) {
			return aDotMAC
		}
		return aQuad
	case acc&fDot != 0 && acc&(fAlpha|fDash|fUnder) == 0 && (len(w) == 14 || len(w) <= 17 && len(w) >= 15 && bytes.Count(w, []byte{'.'}) == 5):
		a |= aDotMAC
	case acc&fDash != 0 && acc&(fAlpha|fDot|fUnder) == 0 && (digits || acc&fHex != 0):
		a |= aDashHex
	case acc&(fAlpha|fDot|fDash|fUnder) == 0 && len(w) >= 7:
		a |= aHex
	case (len(w) >= 18 || len(w) == len("0x")+12) && acc&(fDot|fDash|fUnder) == 0 && w[0] == '0' && lower(w[1]) == 'x':
		a |= aHex
	}
	if acc&(fUpper|fUnder|fAt|fDash) == fDash && letters && replica(w) {
		a |= aReplica
	}
	if len(w) >= 20 && acc&fDash != 0 && (bytes.Contains(w, []byte("-0x")) || qualifiedIn(w) > 0 || identityAt(w) > 0) || acc&fUnder != 0 && diskLinkName(w) {
		a |= aLink
	}
	if n := len(w); n >= 18 && n <= 46 && lower(w[0]) == 'c' && isDigit(w[1]) || n >= 20 && acc&fAt != 0 && diskAt(w) {
		a |= aTarget
	}
	if n := len(w); n >= 19 && n <= 24 && acc&fDash != 0 && w[n-19] == '-' && w[n-18] == '0' && lower(w[n-17]) == 'x' {
		a |= aHex // nn-0x..., as paths of NVMe over FC are written
	}
	if digits && acc&(fDash|fUnder|fDot) != 0 && quadInside(w) {
		a |= aEmbedded
	}
	if letters && acc&fDot != 0 && acc&fAt == 0 {
		a |= dotted(w)
		if bytes.Contains(w, []byte("....")) {
			a |= aLeader
		}
		if guestFile(w) || jobStamp(w) > 0 {
			a |= aGuest
		}
	}
	if letters && s.k.heads[w[0]] {
		for _, p := range s.k.byHead[w[0]] {
			if n := len(p.Text); len(w) >= n && w[n-1] == p.Text[n-1] && string(w[:n]) == p.Text {
				a |= aToken
				break
			}
		}
	}
	if letters && len(w) >= 4 {
		a |= qualifiedHead(w)
	}
	if letters && digits && acc&(fDot|fAt|fUnder) == 0 && len(w) <= maxHostName && (machine(w) || s.inv.sibling(w)) {
		a |= aMachine
	}
	if len(w) >= 16 && acc&(fDot|fAt) == 0 && letters {
		a |= aLong
		if looksRandom(w) {
			a |= aRandom
		}
		if acc&fUpper != 0 && acc&fLower != 0 {
			a |= aMixed
		}
	}
	if len(w) > 4 && (w[0] == 'S' || w[0] == 's') && w[1] == '-' && w[2] == '1' && w[3] == '-' {
		a |= aSID
	}
	return a
}

// maxHostName bounds the words that are taken for hosts by how they are spelled.
const maxHostName = 24

// numberedName tells words that a series of hosts could hold.
func numberedName(w []byte) bool {
	acc := flagsOf(w)
	return len(w) <= maxHostName && acc&fDigit != 0 && acc&fLetter != 0 && acc&(fDot|fAt|fUnder) == 0
}

// machine tells a word for a kind of machine with a number of two to four digits:
// behind a dash, or right behind it where the word means nothing else.
func machine(w []byte) bool {
	n := len(w)
	for n > 0 && isDigit(w[n-1]) {
		n--
	}
	if d := len(w) - n; d < 1 || d > 4 || n < 2 || d == 1 && w[n-1] != '-' {
		return false
	}
	if w[n-1] == '-' {
		return dashedMachines.hasFolded(w[:n-1]) && !connectors.has(string(w))
	}
	if d := len(w) - n; n > 7 && d < 4 && foldEqual(w[n-6:n], "server") && flagsOf(w[:n])&fUnder == 0 {
		return true
	}
	return machines.hasFolded(w[:n])
}

var (
	machines       = set("esx esxi srv vcenter filer nas dbsrv websrv appsrv sqlsrv fileserver mailsrv hyperv")
	connectors     = set("DB-9 DB-15 DB-25 DB-37 DB-50") // plugs with so many pins
	dashedMachines = set("node esx esxi srv server web db sql nas san filer vcenter dc compute login dbsrv websrv appsrv mail gw fw")
)

// qualifiedHead tells the beginnings of names of storage ends.
func qualifiedHead(w []byte) acts {
	switch lower(w[0]) {
	case 'f':
		if len(w) >= 19 && lower(w[1]) == 'c' && w[2] == '.' && hexDigits(w[3:19]) == 16 {
			return aQualified
		}
		return 0
	case 'i', 'n', 'e', 't', 'w', 'm', 'v':
	default:
		return 0
	}
	if w[3] != '.' {
		return 0
	}
	head := strings.ToLower(string(w[:4]))
	switch head {
	case "iqn.", "nqn.", "eui.", "naa.", "t10.", "vml.", "wwn.", "mon.", "mgr.", "mds.":
		return aQualified
	}
	return 0
}

// phrases are the words after which, in the right company, a name stands.
var phrases = func() map[string]acts {
	m := map[string]acts{}
	for a, words := range map[acts]string{
		aPhrase: "as at by client connect for from host hostname hostnossl hostssl machine node on peer server to " +
			"workstation",
		aStart: "3des aaaa acls aes aes-128 aes-256 aes128 aes256 aix alert aliadd alicreate alidelete aliremove ap array auth " +
			"authcommunity authentication-key authentication-password bindpw brokerendpoint by-id cfg cfgadd cfgcreate cfgdelete " +
			"cfgenable cfgremove changed chap chassisid chown cifs client_list close_wait clone cmd cname colocation com2sec " +
			"com2sec6 community config console contact createuser curl darwin datasource decryption des dev description " +
			"device-alias dhcpack dhcpdiscover dhcpinform dhcpnak dhcpoffer dhcprequest domain drbd drives edit " +
			"encrypted-password entry esn established eui-64 export failed fatal fcalias fid fin_wait2 freebsd fw gc " +
			"globalprotect group guestonline haproxy hbx hex-string hipmatch hmac-sha-256 hp-ux http ias identified " +
			"idmap imap informsink initiator ipmitool ipso ipv4 ipv6 jobid key key-string ldap ldapmodify ldapsearch linux " +
			"list loc location login lua lvm lvm2 mapper masterauth masters md5 message-digest-key mgmtuser mgr mount mounting ms mssqlsvc mx " +
			"mysql mysqladmin mysqldump n name names netbsd nfs noerror notification ns nxdomain offline ok " +
			"online openbsd order origin p packet pam passphrase passwd passwd-file password persistentvolume persistentvolumeclaim pg_dump pool portid primitive principal priv " +
			"proctitle promoted psql ptr pts pv pvc quorum ran ras reload remoteonline replace requirepass " +
			"restrictedkrbhost ro rocommunity rocommunity6 role rootpw rpcclient rsync rw rwcommunity rwcommunity6 scp " +
			"search secret sect servfail set sha sha1 sha256 skipping slaves slice smbclient snmp-server snmpbulkwalk snmpget " +
			"snmpwalk soa sql sqlcmd sqlplus srv ssh sshpass standby started stopped str su success sudoers sunos " +
			"syscontact syslocation system systems termsrv threat time_wait traffic trap2sink trapcommunity " +
			"trapsink tty tty1 tty2 tty3 ttys0 ttyv0 unpromoted uptime user useradd userdel userid usermod username " +
			"w3svc1 w3svc2 w3svc3 wget workgroup wsman wwn zone zoneadd zonecreate zonedelete zoneremove zoneset " +
			"zoning",
		aNameKey: "attribute component-name component_name componentname default field id key label name option " +
			"parameter property setting string_value stringvalue uuid val value value_string valuestring variable",
		aStamp: "apr aug dec feb jan jul jun mar may nov oct sep",
		aPath:  "accounts common cron crontabs home homes mail profiles tabs users vol volumes",
		aDotFile: "bash_history bash_logout bash_profile bashrc gnupg lesshst mysql_history netrc pgpass psql_history " +
			"python_history ssh viminfo xauthority zsh_history",
		aDN: "cn dc emailaddress gn l o ou sn st street uid",
	} {
		for w := range strings.FieldsSeq(words) {
			m[w] |= a
		}
	}
	return m
}()

// vocabulary finds the acts that follow from what a word means.
func (s *Scanner) vocabulary(w []byte, acc flags, v *verdict) {
	if len(w) > 40 {
		return
	}
	v.key = s.k.keyRule(indexed(w, acc))
	if v.key >= 0 {
		v.acts |= aKey
	}
	var buf [40]byte
	f := buf[:len(w)]
	for i, c := range w {
		f[i] = lower(c)
	}
	if n := len(f); n > 6 && isDigit(f[n-6]) && string(f[n-5:]) == "label" {
		v.acts |= aStart // of a field with a number: cs5Label
	}
	if v.key < 0 && opener(w) {
		v.acts |= aOpener
	}
	if !s.k.vocab.hasBytes(f) {
		return
	}
	v.acts |= phrases[string(f)]
	if n, ok := s.k.nouns[string(f)]; ok {
		v.noun = n
		v.acts |= aNoun
	}
	if suffixWords[string(f)] {
		v.acts |= aKey // with the word before it
	}
}

// suffixWords end a key whose meaning lies in the word before: Serial Number,
// Host Name, Service Tag.
var suffixWords = map[string]bool{
	"number": true, "name": true, "tag": true, "id": true, "no": true, "code": true, "string": true,
	"key": true, "num": true, "label": true, "nbr": true, "address": true, "passe": true, "compte": true, "usuario": true, "utente": true, "equipo": true, "série": true, "serie": true, "пользователя": true, "server": true, "servers": true, "#": true, "contract": true, "guid": true,
}
