package detect_test

import "testing"

func TestCommands(t *testing.T) {
	runCases(t, []scanCase{
		{"a password glued to its option", "mysqldump -uapp7 -pXy12zz9 db", []string{"user app7", "secret Xy12zz9"}},
		{"user and password in one argument", "curl -u mloewe:Xy12zz9 https://x", []string{"user mloewe", "secret Xy12zz9"}},
		{"a secret behind a digit that says how it is written", "enable secret 5 $1$ab$cdEFgh12345678", []string{"secret $1$ab$cdEFgh12345678"}},
		{"a secret behind a word that says so", "user admin group x password ciphertext QkJCQkJC99", []string{"secret QkJCQkJC99"}},
		{"a method of logging in before the word", "iscsi auth CHAP password Hj82kkQ", []string{"secret Hj82kkQ"}},
		{"a community of SNMP", "snmp-server community s3cr3tRO RO", []string{"secret s3cr3tRO"}},
		{
			"two localised keys of one user", "snmp-server user nmsx7 grp v3 auth sha 7 77fea4aabdfafba68e490caacf31b257 efa1f375d76194fa51a3556a97e641e6",
			[]string{"user nmsx7", "secret 77fea4aabdfafba68e490caacf31b257", "secret efa1f375d76194fa51a3556a97e641e6"},
		},
		{"an account of a config and its hash", "hash-mgmt-user mloewe password hash Zk8QxPf2abcd", []string{"user mloewe", "secret Zk8QxPf2abcd"}},
		{"a DN", "CN=Ingrid Moser,OU=Netze,DC=nordbank,DC=example", []string{"person Ingrid Moser", "org Netze", "domain nordbank", "domain example"}},
		{"a DN whose equals signs are escaped", `cn\=zp_mgmt,o\=gwlyon..ba5xxz`, []string{"user zp_mgmt", "org gwlyon..ba5xxz"}},
		{"su", "su: mloewe to root on /dev/pts/1", []string{"user mloewe"}},
		{"an access point", "AP LYON-AP-17 rebooted", []string{"host LYON-AP-17"}},
		{"the serial before the sort of a record", "1,2026/10/12 07:30:00,012801064439,TRAFFIC,end", []string{"serial 012801064439"}},
		{"running text about passwords stays", "CHAP password required for the host", nil},
		{"running text about accounts stays", "AD: Unsuccessful Account Lockdown, closed by FIN", nil},
	})
}
