package detect_test

import "testing"

func TestIPv4(t *testing.T) {
	runCases(t, []scanCase{
		{"an address stands alone", "peer 10.20.30.40 lost", []string{"ipv4 10.20.30.40"}},
		{"a port follows", "to 10.20.30.40:3260", []string{"ipv4 10.20.30.40"}},
		{"a prefix length stays", "route 10.9.0.0/16 via 10.9.0.1", []string{"ipv4 10.9.0.0", "ipv4 10.9.0.1"}},
		{"zeros lead", "src 010.020.030.040", []string{"ipv4 010.020.030.040"}},
		{"dashes join the octets in a name", "ip-10-20-30-40 up", []string{"ipv4 10-20-30-40"}},
		{"octets stand in reverse before arpa", "40.30.20.10.in-addr.arpa", []string{"ipv4 40.30.20.10"}},
		{"the kernel writes hex, last octet first", "1: 0A141E28:0CBC 00000000:0000 0A", []string{"ipv4 0A141E28"}},
		{"one decimal number behind a key that says address", "src_ip=169090600 proto=6", []string{"ipv4 169090600"}},
		{"a path of a configuration holds an address", "destination /Common/192.0.2.7:80", []string{"ipv4 192.0.2.7"}},
		{"five numbers are an object or a version", "oid 1.10.20.30.40", nil},
		{"a version stands behind its word", "firmware 4.18.0.30 ready", nil},
		{"a version stands behind its key", `{"fw_version": "4.18.0.30"}`, nil},
		{"a version stands behind a product in JSON", `Chrome\/129.0.0.0 Safari`, nil},
		{"a version is spelled out in brackets", "level:14.03 (4.1.0.0):", nil},
		{"a version has a build behind it", "Bootstrap 1.2.9.0 (build 59986)", nil},
		{"a release is no version in running text", "release of 10.20.30.4 done", []string{"ipv4 10.20.30.4"}},
		{"a host stands behind the port", "dst=10.20.30.4:53:X3:LYONDC04 x", []string{"ipv4 10.20.30.4", "host LYONDC04"}},
		{"a version stands behind a product and a slash", "Chrome/97.0.4692.71 Safari", nil},
		{"a label tells a version behind its value", "cs3=11.0.0.0 cs3Label=ProductVersion", nil},
		{"the head of a record in CEF holds a version", "CEF:0|Maker|Product|7.3.0.0|id|n|5|", nil},
		{"a release of a package begins like an address", "snort3 3.6.0.0-4+build", nil},
		{"masks, loopback, multicast and nothing stay", "255.255.254.0 127.0.0.1 239.1.2.3 0.0.0.0", nil},
		{"an octet is too large", "10.20.30.400", nil},
		{"an address has fourteen characters", "peer 10.200.100.123 was lost, and more goes on behind it", []string{"ipv4 10.200.100.123"}},
		{"a number with a dot has fourteen characters", "peer 1791000000.123 was lost, and more goes on behind it", nil},
		{"a MAC has fourteen characters", "peer 0011.2233.4455 was lost, and more goes on behind it", []string{"mac 0011.2233.4455"}},
	})
}

func TestLoginAt(t *testing.T) {
	runCases(t, []scanCase{
		{"a login at a host", "ran as jmeyer@web-17 again", []string{"user jmeyer", "host web-17"}},
		{"a host is spelled with a letter that is shorter in lower case", "ran as jmeyer@web-\u212ailn-17 again", []string{"user jmeyer", "host web-\u212ailn-17"}},
		{"a host is no text", "ran as jmeyer@web-\xff\xfe17 again", []string{"user jmeyer", "host web-\xff\xfe17"}},
	})
}

func TestColonForms(t *testing.T) {
	runCases(t, []scanCase{
		{"a compressed address", "from 2001:db9::1 port", []string{"ipv6 2001:db9::1"}},
		{"an address in capitals", "FD00:AA::17", []string{"ipv6 FD00:AA::17"}},
		{"a zone stays behind an address", "fe80::3e52:82ff:feaa:2011%eth0", []string{"ipv6 fe80::3e52:82ff:feaa:2011"}},
		{"brackets and a port stand around an address", "[2001:db9::1]:443", []string{"ipv6 2001:db9::1"}},
		{"a mapped address", "::ffff:10.20.30.40", []string{"ipv6 ::ffff:10.20.30.40"}},
		{"the name of an interface stands before", "v6(en0:2001:db9:61:8:c6b3:1ff:fecd:467f)", []string{"ipv6 2001:db9:61:8:c6b3:1ff:fecd:467f"}},
		{"a letter of a table of routes stands before", "*>ifc00:a000:1000:100::2/128", []string{"ipv6 fc00:a000:1000:100::2"}},
		{"a frame in a packet filter's record", "MAC=02:bd:e5:4f:d0:e2:02:d8:14:81:fc:48:08:00 SRC", []string{"mac 02:bd:e5:4f:d0:e2", "mac 02:d8:14:81:fc:48"}},
		{"loopback, multicast and nothing stay", "::1 ff02::1 ::", nil},
		{"times stay", "09:00:00 230:13:00 0:23:59:55", nil},
		{"scopes of programs stay", "std::string a::b Data::Dumper", nil},
		{"fingerprints stay", "43:51:43:a1:b5:fc:8b:b7:0a:3a:a9:b1:0f:66:73:a8", nil},
		{"places of devices stay", "pci 0000:00:1f.2 at", nil},
	})
}

func TestLinkForms(t *testing.T) {
	runCases(t, []scanCase{
		{"a MAC with colons", "at 3c:52:82:aa:20:11 on", []string{"mac 3c:52:82:aa:20:11"}},
		{"a MAC with dashes", "3C-52-82-AA-20-11", []string{"mac 3C-52-82-AA-20-11"}},
		{"a MAC in three groups with dots", "3c52.82aa.2011", []string{"mac 3c52.82aa.2011"}},
		{"a MAC in three groups with dashes", "3c52-82aa-2011", []string{"mac 3c52-82aa-2011"}},
		{"a MAC in two halves", "3c5282-aa2011", []string{"mac 3c5282-aa2011"}},
		{"a MAC in pairs with dots that dropped a zero", "3c.52.82.a.20.11", []string{"mac 3c.52.82.a.20.11"}},
		{"a MAC that dropped zeros as Solaris does", "0:14:4f:1:2:3", []string{"mac 0:14:4f:1:2:3"}},
		{"a bare MAC of a known maker", "dev 005056ab12cd", []string{"mac 005056ab12cd"}},
		{"a bare MAC behind its key", "mac=02ab34cd56ef", []string{"mac 02ab34cd56ef"}},
		{"a bare MAC between model and version", "U7PG2,788a2056b182,v4.0.66: up", []string{"mac 788a2056b182"}},
		{"broadcast, null and multicast stay", "ff:ff:ff:ff:ff:ff 00:00:00:00:00:00 01:00:5e:01:02:03", nil},
		{"a stretch of memory stays", "mem 0a0000-0bffff", nil},
		{"a WWN with colons", "52:4a:93:71:af:4e:82:0f", []string{"wwn 52:4a:93:71:af:4e:82:0f"}},
		{"a WWN with dashes", "50-06-0e-80-12-34-56-78", []string{"wwn 50-06-0e-80-12-34-56-78"}},
		{"a WWN behind its sort", "wwn.50060e8012345678", []string{"wwn 50060e8012345678"}},
		{"a bare WWN of a known maker", "lun 50060e8012345678 ok", []string{"wwn 50060e8012345678"}},
		{"a bare WWN behind its key", "port_wwn=0a0b0c0d0e0f1a2b", []string{"wwn 0a0b0c0d0e0f1a2b"}},
		{"ends of NVMe over Fibre Channel", "traddr=nn-0x524a93706c1b1600:pn-0x524a93706c1b1610", []string{"wwn 524a93706c1b1600", "wwn 524a93706c1b1610"}},
		{"an NAA name", "naa.624a93706c1b16ce1c034d1c0001b113", []string{"naa 624a93706c1b16ce1c034d1c0001b113"}},
		{"an NAA name behind the three of multipath", "3624a93706c1b16ce1c034d1c0001b113 dm-3", []string{"naa 624a93706c1b16ce1c034d1c0001b113"}},
		{"any number of 64 bits stays", "cookie 9f0b22c0a17e55d3", nil},
		{"a digest stays", "md5 3e244ac47c346cc252f093a4e4f000fb", nil},
		{"a UUID stays", "id 0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", nil},
	})
}

func TestQualifiedNames(t *testing.T) {
	runCases(t, []scanCase{
		{"an IQN with a unit", "login iqn.2010-06.com.example:host.17 ok", []string{"iqn iqn.2010-06.com.example:host.17"}},
		{"a portal behind an IQN stays", "iqn.2010-06.com.example:t1,t,0x1", []string{"iqn iqn.2010-06.com.example:t1"}},
		{"an NQN with a UUID", "nqn.2014-08.org.nvmexpress:uuid:0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", []string{"nqn nqn.2014-08.org.nvmexpress:uuid:0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"}},
		{"the name of discovery stays", "nqn.2014-08.org.nvmexpress.discovery", nil},
		{"an EUI-64 name", "eui.0025385b71b00a1c", []string{"wwn 0025385b71b00a1c"}},
		{"the serial behind a T10 name", "t10.ATA_____MODEL7__________S3Z8NB0K1234", []string{"serial S3Z8NB0K1234"}},
		{"the host of a daemon", "mgr.stor-brest-3 (mgr.14106)", []string{"host stor-brest-3"}},
		{"a number of a daemon stays", "mon.0 osd.12 mgr.14106", nil},
		{"words that only begin alike stay", "naa.so iqn.conf", nil},
	})
}
