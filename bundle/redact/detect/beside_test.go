package detect_test

import "testing"

func TestBeside(t *testing.T) {
	runCases(t, []scanCase{
		{"a name of an unknown domain before its address", "badlogin: tarnmail.quayxx [192.0.2.14] plain", []string{"domain tarnmail.quayxx", "ipv4 192.0.2.14"}},
		{"a file before an address", "read relay.conf [192.0.2.14] twice", []string{"ipv4 192.0.2.14"}},
		{"a class before an address", "vim.HostSystem [192.0.2.14] up", []string{"ipv4 192.0.2.14"}},
		{"what arp tells", "tarnow (192.0.2.5) at 02:e0:67:05:9d:5e [ether]", []string{"host tarnow", "ipv4 192.0.2.5", "mac 02:e0:67:05:9d:5e"}},
		{"what arp does not know", "? (192.0.2.5) at <incomplete> on eth1", []string{"ipv4 192.0.2.5"}},
		{"a port behind a host", "connected to tarnow-vault:9103, ok", []string{"host tarnow-vault"}},
		{"a line of a source", "at tarnow-vault:12:9", nil},
		{"a record and its owner", "tarn.ninja.\t60\tIN\tMX\t10 mx1.tarn.ninja.", []string{"domain tarn.ninja", "fqdn mx1.tarn.ninja"}},
		{"a type in a sentence", "the mx record of IN is gone", nil},
		{"the principal of a service", "for cifs/DISK03A.tarnow.hksar now", []string{"fqdn DISK03A.tarnow.hksar"}},
		{"a folder of a service", "in /srv/cifs/disk.tarnow here", nil},
		{"a share", "mount //tarnfile7/data /mnt", []string{"host tarnfile7"}},
		{"a remark", "mount // what follows", nil},
		{"a domain, a user and a machine in brackets", `user is: [TARNBANK]\[hveld]@[OSTRAPC]`, []string{"domain TARNBANK", "user hveld", "host OSTRAPC"}},
		{"no machine", `user [TARNBANK]\[hveld] at`, []string{"domain TARNBANK", "user hveld"}},
		{"only a domain", `user [TARNBANK]\[`, []string{"domain TARNBANK"}},
		{"the switch of a prompt", "KORE_9C:admin> alishow", []string{"host KORE_9C"}},
		{"a key and what it holds", "state:ready> next", nil},
	})
}
