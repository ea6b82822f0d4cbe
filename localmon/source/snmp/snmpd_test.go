package snmp_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/snmp"

	"github.com/stretchr/testify/require"
)

// snmpd runs the stock agent with the values that were recorded from an array
// of Purity//FA 6.5.6.
func snmpd(t *testing.T, users ...snmp.User) string {
	t.Helper()
	path, err := exec.LookPath("snmpd")
	if err != nil {
		if path, err = exec.LookPath("/usr/sbin/snmpd"); err != nil {
			t.Skip("snmpd is not installed (Debian package snmpd): no outside agent to ask")
		}
	}
	free, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	address := free.LocalAddr().String()
	require.NoError(t, free.Close())

	conf := "agentaddress udp:" + address + "\nrocommunity lab 127.0.0.1\nsysdescr Pure Storage MercuryB, Purity//FA 6.5.6\nsysname fa-old-1\n"
	for i, v := range []int{14798220, 34749834, 933, 3400, 253, 157} {
		conf += fmt.Sprintf("override .%s.4.%d.0 integer %d\n", mib, i+1, v)
	}
	for _, u := range users {
		conf += fmt.Sprintf("createUser %s %s %q %s %q\nrouser %s priv\n", u.Name, u.Auth, string(u.AuthPassword), u.Priv, string(u.PrivPassword), u.Name)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "agent.conf")
	require.NoError(t, os.WriteFile(file, []byte(conf), 0o600))
	// Of the agent's modules only what is asked for here.
	cmd := exec.Command(path, "-f", "-C", "-c", file, "-LE", "3", "-I", "override,system_mib,sysORTable,usmConf,usmUser,vacm_conf,vacm_vars,snmpEngine", "-p", filepath.Join(dir, "pid"))
	cmd.Env = []string{"HOME=" + dir, "SNMP_PERSISTENT_DIR=" + dir, "SNMPCONFPATH=" + dir, "MIBS="}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait() // it was killed
	})
	probe := source(t, address, func(o *snmp.Options) { o.Timeout, o.Tries = 100*time.Millisecond, 1 })
	require.Eventually(t, func() bool {
		_, err := probe.Collect(t.Context(), at)
		return err == nil
	}, 20*time.Second, 50*time.Millisecond, "snmpd does not answer")
	return address
}

func TestStockAgentIsRead(t *testing.T) {
	users := []snmp.User{
		{Name: "one", Auth: "SHA", AuthPassword: "correct horse", Priv: "AES", PrivPassword: "battery staple"},
		{Name: "two", Auth: "SHA-512", AuthPassword: "correct horse", Priv: "AES-256", PrivPassword: "battery staple"},
		{Name: "three", Auth: "SHA-224", AuthPassword: "correct horse", Priv: "AES-192", PrivPassword: "battery staple"},
	}
	address := snmpd(t, users...)
	ways := map[string]func(*snmp.Options){"v2c": v2c}
	for _, u := range users {
		ways["v3 "+u.Auth+" "+u.Priv] = as(u)
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			src := source(t, address, way)
			for range 3 {
				b := collect(t, src)
				require.Empty(t, b.Partial)
				got := values(b)
				require.Contains(t, got, "localmon_snmp_uptime_seconds")
				delete(got, "localmon_snmp_uptime_seconds")
				require.Equal(t, map[string]float64{
					`purefa_array_performance_bandwidth_bytes{dimension="read_bytes_per_sec"}`:  14798220,
					`purefa_array_performance_bandwidth_bytes{dimension="write_bytes_per_sec"}`: 34749834,
					`purefa_array_performance_throughput_iops{dimension="reads_per_sec"}`:       933,
					`purefa_array_performance_throughput_iops{dimension="writes_per_sec"}`:      3400,
					`purefa_array_performance_latency_usec{dimension="usec_per_read_op"}`:       253,
					`purefa_array_performance_latency_usec{dimension="usec_per_write_op"}`:      157,
				}, got)
				require.Equal(t, &localmon.Array{Name: "fa-old-1", Kind: localmon.KindFlashArray, Model: "MercuryB", OS: "Purity//FA", Version: "6.5.6"}, b.Info)
			}
		})
	}
	for want, change := range map[string]func(*snmp.User){
		"unknown user name": func(u *snmp.User) { u.Name = "root" },
		"wrong digest":      func(u *snmp.User) { u.AuthPassword = "guessed wrong" },
	} {
		u := users[0]
		change(&u)
		_, err := source(t, address, as(u)).Collect(t.Context(), at)
		require.ErrorIs(t, err, localmon.ErrTokenRefused)
		require.ErrorContains(t, err, want)
	}
}
