package detect_test

import "testing"

func TestHeaders(t *testing.T) {
	runCases(t, []scanCase{
		{"syslog in a file", "Oct 12 07:30:00 harbor sshd[12]: ok", []string{"host harbor"}},
		{"a year before the month", "2026 Oct 12 07:30:00 harbor sshd[12]: ok", []string{"host harbor"}},
		{"a year behind the time", "Oct 12 2026 07:30:00 harbor : %ASA-6-302015: Built", []string{"host harbor"}},
		{"a time of ISO 8601 and a tag", "2026-10-12T07:30:00Z harbor vmkernel: up", []string{"host harbor"}},
		{"a priority and no tag", "<134>Oct 12 07:30:00 harbor audit_feed {", []string{"host harbor"}},
		{"a space behind the priority", "<134> 2026-10-12T07:30:00Z harbor api - - - x", []string{"host harbor"}},
		{"RFC 5424", "<134>1 2026-10-12T07:30:00Z harbor app 42 ID47 - up", []string{"host harbor"}},
		{"RFC 5424 without a time", "<134>1 - harbor sched 42 - - up", []string{"host harbor"}},
		{"RFC 5424 without a host", "<134>1 2026-10-12T07:30:00Z - app 42 - - up", nil},
		{"seconds since 1970", "1791000000 harbor tunneld[12]: up", []string{"host harbor"}},
		{"a facility before the host", "<134>Oct 12 07:30:00 local7.notice harbor authp: x", []string{"host harbor"}},
		{"the host twice with colons", "Oct 12 07:30:00 harbor: harbor: 00000030.00c8 x", []string{"host harbor", "host harbor"}},
		{"a switch that counts its messages", "<189>231: harbor: 000123: Oct  3 09:00:00: %SYS-5-X: y", []string{"host harbor"}},
		{"a filer's brackets", "[harbor-2: vifmgr: scsi.main:error]: x", []string{"host harbor-2"}},
		{"a record in CEF follows", "Oct 12 07:30:00 harbor CEF:0|V|P|1|2|n|3|", []string{"host harbor"}},
		{"a host is called like an account", "Oct 12 07:30:00 backup sshd[12]: ok", []string{"host backup"}},
		{"a prompt", "mloewe@harbor:~$ ls", []string{"user mloewe", "host harbor"}},
		{"a program stands at once", "Oct 12 07:30:00 sshd[12]: ok", nil},
		{"a program and a level behind a priority", "<134>Oct 12 07:30:00 kernelq error: 4211", nil},
		{"a level stands behind a time", "2026-10-12T07:30:00 SUBDEBUG Upgrade: x", nil},
		{"a message is repeated", "<13>Oct 12 07:30:00 last message repeated 3 times", nil},
	})
}

// TestMonthBeforeDigitsToTheEnd scans what begins like a time stamp of another language
// and ends before there is a time.
func TestMonthBeforeDigitsToTheEnd(t *testing.T) {
	runCases(t, []scanCase{
		{"digits", "okt 12345678901234567890\n", nil},
		{"stamp", "okt  3 09:00:00 qz-lyon-01 sshd[12]: x\n", []string{"host qz-lyon-01"}},
	})
}
