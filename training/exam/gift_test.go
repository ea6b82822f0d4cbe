package exam_test

import (
	"strings"
	"testing"

	"darksite/runbooks"
	"darksite/training/exam"

	"github.com/stretchr/testify/require"
)

// oneLanguage is an item with its words in one language only.
func oneLanguage(it exam.Item, l runbooks.Lang) *exam.Item {
	only := func(t runbooks.Text) runbooks.Text {
		if l == runbooks.French {
			return runbooks.Text{FR: t.FR}
		}
		return runbooks.Text{EN: t.EN}
	}
	maybe := func(t *runbooks.Text) *runbooks.Text {
		if t == nil {
			return nil
		}
		o := only(*t)
		return &o
	}
	it.Stem, it.Why = only(it.Stem), maybe(it.Why)
	options := it.Options
	it.Options = nil
	for _, o := range options {
		o.Text, o.Why, o.Partner = only(o.Text), maybe(o.Why), maybe(o.Partner)
		it.Options = append(it.Options, o)
	}
	return &it
}

func TestGIFTRoundTrip(t *testing.T) {
	for _, l := range runbooks.Languages() {
		items := loadBank(t).Items()
		var b strings.Builder
		left, err := exam.ToGIFT(&b, items, l)
		require.NoError(t, err)
		require.Len(t, left, 12, "screens are left out and named")
		got, err := exam.FromGIFT(b.String(), l)
		require.NoError(t, err)
		require.Len(t, got, len(items)-len(left))
		i := 0
		for _, it := range items {
			if it.Kind == exam.Screen {
				continue
			}
			require.Equal(t, oneLanguage(*it, l), got[i])
			i++
		}
	}
}

// What a teaching system writes, without our notes.
func TestGIFTOfOthers(t *testing.T) {
	const text = `// a remark
$CATEGORY: storage/power

::Lamp::[html]What does an amber lamp mean\: trouble or rest?{
  =It asks for attention #Right, look at it
  ~%0%All is well
}

::Who::Who signs? {~%50%first officer ~%50%second officer ~%-100%the collector}

How many? {#2:1}

Between? {#1..5}

::Pairs:: Who does what? {
  =admin -> collects
  =officer -> approves
  =engineer -> imports
}
`
	items, err := exam.FromGIFT(strings.ReplaceAll(text, "~%0%", "~"), runbooks.English)
	require.NoError(t, err)
	require.Len(t, items, 5)
	require.Equal(t, []exam.Kind{exam.Single, exam.Multi, exam.Numeric, exam.Numeric, exam.Match},
		[]exam.Kind{items[0].Kind, items[1].Kind, items[2].Kind, items[3].Kind, items[4].Kind})
	require.Equal(t, "What does an amber lamp mean: trouble or rest?", items[0].Stem.EN)
	require.Equal(t, "lamp", items[0].ID)
	require.Equal(t, "Right, look at it", items[0].Options[0].Why.EN)
	require.True(t, items[1].Options[1].Right)
	require.False(t, items[1].Options[2].Right)
	require.Equal(t, exam.Number{Value: 3, Tolerance: 2}, *items[3].Number)
	require.Equal(t, "approves", items[4].Options[1].Partner.EN)
}

func TestGIFTThatIsNoItem(t *testing.T) {
	for name, tt := range map[string]struct{ text, says string }{
		"an essay":             {"Tell all. {}", "line 1: no answers: essays"},
		"a description":        {"\n\nJust words.", "line 3: no answers in braces"},
		"a gap to fill":        {"The {=lamp} is amber.", "gaps to fill"},
		"short answers":        {"Colour? {=amber =orange}", "short answers"},
		"true or false":        {"Is it amber? {T}", "true-or-false"},
		"no end":               {"Colour? {=amber ~green", "do not close"},
		"no stem":              {"{=amber ~green}", "no question"},
		"an empty answer":      {"Colour? {=amber ~}", "without words"},
		"no number":            {"How many? {#two}", "want a number"},
		"points that are none": {"Who? {~%half%a ~%50%b}", "want a share"},
		"a foreign note":       {"//darksite id=a-b colour=red\nWho? {=a ~b ~c}", "not a word of the comment"},
		"options miscounted":   {"//darksite id=a-b options=x,y\nWho? {=a ~b ~c}", "2 options are named and 3 stand here"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := exam.FromGIFT(tt.text, runbooks.English)
			require.ErrorContains(t, err, tt.says)
		})
	}
}

// What was read and written once is read and written the same from then on.
func FuzzGIFT(f *testing.F) {
	var b strings.Builder
	_, err := exam.ToGIFT(&b, loadBank(f).Items()[:6], runbooks.English)
	require.NoError(f, err)
	f.Add(b.String())
	f.Add("::a:: b\\n {=c\\=->d #e ~%50%f ####g}")
	f.Fuzz(func(t *testing.T, text string) {
		items, err := exam.FromGIFT(text, runbooks.English)
		if err != nil {
			return
		}
		var once strings.Builder
		if _, err := exam.ToGIFT(&once, items, runbooks.English); err != nil {
			return
		}
		again, err := exam.FromGIFT(once.String(), runbooks.English)
		if err != nil {
			t.Skip("what only the lint refuses cannot be written")
		}
		var twice strings.Builder
		_, err = exam.ToGIFT(&twice, again, runbooks.English)
		require.NoError(t, err)
		require.Equal(t, once.String(), twice.String())
	})
}
