package redact_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"darksite/bundle/redact"

	"github.com/stretchr/testify/require"
)

// hardCase is one of the numbered hard cases that texts show. Those about files,
// containers and the system have tests of their own.
type hardCase struct {
	name string
	text string
	gone []string
	stay []string
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func hardCases() []hardCase {
	return []hardCase{
		{
			"01 plain keys", "password: hunterA1\nPassword=hunterB2\npasswd hunters\ndb_pass=\"hunterC3\"\nPGPASSWORD=hunterD4\nuser: \"x\"\n",
			[]string{"hunterA1", "hunterB2", "hunterC3", "hunterD4"},
			[]string{"password: ", "db_pass=\""},
		},
		{
			"02 JSON and env pairs", `{"password": "hunterA1", "n": 4}` + "\n" + `{"name": "DB_PASSWORD", "value": "hunterB2"}` + "\n" + `{ "name" : "API_TOKEN" , "value" : "hunterC3" }`,
			[]string{"hunterA1", "hunterB2", "hunterC3"},
			[]string{`"n": 4`, `"name": "DB_PASSWORD"`},
		},
		{
			"03 value before name, pretty printed", "{\n  \"value\": \"hunterA1\",\n  \"name\": \"DB_PASSWORD\"\n}\n{\n  \"value\": \"keepme\",\n  \"name\": \"LOG_LEVEL\"\n}\n",
			[]string{"hunterA1"},
			[]string{"keepme"},
		},
		{
			"04 JSON in JSON", `{"m":"{\"password\":\"hunterA1\"}"}` + "\n" + `{"m":"{\"n\":\"{\\\"apiKey\\\":\\\"hunterB2\\\"}\"}"}`,
			[]string{"hunterA1", "hunterB2"},
			nil,
		},
		{"05 numbers as secrets", `{"password": 48151623, "port": 8443}`, []string{"48151623"}, []string{"8443"}},
		{
			"06 YAML blocks", "a:\n  password: |\n    hunterA1 line\n    hunterB2 line\n  token: >-\n    hunterC3\n    hunterD4\n  secret: &anchor hunterE5\n  keep: 12\npasswords:\n  - hunterF6\n  - hunterG7\nport: 22\n",
			[]string{"hunterA1", "hunterB2", "hunterC3", "hunterD4", "hunterE5", "hunterF6", "hunterG7"},
			[]string{"keep: 12", "port: 22"},
		},
		{"07 PEM in all forms", pemForms(), []string{"MIIEabcd", "c2VjcmV0Ym9keQ", "AAAAB3Nza", "bG9uZ2tleQ", "dHJ1bmNhdGVk"}, []string{"-----BEGIN", "after: yes"}},
		{
			"08 base64 of a secret", "data:\n  conf: " + b64("password=hunterA1 host=x") + "\n  twice: " + b64(b64("password=hunterB2 host=y long")) + "\nAuthorization: Basic " + b64("kweiss:hunterC3") + "\n",
			[]string{b64("password=hunterA1 host=x"), b64("password=hunterA1")[:20], b64(b64("password=hunterB2 host=y long"))[:30], b64("kweiss:hunterC3")},
			[]string{"twice: "},
		},
		{"09 passwords in URLs", "a https://u1:p%40ss-A1@h1.example.com/x\nb amqp://u2:pa@ss:B2/x@h2:5672/v\n", []string{"p%40ss-A1", "pa@ss:B2/x", "h1.example.com"}, []string{"https://", "/x", ":5672/v"}},
		{"10 two URLs on a line", "from http://u:hunterA1@h1/x copy this text to http://u:hunterB2@h2/y done", []string{"hunterA1", "hunterB2"}, []string{"/x copy this text to http://", "/y done"}},
		{"11 query tokens", "GET /x?token=hunterA1&access_key=hunterB2&page=3 HTTP/1.1", []string{"hunterA1", "hunterB2"}, []string{"&page=3 HTTP/1.1"}},
		{"12 headers", "Authorization: Bearer hunterA1.x\nCookie: sid=hunterB2; theme=dark\nX-Auth-Token: hunterC3\nAccept: text/html\n", []string{"hunterA1", "hunterB2", "hunterC3"}, []string{"Bearer ", "Accept: text/html"}},
		{
			"13 command lines", "mysql -phunterA1 -h db\ncurl -u kw:hunterB2 x\nsshpass -p hunterC3 ssh a\ncmd --password \\\n   hunterD4 --next\ncmd --token hunterE5 -v\n",
			[]string{"hunterA1", "hunterB2", "hunterC3", "hunterD4", "hunterE5"},
			[]string{"--next", "-v"},
		},
		{"14 hex arguments of audit", "type=PROCTITLE msg=audit(1:2): proctitle=" + strings.ToUpper(hex.EncodeToString([]byte("mysql\x00--password=hunterA1"))), []string{strings.ToUpper(hex.EncodeToString([]byte("hunterA1")))}, []string{"type=PROCTITLE"}},
		{"15 terminal colours", "\x1b[31mpassword\x1b[0m=\x1b[32mhunterA1\x1b[0m\nhost \x1b[1m10.20.30.41\x1b[0m up\n", []string{"hunterA1", "10.20.30.41"}, []string{"\x1b[31m", " up"}},
		{"16 vendor configs", "snmp-server community hunterA1 RO\nset chap-secret hunterB2\nenable secret 5 $1$abcd$hunterC3\nradius-server key hunterD4\nsnmpwalk -v2c -c hunterE5 10.1.1.1\n", []string{"hunterA1", "hunterB2", "hunterC3", "hunterD4", "hunterE5"}, []string{" RO"}},
		{"17 shadow and htpasswd", "kweiss:$6$saltsalt$hunterA1hunterA1:19000:0:99999:7:::\nkw:$apr1$abc$hunterB2hunterB2x\nkw2:{SSHA}hunterC3hunterC3\n", []string{"hunterA1", "hunterB2", "hunterC3"}, []string{":19000:0:99999:7:::"}},
		{"18 XML", "<password>hunterA1</password><user name=\"x\" password=\"hunterB2\"/>\n<entry key=\"apiKey\">hunterC3</entry>\n<Password><![CDATA[hunterD4]]></Password>", []string{"hunterA1", "hunterB2", "hunterC3", "hunterD4"}, []string{"<entry key=\"apiKey\">"}},
		{"19 tokens by form", "key AKIA" + "Q3EGRVZAI2N5X7TP in log; gh" + "p_0123456789abcdefghijABCDEFGHIJ012345 ; eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U end", []string{"AKIAQ3EGRVZAI2N5X7TP", "ghp_0123456789", "eyJzdWIi", "dozjgNryP4J"}, []string{" in log; ", " end"}},
		{"21 a secret seen with its key is hidden bare", "db password=Zx9-hunter-Q\nlater: trying Zx9-hunter-Q again, (Zx9-hunter-Q)\n", []string{"Zx9-hunter-Q"}, []string{"later: trying ", " again, ("}},
		{"22 overlapping addresses", "10.20.30.4 10.20.30.40 110.20.30.40 1.10.20.30.40 10.20.30.400\n", []string{"10.20.30.4 ", "10.20.30.40 ", "1.10.20.30.40"}, []string{"10.20.30.400"}},
		{"23 other spellings of addresses", "ip 010.020.030.040 and 10.20.30.40 and 0x0A141E28\n   1: 281E140A:0016 00000000:0000 0A\n", []string{"010.020.030.040", "0A141E28", "281E140A"}, []string{":0016 00000000:0000 0A"}},
		{"24 dashed addresses", "ip-10-20-30-40 dhcp-192-168-0-66.lan x_10_20_30_41_y date 2026-11-22-10\n", []string{"10-20-30-40", "192-168-0-66", "10_20_30_41"}, []string{"date 2026-11-22-10"}},
		{"25 reverse names", "40.30.20.10.in-addr.arpa PTR; 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.7.4.0.1.0.0.2.ip6.arpa\n", []string{"40.30.20.10.", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.7.4"}, []string{".in-addr.arpa PTR", ".ip6.arpa"}},
		{"26 CIDR and masks", "10.20.30.0/24:5432 mask 255.255.255.0 wildcard 0.0.0.255", []string{"10.20.30.0"}, []string{"/24:5432 mask 255.255.255.0 wildcard 0.0.0.255"}},
		{"27 versions", "version 4.18.0.30 vs kernel-4.18.0.30-1.el8.x86_64 Chrome/12.0.0.1 firmware: 8.1.2.3 addr 8.1.2.4", []string{"8.1.2.4"}, []string{"version 4.18.0.30", "kernel-4.18.0.30-1.el8.x86_64", "Chrome/12.0.0.1", "firmware: 8.1.2.3"}},
		{
			"28 IPv6 spellings", "2A02:8071:B5::17 2a02:8071:b5::17%eth0 [2a02:8071:b5::17]:443 2a02:8071:b5::17: x 2a02:8071:b5::17\\n ::ffff:0a14:1e28 20014700000000000000000000000001 00 40 00 00 eth0",
			[]string{"2A02:8071:B5::17", "2a02:8071:b5::17", "0a14:1e28", "2001470000000"},
			[]string{"%eth0", "]:443", ": x "},
		},
		{"32 MAC spellings", "3c:52:82:aa:10:0f 3C-52-82-AA-10-0F 3c52.82aa.100f 3c5282aa100f 3C5282AA100F", []string{"52:82", "52-82", "52.82", "3c5282", "3C5282"}, nil},
		{"33 WWN spellings", "50:06:0e:80:12:34:56:78 50060e8012345678 0x50060e8012345678 naa.60060e80123456780000abcd0000ef01 eui.0024a93700000001", []string{"06:0e:80", "60e8012345678", "0123456780000abcd", "0024a93700000001"}, []string{"naa.", "eui."}},
		{"15 a known name behind what a terminal is told", "hostname=qzinvent\n\x1b[1;32mqzinvent\x1b[0m up\n\\u001b[1;32mqzinvent\n#033[1;32mqzinvent\n\x1b[Kqzinvent\n\x1b[0Kqzinvent\n\\033[0Kqzinvent\n\x1b[2Jqzinvent\n [31mqzinvent\n[38;5;208mqzinvent\n", []string{"qzinvent"}, []string{"\x1b[1;32m", "\\u001b[1;32m", "\x1b[2J", " up"}},
		{"34 an IQN in a link, and its domain known", "User: NordBank\\pvandyk\nx/ip-10.1.2.3:3260-iscsi-iqn.2026-10.com.nordbank:qz1-lun-0\n", []string{"NordBank", "nordbank", "10.1.2.3", "qz1-"}, []string{":3260-iscsi-iqn.2026-10.", "-lun-0"}},
		{"34 IQN and NQN", "iqn.2010-06.com.purestorage:flasharray.7b1b42b9580af8aa iqn.2020-01.bank.nordbank.lab:host7 nqn.2014-08.org.nvmexpress:uuid:12345678-1234-1234-1234-123456789abc", []string{"7b1b42b9580af8aa", "nordbank", "host7", "12345678-1234"}, []string{"iqn.2010-06.com.purestorage:"}},
		{"35 serials and tags", "Serial Number: CZJ93804KQ\nAsset Tag: NB-004711\nLicense Key: AAAA-BBBB-CCCC-1111\nsupport contract id: C-778812\n", []string{"CZJ93804KQ", "NB-004711", "AAAA-BBBB-CCCC-1111", "C-778812"}, nil},
		{"36 host names inside other names", "hostname: arr01y\nARR01Y arr01y_vol arr01y-ct0 xarr01yz /logs/arr01y.log\n", []string{"arr01y_", "ARR01Y ", "arr01y-", "/arr01y"}, []string{"xarr01yz", "_vol", "-ct0", ".log"}},
		{"37 FQDN never told", "ping filer9.secret-lab.internal ok", []string{"filer9", "secret-lab"}, []string{"ping ", " ok"}},
		{"38 domains in other dress", "DC=corp,DC=nordbank,DC=example\nkrbtgt/CORP.NORDBANK.EXAMPLE@CORP.NORDBANK.EXAMPLE\nHOST/web7.corp.nordbank.example\n", []string{"nordbank", "NORDBANK", "web7"}, []string{"krbtgt/", "HOST/"}},
		{"39 Windows", "\\\\FILER9\\share1 C:\\Users\\kweiss\\x NORDBANK\\kweiss S-1-5-21-1-2-3-1105 S-1-5-32-544 NT AUTHORITY\\SYSTEM", []string{"FILER9", "kweiss", "NORDBANK", "21-1-2-3"}, []string{"C:\\Users\\", "S-1-5-32-544", "NT AUTHORITY\\SYSTEM"}},
		{"40 people", "contact: Petra Vogel <petra.vogel@nordbank.example> tel +49 69 1234 5678\nsubject=/C=DE/O=Nordbank AG/CN=Petra Vogel\n", []string{"Petra Vogel", "petra.vogel", "1234 5678", "Nordbank AG"}, []string{"/C=DE/"}},
		{"41 names cut short by columns", "user=wilhelmina.koch\nwilhelmi pts/0 Oct 3 08:00\n", []string{"wilhelmi"}, []string{" pts/0 Oct 3 08:00"}},
		{"42 common words as names", "user=data\nhost=node\nthe data of the node is in /bin/data and binary data\n", []string{"user=data", "host=node"}, []string{"the data of the node is in /bin/data and binary data"}},
		{"43 one name in two cases", "host=Filer09 x\nhost=FILER09 x\n", []string{"Filer09", "FILER09"}, nil},
		{"44 certificates", "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUabcd\nefghijkl\n-----END CERTIFICATE-----\nnext line\n", []string{"MIIBszCC", "efghijkl"}, []string{"-----BEGIN CERTIFICATE-----", "next line"}},
		{"53 across chunk borders", strings.Repeat("filler line without anything in it\n", 32000) + "password=hunterA1\n" + strings.Repeat("x\n", 10), []string{"hunterA1"}, nil},
		{"54 fidelity", "plain \t text\r\nwithout  newline at the end", nil, []string{"plain \t text\r\nwithout  newline at the end"}},
		{"63 look-alikes in the input", "host-1 and ***HIDDEN*** and 240.1.2.3 and user-abcdefgh and 10.0.0.1", []string{"10.0.0.1"}, []string{"host-1 and ***HIDDEN*** and 240.1.2.3 and user-abcdefgh and "}},
	}
}

// pemForms is a private key in lines, indented, escaped, behind a log prefix and
// cut off.
func pemForms() string {
	const begin, end = "-----BEGIN " + "RSA PRIVATE KEY-----", "-----END " + "RSA PRIVATE KEY-----"
	return begin + "\nMIIEabcdefgh\nc2VjcmV0Ym9keQ==\n" + end + "\nyaml:\n  key: |\n    " + begin + "\n    MIIEabcdWXYZ\n    " + end + "\n" +
		`{"k":"` + begin + `\nAAAAB3NzaC1\nbG9uZ2tleQ==\n` + end + `\n","after":"x"}` + "\n" +
		"Oct  3 08:00:01 h app: " + begin + "\nOct  3 08:00:01 h app: MIIEabcd0123\nOct  3 08:00:01 h app: " + end + "\nafter: yes\n" +
		"-----BEGIN " + "OPENSSH PRIVATE KEY-----\ndHJ1bmNhdGVk\n"
}

// spellings are further ways to write the hard cases that texts show, by number.
// What must go stands in « »; everything else stays.
func spellings(t *testing.T) map[int][]labelled {
	t.Helper()
	b, err := os.ReadFile("testdata/hard/spellings.txt")
	require.NoError(t, err)
	out := map[int][]labelled{}
	for section := range strings.SplitSeq(strings.TrimPrefix(string(b), "## "), "\n## ") {
		head, body, ok := strings.Cut(section, "\n")
		require.True(t, ok, section)
		n, err := strconv.Atoi(head)
		require.NoError(t, err)
		for text := range strings.SplitSeq(strings.TrimSuffix(body, "\n"), "\n--\n") {
			out[n] = append(out[n], marked(strings.ReplaceAll(text, `\e`, "\x1b")))
		}
	}
	return out
}

// numbered is the number that a case's name begins with.
func numbered(t *testing.T, name string) int {
	n, err := strconv.Atoi(name[:2])
	require.NoError(t, err)
	return n
}

// TestHardCases runs every hard case under its number, in several spellings.
func TestHardCases(t *testing.T) {
	byNumber := map[int]map[string]func(*testing.T){}
	add := func(n int, name string, run func(*testing.T)) {
		if byNumber[n] == nil {
			byNumber[n] = map[string]func(*testing.T){}
		}
		byNumber[n][name] = run
	}
	for _, c := range hardCases() {
		add(numbered(t, c.name), c.name[3:], func(t *testing.T) {
			got := redactFile(t, newGate(t, redact.Options{}), c.text)
			for _, v := range c.gone {
				require.NotContains(t, got, v)
			}
			for _, v := range c.stay {
				require.Contains(t, got, v)
			}
			require.Equal(t, strings.Count(c.text, "\n"), strings.Count(got, "\n"), "lines")
		})
	}
	for n, all := range spellings(t) {
		for i, e := range all {
			add(n, fmt.Sprintf("spelling %d", i+1), func(t *testing.T) { holds(t, e) })
		}
	}
	for n, l := range fileCases() {
		for name, run := range l {
			add(n, name, run)
		}
	}
	table := outcomes(t)
	for n := 1; n <= 64; n++ {
		require.Contains(t, table, n, "in the table of doc.go")
		require.NotEmpty(t, byNumber[n], "no test of case %d", n)
		t.Run(fmt.Sprintf("%02d", n), func(t *testing.T) {
			for _, name := range slices.Sorted(maps.Keys(byNumber[n])) {
				t.Run(name, byNumber[n][name])
			}
		})
	}
	require.Len(t, table, 64)
	for n, o := range table {
		held := false
		for name := range byNumber[n] {
			held = held || strings.HasPrefix(name, "withheld")
		}
		if o == "w" {
			require.True(t, held, "case %d is said to be withheld and no test shows it", n)
		}
	}
}

// outcomes reads the table in the package's documentation.
func outcomes(t *testing.T) map[int]string {
	t.Helper()
	b, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	out := map[int]string{}
	for _, m := range regexp.MustCompile(`(?m)^//\t ?(\d+) (.*?) {2,}([hwn])(?:  .*)?$`).FindAllStringSubmatch(string(b), -1) {
		n, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		require.NotContains(t, out, n, "twice in the table")
		out[n] = m[3]
	}
	return out
}

// holds redacts a marked text: what is marked is gone, the rest stands in order.
func holds(t *testing.T, e labelled) {
	t.Helper()
	got := redactFile(t, newGate(t, redact.Options{}), e.line+"\n")
	e.check(t, got)
	require.Equal(t, strings.Count(e.line, "\n")+1, strings.Count(got, "\n"), "lines")
}
