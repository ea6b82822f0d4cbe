package snmp_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"darksite/localmon/source/snmp"

	"github.com/stretchr/testify/require"
)

// run runs one of the net-snmp programs, which share no line with gosnmp or
// with the simulated agent.
func run(t *testing.T, program string, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not installed (Debian package snmp): no outside judge of the listener", program)
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

// asStock is a user in the words of the stock programs.
func asStock(u snmp.User) []string {
	args := []string{"-v3", "-u", u.Name, "-l", "noAuthNoPriv"}
	if u.Auth != "" {
		args = append(args, "-a", u.Auth, "-A", string(u.AuthPassword), "-l", "authNoPriv")
	}
	if u.Priv != "" {
		args = append(args, "-x", u.Priv, "-X", string(u.PrivPassword), "-l", "authPriv")
	}
	return args
}

// stockAlert is an alert as the stock programs are told it.
func stockAlert(to string) []string {
	field := mib + ".3."
	return []string{
		to, "4200", mib + ".2.52",
		field + "1.0", "s", "Purity//FA", field + "2.0", "s", "6.5.6", field + "3.0", "s", "fa-old-1",
		field + "4.0", "i", "60", field + "5.0", "s", "(drive:ch0.bay3): failure", field + "6.0", "s", "the body",
	}
}

func TestStockProgramsAreHeard(t *testing.T) {
	ways := map[string][]string{"v2c": {"-v2c", "-c", "lab"}}
	users := map[string]snmp.User{"v2c": watcher()}
	add := func(name string, u snmp.User) { ways[name], users[name] = asStock(u), u }
	add("v3 noAuthNoPriv", snmp.User{Name: "watcher"})
	add("v3 authNoPriv", snmp.User{Name: "watcher", Auth: "SHA", AuthPassword: "correct horse"})
	for _, pair := range []string{"SHA AES", "SHA AES-192", "SHA AES-256", "SHA-224 AES", "SHA-256 AES", "SHA-256 AES-256", "SHA-384 AES-192", "SHA-512 AES-256"} {
		auth, priv, _ := strings.Cut(pair, " ")
		add("v3 "+pair, snmp.User{Name: "watcher", Auth: auth, AuthPassword: "correct horse", Priv: priv, PrivPassword: "battery staple"})
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			r := listen(t, func(o *snmp.TrapOptions) { o.Users = []snmp.User{users[name]} })
			for _, program := range []string{"snmptrap", "snmpinform"} {
				out, err := run(t, program, append(append([]string{"-t", "5", "-r", "1"}, way...), stockAlert(r.Addr().String())...)...)
				require.NoError(t, err, "%s: %s", program, out)
				require.Empty(t, out, program)
				m := r.next(t)
				require.Equal(t, "fa-old-1", m.Host)
				require.Equal(t, "critical", m.Severity)
				require.Equal(t, "(drive:ch0.bay3): failure [60]", m.Text)
				require.Equal(t, "ch0.bay3", m.Alert.Component)
				require.Equal(t, "the body", m.Alert.Description)
			}
			c := r.Counts()
			require.EqualValues(t, 2, c.Believed)
			require.Zero(t, c.Malformed+c.Refused+c.Dropped)
		})
	}
}

func TestStockInformsThatAreRefused(t *testing.T) {
	r := listen(t, plain)
	with := func(change func(*snmp.User)) []string {
		u := watcher()
		change(&u)
		return asStock(u)
	}
	for want, way := range map[string][]string{
		"Unknown user name":          with(func(u *snmp.User) { u.Name = "root" }),
		"Authentication failure":     with(func(u *snmp.User) { u.AuthPassword = "guessed wrong" }),
		"Unsupported security level": with(func(u *snmp.User) { u.Priv = "" }),
		"Decryption error":           with(func(u *snmp.User) { u.PrivPassword = "guessed wrong" }),
		"Timeout":                    {"-v2c", "-c", "public"},
	} {
		out, err := run(t, "snmpinform", append(append([]string{"-t", "0.3", "-r", "0"}, way...), stockAlert(r.Addr().String())...)...)
		require.Error(t, err)
		require.Contains(t, out, want)
	}
	require.Empty(t, r.messages)
}
