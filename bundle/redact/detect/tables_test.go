package detect_test

import "testing"

func TestColumns(t *testing.T) {
	runCases(t, []scanCase{
		{"titles in capitals", "HOST      STATE   SERIAL\nqz01      up      S3Z8NB0K1234\n", []string{"host qz01", "serial S3Z8NB0K1234"}},
		{"titles that an underline confirms", "Host name   State\n---------   -----\nqz01        up\n", []string{"host qz01"}},
		{
			"a table in a remark with titles over two lines",
			"! Port      Type      Serial          Part\n!                     Number          Number\n! ----------------------------------------\n! 1/1/52    10G-SR    ZN21000077      1990-4635\n",
			[]string{"serial ZN21000077"},
		},
		{
			"cells of several words are no names",
			"Slot      Device Name / Model              Version\n--------- -------------------------------- -------\n 3         Supervisor Rommon (Active)       17.6.1\n", nil,
		},
		{"a second line of titles is no row", "        PEER    PEER PEER            SITE\n        TYPE    PROT SYSTEM IP       ID\n", nil},
		{"an empty line ends a table", "HOST      STATE   SERIAL\n\nqz01      up      down\n", nil},
	})
}

func TestTables(t *testing.T) {
	runCases(t, []scanCase{
		{"CSV below its titles", "time,user,action\n09:00,mloewe,login\n", []string{"user mloewe"}},
		{"a quoted field of CSV", "time,user,action\n09:00,\"mloewe\",\"a,b\"\n", []string{"user mloewe"}},
		{"a line of passwd", "mloewe:x:1001:1001:Martin Loewe:/home/mloewe:/bin/bash", []string{"user mloewe", "person Martin Loewe", "user mloewe"}},
		{"a line of shadow", "mloewe:$6$ab12cd34$Zk8QxPf2abcdEFGH:19000:0:99999:7:::", []string{"user mloewe", "secret $6$ab12cd34$Zk8QxPf2abcdEFGH"}},
		{"owners in a listing", "-rw-r--r-- 1 mloewe netops7 638 Feb  4 09:46 x", []string{"user mloewe", "user netops7"}},
		{"a line of hosts", "10.0.0.5 web01.nordbank.example web01", []string{"ipv4 10.0.0.5", "fqdn web01.nordbank.example", "host web01"}},
		{"cron", "CRON[1]: (mloewe) CMD (/bin/true)", []string{"user mloewe"}},
		{"sudo", "sudo:  mloewe : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls", []string{"user mloewe"}},
		{"a name a client gave itself", "DHCPACK on 10.0.0.7 to 3c:52:82:aa:20:11 (LAPTOP-7QK3) via eth1", []string{"ipv4 10.0.0.7", "mac 3c:52:82:aa:20:11", "host LAPTOP-7QK3"}},
		{"lines of numbers are no titles", "1791000000,3,12.5,read\n1791000001,4,13.5,write\n", nil},
	})
}
