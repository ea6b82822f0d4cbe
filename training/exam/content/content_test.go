package content_test

import (
	"bytes"
	"slices"
	"sync"
	"testing"

	"darksite/runbooks"
	"darksite/training/certificate"
	"darksite/training/course"
	lessons "darksite/training/course/content"
	"darksite/training/exam"
	"darksite/training/exam/content"
	"darksite/training/exam/screens"

	"github.com/stretchr/testify/require"
)

var once = sync.OnceValues(content.Bank)

func load(t testing.TB) *exam.Bank {
	t.Helper()
	b, err := once()
	require.NoError(t, err)
	return b
}

// Loading is the lint: both languages, one key, a reason each, live references, balanced
// options, three times what a form draws.
func TestTheBankPassesItsLint(t *testing.T) {
	b := load(t)
	l, err := content.Limits()
	require.NoError(t, err)
	require.Empty(t, exam.Lint(b, l))

	kinds, levels := map[exam.Kind]int{}, map[int]int{}
	for _, it := range b.Items() {
		kinds[it.Kind]++
		levels[it.Difficulty]++
	}
	for _, k := range exam.Kinds() {
		require.GreaterOrEqual(t, kinds[k], 10, "kind %s", k)
	}
	for d := 1; d <= 3; d++ {
		require.GreaterOrEqual(t, levels[d]*10, len(b.Items()), "a tenth or more of difficulty %d", d)
	}
}

// Each objective asks about safety or shows a screen, and each form meets both somewhere.
func TestEachTrackAsksForSafetyAndShowsScreens(t *testing.T) {
	b := load(t)
	for _, track := range certificate.Tracks() {
		safety, shown := 0, 0
		for _, p := range exam.Of(track).Parts {
			for _, it := range b.Items() {
				if it.Objective != p.Objective {
					continue
				}
				if it.Safety {
					safety++
				}
				if it.Kind == exam.Screen {
					shown++
				}
			}
		}
		require.GreaterOrEqual(t, safety, 5, track)
		require.GreaterOrEqual(t, shown, 3, track)
	}
}

// Check questions are for the learner alone: none of them stands in an examination.
func TestNoCheckQuestionOfALessonIsAsked(t *testing.T) {
	b := load(t)
	all, err := lessons.Course(course.Limits{
		Runbook: func(string) bool { return true },
		Lab:     func(string) bool { return true },
	})
	require.NoError(t, err)
	for _, l := range all.Lessons("") {
		for _, q := range l.Questions {
			_, ok := b.Item(q.ID)
			require.False(t, ok, "%s has the name of a check question", q.ID)
			require.False(t, slices.ContainsFunc(b.Items(), func(it *exam.Item) bool { return it.Stem.EN == q.Stem.EN || it.Stem.FR == q.Stem.FR }), "%s is asked in the bank as well", q.ID)
		}
	}
}

func TestEachScreenIsAsked(t *testing.T) {
	var asked []string
	for _, it := range load(t).Items() {
		if it.Kind == exam.Screen {
			asked = append(asked, it.Screen)
		}
	}
	slices.Sort(asked)
	require.Equal(t, screens.Names(), slices.Compact(asked))
}

// A thousand candidates of all tracks sit twice each: every form keeps to its blueprint,
// asks nothing twice, and repeats at most three in ten of the form before.
func TestAThousandFormsKeepToTheBlueprint(t *testing.T) {
	b := load(t)
	for seed := range uint64(1000) {
		p := exam.Of(certificate.Tracks()[seed%3])
		first, err := exam.Draw(b, p, seed, nil)
		require.NoError(t, err)
		before := keepsTo(t, p, first)
		second, err := exam.Draw(b, p, seed+1_000_003, before)
		require.NoError(t, err)
		again := 0
		for _, id := range keepsTo(t, p, second) {
			if slices.Contains(before, id) {
				again++
			}
		}
		require.LessOrEqual(t, again, int(exam.Overlap*float64(p.Items())), "seed %d of %s", seed, p.Track)
		renewsWell(t, b, seed, before)
	}
}

// renewsWell holds the short form after a whole one to its blueprint: so many items about
// safety as are wanted of each lesson, and few others that were asked before.
func renewsWell(t *testing.T, b *exam.Bank, seed uint64, before []string) {
	t.Helper()
	p := exam.Renewal(certificate.Tracks()[seed%3])
	form, err := exam.Draw(b, p, seed+2_000_003, before)
	require.NoError(t, err)
	keepsTo(t, p, form)
	safety, wanted, again := map[string]int{}, 0, 0
	for _, q := range form.Questions {
		switch {
		case q.Safety:
			safety[q.Objective]++
		case slices.Contains(before, q.ID):
			again++
		}
	}
	for _, part := range p.Parts {
		wanted += part.Safety
		require.GreaterOrEqual(t, safety[part.Objective], part.Safety, "seed %d of %s: objective %s", seed, p.Track, part.Objective)
	}
	require.Positive(t, wanted)
	require.LessOrEqual(t, again, int(exam.Overlap*float64(p.Items())), "seed %d of %s", seed, p.Track)
	require.Len(t, p.Labs, 1)
	require.LessOrEqual(t, 2*p.Items(), exam.Of(p.Track).Items(), "half of the whole at most")
}

// keepsTo holds a form against its blueprint and returns the IDs of its items.
func keepsTo(t *testing.T, p exam.Blueprint, f exam.Form) (ids []string) {
	t.Helper()
	count := map[string]int{}
	for _, q := range f.Questions {
		count[q.Objective]++
		ids = append(ids, q.ID)
	}
	for _, part := range p.Parts {
		require.Equal(t, part.Items, count[part.Objective], "seed %d of %s: objective %s", f.Seed, p.Track, part.Objective)
	}
	require.Len(t, ids, p.Items())
	sorted := slices.Sorted(slices.Values(ids))
	require.Len(t, slices.Compact(sorted), len(ids), "seed %d of %s asks an item twice", f.Seed, p.Track)
	return ids
}

// What other teaching systems are given comes back as it went, in both languages.
func TestTheBankGoesRoundAsGIFT(t *testing.T) {
	items := load(t).Items()
	for _, l := range runbooks.Languages() {
		var out bytes.Buffer
		left, err := exam.ToGIFT(&out, items, l)
		require.NoError(t, err)
		back, err := exam.FromGIFT(out.String(), l)
		require.NoError(t, err)
		require.Len(t, back, len(items)-len(left))

		var again bytes.Buffer
		none, err := exam.ToGIFT(&again, back, l)
		require.NoError(t, err)
		require.Empty(t, none)
		require.Equal(t, afterHead(out.String()), afterHead(again.String()))

		at := 0
		for _, it := range items {
			if it.Kind == exam.Screen {
				require.Contains(t, left, it.ID)
				continue
			}
			got := back[at]
			require.Equal(t, it.ID, got.ID)
			require.Equal(t, it.Kind, got.Kind, it.ID)
			require.Equal(t, it.Stem.In(l), got.Stem.In(l), it.ID)
			require.Equal(t, it.Safety, got.Safety, it.ID)
			require.Len(t, got.Options, len(it.Options), it.ID)
			for i, o := range it.Options {
				require.Equal(t, o.Text.In(l), got.Options[i].Text.In(l), it.ID)
				require.Equal(t, o.Right, got.Options[i].Right, it.ID)
			}
			at++
		}
	}
}

// afterHead leaves out the first line, which counts the items.
func afterHead(text string) string {
	_, rest, _ := bytes.Cut([]byte(text), []byte("\n"))
	return string(rest)
}
