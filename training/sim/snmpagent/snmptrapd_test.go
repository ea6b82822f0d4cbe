package snmpagent

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// snmptrapd runs the stock receiver and gives the lines it prints, one a
// notice.
func snmptrapd(t *testing.T, g *Agent) (address string, lines <-chan string) {
	t.Helper()
	path, err := exec.LookPath("snmptrapd")
	if err != nil {
		if path, err = exec.LookPath("/usr/sbin/snmptrapd"); err != nil {
			t.Skip("snmptrapd is not installed (Debian package snmptrapd): no outside receiver to tell")
		}
	}
	free, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	address = free.LocalAddr().String()
	require.NoError(t, free.Close())

	user := fmt.Sprintf("%s %s %q %s %q", lab.Name, lab.Auth, lab.AuthPassword, lab.Priv, lab.PrivPassword)
	conf := "authCommunity log lab\nauthUser log " + lab.Name + " priv\nformat2 %#v\\n\n" +
		// For informs the user is known at the receiver's engine, for traps at the agent's.
		"createUser " + user + "\ncreateUser -e 0x" + fmt.Sprintf("%x", g.Engine()) + " " + user + "\n"
	dir := t.TempDir()
	file := filepath.Join(dir, "trapd.conf")
	require.NoError(t, os.WriteFile(file, []byte(conf), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "cert_indexes"), 0o700))
	cmd := exec.Command(path, "-f", "-n", "-C", "-c", file, "-Lo", "-On", "-p", filepath.Join(dir, "pid"), "udp:"+address)
	cmd.Env = []string{"HOME=" + dir, "SNMP_PERSISTENT_DIR=" + dir, "SNMPCONFPATH=" + dir, "MIBS="}
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	told := make(chan string, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := bufio.NewScanner(out); s.Scan(); {
			told <- s.Text()
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Kill())
		<-done
		_ = cmd.Wait() // it was killed
	})
	return address, told
}

func TestStockReceiverHearsTheAgent(t *testing.T) {
	g := testAgent(t, lab)
	address, lines := snmptrapd(t, g)
	next := func() string {
		for {
			select {
			case l := <-lines:
				if strings.Contains(l, arrayMIB) {
					return l
				}
			case <-time.After(10 * time.Second):
				require.FailNow(t, "the receiver tells nothing")
			}
		}
	}
	ready, err := NewSender(g, Receiver{Address: address, Inform: true, Wait: 100 * time.Millisecond})
	require.NoError(t, err)
	defer ready.Close()
	n := Notice{At: g.array.Now(), Severity: "info", Code: 1, Subject: "begin", Body: "begin"}
	require.Eventually(t, func() bool { return ready.Send(t.Context(), n) == nil }, 20*time.Second, 50*time.Millisecond, "no receipt for an inform")
	require.Contains(t, next(), "begin")

	for i, to := range []Receiver{{}, {Inform: true}, {V3: true}, {V3: true, Inform: true}} {
		to.Address, to.Wait = address, 5*time.Second
		s, err := NewSender(g, to)
		require.NoError(t, err)
		n := Notice{At: g.array.Now(), Severity: "critical", Code: 60, Subject: fmt.Sprintf("subject %d", i), Body: "the body"}
		require.NoError(t, s.Send(t.Context(), n), "%+v", to)
		require.NoError(t, s.Close())
		l := next()
		for l != "" && strings.Contains(l, "begin") { // sent again before the receiver was up
			l = next()
		}
		require.Contains(t, l, ".1.3.6.1.6.3.1.1.4.1.0 = OID: ."+arrayMIB+".2.52")
		require.Contains(t, l, "."+arrayMIB+".3.3.0 = STRING: \"fa-prod-1\"")
		require.Contains(t, l, "."+arrayMIB+".3.4.0 = INTEGER: 60")
		require.Contains(t, l, fmt.Sprintf("subject %d", i))
	}
}
