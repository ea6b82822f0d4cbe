package redact_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"darksite/bundle/redact"

	"github.com/stretchr/testify/require"
)

// TestPathsAgreeAcrossFiles follows one volume, one initiator and one host through
// the files of switches, hosts and arrays, each of which spells them its own way.
func TestPathsAgreeAcrossFiles(t *testing.T) {
	in, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	for name, text := range map[string]string{
		"a-multipath.txt": "oradata_brest1 (3624a93706c1b16ce1c034d1c0001b113) dm-3 PURE,FlashArray\n",
		"b-volumes.json":  `{"items":[{"name":"oradata_brest1","serial":"6C1B16CE1C034D1C0001B113"}]}` + "\n",
		"c-nvme.txt":      "eui.006c1b16ce1c034d24a9371c0001b113 dm-4 NVME\n",
		"d-vmkernel.log":  "failed to open naa.624a93706c1b16ce1c034d1c0001b113 on vmhba2\n",
		"e-switch.txt":    "fc1/3  10  0x150500  10:00:00:10:9B:AA:BB:01 20:00:00:10:9b:aa:bb:01\nalias: esx-brest-1_hba0  10:00:00:10:9b:aa:bb:01\n",
		"f-host.txt":      "port_name = \"0x100000109baabb01\"\nLocal WWPN: 100000109baabb01\n",
		"g-nvmefc.txt":    " +- nvme1 fc traddr=nn-0x524a93706c1b1600:pn-0x524a93706c1b1610,host_traddr=nn-0x200000109baabb01:pn-0x100000109baabb01 live\n",
		"h-hosts.json":    `{"items":[{"name":"esx-brest-1","wwns":["100000109BAABB01"],"host_group":{"name":"hg-brest"}}]}` + "\n",
		"i-syslog.log":    "2026-10-11T22:14:16Z esx-brest-1.nordbank.example vmkernel: cpu1:200)NMP: path down\n2026-10-11T22:14:17Z esx-brest-1 vmkernel: cpu1:200)NMP: path up\n",
		"j-groups.json":   `{"items":[{"name":"hg-brest","host_count":1}]}` + "\n",
		"k-lldp.txt":      "Chassis id: 3c52.82aa.2011\n",
		"l-arp.txt":       "? (10.21.3.43) at 3C:52:82:AA:20:11 [ether] on eth0\nfe80::3e52:82ff:feaa:2011 dev eth0\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(in, name), []byte(text), 0o600))
	}
	res, err := newGate(t, redact.Options{}).Tree(context.Background(), in, out)
	require.NoError(t, err)
	require.Empty(t, res.Withheld)
	is := map[string]string{}
	for _, f := range res.Files {
		b, err := os.ReadFile(filepath.Join(out, f.Out))
		require.NoError(t, err)
		is[f.In[:1]] = string(b)
	}
	find := func(file, pattern string, n int) string {
		t.Helper()
		m := regexp.MustCompile(pattern).FindAllStringSubmatch(is[file], -1)
		require.Greater(t, len(m), n, "%s in %s", pattern, is[file])
		return strings.ToLower(strings.NewReplacer(":", "", ".", "", "-", "").Replace(m[n][1]))
	}

	serial := find("b", `"serial":"(\w+)"`, 0)
	require.NotEqual(t, "6c1b16ce1c034d1c0001b113", serial)
	require.Equal(t, serial, find("a", `\(3624a9370(\w+)\)`, 0))
	require.Equal(t, serial, find("d", `naa\.624a9370(\w+)`, 0))
	nguid := find("c", `eui\.(\w+)`, 0)
	require.Equal(t, serial, nguid[2:16]+nguid[22:], "NVMe shows the same serial with the maker in its middle")
	require.Equal(t, find("b", `"name":"([^"]+)"`, 0), find("a", `^(\S+) \(`, 0), "the volume's name")

	wwpn := find("e", `((?:\w\w:){7}\w\w)`, 0)
	require.NotEqual(t, "100000109baabb01", wwpn)
	require.Equal(t, wwpn, find("e", `((?:\w\w:){7}\w\w)`, 2))
	require.Equal(t, wwpn, find("f", `"0x(\w+)"`, 0))
	require.Equal(t, wwpn, find("f", `WWPN: (\w+)`, 0))
	require.Equal(t, wwpn, find("g", `pn-0x(\w+)`, 1))
	require.Equal(t, wwpn[4:], find("g", `nn-0x(\w+)`, 1)[4:], "port and node are of one adapter")

	host := find("h", `"name":"([^"]+)"`, 0)
	require.NotEqual(t, "esxbrest1", host)
	require.Equal(t, host, find("i", `Z (\S+) vmkernel`, 1))
	fqdn := regexp.MustCompile(`Z (\S+) vmkernel`).FindStringSubmatch(is["i"])[1]
	require.Equal(t, host, strings.ReplaceAll(strings.SplitN(fqdn, ".", 2)[0], "-", ""), "the first label of the full name")
	require.Equal(t, find("h", `"host_group":\{"name":"([^"]+)"`, 0), find("j", `"name":"([^"]+)"`, 0))

	mac := find("k", `id: (\S+)`, 0)
	require.Equal(t, mac, find("l", `at (\S+)`, 0))
	require.Equal(t, mac[6:], find("l", `fe(\w\w:\w{4}) dev`, 0), "the second half of an EUI-64 is that of the MAC")
}
