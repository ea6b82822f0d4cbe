package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// The accounts of the checklist "accounts": the kit belongs to one that nobody
// logs in to, and every person has his own. They are accounts that every machine
// has and nobody uses; ssh-keygen wants a name behind each.
var accounts = map[string]string{"kit": "daemon", "mdurand": "bin", "amartin": "games", "ppetit": "lp"}

// station is a machine with these accounts, for one test.
type station struct {
	t            *testing.T
	dir, program string
	ids          map[string]uint32
}

func newStation(t *testing.T) *station {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can act as several accounts")
	}
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("ssh-keygen is not installed")
	}
	ids := map[string]uint32{}
	for who, name := range accounts {
		u, err := user.Lookup(name)
		if err != nil {
			t.Skipf("this machine has no account %s", name)
		}
		id, err := strconv.ParseUint(u.Uid, 10, 32)
		require.NoError(t, err)
		ids[who] = uint32(id)
	}
	dir, err := os.MkdirTemp("", "station")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o711))
	s := &station{t, dir, filepath.Join(dir, "darksite"), ids}
	self, err := os.Executable()
	require.NoError(t, err)
	program, err := os.ReadFile(self) // which is both commands, by its name
	require.NoError(t, err)
	for _, name := range []string{"darksite", "casedesk"} {
		require.NoError(t, os.WriteFile(s.path(name), program, 0o755))
	}
	for who, id := range ids {
		require.NoError(t, os.Mkdir(s.path(who), 0o700))
		require.NoError(t, os.Chown(s.path(who), int(id), int(id)))
	}
	return s
}

func (s *station) path(elem ...string) string {
	return filepath.Join(append([]string{s.dir}, elem...)...)
}

// as runs a command in an account, as the kernel sees it: its ids and no others.
func (s *station) as(who, input string, command ...string) (stdout, stderr string, err error) {
	s.t.Helper()
	id := s.ids[who]
	cmd := exec.CommandContext(s.t.Context(), command[0], command[1:]...)
	cmd.Dir = s.path(who)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.path(who), "DARKSITE_DIR=" + s.path("kit", "site"), "COLUMNS=80", "NO_COLOR=1", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: id, Gid: id}}
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

// kit runs darksite in the account of the kit, as sudo does for a person.
func (s *station) kit(input string, args ...string) string {
	s.t.Helper()
	out, errs, err := s.as("kit", input, append([]string{s.program}, args...)...)
	require.NoError(s.t, err, "darksite %s\n%s%s", strings.Join(args, " "), out, errs)
	return out
}

// newKey makes a key of a person's own in his own account.
func (s *station) newKey(person string) string {
	s.t.Helper()
	_, errs, err := s.as(person, "", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", s.path(person, "key"))
	require.NoError(s.t, err, errs)
	public, err := os.ReadFile(s.path(person, "key.pub"))
	require.NoError(s.t, err)
	handed := s.path("kit", person+".pub") // the public half is handed over
	require.NoError(s.t, os.WriteFile(handed, public, 0o644))
	return handed
}

// approve reads and approves as an officer does: the kit prints, the officer signs
// in his own account, the kit takes it.
func (s *station) approve(bundle, person string) {
	s.t.Helper()
	s.kit("", "bundle", "review", bundle, "--as", person, "--report", "-")
	statement := s.kit("", "bundle", "approve", bundle, "--as", person, "--print")
	sig, errs, err := s.as(person, statement, "ssh-keygen", "-q", "-Y", "sign", "-f", s.path(person, "key"), "-n", "approval@darksite")
	require.NoError(s.t, err, errs)
	s.kit(statement+sig, "bundle", "approve", bundle, "--signed", "-")
}

// The walk in separate accounts: after FREEZE nobody but the kit reaches what was
// collected, least of all who collected it; and nobody reaches another's key.
func TestSeparateAccountsKeepStagingApart(t *testing.T) {
	s := newStation(t)
	s.kit("", "init", "--code", "S042", "--name", "Lyon 3", "--no-passphrase")
	s.kit("", "site", "people", "add", "mdurand", "--name", "M. Durand", "--role", "collector", "--no-passphrase")
	for _, person := range []string{"amartin", "ppetit"} {
		s.kit("", "site", "people", "add", person, "--name", "Name of "+person, "--role", "officer", "--key", s.newKey(person))
	}
	card := exec.CommandContext(t.Context(), s.path("casedesk"), "--dir", s.path("desk"), "init", "--name", "Vendor", "--person", "ruth", "--person", "sam", "--no-passphrase")
	require.NoError(t, card.Run())
	text, err := os.ReadFile(s.path("desk", "vendor.txt"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(s.path("kit", "vendor.txt"), text, 0o644))
	s.kit("", "site", "vendor", s.path("kit", "vendor.txt"), "--yes")

	bundle := strings.TrimSpace(s.kit("", "bundle", "collect", "--as", "mdurand", "--profile", "quick"))
	folder := s.path("kit", "site", "bundles", bundle)
	manifest := filepath.Join(folder, "frozen", "MANIFEST.json")
	require.FileExists(t, manifest)
	require.NoDirExists(t, filepath.Join(folder, "staging"), "raw data is gone once it is frozen")

	// Every person, in his own account, against every way in.
	for _, person := range []string{"mdurand", "amartin", "ppetit"} {
		for _, try := range []string{
			"cat " + manifest,
			"ls " + s.path("kit"),
			"chmod u+w " + manifest,
			"echo x >> " + manifest,
			"rm -rf " + folder,
			"mv " + folder + " " + s.path(person, "taken"),
			"cat " + s.path("kit", "site", "keys", "record.key"),
			"cat " + s.path("kit", "site", "journal", "log.jsonl"),
			"cp " + s.path("kit", "site", "roster.txt") + " " + s.path(person, "roster.txt"),
		} {
			out, errs, err := s.as(person, "", "sh", "-c", try)
			require.Error(t, err, "%s as %s: %s", try, person, out)
			require.Contains(t, errs, "Permission denied", "%s as %s", try, person)
		}
		for _, other := range []string{"amartin", "ppetit"} {
			if other == person {
				continue
			}
			_, errs, err := s.as(person, "", "cat", s.path(other, "key"))
			require.Error(t, err)
			require.Contains(t, errs, "Permission denied", "%s takes the key of %s", person, other)
			_, _, err = s.as(person, "x", "ssh-keygen", "-Y", "sign", "-f", s.path(other, "key"), "-n", "approval@darksite")
			require.Error(t, err, "%s signs as %s", person, other)
		}
		// The program itself is no way round either.
		_, errs, err := s.as(person, "", s.program, "bundle", "list")
		require.Error(t, err)
		require.Contains(t, errs, "permission denied")
	}

	// The kit's own account cannot write by accident what is frozen.
	_, errs, err := s.as("kit", "", "sh", "-c", "echo x >> "+manifest)
	require.Error(t, err)
	require.Contains(t, errs, "Permission denied")

	s.approve(bundle, "amartin")
	s.approve(bundle, "ppetit")
	s.kit("", "bundle", "seal", bundle, "--as", "mdurand")
	require.Contains(t, s.kit("", "bundle", "show", bundle), fmt.Sprintf("bundle    %s  SEALED", bundle))
}
