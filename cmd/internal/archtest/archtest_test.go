package archtest_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "darksite"

type pkg struct {
	ImportPath   string
	Dir          string
	Doc          string
	GoFiles      []string
	Imports      []string
	Deps         []string
	TestGoFiles  []string
	XTestGoFiles []string
}

func list(t *testing.T, args ...string) map[string]pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Dir,Doc,GoFiles,Imports,Deps,TestGoFiles,XTestGoFiles"}, args...)...)
	cmd.Dir = root(t)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	found := map[string]pkg{}
	for dec := json.NewDecoder(out); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		found[p.ImportPath] = p
	}
	require.NoError(t, cmd.Wait())
	require.NotEmpty(t, found)
	return found
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../..")
	require.NoError(t, err)
	return dir
}

func under(path string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") })
}

func TestTopLevelIsFixed(t *testing.T) {
	entries, err := os.ReadDir(root(t))
	require.NoError(t, err)
	allowed := []string{"cmd", "bundle", "localmon", "runbooks", "training", "go.mod", "go.sum", "Makefile", "README.md", "LICENSE", "bin", "demo"}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			require.Contains(t, allowed, e.Name(), "the five folders are the map of the product; nothing else stands at the root")
		}
	}
}

func TestImportArrows(t *testing.T) {
	rules := []struct {
		name, why string
		from      []string
		except    []string
		never     []string
	}{
		{
			"runbooks know nobody", "a runbook must be readable and lintable without the product",
			[]string{"darksite/runbooks"},
			nil,
			[]string{"darksite/localmon", "darksite/bundle", "darksite/training", "darksite/cmd"},
		},
		{
			"runbooks reach nothing", "a runbook is words and questions: whatever carries it out runs no program and dials nobody",
			[]string{"darksite/runbooks"},
			nil,
			[]string{"net", "net/http", "os/exec", "plugin", "syscall", "text/template", "go.etcd.io/bbolt", "github.com/spf13/cobra"},
		},
		{
			"one package acts on arrays", "what the kit may do to an array stands in one list, and only the commands of the site hold it",
			[]string{"darksite/runbooks", "darksite/localmon", "darksite/bundle", "darksite/training"},
			[]string{"darksite/localmon/source/arrayact"},
			[]string{"darksite/localmon/source/arrayact"},
		},
		{
			"monitoring knows no bundles", "watching must work where nothing is ever exported",
			[]string{"darksite/localmon"},
			nil,
			[]string{"darksite/bundle", "darksite/training", "darksite/cmd"},
		},
		{
			"bundles know no training", "no simulated thing may reach a real bundle",
			[]string{"darksite/bundle"},
			nil,
			[]string{"darksite/training", "darksite/cmd"},
		},
		{
			"training stands below the commands", "commands assemble, nobody assembles commands",
			[]string{"darksite/training"},
			nil,
			[]string{"darksite/cmd"},
		},
		{
			"the simulator shares nothing", "two equal mistakes in client and simulator must not agree",
			[]string{"darksite/training/sim"},
			nil,
			[]string{"darksite/localmon", "darksite/bundle", "darksite/runbooks", "darksite/training/scenario", "github.com", "go.etcd.io", "go.yaml.in", "golang.org"},
		},
		{
			"pure packages stay pure", "what decides is replayable: no socket, no process, no database, no command line",
			[]string{
				"darksite/localmon/units", "darksite/localmon/chunk", "darksite/localmon/rule", "darksite/localmon/alert", "darksite/localmon/overview",
				"darksite/localmon/exposition", "darksite/localmon/query",
				"darksite/bundle/sign", "darksite/bundle/statement", "darksite/bundle/roster", "darksite/bundle/strictjson", "darksite/bundle/container",
				"darksite/bundle/approve", "darksite/bundle/review", "darksite/runbooks", "darksite/training/certificate", "darksite/training/course", "darksite/training/exam", "darksite/training/labs", "darksite/training/sim",
				"darksite/training/award",
				"darksite/bundle/desk/sla", "darksite/bundle/desk/queue", "darksite/bundle/desk/triage", "darksite/bundle/desk/weekly",
			},
			[]string{"darksite/training/sim/arrayapi", "darksite/training/sim/control", "darksite/training/sim/snmpagent", "darksite/training/sim/metricsexp", "darksite/training/sim/syslogger"},
			[]string{"net", "net/http", "os/exec", "database/sql", "go.etcd.io/bbolt", "github.com/spf13/cobra"},
		},
		{
			"sources know nothing above them", "a source brings a batch; what is kept, judged and shown is not its business",
			[]string{"darksite/localmon/source", "darksite/localmon/console"},
			nil,
			[]string{"darksite/localmon/history", "darksite/localmon/daemon", "darksite/localmon/rule", "darksite/localmon/alert"},
		},
		{
			"files are read without a network", "what is carried in by hand must not be a reason to dial",
			[]string{"darksite/localmon/source/filedrop"},
			nil,
			[]string{"net", "net/http"},
		},
		{
			"collectors do not know each other", "each can be left out, and each is reviewed alone",
			[]string{"darksite/bundle/collect/heard", "darksite/bundle/collect/hostfacts", "darksite/bundle/collect/hostfile", "darksite/bundle/collect/kit", "darksite/bundle/collect/logs", "darksite/bundle/collect/monitor", "darksite/bundle/collect/arraystate", "darksite/bundle/collect/runs"},
			nil,
			[]string{"darksite/bundle/redact", "darksite/bundle/pipeline", "darksite/bundle/seal"},
		},
		{
			"what reads a foreign medium knows nothing of the desk", "whatever a medium does to it, it has no case, no store and no socket to do it with",
			[]string{"darksite/bundle/desk/airlock"},
			nil,
			[]string{"darksite/bundle/desk/boltstore", "darksite/bundle/desk/fileblobs", "darksite/bundle/desk/intake", "darksite/bundle/desk/triage", "go.etcd.io/bbolt", "net", "net/http"},
		},
		{
			"the spool knows no protocol", "it keeps lines; who sent them and how is for others",
			[]string{"darksite/localmon/spool"},
			nil,
			[]string{"darksite/localmon/source", "darksite/localmon/daemon", "net", "net/netip"},
		},
	}
	all := list(t, "./...")
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for path, p := range all {
				if !under(path, r.from...) || under(path, r.except...) {
					continue
				}
				for _, imp := range p.Imports {
					bad := under(imp, r.never...) && !slices.Contains(r.from, imp)
					require.Falsef(t, bad, "%s imports %s: %s", path, imp, r.why)
				}
			}
		})
	}
}

// rooms are the packages of darksite's commands, from the ground up, with those
// below that each may use: a journey that needs another's code either stands above
// it, or what both need has a name and a place of its own.
var rooms = []struct {
	name string
	uses []string
}{
	// What the journeys stand on.
	{"site", nil},
	{"sight", []string{"site"}},
	{"books", []string{"site"}},
	{"certified", []string{"site"}},
	{"chart", nil},
	// The journeys, those below that others take along.
	{"train", []string{"site", "certified"}},
	{"history", []string{"site", "sight", "chart"}},
	{"rules", []string{"site", "sight", "books", "chart"}},
	{"watch", []string{"site", "sight", "books", "certified", "history", "rules"}},
	{"remedy", []string{"site", "sight", "books", "certified", "watch"}},
	{"siteadmin", []string{"site", "sight", "certified", "rules", "watch"}},
	{"wayout", []string{"site", "sight", "certified", "watch", "siteadmin"}},
	{"replies", []string{"site", "sight", "books", "certified", "rules", "wayout"}},
	{"duty", []string{"site", "sight", "books", "certified", "chart", "history", "rules", "watch", "siteadmin", "wayout"}},
	{"lab", []string{"site", "sight", "watch", "wayout", "train"}},
}

func TestRoomsOfTheSiteStandInOrder(t *testing.T) {
	const assembler = "darksite/cmd/internal/sitecmd"
	below := map[string][]string{}
	for _, r := range rooms {
		for _, u := range r.uses {
			require.Contains(t, below, u, "%s uses %s, which is not below it", r.name, u)
		}
		below[r.name] = r.uses
	}
	all := list(t, "./cmd/...")
	for path, p := range all {
		name, inside := strings.CutPrefix(path, assembler+"/")
		for _, imp := range p.Imports {
			if imp == assembler {
				require.Contains(t, []string{"darksite/cmd/darksite", "darksite/cmd/internal/scripttest"}, path, "sitecmd assembles the commands, nobody builds on it")
			}
			other, isRoom := strings.CutPrefix(imp, assembler+"/")
			if !isRoom || path == assembler {
				continue
			}
			require.True(t, inside, "%s imports %s: the rooms are the site program's own", path, imp)
			require.Contains(t, below[name], other, "%s does not stand above %s", name, other)
		}
		if inside {
			require.Contains(t, below, name, "a new room says here what it stands on")
		}
	}
	for name, uses := range below {
		require.Contains(t, all, assembler+"/"+name)
		for _, u := range uses {
			require.Contains(t, all[assembler+"/"+name].Imports, assembler+"/"+u, "%s does without %s: take the arrow away", name, u)
		}
	}
}

// ground is what sources may build on; of each other they know nothing, so that
// a new protocol is a new folder and a line in the assembler.
var ground = []string{"arrayrest", "pinned", "poll", "push", "sourcetest"}

func TestSourcesDoNotKnowEachOther(t *testing.T) {
	const sources = "darksite/localmon/source/"
	for path, p := range list(t, "./localmon/source/...") {
		own, _, _ := strings.Cut(strings.TrimPrefix(path, sources), "/")
		for _, imp := range p.Imports {
			other, isSource := strings.CutPrefix(imp, sources)
			other, _, _ = strings.Cut(other, "/")
			require.Falsef(t, isSource && other != own && !slices.Contains(ground, other), "%s imports %s: each source can be left out, and each is reviewed alone", path, imp)
		}
	}
}

func TestLinkBudgets(t *testing.T) {
	budgets := []struct {
		binary, why string
		never       []string
	}{
		{
			"darksite/cmd/darksite", "the site's security officer must be able to prove it: no database or cloud client, nothing of the desk, nothing that extracts a bundle",
			[]string{"database/sql", "github.com/aws", "github.com/minio", "github.com/jackc", "darksite/bundle/desk", "darksite/bundle/open", "net/rpc", "plugin"},
		},
		{
			"darksite/cmd/casedesk", "the desk never watches arrays, never redacts and never imitates them",
			[]string{"darksite/localmon/source", "darksite/localmon/daemon", "darksite/bundle/redact", "darksite/bundle/collect", "darksite/training/sim", "plugin"},
		},
	}
	for _, b := range budgets {
		t.Run(b.binary, func(t *testing.T) {
			for _, dep := range list(t, "./"+strings.TrimPrefix(b.binary, module+"/"))[b.binary].Deps {
				require.Falsef(t, under(dep, b.never...), "%s links %s: %s", b.binary, dep, b.why)
			}
		})
	}
}

func TestEveryPackageOwesItsReader(t *testing.T) {
	var undocumented, untested []string
	for path, p := range list(t, "./...") {
		if len(p.GoFiles) == 0 {
			continue
		}
		if p.Doc == "" {
			undocumented = append(undocumented, path)
		}
		words := slices.Equal(p.GoFiles, []string{"doc.go"}) // nothing in it that could fail
		if _, elsewhere := testedElsewhere[path]; !words && !elsewhere && len(p.TestGoFiles)+len(p.XTestGoFiles) == 0 {
			untested = append(untested, path)
		}
	}
	require.Empty(t, undocumented, "a package comment is the manual of its package")
	require.Empty(t, untested, "code without a test of its own, and not named in testedElsewhere")
}

// testedElsewhere are packages whose tests stand beside their user, with where.
var testedElsewhere = map[string]string{
	"darksite/bundle/bundletest":                  "bundles for the tests of open, verify and intake, which run it",
	"darksite/bundle/redact/detect":               "held line by line by the tests of redact",
	"darksite/bundle/desk/desktest":               "run by the tests of boltstore and fileblobs",
	"darksite/cmd/casedesk":                       "run by the scripts beside it",
	"darksite/cmd/darksite":                       "run by the scripts beside it",
	"darksite/cmd/internal/cli/clitest":           "run by the tests of sitecmd and deskcmd",
	"darksite/cmd/internal/demo":                  "run by the scripts of cmd/darksite",
	"darksite/cmd/internal/deskcmd":               "run by the scripts of cmd/casedesk and cmd/darksite",
	"darksite/cmd/internal/scripttest":            "run by every script",
	"darksite/cmd/internal/sitecmd":               "run by the scripts of cmd/darksite",
	"darksite/localmon/source/arrayrest/resttest": "run by the tests of flasharray and flashblade",
	"darksite/localmon/history/workload":          "run by the tests and benchmarks of history",
}
