package snmpagent

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// run runs one of the net-snmp programs, which share no line with this agent.
func run(t *testing.T, program string, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not installed (Debian package snmp): no outside judge of the agent", program)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "cert_indexes"), 0o700)) // else it is made, and said so among the answers
	cmd.Env = []string{"HOME=" + dir, "SNMP_PERSISTENT_DIR=" + dir, "SNMPCONFPATH=" + dir, "MIBS="}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// levels are the ways to ask, with what the stock programs call them.
func levels() map[string]struct {
	user User
	args []string
} {
	type level = struct {
		user User
		args []string
	}
	all := map[string]level{
		"v2c":             {User{}, []string{"-v2c", "-c", "lab"}},
		"v3 noAuthNoPriv": {User{Name: "watcher"}, []string{"-v3", "-l", "noAuthNoPriv", "-u", "watcher"}},
		"v3 authNoPriv":   {User{Name: "watcher", Auth: "SHA", AuthPassword: "correct horse"}, []string{"-v3", "-l", "authNoPriv", "-u", "watcher", "-a", "SHA", "-A", "correct horse"}},
	}
	for _, pair := range []string{"SHA AES", "SHA AES-192", "SHA AES-256", "SHA-224 AES", "SHA-256 AES", "SHA-256 AES-256", "SHA-384 AES-192", "SHA-512 AES-256"} {
		auth, priv, _ := strings.Cut(pair, " ")
		all["v3 "+pair] = level{
			User{Name: "watcher", Auth: auth, AuthPassword: "correct horse", Priv: priv, PrivPassword: "battery staple"},
			[]string{"-v3", "-l", "authPriv", "-u", "watcher", "-a", auth, "-A", "correct horse", "-x", priv, "-X", "battery staple"},
		}
	}
	return all
}

func TestStockProgramsReadTheAgent(t *testing.T) {
	for name, l := range levels() {
		t.Run(name, func(t *testing.T) {
			g := testAgent(t, l.user)
			s, err := Listen("127.0.0.1:0", g)
			require.NoError(t, err)
			defer s.Close()
			args := append(append([]string{"-On", "-t", "5", "-r", "1"}, l.args...), s.Address())
			work := g.array.View().Instant().Array()

			out, err := run(t, "snmpget", append(args, "1.3.6.1.2.1.1.5.0", arrayMIB+".4.1.0", arrayMIB+".4.9.0")...)
			require.NoError(t, err, out)
			require.Contains(t, out, `.1.3.6.1.2.1.1.5.0 = STRING: "fa-prod-1"`)
			require.Contains(t, out, fmt.Sprintf(".%s.4.1.0 = INTEGER: %d\n", arrayMIB, work.ReadBytes))
			require.Contains(t, out, "No Such Object")

			out, err = run(t, "snmpwalk", append(args, "1.3.6.1")...)
			require.NoError(t, err, out)
			lines := strings.Split(strings.TrimSpace(out), "\n")
			require.Len(t, lines, 13, out)
			require.Contains(t, lines[1], ".1.3.6.1.2.1.1.2.0 = OID: ."+arrayMIB)
			require.Contains(t, lines[2], "Timeticks: (")
			require.Contains(t, lines[12], "No more variables left")

			out, err = run(t, "snmpbulkget", append(append([]string{"-Cn0", "-Cr6"}, args...), arrayMIB+".4")...)
			require.NoError(t, err, out)
			require.Len(t, regexp.MustCompile(`(?m)^\.1\.3\.6\.1\.4\.1\.40482\.4\.[1-6]\.0 = INTEGER: \d+$`).FindAllString(out, -1), 6, out)
		})
	}
}

func TestStockProgramsAreRefused(t *testing.T) {
	g := testAgent(t, lab)
	s, err := Listen("127.0.0.1:0", g)
	require.NoError(t, err)
	defer s.Close()
	ask := func(args ...string) string {
		out, err := run(t, "snmpget", append(append([]string{"-t", "0.3", "-r", "0"}, args...), s.Address(), sysUpTime)...)
		require.Error(t, err, out)
		return out
	}
	v3 := func(user, password, priv string) []string {
		return []string{"-v3", "-l", "authPriv", "-u", user, "-a", "SHA-256", "-A", password, "-x", "AES", "-X", priv}
	}
	require.Contains(t, ask("-v2c", "-c", "public"), "Timeout")
	require.Contains(t, ask(v3("root", "correct horse", "battery staple")...), "Unknown user name")
	require.Contains(t, ask(v3("watcher", "guessed wrong", "battery staple")...), "Authentication failure")
	require.Contains(t, ask(v3("watcher", "correct horse", "guessed wrong")...), "Decryption error")
	require.Contains(t, ask("-v3", "-l", "noAuthNoPriv", "-u", "watcher"), "Unsupported security level")
}
