package detect_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"darksite/bundle/redact/detect"
	"darksite/bundle/redact/pseudonym"
	"darksite/bundle/redact/rules"

	"github.com/stretchr/testify/require"
)

func TestNamesInObjects(t *testing.T) {
	runCases(t, []scanCase{
		{"a list on lines of its own", "{\n\"volumes\": [\n{\n\"name\": \"qx-erp\"\n}\n]\n}", []string{"volume qx-erp"}},
		{"the list's key in one word", "{\n \"filesystems\": [\n  {\"name\": \"qxhome\"}\n ]\n}", []string{"filesystem qxhome"}},
		{"the list's key with dashes", `{"host-groups": [{"name": "qxora"}]}`, []string{"group qxora"}},
		{"the list's key with humps", `{"virtualDisks": [{"name": "qxora"}]}`, []string{"volume qxora"}},
		{"an object alone", "{\"storage_array\": {\n \"name\": \"qxarr\"\n}}", []string{"array qxarr"}},
		{"a name behind an object within", `{"volumes": [{"x": {"y": [1, {}]}, "name": "qxerp"}]}`, []string{"volume qxerp"}},
		{"the next list of the same object", "{\"a\": [],\n\"luns\": [{\"name\": \"qxerp\"}],\n\"ports\": [\n{\"name\": \"uplink7\"}],\n\"shares\": [{\"name\": \"qxpub\"}]}", []string{"volume qxerp", "filesystem qxpub"}},
		{"brackets in a string", `{"volumes": [{"note": "]}]}", "name": "qxerp"}]}`, []string{"volume qxerp"}},
		{"a quote in a string", `{"volumes": [{"note": "5\" ]", "name": "qxerp"}]}`, []string{"volume qxerp"}},
		{"JSON in a string within a list", `{"hosts": [{"log": "{\"volume\": {\"name\": \"qxerp\"}", "name": "qxdb"}]}`, []string{"volume qxerp", "host qxdb"}},
		{"an object that ends before the next on its line", `{"a": {"owner": {"name": "Feodora"}}, "user": {"name": "Aurelian"}}`, []string{"user Feodora", "user Aurelian"}},
		{"more is closed than was opened", "{\"volumes\": [{}]}]]}}}\n{\"name\": \"qxerp\"}", nil},
		{"less is closed than was opened, and a log goes on", "{\"volumes\": [{\"x\":\nOct  3 09:00:00 qz01 app[7]: done\n\"name\": \"qxerp\"", []string{"host qz01"}},
		{"a name of a part within", `{"volumes": [{"map": {"name": "qxerp"}}]}`, nil},
		{"names of parts stay", `{"controllers": [{"name": "ctl-top"}], "disks": [{"name": "left-two"}]}`, nil},
		{"a part alone is told by its company", `{"component": {"name": "qxerp", "size": 7, "provisioned": 4}}`, []string{"volume qxerp"}},
		{"a list of words of every log stays", `{"volumes": [{"name": "pool"}, {"name": "data"}]}`, nil},
		{"volumes as a container sees them stay", "{\"volumes\": [{\"name\": \"qxconf\", \"configMap\": {\"x\": 1}}, {\"emptyDir\": {}, \"name\": \"qxtmp\"}]}", nil},
	})
}

func TestNamesInBlocks(t *testing.T) {
	runCases(t, []scanCase{
		{"a list below its key", "volumes:\n- name: qxerp\n  size: 7\n- size: 8\n  name: qxlog\nend: x", []string{"volume qxerp", "volume qxlog"}},
		{"a list further in", "a:\n  file_systems:\n    -   name: qxhome\n  b:\n    name: qxerp", []string{"filesystem qxhome"}},
		{"an object below its key", "storage-array:\n  name: qxarr\nname: qxerp", []string{"array qxarr"}},
		{"quotes and empty lines", "volumes:\n\n- name: \"qxerp\"\n\n- name: 'qxlog'", []string{"volume qxerp", "volume qxlog"}},
		{"names within an item stay", "volumes:\n- id: 7\n  map:\n    name: qxerp", nil},
		{"names of parts stay", "interfaces:\n- name: uplink7\n- name: qxerp", nil},
		{"a list of another sort within", "volumes:\n- name: qxerp\n  ports:\n  - name: uplink7\n- name: qxlog", []string{"volume qxerp", "volume qxlog"}},
		{"an object in brackets within", "volumes:\n- name: qxerp\n  host: {name: a, luns: [\n    {\"name\": \"qxlun\"}]}\n- name: qxlog", []string{"volume qxerp", "volume qxlun", "volume qxlog"}},
		{"volumes as a container sees them stay", "volumes:\n- configMap:\n    name: qxfront\n  name: qxconf\n- name: qxtmp\n  x: 1\n\n  emptyDir: {}\n- name: qxerp", []string{"volume qxerp"}},
		{"what stands beside the next is not beside the one before", "volumes:\n- name: qxerp\n- name: qxtmp\n  secret:\n    secretName: qxs", []string{"volume qxerp"}},
	})
}

func TestNamesInCompany(t *testing.T) {
	runCases(t, []scanCase{
		{"a volume, below", "{\n\"name\": \"qxerp\",\n\"x\": {\"y\": [1, 2]},\n\"size\": 7,\n\"serial\": null\n}", []string{"volume qxerp"}},
		{"a volume, above", "{\n\"wwn\": null,\n\"capacity\": 7,\n\"x\": {\"name\": \"slot\"},\n\"name\": \"qxerp\"\n}", []string{"volume qxerp"}},
		{"a host in Python's spelling", "{'os_type': 'AIX', 'name': 'qxdb'}", []string{"host qxdb"}},
		{"a file system", `{"name": "qxfs", "nativeFilesystemId": 7}`, []string{"filesystem qxfs"}},
		{"an array", `{"model": "VX", "serialNumber": "QYN0042A1", "rawCapacity": 9, "totalCapacity": 8, "name": "qxarr"}`, []string{"serial QYN0042A1", "array qxarr"}},
		{"a group of hosts", `{"name": "qxgrp", "hosts": []}`, []string{"group qxgrp"}},
		{"a part, which has a maker", `{"name": "qxerp", "model": "VX", "size": 7, "wwn": null}`, nil},
		{"a port, which has a speed", `{"name": "qxerp", "size": 7, "serial": null, "speed": 10}`, nil},
		{"company of an object within", `{"name": "qxerp", "x": {"size": 7, "serial": null}}`, nil},
		{"company of the next object", `[{"name": "qxerp"}, {"size": 7, "serial": null}]`, nil},
		{"company beyond a line of no JSON", "{\"name\": \"qxerp\",\nsize and serial\n\"size\": 7, \"serial\": null}", nil},
		{"company too far off", `{"name": "qxerp", "x": "` + strings.Repeat("y", 3<<10) + `", "size": 7, "serial": null}`, nil},
		{"a word of every log stays", `{"name": "default", "size": 7, "serial": null}`, nil},
	})
}

func TestNamesInElements(t *testing.T) {
	runCases(t, []scanCase{
		{"a volume", "<volumes>\n <volume>\n  <name>qxerp</name>\n </volume>\n <volume>\n  <id>7</id>\n  <name>qxlog</name>\n </volume>\n</volumes>\n<name>qxend</name>", []string{"volume qxerp", "volume qxlog"}},
		{"a host behind a part within", "<host>\n <ports>\n  <name>left</name>\n </ports>\n <name>qxdb</name>\n</host>", []string{"host qxdb"}},
		{"names of parts stay", "<modules>\n <name>qxerp</name>\n</modules>\n<port>\n <name>qxerp</name>\n</port>", nil},
		{"content on the line of its element is none", "<volume>qx</volume>\n <name>qxerp</name>", []string{"volume qx"}},
	})
}

func TestNamesInText(t *testing.T) {
	runCases(t, []scanCase{
		{"colons", "Name:     qxerp\nSize:     7\nWWN:      x", []string{"volume qxerp"}},
		{"equals signs, further in", "1: ID = 7\n   Name = qxerp\n   Size = 7\n   WWN  = x", []string{"volume qxerp"}},
		{"spaces", "LOGICAL UNIT NUMBER 7\nName      qxerp\nState     up", []string{"volume qxerp"}},
		{"one space", "id 0\nname qxerp\nvdisk_UID 6005076801\nsize 7", []string{"volume qxerp"}},
		{"leaders", "Name...... : qxdb\nOS Type... : AIX", []string{"host qxdb"}},
		{"a unit in brackets", "Name: qxerp\nSize (MB): 7\nSerial Number:", []string{"volume qxerp"}},
		{"an empty line ends the block", "Name: qxerp\n\nSize: 7\nWWN: x", nil},
		{"lines further out end the block", "  Name: qxerp\nSize: 7\nWWN: x", nil},
		{"lines further in are of another", "Name: qxerp\n  Size: 7\n  WWN: x", nil},
		{"two words are no name", "Name: of each\nSize: 7\nWWN: x", nil},
		{"nothing beside it", "Name: qxerp\nState: up", nil},
		{"a part, which has a maker", "Name: qxerp\nModel: VX\nSize: 7\nWWN: x", nil},
		{"the last line of a text", "Size: 7\nWWN: x\nName: qxerp", []string{"volume qxerp"}},
		{"a list by indentation", "- size: 7\n  wwn: x\n  name: qxerp\n- name: qxlog\n  state: up", []string{"volume qxerp"}},
	})
}

// scanner makes one that knows no site.
func scanner(t *testing.T) *detect.Scanner {
	t.Helper()
	rs, err := rules.Shipped()
	require.NoError(t, err)
	know, err := detect.Compile(rs, nil)
	require.NoError(t, err)
	return detect.NewScanner(know, detect.NewInventory(nil, nil), func(pseudonym.Kind, string) bool { return false })
}

// found is what a scan came to.
func found(fs []detect.Finding, text []byte) (out []string) {
	for _, f := range fs {
		out = append(out, fmt.Sprint(f.Kind, " ", string(text[f.Start:f.End]), " ", f.Rule, f.Learn, f.Tentative))
	}
	return out
}

// TestDeepNesting goes further in than is remembered, and out again.
func TestDeepNesting(t *testing.T) {
	const levels = 10_000
	for _, c := range []struct{ name, in, out string }{
		{"on one line", ` {"volumes": [`, `]}`},
		{"on lines of their own", " {\"volumes\": [\n", "]}\n"},
		{"without keys that tell", ` {"x": [`, `]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := []byte("{\"luns\": [\n" + strings.Repeat(c.in, levels) + strings.Repeat(c.out, levels) + "\n,{\"name\": \"qxerp\"}\n]}\n{\"name\": \"qxlog\"}\n")
			fs, end := scanner(t).Scan(text, detect.State{})
			require.Len(t, fs, 1, "the list goes on behind them and has ended then")
			require.Equal(t, "qxerp", string(text[fs[0].Start:fs[0].End]))
			require.Equal(t, detect.State{}, end)
		})
	}
	fs, end := scanner(t).Scan([]byte("{\"luns\": [\n"+strings.Repeat("[", 1<<17)+"\n"), detect.State{})
	require.Empty(t, fs)
	require.Equal(t, detect.State{}, end, "so many are forgotten")
}

// TestFramesGoOn cuts a text behind every line: the state is all that the next chunk
// must know of what encloses it.
func TestFramesGoOn(t *testing.T) {
	text, err := os.ReadFile("../testdata/labelled/objects.txt")
	require.NoError(t, err)
	text = []byte(strings.NewReplacer("«", "", "»", "").Replace(string(text)))
	text = text[:bytes.Index(text, []byte("# what stands beside"))]
	fs, want := scanner(t).Scan(text, detect.State{})
	whole := found(fs, text)
	require.NotEmpty(t, whole)
	for cut := 0; cut < len(text); {
		cut += bytes.IndexByte(text[cut:], '\n') + 1
		s := scanner(t)
		fs, st := s.Scan(text[:cut], detect.State{})
		parts := found(fs, text[:cut])
		fs, st = s.Scan(text[cut:], st)
		require.Equal(t, whole, append(parts, found(fs, text[cut:])...), "cut before %q", text[cut:])
		require.Equal(t, want, st)
	}
}

// TestObjectsCutShort ends a text at every byte: what is found lies in what is there.
func TestObjectsCutShort(t *testing.T) {
	s := scanner(t)
	for _, file := range []string{"../testdata/labelled/objects.txt", "../testdata/stay/rules/nested.txt"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		text = []byte(strings.NewReplacer("«", "", "»", "").Replace(string(text)))
		for end := range text {
			from := max(0, end-900)
			part := text[from:end:end]
			fs, st := s.Scan(part, detect.State{})
			for _, f := range fs {
				require.True(t, 0 <= f.Start && f.Start <= f.End && f.End <= len(part), "%s in %q", f.Rule, part)
			}
			_, again := s.Scan(part, detect.State{})
			require.Equal(t, st, again)
		}
	}
}

// TestLongLinesOfObjects holds a line of more than one segment to what the same objects
// come to on lines of their own.
func TestLongLinesOfObjects(t *testing.T) {
	var short, long strings.Builder
	short.WriteString("{\"body\": \"x\", \"volumes\": [\n")
	long.WriteString("{\"body\": \"x\", \"volumes\": [")
	for i := range 900 {
		item := fmt.Sprintf(`{"id": %d, "p": {"n": [{"name": "part"}]}, "name": "qx-vol-%d", "note": "a ] } b"},`, i, i)
		short.WriteString(" " + item + "\n")
		long.WriteString(item)
	}
	short.WriteString("{}]}\n{\"name\": \"qxlog\"}\n")
	long.WriteString("{}]}\n{\"name\": \"qxlog\"}\n")
	fs, want := scanner(t).Scan([]byte(short.String()), detect.State{})
	require.Len(t, fs, 900)
	apart := found(fs, []byte(short.String()))
	fs, st := scanner(t).Scan([]byte(long.String()), detect.State{})
	require.Equal(t, apart, found(fs, []byte(long.String())))
	require.Equal(t, want, st)
}
