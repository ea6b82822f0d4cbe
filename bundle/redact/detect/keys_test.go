package detect_test

import "testing"

func TestKeyValues(t *testing.T) {
	runCases(t, []scanCase{
		{"an equals sign", "user=jdoe22 tty=1", []string{"user jdoe22"}},
		{"a colon and a space", "hostname: websrv01", []string{"host websrv01"}},
		{"an arrow", `"sysName" => sw-dist4`, []string{"host sw-dist4"}},
		{"dots between key and value", "Serial Number.............. EC1726004357", []string{"serial EC1726004357"}},
		{"a sign of a number before the colon", "System Serial#          : CV0010771 (Date)", []string{"serial CV0010771"}},
		{"two cells of a table", "| Serial Number   | T2121008554075089   |", []string{"serial T2121008554075089"}},
		{"JSON", `{"username": "mkarlsen", "n": 1}`, []string{"user mkarlsen"}},
		{"JSON in JSON", `{\"username\": \"mkarlsen\"}`, []string{"user mkarlsen"}},
		{"an element of XML with spaces", "<HwSource> berylfw <Summary> x", []string{"host berylfw"}},
		{"typographic quotes", "Owner=”mloewe7” Name=”N/A”", []string{"user mloewe7"}},
		{"the name behind a number in a path of keys", "user.account.0.name=mloewe7", []string{"user mloewe7"}},
		{"a number before the key", "17 user jmeyer22: x, 170042 user jmeyer23: y, 9 Serial Number: CV0010771", []string{"user jmeyer22", "user jmeyer23", "serial CV0010771"}},
		{"a list of hosts", "nodes=qz01,qz02", []string{"host qz01", "host qz02"}},
		{"a telephone number of digits alone", `PhoneNumber="2065551234"`, []string{"phone 2065551234"}},
		{"a serial number of digits and dashes", "Serial Number: 96-9640000012077", []string{"serial 96-9640000012077"}},
		{"a serial number that ends like a unit", "S/N:     57088070000123W", []string{"serial 57088070000123W"}},
		{"the driver of serial lines stays", "Serial: 8250/16550 driver, 32 ports", nil},
		{"states, counts and nothing stay", "host: localhost user=root nodes=3 serial: None volume: 80%", nil},
		{"operators of a query stay", `"operator": "equals"`, nil},
		{"names of time zones stay", "set time-zone-name=Europe/Riga", nil},
		{"the class that writes a line stays", "org.apache.hadoop.ipc.Server: IPC Server Responder: starting", nil},
	})
}

func TestSecrets(t *testing.T) {
	runCases(t, []scanCase{
		{"a bare value", "Password=Tr0ub4dor x", []string{"secret Tr0ub4dor"}},
		{"a value of two words in quotes", `db_pass="correct horse"`, []string{"secret correct horse"}},
		{"a key that says which of several", "AWS_SECRET_KEY_OLD=Kk29ssLq01xx", []string{"secret Kk29ssLq01xx"}},
		{"a key with a digit behind", "password2: q7w8e9Kk", []string{"secret q7w8e9Kk"}},
		{"a hash under its scheme", "user.enable.0.password={sha256}Zk8QxPf2", []string{"secret {sha256}Zk8QxPf2"}},
		{"a hash without a key", "in $6$rounds7$Zk8QxPf2abcdEFGH it", []string{"secret $6$rounds7$Zk8QxPf2abcdEFGH"}},
		{"the scheme of a header stays", "Authorization: Bearer abc.def-123", []string{"secret abc.def-123"}},
		{"a cookie to the end of the line", "Cookie: sid=88aa; theme=dark", []string{"secret sid=88aa; theme=dark"}},
		{"bars end a value", "token=Ab12Cd34|user=root|x", []string{"secret Ab12Cd34"}},
		{"a provider's token without a key", "using AK" + "IA5RNXW3KD7PQVT2ZB now", []string{"secret AK" + "IA5RNXW3KD7PQVT2ZB"}},
		{"the password of a URL", "ftp://demo7:S3cr3tPw@files.example/x", []string{"user demo7", "secret S3cr3tPw", "domain files.example"}},
		{"counts and policies stay", "password_length=12 token_count: 512 tests_pass2=4 session-id-32=\"502156\"", nil},
		{"references to secrets stay", "password: ${DB_PASSWORD} secret={{ vault }}", nil},
		{"the folder of a seed stays", "[seed=/var/lib/cloud/seed][dsmode=net]", nil},
		{"communities of routes stay", `community "from-peer-100" members "65001:100"`, nil},
		{"dollars in scripts stay", "echo $HOME$PATH costs $5 and $10", nil},
	})
}
