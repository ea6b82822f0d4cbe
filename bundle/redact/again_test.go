package redact_test

import (
	"fmt"
	"strings"
	"testing"

	"darksite/bundle/redact"

	"github.com/stretchr/testify/require"
)

// neighbours is a table of MACs whose stand-ins begin with letters as well as with digits.
func neighbours() string {
	var b strings.Builder
	b.WriteString("Port      Device ID          Port ID  System Name  Capabilities  TTL\n--------- ----------------- -------- ------------ ------------- -----\n")
	for i := range 40 {
		fmt.Fprintf(&b, "gi%d      0%d:25:b%x:1c:2d:%02x      Gi0      qxlyon%d      B        105\n", i, i%10, i%16, i, i)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// TestAgain holds that text which was redacted stays as it is, also where a stand-in is part
// of a longer word, or stands where another rule looks for another kind of value.
func TestAgain(t *testing.T) {
	text := strings.Join([]string{
		`"ids": ["ata-QEMU_HARDDISK_LYQ001993", "scsi-0ATA_QEMU_HARDDISK_LYQ001993-part1"]`,
		"snmp-server location Lyon DC2 row 4",
		"snmp-server contact Maria Lindqvist",
		`  <FIELD NAME="MAC" VALUE="00-25-B3-1C-2D-3E"/>`,
		`  <FIELD NAME="Serial Number" VALUE="00-25-B3-1C-2D-3E"/>`,
		"a: authenticator failed for (User) [192.0.2.77]: 535 Incorrect authentication data (set_id=backup@lyonbank.example.org)",
		"2026-03-14 H=mx7.lyonbank.org (qx7.lyonbank.org) [198.51.100.7] F=<kqlyon@lyonbank.org> rejected RCPT <admin@lyonbank.org>: relay",
		"b: authenticator failed (set_id=ec2-kqlyon@lyonbank.example.org), user kqlyon logged in from qx7",
		neighbours(),
		"host entry info:",
		"SS8200-01 cli% showhost",
		"Id Name     Persona       ------------WWN/iSCSI_Name------------ Port",
		" 1 fcqxlyon Generic-ALUA  iqn.2016-04.com.open-iscsi:dd779986294 1:2:2",
		"                          iqn.2016-04.com.open-iscsi:dd779986294 1:2:1",
		"                          10000000C9D03876                       ---",
		" 0 IMQXLYN1 WindowsServer 10000000C9B95FF0                       ---",
		"",
		"vluns:",
		"SS8200-01 cli% showvlun",
		"Active VLUNs",
		"Lun VVName                          HostName ---------Host_WWN/iSCSI_Name----------  Port        Type Status ID",
		"  0 pvc-e2eb4557-78ca-47e2-9689-f94 fcqxlyon iqn.2016-04.com.open-iscsi:dd779986294 1:2:1 matched set active  1",
		"password=Tq7kLm9xx; token Tq7kLm9xx",
	}, "\n") + "\n"
	g := newGate(t, redact.Options{})
	once := redactFile(t, g, text)
	require.NotEqual(t, text, once)
	require.Equal(t, once, redactFile(t, newGate(t, redact.Options{}), once))
}

// TestStandInsVouchForNothing holds that a name which stands behind the stand-in of a domain
// goes as it does behind any other.
func TestStandInsVouchForNothing(t *testing.T) {
	g := newGate(t, redact.Options{})
	once := redactFile(t, g, "target iqn.2016-04.org.lyonbank:store7\n")
	domain, _, ok := strings.Cut(strings.Fields(once)[1], ":")
	require.True(t, ok)
	for _, text := range []string{"target " + domain + ":qxlyonstore\n", "mail qxlyon.store@dom-gm8yx751.dom-z2wgjx8e.invalid\n"} {
		require.NotContains(t, redactFile(t, newGate(t, redact.Options{}), text), "qxlyon")
	}
}
