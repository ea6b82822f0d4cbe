package rule_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"darksite/localmon"
	"darksite/localmon/rule"

	"github.com/stretchr/testify/require"
)

func kit(t *testing.T) rule.Book {
	t.Helper()
	b, err := rule.Site{}.Join()
	require.NoError(t, err)
	return b
}

// with is the kit with one rule of it changed.
func with(b rule.Book, id string, change func(r *rule.Rule)) rule.Book {
	b.Rules = slices.Clone(b.Rules)
	for i := range b.Rules {
		if b.Rules[i].ID == id {
			change(&b.Rules[i])
		}
	}
	return b
}

func ptr(v float64) *float64 { return &v }

func metric(change func(m *rule.MetricMatch)) func(r *rule.Rule) {
	return func(r *rule.Rule) {
		m := *r.Metric
		change(&m)
		r.Metric = &m
	}
}

func TestTheSameRulesHaveNoChange(t *testing.T) {
	require.Empty(t, rule.Compare(kit(t), kit(t)))
}

func TestWhatIsCertainlySharperOrWordsAloneDoesNotLoosen(t *testing.T) {
	for name, c := range map[string]struct {
		rule   string
		change func(r *rule.Rule)
	}{
		"a graver severity":         {"drive-failed", func(r *rule.Rule) { r.Severity = 1 }},
		"more evidence of the same": {"drive-failed", func(r *rule.Rule) { r.States = append(slices.Clone(r.States), r.States[0]) }},
		"another reason":            {"drive-failed", func(r *rule.Rule) { r.Why = "because" }},
		"another runbook":           {"drive-failed", func(r *rule.Rule) { r.Runbook = "" }},
		"more cases":                {"drive-failed", func(r *rule.Rule) { r.Cases = nil }},
		"explained by less":         {"drive-failed", func(r *rule.Rule) { r.ExplainedBy = nil }},
	} {
		t.Run(name, func(t *testing.T) {
			got := rule.Compare(kit(t), with(kit(t), c.rule, c.change))
			require.Len(t, got, 1)
			require.Empty(t, got[0].Loosens)
		})
	}
	base := kit(t)
	for _, r := range base.Rules {
		if r.Metric == nil || r.Metric.Above == nil {
			continue
		}
		got := rule.Compare(base, with(base, r.ID, metric(func(m *rule.MetricMatch) { m.Above = ptr(*m.Above - 1) })))
		require.Len(t, got, 1)
		require.Empty(t, got[0].Loosens, r.ID)
	}
}

func TestWhatTellsLessLoosens(t *testing.T) {
	for name, c := range map[string]struct {
		rule   string
		change func(r *rule.Rule)
		says   string
	}{
		"a milder severity":       {"drive-failed", func(r *rule.Rule) { r.Severity = 4 }, "severity 4 instead of 2"},
		"other kinds":             {"drive-failed", func(r *rule.Rule) { r.Kinds = []localmon.Kind{localmon.KindHost} }, "no longer for flasharray"},
		"two looks for one":       {"drive-failed", func(r *rule.Rule) { r.Hard = false }, "one look is no longer enough"},
		"no states":               {"drive-failed", func(r *rule.Rule) { r.States = nil }, "looks at parts in another way"},
		"fewer words":             {"drive-failed", func(r *rule.Rule) { r.States = []rule.StateMatch{{Types: []string{"drive"}}} }, "looks at parts in another way"},
		"no alerts of the target": {"drive-failed", func(r *rule.Rule) { r.Alerts = nil }, "alerts in another way"},
		"two drives are as one":   {"drive-failed", func(r *rule.Rule) { r.Worse = nil }, "no longer severity 1"},
		"said under another": {"drive-failed", func(r *rule.Rule) {
			r.ExplainedBy = []rule.Explanation{{Rule: "capacity-high", Same: "target"}}
		}, "said under capacity-high"},
		"other evidence": {"drive-failed", func(r *rule.Rule) { r.Identity = &rule.IdentityMatch{Field: "model"} }, "in another way"},
	} {
		t.Run(name, func(t *testing.T) {
			got := rule.Compare(kit(t), with(kit(t), c.rule, c.change))
			require.Len(t, got, 1)
			require.Contains(t, got[0].Why(), c.says)
		})
	}
	t.Run("a rule that is gone", func(t *testing.T) {
		is := kit(t)
		is.Rules = slices.DeleteFunc(slices.Clone(is.Rules), func(r rule.Rule) bool { return r.ID == "drive-failed" })
		is.Off = []rule.Off{{Rule: "drive-failed", Why: "too loud"}}
		got := rule.Compare(kit(t), is)
		require.Len(t, got, 1)
		require.NotEmpty(t, got[0].Loosens)
		require.Equal(t, "too loud", got[0].Off)
		back := rule.Compare(is, kit(t))
		require.Len(t, back, 1)
		require.NotContains(t, back[0].Why(), "nothing tells")
	})
	t.Run("a new rule that takes a type from the rule for every other", func(t *testing.T) {
		is := kit(t)
		is.Rules = append(slices.Clone(is.Rules), rule.Rule{ID: "new", Severity: 4, States: []rule.StateMatch{{Types: []string{"flux_capacitor"}}}})
		require.Contains(t, rule.Compare(kit(t), is)[0].Why(), "type flux_capacitor")
	})
	t.Run("a new rule that makes alerts of the target milder", func(t *testing.T) {
		is := kit(t)
		is.Rules = append(slices.Clone(is.Rules), rule.Rule{ID: "new", Severity: 4, Hard: true, Alerts: []rule.AlertMatch{{Codes: []int{9999}}}})
		require.Contains(t, rule.Compare(kit(t), is)[0].Why(), "own word may give severity 2, and gives them 4")
	})
}

// Every field of the language, altered in every rule of the kit that has it, is
// seen; and unless it is a word or a proof, going one way or back loosens. A field
// that is added to the language later cannot slip through.
func TestEveryFieldIsWeighed(t *testing.T) {
	words := []string{"About", "Why", "Runbook", "Summary", "Cases", "Replaces", "ID"}
	base := kit(t)
	seen := map[string]bool{}
	for _, r := range base.Rules {
		walk(reflect.ValueOf(&r).Elem(), "", func(path string, v reflect.Value) {
			field, _, _ := strings.Cut(strings.TrimPrefix(path, "."), ".")
			field, _, _ = strings.Cut(field, "[")
			if slices.Contains(words, field) || strings.HasSuffix(path, ".Why") {
				return
			}
			old := reflect.New(v.Type()).Elem()
			old.Set(v)
			for _, other := range altered(v) {
				v.Set(other)
				there := rule.Compare(base, with(base, r.ID, func(o *rule.Rule) { *o = r }))
				back := rule.Compare(with(base, r.ID, func(o *rule.Rule) { *o = r }), base)
				v.Set(old)
				require.Len(t, there, 1, "%s %s", r.ID, path)
				require.NotEmpty(t, append(there[0].Loosens, back[0].Loosens...), "%s %s", r.ID, path)
				seen[path] = true
			}
		})
	}
	require.Greater(t, len(seen), 40)
}

// altered are other values of a leaf.
func altered(v reflect.Value) []reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		out.SetString(v.String() + "x")
	case reflect.Bool:
		out.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64:
		out.SetInt(v.Int() + 1)
	case reflect.Uint8:
		out.SetUint(v.Uint() + 1)
	case reflect.Float64:
		out.SetFloat(v.Float() + 1)
	default:
		return nil
	}
	return []reflect.Value{out}
}

// walk visits every leaf below v. It changes only copies of what pointers and
// lists hold.
func walk(v reflect.Value, path string, leaf func(path string, v reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				walk(v.Field(i), path+"."+v.Type().Field(i).Name, leaf)
			}
		}
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		fresh := reflect.New(v.Type().Elem())
		fresh.Elem().Set(v.Elem())
		old := reflect.ValueOf(v.Interface())
		v.Set(fresh)
		walk(v.Elem(), path, leaf)
		v.Set(old)
	case reflect.Slice:
		fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(fresh, v)
		old := reflect.ValueOf(v.Interface())
		v.Set(fresh)
		for i := range v.Len() {
			walk(v.Index(i), path+"[]", leaf)
		}
		v.Set(old)
	default:
		leaf(path, v)
	}
}
