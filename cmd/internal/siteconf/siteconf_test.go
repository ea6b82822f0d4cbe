package siteconf_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"darksite/cmd/internal/siteconf"

	"github.com/stretchr/testify/require"
)

const pin = "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

const full = `site: {code: S042, name: Lyon 3, timezone: Europe/Paris, language: fr}
arrays:
  - {name: fa-prod-1, kind: flasharray, url: "https://10.1.0.10", token_file: keys/fa.token, tls_pin: "` + pin + `"}
monitor: {every: 30s, history_budget: 20GiB}
contacts:
  - {id: mdurand, name: M. Durand, role: admin, phone: "+33 1", certificate: DSA-0031}
  - {id: ppetit, name: P. Petit, role: secondary}
review: {approvals: 2, words: policy/words.txt}
support: {plan: premium, until: 2027-06-30}
`

func TestParse(t *testing.T) {
	c, err := siteconf.Parse("site.yaml", []byte(full))
	require.NoError(t, err)
	require.Equal(t, "S042", c.Site.Code)
	require.Equal(t, "Europe/Paris", c.Location().String())
	require.Equal(t, siteconf.Size(20<<30), c.Monitor.HistoryBudget)
	require.Equal(t, "kit", c.Monitor.HostName, "a default stays when a section is given in part")
	require.Equal(t, "2027-06-30", c.Support.Until.Format(time.DateOnly))
	require.False(t, c.Arrays[0].Loopback())
	p, ok := c.Contact("ppetit")
	require.True(t, ok)
	require.Equal(t, "secondary", p.Role)
}

func TestTheTemplateIsValid(t *testing.T) {
	c, err := siteconf.Parse("site.yaml", []byte(siteconf.Template("S042", `Lyon "3"`, 2)))
	require.NoError(t, err)
	require.Equal(t, `Lyon "3"`, c.Site.Name)
	require.Empty(t, c.Arrays)
	uncommented := strings.NewReplacer("arrays: []\n#  -", "arrays:\n  -", "#    ", "    ", "<64 hex digits>", pin[7:], "contacts: []\n#", "contacts:\n").
		Replace(siteconf.Template("S042", "Lyon", 2))
	c, err = siteconf.Parse("site.yaml", []byte(uncommented))
	require.NoError(t, err, "the examples in the comments work as they stand")
	require.Len(t, c.Arrays, 1)
	require.Len(t, c.Contacts, 1)
}

func TestParseRefuses(t *testing.T) {
	change := func(old, now string) string {
		require.Contains(t, full, old)
		return strings.Replace(full, old, now, 1)
	}
	cases := []struct{ name, text, want string }{
		{"unknown key", change("token_file", "tokenfile"), `site.yaml:3:67: unknown key "tokenfile"; did you mean "token_file"?`},
		{"site code", change("S042", "s-42"), `site.yaml:1:14: site code "s-42"`},
		{"time zone", change("Europe/Paris", "Europe/Lyon"), `time zone "Europe/Lyon" is not known`},
		{"language", change("fr}", "de}"), `language "de": want en or fr`},
		{"array twice", change("monitor:", "  - {name: fa-prod-1, kind: flasharray, url: \"https://10.1.0.11\", token_file: x, tls_pin: \""+pin+"\"}\nmonitor:"), "used twice"},
		{"array named as the kit", change("fa-prod-1", "kit"), "name of the kit's own machine"},
		{"kind", change("flasharray", "tapearray"), `site.yaml:3:29: kind "tapearray"`},
		{"plain http", change("https://", "http://"), "want https://address"},
		{"address with a path", change("10.1.0.10\"", "10.1.0.10/api\""), "want https://address"},
		{"credentials in the address", change("10.1.0.10", "u:p@10.1.0.10"), "want https://address"},
		{"no pin", change(", tls_pin: \""+pin+"\"", ""), "site.yaml:3:5: array fa-prod-1: tls_pin must be"},
		{"too often", change("30s", "1s"), "site.yaml:4:18: every 1s: at least 5s"},
		{"tiny budget", change("20GiB", "1MiB"), "at least 64MiB"},
		{"budget without sense", change("20GiB", "lots"), "site.yaml:4:39:"},
		{"two admins", change("secondary", "admin"), "2 contacts have the role admin"},
		{"six contacts", change("review:", strings.Repeat("  - {id: a, name: b, role: secondary}\n", 4)+"review:"), "6 contacts: a site has at most 5"},
		{"contact role", change("secondary", "boss"), `role "boss": want admin or secondary`},
		{"approvals", change("approvals: 2", "approvals: 0"), "approvals 0"},
		{"words outside", change("policy/words.txt", "../words.txt"), "below the site folder"},
		{"policy outside", change("words: policy/words.txt", "policy: /etc/redact.policy"), `policy "/etc/redact.policy": want a file below the site folder`},
		{"policy misspelt", change("words: policy/words.txt", "polcy: x"), `unknown key "polcy"; did you mean "policy"?`},
		{"plan", change("premium", "gold"), `plan "gold"`},
		{"day", change("2027-06-30", "soon"), `site.yaml:9:33: "soon" is not a day`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := siteconf.Parse("site.yaml", []byte(c.text))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	dir := t.TempDir()
	_, err := siteconf.Load(dir)
	require.ErrorIs(t, err, os.ErrNotExist)
	path := filepath.Join(dir, siteconf.FileName)
	require.NoError(t, os.WriteFile(path, []byte("sight: {}\n"), 0o600))
	_, err = siteconf.Load(dir)
	require.ErrorContains(t, err, path+`:1:1: unknown key "sight"; did you mean "site"?`)
}
