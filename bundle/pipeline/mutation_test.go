package pipeline_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mutation takes one defence out of the code.
type mutation struct {
	file     string // below bundle
	old, new string // old stands in it once
	test     string // that has to fail without the defence
	in       string // package of the test; pipeline where empty
}

const voids = "TestWhatVoidsEveryApproval/^"

// mutations are the defences behind every line of what makes an approval void,
// and behind the signatures under a roster.
var mutations = map[string]mutation{
	"files are hashed again":                {"pipeline/frozen.go", `n != e.Size || hex.EncodeToString(h.Sum(nil)) != string(e.SHA256)`, `n != e.Size`, voids + "one_byte_of_a_file$", ""},
	"the manifest is the recorded one":      {"pipeline/frozen.go", `got != r.Manifest {`, `got != r.Manifest && false {`, voids + "one_byte_of_the_manifest$", ""},
	"nothing but what is listed":            {"pipeline/frozen.go", `		if !listed {`, `		if !listed && false {`, voids + "a_file_under_another_name$", ""},
	"everything that is listed":             {"pipeline/frozen.go", `if seen != len(want) {`, `if seen != len(want) && false {`, voids + "a_file_less$", ""},
	"nothing that can be written":           {"pipeline/frozen.go", `info.Mode().Perm()&0o222 != 0`, `info.Mode().Perm()&0o222 != 0 && false`, voids + "a_(file|folder)_that_can_be_written$", ""},
	"the collector's signature":             {"pipeline/frozen.go", `verify.Manifest(c.text, m, c.sigs, rost); err != nil`, `verify.Manifest(c.text, m, c.sigs, rost); err != nil && false`, voids + "the_(collector's_signature|collector_revoked)$", ""},
	"an approval is the recorded one":       {"pipeline/decide.go", `bundle.DigestOf(one.Text) != a.SHA256`, `bundle.DigestOf(one.Text) != a.SHA256 && false`, voids + "an_approval's_text_and_signature$", ""},
	"an approval's signature":               {"roster/roster.go", `if err := sign.Verify(ns, text, armored, key); err != nil {`, `if err := sign.Verify(ns, text, armored, key); err != nil && false {`, "TestCheck", "roster"},
	"the rules in force":                    {"pipeline/seal.go", `if rules != m.Rules {`, `if rules != m.Rules && false {`, voids + "other_rules$", ""},
	"the policy in force":                   {"pipeline/seal.go", `if policy != m.Policy {`, `if policy != m.Policy && false {`, voids + "another_policy$", ""},
	"the recipients in force":               {"pipeline/seal.go", `if !slices.Equal(prints, m.Recipients) {`, `if !slices.Equal(prints, m.Recipients) && false {`, voids + "(a_recipient_(more|less)|an_escrow_recipient_more|the_recipient_of_the_site_changed)$", ""},
	"the build of the program":              {"pipeline/seal.go", `if m.Tool != tool {`, `if m.Tool != tool && false {`, voids + "another_build_of_the_program$", ""},
	"marking and case of the record":        {"pipeline/seal.go", `if m.Marking != r.Marking || m.Case != r.Case {`, `if false {`, voids + "(the_marking_in_the_record|the_case_in_the_record)$", ""},
	"the journal goes on from the manifest": {"pipeline/seal.go", `p.o.Journal.Holds(m.Journal); err != nil`, `p.o.Journal.Holds(m.Journal); err != nil && false`, voids + "the_journal_was_made_anew,_with_the_same_steps$", ""},
	"every step is in the journal":          {"pipeline/seal.go", `what == e.Action && e.Bundle == r.BID`, `(what == e.Action || true)`, voids + "a_step_of_the_record_is_not_in_the_journal$", ""},
	"the journal has no gap at its end":     {"pipeline/seal.go", `for seq, what := range want {`, `for seq, what := range map[int64]string{} {`, voids + "the_journal_lost_its_end$", ""},
	"revocation":                            {"roster/roster.go", `if rev.KeyID == key.ID() && seq > rev.After {`, `if false {`, voids + "a_reviewer_revoked$", ""},
	"the role of a reviewer":                {"roster/roster.go", `if !slices.Contains(p.Role.Namespaces(), ns) {`, `if false {`, voids + "a_reviewer_is_an_officer_no_more$", ""},
	"who signed is who is named":            {"approve/approve.go", `if s.Reviewer != p.ID {`, `if false {`, voids + "one_person_behind_both_keys$", ""},
	"one person is one approval":            {"approve/approve.go", `q.ID == p.ID || q.Key == p.Key`, `false`, "Test", "approve"},
	"nobody approves what he collected":     {"approve/approve.go", `if p.ID == m.Collector.Principal || p.Key.ID() == m.Collector.KeyID {`, `if false {`, "Test", "approve"},
	"an approval is of this manifest":       {"approve/approve.go", `if s.BID != m.BID || s.ManifestSHA256 != sha {`, `if false {`, "Test", "approve"},
	"what the manifest decides":             {"approve/approve.go", `if f.got != f.want {`, `if false {`, "Test", "approve"},
	"both approve the same destination":     {"approve/approve.go", `if a.Destination != b.Destination {`, `if false {`, "Test", "approve"},
	"one rejection is enough":               {"approve/approve.go", `	if rejected != nil {`, `	if false {`, "Test", "approve"},
	"as many as the roster demands":         {"approve/approve.go", `int64(len(people)) < need`, `false`, voids + "more_approvals_demanded_than_were_given$", ""},
	"an approval lapses":                    {"approve/approve.go", `if seq > s.ValidUntilSeq {`, `if false {`, voids + "too_many_bundles_since$", ""},
	"a roster is signed by enough officers": {"roster/change.go", `s.Votes >= s.Needed`, `true`, "TestWhoMustSignAChange", "roster"},
	"every new key shows itself":            {"roster/change.go", `len(s.Keys) == 0 && `, ``, "TestWhoMustSignAChange|TestTheFirst", "roster"},
	"who leaves does not vote":              {"roster/change.go", `_, stays := next.Person(p.ID)`, `_, stays := p, true`, "TestWhoMustSignAChange", "roster"},
	"who was revoked does not vote":         {"roster/change.go", `p.Role == Officer && stays && !base.revoked(p.Key)`, `p.Role == Officer && stays`, "TestWhoMustSignAChange", "roster"},
	"a revocation is for ever":              {"roster/change.go", `if i < 0 || next.Revoked[i].After > rev.After {`, `if i < -1 {`, "TestARosterMayNotChangeLikeThis", "roster"},
	"no key goes without a word":            {"roster/change.go", `!slices.Contains(next.Former, p) && !renamed(next.People, p)`, `false`, "TestARosterMayNotChangeLikeThis", "roster"},
	"enough officers stay":                  {"roster/change.go", `if officers < next.Approvals {`, `if false {`, "TestARosterMayNotChangeLikeThis", "roster"},
}

// TestEveryDefenceIsMissed holds the table to the code and, with MUTATIONS=1, takes
// each defence out in turn and wants a test to fail; that compiles a package for each.
func TestEveryDefenceIsMissed(t *testing.T) {
	for name, m := range mutations {
		t.Run(name, func(t *testing.T) {
			file, err := filepath.Abs(filepath.Join("..", filepath.FromSlash(m.file)))
			require.NoError(t, err)
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, 1, strings.Count(string(text), m.old), "the defence is no longer spelled %q", m.old)
			if os.Getenv("MUTATIONS") == "" {
				return
			}
			without := filepath.Join(t.TempDir(), "without.go")
			require.NoError(t, os.WriteFile(without, []byte(strings.Replace(string(text), m.old, m.new, 1)), 0o600))
			overlay := filepath.Join(t.TempDir(), "overlay.json")
			doc, err := json.Marshal(map[string]map[string]string{"Replace": {file: without}})
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(overlay, doc, 0o600))
			in := "../pipeline"
			if m.in != "" {
				in = "../" + m.in
			}
			out, err := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "-overlay", overlay, "-run", m.test, in).CombinedOutput()
			require.NotContains(t, string(out), "build failed", "%s", out)
			require.NotContains(t, string(out), "no tests to run", "%s", out)
			require.Error(t, err, "no test misses it:\n%s", out)
		})
	}
}
